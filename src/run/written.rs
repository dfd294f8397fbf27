//! Outcomes written in manifest order as they come, block by block, with what stands in no row.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempts::{First, open};
use super::places::Places;
use super::resume::Done;
use super::roster::Roster;
use super::{Attempted, End, Event, Request, Retain, RunError, Sink, Summary, Work, is_failure};
use crate::clock::Clock;
use crate::dataset::{Dataset, FilesDigest};
use crate::digest::Digest;
use crate::finding::quoted;
use crate::folder::{
    AttemptKey, ClaimedTimes, FolderError, Hashed, Journal, OutcomeWriter, Reopened, RowsRecord, RunFolder, Truth,
    TruthRow, count_extra, names,
};
use crate::method::{Ask, Method, MethodError};
use crate::outcome::Outcome;

/// Rows are put on disk when there are so many of them and [`SHORTEST`] has passed, or when [`LONGEST`] has.
const BLOCK: usize = 256;
/// Blocks of a method that answers at once are larger: the disk is asked ten times a second at most.
const SHORTEST: Duration = Duration::from_millis(100);
/// How long a row waits for others before it is put on disk with the next one that comes.
const LONGEST: Duration = Duration::from_secs(2);

/// What came of the attempts.
pub(super) struct Written {
    pub(super) end: End,
    pub(super) summary: Summary,
    pub(super) files: Digest,
    /// A method: what it returned beside its answers.
    pub(super) returned: Vec<Returned>,
    /// What outcomes.csv.part is; none where no row is kept.
    pub(super) outcomes: Option<RowsRecord>,
}

/// What is known of a run before anything of it is written.
pub(super) struct Ready<'a> {
    /// Attempts to make.
    asked: usize,
    opened: Vec<First<'a>>,
}

/// What a method returned beside its answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Returned {
    /// The names of fields beyond the answers, and in how many attempts.
    pub(super) extra: BTreeMap<String, u64>,
    /// Its own word on its times.
    pub(super) claimed: Option<ClaimedTimes>,
}

impl Returned {
    /// Adds what stands beside the answer of `outcome`. A name is text of the method, and may be about people.
    fn add(&mut self, outcome: &Outcome, keeps_names: bool) {
        count_extra(&mut self.extra, outcome, keeps_names);
        if outcome.claimed.iter().any(Option::is_some) {
            self.claimed.get_or_insert_default().add(outcome);
        }
    }
}

/// Why attempts could not be written.
enum Broke {
    Io(io::Error),
    /// The file of the sample with this number was changed.
    Changed(usize),
}

impl From<io::Error> for Broke {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A run that was prepared.
pub(super) struct Prepared<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) folder: &'a RunFolder,
    /// All listed samples.
    pub(super) whole: &'a Truth,
    /// Those that are attempted.
    pub(super) own: &'a Truth,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) stop: &'a Arc<AtomicBool>,
    pub(super) sink: &'a Sink<'a>,
}

/// outcomes.csv.part with its journal.
struct Rows {
    writer: OutcomeWriter<Hashed>,
    journal: Journal,
    /// Rows since the last mark.
    unmarked: usize,
    /// When that was.
    marked: Duration,
}

impl Rows {
    fn begin(prepared: &Prepared<'_>, staged: bool) -> Result<Self, RunError> {
        let (outcomes, journal) = Journal::begin(prepared.folder)?;
        let begin = if staged { OutcomeWriter::with_stages } else { OutcomeWriter::new };
        let writer = begin(outcomes, &prepared.request.protocol.limits, prepared.request.timings);
        let writer = writer.map_err(|source| prepared.failed(source))?;
        Ok(Self { writer, journal, unmarked: 0, marked: prepared.clock.monotonic() })
    }

    fn write(
        &mut self,
        row: &TruthRow<'_>,
        method: &str,
        outcome: &Outcome,
        content: Option<Digest>,
    ) -> io::Result<()> {
        let mut digits = [[0; 16]; 2];
        let [of_sample, of_subject] = &mut digits;
        let (sample_id, subject_id) = (row.sample_id.text(of_sample), row.subject_id.text(of_subject));
        let key = AttemptKey { sample_id, subject_id, method };
        self.unmarked += 1;
        self.writer.write(&key, outcome, content.map(|content| content.short()).as_deref())
    }

    /// Puts a block on disk where it is time.
    fn mark_if_due(&mut self, samples: u64, attempts: usize, returned: &[Returned], now: Duration) -> io::Result<()> {
        let waited = now.saturating_sub(self.marked);
        let due = self.unmarked >= BLOCK && waited >= SHORTEST || self.unmarked > 0 && waited >= LONGEST;
        if due {
            (self.unmarked, self.marked) = (0, now);
            self.writer.flush()?;
            self.journal.mark(self.writer.output(), samples, attempts as u64, beside(returned))?;
        }
        Ok(())
    }

    fn finish(self, samples: u64, attempts: usize, returned: &[Returned]) -> io::Result<RowsRecord> {
        let Self { writer, mut journal, .. } = self;
        let mark = journal.mark(&writer.finish()?, samples, attempts as u64, beside(returned))?;
        Ok(RowsRecord { rows: mark.rows, sha256: mark.sha256 })
    }
}

impl<'a> Ready<'a> {
    /// Counts what there is to attempt and opens each method once; `None` when the run is stopped meanwhile. What a method has
    /// to say of its samples is told.
    ///
    /// # Errors
    /// [`RunError::Method`].
    pub(super) fn of(
        request: &Request<'a>,
        [whole, own]: [&Truth; 2],
        clock: &Arc<dyn Clock>,
        stop: &Arc<AtomicBool>,
        sink: &Sink<'_>,
    ) -> Result<Option<Self>, RunError> {
        let methods = methods(request);
        let asked = asked(request.dataset, &methods, &Roster::new(request.dataset, whole), &Places::of(own), sink)?;
        match open(&methods, request.dataset, &ask(request, clock, stop)) {
            Ok(opened) => Ok(Some(Self { asked, opened })),
            Err(_) if stop.load(Ordering::Relaxed) => Ok(None),
            Err(error) => Err(RunError::Method(error)),
        }
    }
}

fn methods(request: &Request<'_>) -> Vec<Arc<dyn Method>> {
    request.methods.iter().map(|it| Arc::clone(&it.method)).collect()
}

fn ask(request: &Request<'_>, clock: &Arc<dyn Clock>, stop: &Arc<AtomicBool>) -> Ask {
    Ask {
        limits: request.protocol.limits.clone(),
        time_limit: request.time_limit,
        seed: request.protocol.seed,
        scratch: request.scratch.clone(),
        clock: Arc::clone(clock),
        stop: Arc::clone(stop),
    }
}

impl<'a> Prepared<'a> {
    fn failed(&self, source: io::Error) -> RunError {
        RunError::Folder(FolderError::Write { path: self.folder.file(names::OUTCOMES_PART), source })
    }

    /// Makes the attempts that are not `done`, and writes outcomes.csv.part with its journal; of a run that goes on nothing is
    /// `ready` yet.
    pub(super) fn write_attempts(&self, done: Option<Done>, ready: Option<Ready<'a>>) -> Result<Written, RunError> {
        let Self { request, own, clock, stop, sink, .. } = self;
        let ready = match ready {
            Some(ready) => Some(ready),
            None => Ready::of(request, [self.whole, own], clock, stop, sink)?,
        };
        let methods = methods(request);
        let limits = &request.protocol.limits;
        let staged = methods.iter().any(|method| method.card().adapter.word() == "waterfall");
        let mut summary = Summary::default();
        let (mut rows, from, mut files, mut returned) = match done {
            Some(Done {
                reopened: Reopened { outcomes, journal, .. },
                samples,
                attempts,
                failed,
                returned,
                files,
                ..
            }) => {
                (summary.attempts, summary.failed) = (attempts, failed);
                let writer = OutcomeWriter::go_on(outcomes, limits, request.timings, staged);
                (Some(Rows { writer, journal, unmarked: 0, marked: clock.monotonic() }), samples, files, returned)
            }
            None => {
                let files = FilesDigest::new(request.dataset);
                let rows = match request.retain {
                    Retain::Rows => Some(Rows::begin(self, staged)?),
                    Retain::Nothing(_) => None,
                };
                (rows, 0, files, vec![Returned::default(); methods.len()])
            }
        };
        let roster = Roster::new(request.dataset, self.whole);
        let places = Places::of(own);
        summary.asked = ready.as_ref().map_or(0, |ready| ready.asked);
        if from > 0 {
            sink(Event::Resumed { attempts: summary.attempts, asked: summary.asked });
        }
        let work = Work {
            methods: &methods,
            dataset: request.dataset,
            places: &places,
            from,
            roster: Some(&roster),
            ask: ask(request, clock, stop),
            jobs: request.jobs,
            clock: &***clock,
            stop,
            sink,
            given: None,
        };
        let mut samples = from;
        let write = |attempted: Attempted| -> Result<(), Broke> {
            let number = samples;
            let (Some(row), Some(place)) = (own.row(number), places.get(number)) else { return Ok(()) };
            if attempted.changed {
                return Err(Broke::Changed(number + 1));
            }
            if let Some(content) = attempted.content {
                files.add(place, content);
            }
            let each = methods.iter().zip(&attempted.outcomes).zip(&mut returned).enumerate();
            for (at, ((method, outcome), returned)) in each {
                let Some(outcome) = outcome else { continue };
                returned.add(outcome, rows.is_some());
                if let Some(rows) = &mut rows {
                    rows.write(&row, &method.card().name, outcome, attempted.content)?;
                }
                if let Retain::Nothing(take) = request.retain {
                    take(number, at, outcome);
                }
                summary.attempts += 1;
                summary.failed += usize::from(is_failure(outcome));
            }
            samples += 1;
            if let Some(rows) = &mut rows {
                rows.mark_if_due(samples as u64, summary.attempts, &returned, clock.monotonic())?;
            }
            Ok(())
        };
        let end = match ready.map_or(Ok(End::Interrupted), |ready| work.attempt_opened(ready.opened, write)) {
            Ok(end) => end,
            Err(Ok(error)) => return Err(RunError::Method(error)),
            Err(Err(Broke::Io(error))) => return Err(self.failed(error)),
            Err(Err(Broke::Changed(sample))) => return Err(RunError::Changed { sample }),
        };
        summary.interrupted = end == End::Interrupted;
        let finish = |rows: Rows| rows.finish(samples as u64, summary.attempts, &returned);
        let outcomes = rows.map(finish).transpose().map_err(|source| self.failed(source))?;
        Ok(Written { end, summary, files: files.finish(request.dataset), returned, outcomes })
    }
}

/// How many attempts there are to make; what a method has to say of that is told.
fn asked(
    dataset: &Dataset,
    methods: &[Arc<dyn Method>],
    roster: &Roster<'_>,
    places: &Places,
    sink: &Sink<'_>,
) -> Result<usize, RunError> {
    let mut asked = 0;
    for method in methods {
        method.notices().into_iter().for_each(|notice| sink(Event::Warning(notice)));
        let listed = places.len();
        let attempted = if method.is_told() { roster.attempted(&**method, places) } else { listed };
        // Of a shard it may be nobody all the same.
        if attempted == 0 && listed > 0 && roster.attempted(&**method, &Places::all(dataset)) == 0 {
            return Err(RunError::Method(nothing_recorded(&**method, dataset)));
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
    Ok(asked)
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
