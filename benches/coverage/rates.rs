//! Rates over clustered attempts: both intervals of METRICS M15, under both weightings.

use agebench::stats::{Clusters, Weigh, lower_claim, upper_claim, wilson};

use super::Effort;
use super::draw::{beta_binomial, multinomial, over_sets};
use super::report::{Rule, Table, Tally};

/// Who has how many attempts: (attempts, share of subjects, factor of the rate).
pub type Sizes = &'static [(u64, f64, f64)];

/// Names of the designs, and their subjects.
pub const DESIGNS: [(&str, Sizes); 3] = [
    ("1", &[(1, 1.0, 1.0)]),
    ("1 to 5", &[(1, 0.2, 1.0), (2, 0.2, 1.0), (3, 0.2, 1.0), (4, 0.2, 1.0), (5, 0.2, 1.0)]),
    // Who has more attempts is passed more often: 0.5 to 1.5 times the mean rate.
    ("1 to 5, rates 0.5 to 1.5", &[(1, 0.2, 0.5), (2, 0.2, 0.75), (3, 0.2, 1.0), (4, 0.2, 1.25), (5, 0.2, 1.5)]),
];
const RHO: [f64; 3] = [0.0, 0.4, 0.8];
const SUBJECTS: [u64; 4] = [30, 100, 1000, 30_000];
/// Expected people with an event; below half a person no rule holds, see the exact table.
const EVENT_PEOPLE: [f64; 7] = [0.2, 0.5, 1.0, 3.0, 10.0, 30.0, 100.0];

/// A population: every (events, attempts) pair with its probability, and the rate under both weightings.
pub struct Population {
    pairs: Vec<(u64, u64)>,
    probabilities: Vec<f64>,
    by_subject: f64,
    by_attempt: f64,
}

impl Population {
    pub fn of(sizes: Sizes, rho: f64, p: f64) -> Self {
        let (mut pairs, mut probabilities, mut mean, mut events, mut attempts) =
            (Vec::new(), Vec::new(), 0.0, 0.0, 0.0);
        for (m, share, factor) in sizes {
            for (k, probability) in (0..).zip(beta_binomial(*m, p * factor, rho)) {
                pairs.push((k, *m));
                probabilities.push(share * probability);
            }
            mean += share * p * factor;
            events += share * p * factor * *m as f64;
            attempts += share * *m as f64;
        }
        Self { pairs, probabilities, by_subject: mean, by_attempt: events / attempts }
    }

    /// Of so many subjects those expected to have an event, and those expected to have an attempt without one.
    pub fn event_people(&self, subjects: u64) -> [f64; 2] {
        let sum = |of: fn(&(u64, u64)) -> bool| -> f64 {
            self.pairs.iter().zip(&self.probabilities).filter(|(pair, _)| of(pair)).map(|(_, share)| share).sum()
        };
        [sum(|(k, _)| *k > 0), sum(|(k, m)| k < m)].map(|share| share * subjects as f64)
    }

    /// The rate at which so many of the subjects are expected to have an event; one above the largest possible where none
    /// has so many.
    fn rate_for(sizes: Sizes, rho: f64, subjects: u64, expected: f64) -> f64 {
        let largest = sizes.iter().map(|(_, _, factor)| *factor).fold(0.0, f64::max);
        let (mut low, mut high) = (0.0, 1.0 / largest);
        if Self::of(sizes, rho, high).event_people(subjects)[0] < expected {
            return 1.0;
        }
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if Self::of(sizes, rho, middle).event_people(subjects)[0] < expected { low = middle } else { high = middle }
        }
        low
    }

    /// So many subjects of it.
    pub fn draw(&self, random: &mut chacha20::ChaCha8Rng, subjects: u64) -> Clusters {
        let counts = multinomial(random, subjects, &self.probabilities);
        Clusters::of(self.pairs.iter().zip(counts).map(|((k, m), count)| (*k, *m, count)))
    }
}

/// Display, upper and lower claim of one set: whether each holds the rate.
fn held(clusters: &Clusters, weigh: Weigh, rate: f64) -> [Option<bool>; 3] {
    let Some(found) = clusters.effective(weigh, 0.95) else { return [None; 3] };
    let (low, high) = wilson(found.p, found.n_star, 0.95);
    let events = found.p * found.n_star;
    [
        Some(low <= rate && rate <= high),
        Some(rate <= upper_claim(events, found.n_star, 0.95)),
        Some(rate >= lower_claim(events, found.n_star, 0.95)),
    ]
}

struct Cell {
    design: usize,
    rho: f64,
    subjects: u64,
    population: Population,
}

impl Cell {
    fn figures(&self, sets: u64) -> [Tally; 6] {
        let label = format!("rates {} {} {} {}", self.design, self.rho, self.subjects, self.population.by_subject);
        over_sets(sets, &label, |random| {
            let clusters = self.population.draw(random, self.subjects);
            let [a, b, c] = held(&clusters, Weigh::Subjects, self.population.by_subject);
            let [d, e, f] = held(&clusters, Weigh::Attempts, self.population.by_attempt);
            [a, b, c, d, e, f]
        })
    }

    /// One attempt each has its rule in the exact table: the mean over rates.
    fn display_rule(&self, expected: f64) -> Rule {
        if self.population.event_people(self.subjects).iter().all(|count| *count >= 30.0) {
            Rule::Within(0.94, 0.97)
        } else if expected < 0.5 || self.design == 0 {
            Rule::Told
        } else {
            Rule::AtLeast(0.92)
        }
    }
}

/// Three tables: the display interval and both bounds for claims; a column for each expected number of people with an event.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let columns = EVENT_PEOPLE.iter().map(|people| format!("{people}")).chain(["rate 30 %".to_owned()]);
    let header = ["attempts", "ρ", "people", "weighting"].into_iter().map(str::to_owned).chain(columns);
    let header: Vec<String> = header.collect();
    let mut tables = ["rates-display", "rates-upper", "rates-lower"].map(|name| Table::new(name, header.clone()));
    let (rhos, sizes): (&[f64], &[u64]) = if effort.few { (&[0.0, 0.5], &[30, 1000]) } else { (&RHO, &SUBJECTS) };
    for (design, (name, design_sizes)) in DESIGNS.into_iter().enumerate() {
        let single = design_sizes == [(1, 1.0, 1.0)];
        let equal = design_sizes.len() == 1;
        for rho in rhos.iter().filter(|rho| !single || **rho == 0.0) {
            for subjects in sizes {
                let rate = |expected: &f64| (*expected, Population::rate_for(design_sizes, *rho, *subjects, *expected));
                let rates = EVENT_PEOPLE.iter().map(rate).chain([(f64::INFINITY, 0.3)]);
                let results: Vec<Option<(Rule, [Tally; 6])>> = rates
                    .map(|(expected, p)| {
                        // Rates above one half mirror those below.
                        (p <= 0.5).then(|| {
                            let population = Population::of(design_sizes, *rho, p);
                            let cell = Cell { design, rho: *rho, subjects: *subjects, population };
                            (cell.display_rule(expected), cell.figures(effort.sets))
                        })
                    })
                    .collect();
                for (weighting, at) in [("subject", 0), ("attempt", 3)].into_iter().take(if equal { 1 } else { 2 }) {
                    let weighting = if equal { "either" } else { weighting };
                    let about = [name.to_owned(), rho.to_string(), subjects.to_string(), weighting.to_owned()];
                    for (measure, table) in tables.iter_mut().enumerate() {
                        let what = about.join(", ");
                        let figures: Vec<String> = header[4..]
                            .iter()
                            .zip(&results)
                            .map(|(events, result)| {
                                let Some((display, tallies)) = result else { return String::new() };
                                let rule = if measure == 0 { *display } else { Rule::AtLeast(0.95) };
                                table.simulated(tallies[at + measure], rule, &format!("{what}, {events}"))
                            })
                            .collect();
                        table.row(&about, figures);
                    }
                }
            }
        }
    }
    tables.into()
}

/// 1 subject of 100 with half of the attempts, or a third: what the weightings make of it.
pub fn dominated(effort: &Effort) -> Vec<Table> {
    let mut table = Table::new(
        "dominated",
        [
            "rate",
            "ρ",
            "subject: display",
            "subject: upper claim",
            "subject: lower claim",
            "attempt: display",
            "attempt: upper claim",
            "flagged `dominated`",
        ],
    );
    for rate in [0.02, 0.05, 0.2, 0.5] {
        for rho in [0.0, 0.2, 0.5, 0.8] {
            let (single, many) = (Population::of(DESIGNS[0].1, 0.0, rate), beta_binomial(50, rate, rho));
            let label = format!("dominated {rate} {rho}");
            let found = over_sets(effort.sets, &label, |random| {
                let place = multinomial(random, 1, &many).iter().position(|count| *count == 1).unwrap_or(0);
                let one = [(place as u64, 50, 1)];
                let others = single.draw(random, 99);
                let clusters = Clusters::of(others.pairs().iter().copied().chain(one));
                let [a, b, c] = held(&clusters, Weigh::Subjects, rate);
                let [d, e, _] = held(&clusters, Weigh::Attempts, rate);
                [a, b, c, d, e, clusters.effective(Weigh::Attempts, 0.95).map(|found| found.dominated)]
            });
            let display = if rate * 100.0 >= 30.0 { Rule::Within(0.94, 0.97) } else { Rule::AtLeast(0.92) };
            let rules = [display, Rule::AtLeast(0.95), Rule::AtLeast(0.95), Rule::Told, Rule::Told, Rule::AtLeast(1.0)];
            let about = [rate.to_string(), rho.to_string()];
            let what = about.join(", ");
            let figures: Vec<String> =
                found.into_iter().zip(rules).map(|(tally, rule)| table.simulated(tally, rule, &what)).collect();
            table.row(&about, figures);
        }
    }
    vec![table]
}
