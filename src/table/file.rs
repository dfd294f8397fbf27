//! `metrics.csv` as a whole.

use std::io::{Read, Write};

use super::{COLUMNS, Row, Select, WordError, spreadsheet};

/// The rows of one or more methods, in the order in which they are published.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The rows.
    pub rows: Vec<Row>,
}

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file is not CSV, or the disk failed.
    #[error("not a readable table of metrics")]
    Csv(#[from] csv::Error),
    /// A column without which rows cannot be told apart.
    #[error("the column `{0}` is missing")]
    MissingColumn(&'static str),
    /// A cell that is not what its column holds.
    #[error("row {row}, column `{column}`")]
    Cell {
        /// Row of the file; the header is row 1.
        row: u64,
        /// Name of the column.
        column: &'static str,
        /// What is wrong.
        #[source]
        error: WordError,
    },
    /// A schema of another major number.
    #[error("row {row}: schema `{found}` cannot be read here, expected `{expected}`", expected = super::SCHEMA)]
    Schema {
        /// Row of the file; the header is row 1.
        row: u64,
        /// What was found.
        found: String,
    },
}

impl Table {
    /// The table in `source`. Unknown columns are ignored, in any order.
    ///
    /// # Errors
    /// [`TableError`] with the row and the column.
    pub fn read(source: impl Read) -> Result<Self, TableError> {
        let rows = read_rows(source, &[], |raw: &RawRow<'_>| Row::from_cells(|name| raw.cell(name)))?;
        Ok(Self { rows })
    }

    /// Writes the header and all rows, no text so that a spreadsheet would run it.
    ///
    /// # Errors
    /// [`TableError::Csv`] when `sink` fails.
    pub fn write(&self, sink: impl Write) -> Result<(), TableError> {
        let mut writer = csv::WriterBuilder::new().from_writer(sink);
        writer.write_record(COLUMNS)?;
        for row in &self.rows {
            let cells = row.cells();
            let safe = COLUMNS.iter().zip(&cells).map(|(column, cell)| spreadsheet::written(column, cell).into_owned());
            writer.write_record(safe)?;
        }
        writer.flush().map_err(csv::Error::from)?;
        Ok(())
    }

    /// The rows that `select` finds, in the table's order.
    pub fn find(&self, select: &Select) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| select.matches(row))
    }
}

/// One row of a file, its cells found by the names of their columns.
pub(super) struct RawRow<'r> {
    header: &'r csv::StringRecord,
    record: &'r csv::StringRecord,
}

impl RawRow<'_> {
    /// The cell in column `name`; empty where the row is short.
    pub fn cell(&self, name: &str) -> &str {
        let place = self.header.iter().position(|column| column == name);
        spreadsheet::read(name, place.and_then(|column| self.record.get(column)).unwrap_or_default())
    }
}

/// What `make` makes of each row of a file that has the columns of `metrics.csv` and `more`.
pub(super) fn read_rows<T>(
    source: impl Read,
    more: &[&'static str],
    make: impl Fn(&RawRow<'_>) -> Result<T, (&'static str, WordError)>,
) -> Result<Vec<T>, TableError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(source);
    let header = reader.headers()?.clone();
    let there = |name: &str| header.iter().any(|column| column == name);
    if let Some(missing) = COLUMNS.iter().chain(more).find(|column| !there(column)) {
        return Err(TableError::MissingColumn(missing));
    }
    let mut rows = Vec::new();
    for (index, record) in (2_u64..).zip(reader.records()) {
        let record = record?;
        let raw = RawRow { header: &header, record: &record };
        if raw.cell("schema") != super::SCHEMA {
            return Err(TableError::Schema { row: index, found: raw.cell("schema").to_owned() });
        }
        rows.push(make(&raw).map_err(|(column, error)| TableError::Cell { row: index, column, error })?);
    }
    Ok(rows)
}
