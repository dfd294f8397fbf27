//! The report as one HTML page. The template escapes every text; only pictures of our own are put in as they are.

use askama::Template;

use super::content::grid::{Cell, Grid, Tone};
use super::content::{Content, Part, visible};
use super::{ReportError, chart};

/// What the template fills in.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    content: &'a Content,
    /// The table of the first screen, with small pictures in its cells.
    lead: Option<View<'a>>,
    limits: Vec<PartView<'a>>,
    beside: Vec<View<'a>>,
    taken: Vec<View<'a>>,
    /// The picture of reduced inputs.
    curve: Option<String>,
    provenance: View<'a>,
}

struct PartView<'a> {
    part: &'a Part,
    tables: Vec<View<'a>>,
    everyone: Vec<View<'a>>,
    groups: Vec<View<'a>>,
    /// The picture and the table behind it.
    by_age: Option<(String, View<'a>)>,
}

/// A table as HTML wants it: lines with the same first cell stand together, under one head.
struct View<'a> {
    grid: &'a Grid,
    blocks: Vec<Vec<Vec<CellView<'a>>>>,
}

struct CellView<'a> {
    text: &'a str,
    class: &'static str,
    /// `rowgroup`, `row`, or nothing for a cell that is no head.
    scope: &'static str,
    /// Lines that the cell spans.
    span: usize,
    picture: String,
}

/// Draws `content`.
pub(super) fn draw(content: &Content) -> Result<String, ReportError> {
    let page = Page {
        content,
        lead: content.lead.as_ref().map(|lead| view(&lead.grid, true)),
        limits: content.limits.iter().map(part).collect(),
        beside: views(&content.beside.grids),
        taken: views(&content.taken.grids),
        curve: content.taken.curve.as_ref().map(chart::curve),
        provenance: view(&content.provenance, false),
    };
    // A number stays with its percent sign; line breaks are the template's own.
    let text = page.render()?.replace(" %", "\u{a0}%");
    Ok(text.split('\n').map(visible).collect::<Vec<_>>().join("\n"))
}

fn part(part: &Part) -> PartView<'_> {
    PartView {
        part,
        tables: views(&part.near),
        everyone: views(&part.everyone),
        groups: views(&part.groups),
        by_age: part.by_age.as_ref().map(|figure| (chart::by_age(figure), view(&figure.grid, false))),
    }
}

fn views(grids: &[Grid]) -> Vec<View<'_>> {
    grids.iter().map(|grid| view(grid, false)).collect()
}

fn view(grid: &Grid, pictures: bool) -> View<'_> {
    let first = |line: &'_ [Cell]| line.first().map(|cell| cell.text.clone());
    let blocks = grid
        .lines
        .chunk_by(|line, next| grid.keys > 1 && first(line) == first(next))
        .map(|lines| {
            lines.iter().enumerate().map(|(index, line)| cells(grid, line, index, lines.len(), pictures)).collect()
        })
        .collect();
    View { grid, blocks }
}

/// The cells of the `index`th of `lines` lines; the first cell stands only in the first line.
fn cells<'a>(grid: &'a Grid, line: &'a [Cell], index: usize, lines: usize, pictures: bool) -> Vec<CellView<'a>> {
    let shared = grid.keys > 1;
    line.iter()
        .zip(&grid.heads)
        .enumerate()
        .filter(|(column, _)| !(shared && *column == 0 && index > 0))
        .map(|(column, (cell, head))| CellView {
            text: &cell.text,
            class: match cell.tone {
                _ if column < grid.keys => "",
                Tone::Plain => "",
                Tone::Weak => "weak",
                Tone::Absent => "absent",
                Tone::Wrong => "contradiction",
            },
            scope: match column {
                0 if shared => "rowgroup",
                column if column < grid.keys => "row",
                _ => "",
            },
            span: if shared && column == 0 { lines } else { 1 },
            picture: cell
                .mark
                .filter(|_| pictures)
                .map(|mark| chart::whisker(mark, class(head, cell)))
                .unwrap_or_default(),
        })
        .collect()
}

/// The class of a picture: the side of the limit, greyed where the evidence is short.
fn class(head: &str, cell: &Cell) -> &'static str {
    match (head == super::content::PASSES, cell.tone) {
        (true, Tone::Plain) => "under",
        (false, Tone::Plain) => "over",
        _ => "weak",
    }
}
