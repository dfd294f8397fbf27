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
pub(crate) use content::{number, visible};

use crate::gate::Gated;
use crate::table::{Compared, Ranked, Table};

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
    /// The page's template could not be filled.
    #[error("cannot fill the template of the page")]
    Template(#[from] askama::Error),
}

/// The report as plain text, without colour codes and control characters.
#[must_use]
pub fn terminal(table: &Table, options: &Options) -> String {
    terminal::draw(&Content::of(table, options), options.width)
}

/// The report as Markdown, for the comment on a pull request.
#[must_use]
pub fn markdown(table: &Table, options: &Options) -> String {
    markdown::draw(&Content::of(table, options))
}

/// The report as one self-contained HTML page, which asks the network for nothing. Its own small script moves what the page
/// holds; without scripts everything is there but that.
///
/// # Errors
/// [`ReportError::Template`] when the page cannot be filled.
pub fn html(table: &Table, options: &Options) -> Result<String, ReportError> {
    page::draw(&Content::of(table, options))
}

/// A comparison as plain text: ranks and differences at the headline places. `width` is that of the terminal.
#[must_use]
pub fn comparison_terminal(rows: &[Compared], leaderboard: &[Ranked], all: bool, width: Option<u16>) -> String {
    terminal::draw_comparison(&content::comparison::Sheet::of(rows, leaderboard, all), width)
}

/// A comparison as Markdown.
#[must_use]
pub fn comparison_markdown(rows: &[Compared], leaderboard: &[Ranked], all: bool) -> String {
    markdown::draw_comparison(&content::comparison::Sheet::of(rows, leaderboard, all))
}

/// A comparison as one self-contained HTML page.
///
/// # Errors
/// [`ReportError::Template`] when the page cannot be filled.
pub fn comparison_html(rows: &[Compared], leaderboard: &[Ranked], all: bool) -> Result<String, ReportError> {
    page::draw_comparison(&content::comparison::Sheet::of(rows, leaderboard, all))
}

/// The verdicts of a gate as plain text. `width` is that of the terminal.
#[must_use]
pub fn gate_terminal(gated: &Gated, width: Option<u16>) -> String {
    terminal::draw_comparison(&content::verdicts::sheet(gated), width)
}

/// The verdicts of a gate as Markdown, for a job summary.
#[must_use]
pub fn gate_markdown(gated: &Gated) -> String {
    markdown::draw_comparison(&content::verdicts::sheet(gated))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::folder::tests::scored;

    #[test]
    fn a_method_that_says_nothing_about_a_limit_is_named_with_the_reason_and_has_no_table_there() {
        let place = tempfile::tempdir().unwrap();
        // The method that is silent comes first: nothing of the table may rest on its rows.
        let rows: String = (0..400)
            .map(|at| {
                let (age, pass) = (10 + at % 20, if at % 3 == 0 { "pass" } else { "deny" });
                format!("s{at},{age},silent,,0.{}\ns{at},{age},decides,{pass},\n", at % 10)
            })
            .collect();
        let table = scored(place.path(), &format!("sample_id,true_age,method,pass_18,score_18\n{rows}")).table;
        let options = Options::default();
        let content = content::Content::of(&table, &options);
        let lead = content.lead.as_ref().unwrap();
        let lines: Vec<Vec<&str>> =
            lead.grid.lines.iter().map(|line| line.iter().map(|cell| cell.text.as_str()).collect()).collect();
        let no = "does not apply (no age and no decision)";
        assert_eq!(lines[0], ["silent", "none", no, "", no, ""]);
        assert_eq!(lines[1][..2], ["decides", "own decision"]);
        assert!(lines[1][2].contains('%') && lead.grid.caption.contains("aged 13 to 17"), "{lines:?}");
        let said = "silent says nothing about the limit 18: no age and no decision.";
        assert_eq!(lead.sentences.last().unwrap().text, said);
        for part in &content.limits {
            let silent = if part.limit.years() == 18 { 1 } else { 2 };
            assert_eq!((part.silent.len(), part.near.len(), part.everyone.len()), (silent, 2 - silent, 2 - silent));
            assert!(part.near.iter().chain(&part.everyone).all(|grid| !grid.lines.is_empty()));
            for figure in &part.figures {
                if let content::figure::Drawing::ByAge(by_age) = &figure.drawing {
                    assert_eq!(by_age.panels.len(), 1);
                }
            }
        }
        assert!(
            content.beside[0].grids[0].lines[0].iter().any(|cell| cell.text == "does not apply (no answer is an age)")
        );
        let forms = [terminal(&table, &options), markdown(&table, &options), html(&table, &options).unwrap()];
        for text in forms {
            assert!(!text.contains("not in the results"), "{text}");
            for limit in [13, 16, 18, 21] {
                let said = format!("silent says nothing about the limit {limit}: no age and no decision.");
                assert!(text.contains(&said), "{limit}: {text}");
            }
        }
    }
}
