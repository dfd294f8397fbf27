//! What is bootstrapped: paired differences of mean errors; balanced error and positive predictive value of people on both
//! sides of the limit.

use agebench::outcome::Outcome;
use agebench::protocol::Protocol;
use agebench::stats::{Bootstrap, percentile_bounds};
use agebench::table::{Interval, Row, Weighting};
use chacha20::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use super::Effort;
use super::draw::{over_sets, uniform};
use super::means::{RHO, SD, folded_mean};
use super::people::People;
use super::report::{Figure, Rule, Table};

/// As for means, from 100 people on.
const RULE: Rule = Rule::Within(0.925, 0.965);

/// Both.
pub fn tables(effort: &Effort) -> Vec<Table> {
    vec![differences(effort), both_sides(effort)]
}

/// Where errors are rare.
pub fn rare(effort: &Effort) -> Vec<Table> {
    vec![hardly(effort)]
}

fn differences(effort: &Effort) -> Table {
    let measures = ["mean absolute errors, subject", "attempt", "root mean squared errors, attempt"];
    let mut table = Table::new("bootstrap-differences", ["ρ", "people"], measures);
    let sizes: &[u64] = if effort.few { &[100] } else { &[30, 100, 300] };
    // Biases and spreads of both methods; the second shares half of the person's own error.
    const BIAS: [f64; 2] = [1.0, -0.5];
    const SPREAD: [f64; 2] = [SD, 1.25 * SD];
    let root = |place: usize| BIAS[place].hypot(SPREAD[place]);
    let absolute = folded_mean(BIAS[1], SPREAD[1]) - folded_mean(BIAS[0], SPREAD[0]);
    for rho in RHO {
        for subjects in sizes {
            let label = format!("bootstrap differences {rho} {subjects}");
            let found = over_sets(effort.sets, &label, |random| {
                let mut values = Vec::with_capacity(*subjects as usize * 6);
                for _ in 0..*subjects {
                    let attempts = 1 + (uniform(random) * 3.0) as i64;
                    let own: [f64; 2] = [StandardNormal.sample(random), StandardNormal.sample(random)];
                    let (mut absolute, mut squares) = (0.0, [0.0; 2]);
                    for _ in 0..attempts {
                        let noise: [f64; 2] = [StandardNormal.sample(random), StandardNormal.sample(random)];
                        let one = BIAS[0] + SPREAD[0] * (rho.sqrt() * own[0] + (1.0 - rho).sqrt() * noise[0]);
                        let both = (own[0] + own[1]) / std::f64::consts::SQRT_2;
                        let other = BIAS[1] + SPREAD[1] * (rho.sqrt() * both + (1.0 - rho).sqrt() * noise[1]);
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
                // Each dataset has weights of its own, as it would with other people.
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
                [(scaled(sums.ratio(2, 0)), absolute), (scaled(sums.ratio(3, 1)), absolute), (roots, root(1) - root(0))]
                    .map(|(values, truth)| {
                        let bounds = percentile_bounds(&values, *subjects, 0.95);
                        bounds.map(|(low, high)| low <= truth && truth <= high)
                    })
            });
            let about = [rho.to_string(), subjects.to_string()];
            let rule = if *subjects >= 100 { RULE } else { Rule::Told };
            table.row(&about, found.map(|tally| Figure::drawn(tally, rule)));
        }
    }
    table
}

const PROTOCOL: &str = "limits = [18]\nfailure_policy = 'fail_closed'\ngroups = []\nstandard = []\nprimary = []\n\
    [challenge]\nspan = 0.0\nheadline = [0.0]\n\
    [[projection]]\nname = 'visitors'\nages = [[16, 0.15], [17, 0.15], [18, 0.2], [19, 0.2], [20, 0.3]]\n";
/// The same by completed years from 16 on.
const VISITORS: [f64; 5] = [0.15, 0.15, 0.2, 0.2, 0.3];
/// Rates of passing by completed years from 16 on: of a lax method, and of a strict one.
const PASSING: [(&str, [f64; 5]); 2] =
    [("0.1 to 0.95", [0.1, 0.3, 0.7, 0.85, 0.95]), ("0.04 to 0.8", [0.04, 0.12, 0.5, 0.65, 0.8])];

/// Of methods that hardly err.
const RARE: [(&str, [f64; 5]); 2] =
    [("0.01 to 0.99", [0.01, 0.03, 0.97, 0.98, 0.99]), ("0.002 to 0.998", [0.002, 0.005, 0.99, 0.995, 0.998])];

/// Kinds of people with their shares: the completed years at their attempts. A quarter of the people are on each side of
/// the limit only, half on both.
fn kinds() -> Vec<(f64, Vec<u32>)> {
    let mut kinds = vec![(0.125, vec![16, 16]), (0.125, vec![16, 17]), (0.25, vec![17, 18, 18])];
    for older in 18..=20 {
        kinds.extend((1..=3).map(|attempts| (0.25 / 9.0, vec![older; attempts])));
        kinds.push((0.25 / 3.0, vec![16, older]));
    }
    kinds
}

/// The attempts of one person.
fn attempts<'k>(random: &mut ChaCha8Rng, kinds: &'k [(f64, Vec<u32>)]) -> &'k [u32] {
    let mut left = uniform(random);
    let mut found = &kinds[0].1;
    for (share, years) in kinds {
        found = years;
        left -= share;
        if left < 0.0 {
            break;
        }
    }
    found
}

/// The true balanced error by both weightings, and the true positive predictive value.
fn truths(kinds: &[(f64, Vec<u32>)], passing: &[f64; 5]) -> [f64; 3] {
    let rate = |year: u32| passing[year as usize - 16];
    // Means of the errors of one side over people and over attempts.
    let side = |over: bool| {
        let (mut people, mut by_subject, mut attempts, mut by_attempt) = (0.0, 0.0, 0.0, 0.0);
        for (share, years) in kinds {
            let errors = years.iter().filter(|year| (**year >= 18) == over);
            let errors: Vec<f64> = errors.map(|year| if over { 1.0 - rate(*year) } else { rate(*year) }).collect();
            if errors.is_empty() {
                continue;
            }
            let (count, sum) = (errors.len() as f64, errors.iter().sum::<f64>());
            people += share;
            by_subject += share * sum / count;
            attempts += share * count;
            by_attempt += share * sum;
        }
        [by_subject / people, by_attempt / attempts]
    };
    let (under, over) = (side(false), side(true));
    let passed = |years: std::ops::Range<usize>| -> f64 { years.map(|at| VISITORS[at] * passing[at]).sum() };
    let value = passed(2..5) / passed(0..5);
    [f64::midpoint(under[0], over[0]), f64::midpoint(under[1], over[1]), value]
}

const SIDES: [&str; 3] = ["balanced error, subject", "balanced error, attempt", "positive predictive value"];

/// Balanced error and positive predictive value of what has a bootstrap.
fn both_sides(effort: &Effort) -> Table {
    let table = Table::new("bootstrap-sides", ["rates of passing", "ρ", "people"], SIDES);
    let sizes: &[u64] = if effort.few { &[100] } else { &[100, 300, 1000] };
    let passing = &PASSING[..if effort.few { 1 } else { 2 }];
    through_rows(
        effort,
        table,
        passing,
        sizes,
        (RULE, |row, truth| {
            let row = Some(row).filter(|row| row.interval == Some(Interval::Bootstrap))?;
            Some(row.low? <= truth && truth <= row.high?)
        }),
    )
}

/// Errors so rare that often nobody on a side has one, with whatever interval there is: how often a gate that asks for the
/// end on the bad side is not deceived.
fn hardly(effort: &Effort) -> Table {
    let measures = SIDES.map(|measure| format!("{measure}, worse end"));
    let table = Table::new("bootstrap-rare", ["rates of passing", "ρ", "people"], measures);
    let sizes: &[u64] = if effort.few { &[100] } else { &[100, 300, 1000] };
    let passing = &RARE[..if effort.few { 1 } else { 2 }];
    through_rows(
        effort,
        table,
        passing,
        sizes,
        (Rule::AtLeast(0.925), |row, truth| {
            // More of a balanced error is worse, and less of a predictive value.
            if row.metric == "balanced_error" { Some(truth <= row.high?) } else { Some(truth >= row.low?) }
        }),
    )
}

/// What a row's interval does with the true value; none where there is no interval.
type Judge = fn(&Row, f64) -> Option<bool>;

/// Balanced error and positive predictive value, through tallies and rows. Two attempts of a person hang together as in
/// windows: with probability sqrt(rho) each uses the person's own draw.
fn through_rows(
    effort: &Effort,
    mut table: Table,
    cases: &[(&str, [f64; 5])],
    sizes: &[u64],
    (rule, judge): (Rule, Judge),
) -> Table {
    let Ok(protocol) = Protocol::from_toml(PROTOCOL) else {
        table.broken.push("the protocol of both sides is not read".to_owned());
        return table;
    };
    let kinds = kinds();
    let rhos: &[f64] = if effort.few { &[0.3] } else { &[0.0, 0.3, 0.8] };
    for (name, passing) in cases {
        for rho in rhos {
            for subjects in sizes {
                let truths = truths(&kinds, passing);
                let label = format!("bootstrap sides {name} {rho} {subjects}");
                let found = over_sets(effort.sets, &label, |random| {
                    let mut drawn = People::new(&protocol, &[]);
                    let (young, old) = (Outcome::of_years(12.0), Outcome::of_years(24.0));
                    for _ in 0..*subjects {
                        let own = uniform(random);
                        let mut answered = Vec::new();
                        for year in attempts(random, &kinds) {
                            let draw = if uniform(random) < rho.sqrt() { own } else { uniform(random) };
                            answered.push((*year, if draw < passing[*year as usize - 16] { &old } else { &young }));
                        }
                        drawn.add(&[], answered);
                    }
                    // Each dataset has weights of its own, as it would with other people.
                    let protocol = Protocol { seed: (uniform(random) * 9e15) as u64, ..protocol.clone() };
                    let Some(rows) = drawn.rows(&protocol) else { return [None; 3] };
                    let holds = |metric: &str, weighting: Weighting, truth: f64| {
                        let wanted = |row: &&Row| row.metric == metric && row.weighting == Some(weighting);
                        judge(rows.iter().find(wanted)?, truth)
                    };
                    [
                        holds("balanced_error", Weighting::Subject, truths[0]),
                        holds("balanced_error", Weighting::Attempt, truths[1]),
                        holds("positive_predictive_value", Weighting::Subject, truths[2]),
                    ]
                });
                let about = [(*name).to_owned(), rho.to_string(), subjects.to_string()];
                table.row(&about, found.map(|tally| Figure::drawn(tally, rule)));
            }
        }
    }
    table
}
