//! Paired decisions: Tango's bounds and the gate that rests on them.

use agebench::stats::{Discordance, GateBounds, Verdict};
use rayon::prelude::*;

use super::Effort;
use super::draw::{dirichlet_multinomial, multinomial, over_sets};
use super::report::{Figure, Rule, Table, Tally};

/// An exact wrong pass may be as large as one that 8,000 datasets do not tell from 5 %: three standard errors more.
const PASS: f64 = 0.0573;
/// Most for a score bound where few are expected to be discordant: it steps about its level as the people grow in number.
const ONE_SIDED: f64 = 0.075;
const MEASURES: [&str; 3] = ["wrong pass", "wrong failure", "Tango two-sided"];

/// Probabilities of (b, c) among n people with one attempt each, those of negligible weight left out.
fn trinomial(n: u64, b: f64, c: f64) -> Vec<(u64, u64, f64)> {
    let first = binomial(n, b);
    first
        .into_par_iter()
        .flat_map_iter(|(count, p)| {
            let rest = binomial(n - count, (c / (1.0 - b)).min(1.0));
            rest.into_iter().map(move |(other, q)| (count, other, p * q)).collect::<Vec<_>>()
        })
        .collect()
}

/// (k, P(k)) of a binomial variable but for its far tails.
fn binomial(n: u64, rate: f64) -> Vec<(u64, f64)> {
    if rate <= 0.0 || n == 0 {
        return vec![(0, 1.0)];
    }
    let (size, mean) = (n as f64, n as f64 * rate);
    let width = 9.0 * (mean * (1.0 - rate)).sqrt() + 12.0;
    let (first, last) = ((mean - width).max(0.0) as u64, ((mean + width) as u64).min(n));
    let log = |k: f64| {
        let choose = statrs::function::gamma::ln_gamma(size + 1.0)
            - statrs::function::gamma::ln_gamma(k + 1.0)
            - statrs::function::gamma::ln_gamma(size - k + 1.0);
        choose + k * rate.ln() + (size - k) * f64::ln_1p(-rate)
    };
    (first..=last).map(|k| (k, log(k as f64).exp())).collect()
}

/// The gate with the truth on its margin, and Tango's two-sided coverage.
pub fn tables(effort: &Effort) -> Vec<Table> {
    vec![one_sided(effort), single(effort), several(effort)]
}

/// One attempt each and a baseline that passes nobody alone: every number of people, every outcome.
fn one_sided(effort: &Effort) -> Table {
    let mut table = Table::new(
        "gate-one-sided",
        ["margin"],
        ["wrong pass: mean over 30 to 3,000 people", "greatest", "greatest from 1,000 people on"],
    );
    let most: u64 = if effort.few { 300 } else { 3000 };
    for margin in [0.01, 0.02, 0.05] {
        let passes = |b: u64, n: u64| {
            let discordance = Discordance::new(b as f64, 0.0, n as f64);
            discordance.is_some_and(|found| GateBounds::of(&found, 1).judge(margin) == Verdict::Pass)
        };
        let wrong: Vec<(f64, u64)> = (30..=most)
            .into_par_iter()
            .map(|n| {
                // The more are passed by the new method alone, the harder it is to pass.
                let masses = binomial(n, margin);
                let passed = masses.partition_point(|(b, _)| passes(*b, n));
                (masses[..passed].iter().map(|(_, p)| p).sum(), n)
            })
            .collect();
        let greatest = |from: u64| {
            wrong.iter().filter(|(_, n)| *n >= from).max_by(|one, other| one.0.total_cmp(&other.0)).copied()
        };
        let mean = wrong.iter().map(|(p, _)| p).sum::<f64>() / wrong.len() as f64;
        let (largest, at) = greatest(30).unwrap_or((f64::NAN, 0));
        let late = greatest(1000).map_or(Figure::Empty, |(p, _)| Figure::exact(p, Rule::Told));
        let figures = [
            Figure::exact(mean, Rule::AtMost(0.05)),
            Figure::exact_at(largest, Rule::AtMost(ONE_SIDED), format!("{at} people")),
            late,
        ];
        table.row(&[margin.to_string()], figures);
    }
    table
}

/// One attempt each: every (b, c) weighed with its probability.
fn single(effort: &Effort) -> Table {
    let about = ["margin", "people", "passed by the baseline only"];
    let mut table = Table::new("gate-exact", about, MEASURES);
    let sizes: &[u64] = if effort.few { &[100] } else { &[30, 52, 100, 133, 200, 268, 500, 1000, 3000] };
    for margin in [0.01, 0.02, 0.05] {
        for n in sizes {
            for c in [0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2] {
                let found = trinomial(*n, c + margin, c)
                    .into_par_iter()
                    .fold(
                        || [0.0; 3],
                        |mut sums, (b, c, p)| {
                            let Some(discordance) = Discordance::new(b as f64, c as f64, *n as f64) else {
                                return sums;
                            };
                            let verdict = GateBounds::of(&discordance, 1).judge(margin);
                            let held = discordance.lower(0.975) <= margin && margin <= discordance.upper(0.975);
                            sums[0] += if verdict == Verdict::Pass { p } else { 0.0 };
                            sums[1] += if verdict == Verdict::Fail { p } else { 0.0 };
                            sums[2] += if held { p } else { 0.0 };
                            sums
                        },
                    )
                    .collect::<Vec<_>>()
                    .into_iter()
                    .fold([0.0; 3], |sums, more| [0, 1, 2].map(|at| sums[at] + more[at]));
                let about = [margin.to_string(), n.to_string(), c.to_string()];
                let pass = Rule::AtMost(if *n as f64 * c >= 1.0 { PASS } else { ONE_SIDED });
                let rules = [pass, Rule::AtMost(ONE_SIDED), Rule::AtLeast(0.92)];
                table.row(&about, found.into_iter().zip(rules).map(|(share, rule)| Figure::exact(share, rule)));
            }
        }
    }
    table
}

/// 1 to 5 attempts each, whose outcomes (both alike, either only) vary from person to person.
fn several(effort: &Effort) -> Table {
    let about = ["margin", "people", "passed by the baseline only", "ρ"];
    let mut table = Table::new("gate-clustered", about, MEASURES);
    let sizes: &[u64] = if effort.few { &[100] } else { &[30, 100, 300, 1000, 3000] };
    for margin in [0.01, 0.02, 0.05] {
        for n in sizes {
            for c in [0.0, 0.01, 0.05, 0.2] {
                for rho in [0.0, 0.3, 0.8] {
                    let concentration = if rho > 0.0 { (1.0 - rho) / rho } else { f64::INFINITY };
                    let mut kinds = Vec::new();
                    for m in 1..=5_u64 {
                        let all = dirichlet_multinomial(m, [c + margin, c, 1.0 - 2.0 * c - margin], concentration);
                        kinds.extend(all.into_iter().map(|([b, c, _], p)| ((b as f64 - c as f64) / m as f64, p / 5.0)));
                    }
                    let probabilities: Vec<f64> = kinds.iter().map(|(_, probability)| *probability).collect();
                    let label = format!("gate {margin} {n} {c} {rho}");
                    let found: [Tally; 3] = over_sets(effort.sets, &label, |random| {
                        let counts = multinomial(random, *n, &probabilities);
                        let sum = |sign: f64| -> f64 {
                            let parts = kinds.iter().zip(&counts);
                            parts.map(|((d, _), count)| (sign * d).max(0.0) * *count as f64).sum()
                        };
                        let Some(discordance) = Discordance::new(sum(1.0), sum(-1.0), *n as f64) else {
                            return [None; 3];
                        };
                        let verdict = GateBounds::of(&discordance, 1).judge(margin);
                        let held = discordance.lower(0.975) <= margin && margin <= discordance.upper(0.975);
                        [Some(verdict == Verdict::Pass), Some(verdict == Verdict::Fail), Some(held)]
                    });
                    let about = [margin.to_string(), n.to_string(), c.to_string(), rho.to_string()];
                    let rules = [Rule::AtMost(0.05), Rule::AtMost(0.05), Rule::AtLeast(0.92)];
                    table.row(&about, found.into_iter().zip(rules).map(|(tally, rule)| Figure::drawn(tally, rule)));
                }
            }
        }
    }
    table
}
