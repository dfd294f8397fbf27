//! Paired decisions: Tango's bounds and the gate that rests on them.

use agebench::stats::{Discordance, GateBounds, Verdict};
use rayon::prelude::*;

use super::Effort;
use super::draw::{dirichlet_multinomial, multinomial, over_sets};
use super::report::{Rule, Table, Tally};

/// An exact wrong pass may be as large as one that 8,000 data sets do not tell from 5 %: three standard errors more.
const PASS: f64 = 0.0573;

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
    vec![single(effort), several(effort)]
}

/// One attempt each: every (b, c) weighed with its probability.
fn single(effort: &Effort) -> Table {
    let header = ["margin", "people", "passed by the baseline only", "wrong pass", "wrong failure", "Tango two-sided"];
    let mut table = Table::new("gate-exact", header);
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
                let what = about.join(", ");
                let figures = [
                    table.exact(found[0], Rule::AtMost(PASS), &what),
                    table.exact(found[1], Rule::Told, &what),
                    table.exact(found[2], Rule::Told, &what),
                ];
                table.row(&about, figures);
            }
        }
    }
    table
}

/// 1 to 5 attempts each, whose outcomes (both alike, either only) vary from person to person.
fn several(effort: &Effort) -> Table {
    let header =
        ["margin", "people", "passed by the baseline only", "ρ", "wrong pass", "wrong failure", "Tango two-sided"];
    let mut table = Table::new("gate-clustered", header);
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
                    let what = about.join(", ");
                    let rules = [Rule::AtMost(0.05), Rule::Told, Rule::Told];
                    let figures: Vec<String> =
                        found.into_iter().zip(rules).map(|(tally, rule)| table.simulated(tally, rule, &what)).collect();
                    table.row(&about, figures);
                }
            }
        }
    }
    table
}
