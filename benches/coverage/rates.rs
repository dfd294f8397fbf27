//! Rates over clustered attempts: both intervals of METRICS M15, under both weightings.

use agebench::stats::{Clusters, Weigh, lower_claim, upper_claim, wilson};

use super::Effort;
use super::draw::{beta_binomial, multinomial, over_sets};
use super::report::{Figure, Rule, Table, Tally, add_all};

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
/// Expected people with an event: few, and many.
const EVENT_PEOPLE: [f64; 5] = [0.2, 0.5, 1.0, 3.0, 10.0];
const MANY: [f64; 2] = [30.0, 100.0];
/// Ends of the bands of expected people with an event over which the display interval's coverage is a mean.
const BANDS: [f64; 5] = [0.2, 1.0, 3.0, 10.0, 30.0];

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

/// All six figures of one rate: display, upper and lower claim, by subject and by attempt.
fn figures(label: &str, sizes: Sizes, rho: f64, subjects: u64, p: f64, sets: u64) -> [Tally; 6] {
    let population = Population::of(sizes, rho, p);
    over_sets(sets, &format!("{label} {p}"), |random| {
        let clusters = population.draw(random, subjects);
        let [a, b, c] = held(&clusters, Weigh::Subjects, population.by_subject);
        let [d, e, f] = held(&clusters, Weigh::Attempts, population.by_attempt);
        [a, b, c, d, e, f]
    })
}

/// Figures over datasets at several rates, as many at each; and whether 30 people are expected to have an event, and 30 one
/// that is none, at each of them. Rates above one half mirror those below and are left out.
fn over_rates(label: &str, sizes: Sizes, rho: f64, subjects: u64, rates: &[f64], sets: u64) -> (bool, [Tally; 6]) {
    let rates: Vec<f64> = rates.iter().copied().filter(|rate| *rate <= 0.5).collect();
    let people = |rate: &f64| Population::of(sizes, rho, *rate).event_people(subjects);
    let enough = rates.iter().all(|rate| people(rate).iter().all(|count| *count >= 29.999));
    let each = rates.iter().map(|p| figures(label, sizes, rho, subjects, *p, sets.div_ceil(rates.len() as u64)));
    (enough, each.reduce(add_all).unwrap_or_default())
}

/// The rule of the display interval, where many people are expected to have an event and where not.
fn display_rule(enough: bool) -> Rule {
    if enough { Rule::Within(0.94, 0.97) } else { Rule::AtLeast(0.92) }
}

/// Three tables: the display interval and both bounds for claims; a column for each expected number of people with an
/// event. The display interval has the mean over rates where few are expected, as Wilson's has in the exact table;
/// bounds for claims hold at each rate.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let expected = |people: String| format!("{people} people with an event expected");
    let rate_names = || [expected("30".to_owned()), expected("100".to_owned()), "rate 30 %".to_owned()];
    let bands = BANDS.windows(2).map(|ends| expected(format!("{} to {}", ends[0], ends[1]))).chain(rate_names());
    let columns: Vec<String> =
        EVENT_PEOPLE.iter().map(|people| expected(people.to_string())).chain(rate_names()).collect();
    let about = ["attempts", "ρ", "people", "weighting"];
    let mut display = Table::new("rates-display", about, bands);
    let mut claims = ["rates-upper", "rates-lower"].map(|name| Table::new(name, about, columns.clone()));
    let (rhos, sizes): (&[f64], &[u64]) = if effort.few { (&[0.0, 0.5], &[30, 1000]) } else { (&RHO, &SUBJECTS) };
    for (name, design) in DESIGNS {
        let single = design == [(1, 1.0, 1.0)];
        for rho in rhos.iter().filter(|rho| !single || **rho == 0.0) {
            for subjects in sizes {
                let label = format!("rates {name} {rho} {subjects}");
                let held = |display: bool, claims: bool, rates: &[f64]| {
                    let drawn = |label: &str, sets| over_rates(label, design, *rho, *subjects, rates, sets);
                    let (enough, found) = drawn(&label, effort.sets);
                    let breaks = |at: usize| {
                        let (rule, wanted) = if at.is_multiple_of(3) {
                            (display_rule(enough), display)
                        } else {
                            (Rule::AtLeast(0.95), claims)
                        };
                        wanted && Figure::drawn(found[at], rule).broken()
                    };
                    // Of figures that lie on their bound one in 740 breaks by chance: it is drawn again, and apart.
                    if (0..6).any(breaks) {
                        drawn(&format!("{label} again"), 10 * effort.sets)
                    } else {
                        (enough, found)
                    }
                };
                let rate = |people: f64| Population::rate_for(design, *rho, *subjects, people);
                let band = |ends: &[f64]| {
                    let step = |at: u32| ends[0] + (ends[1] - ends[0]) * (f64::from(at) + 0.5) / 16.0;
                    held(true, false, &(0..16).map(|at| rate(step(at))).collect::<Vec<_>>())
                };
                let banded: Vec<_> = BANDS.windows(2).map(band).collect();
                let few = EVENT_PEOPLE.iter().map(|people| held(false, true, &[rate(*people)]));
                let many = MANY.iter().map(|people| rate(*people)).chain([0.3]).map(|rate| held(true, true, &[rate]));
                let fixed: Vec<_> = few.chain(many).collect();
                for (weighting, at) in [("subject", 0), ("attempt", 3)].into_iter().take(if single { 1 } else { 2 }) {
                    let weighting = if single { "either" } else { weighting };
                    let about = [name.to_owned(), rho.to_string(), subjects.to_string(), weighting.to_owned()];
                    let shown = banded.iter().chain(&fixed[EVENT_PEOPLE.len()..]);
                    display
                        .row(&about, shown.map(|(enough, tallies)| Figure::drawn(tallies[at], display_rule(*enough))));
                    for (measure, table) in (1..).zip(&mut claims) {
                        let figure = |tallies: &[Tally; 6]| Figure::drawn(tallies[at + measure], Rule::AtLeast(0.95));
                        table.row(&about, fixed.iter().map(|(_, tallies)| figure(tallies)));
                    }
                }
            }
        }
    }
    let [upper, lower] = claims;
    vec![display, upper, lower]
}

/// 1 subject of 100 with half of the attempts, or a third: what the weightings make of it.
pub fn dominated(effort: &Effort) -> Vec<Table> {
    let mut table = Table::new(
        "dominated",
        ["rate", "ρ"],
        [
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
            table.row(&about, found.into_iter().zip(rules).map(|(tally, rule)| Figure::drawn(tally, rule)));
        }
    }
    vec![table]
}
