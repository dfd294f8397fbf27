//! Both errors by group: one table a limit and group column, at the headline challenge ages, and one of how far the
//! groups lie apart.

use std::collections::BTreeSet;

use super::cells::{NO_ROW, Weak, counts, first_reason, share, status};
use super::figure::{Drawing, Figure, Line, Scale, Value, Whiskers};
use super::find::Source;
use super::form;
use super::grid::{Cell, Grid, Mark, Tone};
use super::limit::{People, challenge_name, counted};
use super::names;
use super::number::{count, percent, points};
use super::{DENIALS, PASSES};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{
    ChallengeSelect, Evidence, Group, GroupSelect, PopulationSelect, Row, RowStatus, Select, Variant, VariantSelect,
};

/// Lines that a picture of groups holds.
const MOST_LINES: usize = 60;

/// The tables of every group column at `limit`; crossings come after the single columns.
pub(crate) fn tables(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Grid> {
    columns(sources, limit)
        .into_iter()
        .flat_map(|(by, levels)| [table(sources, limit, &levels), apart(sources, limit, &by, levels.first().copied())])
        .filter(|grid| !grid.lines.is_empty())
        .collect()
}

/// The group columns with rows at `limit`, each with its groups; crossings come after the single columns.
fn columns<'a>(sources: &[Source<'a>], limit: AgeLimit) -> Vec<(String, Vec<&'a Group>)> {
    let groups: BTreeSet<&Group> = sources
        .iter()
        .flat_map(|source| names::BOTH_ERRORS.iter().flat_map(|metric| source.of(metric)))
        .filter(|row| row.limit == Some(limit))
        .map(|row| &row.group)
        .filter(|group| !group.is_whole() && !group.level().is_empty())
        .collect();
    let columns: BTreeSet<_> = groups.iter().map(|group| (group.parts().len(), group.by())).collect();
    let levels = |by: &str| groups.iter().copied().filter(|group| group.by() == by).collect();
    columns.into_iter().map(|(_, by)| (by.to_owned(), levels(by))).collect()
}

fn table(sources: &[Source<'_>], limit: AgeLimit, levels: &[&Group]) -> Grid {
    let column = column_name(levels.first().copied());
    let Some(people) = People::headline(sources, limit) else { return Grid::default() };
    let counted = counted(&people, &sources.iter().collect::<Vec<_>>(), limit);
    let caption = format!("By {column}, limit {limit}: {counted}");
    let heads = ["method", "challenge age", &column, PASSES, "k of n", DENIALS, "k of n"];
    let mut grid = Grid::new(caption, 3, &heads);
    for source in sources {
        for challenge in source.headline(limit) {
            for &group in levels {
                let [under, over] = people.rows(source, limit, challenge, group);
                // Not every column and level is there for every method and challenge age (crossings are fewer).
                if under.is_none() && over.is_none() {
                    continue;
                }
                grid.lines.push(vec![
                    Cell::plain(&source.label),
                    Cell::plain(challenge_name(challenge)),
                    Cell::plain(level_name(group)),
                    share(under, Weak::Hidden),
                    counts(under),
                    share(over, Weak::Hidden),
                    counts(over),
                ]);
            }
        }
    }
    grid
}

/// The largest difference of each error between groups, beside what it would be if labels had been dealt by chance.
fn apart(sources: &[Source<'_>], limit: AgeLimit, by: &str, level: Option<&Group>) -> Grid {
    let column = column_name(level);
    let Some(people) = People::headline(sources, limit) else { return Grid::default() };
    let mut caption = format!(
        "How far groups by {column} lie apart, limit {limit}: largest less smallest rate of the groups with enough people, \
         and how often labels dealt by chance among people of one age lie as far apart"
    );
    let heads = ["method", "challenge age", PASSES, "by chance", "p", DENIALS, "by chance", "p", "left out"];
    let mut grid = Grid::new("", 2, &heads);
    let mut undeclared = false;
    for source in sources {
        for challenge in source.headline(limit) {
            let mut line = vec![Cell::plain(&source.label), Cell::plain(challenge_name(challenge))];
            let mut left_out: Vec<String> = Vec::new();
            let mut unreckoned = false;
            for (metric, population) in people.populations() {
                let rows = Gap::of(source, (limit, challenge), by, metric, population);
                line.push(gap(rows.gap));
                line.push(by_chance(rows.median, rows.tail));
                line.push(probability(rows.probability));
                left_out.extend(rows.left_out.into_iter().flat_map(named));
                unreckoned |= rows.gap.is_some() && rows.median.is_none() && rows.probability.is_none();
            }
            if line[2..].iter().all(|cell| cell.tone == Tone::Absent) {
                continue;
            }
            left_out.sort();
            left_out.dedup();
            line.push(Cell::plain(left_out.join(", ")));
            grid.lines.push(line);
            undeclared |= unreckoned;
        }
    }
    if undeclared {
        caption
            .push_str("; n/a where the protocol does not declare the difference primary, so that chance was not drawn");
    }
    grid.caption = caption;
    grid
}

/// The rows about how far the groups of one column lie apart, for one error.
struct Gap<'a> {
    /// Largest less smallest.
    gap: Option<&'a Row>,
    /// The middle of the same by chance.
    median: Option<&'a Row>,
    /// What chance passes in one case of twenty.
    tail: Option<&'a Row>,
    /// How often chance lies as far apart.
    probability: Option<&'a Row>,
    /// The groups that are in none of this.
    left_out: Option<&'a Row>,
}

impl<'a> Gap<'a> {
    fn of(
        source: &Source<'a>,
        (limit, challenge): (AgeLimit, Option<ChallengeAge>),
        by: &str,
        metric: &str,
        population: &PopulationSelect,
    ) -> Self {
        let of = |name: &str, more: Variant| {
            source.first(&Select {
                limit: Some(limit),
                challenge: Some(challenge.map_or(ChallengeSelect::Own, ChallengeSelect::At)),
                population: Some(population.clone()),
                group: GroupSelect::Exactly(Group::all_of(by)),
                variant: VariantSelect::Exactly(more.with("of", metric)),
                ..Select::metric(name)
            })
        };
        Self {
            gap: of(names::MAX_MINUS_MIN, Variant::none()),
            median: of(names::MAX_MINUS_MIN, Variant::of("null", "median")),
            tail: of(names::MAX_MINUS_MIN, Variant::of("null", "percentile_95")),
            probability: of(names::PERMUTATION_P, Variant::of("summary", names::MAX_MINUS_MIN)),
            left_out: of(names::LEFT_OUT, Variant::none()),
        }
    }
}

/// The pictures of every group column at `limit`: each group's errors, and how far they lie apart beside chance. A column
/// with more lines than a picture holds has its tables only.
pub(crate) fn figures(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Figure> {
    let Some(people) = People::headline(sources, limit) else { return Vec::new() };
    columns(sources, limit)
        .into_iter()
        .enumerate()
        .filter_map(|(place, (by, levels))| figure(sources, limit, &people, (place, &by, &levels)))
        .collect()
}

fn figure(
    sources: &[Source<'_>],
    limit: AgeLimit,
    people: &People,
    (place, by, levels): (usize, &str, &[&Group]),
) -> Option<Figure> {
    let mut lines = Vec::new();
    let column = column_name(levels.first().copied());
    for source in sources {
        for challenge in source.headline(limit) {
            let heading = format!("{}, challenge age {}", source.label, challenge_name(challenge));
            let mut of_method = Vec::new();
            for &group in levels {
                let rows = people.rows(source, limit, challenge, group);
                if rows.iter().all(Option::is_none) {
                    continue;
                }
                let label = level_name(group);
                let values = rows.map(|row| {
                    let cell = share(row, Weak::Shown);
                    let said = format!("{heading}, {label}: {}", cell.text);
                    Value { mark: cell.mark, weak: cell.tone == Tone::Weak, beside: None, said }
                });
                let people = rows.map(|row| row.and_then(|row| row.n_subjects).map_or("?".to_owned(), count));
                let label = format!("{label} ({} and {} people)", people[0], people[1]);
                of_method.push(Line { heading: String::new(), label, values: values.into() });
            }
            let apart = people.populations().map(|(metric, population)| {
                let rows = Gap::of(source, (limit, challenge), by, metric, population);
                let value = |row: Option<&Row>| row.and_then(|row| row.value);
                let cell = gap(rows.gap);
                let beside = value(rows.median).zip(value(rows.tail));
                let mark = value(rows.gap).map(|value| Mark { value, low: value, high: value });
                let said = format!(
                    "{heading}, largest less smallest: {}; by chance {}",
                    cell.text,
                    by_chance(rows.median, rows.tail).text
                );
                Value { mark, weak: cell.tone == Tone::Weak, beside, said }
            });
            if apart.iter().any(|value| value.mark.is_some()) {
                of_method.push(Line {
                    heading: String::new(),
                    label: "largest less smallest".to_owned(),
                    values: apart.into(),
                });
            }
            if let Some(first) = of_method.first_mut() {
                first.heading = heading;
            }
            lines.extend(of_method);
        }
    }
    let drawn = lines.iter().flat_map(|line| &line.values).any(|value| value.mark.is_some());
    (drawn && lines.len() <= MOST_LINES).then(|| Figure {
        id: format!("groups-{limit}-{place}"),
        title: format!("Both errors by {column}, limit {limit}"),
        caption: format!(
            "Both errors by {column}, limit {limit}, each group with its interval; grey: too little evidence. The shaded stretch \
             is what labels dealt by chance would show as the largest difference in 19 cases of 20, its stroke the middle \
             case.{}",
            form::note(sources, limit)
        ),
        drawing: Drawing::Whiskers(Whiskers {
            heads: vec![PASSES.to_owned(), DENIALS.to_owned()],
            scale: Scale::Shares,
            lines,
        }),
        grid: table(sources, limit, levels),
    })
}

fn column_name(group: Option<&Group>) -> String {
    group.map(Group::parts).unwrap_or_default().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" by ")
}

fn level_name(group: &Group) -> String {
    group.parts().into_iter().map(|(_, level)| level).collect::<Vec<_>>().join(", ")
}

fn gap(row: Option<&Row>) -> Cell {
    let Some(row) = row else { return Cell::absent(NO_ROW) };
    let Some(value) = row.value else { return Cell::absent(status(row)) };
    let tone = if row.status == RowStatus::Value { Tone::Plain } else { Tone::Weak };
    Cell { text: points(value), tone, mark: None }
}

/// `2.1 (95 %: 5.0)`: the middle of what chance alone would show, and what it passes in one case of twenty.
fn by_chance(median: Option<&Row>, tail: Option<&Row>) -> Cell {
    match (median.and_then(|row| row.value), tail.and_then(|row| row.value)) {
        (Some(_), Some(_)) if [median, tail].into_iter().flatten().any(|row| row.status != RowStatus::Value) => {
            let why = [median, tail].into_iter().flatten().find(|row| row.status != RowStatus::Value).map(first_reason);
            Cell { text: format!("n/a ({})", why.unwrap_or_default()), tone: Tone::Weak, mark: None }
        }
        (Some(median), Some(tail)) => {
            let [median, tail] = [median, tail].map(|value| percent(value).trim_end_matches(" %").to_owned());
            Cell::plain(format!("{median} (95 %: {tail})"))
        }
        _ => without(median.or(tail)),
    }
}

/// `0.034`, `<0.001`; weak where too few labels could move.
fn probability(row: Option<&Row>) -> Cell {
    let Some((row, value)) = row.and_then(|row| Some((row, row.value?))) else { return without(row) };
    if row.status != RowStatus::Value {
        return Cell { text: format!("n/a ({})", first_reason(row)), tone: Tone::Weak, mark: None };
    }
    Cell::plain(if value < 0.001 { "<0.001".to_owned() } else { format!("{value:.3}") })
}

/// Why nothing was drawn by chance; without a row it was not asked for.
fn without(row: Option<&Row>) -> Cell {
    Cell::absent(row.map_or_else(|| "n/a".to_owned(), status))
}

/// The groups that the evidence cell of `groups_left_out` names.
fn named(row: &Row) -> Vec<String> {
    match &row.evidence {
        Some(Evidence::Short(groups)) => groups.clone(),
        _ => Vec::new(),
    }
}
