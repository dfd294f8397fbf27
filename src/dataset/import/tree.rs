//! What lies in the folder that a user points at: listed once, looked at by every importer.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{ImportError, Options};
use crate::dataset::{Files, Folder};
use crate::finding::{Finding, listed};
use crate::foreign;

/// Endings of pictures.
const PICTURES: [&str; 7] = ["jpg", "jpeg", "png", "bmp", "tif", "tiff", "webp"];

/// First bytes of archives, and what each is called.
const ARCHIVES: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a rar archive"),
];

/// A folder and the files in it, or one file of it.
#[derive(Debug, Clone)]
pub struct Tree {
    place: PathBuf,
    folder: Folder,
    /// Of a part of a folder: where it begins, with a slash at its end.
    within: String,
    files: Vec<String>,
    chosen: Option<String>,
    unlisted: Vec<(String, &'static str)>,
}

impl Tree {
    /// What lies at `place`: a folder, or a file, which stands for its folder with this file chosen.
    pub(super) fn read(place: &Path) -> Result<Self, ImportError> {
        Self::read_at_most(place, usize::MAX)?.ok_or_else(|| ImportError::nothing(place.display().to_string(), &[]))
    }

    /// As [`Tree::read`]; `None` when more than `most` files lie there.
    pub(super) fn read_at_most(place: &Path, most: usize) -> Result<Option<Self>, ImportError> {
        let unreadable = |source| ImportError::Read { file: place.display().to_string(), source };
        let is_file = std::fs::metadata(place).map_err(unreadable)?.is_file();
        if is_file && let Some(what) = archive(place).map_err(unreadable)? {
            return Err(ImportError::Archive { place: place.display().to_string(), what });
        }
        let chosen = if is_file {
            let name = place.file_name().and_then(|name| name.to_str());
            Some(name.map(str::to_owned).ok_or_else(|| unreadable(io::Error::other("its name is not utf-8")))?)
        } else {
            None
        };
        let root = if is_file { place.parent().unwrap_or(Path::new(".")) } else { place };
        let folder = Folder::new(root).map_err(unreadable)?;
        let real = root.canonicalize().or_else(|_| Path::new(".").canonicalize()).map_err(unreadable)?;
        let mut tree = Self {
            place: place.to_owned(),
            folder,
            within: String::new(),
            files: Vec::new(),
            chosen,
            unlisted: Vec::new(),
        };
        let mut open = vec![String::new()];
        while let Some(inner) = open.pop() {
            for entry in real.join(&inner).read_dir().map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let name = entry.file_name();
                let path = |name: &str| if inner.is_empty() { name.to_owned() } else { format!("{inner}/{name}") };
                let Some(name) = name.to_str() else {
                    tree.unlisted.push((path(&name.to_string_lossy()), "the name is not utf-8"));
                    continue;
                };
                let kind = entry.file_type().map_err(unreadable)?;
                if kind.is_dir() {
                    open.push(path(name));
                } else if kind.is_symlink() && entry.path().is_dir() {
                    tree.unlisted.push((path(name), "a symbolic link to a folder is not followed"));
                } else {
                    tree.files.push(path(name));
                }
            }
            if tree.files.len() > most {
                return Ok(None);
            }
        }
        tree.files.sort_unstable();
        tree.unlisted.sort_unstable();
        Ok(Some(tree))
    }

    /// The part of it below the folder `inner`.
    pub(super) fn below(&self, inner: &str) -> Self {
        let begin = format!("{inner}/");
        let files = self.files.iter().filter_map(|file| file.strip_prefix(&begin)).map(str::to_owned).collect();
        Self {
            place: self.place.join(inner),
            folder: self.folder.clone(),
            within: format!("{}{begin}", self.within),
            files,
            chosen: None,
            unlisted: Vec::new(),
        }
    }

    /// The place as the user named it.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        self.folder.folder().unwrap_or(Path::new("."))
    }

    /// The file that the user named, if it was one.
    pub(super) fn chosen(&self) -> Option<&str> {
        self.chosen.as_deref()
    }

    /// What could not be listed, and why.
    pub(super) fn unlisted(&self) -> &[(String, &'static str)] {
        &self.unlisted
    }

    /// All files, sorted by the bytes of their paths.
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// The pictures among them, by their endings; what macOS leaves in archives (`._NAME`) is none.
    pub(super) fn pictures(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str).filter(|path| is_picture(path))
    }

    /// Whether a file has this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.binary_search_by(|file| file.as_str().cmp(path)).is_ok()
    }

    /// Whether a folder has this path.
    pub(super) fn has_folder(&self, path: &str) -> bool {
        let begin = format!("{path}/");
        let at = self.files.partition_point(|file| file.as_str() < begin.as_str());
        self.files.get(at).is_some_and(|file| file.starts_with(&begin))
    }

    /// All folders down to the third level.
    pub(super) fn folders(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for file in &self.files {
            let ends = file.match_indices('/').take(3).map(|(at, _)| file.get(..at).unwrap_or_default());
            found.extend(ends.map(str::to_owned));
        }
        found.into_iter().collect()
    }

    /// The content of the file at `path`.
    pub(super) fn content(&self, path: &str) -> Result<Cow<'static, [u8]>, ImportError> {
        let full = format!("{}{path}", self.within);
        self.folder.read(&full).map_err(|source| ImportError::Read { file: path.to_owned(), source })
    }

    /// The file at `path`, opened.
    pub(super) fn open(&self, path: &str) -> Result<File, ImportError> {
        // Looked at first, so that no link leads out of the folder.
        let full = format!("{}{path}", self.within);
        let failed = |source| ImportError::Read { file: path.to_owned(), source };
        self.folder.check(&full).map_err(failed)?;
        foreign::open(&self.root().join(&full)).map(|(file, _)| file).map_err(failed)
    }

    /// The first line of the file at `path`, where it is text.
    pub(super) fn first_line(&self, path: &str) -> Option<String> {
        let mut bytes = Vec::new();
        self.open(path).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
        let line = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next()?;
        let text = std::str::from_utf8(line).ok()?;
        Some(text.trim_start_matches('\u{feff}').to_owned())
    }

    /// What stands before the `paths` of label files: nothing, or the folder in which these pictures lie.
    ///
    /// # Errors
    /// When none of the first of them is there, or when they lie in several folders and `chosen` says none.
    pub(super) fn locate<'p>(
        &self,
        labels: &str,
        paths: impl Iterator<Item = &'p str>,
        chosen: Option<&str>,
    ) -> Result<String, ImportError> {
        let first: Vec<&str> = paths.take(20).collect();
        let mut found: BTreeSet<&str> = BTreeSet::new();
        for path in &first {
            let ends = self.files.iter().filter_map(|file| file.strip_suffix(path));
            found.extend(ends.filter(|before| before.is_empty() || before.ends_with('/')));
        }
        let found: Vec<&str> = found.into_iter().collect();
        let shown: Vec<String> = found.iter().map(|before| format!("./{}", before.trim_end_matches('/'))).collect();
        if let Some(chosen) = chosen {
            let before = match chosen.trim_start_matches("./").trim_end_matches('/') {
                "" | "." => String::new(),
                folder => format!("{folder}/"),
            };
            if found.contains(&before.as_str()) {
                return Ok(before);
            }
            let text = format!("--images says `{chosen}`, where no picture lies that the file names first");
            let help = format!("they lie in {}", listed(&shown));
            return Err(Finding::error(labels, text).help(help).into());
        }
        match found.as_slice() {
            [one] => Ok((*one).to_owned()),
            [] => {
                let text = match first.first() {
                    Some(path) => format!("names `{path}` and others, and none of the first {} is here", first.len()),
                    None => "names no picture".to_owned(),
                };
                let help = "the pictures must lie in the folder that is given, at any depth, below the names that the file gives them";
                Err(Finding::error(labels, text).help(help).into())
            }
            _ => {
                let text = format!("the pictures that it names lie in {}", listed(&shown));
                Err(Finding::error(labels, text).help("choose one with --images FOLDER").into())
            }
        }
    }
}

impl Tree {
    /// As [`Tree::locate`], with the folder that the user chose; nothing where the labels name no picture.
    pub(super) fn locate_any(&self, labels: &str, first: &[String], options: &Options) -> Result<String, ImportError> {
        if first.is_empty() {
            return Ok(String::new());
        }
        self.locate(labels, first.iter().map(String::as_str), options.images.as_deref())
    }
}

/// What kind of archive the file at `place` is, if it is one. Parquet and MATLAB files begin otherwise.
fn archive(place: &Path) -> io::Result<Option<&'static str>> {
    let mut first = [0; 6];
    let count = foreign::open(place)?.0.read(&mut first)?;
    let first = first.get(..count).unwrap_or_default();
    let by_name = place.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tar")).then_some("a tar archive");
    Ok(ARCHIVES.iter().find(|(magic, _)| first.starts_with(magic)).map(|(_, what)| *what).or(by_name))
}

/// Whether `path` is a picture's, by its ending.
pub(super) fn is_picture(path: &str) -> bool {
    let name = name_of(path);
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.trim_end().to_ascii_lowercase());
    !name.starts_with("._") && ending.is_some_and(|ending| PICTURES.contains(&ending.as_str()))
}

/// The last part of `path`.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The folder of `path`, without a slash at its end; empty at the top.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
