//! The tables of one method at one limit: both errors in one line, for each challenge age.

use super::cells::{Weak, counts, share};
use super::find::Source;
use super::grid::{Cell, Grid};
use super::names;
use super::number::count;
use super::{DENIALS, PASSES};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{FailurePolicy, Group, Population, PopulationSelect, Row};

/// The people that the two errors of a table are counted over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct People {
    /// Below the limit: which rows, and in words (`aged 13 to 17`).
    pub(crate) under: (PopulationSelect, String),
    /// At or above the limit.
    pub(crate) over: (PopulationSelect, String),
}

impl People {
    /// Those near the limit, in the protocol's windows; everyone where the table has no window.
    pub(crate) fn near(source: &Source<'_>, limit: AgeLimit) -> Self {
        let everyone = Self::everyone(limit);
        let window = |metric, otherwise| {
            source.window(metric, limit).map_or(otherwise, |(first, last)| {
                let words = format!("aged {first} to {last}");
                (PopulationSelect::Exactly(Population::Window(first, last)), words)
            })
        };
        Self { under: window(names::UNDER_AGE_PASS, everyone.under), over: window(names::ADULT_DENIAL, everyone.over) }
    }

    /// Everyone in the data on either side.
    pub(crate) fn everyone(limit: AgeLimit) -> Self {
        Self {
            under: (PopulationSelect::Exactly(Population::Under), format!("of any age under {limit}")),
            over: (PopulationSelect::Exactly(Population::Over), format!("of any age from {limit} on")),
        }
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
            .map(|(metric, (population, _))| source.rate(metric, limit, challenge, population.clone(), group))
    }
}

/// The challenge age as the tables name it.
pub(crate) fn challenge_name(challenge: Option<ChallengeAge>) -> String {
    challenge.map_or_else(|| "own decision".to_owned(), |challenge| challenge.to_string())
}

/// Whom a table counts, how they weigh, and what an attempt without a decision counts as.
pub(crate) fn counted(people: &People, policy: FailurePolicy) -> String {
    let attempts = match policy {
        FailurePolicy::Conditional => "attempts that got a decision",
        FailurePolicy::FailClosed => "all attempts, those without a decision as not passing",
        FailurePolicy::FailOpen => "all attempts, those without a decision as passing",
    };
    // METRICS M3: the headline of a window is the equal mean of its single years.
    let windows = [&people.under.0, &people.over.0]
        .into_iter()
        .all(|population| matches!(population, PopulationSelect::Exactly(Population::Window(..))));
    let weights = if windows { ", each year of age weighing the same" } else { "" };
    format!(
        "people {} and people {}. Rates are shares of people{weights}; k of n counts {attempts}",
        people.under.1, people.over.1
    )
}

/// One line a challenge age.
pub(crate) fn table(
    source: &Source<'_>,
    limit: AgeLimit,
    people: &People,
    challenges: &[Option<ChallengeAge>],
) -> Grid {
    let caption = format!("{}, limit {limit}: {}", source.label, counted(people, source.policy));
    let decided_heads = [format!("decided <{limit}"), format!("decided {limit}+")];
    let heads = ["challenge age", PASSES, "k of n", DENIALS, "k of n", &decided_heads[0], &decided_heads[1]];
    let mut grid = Grid::new(caption, 1, &heads);
    for &challenge in challenges {
        let [under, over] = people.rows(source, limit, challenge, &Group::whole());
        grid.lines.push(vec![
            Cell::plain(challenge_name(challenge)),
            share(under, Weak::Hidden),
            counts(under),
            share(over, Weak::Hidden),
            counts(over),
            decided(source, under),
            decided(source, over),
        ]);
    }
    grid
}

/// `341 of 350`: the denominators of the same rate over decided attempts and over all attempts.
fn decided(source: &Source<'_>, row: Option<&Row>) -> Cell {
    let attempts = |row: &Row, policy| {
        let mut place = row.place();
        place.failure_policy = Some(policy);
        source.rows.iter().find(|other| other.metric == row.metric && other.place() == place)?.n_attempts
    };
    let both = row
        .and_then(|row| Some((attempts(row, FailurePolicy::Conditional)?, attempts(row, FailurePolicy::FailClosed)?)));
    both.map_or_else(|| Cell::absent(""), |(decided, all)| Cell::plain(format!("{} of {}", count(decided), count(all))))
}
