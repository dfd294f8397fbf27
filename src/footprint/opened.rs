//! Which files are opened and made while nobody looks through the places: what is gone again by the next look.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};

/// What happened to files since the last look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Happened {
    /// Paths of files that were opened, each with how often.
    pub opened: BTreeMap<PathBuf, u64>,
    /// Paths of files that were made or moved there.
    pub made: Vec<PathBuf>,
    /// Whether some of it was lost.
    pub is_cut: bool,
}

/// A watch over folders.
pub(super) struct Opened {
    events: OwnedFd,
    folders: BTreeMap<i32, PathBuf>,
}

impl Opened {
    /// Watches no folder yet.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        let events = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        Ok(Self { events, folders: BTreeMap::new() })
    }

    /// Also watches `folder`, from now on.
    pub fn watch(&mut self, folder: &Path) {
        if self.folders.values().any(|known| known == folder) {
            return;
        }
        // Ends of use are asked for as well: of two events in a row that are alike the system keeps one.
        let what =
            WatchFlags::OPEN | WatchFlags::CLOSE | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
        if let Ok(number) = inotify::add_watch(&self.events, folder, what) {
            self.folders.insert(number, folder.to_owned());
        }
    }

    /// What happened since the last look.
    pub fn look(&mut self) -> Happened {
        let mut happened = Happened::default();
        let mut buffer = vec![MaybeUninit::<u8>::uninit(); 1 << 16];
        let mut reader = inotify::Reader::new(&self.events, &mut buffer);
        let mut gone = Vec::new();
        while let Ok(event) = reader.next() {
            let what = event.events();
            happened.is_cut |= what.contains(ReadFlags::QUEUE_OVERFLOW);
            if what.contains(ReadFlags::IGNORED) {
                gone.push(event.wd());
            }
            let Some(folder) = self.folders.get(&event.wd()) else { continue };
            let Some(name) = event.file_name().filter(|_| !what.contains(ReadFlags::ISDIR)) else { continue };
            let path = folder.join(OsStr::from_bytes(name.to_bytes()));
            if what.contains(ReadFlags::OPEN) {
                *happened.opened.entry(path).or_default() += 1;
            } else if what.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
                happened.made.push(path);
            }
        }
        gone.iter().for_each(|number| {
            self.folders.remove(number);
        });
        happened
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_made_read_and_removed_between_two_looks_is_seen() {
        let place = tempfile::tempdir().unwrap();
        let mut opened = Opened::new().unwrap();
        opened.watch(place.path());
        opened.watch(place.path());
        let file = place.path().join("a");
        fs::write(&file, "x").unwrap();
        fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        let happened = opened.look();
        assert_eq!((happened.made.as_slice(), happened.opened.get(&file)), (&[file.clone()][..], Some(&2)));
        assert_eq!(opened.look(), Happened::default());
    }
}
