//! What `agebench study` refuses: folders of another plan or of something else, and a study with mistakes.

use std::fs;
use std::path::Path;

use crate::study::{files, parts, study};
use crate::support::{run, text};

#[test]
fn what_is_of_another_plan_is_refused_with_every_reason_and_made_anew_only_when_asked() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "");
    let out = place.path().join("study-results");
    run(&["study", text(&file)]).ended(0);
    let before = files(&out);
    let card = place.path().join("one/method.toml");
    let text_of = |path: &Path| fs::read_to_string(path).unwrap();
    let original = text_of(&card);
    fs::write(&card, original.replace("version = \"1\"", "version = \"2\"")).unwrap();
    let manifest = place.path().join("old/manifest.csv");
    fs::write(&manifest, text_of(&manifest).replace("p0,12", "p0,13")).unwrap();
    let refused = run(&["study", text(&file)]).ended(2);
    refused.told(&[
        "runs/young: the digest of `one` is ",
        "runs/old: the manifest's digest is ",
        ", the plan has ",
        "--replace",
    ]);
    assert!(before == files(&out), "nothing was touched");
    fs::write(&card, original).unwrap();
    let refused = run(&["study", text(&file)]).ended(2);
    assert!(!refused.err.contains("runs/young"), "{}", refused.err);
    let ran = run(&["study", text(&file), "--replace"]).ended(0);
    assert_eq!(parts(&ran.out)[..2], ["runs/young kept 80 0", "runs/old made 80 0"]);
    // Another protocol, and one method more.
    let study = text_of(&file);
    fs::write(&file, study.replace("check-18", "check-16")).unwrap();
    run(&["study", text(&file)]).ended(2).told(&["the protocol's digest is"]);
    fs::write(&file, study.replace("methods = ['one', ", "methods = ['one', 'declared', ")).unwrap();
    run(&["study", text(&file)])
        .ended(2)
        .told(&["the method is `two`, the plan has `declared`", "a further method is none"]);
    // A published row that does not follow from the records.
    fs::write(&file, &study).unwrap();
    let metrics = out.join("runs/young/metrics.csv");
    let rows = text_of(&metrics);
    fs::write(&metrics, rows.replacen("mae", "rmse", 1)).unwrap();
    run(&["study", text(&file)]).ended(2).told(&["do not follow from its records"]);
    // How the folders are written, which is no part of the plan.
    fs::write(&metrics, rows).unwrap();
    let before = files(&out);
    fs::write(&file, format!("{study}[run]\nkeep_ids = true\ntimings = false\n")).unwrap();
    run(&["study", text(&file)]).ended(2).told(&[
        "runs/young: the setting `keep_ids` is false, the plan has true",
        "runs/old: the setting `timings` is true, the plan has false",
    ]);
    assert!(before == files(&out), "nothing was touched");
    // Another study, and a folder of something else.
    fs::write(&file, study.replace("two programs", "others")).unwrap();
    run(&["study", text(&file)]).ended(2).told(&["holds the study `two programs`, and not `others`"]);
    fs::write(out.join("thesis.tex"), "x").unwrap();
    run(&["study", text(&file), "--replace"]).ended(2).told(&["holds `thesis.tex`, which is no file of a study"]);
}

#[test]
fn files_of_such_names_that_are_no_studys_are_not_written_over() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "");
    for (name, words) in [("study.toml", "name = 'mine'"), ("report.html", "my notes"), ("notes.part", "x")] {
        let mine = place.path().join(format!("mine-{name}"));
        fs::create_dir(&mine).unwrap();
        fs::write(mine.join(name), words).unwrap();
        let told = format!("holds `{name}`, which is no file of a study");
        run(&["study", text(&file), "--out", text(&mine)]).ended(2).told(&[&told]);
        assert_eq!(fs::read_to_string(mine.join(name)).unwrap(), words);
    }
}

#[test]
fn every_mistake_of_a_study_is_told_at_once() {
    let place = tempfile::tempdir().unwrap();
    let file = study(place.path(), "answer", "[run]\nenigne = 'tract'\n[[latency]]\nmethod = 'three'\n");
    let ran = run(&["study", text(&file)]).ended(2);
    ran.told(&[
        "cannot use the study",
        "did you mean `engine`?",
        "`three` is not one of the study's methods",
        "latency[1].dataset",
    ]);
    let checked = run(&["check", text(&file)]).ended(2).out;
    for part in ["did you mean `engine`?", "`three` is not one of the study's methods", "the study cannot be used"] {
        assert!(checked.contains(part), "{checked}");
    }
    fs::write(&file, "name = 'x'\nmethods = ['nowhere']\ndatasets = ['young']\n").unwrap();
    run(&["study", text(&file)]).ended(2).told(&["there is no method `nowhere`"]);
    fs::write(&file, "name = 'x'\nmethods = ['one']\ndatasets = ['young']\n").unwrap();
    let checked = run(&["check", text(&file)]).ended(0).out;
    assert!(
        checked.contains("the study can be used") && checked.contains("--dry-run opens what it names"),
        "{checked}"
    );
    assert!(!place.path().join("study-results").exists());
}

#[test]
fn names_of_nothing_in_a_study_are_told_all_at_once() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("study.toml");
    let names = "methods = ['drawn-evn']\ndatasets = ['nowhere']\nprotocol = 'chk-18'\n";
    fs::write(&file, format!("name = 'x'\n{names}")).unwrap();
    let checked = run(&["check", text(&file)]).ended(2).out;
    for part in ["`drawn-evn` is no method", "did you mean `drawn-even`?", "`nowhere` is no dataset", "`check-18`?"] {
        assert!(checked.contains(part), "{part}: {checked}");
    }
    let told = ["cannot use the study", "drawn-evn", "did you mean `drawn-even`?", "nowhere", "chk-18", "`check-18`?"];
    run(&["study", text(&file)]).ended(2).told(&told);
    assert!(!place.path().join("study-results").exists());
}
