//! Rows as text for people: terminal tables, Markdown, one HTML page. Computes nothing.
//!
//! `content` finds the rows and says what a report holds; [`terminal()`], [`markdown()`] and [`html()`] only draw it, and
//! `chart` draws pictures. Every number is read from a row: there are no sums, rates or differences here.

mod chart;
mod content;
mod markdown;
mod page;
mod terminal;

use content::Content;

use crate::table::Table;

/// What the caller decides about a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The title; a general one when empty.
    pub title: String,
    /// Sentences that must be read before any number, such as what the data cannot show. They stand at the top of
    /// every form.
    pub notices: Vec<String>,
    /// Every challenge age of the table instead of the usual ones.
    pub all_challenges: bool,
    /// Characters in a line of the terminal; unlimited when unknown.
    pub width: Option<u16>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Nothing to report is an error, not an empty page.
    #[error("the table holds no rows: nothing to report")]
    Empty,
    /// The page's template could not be filled.
    #[error("cannot fill the template of the page")]
    Template(#[from] askama::Error),
}

/// The report as plain text, without colour codes and control characters.
///
/// # Errors
/// [`ReportError::Empty`] for a table without rows.
pub fn terminal(table: &Table, options: &Options) -> Result<String, ReportError> {
    Ok(terminal::draw(&Content::of(table, options)?, options.width))
}

/// The report as Markdown, for the comment on a pull request.
///
/// # Errors
/// [`ReportError::Empty`] for a table without rows.
pub fn markdown(table: &Table, options: &Options) -> Result<String, ReportError> {
    Ok(markdown::draw(&Content::of(table, options)?))
}

/// The report as one self-contained HTML page: no script, no network.
///
/// # Errors
/// [`ReportError::Empty`] for a table without rows; [`ReportError::Template`] when the page cannot be filled.
pub fn html(table: &Table, options: &Options) -> Result<String, ReportError> {
    page::draw(&Content::of(table, options)?)
}
