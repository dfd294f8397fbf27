//! The attempts: one session, one sample after the other, with a look around before and after each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::folder::Writing;
use super::{FootprintError, Request, given};
use crate::clock::Clock;
use crate::folder::{Observed, Phase, Thing};
use crate::method::{Ask, MOST_OPENINGS, Method, MethodError, Session, lend};
use crate::outcome::Outcome;
use crate::photo::Decoder;
use crate::run::{Event, Sink, late};

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

impl Attempts<'_> {
    /// Makes all attempts, each written as it comes.
    pub fn all(&self, writing: &mut Writing) -> Result<End, FootprintError> {
        let method = &*self.request.method.method;
        let columns = lend::columns(method, self.request.dataset)?;
        let mut session = Some(self.open(method)?);
        if method.copies_samples() {
            self.request.scratch.warning().into_iter().for_each(|text| (self.sink)(Event::Warning(text)));
        }
        let samples = self.request.dataset.samples();
        (self.sink)(Event::Started { attempts: samples.len(), workers: 1 });
        let mut openings = 0;
        for place in 0..samples.len() {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(End::Interrupted);
            }
            let Some(row) = samples.get(place) else { break };
            let (mut sample, content) = lend::sample(self.request.dataset, &row, &**self.clock);
            sample.share(false);
            sample.lend(columns.iter().map(|column| (column.name(), column.cell(place))));
            let mut found = given::given(&mut sample, Decoder::default());
            let before = method.traffic();
            let outcome = match self.attempt(method, &mut session, &mut sample) {
                Ok(outcome) => {
                    openings = 0;
                    outcome
                }
                Err(MethodError::Stopped) => return Ok(End::Interrupted),
                Err(error) => {
                    session = None;
                    openings += 1;
                    let (name, reason) = (method.card().name.clone(), error.chain());
                    (self.sink)(Event::Reopened { method: name.clone(), reason: reason.clone() });
                    if openings >= MOST_OPENINGS {
                        return Err(MethodError::Broken { method: name, reason }.into());
                    }
                    match error {
                        MethodError::Ended(outcome) => *outcome,
                        _ => Outcome::failed(reason),
                    }
                }
            };
            found.extend(given::returned(&outcome));
            if let (Some(before), Some(after)) = (before, method.traffic()) {
                let of = |thing, value: u64| Observed::measured(Phase::Attempt, thing, &after.address, value as f64);
                found.push(of(Thing::Host, after.requests.saturating_sub(before.requests)));
                found.push(of(Thing::BytesSent, after.sent.saturating_sub(before.sent)));
                found.push(of(Thing::BytesReceived, after.received.saturating_sub(before.received)));
                found.push(of(Thing::Redirect, after.redirects.saturating_sub(before.redirects)));
            }
            writing.attempt(place, &outcome, content, &found)?;
            (self.sink)(Event::Written { attempts: 1, failed: usize::from(crate::run::is_failure(&outcome)) });
        }
        drop(session);
        writing.whole(&self.around())?;
        Ok(End::Done)
    }

    /// Opens a session of `method`.
    fn open(&self, method: &dyn Method) -> Result<Box<dyn Session>, MethodError> {
        method.open(&Ask {
            limits: self.request.protocol.limits.clone(),
            time_limit: self.request.time_limit,
            seed: self.request.protocol.seed,
            scratch: self.request.scratch.clone(),
            clock: Arc::clone(self.clock),
            stop: Arc::clone(self.stop),
        })
    }

    fn attempt(
        &self,
        method: &dyn Method,
        session: &mut Option<Box<dyn Session>>,
        sample: &mut crate::method::Sample<'_>,
    ) -> Result<Outcome, MethodError> {
        let open = match session {
            Some(open) => open,
            None => session.insert(self.open(method)?),
        };
        let begun = self.clock.monotonic();
        let outcome = open.attempt(sample)?;
        let taken = self.clock.monotonic().saturating_sub(begun);
        let limit = self.request.time_limit;
        Ok(if taken <= limit || method.is_outside() { outcome } else { late(outcome, limit) })
    }

    /// What is known only when all is over: memory, and what nobody watched.
    fn around(&self) -> Vec<Observed> {
        let method = &*self.request.method.method;
        let mut found = Vec::new();
        if let Some(traffic) = method.traffic() {
            let tls = f64::from(u8::from(traffic.tls));
            found.push(Observed::measured(Phase::Whole, Thing::Tls, traffic.address, tls));
        }
        let memory = self.request.memory.zip((self.request.peak)()).filter(|_| !method.is_outside());
        found.push(match memory {
            Some((before, peak)) => {
                Observed::measured(Phase::Whole, Thing::PeakMemory, "", peak.saturating_sub(before) as f64)
            }
            None => Observed::not_measurable(Phase::Whole, Thing::PeakMemory, "nobody watched its memory"),
        });
        let why = if method.traffic().is_some() {
            "a service: what it keeps can only be declared"
        } else if method.is_outside() {
            "not watched in a box"
        } else {
            "it works within this program"
        };
        let unseen = [
            (Phase::Attempt, Thing::MediaOpened),
            (Phase::AfterExit, Thing::FileLeft),
            (Phase::End, Thing::ProcessLeft),
            (Phase::Whole, Thing::Connection),
            (Phase::Whole, Thing::UnixSocket),
            (Phase::Whole, Thing::Canary),
            (Phase::Whole, Thing::Identifier),
            (Phase::Whole, Thing::WorksOffline),
        ];
        found.extend(unseen.map(|(phase, thing)| Observed::not_measurable(phase, thing, why)));
        found
    }
}
