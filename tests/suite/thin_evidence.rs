//! Evidence that is thinner than the number of people says: a year of two people, a few who hold most attempts, ages known as
//! bands, clusters in place of people. Each was a value that carried a claim.

use std::fs;
use std::path::Path;

use crate::support::{rows, run, text};

/// `metrics.csv` of a recorded file below `place` whose answers are `people`, under a protocol with these lines.
fn scored(place: &Path, head: &str, people: &[String], protocol: &str, more: &[&str]) -> String {
    let (file, out, rules) = (place.join("answers.csv"), place.join("run"), place.join("protocol.toml"));
    fs::write(&file, format!("{head}\n{}\n", people.join("\n"))).unwrap();
    fs::write(&rules, format!("limits = [18]\n{protocol}")).unwrap();
    let arguments = ["score", text(&file), "--dataset-name", "people", "--protocol", text(&rules), "--out", text(&out)];
    run(&[&arguments[..], &["--replace"], more].concat()).ended(0);
    fs::read_to_string(out.join("metrics.csv")).unwrap()
}

/// Status and evidence of the only row at `wanted`.
fn one(csv: &str, wanted: &[(&str, &str)]) -> [String; 2] {
    let found = rows(csv, wanted, &["status", "evidence"]);
    assert_eq!(found.len(), 1, "{wanted:?}: {found:?}");
    [found[0][0].clone(), found[0][1].clone()]
}

fn short(csv: &str, wanted: &[(&str, &str)], reason: &str) {
    let [status, evidence] = one(csv, wanted);
    assert!(status == "insufficient_evidence" && evidence.contains(reason), "{wanted:?}: {status}, {evidence}");
}

/// A person of `age` with so many photos, all answered `years`, or a little more.
fn person(name: &str, age: u32, photos: u32, years: f64) -> Vec<String> {
    (0..photos).map(|photo| format!("{name}-{photo},{name},{age},{}", years + f64::from(photo % 7) * 0.1)).collect()
}

const HEAD: &str = "sample_id,subject_id,true_age,age";
const PASSES: [(&str, &str); 5] = [
    ("metric", "under_age_pass_rate"),
    ("challenge", "18"),
    ("failure_policy", "conditional"),
    ("weighting", "subject"),
    ("variant", ""),
];

#[test]
fn a_window_is_known_no_better_than_its_thinnest_year() {
    let place = tempfile::tempdir().unwrap();
    let answers = |count: u32, photos: u32| {
        let mut people = Vec::new();
        for age in 13..17 {
            for at in 0..500 {
                people.extend(person(
                    &format!("p{age}-{at}"),
                    age,
                    1,
                    if at < 20 { 30.0 } else { 10.0 + f64::from(at % 7) },
                ));
            }
        }
        (0..count).for_each(|at| people.extend(person(&format!("p17-{at}"), 17, photos, 11.0)));
        people
    };
    let window = [&PASSES[..], &[("population", "window:13-17"), ("group_by", "")]].concat();
    // A fifth of the weight on so many people, none of whom passes, can tell five times as many at most.
    for (count, photos) in [(10, 1), (2, 30), (400, 1)] {
        let csv = scored(place.path(), HEAD, &answers(count, photos), "", &[]);
        if count == 400 {
            assert_eq!(one(&csv, &window)[0], "value");
        } else {
            short(&csv, &window, "one cell of few people decides the bound");
        }
        let mae = [("metric", "mae"), ("population", "window:13-17"), ("weighting", "subject"), ("variant", "")];
        if count == 2 {
            short(&csv, &mae, "fewer than 10 subjects in age 17");
        } else {
            assert_eq!(one(&csv, &mae)[0], "value");
        }
    }
}

#[test]
fn a_few_who_hold_most_attempts_or_most_weight_carry_no_claim_of_any_kind() {
    let place = tempfile::tempdir().unwrap();
    let mut people = Vec::new();
    for at in 0..60 {
        let age = if at % 2 == 0 { 25 } else { 15 };
        let photos = if at < 2 { 400 } else { 1 };
        people.extend(person(&format!("p{at}"), age, photos, f64::from(age + at % 9) - 4.0));
    }
    let csv = scored(place.path(), HEAD, &people, "", &[]);
    const FEW: &str = "few subjects hold most attempts";
    for metric in ["mae", "bias", "rmse", "median_absolute_error", "sd"] {
        short(&csv, &[("metric", metric), ("weighting", "attempt"), ("population", "all"), ("variant", "")], FEW);
    }
    assert_eq!(
        one(&csv, &[("metric", "mae"), ("weighting", "subject"), ("population", "all"), ("variant", "")])[0],
        "value"
    );
    short(&csv, &[("metric", "balanced_error"), ("weighting", "attempt"), ("challenge", "18")], FEW);
    short(&csv, &[("metric", "auc"), ("variant", "scores=age")], FEW);
    // A tenth of the people weigh twenty times as much as the others.
    let mut people = Vec::new();
    for age in 13..18 {
        for at in 0..300 {
            let (weight, region) = (if at < 30 { 20 } else { 1 }, ["hill", "isle"][(at % 2) as usize]);
            people.push(format!("{age}-{at},p{age}-{at},{age},{},{weight},{region}", 9 + at % 7));
        }
    }
    let head = "sample_id,subject_id,true_age,age,weight,region";
    let csv = scored(place.path(), head, &people, "", &["--groups", "region"]);
    short(&csv, &[("metric", "safe_challenge_age")], FEW);
    let groups = [("challenge", "18"), ("population", "under"), ("group_by", "region")];
    for (metric, group, variant) in [
        ("under_age_pass_rate_difference", "hill", "against=rest"),
        ("difference_p", "hill", "adjusted=holm;against=rest;of=under_age_pass_rate"),
        ("max_minus_min", "", "of=under_age_pass_rate"),
    ] {
        short(&csv, &[&groups[..], &[("metric", metric), ("group", group), ("variant", variant)]].concat(), FEW);
    }
}

#[test]
fn one_event_among_few_people_is_no_difference_from_thousands() {
    let place = tempfile::tempdir().unwrap();
    let mut people = Vec::new();
    let groups =
        (0..20).map(|group| (format!("g{group:02}"), 30, u32::from(group == 0))).chain([("big".to_owned(), 3000, 3)]);
    for (group, count, passing) in groups {
        for at in 0..count {
            let years = if at < passing { 30 } else { 10 + at % 5 };
            people.push(format!("{group}-{at},{group}-{at},15,{years},{group}"));
        }
    }
    let csv = scored(place.path(), "sample_id,subject_id,true_age,age,region", &people, "", &["--groups", "region"]);
    let wanted = [
        ("metric", "difference_p"),
        ("challenge", "18"),
        ("population", "under"),
        ("group", "g00"),
        ("variant", "adjusted=holm;against=rest;of=under_age_pass_rate"),
    ];
    // 30 people at 4 passes of 3,600.
    short(&csv, &wanted, "0.0<5 events expected on one side");
}

#[test]
fn people_known_by_bands_of_years_leave_a_safe_buffer_open() {
    let place = tempfile::tempdir().unwrap();
    let head = "sample_id,subject_id,true_age_low,true_age_high,age";
    let of = |low: u32, high: u32, count: u32, passing: u32| -> Vec<String> {
        let years = |at: u32| if at < passing { 30 } else { 10 + at % 5 };
        (0..count).map(|at| format!("{low}-{high}-{at},p{low}-{high}-{at},{low},{high},{}", years(at))).collect()
    };
    let single: Vec<String> = (13..18).flat_map(|age| of(age, age + 1, 100, 0)).collect();
    let csv = scored(place.path(), head, &[single.clone(), of(13, 18, 1000, 500)].concat(), "", &[]);
    short(&csv, &[("metric", "safe_challenge_age")], "bands of years 66.7%>5%");
    let place_of = |population| [&PASSES[..], &[("population", population), ("group_by", "")]].concat();
    short(&csv, &place_of("window:13-17"), "bands of years 66.7%>5%");
    assert_eq!(one(&csv, &place_of("under"))[0], "value");
    // A few are a flag, and no more.
    let csv = scored(place.path(), head, &[single, of(13, 18, 20, 0)].concat(), "", &[]);
    let found = rows(&csv, &[("metric", "safe_challenge_age")], &["status", "flags"]);
    assert!(found[0][0] == "value" && found[0][1].contains("bands_left_out"), "{found:?}");
    // Without a window the last year stands alone, and the ages that straddle the limit beside it.
    let windows = "[windows]\nunder = 0\nover = 0\n";
    let csv = scored(place.path(), head, &[of(17, 18, 100, 0), of(16, 20, 300, 290)].concat(), windows, &[]);
    short(&csv, &[("metric", "safe_challenge_age")], "straddling 75.0%>5%");
    let once = [("metric", "pass_within_tries"), ("challenge", "18"), ("variant", "tries=1")];
    short(&csv, &once, "straddling 75.0%>5%");
}

#[test]
fn clusters_that_stand_for_people_have_no_tries() {
    let place = tempfile::tempdir().unwrap();
    let pupils: Vec<String> = (0..600)
        .map(|at| {
            format!(
                "s{at},p{at},c{},15,{}",
                at / 10,
                if at % 10 == 3 { String::new() } else { (9 + at % 12).to_string() }
            )
        })
        .collect();
    let csv = scored(place.path(), "sample_id,subject_id,cluster_id,true_age,age", &pupils, "", &[]);
    for metric in ["pass_within_tries", "never_answered_rate"] {
        let found = rows(&csv, &[("metric", metric)], &["status"]);
        assert!(!found.is_empty() && found.iter().all(|row| row[0] == "not_applicable"), "{metric}: {found:?}");
    }
}
