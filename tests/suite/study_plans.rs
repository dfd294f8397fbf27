//! What a run folder says of a registered plan, held against the plan beside it and against the folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::study::study;
use crate::support::{run, text};

/// The run on `young` of a study whose plan was registered, with `more` in its file only after that.
fn registered(place: &Path, more: &str) -> PathBuf {
    let file = study(place, "answer", "");
    run(&["study", text(&file), "--register", "--date", "2026-11-30", "--by", "A"]).ended(0);
    let whole = fs::read_to_string(&file).unwrap();
    fs::write(&file, whole + more).unwrap();
    run(&["study", text(&file)]).ended(0);
    place.join("study-results/runs/young")
}

fn record(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("run.json")).unwrap()).unwrap()
}

#[test]
fn a_run_that_is_scored_under_another_protocol_follows_no_plan_and_under_its_own_it_does() {
    let place = tempfile::tempdir().unwrap();
    let own = registered(place.path(), "");
    let other = place.path().join("other.toml");
    fs::write(&other, "name = 'other'\nlimits = [16, 18]\n").unwrap();
    let [same, again] = ["same", "again"].map(|name| place.path().join(name));
    run(&["score", text(&own), "--out", text(&same)]).ended(0);
    run(&["score", text(&own), "--protocol", text(&other), "--out", text(&again)]).ended(0);
    let is_followed = |folder: &Path| record(folder)["settings"]["study"]["registration"]["follows"].as_bool();
    let beside = |folder: &Path| folder.join("registration.json").exists();
    assert_eq!((is_followed(&same), beside(&same)), (Some(true), true));
    assert_eq!((is_followed(&again), beside(&again)), (None, false));
    assert!(record(&again)["settings"]["study"].is_null());
    for folder in [&own, &same, &again] {
        run(&["verify", text(folder)]).ended(0);
    }
    run(&["score", text(&own), "--protocol", text(&other)]).ended(0);
    assert_eq!((is_followed(&own), beside(&own)), (None, false), "in place, too");
    run(&["verify", text(&own)]).ended(0);
}

#[test]
fn a_plan_that_run_json_says_is_followed_and_is_not_is_found_and_not_published() {
    let place = tempfile::tempdir().unwrap();
    let own = registered(place.path(), "[run]\ntimeout = 5\n");
    run(&["verify", text(&own)]).ended(0);
    let whole = record(&own);
    let write = |change: &dyn Fn(&mut Value)| {
        let mut changed = whole.clone();
        change(&mut changed["settings"]["study"]["registration"]);
        fs::write(own.join("run.json"), changed.to_string()).unwrap();
    };
    let out = place.path().join("package");
    let publish = || run(&["publish", text(&own), "--out", text(&out), "--disclosure", "none"]).ended(2);
    type Change<'c> = (&'c dyn Fn(&mut Value), &'c str);
    let changes: [Change<'_>; 5] = [
        (&|said| said["follows"] = json!(true), "and names deviations, or the reverse"),
        (
            &|said| {
                said["follows"] = json!(true);
                said["deviations"] = json!([]);
            },
            "setting `timeout_seconds`: it is not as it was registered",
        ),
        (&|said| said["date"] = json!("2026-11-29"), "the date of the plan in run.json"),
        (&|said| said["signed_off_by"] = json!(["B"]), "the names of those who signed off"),
        (&|said| *said = Value::Null, "holds a registered plan, and run.json names none"),
    ];
    for (change, told) in changes {
        write(change);
        run(&["verify", text(&own)]).ended(1).told(&[told]);
        publish().told(&[told]);
    }
    write(&|_| ());
    let registration = own.join("registration.json");
    let plan = fs::read_to_string(&registration).unwrap();
    fs::write(&registration, plan.replace("60.0", "5.0")).unwrap();
    run(&["verify", text(&own)]).ended(1).told(&["was changed after it was written"]);
    // A folder of before, scored anew elsewhere, has none.
    fs::remove_file(&registration).unwrap();
    run(&["verify", text(&own)]).ended(0).told(&["`registration.json` is missing"]);
    publish().told(&["`registration.json` is missing"]);
}
