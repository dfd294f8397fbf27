//! How often a gate is wrong, on people drawn from a seed: 200 runs each.
//!
//! A test that is wrong 5 % of the time is so in at most 21 of 200 with a chance of 99.95 % (scipy.stats.binom.cdf(21, 200, .05)).

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng;
use rand_distr::{Binomial, Distribution};

use super::*;
use crate::tally::PairCell;

const RUNS: usize = 200;
const MOST: usize = 21;

/// The differences of `n` people whom the one passes alone with the chance `b`, the other with `c`, counted as tallies do.
fn drawn(random: &mut ChaCha8Rng, n: u64, b: f64, c: f64) -> (Row, Basis) {
    let of_b = Binomial::new(n, b).unwrap().sample(random);
    let of_c = Binomial::new(n - of_b, c / (1.0 - b)).unwrap().sample(random);
    let mut cell = PairCell::default();
    // (passes of the baseline, passes of the method, attempts).
    for (key, count) in [((0, 1, 1), of_b), ((1, 0, 1), of_c), ((0, 0, 1), n - of_b - of_c)] {
        cell.subjects.insert(key, count);
    }
    let found = cell.differing(true);
    let basis = Discordance::new(found.b, found.c, found.people).unwrap();
    let counts = Counts { subjects: Some(found.subjects), ..Counts::default() };
    let quantity = Quantity { value: basis.difference(), bounds: None, counts, evidence: Some(Evidence::Sufficient) };
    (Row::quantity(&context(), place(), RATE, quantity), Basis::Shares(basis))
}

/// In how many runs a policy of `rules` equal margins ends with `verdict`; each rule is about people of its own.
fn ended(verdict: Verdict, rules: usize, margin: f64, n: u64, b: f64, c: f64) -> usize {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let policies: Vec<String> =
        (0..rules).map(|at| format!("name = 'r{at}'\nmetric = 'under_age_pass_rate'\nmargin = {margin}")).collect();
    let policy = policy(&policies.iter().map(String::as_str).collect::<Vec<_>>());
    let run = |_: &usize| {
        let checks = policy.rules.iter().map(|rule| {
            let pair = pair(vec![drawn(&mut random, n, b, c)]);
            margin::check(rule, &pair, 0, rules as u64).verdict
        });
        all(checks) == verdict
    };
    (0..RUNS).filter(run).count()
}

#[test]
fn a_noisy_but_unchanged_method_fails_in_at_most_21_of_200_runs() {
    for (n, noise) in [(100, 0.05), (400, 0.10), (2_000, 0.05)] {
        // No margin at all: the truth lies on it.
        for (rules, margin) in [(1, 0.0), (5, 0.0), (1, 0.01), (5, 0.02)] {
            let failed = ended(Verdict::Fail, rules, margin, n, noise, noise);
            assert!(failed <= MOST, "{n} people, noise {noise}, {rules} rules, margin {margin}: {failed}");
        }
    }
}

#[test]
fn a_method_worse_by_exactly_the_margin_passes_in_at_most_21_of_200_runs() {
    for (n, c) in [(200, 0.02), (400, 0.05), (2_000, 0.02)] {
        for (rules, margin) in [(1, 0.02), (1, 0.05), (3, 0.02)] {
            let passed = ended(Verdict::Pass, rules, margin, n, c + margin, c);
            assert!(passed <= MOST, "{n} people, {c}, {rules} rules, margin {margin}: {passed}");
        }
    }
}

#[test]
fn a_gate_is_not_silent_either() {
    // Unchanged with a generous margin it passes, twice the margin worse it fails: power, not only size.
    assert!(ended(Verdict::Pass, 1, 0.05, 1_000, 0.03, 0.03) > 190);
    assert!(ended(Verdict::Fail, 1, 0.02, 2_000, 0.08, 0.03) > 190);
}

#[test]
fn a_rate_that_lies_on_the_bound_passes_and_fails_in_at_most_21_of_200_runs() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let policy = policy(&["metric = 'under_age_pass_rate'\nat_most = 0.05"]);
    for n in [100, 500, 3_000] {
        let of = Binomial::new(n, 0.05).unwrap();
        let verdicts: Vec<Verdict> = (0..RUNS)
            .map(|_| judged(&policy, vec![rate(place(), of.sample(&mut random), n, Evidence::Sufficient)])[0].verdict)
            .collect();
        for verdict in [Verdict::Pass, Verdict::Fail] {
            let count = verdicts.iter().filter(|one| **one == verdict).count();
            assert!(count <= MOST, "{n}: {count} {verdict:?}");
        }
    }
}
