//! Shards that are refused, by name and with what to do: of another run, missing, twice, not finished, with rows that do not fit; and
//! every verb that wants a result and is given a part of one.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::shards::{asked, change, edit, merge, only_program};
use crate::support::{run, text};

#[test]
fn shards_that_are_missing_twice_foreign_or_unfinished_are_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let shards = asked.shards(place.path(), 4);
    let out = place.path().join("out");
    let mut some = shards.clone();
    some.remove(2);
    merge(&some, &out).ended(2).told(&["1 of 4 shards are missing: 3", "--shard I/N"]);
    merge(&shards[..1], &out).ended(2).told(&["3 of 4 shards are missing: 2, 3, 4"]);
    let twice = [&shards[..], &shards[1..2]].concat();
    merge(&twice, &out).ended(2).told(&["shard 2/4 is there twice", "of-4/2"]);
    let others = asked.shards(&place.path().join("other"), 2);
    let foreign = [&shards[..3], &others[..1]].concat();
    merge(&foreign, &out).ended(2).told(&["shard 1/2 in ", "the number of shards was 4, and is 2"]);
    let whole = place.path().join("whole");
    run(&asked.run(&whole, &[])).ended(0);
    merge(&[&shards[..3], std::slice::from_ref(&whole)].concat(), &out)
        .ended(2)
        .told(&["holds a whole run and no shard"]);
    // Another protocol, another manifest, another version of a method.
    let last = place.path().join("last");
    let foreign = [&shards[..3], std::slice::from_ref(&last)].concat();
    let mut more = asked.run(&last, &["--shard", "4/4", "--protocol", "check-18"]);
    run(&more).ended(0);
    merge(&foreign, &out).ended(2).told(&["shard 4/4 in ", "is of another run than ", "the protocol's digest was "]);
    more = asked.run(&last, &["--shard", "4/4", "--replace"]);
    for (file, from, to, said) in [
        (asked.data.join("manifest.csv"), ",f2.txt,", ",f3.txt,", None),
        (asked.data.join("manifest.csv"), ",11,f,", ",12,f,", Some("the manifest's digest was ")),
        (asked.methods[1].join("method.toml"), "\"1\"", "\"2\"", Some("the digest of `recorded` was ")),
    ] {
        let before = fs::read_to_string(&file).unwrap();
        assert!(before.contains(from));
        fs::write(&file, before.replacen(from, to, 1)).unwrap();
        run(&more).ended(0);
        let _ = fs::remove_dir_all(&out);
        match said {
            Some(said) => drop(merge(&foreign, &out).ended(2).told(&[said])),
            None => drop(merge(&foreign, &out).ended(0)),
        }
        fs::write(&file, before).unwrap();
    }
    let record = fs::read_to_string(shards[3].join("run.json")).unwrap();
    let version = format!("\"tool_version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(shards[3].join("run.json"), record.replace(&version, "\"tool_version\": \"0.0.9\"")).unwrap();
    merge(&shards, &out).ended(2).told(&["the version of agebench was ", "and is 0.0.9"]);
    fs::write(shards[3].join("run.json"), &record).unwrap();
    assert!(record.contains("\"engine\": \"\""));
    fs::write(shards[3].join("run.json"), record.replacen("\"engine\": \"\"", "\"engine\": \"other 1.2\"", 1)).unwrap();
    merge(&shards, &out).ended(2).told(&["the engine of `misbehaving` was none, and is other 1.2"]);
    fs::write(shards[3].join("run.json"), &record).unwrap();
    fs::rename(shards[1].join("outcomes.csv"), shards[1].join("outcomes.csv.part")).unwrap();
    merge(&shards, &out).ended(2).told(&["of-4/2", "is not finished", "--resume"]);
    fs::rename(shards[1].join("outcomes.csv.part"), shards[1].join("outcomes.csv")).unwrap();
    // Rows that were lost between two samples leave a file that looks whole.
    let file = shards[1].join("outcomes.csv");
    let whole = fs::read_to_string(&file).unwrap();
    let first = whole.lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
    let without: Vec<&str> = whole.lines().filter(|line| !line.starts_with(&first)).collect();
    fs::write(&file, without.join("\n") + "\n").unwrap();
    merge(&shards, &out).ended(2).told(&["outcomes.csv of shard 2/4", "is not the one of ", "fetch the folder again"]);
    assert!(!out.join("outcomes.csv").exists());
    let tally = place.path().join("lost.tally");
    run(&["score", text(&shards[1]), "--tally", text(&tally)]).ended(2).told(&["shard 2/4", "fetch the folder again"]);
    fs::write(&file, whole).unwrap();
    // Nothing is lost by a mistyped --out.
    let _ = fs::remove_dir_all(&out);
    let folders: Vec<&str> = shards.iter().map(|folder| text(folder)).collect();
    run(&[&["merge"][..], &folders, &["--out", folders[0], "--replace"]].concat()).ended(2).told(&[
        "to write into ",
        "would remove ",
        "of-4/1",
    ]);
    merge(&shards, &out).ended(0);
}

#[test]
fn rows_of_shards_that_do_not_fit_together_are_refused_with_file_and_row() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let shards = asked.shards(place.path(), 3);
    let (truth, outcomes) = (shards[1].join("truth.csv"), shards[1].join("outcomes.csv"));
    let before = [&truth, &outcomes].map(|file| fs::read_to_string(file).unwrap());
    // Where a digest of truth.csv is noted, it alone tells.
    let record = fs::read_to_string(shards[1].join("run.json")).unwrap();
    let mut without: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert!(without.as_object_mut().unwrap().remove("truth").is_some());
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
    type Change = fn(&mut Vec<String>);
    let cases: [(&Path, Change, &str); 5] = [
        (&truth, |lines| drop(lines.remove(5)), "stands where "),
        (&truth, |lines| lines.swap(5, 6), "a row is missing, stands twice or out of order"),
        (&truth, |lines| lines[3] = lines[3].replacen(',', ",x", 2), "is no rank in shard 2/3"),
        (&outcomes, |lines| lines.swap(1, 9), "is not in the shard's truth.csv, or stands out of its order"),
        (
            &outcomes,
            |lines| lines[0] = lines[0].replacen("reason", "why", 1),
            "its columns are not those of the first shard",
        ),
    ];
    for (file, change, said) in cases {
        let mut changed = lines(&fs::read_to_string(file).unwrap());
        change(&mut changed);
        fs::write(file, changed.join("\n") + "\n").unwrap();
        let out = place.path().join("out");
        if file == truth {
            merge(&shards, &out).ended(2).told(&["truth.csv of shard 2/3 in ", "is not the one of "]);
            fs::write(shards[1].join("run.json"), without.to_string()).unwrap();
        }
        merge(&shards, &out).ended(2).told(&[said, "row "]);
        fs::write(shards[1].join("run.json"), &record).unwrap();
        assert!(!out.join("run.json").exists() && !out.join("outcomes.csv").exists());
        let _ = fs::remove_dir_all(&out);
        for (file, text) in [&truth, &outcomes].into_iter().zip(&before) {
            fs::write(file, text).unwrap();
        }
    }
}

#[test]
fn a_shard_is_no_result_and_every_verb_that_wants_one_says_what_to_do() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let shards = asked.shards(place.path(), 2);
    let shard = &shards[0];
    let out = place.path().join("out");
    let policy = place.path().join("policy.toml");
    fs::write(
        &policy,
        "name = \"p\"\nsource = \"ours\"\n[[rule]]\nmetric = \"under_age_pass_rate\"\nlimit = 18\nat_most = 0.5\n",
    )
    .unwrap();
    let probed = place.path().join("probed");
    let package = place.path().join("package");
    for verb in [
        vec!["score", text(shard)],
        vec!["score", text(shard), "--out", text(&out)],
        vec!["report", text(shard)],
        vec!["verify", text(shard)],
        vec!["compare", text(shard), text(&shards[1]), "--out", text(&out)],
        vec!["gate", text(shard), "--policy", text(&policy)],
        vec!["probe", text(shard), "--limit", "18", "--out", text(&probed)],
        vec!["publish", text(shard), "--disclosure", "uk_7_5", "--out", text(&package)],
    ] {
        let ran = run(&verb);
        assert_eq!(ran.code, 2, "{verb:?}\n{}", ran.err);
        assert!(ran.err.contains("holds shard 1/2") && ran.err.contains("agebench merge"), "{verb:?}\n{}", ran.err);
    }
    assert!(![&out, &probed, &package].iter().any(|folder| folder.exists()), "a refusal left a folder");
    // The remedy, followed.
    merge(&shards, &out).ended(0);
    let gated = run(&["gate", text(&out), "--policy", text(&policy)]);
    assert!([0, 1, 3].contains(&gated.code), "{}", gated.err);
    // A shard that keeps no rows is refused as one that does.
    let tallied = place.path().join("tallied");
    run(&asked.run(&tallied, &["--shard", "1/2", "--retain", "none"])).ended(0);
    run(&["probe", text(&tallied), "--limit", "18", "--out", text(&probed)]).ended(2).told(&["holds shard 1/2"]);
    run(&["gate", text(&tallied), "--policy", text(&policy)]).ended(2).told(&["holds shard 1/2", "score --merge"]);
}

#[test]
fn tallies_of_shards_that_merge_would_refuse_do_not_add_up() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    let shards = asked.shards(place.path(), 2);
    let (one, two) = (place.path().join("1.tally"), place.path().join("2.tally"));
    let out = place.path().join("out");
    run(&["score", text(&shards[0]), "--tally", text(&one)]).ended(0);
    let joined = |said: Option<&str>| {
        run(&["score", text(&shards[1]), "--tally", text(&two)]).ended(0);
        let ran = run(&["score", "--merge", text(&one), text(&two), "--out", text(&out), "--replace"]);
        match said {
            Some(said) => ran.ended(2).told(&[said, "only shards of one run"]),
            None => ran.ended(0),
        }
    };
    run(&asked.run(&shards[1], &["--shard", "2/2", "--replace", "--timeout", "5"])).ended(0);
    joined(Some("the setting `timeout_seconds` is not the same"));
    run(&asked.run(&shards[1], &["--shard", "2/2", "--replace"])).ended(0);
    edit(&shards[1], |record| record["settings"]["isolate"] = json!(true));
    joined(Some("the setting `isolate` is not the same"));
    merge(&shards, &out)
        .ended(2)
        .told(&["the engine (`--isolate`, `--memory`) was in the process of the run, and is in "]);
    let card = asked.data.join("dataset.toml");
    change(&card, "version = \"1\"", "version = \"2\"");
    run(&asked.run(&shards[1], &["--shard", "2/2", "--replace"])).ended(0);
    joined(Some("the dataset's card is not the same"));
    change(&card, "version = \"2\"", "version = \"1\"");
    run(&asked.run(&shards[1], &["--shard", "2/2", "--replace"])).ended(0);
    edit(&shards[1], |record| record["tool_version"] = json!("0.0.9"));
    joined(Some("the version of agebench that ran is not the same"));
    edit(&shards[1], |record| record["tool_version"] = json!(env!("CARGO_PKG_VERSION")));
    joined(None);
}

#[test]
fn failures_of_shards_that_keep_no_rows_are_counted_where_they_are_joined() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    for number in 0..300 {
        if number % 10 == 0 {
            fs::write(asked.data.join(format!("f{number}.txt")), "garbage").unwrap();
        }
    }
    let whole = place.path().join("whole");
    let counted = run(&asked.run(&whole, &["--retain", "none"])).ended(4).told(&["no reason was kept"]);
    let line = counted.err.lines().find(|line| line.contains("failed or timed out")).unwrap().to_owned();
    let parts: Vec<PathBuf> = (1..=3).map(|index| place.path().join(format!("{index}"))).collect();
    for (folder, index) in parts.iter().zip(1..) {
        run(&asked.run(folder, &["--retain", "none", "--shard", &format!("{index}/3")])).ended(0);
    }
    let tallies: Vec<PathBuf> = parts.iter().map(|folder| folder.join("tally.jsonl")).collect();
    let out = place.path().join("out");
    let named: Vec<&str> = tallies.iter().map(|file| text(file)).collect();
    let join =
        |more: &[&str]| run(&[&["score", "--merge"], &named[..], &["--out", text(&out), "--replace"], more].concat());
    join(&[]).ended(4).told(&[&line]);
    join(&["--max-failed", "29"]).ended(4);
    join(&["--max-failed", "300"]).ended(0);
    assert!(fs::read(out.join("metrics.csv")).unwrap() == fs::read(whole.join("metrics.csv")).unwrap());
}

#[test]
fn shards_of_more_than_anybody_has_are_missed_without_a_list_of_them() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    let (shard, out) = (place.path().join("shard"), place.path().join("out"));
    run(&asked.run(&shard, &["--shard", "1/400000000", "--retain", "none"])).ended(0);
    run(&["score", "--merge", text(&shard.join("tally.jsonl")), "--out", text(&out)])
        .ended(2)
        .told(&["shard 2 of 400000000 is missing, and 399999998 more"]);
    run(&asked.run(&shard, &["--shard", "1/400000000", "--replace"])).ended(0);
    merge(&[shard], &out).ended(2).told(&["399999999 of 400000000 shards are missing: 2, 3, ", ", ..."]);
}
