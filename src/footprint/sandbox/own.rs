//! The harness's own files in the places of the box: by their exact names, and each as the harness made it. A file of the
//! method's is none of them, whatever it is called.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::footprint::inventory::is_exactly;

/// What tells a file of ours from one that somebody put in its place.
enum Mark {
    /// Its content.
    Content(&'static str),
    /// Its device and number: whatever is in it.
    Number(u64, u64),
}

/// The files that the harness made, by their names.
#[derive(Default)]
pub(super) struct Own(BTreeMap<Vec<u8>, (PathBuf, Mark)>);

impl Own {
    /// Notes the file `path`, which was made just now, under its `name`.
    ///
    /// # Errors
    /// What the system says.
    pub fn made(&mut self, name: String, path: PathBuf) -> io::Result<()> {
        let about = fs::symlink_metadata(&path)?;
        self.0.insert(name.into_bytes(), (path, Mark::Number(about.dev(), about.ino())));
        Ok(())
    }

    /// Notes that the file `path` holds `content` and no more.
    pub fn holds(&mut self, name: String, path: PathBuf, content: &'static str) {
        self.0.insert(name.into_bytes(), (path, Mark::Content(content)));
    }

    /// Whether the file that is called `name` now is one of them.
    pub fn has(&self, name: &[u8]) -> bool {
        self.0.get(name).is_some_and(|(path, mark)| match mark {
            Mark::Content(content) => is_exactly(path, content.as_bytes()),
            Mark::Number(device, number) => {
                let is_it = |about: fs::Metadata| (about.dev(), about.ino()) == (*device, *number);
                fs::symlink_metadata(path).is_ok_and(is_it)
            }
        })
    }

    /// Whether one of them was called `name`.
    pub fn had(&self, name: &[u8]) -> bool {
        self.0.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_ours_by_its_name_and_as_we_made_it_and_not_by_how_it_is_called() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        let mut own = Own::default();
        for name in ["trace-1", "resolv.conf", "7.resolv.conf", "trace-x7"] {
            fs::write(path(name), "ours").unwrap();
        }
        own.made("channel/trace-1".to_owned(), path("trace-1")).unwrap();
        own.holds("run/resolv.conf".to_owned(), path("resolv.conf"), "ours");
        let has = |own: &Own| {
            let names = ["channel/trace-1", "run/resolv.conf", "run/7.resolv.conf", "channel/trace-x7"];
            names.map(|name| own.has(name.as_bytes()))
        };
        assert_eq!(has(&own), [true, true, false, false]);
        // Another file in its place, though the first one is still open; and something else in ours.
        let _held = fs::File::open(path("trace-1")).unwrap();
        fs::remove_file(path("trace-1")).unwrap();
        fs::write(path("trace-1"), "ours").unwrap();
        fs::write(path("resolv.conf"), "a photo").unwrap();
        assert_eq!(has(&own), [false; 4]);
        assert!(own.had(b"channel/trace-1") && !own.had(b"channel/trace-x7"));
    }
}
