//! The box: a program in namespaces of its own (bubblewrap), where every place that it can write to is a folder of the
//! harness, and every address leads to the first program in the box ([`super::in_box`]).

mod channel;
mod command_line;
mod own;
mod relay;

use std::ffi::OsStr;
use std::fs::{DirBuilder, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::inventory::is_exactly;
use crate::method::adapter::command::Launch;
use crate::method::{PrivateFolder, Scratch};

pub(super) use channel::{Channel, Seen};
use own::Own;

/// How long the box may take to end beyond the program in it: two looks at what is left, two seconds apart.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long an empty box may take.
const TRIAL: Duration = Duration::from_secs(20);

/// The places that a program can write to: the name of the folder that stands for each, and where it is in the box.
pub(super) const PLACES: [(&str, &str); 5] =
    [("home", "/agebench/home"), ("tmp", "/tmp"), ("var-tmp", "/var/tmp"), ("shm", "/dev/shm"), ("run", "/run")];

/// Where copies of samples are put, in the box under the same path as outside.
pub(super) const COPIES: &str = "copies";

/// The folder of sockets to the harness.
const CHANNEL: &str = "channel";

/// What of this machine makes a box.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// bubblewrap; none where it is not installed.
    pub bubblewrap: Option<PathBuf>,
    /// strace; none where it is not installed.
    pub strace: Option<PathBuf>,
    /// This program.
    pub agebench: PathBuf,
    /// The variables that a program in the box is given, beside its home.
    pub environment: Vec<(String, String)>,
}

/// A box, ready for programs.
pub(super) struct Sandbox {
    folder: PrivateFolder,
    tools: Tools,
    hosts: Vec<(String, u16)>,
    number: AtomicU32,
    own: Mutex<Own>,
}

impl Sandbox {
    /// A box whose programs may reach `hosts`, tried out.
    ///
    /// # Errors
    /// Why there can be none here, in words.
    pub fn prepare(tools: &Tools, scratch: &Scratch, hosts: &[(String, u16)]) -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("a box can only be made on Linux".to_owned());
        }
        if tools.bubblewrap.is_none() {
            return Err("bubblewrap (bwrap) is not installed".to_owned());
        }
        let folder = scratch.make().map_err(|error| format!("no private folder can be made: {error}"))?;
        let names = PLACES.iter().map(|(name, _)| *name).chain([COPIES, CHANNEL]);
        for name in names {
            let made = DirBuilder::new().mode(0o700).create(folder.path().join(name));
            made.map_err(|error| format!("no private folder can be made: {error}"))?;
        }
        let mut sandbox = Self {
            folder,
            tools: tools.clone(),
            hosts: hosts.to_vec(),
            number: AtomicU32::new(1),
            own: Mutex::default(),
        };
        if let Err(why) = sandbox.trial() {
            // Where system calls cannot be traced, the box may do without.
            if sandbox.tools.strace.take().is_none() || sandbox.trial().is_err() {
                return Err(why);
            }
        }
        Ok(sandbox)
    }

    /// Whether system calls are traced.
    pub fn is_traced(&self) -> bool {
        self.tools.strace.is_some()
    }

    /// Where copies of samples go.
    pub fn copies(&self) -> Scratch {
        Scratch::within(self.folder.path().join(COPIES), true)
    }

    /// The folders to look through, each with its name: the places, the copies, and the folder of sockets, so that nothing
    /// can be hidden there.
    pub fn folders(&self) -> Vec<(String, PathBuf)> {
        let names = PLACES.iter().map(|(name, _)| *name).chain([COPIES, CHANNEL]);
        names.map(|name| (name.to_owned(), self.folder.path().join(name))).collect()
    }

    /// Whether `name`, a file in one of [`Sandbox::folders`], is the harness's own, and as the harness made it.
    pub fn is_ours(&self, name: &[u8]) -> bool {
        let is_lock = || self.lock(name).is_some_and(|path| is_exactly(&path, b""));
        self.own.lock().unwrap_or_else(PoisonError::into_inner).has(name) || is_lock()
    }

    /// Whether the harness once made a file of this name.
    pub fn was_ours(&self, name: &[u8]) -> bool {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).had(name) || self.lock(name).is_some()
    }

    /// The lock of a private folder of copies that is called `name`.
    fn lock(&self, name: &[u8]) -> Option<PathBuf> {
        let rest = name.strip_prefix(COPIES.as_bytes())?.strip_prefix(b"/")?;
        let path = self.folder.path().join(COPIES).join(OsStr::from_bytes(rest));
        PrivateFolder::is_lock(&path).then_some(path)
    }

    /// `launch` within the box, with the channel over which it tells what it sees; `reaches` says whether hosts may be reached.
    ///
    /// # Errors
    /// What the system says of the channel.
    pub fn enclose(&self, launch: &Launch, reaches: bool) -> std::io::Result<(Launch, Arc<Channel>)> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let hosts: &[(String, u16)] = if reaches { &self.hosts } else { &[] };
        let [socket, trace] = ["socket", "trace"].map(|what| format!("{what}-{number}"));
        let within = self.folder.path().join(CHANNEL);
        let channel = Channel::open(&within.join(&socket), hosts)?;
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.made(format!("{CHANNEL}/{socket}"), within.join(&socket))?;
        if self.is_traced() {
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(within.join(&trace))?;
            own.made(format!("{CHANNEL}/{trace}"), within.join(&trace))?;
        }
        let line = command_line::CommandLine {
            folder: self.folder.path(),
            tools: &self.tools,
            hosts,
            socket: format!("/agebench/{CHANNEL}/{socket}"),
            trace: format!("/agebench/{CHANNEL}/{trace}"),
        };
        let bubblewrap = self.tools.bubblewrap.clone().unwrap_or_default();
        let enclosed =
            Launch { program: bubblewrap, args: line.of(launch, &mut own)?, patience: PATIENCE, ..launch.clone() };
        Ok((enclosed, channel))
    }

    /// Starts a box with this program in it, which says its version and ends.
    fn trial(&self) -> Result<(), String> {
        let launch = Launch {
            program: PathBuf::from(command_line::AGEBENCH),
            args: vec!["--version".to_owned()],
            folder: None,
            guard: None,
            patience: Duration::ZERO,
        };
        let (launch, _channel) = self.enclose(&launch, true).map_err(|error| format!("no box can be made: {error}"))?;
        let mut child = Command::new(&launch.program)
            .args(&launch.args)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("bubblewrap does not start: {error}"))?;
        const STEP: Duration = Duration::from_millis(2);
        let mut waited = Duration::ZERO;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    let mut said = String::new();
                    let _ = child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
                    let said = said.lines().last().unwrap_or_default().trim().to_owned();
                    return Err(format!("bubblewrap makes no box here ({status}): {said}"));
                }
                Ok(None) if waited < TRIAL => {
                    thread::sleep(STEP);
                    waited += STEP;
                }
                Ok(None) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("an empty box does not end within {} s", TRIAL.as_secs()));
                }
                Err(error) => return Err(format!("bubblewrap cannot be waited for: {error}")),
            }
        }
    }
}
