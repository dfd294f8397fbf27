//! One process of a program, started when it is needed and anew when it broke, with the attempts that are in flight on it.
//!
//! Several sessions may share one process. No thread reads for the others all the time: whoever waits for an answer reads
//! if nobody else does, and hands on what is not its own. So an attempt that is alone costs two switches of context.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::answer::Reply;
use super::asked::Asked;
use super::copy::NeutralCopy;
use super::message::{Attempt, Carrier, line};
use super::process::{Farewell, Trouble, Until, lock};
use super::running::{Broken, Plan, Running};
use crate::method::{MethodError, NO_FILE};
use crate::outcome::Outcome;

/// One process of a program, and whoever waits for it.
pub struct Instance {
    plan: Plan,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    running: Option<Arc<Running>>,
    in_flight: usize,
    /// Whether the attempt in flight wants to be the only one, and how many wait for that.
    alone: bool,
    wanting_alone: usize,
    /// Whether somebody reads.
    reading: bool,
    /// The requests that are not answered, or whose answer was not yet fetched, with the time when it came.
    waiting: HashMap<u64, Option<(Reply, Duration)>>,
}

/// A process that was started.
#[derive(Debug, Clone)]
pub struct Started {
    /// Attempts that it allows in flight.
    pub in_flight: usize,
    /// How it wants content.
    pub carrier: Carrier,
    /// The columns that it asks for; all that the card names when it does not say.
    pub columns: Option<Vec<String>>,
    /// Its process id.
    pub id: u32,
}

/// Why no reply came.
enum Unanswered {
    /// Not in time: it was this very request.
    Late,
    /// The process broke.
    Broken,
    /// Nobody waits any more.
    Stopped,
}

/// How an exchange went.
enum Turn {
    /// A reply, or a failure that leaves the process in use.
    Done(Outcome),
    /// The process broke, and this attempt did it.
    Ended(Outcome),
    /// The process broke, and nobody knows whether this attempt did it.
    Again,
    /// The work ends, through no fault of the method.
    Lost(MethodError),
    /// Nobody waits any more.
    Stopped,
}

impl Instance {
    /// An instance that is not yet started.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        Self { plan, state: Mutex::default(), changed: Condvar::new() }
    }

    /// The process, started if there is none: how it may be asked.
    ///
    /// # Errors
    /// [`MethodError::Program`] when it does not get ready.
    pub fn start(&self) -> Result<Started, MethodError> {
        let running = self.enter(false)?;
        self.leave(&running, false);
        let ready = &running.ready;
        let (carrier, columns) = (ready.carrier, ready.columns.clone());
        Ok(Started { in_flight: ready.in_flight, carrier, columns, id: running.process.id() })
    }

    /// Puts one attempt to the process.
    ///
    /// # Errors
    /// [`MethodError::Ended`] when the process broke with this attempt, [`MethodError::Program`] when it does not start,
    /// [`MethodError::Stopped`] when the work was ended meanwhile, [`MethodError::Changed`], and [`MethodError::Copy`].
    pub fn attempt(&self, asked: &Asked<'_>) -> Result<Outcome, MethodError> {
        let mut retries = 0;
        loop {
            let alone = retries > 0;
            let running = self.enter(alone)?;
            let turn = self.exchange(&running, asked);
            self.leave(&running, alone);
            match turn {
                Turn::Done(outcome) => return Ok(Outcome { retries, ..outcome }),
                Turn::Ended(outcome) => return Err(MethodError::Ended(Box::new(Outcome { retries, ..outcome }))),
                Turn::Again => retries += 1,
                Turn::Lost(error) => return Err(error),
                Turn::Stopped => return Err(MethodError::Stopped),
            }
        }
    }

    /// Waits for a place in flight on a process that works.
    fn enter(&self, alone: bool) -> Result<Arc<Running>, MethodError> {
        let mut state = lock(&self.state);
        state.wanting_alone += usize::from(alone);
        loop {
            let most = match &state.running {
                Some(running) if !alone && running.broken().is_none() => running.ready.in_flight,
                _ => 1,
            };
            let held_back = state.alone || (!alone && state.wanting_alone > 0);
            if !held_back && state.in_flight < most {
                break;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.wanting_alone -= usize::from(alone);
        let running = match &state.running {
            Some(running) => Arc::clone(running),
            // Nobody is in flight, so whoever waits for this lock waits for the process all the same.
            None => match Running::start(&self.plan) {
                Ok(running) => Arc::clone(state.running.insert(Arc::new(running))),
                Err(error) => {
                    self.changed.notify_all();
                    return Err(error);
                }
            },
        };
        state.in_flight += 1;
        state.alone = alone;
        Ok(running)
    }

    fn leave(&self, running: &Running, alone: bool) {
        let mut state = lock(&self.state);
        state.in_flight -= 1;
        if alone {
            state.alone = false;
        }
        if state.in_flight == 0 && running.broken().is_some() {
            state.running = None;
        }
        drop(state);
        self.changed.notify_all();
    }

    fn exchange(&self, running: &Running, asked: &Asked<'_>) -> Turn {
        let clock = &*self.plan.clock;
        let begun = clock.monotonic();
        let mut next = lock(&running.next);
        let n = *next;
        if asked.content.is_none() && running.ready.carrier != Carrier::None {
            return Turn::Done(Outcome::failed(NO_FILE));
        }
        let mut copy = NeutralCopy::default();
        let parts = match self.request(running, asked, n, &mut copy) {
            Ok(parts) => parts,
            Err(turn) => return *turn,
        };
        *next += 1;
        lock(&self.state).waiting.insert(n, None);
        if let Some(notes) = &self.plan.notes {
            lock(&notes.told).extend_from_slice(&parts);
        }
        let prepared = clock.monotonic();
        let until = Until::after(clock, self.plan.time_limit).unless(&self.plan.stop);
        let raw = if running.ready.carrier.is_raw() { asked.content.map(|(bytes, _)| bytes) } else { None };
        let sent = running.process.ask(n, &[&parts, raw.unwrap_or_default()], &until);
        drop(next);
        let written = clock.monotonic();
        let until = Until::after(clock, self.plan.time_limit).unless(&self.plan.stop);
        let came =
            sent.map_err(|trouble| self.break_off(running, trouble)).and_then(|()| self.wait(running, n, &until));
        let given = match (running.ready.carrier, asked.content) {
            (Carrier::None, _) | (_, None) => lent(running, asked).map(|(name, cell)| name.len() + cell.len()).sum(),
            (_, Some((bytes, _))) => bytes.len(),
        };
        let about = |outcome: Outcome| Outcome {
            bytes_in: Some(given as u64),
            prepare: Some(prepared.saturating_sub(begun)),
            transfer: Some(written.saturating_sub(prepared)),
            ..outcome
        };
        match came {
            Ok((reply, at)) => {
                let answer_time = Some(at.saturating_sub(written));
                Turn::Done(Outcome { answer_time, ..about(reply.outcome) })
            }
            Err(why) => {
                lock(&self.state).waiting.remove(&n);
                match (why, running.broken()) {
                    (Unanswered::Stopped, _) => Turn::Stopped,
                    (Unanswered::Late, _) => Turn::Ended(about(Outcome::timed_out(self.plan.time_limit))),
                    (Unanswered::Broken, Some(broken)) if !broken.alone => Turn::Again,
                    (Unanswered::Broken, broken) => {
                        Turn::Ended(about(Outcome::failed(broken.map(|it| it.reason).unwrap_or_default())))
                    }
                }
            }
        }
    }

    /// The line of request `n`; what it names is in `copy`. Without one, how the exchange went.
    fn request(
        &self,
        running: &Running,
        asked: &Asked<'_>,
        n: u64,
        copy: &mut NeutralCopy,
    ) -> Result<Vec<u8>, Box<Turn>> {
        let content = asked.content.filter(|_| running.ready.carrier != Carrier::None);
        if content.is_some() && (running.ready.carrier == Carrier::Pixels) != asked.size.is_some() {
            let reason = "the program wants content in another way than its first process did";
            return Err(Box::new(Turn::Done(Outcome::failed(reason))));
        }
        let mut base64 = None;
        let mut path = None;
        if let Some((bytes, media)) = content {
            match running.ready.carrier {
                Carrier::Path => {
                    let made = copy.make(running.folder.as_ref(), n, media.ending, bytes);
                    path = Some(made.map_err(|error| Box::new(Turn::Lost(error)))?);
                }
                Carrier::Base64 => base64 = Some(crate::base64::base64(bytes)),
                Carrier::Bytes | Carrier::Pixels | Carrier::None => {}
            }
        }
        let columns: Vec<(&str, &str)> = lent(running, asked).collect();
        let bytes = content.filter(|_| running.ready.carrier.is_raw()).map(|(bytes, _)| bytes.len());
        Ok(line(&Attempt {
            kind: "attempt",
            n,
            media_type: content.map(|(_, media)| media.media_type),
            path,
            base64: base64.as_deref(),
            bytes,
            width: asked.size.map(|[width, _]| width),
            height: asked.size.map(|[_, height]| height),
            face_box: asked.face_box.filter(|_| content.is_some()).map(|face_box| face_box.ends()),
            columns: &columns,
            reserved: self.plan.reserved,
        }))
    }

    /// Waits for the reply to request `n`.
    ///
    /// # Errors
    /// [`Unanswered`].
    fn wait(&self, running: &Running, n: u64, until: &Until<'_>) -> Result<(Reply, Duration), Unanswered> {
        let mut state = lock(&self.state);
        loop {
            if let Some(reply) = state.waiting.get_mut(&n).and_then(Option::take) {
                state.waiting.remove(&n);
                return Ok(reply);
            }
            if running.broken().is_some() {
                return Err(Unanswered::Broken);
            }
            if state.reading {
                let wait = match until.wait() {
                    Ok(wait) => wait,
                    Err(trouble) => {
                        drop(state);
                        return Err(self.break_off(running, trouble));
                    }
                };
                state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            state.reading = true;
            drop(state);
            let line = running.process.line(until);
            let at = self.plan.clock.monotonic();
            if let (Ok(line), Some(heard)) = (&line, &self.plan.heard) {
                heard.reply(&line.bytes);
            }
            let reply = line.map(|line| (Reply::parse(&line.bytes, &self.plan.limits), line.asked));
            state = lock(&self.state);
            state.reading = false;
            self.changed.notify_all();
            let problem = match reply {
                Ok((Ok(reply), asked)) if reply.n == n && n <= asked => {
                    state.waiting.remove(&n);
                    return Ok((reply, at));
                }
                Ok((Ok(reply), asked)) => match state.waiting.get_mut(&reply.n) {
                    Some(place) if place.is_none() && reply.n <= asked => {
                        *place = Some((reply, at));
                        continue;
                    }
                    // Which number it was depends on how many processes there are: a row must not.
                    _ => "the program answered a request which was not asked or has its answer".to_owned(),
                },
                Ok((Err(problem), _)) => format!("the program wrote what is no answer: {problem}"),
                Err(trouble) => {
                    drop(state);
                    return Err(self.break_off(running, trouble));
                }
            };
            drop(state);
            self.break_off_because(running, problem);
            return Err(Unanswered::Broken);
        }
    }

    /// Ends the process because of `trouble`, unless that is only that nobody waits any more: then whoever holds the
    /// instance lets it go, with a farewell.
    fn break_off(&self, running: &Running, trouble: Trouble) -> Unanswered {
        let is_late = matches!(trouble, Trouble::Late);
        let reason = match trouble {
            Trouble::Stopped => return Unanswered::Stopped,
            Trouble::Late => "another attempt on the same process was not answered in time".to_owned(),
            Trouble::Closed => String::new(),
            Trouble::TooLong => "the program wrote a line longer than 1 MiB".to_owned(),
            Trouble::System(error) => format!("the program cannot be spoken to: {error}"),
        };
        // Lateness counts only where nothing else was first: a process that somebody else is ending answers nobody.
        if self.break_off_because(running, reason) && is_late { Unanswered::Late } else { Unanswered::Broken }
    }

    /// Ends the process, unless it is being ended; says whether it was not.
    fn break_off_because(&self, running: &Running, reason: String) -> bool {
        let alone = lock(&self.state).in_flight == 1;
        {
            let mut broken = lock(&running.broken);
            if broken.is_some() {
                return false;
            }
            *broken = Some(Broken { reason: reason.clone(), alone });
        }
        self.changed.notify_all();
        let end = running.process.end(Farewell::None, &*self.plan.clock);
        let reason = if reason.is_empty() { format!("the program {end}") } else { reason };
        *lock(&running.broken) = Some(Broken { reason, alone });
        true
    }
}

/// The columns that a request has: those of the card that the program asked for.
fn lent<'a>(running: &Running, asked: &Asked<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    asked.columns.iter().copied().filter(|(name, _)| running.ready.wants(name))
}

impl Drop for Instance {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = state.running.take() {
            running.process.end(Farewell::Bye, &*self.plan.clock);
        }
    }
}
