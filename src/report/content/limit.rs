//! The tables of one method at one limit: both errors in one line, for each challenge age.

use super::cells::{NO_ROW, Weak, counts, reasons, share, status};
use super::find::Source;
use super::form;
use super::grid::{Cell, Grid};
use super::names;
use super::number::count;
use super::{DENIALS, PASSES};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Group, Population, PopulationSelect, Row, RowStatus};

/// The people that the two errors of a table are counted over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct People {
    /// Below the limit.
    pub(crate) under: Side,
    /// At or above the limit.
    pub(crate) over: Side,
}

/// The people on one side of a limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Side {
    population: PopulationSelect,
    /// In words: `aged 13 to 17`.
    pub(crate) words: String,
    /// Why it is not the window that it should be.
    note: String,
}

impl Side {
    fn new(population: Population, words: String) -> Self {
        Self { population: PopulationSelect::Exactly(population), words, note: String::new() }
    }

    /// Whether it is a window of years near the limit.
    pub(crate) fn is_window(&self) -> bool {
        matches!(self.population, PopulationSelect::Exactly(Population::Window(..)))
    }
}

impl People {
    /// Those near the limit, in the protocol's windows; everyone where the table has no window.
    pub(crate) fn near(source: &Source<'_>, limit: AgeLimit) -> Self {
        let everyone = Self::everyone(limit);
        let window = |metric, otherwise| {
            source.window(metric, limit).map_or(otherwise, |(first, last)| {
                Side::new(Population::Window(first, last), format!("aged {first} to {last}"))
            })
        };
        Self { under: window(names::UNDER_AGE_PASS, everyone.under), over: window(names::ADULT_DENIAL, everyone.over) }
    }

    /// Those near the limit; on a side where no method's window has a value, such as where nobody of some year of age
    /// is in the data, everyone, as far as that has one.
    pub(crate) fn headline(sources: &[Source<'_>], limit: AgeLimit) -> Option<Self> {
        // A method that says nothing about the limit has no windows there.
        let speaking = sources.iter().find(|source| source.speaks_of(limit));
        let mut people = Self::near(speaking.or(sources.first())?, limit);
        let everyone = Self::everyone(limit);
        let sides = [
            (names::UNDER_AGE_PASS, &mut people.under, everyone.under),
            (names::ADULT_DENIAL, &mut people.over, everyone.over),
        ];
        for (metric, near, all) in sides {
            let rows = |side: &Side| {
                let mut found = Vec::new();
                for source in sources {
                    let rate =
                        |challenge| source.rate(metric, limit, challenge, side.population.clone(), &Group::whole());
                    found.extend(source.headline(limit).into_iter().filter_map(rate));
                }
                found
            };
            let known = |rows: &[&Row]| rows.iter().any(|row| row.value.is_some());
            let found = rows(near);
            if near.is_window() && !known(&found) && known(&rows(&all)) {
                *near = Side { note: format!(" (near the limit, {})", why_none(&found)), ..all };
            }
        }
        Some(people)
    }

    /// Everyone in the data on either side.
    pub(crate) fn everyone(limit: AgeLimit) -> Self {
        Self {
            under: Side::new(Population::Under, format!("of any age under {limit}")),
            over: Side::new(Population::Over, format!("of any age from {limit} on")),
        }
    }

    /// Both errors, with the people that each is counted over.
    pub(crate) fn populations(&self) -> [(&'static str, &PopulationSelect); 2] {
        [(names::UNDER_AGE_PASS, &self.under.population), (names::ADULT_DENIAL, &self.over.population)]
    }

    /// The two rows of a place.
    pub(crate) fn rows<'a>(
        &self,
        source: &Source<'a>,
        limit: AgeLimit,
        challenge: Option<ChallengeAge>,
        group: &Group,
    ) -> [Option<&'a Row>; 2] {
        [(names::UNDER_AGE_PASS, &self.under), (names::ADULT_DENIAL, &self.over)]
            .map(|(metric, side)| source.rate(metric, limit, challenge, side.population.clone(), group))
    }
}

/// Why none of the rows of a window has a value.
fn why_none(rows: &[&Row]) -> String {
    let nobody = |row: &&Row| row.status == RowStatus::Empty || reasons(row).contains("no subject aged");
    match rows {
        [] => "the results hold no rate".to_owned(),
        rows if rows.iter().any(nobody) => "some years of age have nobody in the data".to_owned(),
        rows if rows.iter().any(|row| row.status == RowStatus::Suppressed) => "rates are withheld".to_owned(),
        [row, ..] => format!("there is no rate: {}", status(row)),
    }
}

/// The challenge age as the tables name it.
pub(crate) fn challenge_name(challenge: Option<ChallengeAge>) -> String {
    challenge.map_or_else(|| "own decision".to_owned(), |challenge| challenge.to_string())
}

/// Whom a table of `sources` counts, how they weigh, and what an attempt without a decision counts as.
pub(crate) fn counted(people: &People, sources: &[&Source<'_>], limit: AgeLimit) -> String {
    // METRICS M3: the headline of a window is the equal mean of its single years.
    let weights = match (people.under.is_window(), people.over.is_window()) {
        (true, true) => ", each year of age weighing the same",
        (true, false) => ", of those under the limit each year of age weighing the same",
        (false, true) => ", of those over the limit each year of age weighing the same",
        (false, false) => "",
    };
    let [under, over] = [&people.under, &people.over].map(|side| format!("people {}{}", side.words, side.note));
    let has_window = people.under.is_window() || people.over.is_window();
    format!("{under} and {over}. {}", form::counted(sources, limit, weights, has_window))
}

/// One line a challenge age.
pub(crate) fn table(
    source: &Source<'_>,
    limit: AgeLimit,
    people: &People,
    challenges: &[Option<ChallengeAge>],
) -> Grid {
    let caption = format!("{}, limit {limit}: {}", source.label, counted(people, &[source], limit));
    let [below, above] = no_answer_heads(limit);
    let heads = ["challenge age", PASSES, "k of n", DENIALS, "k of n", &below, &above];
    let mut grid = Grid::new(caption, 1, &heads);
    for &challenge in challenges {
        let [under, over] = people.rows(source, limit, challenge, &Group::whole());
        grid.lines.push(vec![
            Cell::plain(challenge_name(challenge)),
            share(under, Weak::Hidden),
            counts(under),
            share(over, Weak::Hidden),
            counts(over),
            not_answered(source, limit, challenge, &people.under),
            not_answered(source, limit, challenge, &people.over),
        ]);
    }
    grid
}

/// The heads of the columns of attempts without an answer.
pub(crate) fn no_answer_heads(limit: AgeLimit) -> [String; 2] {
    [format!("no answer <{limit}"), format!("no answer {limit}+")]
}

/// `9 of 350`: attempts that ended in neither pass nor deny, of all attempts of these people.
pub(crate) fn not_answered(source: &Source<'_>, limit: AgeLimit, challenge: Option<ChallengeAge>, side: &Side) -> Cell {
    let Some(row) = no_decision(source, limit, challenge, side) else { return Cell::absent(NO_ROW) };
    match row.n_events.zip(row.n_attempts) {
        Some((events, attempts)) => Cell::plain(format!("{} of {}", count(events), count(attempts))),
        None => Cell::absent(status(row)),
    }
}

/// Whether an attempt of any of these people ended in neither pass nor deny.
pub(crate) fn lacks_answers(
    source: &Source<'_>,
    limit: AgeLimit,
    challenge: Option<ChallengeAge>,
    people: &People,
) -> bool {
    let some = |side| no_decision(source, limit, challenge, side).is_some_and(|row| row.n_events > Some(0));
    some(&people.under) || some(&people.over)
}

/// The row of attempts of these people that ended in neither pass nor deny.
fn no_decision<'a>(
    source: &Source<'a>,
    limit: AgeLimit,
    challenge: Option<ChallengeAge>,
    side: &Side,
) -> Option<&'a Row> {
    let PopulationSelect::Exactly(population) = &side.population else { return None };
    source
        .whole(names::NO_DECISION)
        .find(|row| row.limit == Some(limit) && row.challenge == challenge && row.population == *population)
}
