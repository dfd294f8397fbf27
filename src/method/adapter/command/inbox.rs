//! The lines that a program writes, until somebody takes them.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::{Condvar, Mutex, PoisonError};

use super::process::{Trouble, Until, lock};

/// The longest line that a program may write, its newline left out.
pub const LONGEST_LINE: usize = 1 << 20;

/// Bytes of lines that may wait to be taken; a program that writes more waits.
const WAITING: usize = 2 << 20;

/// A line of a program, without its newline.
pub struct Line {
    /// What it says.
    pub bytes: Vec<u8>,
    /// The number of the last request that was begun when it came: it answers no later one.
    pub asked: u64,
}

/// Lines that came and were not yet taken.
#[derive(Default)]
pub(super) struct Inbox {
    came: Mutex<Came>,
    changed: Condvar,
}

#[derive(Default)]
struct Came {
    lines: VecDeque<Line>,
    bytes: usize,
    /// The number of the last request that was begun.
    asked: u64,
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
    pub(super) fn listen(&self, stdout: impl Read) {
        let mut reader = BufReader::with_capacity(16 << 10, stdout);
        let mut asked = 0;
        let end = loop {
            let mut bytes = Vec::new();
            // It came with the line before it, whatever was asked since.
            let came_before = reader.buffer().contains(&b'\n');
            let most = LONGEST_LINE as u64 + 1;
            match reader.by_ref().take(most).read_until(b'\n', &mut bytes) {
                Ok(_) if bytes.last() == Some(&b'\n') => {
                    bytes.pop();
                }
                Ok(_) if bytes.len() > LONGEST_LINE => break Trouble::TooLong,
                // A last line without its newline is not finished, so it says nothing.
                Ok(_) => break Trouble::Closed,
                Err(error) => break error.into(),
            }
            let mut came = lock(&self.came);
            if !came_before {
                asked = came.asked;
            }
            let line = Line { bytes, asked };
            while came.bytes > WAITING && !came.left {
                came = self.changed.wait(came).unwrap_or_else(PoisonError::into_inner);
            }
            if came.left {
                return;
            }
            came.bytes += weight(&line.bytes);
            came.lines.push_back(line);
            drop(came);
            self.changed.notify_all();
        };
        lock(&self.came).end = Some(end);
        self.changed.notify_all();
    }

    /// From now on a line may answer request `n`: before the first of its bytes is written, so that no answer is too early.
    pub(super) fn ask(&self, n: u64) {
        lock(&self.came).asked = n;
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
    pub(super) fn next(&self, until: &Until<'_>) -> Result<Line, Trouble> {
        let mut came = lock(&self.came);
        loop {
            if let Some(line) = came.lines.pop_front() {
                came.bytes -= weight(&line.bytes);
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

#[cfg(test)]
mod tests {
    use std::io::{Write, pipe};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::clock::StillClock;

    #[test]
    fn a_line_knows_which_requests_were_begun_when_it_came_however_late_it_is_taken() {
        let (stdout, mut program) = pipe().unwrap();
        let inbox = Arc::new(Inbox::default());
        let listening = thread::spawn({
            let inbox = Arc::clone(&inbox);
            move || inbox.listen(stdout)
        });
        let stop = AtomicBool::new(false);
        let until = Until::after(&StillClock, Duration::from_secs(1)).unless(&stop);
        let next = || inbox.next(&until).map(|line| (line.bytes, line.asked)).unwrap();
        program.write_all(b"ready\nearly\n").unwrap();
        assert_eq!(next(), (b"ready".to_vec(), 0));
        inbox.ask(1);
        assert_eq!(next(), (b"early".to_vec(), 0), "it came with the line before it");
        program.write_all(b"honest\n").unwrap();
        assert_eq!(next(), (b"honest".to_vec(), 1));
        drop(program);
        listening.join().unwrap();
        assert!(matches!(inbox.next(&until), Err(Trouble::Closed)));
    }
}
