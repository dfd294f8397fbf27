//! A table as every form of the report draws it.

use crate::table::Row;

/// One table: what it shows, its columns, its lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Grid {
    /// What the table shows and of whom; a sentence without its full stop.
    pub(crate) caption: String,
    /// The heads of the columns.
    pub(crate) heads: Vec<String>,
    /// How many columns, from the left, name the line.
    pub(crate) keys: usize,
    /// The lines, each with one cell a column.
    pub(crate) lines: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// Its text; foreign words in it are not escaped yet.
    pub(crate) text: String,
    /// How much its value can carry.
    pub(crate) tone: Tone,
    /// The value and its bounds, where the cell shows a share.
    pub(crate) mark: Option<Mark>,
}

/// How much a cell's value can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// A claim can rest on it.
    Plain,
    /// Too little evidence for a claim.
    Weak,
    /// There is no value; the text says why.
    Absent,
    /// It contradicts what was declared.
    Wrong,
}

/// A share and its display interval, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    /// The share.
    pub(crate) value: f64,
    /// Lower bound.
    pub(crate) low: f64,
    /// Upper bound.
    pub(crate) high: f64,
}

impl Mark {
    /// The mark of a row, when it has a value and both bounds.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        Some(Self { value: row.value?, low: row.low?, high: row.high? })
    }
}

impl Cell {
    /// A cell of words.
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Plain, mark: None }
    }

    /// A cell without a value.
    pub(crate) fn absent(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Absent, mark: None }
    }
}

impl Grid {
    /// A grid without lines.
    pub(crate) fn new(caption: impl Into<String>, keys: usize, heads: &[&str]) -> Self {
        Self {
            caption: caption.into(),
            heads: heads.iter().map(|&head| head.to_owned()).collect(),
            keys,
            lines: Vec::new(),
        }
    }
}
