//! The first program in the box: it makes the network of the box an observed one, starts the method, and tells the harness
//! what it sees.
//!
//! It stands between bubblewrap and the method, without any right that the method does not have: what needs rights is set up
//! first, then they are dropped for good. It is told to look by the harness after each answer (`Report::Synced`), so that
//! nothing is done while an answer is waited for.

mod names;
mod processes;
mod relay;
mod route;
mod tap;
mod trace;
mod watcher;

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::thread::{
    CapabilitySet, CapabilitySets, remove_capability_from_bounding_set, set_capabilities, set_no_new_privs,
};

use super::report::Report;
use names::Names;
use watcher::Watcher;

/// How long processes that outlive the method are watched, so that what they do late is seen.
const LATER: Duration = Duration::from_secs(2);

/// Capabilities that a kernel may know: more than there are.
const CAPABILITIES: u32 = 63;

/// What is to be started, and how.
#[derive(Debug)]
pub struct Inside {
    /// The socket of the harness.
    pub channel: PathBuf,
    /// Hosts that may be reached, each a name and a port.
    pub hosts: Vec<(String, u16)>,
    /// The program that traces system calls.
    pub strace: Option<PathBuf>,
    /// The file that it writes to.
    pub trace: PathBuf,
    /// The method's program.
    pub program: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// Starts the program, watches it to its end and gives its exit code.
///
/// # Errors
/// When the box is not as it should be, before the program is started; or when it cannot be started.
pub fn run(inside: &Inside) -> io::Result<u8> {
    route::make_every_address_local()?;
    let mut names = Names::new(&inside.hosts);
    let dns = names::listen()?;
    let tap = tap::open()?;
    let listeners = relay::listen(&inside.hosts, &mut names)?;
    let channel = UnixStream::connect(&inside.channel)?;
    let trace = inside.strace.as_ref().map(|_| trace::Trace::begin(&inside.trace)).transpose()?;
    drop_capabilities()?;
    tell(&channel, &Report::Ready { traced: trace.is_some() })?;
    relay::serve(listeners, &inside.channel);
    let mut child = command(inside).spawn()?;
    let tracer = inside.strace.as_ref().and_then(|_| processes::Tracer::of(child.id()));
    // The method's streams are its own: whoever reads them must see their end.
    let nothing = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    let (end, over) = UnixStream::pair()?;
    let watcher = Watcher::new(channel.try_clone()?, dns, tap, names, (trace, tracer.clone()), over)?;
    let watching = thread::Builder::new().name("watcher".to_owned()).spawn(move || watcher.watch())?;
    let status = child.wait()?;
    let left = processes::names(tracer.as_ref());
    tell(&channel, &Report::Left { later: false, processes: left.clone() })?;
    if !left.is_empty() {
        thread::sleep(LATER);
        tell(&channel, &Report::Left { later: true, processes: processes::names(tracer.as_ref()) })?;
    }
    drop(end);
    let _ = watching.join();
    tell(&channel, &Report::Ended)?;
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    let code = status.code().unwrap_or_else(|| signal.map_or(1, |signal| 128 + signal));
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}

/// The method's program, traced where that is wanted. The tracer stands beside it (`-D`), so that the end of the program is
/// seen at once though others of its processes go on.
fn command(inside: &Inside) -> Command {
    let mut command = match &inside.strace {
        Some(strace) => {
            let mut command = Command::new(strace);
            command.args([
                "-D",
                "-f",
                "-q",
                "--seccomp-bpf",
                "-e",
                "trace=%network,%process",
                "-e",
                "signal=none",
                "-o",
            ]);
            command.arg(&inside.trace).arg("--").arg(&inside.program);
            command
        }
        None => Command::new(&inside.program),
    };
    command.args(&inside.args).stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    command
}

/// Gives up every capability, for this process and all that it will start: user 0 of the box gets none back by `exec`.
fn drop_capabilities() -> io::Result<()> {
    for bit in 0..CAPABILITIES {
        // The kernel refuses those that it does not know, and knows them without a gap.
        if remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit)).is_err() {
            break;
        }
    }
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    Ok(set_no_new_privs(true)?)
}

/// Writes `report` as a line, whole: two threads tell.
fn tell(mut channel: &UnixStream, report: &Report) -> io::Result<()> {
    static TELLING: Mutex<()> = Mutex::new(());
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    let _one = TELLING.lock().unwrap_or_else(PoisonError::into_inner);
    channel.write_all(&line)
}
