//! Levels of tests where nothing differs: exact McNemar, sign flips, Holm's adjustment of a family.

use agebench::stats::{holm, mcnemar, sign_flip};
use rand_distr::{Distribution as _, StandardNormal};

use super::Effort;
use super::draw::{dirichlet_multinomial, multinomial, over_sets, uniform};
use super::report::{Figure, Rule, Table};

const LEVEL: f64 = 0.05;

/// How often p is at most 0.05.
pub fn tables(effort: &Effort) -> Vec<Table> {
    vec![flips(effort), families(effort)]
}

fn flips(effort: &Effort) -> Table {
    let mut table = Table::new("sign-flips", ["people", "attempts", "either only", "ρ"], ["p ≤ 0.05"]);
    let sizes: &[u64] = if effort.few { &[50] } else { &[30, 100] };
    for subjects in sizes {
        for (attempts, rho) in [(1, 0.0), (5, 0.0), (5, 0.8)] {
            for either in [0.1, 0.3] {
                let concentration = if rho > 0.0 { (1.0 - rho) / rho } else { f64::INFINITY };
                let mut kinds = Vec::new();
                for m in 1..=attempts {
                    let all = dirichlet_multinomial(m, [either / 2.0, either / 2.0, 1.0 - either], concentration);
                    kinds.extend(
                        all.into_iter().map(|([b, c, _], p)| ((b as f64 - c as f64) / m as f64, p / attempts as f64)),
                    );
                }
                let probabilities: Vec<f64> = kinds.iter().map(|(_, probability)| *probability).collect();
                let label = format!("flips {subjects} {attempts} {rho} {either}");
                let found = over_sets(effort.sets, &label, |random| {
                    let counts = multinomial(random, *subjects, &probabilities);
                    let seed = (uniform(random) * 9e15) as u64;
                    let p = if attempts == 1 {
                        let of = |sign: f64| -> u64 {
                            kinds.iter().zip(&counts).filter(|((d, _), _)| *d == sign).map(|(_, count)| count).sum()
                        };
                        Some(mcnemar(of(1.0), of(-1.0)))
                    } else {
                        let differences: Vec<f64> = kinds
                            .iter()
                            .zip(&counts)
                            .flat_map(|((d, _), count)| std::iter::repeat_n(*d, *count as usize))
                            .collect();
                        sign_flip(&differences, seed)
                    };
                    [p.map(|p| p <= LEVEL)]
                });
                let name = if attempts == 1 { "1 (McNemar)" } else { "1 to 5" };
                let about = [subjects.to_string(), name.to_owned(), either.to_string(), rho.to_string()];
                table.row(&about, [Figure::drawn(found[0], Rule::AtMost(LEVEL))]);
            }
        }
    }
    table
}

/// Two methods at 13 challenge ages, whose decisions hang together as ages do; at some of them they truly differ.
fn families(effort: &Effort) -> Table {
    let mut table = Table::new("holm", ["people", "challenge ages that differ"], ["any wrong rejection"]);
    let sizes: &[u64] = if effort.few { &[50] } else { &[50, 200, 1000] };
    for subjects in sizes {
        for differing in [0_usize, 4, 9] {
            let label = format!("holm {subjects} {differing}");
            let found = over_sets(effort.sets, &label, |random| {
                let mut counts = [[0_u64; 2]; 13];
                for _ in 0..*subjects {
                    let common: f64 = StandardNormal.sample(random);
                    let own: [f64; 2] = [StandardNormal.sample(random), StandardNormal.sample(random)];
                    let ages = own.map(|own| 18.0 + 4.0 * (0.8 * common + 0.6 * own));
                    for (challenge, counts) in counts.iter_mut().enumerate() {
                        // The second method is half a year stricter, but only where the first challenge ages are.
                        let bar = 14.0 + challenge as f64;
                        let other = if challenge < differing { bar + 1.5 } else { bar };
                        match (ages[0] >= bar, ages[1] >= other) {
                            (true, false) => counts[0] += 1,
                            (false, true) => counts[1] += 1,
                            _ => {}
                        }
                    }
                }
                let p: Vec<f64> = counts.iter().map(|[b, c]| mcnemar(*b, *c)).collect();
                [holm(&p).map(|adjusted| adjusted[differing..].iter().any(|p| *p <= LEVEL))]
            });
            let about = [subjects.to_string(), format!("{differing} of 13")];
            table.row(&about, [Figure::drawn(found[0], Rule::AtMost(LEVEL))]);
        }
    }
    table
}
