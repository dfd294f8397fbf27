//! Both errors by single year of true age: the picture of a limit, and the numbers behind it.

use std::collections::BTreeSet;

use super::cells::{Weak, counts, share};
use super::find::Source;
use super::grid::{Cell, Grid, Mark, Tone};
use super::limit::challenge_name;
use super::names;
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Group, Population, PopulationSelect};

/// Challenge ages in one picture; more cannot be told apart.
const SERIES: usize = 2;

/// Both errors by single year for every method at one limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByAge {
    /// The limit.
    pub(crate) limit: AgeLimit,
    /// One a method.
    pub(crate) panels: Vec<Panel>,
    /// The same numbers as a table.
    pub(crate) grid: Grid,
}

/// One method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    /// The method.
    pub(crate) label: String,
    /// One a challenge age.
    pub(crate) series: Vec<Series>,
}

/// One challenge age.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// The challenge age; none for the method's own decision.
    pub(crate) challenge: Option<ChallengeAge>,
    /// Single years in order.
    pub(crate) points: Vec<Point>,
}

/// One single year.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// Completed years.
    pub(crate) age: u32,
    /// Whether all later years are in it as well.
    pub(crate) and_later: bool,
    /// Share and bounds: of passes below the limit, of denials from it on.
    pub(crate) mark: Mark,
    /// Whether a claim can rest on it.
    pub(crate) weak: bool,
}

/// The single years at `limit`; none where the table has no row with a value for any of them.
pub(crate) fn by_age(sources: &[Source<'_>], limit: AgeLimit) -> Option<ByAge> {
    let heads = ["method", "challenge age", "true age", "error", "rate", "k of n"];
    let caption = format!("By single year of true age, limit {limit}: passes below {limit}, denials from {limit} on");
    let mut grid = Grid::new(caption, 4, &heads);
    let mut panels = Vec::new();
    for source in sources.iter().filter(|source| source.speaks_of(limit)) {
        let mut series = Vec::new();
        for challenge in source.headline(limit).into_iter().take(SERIES) {
            let mut points = Vec::new();
            for (age, and_later) in years(source, limit) {
                let population = if and_later { Population::AgeFrom(age) } else { Population::Age(age) };
                let (metric, error) = if age < limit.years() {
                    (names::UNDER_AGE_PASS, "passes")
                } else {
                    (names::ADULT_DENIAL, "denials")
                };
                let select = PopulationSelect::Exactly(population);
                let row = source.rate(metric, limit, challenge, select, &Group::whole());
                let cell = share(row, Weak::Shown);
                if let Some(mark) = cell.mark {
                    points.push(Point { age, and_later, mark, weak: cell.tone == Tone::Weak });
                }
                grid.lines.push(vec![
                    Cell::plain(&source.label),
                    Cell::plain(challenge_name(challenge)),
                    Cell::plain(if and_later { format!("{age} and over") } else { age.to_string() }),
                    Cell::plain(error),
                    cell,
                    counts(row),
                ]);
            }
            series.push(Series { challenge, points });
        }
        panels.push(Panel { label: source.label.clone(), series });
    }
    let drawn = panels.iter().flat_map(|panel| &panel.series).any(|series| !series.points.is_empty());
    drawn.then_some(ByAge { limit, panels, grid })
}

/// The single years that the source has rows for at `limit`, ascending.
fn years(source: &Source<'_>, limit: AgeLimit) -> BTreeSet<(u32, bool)> {
    source
        .rows
        .iter()
        .filter(|row| row.limit == Some(limit) && names::BOTH_ERRORS.contains(&row.metric.as_str()))
        .filter_map(|row| match row.population {
            Population::Age(age) => Some((age, false)),
            Population::AgeFrom(age) => Some((age, true)),
            _ => None,
        })
        .collect()
}
