//! The files that a card names, as they were when the method was made ready: whether one is another since.

use std::fs::{self, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::foreign;

/// A file that a card names, with what it held when the method was made ready.
#[derive(Debug, Clone)]
pub struct NamedFile {
    name: String,
    path: PathBuf,
    digest: Digest,
    /// What tells without reading that nobody wrote to it since; none where that was not looked at.
    stamp: Option<Stamp>,
}

/// Device, inode, length, and when content and inode were changed last, to the nanosecond.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

fn stamp(about: &Metadata) -> Stamp {
    let (content, inode) = ((about.mtime(), about.mtime_nsec()), (about.ctime(), about.ctime_nsec()));
    (about.dev(), about.ino(), about.len(), content, inode)
}

impl NamedFile {
    /// The file at `path`, which the card calls `name`, as it is now.
    ///
    /// # Errors
    /// As [`foreign::open`], or when it is larger than a file of a card may be.
    pub fn read(name: &str, path: PathBuf) -> io::Result<Self> {
        let stamp = stamp(&fs::metadata(&path)?);
        let digest = digest(&path)?;
        Ok(Self { name: name.to_owned(), path, digest, stamp: Some(stamp) })
    }

    /// The file at `path`, which the card calls `name`, and whose content had the digest `digest` when it was read.
    #[must_use]
    pub fn held(name: &str, path: PathBuf, digest: Digest) -> Self {
        Self { name: name.to_owned(), path, digest, stamp: None }
    }

    /// The file as the card names it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its content when the method was made ready.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether it is gone or has another content now. It is read whole.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        digest(&self.path).ok() != Some(self.digest)
    }

    /// The same, but that it is read only where the system does not say that nobody wrote to it: for a look at every start of a
    /// program.
    #[must_use]
    pub fn seems_changed(&self) -> bool {
        let now = fs::metadata(&self.path).ok().as_ref().map(stamp);
        (now.is_none() || now != self.stamp) && self.is_changed()
    }
}

/// The digest of a file, read piece by piece.
fn digest(path: &Path) -> io::Result<Digest> {
    let (file, length) = foreign::open(path)?;
    foreign::within(length, foreign::LARGEST_OF_CARD)?;
    let (digest, read) = Digest::of_all(file.take(foreign::LARGEST_OF_CARD + 1))?;
    foreign::within(read, foreign::LARGEST_OF_CARD).map(|()| digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_changed_when_its_content_is_another_or_it_is_gone_and_not_when_it_was_written_alike() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("plugin.py");
        fs::write(&path, "one").unwrap();
        let read = NamedFile::read("plugin.py", path.clone()).unwrap();
        let held = NamedFile::held("plugin.py", path.clone(), Digest::of(b"one"));
        assert_eq!((read.digest(), read.name()), (Digest::of(b"one"), "plugin.py"));
        let changed = || [&read, &held].map(|file| (file.is_changed(), file.seems_changed()));
        assert_eq!(changed(), [(false, false); 2]);
        let beside = place.path().join("beside");
        for (content, expected) in [("two", true), ("one", false)] {
            fs::write(&beside, content).unwrap();
            fs::rename(&beside, &path).unwrap();
            assert_eq!(changed(), [(expected, expected); 2], "{content}");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(changed(), [(true, true); 2]);
        assert!(NamedFile::read("plugin.py", path).is_err());
    }
}
