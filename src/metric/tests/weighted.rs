//! Design weights: every row of the independent computation of `scripts/validation/weighted.py` (NumPy, with samplics and
//! statsmodels beside it), and what must not depend on them.

use serde_json::Value;

use super::*;
use crate::outcome::Status;
use crate::stats::{Clusters, PairWeights, Triple, Weigh};
use crate::table::Unit;
use crate::tally::Shard;

pub(super) struct Drawn {
    pub(super) subject: u32,
    age: AgeRange,
    outcome: Outcome,
    levels: [String; 2],
    pub(super) weight: f64,
}

pub(super) fn attempts() -> Vec<Drawn> {
    let text = include_str!("../../../fixtures/golden/weighted.csv");
    let drawn = |record: csv::StringRecord| {
        let number = |index: usize| record[index].parse::<f64>().ok();
        let age = |index: usize| Age::new(number(index).unwrap()).unwrap();
        let outcome = match (Status::parse(&record[5]).unwrap(), number(7)) {
            (Status::Answered, Some(_)) => Outcome::answered(Answer::Range { low: age(6), high: age(7) }),
            (Status::Answered, None) => answered(age(6).years()),
            (status, _) => Outcome::unanswered(status, ""),
        };
        Drawn {
            subject: record[0].parse().unwrap(),
            age: AgeRange::new(number(1).unwrap(), number(2).unwrap()).unwrap(),
            outcome,
            levels: [record[3].to_owned(), record[4].to_owned()],
            weight: number(8).unwrap(),
        }
    };
    csv::Reader::from_reader(text.as_bytes()).records().map(|record| drawn(record.unwrap())).collect()
}

pub(super) fn protocol() -> Protocol {
    let ages: Vec<String> = (13..31).map(|age| format!("[{age}, {}]", 1.0 + 0.25 * f64::from(age % 4))).collect();
    let text = format!(
        "bands = [13, 16, 18, 21]\n[[projection]]\nname = 'shop'\nages = [{}]\n\
         [[standard]]\nname = 'sex_18_30'\ncolumn = 'sex'\nlevels = ['female', 'male']\nfrom = 18\nto = 30\n\
         [[standard]]\nname = 'sex_13_17'\ncolumn = 'sex'\nlevels = ['female', 'male']\nfrom = 13\nto = 17\nrates = true\n",
        ages.join(", ")
    );
    Protocol::from_toml(&text).unwrap()
}

pub(super) fn weighing(
    attempts: &[Drawn],
    protocol: &Protocol,
    weight: impl Fn(&Drawn) -> Option<f64>,
) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true), ("light", true)]).with_conditions(&["light".to_owned()]);
    let mut answers = Answers::new(&protocol.limits);
    for drawn in attempts {
        truth.push(&TruthRow {
            weight: weight(drawn),
            ..TruthRow::of(drawn.subject, drawn.age, &[&drawn.levels[0], &drawn.levels[1]])
        });
        answers.push(Some(&drawn.outcome));
    }
    (truth.finish().unwrap(), answers)
}

#[test]
fn every_row_of_the_independent_computation_under_weights_is_reproduced() {
    let (protocol, attempts) = (protocol(), attempts());
    let (truth, answers) = weighing(&attempts, &protocol, |drawn| Some(drawn.weight));
    let table = table_of(&truth, &answers, &protocol, FACTS);
    let wanted: Vec<Value> = serde_json::from_str(include_str!("../../../fixtures/golden/weighted.json")).unwrap();
    assert!(wanted.len() > 510);
    let (mut wrong, mut nulls) = (Vec::new(), 0);
    for row in &wanted {
        wrong.extend(independent::differences(only(&table, &independent::select_whole(row).to_string()), row));
        // Medians of two of the eight are 8 and 11 % off: few events, whose weights differ, are far from normal.
        nulls += usize::from(independent::null_agrees(&table, row, 0.12));
    }
    assert_eq!(nulls, 8);
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), wanted.len(), wrong.join("\n"));
}

#[test]
fn weights_that_are_all_equal_give_the_rows_of_no_weights_at_all() {
    let (protocol, attempts) = (protocol(), attempts());
    let rows = |weight: Option<f64>| {
        let (truth, answers) = weighing(&attempts, &protocol, |_| weight);
        table_of(&truth, &answers, &protocol, FACTS)
    };
    let none = rows(None);
    assert!(none.rows.len() > 1000);
    assert_eq!(rows(Some(2.5)), none);
    assert_eq!(rows(Some(1e-7)), none);
}

#[test]
fn only_the_ratios_of_weights_count() {
    let (protocol, attempts) = (protocol(), attempts());
    let rows = |unit: f64| {
        let (truth, answers) = weighing(&attempts, &protocol, |drawn| Some(drawn.weight * unit));
        table_of(&truth, &answers, &protocol, FACTS)
    };
    assert_eq!(rows(1000.0), rows(1.0));
}

#[test]
fn weighted_shards_add_up_to_the_whole_and_survive_being_written() {
    let (protocol, attempts) = (protocol(), attempts());
    let (truth, answers) = weighing(&attempts, &protocol, |drawn| Some(drawn.weight));
    let whole = Tally::of(&truth, &answers, &protocol).unwrap();
    let mut merged: Option<Tally> = None;
    for index in [3, 1, 4, 0, 2] {
        let part = Tally::of_shard(&truth, &answers, &protocol, Shard::new(index, 5).unwrap()).unwrap();
        let text = serde_json::to_string(&part).unwrap();
        let part: Tally = serde_json::from_str(&text).unwrap();
        match &mut merged {
            None => merged = Some(part),
            Some(merged) => merged.merge(&part).unwrap(),
        }
    }
    // As they are written: a row of zeros is none.
    let rows = |tally: &Tally| rows(&Context::default(), &protocol, FACTS, tally, Errors::NotKept);
    assert_eq!(rows(&merged.unwrap()), rows(&whole));
}

#[test]
fn the_effective_sample_falls_by_kishs_factor_when_weights_know_nothing_of_outcomes() {
    // 12,000 people of one attempt each, weights 0.5, 1 and 3 in turn, one in four with an event.
    let people = (0..12_000_u32).map(|at| {
        let (weight, event) = ([1, 2, 6][at as usize % 3], at % 4 == 0);
        let square = weight * weight;
        let weights = PairWeights {
            events: if event { weight } else { 0 },
            all: weight,
            events_square: if event { square } else { 0 },
            product: if event { square } else { 0 },
            all_square: square,
        };
        Triple { events: u64::from(event), attempts: 1, subjects: 1, weights: Some(weights) }
    });
    let found = Clusters::of_triples(people).effective(Weigh::Subjects, 0.95).unwrap();
    // Kish (1965): (sum w)^2 / sum w^2 = 18000^2 / 41000 for half of these weights.
    let kish = 18_000.0_f64 * 18_000.0 / 41_000.0;
    assert!((found.p - 0.25).abs() < 1e-12);
    assert!((found.n_star / kish - 1.0).abs() < 1e-3, "{} {kish}", found.n_star);
}

#[test]
fn what_cannot_be_weighted_says_so() {
    let (protocol, attempts) = (protocol(), attempts());
    let (truth, answers) = weighing(&attempts, &protocol, |drawn| Some(drawn.weight));
    let table = table_of(&truth, &answers, &protocol, FACTS);
    let unweighted =
        ["pass_within_tries", "answer_noise", "answer_noise_corrected", "within_subject_sd", "decision_flip_rate"];
    for row in &table.rows {
        let counted = matches!(row.unit, Unit::Attempts | Unit::Subjects | Unit::Count);
        assert_eq!(row.has("weights_not_used"), unweighted.contains(&row.metric.as_str()), "{row:?}");
        assert_eq!(row.has("weighted"), !counted && !row.has("weights_not_used"), "{row:?}");
    }
}
