//! Any CSV file with a row a sample: columns by their usual names, or as `--columns` says.

use std::io::Cursor;

use super::general::{self, Table};
use super::labels::keep;
use super::rows::Gathered;
use super::tree::Tree;
use super::{ImportError, Importer, Source};
use crate::dataset::MANIFEST_FILE;
use crate::finding::{Finding, Findings, listed};
use crate::sheet::{Sheet, SheetError};

pub(super) static IMPORTER: Importer = Importer {
    name: "csv",
    title: "a CSV file",
    layout: "a CSV file with a header and a row a sample, beside or above its pictures",
    fits,
    read,
    ..general::IMPORTER
};

/// The CSV files that may be meant: the one that was named, or those at the top of the folder.
fn files(tree: &Tree) -> Vec<&str> {
    let is_table =
        |path: &&str| path.to_ascii_lowercase().ends_with(".csv") && !path.contains('/') && *path != MANIFEST_FILE;
    match tree.chosen() {
        Some(chosen) => vec![chosen],
        None => tree.files().iter().map(String::as_str).filter(is_table).collect(),
    }
}

fn fits(tree: &Tree) -> Option<String> {
    if let Some(chosen) = tree.chosen() {
        return (chosen.to_ascii_lowercase().ends_with(".csv")).then(|| "the ending of its name".to_owned());
    }
    let is_dataset = |file: &&str| {
        let header = tree.first_line(file).unwrap_or_default();
        general::is_dataset(&header.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect::<Vec<_>>())
    };
    match files(tree).as_slice() {
        [one] => Some(format!("the CSV file `{one}`")),
        several => several.iter().copied().find(is_dataset).map(|file| format!("the columns of `{file}`")),
    }
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    match files(source.tree).as_slice() {
        [one] => read_file(source, one, &[], gathered),
        several => {
            let text = format!("several CSV files: {}", listed(several));
            let place = source.tree.place().display().to_string();
            Err(Finding::error(place, text).help("give the file that you mean in place of the folder").into())
        }
    }
}

/// Reads the CSV file `file`; `renamed` are columns and the names that a description gives them.
pub(super) fn read_file(
    source: &Source<'_>,
    file: &str,
    renamed: &[(String, String)],
    gathered: &mut Gathered,
) -> Result<(), ImportError> {
    let content = source.tree.content(file)?;
    let header = match Sheet::open(file, Cursor::new(&content)) {
        Ok(sheet) => sheet.header().to_vec(),
        Err(error) => return keep(error, gathered),
    };
    let each = |findings: &mut Findings, take: &mut dyn FnMut(u64, &[&str])| {
        let failed = |error: SheetError, findings: &mut Findings| match error {
            SheetError::Unusable(finding) => {
                findings.push(*finding);
                Ok(())
            }
            SheetError::Read { file, source } => Err(ImportError::Read { file, source }),
        };
        let mut sheet = match Sheet::open(file, Cursor::new(&content)) {
            Ok(sheet) => sheet,
            Err(error) => return failed(error, findings),
        };
        loop {
            let row = match sheet.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(()),
                Err(error) => return failed(error, findings),
            };
            let cells = row
                .check_width()
                .and_then(|()| (0..header.len()).map(|place| row.text(place)).collect::<Result<Vec<_>, _>>());
            match cells {
                Ok(cells) => take(row.number(), &cells),
                Err(finding) => findings.push(finding),
            }
        }
    };
    let header = self::renamed(&header, renamed);
    general::read(source, &Table { file, header: &header, each: &each }, gathered)
}

/// The columns `header`, with the names that a description gives them.
pub(super) fn renamed(header: &[String], renamed: &[(String, String)]) -> Vec<String> {
    let name =
        |column: &String| renamed.iter().find(|(found, _)| found == column).map_or(column, |(_, name)| name).clone();
    header.iter().map(name).collect()
}
