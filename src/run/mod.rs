//! A run: samples put to methods in parallel, outcomes written in manifest order into a run folder.
//!
//! [`run`] writes `truth.csv`, `outcomes.csv`, the protocol, the cards and `run.json`. It does not score: that is a
//! pure function of the folder, see [`crate::score`].

mod agree;
mod attempts;
mod events;
mod method;
mod resume;
mod roster;
mod window;

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};
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
    AttemptKey, ClaimedTimes, DatasetRecord, Existing, FolderError, Hashed, Journal, Machine, OutcomeWriter,
    Pseudonyms, RUN_SCHEMA, Reopened, RunFolder, RunRecord, Timings, Truth, create_private, names,
};
use crate::method::{Ask, Method, MethodError, Scratch};
use crate::outcome::{Outcome, Status};
use crate::protocol::Protocol;

use roster::Roster;

/// Rows are put on disk when there are so many of them and [`SHORTEST`] has passed, or when [`LONGEST`] has.
const BLOCK: usize = 256;
/// Blocks of a method that answers at once are larger: the disk is asked ten times a second at most.
const SHORTEST: Duration = Duration::from_millis(100);
/// How long a row waits for others before it is put on disk with the next one that comes.
const LONGEST: Duration = Duration::from_secs(2);

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
    /// Settings for `run.json` that change no answer, such as how an engine is kept apart.
    pub further: Vec<(String, serde_json::Value)>,
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
    /// The folder holds a run of another plan; each difference in words.
    #[error("the run that the folder holds is another one:\n{}", .0.join("\n"))]
    OtherRun(Vec<String>),
    /// A file of the dataset was changed during the run.
    #[error("the file of the sample in row {} of truth.csv was changed since the run began", sample + 1)]
    Changed {
        /// The number of the listed sample, from 1.
        sample: usize,
    },
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
/// With [`Existing::Resume`] a run that was broken off goes on behind the last block that is safe on disk, and one that is
/// finished is left as it is.
///
/// # Errors
/// [`RunError`]. After [`RunError::GaveUp`], a stop and a failure to write, the run can go on.
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
    let mut record = record(request, &truth, clock)?;
    let resumed = if request.existing == Existing::Resume { resume::Before::of(&folder)? } else { None };
    if let Some(before) = &resumed {
        let other = resume::differences(&before.record, &record);
        if !other.is_empty() {
            return Err(RunError::OtherRun(other));
        }
        if before.finished {
            Journal::remove(&folder)?;
            let (attempts, failed) = resume::counts(&folder)?;
            return Ok((folder, Summary { attempts, asked: attempts, failed, interrupted: false }));
        }
        if before.record.machine.as_ref() != Some(&request.machine) {
            let text = "the run was begun on another machine: answers of an engine may differ in their last digits";
            sink(Event::Warning(text.to_owned()));
        }
        resume::carried_on(&mut record, &before.record);
    }
    let done = if resumed.is_some() { resume::Done::of(&folder, request)? } else { None };
    let mut file = BufWriter::new(create_private(&folder.file(names::TRUTH))?);
    truth.write(&mut file).and_then(|()| file.flush()).map_err(write_error(names::TRUTH))?;
    folder.write(names::PROTOCOL, request.protocol.to_toml().as_bytes(), false)?;
    folder.write_card(names::DATASET_CARD, request.dataset.card_text())?;
    for (method, about) in request.methods.iter().zip(&record.methods) {
        method.write_cards(about, &folder)?;
    }
    record.write(&folder)?;

    let before: Vec<_> = record.methods.clone();
    let written = write_attempts(request, &folder, &truth, done, clock, stop, sink);
    let seen: Vec<Seen> = request.methods.iter().map(|method| method.seen(&request.scratch)).collect();
    for ((seen, about), before) in seen.iter().zip(&mut record.methods).zip(&before) {
        seen.note(about);
        resume::add_service(about, before);
        seen.write_words(about, &folder)?;
    }
    let Written { end, summary, files, returned } = written?;
    if end == End::Done {
        record.ended = Some(clock.wall().to_string());
    }
    record.dataset.files_digest = files;
    for (method, returned) in record.methods.iter_mut().zip(returned) {
        method.extra_fields = returned.extra;
        method.claimed_times = returned.claimed.filter(|_| request.timings == Timings::Written);
    }
    if let Some(place) = seen.iter().find_map(Seen::copies) {
        record.settings.insert("copies".to_owned(), json!(place));
    }
    record.write(&folder)?;
    if end == End::Done {
        Journal::finish(&folder)?;
    }
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
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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

/// Why attempts could not be written.
enum Broke {
    Io(std::io::Error),
    /// The file of the sample with this number was changed.
    Changed(usize),
}

impl From<std::io::Error> for Broke {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Makes the attempts that are not `done`, and writes outcomes.csv.part with its journal.
fn write_attempts(
    request: &Request<'_>,
    folder: &RunFolder,
    truth: &Truth,
    done: Option<resume::Done>,
    clock: &Arc<dyn Clock>,
    stop: &Arc<AtomicBool>,
    sink: &Sink<'_>,
) -> Result<Written, RunError> {
    let failed = |source| RunError::Folder(FolderError::Write { path: folder.file(names::OUTCOMES_PART), source });
    let methods: Vec<Arc<dyn Method>> = request.methods.iter().map(|it| Arc::clone(&it.method)).collect();
    let limits = &request.protocol.limits;
    let staged = methods.iter().any(|method| method.card().adapter.word() == "waterfall");
    let mut summary = Summary::default();
    let (mut writer, mut journal, from, mut files, mut returned): (OutcomeWriter<Hashed>, _, _, _, _) = match done {
        Some(resume::Done {
            reopened: Reopened { outcomes, journal, .. },
            samples,
            attempts,
            failed,
            returned,
            files,
        }) => {
            (summary.attempts, summary.failed) = (attempts, failed);
            let writer = OutcomeWriter::go_on(outcomes, limits, request.timings, staged);
            (writer, journal, samples, files, returned)
        }
        None => {
            let (outcomes, journal) = Journal::begin(folder)?;
            let begin = if staged { OutcomeWriter::with_stages } else { OutcomeWriter::new };
            let writer = begin(outcomes, limits, request.timings).map_err(failed)?;
            let files = FilesDigest::new(request.dataset);
            (writer, journal, 0, files, vec![Returned::default(); methods.len()])
        }
    };
    let roster = Roster::new(request.dataset, truth);
    let mut asked = 0;
    for method in &methods {
        method.notices().into_iter().for_each(|notice| sink(Event::Warning(notice)));
        let listed = request.dataset.samples().len();
        let attempted = if method.is_told() { roster.attempted(&**method) } else { listed };
        if attempted == 0 && listed > 0 {
            return Err(RunError::Method(nothing_recorded(&**method, request.dataset)));
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
    summary.asked = asked;
    let mut rows = truth.rows().enumerate().skip(from);
    let (mut unmarked, mut marked) = (0, clock.monotonic());
    let mut samples = from as u64;
    if from > 0 {
        sink(Event::Resumed { attempts: summary.attempts, asked });
    }
    let work = Work {
        methods: &methods,
        dataset: request.dataset,
        from,
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
    let end = work.attempt_all(|attempted: Attempted| -> Result<(), Broke> {
        let Some((place, row)) = rows.next() else { return Ok(()) };
        if attempted.changed {
            return Err(Broke::Changed(place + 1));
        }
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
            unmarked += 1;
        }
        samples += 1;
        let waited = clock.monotonic().saturating_sub(marked);
        if unmarked >= BLOCK && waited >= SHORTEST || unmarked > 0 && waited >= LONGEST {
            (unmarked, marked) = (0, clock.monotonic());
            writer.flush()?;
            journal.mark(writer.output(), samples, summary.attempts as u64, beside(&returned))?;
        }
        Ok(())
    });
    let end = match end {
        Ok(end) => end,
        Err(Ok(error)) => return Err(RunError::Method(error)),
        Err(Err(Broke::Io(error))) => return Err(failed(error)),
        Err(Err(Broke::Changed(sample))) => return Err(RunError::Changed { sample }),
    };
    summary.interrupted = end == End::Interrupted;
    let outcomes = writer.finish().map_err(failed)?;
    journal.mark(&outcomes, samples, summary.attempts as u64, beside(&returned)).map_err(failed)?;
    Ok(Written { end, summary, files: Some(files.finish(request.dataset)), returned })
}

/// What the journal keeps beside the rows.
fn beside(returned: &[Returned]) -> serde_json::Value {
    serde_json::to_value(returned).unwrap_or_default()
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
    let mut settings = BTreeMap::from([
        ("jobs".to_owned(), json!(request.jobs)),
        ("timeout_seconds".to_owned(), json!(request.time_limit.as_secs_f64())),
        ("keep_ids".to_owned(), json!(request.keep_ids)),
        ("timings".to_owned(), json!(request.timings == Timings::Written)),
    ]);
    settings.extend(request.further.iter().cloned());
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
