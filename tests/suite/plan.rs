//! `agebench plan`: the numbers that it promises are those that scoring will accept, and datasets are told what they can show.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{column, rows, run, text};

/// A folder with people from 12 to 24 under a card with two groups: `person` says age, sex, and how many photos.
fn people(place: &Path, people: usize, card: &str, person: impl Fn(usize) -> (String, usize)) -> PathBuf {
    let folder = place.join("faces");
    fs::create_dir_all(&folder).unwrap();
    let mut manifest = "sample_id,subject_id,age_low,age_high,sex\n".to_owned();
    for at in 0..people {
        let (age, photos) = person(at);
        for photo in 0..photos {
            manifest.push_str(&format!("s{at}-{photo},p{at},{age},{}\n", if at % 3 == 0 { "female" } else { "male" }));
        }
    }
    fs::write(folder.join("manifest.csv"), manifest).unwrap();
    let card = format!(
        "name = \"faces\"\nversion = \"1\"\nlabel_kind = \"chronological\"\nage_precision = \"band\"\ngroups = [\"sex\"]\n{card}"
    );
    fs::write(folder.join("dataset.toml"), card).unwrap();
    folder
}

fn year(at: usize) -> String {
    let age = 12 + at % 13;
    format!("{age},{}", age + 1)
}

const CLAIM: [&str; 7] = ["plan", "--limit", "18", "--target", "0.01", "--power", "0.8"];

#[test]
fn a_claim_of_one_percent_needs_299_people_without_an_error_and_2185_where_half_a_percent_pass() {
    // fixtures/golden/plan.json, SciPy over every number of people.
    let ran = run(&[&CLAIM[..], &["--rate", "0,0.001,0.0025,0.005", "--format", "csv"]].concat()).ended(0);
    assert_eq!(column(&ran.out, "subjects_needed"), ["299", "473", "773", "2185"]);
    assert_eq!(column(&ran.out, "allowed_events"), ["0", "1", "3", "14"]);
    assert_eq!(column(&ran.out, "population"), ["under"; 4]);
    let ran = run(&CLAIM).ended(0);
    for part in [
        "If nobody passes, 299 people under 18 show that at most 1.0 % pass; then at most 0 of 299",
        "If in truth 0.50 % pass, 2,185 people under 18 show that at most 1.0 % pass, with a chance of 86",
    ] {
        assert!(ran.out.contains(part), "`{part}` is not in:\n{}", ran.out);
    }
    // The other rate is the same numbers about other people; several limits have a row each.
    let more = ["--metric", "adult_denial_rate", "--limit", "13,16", "--rate", "0", "--format", "csv"];
    let ran = run(&[&CLAIM[..], &more].concat()).ended(0);
    assert_eq!(column(&ran.out, "limit"), ["13", "16", "18"]);
    assert_eq!(
        (column(&ran.out, "subjects_needed"), column(&ran.out, "population")),
        (vec!["299".to_owned(); 3], vec!["over".to_owned(); 3])
    );
}

#[test]
fn the_evidence_rule_of_the_protocol_is_part_of_what_is_needed() {
    // 59 people show 5 % by the bound alone; Wilson's interval of 0 among 59 is wider than the 5 points of the default rule.
    let place = tempfile::tempdir().unwrap();
    let lenient = place.path().join("protocol.toml");
    fs::write(&lenient, "[evidence]\nsmall_width = 0.3\n").unwrap();
    let verb = ["plan", "--limit", "18", "--target", "0.05", "--rate", "0", "--format", "csv"];
    assert_eq!(column(&run(&verb).ended(0).out, "subjects_needed"), ["73"]);
    assert_eq!(column(&run(&verb).ended(0).out, "n_star_for_bound"), ["59"]);
    let with = [&verb[..], &["--protocol", text(&lenient)]].concat();
    assert_eq!(column(&run(&with).ended(0).out, "subjects_needed"), ["59"]);
    // ln(1 - 0.99) / ln(1 - 0.05) = 89.78.
    let with = [&with[..], &["--level", "0.99"]].concat();
    assert_eq!(column(&run(&with).ended(0).out, "subjects_needed"), ["90"]);
}

#[test]
fn people_who_are_alike_are_multiplied_and_further_photos_count_only_where_enough_people_err() {
    let plan = |more: &[&str]| run(&[&CLAIM[..], &["--format", "csv"], more].concat()).ended(0).out;
    let found = plan(&["--rate", "0", "--deff", "1.5"]);
    assert_eq!(
        (column(&found, "n_star_needed"), column(&found, "subjects_needed")),
        (vec!["299".to_owned()], vec!["449".to_owned()])
    );
    let found = plan(&["--rate", "0,0.0075", "--attempts-per-subject", "3", "--icc", "0.2"]);
    let numbers = |name: &str| -> Vec<u64> { column(&found, name).iter().map(|cell| cell.parse().unwrap()).collect() };
    let (independent, needed) = (numbers("n_star_needed"), numbers("subjects_needed"));
    // Nobody is expected to err in the first. In the second about 1.9 % of people, which is more than 15: n* x 1.4 / 3, by (t / z)^2.
    assert_eq!((independent[0], needed[0]), (299, 299));
    let least = independent[1] as f64 * 1.4 / 3.0;
    assert!(needed[1] as f64 >= least && needed[1] as f64 <= least * 1.002 + 1.0, "{independent:?} {needed:?}");
    let attempts: Vec<u64> = column(&found, "attempts_needed").iter().map(|cell| cell.parse().unwrap()).collect();
    assert_eq!(attempts, needed.iter().map(|people| people * 3).collect::<Vec<u64>>());
}

#[test]
fn a_comparison_without_a_discordant_person_needs_268_133_and_52_people() {
    for (margin, people) in [("0.01", "268"), ("0.02", "133"), ("0.05", "52")] {
        let more = ["--margin", margin, "--discordance", "0", "--format", "csv"];
        let out = run(&[&CLAIM[..], &more].concat()).ended(0).out;
        assert_eq!(rows(&out, &[("question", "comparison")], &["subjects_needed"]), [[people]]);
    }
    // fixtures/golden/plan.json: every pair of counts added up.
    let ran = run(&[&CLAIM[..], &["--margin", "0.05", "--discordance", "0.02,0.05"]].concat()).ended(0);
    assert!(ran.out.contains("101 people under 18 show that one is worse by less than 5.0 points"), "{}", ran.out);
    assert!(ran.out.contains("158 people under 18"), "{}", ran.out);
}

#[test]
fn what_a_dataset_can_show_is_what_a_run_without_an_error_on_it_is_scored_as() {
    let place = tempfile::tempdir().unwrap();
    let data = people(place.path(), 700, "", |at| (year(at), 1 + at % 3));
    let plan = place.path().join("plan.csv");
    let ran = run(&[&CLAIM[..], &["--dataset", text(&data), "--rate", "0", "--out", text(&plan)]].concat()).ended(0);
    assert!(ran.out.contains("What `faces` can show") && ran.err.contains("plan.csv"), "{}", ran.out);
    let planned = fs::read_to_string(&plan).unwrap();
    // The same people, answered with their true age.
    let mut csv = "sample_id,subject_id,true_age,age,sex\n".to_owned();
    for at in 0..700 {
        let (age, sex) = (12 + at % 13, if at % 3 == 0 { "female" } else { "male" });
        (0..1 + at % 3).for_each(|photo| csv.push_str(&format!("s{at}-{photo},p{at},{age},{age},{sex}\n")));
    }
    let recorded = place.path().join("recorded.csv");
    fs::write(&recorded, csv).unwrap();
    let out = place.path().join("out");
    run(&["score", text(&recorded), "--groups", "sex", "--out", text(&out)]).ended(0);
    let scored = fs::read_to_string(out.join("metrics.csv")).unwrap();
    let mut seen = 0;
    let shown = ["population", "group", "n_subjects", "n_attempts", "n_star", "least_without_event"];
    for row in rows(&planned, &[("question", "dataset")], &shown) {
        let wanted = [
            ("metric", "under_age_pass_rate"),
            ("limit", "18"),
            ("challenge", "18"),
            ("failure_policy", "conditional"),
            ("weighting", "subject"),
            ("variant", ""),
            ("population", row[0].as_str()),
            ("group", row[1].as_str()),
        ];
        for found in rows(&scored, &wanted, &["n_subjects", "n_attempts", "n_star", "claim_high"]) {
            assert_eq!(found, row[2..], "{row:?}");
            seen += 1;
        }
    }
    // Everyone: under, window, five years. Each sex: under, window (metrics.csv has no single years of groups).
    assert_eq!(seen, 7 + 2 * 2);
}

#[test]
fn missing_people_are_counted_in_each_year_of_the_window_and_enough_of_them_show_the_target() {
    let place = tempfile::tempdir().unwrap();
    // 10 of each age from 12 to 17 and 60 of 17: the window's worth is that of its smallest year.
    let data = people(place.path(), 110, "", |at| {
        (if at < 60 { format!("{},{}", 12 + at % 6, 13 + at % 6) } else { "17,18".to_owned() }, 1)
    });
    let verb = ["plan", "--limit", "18", "--target", "0.05", "--rate", "0", "--format", "csv", "--dataset"];
    let out = run(&[&verb[..], &[text(&data)]].concat()).ended(0).out;
    let of = |out: &str, population: &str| {
        rows(
            out,
            &[("population", population), ("group", ""), ("question", "dataset")],
            &["n_subjects", "n_star", "more_subjects", "standing"],
        )
    };
    assert_eq!(of(&out, "age:17"), [["60", "60", "13", "cannot_show"]]);
    // 73 / 5 = 14.6 in each year: 5 more of 13, 14, 15 and 16 each.
    assert_eq!(of(&out, "window:13-17"), [["100", "50", "20", "cannot_show"]]);
    assert_eq!(of(&out, "under"), [["110", "110", "0", "can_show"]]);
    let enough = people(place.path(), 133, "", |at| {
        (
            if at < 60 {
                format!("{},{}", 12 + at % 6, 13 + at % 6)
            } else if at < 113 {
                "17,18".to_owned()
            } else {
                format!("{},{}", 13 + at % 4, 14 + at % 4)
            },
            1,
        )
    });
    let out = run(&[&verb[..], &[text(&enough)]].concat()).ended(0).out;
    assert_eq!(of(&out, "window:13-17"), [["123", "75", "0", "can_show"]]);
}

#[test]
fn bands_that_straddle_the_limit_labels_that_are_no_ages_and_few_people_speak_against_a_claim() {
    let place = tempfile::tempdir().unwrap();
    let data = people(place.path(), 400, "", |at| (if at % 10 == 0 { "16,19".to_owned() } else { year(at) }, 1));
    let ran = run(&[&CLAIM[..], &["--dataset", text(&data), "--all"]].concat()).ended(0);
    assert!(ran.out.contains("40 samples left out at 18") && ran.out.contains("straddling"), "{}", ran.out);
    let apparent = people(place.path(), 400, "", |at| (year(at), 1));
    let card = fs::read_to_string(apparent.join("dataset.toml")).unwrap().replace("chronological", "apparent");
    fs::write(apparent.join("dataset.toml"), card).unwrap();
    let out = run(&[&CLAIM[..], &["--dataset", text(&apparent), "--format", "csv"]].concat()).ended(0).out;
    let against = rows(
        &out,
        &[("question", "dataset"), ("population", "under"), ("group", "")],
        &["standing", "reasons", "least_target"],
    );
    assert_eq!(against, vec![["cannot_show", "labels are not chronological", ""]; 4]);
    let few = people(place.path(), 40, "", |at| (year(at), 1));
    let out = run(&[&CLAIM[..], &["--dataset", text(&few), "--format", "csv", "--rate", "0"]].concat()).ended(0).out;
    let found = rows(
        &out,
        &[("question", "dataset"), ("population", "under"), ("group", "")],
        &["n_subjects", "reasons", "more_subjects"],
    );
    // 40 people of 12 to 24: ages 12 to 17 are 19 + 1.
    assert_eq!(found, [["19", "19<30 subjects", "280"]]);
}

#[test]
fn both_forms_hold_the_same_numbers_and_wrong_ones_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let [csv, json] = ["plan.csv", "plan.json"].map(|name| place.path().join(name));
    for file in [&csv, &json] {
        run(&[&CLAIM[..], &["--margin", "0.02", "--out", text(file)]].concat()).ended(0);
    }
    let csv = fs::read_to_string(csv).unwrap();
    let objects: Vec<serde_json::Value> = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(objects.len(), 8);
    for name in csv.lines().next().unwrap().split(',').filter(|name| *name != "reasons") {
        for (cell, object) in column(&csv, name).iter().zip(&objects) {
            let value = &object[name];
            let same = match value {
                serde_json::Value::Null => cell.is_empty(),
                serde_json::Value::String(word) => word == cell,
                number => number.as_f64() == cell.parse().ok(),
            };
            assert!(same, "{name}: {cell} is not {value}");
        }
    }
    let refused = |more: &[&str], told: &[&str]| {
        run(&[&["plan", "--limit", "18"], more].concat()).ended(2).told(told);
    };
    refused(&["--target", "1"], &["the target 1 is no share strictly between 0 and 1", "0.01"]);
    refused(&["--target", "0.1", "--power", "80"], &["the power 80"]);
    refused(&["--target", "0.1", "--rate=-0.1"], &["the true rate -0.1 is no share"]);
    refused(&["--target", "0.1", "--deff", "0.5"], &["the design effect 0.5"]);
    refused(&["--target", "0.1", "--level", "95"], &["the level 95"]);
    refused(&["--target", "0.1", "--challenge", "16"], &["--challenge 16 is below the limit 18"]);
    refused(&["--target", "0.1", "--attempts-per-subject", "3"], &["--icc"]);
    refused(&["--target", "0.1", "--out", "plan.txt"], &[".csv or .json"]);
    let ran = run(&["plan", "--limit", "18", "--target", "0.1", "--rate", "0.1", "--format", "csv"]).ended(0);
    assert_eq!(
        rows(&ran.out, &[], &["standing", "subjects_needed", "reasons"]),
        [["not_achievable", "", "the true rate is not below the target"]]
    );
}
