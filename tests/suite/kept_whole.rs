//! Run folders and shards that are not what they were: nothing is scored, gone on with or joined as if it were whole.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::shards::{asked, change, edit, files, merge, only_program};
use crate::support::{run, text};

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
