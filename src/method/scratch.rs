//! Private folders for copies of samples, best in memory: made when wanted, gone when dropped, and swept when the process
//! that made them is dead.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the names of private folders begin with.
const PREFIX: &str = "agebench-";

/// Tells the private folders of this process apart.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// The locks of all private folders that this process ever made.
static LOCKS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Where private folders may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scratch {
    parent: PathBuf,
    in_memory: bool,
}

impl Scratch {
    /// Private folders within `parent`, whose files stay in memory (tmpfs) or do not.
    #[must_use]
    pub fn within(parent: impl Into<PathBuf>, in_memory: bool) -> Self {
        Self { parent: parent.into(), in_memory }
    }

    /// The folder in which private folders are made.
    #[must_use]
    pub fn parent(&self) -> &Path {
        &self.parent
    }

    /// Whether files in them stay in memory.
    #[must_use]
    pub fn in_memory(&self) -> bool {
        self.in_memory
    }

    /// What whoever runs this must know where copies of samples are put: on a disk they may outlast a broken machine.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let place = self.parent.display();
        let text = || {
            format!(
                "copies of samples lie in {place} for a moment, which may be on a disk: /dev/shm is not in memory here"
            )
        };
        (!self.in_memory).then(text)
    }

    /// Makes a folder that only this user can open.
    ///
    /// # Errors
    /// When the system refuses it.
    pub fn make(&self) -> io::Result<PrivateFolder> {
        loop {
            let name = format!("{PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = self.parent.join(&name);
            let held = self.parent.join(format!("{name}.lock"));
            let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&held);
            let lock = match lock {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                lock => lock?,
            };
            if lock.try_lock().is_err() {
                continue; // a sweeper was faster
            }
            LOCKS.lock().unwrap_or_else(PoisonError::into_inner).insert(held.clone());
            return match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => Ok(PrivateFolder { path, held, _lock: lock }),
                Err(error) => {
                    let _ = fs::remove_file(&held);
                    Err(error)
                }
            };
        }
    }

    /// Removes what processes that are dead left behind: a killed process cannot clean up, and what it leaves are
    /// samples. A folder whose lock is held belongs to somebody alive.
    pub fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.parent) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(folder) = name.to_str().and_then(|name| name.strip_suffix(".lock")) else { continue };
            if !folder.starts_with(PREFIX) || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                continue;
            }
            let Ok(lock) = File::open(entry.path()) else { continue };
            match lock.try_lock() {
                Ok(()) => {
                    let _ = fs::remove_dir_all(self.parent.join(folder));
                    let _ = fs::remove_file(entry.path());
                }
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
            }
        }
    }
}

/// A folder that only this user can open, removed when dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    held: PathBuf,
    _lock: File,
}

impl PrivateFolder {
    /// Whether `path` is, or was, the lock of one that this process made.
    #[must_use]
    pub fn is_lock(path: &Path) -> bool {
        LOCKS.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // The folder first: a lock without a folder is swept, a folder without a lock is not.
        let _ = fs::remove_dir_all(&self.path);
        let _ = fs::remove_file(&self.held);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_private_folder_is_the_owners_alone_and_goes_with_its_holder() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::within(parent.path(), false);
        let (one, other) = (scratch.make().unwrap(), scratch.make().unwrap());
        assert_ne!(one.path(), other.path());
        assert_eq!(fs::metadata(one.path()).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(one.path().join("a"), "x").unwrap();
        drop((one, other));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_the_dead_left_is_swept_and_what_the_living_hold_is_not() {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::within(parent.path(), false);
        let living = scratch.make().unwrap();
        let dead = parent.path().join("agebench-999999999-1");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join("000001.jpg"), "x").unwrap();
        fs::write(parent.path().join("agebench-999999999-1.lock"), "").unwrap();
        let foreign = parent.path().join("of-somebody-else");
        fs::create_dir(&foreign).unwrap();
        scratch.sweep();
        assert!(living.path().exists() && foreign.exists());
        assert!(!dead.exists() && !parent.path().join("agebench-999999999-1.lock").exists());
    }
}
