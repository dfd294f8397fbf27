//! What a program writes to its error stream: the end of it is kept for the run folder, and quoted when the
//! program breaks.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::process::ChildStderr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::process::lock;

/// Bytes that are kept of the end of what a process writes to its error stream.
const KEPT: usize = 64 << 10;

/// What a program writes to its error stream: the end of it.
#[derive(Default)]
pub(super) struct Words {
    heard: Mutex<Kept>,
    finished: Condvar,
}

/// Bytes that wait to be taken of everything that was heard: more is let go, and that is said.
const MOST: usize = 64 << 20;

/// Everything that a program wrote, for whoever searches it.
#[derive(Debug, Default)]
pub struct Heard {
    streams: Mutex<[Vec<u8>; 2]>,
    cut: AtomicBool,
}

impl Heard {
    /// What came on the error stream and as replies since it was last taken, in this order.
    pub fn take(&self) -> [Vec<u8>; 2] {
        std::mem::take(&mut *lock(&self.streams))
    }

    /// Whether something was let go because nobody took it in time.
    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    fn errors(&self, bytes: &[u8]) {
        self.add(0, &[bytes]);
    }

    /// Adds a reply.
    pub(super) fn reply(&self, line: &[u8]) {
        self.add(1, &[line, b"\n"]);
    }

    fn add(&self, stream: usize, parts: &[&[u8]]) {
        let mut streams = lock(&self.streams);
        let Some(stream) = streams.get_mut(stream) else { return };
        for part in parts {
            let room = MOST.saturating_sub(stream.len());
            stream.extend(part.iter().take(room));
            if part.len() > room {
                self.cut.store(true, Ordering::Relaxed);
            }
        }
    }
}

#[derive(Default)]
struct Kept {
    bytes: VecDeque<u8>,
    /// Whether something before them was let go.
    cut: bool,
    finished: bool,
}

impl Words {
    /// Reads until the program, and whatever it started, has closed the stream.
    pub(super) fn listen(&self, mut stderr: ChildStderr, all: Option<&Heard>) {
        let mut chunk = [0_u8; 8192];
        loop {
            match stderr.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => {
                    if let Some(all) = all {
                        all.errors(chunk.get(..count).unwrap_or_default());
                    }
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
