//! What the tracer writes down: the Unix sockets that the method uses, which no packet shows.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where the C library itself asks for a daemon that caches names of users and hosts: whoever looks up its own user does that.
const OF_THE_LIBRARY: &str = "/nscd/socket";

/// The file of the tracer, read as it grows.
#[derive(Debug)]
pub(super) struct Trace {
    file: File,
    path: Option<PathBuf>,
    rest: Vec<u8>,
}

impl Trace {
    /// Opens the file `path`, which the harness made for the tracer to write to.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Self { file, path: Some(path.to_owned()), rest: Vec::new() })
    }

    /// The sockets that were used since the last look.
    pub fn sockets(&mut self) -> Vec<String> {
        let mut grown = Vec::new();
        if self.file.read_to_end(&mut grown).is_err() || grown.is_empty() {
            return Vec::new();
        }
        // The tracer has it open: nobody else needs its name.
        if let Some(path) = self.path.take() {
            let _ = fs::remove_file(path);
        }
        self.rest.extend(grown);
        let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<u8> = self.rest.drain(..end).collect();
        String::from_utf8_lossy(&lines).lines().filter_map(socket).collect()
    }
}

/// The Unix socket that a line of the tracer names: `bind(3, {sa_family=AF_UNIX, sun_path=@"name"}, 7) = 0`.
fn socket(line: &str) -> Option<String> {
    // What the kernel gives back of a socket is no use of another.
    if ["getsockname(", "getpeername(", "accept(", "accept4("].iter().any(|call| line.contains(call)) {
        return None;
    }
    let (_, rest) = line.split_once("sa_family=AF_UNIX, sun_path=")?;
    let (sign, rest) = rest.strip_prefix('@').map_or(("", rest), |rest| ("@", rest));
    let quoted = rest.strip_prefix('"')?;
    let end = quoted.find("\"}").or_else(|| quoted.find('"'))?;
    let name = quoted.get(..end)?;
    (!name.ends_with(OF_THE_LIBRARY)).then(|| format!("{sign}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_found_in_the_lines_of_strace() {
        let found = |line: &str| socket(line);
        assert_eq!(
            found(r#"3     bind(3, {sa_family=AF_UNIX, sun_path=@"hidden"}, 9) = 0"#),
            Some("@hidden".to_owned())
        );
        assert_eq!(
            found(r#"3     connect(4, {sa_family=AF_UNIX, sun_path="/run/x.sock"}, 110) = -1 ENOENT (No such file)"#),
            Some("/run/x.sock".to_owned())
        );
        assert_eq!(
            found(r#"3  connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT"#),
            None
        );
        assert_eq!(found(r#"3     getsockname(3, {sa_family=AF_UNIX, sun_path=@"hidden"}, [110 => 9]) = 0"#), None);
        assert_eq!(found(r#"3     socketpair(AF_UNIX, SOCK_STREAM, 0, [3, 4]) = 0"#), None);
        assert_eq!(found("3     +++ exited with 0 +++"), None);
    }

    #[test]
    fn half_a_line_is_kept_for_the_next_look() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("trace");
        fs::write(&path, "").unwrap();
        let mut trace = Trace::begin(&path).unwrap();
        let line = r#"3 bind(3, {sa_family=AF_UNIX, sun_path=@"a"}, 4) = 0"#;
        fs::write(&path, &line[..20]).unwrap();
        assert!(trace.sockets().is_empty());
        assert!(!path.exists());
    }
}
