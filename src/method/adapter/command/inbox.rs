//! The lines that a program writes, until somebody takes them.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::process::ChildStdout;
use std::sync::{Condvar, Mutex, PoisonError};

use super::process::{Trouble, Until, lock};

/// The longest line that a program may write, its newline left out.
pub const LONGEST_LINE: usize = 1 << 20;

/// Bytes of lines that may wait to be taken; a program that writes more waits.
const WAITING: usize = 2 << 20;

/// Lines that came and were not yet taken.
#[derive(Default)]
pub(super) struct Inbox {
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

/// What a line that waits takes of memory, an empty one too.
fn weight(line: &[u8]) -> usize {
    line.len() + 64
}

impl Inbox {
    /// Reads lines until the program closes the stream, or writes a line that is too long.
    pub(super) fn listen(&self, stdout: ChildStdout) {
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
            came.bytes += weight(&line);
            came.lines.push_back(line);
            drop(came);
            self.changed.notify_all();
        };
        lock(&self.came).end = Some(end);
        self.changed.notify_all();
    }

    /// Whether nobody takes lines any more.
    pub(super) fn is_left(&self) -> bool {
        lock(&self.came).left
    }

    /// From now on nobody takes lines any more.
    pub(super) fn leave(&self) {
        lock(&self.came).left = true;
        self.changed.notify_all();
    }

    /// The next line, waited for.
    ///
    /// # Errors
    /// [`Trouble`].
    pub(super) fn next(&self, until: &Until<'_>) -> Result<Vec<u8>, Trouble> {
        let mut came = lock(&self.came);
        loop {
            if let Some(line) = came.lines.pop_front() {
                came.bytes -= weight(&line);
                drop(came);
                self.changed.notify_all();
                return Ok(line);
            }
            match &came.end {
                None => {}
                Some(Trouble::TooLong) => return Err(Trouble::TooLong),
                Some(Trouble::System(error)) => return Err(io::Error::from(error.kind()).into()),
                Some(Trouble::Closed | Trouble::Late | Trouble::Stopped) => return Err(Trouble::Closed),
            }
            if came.left {
                return Err(Trouble::Closed);
            }
            let wait = until.wait()?;
            came = self.changed.wait_timeout(came, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
