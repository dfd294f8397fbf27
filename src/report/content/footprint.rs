//! What a report says of the footprint: what each method was given, sent, returned and left, beside its errors.

use super::find::Source;
use super::grid::{Cell, Grid};
use super::number;
use crate::table::{Evidence, Row, RowStatus, Unit};

/// The metrics in words, in the order of the table; after the comma the variant.
const WORDS: [(&str, &str, &str); 33] = [
    ("input_bytes", "", "given: bytes a sample"),
    ("input_pixels", "", "given: pixels a sample"),
    ("fields_given", "", "given: further fields"),
    ("media_opened_share", "", "samples that were opened"),
    ("method_bytes", "", "size of the method"),
    ("peak_memory", "", "memory at most"),
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

fn row<'a>(source: &Source<'a>, metric: &str, variant: &str) -> Option<&'a Row> {
    source.rows.iter().copied().find(|row| row.metric == metric && row.variant.to_string() == variant)
}

/// One line a number that is known of any method, a column a method.
pub(crate) fn footprint(sources: &[Source<'_>]) -> Grid {
    let mut heads = vec!["what the method takes"];
    heads.extend(sources.iter().map(|source| source.label.as_str()));
    let caption = "Footprint: measured, or n/a where it cannot be measured here; never one score";
    let mut grid = Grid::new(caption, 1, &heads);
    for (metric, variant, words) in WORDS {
        let cells: Vec<Option<&Row>> = sources.iter().map(|source| row(source, metric, variant)).collect();
        if cells.iter().any(Option::is_some) {
            let line = std::iter::once(Cell::plain(words)).chain(cells.into_iter().map(cell));
            grid.lines.push(line.collect());
        }
    }
    grid
}

/// What a method is given with a sample: `3.4 kB, 19,600 pixels`; none where no method's is known.
pub(crate) fn given(source: &Source<'_>) -> Option<Cell> {
    let bytes = row(source, "input_bytes", "")?;
    let pixels = row(source, "input_pixels", "").and_then(|row| row.value);
    let pixels = pixels.map(|pixels| format!(", {} pixels", whole(pixels))).unwrap_or_default();
    let cell = cell(Some(bytes));
    Some(Cell { text: format!("{}{pixels}", cell.text), ..cell })
}

fn cell(row: Option<&Row>) -> Cell {
    let Some(row) = row else { return Cell::absent("") };
    match row.value {
        Some(value) => Cell::plain(match row.unit {
            Unit::Bytes => size(value),
            Unit::Share => number::percent(value),
            _ if row.metric == "works_offline" => if value > 0.0 { "yes" } else { "no" }.to_owned(),
            _ => whole(value),
        }),
        None if row.status == RowStatus::NotMeasurable => {
            let why = match row.evidence.as_ref() {
                Some(Evidence::Short(reasons)) => reasons.join("; "),
                _ => String::new(),
            };
            Cell::absent(if why.is_empty() { "n/a".to_owned() } else { format!("n/a ({why})") })
        }
        None => Cell::absent(""),
    }
}

/// A number of things; a mean has one decimal.
fn whole(value: f64) -> String {
    if value.fract() == 0.0 { number::count(value as u64) } else { format!("{value:.1}") }
}

/// Bytes in the largest unit of which there is one, powers of ten.
fn size(bytes: f64) -> String {
    const UNITS: [(f64, &str); 3] = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match UNITS.into_iter().find(|(least, _)| bytes >= *least) {
        Some((least, unit)) => format!("{:.1} {unit}", bytes / least),
        None => format!("{} B", whole(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_largest_unit_of_which_there_is_one() {
        assert_eq!(
            [0.0, 12.0, 999.5, 1e3, 3_449.0, 48e6, 2.5e9].map(size),
            ["0 B", "12 B", "999.5 B", "1.0 kB", "3.4 kB", "48.0 MB", "2.5 GB"]
        );
    }
}
