//! The folder as files: where they stand, who may read them, and what happens to a folder that is not empty.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::held::{Claim, Held};
use super::journal::Journal;
use super::{FolderError, RunRecord, names};
use crate::foreign;

/// What to do with an output folder that holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Refuse it.
    Refuse,
    /// Remove the files of the run in it.
    Replace,
    /// Keep what is there and go on; refuse a folder with any file that is no run's.
    Resume,
}

/// A run folder on disk.
#[derive(Debug, Clone)]
pub struct RunFolder {
    path: PathBuf,
    /// Kept by every copy, so that the last one gives it back.
    claim: Option<Arc<Claim>>,
}

impl RunFolder {
    /// The existing run folder at `path`.
    ///
    /// # Errors
    /// [`FolderError::Read`] when there is no folder.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let entries = fs::read_dir(path);
        entries.map(|_| Self { path: path.to_owned(), claim: None }).map_err(|error| FolderError::read(path, error))
    }

    /// The output folder at `path`: made if absent, used if empty, else as `existing` says.
    ///
    /// With [`Existing::Replace`] only the files of a run are removed; a folder with any other file is refused, so that
    /// a mistyped `--out` costs nobody anything.
    ///
    /// # Errors
    /// [`FolderError::NotAFolder`], [`FolderError::NotEmpty`], [`FolderError::Foreign`], [`FolderError::Write`], or
    /// [`FolderError::Busy`] where the run that would be removed is being written.
    pub fn prepare(path: &Path, existing: Existing) -> Result<Self, FolderError> {
        Self::check(path, existing)?;
        fs::create_dir_all(path).map_err(|error| FolderError::write(path, error))?;
        if existing == Existing::Replace {
            // Before a look at what is there: a run that ends meanwhile is not taken for one that was broken off.
            let _claimed = (Claim::of(path)?, Journal::claim(path)?);
            Held::of(path, existing)?.remove()?;
        } else {
            Held::of(path, existing)?;
        }
        Ok(Self { path: path.to_owned(), claim: None })
    }

    /// The same folder, which no other process writes as long as this or a copy of it is held.
    ///
    /// # Errors
    /// [`FolderError::Busy`] when another process writes it.
    pub fn claimed(mut self) -> Result<Self, FolderError> {
        if self.claim.is_none() {
            self.claim = Some(Arc::new(Claim::of(&self.path)?));
        }
        Ok(self)
    }

    /// Whether [`RunFolder::prepare`] would take `path`, as far as a look tells: makes and removes nothing.
    ///
    /// # Errors
    /// As [`RunFolder::prepare`].
    pub fn check(path: &Path, existing: Existing) -> Result<(), FolderError> {
        if path.is_symlink() && !path.exists() {
            return Err(FolderError::NotAFolder { path: path.to_owned() });
        }
        // What is not there, or stands below a file, is told when it is made.
        if path.metadata().is_err() { Ok(()) } else { Held::of(path, existing).map(drop) }
    }

    /// Whether [`RunFolder::prepare`] with [`Existing::Replace`] would leave `read` alone: it is not the folder at `path`, by
    /// whatever name, and does not lie in it. What is not there lies nowhere, and is told when it is read.
    ///
    /// # Errors
    /// [`FolderError::WouldRemove`].
    pub fn spares(path: &Path, read: &Path) -> Result<(), FolderError> {
        let (Ok(folder), Ok(real)) = (path.canonicalize(), read.canonicalize()) else { return Ok(()) };
        if real.starts_with(folder) {
            return Err(FolderError::WouldRemove { path: path.to_owned(), read: read.to_owned() });
        }
        Ok(())
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The place of the file `name`.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether the folder holds sums instead of rows about people.
    #[must_use]
    pub fn holds_tallies(&self) -> bool {
        self.file(names::TALLY).exists() && !self.file(names::OUTCOMES).exists()
    }

    /// The place of the card `name`.
    #[must_use]
    pub fn card(&self, name: &str) -> PathBuf {
        self.path.join(names::CARDS).join(name)
    }

    /// Opens the file `name` to be read.
    ///
    /// # Errors
    /// [`FolderError::Read`].
    pub fn read(&self, name: &str) -> Result<File, FolderError> {
        let path = self.file(name);
        let opened = foreign::open(&path).and_then(|(file, length)| {
            // Read whole; the others row by row.
            let most = if name == names::METRICS { foreign::LARGEST_FILE } else { u64::MAX };
            foreign::within(length, most).map(|()| file)
        });
        opened.map_err(|error| {
            let is_missing = error.kind() == io::ErrorKind::NotFound;
            let shard = || RunRecord::read_any(self).ok()?.shard.map(|part| part.shard);
            let path = self.path.clone();
            match name {
                names::OUTCOMES | names::METRICS if is_missing && self.file(names::OUTCOMES_PART).exists() => {
                    let goes_on = RunRecord::read_any(self).map_or(true, |record| record.goes_on());
                    FolderError::Unfinished { path, goes_on }
                }
                names::OUTCOMES | names::TRUTH if is_missing && self.holds_tallies() => {
                    FolderError::TalliesOnly { path }
                }
                names::METRICS if is_missing => match shard() {
                    Some(shard) => FolderError::Shard { path, shard },
                    None => FolderError::read(&self.file(name), error),
                },
                _ => FolderError::read(&self.file(name), error),
            }
        })
    }

    /// The text of the file `name`.
    ///
    /// # Errors
    /// [`FolderError::Read`], also when it is not UTF-8.
    pub fn read_text(&self, name: &str) -> Result<String, FolderError> {
        let path = self.file(name);
        foreign::text(&path).map_err(|error| FolderError::read(&path, error))
    }

    /// Writes the file `name` whole, or not at all; `private` for files about people.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn write(&self, name: &str, bytes: &[u8], private: bool) -> Result<(), FolderError> {
        write_whole(&self.file(name), bytes, private)
    }

    /// Writes the file `name` whole, or not at all, by `write`, and gives what that gave; `private` for files about people.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn write_with<T>(
        &self,
        name: &str,
        private: bool,
        write: impl FnOnce(&mut File) -> io::Result<T>,
    ) -> Result<T, FolderError> {
        write_whole_with(&self.file(name), private, write)
    }

    /// Copies the file `name` into `to`.
    ///
    /// # Errors
    /// [`FolderError::Read`] or [`FolderError::Write`].
    pub fn copy(&self, name: &str, to: &Self, private: bool) -> Result<(), FolderError> {
        let path = self.file(name);
        let bytes = foreign::read(&path, foreign::LARGEST_FILE).map_err(|error| FolderError::read(&path, error))?;
        to.write(name, &bytes, private)
    }

    /// Removes the file `name`, where it is there.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn remove(&self, name: &str) -> Result<(), FolderError> {
        let path = self.file(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FolderError::write(&path, error)),
            _ => Ok(()),
        }
    }

    /// Writes the card `name` as it was read.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn write_card(&self, name: &str, text: &str) -> Result<(), FolderError> {
        let folder = self.file(names::CARDS);
        fs::create_dir_all(&folder).map_err(|error| FolderError::write(&folder, error))?;
        write_whole(&self.card(name), text.as_bytes(), false)
    }
}

/// Bytes that are kept of what a program wrote to its error stream, the last ones.
const MOST_WORDS: usize = 1 << 20;

impl RunFolder {
    /// Writes what the program of the card `card` wrote to its error stream.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn write_stderr(&self, card: &str, text: &str) -> Result<(), FolderError> {
        let folder = self.file(names::STDERR);
        fs::create_dir_all(&folder).map_err(|error| FolderError::write(&folder, error))?;
        let path = folder.join(card).with_extension("txt");
        // Of a run that was broken off and went on: what was written before stays.
        let all = foreign::text(&path).unwrap_or_default() + text;
        let from = (all.len().saturating_sub(MOST_WORDS)..=all.len()).find(|at| all.is_char_boundary(*at));
        write_whole(&path, all.get(from.unwrap_or(0)..).unwrap_or_default().as_bytes(), true)
    }
}

/// Makes the file at `path`, which only its owner may read, in the place of what has the name.
///
/// # Errors
/// [`FolderError::Write`].
pub fn create_private(path: &Path) -> Result<File, FolderError> {
    foreign::make_anew(path, foreign::FOR_OWNER).map_err(|error| FolderError::write(path, error))
}

/// Writes `bytes` to `path` by way of `path.part`, so that the file is whole or as it was before.
///
/// # Errors
/// [`FolderError::Write`].
pub fn write_whole(path: &Path, bytes: &[u8], private: bool) -> Result<(), FolderError> {
    write_whole_with(path, private, |file| file.write_all(bytes))
}

fn write_whole_with<T>(
    path: &Path,
    private: bool,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> Result<T, FolderError> {
    let mode = if private { foreign::FOR_OWNER } else { foreign::FOR_ALL };
    foreign::write_whole(path, mode, write).map_err(|error| FolderError::write(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_folder_is_made_an_empty_one_used_and_a_full_one_refused() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("a/b");
        let folder = RunFolder::prepare(&out, Existing::Refuse).unwrap();
        RunFolder::prepare(&out, Existing::Refuse).unwrap();
        folder.write(names::METRICS, b"x", false).unwrap();
        let refused = RunFolder::prepare(&out, Existing::Refuse).unwrap_err();
        assert!(matches!(refused, FolderError::NotEmpty { .. }) && !refused.is_write_failure());
        assert!(refused.help().unwrap().contains("--replace"));
        RunFolder::prepare(&out, Existing::Resume).unwrap();
        assert!(out.join(names::METRICS).exists());
    }

    #[test]
    fn a_look_at_an_output_folder_refuses_what_a_run_refuses_and_makes_nothing() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("a/b");
        RunFolder::check(&out, Existing::Refuse).unwrap();
        assert!(!out.exists() && !place.path().join("a").exists());
        fs::create_dir_all(&out).unwrap();
        RunFolder::check(&out, Existing::Refuse).unwrap();
        fs::write(out.join(names::METRICS), "x").unwrap();
        let refused = RunFolder::check(&out, Existing::Refuse).unwrap_err();
        assert!(matches!(refused, FolderError::NotEmpty { .. }));
        RunFolder::check(&out, Existing::Replace).unwrap();
        assert!(out.join(names::METRICS).exists());
        fs::write(out.join("thesis.tex"), "x").unwrap();
        assert!(matches!(RunFolder::check(&out, Existing::Replace).unwrap_err(), FolderError::Foreign { .. }));
        let file = RunFolder::check(&out.join("thesis.tex"), Existing::Refuse).unwrap_err();
        assert!(matches!(file, FolderError::NotAFolder { .. }));
        // A place below a file is told when it is made: it is a failure to write.
        RunFolder::check(&out.join("thesis.tex/out"), Existing::Refuse).unwrap();
        assert!(RunFolder::prepare(&out.join("thesis.tex/out"), Existing::Refuse).unwrap_err().is_write_failure());
    }

    #[test]
    fn replacing_removes_the_files_of_a_run_and_refuses_a_folder_with_any_other() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::prepare(place.path(), Existing::Refuse).unwrap();
        folder.write(names::OUTCOMES, b"x", true).unwrap();
        folder.write_card("dataset.toml", "name").unwrap();
        fs::write(folder.file("thesis.tex"), "x").unwrap();
        let refused = RunFolder::prepare(place.path(), Existing::Replace).unwrap_err();
        assert!(refused.to_string().contains("thesis.tex"), "{refused}");
        assert!(folder.file(names::OUTCOMES).exists());
        fs::remove_file(folder.file("thesis.tex")).unwrap();
        RunFolder::prepare(place.path(), Existing::Replace).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn files_about_people_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path()).unwrap();
        fs::write(folder.file(names::OUTCOMES), "old and open").unwrap();
        create_private(&folder.file(names::OUTCOMES)).unwrap();
        fs::write(folder.file("truth.csv.part"), "old and open").unwrap();
        folder.write(names::TRUTH, b"x", true).unwrap();
        for name in [names::OUTCOMES, names::TRUTH] {
            assert_eq!(fs::metadata(folder.file(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn no_file_of_a_run_is_written_through_a_link() {
        let place = tempfile::tempdir().unwrap();
        let victim = place.path().join("victim");
        fs::write(&victim, "mine").unwrap();
        let folder = RunFolder::prepare(&place.path().join("run"), Existing::Refuse).unwrap();
        let link = |name: &str| std::os::unix::fs::symlink(&victim, folder.file(name)).unwrap();
        for (name, private) in [(names::METRICS, false), (names::TRUTH, true)] {
            link(&format!("{name}.part"));
            folder.write(name, b"ours", private).unwrap();
        }
        link(names::FOOTPRINT);
        create_private(&folder.file(names::FOOTPRINT)).unwrap();
        // What goes on as it stands is refused by name.
        for name in [names::OUTCOMES_PART, names::JOURNAL] {
            fs::remove_file(folder.file(names::OUTCOMES_PART)).unwrap_or_default();
            fs::write(folder.file(names::OUTCOMES_PART), "").unwrap();
            fs::remove_file(folder.file(name)).unwrap_or_default();
            link(name);
            let refused = Journal::reopen(&folder).unwrap_err();
            assert!(matches!(&refused, FolderError::Read { path, .. } if *path == folder.file(name)), "{refused}");
            assert!(refused.help().unwrap().contains("remove it"));
        }
        fs::remove_file(folder.file(names::OUTCOMES_PART)).unwrap();
        link(names::OUTCOMES_PART);
        assert!(Journal::begin(&folder).is_err() && Journal::claim(folder.path()).is_err());
        assert_eq!(fs::read(&victim).unwrap(), b"mine");
    }

    #[test]
    fn a_claimed_folder_is_kept_until_its_last_copy_is_gone_and_does_not_lock_itself_out() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path()).unwrap().claimed().unwrap();
        let copy = folder.clone().claimed().unwrap();
        drop(folder);
        let again = || RunFolder::open(place.path()).unwrap().claimed();
        assert!(matches!(again(), Err(FolderError::Busy { .. })));
        drop(copy);
        again().unwrap();
    }

    #[test]
    fn what_cannot_be_written_is_a_write_failure_with_its_path() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "x").unwrap();
        let failure = RunFolder::prepare(&place.path().join("file/out"), Existing::Refuse).unwrap_err();
        assert!(failure.is_write_failure() && failure.to_string().contains("file/out"));
        for existing in [Existing::Refuse, Existing::Replace] {
            let refused = RunFolder::prepare(&place.path().join("file"), existing).unwrap_err();
            assert!(!refused.is_write_failure() && refused.to_string().contains("is not a folder"), "{refused}");
        }
        assert_eq!(fs::read(place.path().join("file")).unwrap(), b"x", "nothing is lost");
    }
}
