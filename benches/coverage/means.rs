//! Means of errors, medians and percentiles of absolute errors, and what is bootstrapped.

use agebench::stats::{
    Alike, Bootstrap, Clusters, SubjectSums, Weigh, mean_of_subjects, percentile_limits, quantile, woodruff,
};
use chacha20::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use statrs::function::erf::erfc;

use super::Effort;
use super::draw::{dirichlet_multinomial, multinomial, over_sets, uniform};
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
const SD: f64 = 4.0;
/// The root mean squared error is held to its rule where the mean square's standard error is at most this share of it.
const KNOWN: f64 = 0.125;
const RHO: [f64; 3] = [0.0, 0.5, 0.8];

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
    let mut table = Table::new("means", about, ["ρ", "weighting"], measures);
    let sizes: &[u64] = if effort.few { &[100] } else { &[30, 100, 300, 1000] };
    for errors in ERRORS {
        for rho in RHO {
            for subjects in sizes {
                let label = format!("means {} {rho} {subjects}", errors.name);
                let truths = errors.truths();
                let found = over_sets(effort.at_most(8_000), &label, |random| {
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
    let mut table = Table::new("percentiles", about, ["ρ"], ["median", "P90", "P95", "P99"]);
    let sizes: &[u64] = if effort.few { &[100] } else { &[40, 100, 400, 1000] };
    for errors in [ERRORS[0], ERRORS[2]] {
        for (attempts, rho) in [("1", 0.0), ("1 to 5", 0.0), ("1 to 5", 0.5), ("1 to 5", 0.8)] {
            for subjects in sizes {
                let label = format!("percentiles {} {attempts} {rho} {subjects}", errors.name);
                let truths = SHARES.map(|(share, _)| errors.quantile(share));
                let found = over_sets(effort.at_most(8_000), &label, |random| {
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

/// Paired differences of mean errors of two methods, and the balanced error of people on both sides of the limit.
pub fn bootstraps(effort: &Effort) -> Vec<Table> {
    vec![differences(effort), balanced(effort)]
}

fn differences(effort: &Effort) -> Table {
    let measures = ["mean absolute errors, subject", "attempt", "root mean squared errors, attempt"];
    let mut table = Table::new("bootstrap-differences", ["ρ", "people"], ["ρ"], measures);
    let sizes: &[u64] = if effort.few { &[100] } else { &[30, 100, 300] };
    // The second method is further off and less biased; it shares half of the person's own error.
    let (first, second) = (ERRORS[0], Errors { name: "", bias: -0.5, tail: 1.0 });
    let wider = 1.25;
    let truths = [
        folded_mean(second.bias, SD * wider) - folded_mean(first.bias, SD),
        (second.bias.powi(2) + (SD * wider).powi(2)).sqrt() - first.truths()[2],
    ];
    for rho in RHO {
        for subjects in sizes {
            let label = format!("bootstrap differences {rho} {subjects}");
            let found = over_sets(effort.at_most(8_000), &label, |random| {
                let mut values = Vec::with_capacity(*subjects as usize * 6);
                for _ in 0..*subjects {
                    let attempts = 1 + (uniform(random) * 3.0) as i64;
                    let own: [f64; 2] = [StandardNormal.sample(random), StandardNormal.sample(random)];
                    let (mut absolute, mut squares) = (0.0, [0.0; 2]);
                    for _ in 0..attempts {
                        let noise: [f64; 2] = [StandardNormal.sample(random), StandardNormal.sample(random)];
                        let one = first.bias + SD * (rho.sqrt() * own[0] + (1.0 - rho).sqrt() * noise[0]);
                        let both = (own[0] + own[1]) / std::f64::consts::SQRT_2;
                        let other = second.bias + wider * SD * (rho.sqrt() * both + (1.0 - rho).sqrt() * noise[1]);
                        absolute += other.abs() - one.abs();
                        squares[0] += one * one;
                        squares[1] += other * other;
                    }
                    let whole = |value: f64| (value * 1e6).round() as i64;
                    values.extend([
                        1,
                        attempts,
                        whole(absolute / attempts as f64),
                        whole(absolute),
                        whole(squares[0]),
                        whole(squares[1]),
                    ]);
                }
                let ranks: Vec<u64> = (0..*subjects).collect();
                // Each data set has weights of its own, as it would with other people.
                let seed = (uniform(random) * 9e15) as u64;
                let Some(sums) = Bootstrap::new(seed, 2000).sums(&ranks, &values, 6) else { return [None; 3] };
                let scaled = |found: Vec<Option<f64>>| -> Vec<Option<f64>> {
                    found.into_iter().map(|value| Some(value? / 1e6)).collect()
                };
                let roots: Vec<Option<f64>> = scaled(sums.ratio(5, 1))
                    .into_iter()
                    .zip(scaled(sums.ratio(4, 1)))
                    .map(|(other, one)| Some(other?.sqrt() - one?.sqrt()))
                    .collect();
                [(scaled(sums.ratio(2, 0)), truths[0]), (scaled(sums.ratio(3, 1)), truths[0]), (roots, truths[1])].map(
                    |(values, truth)| {
                        let bounds = percentile_limits(&values, *subjects, 0.95);
                        bounds.map(|(low, high)| low <= truth && truth <= high)
                    },
                )
            });
            let about = [rho.to_string(), subjects.to_string()];
            let rule = if *subjects >= 100 { Rule::Within(0.925, 0.965) } else { Rule::Told };
            table.row(&about, found.map(|tally| Figure::drawn(tally, rule)));
        }
    }
    table
}

fn balanced(effort: &Effort) -> Table {
    let about = ["under-age pass rate", "adult denial rate", "concentration", "people"];
    let mut table = Table::new("bootstrap-balanced", about, ["concentration"], ["subject", "attempt"]);
    let sizes: &[u64] = if effort.few { &[100] } else { &[100, 1000] };
    for (upr, adr) in [(0.3, 0.1), (0.1, 0.3)] {
        for concentration in [1.0, 9.0] {
            for subjects in sizes {
                // A quarter of the people on each side only, half on both: (under, over) attempts.
                let mut kinds: Vec<((u64, u64, u64, u64), f64)> = Vec::new();
                for (under, over, share) in [(2, 0, 0.25), (0, 2, 0.25), (2, 1, 0.25), (1, 3, 0.25)] {
                    for (passes, p) in dirichlet_multinomial(under, [upr, 1.0 - upr], concentration) {
                        for (denials, q) in dirichlet_multinomial(over, [adr, 1.0 - adr], concentration) {
                            kinds.push(((passes[0], under, denials[0], over), share * p * q));
                        }
                    }
                }
                let probabilities: Vec<f64> = kinds.iter().map(|(_, probability)| *probability).collect();
                let truth = f64::midpoint(upr, adr);
                let label = format!("bootstrap balanced {upr} {adr} {concentration} {subjects}");
                let found = over_sets(effort.at_most(8_000), &label, |random| {
                    let counts = multinomial(random, *subjects, &probabilities);
                    let seed = (uniform(random) * 9e15) as u64;
                    [Weigh::Subjects, Weigh::Attempts].map(|weigh| {
                        let add = |cell: usize, events: u64, attempts: u64| {
                            let (k, m) = (events as f64, attempts as f64);
                            let pair = if weigh == Weigh::Subjects { (k / m, 1.0) } else { (k, m) };
                            (attempts > 0).then_some((cell, pair.0, pair.1))
                        };
                        let units: Vec<Alike> = kinds
                            .iter()
                            .zip(&counts)
                            .filter(|(_, count)| **count > 0)
                            .map(|(((passes, under, denials, over), _), count)| Alike {
                                subjects: *count,
                                adds: [add(0, *passes, *under), add(1, *denials, *over)]
                                    .into_iter()
                                    .flatten()
                                    .collect(),
                            })
                            .collect();
                        let found = Bootstrap::new(seed, 2000).ratios(0, &units, 2);
                        let mean = found[0].iter().zip(&found[1]).map(|(a, b)| Some(((*a)? + (*b)?) / 2.0));
                        let bounds = percentile_limits(&mean.collect::<Vec<_>>(), *subjects, 0.95);
                        bounds.map(|(low, high)| low <= truth && truth <= high)
                    })
                });
                let about = [upr.to_string(), adr.to_string(), concentration.to_string(), subjects.to_string()];
                table.row(&about, found.map(|tally| Figure::drawn(tally, Rule::Within(0.925, 0.965))));
            }
        }
    }
    table
}
