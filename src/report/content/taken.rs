//! What a method takes: how much its answers tell, and what its card declares beside what was measured.

use super::curve::{self, Curve};
use super::find::Source;
use super::grid::{Cell, Grid, Tone};
use super::number::count;
use super::visible;
use crate::table::{Evidence, Row};

/// The part of a report about what methods take.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Taken {
    /// Statements of cards that a measurement contradicts, to be read first: a sentence each, without its full stop.
    pub(crate) contradictions: Vec<String>,
    /// The tables; perhaps none.
    pub(crate) grids: Vec<Grid>,
    /// The picture of reduced inputs; none where none were tried.
    pub(crate) curve: Option<Curve>,
}

/// The heading of the part.
pub(crate) const HEADING: &str = "What a method takes";

/// The flag of what contradicts a card.
const CONTRADICTED: &str = "contradicted";

/// What the rows of `sources` say of it.
pub(super) fn taken(sources: &[Source<'_>]) -> Taken {
    let grids = [information(sources), declared(sources)].into_iter().chain(curve::grids(sources));
    Taken {
        contradictions: sources.iter().flat_map(contradictions).collect(),
        grids: grids.filter(|grid| !grid.lines.is_empty()).collect(),
        curve: curve::curve(sources),
    }
}

/// The rows of a statement each.
fn statements<'a>(source: &'a Source<'_>) -> impl Iterator<Item = &'a Row> {
    source.rows.iter().copied().filter(|row| row.metric == "contradictions")
}

fn cell<'a>(row: &'a Row, key: &str) -> &'a str {
    row.variant.get(key).unwrap_or_default()
}

/// What was measured of a statement, in words.
fn measured(row: &Row) -> String {
    match &row.evidence {
        Some(Evidence::Short(words)) => words.join(", "),
        _ => String::new(),
    }
}

/// `m: declared: keeps nothing; measured: 12 files, 48 kB after exit`.
fn contradictions(source: &Source<'_>) -> Vec<String> {
    let told = |row: &Row| {
        let (statement, says) = (cell(row, "statement").replace('_', " "), visible(cell(row, "says")));
        format!("{}: declared: {statement} {says}; measured: {}", source.label, visible(&measured(row)))
    };
    statements(source).filter(|row| row.has(CONTRADICTED)).map(told).collect()
}

/// What answers tell, a line a method.
fn information(sources: &[Source<'_>]) -> Grid {
    let heads = ["method", "answer", "different", "can tell", "beyond a yes or no", "told", "told beyond a yes or no"];
    let mut grid =
        Grid::new("What an answer tells, in bits: at most, and what the answers given told on average", 1, &heads);
    for source in sources {
        let of = |metric: &str| source.rows.iter().copied().find(|row| row.metric == metric);
        let classes = source.rows.iter().filter(|row| row.metric == "answers_of_class");
        let classes: Vec<String> = classes.map(|row| cell(row, "class").replace('_', " ")).collect();
        if classes.is_empty() {
            continue;
        }
        let different = of("distinct_answers").and_then(|row| row.value);
        let beyond = |observed: bool| {
            let mut rows = source.rows.iter().copied().filter(|row| row.metric == "bits_beyond_decision");
            rows.find(|row| (row.variant.get("of").is_some() == observed) && row.value.is_some())
        };
        grid.lines.push(vec![
            Cell::plain(&source.label),
            Cell::plain(classes.join(", ")),
            different.map_or_else(|| Cell::absent(""), |value| Cell::plain(format!("{value:.0}"))),
            bits(of("answer_capacity")),
            bits(beyond(false)),
            bits(of("answer_entropy")),
            bits(beyond(true)),
        ]);
    }
    grid
}

fn bits(row: Option<&Row>) -> Cell {
    match row.map(|row| (row.value, measured(row))) {
        Some((Some(value), _)) => Cell::plain(format!("{value:.1}")),
        Some((None, why)) if why.contains("<10 answers") => Cell::absent("n/a (answers hardly repeat)"),
        Some((None, why)) => Cell::absent(format!("n/a ({why})")),
        None => Cell::absent("n/a"),
    }
}

/// Declared beside measured, a line a statement.
fn declared(sources: &[Source<'_>]) -> Grid {
    let heads = ["method", "statement", "declared", "measured", "source", "date"];
    let mut grid = Grid::new("What the card declares, and what was measured", 2, &heads);
    for source in sources {
        for row in statements(source) {
            let text = measured(row);
            let measured = match row.value {
                Some(value) if value > 0.0 => {
                    let things = if value > 1.0 {
                        format!("CONTRADICTED ({} things)", count_of(value))
                    } else {
                        "CONTRADICTED".to_owned()
                    };
                    Cell { text: format!("{things}: {text}"), tone: Tone::Wrong, mark: None }
                }
                Some(_) => Cell::plain(text),
                None => Cell::absent(text),
            };
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(cell(row, "statement").replace('_', " ")),
                Cell::plain(cell(row, "says")),
                measured,
                Cell::plain(cell(row, "source")),
                Cell::plain(cell(row, "date")),
            ]);
        }
    }
    grid
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, at least 0")]
fn count_of(value: f64) -> String {
    count(value.max(0.0) as u64)
}
