//! Every row of the independent computation of `scripts/validation/families.py`, on the same drawn data.

use serde_json::Value;

use super::*;
use crate::metric::PERCENTILE_SHARES;
use crate::outcome::Status;

pub(super) type Drawn = (u32, AgeRange, Outcome, String, String);

pub(super) fn attempts() -> Vec<Drawn> {
    let text = include_str!("../../../fixtures/golden/families.csv");
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|record| {
            let record = record.unwrap();
            let number = |index: usize| record[index].parse::<f64>().ok();
            let age = |index: usize| Age::new(number(index).unwrap()).unwrap();
            let outcome = match (Status::parse(&record[5]).unwrap(), number(7)) {
                (Status::Answered, Some(_)) => Outcome::answered(Answer::Range { low: age(6), high: age(7) }),
                (Status::Answered, None) => answered(age(6).years()),
                (status, _) => Outcome::unanswered(status, ""),
            };
            let range = AgeRange::new(number(1).unwrap(), number(2).unwrap()).unwrap();
            (record[0].parse().unwrap(), range, outcome, record[3].to_owned(), record[4].to_owned())
        })
        .collect()
}

fn protocol() -> Protocol {
    let ages: Vec<String> = (13..31).map(|age| format!("[{age}, {}]", 1.0 + 0.25 * f64::from(age % 4))).collect();
    let text = format!(
        "bands = [13, 16, 18, 21]\n[[projection]]\nname = 'shop'\nages = [{}]\n\
         [[standard]]\nname = 'sex_18_30'\ncolumn = 'sex'\nfrom = 18\nto = 30\n\
         [[standard]]\nname = 'sex_13_17'\ncolumn = 'sex'\nfrom = 13\nto = 17\nrates = true\n\
         [[standard]]\nname = 'years'\nfrom = 14\nto = 20\nrates = true\n",
        ages.join(", ")
    );
    Protocol::from_toml(&text).unwrap()
}

pub(super) fn columns(attempts: &[Drawn], protocol: &Protocol) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true), ("light", false)]).with_conditions(&["light".to_owned()]);
    let mut answers = Answers::new(&protocol.limits);
    for (subject, age, outcome, sex, light) in attempts {
        truth.push(&TruthRow::of(*subject, *age, &[sex, light]));
        answers.push(Some(outcome));
    }
    (truth.finish().unwrap(), answers)
}

/// The first attempt of each subject, in the order of the file.
fn first_only(attempts: &[Drawn]) -> Vec<Drawn> {
    let mut seen = std::collections::BTreeSet::new();
    attempts.iter().filter(|attempt| seen.insert(attempt.0)).cloned().collect()
}

#[test]
fn every_row_of_the_independent_computation_of_the_families_is_reproduced() {
    let (protocol, attempts) = (protocol(), attempts());
    let table = |attempts: &[Drawn]| {
        let (truth, answers) = columns(attempts, &protocol);
        table_of(&truth, &answers, &protocol, FACTS)
    };
    let (all, first) = (table(&attempts), table(&first_only(&attempts)));
    let wanted: Vec<Value> = serde_json::from_str(include_str!("../../../fixtures/golden/families.json")).unwrap();
    assert!(wanted.len() > 300);
    for row in &wanted {
        let mut select = independent::select_whole(row);
        let policed = ["under_age_pass_rate", "adult_denial_rate"].contains(&row["metric"].as_str().unwrap());
        if policed {
            select.insert("failure_policy".to_owned(), "conditional".into());
        }
        let found = only(if row["data"] == "first" { &first } else { &all }, &select.to_string());
        let differences = independent::differences(found, row);
        // The script does not count the attempts of people who tried too seldom.
        let counted = |difference: &String| found.metric != "retry_not_eligible" || !difference.starts_with("n_");
        assert!(!differences.iter().any(counted), "{differences:?}");
        independent::bootstrap_agrees(found, row, 0.08);
    }
}

#[test]
fn each_true_band_adds_up_to_one() {
    let (protocol, attempts) = (protocol(), attempts());
    let (truth, answers) = columns(&attempts, &protocol);
    let table = table_of(&truth, &answers, &protocol, FACTS);
    let parts = ["band_recall", "band_down", "band_up", "band_undecided", "band_not_answered"];
    for weighting in ["subject", "attempt"] {
        for band in ["-13", "13-16", "16-18", "18-21", "21-"] {
            let of = |metric: &str| {
                let place = format!("population = 'band:{band}'\nweighting = '{weighting}'\n");
                only(&table, &format!("metric = '{metric}'\n{place}")).value.unwrap()
            };
            assert!((parts.map(of).iter().sum::<f64>() - 1.0).abs() < 1e-12, "{weighting} {band}");
        }
    }
}

#[test]
fn the_families_are_the_same_bytes_for_any_order_and_any_sharding() {
    let (protocol, attempts) = (protocol(), attempts());
    let whole = {
        let (truth, answers) = columns(&attempts, &protocol);
        Tally::of(&truth, &answers, &protocol).unwrap()
    };
    let mut backwards = attempts.clone();
    backwards.reverse();
    let (truth, answers) = columns(&backwards, &protocol);
    assert!(Tally::of(&truth, &answers, &protocol).unwrap() == whole);
    let part = |shard: u32| {
        let part: Vec<_> = attempts.iter().filter(|attempt| attempt.0 % 3 == shard).cloned().collect();
        let (truth, answers) = columns(&part, &protocol);
        Tally::of(&truth, &answers, &protocol).unwrap()
    };
    let mut merged = part(2);
    merged.merge(&part(0)).unwrap();
    merged.merge(&part(1)).unwrap();
    assert!(merged == whole);
    let (truth, answers) = columns(&attempts, &protocol);
    let errors = ErrorRows::of(&truth, &answers, &protocol, &PERCENTILE_SHARES);
    let (truth, answers) = columns(&backwards, &protocol);
    let again = ErrorRows::of(&truth, &answers, &protocol, &PERCENTILE_SHARES);
    let rows = |errors: &ErrorRows| rows(&Context::default(), &protocol, FACTS, &whole, Errors::Rows(errors));
    assert!(rows(&errors) == rows(&again));
}

#[test]
fn no_two_rows_of_the_families_share_their_identity() {
    let (protocol, attempts) = (protocol(), attempts());
    let (truth, answers) = columns(&attempts, &protocol);
    let mut seen = std::collections::BTreeSet::new();
    for row in &table_of(&truth, &answers, &protocol, FACTS).rows {
        assert!(seen.insert(row.identity()), "{row:?}");
    }
}
