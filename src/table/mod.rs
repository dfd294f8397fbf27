//! Rows of published results: their columns, their identity, and how to find them. Computes nothing.
//!
//! A [`Row`] is one fact with everything needed to read it: which method on which data under which protocol, the
//! place ([`Place`]) it speaks of, the value, its interval and its counts. Rows are made only by the constructors of
//! [`Row`], which ask for the counts and the interval of a rate, so that a bare percentage cannot be published. A
//! [`Table`] is `metrics.csv`; a [`Select`] finds rows in it.

mod cells;
mod compared;
mod file;
mod number;
mod parts;
mod place;
mod pooled;
mod row;
mod select;
mod spreadsheet;
mod words;

pub use compared::{COMPARED_COLUMNS, Compared, RANKED_COLUMNS, Ranked};
pub use file::{Table, TableError};
pub use number::twelve_digits;
pub use parts::{Bounds, Claim, Context, Counts, Evidence, Measure, Quantity, Rate};
pub use place::{Group, Place, Population, Variant};
pub use pooled::{Effect, POOLED_COLUMNS, Pooled};
pub use row::{COLUMNS, Row, SCHEMA};
pub use select::{ChallengeSelect, GroupSelect, PopulationSelect, SELECT_KEYS, Select, VariantSelect};
pub use spreadsheet::NUMBERS;
pub(crate) use spreadsheet::written;
pub use words::{Better, FailurePolicy, Interval, RowStatus, Unit, Weighting};

/// A cell, or a word in a TOML file, that is not what its column holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not {expected}")]
pub struct WordError {
    /// What was found.
    pub found: String,
    /// What was expected, with its article.
    pub expected: String,
}

impl WordError {
    pub(crate) fn new(found: &str, expected: impl Into<String>) -> Self {
        Self { found: found.to_owned(), expected: expected.into() }
    }
}

#[cfg(test)]
mod tests;
