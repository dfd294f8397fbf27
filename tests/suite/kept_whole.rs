//! Runs that are refused before any work, and run folders and shards that are not what they were: nothing is scored, gone on with
//! or joined as if it were whole.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::shards::{Asked, asked, files, merge};
use crate::support::{run, text};

fn change(file: &Path, from: &str, to: &str) {
    let before = fs::read_to_string(file).unwrap();
    assert!(before.contains(from), "{from} in {}", file.display());
    fs::write(file, before.replacen(from, to, 1)).unwrap();
}

fn half(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[..lines.len() / 2].join("\n") + "\n"
}

/// A finished run as it is left by a break in its second half.
fn broken_off(folder: &Path) {
    let all = fs::read_to_string(folder.join("outcomes.csv")).unwrap();
    let part: String = all.split_inclusive('\n').take(151).collect();
    let cells: Vec<&str> = part.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let samples = cells.iter().collect::<std::collections::BTreeSet<_>>().len();
    let sha256: String = Sha256::digest(&part).iter().map(|byte| format!("{byte:02x}")).collect();
    let mark = json!({"samples": samples, "rows": 150, "bytes": part.len(), "sha256": sha256, "beside": null});
    fs::write(folder.join("outcomes.csv.part"), part).unwrap();
    fs::write(folder.join("outcomes.journal"), format!("{mark}\n")).unwrap();
    for made in ["outcomes.csv", "metrics.csv", "report.html"] {
        let _ = fs::remove_file(folder.join(made));
    }
}

fn edit(folder: &Path, with: impl FnOnce(&mut Value)) {
    let file = folder.join("run.json");
    let mut record: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    with(&mut record);
    fs::write(file, record.to_string()).unwrap();
}

fn only_program(asked: Asked) -> Asked {
    Asked { methods: asked.methods[..1].to_vec(), ..asked }
}

#[test]
fn rows_that_a_finished_run_lost_are_missed_by_every_verb_and_a_lost_truth_is_made_again() {
    let place = tempfile::tempdir().unwrap();
    let asked = asked(place.path());
    let (whole, copy) = (place.path().join("whole"), place.path().join("copy"));
    run(&asked.run(&whole, &[])).ended(0);
    let before = files(&whole);
    let outcomes = fs::read_to_string(whole.join("outcomes.csv")).unwrap();
    fs::write(whole.join("outcomes.csv"), half(&outcomes)).unwrap();
    for verb in [
        asked.run(&whole, &["--resume"]),
        asked.run(&whole, &["--resume", "--dry-run"]),
        vec!["verify", text(&whole)],
        vec!["score", text(&whole)],
        vec!["score", text(&whole), "--out", text(&copy)],
        vec!["score", text(&whole), "--tally", text(&copy)],
    ] {
        run(&verb).ended(2).told(&["outcomes.csv in ", "is not the one of ", "--replace"]);
    }
    assert!(!copy.exists());
    fs::write(whole.join("outcomes.csv"), &outcomes).unwrap();
    assert!(files(&whole) == before);
    // What a failure of power may leave of a file that was not yet on disk.
    fs::write(whole.join("truth.csv"), "").unwrap();
    run(&asked.run(&whole, &["--resume"])).ended(0);
    assert!(files(&whole) == before);
    // Another schema is not guessed at.
    change(&whole.join("run.json"), "agebench-run/1", "agebench-run/9");
    run(&["verify", text(&whole)]).ended(2).told(&["the schema is `agebench-run/9`: expected `agebench-run/1`"]);
}

/// Gives the first sample of `truth` another age.
fn another_age(truth: &str) -> String {
    let line = truth.lines().nth(1).unwrap();
    let ages = crate::support::column(truth, "age_low").remove(0);
    let years: u32 = ages.parse().unwrap();
    let other = line.replacen(&format!(",{years},{},", years + 1), &format!(",{},{},", years + 7, years + 8), 1);
    assert_ne!(line, other);
    truth.replacen(line, &other, 1)
}

#[test]
fn a_truth_that_is_not_the_one_of_the_run_is_missed_by_every_verb_and_made_again_by_the_run() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    let (whole, copy) = (place.path().join("whole"), place.path().join("copy"));
    run(&asked.run(&whole, &[])).ended(0);
    let before = files(&whole);
    let record = crate::shards::json(&whole);
    let truth = fs::read_to_string(whole.join("truth.csv")).unwrap();
    let digest: String = Sha256::digest(&truth).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(record["truth"], json!({"rows": 300, "sha256": digest}));
    for changed in [another_age(&truth), half(&truth)] {
        fs::write(whole.join("truth.csv"), changed).unwrap();
        for verb in [
            vec!["verify", text(&whole)],
            vec!["score", text(&whole)],
            vec!["score", text(&whole), "--out", text(&copy)],
            vec!["score", text(&whole), "--tally", text(&copy)],
        ] {
            let said = ["truth.csv in ", "is not the one of 300 rows that its run wrote", "--resume"];
            run(&verb).ended(2).told(&said);
        }
        assert!(!copy.exists());
        run(&asked.run(&whole, &["--resume", "--dry-run"])).ended(0);
        run(&asked.run(&whole, &["--resume"])).ended(0);
        assert!(files(&whole) == before);
    }
    // A copy is of the same bytes, and may be changed no more than the run.
    run(&["score", text(&whole), "--out", text(&copy)]).ended(0);
    assert_eq!(crate::shards::json(&copy)["truth"], record["truth"]);
    fs::write(copy.join("truth.csv"), another_age(&truth)).unwrap();
    run(&["verify", text(&copy)]).ended(2).told(&["truth.csv in "]);
    let compared = place.path().join("compared");
    run(&["compare", text(&whole), text(&copy), "--out", text(&compared)]).ended(2).told(&["truth.csv in "]);
    // Of a run that was begun before it was noted nothing is known: the ages are those that stand there.
    edit(&copy, |record| drop(record.as_object_mut().unwrap().remove("truth")));
    run(&["score", text(&copy)]).ended(0);
    run(&["verify", text(&copy)]).ended(0);
    // Nor of one that keeps no rows.
    let none = place.path().join("none");
    run(&asked.run(&none, &["--retain", "none"])).ended(0);
    assert!(crate::shards::json(&none).get("truth").is_none());
}

#[test]
fn a_truth_that_is_not_the_one_of_a_measurement_is_missed_too() {
    let place = tempfile::tempdir().unwrap();
    let data = crate::command::orders(&place.path().join("data"), &["answer 20", "answer 30", "answer 40"]);
    let method = crate::command::misbehaving(&place.path().join("method"), ["path", "1", "-"], "");
    for (verb, more) in [("latency", &["--starts", "1", "--attempts", "3", "--warm-up", "0"][..]), ("footprint", &[])] {
        let out = place.path().join(verb);
        run(&[&[verb, text(&method), "--dataset", text(&data), "--out", text(&out)], more].concat()).ended(0);
        run(&["verify", text(&out)]).ended(0);
        assert_eq!(crate::shards::json(&out)["truth"]["rows"], 3);
        let truth = fs::read_to_string(out.join("truth.csv")).unwrap();
        fs::write(out.join("truth.csv"), another_age(&truth)).unwrap();
        for reader in ["score", "verify"] {
            run(&[reader, text(&out)]).ended(2).told(&["truth.csv in ", "is not the one of 3 rows", "--replace"]);
        }
    }
}

#[test]
fn a_shard_whose_truth_is_not_the_one_of_its_run_is_refused_by_name_and_nothing_is_replaced() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    let shards = asked.shards(place.path(), 3);
    let (whole, out) = (place.path().join("whole"), place.path().join("out"));
    run(&asked.run(&whole, &[])).ended(0);
    merge(&shards, &out).ended(0);
    let [of_whole, of_merged] = [&whole, &out].map(|folder| crate::shards::json(folder));
    assert_eq!((&of_merged["truth"], &of_merged["outcomes"]), (&of_whole["truth"], &of_whole["outcomes"]));
    let before = files(&out);
    let truth = fs::read_to_string(shards[1].join("truth.csv")).unwrap();
    let folders: Vec<&str> = shards.iter().map(|folder| text(folder)).collect();
    let join = || run(&[&["merge"], &folders[..], &["--out", text(&out), "--replace"]].concat());
    let tally = place.path().join("2.tally");
    for changed in [another_age(&truth), half(&truth), truth[..truth.len() - 20].to_owned(), String::new()] {
        fs::write(shards[1].join("truth.csv"), &changed).unwrap();
        let said = ["truth.csv of shard 2/3 in ", "of-3/2", "is not the one of ", "run the shard again with --resume"];
        join().ended(2).told(&said);
        assert!(files(&out) == before);
        run(&["score", folders[1], "--tally", text(&tally)]).ended(2).told(&["truth.csv"]);
        run(&asked.run(&shards[1], &["--shard", "2/3", "--resume"])).ended(0);
        join().ended(0);
        assert!(files(&out) == before);
    }
    // Of shards that were run before it was noted.
    for shard in &shards {
        edit(shard, |record| drop(record.as_object_mut().unwrap().remove("truth")));
    }
    join().ended(0);
    assert_eq!(crate::shards::json(&out)["truth"], of_whole["truth"]);
}

#[test]
fn a_run_goes_on_and_shards_are_joined_only_with_the_inputs_of_the_others() {
    let place = tempfile::tempdir().unwrap();
    let asked = only_program(asked(place.path()));
    change(&asked.methods[0].join("method.toml"), "[command]\n", "[command]\ncolumns = [\"light\"]\n");
    let (out, joined) = (place.path().join("out"), place.path().join("joined"));
    let shards = asked.shards(place.path(), 2);
    let tally = |folder: &Path| {
        let file = place.path().join(format!("{}.tally", folder.file_name().unwrap().display()));
        run(&["score", text(folder), "--tally", text(&file)]).ended(0);
        file
    };
    let tallies: Vec<PathBuf> = shards.iter().map(|folder| tally(folder)).collect();
    run(&asked.run(&out, &[])).ended(0);
    broken_off(&out);
    let policy = place.path().join("policy.toml");
    let rule = "[[rule]]\nmetric = \"under_age_pass_rate\"\nlimit = 18\nat_most = 0.5\n";
    fs::write(&policy, format!("name = \"p\"\nsource = \"ours\"\n{rule}")).unwrap();
    run(&["gate", text(&out), "--policy", text(&policy)]).ended(2).told(&["is not finished", "with --resume"]);
    let manifest = fs::read_to_string(asked.data.join("manifest.csv")).unwrap();
    let boxed = |extra: &str| -> String {
        let line = |(at, line): (usize, &str)| format!("{line},{}\n", if at == 0 { "x0,y0,x1,y1" } else { extra });
        manifest.lines().enumerate().map(line).collect()
    };
    let mut lines: Vec<&str> = manifest.lines().collect();
    lines[1..].reverse();
    let said = "the digest of what is put to methods (samples in their order, face boxes, columns lent) was ";
    for changed in [boxed("1,1,20,20"), lines.join("\n") + "\n"] {
        fs::write(asked.data.join("manifest.csv"), changed).unwrap();
        run(&asked.run(&out, &["--resume"])).ended(2).told(&["is another one", said]);
        run(&asked.run(&out, &["--resume", "--dry-run"])).ended(2).told(&[said]);
        run(&asked.run(&shards[1], &["--shard", "2/2", "--replace"])).ended(0);
        merge(&shards, &joined).ended(2).told(&["is of another run than ", said]);
        let other = tally(&shards[1]);
        run(&["score", "--merge", text(&tallies[0]), text(&other), "--out", text(&joined)])
            .ended(2)
            .told(&["what was put to methods", "is not the same"]);
    }
    // Without the digest, as of older runs, the order is still seen in the rows, before any attempt.
    let journal = fs::read(out.join("outcomes.journal")).unwrap();
    edit(&out, |record| drop(record["dataset"].as_object_mut().unwrap().remove("inputs_digest")));
    run(&asked.run(&out, &["--resume"])).ended(2).told(&["the order of the samples was another: row 2 of "]);
    assert!(fs::read(out.join("outcomes.journal")).unwrap() == journal);
    fs::write(asked.data.join("manifest.csv"), manifest).unwrap();
    run(&asked.run(&out, &["--resume"])).ended(0).told(&["would not be found", "going on behind them"]);
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

#[test]
fn rows_that_were_recorded_elsewhere_are_what_was_written_of_them_too() {
    let place = tempfile::tempdir().unwrap();
    let (file, out) = (place.path().join("answers.csv"), place.path().join("out"));
    let rows: String =
        (0..40).map(|person| format!("p{person},{},{}.5\n", 12 + person % 12, 11 + person % 14)).collect();
    fs::write(&file, format!("subject_id,true_age,age\n{rows}")).unwrap();
    run(&["score", text(&file), "--out", text(&out)]).ended(0);
    run(&["verify", text(&out)]).ended(0);
    let record: Value = serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap();
    for (key, name) in [("outcomes", "outcomes.csv"), ("truth", "truth.csv")] {
        let content = fs::read_to_string(out.join(name)).unwrap();
        let sha256: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(record[key], json!({"rows": 40, "sha256": sha256}), "{name}");
        fs::write(out.join(name), content.replacen(",15", ",16", 1)).unwrap();
        for verb in ["verify", "score"] {
            run(&[verb, text(&out)]).ended(2).told(&[&format!("{name} in "), "is not the one of 40 rows", "--replace"]);
        }
        fs::write(out.join(name), content).unwrap();
    }
    run(&["verify", text(&out)]).ended(0);
}
