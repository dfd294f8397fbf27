//! Every sample put to every method: pools of workers with a session of each of their methods, a queue each, results in
//! manifest order.
//!
//! Methods that work in this process share one pool, so that a sample is read and decoded once; a program or a service
//! has a pool of its own size, so that a slow one does not hold up the others' work. A sample is read when its turn comes;
//! at most 1,024 attempts wait to be written.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::clock::Clock;
use crate::dataset::{Column, Dataset, SampleRow};
use crate::digest::Digest;
use crate::method::{Ask, Content, MOST_OPENINGS, Method, MethodError, Sample, Session, Told, lend};
use crate::outcome::Outcome;
use crate::run::events::{Event, Sink};
use crate::run::is_failure;
use crate::run::places::Places;
use crate::run::roster::Roster;
use crate::run::window::Window;

/// Attempts that may wait to be written.
const WINDOW: usize = 1024;

/// How long a program that broke is held against its method only after a look for the wish to stop: who ends a job ends all of its
/// processes, in any order.
const ENDED_TOGETHER: Duration = Duration::from_millis(50);

/// What is to be attempted, and how.
pub(crate) struct Work<'a> {
    pub(crate) methods: &'a [Arc<dyn Method>],
    pub(crate) dataset: &'a Dataset,
    /// Which of its samples are attempted.
    pub(crate) places: &'a Places,
    /// The number of the first sample to attempt: those before it are done.
    pub(crate) from: usize,
    /// What replays and declarations are told; none where there is nobody to tell.
    pub(crate) roster: Option<&'a Roster<'a>>,
    pub(crate) ask: Ask,
    pub(crate) jobs: NonZeroUsize,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) stop: &'a AtomicBool,
    pub(crate) sink: &'a Sink<'a>,
    /// What is done to each sample that was read, before it is put to a method; nothing as a rule.
    pub(crate) given: Option<&'a Given<'a>>,
}

/// Changes a sample, and gives the digest of its new content where that is another.
pub(crate) type Given<'a> = dyn Fn(&mut Sample<'_>) -> Option<Digest> + Sync + 'a;

/// What came of one sample.
pub(crate) struct Attempted {
    /// SHA-256 of its content, when it could be read.
    pub(crate) content: Option<Digest>,
    /// Whether two methods were given different content: the file was changed in between.
    pub(crate) changed: bool,
    /// One outcome a method, in the order of the methods; none where the sample was not put to it.
    pub(crate) outcomes: Vec<Option<Outcome>>,
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

/// The sessions of a worker, one a member of its pool.
type Sessions = Vec<Option<Box<dyn Session>>>;

/// A method that opens, with the session that shows it.
pub(crate) type First<'a> = (Member<'a>, Box<dyn Session>);

/// Opens each method once.
///
/// # Errors
/// [`MethodError::Open`] of the first that cannot be opened, or is to be lent a column that it cannot have.
pub(crate) fn open<'a>(
    methods: &[Arc<dyn Method>],
    dataset: &'a Dataset,
    ask: &Ask,
) -> Result<Vec<First<'a>>, MethodError> {
    let first = |method: &Arc<dyn Method>| {
        let columns = lend::columns(&**method, dataset)?;
        let first = method.open(ask)?;
        Ok((Member { method: Arc::clone(method), columns, openings: AtomicU32::new(0) }, first))
    };
    let named = |method: &Arc<dyn Method>| {
        let name = || method.card().name.clone();
        first(method).map_err(|source| MethodError::Open { method: name(), source: Box::new(source) })
    };
    methods.iter().map(named).collect()
}

impl Work<'_> {
    /// Makes all attempts and hands each sample to `write` in manifest order, on this thread.
    ///
    /// # Errors
    /// [`MethodError`] of the first opening of a method, before any attempt, in `Err(Ok(..))`; the error of `write`,
    /// which stops the work, in `Err(Err(..))`.
    pub(crate) fn attempt_all<E>(
        &self,
        write: impl FnMut(Attempted) -> Result<(), E>,
    ) -> Result<End, Result<MethodError, E>> {
        match open(self.methods, self.dataset, &self.ask) {
            Ok(opened) => self.attempt_opened(opened, write),
            Err(_) if self.stop.load(Ordering::Relaxed) => Ok(End::Interrupted),
            Err(error) => Err(Ok(error)),
        }
    }

    /// The same where the methods are `opened`.
    ///
    /// # Errors
    /// No thread can be started, a file of a method was changed, a copy for it cannot be written, in `Err(Ok(..))`; the error of `write`, in `Err(Err(..))`.
    pub(crate) fn attempt_opened<E>(
        &self,
        opened: Vec<First<'_>>,
        mut write: impl FnMut(Attempted) -> Result<(), E>,
    ) -> Result<End, Result<MethodError, E>> {
        if self.methods.iter().any(|method| method.copies_samples()) {
            self.ask.scratch.warning().into_iter().for_each(|text| (self.sink)(Event::Warning(text)));
        }
        let samples = self.places.len();
        let pools = self.pools(opened);
        let crew = Crew { work: self, pools: &pools, gave_up: Mutex::new(None), lost: Mutex::new(None) };
        let (mut failed, mut lost, mut written) = (None, None, self.from);
        thread::scope(|scope| {
            let started = pools.iter().enumerate().try_for_each(|(number, pool)| {
                (0..pool.workers).try_for_each(|worker| {
                    let thread = thread::Builder::new().name(format!("attempts-{number}-{worker}"));
                    thread.spawn_scoped(scope, || crew.work_until_done(pool)).map(|_| ())
                })
            });
            if let Err(error) = started {
                lost = Some(MethodError::Threads(error.to_string()));
                return crew.stop();
            }
            let workers = pools.iter().map(|pool| pool.workers).sum();
            (self.sink)(Event::Started { attempts: samples * self.methods.len(), workers });
            while let Some(attempted) = crew.take() {
                let made = || attempted.outcomes.iter().flatten();
                let failed_here = made().filter(|outcome| is_failure(outcome)).count();
                let event = Event::Written { attempts: made().count(), failed: failed_here };
                if let Err(error) = write(attempted) {
                    failed = Some(error);
                    break;
                }
                written += 1;
                (self.sink)(event);
            }
            crew.stop();
        });
        if let Some(error) = lost {
            return Err(Ok(error));
        }
        let lost = crew.lost.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let (None, Some(error)) = (&failed, lost) {
            return Err(Ok(error));
        }
        match (failed, crew.gave_up.into_inner().unwrap_or_else(PoisonError::into_inner)) {
            (Some(error), _) => Err(Err(error)),
            (None, Some((method, reason))) => Ok(End::GaveUp(method, reason)),
            (None, None) if written < samples => Ok(End::Interrupted),
            (None, None) => Ok(End::Done),
        }
    }

    /// One pool for all that works in this process, and one for each method that does not.
    fn pools<'m>(&self, opened: Vec<First<'m>>) -> Vec<Pool<'m>> {
        let samples = self.places.len();
        let room = WINDOW / opened.len().max(1);
        let opened = opened.into_iter().enumerate().map(|(place, (member, first))| (place, member, Some(first)));
        let (outside, inside): (Vec<_>, Vec<_>) = opened.partition(|(_, member, _)| member.method.is_outside());
        let pool = |set: Vec<Opened<'m>>| {
            let workers = set.iter().map(|(_, member, _)| member.method.sessions(self.jobs)).min().unwrap_or(self.jobs);
            let workers = workers.get().min(samples.saturating_sub(self.from).max(1));
            let (mut places, mut members, mut first) = (Vec::new(), Vec::new(), Vec::new());
            for (place, member, session) in set {
                places.push(place);
                members.push(member);
                first.push(session);
            }
            Pool {
                places,
                members,
                workers,
                window: Window::new(self.from..samples, room, workers),
                first: Mutex::new(first),
            }
        };
        let sets = std::iter::once(inside).chain(outside.into_iter().map(|one| vec![one]));
        sets.filter(|set| !set.is_empty()).map(pool).collect()
    }
}

/// A method, its place on the command line, and the session that showed that it opens.
type Opened<'a> = (usize, Member<'a>, Option<Box<dyn Session>>);

/// A method of a pool.
pub(crate) struct Member<'a> {
    method: Arc<dyn Method>,
    columns: Vec<&'a Column>,
    /// Openings since the last answer.
    openings: AtomicU32,
}

/// Workers that put each sample to the same methods, one after the other.
struct Pool<'a> {
    /// The place of each member on the command line.
    places: Vec<usize>,
    members: Vec<Member<'a>>,
    workers: usize,
    window: Window<Attempted>,
    /// The first sessions, for the first worker that comes.
    first: Mutex<Sessions>,
}

/// What the workers of a run share.
struct Crew<'a> {
    work: &'a Work<'a>,
    pools: &'a [Pool<'a>],
    gave_up: Mutex<Option<(String, String)>>,
    /// What ended the work, through no fault of a method.
    lost: Mutex<Option<MethodError>>,
}

impl Crew<'_> {
    /// The next sample with the outcomes of all pools; `None` when one of them has no more.
    fn take(&self) -> Option<Attempted> {
        let mut all: Vec<(usize, Option<Outcome>)> = Vec::with_capacity(self.work.methods.len());
        let mut content: Option<Digest> = None;
        let mut changed = false;
        for pool in self.pools {
            let attempted = pool.window.take()?;
            changed |= content.zip(attempted.content).is_some_and(|(one, other)| one != other);
            content = content.or(attempted.content);
            all.extend(pool.places.iter().copied().zip(attempted.outcomes));
        }
        all.sort_unstable_by_key(|(place, _)| *place);
        Some(Attempted { content, changed, outcomes: all.into_iter().map(|(_, outcome)| outcome).collect() })
    }

    /// No sample is handed out any more.
    fn stop(&self) {
        self.pools.iter().for_each(|pool| pool.window.stop());
    }

    fn work_until_done(&self, pool: &Pool<'_>) {
        let _presence = pool.window.presence();
        let mut sessions = std::mem::take(&mut *pool.first.lock().unwrap_or_else(PoisonError::into_inner));
        sessions.resize_with(pool.members.len(), || None);
        while let Some(number) = pool.window.claim() {
            if self.work.stop.load(Ordering::Relaxed) {
                return self.stop();
            }
            let Some(place) = self.work.places.get(number) else { return };
            let Some(row) = self.work.dataset.samples().get(place) else { return };
            match self.attempt(place, &row, pool, &mut sessions) {
                Some(attempted) => pool.window.put(number, attempted),
                None => return self.stop(),
            }
        }
    }

    /// Whether the run is to stop, or is within a moment.
    fn is_stopping(&self) -> bool {
        const STEPS: u32 = 10;
        (0..STEPS).any(|_| {
            thread::sleep(ENDED_TOGETHER / STEPS);
            self.work.stop.load(Ordering::Relaxed)
        })
    }

    /// Puts the sample at `place` to every member; `None` when a method broke once too often, or gave up at a stop.
    fn attempt(
        &self,
        place: usize,
        row: &SampleRow<'_>,
        pool: &Pool<'_>,
        sessions: &mut Sessions,
    ) -> Option<Attempted> {
        let looks = pool.members.iter().any(|member| member.method.looks());
        let (mut sample, mut content) = if looks {
            lend::sample(self.work.dataset, row, self.work.clock)
        } else {
            (Sample::new(Content::Record, None, self.work.clock), None)
        };
        if let Some(digest) = self.work.given.and_then(|given| given(&mut sample)) {
            content = Some(digest);
        }
        sample.share(pool.members.len() > 1);
        let each = pool.members.iter().zip(sessions);
        let outcomes = each.map(|(member, session)| {
            sample.lend(member.columns.iter().map(|column| (column.name(), column.cell(place))));
            let error = match self.attempt_once(&*member.method, session, &mut sample, place) {
                Ok(outcome) => {
                    member.openings.store(0, Ordering::Relaxed);
                    let stages = outcome.iter().filter_map(|outcome| outcome.stages.as_deref());
                    let broke: Vec<_> = stages.flat_map(|stages| stages.broke.iter().cloned()).collect();
                    if !broke.is_empty() && self.is_stopping() {
                        return None;
                    }
                    for (method, reason) in broke {
                        (self.work.sink)(Event::Reopened { method, reason });
                    }
                    return Some(outcome);
                }
                Err(error) => error,
            };
            *session = None;
            let give_up = |name, reason| {
                let mut gave_up = self.gave_up.lock().unwrap_or_else(PoisonError::into_inner);
                gave_up.get_or_insert((name, reason));
            };
            let error = match error {
                MethodError::Stopped => return None, // nothing came of it, and nothing is written
                error if error.ends_work() => {
                    self.lost.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    return None;
                }
                // A stage of a waterfall, which counts its own openings.
                MethodError::Broken { method, reason } => {
                    give_up(method, reason);
                    return None;
                }
                error => error,
            };
            if matches!(error, MethodError::Ended(_) | MethodError::Program { .. }) && self.is_stopping() {
                return None;
            }
            let reason = error.chain();
            let name = member.method.card().name.clone();
            (self.work.sink)(Event::Reopened { method: name.clone(), reason: reason.clone() });
            if member.openings.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_OPENINGS {
                give_up(name, reason);
                return None;
            }
            Some(Some(match error {
                MethodError::Ended(outcome) => *outcome,
                _ => Outcome::failed(reason),
            }))
        });
        Some(Attempted { content, changed: false, outcomes: outcomes.collect::<Option<_>>()? })
    }

    fn attempt_once(
        &self,
        method: &dyn Method,
        session: &mut Option<Box<dyn Session>>,
        sample: &mut Sample<'_>,
        place: usize,
    ) -> Result<Option<Outcome>, MethodError> {
        let open = match session {
            Some(open) => open,
            None => session.insert(method.open(&self.work.ask)?),
        };
        if let Some(roster) = self.work.roster.filter(|_| method.is_told()) {
            let told = |told: &Told<'_>| {
                open.tell(told);
                method.attempts(told)
            };
            if roster.tell(place, told) == Some(false) {
                return Ok(None);
            }
        }
        let (clock, limit) = (self.work.clock, self.work.ask.time_limit);
        let begun = clock.monotonic();
        let outcome = open.attempt(sample)?;
        let taken = clock.monotonic().saturating_sub(begun);
        Ok(Some(if taken <= limit || method.is_outside() { outcome } else { outcome.late(limit) }))
    }
}
