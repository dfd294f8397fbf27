//! A package: a closed list of files in one folder, nothing of which is about a single person.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::about::PackageRecord;
use super::sums::{SIGNATURE, SUMS};
use crate::folder::{Existing, FolderError, FolderKind, names, write_whole};
use crate::foreign;
use crate::table::{Compared, Ranked, Table, TableError};

/// The description of the tables, a Frictionless data package.
pub const DATA_PACKAGE: &str = "datapackage.json";
/// The package in plain words.
pub const README: &str = "README.md";

/// Every file that a package may hold, but for the cards.
const FILES: [&str; 9] = [
    README,
    names::METRICS,
    names::COMPARISON,
    names::LEADERBOARD,
    DATA_PACKAGE,
    names::RUN,
    names::PROTOCOL,
    SUMS,
    SIGNATURE,
];

/// The files of a package by their paths in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Package {
    /// Content by path, with forward slashes.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Whether the file `name`, a path in the package with forward slashes, is one that a package may hold.
#[must_use]
pub fn may_hold(name: &str) -> bool {
    let card = name.strip_prefix("cards/").and_then(|card| card.strip_suffix(".toml"));
    FILES.contains(&name)
        || card.is_some_and(|card| {
            ["dataset-", "method-"].iter().any(|kind| card.starts_with(kind))
                && card.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

impl Package {
    /// Whether the folder at `path` is a package.
    #[must_use]
    pub fn is_at(path: &Path) -> bool {
        path.join(DATA_PACKAGE).is_file()
    }

    /// The packages in the folder at `path`, by name; empty where that is no folder of packages.
    #[must_use]
    pub fn all_in(path: &Path) -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        let mut found: Vec<_> = entries.map(|entry| entry.path()).filter(|folder| Self::is_at(folder)).collect();
        found.sort();
        found
    }

    /// Reads every file below `path`, also such as a package may not hold: it is for [`super::verify()`] to say so.
    ///
    /// # Errors
    /// [`FolderError::Read`].
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let mut package = Self::default();
        package.read_below(path, "", 0)?;
        Ok(package)
    }

    fn read_below(&mut self, folder: &Path, prefix: &str, depth: u8) -> Result<(), FolderError> {
        let failed = |error| FolderError::read(folder, error);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let about = entry.file_type().map_err(failed)?;
            if about.is_dir() && depth < 3 {
                self.read_below(&entry.path(), &format!("{name}/"), depth + 1)?;
            } else if may_hold(&name) && about.is_file() {
                let failed = |error| FolderError::read(&entry.path(), error);
                self.files.insert(name, foreign::read(&entry.path(), foreign::LARGEST_FILE).map_err(failed)?);
            } else {
                // What it holds does not matter: it does not belong here.
                self.files.insert(name, Vec::new());
            }
        }
        Ok(())
    }

    /// Writes the package into the folder at `path`, as `existing` says.
    ///
    /// # Errors
    /// As [`Package::check`]; [`FolderError::Write`].
    pub fn write(&self, path: &Path, existing: Existing) -> Result<(), FolderError> {
        let held = Self::check(path, existing)?;
        let failed = |error| FolderError::write(path, error);
        for name in held {
            fs::remove_file(path.join(name)).map_err(failed)?;
        }
        for (name, bytes) in &self.files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap_or(path)).map_err(failed)?;
            write_whole(&file, bytes, false)?;
        }
        Ok(())
    }

    /// Whether a package may be written to `path`: absent, empty, or with [`Existing::Replace`] another package, whose
    /// files are given. Changes nothing.
    ///
    /// # Errors
    /// [`FolderError::NotAFolder`], [`FolderError::NotEmpty`], [`FolderError::Foreign`].
    pub fn check(path: &Path, existing: Existing) -> Result<Vec<String>, FolderError> {
        if path.metadata().is_err() {
            return Ok(Vec::new());
        }
        if !path.is_dir() {
            return Err(FolderError::NotAFolder { path: path.to_owned() });
        }
        let held: Vec<String> = Self::read(path)?.files.into_keys().collect();
        // Names alone do not make a package: many a folder holds a README.md, and one of `compare` no other files.
        let is_package = Self::is_at(path) || path.join(SUMS).is_file();
        let foreign = held.iter().find(|name| !may_hold(name)).or_else(|| held.first().filter(|_| !is_package));
        let (folder, kind) = (path.to_owned(), FolderKind::Package);
        match (foreign, held.first(), existing) {
            (Some(found), ..) => Err(FolderError::Foreign { path: folder, found: format!("`{found}`"), kind }),
            (None, Some(found), Existing::Refuse | Existing::Resume) => {
                Err(FolderError::NotEmpty { path: folder, found: format!("`{found}`"), kind })
            }
            _ => Ok(held),
        }
    }

    /// The content of the file `name`, where it is there.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// The text of the file `name`; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.file(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The rows of metrics.csv; none where the package has no such file.
    ///
    /// # Errors
    /// The file is not such a table.
    pub fn metrics(&self) -> Result<Table, TableError> {
        self.file(names::METRICS).map_or_else(|| Ok(Table::default()), Table::read)
    }

    /// The rows of comparison.csv; none where the package has no such file.
    ///
    /// # Errors
    /// The file is not such a table.
    pub fn comparison(&self) -> Result<Vec<Compared>, TableError> {
        self.file(names::COMPARISON).map_or_else(|| Ok(Vec::new()), Compared::read)
    }

    /// The rows of leaderboard.csv; none where the package has no such file.
    ///
    /// # Errors
    /// The file is not such a table.
    pub fn leaderboard(&self) -> Result<Vec<Ranked>, TableError> {
        self.file(names::LEADERBOARD).map_or_else(|| Ok(Vec::new()), Ranked::read)
    }

    /// What run.json says.
    ///
    /// # Errors
    /// It is missing or not what it should be.
    pub fn record(&self) -> Result<PackageRecord, String> {
        let bytes = self.file(names::RUN).ok_or_else(|| "it is missing".to_owned())?;
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}
