//! The report as plain text.

mod grid;

use std::fmt::Write as _;

use super::content::comparison::Sheet;
use super::content::grid::{Cell, Grid};
use super::content::{Content, Part, Sentence, visible};

/// Width of running text where the caller knows none.
const TEXT_WIDTH: usize = 100;

/// Draws `content`.
pub(super) fn draw(content: &Content, width: Option<u16>) -> String {
    let mut page = Page { text: String::new(), width };
    page.heading(&format!("{}: {}", content.title, content.subject), '=');
    for notice in &content.notices {
        page.paragraph(&format!("NOTE: {notice}"));
    }
    for contradiction in &content.contradictions {
        page.paragraph(&format!("CONTRADICTION: {contradiction}"));
    }
    match &content.lead {
        Some(lead) => {
            page.heading(&lead.question, '-');
            page.grid(&lead.grid);
            page.said(&lead.sentences);
        }
        None => page.paragraph("No method was held against an age limit."),
    }
    for part in &content.limits {
        page.part(part);
    }
    if content.limits.iter().any(|part| !part.wide) {
        page.paragraph("Limits without tables of everyone and of groups have them on the page.");
    }
    for beside in content.beside.iter().filter(|beside| !(beside.grids.is_empty() && beside.sentences.is_empty())) {
        page.heading(&beside.heading, '-');
        page.said(&beside.sentences);
        for grid in &beside.grids {
            page.grid(grid);
        }
    }
    page.heading("How to read this", '-');
    page.list(&content.reading);
    page.list(&content.caveats);
    if !content.silence.is_empty() {
        page.heading("What this does not say", '-');
        page.list(&content.silence);
    }
    page.heading("Where it comes from", '-');
    // As sentences: digests must not be broken to fit a column.
    page.list(&content.provenance.lines.iter().map(|line| named(&content.provenance, line)).collect::<Vec<_>>());
    page.text
}

/// Draws the tables and sentences of a comparison.
pub(super) fn draw_comparison(sheet: &Sheet, width: Option<u16>) -> String {
    let mut page = Page { text: String::new(), width };
    page.heading(&sheet.title, '=');
    page.list(&sheet.sentences);
    for grid in &sheet.grids {
        page.grid(grid);
    }
    page.heading("How to read this", '-');
    page.list(&sheet.reading);
    page.text
}

struct Page {
    text: String,
    width: Option<u16>,
}

impl Page {
    fn part(&mut self, part: &Part) {
        self.heading(&format!("Limit {}", part.limit), '-');
        self.said(&part.silent);
        if part.wide {
            self.said(&part.sentences);
        }
        let more = part.everyone.iter().chain(&part.groups).filter(|_| part.wide);
        for grid in part.near.iter().chain(more) {
            self.grid(grid);
        }
    }

    fn heading(&mut self, text: &str, line: char) {
        let text = visible(text);
        let length = text.chars().count().min(self.text_width());
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.wrapped(&text, "");
        self.text.extend(std::iter::repeat_n(line, length));
        self.text.push_str("\n\n");
    }

    fn paragraph(&mut self, text: &str) {
        self.wrapped(&visible(text), "");
        self.text.push('\n');
    }

    fn said(&mut self, sentences: &[Sentence]) {
        self.list(&sentences.iter().map(|sentence| sentence.text.clone()).collect::<Vec<_>>());
    }

    fn list(&mut self, sentences: &[String]) {
        for sentence in sentences {
            self.wrapped(&format!("- {}", visible(sentence)), "  ");
        }
        if !sentences.is_empty() {
            self.text.push('\n');
        }
    }

    fn grid(&mut self, grid: &Grid) {
        self.wrapped(&visible(&grid.caption), "");
        let _ = writeln!(self.text);
        for line in grid::lines(grid, self.width) {
            let _ = writeln!(self.text, "{line}");
        }
        self.text.push('\n');
    }

    fn text_width(&self) -> usize {
        self.width.map_or(TEXT_WIDTH, |width| usize::from(width).clamp(20, TEXT_WIDTH))
    }

    /// Breaks `text` between words; later lines begin with `indent`.
    fn wrapped(&mut self, text: &str, indent: &str) {
        let width = self.text_width();
        let mut line = String::new();
        // A number stays with its percent sign.
        for word in text.replace(" %", "\u{a0}%").split(' ') {
            if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                let _ = writeln!(self.text, "{}", line.replace('\u{a0}', " "));
                line = format!("{indent}{word}");
            } else {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
        }
        let _ = writeln!(self.text, "{}", line.replace('\u{a0}', " "));
    }
}

/// `drawn-near: kind estimation; engine tract 0.23.9`.
fn named(grid: &Grid, line: &[Cell]) -> String {
    let mut cells = grid.heads.iter().zip(line);
    let first = cells.next().map(|(_, cell)| cell.text.as_str()).unwrap_or_default();
    let others: Vec<_> = cells.map(|(head, cell)| format!("{head} {}", cell.text)).collect();
    format!("{first}: {}", others.join("; "))
}
