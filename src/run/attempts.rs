//! Every sample put to every method: workers with a session of each method, one queue, results in manifest order.
//!
//! All methods of a run work in this process and share one pool, so that a sample is read and decoded once. A sample
//! is read when its turn comes; at most 1,024 attempts wait to be written.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::dataset::{Dataset, SampleRow};
use crate::digest::Digest;
use crate::method::{Ask, Method, MethodError, Sample, Session};
use crate::outcome::{Outcome, Status};
use crate::photo::FaceBox;
use crate::run::events::{Event, Sink};
use crate::run::is_failure;
use crate::run::window::Window;

/// Attempts that may wait to be written.
const WINDOW: usize = 1024;

/// Openings of a method's sessions in a row, without an answer between them, that end a run.
const OPENINGS: u32 = 10;

/// What is to be attempted, and how.
pub(crate) struct Work<'a> {
    pub(crate) methods: &'a [Arc<dyn Method>],
    pub(crate) dataset: &'a Dataset,
    pub(crate) ask: Ask,
    pub(crate) jobs: NonZeroUsize,
    pub(crate) time_limit: Duration,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) sink: &'a Sink<'a>,
}

/// What came of one sample.
pub(crate) struct Attempted {
    /// SHA-256 of its content, when it could be read.
    pub(crate) content: Option<Digest>,
    /// One outcome a method, in the order of the methods.
    pub(crate) outcomes: Vec<Outcome>,
}

/// How the attempts ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All were made.
    Done,
    /// Stopped from outside.
    Interrupted,
    /// A method broke too often in a row: its name and the last reason.
    GaveUp(String, String),
}

impl Work<'_> {
    /// Makes all attempts and hands each sample to `write` in manifest order, on this thread.
    ///
    /// # Errors
    /// [`MethodError`] of the first opening of a method, before any attempt, in `Err(Ok(..))`; the error of `write`,
    /// which stops the work, in `Err(Err(..))`.
    pub(crate) fn attempt_all<E>(
        &self,
        mut write: impl FnMut(Attempted) -> Result<(), E>,
    ) -> Result<End, Result<MethodError, E>> {
        let first = self.methods.iter().map(|method| method.open(&self.ask)).collect::<Result<Vec<_>, _>>();
        let samples = self.dataset.samples();
        let workers = self.workers().get().min(samples.len().max(1));
        let window = Window::new(samples.len(), WINDOW / self.methods.len().max(1), workers);
        let shared = Shared {
            work: self,
            window: &window,
            openings: self.methods.iter().map(|_| AtomicU32::new(0)).collect(),
            gave_up: Mutex::new(None),
            first: Mutex::new(first.map_err(Ok)?.into_iter().map(Some).collect()),
        };
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(workers).thread_name(|number| format!("attempts-{number}"));
        let pool = pool.build().map_err(|error| Ok(MethodError::Threads(error.to_string())))?;
        (self.sink)(Event::Started { attempts: samples.len() * self.methods.len(), workers });
        let mut failed = None;
        let mut written = 0;
        pool.in_place_scope(|scope| {
            scope.spawn_broadcast(|_, _| shared.work_until_done());
            while let Some(attempted) = window.take() {
                let failed_here = attempted.outcomes.iter().filter(|outcome| is_failure(outcome)).count();
                let event = Event::Written { attempts: attempted.outcomes.len(), failed: failed_here };
                if let Err(error) = write(attempted) {
                    failed = Some(error);
                    break;
                }
                written += 1;
                (self.sink)(event);
            }
            window.stop();
        });
        match (failed, shared.gave_up.into_inner().unwrap_or_else(PoisonError::into_inner)) {
            (Some(error), _) => Err(Err(error)),
            (None, Some((method, reason))) => Ok(End::GaveUp(method, reason)),
            (None, None) if written < samples.len() => Ok(End::Interrupted),
            (None, None) => Ok(End::Done),
        }
    }

    /// Workers: as many as every method allows.
    fn workers(&self) -> NonZeroUsize {
        self.methods.iter().map(|method| method.sessions(self.jobs)).min().unwrap_or(self.jobs)
    }
}

/// What the workers of a run share.
struct Shared<'a> {
    work: &'a Work<'a>,
    window: &'a Window<Attempted>,
    /// A method: its openings since its last answer.
    openings: Vec<AtomicU32>,
    gave_up: Mutex<Option<(String, String)>>,
    /// The sessions that were opened to see whether the methods open at all, for the first worker that comes.
    first: Mutex<Vec<Option<Box<dyn Session>>>>,
}

impl Shared<'_> {
    fn work_until_done(&self) {
        let _presence = self.window.presence();
        let mut sessions: Vec<Option<Box<dyn Session>>> =
            std::mem::take(&mut *self.first.lock().unwrap_or_else(PoisonError::into_inner));
        sessions.resize_with(self.work.methods.len(), || None);
        while let Some(number) = self.window.claim() {
            if self.work.stop.load(Ordering::Relaxed) {
                self.window.stop();
                return;
            }
            let Some(row) = self.work.dataset.samples().get(number) else { return };
            match self.attempt(&row, &mut sessions) {
                Some(attempted) => self.window.put(number, attempted),
                None => return self.window.stop(),
            }
        }
    }

    /// Puts one sample to every method; `None` when a method broke once too often.
    fn attempt(&self, row: &SampleRow<'_>, sessions: &mut [Option<Box<dyn Session>>]) -> Option<Attempted> {
        let (content, read) = match self.work.dataset.read_sample(row) {
            Ok(Some(read)) => (Some(read.sha256), Ok(read.bytes)),
            Ok(None) => (None, Err("the sample has no file".to_owned())),
            Err(error) => (None, Err(error.to_string())),
        };
        let face_box = row.face_box.and_then(|it| FaceBox::new(it.x0, it.y0, it.x1, it.y1).ok());
        let mut sample = Sample::new(read, face_box, self.work.clock);
        let each = self.work.methods.iter().zip(sessions).zip(&self.openings);
        let outcomes = each.map(|((method, session), openings)| {
            let outcome = self.attempt_once(method, session, &mut sample);
            match outcome {
                Ok(outcome) => {
                    openings.store(0, Ordering::Relaxed);
                    Some(outcome)
                }
                Err(error) => {
                    *session = None;
                    let reason = chain(&error);
                    let name = method.card().name.clone();
                    (self.work.sink)(Event::Reopened { method: name.clone(), reason: reason.clone() });
                    if openings.fetch_add(1, Ordering::Relaxed) + 1 >= OPENINGS {
                        let mut gave_up = self.gave_up.lock().unwrap_or_else(PoisonError::into_inner);
                        gave_up.get_or_insert((name, reason));
                        return None;
                    }
                    Some(Outcome::failed(reason))
                }
            }
        });
        Some(Attempted { content, outcomes: outcomes.collect::<Option<_>>()? })
    }

    fn attempt_once(
        &self,
        method: &Arc<dyn Method>,
        session: &mut Option<Box<dyn Session>>,
        sample: &mut Sample<'_>,
    ) -> Result<Outcome, MethodError> {
        let open = match session {
            Some(open) => open,
            None => session.insert(method.open(&self.work.ask)?),
        };
        let begun = self.work.clock.monotonic();
        let outcome = open.attempt(sample)?;
        let taken = self.work.clock.monotonic().saturating_sub(begun);
        if taken <= self.work.time_limit {
            return Ok(outcome);
        }
        let reason = format!("no answer within {} s", self.work.time_limit.as_secs_f64());
        let late = Outcome::unanswered(Status::TimedOut, reason);
        Ok(Outcome { bytes_in: outcome.bytes_in, prepare: outcome.prepare, answer_time: outcome.answer_time, ..late })
    }
}

/// An error and its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
