//! The permutation null: its normal form held against the real permutation, and its level where labels mean nothing.

use agebench::stats::{Permutation, REAL_UNDER, Stratum, Values, gini, max_minus_min, null_of};
use chacha20::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::Effort;
use super::draw::{beta_binomial, multinomial, over_sets, uniform};
use super::report::{Figure, Rule, Table};

/// Replicates of a null: p-values of all the levels are whole numbers of them.
const REPLICATES: usize = 199;
/// How often p is at most these, which is how often it may be; and at the level of tests with every stratum permuted.
const LEVELS: [f64; 4] = [0.01, 0.05, 0.1, 0.5];
const MEASURES: [&str; 5] = ["p ≤ 0.01", "p ≤ 0.05", "p ≤ 0.1", "p ≤ 0.5", "every stratum permuted: p ≤ 0.05"];
/// From so many expected events on `score` lets a null from the normal form carry a claim.
const EXPECTED: f64 = 5.0;
/// Strata, all of one size.
const STRATA: u64 = 5;
/// With more people every stratum is not permuted for comparison: it takes long.
const PERMUTED: u64 = 3000;

const GROUPINGS: [(&str, &[f64]); 3] =
    [("2 alike", &[0.5, 0.5]), ("2, 1 to 9", &[0.1, 0.9]), ("6, 2 of them small", &[0.05, 0.05, 0.15, 0.2, 0.25, 0.3])];

/// What is summed of a person.
#[derive(Clone, Copy)]
enum Summed {
    /// The share of events among 1 attempt or 3, with this mean.
    Rate(f64),
    /// The mean absolute error of 1 attempt or 3; a tenth of the people are 3 times as far off.
    Error,
}

impl Summed {
    /// One stratum: values with how many people of each group have them.
    fn stratum(self, random: &mut ChaCha8Rng, people: u64, groups: &[f64]) -> Vec<(Vec<f64>, Vec<u64>)> {
        let Self::Rate(rate) = self else {
            return (0..people).map(|_| (vec![error(random), 1.0], multinomial(random, 1, groups))).collect();
        };
        let mut each = Vec::new();
        for (m, share) in [(1_u64, 0.5), (3, 0.5)] {
            for (k, probability) in (0_u64..).zip(beta_binomial(m, rate, 0.3)) {
                each.push((vec![k as f64 / m as f64, 1.0], share * probability));
            }
        }
        let probabilities: Vec<f64> = each.iter().map(|(_, probability)| *probability).collect();
        let counts = multinomial(random, people, &probabilities);
        each.into_iter().zip(counts).map(|((value, _), count)| (value, multinomial(random, count, groups))).collect()
    }
}

fn error(random: &mut ChaCha8Rng) -> f64 {
    let scale = if uniform(random) < 0.1 { 3.0 } else { 1.0 };
    let attempts = if uniform(random) < 0.5 { 1 } else { 3 };
    let sum: f64 = (0..attempts).map(|_| f64::abs(StandardNormal.sample(random))).sum();
    scale * sum / f64::from(attempts)
}

/// The groups' means out of their sums; none where a group has nobody. Rates stay within 0 and 1, as `score` has it.
fn means(sums: &[f64], summed: Summed) -> Option<Vec<f64>> {
    let mean = |group: &[f64]| {
        let mean = group[0] / group[1];
        (group[1] > 0.5).then_some(if matches!(summed, Summed::Rate(_)) { mean.clamp(0.0, 1.0) } else { mean })
    };
    sums.chunks_exact(2).map(mean).collect()
}

/// Largest less smallest, and Gini.
fn summaries(sums: &[f64], summed: Summed) -> Option<[f64; 2]> {
    let means = means(sums, summed)?;
    Some([max_minus_min(&means)?, gini(&means)?])
}

/// Of one dataset, by summary: whether p is at most each level, and at most 0.05 with every stratum permuted.
fn judged(random: &mut ChaCha8Rng, summed: Summed, people: u64, groups: &[f64]) -> [Option<bool>; 10] {
    let of_label = |label| Stratum { label, values: Values::Each(summed.stratum(random, people / STRATA, groups)) };
    let strata: Vec<Stratum> = (0..STRATA).map(of_label).collect();
    let seed = (uniform(random) * 9e15) as u64;
    let mut sums = vec![0.0; groups.len() * 2];
    for stratum in &strata {
        let Values::Each(each) = &stratum.values else { continue };
        for (value, counts) in each {
            for (group, count) in counts.iter().enumerate() {
                sums[2 * group] += value[0] * *count as f64;
                sums[2 * group + 1] += value[1] * *count as f64;
            }
        }
    }
    let mut judged = [None; 10];
    let Some(observed) = summaries(&sums, summed) else { return judged };
    let forms = if people > PERMUTED { 1 } else { 2 };
    for real_under in [REAL_UNDER, u64::MAX].into_iter().take(forms) {
        let null = Permutation::with_real_under(&strata, groups.len(), 2, real_under);
        let Some(drawn) = null.map(|null| null.replicates(seed, REPLICATES, |sums| summaries(sums, summed))) else {
            continue;
        };
        for (summary, observed) in observed.into_iter().enumerate() {
            let values: Vec<_> = drawn.iter().map(|both| both.map(|both| both[summary])).collect();
            let Some(null) = null_of(observed, &values) else { continue };
            let own = &mut judged[5 * summary..][..5];
            if real_under == u64::MAX {
                own[4] = Some(null.p <= 0.05);
            } else {
                own.iter_mut().zip(LEVELS).for_each(|(own, level)| *own = Some(null.p <= level));
            }
        }
    }
    judged
}

/// Level of the test in both forms.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let about = ["groups", "people of the smallest", "events expected there", "summary"];
    let mut table = Table::new("nulls", about, MEASURES);
    for (grouping, groups) in GROUPINGS.into_iter().skip(if effort.few { 2 } else { 0 }) {
        for smallest in if effort.few { vec![30_u64] } else { vec![30, 100, 300, 1000] } {
            let rates = [1.0, 3.0, 5.0, 10.0, 20.0, 50.0].map(|expected| Some((expected, expected / smallest as f64)));
            for expected in rates.into_iter().chain([None]) {
                // Errors of many people are many different values: they take long, and tell no more than those of few.
                if expected.map_or(smallest > 100, |(_, rate)| rate > 0.34) {
                    continue;
                }
                let summed = expected.map_or(Summed::Error, |(_, rate)| Summed::Rate(rate));
                let people = (smallest as f64 / groups[0]).round() as u64;
                let name = expected.map_or_else(|| "errors".to_owned(), |(events, _)| events.to_string());
                let label = format!("nulls {grouping} {smallest} {name}");
                let found = over_sets(effort.sets, &label, |random| judged(random, summed, people, groups));
                let normal = expected.is_none_or(|(events, _)| events >= EXPECTED);
                let held = |level: f64| if normal { Rule::AtMost(level) } else { Rule::Told };
                let rules = [held(0.01), held(0.05), held(0.1), Rule::Told, Rule::AtMost(0.05)];
                for (summary, found) in ["max - min", "Gini"].into_iter().zip(found.chunks_exact(5)) {
                    let about = [grouping.to_owned(), smallest.to_string(), name.clone(), summary.to_owned()];
                    table.row(&about, found.iter().zip(rules).map(|(it, rule)| Figure::drawn(*it, rule)));
                }
            }
        }
    }
    vec![table]
}
