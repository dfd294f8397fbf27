//! Any Parquet file with a row a sample: columns by their usual names, or as `--columns` says.

#[cfg(feature = "parquet")]
mod columns;
#[cfg(feature = "parquet")]
mod value;
#[cfg(feature = "parquet")]
mod zstd;

use super::rows::Gathered;
use super::tree::Tree;
use super::{ImportError, Importer, Source, general};
use crate::finding::{Finding, listed};

pub(super) static IMPORTER: Importer = Importer {
    name: "parquet",
    title: "a Parquet file",
    layout: "a Parquet file with a row a sample and columns that hold single values, beside or above its pictures",
    fits,
    read,
    ..general::IMPORTER
};

/// Whether the file at `path` is such a table, by its ending.
pub(super) fn is_parquet(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.ends_with(".parquet") || path.ends_with(".pq")
}

/// The files that may be meant: the one that was named, or those at the top of the folder.
fn files(tree: &Tree) -> Vec<&str> {
    match tree.chosen() {
        Some(chosen) => vec![chosen],
        None => {
            tree.files().iter().map(String::as_str).filter(|path| is_parquet(path) && !path.contains('/')).collect()
        }
    }
}

fn fits(tree: &Tree) -> Option<String> {
    match files(tree).as_slice() {
        [one] => is_parquet(one).then(|| format!("the Parquet file `{one}`")),
        several => several.first().map(|first| format!("Parquet files such as `{first}`")),
    }
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    match files(source.tree).as_slice() {
        [one] => read_file(source, one, &[], gathered),
        several => {
            let text = format!("several Parquet files: {}", listed(several));
            let place = source.tree.place().display().to_string();
            let help = "give the file that you mean in place of the folder; parts of one table must be joined first";
            Err(Finding::error(place, text).help(help).into())
        }
    }
}

/// Reads the Parquet file `file`; `renamed` are columns and the names that a description gives them.
#[cfg(feature = "parquet")]
pub(super) fn read_file(
    source: &Source<'_>,
    file: &str,
    renamed: &[(String, String)],
    gathered: &mut Gathered,
) -> Result<(), ImportError> {
    use crate::finding::{Findings, quoted};
    let table = columns::read(file, source.tree.open(file)?)?;
    for (name, what) in &table.passed_over {
        let text = format!("the column {} is not carried: it holds {what}", quoted(name));
        gathered.findings.push(Finding::warning(file, text));
    }
    let each = |_: &mut Findings, take: &mut dyn FnMut(u64, &[&str])| {
        let mut cells: Vec<&str> = Vec::with_capacity(table.names.len());
        for row in 0..table.rows {
            cells.clear();
            cells.extend(table.columns.iter().map(|column| column.get(row)));
            take(row as u64 + 1, &cells);
        }
        Ok(())
    };
    let header = super::csv::renamed(&table.names, renamed);
    general::read(source, &general::Table { file, header: &header, each: &each }, gathered)
}

#[cfg(not(feature = "parquet"))]
pub(super) fn read_file(
    _: &Source<'_>,
    file: &str,
    _: &[(String, String)],
    _: &mut Gathered,
) -> Result<(), ImportError> {
    let help =
        "build agebench with the feature `parquet`, or save the table as CSV and give it to `agebench import csv`";
    Err(Finding::error(file, "this build reads no Parquet").help(help).into())
}
