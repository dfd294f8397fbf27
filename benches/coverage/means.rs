//! Means of errors, medians and percentiles of absolute errors.

use agebench::stats::{Clusters, SubjectSums, Weigh, mean_of_subjects, quantile, woodruff};
use chacha20::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use statrs::function::erf::erfc;

use super::Effort;
use super::draw::{over_sets, uniform};
use super::report::{Figure, Rule, Table};

/// Errors of a method: normal about `bias`; those of one person in ten `tail` times as far from it.
#[derive(Debug, Clone, Copy)]
struct Errors {
    name: &'static str,
    bias: f64,
    tail: f64,
}

const ERRORS: [Errors; 3] = [
    Errors { name: "normal, bias 1, SD 4", bias: 1.0, tail: 1.0 },
    Errors { name: "a tenth of the people 2 times as far off", bias: 1.0, tail: 2.0 },
    Errors { name: "a tenth of the people 3 times as far off", bias: 1.0, tail: 3.0 },
];
pub const SD: f64 = 4.0;
/// The root mean squared error is held to its rule where the mean square's standard error is at most this share of it.
const KNOWN: f64 = 0.125;
pub const RHO: [f64; 3] = [0.0, 0.5, 0.8];

/// E|X| of a normal variable: Leone, Nelson & Nottingham (1961).
pub fn folded_mean(mean: f64, sd: f64) -> f64 {
    let scaled = mean / sd;
    sd * (2.0 / std::f64::consts::PI).sqrt() * (-scaled * scaled / 2.0).exp()
        + mean * (1.0 - erfc(scaled / std::f64::consts::SQRT_2))
}

impl Errors {
    /// A person's errors: 1 to 5 of them, or one.
    fn person(self, random: &mut ChaCha8Rng, rho: f64, single: bool) -> Vec<f64> {
        let scale = SD * if uniform(random) < 0.1 { self.tail } else { 1.0 };
        let attempts = if single { 1 } else { 1 + (uniform(random) * 5.0) as u64 };
        let own: f64 = StandardNormal.sample(random);
        (0..attempts)
            .map(|_| {
                let noise: f64 = StandardNormal.sample(random);
                self.bias + scale * (rho.sqrt() * own + (1.0 - rho).sqrt() * noise)
            })
            .collect()
    }

    fn mix(self, of: impl Fn(f64) -> f64) -> f64 {
        0.9 * of(SD) + 0.1 * of(SD * self.tail)
    }

    /// Bias, mean absolute error, root mean squared error.
    fn truths(self) -> [f64; 3] {
        let bias = self.bias;
        [bias, self.mix(|sd| folded_mean(bias, sd)), self.mix(|sd| bias * bias + sd * sd).sqrt()]
    }

    /// The true standard error of the mean squared error of so many people, as a share of it.
    fn error_of_square(self, rho: f64, subjects: u64, weighting: &str) -> f64 {
        let bias = self.bias * self.bias;
        let mean = |sd: f64| bias + sd * sd;
        let between = self.mix(|sd| mean(sd).powi(2)) - self.mix(mean).powi(2);
        // Of one squared normal error, and of two of a person.
        let own = self.mix(|sd| 2.0 * sd.powi(4) + 4.0 * bias * sd * sd);
        let both = self.mix(|sd| 2.0 * (rho * sd * sd).powi(2) + 4.0 * bias * rho * sd * sd);
        let variances = (1..=5).map(|attempts| {
            let m = f64::from(attempts);
            let variance = (own + (m - 1.0) * both) / m + between;
            // An attempt in 3 on average.
            if weighting == "attempt" { variance * m * m / 9.0 } else { variance }
        });
        (variances.sum::<f64>() / 5.0 / subjects as f64).sqrt() / self.mix(mean)
    }

    /// The quantile of the absolute error, by halving.
    fn quantile(self, share: f64) -> f64 {
        let below = |x: f64| {
            self.mix(|sd| {
                let tail = |z: f64| erfc(z / std::f64::consts::SQRT_2) / 2.0;
                1.0 - tail((x - self.bias) / sd) - tail((x + self.bias) / sd)
            })
        };
        let (mut low, mut high) = (0.0, 200.0);
        for _ in 0..80 {
            let middle = f64::midpoint(low, high);
            if below(middle) < share { low = middle } else { high = middle }
        }
        low
    }
}

fn sums(people: &[Vec<f64>], of: impl Fn(f64) -> f64) -> Vec<SubjectSums> {
    people
        .iter()
        .map(|errors| {
            let sum: f64 = errors.iter().map(|error| of(*error)).sum();
            SubjectSums { attempts: errors.len() as u64, subjects: 1, sum, square: sum * sum, design: None }
        })
        .collect()
}

/// Bias, mean absolute and root mean squared error with Student's interval.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let about = ["errors", "ρ", "people", "weighting"];
    let measures = ["bias", "mean absolute error", "root mean squared error"];
    let mut table = Table::new("means", about, measures);
    let sizes: &[u64] = if effort.few { &[100] } else { &[30, 100, 300, 1000] };
    for errors in ERRORS {
        for rho in RHO {
            for subjects in sizes {
                let label = format!("means {} {rho} {subjects}", errors.name);
                let truths = errors.truths();
                let found = over_sets(effort.sets, &label, |random| {
                    let people: Vec<_> = (0..*subjects).map(|_| errors.person(random, rho, false)).collect();
                    let mut judged = [None; 6];
                    let parts = [sums(&people, |it| it), sums(&people, f64::abs), sums(&people, |it| it * it)];
                    for (by, weigh) in [Weigh::Subjects, Weigh::Attempts].into_iter().enumerate() {
                        for (place, (parts, truth)) in parts.iter().zip(truths).enumerate() {
                            let mean = mean_of_subjects(parts, weigh);
                            let found = mean.map(|it| if place == 2 { it.root(0.95) } else { it.estimate(0.95) });
                            let bounds = found.and_then(|found| found.bounds);
                            judged[3 * by + place] = bounds.map(|(low, high)| low <= truth && truth <= high);
                        }
                    }
                    judged
                });
                for (by, weighting) in ["subject", "attempt"].into_iter().enumerate() {
                    let about = [errors.name.to_owned(), rho.to_string(), subjects.to_string(), weighting.to_owned()];
                    let known = errors.error_of_square(rho, *subjects, weighting) <= KNOWN;
                    let figures = (0..3).map(|place| {
                        let held = *subjects >= 100 && (place < 2 || known);
                        let rule = if held { Rule::Within(0.925, 0.965) } else { Rule::Told };
                        Figure::drawn(found[3 * by + place], rule)
                    });
                    table.row(&about, figures);
                }
            }
        }
    }
    vec![table]
}

/// Median and percentiles of the absolute error with Woodruff's bounds, made as `tally` makes them.
pub fn percentiles(effort: &Effort) -> Vec<Table> {
    const SHARES: [(f64, u64); 4] = [(0.5, 30), (0.9, 36), (0.95, 72), (0.99, 368)];
    let about = ["errors", "attempts", "ρ", "people"];
    let mut table = Table::new("percentiles", about, ["median", "P90", "P95", "P99"]);
    let sizes: &[u64] = if effort.few { &[100] } else { &[40, 100, 400, 1000] };
    for errors in [ERRORS[0], ERRORS[2]] {
        for (attempts, rho) in [("1", 0.0), ("1 to 5", 0.0), ("1 to 5", 0.5), ("1 to 5", 0.8)] {
            for subjects in sizes {
                let label = format!("percentiles {} {attempts} {rho} {subjects}", errors.name);
                let truths = SHARES.map(|(share, _)| errors.quantile(share));
                let found = over_sets(effort.sets, &label, |random| {
                    let people: Vec<Vec<f64>> =
                        (0..*subjects).map(|_| errors.person(random, rho, attempts == "1")).collect();
                    let mut sorted: Vec<f64> = people.iter().flatten().map(|error| error.abs()).collect();
                    sorted.sort_by(f64::total_cmp);
                    let mut judged = [None; 4];
                    for (judged, ((share, least), truth)) in judged.iter_mut().zip(SHARES.into_iter().zip(truths)) {
                        let Some(value) = quantile(&sorted, share).filter(|_| *subjects >= least) else { continue };
                        let below = Clusters::of(people.iter().map(|errors| {
                            let count = errors.iter().filter(|error| error.abs() <= value).count();
                            (count as u64, errors.len() as u64, 1)
                        }));
                        let bounds = woodruff(&sorted, share, &below, 0.95);
                        *judged = bounds.map(|(low, high)| low <= truth && truth <= high);
                    }
                    judged
                });
                let about = [errors.name.to_owned(), attempts.to_owned(), rho.to_string(), subjects.to_string()];
                let rule = if *subjects >= 100 { Rule::Within(0.925, 0.965) } else { Rule::Told };
                table.row(&about, found.map(|tally| Figure::drawn(tally, rule)));
            }
        }
    }
    vec![table]
}
