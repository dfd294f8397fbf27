//! Every row of the independent computation of `scripts/validation/clustered.py`, on the same drawn data.

use serde_json::Value;

use super::*;
use crate::outcome::Status;

pub(super) fn attempts() -> Vec<Attempt> {
    let text = include_str!("../../../fixtures/golden/clustered.csv");
    let fixed = |word: &str| match word {
        "female" => "female",
        "male" => "male",
        "north" => "north",
        "south" => "south",
        _ => "",
    };
    csv::Reader::from_reader(text.as_bytes())
        .records()
        .map(|record| {
            let record = record.unwrap();
            let number = |index: usize| record[index].parse::<f64>().ok();
            let outcome = match (Status::parse(&record[4]).unwrap(), number(5), number(6)) {
                (Status::Answered, Some(low), Some(high)) => {
                    Outcome::answered(Answer::Range { low: Age::new(low).unwrap(), high: Age::new(high).unwrap() })
                }
                (Status::Answered, Some(years), None) => answered(years),
                (status, ..) => Outcome::unanswered(status, ""),
            };
            (
                record[0].parse().unwrap(),
                year(record[1].parse().unwrap()),
                outcome,
                [fixed(&record[2]), fixed(&record[3])],
            )
        })
        .collect()
}

fn protocol() -> Protocol {
    Protocol::from_toml("crossings = [['sex', 'region']]").unwrap()
}

#[test]
fn every_row_of_the_independent_computation_is_reproduced() {
    let table = table(&attempts(), &protocol());
    let wanted: Vec<Value> = serde_json::from_str(include_str!("../../../fixtures/golden/clustered.json")).unwrap();
    assert!(wanted.len() > 250);
    for row in &wanted {
        let found = only(&table, &independent::select(row).to_string());
        assert_eq!(independent::differences(found, row), [""; 0]);
    }
}

#[test]
fn rows_are_the_same_bytes_for_any_number_of_threads_any_order_and_any_sharding() {
    let (protocol, attempts) = (protocol(), attempts());
    let bytes = |tally: &Tally, errors: &ErrorRows| {
        let table = Table { rows: rows(&Context::default(), &protocol, FACTS, tally, Errors::Rows(errors)) };
        let mut bytes = Vec::new();
        table.write(&mut bytes).unwrap();
        bytes
    };
    let (truth, answers) = columns(&attempts, &protocol);
    let errors = ErrorRows::of(&truth, &answers, &protocol, &crate::metric::PERCENTILE_SHARES);
    let tally = Tally::of(&truth, &answers, &protocol).unwrap();
    let expected = bytes(&tally, &errors);
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| bytes(&Tally::of(&truth, &answers, &protocol).unwrap(), &errors)) == expected);
    }
    let mut backwards = attempts.clone();
    backwards.reverse();
    let (truth, answers) = columns(&backwards, &protocol);
    assert!(Tally::of(&truth, &answers, &protocol).unwrap() == tally);
    let mut merged: Option<Tally> = None;
    for shard in 0..3 {
        let part: Vec<_> = attempts.iter().filter(|attempt| attempt.0 % 3 == shard).cloned().collect();
        let (truth, answers) = columns(&part, &protocol);
        let tally = Tally::of(&truth, &answers, &protocol).unwrap();
        match &mut merged {
            Some(merged) => merged.merge(&tally).unwrap(),
            None => merged = Some(tally),
        }
    }
    assert!(bytes(&merged.unwrap(), &errors) == expected);
}

#[test]
fn passes_denials_undecided_and_unanswered_add_up_to_the_attempts_and_groups_to_the_whole() {
    let table = table(&attempts(), &protocol());
    let mut sums = std::collections::BTreeMap::new();
    for row in &table.rows {
        let threshold = ["under_age_pass_rate", "adult_denial_rate"].contains(&row.metric.as_str());
        let plain = row.variant.is_none() && row.weighting == Some(crate::table::Weighting::Subject);
        if threshold && plain && row.failure_policy == Some(crate::table::FailurePolicy::Conditional) {
            let key = (row.metric.clone(), row.limit, row.challenge, row.population.to_string());
            let sum: &mut [u64; 2] = sums.entry((key, row.group.by().to_owned())).or_default();
            sum[0] += row.n_attempts.unwrap();
            sum[1] += row.n_events.unwrap();
        }
    }
    let mut compared = 0;
    for ((key, by), sum) in &sums {
        assert_eq!(Some(sum), sums.get(&(key.clone(), String::new())), "{key:?} {by}");
        compared += usize::from(!by.is_empty());
    }
    assert!(compared > 400);
    for population in ["under", "over"] {
        let metric = if population == "under" { "under_age_pass_rate" } else { "adult_denial_rate" };
        let get = |policy: &str| {
            only(
                &table,
                &format!(
                    "metric = '{metric}'\npopulation = '{population}'\nlimit = 18\nchallenge = 25\nfailure_policy = '{policy}'\nweighting = 'attempt'"
                ),
            )
        };
        let (conditional, closed, open) = (get("conditional"), get("fail_closed"), get("fail_open"));
        let without = closed.n_attempts.unwrap() - conditional.n_attempts.unwrap();
        assert!(without > conditional.n_undecided.unwrap());
        let difference = closed.n_events.unwrap().abs_diff(open.n_events.unwrap());
        assert_eq!(difference, without);
    }
}
