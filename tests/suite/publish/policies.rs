//! A release under a protocol whose rates count attempts without an answer.

use std::fs;
use std::path::Path;

use crate::support::{column, rows, run, text};

/// People of 12 to 25, a third of them male, of whom many have no answer.
fn answers() -> String {
    let mut csv = "sample_id,subject_id,true_age,age,status,reason,sex\n".to_owned();
    for person in 0..600 {
        let age = 12 + person % 14;
        let (answer, status, reason) = match person {
            _ if person % 50 == 1 => (String::new(), "refused", "x"),
            _ if person % 9 == 3 => (String::new(), "failed", "x"),
            _ => ((age + person * 7 % 9 - 4).to_string(), "answered", ""),
        };
        let sex = if person % 3 == 0 { "m" } else { "f" };
        csv.push_str(&format!("s{person},p{person},{age},{answer},{status},{reason},{sex}\n"));
    }
    csv
}

/// Adds to the cards of a recorded run what a release asks for.
fn complete(out: &Path) {
    for (card, more) in [
        ("dataset.toml", "licence = \"none\"\nconsent = \"made up\"\nsource = \"a test\"\n"),
        ("method-1-answers.toml", "licence = \"none\"\nintended_use = \"tests\"\nclaimed_ages = [10, 30]\n"),
    ] {
        let card = out.join("cards").join(card);
        let whole = more.to_owned() + &fs::read_to_string(&card).unwrap();
        fs::write(card, whole).unwrap();
    }
}

/// Counted apart in Python: of those under 18 as (passed, denied, no answer) f (38, 130, 4) and m (10, 46, 30), of those
/// over f (200, 24, 4) and m (54, 20, 40). So under `fail_closed` 38 of 172 and 10 of 86 pass, 28 of 228 and 60 of 114 are
/// denied; under `fail_open` 42 and 40 pass, 24 and 20 are denied; each to the nearest 5.
#[test]
fn attempts_without_an_answer_count_in_a_release_as_its_protocol_says() {
    let expected: [(&str, [&str; 4]); 2] = [
        ("fail_closed", ["f 40/170", "m 10/85", "f 30/230", "m 60/115"]),
        ("fail_open", ["f 40/170", "m 40/85", "f 25/230", "m 20/115"]),
    ];
    for (policy, expected) in expected {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::write(at("answers.csv"), answers()).unwrap();
        fs::write(at("protocol.toml"), format!("limits = [18]\nfailure_policy = \"{policy}\"\n")).unwrap();
        let [file, protocol, out, package] = ["answers.csv", "protocol.toml", "run", "package"].map(at);
        let arguments = ["score", text(&file), "--groups", "sex", "--protocol", text(&protocol), "--out", text(&out)];
        run(&arguments).ended(0);
        complete(&out);
        run(&["publish", text(&out), "--out", text(&package), "--disclosure", "uk_7_5"]).ended(0);
        run(&["verify", text(&package)]).ended(0);
        let csv = fs::read_to_string(package.join("metrics.csv")).unwrap();
        let names = ["metric", "challenge", "population", "group", "n_events", "n_attempts", "failure_policy"];
        let columns = names.map(|name| column(&csv, name));
        let cell = |row: usize, name: &str| {
            names.iter().position(|other| *other == name).map(|at| columns[at][row].as_str()).unwrap()
        };
        let mut found = Vec::new();
        for row in 0..csv.lines().count() - 1 {
            let rate = ["under_age_pass_rate", "adult_denial_rate"].contains(&cell(row, "metric"));
            let everybody = ["under", "over"].contains(&cell(row, "population"));
            if rate && everybody && cell(row, "challenge") == "18" {
                assert_eq!(cell(row, "failure_policy"), policy);
                if !cell(row, "group").is_empty() {
                    let group = cell(row, "group");
                    found.push(format!("{group} {}/{}", cell(row, "n_events"), cell(row, "n_attempts")));
                }
            }
        }
        found.sort_unstable();
        let mut expected = expected.map(str::to_owned).to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{policy}");
    }
}

#[test]
fn windows_in_which_bands_of_ages_lie_are_not_in_a_release_and_everybody_is() {
    let place = tempfile::tempdir().unwrap();
    let mut answers = "sample_id,subject_id,true_age_low,true_age_high,age\n".to_owned();
    for person in 0..400 {
        let (low, high) = if person % 8 == 0 { (13, 15) } else { (13 + person % 18, 14 + person % 18) };
        answers.push_str(&format!("s{person},p{person},{low},{high},{}\n", 10 + person * 7 % 20));
    }
    let (file, run_of) = (place.path().join("answers.csv"), place.path().join("run"));
    fs::write(&file, answers).unwrap();
    let named = ["--dataset-name", "banded", "--out", text(&run_of)];
    run(&[&["score", text(&file)][..], &named].concat()).ended(0);
    complete(&run_of);
    let out = place.path().join("package");
    run(&["publish", text(&run_of), "--out", text(&out), "--disclosure", "uk_7_5"]).ended(0);
    let metrics = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let of = |metric: &str, population: &str| {
        let wanted = [("metric", metric), ("population", population), ("limit", "18"), ("challenge", "18")];
        rows(&metrics, &wanted, &["n_attempts"]).len()
    };
    assert_eq!((of("under_age_pass_rate", "window:13-17"), of("under_age_pass_rate", "under")), (0, 1));
    // Nobody's age is a band in the window of adults.
    assert_eq!((of("adult_denial_rate", "window:18-30"), of("adult_denial_rate", "over")), (1, 1));
    run(&["verify", text(&out)]).ended(0);
}
