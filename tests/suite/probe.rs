//! The challenge age that a gate really keeps: found where it was put, with bounds, and held against what its card claims.

use std::fs;
use std::path::{Path, PathBuf};

use crate::plugins::example;
use crate::stages::card;
use crate::support::{column, run, text};

/// A dataset of `people` people aged 10 to 34, and a recorded gate that lets through whoever looks at least `gate` years
/// old to an eye that errs by up to three years.
fn gate(place: &Path, people: usize, gate: f64, claims: &str) -> (PathBuf, PathBuf) {
    let data = place.join("data");
    fs::create_dir_all(&data).unwrap();
    let (mut manifest, mut answers) = ("sample_id,subject_id,age\n".to_owned(), "sample_id,pass_18\n".to_owned());
    for at in 0..people {
        let age = 10 + at % 25;
        manifest.push_str(&format!("s{at},p{at},{age}\n"));
        // 0.618... x n leaves evenly spread remainders.
        let looks = age as f64 + 0.5 + 6.0 * ((at as f64 * 0.618_033_988_75).fract() - 0.5);
        answers.push_str(&format!("s{at},{}\n", if looks >= gate { "pass" } else { "deny" }));
    }
    fs::write(data.join("manifest.csv"), manifest).unwrap();
    let about = "name = 'd'\nversion = '1'\nlabel_kind = 'chronological'\nage_precision = 'year'\n";
    fs::write(data.join("dataset.toml"), about).unwrap();
    let method = card(place, "gate", &format!("{claims}\n[replay]\nfile = 'a.csv'\n"));
    fs::write(method.join("a.csv"), answers).unwrap();
    (data, method)
}

/// Value, bounds, status and evidence of the plain rows of both metrics.
fn rows(out: &Path) -> Vec<[String; 5]> {
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let [names, variants] = ["metric", "variant"].map(|name| column(&metrics, name));
    let cells = ["value", "low", "high", "status", "evidence"].map(|name| column(&metrics, name));
    let wanted = |at: &usize| {
        ["effective_challenge_age", "sharpness"].contains(&names[*at].as_str()) && variants[*at].is_empty()
    };
    (0..names.len()).filter(wanted).map(|at| cells.each_ref().map(|column| column[at].clone())).collect()
}

#[test]
fn a_gate_is_found_where_it_was_put_and_told_beside_what_its_card_claims() {
    let place = tempfile::tempdir().unwrap();
    let (data, method) = gate(place.path(), 1500, 20.4, "claimed_challenge_ages = [[18, 23]]");
    let out = place.path().join("out");
    let verb = ["probe", text(&method), "--limit", "18"];
    let ran = run(&[&verb[..], &["--dataset", text(&data), "--out", text(&out)]].concat()).ended(0);
    assert!(ran.out.contains("`gate` at 18: declared 23, behaves like 20.4 ["), "{}", ran.out);
    assert!(ran.out.contains("younger people pass than is declared"), "{}", ran.out);
    let found = rows(&out);
    let number = |text: &str| text.parse::<f64>().unwrap();
    let [value, low, high, status, _] = &found[0];
    assert_eq!(status, "value");
    assert!((number(value) - 20.4).abs() < 0.1 && number(low) < 20.4 && number(high) > 20.4, "{found:?}");
    assert!(number(high) - number(low) < 0.6, "{found:?}");
    // The eye errs by 6 / sqrt(12) = 1.73 years, so the share rises by about 0.399 / 1.73 = 0.23 a year.
    assert!((number(&found[1][0]) - 0.23).abs() < 0.03, "{found:?}");
    run(&["verify", text(&out)]).ended(0);
    // The same from the folder, with a claim that holds.
    let again = place.path().join("again");
    let claim = ["--claimed", "20.4"];
    let ran = run(&[&["probe", text(&out), "--limit", "18", "--out", text(&again)][..], &claim].concat()).ended(0);
    assert!(ran.out.contains("declared 20.4, behaves like 20.4"), "{}", ran.out);
    assert!(ran.out.contains("it may be what is declared"), "{}", ran.out);
    assert_eq!(rows(&again), found);
}

#[test]
fn a_gate_that_nobody_or_everybody_passes_or_that_never_errs_says_so() {
    for (gate_at, told, value) in [
        (2.0, "all 100 pass: the age lies below the youngest", None),
        (60.0, "none of 100 passes: the age lies above the oldest", None),
    ] {
        let place = tempfile::tempdir().unwrap();
        let (data, method) = gate(place.path(), 100, gate_at, "");
        let out = place.path().join("out");
        let verb = ["probe", text(&method), "--limit", "18", "--dataset", text(&data), "--out", text(&out)];
        let ran = run(&verb).ended(0);
        assert!(ran.out.contains(told), "{}", ran.out);
        let found = rows(&out);
        assert_eq!((found[0][3].as_str(), found[0][0].as_str()), ("insufficient_evidence", value.unwrap_or("")));
    }
    let place = tempfile::tempdir().unwrap();
    let (data, method) = gate(place.path(), 100, 18.0, "");
    let answers: String =
        (0..100).map(|at| format!("s{at},{}\n", if 10 + at % 25 >= 18 { "pass" } else { "deny" })).collect();
    fs::write(method.join("a.csv"), format!("sample_id,pass_18\n{answers}")).unwrap();
    let out = place.path().join("out");
    run(&["probe", text(&method), "--limit", "18", "--dataset", text(&data), "--out", text(&out)]).ended(0);
    let found = rows(&out);
    // The oldest who is denied is 17 (17.5 in the middle of that year), the youngest who passes 18.
    assert_eq!(found[0][..4], ["18", "17.5", "18.5", "insufficient_evidence"]);
    assert!(found[0][4].contains("ages part those who pass"), "{found:?}");
    assert_eq!((found[1][0].as_str(), found[1][3].as_str()), ("", "insufficient_evidence"));
}

#[test]
fn a_method_that_answers_ages_is_refused_before_any_attempt_and_nothing_is_written() {
    let place = tempfile::tempdir().unwrap();
    let (data, replay) = gate(place.path(), 100, 18.0, "");
    let answers: String = (0..100).map(|at| format!("s{at},{}\n", 10 + at % 25)).collect();
    fs::write(replay.join("a.csv"), format!("sample_id,age\n{answers}")).unwrap();
    let out = place.path().join("out");
    // The example says `"answers": ["age"]` in its `ready`.
    for method in [replay, example("python")] {
        run(&["probe", text(&method), "--limit", "18", "--dataset", text(&data), "--out", text(&out)])
            .ended(2)
            .told(&["answers ages, and decides nobody at 18: nothing to probe", "probe one that passes or denies"]);
        assert!(!out.exists(), "attempts were made");
    }
}

#[test]
fn a_run_of_ages_or_a_limit_that_is_not_there_is_refused_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let (data, replay) = gate(place.path(), 100, 18.0, "");
    let answers: String = (0..100).map(|at| format!("s{at},{}\n", 10 + at % 25)).collect();
    fs::write(replay.join("a.csv"), format!("sample_id,age\n{answers}")).unwrap();
    let [out, other] = ["out", "other"].map(|name| place.path().join(name));
    run(&["probe", text(&replay), "--limit", "18", "--out", text(&out)]).ended(2).told(&["--dataset is missing"]);
    run(&["run", text(&replay), "--dataset", text(&data), "--out", text(&out)]).ended(0);
    run(&["probe", text(&out), "--limit", "18", "--out", text(&other)])
        .ended(2)
        .told(&["decides nobody at 18: nothing to probe"]);
    assert!(!other.exists(), "rows that say nothing were left");
    run(&["probe", text(&out), "--limit", "25", "--out", text(&other)])
        .ended(2)
        .told(&["the protocol has no limit 25"]);
}

#[cfg(feature = "tract")]
#[test]
fn a_model_is_refused_before_any_attempt() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("out");
    run(&["probe", "drawn-even", "--limit", "18", "--dataset", "drawn-faces", "--out", text(&out)])
        .ended(2)
        .told(&["answers ages, and decides nobody at 18: nothing to probe"]);
    assert!(!out.exists(), "attempts were made");
}
