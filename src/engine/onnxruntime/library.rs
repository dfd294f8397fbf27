//! Where the library of ONNX Runtime lies on this machine, and which version it is.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest version whose interface this crate is built for.
pub(super) const OLDEST: &str = "1.22";

/// Why ONNX Runtime cannot be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LibraryError {
    /// No library was named, and none was found.
    #[error("the library of ONNX Runtime was not found")]
    NotFound,
    /// There is no such file.
    #[error("there is no file {0}")]
    NoFile(PathBuf),
    /// The file is no library, or one of another program.
    #[error("{path} is not a library of ONNX Runtime: {reason}")]
    NotIt {
        /// The file.
        path: PathBuf,
        /// What the system says, in one line.
        reason: String,
    },
    /// The library is older than what is needed.
    #[error("{path} is ONNX Runtime {version}: {OLDEST} or later is needed")]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: String,
    },
    /// The library has no such execution provider.
    #[error("{path} was built without the provider `{provider}`: it has {available}")]
    NoProvider {
        /// The file.
        path: PathBuf,
        /// The provider asked for.
        provider: &'static str,
        /// The providers that it has, comma-separated.
        available: String,
    },
    /// The library was loaded but will not start.
    #[error("ONNX Runtime does not start: {0}")]
    Start(String),
}

impl LibraryError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotFound | Self::TooOld { .. } => Some(
                "install it with `pip install onnxruntime`, or name the file: --ort-library FILE, or ORT_DYLIB_PATH=FILE",
            ),
            Self::NoFile(_) | Self::NotIt { .. } => Some(
                "the file is called libonnxruntime.so, .dylib or onnxruntime.dll, perhaps with a version behind it",
            ),
            Self::NoProvider { .. } => Some("install a build of ONNX Runtime that has it, or leave --provider away"),
            Self::Start(_) => None,
        }
    }
}

/// Looks for the library: `named` (given by the user) if there is one, else inside the `onnxruntime` package of the
/// first Python that has it, else where the system keeps libraries.
///
/// # Errors
/// [`LibraryError::NoFile`] when there is no `named`, [`LibraryError::NotIt`] when it is a folder, a pipe or a device,
/// [`LibraryError::NotFound`] when nothing was found.
pub fn find_library(named: Option<&Path>) -> Result<PathBuf, LibraryError> {
    if let Some(path) = named {
        // An absolute path, so that the loader looks nowhere else.
        let real = std::fs::canonicalize(path).map_err(|_| LibraryError::NoFile(path.to_owned()))?;
        if real.is_file() {
            return Ok(real);
        }
        return Err(LibraryError::NotIt { path: path.to_owned(), reason: "it is not a regular file".to_owned() });
    }
    python_packages().or_else(system_library).ok_or(LibraryError::NotFound)
}

/// The library inside an installed Python package.
fn python_packages() -> Option<PathBuf> {
    ["python3", "python"].into_iter().find_map(|python| {
        let output = asking(python).output().ok().filter(|output| output.status.success())?;
        let package = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
        // A path from here is one from the folder that somebody else may have filled.
        package.is_absolute().then(|| library_in(&package.join("capi"))).flatten()
    })
}

/// Asks `python` where the package lies without importing it, which would load the library into Python. Python looks first in
/// the folder that it is started in, and a folder with a card in it is a stranger's: so it is started in none of ours.
fn asking(python: &str) -> Command {
    const ASK: &str =
        "import importlib.util as u; s = u.find_spec('onnxruntime'); print(s.submodule_search_locations[0])";
    let mut command = Command::new(python);
    command.args(["-c", ASK]).current_dir("/");
    command
}

fn system_library() -> Option<PathBuf> {
    ["/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/opt/homebrew/lib"]
        .into_iter()
        .find_map(|folder| library_in(Path::new(folder)))
}

/// The library in `folder`: the last by name, so that a later version wins over an earlier one of the same length.
fn library_in(folder: &Path) -> Option<PathBuf> {
    let names = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_it = |name: &String| {
        name.starts_with("libonnxruntime.so")
            || name == "onnxruntime.dll"
            || (name.starts_with("libonnxruntime.") && name.ends_with(".dylib"))
    };
    let mut names: Vec<String> = names.filter(is_it).collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    names.pop().map(|name| folder.join(name))
}

/// The version that the file of a library states, e.g. `1.23.2`: from the version of its symbols, or its name.
pub(super) fn version(path: &Path) -> Option<String> {
    let file = std::fs::canonicalize(path).ok()?;
    let bytes = std::fs::read(&file).ok()?;
    let number = |text: &[u8]| {
        let end = text.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(text.len());
        let text = std::str::from_utf8(&text[..end]).ok()?;
        (text.split('.').count() == 3 && text.split('.').all(|part| !part.is_empty())).then(|| text.to_owned())
    };
    let mark = b"\0VERS_";
    let symbols = bytes.windows(mark.len()).enumerate().filter(|(_, window)| *window == mark);
    symbols.filter_map(|(place, _)| number(&bytes[place + mark.len()..])).next().or_else(|| {
        let name = file.file_name()?.to_str()?;
        let digit = name.find(|character: char| character.is_ascii_digit())?;
        number(&name.as_bytes()[digit..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_of_a_folder_is_its_latest_version_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["libonnxruntime.so.1.9.0", "libonnxruntime.so.1.23.2", "libonnxruntime_providers_shared.so", "a.txt"]
        {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(library_in(folder.path()), Some(folder.path().join("libonnxruntime.so.1.23.2")));
        assert_eq!(library_in(&folder.path().join("nowhere")), None);
    }

    #[test]
    fn python_is_not_asked_in_the_folder_that_somebody_works_in() {
        assert_eq!(asking("python3").get_current_dir(), Some(Path::new("/")));
    }

    #[test]
    fn a_version_is_read_from_symbols_before_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let named = file("libonnxruntime.so.1.22.1", b"nothing");
        assert_eq!(version(&named).as_deref(), Some("1.22.1"));
        let marked = file("libonnxruntime.so", b"..\0VERS_x\0VERS_1.24.0\0..");
        assert_eq!(version(&marked).as_deref(), Some("1.24.0"));
        assert_eq!(version(&file("other.so", b"nothing")), None);
    }

    #[test]
    fn a_named_file_that_is_not_there_is_an_error_and_nothing_else_is_looked_for() {
        let path = Path::new("/nowhere/libonnxruntime.so");
        assert_eq!(find_library(Some(path)), Err(LibraryError::NoFile(path.to_owned())));
        let device = Path::new("/dev/null");
        assert!(matches!(find_library(Some(device)), Err(LibraryError::NotIt { path, .. }) if path == device));
    }
}
