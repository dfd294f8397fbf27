//! What help says is of use: the remedy fits the cause, and the command that it names works there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::stages::card;
use crate::support::{run, text};

const POLICY: &str = "name = 'tried'\nsource = 'our own'\n";

/// A run folder of recorded ages, scored.
fn scored(place: &Path, name: &str) -> PathBuf {
    let file = place.join(format!("{name}.csv"));
    let rows: String = (0..60).map(|at| format!("s{at},p{at},{},{}\n", 12 + at % 20, 13 + at % 20)).collect();
    fs::write(&file, format!("sample_id,subject_id,true_age,age\n{rows}")).unwrap();
    let out = place.join(name);
    let names = ["--dataset-name", "people", "--method-name", name, "--out", text(&out)];
    run(&[&["score", text(&file)][..], &names].concat()).ended(0);
    out
}

/// The folder of a comparison of two runs.
fn compared(place: &Path, [one, other]: [&Path; 2]) -> PathBuf {
    let out = place.join("compared");
    run(&["compare", text(one), text(other), "--out", text(&out)]).ended(0);
    out
}

#[test]
fn a_plan_of_a_dataset_without_the_groups_of_the_protocol_is_not_told_to_write_shares() {
    let plan = ["plan", "--limit", "18", "--target", "0.01", "--dataset", "drawn-faces"];
    let ran = run(&[&plan[..], &["--protocol", "challenge-25-at-17"]].concat()).ended(2);
    let ran = ran.told(&["`region`", "help: give --protocol with groups that the dataset has"]);
    assert!(!ran.err.contains("0.01"), "{}", ran.err);
    run(&["plan", "--limit", "18", "--target", "1"]).ended(2).told(&["write 1 % as 0.01"]);
}

#[test]
fn what_is_no_run_is_gated_by_what_it_was_made_of() {
    let place = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| scored(place.path(), name));
    let policy = place.path().join("policy.toml");
    let rule = "[[rule]]\nmetric = 'under_age_pass_rate'\nlimit = 18\nat_most = 0.5\n";
    fs::write(&policy, format!("{POLICY}{rule}")).unwrap();
    let gate = |folder: &Path| run(&["gate", text(folder), "--policy", text(&policy)]).ended(2);
    gate(&compared(place.path(), [&one, &other])).told(&["`agebench compare` writes", "--baseline"]);
    let pooled = place.path().join("pooled");
    fs::create_dir(&pooled).unwrap();
    fs::write(pooled.join("pooled.csv"), "").unwrap();
    gate(&pooled).told(&["`agebench pool` writes"]);
    fs::remove_file(one.join("metrics.csv")).unwrap();
    gate(&one).told(&["make its rows first: agebench score"]);
}

#[test]
fn a_rule_whose_rows_nobody_made_is_not_to_be_mended() {
    let place = tempfile::tempdir().unwrap();
    let folder = scored(place.path(), "one");
    let policy = place.path().join("policy.toml");
    let gate = |rules: &str| {
        fs::write(&policy, format!("{POLICY}{rules}")).unwrap();
        run(&["gate", text(&folder), "--policy", text(&policy)]).ended(3)
    };
    let unmade = "[[rule]]\nmetric = 'input_bytes'\nat_most = 5\n";
    let shut_out = "[[rule]]\nmetric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 'own'\nat_most = 0.5\n";
    gate(unmade).told(&["Next: make the rows, or leave these rules out"]);
    gate(shut_out).told(&["Next: mend them"]);
    gate(&format!("{unmade}{shut_out}")).told(&["Next: make the rows, or mend the rules"]);
}

#[test]
fn a_folder_that_is_not_empty_is_overwritten_by_its_like_alone_and_help_says_so() {
    let place = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| scored(place.path(), name));
    let comparison = compared(place.path(), [&one, &other]);
    let compare = |out: &Path| run(&["compare", text(&one), text(&other), "--out", text(out)]).ended(2);
    compare(&comparison).told(&["is not empty", "--replace to overwrite the comparison in it"]);
    let no_more = "--replace removes the files of a comparison and no others";
    compare(&other).told(&["which is no file of a comparison", no_more]);
    let into = |out: &Path| run(&["publish", text(&one), "--disclosure", "none", "--out", text(out)]).ended(2);
    into(&other).told(&["which is no file of a package", "--replace removes the files of a package and no others"]);
}

#[test]
fn a_probe_into_a_used_folder_is_not_told_to_resume() {
    let place = tempfile::tempdir().unwrap();
    let out = scored(place.path(), "one");
    let gate = card(place.path(), "gate", "[replay]\nfile = 'a.csv'\n");
    fs::write(gate.join("a.csv"), "sample_id,pass_18\ns0001,pass\ns0002,deny\n").unwrap();
    let probe = ["probe", text(&gate), "--limit", "18", "--dataset", "drawn-faces", "--out", text(&out)];
    let ran = run(&probe).ended(2).told(&["is not empty", "--replace"]);
    assert!(!ran.err.contains("--resume"), "{}", ran.err);
}

#[test]
fn a_package_is_no_run_and_is_told_what_reads_it() {
    let place = tempfile::tempdir().unwrap();
    let [package, one] = ["package", "one"].map(|name| scored(place.path(), name));
    let record = fs::read_to_string(package.join("run.json")).unwrap();
    fs::write(package.join("run.json"), record.replacen("agebench-run/1", "agebench-package/1", 1)).unwrap();
    let reads = ["this is a release package", "`agebench verify` and `agebench report` read it"];
    let out = place.path().join("out");
    run(&["score", text(&package), "--out", text(&out)]).ended(2).told(&reads);
    run(&["compare", text(&package), text(&one), "--out", text(&out)]).ended(2).told(&reads);
}

#[test]
fn a_folder_of_a_study_or_of_joined_tallies_is_told_what_to_name_instead() {
    let place = tempfile::tempdir().unwrap();
    let study = place.path().join("study");
    fs::create_dir(&study).unwrap();
    fs::write(study.join("study.json"), "{}").unwrap();
    let out = place.path().join("out");
    for verb in [
        &["report", text(&study)][..],
        &["verify", text(&study)],
        &["publish", text(&study), "--disclosure", "none", "--out", text(&out)],
    ] {
        run(verb).ended(2).told(&["the folder of a study", "runs/DATASET"]);
    }
    let [run_folder, joined, tally] = ["one", "joined", "one.tally"].map(|name| place.path().join(name));
    scored(place.path(), "one");
    run(&["score", text(&run_folder), "--tally", text(&tally)]).ended(0);
    run(&["score", "--merge", text(&tally), "--out", text(&joined)]).ended(0);
    run(&["publish", text(&joined), "--disclosure", "none", "--out", text(&out)])
        .ended(2)
        .told(&["tallies", "cannot be published"]);
}

#[test]
fn a_name_that_is_nearly_that_of_the_bundled_dataset_is_asked_about() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    let gate = card(place.path(), "gate", "[declared]\nages = 'from_limit'\ntable = [[-120, 0.3], [0, 0.95]]\n");
    let run_it = ["run", text(&gate), "--dataset", "drawn-face", "--out", text(&out)];
    run(&run_it).ended(2).told(&["did you mean `drawn-faces`?"]);
}

#[test]
fn where_numbers_come_from_names_no_engine_of_recorded_answers() {
    let place = tempfile::tempdir().unwrap();
    let out = scored(place.path(), "one");
    let ran = run(&["report", text(&out)]).ended(0);
    assert!(ran.out.contains("engine none; agebench"), "{}", ran.out);
}
