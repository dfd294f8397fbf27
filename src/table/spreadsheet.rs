//! Cells that a spreadsheet would take for a formula, written so that it does not, and read back as they were.
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab or a line break is run as a formula by programs that open CSV
//! files (OWASP, *CSV Injection*). Names of methods and levels of groups are foreign text, so such a cell gets an apostrophe
//! before it. Cells of numbers are left alone.

use std::borrow::Cow;

/// The columns of published tables that hold numbers.
pub const NUMBERS: [&str; 30] = [
    "limit",
    "challenge",
    "value",
    "low",
    "high",
    "level",
    "claim_low",
    "claim_high",
    "n_attempts",
    "n_subjects",
    "n_events",
    "n_event_subjects",
    "n_undecided",
    "n_ties",
    "n_star",
    "deff",
    "p",
    "p_adjusted",
    "rank_low",
    "rank_high",
    "ranked",
    "weight",
    "holders",
    "holders_left_out",
    "q",
    "q_p",
    "i_squared",
    "tau_squared",
    "prediction_low",
    "prediction_high",
];

/// What stands before a text that would be run.
const MARK: char = '\'';

/// Whether a program for tables runs a text that begins so. The wide forms are what some of them take for the narrow ones.
fn runs(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

/// Whether a text that begins so follows a mark of ours.
fn is_marked(rest: &str) -> bool {
    rest.starts_with(|first| runs(first) || first == MARK)
}

/// `text` as the cell of `column` holds it.
pub(crate) fn written<'t>(column: &str, text: &'t str) -> Cow<'t, str> {
    let would_be_read_as_marked = text.strip_prefix(MARK).is_some_and(is_marked);
    if (text.starts_with(runs) || would_be_read_as_marked) && !NUMBERS.contains(&column) {
        Cow::Owned(format!("{MARK}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text behind the cell of `column`.
pub(super) fn read<'c>(column: &str, cell: &'c str) -> &'c str {
    match cell.strip_prefix(MARK).filter(|rest| is_marked(rest)) {
        Some(text) if !NUMBERS.contains(&column) => text,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{COLUMNS, COMPARED_COLUMNS, POOLED_COLUMNS, RANKED_COLUMNS};

    #[test]
    fn no_text_begins_as_a_formula_and_numbers_stay_numbers() {
        for text in ["=1+2", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(written("group", text), format!("'{text}"));
        }
        for text in ["", "female", "'tis", "'", "65+", "a=b"] {
            assert_eq!(written("group", text), text);
        }
        assert_eq!(written("value", "-3.5"), "-3.5");
        assert_eq!(read("value", "-3.5"), "-3.5");
    }

    #[test]
    fn columns_of_numbers_are_columns() {
        let all: Vec<&str> =
            COLUMNS.iter().chain(&COMPARED_COLUMNS).chain(&RANKED_COLUMNS).chain(&POOLED_COLUMNS).copied().collect();
        assert!(NUMBERS.iter().all(|column| all.contains(column)));
        // publish/fields.rs knows the kind of every other column.
        let texts: Vec<&str> = POOLED_COLUMNS.into_iter().filter(|column| !NUMBERS.contains(column)).collect();
        assert_eq!(texts, ["effect", "holder"]);
    }

    proptest::proptest! {
        #[test]
        fn every_text_reads_back_as_it_was(text in "['=+@a\t\r\n＝-]{0,6}") {
            let cell = written("method", &text);
            proptest::prop_assert!(!cell.starts_with(runs));
            proptest::prop_assert_eq!(read("method", &cell), text.as_str());
        }
    }
}
