//! Disclosure control: rows in, rows that may be published out. Knows no file.
//!
//! [`protect`] sees all rows of a release at once, of all its methods, because what is hidden in one row may follow from
//! others. docs/disclosure.md says what each rule does and what is guaranteed.

mod rule;

pub use rule::{Rule, RuleError, Shown};

use crate::protocol::Protocol;
use crate::table::Row;

/// The rows of a release, and what was done to make them so.
#[derive(Debug, Clone, PartialEq)]
pub struct Protected {
    /// The rows to publish, in the order in which they came.
    pub rows: Vec<Row>,
    /// What became of the rows, a line a family of the catalogue, in its order; families without a row are left out.
    pub done: Vec<Done>,
}

/// What became of the rows of one family.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// The family, as in the catalogue.
    pub family: String,
    /// Rows that came in.
    pub rows: usize,
    /// Rows published with a value.
    pub released: usize,
    /// Rows published without a value because a count is small.
    pub primary: usize,
    /// Rows published without a value because a small count of another row would follow from them.
    pub secondary: usize,
    /// Rows that are not published at all.
    pub left_out: usize,
}

/// Why rows cannot be made fit to be published.
#[derive(Debug, thiserror::Error)]
pub enum DisclosureError {
    /// The rule is not there yet.
    #[error("the rule `{0}` cannot be applied: expected `none`")]
    NotYet(Rule),
}

/// `rows`, which are those of `protocol`, under `rule`. `earlier` are the rows of earlier releases of the same data, as
/// they were published.
///
/// # Errors
/// [`DisclosureError`], and then nothing may be published.
pub fn protect(
    protocol: &Protocol,
    rows: &[Row],
    rule: Rule,
    earlier: &[Vec<Row>],
) -> Result<Protected, DisclosureError> {
    let _ = (protocol, earlier);
    match rule {
        Rule::None => Ok(Protected { rows: rows.to_vec(), done: Vec::new() }),
        other => Err(DisclosureError::NotYet(other)),
    }
}
