//! What a program writes to its error stream: the end of it is kept for the run folder, and quoted when the
//! program breaks.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::process::ChildStderr;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::process::lock;

/// Bytes that are kept of the end of what a process writes to its error stream.
const KEPT: usize = 64 << 10;

/// What a program writes to its error stream: the end of it.
#[derive(Default)]
pub(super) struct Words {
    heard: Mutex<Heard>,
    finished: Condvar,
}

#[derive(Default)]
struct Heard {
    bytes: VecDeque<u8>,
    /// Whether something before them was let go.
    cut: bool,
    finished: bool,
}

impl Words {
    /// Reads until the program, and whatever it started, has closed the stream.
    pub(super) fn listen(&self, mut stderr: ChildStderr) {
        let mut chunk = [0_u8; 8192];
        loop {
            match stderr.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    let mut heard = lock(&self.heard);
                    heard.bytes.extend(chunk.iter().take(count));
                    let surplus = heard.bytes.len().saturating_sub(KEPT);
                    heard.bytes.drain(..surplus);
                    heard.cut |= surplus > 0;
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

    /// The end of it so far, and whether something before it was let go.
    pub(super) fn kept(&self) -> (String, bool) {
        let cut = lock(&self.heard).cut;
        (self.text(), cut)
    }

    /// The last line with something on it, of a program that has ended.
    pub(super) fn last(&self) -> Option<String> {
        let heard = lock(&self.heard);
        let patience = Duration::from_millis(200);
        drop(self.finished.wait_timeout_while(heard, patience, |heard| !heard.finished));
        let text = self.text();
        text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}
