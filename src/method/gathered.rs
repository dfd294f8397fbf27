//! What the processes of a method wrote to their error streams, as a run folder keeps it: the end of it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Bytes that are kept of what all processes of a method wrote.
const KEPT_OF_ALL: usize = 1 << 20;

/// What the processes of a method wrote to their error streams, each when it ended; of many the last ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathered {
    said: VecDeque<Said>,
    /// Processes that ended, silent ones too.
    ended: u64,
    /// Of how many the words were not kept.
    let_go: u64,
}

/// What one process wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// Its number, from 1, in the order in which processes ended.
    process: u64,
    text: String,
    /// Whether something before `text` was let go.
    cut: bool,
}

impl Gathered {
    /// Adds what a process wrote that has ended; `cut` says that something before `text` was let go.
    pub fn add(&mut self, text: String, cut: bool) {
        self.ended += 1;
        if !text.is_empty() {
            self.said.push_back(Said { process: self.ended, text, cut });
            self.bound();
        }
    }

    /// Adds what processes wrote that ended after all of these.
    pub fn append(&mut self, later: Self) {
        let before = self.ended;
        self.ended += later.ended;
        self.let_go += later.let_go;
        self.said.extend(later.said.into_iter().map(|said| Said { process: before + said.process, ..said }));
        self.bound();
    }

    fn bound(&mut self) {
        let mut bytes: usize = self.said.iter().map(|said| said.text.len()).sum();
        while bytes > KEPT_OF_ALL {
            let Some(oldest) = self.said.pop_front() else { break };
            bytes -= oldest.text.len();
            self.let_go += 1;
        }
    }

    /// All of it, in the order in which the processes ended; empty when none wrote anything.
    #[must_use]
    pub fn text(&self) -> String {
        let let_go = match self.let_go {
            0 => String::new(),
            count => format!("== the words of {count} processes before these were not kept\n"),
        };
        let one = |Said { process, text, cut }: &Said| {
            let cut = if *cut { ", the end of what it wrote" } else { "" };
            let end = if text.ends_with('\n') { "" } else { "\n" };
            format!("== process {process}{cut}\n{text}{end}")
        };
        std::iter::once(let_go).chain(self.said.iter().map(one)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_processes_the_last_words_are_kept_and_the_others_counted() {
        let mut gathered = Gathered::default();
        gathered.add(String::new(), false);
        assert_eq!(gathered.text(), "");
        gathered.add("one".to_owned(), false);
        assert_eq!(gathered.text(), "== process 2\none\n");
        for _ in 0..20 {
            gathered.add("x".repeat(64 << 10), true);
        }
        let text = gathered.text();
        let expected =
            "== the words of 5 processes before these were not kept\n== process 7, the end of what it wrote\nx";
        assert!(text.starts_with(expected), "{}", &text[..120]);
        assert!(text.len() <= KEPT_OF_ALL + 1000);
    }

    #[test]
    fn processes_of_a_later_start_are_numbered_on_and_bounded_with_the_others() {
        let start = |words: &[&str]| {
            let mut gathered = Gathered::default();
            words.iter().for_each(|text| gathered.add((*text).to_owned(), false));
            gathered
        };
        let mut all = start(&["a", ""]);
        all.append(start(&["", "b\n"]));
        assert_eq!(all.text(), "== process 1\na\n== process 4\nb\n");
        let long = "y".repeat(KEPT_OF_ALL);
        all.append(start(&[&long]));
        let expected = format!("== the words of 2 processes before these were not kept\n== process 5\n{long}\n");
        assert_eq!(all.text(), expected);
    }
}
