//! The safe buffer, through tallies and rows as `score` makes them, with the truth on its target.

use agebench::metric;
use agebench::outcome::Outcome;
use agebench::protocol::Protocol;
use agebench::table::Row;
use chacha20::ChaCha8Rng;

use super::Effort;
use super::draw::{over_sets, uniform};
use super::people::People;
use super::rates::{DESIGNS, Population};
use super::report::{Figure, Rule, Table, Tally};

const TARGET: f64 = 0.05;
/// Whoever passes is answered this age, so that the rate is the same at every challenge age up to it and 0 above: a safe
/// challenge age at or below it is wrong.
const PASSING: f64 = 24.0;
/// Limits, groups, challenge ages and nulls that the search does not look at are left out.
const PROTOCOL: &str = "limits = [18]\nfailure_policy = 'fail_closed'\ngroups = ['sex']\nstandard = []\nprimary = []\n\
    [challenge]\nspan = 0.0\nheadline = [0.0]\n[buffer]\nspan = 8.0\nconfirm = true\n\
    groups = [{ group_by = 'sex' }]\n";

/// Whose rate is on the target; that of all others is 0.
#[derive(Clone, Copy, PartialEq)]
enum Bound {
    /// One requirement alone is on its bound, the least favourable case: the last year of one sex.
    FemalesAt17,
    /// The mean of the years of one sex; nobody of 17 passes.
    FemalesBefore,
    Females,
    /// All requirements at once.
    Everybody,
}

/// The people of one dataset: `people` in each of the ages 13 to 17, half of each sex.
fn wrong(
    random: &mut ChaCha8Rng,
    protocol: &Protocol,
    bound: Bound,
    cell: &Population,
    people: u64,
) -> [Option<bool>; 3] {
    let nobody = Population::of(DESIGNS[0].1, 0.0, 0.0);
    let mut drawn = People::new(protocol, &["sex"]);
    let (young, passing) = (Outcome::of_years(12.0), Outcome::of_years(PASSING));
    let mut everybody = Vec::new();
    for year in 13..=17_u32 {
        for sex in ["female", "male"] {
            let on_bound = match bound {
                Bound::FemalesAt17 => year == 17 && sex == "female",
                Bound::FemalesBefore => year != 17 && sex == "female",
                Bound::Females => sex == "female",
                Bound::Everybody => true,
            };
            let clusters = if on_bound { cell.draw(random, people / 2) } else { nobody.draw(random, people / 2) };
            for (events, attempts, subjects) in clusters.pairs() {
                let one = (year, sex, *events, *attempts);
                everybody.extend(std::iter::repeat_n(one, *subjects as usize));
            }
        }
    }
    // Halves go by a person's rank, which knows nothing of the answers: so the order is drawn too.
    for last in (1..everybody.len()).rev() {
        everybody.swap(last, (uniform(random) * (last + 1) as f64) as usize);
    }
    for (year, sex, events, attempts) in everybody {
        let answer = |attempt| (year, if attempt < events { &passing } else { &young });
        drawn.add(&[sex], (0..attempts).map(answer));
    }
    let Some(rows) = drawn.rows(protocol) else { return [None; 3] };
    let of = |confirmed: bool| {
        let mut found = rows.iter().filter(|row| row.metric == "safe_challenge_age");
        found.find(|row| row.variant.to_string().contains("confirm") == confirmed)
    };
    let wrong = |row: &Row| row.value.is_some_and(|value| value <= PASSING);
    let confirmed = of(true).map(|row| (wrong(row), row.has(metric::flag::CONFIRMED)));
    // The second test itself: its level among those whose first half has chosen too low an age.
    let second = confirmed.and_then(|(wrong, confirmed)| wrong.then_some(confirmed));
    [of(false).map(wrong), confirmed.map(|(wrong, confirmed)| wrong && confirmed), second]
}

/// How often the safe challenge age lies too low, and how often such a one is confirmed.
pub fn tables(effort: &Effort) -> Vec<Table> {
    let about = ["rate on the target", "attempts", "ρ", "people a year of age"];
    let mut table = Table::new("buffer", about, ["too low", "too low and confirmed", "confirmed, of those too low"]);
    let Ok(protocol) = Protocol::from_toml(PROTOCOL) else {
        table.broken.push("the protocol of the safe buffer is not read".to_owned());
        return vec![table];
    };
    // 59 and 186 of each sex: with one attempt each, numbers at which a right bound comes close to 5 % of wrong passes.
    let sizes: &[u64] = if effort.few { &[118] } else { &[118, 372] };
    let bounds = [
        ("females of 17 alone", Bound::FemalesAt17, 1.0),
        ("females of 13 to 16 alone", Bound::FemalesBefore, 1.25),
        ("all females", Bound::Females, 1.0),
        ("everybody", Bound::Everybody, 1.0),
    ];
    for (name, bound, factor) in bounds.into_iter().take(if effort.few { 1 } else { 4 }) {
        for (design, rho) in [(0, 0.0), (1, 0.2), (1, 0.8)].into_iter().take(if effort.few { 2 } else { 3 }) {
            let (attempts, design_sizes) = DESIGNS[design];
            for people in sizes {
                let cell = Population::of(design_sizes, rho, TARGET * factor);
                let label = format!("buffer {name} {attempts} {rho} {people}");
                let found = over_sets(effort.sets, &label, |random| wrong(random, &protocol, bound, &cell, *people));
                let about = [name.to_owned(), attempts.to_owned(), rho.to_string(), people.to_string()];
                // The second test is held to its level where it was come to often enough.
                let rule = |tally: Tally| if tally.sets >= 100 { Rule::AtMost(0.05) } else { Rule::Told };
                table.row(&about, found.map(|tally| Figure::drawn(tally, rule(tally))));
            }
        }
    }
    vec![table]
}
