//! The attempts: one session, one sample after the other, with a look around before and after each.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(target_os = "linux")]
use super::boxed::Boxed;
use super::folder::Writing;
#[cfg(not(target_os = "linux"))]
use super::nowhere::Boxed;
use super::{FootprintError, Request, given, identifiers};
use crate::clock::Clock;
use crate::dataset::Column;
use crate::digest::Digest;
use crate::folder::{Observed, Phase, Thing};
use crate::method::adapter::AdapterCard;
use crate::method::{Ask, Content, MOST_OPENINGS, Method, MethodError, Sample, Session, lend};
use crate::outcome::{Outcome, Status};
use crate::run::{Event, Sink};

/// Samples that are attempted again in another session, at most.
const AGAIN: usize = 10;

/// What all attempts share.
pub(super) struct Attempts<'a> {
    pub request: &'a Request<'a>,
    pub clock: &'a Arc<dyn Clock>,
    pub stop: &'a Arc<AtomicBool>,
    pub sink: &'a Sink<'a>,
}

/// How they ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All were made.
    Done,
    /// Stopped from outside.
    Interrupted,
}

/// The method at work.
struct Work<'a> {
    columns: Vec<&'a Column>,
    /// The box that it works in, or why it works in none.
    boxed: Result<Boxed<'a>, String>,
    session: Option<Box<dyn Session>>,
    /// Whether the box may reach hosts.
    reaches: bool,
    openings: u32,
    /// Whether it is told that a session broke.
    tells: bool,
    /// What of each attempt was seen at least once.
    seen: BTreeSet<Thing>,
}

/// One attempt.
struct Attempted {
    outcome: Outcome,
    content: Option<Digest>,
    found: Vec<Observed>,
}

impl<'a> Attempts<'a> {
    /// Makes all attempts, each written as it comes.
    pub fn all(&self, writing: &mut Writing) -> Result<End, FootprintError> {
        let method = self.request.method.method.as_ref();
        let columns = lend::columns(method, self.request.dataset)?;
        let boxed = self.boxed(method);
        let mut work =
            Work { columns, boxed, session: None, reaches: true, openings: 0, tells: true, seen: BTreeSet::new() };
        work.session = Some(match self.open(&mut work) {
            // Whatever it says when it is stopped while it starts.
            Err(_) if self.stop.load(Ordering::Relaxed) => return Ok(End::Interrupted),
            opened => opened?,
        });
        if method.copies_samples() && work.boxed.is_err() {
            self.request.scratch.warning().into_iter().for_each(|text| (self.sink)(Event::Warning(text)));
        }
        if let Ok(boxed) = &mut work.boxed {
            writing.whole(&boxed.between(Phase::Start))?;
        }
        let samples = self.request.dataset.samples().len();
        (self.sink)(Event::Started { attempts: samples, workers: 1 });
        let mut statuses = BTreeMap::new();
        for place in 0..samples {
            let Some(Attempted { outcome, content, found }) = self.attempt(&mut work, place)? else {
                return Ok(End::Interrupted);
            };
            writing.attempt(place, &outcome, content, &found)?;
            (self.sink)(Event::Written { attempts: 1, failed: usize::from(crate::run::is_failure(&outcome)) });
            statuses.insert(place, outcome.status);
        }
        if let Ok(boxed) = &mut work.boxed {
            writing.whole(&boxed.before_end())?;
        }
        drop(work.session.take());
        if let Ok(boxed) = &mut work.boxed {
            writing.whole(&boxed.after_exit())?;
        }
        match self.again(&mut work, &statuses)? {
            Some(found) => writing.whole(&found)?,
            None => return Ok(End::Interrupted),
        }
        writing.whole(&self.around(&work))?;
        Ok(End::Done)
    }

    /// The box for a program, where one can be made.
    fn boxed(&self, method: &'a dyn Method) -> Result<Boxed<'a>, String> {
        let Some(program) = method.program() else {
            return Err(match (method.is_outside(), &method.card().adapter) {
                (true, AdapterCard::Waterfall(_)) => "its stages are not put into boxes: measure them one by one",
                (true, _) => "what a service keeps can only be declared",
                (false, _) => "it works within this program",
            }
            .to_owned());
        };
        let seed = format!("{} {}", self.clock.wall(), std::process::id());
        let (tools, hosts) = (&self.request.tools, &self.request.hosts);
        let boxed = Boxed::prepare(program, tools, &self.request.scratch, hosts, &seed);
        match &boxed {
            Err(why) => {
                let text = format!("the program is not watched: {why}; what it sends and leaves is not_measurable");
                (self.sink)(Event::Warning(text));
            }
            Ok(boxed) if !boxed.is_traced() => {
                let text = "Unix sockets are not_measurable: strace is not installed, or may not trace here";
                (self.sink)(Event::Warning(text.to_owned()));
            }
            Ok(_) => {}
        }
        boxed
    }

    /// Opens a session, in the box where there is one.
    fn open(&self, work: &mut Work<'a>) -> Result<Box<dyn Session>, MethodError> {
        let ask = Ask {
            limits: self.request.protocol.limits.clone(),
            time_limit: self.request.time_limit,
            seed: self.request.protocol.seed,
            scratch: self.request.scratch.clone(),
            clock: Arc::clone(self.clock),
            stop: Arc::clone(self.stop),
        };
        match &mut work.boxed {
            Ok(boxed) => boxed.open(&ask, work.reaches),
            Err(_) => self.request.method.method.open(&ask),
        }
    }

    /// The attempt on the sample at `place`; `None` when the work was stopped.
    fn attempt(&self, work: &mut Work<'a>, place: usize) -> Result<Option<Attempted>, MethodError> {
        let method = self.request.method.method.as_ref();
        if self.stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let samples = self.request.dataset.samples();
        let Some(row) = samples.get(place) else { return Ok(None) };
        let (mut sample, content) = lend::sample(self.request.dataset, &row, &**self.clock);
        let lent = || work.columns.iter().map(|column| (column.name(), column.cell(place)));
        sample.share(false);
        sample.lend(lent());
        let mut found = given::given(&mut sample, method);
        let mut longer = 0;
        if let (Ok(boxed), Some(bytes)) = (&mut work.boxed, sample.bytes()) {
            let marked = boxed.mark(place, bytes);
            if given::is_given_content(method) {
                longer = (marked.len() - bytes.len()) as u64;
            }
            let face_box = sample.face_box();
            sample = Sample::new(Content::File(Cow::Owned(marked)), face_box, &**self.clock);
            sample.share(false);
            sample.lend(work.columns.iter().map(|column| (column.name(), column.cell(place))));
        }
        let has_content = sample.bytes().is_some();
        let before = method.traffic();
        let outcome = match self.put(work, &mut sample) {
            Ok(outcome) => {
                work.openings = 0;
                outcome
            }
            Err(MethodError::Stopped) => return Ok(None),
            Err(error) if error.ends_work() => return Err(error),
            Err(error) => {
                work.session = None;
                work.openings += 1;
                let (name, reason) = (method.card().name.clone(), error.chain());
                if work.tells {
                    (self.sink)(Event::Reopened { method: name.clone(), reason: reason.clone() });
                }
                if work.openings >= MOST_OPENINGS {
                    return Err(MethodError::Broken { method: name, reason });
                }
                match error {
                    MethodError::Ended(outcome) => *outcome,
                    _ => Outcome::failed(reason),
                }
            }
        };
        // The marker is ours: what the method was given is the sample.
        let outcome = Outcome { bytes_in: outcome.bytes_in.map(|bytes| bytes.saturating_sub(longer)), ..outcome };
        found.extend(given::returned(&outcome));
        work.seen.extend(found.iter().map(|observed| observed.thing));
        if let (Some(before), Some(after)) = (before, method.traffic()) {
            found.extend(given::exchanged(&before, &after));
        }
        if let Ok(boxed) = &mut work.boxed {
            found.extend(boxed.answered(place, &outcome, has_content));
            if work.session.is_none() {
                found.extend(boxed.ended());
            }
        }
        Ok(Some(Attempted { outcome, content, found }))
    }

    fn put(&self, work: &mut Work<'a>, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        if work.session.is_none() {
            work.session = Some(self.open(work)?);
        }
        let Some(session) = &mut work.session else { return Err(MethodError::Stopped) };
        let begun = self.clock.monotonic();
        let outcome = session.attempt(sample)?;
        let taken = self.clock.monotonic().saturating_sub(begun);
        let limit = self.request.time_limit;
        Ok(if taken <= limit || self.request.method.method.is_outside() { outcome } else { outcome.late(limit) })
    }

    /// Some samples attempted again in another session without any host: whether the answers come without one, and whether the
    /// same sample gives the same texts. `None` when the work was stopped.
    fn again(
        &self,
        work: &mut Work<'a>,
        statuses: &BTreeMap<usize, Status>,
    ) -> Result<Option<Vec<Observed>>, MethodError> {
        let Ok(boxed) = &mut work.boxed else { return Ok(Some(Vec::new())) };
        let first = boxed.next_session();
        (work.reaches, work.tells, work.openings) = (false, false, 0);
        let step = statuses.len().div_ceil(AGAIN).max(1);
        let (mut same, mut made) = (true, 0);
        // Backwards, so that what only counts attempts gives another number.
        for place in (0..statuses.len()).step_by(step).rev() {
            let attempted = match self.attempt(work, place) {
                Ok(Some(attempted)) => attempted,
                Ok(None) => return Ok(None),
                // It does nothing without a host.
                Err(MethodError::Broken { .. } | MethodError::Program { .. }) => {
                    same = false;
                    break;
                }
                Err(error) => return Err(error),
            };
            same &= statuses.get(&place) == Some(&attempted.outcome.status);
            made += 1;
        }
        drop(work.session.take());
        let Ok(boxed) = &mut work.boxed else { return Ok(Some(Vec::new())) };
        boxed.ended();
        let found = identifiers::persistent(&first, boxed.texts());
        let mut found: Vec<Observed> = found
            .into_iter()
            .map(|(place, samples)| Observed::measured(Phase::Whole, Thing::Identifier, place, samples as f64))
            .collect();
        if found.is_empty() {
            found.push(match made {
                0 | 1 => {
                    Observed::not_measurable(Phase::Whole, Thing::Identifier, "it takes two samples to tell them apart")
                }
                _ => Observed::measured(Phase::Whole, Thing::Identifier, "", 0.0),
            });
        }
        found.push(self.offline(statuses, same));
        Ok(Some(found))
    }

    /// Whether attempts end without any host as they do with the allowed ones. Where none is allowed, nothing was reached at
    /// all: then it is known only of answers.
    fn offline(&self, statuses: &BTreeMap<usize, Status>, same: bool) -> Observed {
        let works = |yes: bool| Observed::measured(Phase::Whole, Thing::WorksOffline, "", f64::from(u8::from(yes)));
        if !self.request.hosts.is_empty() {
            return works(same);
        }
        let is_broken = |status: &Status| matches!(status, Status::Failed | Status::TimedOut);
        if statuses.values().any(is_broken) {
            let why = "some attempts failed, and no host was allowed to tell whether that is why";
            Observed::not_measurable(Phase::Whole, Thing::WorksOffline, why)
        } else {
            works(true)
        }
    }

    /// What is known only when all is over: memory, and what nobody watched.
    fn around(&self, work: &Work<'a>) -> Vec<Observed> {
        let method = self.request.method.method.as_ref();
        let mut found = Vec::new();
        if let Some(traffic) = method.traffic() {
            let tls = f64::from(u8::from(traffic.tls));
            found.push(Observed::measured(Phase::Whole, Thing::Tls, traffic.address, tls));
            let offered = traffic.cookies.iter();
            found.extend(
                offered.map(|(name, bytes)| Observed::measured(Phase::Whole, Thing::Cookie, name, *bytes as f64)),
            );
            if traffic.cookies.is_empty() {
                found.push(Observed::measured(Phase::Whole, Thing::Cookie, "", 0.0));
            }
        }
        let none = [Thing::FieldGiven, Thing::ExtraField].into_iter().filter(|thing| !work.seen.contains(thing));
        found.extend(none.map(|thing| Observed::measured(Phase::Whole, thing, "", 0.0)));
        let files = method.files().into_iter();
        found
            .extend(files.map(|(name, bytes)| Observed::measured(Phase::Whole, Thing::MethodFile, name, bytes as f64)));
        let why = match &work.boxed {
            Ok(boxed) => {
                found.extend(boxed.around());
                return found;
            }
            Err(why) => why,
        };
        let memory = self.request.memory.zip((self.request.peak)()).filter(|_| !method.is_outside());
        found.push(match memory {
            Some((before, peak)) => {
                Observed::measured(Phase::Whole, Thing::PeakMemory, "", peak.saturating_sub(before) as f64)
            }
            None => Observed::not_measurable(Phase::Whole, Thing::PeakMemory, why),
        });
        let unseen = [
            (Phase::Attempt, Thing::MediaOpened),
            (Phase::AfterAnswer, Thing::FileCreated),
            (Phase::AfterAnswer, Thing::FileChanged),
            (Phase::End, Thing::FileLeft),
            (Phase::AfterExit, Thing::FileLeft),
            (Phase::End, Thing::ProcessLeft),
            (Phase::AfterExit, Thing::ProcessLeft),
            (Phase::Whole, Thing::Connection),
            (Phase::Whole, Thing::NameResolved),
            (Phase::Whole, Thing::UnixSocket),
            (Phase::Whole, Thing::Canary),
            (Phase::Whole, Thing::Identifier),
            (Phase::Whole, Thing::WorksOffline),
        ];
        found.extend(unseen.map(|(phase, thing)| Observed::not_measurable(phase, thing, why)));
        if method.traffic().is_none() {
            let of_hosts = [Thing::Host, Thing::BytesSent, Thing::BytesReceived];
            found.extend(of_hosts.map(|thing| Observed::not_measurable(Phase::Whole, thing, why)));
        }
        found
    }
}
