//! Both errors by single year of true age: the picture of a limit, and the numbers behind it.

use std::collections::BTreeSet;

use super::cells::{Weak, counts, share};
use super::figure::{Drawing, Figure};
use super::find::Source;
use super::grid::{Cell, Grid, Mark, Tone};
use super::limit::challenge_name;
use super::names;
use super::trade::MOST;
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Group, Population, PopulationSelect, Row};

/// Years below the limit in the picture; younger ones stand in the table only.
pub(crate) const YEARS_BELOW: u32 = 10;

/// Challenge ages in one picture; more cannot be told apart.
const SERIES: usize = 2;

/// Both errors by single year for every method at one limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ByAge {
    /// The limit.
    pub(crate) limit: AgeLimit,
    /// One a method.
    pub(crate) panels: Vec<Panel>,
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
    /// People.
    pub(crate) people: Option<u64>,
    /// The share in words, with what was counted: `21.2 % [11.4, 36.3], 9 of 38`.
    pub(crate) said: String,
}

/// The single years at `limit`; none where the table has no row with a value for any of them.
pub(crate) fn figure(sources: &[Source<'_>], limit: AgeLimit) -> Option<Figure> {
    let heads = ["method", "challenge age", "true age", "error", "rate", "k of n"];
    let caption = format!("By single year of true age, limit {limit}: passes below {limit}, denials from {limit} on");
    let mut grid = Grid::new(caption, 4, &heads);
    let mut panels = Vec::new();
    for source in sources.iter().filter(|source| source.speaks_of(limit)) {
        let mut series = Vec::new();
        for challenge in source.headline(limit).into_iter().take(SERIES) {
            let rows = shares(source, limit, challenge);
            for year in &rows {
                grid.lines.push(vec![
                    Cell::plain(&source.label),
                    Cell::plain(challenge_name(challenge)),
                    Cell::plain(if year.and_later { format!("{} and over", year.age) } else { year.age.to_string() }),
                    Cell::plain(year.error),
                    year.cell.clone(),
                    counts(year.row),
                ]);
            }
            series.push(Series { challenge, points: points(&rows) });
        }
        panels.push(Panel { label: source.label.clone(), series });
    }
    let drawn = panels.iter().flat_map(|panel| &panel.series).any(|series| !series.points.is_empty());
    let more = super::left_out(panels.len(), MOST);
    panels.truncate(MOST);
    drawn.then(|| Figure {
        id: format!("by-age-{limit}"),
        title: format!("Who is let through as {limit}, by single year of true age"),
        caption: format!(
            "Who is let through as {limit}, by single year of true age, with intervals: below the limit passes are errors, from it \
             on denials are, which the right scale counts. Grey: too few people.{more}"
        ),
        drawing: Drawing::ByAge(ByAge { limit, panels }),
        grid,
    })
}

/// One year at one challenge age.
struct Year<'a> {
    age: u32,
    and_later: bool,
    error: &'static str,
    row: Option<&'a Row>,
    cell: Cell,
}

/// All single years of `source` at a challenge age.
fn shares<'a>(source: &Source<'a>, limit: AgeLimit, challenge: Option<ChallengeAge>) -> Vec<Year<'a>> {
    let year = |(age, and_later): (u32, bool)| {
        let population = if and_later { Population::AgeFrom(age) } else { Population::Age(age) };
        let (metric, error) =
            if age < limit.years() { (names::UNDER_AGE_PASS, "passes") } else { (names::ADULT_DENIAL, "denials") };
        let select = PopulationSelect::Exactly(population);
        let row = source.rate(metric, limit, challenge, select, &Group::whole());
        Year { age, and_later, error, row, cell: share(row, Weak::Shown) }
    };
    years(source, limit).into_iter().map(year).collect()
}

fn points(years: &[Year<'_>]) -> Vec<Point> {
    let point = |year: &Year<'_>| {
        Some(Point {
            age: year.age,
            and_later: year.and_later,
            mark: year.cell.mark?,
            weak: year.cell.tone == Tone::Weak,
            people: year.row.and_then(|row| row.n_subjects),
            said: format!("{}, {}", year.cell.text, counts(year.row).text),
        })
    };
    years.iter().filter_map(point).collect()
}

/// The points of one method at one challenge age, as [`figure`] draws them.
pub(crate) fn at(source: &Source<'_>, limit: AgeLimit, challenge: Option<ChallengeAge>) -> Vec<Point> {
    points(&shares(source, limit, challenge))
}

/// The single years that the source has rows for at `limit`, ascending.
fn years(source: &Source<'_>, limit: AgeLimit) -> BTreeSet<(u32, bool)> {
    names::BOTH_ERRORS
        .into_iter()
        .flat_map(|metric| source.whole(metric))
        .filter(|row| row.limit == Some(limit))
        .filter_map(|row| match row.population {
            Population::Age(age) => Some((age, false)),
            Population::AgeFrom(age) => Some((age, true)),
            _ => None,
        })
        .collect()
}
