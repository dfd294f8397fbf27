//! Run folders scored under another protocol, or as a copy: what goes with the rows.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::shards::{asked, files, only_program};
use crate::support::{run, text};

#[test]
fn another_protocol_in_a_folder_comes_with_its_seed() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    let (out, protocol) = (place.path().join("out"), place.path().join("protocol.toml"));
    run(&asked.run(&out, &[])).ended(0);
    fs::write(&protocol, "seed = 7\n").unwrap();
    run(&["score", text(&out), "--protocol", text(&protocol)]).ended(0);
    assert_eq!(crate::shards::json(&out)["seeds"], json!({"protocol": 7, "attempts": 0}));
    fs::write(&protocol, "seed = 8\n").unwrap();
    run(&["score", text(&out), "--protocol", text(&protocol)]).ended(0);
    assert_eq!(crate::shards::json(&out)["seeds"], json!({"protocol": 8, "attempts": 0}));
}

#[test]
fn a_copy_that_is_scored_has_the_cards_of_the_stages_and_the_registration() {
    use crate::stages::{STAGES, card, people, recorded};
    let place = tempfile::tempdir().unwrap();
    recorded(place.path(), &[]);
    let waterfall = card(place.path(), "both", STAGES);
    let (data, protocol) = (people(place.path()), place.path().join("protocol.toml"));
    fs::write(&protocol, "limits = [18]\n").unwrap();
    for retain in ["rows", "none"] {
        let [out, copy] = ["out", "copy"].map(|name| place.path().join(format!("{name}-{retain}")));
        let asked = ["run", text(&waterfall), "--dataset", text(&data), "--protocol", text(&protocol)];
        run(&[&asked[..], &["--out", text(&out), "--max-failed", "5", "--retain", retain]].concat()).ended(0);
        fs::write(out.join("registration.json"), "{}").unwrap();
        run(&["score", text(&out), "--out", text(&copy)]).ended(0);
        let names = |folder: &Path| {
            let names = files(folder).into_iter().map(|(name, _)| name);
            names.filter(|name| name != "report.html").collect::<Vec<String>>()
        };
        assert_eq!(names(&copy), names(&out));
        assert_eq!(names(&copy).iter().filter(|name| name.starts_with("cards/")).count(), 4);
    }
}
