//! Both errors by group: one table a limit and group column, at the headline challenge ages.

use std::collections::BTreeSet;

use super::cells::{Weak, counts, share};
use super::find::Source;
use super::grid::{Cell, Grid};
use super::limit::{People, challenge_name, counted};
use super::names;
use super::{DENIALS, PASSES};
use crate::age::AgeLimit;
use crate::table::{FailurePolicy, Group};

/// The tables of every group column at `limit`; crossings come after the single columns.
pub(crate) fn tables(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Grid> {
    let groups: BTreeSet<&Group> = sources
        .iter()
        .flat_map(|source| &source.rows)
        .filter(|row| row.limit == Some(limit) && names::BOTH_ERRORS.contains(&row.metric.as_str()))
        .map(|row| &row.group)
        .filter(|group| !group.is_whole())
        .collect();
    let columns: BTreeSet<_> = groups.iter().map(|group| (group.parts().len(), group.by())).collect();
    columns
        .into_iter()
        .map(|(_, by)| {
            let levels: Vec<_> = groups.iter().copied().filter(|group| group.by() == by).collect();
            table(sources, limit, &levels)
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
