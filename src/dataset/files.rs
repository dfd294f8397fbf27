//! Where a dataset's files lie: in a folder, out of which no path leads, or embedded in the binary.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};
#[cfg(target_os = "linux")]
use std::sync::Arc;

use crate::foreign::{self, NOT_REGULAR};

/// The largest sample that is read, in bytes.
pub const LARGEST_FILE: u64 = foreign::LARGEST_FILE;

/// The files of a dataset, by their paths relative to its folder, with forward slashes.
pub trait Files: Send + Sync + fmt::Debug {
    /// The bytes of the file at `path`.
    ///
    /// # Errors
    /// Not found, not a regular file, larger than [`LARGEST_FILE`], out of the folder, or not readable.
    fn read(&self, path: &str) -> io::Result<Cow<'static, [u8]>>;

    /// Whether a regular file stands at `path`, within the folder.
    ///
    /// # Errors
    /// As [`Files::read`], but that nothing is read.
    fn check(&self, path: &str) -> io::Result<()>;

    /// The paths of all files, sorted.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    fn list(&self) -> io::Result<Vec<String>>;

    /// The folder on disk, where there is one.
    fn folder(&self) -> Option<&Path>;
}

/// Why `path` may not stand in a manifest or card, if so: it is absolute, leads upwards, or is written in Windows' way.
#[must_use]
pub fn path_problem(path: &str) -> Option<(&'static str, &'static str)> {
    if path.contains('\\') {
        return Some(("has a backslash", "write paths with forward slashes: `faces/0001.jpg`"));
    }
    if path.chars().any(char::is_control) {
        return Some(("has a control character", "rename the file"));
    }
    let bytes = path.as_bytes();
    let drive = matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic());
    if drive || Path::new(path).is_absolute() || path.starts_with('/') {
        return Some(("is absolute", "write paths relative to the folder of dataset.toml"));
    }
    for part in Path::new(path).components() {
        match part {
            Component::ParentDir => {
                return Some((
                    "leads out of the dataset's folder",
                    "move dataset.toml and the manifest above the files",
                ));
            }
            Component::Normal(_) | Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir => return Some(("is absolute", "write relative paths")),
        }
    }
    None
}

/// Why a file of a dataset cannot be read, in words that name no path: they stand in outcomes.
pub(super) fn reason(error: &io::Error) -> String {
    if let Some(own) = error.get_ref() {
        return own.to_string(); // said in this file, and without a path
    }
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "the file is not there".to_owned(),
        io::ErrorKind::IsADirectory => NOT_REGULAR.to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        kind => format!("the file cannot be read: {kind}"),
    }
}

/// A dataset's folder on disk.
#[derive(Debug, Clone)]
pub struct Folder {
    given: PathBuf,
    real: PathBuf,
    /// The folder, open: what is read is found from here.
    #[cfg(target_os = "linux")]
    handle: Arc<File>,
}

impl Folder {
    /// The folder at `path`.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(path: &Path) -> io::Result<Self> {
        let given = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path.to_owned() };
        let real = given.canonicalize()?;
        if !real.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"));
        }
        Ok(Self {
            given,
            #[cfg(target_os = "linux")]
            handle: Arc::new(File::open(&real)?),
            real,
        })
    }

    /// The file at `path`, opened in one step in which no link can lead out of the folder. None where the kernel has no
    /// such step (Linux before 5.6), or does not open it: then the long way says why, or follows an absolute link within.
    #[cfg(target_os = "linux")]
    fn open_within(&self, path: &str) -> Option<File> {
        use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
        // Without waiting: a named pipe is looked at, and refused.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        openat2(&*self.handle, path, flags, Mode::empty(), within).ok().map(File::from)
    }

    #[cfg(not(target_os = "linux"))]
    fn open_within(&self, _path: &str) -> Option<File> {
        None
    }

    /// The file at `path`, and its length.
    fn open(&self, path: &str) -> io::Result<(File, u64)> {
        if path_problem(path).is_none()
            && let Some(file) = self.open_within(path)
        {
            let length = foreign::length(&file.metadata()?)?;
            return Ok((file, length));
        }
        foreign::open(&self.resolve(path)?)
    }

    /// The real place of `path`, which lies in the folder also when symbolic links are followed.
    fn resolve(&self, path: &str) -> io::Result<PathBuf> {
        if let Some((problem, _)) = path_problem(path) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("the path {problem}")));
        }
        let real = self.real.join(path).canonicalize()?;
        if !real.starts_with(&self.real) {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "a symbolic link leads out of the dataset's folder",
            ));
        }
        foreign::within(foreign::length(&real.metadata()?)?, LARGEST_FILE)?;
        Ok(real)
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Cow<'static, [u8]>> {
        let (file, length) = self.open(path)?;
        foreign::read_whole(file, length, LARGEST_FILE).map(Cow::Owned)
    }

    fn check(&self, path: &str) -> io::Result<()> {
        self.resolve(path).map(drop)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut open = vec![String::new()];
        while let Some(inner) = open.pop() {
            for entry in self.real.join(&inner).read_dir()? {
                let entry = entry?;
                let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
                let path = if inner.is_empty() { name } else { format!("{inner}/{name}") };
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    open.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.given)
    }
}

/// A dataset's folder embedded in the binary.
#[derive(Debug, Clone)]
pub struct Embedded {
    folder: &'static include_dir::Dir<'static>,
    within: &'static str,
}

impl Embedded {
    /// The files of `folder` below `within` (which may be empty), as [`include_dir::include_dir!`] made it.
    #[must_use]
    pub fn new(folder: &'static include_dir::Dir<'static>, within: &'static str) -> Self {
        Self { folder, within }
    }

    fn find(&self, path: &str) -> io::Result<&'static include_dir::File<'static>> {
        let full = Path::new(self.within).join(path);
        self.folder.get_file(full).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such bundled file"))
    }
}

impl Files for Embedded {
    fn read(&self, path: &str) -> io::Result<Cow<'static, [u8]>> {
        Ok(Cow::Borrowed(self.find(path)?.contents()))
    }

    fn check(&self, path: &str) -> io::Result<()> {
        self.find(path).map(drop)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut open = vec![self.folder];
        while let Some(folder) = open.pop() {
            open.extend(folder.dirs());
            for file in folder.files() {
                if let Some(path) = file.path().strip_prefix(self.within).ok().and_then(Path::to_str) {
                    found.push(path.to_owned());
                }
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn folder(&self) -> Option<&Path> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_are_absolute_lead_upwards_or_come_from_windows_are_refused() {
        for path in
            ["/etc/passwd", "../x.jpg", "a/../../x.jpg", "C:/x.jpg", "c:x.jpg", "a\\b.jpg", "a\0b", "\\\\host\\x"]
        {
            assert!(path_problem(path).is_some(), "{path}");
        }
        for path in ["a.jpg", "a/b c.jpg", "./a.jpg", "ä/ß.jpg", "..a.jpg"] {
            assert!(path_problem(path).is_none(), "{path}");
        }
    }

    #[test]
    fn why_a_file_cannot_be_read_is_said_plainly_and_without_its_path() {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir(place.path().join("inner")).unwrap();
        std::fs::write(place.path().join("file"), "x").unwrap();
        let folder = Folder::new(place.path()).unwrap();
        let said = |path: &str| reason(&folder.read(path).unwrap_err());
        assert_eq!(said("gone.jpg"), "the file is not there");
        assert_eq!(said("file/gone.jpg"), "the file is not there");
        assert_eq!(said("inner"), "not a regular file");
        assert_eq!(reason(&io::ErrorKind::PermissionDenied.into()), "permission denied");
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_out_of_the_folder_is_refused_and_one_within_is_followed() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::fs::write(inside.path().join("real.jpg"), "y").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), inside.path().join("out.jpg")).unwrap();
        std::os::unix::fs::symlink("real.jpg", inside.path().join("in.jpg")).unwrap();
        let folder = Folder::new(inside.path()).unwrap();
        assert_eq!(folder.read("out.jpg").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(folder.read("in.jpg").unwrap().as_ref(), b"y");
        std::os::unix::fs::symlink(inside.path().join("real.jpg"), inside.path().join("absolute.jpg")).unwrap();
        assert_eq!(folder.read("absolute.jpg").unwrap().as_ref(), b"y");
        std::os::unix::fs::symlink(outside.path(), inside.path().join("folder")).unwrap();
        assert_eq!(folder.read("folder/secret").unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(folder.read("none.jpg").unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_named_pipe_is_refused_instead_of_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status();
        if made.is_ok_and(|status| status.success()) {
            assert!(Folder::new(folder.path()).unwrap().read("pipe").is_err());
        }
    }
}
