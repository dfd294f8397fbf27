//! The safe challenge age of each method at each limit, and whether the other half of the people confirmed it.

use super::Beside;
use super::cells::status;
use super::find::Source;
use super::grid::{Cell, Grid, Tone};
use super::names;
use crate::age::AgeLimit;
use crate::table::{Row, RowStatus};

/// What of a method is looked at: all its people, or what one half of them chose and the other tested.
#[derive(Clone, Copy, PartialEq, Eq)]
enum People {
    All,
    Halves,
}

/// One line a method and limit; nothing where no method could have a safe challenge age.
pub(super) fn beside(sources: &[Source<'_>]) -> Beside {
    let any = |people, wanted: fn(&Row) -> bool| {
        sources.iter().any(|source| rows(source, names::SAFE_CHALLENGE_AGE, people).any(wanted))
    };
    let tested = any(People::Halves, |_| true);
    let caption = "The least challenge age at which, and at every larger one, the protocol's rule on under-age passes is shown to \
                   be kept, by the bound and not by the rate";
    let mut heads = vec!["method", "limit", "safe challenge age", "years above the limit"];
    heads.extend(tested.then_some("chosen on one half, tested on the other"));
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        for row in rows(source, names::SAFE_CHALLENGE_AGE, People::All) {
            let Some(limit) = row.limit else { continue };
            let buffer = at(source, names::SAFE_BUFFER, People::All, limit).and_then(|row| row.value);
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(limit.to_string()),
                found(row),
                buffer.map_or_else(|| Cell::absent(""), |years| Cell::plain(years.to_string())),
            ]);
            if let Some(line) = grid.lines.last_mut().filter(|_| tested) {
                let halves = at(source, names::SAFE_CHALLENGE_AGE, People::Halves, limit);
                line.push(halves.map_or_else(|| Cell::absent(""), confirmed));
            }
        }
    }
    let applies = any(People::All, |row| row.status != RowStatus::NotApplicable);
    Beside {
        id: "safe",
        heading: "The safe challenge age".to_owned(),
        link: "Safe challenge age".to_owned(),
        sentences: Vec::new(),
        grids: if applies { vec![grid] } else { Vec::new() },
        figures: Vec::new(),
    }
}

fn rows<'a>(source: &Source<'a>, metric: &str, people: People) -> impl Iterator<Item = &'a Row> {
    let halves = |row: &Row| row.variant.get("confirm") == Some("halves");
    source.whole(metric).filter(move |row| halves(row) == (people == People::Halves))
}

fn at<'a>(source: &Source<'a>, metric: &str, people: People, limit: AgeLimit) -> Option<&'a Row> {
    rows(source, metric, people).find(|row| row.limit == Some(limit))
}

/// `24.5`, or why there is none.
fn found(row: &Row) -> Cell {
    row.value.map_or_else(|| Cell::absent(status(row)), |years| Cell::plain(years.to_string()))
}

/// `24.5, confirmed`; one that was not is no claim.
fn confirmed(row: &Row) -> Cell {
    let cell = found(row);
    match (row.has(names::CONFIRMED), row.has(names::NOT_CONFIRMED)) {
        (true, _) => Cell { text: format!("{}, confirmed", cell.text), ..cell },
        (_, true) => Cell { text: format!("{}, not confirmed", cell.text), tone: Tone::Weak, mark: None },
        _ => cell,
    }
}
