//! CSV files, read row by row, with the row numbers that a text editor shows and cells that may be anything.

use std::collections::HashSet;
use std::io::{self, Read};

use csv::ByteRecord;

mod blocks;
mod lines;
mod ordered;
mod writer;

pub use blocks::{BlockRows, Blocks};
use lines::{END, Lines};
pub use ordered::in_order;
pub use writer::RowWriter;

use crate::finding::{Finding, did_you_mean, listed, quoted};

/// Why a CSV file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file cannot be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The file, as the user named it.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// The file is not what was expected.
    #[error("{0}")]
    Unusable(Box<Finding>),
}

impl SheetError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Read { .. } => None,
            Self::Unusable(finding) => finding.help.as_deref(),
        }
    }
}

impl From<Finding> for SheetError {
    fn from(finding: Finding) -> Self {
        Self::Unusable(Box::new(finding))
    }
}

/// A CSV file with a header.
#[derive(Debug)]
pub struct Sheet<R> {
    file: String,
    reader: csv::Reader<Lines<R>>,
    header: Vec<String>,
    record: ByteRecord,
}

impl<R: Read> Sheet<R> {
    /// Reads the header of `file`, whose content is `input`.
    ///
    /// # Errors
    /// [`SheetError`] when the file is empty, not UTF-8 text, or names a column twice.
    pub fn open(file: &str, input: R) -> Result<Self, SheetError> {
        Self::parted(file, input, b',')
    }

    /// As [`Sheet::open`], with another mark than a comma between the cells.
    ///
    /// # Errors
    /// As [`Sheet::open`].
    pub fn parted(file: &str, input: R, mark: u8) -> Result<Self, SheetError> {
        let lines = Lines::new(input).map_err(|error| failed(file, error))?;
        let mut builder = csv::ReaderBuilder::new();
        let mut reader = builder.has_headers(false).flexible(true).delimiter(mark).from_reader(lines);
        let mut record = ByteRecord::new();
        reader.get_mut().begin_row();
        let header = read_header(file, &mut reader, &mut record)?;
        Ok(Self { file: file.to_owned(), reader, header, record })
    }

    /// The file's name in messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The columns' names.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The place of `column`, counted from 0.
    #[must_use]
    pub fn place(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// The place of `column`, or a finding that lists the columns there are.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn require(&self, column: &str) -> Result<usize, Finding> {
        require(&self.file, &self.header, column)
    }

    /// The next row; `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// [`SheetError::Read`]; or that the file ends within quotes.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, SheetError> {
        self.reader.get_mut().begin_row();
        let more = read_record(&self.file, &mut self.reader, &mut self.record, 0)?;
        let cells = Cells::Record { record: &self.record, after: self.reader.position().line() };
        Ok(more.then_some(Row { file: &self.file, header: &self.header, cells }))
    }
}

/// A row of a [`Sheet`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'s> {
    file: &'s str,
    header: &'s [String],
    cells: Cells<'s>,
}

/// The cells of a row, as they were found.
#[derive(Debug, Clone, Copy)]
enum Cells<'s> {
    /// A record, and the number of the line after it.
    Record { record: &'s ByteRecord, after: u64 },
    /// A line without quotes, where each of its cells ends in it, and its number.
    Line { text: &'s str, ends: &'s [usize], number: u64 },
}

impl<'s> Row<'s> {
    /// The line of the file on which the row begins, counted from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        match self.cells {
            Cells::Record { record, after } => {
                let within = record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
                after.saturating_sub(1 + within)
            }
            Cells::Line { number, .. } => number,
        }
    }

    /// Whether the row has as many cells as the header.
    ///
    /// # Errors
    /// A finding when it has more or fewer.
    pub fn check_width(&self) -> Result<(), Finding> {
        let found = match self.cells {
            Cells::Record { record, .. } => record.len(),
            Cells::Line { ends, .. } => ends.len(),
        };
        let expected = self.header.len();
        if found == expected {
            return Ok(());
        }
        Err(Finding::error(self.file, format!("{found} cells: expected {expected}, as in the header"))
            .row(self.number())
            .help("a cell with a comma or a line break in it stands in double quotes, which must be closed"))
    }

    /// The bytes of the cell at `place`; empty when the row is too short.
    #[must_use]
    pub fn bytes(&self, place: usize) -> &'s [u8] {
        match self.cells {
            Cells::Record { record, .. } => record.get(place).unwrap_or_default(),
            Cells::Line { .. } => self.cell_of_line(place).unwrap_or_default().as_bytes(),
        }
    }

    fn cell_of_line(&self, place: usize) -> Option<&'s str> {
        let Cells::Line { text, ends, .. } = self.cells else { return None };
        let start = place.checked_sub(1).map_or(Some(0), |before| ends.get(before).map(|end| end + 1))?;
        text.get(start..*ends.get(place)?)
    }

    /// The text of the cell at `place`.
    ///
    /// # Errors
    /// A finding when it is not UTF-8.
    pub fn text(&self, place: usize) -> Result<&'s str, Finding> {
        if let Cells::Line { .. } = self.cells {
            return Ok(self.cell_of_line(place).unwrap_or_default());
        }
        std::str::from_utf8(self.bytes(place)).map_err(|_| {
            let found = String::from_utf8_lossy(self.bytes(place));
            self.wrong(place, format!("{} is not utf-8", quoted(&found))).help("save the file as \"CSV UTF-8\"")
        })
    }

    /// The number in the cell at `place`; `None` when it is empty. NaN and infinities are numbers here.
    ///
    /// # Errors
    /// A finding when it is something else; `expected` says what was wanted.
    pub fn number_at(&self, place: usize, expected: &str) -> Result<Option<f64>, Finding> {
        let text = self.text(place)?.trim();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.wrong(place, format!("{} is not {expected}", quoted(text))))
    }

    /// The whole number in the cell at `place`; `None` when it is empty.
    ///
    /// # Errors
    /// A finding when it is something else; `expected` says what was wanted.
    pub fn whole_at<T: std::str::FromStr>(&self, place: usize, expected: &str) -> Result<Option<T>, Finding> {
        match self.text(place)?.trim() {
            "" => Ok(None),
            text => {
                text.parse().map(Some).map_err(|_| self.wrong(place, format!("{} is not {expected}", quoted(text))))
            }
        }
    }

    /// An error about the cell at `place`.
    #[must_use]
    pub fn wrong(&self, place: usize, text: impl Into<String>) -> Finding {
        let finding = Finding::error(self.file, text).row(self.number());
        match self.header.get(place) {
            Some(name) => finding.column(name),
            None => finding,
        }
    }
}

/// The place of `column` in `header`, or a finding that lists the columns there are.
fn require(file: &str, header: &[String], column: &str) -> Result<usize, Finding> {
    header.iter().position(|name| name == column).ok_or_else(|| {
        let there = listed(&header.iter().map(|name| quoted(name).replace('`', "")).collect::<Vec<_>>());
        Finding::error(file, format!("the column {} is missing: there are {there}", quoted(column)))
            .maybe_help(did_you_mean(column, header.iter().map(String::as_str)))
    })
}

/// The columns' names, from the first record.
fn read_header<R: Read>(
    file: &str,
    reader: &mut csv::Reader<R>,
    record: &mut ByteRecord,
) -> Result<Vec<String>, SheetError> {
    if !read_record(file, reader, record, 0)? {
        return Err(Finding::error(file, "the file is empty: expected a header with the columns' names").into());
    }
    let is_number = |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(|text| text.trim().parse::<f64>().is_ok());
    if !record.is_empty() && record.iter().all(is_number) {
        return Err(Finding::error(file, "only numbers: expected a header with the columns' names")
            .row(1)
            .help("this is no table, or its header is missing")
            .into());
    }
    let (mut header, mut seen) = (Vec::with_capacity(record.len()), HashSet::new());
    for cell in &*record {
        let Ok(name) = std::str::from_utf8(cell) else {
            return Err(Finding::error(
                file,
                format!("the column {} is not utf-8", quoted(&String::from_utf8_lossy(cell))),
            )
            .row(1)
            .help("save the file as \"CSV UTF-8\"")
            .into());
        };
        if !name.is_empty() && !seen.insert(name) {
            return Err(Finding::error(file, format!("the column {} stands twice", quoted(name))).row(1).into());
        }
        header.push(name.to_owned());
    }
    if let [only] = &header[..]
        && let Some(separator) = [';', '\t'].into_iter().find(|separator| only.contains(*separator))
    {
        let name = if separator == ';' { "semicolons" } else { "tabs" };
        return Err(Finding::error(file, format!("the columns are separated by {name}: expected commas"))
            .row(1)
            .help("save the file with commas between the cells")
            .into());
    }
    Ok(header)
}

/// The next record; `false` at the end of the file. `before` are the lines before those of the reader.
fn read_record<R: Read>(
    file: &str,
    reader: &mut csv::Reader<R>,
    record: &mut ByteRecord,
    before: u64,
) -> Result<bool, SheetError> {
    if !reader.read_byte_record(record).map_err(|error| csv_failed(file, error))? {
        return Ok(false);
    }
    let last = record.iter().next_back().unwrap_or_default();
    if last.ends_with(END) {
        // Line feeds within the cell, the mark's own included, lie between its first line and the reader's.
        let within = last.iter().filter(|byte| **byte == b'\n').count() as u64;
        return Err(Finding::error(file, "the file ends within a cell that begins with a double quote in this row")
            .row((before + reader.position().line()).saturating_sub(within))
            .help("close the cell with a second double quote: all that follows the first one counts as the cell")
            .into());
    }
    Ok(last != [0])
}

fn failed(file: &str, source: io::Error) -> SheetError {
    if source.kind() == io::ErrorKind::FileTooLarge {
        Finding::error(file, source.to_string()).help("look for a double quote that is not closed").into()
    } else if source.kind() == io::ErrorKind::InvalidData {
        Finding::error(file, source.to_string()).help("save the file as \"CSV UTF-8\"").into()
    } else {
        SheetError::Read { file: file.to_owned(), source }
    }
}

fn csv_failed(file: &str, error: csv::Error) -> SheetError {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => failed(file, source),
        other => Finding::error(file, format!("{other:?}")).into(),
    }
}

#[cfg(test)]
mod tests;
