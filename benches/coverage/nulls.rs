//! The permutation null: its normal form held against the real permutation, and its level where labels mean nothing.

use agebench::stats::{Permutation, Stratum, Values, gini, max_minus_min, null_of};
use chacha20::ChaCha8Rng;

use super::Effort;
use super::draw::{beta_binomial, multinomial, over_sets, uniform};
use super::report::{Figure, Rule, Table};

/// Replicates of a null: a p-value of 0.05 is a whole number of them.
const REPLICATES: usize = 199;

/// Strata of people with 1 to 3 attempts: (events, attempts) with how many of each group have it.
fn strata(random: &mut ChaCha8Rng, sizes: &[u64], groups: &[f64], rate: f64) -> Vec<Stratum> {
    sizes
        .iter()
        .enumerate()
        .map(|(label, people)| {
            let mut each = Vec::new();
            for (m, share) in [(1_u64, 0.5), (3, 0.5)] {
                for (k, probability) in (0_u64..).zip(beta_binomial(m, rate, 0.3)) {
                    each.push((vec![k as f64 / m as f64, 1.0], share * probability));
                }
            }
            let probabilities: Vec<f64> = each.iter().map(|(_, probability)| *probability).collect();
            let counts = multinomial(random, *people, &probabilities);
            let values =
                each.into_iter().zip(counts).map(|((value, _), count)| (value, multinomial(random, count, groups)));
            Stratum { label: label as u64, values: Values::Each(values.collect()) }
        })
        .collect()
}

/// The groups' rates out of their sums; none where a group has nobody.
fn rates(sums: &[f64]) -> Option<Vec<f64>> {
    sums.chunks_exact(2).map(|group| (group[1] > 0.5).then(|| (group[0] / group[1]).max(0.0))).collect()
}

/// Level of the test and agreement of both forms.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let header =
        ["max - min: p ≤ 0.05", "Gini: p ≤ 0.05", "max - min, all permuted: p ≤ 0.05", "Gini, all permuted: p ≤ 0.05"];
    let mut table = Table::new("nulls", ["strata", "groups", "mean rate"], [], header);
    let designs: [(&str, &[u64]); 3] = [
        ("5 of 30", &[30; 5]),
        ("5 of 100", &[100; 5]),
        ("10 of 12 to 120", &[12, 24, 36, 48, 60, 72, 84, 96, 108, 120]),
    ];
    let groupings: [(&str, &[f64]); 2] =
        [("2, 1 to 9", &[0.9, 0.1]), ("6, 2 of them small", &[0.3, 0.25, 0.2, 0.15, 0.05, 0.05])];
    for (design, sizes) in designs.into_iter().skip(usize::from(effort.few)).take(if effort.few { 1 } else { 3 }) {
        for (grouping, groups) in groupings.into_iter().take(if effort.few { 1 } else { 2 }) {
            for rate in [0.03, 0.2] {
                let label = format!("nulls {design} {grouping} {rate}");
                let found = over_sets(effort.at_most(8_000), &label, |random| {
                    let strata = strata(random, sizes, groups, rate);
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
                    let Some(observed) = rates(&sums) else { return [None; 4] };
                    let mut judged = [None; 4];
                    for (at, real_under) in [agebench::stats::REAL_UNDER, u64::MAX].into_iter().enumerate() {
                        let null = Permutation::with_real_under(&strata, groups.len(), 2, real_under);
                        let Some(null) = null else { return [None; 4] };
                        let drawn = null.replicates(seed, REPLICATES, |sums| {
                            let rates = rates(sums)?;
                            Some((max_minus_min(&rates)?, gini(&rates)?))
                        });
                        let (apart, unequal): (Vec<_>, Vec<_>) =
                            drawn.into_iter().map(|pair| (pair.map(|it| it.0), pair.map(|it| it.1))).unzip();
                        let p =
                            |observed: Option<f64>, drawn: &[Option<f64>]| Some(null_of(observed?, drawn)?.p <= 0.05);
                        judged[2 * at] = p(max_minus_min(&observed), &apart);
                        judged[2 * at + 1] = p(gini(&observed), &unequal);
                    }
                    judged
                });
                let about = [design.to_owned(), grouping.to_owned(), rate.to_string()];
                table.row(&about, found.map(|tally| Figure::drawn(tally, Rule::AtMost(0.05))));
            }
        }
    }
    vec![table]
}
