//! The report as one HTML page. The template escapes every text; only pictures of our own are put in as they are.

use askama::Template;
use sha2::{Digest as _, Sha256};

use super::content::comparison::Sheet;
use super::content::figure::Figure;
use super::content::grid::{Cell, Grid, Tone};
use super::content::silence::{GLOSSARY, Term};
use super::content::{Beside, Content, Part, visible};
use super::{ReportError, chart};
use crate::base64::base64;

/// Lines of one table on the page; the rest is in metrics.csv.
const MOST_LINES: usize = 600;

/// What moves the page where scripts are allowed to.
const SCRIPT: &str = include_str!("templates/report.js");

/// What the template fills in.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    content: &'a Content,
    /// The table of the first screen, with small pictures in its cells.
    lead: Option<View<'a>>,
    /// The limit of the first screen.
    main_limit: Option<u32>,
    limits: Vec<PartView<'a>>,
    beside: Vec<BesideView<'a>>,
    provenance: View<'a>,
    glossary: &'static [Term],
    /// What the script moves, as JSON that no HTML parser takes for markup.
    rows: Option<String>,
    script: &'static str,
    /// SHA-256 of the script as base64, so that the page runs it and nothing else.
    script_digest: String,
}

/// What the template of a comparison fills in.
#[derive(Template)]
#[template(path = "comparison.html")]
struct ComparisonPage<'a> {
    sheet: &'a Sheet,
    tables: Vec<View<'a>>,
    figures: Vec<FigureView<'a>>,
    script: &'static str,
    script_digest: String,
}

struct PartView<'a> {
    part: &'a Part,
    figures: Vec<FigureView<'a>>,
    tables: Vec<View<'a>>,
    everyone: Vec<View<'a>>,
    groups: Vec<View<'a>>,
}

struct BesideView<'a> {
    beside: &'a Beside,
    figures: Vec<FigureView<'a>>,
    tables: Vec<View<'a>>,
}

/// A picture and the table behind it.
struct FigureView<'a> {
    figure: &'a Figure,
    picture: String,
    behind: View<'a>,
}

/// A table as HTML wants it: lines with the same first cell stand together, under one head.
struct View<'a> {
    grid: &'a Grid,
    blocks: Vec<Block<'a>>,
    /// Lines that are left out.
    more: usize,
}

struct Block<'a> {
    /// The method that all lines are of, where the first cell spans them.
    method: Option<&'a str>,
    lines: Vec<LineView<'a>>,
}

struct LineView<'a> {
    method: Option<&'a str>,
    challenge: Option<&'a str>,
    cells: Vec<CellView<'a>>,
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
        main_limit: content.limits.iter().find(|part| part.wide).map(|part| part.limit.years()),
        limits: content.limits.iter().map(part).collect(),
        beside: content.beside.iter().map(beside).collect(),
        provenance: view(&content.provenance, false),
        glossary: &GLOSSARY,
        rows: (!content.explore.is_null()).then(|| embedded(&content.explore.to_string())),
        script: SCRIPT,
        script_digest: base64(&Sha256::digest(SCRIPT)),
    };
    Ok(finished(&page.render()?))
}

/// Draws a comparison.
pub(super) fn draw_comparison(sheet: &Sheet) -> Result<String, ReportError> {
    let page = ComparisonPage {
        sheet,
        tables: views(&sheet.grids),
        figures: sheet.figure.iter().map(figure).collect(),
        script: SCRIPT,
        script_digest: base64(&Sha256::digest(SCRIPT)),
    };
    Ok(finished(&page.render()?))
}

/// A number stays with its percent sign; line breaks are the template's own.
fn finished(text: &str) -> String {
    let text = text.replace(" %", "\u{a0}%");
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// JSON that stays JSON and ends no element.
fn embedded(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn part(part: &Part) -> PartView<'_> {
    PartView {
        part,
        figures: figures(&part.figures),
        tables: views(&part.near),
        everyone: views(&part.everyone),
        groups: views(&part.groups),
    }
}

fn beside(beside: &Beside) -> BesideView<'_> {
    BesideView { beside, figures: figures(&beside.figures), tables: views(&beside.grids) }
}

fn figures(figures: &[Figure]) -> Vec<FigureView<'_>> {
    figures.iter().map(figure).collect()
}

fn figure(figure: &Figure) -> FigureView<'_> {
    FigureView { figure, picture: chart::draw(figure), behind: view(&figure.grid, false) }
}

fn views(grids: &[Grid]) -> Vec<View<'_>> {
    grids.iter().map(|grid| view(grid, false)).collect()
}

fn view(grid: &Grid, pictures: bool) -> View<'_> {
    let shared = grid.keys > 1;
    let shown = grid.lines.get(..MOST_LINES).unwrap_or(&grid.lines);
    let first = |line: &[Cell]| line.first().map(|cell| cell.text.clone());
    let blocks = shown.chunk_by(|line, next| shared && first(line) == first(next));
    View {
        grid,
        blocks: blocks.map(|lines| block(grid, lines, pictures)).collect(),
        more: grid.lines.len() - shown.len(),
    }
}

fn block<'a>(grid: &'a Grid, lines: &'a [Vec<Cell>], pictures: bool) -> Block<'a> {
    let shared = grid.keys > 1;
    let column = |name: &str| grid.heads.iter().position(|head| head == name);
    let (method, challenge) = (column("method").filter(|place| *place == 0), column("challenge age"));
    Block {
        method: lines.first().and_then(|line| text(line, method)).filter(|_| shared),
        lines: lines
            .iter()
            .enumerate()
            .map(|(index, line)| LineView {
                method: text(line, method).filter(|_| !shared),
                challenge: text(line, challenge),
                cells: cells(grid, line, index, lines.len(), pictures),
            })
            .collect(),
    }
}

fn text(line: &[Cell], place: Option<usize>) -> Option<&str> {
    line.get(place?).map(|cell| cell.text.as_str())
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
