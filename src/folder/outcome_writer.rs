//! outcomes.csv, written attempt by attempt, in blocks of whole rows: what is on disk is always a valid prefix.

use std::io::{self, Write};

use crate::age::AgeLimit;
use crate::outcome::{Answer, Decision, Outcome, StageUse, Status};
use crate::sheet::RowWriter;

/// The columns before those of the limits.
pub(super) const FIRST: [&str; 8] =
    ["sample_id", "subject_id", "method", "status", "age", "spread", "age_low", "age_high"];
/// The columns after those of the limits.
pub(super) const LAST: [&str; 9] =
    ["reason", "faces", "bytes_in", "bytes_out", "prepare_ns", "answer_ns", "transfer_ns", "retries", "input_digest"];

/// What each stage of a waterfall took, by stages with `;` between them; after the columns `stage_T`, the last stage that
/// was asked for each limit. Only where some method has stages.
pub(super) const STAGES: [&str; 3] = ["stage_bytes_in", "stage_bytes_out", "stage_ns"];
/// What came of each stage that was asked, after [`STAGES`]: a stage may fail at each attempt while a later one answers.
const STAGE_STATUS: &str = "stage_status";

/// Whose attempt a row is; ids as printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptKey<'k> {
    /// The sample.
    pub sample_id: &'k str,
    /// The subject; empty when unknown.
    pub subject_id: &'k str,
    /// The method's name.
    pub method: &'k str,
}

/// Whether durations are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timings {
    /// They are.
    Written,
    /// Their cells stay empty, so that two runs give the same bytes.
    Left,
}

/// Writes outcomes.csv.
#[derive(Debug)]
pub struct OutcomeWriter<W: Write> {
    to: RowWriter<W>,
    limits: Vec<AgeLimit>,
    timings: Timings,
    stages: bool,
}

impl<W: Write> OutcomeWriter<W> {
    /// Begins the file in `out` with the header for `limits`.
    ///
    /// # Errors
    /// What `out` answers.
    pub fn new(out: W, limits: &[AgeLimit], timings: Timings) -> io::Result<Self> {
        Self::go_on(out, limits, timings, false).begin()
    }

    /// The same, with the columns of waterfalls.
    ///
    /// # Errors
    /// What `out` answers.
    pub fn with_stages(out: W, limits: &[AgeLimit], timings: Timings) -> io::Result<Self> {
        Self::go_on(out, limits, timings, true).begin()
    }

    /// Writes the header.
    fn begin(self) -> io::Result<Self> {
        let mut writer = self;
        FIRST.into_iter().for_each(|name| writer.to.cell(name));
        for limit in &writer.limits {
            writer.to.cell(&format!("score_{limit}"));
            writer.to.cell(&format!("pass_{limit}"));
        }
        LAST.into_iter().for_each(|name| writer.to.cell(name));
        if writer.stages {
            for limit in &writer.limits {
                writer.to.cell(&format!("stage_{limit}"));
            }
            STAGES.into_iter().chain([STAGE_STATUS]).for_each(|name| writer.to.cell(name));
        }
        writer.to.end_row()?;
        Ok(writer)
    }

    /// Goes on after a finished prefix in `out`, without a header; `stages` for the columns of waterfalls.
    pub fn go_on(out: W, limits: &[AgeLimit], timings: Timings, stages: bool) -> Self {
        Self { to: RowWriter::new(out), limits: limits.to_vec(), timings, stages }
    }

    /// Adds a row. An answer for a limit that was not asked for has no column and is not written.
    ///
    /// # Errors
    /// What the output answers, when a block is full.
    pub fn write(&mut self, key: &AttemptKey<'_>, outcome: &Outcome, input_digest: Option<&str>) -> io::Result<()> {
        let to = &mut self.to;
        to.cell(key.sample_id);
        to.cell(key.subject_id);
        to.cell(key.method);
        to.cell(outcome.status.word());
        let (mut age, mut spread, mut low, mut high, mut of_limits) = (None, None, None, None, &[][..]);
        match &outcome.answer {
            Some(Answer::Age { age: years, spread: deviation }) => {
                (age, spread) = (Some(years.years()), *deviation);
            }
            Some(Answer::Range { low: from, high: to }) => (low, high) = (Some(from.years()), Some(to.years())),
            Some(Answer::Limits(answers)) => of_limits = answers,
            None => {}
        }
        for value in [age, spread, low, high] {
            to.number(value);
        }
        if of_limits.is_empty() {
            to.empty(2 * self.limits.len());
        }
        for limit in self.limits.iter().filter(|_| !of_limits.is_empty()) {
            let answer = of_limits.iter().find(|answer| answer.limit == *limit);
            to.number(answer.and_then(|answer| answer.score));
            to.cell(answer.and_then(|answer| answer.decision).map_or("", Decision::word));
        }
        match &outcome.reason {
            Some(reason) => to.cell(&reason.replace(char::is_control, " ")),
            None => to.cell(""),
        }
        to.whole(outcome.faces.map(u64::from));
        to.whole(outcome.bytes_in);
        to.whole(outcome.bytes_out);
        for duration in [outcome.prepare, outcome.answer_time, outcome.transfer] {
            let written = duration.filter(|_| self.timings == Timings::Written);
            to.whole(written.map(|duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)));
        }
        to.whole(Some(u64::from(outcome.retries)));
        to.cell(input_digest.unwrap_or(""));
        if self.stages {
            let stages = outcome.stages.as_deref();
            for limit in &self.limits {
                let reached = stages.and_then(|stages| stages.reached.iter().find(|(one, _)| one == limit));
                to.whole(reached.map(|(_, number)| u64::from(*number)));
            }
            let asked = stages.map_or(&[][..], |stages| &stages.asked);
            let each = |of: &dyn Fn(&StageUse) -> Option<u64>| {
                let cell = |stage: &StageUse| of(stage).map(|number| number.to_string()).unwrap_or_default();
                asked.iter().map(cell).collect::<Vec<_>>().join(";")
            };
            to.cell(&each(&|stage| stage.bytes_in));
            to.cell(&each(&|stage| stage.bytes_out));
            to.cell(&each(&|stage| stage.nanos.filter(|_| self.timings == Timings::Written)));
            let status = |stage: &StageUse| stage.status.map_or("", Status::word);
            to.cell(&asked.iter().map(status).collect::<Vec<_>>().join(";"));
        }
        to.end_row()
    }

    /// Hands all finished rows to the output.
    ///
    /// # Errors
    /// What the output answers.
    pub fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }

    /// Where the rows go; those not yet flushed are not there.
    pub fn output(&self) -> &W {
        self.to.output()
    }

    /// Hands all rows to the output and returns it.
    ///
    /// # Errors
    /// What the output answers.
    pub fn finish(self) -> io::Result<W> {
        self.to.finish()
    }
}
