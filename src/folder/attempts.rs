//! truth.csv and outcomes.csv joined: two streams in the same order.

use std::io::Read;

use super::{FolderError, OutcomeReader, Truth};
use crate::finding::{Finding, quoted};
use crate::outcome::Outcome;
use crate::sheet::SheetError;

/// One attempt: which sample, which method, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The place of the sample in [`Truth::rows`].
    pub sample: usize,
    /// The place of the method in the list given to [`Attempts::new`].
    pub method: usize,
    /// What came of it.
    pub outcome: Outcome,
}

/// The attempts of a run folder, in order. A sample without a row was not attempted.
#[derive(Debug)]
pub struct Attempts<'t, R> {
    truth: &'t Truth,
    methods: Vec<String>,
    outcomes: OutcomeReader<R>,
    at: usize,
    tried: usize,
}

impl<'t, R: Read> Attempts<'t, R> {
    /// Joins `outcomes` to `truth`; `methods` are the methods' names in the order of the run.
    #[must_use]
    pub fn new(truth: &'t Truth, methods: Vec<String>, outcomes: OutcomeReader<R>) -> Self {
        Self { truth, methods, outcomes, at: 0, tried: 0 }
    }

    /// The next attempt; `None` at the end.
    ///
    /// # Errors
    /// A row that is not as it should be, that names a sample or a method the run does not have, or that stands out of
    /// order or twice.
    pub fn next_attempt(&mut self) -> Result<Option<Attempt>, FolderError> {
        let file = self.outcomes.file().to_owned();
        let Some(row) = self.outcomes.next_row()? else { return Ok(None) };
        let wrong =
            |column: &str, text: String| SheetError::from(Finding::error(&file, text).row(row.row).column(column));
        let rows = self.truth.rows();
        let mut at = self.at;
        while rows.get(at).is_some_and(|truth| *truth.sample_id != *row.sample_id) {
            at += 1;
        }
        let Some(truth) = rows.get(at) else {
            let text = if rows.iter().take(self.at).any(|truth| *truth.sample_id == *row.sample_id) {
                format!("{} stands out of order: rows stand in the order of truth.csv", quoted(row.sample_id))
            } else {
                format!("{} is not in truth.csv", quoted(row.sample_id))
            };
            return Err(wrong("sample_id", text).into());
        };
        if *truth.subject_id != *row.subject_id {
            let text = format!("{} is not the subject that truth.csv names", quoted(row.subject_id));
            return Err(wrong("subject_id", text).into());
        }
        let Some(method) = self.methods.iter().position(|name| name == row.method) else {
            return Err(wrong("method", format!("{} is no method of this run", quoted(row.method))).into());
        };
        if at == self.at && method < self.tried {
            let text = format!("the attempt of {} on this sample stands twice or out of order", quoted(row.method));
            return Err(wrong("method", text).into());
        }
        let outcome = row.outcome;
        (self.at, self.tried) = (at, method + 1);
        Ok(Some(Attempt { sample: at, method, outcome }))
    }
}
