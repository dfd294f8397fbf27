//! Label files read row by row: CSV, or columns parted by tabs.

use std::io::Cursor;

use super::rows::Gathered;
use super::sample::Known;
use super::sample::Origin;
use super::tree::Tree;
use super::words::NoAge;
use super::{ImportError, words};
use crate::finding::{Finding, quoted};
use crate::sheet::{Row, Sheet, SheetError};

/// What parts the cells of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parted {
    Commas,
    Tabs,
}

/// A row of a label file: the cells of the columns that were asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'c, const N: usize> {
    pub of: [&'c str; N],
    pub row: u64,
}

/// Gives each row of the label file `file` to `take`, with the cells of `columns`. Whatever is wrong with the file goes to the
/// findings of `gathered`: another encoding, a missing column, a row with more or fewer cells than the header.
pub(super) fn each<const N: usize>(
    tree: &Tree,
    file: &str,
    parted: Parted,
    columns: [&str; N],
    gathered: &mut Gathered,
    mut take: impl FnMut(&mut Gathered, Cells<'_, N>) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let content = tree.content(file)?;
    let mut sheet = match Sheet::parted(file, Cursor::new(content), if parted == Parted::Tabs { b'\t' } else { b',' }) {
        Ok(sheet) => sheet,
        Err(error) => return keep(error, gathered),
    };
    let mut places = [0; N];
    let mut missing = false;
    for (place, column) in places.iter_mut().zip(columns) {
        match sheet.require(column) {
            Ok(found) => *place = found,
            Err(finding) => {
                missing = true;
                gathered.findings.push(finding);
            }
        }
    }
    if missing {
        return Ok(());
    }
    loop {
        let row = match sheet.next_row() {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(()),
            Err(error) => return keep(error, gathered),
        };
        if let Err(finding) = row.check_width() {
            gathered.findings.push(finding);
            continue;
        }
        match texts(&row, places) {
            Ok(of) => take(gathered, Cells { of, row: row.number() })?,
            Err(finding) => gathered.findings.push(finding),
        }
    }
}

/// The first cells of `column`, to find out where the pictures lie; nothing where the file cannot be read: [`each`] says why.
pub(super) fn first(tree: &Tree, file: &str, parted: Parted, column: &str) -> Result<Vec<String>, ImportError> {
    let mut cells = Vec::new();
    let mark = if parted == Parted::Tabs { b'\t' } else { b',' };
    let Ok(mut sheet) = Sheet::parted(file, Cursor::new(tree.content(file)?), mark) else { return Ok(cells) };
    let Some(place) = sheet.place(column) else { return Ok(cells) };
    while let (Ok(Some(row)), true) = (sheet.next_row(), cells.len() < 20) {
        cells.extend(row.text(place).ok().filter(|cell| !cell.is_empty()).map(str::to_owned));
    }
    Ok(cells)
}

fn texts<'r, const N: usize>(row: &Row<'r>, places: [usize; N]) -> Result<[&'r str; N], Finding> {
    let mut cells = [""; N];
    for (cell, place) in cells.iter_mut().zip(places) {
        *cell = row.text(place)?;
    }
    Ok(cells)
}

/// What is wrong with the content is a finding, what is wrong with the file an error.
pub(super) fn keep(error: SheetError, gathered: &mut Gathered) -> Result<(), ImportError> {
    match error {
        SheetError::Unusable(finding) => {
            gathered.findings.push(*finding);
            Ok(())
        }
        SheetError::Read { file, source } => Err(ImportError::Read { file, source }),
    }
}

/// The age in the cell `text`. A date that a spreadsheet made of a band is an error of the whole file: whole age groups are gone
/// with it; and so is a decimal comma, which may be meant for either. Anything else that is no age leaves the row out, and gives `None`.
pub(super) fn age(gathered: &mut Gathered, at: Origin<'_>, path: &str, column: &str, text: &str) -> Option<Known> {
    let (said, help) = match words::age(text) {
        Ok(known) => return Some(known),
        Err(NoAge::Spreadsheet(band)) => (
            format!("{} is a date that a spreadsheet made of the ages {band}", quoted(text)),
            "take the file as it was published, and do not save it from a spreadsheet",
        ),
        Err(NoAge::Comma) => (
            format!("{} has a decimal comma, or is a band: expected 17.25 or 17-25", quoted(text)),
            "write ages with decimal points, and bands with a hyphen",
        ),
        Err(NoAge::Other) => {
            gathered.leave_out(at, path, "its age cannot be read", text);
            return None;
        }
    };
    let finding = Finding::error(at.file, said).column(column).help(help);
    gathered.findings.push(match at.row {
        Some(row) => finding.row(row),
        None => finding,
    });
    None
}

/// The face box in four cells: `None` where all are unknown.
///
/// # Errors
/// The cells, when some of them are no numbers.
pub(super) fn face(cells: [&str; 4]) -> Result<Option<[f64; 4]>, String> {
    if cells.iter().all(|cell| words::is_unknown(cell)) {
        return Ok(None);
    }
    let mut face = [0.0; 4];
    for (corner, cell) in face.iter_mut().zip(cells) {
        *corner = cell.trim().parse().map_err(|_| cells.join(","))?;
    }
    Ok(Some(face))
}
