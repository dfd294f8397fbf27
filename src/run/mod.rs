//! A run: samples put to methods in parallel, outcomes written in manifest order into a run folder.
//!
//! [`run`] writes `truth.csv`, `outcomes.csv`, the protocol, the cards and `run.json`. It does not score: that is a
//! pure function of the folder, see [`crate::score`].

mod agree;
mod attempts;
mod events;
mod method;
mod roster;
mod window;

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::json;

pub use agree::{Agreement, agree};
pub(crate) use attempts::{Attempted, End, Work, late};
pub use events::{Event, Sink};
pub use method::{RunMethod, Seen};

use crate::clock::Clock;
use crate::dataset::{Dataset, FilesDigest};
use crate::digest::{Digest, DigestError};
use crate::finding::quoted;
use crate::folder::{
    AttemptKey, ClaimedTimes, DatasetRecord, Existing, FolderError, Machine, OutcomeWriter, Pseudonyms, RUN_SCHEMA,
    RunFolder, RunRecord, Timings, Truth, create_private, names,
};
use crate::method::{Ask, Method, MethodError, Scratch};
use crate::outcome::{Outcome, Status};
use crate::protocol::Protocol;

use roster::Roster;

/// Rows are on disk after this many at the latest.
const BLOCK: usize = 256;

/// What to run, and how.
pub struct Request<'a> {
    /// The methods, in the order in which their rows stand within a sample. Their names differ.
    pub methods: &'a [RunMethod],
    /// The dataset; all listed samples are attempted.
    pub dataset: &'a Dataset,
    /// The protocol, written to the folder; its limits become columns.
    pub protocol: &'a Protocol,
    /// Where to write.
    pub out: &'a Path,
    /// What to do with a folder that holds something.
    pub existing: Existing,
    /// Workers at most.
    pub jobs: NonZeroUsize,
    /// An answer later than this is `timed_out`, and discarded.
    pub time_limit: Duration,
    /// Where methods may put copies of samples.
    pub scratch: Scratch,
    /// Write ids as they are, instead of pseudonyms.
    pub keep_ids: bool,
    /// Whether the time columns are filled.
    pub timings: Timings,
    /// The filter in words, for `run.json`; empty when all samples are listed.
    pub pick: String,
    /// The machine, for `run.json`.
    pub machine: Machine,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Attempts written.
    pub attempts: usize,
    /// Attempts asked for.
    pub asked: usize,
    /// Of the written: failed or timed out.
    pub failed: usize,
    /// Whether the run was stopped from outside before its end.
    pub interrupted: bool,
}

/// Why a run could not be made, or not be finished.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No method was given.
    #[error("no method to run")]
    NoMethod,
    /// Two methods have one name, so that their rows could not be told apart.
    #[error("two methods are named `{0}`")]
    SameName(String),
    /// A method cannot be opened.
    #[error(transparent)]
    Method(MethodError),
    /// The folder cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A method broke again and again; what was done is on disk.
    #[error("`{method}` was opened 10 times in a row without an answer; the last reason: {reason}")]
    GaveUp {
        /// The method's name.
        method: String,
        /// Why it broke the last time.
        reason: String,
    },
}

/// Makes the run: attempts, written in manifest order as they come.
///
/// # Errors
/// [`RunError`]. After [`RunError::GaveUp`] and a failure to write, the folder holds a valid prefix.
pub fn run(
    request: &Request<'_>,
    clock: &Arc<dyn Clock>,
    stop: &Arc<AtomicBool>,
    sink: &Sink<'_>,
) -> Result<(RunFolder, Summary), RunError> {
    check_names(request.methods)?;
    let folder = RunFolder::prepare(request.out, request.existing)?;
    let pseudonyms = Pseudonyms::of(request.dataset, request.keep_ids);
    let truth = Truth::of(request.dataset, &pseudonyms);
    let write_error = |name: &str| {
        let path = folder.file(name);
        move |source| FolderError::Write { path: path.clone(), source }
    };
    let mut file = BufWriter::new(create_private(&folder.file(names::TRUTH))?);
    truth.write(&mut file).and_then(|()| file.flush()).map_err(write_error(names::TRUTH))?;
    folder.write(names::PROTOCOL, request.protocol.to_toml().as_bytes(), false)?;
    folder.write_card(names::DATASET_CARD, request.dataset.card_text())?;
    let mut record = record(request, &truth, clock)?;
    for (method, about) in request.methods.iter().zip(&record.methods) {
        method.write_cards(about, &folder)?;
    }
    record.write(&folder)?;

    let outcomes = create_private(&folder.file(names::OUTCOMES))?;
    let written = write_attempts(request, &truth, outcomes, clock, stop, sink);
    let seen: Vec<Seen> = request.methods.iter().map(|method| method.seen(&request.scratch)).collect();
    for (seen, about) in seen.iter().zip(&mut record.methods) {
        seen.note(about);
        seen.write_words(about, &folder)?;
    }
    let Written { end, summary, files, returned } = written.map_err(|error| match error {
        Ok(error) => RunError::Method(error),
        Err(source) => FolderError::Write { path: folder.file(names::OUTCOMES), source }.into(),
    })?;
    record.ended = Some(clock.wall().to_string());
    record.dataset.files_digest = files;
    for (method, returned) in record.methods.iter_mut().zip(returned) {
        method.extra_fields = returned.extra;
        method.claimed_times = returned.claimed.filter(|_| request.timings == Timings::Written);
    }
    if let Some(place) = seen.iter().find_map(Seen::copies) {
        record.settings.insert("copies".to_owned(), json!(place));
    }
    record.write(&folder)?;
    match end {
        End::GaveUp(method, reason) => Err(RunError::GaveUp { method, reason }),
        End::Done | End::Interrupted => Ok((folder, summary)),
    }
}

/// Names of fields beyond the answer that are counted of one method; a method that makes up more is known by these.
const MOST_EXTRA: usize = 256;

/// What came of the attempts.
struct Written {
    end: End,
    summary: Summary,
    files: Option<Digest>,
    /// A method: what it returned beside its answers.
    returned: Vec<Returned>,
}

/// What a method returned beside its answers.
#[derive(Debug, Clone, Default)]
struct Returned {
    /// The names of fields beyond the answers, and in how many attempts.
    extra: BTreeMap<String, u64>,
    /// Its own word on its times.
    claimed: Option<ClaimedTimes>,
}

impl Returned {
    fn add(&mut self, outcome: &Outcome) {
        for (name, _) in &outcome.extra {
            if self.extra.len() < MOST_EXTRA || self.extra.contains_key(name) {
                *self.extra.entry(name.clone()).or_default() += 1;
            }
        }
        if outcome.claimed.iter().any(Option::is_some) {
            self.claimed.get_or_insert_default().add(outcome);
        }
    }
}

/// Makes the attempts and writes outcomes.csv.
fn write_attempts(
    request: &Request<'_>,
    truth: &Truth,
    outcomes: std::fs::File,
    clock: &Arc<dyn Clock>,
    stop: &Arc<AtomicBool>,
    sink: &Sink<'_>,
) -> Result<Written, Result<MethodError, std::io::Error>> {
    let methods: Vec<Arc<dyn Method>> = request.methods.iter().map(|it| Arc::clone(&it.method)).collect();
    let limits = &request.protocol.limits;
    let staged = methods.iter().any(|method| method.card().adapter.word() == "waterfall");
    let begin = if staged { OutcomeWriter::with_stages } else { OutcomeWriter::new };
    let mut writer = begin(outcomes, limits, request.timings).map_err(Err)?;
    let mut files = FilesDigest::new(request.dataset);
    let roster = Roster::new(request.dataset, truth);
    let mut asked = 0;
    for method in &methods {
        method.notices().into_iter().for_each(|notice| sink(Event::Warning(notice)));
        let listed = request.dataset.samples().len();
        let attempted = if method.is_told() { roster.attempted(&**method) } else { listed };
        if attempted == 0 && listed > 0 {
            return Err(Ok(nothing_recorded(&**method, request.dataset)));
        }
        if attempted < listed {
            let text = format!(
                "`{}` has no recorded answer for {} of {}: these are not attempted",
                method.card().name,
                listed - attempted,
                crate::finding::counted(listed, "sample"),
            );
            sink(Event::Warning(text));
        }
        asked += attempted;
    }
    let mut summary = Summary { asked, ..Summary::default() };
    let mut rows = truth.rows().enumerate();
    let mut unflushed = 0;
    let mut returned = vec![Returned::default(); methods.len()];
    let work = Work {
        methods: &methods,
        dataset: request.dataset,
        roster: Some(&roster),
        ask: Ask {
            limits: limits.clone(),
            time_limit: request.time_limit,
            seed: request.protocol.seed,
            scratch: request.scratch.clone(),
            clock: Arc::clone(clock),
            stop: Arc::clone(stop),
        },
        jobs: request.jobs,
        clock: &**clock,
        stop,
        sink,
        given: None,
    };
    let end = work.attempt_all(|attempted: Attempted| {
        let Some((place, row)) = rows.next() else { return Ok(()) };
        if let Some(content) = attempted.content {
            files.add(place, content);
        }
        let digest = attempted.content.map(|content| content.short());
        for ((method, outcome), returned) in methods.iter().zip(&attempted.outcomes).zip(&mut returned) {
            let Some(outcome) = outcome else { continue };
            returned.add(outcome);
            let method = &method.card().name;
            let mut digits = [[0; 16]; 2];
            let [of_sample, of_subject] = &mut digits;
            let (sample_id, subject_id) = (row.sample_id.text(of_sample), row.subject_id.text(of_subject));
            let key = AttemptKey { sample_id, subject_id, method };
            writer.write(&key, outcome, digest.as_deref())?;
            summary.attempts += 1;
            summary.failed += usize::from(is_failure(outcome));
            unflushed += 1;
        }
        if unflushed >= BLOCK {
            unflushed = 0;
            writer.flush()?;
        }
        Ok(())
    })?;
    summary.interrupted = end == End::Interrupted;
    let file = writer.finish().map_err(Err)?;
    file.sync_all().map_err(Err)?;
    Ok(Written { end, summary, files: Some(files.finish(request.dataset)), returned })
}

/// Why a method with a recorded file has nothing to say of any sample.
fn nothing_recorded(method: &dyn Method, dataset: &Dataset) -> MethodError {
    let such_as = |id: Option<String>| id.map(|id| format!(" (such as {})", quoted(&id))).unwrap_or_default();
    let theirs = such_as(method.recorded().into_iter().next());
    let ours = such_as(dataset.samples().get(0).map(|row| row.sample_id.to_owned()));
    let text = format!(
        "none of its recorded samples{theirs} is one of dataset {}{ours}: name the column that holds the ids, or their \
         pseudonyms, as `sample_id` in [replay.columns]",
        quoted(&dataset.card().name)
    );
    MethodError::NotFor { method: method.card().name.clone(), text }
}

/// Whether an attempt counts against `--max-failed`.
pub(crate) fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome.status, Status::Failed | Status::TimedOut)
}

/// Whether the rows of these methods can be told apart.
///
/// # Errors
/// [`RunError::NoMethod`], [`RunError::SameName`].
pub fn check_names(methods: &[RunMethod]) -> Result<(), RunError> {
    let mut names: Vec<&str> = methods.iter().map(|it| it.method.card().name.as_str()).collect();
    if names.is_empty() {
        return Err(RunError::NoMethod);
    }
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| matches!(pair, [a, b] if a == b).then(|| pair.first()).flatten());
    twice.map_or(Ok(()), |name| Err(RunError::SameName((*name).to_owned())))
}

/// run.json as it stands before the first attempt.
fn record(request: &Request<'_>, truth: &Truth, clock: &Arc<dyn Clock>) -> Result<RunRecord, DigestError> {
    let dataset = request.dataset;
    let methods = request.methods.iter().enumerate().map(|(place, it)| it.record(place));
    let settings = BTreeMap::from([
        ("jobs".to_owned(), json!(request.jobs)),
        ("timeout_seconds".to_owned(), json!(request.time_limit.as_secs_f64())),
        ("keep_ids".to_owned(), json!(request.keep_ids)),
        ("timings".to_owned(), json!(request.timings == Timings::Written)),
    ]);
    Ok(RunRecord {
        schema: RUN_SCHEMA.to_owned(),
        tool_version: crate::VERSION.to_owned(),
        verb: "run".to_owned(),
        settings,
        dataset: DatasetRecord { pick: request.pick.clone(), ..DatasetRecord::of(dataset, truth)? },
        protocol_digest: Digest::of_parsed("protocol", &request.protocol.canonical_json(), &[])?,
        methods: methods.collect(),
        machine: Some(request.machine.clone()),
        seeds: BTreeMap::from([("protocol".to_owned(), request.protocol.seed)]),
        started: Some(clock.wall().to_string()),
        ended: None,
    })
}

#[cfg(test)]
mod tests;
