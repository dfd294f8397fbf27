//! One table as lines of text, in as few lines a row as the width allows.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Table as Drawn, TableStyle, Width,
};

use super::super::content::grid::{Cell, Grid};
use super::super::content::visible;

/// A line under the head and no other, so that a table copies well into a mail.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('-').junction(' '))
    .content_lines(ContentLineStyle::none())
    .row_separator(LineStyle::none())
    .top_border(LineStyle::none());

/// Blanks at the end of a cell; one more stands between columns.
const PADDING: u16 = 1;

/// Where a cell may be broken, mildest first: nowhere; before an interval; within counts as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breaks {
    None,
    Intervals,
    Counts,
}

/// The lines of `grid`, without trailing blanks.
pub(super) fn lines(grid: &Grid, width: Option<u16>) -> Vec<String> {
    let fits = |texts: &Vec<Vec<String>>| width.is_none_or(|width| natural_width(texts) <= usize::from(width));
    let texts = [Breaks::None, Breaks::Intervals]
        .into_iter()
        .map(|breaks| texts(grid, breaks))
        .find(fits)
        .unwrap_or_else(|| texts(grid, Breaks::Counts));
    draw(grid, &texts, width)
}

/// All cells with their line breaks, the heads first.
fn texts(grid: &Grid, breaks: Breaks) -> Vec<Vec<String>> {
    let heads = grid.heads.iter().map(|head| match (breaks, visible(head)) {
        (Breaks::None, head) => head,
        (_, head) if head == "k of n" => head,
        (_, head) => head.rsplit_once(' ').map_or(head.clone(), |(first, last)| format!("{first}\n{last}")),
    });
    let cell = |(column, cell): (usize, &Cell)| {
        let text = visible(&cell.text);
        match breaks {
            _ if column < grid.keys => text,
            Breaks::None => text,
            Breaks::Intervals => text.replace(" [", "\n[").replace(" (", "\n("),
            Breaks::Counts => text.replace(" [", "\n[").replace(" (", "\n(").replace(" of ", "\nof "),
        }
    };
    let body = grid.lines.iter().map(|line| line.iter().enumerate().map(cell).collect());
    std::iter::once(heads.collect()).chain(body).collect()
}

fn natural_width(texts: &[Vec<String>]) -> usize {
    let columns = texts.iter().map(Vec::len).max().unwrap_or(0);
    (0..columns).map(|column| widest(texts, column) + usize::from(PADDING) + 1).sum()
}

fn widest(texts: &[Vec<String>], column: usize) -> usize {
    let cells = texts.iter().filter_map(|line| line.get(column));
    cells.flat_map(|text| text.lines()).map(|line| line.chars().count()).max().unwrap_or(0)
}

fn draw(grid: &Grid, texts: &[Vec<String>], width: Option<u16>) -> Vec<String> {
    let mut drawn = Drawn::new();
    drawn.load_style(STYLE).force_no_tty();
    let mut lines = texts.iter();
    drawn.set_header(lines.next().into_iter().flatten());
    for line in lines {
        drawn.add_row(line);
    }
    match width {
        Some(width) => drawn.set_width(width).set_content_arrangement(ContentArrangement::Dynamic),
        None => drawn.set_content_arrangement(ContentArrangement::Disabled),
    };
    let fits = width.is_none_or(|width| natural_width(texts) <= usize::from(width));
    for column in drawn.column_iter_mut() {
        column.set_padding((0, PADDING));
        if fits {
            // Dynamic columns would be evened out at the cost of the widest one.
            let width = u16::try_from(widest(texts, column.index)).unwrap_or(u16::MAX).saturating_add(PADDING);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        if column.index >= grid.keys && grid.lines.iter().all(|line| is_count(line.get(column.index))) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    drawn.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn is_count(cell: Option<&Cell>) -> bool {
    cell.is_some_and(|cell| cell.text.bytes().all(|byte| byte.is_ascii_digit() || b", of".contains(&byte)))
}
