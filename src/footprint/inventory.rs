//! What lies in the places that a program can write to: looked through from outside, where nothing can hide from it.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::digest::Digest;

/// Bytes of one file that are read: of a longer one the beginning, and its size tells of every change.
const MOST: u64 = 256 << 20;

/// A file as it was found. Links, sockets and pipes are files too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Bytes.
    pub size: u64,
    /// Names that it has.
    pub links: u64,
    /// What it is: `file`, `link`, `socket`, `pipe`, `folder`.
    pub kind: &'static str,
    /// SHA-256 of its content.
    pub content: Option<Digest>,
    /// Its extended attributes, name and value.
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
    /// What the system changes whenever anything of it changes: device, number, and the time of the last change.
    state: (u64, u64, i64, i64),
}

/// Something that changed between two looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// The name, from the name of the place on.
    pub name: String,
    /// Whether it was not there before.
    pub is_new: bool,
    /// What it is now.
    pub entry: Entry,
}

/// What is read of each new or changed file: its name, its content, and its attributes.
pub(super) type Reading<'a> = dyn FnMut(&str, &[u8], &[(Vec<u8>, Vec<u8>)]) + 'a;

/// What lay there at the last look.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    folders: Vec<(String, PathBuf)>,
    entries: BTreeMap<String, Entry>,
}

impl Inventory {
    /// An inventory of these folders, each with its name, that has not yet looked.
    pub fn of(folders: Vec<(String, PathBuf)>) -> Self {
        Self { folders, entries: BTreeMap::new() }
    }

    /// Files that are there, without folders.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.kind != "folder").map(|(name, entry)| (name.as_str(), entry))
    }

    /// Every folder that is there.
    pub fn folders(&self) -> Vec<PathBuf> {
        let path = |name: &str| {
            let (place, rest) = name.split_once('/').unwrap_or((name, ""));
            self.folders.iter().find(|(name, _)| name == place).map(|(_, path)| path.join(rest))
        };
        let inner = self.entries.iter().filter(|(_, entry)| entry.kind == "folder");
        let inner = inner.filter_map(|(name, _)| path(name));
        self.folders.iter().map(|(_, path)| path.clone()).chain(inner).collect()
    }

    /// Looks again: what is new or has changed, in the order of the names; what `is_ours` is passed over. The content of what
    /// changed is given to `read`.
    pub fn look(&mut self, is_ours: &dyn Fn(&str) -> bool, read: &mut Reading<'_>) -> Vec<Change> {
        let mut found = BTreeMap::new();
        for (name, path) in &self.folders {
            walk(name, path, &mut found);
        }
        found.retain(|name, _| !is_ours(name));
        let mut changes = Vec::new();
        for (name, (path, about)) in found.iter().map(|(name, found)| (name, (&found.0, &found.1))) {
            let state = (about.dev(), about.ino(), about.ctime(), about.ctime_nsec());
            let before = self.entries.get(name);
            if before.is_some_and(|before| before.state == state && before.size == about.len()) {
                continue;
            }
            let kind = kind(about);
            let bytes = content(path, kind);
            let attributes = attributes(path);
            read(name, bytes.as_deref().unwrap_or_default(), &attributes);
            let content = bytes.map(|bytes| Digest::of(&bytes));
            let entry = Entry { size: about.len(), links: about.nlink(), kind, content, attributes, state };
            // A link or a glance changes the state of a file and not the file; folders change with every file in them.
            let is_same = before.is_some_and(|before| {
                kind == "folder"
                    || (before.content == entry.content
                        && before.size == entry.size
                        && before.links == entry.links
                        && before.attributes == entry.attributes)
            });
            if !is_same {
                changes.push(Change { name: name.clone(), is_new: before.is_none(), entry: entry.clone() });
            }
            self.entries.insert(name.clone(), entry);
        }
        self.entries.retain(|name, _| found.contains_key(name));
        changes
    }
}

/// Everything below `path`, whose name is `name`; links are not followed.
fn walk(name: &str, path: &Path, found: &mut BTreeMap<String, (PathBuf, Metadata)>) {
    let Ok(entries) = open(path, 0o700, || fs::read_dir(path)) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if about.is_dir() {
            walk(&name, &path, found);
        }
        found.insert(name, (path, about));
    }
}

/// What `how` opens; what the program closed to its own user, who is ours too, is opened for him again first.
fn open<T>(path: &Path, mode: u32, how: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match how() {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
            how()
        }
        other => other,
    }
}

fn kind(about: &Metadata) -> &'static str {
    let kind = about.file_type();
    match () {
        () if kind.is_dir() => "folder",
        () if kind.is_symlink() => "link",
        () if kind.is_socket() => "socket",
        () if kind.is_file() => "file",
        () => "pipe",
    }
}

/// The content of a file, or where a link leads.
fn content(path: &Path, kind: &str) -> Option<Vec<u8>> {
    match kind {
        "file" => {
            let mut bytes = Vec::new();
            let file = open(path, 0o600, || File::open(path));
            file.and_then(|file| file.take(MOST).read_to_end(&mut bytes)).ok()?;
            Some(bytes)
        }
        "link" => fs::read_link(path).ok().map(|target| target.as_os_str().as_bytes().to_vec()),
        _ => None,
    }
}

/// The extended attributes of `path` itself.
#[cfg(target_os = "linux")]
fn attributes(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut names = vec![0_u8; 1 << 16];
    let Ok(length) = rustix::fs::llistxattr(path, names.as_mut_slice()) else { return Vec::new() };
    names.truncate(length);
    let each = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let value = |name: &[u8]| {
        let mut value = vec![0_u8; 1 << 16];
        let length = rustix::fs::lgetxattr(path, name, value.as_mut_slice()).ok()?;
        value.truncate(length);
        Some((name.to_vec(), value))
    };
    each.filter_map(value).collect()
}

#[cfg(not(target_os = "linux"))]
fn attributes(_: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_changed_linked_or_marked_is_seen_and_nothing_twice() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        let mut inventory = Inventory::of(vec![("home".to_owned(), place.path().to_owned())]);
        let mut look = || {
            let mut read = Vec::new();
            let ours = |name: &str| name == "home/ours";
            let changes = inventory.look(&ours, &mut |name, bytes, _| read.push((name.to_owned(), bytes.len())));
            let changes: Vec<(String, bool)> = changes.into_iter().map(|it| (it.name, it.is_new)).collect();
            (changes, read.len())
        };
        assert_eq!(look().0, []);
        fs::create_dir(path("a")).unwrap();
        fs::write(path("a/b"), "one").unwrap();
        fs::write(path("ours"), "one").unwrap();
        assert_eq!(look().0, [("home/a".to_owned(), true), ("home/a/b".to_owned(), true)]);
        assert_eq!(look(), (Vec::new(), 0), "nothing is read again that did not change");
        fs::write(path("a/b"), "two").unwrap();
        assert_eq!(look().0, [("home/a/b".to_owned(), false)]);
        fs::hard_link(path("a/b"), path("a/c")).unwrap();
        assert_eq!(look().0, [("home/a/b".to_owned(), false), ("home/a/c".to_owned(), true)], "two names of one file");
        fs::write(path("a/c"), "six").unwrap();
        assert_eq!(look().0.len(), 2, "a change through one name is a change of the other");
        fs::remove_file(path("a/c")).unwrap();
        look();
        fs::create_dir(path("shut")).unwrap();
        fs::write(path("shut/x"), "hidden").unwrap();
        fs::set_permissions(path("shut/x"), fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(path("shut"), fs::Permissions::from_mode(0o000)).unwrap();
        let (changes, read) = look();
        assert_eq!((changes.len(), read), (2, 2), "nothing is hidden by its mode: {changes:?}");
        std::os::unix::fs::symlink("/nowhere", path("link")).unwrap();
        assert_eq!(look().0, [("home/link".to_owned(), true)]);
    }
}
