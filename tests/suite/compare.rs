//! `agebench compare` as a program: what it prints and writes, and what it refuses.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{column, run, text};

/// A run folder made of a recorded file below `place`: 120 people from 13 to 24, answered `off` years too high.
fn scored(place: &Path, name: &str, people: std::ops::Range<u32>, off: impl Fn(u32) -> i64) -> PathBuf {
    scored_under(place, name, people, off, "default")
}

/// The same under `protocol`.
fn scored_under(
    place: &Path,
    name: &str,
    people: std::ops::Range<u32>,
    off: impl Fn(u32) -> i64,
    protocol: &str,
) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age\n".to_owned();
    for person in people {
        let age = 13 + person % 12;
        csv.push_str(&format!("s{person},p{person},{age},{}\n", i64::from(age) + off(person)));
    }
    let file = place.join(format!("{name}.csv"));
    fs::write(&file, csv).unwrap();
    let out = place.join(name);
    let arguments = ["score", text(&file), "--dataset-name", "people", "--out", text(&out)];
    let named: &[&str] = if protocol == "default" { &[] } else { &["--protocol", protocol] };
    run(&[&arguments, named].concat()).ended(0);
    out
}

#[test]
fn a_comparison_shows_the_challenge_ages_that_its_protocol_declares_as_a_run_does() {
    let place = tempfile::tempdir().unwrap();
    for (protocol, ages) in [("default", ["18 18 ", "18 23 "]), ("check-18", ["18 18 ", "18 25 "])] {
        let one = |name: &str, off: i64| {
            scored_under(
                place.path(),
                &format!("{name}-{protocol}"),
                0..360,
                |person| i64::from(person % 3) + off,
                protocol,
            )
        };
        let out = place.path().join(format!("compared-{protocol}"));
        let ran = run(&["compare", text(&one("a", -3)), text(&one("b", 2)), "--out", text(&out)]).ended(0);
        let lines: Vec<String> =
            ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + " ").collect();
        let of_18: Vec<&String> = lines.iter().filter(|line| line.starts_with("18 ")).collect();
        assert!(of_18.len() >= 4, "{}", ran.out);
        assert!(of_18.iter().all(|line| ages.iter().any(|age| line.starts_with(age))), "{}", ran.out);
        assert!(ages.iter().all(|age| of_18.iter().any(|line| line.starts_with(age))), "{}", ran.out);
    }
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

#[test]
fn weights_of_the_manifest_enter_differences_their_bounds_and_the_test() {
    let place = tempfile::tempdir().unwrap();
    let recorded = |name: &str, passes: std::ops::Range<u32>| {
        let mut csv = "sample_id,subject_id,true_age,age,weight\n".to_owned();
        for person in 0..60 {
            let (answer, weight) = (if passes.contains(&person) { 30 } else { 12 }, 1.0 + 0.5 * f64::from(person % 5));
            csv.push_str(&format!("s{person},p{person},17,{answer},{weight}\n"));
        }
        let file = place.path().join(format!("{name}.csv"));
        fs::write(&file, csv).unwrap();
        let out = place.path().join(name);
        run(&["score", text(&file), "--dataset-name", "people", "--out", text(&out)]).ended(0);
        out
    };
    let (first, second) = (recorded("first", 12..16), recorded("second", 0..12));
    let out = place.path().join("compared");
    run(&["compare", text(&first), text(&second), "--out", text(&out)]).ended(0);
    let comparison = fs::read_to_string(out.join("comparison.csv")).unwrap();
    let cells = |name: &str| column(&comparison, name);
    let at = |wanted: [(&str, &str); 5]| {
        let columns: Vec<_> = wanted.iter().map(|(name, word)| (cells(name), *word)).collect();
        let rows: Vec<usize> =
            (0..columns[0].0.len()).filter(|row| columns.iter().all(|(cells, word)| cells[*row] == *word)).collect();
        assert_eq!(rows.len(), 1, "{wanted:?}");
        rows[0]
    };
    // scripts/validation/weighted.py: Tango's bounds by numerical maximum likelihood, every flip of 16 signs.
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/golden/weighted_pairs.json")).unwrap();
    let near = |name: &str, row: usize, key: &str, tolerance: f64| {
        let (found, wanted) = (cells(name)[row].parse::<f64>().unwrap(), golden[key].as_f64().unwrap());
        assert!((found - wanted).abs() <= tolerance, "{name}: {found} is not {wanted}");
    };
    let rate = at([
        ("metric", "under_age_pass_rate"),
        ("limit", "18"),
        ("challenge", "18"),
        ("failure_policy", "conditional"),
        ("population", "under"),
    ]);
    near("value", rate, "value", 1e-9);
    near("low", rate, "low", 1e-7);
    near("high", rate, "high", 1e-7);
    near("p", rate, "p", 1e-9);
    assert!(cells("flags")[rate].contains("weighted") && cells("flags")[rate].contains("sign_flip"));
    let error = at([("metric", "mae"), ("weighting", "subject"), ("group_by", ""), ("limit", ""), ("variant", "")]);
    near("value", error, "mae_difference", 1e-9);
}
