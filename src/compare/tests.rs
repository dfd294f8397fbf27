//! Two recorded files scored and held against each other; refusals; ranks.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::protocol::Protocol;
use crate::score::{Recording, import};
use crate::table::{FailurePolicy, Population, Row, RowStatus, Weighting};

/// A run folder below `place` made of a recorded file: sample, subject, true age, answer (empty: none).
fn folder(place: &Path, name: &str, rows: &[(String, String, u32, String)], protocol: &Protocol) -> PathBuf {
    let mut csv = "sample_id,subject_id,true_age,age\n".to_owned();
    for (sample, subject, age, answer) in rows {
        csv.push_str(&format!("{sample},{subject},{age},{answer}\n"));
    }
    recorded(place, name, &csv, protocol)
}

fn recorded(place: &Path, name: &str, csv: &str, protocol: &Protocol) -> PathBuf {
    let file = place.join(format!("{name}.csv"));
    fs::write(&file, csv).unwrap();
    let out = place.join(name);
    let recording = Recording {
        file: &file,
        columns: &[],
        groups: &[],
        dataset: None,
        method_name: None,
        method_kind: None,
        dataset_name: Some("people"),
        label_kind: None,
        age_precision: None,
        protocol,
        keep_ids: false,
        out: &out,
        existing: Existing::Refuse,
        now: None,
    };
    import(&recording).unwrap();
    out
}

/// `count` people of 17 and as many of 20 with one photo each; `answer` gives each person's answer.
fn people(count: u32, answer: impl Fn(u32, u32) -> String) -> Vec<(String, String, u32, String)> {
    let row =
        |age: u32, person: u32| (format!("s{age}-{person}"), format!("p{age}-{person}"), age, answer(age, person));
    (0..count).flat_map(|person| [row(17, person), row(20, person)]).collect()
}

fn eighteen() -> Protocol {
    Protocol::from_toml("limits = [18]").unwrap()
}

fn of(folders: &[PathBuf]) -> Result<Comparison, CompareError> {
    compare(&CompareRequest { folders, restandardise: false, out: None })
}

/// The row of a rate at 18 under `policy`, whole data set.
fn rate<'c>(comparison: &'c Comparison, metric: &str, policy: FailurePolicy) -> &'c Compared {
    let found: Vec<&Compared> = comparison
        .rows
        .iter()
        .filter(|compared| {
            let Row { challenge, failure_policy, population, group, .. } = &compared.row;
            compared.row.metric == metric
                && challenge.is_some_and(|challenge| challenge.years() == 18.0)
                && *failure_policy == Some(policy)
                && matches!(population, Population::Under | Population::Over)
                && group.is_whole()
        })
        .collect();
    assert_eq!(found.len(), 1, "{metric}");
    found[0]
}

fn near(found: Option<f64>, wanted: f64) {
    assert!((found.unwrap() - wanted).abs() < 1e-9, "{found:?} is not {wanted}");
}

/// The values of scripts/validation/comparison.py.
fn golden() -> serde_json::Value {
    serde_json::from_str(include_str!("../../fixtures/golden/comparison.json")).unwrap()
}

#[test]
fn one_attempt_each_is_tangos_interval_and_mcnemars_exact_test() {
    let place = tempfile::tempdir().unwrap();
    // Of 200 minors the first passes 10 that the second denies, the second 30 that the first denies, both 5.
    let one = folder(
        place.path(),
        "one",
        &people(200, |age, person| if age == 20 || person < 15 { "30" } else { "12" }.into()),
        &eighteen(),
    );
    let other = folder(
        place.path(),
        "other",
        &people(200, |age, person| if age == 20 || (10..45).contains(&person) { "30" } else { "12" }.into()),
        &eighteen(),
    );
    let comparison = of(&[one, other]).unwrap();
    assert_eq!(comparison.methods, ["one", "other"]);
    let found = rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional);
    let row = &found.row;
    assert_eq!((row.method.as_str(), found.baseline_method.as_str()), ("other", "one"));
    near(row.value, 20.0 / 200.0);
    assert_eq!(
        (row.n_subjects, row.n_attempts, row.n_events, row.n_event_subjects),
        (Some(200), Some(200), Some(40), Some(40))
    );
    // scripts/validation/comparison.py: Tango's interval by numerical maximum likelihood, statsmodels' mcnemar.
    let case = &golden()["tango_30_10_200"];
    for (found, key) in [(row.low, "low95"), (row.high, "high95"), (row.claim_low, "low90"), (row.claim_high, "high90")]
    {
        assert!((found.unwrap() - case[key].as_f64().unwrap()).abs() < 1e-7, "{key}");
    }
    near(found.p, case["mcnemar"].as_f64().unwrap());
    assert!(row.has(flag::MCNEMAR) && !row.has(flag::IDENTICAL));
    let adults = rate(&comparison, "adult_denial_rate", FailurePolicy::Conditional);
    assert_eq!((adults.row.value, adults.p), (Some(0.0), Some(1.0)));
    assert!(adults.row.has(flag::NO_DISCORDANT_SUBJECT));
    // z^2 / (n + z^2) where nobody differs.
    near(adults.row.claim_high, 2.705_543_454_095_404 / (200.0 + 2.705_543_454_095_404));
    // The family holds both rates at 13 challenge ages.
    let members = comparison.rows.iter().filter(|row| row.p_adjusted.is_some()).count();
    assert_eq!(members, 26);
    near(found.p_adjusted, (26.0 * found.p.unwrap()).min(1.0));
}

#[test]
fn tangos_interval_is_the_printed_one_of_a_medical_example() {
    // Bentur et al. (2009), as in Fagerland, Lydersen & Laake (2014): -0.517 to -0.026.
    let found = crate::stats::Discordance::new(1.0, 7.0, 21.0).unwrap();
    let rounded = [found.lower(0.975), found.upper(0.975)].map(|bound| format!("{bound:.3}"));
    assert_eq!(rounded, ["-0.517", "-0.026"]);
    let case = &golden()["tango_1_7_21"];
    assert!((found.lower(0.975) - case["low95"].as_f64().unwrap()).abs() < 1e-7);
    near(Some(crate::stats::mcnemar(1, 7)), case["mcnemar"].as_f64().unwrap());
}

#[test]
fn several_attempts_are_shares_of_their_subject_and_samples_of_one_method_are_in_no_pair() {
    let place = tempfile::tempdir().unwrap();
    let rows = |answers: &dyn Fn(u32, u32) -> Option<&'static str>| {
        let mut csv = "sample_id,subject_id,true_age,method,age\n".to_owned();
        for person in 0..60 {
            for photo in 0..4 {
                csv.push_str(&format!("{person}-{photo},{person},15,fixed,12\n"));
                if let Some(answer) = answers(person, photo) {
                    csv.push_str(&format!("{person}-{photo},{person},15,varied,{answer}\n"));
                }
            }
        }
        csv
    };
    // Ten people pass with two of four photos, and two photos of one person were not put to the second method.
    let csv = rows(&|person, photo| match (person, photo) {
        (59, 0..2) => None,
        (0..10, 0..2) => Some("30"),
        _ => Some("12"),
    });
    let comparison = of(&[recorded(place.path(), "both", &csv, &eighteen())]).unwrap();
    let found = rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional);
    near(found.row.value, 5.0 / 60.0);
    assert_eq!((found.row.n_attempts, found.row.n_event_subjects), (Some(238), Some(10)));
    // All 2^10 flips of ten equal differences: two are as extreme.
    near(found.p, 2.0 / 1024.0);
    assert!(found.row.has(flag::SIGN_FLIP));
    let count = |metric: &str| comparison.rows.iter().find(|row| row.row.metric == metric).unwrap().row.value;
    assert_eq!((count("paired_attempts"), count("attempts_of_baseline_only")), (Some(238.0), Some(2.0)));
    assert_eq!((count("attempts_of_method_only"), count("different_outcomes")), (Some(0.0), Some(20.0)));
}

#[test]
fn where_coverage_differs_both_the_commonly_answered_and_the_fail_closed_difference_are_rows() {
    let place = tempfile::tempdir().unwrap();
    let one = folder(place.path(), "one", &people(100, |_, _| "30".into()), &eighteen());
    let silent = |_: u32, person: u32| if person < 40 { String::new() } else { "30".into() };
    let other = folder(place.path(), "other", &people(100, silent), &eighteen());
    let comparison = of(&[one, other]).unwrap();
    let common = rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional);
    assert_eq!((common.row.value, common.row.n_subjects), (Some(0.0), Some(60)));
    let closed = rate(&comparison, "under_age_pass_rate", FailurePolicy::FailClosed);
    near(closed.row.value, -0.4);
    assert!(common.row.has(flag::COVERAGE_DIFFERS) && closed.row.has(flag::COVERAGE_DIFFERS));
    let denied = rate(&comparison, "adult_denial_rate", FailurePolicy::FailClosed);
    near(denied.row.value, 0.4);
}

#[test]
fn the_same_answers_are_identical_and_methods_of_one_name_stay_apart() {
    let place = tempfile::tempdir().unwrap();
    let answers = people(40, |age, person| (age + person % 5).to_string());
    fs::create_dir(place.path().join("b")).unwrap();
    let one = folder(place.path(), "same", &answers, &eighteen());
    let other = folder(&place.path().join("b"), "same", &answers, &eighteen());
    let comparison = of(&[one, other]).unwrap();
    assert_eq!(comparison.methods.len(), 2);
    assert!(
        comparison.methods[0].starts_with("same ") && comparison.methods[1].ends_with(" #2"),
        "{:?}",
        comparison.methods
    );
    assert!(comparison.rows.iter().all(|row| row.row.has(flag::IDENTICAL)));
    let mae = comparison.rows.iter().find(|row| row.row.metric == "mae").unwrap();
    assert_eq!((mae.row.value, mae.row.low, mae.row.high, mae.p), (Some(0.0), Some(0.0), Some(0.0), Some(1.0)));
    assert!(comparison.leaderboard.iter().filter_map(|row| row.rank_high).all(|rank| rank == 2));
}

#[test]
fn folders_whose_rows_stand_in_another_order_are_paired_by_sample() {
    let place = tempfile::tempdir().unwrap();
    let answers = people(40, |age, person| (age + person % 5).to_string());
    let mut turned = answers.clone();
    turned.reverse();
    let one = folder(place.path(), "one", &answers, &eighteen());
    let other = folder(place.path(), "other", &turned, &eighteen());
    assert!(of(&[one, other]).unwrap().rows.iter().all(|row| row.row.has(flag::IDENTICAL)));
}

#[test]
fn what_cannot_be_compared_is_refused_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let answers = people(40, |age, _| age.to_string());
    let one = folder(place.path(), "one", &answers, &eighteen());
    let fewer = folder(place.path(), "fewer", &answers[1..], &eighteen());
    let rules = folder(place.path(), "rules", &answers, &Protocol::from_toml("limits = [18]\ntie = 'above'").unwrap());
    let told = |folders: &[&PathBuf]| {
        let folders: Vec<PathBuf> = folders.iter().map(|path| (*path).clone()).collect();
        let error = of(&folders).unwrap_err();
        format!("{error} / {}", error.help().unwrap_or(""))
    };
    let manifests = told(&[&one, &fewer]);
    assert!(manifests.contains("their manifests differ") && manifests.contains("--restandardise"), "{manifests}");
    let protocols = told(&[&one, &rules]);
    assert!(protocols.contains("their protocols differ") && protocols.contains("--protocol"), "{protocols}");
    assert!(told(&[&one]).contains("holds one method, `one`"));
    assert!(
        told(&[&one, &place.path().join("../").join(place.path().file_name().unwrap()).join("one")])
            .contains("the same folder")
    );
    assert!(told(&[&one, &place.path().to_owned()]).contains("cannot compare"));
    assert!(told(&[]).contains("no folder"));
    fs::remove_file(fewer.join("outcomes.csv")).unwrap();
    let source = of(&[one, fewer]).unwrap_err();
    let source = std::error::Error::source(&source).unwrap().to_string();
    assert!(source.contains("outcomes.csv"), "{source}");
}

#[test]
fn ranks_overlap_unless_the_difference_is_significant_and_few_people_are_not_ranked() {
    let place = tempfile::tempdir().unwrap();
    let passing =
        |count: u32| move |age: u32, person: u32| if age == 20 || person < count { "60" } else { "12" }.to_owned();
    let folders: Vec<PathBuf> = [("low", 20), ("middle", 24), ("high", 110)]
        .map(|(name, count)| folder(place.path(), name, &people(240, passing(count)), &eighteen()))
        .to_vec();
    let comparison = of(&folders).unwrap();
    let ranks: Vec<(String, Option<u64>, Option<u64>, u64)> = comparison
        .leaderboard
        .iter()
        .filter(|ranked| {
            ranked.row.metric == "under_age_pass_rate" && ranked.row.challenge.is_some_and(|age| age.years() == 25.0)
        })
        .map(|ranked| (ranked.row.method.clone(), ranked.rank_low, ranked.rank_high, ranked.ranked))
        .collect();
    let rank = |name: &str, low: u64, high: u64| (name.to_owned(), Some(low), Some(high), 3);
    assert_eq!(ranks, [rank("low", 1, 2), rank("middle", 1, 2), rank("high", 3, 3)]);
    let mae = comparison.leaderboard.iter().find(|ranked| ranked.row.metric == "mae").unwrap();
    assert_eq!((mae.row.status, mae.rank_low), (RowStatus::Value, None), "mean errors are outside of the family");
    let few = place.path().join("few");
    fs::create_dir(&few).unwrap();
    let folders =
        [("a", 1), ("b", 9)].map(|(name, count)| folder(&few, name, &people(12, passing(count)), &eighteen()));
    let comparison = of(&folders).unwrap();
    assert!(comparison.leaderboard.iter().all(|ranked| ranked.rank_low.is_none()));
    let row = &rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional).row;
    assert_eq!((row.status, row.value), (RowStatus::InsufficientEvidence, Some(8.0 / 12.0)));
}

#[test]
fn errors_are_compared_by_subject_and_by_attempt() {
    let place = tempfile::tempdir().unwrap();
    let mut csv = "sample_id,subject_id,true_age,method,age\n".to_owned();
    for person in 0..90_u32 {
        for photo in 0..=person % 3 {
            let age = 16 + person % 7;
            csv.push_str(&format!("{person}-{photo},{person},{age},first,{}\n", age + 2));
            csv.push_str(&format!("{person}-{photo},{person},{age},second,{}\n", age + 1 + (person * 7 + photo) % 4));
        }
    }
    let comparison = of(&[recorded(place.path(), "both", &csv, &eighteen())]).unwrap();
    for weighting in Weighting::ALL {
        let (mut sum, mut weight) = (0.0, 0.0);
        for person in 0..90_u32 {
            let each = (0..=person % 3).map(|photo| f64::from(1 + (person * 7 + photo) % 4) - 2.0);
            let (own, m) = (each.sum::<f64>(), f64::from(person % 3 + 1));
            let counted = if *weighting == Weighting::Subject { (own / m, 1.0) } else { (own, m) };
            (sum, weight) = (sum + counted.0, weight + counted.1);
        }
        let found = comparison.rows.iter().find(|row| row.row.metric == "mae" && row.row.weighting == Some(*weighting));
        let found = found.unwrap();
        near(found.row.value, sum / weight);
        assert!(found.row.low < found.row.claim_low && found.row.claim_high < found.row.high);
        assert!(found.row.claim_low < found.row.value && found.row.value < found.row.claim_high);
        assert_eq!((found.row.n_attempts, found.row.n_subjects), (Some(180), Some(90)));
    }
}

#[test]
fn both_files_read_back_as_they_were_written_and_other_files_are_never_replaced() {
    let place = tempfile::tempdir().unwrap();
    let one = folder(place.path(), "one", &people(40, |age, person| (age + person % 5).to_string()), &eighteen());
    let other = folder(place.path(), "other", &people(40, |age, person| (age + person % 3).to_string()), &eighteen());
    let (folders, out) = ([one.clone(), other], place.path().join("out"));
    let write =
        |existing| compare(&CompareRequest { folders: &folders, restandardise: false, out: Some((&out, existing)) });
    let made = write(Existing::Refuse).unwrap();
    let text = fs::read_to_string(out.join("comparison.csv")).unwrap();
    assert!(text.lines().next().unwrap().ends_with(",evidence,flags,baseline_method,baseline_digest,p,p_adjusted"));
    let read = Compared::read(text.as_bytes()).unwrap();
    assert_eq!(read.len(), made.rows.len());
    let mut again = Vec::new();
    Compared::write(&read, &mut again).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), text);
    let ranks = fs::read_to_string(out.join("leaderboard.csv")).unwrap();
    let mut again = Vec::new();
    Ranked::write(&Ranked::read(ranks.as_bytes()).unwrap(), &mut again).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), ranks);
    assert!(write(Existing::Refuse).unwrap_err().to_string().contains("not empty"));
    write(Existing::Replace).unwrap();
    let onto_a_run =
        compare(&CompareRequest { folders: &folders, restandardise: false, out: Some((&one, Existing::Replace)) });
    assert!(onto_a_run.is_err() && one.join("outcomes.csv").exists());
}

#[test]
fn different_manifests_are_compared_unpaired_over_the_years_that_both_have() {
    let place = tempfile::tempdir().unwrap();
    // Ages 15 to 17 and 19 in the one, 16 to 20 in the other; common: 16, 17, 19.
    let rows = |name: &str, ages: &[u32], count: u32, passing: &dyn Fn(u32) -> u32| {
        let mut csv = "sample_id,subject_id,true_age,age\n".to_owned();
        for age in ages {
            for person in 0..count {
                let answer = if person < passing(*age) { 40 + person % 5 } else { 9 + person % 5 };
                csv.push_str(&format!("{name}{age}-{person},{name}{age}-{person},{age},{answer}\n"));
            }
        }
        recorded(place.path(), name, &csv, &eighteen())
    };
    let folders = [
        rows("one", &[15, 16, 17, 19], 100, &|age| [100, 10, 20, 0, 90][(age - 15) as usize]),
        rows("other", &[16, 17, 18, 19, 20], 80, &|age| [20, 36, 0, 60, 0][(age - 16) as usize]),
    ];
    assert!(of(&folders).unwrap_err().to_string().contains("manifests differ"));
    let comparison = compare(&CompareRequest { folders: &folders, restandardise: true, out: None }).unwrap();
    let found = |metric: &str| {
        comparison.rows.iter().find(|compared| {
            compared.row.metric == metric && compared.row.challenge.is_some_and(|age| age.years() == 18.0)
        })
    };
    let found = found("under_age_pass_rate").unwrap();
    let row = &found.row;
    assert!(comparison.rows.iter().all(|compared| compared.row.has(flag::UNPAIRED)));
    assert_eq!(row.variant.to_string(), "mix=equal_years;years=16 17");
    // (20/80 + 36/80) / 2 less (10/100 + 20/100) / 2.
    near(row.value, 0.35 - 0.15);
    // n* by hand: p (1 - p) / v with v the mean of the years' variances / 2, corrected by (z / t)^2.
    let case = &golden()["equal_years"];
    near(row.low, case["low95"].as_f64().unwrap());
    near(row.high, case["high95"].as_f64().unwrap());
    near(row.claim_high, case["high90"].as_f64().unwrap());
    assert!((found.p.unwrap() - case["p"].as_f64().unwrap()).abs() < 1e-9);
    assert_eq!(comparison.leaderboard.iter().filter(|row| row.rank_low.is_some()).count(), 2 * 26);
    let mae = comparison.rows.iter().find(|compared| compared.row.metric == "mae").unwrap();
    assert_eq!(mae.row.status, RowStatus::NotApplicable);
}

#[test]
fn areas_are_compared_over_the_attempts_that_both_scored() {
    let place = tempfile::tempdir().unwrap();
    // The drawn data of scripts/validation/scores.py: probabilities against their coarser selves.
    let text = include_str!("../../fixtures/golden/scores.csv");
    let mut csv = "sample_id,subject_id,true_age,method,score_18\n".to_owned();
    for (sample, record) in csv::Reader::from_reader(text.as_bytes()).records().enumerate() {
        let record = record.unwrap();
        let probability: f64 = record[3].parse().unwrap();
        let (subject, age) = (&record[0], &record[1]);
        csv.push_str(&format!("{sample},{subject},{age},fine,{probability}\n"));
        csv.push_str(&format!("{sample},{subject},{age},coarse,{}\n", (probability * 4.0).floor() / 4.0));
    }
    let comparison = of(&[recorded(place.path(), "both", &csv, &eighteen())]).unwrap();
    let found = comparison.rows.iter().find(|compared| compared.row.metric == "auc").unwrap();
    let case = &golden()["areas"];
    near(found.row.value, case["difference"].as_f64().unwrap());
    near(found.row.low, case["low95"].as_f64().unwrap());
    near(found.row.high, case["high95"].as_f64().unwrap());
    near(found.p, case["p"].as_f64().unwrap());
    assert_eq!(comparison.leaderboard.iter().filter(|ranked| ranked.row.metric == "auc").count(), 2);
    let rates = comparison.rows.iter().filter(|row| row.row.metric == "under_age_pass_rate");
    assert!(rates.into_iter().all(|row| row.row.status == RowStatus::NotApplicable));
}
