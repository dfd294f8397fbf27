//! Recorded data as bad as it gets: each ends in a stated status of its rows, or in a clear error before anything is
//! written.

use std::fs;
use std::path::Path;

use agebench::folder::RunFolder;
use agebench::score::read_metrics;
use agebench::table::{Evidence, Row, Select, Table};

use crate::support::{Ran, run, text};

const HEADER: &str = "subject_id,true_age,sex,age\n";

fn ran(place: &Path, rows: &str, more: &[&str]) -> Ran {
    let file = place.join("people.csv");
    fs::write(&file, format!("{HEADER}{rows}")).unwrap();
    let out = place.join("out");
    let mut arguments = vec!["score", text(&file), "--groups", "sex", "--out", text(&out)];
    arguments.extend(more);
    run(&arguments)
}

fn scored(rows: &str) -> Table {
    let place = tempfile::tempdir().unwrap();
    ran(place.path(), rows, &[]).ended(0);
    let out = place.path().join("out");
    run(&["verify", text(&out)]).ended(0);
    read_metrics(&RunFolder::open(&out).unwrap()).unwrap()
}

fn row(table: &Table, select: &str) -> Row {
    let parsed: Select = toml::from_str(select).unwrap();
    let found: Vec<&Row> = table.find(&parsed).collect();
    assert_eq!(found.len(), 1, "{select} finds {} rows", found.len());
    found[0].clone()
}

/// Status, value and evidence of a rate at 18 by subject.
fn rate(table: &Table, metric: &str, policy: &str, more: &str) -> (String, Option<f64>, String) {
    let population = if metric == "under_age_pass_rate" { "under" } else { "over" };
    let select = format!(
        "metric = '{metric}'\nlimit = 18\nchallenge = 18\npopulation = '{population}'\nfailure_policy = '{policy}'\n\
         weighting = 'subject'\n{more}"
    );
    said(&row(table, &select))
}

fn said(row: &Row) -> (String, Option<f64>, String) {
    let reasons = match &row.evidence {
        Some(Evidence::Short(reasons)) => reasons.join("; "),
        _ => String::new(),
    };
    (row.status.to_string(), row.value, reasons)
}

/// `count` people of `age`, each answered with `answer`.
fn people(count: u32, age: &str, answer: &str) -> String {
    (0..count).map(|at| format!("{age}-{answer}-{at},{age},female,{answer}\n")).collect()
}

#[test]
fn empty_cells_are_unknown_ages_missing_answers_and_the_level_unknown() {
    let rows = people(40, "17", "15") + &people(40, "25", "30") + "a,,female,20\nb,17,female,\nc,17,,15\n";
    let table = scored(&rows);
    assert_eq!(row(&table, "metric = 'flow_listed'").value, Some(83.0));
    assert_eq!(row(&table, "metric = 'flow_age_unknown'").value, Some(1.0));
    let failures = row(&table, "metric = 'involuntary_failure_rate'\nweighting = 'attempt'");
    assert_eq!((failures.n_events, failures.n_attempts), (Some(1), Some(82)));
    let unknown = rate(&table, "under_age_pass_rate", "conditional", "group_by = 'sex'\ngroup = 'unknown'");
    assert_eq!((unknown.0.as_str(), unknown.1), ("insufficient_evidence", Some(0.0)));
}

#[test]
fn without_anybody_under_the_limit_its_rates_are_empty_and_the_adults_are_there() {
    let table = scored(&people(60, "25", "24"));
    for policy in ["conditional", "fail_closed", "fail_open"] {
        assert_eq!(rate(&table, "under_age_pass_rate", policy, ""), ("empty".into(), None, String::new()));
    }
    assert_eq!(rate(&table, "adult_denial_rate", "conditional", "").1, Some(0.0));
    let balanced = row(&table, "metric = 'balanced_error'\nlimit = 18\nchallenge = 18\nweighting = 'subject'");
    assert_eq!(said(&balanced).0, "empty");
    let area = row(&table, "metric = 'auc'\nlimit = 18\nvariant = 'scores=age'");
    assert_eq!(said(&area).0, "empty");
    let buffer = row(&table, "metric = 'safe_buffer'\nlimit = 18");
    assert_eq!((said(&buffer).0.as_str(), buffer.value), ("insufficient_evidence", None));
}

#[test]
fn one_subject_keeps_its_numbers_without_an_interval_of_means_and_shows_nothing() {
    let rows: String = (0..50).map(|at| format!("only,17,female,{}\n", 14 + at % 8)).collect();
    let table = scored(&rows);
    let (status, value, evidence) = rate(&table, "under_age_pass_rate", "conditional", "");
    // Answers of 18 to 21: 4 of the 8 in each round, of 50 attempts 6 rounds and 14, 15.
    assert_eq!((status.as_str(), value), ("insufficient_evidence", Some(24.0 / 50.0)));
    assert!(evidence.contains("1<30 subjects"), "{evidence}");
    let mean = row(&table, "metric = 'mae'\npopulation = 'all'\nweighting = 'attempt'");
    assert_eq!((mean.low, mean.high, said(&mean).0.as_str()), (None, None, "insufficient_evidence"));
}

#[test]
fn where_every_answer_is_the_challenge_age_both_tie_rules_are_rows() {
    let table = scored(&(people(50, "17", "18") + &people(50, "20", "18")));
    let at = |variant: &str| {
        row(
            &table,
            &format!(
                "metric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 18\npopulation = 'under'\n\
                 failure_policy = 'conditional'\nweighting = 'subject'\n{variant}"
            ),
        )
    };
    assert_eq!((at("").value, at("").n_ties), (Some(1.0), Some(50)));
    assert_eq!(at("variant = 'tie=above'").value, Some(0.0));
    let fit = row(&table, "metric = 'r_squared'\npopulation = 'all'");
    assert_eq!(said(&fit).0, "not_applicable");
}

#[test]
fn where_every_attempt_failed_nothing_is_decided_and_each_policy_says_what_follows() {
    let table = scored(&(people(40, "17", "") + &people(40, "20", "")));
    assert_eq!(rate(&table, "under_age_pass_rate", "conditional", "").0, "empty");
    assert_eq!(rate(&table, "under_age_pass_rate", "fail_closed", "").1, Some(0.0));
    assert_eq!(rate(&table, "under_age_pass_rate", "fail_open", "").1, Some(1.0));
    assert_eq!(rate(&table, "adult_denial_rate", "fail_closed", "").1, Some(1.0));
    assert_eq!(row(&table, "metric = 'involuntary_failure_rate'\nweighting = 'subject'").value, Some(1.0));
    let errors = row(&table, "metric = 'mae'\npopulation = 'all'\nweighting = 'subject'");
    assert_eq!((said(&errors).0.as_str(), errors.value), ("not_applicable", None));
}

#[test]
fn an_answer_that_is_no_age_fails_and_a_true_age_that_is_none_is_an_error_with_row_and_column() {
    let rows = people(40, "17", "15") + "a,17,male,NaN\nb,17,male,-3\nc,17,male,121\nd,17,male,inf\n";
    let table = scored(&rows);
    let failures = row(&table, "metric = 'involuntary_failure_rate'\nweighting = 'attempt'");
    assert_eq!((failures.n_events, failures.n_attempts), (Some(4), Some(44)));
    for (cell, row) in [("-3", "row 2"), ("NaN", "row 2"), ("121", "row 2")] {
        let place = tempfile::tempdir().unwrap();
        ran(place.path(), &format!("a,{cell},male,20\n"), &[]).ended(2).told(&["true_age", row]);
        assert!(!place.path().join("out").exists());
    }
}

#[test]
fn a_group_of_two_people_keeps_its_value_and_cannot_carry_a_claim() {
    let table = scored(&(people(60, "17", "15") + "a,17,male,25\nb,17,male,15\n"));
    let (status, value, evidence) =
        rate(&table, "under_age_pass_rate", "conditional", "group_by = 'sex'\ngroup = 'male'");
    assert_eq!((status.as_str(), value), ("insufficient_evidence", Some(0.5)));
    assert!(evidence.contains("2<30 subjects"), "{evidence}");
}

#[test]
fn a_hundred_thousand_groups_are_refused_with_the_column_and_how_many_there_may_be() {
    let place = tempfile::tempdir().unwrap();
    let rows: String = (0..100_000).map(|at| format!("p{at},17,level {at},15\n")).collect();
    ran(place.path(), &rows, &[]).ended(2).told(&["sex", "at most 1000"]);
    assert!(!place.path().join("out").exists());
}

#[test]
fn a_protocol_with_a_challenge_age_below_its_limit_is_refused_before_anything_is_written() {
    let place = tempfile::tempdir().unwrap();
    let protocol = place.path().join("protocol.toml");
    fs::write(&protocol, "[challenge]\nheadline = [-1]\n").unwrap();
    let told = ["a challenge age below its limit would let people under it pass"];
    ran(place.path(), &people(40, "17", "15"), &["--protocol", text(&protocol)]).ended(2).told(&told);
    assert!(!place.path().join("out").exists());
    run(&["check", text(&protocol)]).ended(2);
}
