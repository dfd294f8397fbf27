//! What an output folder holds already: whether all of it is a run's, how that is removed, and that one process writes it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::out::Existing;
use super::{FolderError, FolderKind, names};

/// The files and the folders of a run, below its folder.
pub(super) struct Held {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Held {
    /// What is in the folder at `path`, unless `existing` refuses it.
    ///
    /// # Errors
    /// [`FolderError::NotAFolder`], [`FolderError::NotEmpty`], [`FolderError::Foreign`], or [`FolderError::Write`].
    pub fn of(path: &Path, existing: Existing) -> Result<Self, FolderError> {
        if fs::metadata(path).is_ok_and(|about| !about.is_dir()) {
            return Err(FolderError::NotAFolder { path: path.to_owned() });
        }
        let mut held = Self { files: Vec::new(), folders: Vec::new() };
        for (name, is_folder) in listed(path)? {
            let found = || format!("`{name}`");
            if existing == Existing::Refuse {
                return Err(FolderError::NotEmpty { path: path.to_owned(), found: found(), kind: FolderKind::Run });
            }
            if !is_folder && is_file_of_run(&name) {
                held.files.push(path.join(&name));
                continue;
            }
            if !is_folder || ![names::CARDS, names::STDERR, names::CURVE].contains(&name.as_str()) {
                return Err(FolderError::Foreign { path: path.to_owned(), found: found(), kind: FolderKind::Run });
            }
            let folder = path.join(&name);
            for (inner, is_folder) in listed(&folder)? {
                if is_folder || !is_file_in(&name, inner.trim_end_matches(PART)) {
                    return Err(FolderError::Foreign {
                        path: path.to_owned(),
                        found: format!("`{name}/{inner}`"),
                        kind: FolderKind::Run,
                    });
                }
                held.files.push(folder.join(inner));
            }
            held.folders.push(folder);
        }
        // As long as it is there and locked, nobody goes on with the run.
        held.files.sort_by_key(|file| file.ends_with(names::OUTCOMES_PART));
        Ok(held)
    }

    /// Removes it, and nothing else: a folder that something was put into meanwhile stays, and is an error.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn remove(&self) -> Result<(), FolderError> {
        for file in &self.files {
            fs::remove_file(file).map_err(|error| FolderError::write(file, error))?;
        }
        for folder in &self.folders {
            fs::remove_dir(folder).map_err(|error| FolderError::write(folder, error))?;
        }
        Ok(())
    }
}

/// Keeps every other process from writing a run folder, as long as it is held. A file system without locks has none.
#[derive(Debug)]
pub struct Claim {
    _folder: Option<File>,
}

impl Claim {
    /// On the folder at `path`, where there is one.
    ///
    /// # Errors
    /// [`FolderError::Busy`] when another process writes it.
    pub fn of(path: &Path) -> Result<Self, FolderError> {
        // The folder itself, so that no file of it has to be there first.
        let folder = File::open(path).ok();
        if let Some(folder) = &folder {
            lock(folder, path)?;
        }
        Ok(Self { _folder: folder })
    }
}

/// Keeps every other process from writing the same run, as long as `file` is open. A file system without locks has none. A program
/// that is just being started has what this process had open for a moment, locks that are given back too: one held longer is
/// somebody's.
pub(super) fn lock(file: &File, folder: &Path) -> Result<(), FolderError> {
    for _ in 0..LOOKS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_LOOKS),
            _ => return Ok(()),
        }
    }
    Err(FolderError::Busy { path: folder.to_owned() })
}

/// How often, and how long after each other, it is tried to lock a file.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// What a file ends in until it is whole.
const PART: &str = ".part";

fn is_file_of_run(name: &str) -> bool {
    names::ALL.contains(&name) || name.strip_suffix(PART).is_some_and(|whole| names::ALL.contains(&whole))
}

/// Whether a run keeps the file `name` in its folder `folder`.
fn is_file_in(folder: &str, name: &str) -> bool {
    let of_method = |ending: &str| name.starts_with("method-") && name.ends_with(ending);
    let is_number = |stem: &str| !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_digit());
    match folder {
        names::CARDS => name == names::DATASET_CARD || of_method(".toml"),
        names::STDERR => of_method(".txt"),
        names::CURVE => names::STEPS.ends_with(&format!("/{name}")) || name.strip_suffix(".csv").is_some_and(is_number),
        _ => false,
    }
}

/// The names in a folder, ascending, and whether each is a folder itself; a link is none.
fn listed(path: &Path) -> Result<Vec<(String, bool)>, FolderError> {
    let failed = |error| FolderError::write(path, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let is_folder = entry.file_type().map_err(failed)?.is_dir();
        found.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether `file` is what a run was recorded in, and no report of it: a file of the folder of a run, but for those that are
/// `made` from the others.
#[must_use]
pub fn is_record(file: &Path, made: &[&str]) -> bool {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return false };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let is_run = |folder: &Path| [names::RUN, names::TALLY].iter().any(|name| folder.join(name).is_file());
    let beside = is_file_of_run(name) && !made.contains(&name) && is_run(folder);
    let below = folder.canonicalize().is_ok_and(|folder| {
        let own = folder.file_name().and_then(|name| name.to_str());
        own.is_some_and(|folder| is_file_in(folder, name)) && folder.parent().is_some_and(is_run)
    });
    file.exists() && (beside || below)
}

#[cfg(test)]
mod tests {
    use super::super::{Journal, RunFolder};
    use super::*;

    #[test]
    fn what_is_no_file_of_a_run_is_refused_wherever_it_lies_and_nothing_is_removed() {
        for foreign in [
            "thesis.tex",
            "thesis.part",
            "cards/mine/model.onnx",
            "cards/mine.onnx",
            "cards/mine.toml",
            "stderr/notes.txt",
            "curve/sums.csv",
        ] {
            let place = tempfile::tempdir().unwrap();
            let folder = RunFolder::prepare(place.path(), Existing::Refuse).unwrap();
            folder.write(names::OUTCOMES, b"x", true).unwrap();
            folder.write_card("dataset.toml", "name").unwrap();
            let file = place.path().join(foreign);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "x").unwrap();
            let refused = RunFolder::prepare(place.path(), Existing::Replace).unwrap_err();
            assert!(matches!(refused, FolderError::Foreign { .. }), "{foreign}: {refused}");
            assert!(file.exists() && folder.file(names::OUTCOMES).exists() && folder.card("dataset.toml").exists());
        }
    }

    #[test]
    fn a_run_that_is_being_written_is_not_removed() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path()).unwrap();
        let running = Journal::begin(&folder).unwrap();
        let refused = RunFolder::prepare(place.path(), Existing::Replace).unwrap_err();
        assert!(matches!(refused, FolderError::Busy { .. }), "{refused}");
        assert!(folder.file(names::OUTCOMES_PART).exists() && folder.file(names::JOURNAL).exists());
        drop(running);
        RunFolder::prepare(place.path(), Existing::Replace).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_is_written_by_one_process_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path()).unwrap();
        folder.write(names::RUN, b"x", false).unwrap();
        let writing = Claim::of(place.path()).unwrap();
        for refused in
            [Claim::of(place.path()).map(drop), RunFolder::prepare(place.path(), Existing::Replace).map(drop)]
        {
            assert!(matches!(refused, Err(FolderError::Busy { .. })));
        }
        assert!(folder.file(names::RUN).exists());
        drop(writing);
        RunFolder::prepare(place.path(), Existing::Replace).unwrap();
        Claim::of(&place.path().join("absent")).unwrap();
    }

    #[test]
    fn records_of_a_run_are_told_from_reports_of_it_and_from_files_elsewhere() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(place.path()).unwrap();
        for name in [names::RUN, names::OUTCOMES, names::REPORT] {
            folder.write(name, b"x", false).unwrap();
        }
        folder.write_card("dataset.toml", "name").unwrap();
        let record = |name: &str| is_record(&place.path().join(name), &[names::REPORT]);
        assert!(record(names::RUN) && record(names::OUTCOMES) && record("cards/dataset.toml"));
        assert!(!record(names::REPORT) && !record("mine.md") && !record(names::TRUTH));
        fs::remove_file(folder.file(names::RUN)).unwrap();
        assert!(!record(names::OUTCOMES));
    }
}
