//! The harness's end of an engine's process: started, spoken to with a time limit, and killed.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::Rooms;
use super::wire::{self, Ask, LONGEST_HEAD, Tell};
use crate::engine::EngineError;

/// After this time at the latest it is seen that nobody waits any more.
const SLICE: Duration = Duration::from_millis(20);

/// How much is read at once.
const PIECE: usize = 64 << 10;

/// A process that runs an engine. Dropped, it is killed.
pub(super) struct Process {
    rooms: Arc<Rooms>,
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

/// Why an exchange came to nothing.
enum Trouble {
    Late,
    Stopped,
    Ended,
    System(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Ended } else { Self::System(error) }
    }
}

impl Process {
    /// Starts a process, with nothing loaded.
    pub(super) fn start(rooms: &Arc<Rooms>) -> Result<Self, EngineError> {
        let begin = || -> io::Result<Self> {
            let mut command = Command::new(&rooms.program);
            command.args(&rooms.args).env_clear().envs(rooms.variables.iter().cloned());
            // What an engine writes to its error stream may be anything, of any length; what failed comes over the pipe.
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
            // A terminal's Ctrl-C is for the harness, which then ends its processes.
            let mut child = command.process_group(0).current_dir("/").spawn()?;
            let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
                return Err(io::Error::other("the system gave no pipes"));
            };
            fcntl_setfl(&stdin, fcntl_getfl(&stdin)? | OFlags::NONBLOCK)?;
            fcntl_setfl(&stdout, fcntl_getfl(&stdout)? | OFlags::NONBLOCK)?;
            Ok(Self { rooms: Arc::clone(rooms), child, stdin, stdout })
        };
        begin().map_err(|error| EngineError::Ended(format!("its process cannot be started: {error}")))
    }

    /// Asks, and gives what it tells with the bytes that follow. After an error the process is of no use any more.
    ///
    /// # Errors
    /// [`EngineError::Late`], [`EngineError::Stopped`], [`EngineError::Ended`].
    pub(super) fn exchange(&mut self, ask: &Ask, bytes: &[u8]) -> Result<(Tell, Vec<u8>), EngineError> {
        let head = wire::head(ask)?;
        let until = self.rooms.clock.monotonic().saturating_add(self.rooms.time_limit);
        let mut told = || -> Result<Option<(Tell, Vec<u8>)>, Trouble> {
            self.write(&head, until)?;
            self.write(bytes, until)?;
            let length = self.read(4, until)?;
            let length = length.first_chunk().map_or(usize::MAX, |bytes| u32::from_le_bytes(*bytes) as usize);
            if length > LONGEST_HEAD {
                return Ok(None);
            }
            let Ok(tell) = serde_json::from_slice::<Tell>(&self.read(length, until)?) else { return Ok(None) };
            let Some(follow) = tell.follow().and_then(|bytes| usize::try_from(bytes).ok()) else { return Ok(None) };
            let follow = self.read(follow, until)?;
            Ok(Some((tell, follow)))
        };
        match told() {
            Ok(told) => told.ok_or_else(wire::nonsense),
            Err(Trouble::Late) => Err(EngineError::Late(self.rooms.time_limit)),
            Err(Trouble::Stopped) => Err(EngineError::Stopped),
            Err(Trouble::System(error)) => Err(EngineError::Ended(format!("its process cannot be spoken to: {error}"))),
            Err(Trouble::Ended) => Err(EngineError::Ended(self.how())),
        }
    }

    fn write(&mut self, bytes: &[u8], until: Duration) -> Result<(), Trouble> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.stdin.write(rest) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(&self.stdin, PollFlags::OUT, until)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The next `length` bytes. The room for them grows as they come, whatever was promised.
    fn read(&mut self, length: usize, until: Duration) -> Result<Vec<u8>, Trouble> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            let have = bytes.len();
            bytes.resize((have + PIECE).min(length), 0);
            let read = self.stdout.read(bytes.get_mut(have..).unwrap_or_default());
            bytes.truncate(have + read.as_ref().map_or(0, |count| *count));
            match read {
                Ok(0) => return Err(Trouble::Ended),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(&self.stdout, PollFlags::IN, until)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(bytes)
    }

    /// Waits until the pipe can be used, a slice of time at most.
    fn wait(&self, pipe: &impl AsFd, flags: PollFlags, until: Duration) -> Result<(), Trouble> {
        if self.rooms.stop.load(Ordering::Relaxed) {
            return Err(Trouble::Stopped);
        }
        let left = until.saturating_sub(self.rooms.clock.monotonic());
        if left.is_zero() {
            return Err(Trouble::Late);
        }
        let slice = Timespec::try_from(left.min(SLICE)).ok();
        match poll(&mut [PollFd::new(pipe, flags)], slice.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(io::Error::from(error).into()),
        }
    }

    /// How it ended; it has closed its pipe.
    fn how(&mut self) -> String {
        // It ends, or has ended: what closes its pipe without ending gets no time.
        let waited = (0..100).find_map(|_| match self.child.try_wait() {
            Ok(None) => {
                std::thread::sleep(Duration::from_millis(1));
                None
            }
            ended => Some(ended.ok().flatten()),
        });
        let Some(Some(status)) = waited else { return "its process closed its pipe".to_owned() };
        // Signals by their numbers, as the system tells them: 6 is what a program ends itself with that gets no memory.
        let memory = match (status.signal(), self.rooms.memory) {
            (Some(6), Some(most)) => format!(": an allocation beyond {most} bytes of memory (--memory) ends it so"),
            (Some(9), _) => ": the system may have needed its memory".to_owned(),
            _ => String::new(),
        };
        match (status.signal(), status.code()) {
            (Some(signal), _) => format!("its process ended by signal {signal}{memory}"),
            (_, Some(code)) => format!("its process ended with exit code {code}"),
            _ => "its process ended".to_owned(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
