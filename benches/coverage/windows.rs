//! Windows and standardised values: the equal mean of required cells, people in several of them.

use agebench::stats::{
    Cell, Clusters, Effective, Joint, JointSums, MeanCell, MeanJoint, SubjectSums, Weigh, lower_claim, standardised,
    standardised_mean, upper_claim, wilson,
};
use chacha20::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::Effort;
use super::draw::{over_sets, uniform};
use super::report::{Figure, Rule, Table};

/// Rates of the five single years of a window, as factors of their mean: passes rise towards the limit.
const YEARS: [f64; 5] = [0.2, 0.4, 0.8, 1.4, 2.2];

/// A person's (events, attempts) in two neighbouring cells.
type Person = [(usize, (u64, u64)); 2];

/// Everybody of one dataset: in one year of the window with 1 to 3 attempts, every other person in the next one too.
/// Two attempts of a person have correlation `rho` in a cell: with probability sqrt(rho) each uses the person's own draw.
fn people(random: &mut ChaCha8Rng, subjects: u64, rates: &[f64], rho: f64) -> Vec<Person> {
    let share = rho.sqrt();
    (0..subjects)
        .map(|_| {
            let own = uniform(random);
            let first = (uniform(random) * rates.len() as f64) as usize;
            let second = if uniform(random) < 0.5 { (first + 1) % rates.len() } else { first };
            [first, second].map(|cell| {
                let attempts = if cell == second && first == second { 1 } else { 1 + (uniform(random) * 2.0) as u64 };
                let events = (0..attempts).filter(|_| {
                    let draw = if uniform(random) < share { own } else { uniform(random) };
                    draw < rates[cell]
                });
                (cell, (events.count() as u64, attempts))
            })
        })
        .collect()
}

/// The equal mean of the cells, by the crate.
fn mean_of(people: &[Person], cells: usize, weigh: Weigh) -> Option<Effective> {
    let mut pairs = vec![Vec::new(); cells];
    let mut joint: Vec<Vec<_>> = vec![Vec::new(); cells];
    let mut pooled = Vec::new();
    for [(first, one), (second, other)] in people {
        let both = (one.0 + other.0, one.1 + other.1);
        pooled.push((both.0, both.1, 1));
        if first == second {
            pairs[*first].push((both.0, both.1, 1));
        } else {
            pairs[*first].push((one.0, one.1, 1));
            pairs[*second].push((other.0, other.1, 1));
            joint[*first].push((*one, *other, 1));
        }
    }
    let weight = 1.0 / cells as f64;
    let cells: Vec<Cell> = pairs.into_iter().map(|pairs| Cell { weight, clusters: Clusters::of(pairs) }).collect();
    let next = |first: usize| (first + 1) % cells.len();
    let joint: Vec<Joint> = joint
        .into_iter()
        .enumerate()
        .map(|(first, pairs)| Joint { first, second: next(first), pairs, weights: Vec::new() })
        .collect();
    standardised(&cells, &joint, &Clusters::of(pooled), weigh, 0.95)
}

/// Rates of windows and of standardised means of errors.
pub fn tables(effort: &Effort) -> Vec<Table> {
    vec![rates(effort), thin(effort), errors(effort)]
}

/// A window whose last year has few people and another rate, one attempt each: how often no wrong claim is made.
fn thin(effort: &Effort) -> Table {
    let about = ["people of each other year", "of the last", "rates"];
    let mut table = Table::new("windows-thin", about, ["upper claim", "lower claim"]);
    let sizes: &[(u64, u64)] =
        if effort.few { &[(500, 10)] } else { &[(500, 5), (500, 10), (500, 30), (500, 100), (5000, 30), (5000, 100)] };
    for (others, last) in sizes {
        for (rate, of_last) in [(0.04, 0.04), (0.04, 0.15), (0.04, 0.3), (0.01, 0.02), (0.01, 0.05)] {
            let truth = (4.0 * rate + of_last) / 5.0;
            let label = format!("windows thin {others} {last} {rate} {of_last}");
            let found = over_sets(effort.sets, &label, |random| {
                let mut year = |people: u64, rate: f64| {
                    let events = (0..people).filter(|_| uniform(random) < rate).count() as u64;
                    Clusters::of([(1, 1, events), (0, 1, people - events)])
                };
                let mut cells = vec![year(*last, of_last)];
                (0..4).for_each(|_| cells.push(year(*others, rate)));
                let pooled = Clusters::of(cells.iter().flat_map(|cell| cell.pairs().to_vec()));
                let cells: Vec<Cell> = cells.into_iter().map(|clusters| Cell { weight: 0.2, clusters }).collect();
                let Some(found) = standardised(&cells, &[], &pooled, Weigh::Subjects, 0.95) else { return [None; 2] };
                let events = found.p * found.n_star;
                [
                    // No claim is made where the year is too thin for n*.
                    Some(found.thin || truth <= upper_claim(events, found.n_star, 0.95)),
                    Some(found.thin || truth >= lower_claim(events, found.n_star, 0.95)),
                ]
            });
            let about = [others.to_string(), last.to_string(), format!("{rate} and {of_last}")];
            table.row(&about, found.map(|it| Figure::drawn(it, Rule::AtLeast(0.95))));
        }
    }
    table
}

fn rates(effort: &Effort) -> Table {
    let about = ["people", "ρ", "mean rate", "weighting"];
    let measures = ["display", "upper claim", "lower claim"];
    let mut table = Table::new("windows", about, measures);
    let sizes: &[u64] = if effort.few { &[100] } else { &[50, 100, 300, 1000] };
    for subjects in sizes {
        for rho in [0.0, 0.3, 0.8] {
            for rate in [0.01, 0.05, 0.3] {
                let rates = YEARS.map(|factor| rate * factor);
                let label = format!("windows {subjects} {rho} {rate}");
                let found = over_sets(effort.sets, &label, |random| {
                    let people = people(random, *subjects, &rates, rho);
                    let judged = |weigh| {
                        let Some(found) = mean_of(&people, rates.len(), weigh) else { return [None; 3] };
                        let (low, high) = wilson(found.p, found.n_star, 0.95);
                        let events = found.p * found.n_star;
                        [
                            Some(low <= rate && rate <= high),
                            Some(rate <= upper_claim(events, found.n_star, 0.95)),
                            Some(rate >= lower_claim(events, found.n_star, 0.95)),
                        ]
                    };
                    let ([a, b, c], [d, e, f]) = (judged(Weigh::Subjects), judged(Weigh::Attempts));
                    [a, b, c, d, e, f]
                });
                // Expected people with an event are at least a third of the expected events: correlation makes no more.
                let enough = rate * *subjects as f64 >= 30.0;
                // n* is never more than the attempts (NCHS 2017), though years whose rates differ tell more than that.
                let display = if enough { Rule::Within(0.94, 0.98) } else { Rule::AtLeast(0.92) };
                for (weighting, at) in [("subject", 0), ("attempt", 3)] {
                    let about = [subjects.to_string(), rho.to_string(), rate.to_string(), weighting.to_owned()];
                    let rules = [display, Rule::AtLeast(0.95), Rule::AtLeast(0.95)];
                    table.row(&about, (0..3).map(|place| Figure::drawn(found[at + place], rules[place])));
                }
            }
        }
    }
    table
}

/// Means over 26 cells: two sexes by thirteen years, whoever is photographed twice a year older the second time.
fn errors(effort: &Effort) -> Table {
    const CELLS: usize = 26;
    let measures = ["bias, subject", "bias, attempt", "absolute error, subject", "absolute error, attempt"];
    let mut table = Table::new("standardised-means", ["people", "ρ"], measures);
    let sizes: &[u64] = if effort.few { &[300] } else { &[100, 300, 1000] };
    for subjects in sizes {
        for rho in [0.0_f64, 0.5, 0.8] {
            let label = format!("standardised means {subjects} {rho}");
            let found = over_sets(effort.sets, &label, |random| {
                let mut parts: Vec<Vec<[SubjectSums; 2]>> = vec![Vec::new(); CELLS];
                let mut joint: Vec<Vec<[JointSums; 2]>> = vec![Vec::new(); CELLS];
                for person in 0..*subjects {
                    // As many in each cell as can be, for a cell without anybody has no mean.
                    let first = (person % CELLS as u64) as usize;
                    let last_year = first % 13 == 12;
                    let own: f64 = StandardNormal.sample(random);
                    let mut sums = |cell: usize| {
                        let attempts = 1 + (uniform(random) * 3.0) as u64;
                        let mut sum = [0.0; 2];
                        for _ in 0..attempts {
                            let noise: f64 = StandardNormal.sample(random);
                            let error = centre(cell) + 3.0 * (rho.sqrt() * own + (1.0 - rho).sqrt() * noise);
                            sum[0] += error;
                            sum[1] += error.abs();
                        }
                        (attempts, sum)
                    };
                    let (m, one) = sums(first);
                    let part = |attempts, sum: f64| SubjectSums {
                        attempts,
                        subjects: 1,
                        sum,
                        square: sum * sum,
                        design: None,
                    };
                    parts[first].push(one.map(|sum| part(m, sum)));
                    if person % 2 == 0 && !last_year {
                        let (n, other) = sums(first + 1);
                        parts[first + 1].push(other.map(|sum| part(n, sum)));
                        joint[first].push([0, 1].map(|of| JointSums {
                            attempts: (m, n),
                            subjects: 1,
                            sums: (one[of], other[of]),
                            product: one[of] * other[of],
                            design: None,
                        }));
                    }
                }
                let mut judged = [None; 4];
                for (of, truth) in [bias(), absolute()].into_iter().enumerate() {
                    let cells: Vec<MeanCell> = parts
                        .iter()
                        .map(|parts| MeanCell {
                            weight: 1.0 / CELLS as f64,
                            parts: parts.iter().map(|part| part[of]).collect(),
                        })
                        .collect();
                    let joint: Vec<MeanJoint> = joint
                        .iter()
                        .enumerate()
                        .filter(|(_, parts)| !parts.is_empty())
                        .map(|(first, parts)| MeanJoint {
                            first,
                            second: first + 1,
                            parts: parts.iter().map(|part| part[of]).collect(),
                        })
                        .collect();
                    for (place, weigh) in [Weigh::Subjects, Weigh::Attempts].into_iter().enumerate() {
                        let found = standardised_mean(&cells, &joint, *subjects, weigh);
                        let bounds = found.and_then(|found| found.estimate(0.95).bounds);
                        judged[2 * of + place] = bounds.map(|(low, high)| low <= truth && truth <= high);
                    }
                }
                judged
            });
            let about = [subjects.to_string(), rho.to_string()];
            table.row(&about, found.map(|it| Figure::drawn(it, Rule::Within(0.925, 0.965))));
        }
    }
    table
}

/// The mean error of a cell, in years: the older, the more too young.
fn centre(cell: usize) -> f64 {
    1.5 - 0.25 * (cell % 13) as f64
}

fn bias() -> f64 {
    (0..26).map(centre).sum::<f64>() / 26.0
}

fn absolute() -> f64 {
    (0..26).map(|cell| super::means::folded_mean(centre(cell), 3.0)).sum::<f64>() / 26.0
}
