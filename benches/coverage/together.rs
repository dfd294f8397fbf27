//! A group beside a rest that shares people, such as photos by day beside photos by night: the difference of the under-age pass
//! rates, by a bootstrap over people, and by MOVER with the correlation of both where people weigh differently.

use agebench::outcome::Outcome;
use agebench::protocol::Protocol;

use super::Effort;
use super::draw::{over_sets, uniform};
use super::people::People;
use super::report::{Figure, Rule, Table};

const PROTOCOL: &str = "limits = [18]\nfailure_policy = 'fail_closed'\ngroups = ['light']\nstandard = []\nprimary = []\n\
    [challenge]\nspan = 0.0\nheadline = [0.0]\n";
/// Kinds of people: what share of all they are, what they weigh, and their rates as multiples of everybody's.
const KINDS: [(f64, f64, f64); 2] = [(1.0 / 3.0, 2.0, 1.5), (2.0 / 3.0, 0.5, 0.75)];
/// By how much the heavy ones lift the difference of all: (2 x 1.5 / 3 + 0.5 x 0.75 x 2 / 3) / (2 / 3 + 0.5 x 2 / 3).
const LIFTED: f64 = 1.25;

/// One person: its weight, and the level and answer of each attempt. A quarter of the people have photos by day alone, a quarter by
/// night alone, half of them both; one by day, two by night. Two attempts hang together as in windows: with probability
/// sqrt(rho) each uses the person's own draw.
fn person(mut random: impl FnMut() -> f64, rates: [f64; 2], rho: f64) -> (f64, Vec<(usize, bool)>) {
    let (_, weight, multiple) = KINDS[usize::from(random() >= KINDS[0].0)];
    let (place, own) = (random(), random());
    let mut attempts = Vec::new();
    for (side, count, within) in [(0, 1, place < 0.75), (1, 2, place >= 0.25)] {
        for _ in 0..if within { count } else { 0 } {
            let draw = if random() < rho.sqrt() { own } else { random() };
            attempts.push((side, draw < rates[side] * multiple));
        }
    }
    (weight, attempts)
}

/// Coverage of the difference.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let mut table = Table::new("groups-together", ["weights", "rates", "ρ", "people"], ["difference"]);
    let Ok(protocol) = Protocol::from_toml(PROTOCOL) else {
        table.broken.push("the protocol is not read".to_owned());
        return vec![table];
    };
    let sizes: &[u32] = if effort.few { &[100] } else { &[100, 300, 1000] };
    let rhos: &[f64] = if effort.few { &[0.3] } else { &[0.0, 0.3, 0.8] };
    for (weighted, name) in [(false, "none"), (true, "0.5 and 2")] {
        for rates in [[0.1, 0.1], [0.3, 0.2]] {
            for rho in rhos {
                for people in sizes {
                    let truth = (rates[0] - rates[1]) * if weighted { LIFTED } else { 1.0 };
                    let label = format!("together {weighted} {rates:?} {rho} {people}");
                    let found = over_sets(effort.sets, &label, |random| {
                        let mut drawn = People::new(&protocol, &["light"]);
                        let (young, old) = (Outcome::of_years(12.0), Outcome::of_years(24.0));
                        for _ in 0..*people {
                            let (weight, attempts) = person(|| uniform(random), rates, *rho);
                            let answered = |(side, passes): &(usize, bool)| {
                                let levels: &[&str] = [&["day"], &["night"]][*side];
                                (levels, 17, if *passes { &old } else { &young })
                            };
                            drawn.add_each(weighted.then_some(weight), attempts.iter().map(answered));
                        }
                        // Each dataset has weights of its own, as it would with other people.
                        let protocol = Protocol { seed: (uniform(random) * 9e15) as u64, ..protocol.clone() };
                        let rows = drawn.rows(&protocol).unwrap_or_default();
                        let wanted = |row: &&agebench::table::Row| {
                            row.metric == "under_age_pass_rate_difference"
                                && row.group.level() == "day"
                                && row.population == agebench::table::Population::Under
                        };
                        let bounds = rows.iter().find(wanted).and_then(|row| row.low.zip(row.high));
                        [bounds.map(|(low, high)| low <= truth && truth <= high)]
                    });
                    let about = [
                        name.to_owned(),
                        format!("{} and {}", rates[0], rates[1]),
                        rho.to_string(),
                        people.to_string(),
                    ];
                    // Three quarters of the people are on either side.
                    let events = rates.iter().map(|rate| rate * f64::from(*people) * 0.75);
                    let rule = if events.fold(f64::INFINITY, f64::min) < 30.0 {
                        Rule::AtLeast(0.92)
                    } else {
                        Rule::Within(0.925, 0.965)
                    };
                    table.row(&about, found.map(|tally| Figure::drawn(tally, rule)));
                }
            }
        }
    }
    vec![table]
}
