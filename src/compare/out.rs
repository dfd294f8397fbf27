//! The folder of a comparison: `comparison.csv` and `leaderboard.csv`, perhaps with their page, and nothing else.

use std::fs;
use std::path::Path;

use super::{CompareError, Comparison};
use crate::folder::{Existing, FolderError, FolderKind, names, write_whole};
use crate::table::{Compared, Ranked, TableError};

/// The files of a comparison; the page is made by whoever reports it.
const OWN: [&str; 3] = [names::COMPARISON, names::LEADERBOARD, names::REPORT];

/// Whether `path` can be written to: it is absent, empty, or holds a comparison that may be replaced. Never a folder
/// that holds anything else, so that nobody loses a run to a mistyped `--out`.
pub(super) fn check(path: &Path, existing: Existing) -> Result<(), FolderError> {
    let Ok(about) = fs::metadata(path) else { return Ok(()) };
    if !about.is_dir() {
        return Err(FolderError::NotAFolder { path: path.to_owned() });
    }
    let mut held = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| FolderError::write(path, error))? {
        let entry = entry.map_err(|error| FolderError::write(path, error))?;
        held.push(entry.file_name().to_string_lossy().into_owned());
    }
    held.sort_unstable();
    let kind = FolderKind::Comparison;
    if let Some(foreign) = held.iter().find(|name| !OWN.contains(&name.as_str())) {
        return Err(FolderError::Foreign { path: path.to_owned(), found: format!("`{foreign}`"), kind });
    }
    match (held.first(), existing) {
        (Some(found), Existing::Refuse) => {
            Err(FolderError::NotEmpty { path: path.to_owned(), found: format!("`{found}`"), kind })
        }
        _ => Ok(()),
    }
}

/// Writes both files.
pub(super) fn write(comparison: &Comparison, path: &Path, existing: Existing) -> Result<(), CompareError> {
    check(path, existing)?;
    fs::create_dir_all(path).map_err(|error| FolderError::write(path, error))?;
    let mut tables: Vec<(&str, Vec<u8>, Result<(), TableError>)> = Vec::new();
    let mut bytes = Vec::new();
    let made = Compared::write(&comparison.rows, &mut bytes);
    tables.push((names::COMPARISON, bytes, made));
    let mut bytes = Vec::new();
    let made = Ranked::write(&comparison.leaderboard, &mut bytes);
    tables.push((names::LEADERBOARD, bytes, made));
    for (name, bytes, made) in tables {
        let file = path.join(name);
        made.map_err(|source| CompareError::Table { path: file.clone(), source })?;
        write_whole(&file, &bytes, false)?;
    }
    Ok(())
}
