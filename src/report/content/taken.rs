//! What a method takes: how much its answers tell, and what its card declares beside what was measured.

use super::figure::{Drawing, Figure, Statement, Verdict};
use super::find::Source;
use super::grid::{Cell, Grid, Tone};
use super::number::{count, percent};
use super::trade::MOST;
use super::{Beside, curve, visible};
use crate::table::{Evidence, Row, RowStatus, Unit};

/// The flag of what contradicts a card.
const CONTRADICTED: &str = "contradicted";

/// What is measured of a method: the metric, its variant, and both in words. Nothing of it is one score.
const MEASURED: [(&str, &str, &str); 33] = [
    ("input_bytes", "", "given: bytes of a sample's file"),
    ("input_pixels", "", "given: pixels of the whole picture"),
    ("fields_given", "", "given: further fields"),
    ("media_opened_share", "", "samples that were opened"),
    ("method_bytes", "", "bytes of the method"),
    ("peak_memory", "", "bytes of memory at most"),
    ("output_bytes", "", "returned: bytes an answer"),
    ("extra_fields", "", "returned: fields beyond the answer"),
    ("files_created", "", "files made"),
    ("files_changed", "", "files changed"),
    ("files_left", "phase=end", "files left after the last answer"),
    ("bytes_left", "phase=end", "bytes left after the last answer"),
    ("files_left", "phase=after_exit", "files left after the end"),
    ("bytes_left", "phase=after_exit", "bytes left after the end"),
    ("processes_left", "phase=end", "processes left"),
    ("processes_left", "phase=after_exit", "processes left two seconds later"),
    ("canary_hits", "", "traces of samples"),
    ("canary_hits", "place=file", "traces in files"),
    ("canary_hits", "place=file_name", "traces in names of files"),
    ("canary_hits", "place=attribute", "traces in attributes of files"),
    ("canary_hits", "place=stderr", "traces on the error stream"),
    ("canary_hits", "place=reply", "traces in replies"),
    ("canary_hits", "place=network", "traces in what was sent"),
    ("persistent_identifiers", "", "persistent identifiers"),
    ("names_resolved", "", "names looked up"),
    ("connections_tried", "", "connections tried"),
    ("hosts", "", "hosts spoken to"),
    ("hosts_without_tls", "", "hosts without TLS"),
    ("requests", "", "requests"),
    ("bytes_sent", "of=sum", "bytes sent"),
    ("bytes_received", "of=sum", "bytes received"),
    ("unix_sockets", "", "Unix sockets"),
    ("works_offline", "", "works offline"),
];

/// What the rows of `sources` say of it; nothing where no footprint was measured.
pub(super) fn beside(sources: &[Source<'_>]) -> Beside {
    let grids =
        [measured_of(sources), information(sources), declared(sources)].into_iter().chain(curve::grids(sources));
    Beside {
        id: "taken",
        heading: "What a method takes".to_owned(),
        link: "What it takes".to_owned(),
        sentences: Vec::new(),
        grids: grids.filter(|grid| !grid.lines.is_empty()).collect(),
        figures: [against(sources), curve::figure(sources)].into_iter().flatten().collect(),
    }
}

/// Statements of cards that a measurement contradicts, to be read first: a sentence each, without its full stop.
pub(super) fn told(sources: &[Source<'_>]) -> Vec<String> {
    sources.iter().flat_map(contradictions).collect()
}

/// The first thing to know of what a method takes: what it is given, and what it leaves. None where it was not measured.
pub(super) fn headline(source: &Source<'_>) -> Option<Cell> {
    let plain = |metric: &str| measurement(source, metric, "");
    let given = plain("input_bytes");
    was_measured(source).then_some(())?;
    let left = measurement(source, "files_left", "phase=after_exit");
    let amount = match given.map(|row| row.value) {
        Some(Some(bytes)) => format!("{} in", curve::kilobytes(bytes)),
        Some(None) => "in: not measurable".to_owned(),
        None => "no file in".to_owned(),
    };
    let left = match left.map(|row| (row.value, row.status)) {
        Some((Some(1.0), _)) => "leaves 1 file".to_owned(),
        Some((Some(files), _)) => format!("leaves {} files", count_of(files)),
        Some((None, RowStatus::NotMeasurable)) => "what it leaves cannot be measured".to_owned(),
        _ => "what it leaves was not measured".to_owned(),
    };
    let found = plain("canary_hits").and_then(|row| row.value).filter(|hits| *hits > 0.0);
    let text = format!("{amount}; {left}{}", if found.is_some() { "; traces found" } else { "" });
    Some(Cell { text, tone: if found.is_some() { Tone::Wrong } else { Tone::Plain }, mark: None })
}

/// The row of `metric` over the whole measurement.
fn measurement<'a>(source: &Source<'a>, metric: &str, variant: &str) -> Option<&'a Row> {
    source.whole(metric).find(|row| row.variant.to_string() == variant)
}

/// Whether there is a footprint: of a method that is given no file as well.
fn was_measured(source: &Source<'_>) -> bool {
    ["input_bytes", "files_left", "files_created", "canary_hits"]
        .iter()
        .any(|metric| source.whole(metric).next().is_some())
}

/// What was measured, a line a number, a column a method.
fn measured_of(sources: &[Source<'_>]) -> Grid {
    let seen: Vec<_> = sources.iter().filter(|source| was_measured(source)).collect();
    let mut heads = vec!["measured"];
    heads.extend(seen.iter().map(|source| source.label.as_str()));
    let mut grid = Grid::new("What was measured of each method; what cannot be measured is not 0", 1, &heads);
    for (metric, variant, words) in MEASURED.into_iter().filter(|_| !seen.is_empty()) {
        let cell = |source: &&&Source<'_>| match measurement(source, metric, variant) {
            Some(row) => match row.value {
                Some(value) => Cell::plain(in_unit(value, row.unit)),
                None => Cell::absent(super::cells::status(row)),
            },
            None => Cell::absent(""),
        };
        let cells: Vec<Cell> = seen.iter().map(|source| cell(&source)).collect();
        if cells.iter().any(|cell| !cell.text.is_empty()) {
            grid.lines.push(std::iter::once(Cell::plain(words)).chain(cells).collect());
        }
    }
    grid
}

/// A number with as many digits as it needs; shares in per cent, whole ones without decimals.
fn in_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => percent(value),
        _ if value.fract() == 0.0 => count_of(value),
        _ => format!("{value:.1}"),
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

/// Declared against measured as a picture; none where no card declares anything that was held against a measurement.
fn against(sources: &[Source<'_>]) -> Option<Figure> {
    let mut lines = Vec::new();
    for source in sources.iter().take(MOST) {
        for (place, row) in statements(source).enumerate() {
            lines.push(Statement {
                heading: if place == 0 { source.label.clone() } else { String::new() },
                label: cell(row, "statement").replace('_', " "),
                declared: cell(row, "says").to_owned(),
                measured: measured(row),
                verdict: match row.value {
                    Some(value) if value > 0.0 => Verdict::Contradicted,
                    Some(_) => Verdict::Upheld,
                    None => Verdict::NotMeasured,
                },
            });
        }
    }
    let more = super::left_out(sources.len(), MOST);
    (!lines.is_empty()).then(|| Figure {
        id: "declared".to_owned(),
        title: "What cards declare against what was measured".to_owned(),
        caption: format!(
            "What the card declares against what was measured: a disc where nothing contradicts it, a red square where something \
             does, a ring where nobody could check it.{more}"
        ),
        drawing: Drawing::Statements(lines),
        grid: declared(sources),
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, at least 0")]
fn count_of(value: f64) -> String {
    count(value.max(0.0) as u64)
}
