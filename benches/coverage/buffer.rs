//! The safe buffer, through tallies and rows as `score` makes them, with the truth on its target.

use agebench::age::AgeRange;
use agebench::metric::{self, Errors, Facts};
use agebench::outcome::Outcome;
use agebench::protocol::Protocol;
use agebench::table::Context;
use agebench::tally::{Answers, Tally, TruthBuilder, TruthRow};
use chacha20::ChaCha8Rng;

use super::Effort;
use super::draw::over_sets;
use super::rates::{DESIGNS, Population};
use super::report::{Figure, Rule, Table};

const TARGET: f64 = 0.05;
/// Whoever passes is answered this age, so that the rate is the same at every challenge age up to it and 0 above: a safe
/// challenge age at or below it is wrong.
const PASSING: f64 = 24.0;
/// Limits, groups and challenge ages that the search does not look at are left out.
const PROTOCOL: &str = "limits = [18]\nfailure_policy = 'fail_closed'\ngroups = ['sex']\nstandard = []\n\
    [challenge]\nspan = 0.0\nheadline = [0.0]\n[buffer]\nspan = 8.0\nconfirm = true\n\
    groups = [{ group_by = 'sex' }]\n";

/// Whose rate is on the target; that of all others is 0.
#[derive(Clone, Copy, PartialEq)]
enum Bound {
    Year17,
    WholeWindow,
    WindowMean,
    OneSex,
}

/// The people of one data set: `people` in each of the ages 13 to 17, half of each sex.
fn wrong(
    random: &mut ChaCha8Rng,
    protocol: &Protocol,
    bound: Bound,
    cell: &Population,
    people: u64,
) -> [Option<bool>; 2] {
    let nobody = Population::of(DESIGNS[0].1, 0.0, 0.0);
    let mut truth = TruthBuilder::new(&[("sex", true)]);
    let mut answers = Answers::new(&protocol.limits);
    let (young, passing) = (Outcome::of_years(12.0), Outcome::of_years(PASSING));
    let mut rank = 0;
    for year in 13..=17_u32 {
        for sex in ["female", "male"] {
            let on_bound = match bound {
                Bound::Year17 => year == 17,
                Bound::WholeWindow => true,
                Bound::WindowMean => year != 17,
                Bound::OneSex => sex == "female",
            };
            let clusters = if on_bound { cell.draw(random, people / 2) } else { nobody.draw(random, people / 2) };
            for (events, attempts, subjects) in clusters.pairs() {
                for _ in 0..*subjects {
                    for attempt in 0..*attempts {
                        truth.push(&TruthRow {
                            subject_rank: rank,
                            subject_known: true,
                            cluster_rank: None,
                            weight: None,
                            age: AgeRange::whole_years(year).ok(),
                            attack: false,
                            levels: &[sex],
                        });
                        answers.push(Some(if attempt < *events { &passing } else { &young }));
                    }
                    rank += 1;
                }
            }
        }
    }
    let tally = truth.finish().ok().and_then(|truth| Tally::of(&truth, &answers, protocol).ok());
    let Some(tally) = tally else { return [None; 2] };
    let facts = Facts { chronological: true, random_sample: true };
    let rows = metric::rows(&Context::default(), protocol, facts, &tally, Errors::NotKept);
    let of = |confirmed: bool| {
        let mut found = rows.iter().filter(|row| row.metric == "safe_challenge_age");
        let row = found.find(|row| row.variant.to_string().contains("confirm") == confirmed)?;
        let low = row.value.is_some_and(|value| value <= PASSING);
        Some(low && (!confirmed || row.has(metric::flag::CONFIRMED)))
    };
    [of(false), of(true)]
}

/// How often the safe challenge age lies too low, and how often such a one is confirmed.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let about = ["rate on the target", "attempts", "ρ", "people a year of age"];
    let folded = ["attempts", "ρ"];
    let mut table = Table::new("buffer", about, folded, ["too low", "too low and confirmed"]);
    let Ok(protocol) = Protocol::from_toml(PROTOCOL) else {
        table.broken.push("the protocol of the safe buffer is not read".to_owned());
        return vec![table];
    };
    let sizes: &[u64] = if effort.few { &[130] } else { &[130, 400] };
    let bounds = [
        ("age 17", Bound::Year17, 1.0),
        ("all ages 13 to 17", Bound::WholeWindow, 1.0),
        ("mean of 13 to 16, none at 17", Bound::WindowMean, 1.25),
        ("females", Bound::OneSex, 1.0),
    ];
    for (name, bound, factor) in bounds {
        for (design, rho) in [(0, 0.0), (1, 0.2), (1, 0.8)] {
            let (attempts, design_sizes) = DESIGNS[design];
            for people in sizes {
                let cell = Population::of(design_sizes, rho, TARGET * factor);
                let label = format!("buffer {name} {attempts} {rho} {people}");
                let found =
                    over_sets(effort.at_most(8_000), &label, |random| wrong(random, &protocol, bound, &cell, *people));
                let about = [name.to_owned(), attempts.to_owned(), rho.to_string(), people.to_string()];
                table.row(&about, found.map(|tally| Figure::drawn(tally, Rule::AtMost(0.05))));
            }
        }
    }
    vec![table]
}
