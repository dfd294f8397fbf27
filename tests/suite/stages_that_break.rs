//! Waterfalls whose stages break: a later stage answers, and what happened is told and written down all the same.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{misbehaving, orders};
use crate::plugins::example;
use crate::shards::json;
use crate::support::{column, run, text};

/// A waterfall of `fixtures/plugins/misbehaving.py` and the example in Python, which answers whatever it is given.
fn waterfall(place: &Path) -> PathBuf {
    let first = misbehaving(&place.join("first"), ["path", "1", "-"], "");
    let folder = place.join("both");
    fs::create_dir_all(&folder).unwrap();
    let card = format!(
        "name = 'both'\nkind = 'estimation'\nversion = '1'\n[[waterfall.stages]]\nmethod = {:?}\nbuffer = [-3, 7]\n\
         [[waterfall.stages]]\nmethod = {:?}\n",
        text(&first),
        text(&example("python")),
    );
    fs::write(folder.join("method.toml"), card).unwrap();
    folder
}

#[test]
fn what_came_of_each_stage_stands_in_the_row_and_a_stage_that_broke_is_told() {
    let place = tempfile::tempdir().unwrap();
    let all = ["crash", "answer 40", "refuse", "answer 18", "crash", "garbage", "senseless"];
    let (method, data) = (waterfall(place.path()), orders(&place.path().join("data"), &all));
    let out = place.path().join("out");
    let ran = run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out), "--jobs", "3"]).ended(0);
    let outcomes = fs::read_to_string(out.join("outcomes.csv")).unwrap();
    assert!(column(&outcomes, "status").iter().all(|status| status == "answered"), "{outcomes}");
    // 40 is decided at every limit up to 21; of whom the first stage decides nothing the second always answers.
    let expected = [
        "failed;answered",
        "answered",
        "refused;answered",
        "answered;answered",
        "failed;answered",
        "failed;answered",
        "failed;answered",
    ];
    assert_eq!(column(&outcomes, "stage_status"), expected);
    // An answer without sense costs no process, a crash and garbage do.
    assert_eq!(ran.err.matches("warning: `misbehaving` broke and is opened anew: ").count(), 3, "{}", ran.err);
    assert!(ran.err.contains("ended with exit code 3; its last words: `a last word before the crash`"), "{}", ran.err);
    run(&["verify", text(&out)]).ended(0);
}

#[test]
fn what_a_stage_returns_beyond_its_answer_is_counted_and_no_footprint_says_that_there_was_none() {
    let place = tempfile::tempdir().unwrap();
    let all = ["extra", "answer 40", "extra", "answer 18"];
    let (method, data) = (waterfall(place.path()), orders(&place.path().join("data"), &all));
    let out = place.path().join("out");
    run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    assert_eq!(json(&out)["methods"][0]["extra_fields"]["mood"], 2);
    let out = place.path().join("taken");
    run(&["footprint", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    let footprint = fs::read_to_string(out.join("footprint.csv")).unwrap();
    assert!(footprint.contains("mood"), "{footprint}");
}

#[test]
fn a_stage_that_breaks_ten_times_in_a_row_ends_the_run_with_code_4() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = (waterfall(place.path()), orders(&place.path().join("data"), &["crash"; 30]));
    let out = place.path().join("out");
    let ran = run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(4);
    ran.told(&["`misbehaving` was opened 10 times in a row without an answer", "ended with exit code 3"]);
    assert_eq!(fs::read_to_string(out.join("outcomes.csv.part")).unwrap().lines().count(), 1 + 9);
}

#[test]
fn a_stage_that_cannot_be_opened_is_named() {
    let place = tempfile::tempdir().unwrap();
    let (method, data) = (waterfall(place.path()), orders(&place.path().join("data"), &["answer 20"]));
    let card = place.path().join("first/method.toml");
    let gone = "name = 'gone'\nkind = 'estimation'\nversion = '1'\n[command]\nprogram = 'false'\n";
    fs::write(card, gone).unwrap();
    let out = place.path().join("out");
    let ran = run(&["run", text(&method), "--dataset", text(&data), "--out", text(&out)]).ended(2);
    ran.told(&["cannot open `both`", "cannot use the stage 1, `gone`", "is not ready: it ended with exit code 1"]);
}
