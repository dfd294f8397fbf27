//! The folder of a pool: `pooled.csv`, and nothing else.

use std::fs;
use std::path::Path;

use super::{Pool, PoolError};
use crate::folder::{Existing, FolderError, FolderKind, names, write_whole};
use crate::table::Pooled;

/// Whether `path` can be written to: it is absent, empty, or holds a pool that may be replaced. Never a folder that holds
/// anything else, so that nobody loses a run to a mistyped `--out`.
pub(super) fn check(path: &Path, existing: Existing) -> Result<(), FolderError> {
    let Ok(about) = fs::metadata(path) else { return Ok(()) };
    if !about.is_dir() {
        return Err(FolderError::NotAFolder { path: path.to_owned() });
    }
    for entry in fs::read_dir(path).map_err(|error| FolderError::write(path, error))? {
        let entry = entry.map_err(|error| FolderError::write(path, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let found = format!("`{name}`");
        if name != names::POOLED {
            return Err(FolderError::Foreign { path: path.to_owned(), found, kind: FolderKind::Pool });
        }
        if existing == Existing::Refuse {
            return Err(FolderError::NotEmpty { path: path.to_owned(), found, kind: FolderKind::Pool });
        }
    }
    Ok(())
}

/// Writes the file.
pub(super) fn write(pool: &Pool, path: &Path, existing: Existing) -> Result<(), PoolError> {
    check(path, existing)?;
    fs::create_dir_all(path).map_err(|error| FolderError::write(path, error))?;
    let file = path.join(names::POOLED);
    let mut bytes = Vec::new();
    Pooled::write(pool.rows(), &mut bytes).map_err(|source| PoolError::Table { path: file.clone(), source })?;
    write_whole(&file, &bytes, false)?;
    Ok(())
}
