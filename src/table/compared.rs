//! Rows of `comparison.csv` and `leaderboard.csv`: a row of metrics with what it is held against, or with its rank.

use std::io::{Read, Write};

use super::cells::{count, finite, optional};
use super::file::{RawRow, read_rows};
use super::number::cell as number;
use super::{COLUMNS, Row, TableError, spreadsheet};

/// The columns of `comparison.csv` after those of `metrics.csv`.
pub const COMPARED_COLUMNS: [&str; 4] = ["baseline_method", "baseline_digest", "p", "p_adjusted"];

/// The columns of `leaderboard.csv` after those of `metrics.csv`.
pub const RANKED_COLUMNS: [&str; 3] = ["rank_low", "rank_high", "ranked"];

/// A method held against another one: the value, its bounds and its counts are those of the difference *method less
/// baseline* on the attempts that both ran.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The row; `method` is the one whose value would be higher if the difference is above zero.
    pub row: Row,
    /// The method that it is held against.
    pub baseline_method: String,
    /// First 16 hex digits of the baseline's digest.
    pub baseline_digest: String,
    /// How likely a difference at least as large is where the two do not differ; none where there is no test.
    pub p: Option<f64>,
    /// The same, adjusted for the protocol's family; none outside of it.
    pub p_adjusted: Option<f64>,
}

/// A method's own row with its rank among all that were compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The row as `metrics.csv` has it.
    pub row: Row,
    /// 1 + the number of methods that are significantly better; none where the row is not ranked.
    pub rank_low: Option<u64>,
    /// The number of ranked methods less the number that are significantly worse.
    pub rank_high: Option<u64>,
    /// How many methods are ranked at this place.
    pub ranked: u64,
}

impl Compared {
    /// The rows of a `comparison.csv`.
    ///
    /// # Errors
    /// [`TableError`] with the row and the column.
    pub fn read(source: impl Read) -> Result<Vec<Self>, TableError> {
        read_rows(source, &COMPARED_COLUMNS, |raw: &RawRow<'_>| {
            Ok(Self {
                row: Row::from_cells(|name| raw.cell(name))?,
                baseline_method: raw.cell("baseline_method").to_owned(),
                baseline_digest: raw.cell("baseline_digest").to_owned(),
                p: optional("p", raw.cell("p"), finite)?,
                p_adjusted: optional("p_adjusted", raw.cell("p_adjusted"), finite)?,
            })
        })
    }

    /// Writes a `comparison.csv`.
    ///
    /// # Errors
    /// [`TableError::Csv`] when `sink` fails.
    pub fn write(rows: &[Self], sink: impl Write) -> Result<(), TableError> {
        let cells = |one: &Self| {
            [one.baseline_method.clone(), one.baseline_digest.clone(), number(one.p), number(one.p_adjusted)]
        };
        write_rows(sink, &COMPARED_COLUMNS, rows.iter().map(|one| (&one.row, cells(one).to_vec())))
    }
}

impl Ranked {
    /// The rows of a `leaderboard.csv`.
    ///
    /// # Errors
    /// [`TableError`] with the row and the column.
    pub fn read(source: impl Read) -> Result<Vec<Self>, TableError> {
        read_rows(source, &RANKED_COLUMNS, |raw: &RawRow<'_>| {
            Ok(Self {
                row: Row::from_cells(|name| raw.cell(name))?,
                rank_low: optional("rank_low", raw.cell("rank_low"), count)?,
                rank_high: optional("rank_high", raw.cell("rank_high"), count)?,
                ranked: count(raw.cell("ranked")).map_err(|error| ("ranked", error))?,
            })
        })
    }

    /// Writes a `leaderboard.csv`.
    ///
    /// # Errors
    /// [`TableError::Csv`] when `sink` fails.
    pub fn write(rows: &[Self], sink: impl Write) -> Result<(), TableError> {
        let text = |rank: Option<u64>| rank.map(|rank| rank.to_string()).unwrap_or_default();
        let cells = |one: &Self| vec![text(one.rank_low), text(one.rank_high), one.ranked.to_string()];
        write_rows(sink, &RANKED_COLUMNS, rows.iter().map(|one| (&one.row, cells(one))))
    }
}

pub(super) fn write_rows<'r>(
    sink: impl Write,
    more: &[&str],
    rows: impl Iterator<Item = (&'r Row, Vec<String>)>,
) -> Result<(), TableError> {
    let mut writer = csv::WriterBuilder::new().from_writer(sink);
    writer.write_record(COLUMNS.iter().chain(more))?;
    for (row, cells) in rows {
        let row = row.cells();
        let named = COLUMNS.iter().chain(more).zip(row.iter().chain(&cells));
        writer.write_record(named.map(|(column, cell)| spreadsheet::written(column, cell).into_owned()))?;
    }
    writer.flush().map_err(csv::Error::from)?;
    Ok(())
}
