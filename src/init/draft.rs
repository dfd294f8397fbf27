//! Files that are drafted, and how they are put down: whole, and over nothing that is there unless told so.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::InitError;
use crate::foreign;

/// Files with their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Where each goes, and what it holds.
    pub files: Vec<DraftFile>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// Where it goes.
    pub path: PathBuf,
    /// What it holds.
    pub content: Vec<u8>,
    /// Whether it is a program.
    pub is_program: bool,
}

impl Draft {
    /// One text file.
    #[must_use]
    pub fn one(path: PathBuf, text: impl Into<Vec<u8>>) -> Self {
        Self::default().with(path, text)
    }

    /// The same with a further file.
    #[must_use]
    pub fn with(mut self, path: PathBuf, content: impl Into<Vec<u8>>) -> Self {
        self.files.push(DraftFile { path, content: content.into(), is_program: false });
        self
    }

    /// The same with a further program.
    #[must_use]
    pub fn with_program(mut self, path: PathBuf, content: impl Into<Vec<u8>>) -> Self {
        self.files.push(DraftFile { path, content: content.into(), is_program: true });
        self
    }

    /// Whether [`Draft::write`] would find nothing in its way: told before long work.
    ///
    /// # Errors
    /// [`InitError::Exists`]; [`InitError::NotAFile`] for what no file takes the place of, told or not.
    pub fn check(paths: &[PathBuf], replace: bool) -> Result<(), InitError> {
        if let Some(path) = paths.iter().find(|path| foreign::may_be_replaced(path).is_err()) {
            return Err(InitError::NotAFile { path: path.clone() });
        }
        match paths.iter().find(|path| !replace && path.exists()) {
            Some(path) => Err(InitError::Exists { path: path.clone() }),
            None => Ok(()),
        }
    }

    /// Writes the files, each whole or not at all; with `replace` over those that are there.
    ///
    /// # Errors
    /// As [`Draft::check`] before anything is written, [`InitError::Write`].
    pub fn write(&self, replace: bool) -> Result<(), InitError> {
        let paths: Vec<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        Self::check(&paths, replace)?;
        self.files
            .iter()
            .try_for_each(|file| put(file).map_err(|source| InitError::Write { path: file.path.clone(), source }))
    }
}

fn put(file: &DraftFile) -> io::Result<()> {
    let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    foreign::write_whole(&file.path, foreign::FOR_ALL, |open| {
        open.write_all(&file.content)?;
        if file.is_program {
            use std::os::unix::fs::PermissionsExt as _;
            open.set_permissions(fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_leaves_no_part_of_it() {
        let place = tempfile::tempdir().unwrap();
        // A folder in the way is met when the whole file gets its name.
        let path = place.path().join("plugin.py");
        fs::create_dir(&path).unwrap();
        let draft = Draft::one(path.clone(), "print()");
        assert!(put(&draft.files[0]).is_err());
        assert!(matches!(draft.write(true), Err(InitError::NotAFile { path: named }) if named == path));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    }
}
