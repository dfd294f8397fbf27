//! A running program: its pipes, its last words, its end. Knows lines and bytes, and nothing of what they mean.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::message::{BYE, excerpt};
use crate::clock::Clock;

/// The longest line that a program may write, its newline left out.
pub const LONGEST_LINE: usize = 1 << 20;

/// Bytes that are kept of the end of what a program writes to its error stream.
const KEPT: usize = 64 << 10;

/// How long a program may take to end after it was asked, and again after it was told by SIGTERM.
const GRACE: Duration = Duration::from_secs(2);

/// How much longer a guard may take than the program that it guards.
const GUARDS_SHARE: Duration = Duration::from_secs(1);

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
}

/// A moment by which something must have happened.
#[derive(Clone, Copy)]
pub struct Until<'a> {
    /// Where time comes from.
    pub clock: &'a dyn Clock,
    /// The moment, on that clock.
    pub at: Duration,
}

impl<'a> Until<'a> {
    /// The moment `time` from now.
    pub fn after(clock: &'a dyn Clock, time: Duration) -> Self {
        Self { clock, at: clock.monotonic().saturating_add(time) }
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
    /// It closed its side.
    Closed,
    /// A line longer than [`LONGEST_LINE`].
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
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    /// Starts the program in a process group of its own.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(launch: &Launch) -> io::Result<Self> {
        let mut command = match &launch.guard {
            Some(guard) => {
                let mut command = Command::new(guard);
                command.args(["guard", "--parent", &std::process::id().to_string(), "--"]).arg(&launch.program);
                command
            }
            None => Command::new(&launch.program),
        };
        command.args(&launch.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        for name in HIDDEN_VARIABLES {
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
        thread::Builder::new().name("last-words".to_owned()).spawn(move || last.listen(stderr))?;
        Ok(Self {
            child: Mutex::new(child),
            stdin: Mutex::new(Some(stdin)),
            inbox,
            words,
            guarded: launch.guard.is_some(),
        })
    }

    /// Its process id, which is that of its group.
    pub fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    /// Writes `parts` one after the other.
    ///
    /// # Errors
    /// [`Trouble::Late`] when the program does not take them in time.
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
                        if until.left().is_zero() {
                            return Err(Trouble::Late);
                        }
                        if lock(&self.inbox.came).left {
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

    /// The next line that it writes, without its newline.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn line(&self, until: &Until<'_>) -> Result<Vec<u8>, Trouble> {
        self.inbox.next(until)
    }

    /// Ends it, with all that it started, and says how it ended.
    pub fn end(&self, farewell: Farewell, clock: &dyn Clock) -> String {
        if farewell == Farewell::Bye {
            let _ = self.write(&[BYE], &Until::after(clock, Duration::from_millis(200)));
        }
        lock(&self.inbox.came).left = true;
        self.inbox.changed.notify_all();
        drop(lock(&self.stdin).take());
        let mut child = lock(&self.child);
        let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return String::new() };
        // A program that is about to end by itself tells more by its own exit code than by our signal.
        let mut ended = waits(group, if farewell == Farewell::None { Duration::from_millis(100) } else { GRACE });
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
            Some(words) => format!("{how}; its last words: {}", excerpt(words.as_bytes())),
            None => how,
        }
    }

    /// The end of what it wrote to its error stream, 64 KiB at most.
    pub fn words(&self) -> String {
        self.words.text()
    }
}

impl Drop for Process {
    /// No process outlives its handle, whatever happened.
    fn drop(&mut self) {
        lock(&self.inbox.came).left = true;
        self.inbox.changed.notify_all();
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

/// Bytes of lines that may wait to be taken; a program that writes more waits.
const WAITING: usize = 2 << 20;

/// Lines that came and were not yet taken.
#[derive(Default)]
struct Inbox {
    came: Mutex<Came>,
    changed: Condvar,
}

#[derive(Default)]
struct Came {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Why there will be no more.
    end: Option<Trouble>,
    /// Nobody takes them any more.
    left: bool,
}

impl Inbox {
    /// Reads lines until the program closes the stream, or writes a line that is too long.
    fn listen(&self, stdout: ChildStdout) {
        let mut reader = BufReader::with_capacity(16 << 10, stdout);
        let end = loop {
            let mut line = Vec::new();
            let most = LONGEST_LINE as u64 + 1;
            match reader.by_ref().take(most).read_until(b'\n', &mut line) {
                Ok(_) if line.last() == Some(&b'\n') => {
                    line.pop();
                }
                Ok(_) if line.len() > LONGEST_LINE => break Trouble::TooLong,
                // A last line without its newline is not finished, so it says nothing.
                Ok(_) => break Trouble::Closed,
                Err(error) => break error.into(),
            }
            let mut came = lock(&self.came);
            while came.bytes > WAITING && !came.left {
                came = self.changed.wait(came).unwrap_or_else(PoisonError::into_inner);
            }
            if came.left {
                return;
            }
            came.bytes += line.len();
            came.lines.push_back(line);
            drop(came);
            self.changed.notify_all();
        };
        lock(&self.came).end = Some(end);
        self.changed.notify_all();
    }

    fn next(&self, until: &Until<'_>) -> Result<Vec<u8>, Trouble> {
        let mut came = lock(&self.came);
        loop {
            if let Some(line) = came.lines.pop_front() {
                came.bytes -= line.len();
                drop(came);
                self.changed.notify_all();
                return Ok(line);
            }
            match &came.end {
                None => {}
                Some(Trouble::TooLong) => return Err(Trouble::TooLong),
                Some(Trouble::System(error)) => return Err(io::Error::from(error.kind()).into()),
                Some(Trouble::Closed | Trouble::Late) => return Err(Trouble::Closed),
            }
            let left = until.left();
            if left.is_zero() {
                return Err(Trouble::Late);
            }
            came = self.changed.wait_timeout(came, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// What a program writes to its error stream: the end of it.
#[derive(Default)]
struct Words {
    heard: Mutex<Heard>,
    finished: Condvar,
}

#[derive(Default)]
struct Heard {
    bytes: VecDeque<u8>,
    finished: bool,
}

impl Words {
    /// Reads until the program, and whatever it started, has closed the stream.
    fn listen(&self, mut stderr: ChildStderr) {
        let mut chunk = [0_u8; 8192];
        loop {
            match stderr.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    let mut heard = lock(&self.heard);
                    heard.bytes.extend(chunk.iter().take(count));
                    let surplus = heard.bytes.len().saturating_sub(KEPT);
                    heard.bytes.drain(..surplus);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        lock(&self.heard).finished = true;
        self.finished.notify_all();
    }

    fn text(&self) -> String {
        let heard = lock(&self.heard);
        String::from_utf8_lossy(&heard.bytes.iter().copied().collect::<Vec<u8>>()).into_owned()
    }

    /// The last line with something on it, of a program that has ended.
    fn last(&self) -> Option<String> {
        let heard = lock(&self.heard);
        let patience = Duration::from_millis(200);
        drop(self.finished.wait_timeout_while(heard, patience, |heard| !heard.finished));
        let text = self.text();
        text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}
