//! What is wrong with a protocol: as many problems at once as can be found.

use std::collections::BTreeSet;
use std::fmt;

use super::{Groups, Protocol};
use crate::table::{ChallengeSelect, Select};

/// A protocol that cannot be used, with every problem that was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ProtocolError {
    /// At least one.
    pub problems: Vec<Found>,
}

/// A problem, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The line that a text editor shows, counted from 1; none where the protocol does not say what is wrong, but the
    /// defaults do.
    pub row: Option<u64>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}: ")?;
        }
        write!(f, "{}", self.problem)
    }
}

/// One thing wrong with a protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, or a value of another type.
    #[error("{0}")]
    Toml(String),
    /// A key that a protocol does not have.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key as written, sections with a dot.
        key: String,
        /// The keys known at this place, for "did you mean".
        known: Vec<&'static str>,
    },
    /// A value that its key does not take.
    #[error("`{key}`: {text}")]
    Value {
        /// The key.
        key: String,
        /// What was found, and what was expected.
        text: String,
    },
}

/// What the types alone do not rule out.
pub(super) fn problems(protocol: &Protocol) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut wrong = |key: &str, text: String| found.push(Problem::Value { key: key.to_owned(), text });
    if protocol.name.trim().is_empty() || protocol.name.chars().any(char::is_control) {
        wrong("name", "expected 1 or more characters, no control characters".to_owned());
    }
    if protocol.limits.is_empty() {
        wrong("limits", "no limit: expected at least one age in whole years".to_owned());
    }
    if protocol.limits.windows(2).any(|pair| pair[0] >= pair[1]) {
        wrong("limits", "expected ascending ages, each once".to_owned());
    }
    let grid = &protocol.challenge;
    if grid.step == 0 {
        wrong("challenge.step", "expected more than 0 years".to_owned());
    } else if !grid.span.is_multiple_of(grid.step) {
        wrong("challenge.span", "expected a multiple of `challenge.step`".to_owned());
    } else if grid.span / grid.step > 120 {
        wrong("challenge.step", "more than 121 challenge ages a limit".to_owned());
    }
    if grid.headline.is_empty() || grid.headline.windows(2).any(|pair| pair[0] >= pair[1]) {
        wrong("challenge.headline", "expected at least one offset, ascending, each once".to_owned());
    }
    for offset in &grid.headline {
        if *offset > grid.span || (grid.step > 0 && !offset.is_multiple_of(grid.step)) {
            let years = f64::from(*offset) / 1000.0;
            wrong("challenge.headline", format!("{years} is not one of the offsets 0, step, ..., span"));
        }
    }
    if let Some(last) = protocol.limits.last().filter(|last| last.years() * 1000 + grid.span > 120_000) {
        wrong("challenge.span", format!("the highest challenge age of the limit {last} is above 120 years"));
    }
    if protocol.windows.under_years > 100 || protocol.windows.over_years > 100 {
        wrong("windows", "expected at most 100 years".to_owned());
    }
    columns(protocol, &mut wrong);
    super::populations::lists(protocol, &mut wrong);
    super::scores::problems(protocol, &mut wrong);
    super::buffer::problems(protocol, &mut wrong);
    super::between::problems(protocol, &mut wrong);
    for (key, share) in [
        ("straddling_share", protocol.straddling_share),
        ("evidence.width", protocol.evidence.width),
        ("evidence.small_width", protocol.evidence.small_width),
    ] {
        if !(0.0..=1.0).contains(&share) {
            wrong(key, format!("{share} is not a share between 0 and 1"));
        }
    }
    for (key, number) in
        [("evidence.n_star", protocol.evidence.n_star), ("evidence.width_share", protocol.evidence.width_share)]
    {
        if !number.is_finite() || number < 0.0 {
            wrong(key, format!("{number} is not a number from 0 on"));
        }
    }
    for (key, level) in [("levels.display", protocol.levels.display), ("levels.claim", protocol.levels.claim)] {
        if !(0.5..1.0).contains(&level) {
            wrong(key, format!("{level} is not a level: expected 0.5 or more and less than 1"));
        }
    }
    found.extend(super::populations::problems(&protocol.standards, &protocol.projections));
    found
}

/// What is wrong with an entry of `[[primary]]` or `[[family]]`: people under the limit would pass by rule.
pub(super) fn below_its_limit(select: &Select, protocol: &Protocol) -> Option<String> {
    // Without a limit of its own an entry speaks of every limit that is not above its challenge age.
    let limit = select.limit.or_else(|| protocol.limits.first().copied())?;
    let Some(ChallengeSelect::At(challenge)) = select.challenge else { return None };
    (challenge < limit.into()).then(|| {
        format!("the challenge age {challenge} lies below the limit {limit}: people under the limit would pass by rule")
    })
}

fn columns(protocol: &Protocol, wrong: &mut impl FnMut(&str, String)) {
    if let Groups::Columns(columns) = &protocol.groups {
        let mut seen = BTreeSet::new();
        for column in columns {
            if column.is_empty() || !seen.insert(column) {
                wrong("groups", format!("`{column}` is empty or named twice"));
            }
        }
    }
    for crossing in &protocol.crossings {
        let distinct: BTreeSet<_> = crossing.iter().collect();
        if crossing.len() < 2 || distinct.len() < crossing.len() || crossing.iter().any(String::is_empty) {
            wrong("crossings", format!("[{}] is not a list of two or more different columns", crossing.join(", ")));
        }
    }
}
