//! Runs that are refused before any work, and leave what is there as it is.

use std::fs;

use crate::shards::{asked, change, files, only_program};
use crate::support::{run, text};

#[test]
fn what_could_not_be_scored_is_refused_before_any_attempt() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    let (out, protocol) = (place.path().join("out"), place.path().join("protocol.toml"));
    fs::write(&protocol, "groups = [\"income\"]\n").unwrap();
    for more in [vec![], vec!["--dry-run"], vec!["--retain", "none"], vec!["--shard", "1/2"]] {
        let more = [&["--protocol", text(&protocol)], &more[..]].concat();
        run(&asked.run(&out, &more)).ended(2).told(&["`income`, which is not a column"]);
        assert!(!out.exists());
    }
    let manifest = asked.data.join("manifest.csv");
    let clustered: String =
        fs::read_to_string(&manifest).unwrap().lines().enumerate().fold(String::new(), |all, (at, line)| {
            all + &format!("{line},{}\n", if at == 0 { "cluster_id".to_owned() } else { format!("site-{}", at % 7) })
        });
    fs::write(&manifest, clustered).unwrap();
    for more in [vec![], vec!["--dry-run"]] {
        let more = [&["--shard", "1/2", "--retain", "none"], &more[..]].concat();
        run(&asked.run(&out, &more)).ended(2).told(&["the manifest has clusters", "agebench merge"]);
        assert!(!out.exists());
    }
    run(&asked.run(&out, &["--retain", "none"])).ended(0);
}

#[test]
fn a_method_that_does_not_start_leaves_no_folder_and_removes_no_run() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    let (out, kept) = (place.path().join("out"), place.path().join("kept"));
    run(&asked.run(&kept, &[])).ended(0);
    let before = files(&kept);
    let card = asked.methods[0].join("method.toml");
    change(&card, "\"1\", \"-\"", "\"none\", \"-\"");
    for more in [vec![], vec!["--resume"], vec!["--retain", "none"]] {
        run(&asked.run(&out, &more)).ended(2).told(&["is not ready"]);
        assert!(!out.exists());
    }
    run(&asked.run(&kept, &["--replace"])).ended(2);
    assert!(files(&kept) == before);
    change(&card, "\"none\", \"-\"", "\"1\", \"-\"");
    run(&asked.run(&out, &["--resume"])).ended(0);
}
