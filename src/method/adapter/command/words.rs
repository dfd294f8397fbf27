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

    /// The end of it so far.
    pub(super) fn text(&self) -> String {
        let heard = lock(&self.heard);
        String::from_utf8_lossy(&heard.bytes.iter().copied().collect::<Vec<u8>>()).into_owned()
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

/// Bytes that are kept of what all processes of a method wrote.
const KEPT_OF_ALL: usize = 1 << 20;

/// What the processes of a method wrote to their error streams, each when it ended; of many the last ones.
#[derive(Debug, Default)]
pub struct Gathered {
    of_processes: Mutex<OfProcesses>,
}

#[derive(Debug, Default)]
struct OfProcesses {
    texts: VecDeque<String>,
    bytes: usize,
    ended: u64,
    let_go: u64,
}

impl Gathered {
    /// Adds what a process wrote that has ended.
    pub(super) fn add(&self, words: &Words) {
        let (text, cut) = {
            let heard = lock(&words.heard);
            let bytes: Vec<u8> = heard.bytes.iter().copied().collect();
            (String::from_utf8_lossy(&bytes).into_owned(), heard.cut)
        };
        let mut all = lock(&self.of_processes);
        all.ended += 1;
        if text.is_empty() {
            return;
        }
        let cut = if cut { ", the end of what it wrote" } else { "" };
        let end = if text.ends_with('\n') { "" } else { "\n" };
        let text = format!("== process {}{cut}\n{text}{end}", all.ended);
        all.bytes += text.len();
        all.texts.push_back(text);
        while all.bytes > KEPT_OF_ALL {
            let Some(oldest) = all.texts.pop_front() else { break };
            all.bytes -= oldest.len();
            all.let_go += 1;
        }
    }

    /// All of it, in the order in which the processes ended; empty when none wrote anything.
    #[must_use]
    pub fn text(&self) -> String {
        let all = lock(&self.of_processes);
        let let_go = match all.let_go {
            0 => String::new(),
            count => format!("== the words of {count} processes before these were not kept\n"),
        };
        std::iter::once(let_go.as_str()).chain(all.texts.iter().map(String::as_str)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_processes_the_last_words_are_kept_and_the_others_counted() {
        let gathered = Gathered::default();
        let words = |text: &str| {
            let words = Words::default();
            lock(&words.heard).bytes.extend(text.bytes());
            words
        };
        gathered.add(&words(""));
        assert_eq!(gathered.text(), "");
        gathered.add(&words("one"));
        assert_eq!(gathered.text(), "== process 2\none\n");
        for _ in 0..20 {
            gathered.add(&words(&"x".repeat(KEPT)));
        }
        let text = gathered.text();
        assert!(
            text.starts_with("== the words of 6 processes before these were not kept\n== process 8\n"),
            "{}",
            &text[..80]
        );
        assert!(text.len() <= KEPT_OF_ALL + 100);
    }
}
