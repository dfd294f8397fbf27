//! What lies in the places that a program can write to: looked through from outside, where nothing can hide from it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::digest::Digest;

/// Bytes of one file that are read: of a longer one the beginning, and its size tells of every change.
const MOST: u64 = 256 << 20;

/// Bytes of a path that the system takes at once: a longer one, which a program makes step by step, is gone the same way.
const LONGEST_PATH: usize = 3000;

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
    /// The name, from the name of the place on: bytes, as names of files are.
    pub name: Vec<u8>,
    /// Whether it was not there before.
    pub is_new: bool,
    /// What it is now.
    pub entry: Entry,
}

/// What is read of each new or changed file: its name, its content, and its attributes.
pub(super) type Reading<'a> = dyn FnMut(&[u8], &[u8], &[(Vec<u8>, Vec<u8>)]) + 'a;

/// What lay there at the last look.
#[derive(Debug, Default)]
pub(super) struct Inventory {
    folders: Vec<(String, PathBuf)>,
    entries: BTreeMap<Vec<u8>, Entry>,
    is_cut: bool,
}

impl Inventory {
    /// An inventory of these folders, each with its name, that has not yet looked.
    pub fn of(folders: Vec<(String, PathBuf)>) -> Self {
        Self { folders, entries: BTreeMap::new(), is_cut: false }
    }

    /// Whether some folder could once not be looked through, or something in one not be looked at.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Files that are there, without folders.
    pub fn files(&self) -> impl Iterator<Item = (&[u8], &Entry)> {
        self.entries.iter().filter(|(_, entry)| entry.kind != "folder").map(|(name, entry)| (name.as_slice(), entry))
    }

    /// Every folder that is there.
    pub fn folders(&self) -> Vec<PathBuf> {
        let path = |name: &[u8]| {
            let place = self
                .folders
                .iter()
                .find_map(|(place, path)| Some((path, name.strip_prefix(place.as_bytes())?.strip_prefix(b"/")?)));
            place.map(|(path, rest)| path.join(OsStr::from_bytes(rest)))
        };
        let inner = self.entries.iter().filter(|(_, entry)| entry.kind == "folder");
        let inner = inner.filter_map(|(name, _)| path(name));
        self.folders.iter().map(|(_, path)| path.clone()).chain(inner).collect()
    }

    /// Looks again: what is new or has changed, in the order of the names; what `is_ours` is passed over. The content of what
    /// changed is given to `read`.
    pub fn look(&mut self, is_ours: &dyn Fn(&[u8]) -> bool, read: &mut Reading<'_>) -> Vec<Change> {
        let mut look = Look { before: std::mem::take(&mut self.entries), now: BTreeMap::new(), changes: Vec::new() };
        for (name, path) in &self.folders {
            // Folders that wait for their turn: no place is too deep for that.
            let mut waiting = vec![Vec::new()];
            while let Some(folder) = waiting.pop() {
                let walked = reached(path, &folder).and_then(|reached| {
                    let here = [name.as_bytes(), &folder].concat();
                    look.through(&here, &opened_path(&reached), is_ours, read)
                });
                match walked {
                    Ok(within) => waiting.extend(within.into_iter().map(|name| [&folder[..], b"/", &name].concat())),
                    Err(error) => self.is_cut |= error.kind() != io::ErrorKind::NotFound,
                }
            }
        }
        self.entries = look.now;
        look.changes.sort_by(|one, other| one.name.cmp(&other.name));
        look.changes
    }
}

/// One look.
struct Look {
    before: BTreeMap<Vec<u8>, Entry>,
    now: BTreeMap<Vec<u8>, Entry>,
    changes: Vec<Change>,
}

impl Look {
    /// Looks through the folder `path`, whose name is `here`, and gives the names of the folders in it. Links are not followed.
    fn through(
        &mut self,
        here: &[u8],
        path: &Path,
        is_ours: &dyn Fn(&[u8]) -> bool,
        read: &mut Reading<'_>,
    ) -> io::Result<Vec<Vec<u8>>> {
        let mut names = Vec::new();
        for entry in open(path, 0o700, || fs::read_dir(path))? {
            names.push(entry?.file_name());
        }
        names.sort();
        let mut within = Vec::new();
        for own in names {
            let (name, file) = ([here, b"/", own.as_bytes()].concat(), path.join(&own));
            let about = match open(path, 0o700, || fs::symlink_metadata(&file)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                about => about?,
            };
            if is_ours(&name) {
                continue;
            }
            if about.is_dir() {
                within.push(own.as_bytes().to_vec());
            }
            self.at(name, &file, &about, read);
        }
        Ok(within)
    }

    /// Looks at `path`, whose name is `name`, and at what it holds where it has changed.
    fn at(&mut self, name: Vec<u8>, path: &Path, about: &Metadata, read: &mut Reading<'_>) {
        let state = (about.dev(), about.ino(), about.ctime(), about.ctime_nsec());
        let before = self.before.remove(&name);
        if let Some(before) = before.as_ref().filter(|before| before.state == state && before.size == about.len()) {
            self.now.insert(name, before.clone());
            return;
        }
        let kind = kind(about);
        let bytes = content(path, kind);
        let attributes = attributes(path);
        read(&name, bytes.as_deref().unwrap_or_default(), &attributes);
        let content = bytes.map(|bytes| Digest::of(&bytes));
        let entry = Entry { size: about.len(), links: about.nlink(), kind, content, attributes, state };
        // A link or a glance changes the state of a file and not the file; folders change with every file in them.
        let is_same = before.as_ref().is_some_and(|before| {
            kind == "folder"
                || (before.content == entry.content
                    && before.size == entry.size
                    && before.links == entry.links
                    && before.attributes == entry.attributes)
        });
        if !is_same {
            self.changes.push(Change { name: name.clone(), is_new: before.is_none(), entry: entry.clone() });
        }
        self.now.insert(name, entry);
    }
}

/// `name` in words, another for each name: what is no UTF-8, a control character or a backslash stands as `\xe9`.
pub(super) fn words(name: &[u8]) -> String {
    let mut words = String::new();
    let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || character == '\\' {
                words.push_str(&escaped(character.encode_utf8(&mut [0; 4]).as_bytes()));
            } else {
                words.push(character);
            }
        }
        words.push_str(&escaped(chunk.invalid()));
    }
    words
}

/// Whether `path` is a file with one name and this content, and nothing else to it.
pub(super) fn is_exactly(path: &Path, content: &[u8]) -> bool {
    let is_it = |about: Metadata| about.is_file() && about.nlink() == 1 && about.len() == content.len() as u64;
    fs::symlink_metadata(path).is_ok_and(is_it)
        && attributes(path).is_empty()
        && fs::read(path).is_ok_and(|found| found == content)
}

/// The folder `rest` below `root`, step by step where that is a longer way than the system takes at once.
fn reached(root: &Path, rest: &[u8]) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    const HOW: OFlags = OFlags::PATH; // nobody needs to be allowed to read it
    #[cfg(not(target_os = "linux"))]
    const HOW: OFlags = OFlags::RDONLY;
    let flags = HOW | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut folder = openat(CWD, root, flags, Mode::empty())?;
    let mut rest = rest.strip_prefix(b"/").unwrap_or(rest);
    while !rest.is_empty() {
        let end = match rest.get(..LONGEST_PATH) {
            Some(beginning) => beginning.iter().rposition(|byte| *byte == b'/').unwrap_or(rest.len()),
            None => rest.len(),
        };
        let (step, further) = rest.split_at(end);
        folder = openat(&folder, OsStr::from_bytes(step), flags, Mode::empty())?;
        rest = further.strip_prefix(b"/").unwrap_or(further);
    }
    Ok(folder)
}

/// A short path to an open folder, as Linux has one.
fn opened_path(folder: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()))
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
            let ours = |name: &[u8]| name == b"home/ours";
            let changes = inventory.look(&ours, &mut |name, bytes, _| read.push((name.to_owned(), bytes.len())));
            let changes: Vec<(String, bool)> = changes.into_iter().map(|it| (words(&it.name), it.is_new)).collect();
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

    #[test]
    fn names_that_are_no_text_are_told_apart_and_none_is_taken_for_another() {
        let place = tempfile::tempdir().unwrap();
        let names: [&[u8]; 6] = [b"\x80", b"\x81", b"\\x80", b"a\nb", b"a b", "\u{e9}".as_bytes()];
        for name in names {
            fs::write(place.path().join(OsStr::from_bytes(name)), name).unwrap();
        }
        let mut inventory = Inventory::of(vec![("home".to_owned(), place.path().to_owned())]);
        let changes = inventory.look(&|_| false, &mut |_, _, _| {});
        let mut told: Vec<String> = changes.iter().map(|it| words(&it.name)).collect();
        told.sort();
        assert_eq!(told, ["home/\\x5cx80", "home/\\x80", "home/\\x81", "home/a b", "home/a\\x0ab", "home/\u{e9}"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_deeper_than_any_path_may_be_is_found_and_nothing_is_cut() {
        let place = tempfile::tempdir().unwrap();
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut folder = openat(CWD, place.path(), flags, Mode::empty()).unwrap();
        let name = "d".repeat(200);
        for _ in 0..40 {
            rustix::fs::mkdirat(&folder, &name, Mode::RWXU).unwrap();
            folder = openat(&folder, &name, flags, Mode::empty()).unwrap();
        }
        fs::write(opened_path(&folder).join("kept"), "a photo").unwrap();
        let mut inventory = Inventory::of(vec![("home".to_owned(), place.path().to_owned())]);
        let mut read = Vec::new();
        let changes = inventory.look(&|_| false, &mut |_, bytes, _| read.extend_from_slice(bytes));
        assert_eq!((changes.len(), inventory.files().count(), inventory.is_cut()), (41, 1, false));
        assert_eq!(read, b"a photo");
        assert!(inventory.look(&|_| false, &mut |_, _, _| panic!("nothing changed")).is_empty());
    }
}
