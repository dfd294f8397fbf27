//! `agebench compare` as a program: what it prints and writes, and what it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{column, run, text};

/// A run folder made of a recorded file below `place`: 120 people from 13 to 24, answered `off` years too high.
fn scored(place: &Path, name: &str, people: std::ops::Range<u32>, off: impl Fn(u32) -> i64) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age\n".to_owned();
    for person in people {
        let age = 13 + person % 12;
        csv.push_str(&format!("s{person},p{person},{age},{}\n", i64::from(age) + off(person)));
    }
    let file = place.join(format!("{name}.csv"));
    fs::write(&file, csv).unwrap();
    let out = place.join(name);
    run(&["score", text(&file), "--dataset-name", "people", "--out", text(&out)]).ended(0);
    out
}

#[test]
fn two_results_on_one_manifest_become_differences_and_ranks() {
    let place = tempfile::tempdir().unwrap();
    let careful = scored(place.path(), "careful", 0..360, |person| i64::from(person % 3) - 3);
    let eager = scored(place.path(), "eager", 0..360, |person| i64::from(person % 4) + 2);
    let out = place.path().join("compared");
    let ran = run(&["compare", text(&careful), text(&eager), "--out", text(&out)]).ended(0);
    assert!(
        ran.out.contains("2 methods compared on people") && ran.out.contains("eager against careful"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("careful and eager both ran 360 attempts of 360 people."), "{}", ran.out);
    assert!(ran.out.contains("more") && ran.out.contains("fewer"), "{}", ran.out);
    let comparison = fs::read_to_string(out.join("comparison.csv")).unwrap();
    assert!(column(&comparison, "baseline_method").iter().all(|name| name == "careful"));
    let leaderboard = fs::read_to_string(out.join("leaderboard.csv")).unwrap();
    assert!(leaderboard.lines().next().unwrap().ends_with(",rank_low,rank_high,ranked"));
    run(&["compare", text(&careful), text(&eager), "--out", text(&out)]).ended(2).told(&["not empty", "--replace"]);
    let args = ["compare", text(&careful), text(&eager), "--out", text(&out), "--replace", "--format", "markdown"];
    assert!(run(&args).ended(0).out.starts_with("## 2 methods compared on people"));
    assert_eq!(fs::read_to_string(out.join("comparison.csv")).unwrap(), comparison, "the same bytes again");
}

#[test]
fn what_cannot_be_compared_ends_with_2_and_the_way_out() {
    let place = tempfile::tempdir().unwrap();
    let one = scored(place.path(), "one", 0..240, |_| 1);
    let others = scored(place.path(), "others", 240..480, |_| 2);
    let out = place.path().join("out");
    let compare = |folders: &[&Path], more: &[&str]| {
        let mut arguments = vec!["compare"];
        arguments.extend(folders.iter().map(|folder| text(folder)));
        arguments.extend(["--out", text(&out)]);
        arguments.extend(more);
        run(&arguments)
    };
    compare(&[&one, &others], &[]).ended(2).told(&["manifests differ", "--restandardise"]);
    compare(&[&one], &[]).ended(2).told(&["one method"]);
    compare(&[&one, &one], &[]).ended(2).told(&["the same folder"]);
    compare(&[&one, &place.path().join("nowhere")], &[]).ended(2).told(&["cannot compare", "nowhere"]);
    assert!(!out.exists(), "nothing is written of what is refused");
    let ran = compare(&[&one, &others], &["--restandardise"]).ended(0);
    assert!(ran.out.contains("nothing is paired"), "{}", ran.out);
    let comparison = fs::read_to_string(out.join("comparison.csv")).unwrap();
    assert!(column(&comparison, "variant").iter().any(|variant| variant == "mix=equal_years;years=13-17"));
    run(&["compare", text(&one), text(&others), "--restandardise", "--replace", "--out", text(&one)]).ended(2);
    assert!(one.join("outcomes.csv").exists(), "a run is never replaced by a comparison");
}
