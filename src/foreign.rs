//! Files that somebody else made, opened so that none of them holds up or fills this process: regular files only, never
//! waited for, and no larger than what they are read as can be.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

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

/// Opens the file at `path` to be read and written on as it stands; with `make` one that is not there is made, for its owner alone.
///
/// # Errors
/// When it cannot be opened, or is no regular file: a link is not followed, and a pipe not waited for.
pub fn open_own(path: &Path, make: bool) -> io::Result<File> {
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits()).unwrap_or_default();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(make).truncate(false).mode(0o600).custom_flags(flags);
    let file = options.open(path).map_err(|error| if path.is_symlink() { not_regular() } else { error })?;
    length(&file.metadata()?)?;
    Ok(file)
}

/// Whether a file may be put in the place of what is at `path`, which a user named: nothing, or a regular file, links followed. A
/// device or a pipe would be gone, and whoever meant to write to it would not.
///
/// # Errors
/// When something else is there.
pub fn may_be_replaced(path: &Path) -> io::Result<()> {
    // What cannot be looked at cannot be written either, and is told then.
    fs::metadata(path).map_or(Ok(()), |about| length(&about).map(drop))
}

/// Makes the file at `path`, with the permissions `mode`. What has the name is removed: nothing is written through a link, and no
/// pipe is waited for.
///
/// # Errors
/// When what is there cannot be removed, or the file not be made.
pub fn make_anew(path: &Path, mode: u32) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

/// Writes the file at `path`, with the permissions `mode`, by way of `path.part`: it is whole and on disk, or as it was before. Gives
/// what `write` gave.
///
/// # Errors
/// As [`make_anew`], or when `write` fails or the file cannot get its name; then nothing is left of `path.part`.
pub fn write_whole<T>(path: &Path, mode: u32, write: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let made = make_anew(&part, mode);
    let written = made.and_then(|mut file| write(&mut file).and_then(|made| file.sync_all().map(|()| made)));
    let named = written.and_then(|made| fs::rename(&part, path).map(|()| made)).inspect_err(|_| {
        let _ = fs::remove_file(&part);
    })?;
    // The name is on disk when the folder is; some file systems cannot be asked.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(named)
}

/// Who may do what with a file that is about nobody, where the system's mask says nothing else.
pub const FOR_ALL: u32 = 0o666;

/// The same of a file that is about people.
pub const FOR_OWNER: u32 = 0o600;

/// The length of the file that `about` tells of.
///
/// # Errors
/// When it is no regular file.
pub fn length(about: &Metadata) -> io::Result<u64> {
    if !about.is_file() {
        return Err(not_regular());
    }
    Ok(about.len())
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, NOT_REGULAR)
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
    use std::io::Write as _;

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
    fn only_nothing_and_regular_files_may_be_replaced_by_what_a_user_names() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let link = |name: &str, to: &Path| std::os::unix::fs::symlink(to, at(name)).unwrap();
        fs::write(at("file"), "x").unwrap();
        link("to file", &at("file"));
        link("to nothing", &at("nothing"));
        link("to device", Path::new("/dev/null"));
        for name in ["absent", "file", "to file", "to nothing", "file/below"] {
            may_be_replaced(&at(name)).unwrap();
        }
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status();
        let pipe = made.is_ok_and(|status| status.success()).then(|| at("pipe"));
        for path in [at("to device"), PathBuf::from("/dev/null"), place.path().to_owned()].into_iter().chain(pipe) {
            assert_eq!(may_be_replaced(&path).unwrap_err().to_string(), NOT_REGULAR, "{}", path.display());
        }
    }

    #[test]
    fn nothing_is_written_through_a_link_and_no_pipe_is_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs::write(at("victim"), "mine").unwrap();
        let mut others = Vec::new();
        for (link, to) in [("link", at("victim")), ("dangling", at("nothing"))] {
            std::os::unix::fs::symlink(to, at(link)).unwrap();
            others.push(link);
        }
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status();
        others.extend(made.is_ok_and(|status| status.success()).then_some("pipe"));
        for name in others {
            for make in [false, true] {
                assert_eq!(open_own(&at(name), make).unwrap_err().to_string(), NOT_REGULAR, "{name}");
            }
            make_anew(&at(name), 0o600).unwrap().write_all(b"ours").unwrap();
            assert!(!at(name).is_symlink() && fs::read(at(name)).unwrap() == b"ours", "{name}");
        }
        assert!(fs::read(at("victim")).unwrap() == b"mine" && !at("nothing").exists());
        assert!(make_anew(place.path(), FOR_ALL).is_err(), "a folder is not removed");
        // What is a regular file goes on as it stands.
        open_own(&at("link"), true).unwrap();
        assert_eq!(fs::read(at("link")).unwrap(), b"ours");
        assert_eq!(open_own(&at("absent"), false).unwrap_err().kind(), io::ErrorKind::NotFound);
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
