//! Areas under the curve over clustered attempts: the logit interval of one, the normal interval of a difference.

use agebench::stats::{Scored, auc, auc_difference};
use rand_distr::{Distribution as _, StandardNormal};
use statrs::function::erf::erfc;

use super::Effort;
use super::draw::{over_sets, uniform};
use super::report::{Figure, Rule, Table};

/// Coverage of both intervals. Scores are normal, those of attempts over the limit `apart` standard deviations higher;
/// a person has 1 to 3 attempts, one person in five on both sides.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let header = ["logit interval", "difference of two methods", "no difference: p ≤ 0.05"];
    let mut table = Table::new("areas", ["people", "ρ", "area"], header);
    let sizes: &[u32] = if effort.few { &[100] } else { &[100, 300] };
    for subjects in sizes {
        for under in [0.4] {
            for rho in [0.0_f64, 0.8] {
                for apart in [0.75, 1.8, 2.8] {
                    let area = |apart: f64| 1.0 - erfc(apart / 2.0) / 2.0;
                    let better = apart + 0.3;
                    let label = format!("areas {subjects} {under} {rho} {apart}");
                    let found = over_sets(effort.sets, &label, |random| {
                        let mut attempts = Vec::new();
                        for subject in 0..*subjects {
                            let own: [f64; 3] = [0; 3].map(|_| StandardNormal.sample(random));
                            let side = uniform(random) >= under;
                            let both = uniform(random) < 0.2;
                            for attempt in 0..1 + (uniform(random) * 3.0) as u32 {
                                let positive = if both { attempt == 0 } else { side };
                                let noise: [f64; 3] = [0; 3].map(|_| StandardNormal.sample(random));
                                // Half of each method's own part is common to all.
                                let score = |method: usize, apart: f64| {
                                    let common = |of: [f64; 3]| (of[2] + of[method]) / std::f64::consts::SQRT_2;
                                    let spread = rho.sqrt() * common(own) + (1.0_f64 - rho).sqrt() * common(noise);
                                    spread + if positive { apart } else { 0.0 }
                                };
                                attempts.push((
                                    subject,
                                    positive,
                                    [score(0, apart), score(1, better), score(1, apart)],
                                ));
                            }
                        }
                        let with = |other: usize| -> Vec<Scored<2>> {
                            let scored = |(subject, positive, scores): &(u32, bool, [f64; 3])| Scored {
                                weight: 1,
                                subject: *subject,
                                positive: *positive,
                                scores: [scores[0], scores[other]],
                            };
                            attempts.iter().map(scored).collect()
                        };
                        let one: Vec<Scored> = attempts
                            .iter()
                            .map(|(subject, positive, scores)| Scored {
                                weight: 1,
                                subject: *subject,
                                positive: *positive,
                                scores: [scores[0]],
                            })
                            .collect();
                        let logit = auc(&one).and_then(|found| found.logit_interval(0.95));
                        let difference = auc_difference(&with(1)).and_then(|found| found.normal_interval(0.95));
                        let p = auc_difference(&with(2)).and_then(|found| found.p_of_zero());
                        let holds = |bounds: Option<(f64, f64)>, truth: f64| {
                            bounds.map(|(low, high)| low <= truth && truth <= high)
                        };
                        [holds(logit, area(apart)), holds(difference, area(better) - area(apart)), p.map(|p| p <= 0.05)]
                    });
                    let about = [subjects.to_string(), rho.to_string(), format!("{:.3}", area(apart))];
                    let rules = [Rule::Within(0.925, 0.965), Rule::Within(0.925, 0.965), Rule::AtMost(0.075)];
                    table.row(&about, found.into_iter().zip(rules).map(|(tally, rule)| Figure::drawn(tally, rule)));
                }
            }
        }
    }
    vec![table]
}
