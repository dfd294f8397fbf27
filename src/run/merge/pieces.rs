//! A file of a shard, open only while a piece of it is read: a run may have more shards than a process may have open files.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::PathBuf;

use super::MergeError;
use crate::folder::FolderError;
use crate::foreign;

/// Bytes of a piece. Two are in memory for each shard.
pub(super) const PIECE: usize = 32 << 10;

/// Reads a file from its beginning to the end that it had when it was first opened, opening it again for each piece.
pub(super) struct Pieces {
    path: PathBuf,
    at: u64,
    is: Identity,
}

/// What stays the same while nobody writes to a file or puts another one in its place.
#[derive(PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl Identity {
    fn of(file: &File) -> io::Result<Self> {
        let about = file.metadata()?;
        let changed = (about.mtime(), about.mtime_nsec());
        Ok(Self { device: about.dev(), inode: about.ino(), length: about.len(), changed })
    }
}

impl Pieces {
    /// The pieces of the file at `path`, which was just opened as `file`.
    pub(super) fn of(path: PathBuf, file: &File) -> Result<Self, MergeError> {
        match Identity::of(file) {
            Ok(is) => Ok(Self { path, at: 0, is }),
            Err(source) => Err(FolderError::read(&path, source).into()),
        }
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.is.length {
            return Ok(0);
        }
        let (file, _) = foreign::open(&self.path)?;
        if Identity::of(&file)? != self.is {
            return Err(io::Error::other("it changed while it was being merged"));
        }
        let read = file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::BufReader;

    use super::*;

    #[test]
    fn pieces_are_the_file_and_one_that_changes_between_two_of_them_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("rows");
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        fs::write(&path, &bytes).unwrap();
        let open = || BufReader::with_capacity(PIECE, Pieces::of(path.clone(), &File::open(&path).unwrap()).unwrap());
        let mut read = Vec::new();
        open().read_to_end(&mut read).unwrap();
        assert!(read == bytes);
        let replace = || {
            let other = place.path().join("other");
            fs::write(&other, &bytes).unwrap();
            fs::rename(other, &path).unwrap();
        };
        let changes: [&dyn Fn(); 3] = [
            &|| fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
            &|| fs::write(&path, [&bytes[..], b"more"].concat()).unwrap(),
            &replace,
        ];
        for change in changes {
            let (mut pieces, mut some) = (open(), [0; 10]);
            pieces.read_exact(&mut some).unwrap();
            change();
            let error = pieces.read_to_end(&mut Vec::new()).unwrap_err();
            assert_eq!(error.to_string(), "it changed while it was being merged");
        }
    }
}
