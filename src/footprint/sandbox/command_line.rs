//! The command line of bubblewrap: what of the system is in the box, and where the program may write.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::own::Own;
use super::{CHANNEL, COPIES, PLACES, Tools};
use crate::method::adapter::command::Launch;

/// This program, as the box has it.
pub(super) const AGEBENCH: &str = "/agebench/agebench";

/// The capabilities that the first program in the box needs until it drops them: to route, to listen to packets, to answer
/// names, and to give capabilities up for good.
const CAPABILITIES: [&str; 4] = ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE", "CAP_SETPCAP"];

/// What the box does not have from the system: places of its own stand there.
const NOT_OF_THE_SYSTEM: [&str; 5] = ["dev", "proc", "tmp", "run", "agebench"];

/// Files of the system that the box has its own of: where names are answered, and those that need no answer. All others are
/// looked up, and so seen.
const OWN_FILES: [(&str, &str); 2] = [
    ("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n"),
    ("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
];

/// What a command line is made for.
pub(super) struct CommandLine<'a> {
    /// The private folder of the box.
    pub folder: &'a Path,
    pub tools: &'a Tools,
    pub hosts: &'a [(String, u16)],
    /// The socket of the harness, as the box has it.
    pub socket: String,
    /// The file of the tracer, as the box has it.
    pub trace: String,
}

impl CommandLine<'_> {
    /// The arguments of bubblewrap for `launch`; files that are put into the places of the box are noted in `own`.
    ///
    /// # Errors
    /// When a folder to mount on cannot be made, or a path is not UTF-8.
    pub fn of(&self, launch: &Launch, own: &mut Own) -> io::Result<Vec<String>> {
        let mut args: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| args.extend(words.iter().map(|word| (*word).to_owned()));
        add(&["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--uid", "0", "--gid", "0"]);
        add(&["--cap-drop", "ALL"]);
        CAPABILITIES.iter().for_each(|capability| add(&["--cap-add", capability]));
        add(&["--tmpfs", "/"]);
        for entry in fs::read_dir("/")?.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let (Some(name), Some(path)) = (name.to_str(), path.to_str()) else { continue };
            if NOT_OF_THE_SYSTEM.contains(&name) {
                continue;
            }
            match fs::read_link(path) {
                Ok(target) => add(&["--symlink", text(&target)?, path]),
                Err(_) => add(&["--ro-bind-try", path, path]),
            }
        }
        add(&["--dev", "/dev", "--proc", "/proc"]);
        for (name, place) in PLACES {
            add(&["--bind", text(&self.folder.join(name))?, place]);
        }
        let (copies, channel) = (self.folder.join(COPIES), self.folder.join(CHANNEL));
        self.prepare(&copies)?;
        add(&["--bind", text(&copies)?, text(&copies)?]);
        add(&["--bind", text(&channel)?, &format!("/agebench/{CHANNEL}")]);
        add(&["--ro-bind", text(&self.tools.agebench)?, AGEBENCH]);
        for folder in self.needed(launch) {
            self.prepare(&folder)?;
            add(&["--ro-bind", text(&folder)?, text(&folder)?]);
        }
        for (file, content) in OWN_FILES {
            self.own_file(file, content, own, &mut add)?;
        }
        add(&["--remount-ro", "/dev", "--remount-ro", "/"]);
        for (name, value) in &self.tools.environment {
            add(&["--setenv", name, value]);
        }
        let home = PLACES[0].1;
        add(&["--setenv", "HOME", home]);
        let folder = launch.folder.as_deref().map(std::path::absolute).transpose()?;
        add(&["--chdir", folder.as_deref().map_or(Ok(home), text)?]);
        add(&["--", AGEBENCH, "in-box", "--channel", &self.socket, "--trace", &self.trace]);
        if let Some(strace) = &self.tools.strace {
            add(&["--strace", text(strace)?]);
        }
        for (host, port) in self.hosts {
            add(&["--host", &format!("{host}:{port}")]);
        }
        add(&["--", text(&launch.program)?]);
        launch.args.iter().for_each(|argument| add(&[argument]));
        Ok(args)
    }

    /// The folders that the program needs and that a place of the box hides.
    fn needed(&self, launch: &Launch) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = launch.folder.iter().cloned().collect();
        folders.extend(program_folder(&launch.program));
        folders.extend(self.tools.strace.as_deref().and_then(program_folder));
        let arguments = launch.args.iter().map(Path::new).filter(|path| path.is_absolute() && path.is_file());
        folders.extend(arguments.filter_map(Path::parent).map(Path::to_owned));
        folders.retain_mut(|folder| {
            *folder = std::path::absolute(&*folder).unwrap_or_else(|_| folder.clone());
            hidden_by(folder).is_some() && folder.is_dir()
        });
        folders.sort();
        folders.dedup();
        folders
    }

    /// Makes the folder that `path` is to be mounted on, where it lies in a place of the box.
    fn prepare(&self, path: &Path) -> io::Result<()> {
        match hidden_by(path) {
            Some((name, inner)) => fs::create_dir_all(self.folder.join(name).join(inner)),
            None => Ok(()),
        }
    }

    /// Puts a file of our own where the system has `file`: there, or where its link leads.
    fn own_file(
        &self,
        file: &str,
        content: &'static str,
        own: &mut Own,
        add: &mut impl FnMut(&[&str]),
    ) -> io::Result<()> {
        let Ok(target) = fs::canonicalize(file) else { return Ok(()) };
        match hidden_by(&target) {
            Some((name, inner)) => {
                let file = self.folder.join(name).join(&inner);
                let folder = file.parent().unwrap_or(&file);
                fs::create_dir_all(folder)?;
                // A program of an earlier session may have made it a link, or its folder.
                if fs::canonicalize(folder)?
                    != fs::canonicalize(self.folder)?.join(name).join(inner.parent().unwrap_or(&inner))
                {
                    return Err(io::Error::other(format!("`{}` leads out of the box", text(&inner)?)));
                }
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => fs::write(&file, content)?,
                }
                own.holds(format!("{name}/{}", text(&inner)?), file, content);
                Ok(())
            }
            None => {
                let own = self.folder.join(Path::new(file).file_name().unwrap_or_default());
                fs::write(&own, content)?;
                add(&["--ro-bind", text(&own)?, text(&target)?]);
                Ok(())
            }
        }
    }
}

/// The place of the box that hides `path`, and where in it `path` would lie.
fn hidden_by(path: &Path) -> Option<(&'static str, PathBuf)> {
    PLACES.iter().find_map(|(name, place)| Some((*name, path.strip_prefix(place).ok()?.to_owned())))
}

/// The folder that a program needs: its own, and where that is the `bin` of something installed, all of that.
fn program_folder(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    let is_bin = folder.file_name().is_some_and(|name| name == "bin" || name == "shims");
    if is_bin { folder.parent().map(Path::to_owned) } else { Some(folder.to_owned()) }
}

fn text(path: &Path) -> io::Result<&str> {
    path.to_str().ok_or_else(|| io::Error::other(format!("the path {} is not utf-8", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_in_a_hidden_folder_is_let_in_again_and_no_other_is() {
        assert_eq!(hidden_by(Path::new("/tmp/a/b")), Some(("tmp", PathBuf::from("a/b"))));
        assert_eq!(hidden_by(Path::new("/usr/bin")), None);
        assert_eq!(hidden_by(Path::new("/tmpfs")), None);
        assert_eq!(program_folder(Path::new("/tmp/venv/bin/python3")), Some(PathBuf::from("/tmp/venv")));
        assert_eq!(program_folder(Path::new("/srv/method/run")), Some(PathBuf::from("/srv/method")));
    }
}
