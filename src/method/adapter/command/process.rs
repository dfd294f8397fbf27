//! A running program: its pipes and its end. Knows lines and bytes, and nothing of what they mean.

use std::io::{self, ErrorKind, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::inbox::{Inbox, Line};
use super::message::{BYE, beginning};
use super::words::{Heard, Words};
use crate::clock::Clock;
use crate::method::withheld::withheld;

/// How long a program may take to end after it was asked, and again after it was told by SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// How much longer a guard may take than the program that it guards.
const GUARDS_SHARE: Duration = Duration::from_secs(1);

/// Characters that are quoted of the last line that a program wrote to its error stream: the message of an exception fits.
const LAST_WORDS: usize = 200;

/// Variables that name folders of the user, which may be those of the dataset.
const HIDDEN_VARIABLES: [&str; 3] = ["PWD", "OLDPWD", "_"];

/// What to start.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder that it starts in.
    pub folder: Option<PathBuf>,
    /// This program, which as a guard sees to it that nothing outlives the harness; none: the program is started as it is.
    pub guard: Option<PathBuf>,
    /// How much longer it may take to end than a program alone, for what stands around it.
    pub patience: Duration,
}

/// A moment by which something must have happened.
#[derive(Clone, Copy)]
pub struct Until<'a> {
    /// Where time comes from.
    pub clock: &'a dyn Clock,
    /// The moment, on that clock.
    pub at: Duration,
    /// Set when nobody waits any more.
    stop: Option<&'a AtomicBool>,
}

/// After this time at the latest it is seen that nobody waits any more.
const SLICE: Duration = Duration::from_millis(20);

impl<'a> Until<'a> {
    /// The moment `time` from now.
    pub fn after(clock: &'a dyn Clock, time: Duration) -> Self {
        Self { clock, at: clock.monotonic().saturating_add(time), stop: None }
    }

    /// The same, or until `stop` is set.
    pub fn unless(self, stop: &'a AtomicBool) -> Self {
        Self { stop: Some(stop), ..self }
    }

    /// How long to wait before the next look, unless the moment is over.
    ///
    /// # Errors
    /// [`Trouble::Late`], [`Trouble::Stopped`].
    pub fn wait(&self) -> Result<Duration, Trouble> {
        if self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(Trouble::Stopped);
        }
        match self.left() {
            Duration::ZERO => Err(Trouble::Late),
            left if self.stop.is_some() => Ok(left.min(SLICE)),
            left => Ok(left),
        }
    }

    /// The time that is left.
    pub fn left(&self) -> Duration {
        self.at.saturating_sub(self.clock.monotonic())
    }
}

/// How a program is asked to end. In any case its input is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell {
    /// With a `bye`; it gets two seconds.
    Bye,
    /// With nothing but the end of its input; it gets two seconds.
    Close,
    /// Not at all: it broke.
    None,
}

/// Why nothing more comes from a program, or goes to it.
#[derive(Debug)]
pub enum Trouble {
    /// Not in time.
    Late,
    /// Nobody waits any more.
    Stopped,
    /// It closed its side.
    Closed,
    /// A line longer than [`LONGEST_LINE`](super::LONGEST_LINE).
    TooLong,
    /// The system said no.
    System(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::BrokenPipe { Self::Closed } else { Self::System(error) }
    }
}

/// A program at work. Written to and read from by different threads.
pub struct Process {
    child: Mutex<Child>,
    stdin: Mutex<Option<ChildStdin>>,
    inbox: Arc<Inbox>,
    words: Arc<Words>,
    guarded: bool,
    patience: Duration,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts the program in a process group of its own; all that it writes to its error stream is also put into `heard`.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(launch: &Launch, heard: Option<Arc<Heard>>) -> io::Result<Self> {
        let mut command = match &launch.guard {
            Some(guard) => {
                let mut command = Command::new(guard);
                command.args(["guard", "--parent", &std::process::id().to_string(), "--"]).arg(&launch.program);
                command
            }
            None => Command::new(&launch.program),
        };
        command.args(&launch.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        for name in HIDDEN_VARIABLES.into_iter().map(str::to_owned).chain(withheld()) {
            command.env_remove(name);
        }
        if let Some(folder) = &launch.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(io::Error::other("the system gave no pipes"));
        };
        // Our end only: the program's own end of a pipe is another description.
        fcntl_setfl(&stdin, fcntl_getfl(&stdin)? | OFlags::NONBLOCK)?;
        let (inbox, words) = (Arc::new(Inbox::default()), Arc::new(Words::default()));
        let (lines, last) = (Arc::clone(&inbox), Arc::clone(&words));
        thread::Builder::new().name("answers".to_owned()).spawn(move || lines.listen(stdout))?;
        thread::Builder::new().name("last-words".to_owned()).spawn(move || last.listen(stderr, heard.as_deref()))?;
        Ok(Self {
            child: Mutex::new(child),
            stdin: Mutex::new(Some(stdin)),
            inbox,
            words,
            guarded: launch.guard.is_some(),
            patience: launch.patience,
        })
    }

    /// Its process id, which is that of its group.
    pub fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Writes `parts` one after the other.
    ///
    /// # Errors
    /// [`Trouble::Late`] when the program does not take them in time, [`Trouble::Stopped`] when nobody waits for that.
    pub fn write(&self, parts: &[&[u8]], until: &Until<'_>) -> Result<(), Trouble> {
        let mut stdin = lock(&self.stdin);
        let stdin = stdin.as_mut().ok_or(Trouble::Closed)?;
        const SHORTEST: Duration = Duration::from_micros(20);
        let mut pause = SHORTEST;
        for part in parts {
            let mut rest = *part;
            while !rest.is_empty() {
                match stdin.write(rest) {
                    Ok(0) => return Err(Trouble::Closed),
                    Ok(written) => {
                        rest = rest.get(written..).unwrap_or_default();
                        pause = SHORTEST;
                    }
                    // The pipe is full: rare, and over soon unless the program hangs.
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        until.wait()?;
                        if self.inbox.is_left() {
                            return Err(Trouble::Closed); // somebody else is ending it
                        }
                        thread::sleep(pause);
                        pause = (pause * 2).min(Duration::from_millis(1));
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Writes request `n`, which is `parts`, as [`Process::write`] does.
    ///
    /// # Errors
    /// As [`Process::write`].
    pub fn ask(&self, n: u64, parts: &[&[u8]], until: &Until<'_>) -> Result<(), Trouble> {
        self.inbox.ask(n);
        self.write(parts, until)
    }

    /// The next line that it writes.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn line(&self, until: &Until<'_>) -> Result<Line, Trouble> {
        self.inbox.next(until)
    }

    /// Ends it, with all that it started, and says how it ended.
    pub fn end(&self, farewell: Farewell, clock: &dyn Clock) -> String {
        if farewell == Farewell::Bye {
            let _ = self.write(&[BYE], &Until::after(clock, Duration::from_millis(200)));
        }
        self.inbox.leave();
        drop(lock(&self.stdin).take());
        let mut child = lock(&self.child);
        let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return String::new() };
        // A program that is about to end by itself tells more by its own exit code than by our signal.
        let grace = if farewell == Farewell::None { Duration::from_millis(100) } else { GRACE };
        let mut ended = waits(group, grace + self.patience);
        let own = ended;
        if !ended {
            let _ = kill_process_group(group, Signal::TERM);
            ended = waits(group, if self.guarded { GRACE + GUARDS_SHARE } else { GRACE });
        }
        // Also when it has ended: what it left running in its group. It is not yet reaped, so the group's number is its own.
        if !self.guarded || !ended {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let how = match child.wait() {
            Ok(status) if own => how(status),
            Ok(_) => "was ended".to_owned(),
            Err(error) => format!("cannot be waited for: {error}"),
        };
        match self.words.last() {
            Some(words) => format!("{how}; its last words: {}", beginning(words.as_bytes(), LAST_WORDS)),
            None => how,
        }
    }

    /// What it writes to its error stream.
    pub(super) fn words(&self) -> &Words {
        &self.words
    }
}

impl Drop for Process {
    /// No process outlives its handle, whatever happened.
    fn drop(&mut self) {
        self.inbox.leave();
        let child = self.child.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Ok(None) = child.try_wait() {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = child.wait();
        }
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        // A guard tells of a signal as shells do.
        (Some(code @ 129..=192), _) => format!("ended with exit code {code} (signal {})", code - 128),
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// Waits until the leader of `group` has ended, `most` at most; does not reap it.
fn waits(group: Pid, most: Duration) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let (mut waited, mut step) = (Duration::ZERO, Duration::from_micros(100));
    loop {
        match waitid(WaitId::Pid(group), options) {
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return true,
        }
        if waited >= most {
            return false;
        }
        thread::sleep(step);
        waited += step;
        step = (step * 2).min(Duration::from_millis(20));
    }
}
