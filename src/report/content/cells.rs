//! What one row says in a cell. A share is never shown without its counts beside it and its interval in it.

use super::grid::{Cell, Mark, Tone};
use super::number::{count, percent, percent_within, years};
use crate::table::{Evidence, Row, RowStatus};

/// Characters of a reason that a cell has room for.
const LONGEST_REASON: usize = 28;

/// How a value without sufficient evidence is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weak {
    /// Only the reason: `n/a (12 < 30 subjects)`; the value marked `(wide)` when nothing but its interval is short of a
    /// claim. For tables that are read on their own.
    Hidden,
    /// The value with the reason. For the numbers behind a picture that greys them.
    Shown,
}

/// What stands where the table holds no row.
pub(crate) const NO_ROW: &str = "not in the results";

/// The share of `row` with its interval; where nobody (or everybody) is an event, or too few to be published, the bound for
/// claims.
pub(crate) fn share(row: Option<&Row>, weak: Weak) -> Cell {
    let Some(row) = row else { return Cell::absent(NO_ROW) };
    let Some(text) = share_text(row) else {
        return Cell::absent(match row.claim_high.filter(|_| row.status == RowStatus::Suppressed) {
            Some(high) => format!("withheld (at most {})", percent(high)),
            None => status_with(row, &first_reason(row)),
        });
    };
    let short = row.status == RowStatus::InsufficientEvidence;
    let text = match (short, weak) {
        (false, _) => text,
        // Enough people, but the interval is wide: the interval says so better than any word.
        (true, Weak::Hidden) if only_wide(row) => format!("{text} (wide)"),
        (true, Weak::Hidden) => format!("n/a ({})", first_reason(row)),
        (true, Weak::Shown) => format!("{text} ({})", first_reason(row)),
    };
    Cell { text, tone: if short { Tone::Weak } else { Tone::Plain }, mark: Mark::of(row) }
}

/// `12.3 % [9.8, 15.2]`, `0 % (at most 2.5 %)`, `100 % (at least 97.5 %)`; none for a row without a value.
pub(crate) fn share_text(row: &Row) -> Option<String> {
    let value = row.value?;
    Some(match (row.n_events, row.claim_low, row.claim_high, row.low, row.high) {
        (Some(0), _, Some(high), ..) => format!("0 % (at most {})", percent(high)),
        (Some(events), Some(low), ..) if Some(events) == row.n_attempts => {
            format!("100 % (at least {})", percent(low))
        }
        (.., Some(low), Some(high)) => percent_within(value, low, high),
        // A row read from a file of another tool may lack its bounds.
        _ => format!("{} (no interval)", percent(value)),
    })
}

/// `42 of 341`.
pub(crate) fn counts(row: Option<&Row>) -> Cell {
    let Some(row) = row else { return Cell::absent("") };
    let tone = if row.status == RowStatus::Value { Tone::Plain } else { Tone::Weak };
    match (row.n_events, row.n_attempts) {
        (Some(events), Some(attempts)) => {
            Cell { text: format!("{} of {}", count(events), count(attempts)), tone, mark: None }
        }
        _ => Cell::absent(""),
    }
}

/// A number of years with its interval: `4.87 [4.61, 5.13]`.
pub(crate) fn in_years(row: Option<&Row>, signed: bool) -> Cell {
    let Some(row) = row else { return Cell::absent(NO_ROW) };
    let Some(value) = row.value else { return Cell::absent(status(row)) };
    if row.status == RowStatus::InsufficientEvidence {
        return Cell { text: format!("n/a ({})", first_reason(row)), tone: Tone::Weak, mark: None };
    }
    let text = match (row.low, row.high) {
        (Some(low), Some(high)) => {
            format!("{} [{}, {}]", years(value, signed), years(low, signed), years(high, signed))
        }
        _ => format!("{} (no interval)", years(value, signed)),
    };
    Cell::plain(text)
}

/// Why a row has no value, or none that carries a claim, with all reasons.
pub(crate) fn status(row: &Row) -> String {
    status_with(row, &reasons(row))
}

fn status_with(row: &Row, reasons: &str) -> String {
    let words = match row.status {
        RowStatus::Value | RowStatus::InsufficientEvidence => "n/a",
        RowStatus::Suppressed => "withheld",
        RowStatus::Empty => "nobody to count",
        RowStatus::NotApplicable => "does not apply",
        RowStatus::NotMeasurable => "not measurable",
        RowStatus::NotAchievable => "not achievable",
        RowStatus::Failed => "could not be computed",
    };
    if reasons.is_empty() { words.to_owned() } else { format!("{words} ({reasons})") }
}

/// The reasons in the evidence cell, spaced for reading: `12 < 30 subjects, n* 9.1 < 30`.
pub(crate) fn reasons(row: &Row) -> String {
    each_reason(row).collect::<Vec<_>>().join(", ")
}

/// Whether the only thing short of a claim is the width of the interval.
pub(crate) fn only_wide(row: &Row) -> bool {
    let mut reasons = each_reason(row).peekable();
    reasons.peek().is_some() && reasons.all(|reason| reason.starts_with("interval width"))
}

/// The first reason alone and short: what a cell has room for.
pub(crate) fn first_reason(row: &Row) -> String {
    match each_reason(row).next().unwrap_or_default() {
        reason if reason.starts_with("interval width") => "interval too wide".to_owned(),
        reason if reason.starts_with("no subject aged") && reason.len() > LONGEST_REASON => {
            "no subject of some ages".to_owned()
        }
        reason => reason,
    }
}

fn each_reason(row: &Row) -> impl Iterator<Item = String> {
    let reasons: &[String] = match &row.evidence {
        Some(Evidence::Short(reasons)) => reasons,
        Some(Evidence::Sufficient) | None => &[],
    };
    reasons.iter().map(|reason| {
        let spaced = reason.replace('<', " < ").replace('>', " > ").replace('%', " %");
        spaced.split_whitespace().collect::<Vec<_>>().join(" ").replace("width", "interval width")
    })
}

/// `1 person`, `120 people`.
pub(crate) fn people(number: u64) -> String {
    if number == 1 { "1 person".to_owned() } else { format!("{} people", count(number)) }
}
