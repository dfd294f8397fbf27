//! Both errors by group: one table a limit and group column, at the headline challenge ages, and one of how far the
//! groups lie apart.

use std::collections::BTreeSet;

use super::cells::{Weak, counts, share, status};
use super::find::Source;
use super::grid::{Cell, Grid, Tone};
use super::limit::{People, challenge_name, counted};
use super::names;
use super::number::percent;
use super::{DENIALS, PASSES};
use crate::age::AgeLimit;
use crate::table::{
    ChallengeSelect, Evidence, FailurePolicy, Group, GroupSelect, Row, RowStatus, Select, Variant, VariantSelect,
};

/// The tables of every group column at `limit`; crossings come after the single columns.
pub(crate) fn tables(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Grid> {
    let groups: BTreeSet<&Group> = sources
        .iter()
        .flat_map(|source| &source.rows)
        .filter(|row| row.limit == Some(limit) && names::BOTH_ERRORS.contains(&row.metric.as_str()))
        .map(|row| &row.group)
        .filter(|group| !group.is_whole() && !group.level().is_empty())
        .collect();
    let columns: BTreeSet<_> = groups.iter().map(|group| (group.parts().len(), group.by())).collect();
    columns
        .into_iter()
        .flat_map(|(_, by)| {
            let levels: Vec<_> = groups.iter().copied().filter(|group| group.by() == by).collect();
            [table(sources, limit, &levels), apart(sources, limit, by, levels.first().copied())]
        })
        .filter(|grid| !grid.lines.is_empty())
        .collect()
}

fn table(sources: &[Source<'_>], limit: AgeLimit, levels: &[&Group]) -> Grid {
    let names = |group: &Group| group.parts().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" by ");
    let column = levels.first().map(|group| names(group)).unwrap_or_default();
    let Some(people) = People::headline(sources, limit) else { return Grid::default() };
    let policy = sources.first().map_or(FailurePolicy::Conditional, |source| source.policy);
    let caption = format!("By {column}, limit {limit}: {}", counted(&people, policy));
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
                let level = group.parts().into_iter().map(|(_, level)| level).collect::<Vec<_>>().join(", ");
                grid.lines.push(vec![
                    Cell::plain(&source.label),
                    Cell::plain(challenge_name(challenge)),
                    Cell::plain(level),
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
    let parts = level.map(Group::parts).unwrap_or_default();
    let column = parts.into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(" by ");
    let Some(people) = People::headline(sources, limit) else { return Grid::default() };
    let caption = format!(
        "How far groups by {column} lie apart, limit {limit}: largest less smallest rate of the groups with enough people, \
         and how often labels dealt by chance among people of one age lie as far apart"
    );
    let heads = ["method", "challenge age", PASSES, "by chance", "p", DENIALS, "by chance", "p", "left out"];
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        for challenge in source.headline(limit) {
            let mut line = vec![Cell::plain(&source.label), Cell::plain(challenge_name(challenge))];
            let mut left_out: Vec<String> = Vec::new();
            for (metric, population) in people.populations() {
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
                let plain = |name: &str| of(name, Variant::none());
                line.push(gap(plain(names::MAX_MINUS_MIN)));
                line.push(by_chance(
                    of(names::MAX_MINUS_MIN, Variant::of("null", "median")),
                    of(names::MAX_MINUS_MIN, Variant::of("null", "percentile_95")),
                ));
                line.push(probability(of(names::PERMUTATION_P, Variant::of("summary", names::MAX_MINUS_MIN))));
                left_out.extend(plain(names::LEFT_OUT).into_iter().flat_map(named));
            }
            if line[2..].iter().all(|cell| cell.tone == Tone::Absent) {
                continue;
            }
            left_out.sort();
            left_out.dedup();
            line.push(Cell::plain(left_out.join(", ")));
            grid.lines.push(line);
        }
    }
    grid
}

/// `12.3 points`: a difference of two shares.
fn gap(row: Option<&Row>) -> Cell {
    let Some(row) = row else { return Cell::absent("") };
    let Some(value) = row.value else { return Cell::absent(status(row)) };
    let tone = if row.status == RowStatus::Value { Tone::Plain } else { Tone::Weak };
    Cell { text: format!("{} points", percent(value).trim_end_matches(" %")), tone, mark: None }
}

/// `2.1 (95 %: 5.0)`: the middle of what chance alone would show, and what it passes in one case of twenty.
fn by_chance(median: Option<&Row>, tail: Option<&Row>) -> Cell {
    match (median.and_then(|row| row.value), tail.and_then(|row| row.value)) {
        (Some(median), Some(tail)) => {
            let [median, tail] = [median, tail].map(|value| percent(value).trim_end_matches(" %").to_owned());
            Cell::plain(format!("{median} (95 %: {tail})"))
        }
        _ => Cell::absent(""),
    }
}

/// `0.034`, `<0.001`; weak where too few labels could move.
fn probability(row: Option<&Row>) -> Cell {
    let Some((row, value)) = row.and_then(|row| Some((row, row.value?))) else { return Cell::absent("") };
    let text = if value < 0.001 { "<0.001".to_owned() } else { format!("{value:.3}") };
    let tone = if row.status == RowStatus::Value { Tone::Plain } else { Tone::Weak };
    Cell { text, tone, mark: None }
}

/// The groups that the evidence cell of `groups_left_out` names.
fn named(row: &Row) -> Vec<String> {
    match &row.evidence {
        Some(Evidence::Short(groups)) => groups.clone(),
        _ => Vec::new(),
    }
}
