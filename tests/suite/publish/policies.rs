//! A release under a protocol whose rates count attempts without an answer.

use std::fs;

use crate::support::{column, run, text};

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
        for (card, more) in [
            ("dataset.toml", "licence = \"none\"\nconsent = \"made up\"\nsource = \"a test\"\n"),
            ("method-1-answers.toml", "licence = \"none\"\nintended_use = \"tests\"\nclaimed_ages = [10, 30]\n"),
        ] {
            let card = out.join("cards").join(card);
            let whole = more.to_owned() + &fs::read_to_string(&card).unwrap();
            fs::write(card, whole).unwrap();
        }
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
