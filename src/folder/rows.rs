//! What run.json says of outcomes.csv and truth.csv, the files with a row about somebody: how many rows they have, and their
//! digest, by which rows that were lost, changed or added later are found.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Attempt, FolderError, RunFolder, RunRecord, Truth, join_attempts, names};
use crate::digest::{Digest, Hashing};
use crate::foreign;

/// What such a file was when it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsRecord {
    /// Its rows, without the header.
    pub rows: u64,
    /// SHA-256 of the file.
    pub sha256: Digest,
}

impl RowsRecord {
    /// Of the file at `path`, which has so many rows.
    ///
    /// # Errors
    /// [`FolderError::Read`].
    pub fn of(path: &Path, rows: u64) -> Result<Self, FolderError> {
        Ok(Self { rows, sha256: file_digest(path)? })
    }
}

impl RunRecord {
    /// Whether the outcomes.csv of `folder` is what its run wrote, as far as that was written down.
    ///
    /// # Errors
    /// [`FolderError::Changed`], [`FolderError::Read`].
    pub fn has_outcomes(&self, folder: &RunFolder) -> Result<(), FolderError> {
        self.outcomes.map_or(Ok(()), |wrote| self.has(folder, names::OUTCOMES, wrote))
    }

    /// Whether its truth.csv is, likewise.
    ///
    /// # Errors
    /// [`FolderError::Changed`], [`FolderError::Read`].
    pub fn has_truth(&self, folder: &RunFolder) -> Result<(), FolderError> {
        self.truth.map_or(Ok(()), |wrote| self.has(folder, names::TRUTH, wrote))
    }

    /// The truth.csv of `folder`, which is what its run wrote, as far as that was written down.
    ///
    /// # Errors
    /// The first row that is not as it should be, with its column; [`FolderError::Changed`], [`FolderError::Read`].
    pub fn read_truth(&self, folder: &RunFolder) -> Result<Truth, FolderError> {
        let file = folder.read(names::TRUTH)?;
        let Some(wrote) = self.truth else { return Truth::read(names::TRUTH, file) };
        let mut file = Hashing::new(file);
        let truth = Truth::read(names::TRUTH, &mut file)?;
        let (_, found) = file.finish();
        self.is(folder, names::TRUTH, wrote, found).map(|()| truth)
    }

    /// The attempts of the outcomes.csv of `folder`, which is what its run wrote, as far as that was written down, given to `take` in
    /// order: see [`join_attempts`]. Nothing that was taken counts where there is an error.
    ///
    /// # Errors
    /// The first row that is not as it should be; [`FolderError::Changed`], [`FolderError::Read`].
    pub fn read_outcomes(
        &self,
        folder: &RunFolder,
        truth: &Truth,
        take: impl FnMut(Attempt) + Send,
    ) -> Result<(), FolderError> {
        let methods: Vec<String> = self.methods.iter().map(|method| method.name.clone()).collect();
        let file = folder.read(names::OUTCOMES)?;
        let Some(wrote) = self.outcomes else { return join_attempts(truth, &methods, names::OUTCOMES, file, take) };
        let mut file = Hashing::new(file);
        join_attempts(truth, &methods, names::OUTCOMES, &mut file, take)?;
        // Behind the join, which says of most changes where they stand.
        self.is(folder, names::OUTCOMES, wrote, file.finish().1)
    }

    fn has(&self, folder: &RunFolder, file: &'static str, wrote: RowsRecord) -> Result<(), FolderError> {
        self.is(folder, file, wrote, file_digest(&folder.file(file))?)
    }

    fn is(&self, folder: &RunFolder, file: &'static str, wrote: RowsRecord, found: Digest) -> Result<(), FolderError> {
        if wrote.sha256 == found {
            return Ok(());
        }
        let shard = self.shard.as_ref().map(|part| part.shard);
        Err(FolderError::Changed { path: folder.path().to_owned(), file, shard, rows: wrote.rows })
    }
}

fn file_digest(path: &Path) -> Result<Digest, FolderError> {
    let digest = foreign::open(path).and_then(|(file, _)| Digest::of_all(file));
    digest.map(|(digest, _)| digest).map_err(|error| FolderError::read(path, error))
}
