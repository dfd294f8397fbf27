//! Files that somebody else made, opened so that none of them holds up or fills this process: regular files only, never
//! waited for, and no larger than what they are read as can be.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// The largest text that people write or that tells of a run: cards, protocols, policies, studies, run.json.
pub const LARGEST_TEXT: u64 = 64 << 20;

/// The largest sample, table of rows, or file of a package.
pub const LARGEST_FILE: u64 = 1 << 30;

/// The largest model, list of recorded answers, or other file that a card names and that is read whole.
pub const LARGEST_OF_CARD: u64 = 4 << 30;

/// Said of what is no regular file, without its path.
pub const NOT_REGULAR: &str = "not a regular file";

/// Opens the file at `path`, whose length is told with it.
///
/// # Errors
/// When it is none that can be read, or no regular file: a folder, a pipe, a device.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    let nonblock = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    // Without waiting: a named pipe that nobody writes to is looked at, and refused.
    let file = OpenOptions::new().read(true).custom_flags(nonblock).open(path)?;
    let length = length(&file.metadata()?)?;
    Ok((file, length))
}

/// The length of the file that `about` tells of.
///
/// # Errors
/// When it is no regular file.
pub fn length(about: &Metadata) -> io::Result<u64> {
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, NOT_REGULAR));
    }
    Ok(about.len())
}

/// Refuses a length beyond `most`.
///
/// # Errors
/// [`io::ErrorKind::FileTooLarge`], in words that name no path.
pub fn within(length: u64, most: u64) -> io::Result<()> {
    if length <= most {
        return Ok(());
    }
    let size = if most >= 1 << 30 { format!("{} GiB", most >> 30) } else { format!("{} MiB", most >> 20) };
    Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {size}")))
}

/// The bytes of the file at `path`, `most` of them at most.
///
/// # Errors
/// As [`open`], or when it is larger.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, length) = open(path)?;
    read_whole(file, length, most)
}

/// The bytes of `file`, which says that it is `length` long.
///
/// # Errors
/// When it is larger than `most`, whatever it says, or cannot be read.
pub fn read_whole(file: File, length: u64, most: u64) -> io::Result<Vec<u8>> {
    within(length, most)?;
    // Room for one byte more than there is, so that the end is seen without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(length).map_or(0, |length| length + 1));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    within(bytes.len() as u64, most)?;
    Ok(bytes)
}

/// The text in the file at `path`.
///
/// # Errors
/// As [`read`] with [`LARGEST_TEXT`], or when it is not UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    text_within(path, LARGEST_TEXT)
}

/// The text in the file at `path`, `most` bytes at most.
///
/// # Errors
/// As [`read`], or when it is not UTF-8.
pub fn text_within(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read(path, most)?;
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not utf-8 text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_regular_file_is_refused_at_once_and_without_its_path() {
        let place = tempfile::tempdir().unwrap();
        let pipe = place.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        let pipe = made.is_ok_and(|status| status.success()).then_some(pipe.as_path());
        for path in [Path::new("/dev/zero"), Path::new("/dev/stdin"), place.path()].into_iter().chain(pipe) {
            let Err(error) = text(path) else { panic!("{} was read", path.display()) };
            assert_eq!(error.to_string(), NOT_REGULAR, "{}", path.display());
        }
    }

    #[test]
    fn a_sparse_file_is_as_long_as_it_says_and_one_that_lies_is_cut() {
        let place = tempfile::tempdir().unwrap();
        let sparse = place.path().join("sparse");
        File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(text(&sparse).unwrap_err().to_string(), "larger than 64 MiB");
        assert_eq!(read(&sparse, LARGEST_OF_CARD).unwrap_err().to_string(), "larger than 4 GiB");
        std::fs::write(&sparse, "four").unwrap();
        assert_eq!(read(&sparse, 4).unwrap(), b"four");
        assert!(read(&sparse, 3).is_err());
        let file = File::open(&sparse).unwrap();
        assert!(read_whole(file, 0, 3).is_err(), "a length of nothing was believed");
    }

    #[test]
    fn text_that_is_not_utf_8_is_told_so() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        std::fs::write(&file, b"\xff").unwrap();
        assert_eq!(text(&file).unwrap_err().to_string(), "not utf-8 text");
    }
}
