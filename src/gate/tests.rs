//! Verdicts against values of SciPy and by hand, and how often they are wrong, drawn from a seed.

use super::*;
use crate::compare::{Basis, HeldDifference};
use crate::stats::{Discordance, wilson};
use crate::table::{
    Better, Bounds, Claim, Context, Counts, Evidence, Group, Interval, Measure, Place, Population, Quantity, Rate,
    RowStatus, Unit, Variant, Weighting,
};

mod levels;
mod pairs;
mod rules;
mod simulation;

const RATE: Measure = Measure { name: "under_age_pass_rate", unit: Unit::Share, better: Better::Lower };

/// A policy with these rules, each a TOML table's inside.
fn policy(rules: &[&str]) -> Policy {
    let rules: String = rules.iter().map(|rule| format!("[[rule]]\n{rule}\n")).collect();
    Policy::read("policy.toml", &format!("name = 'p'\nsource = 'ours'\n{rules}")).unwrap()
}

fn place() -> Place {
    Place { population: Population::Under, weighting: Some(Weighting::Subject), ..Place::of_all() }
}

fn context() -> Context {
    Context { method: "cam".to_owned(), ..Context::default() }
}

/// A rate of `events` among `n` people with one attempt each.
fn rate(place: Place, events: u64, n: u64, evidence: Evidence) -> Row {
    let value = events as f64 / n as f64;
    let (low, high) = wilson(value, n as f64, 0.95);
    let claim = Claim {
        low: crate::stats::lower_claim(events as f64, n as f64, 0.95),
        high: crate::stats::upper_claim(events as f64, n as f64, 0.95),
    };
    let rate = Rate {
        value,
        attempts: n,
        subjects: n,
        events,
        event_subjects: events,
        undecided: Some(0),
        ties: None,
        bounds: Bounds { interval: Interval::Wilson, level: 0.95, low, high },
        claim,
        n_star: n as f64,
        deff: 1.0,
        evidence,
    };
    Row::rate(&context(), place, RATE, rate)
}

fn quantity(measure: Measure, value: f64, bounds: Option<Bounds>, counts: Counts) -> Row {
    let evidence = bounds.map(|_| Evidence::Sufficient);
    Row::quantity(&context(), Place::of_all(), measure, Quantity { value, bounds, counts, evidence })
}

/// The checks of a policy over `rows`.
fn judged(policy: &Policy, rows: Vec<Row>) -> Vec<Judged> {
    let table = Table { rows };
    let kept = Kept { claim_level: 0.95, known_level: Some(0.95), evidence: Protocol::default_protocol().evidence };
    judge(policy, &table, &methods(&table), &[], kept)
}

/// Verdict and sentence of the only check of one rule.
fn one(rule: &str, row: Row) -> (Verdict, String) {
    let judged = judged(&policy(&[rule]), vec![row]);
    assert_eq!((judged.len(), judged[0].checks.len()), (1, 1));
    (judged[0].verdict, judged[0].checks[0].says.clone())
}

fn pair(differences: Vec<(Row, Basis)>) -> HeldPair {
    let held = |(row, basis)| HeldDifference { row, basis, lost: 0 };
    let differences = differences.into_iter().map(held).collect();
    HeldPair { method: "cam".into(), baseline: "cam".into(), identical: false, baseline_only: 0, differences }
}
