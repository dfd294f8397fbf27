//! The streams of one start: who is asked, when, and from when on time counts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Plan, Setting, calibrate, null_method};
use crate::dataset::Column;
use crate::folder::{Observation, Stream};
use crate::method::{Ask, Method, MethodError, Session, lend};
use crate::outcome::{Outcome, Status};
use crate::stats::poisson_arrivals;

/// Attempts of the method that does nothing.
const NULL_ATTEMPTS: usize = 10_000;

/// The last stretch before an arrival is waited for without sleeping: a sleep may end this much too late.
const AWAKE: Duration = Duration::from_millis(2);

pub(super) struct Streams<'a> {
    pub plan: &'a Plan,
    pub setting: &'a Setting<'a>,
    pub method: &'a Arc<dyn Method>,
    /// The columns that the method's card names.
    pub columns: Vec<&'a Column>,
}

/// Why a stream ended early.
pub(super) enum Broken {
    Method(MethodError),
    Sink(std::io::Error),
}

type Sink<'a> = &'a mut dyn FnMut(Observation) -> std::io::Result<()>;

/// One attempt, timed.
struct Timed {
    status: Status,
    latency: Duration,
    prepare: Option<Duration>,
    answer: Option<Duration>,
    transfer: Option<Duration>,
}

impl Streams<'_> {
    /// All streams; the method was being loaded from the moment `begun` on.
    pub fn all(&self, begun: Duration, sink: Sink<'_>) -> Result<(), Broken> {
        let clock = &**self.setting.clock;
        let mut session = self.open(self.method)?;
        let loaded = clock.monotonic().saturating_sub(begun);
        if self.plan.start == 0 && self.method.copies_samples() {
            self.plan.scratch.warning().into_iter().for_each(self.setting.warn);
        }
        self.whole(Stream::Load, 1, loaded, sink)?;
        self.whole(Stream::Calibration, 1, calibrate(clock), sink)?;
        let first = self.plan.start as usize * self.plan.attempts.get();
        self.one(Stream::First, first, &mut session, sink)?;
        for number in 0..self.plan.warm_up {
            self.one(Stream::WarmUp, first + number, &mut session, sink)?;
        }
        for number in 0..self.plan.attempts.get() {
            self.one(Stream::Single, first + number, &mut session, sink)?;
        }
        if let Some(rate) = self.plan.rate {
            self.offered(rate, first, &mut session, sink)?;
        }
        drop(session);
        self.offline(first, sink)?;
        self.null(first, sink)?;
        self.whole(Stream::Calibration, 1, calibrate(clock), sink)
    }

    fn open(&self, method: &Arc<dyn Method>) -> Result<Box<dyn Session>, Broken> {
        let ask = Ask {
            limits: self.plan.limits.clone(),
            time_limit: self.plan.time_limit,
            seed: self.plan.seed,
            scratch: self.plan.scratch.clone(),
            clock: Arc::clone(self.setting.clock),
            stop: Arc::clone(self.setting.stop),
        };
        method.open(&ask).map_err(Broken::Method)
    }

    /// The place of attempt number `number`'s sample: after the last one it begins anew.
    fn place(&self, number: usize) -> usize {
        number % self.setting.dataset.samples().len().max(1)
    }

    /// Puts the sample `number` to `session`. Its file is read before the time begins.
    fn attempt(&self, number: usize, session: &mut Box<dyn Session>) -> Result<Timed, MethodError> {
        let clock = &**self.setting.clock;
        let place = self.place(number);
        let Some(row) = self.setting.dataset.samples().get(place) else {
            return Err(MethodError::Ended(Box::new(Outcome::failed("the sample is not listed"))));
        };
        let (mut sample, _) = lend::sample(self.setting.dataset, &row, clock);
        sample.share(false);
        sample.lend(self.columns.iter().map(|column| (column.name(), column.cell(place))));
        let begun = clock.monotonic();
        let outcome = session.attempt(&mut sample)?;
        let latency = clock.monotonic().saturating_sub(begun);
        let late = latency > self.plan.time_limit;
        Ok(Timed {
            status: if late { Status::TimedOut } else { outcome.status },
            latency: latency.min(self.plan.time_limit),
            prepare: outcome.prepare,
            answer: outcome.answer_time,
            transfer: outcome.transfer,
        })
    }

    /// One attempt of `stream`; a session that breaks is opened anew, and the attempt has failed.
    fn one(&self, stream: Stream, number: usize, session: &mut Box<dyn Session>, sink: Sink<'_>) -> Result<(), Broken> {
        let timed = self.timed(number, session)?;
        sink(self.observation(stream, number, timed)).map_err(Broken::Sink)
    }

    fn timed(&self, number: usize, session: &mut Box<dyn Session>) -> Result<Timed, Broken> {
        match self.attempt(number, session) {
            Ok(timed) => Ok(timed),
            Err(error) if error.ends_work() => Err(Broken::Method(error)),
            Err(error) => {
                *session = self.open(self.method)?;
                let (status, latency) = match error {
                    MethodError::Ended(outcome) if outcome.status == Status::TimedOut => {
                        (Status::TimedOut, self.plan.time_limit)
                    }
                    _ => (Status::Failed, Duration::ZERO),
                };
                Ok(Timed { status, latency, prepare: None, answer: None, transfer: None })
            }
        }
    }

    fn observation(&self, stream: Stream, number: usize, timed: Timed) -> Observation {
        let Timed { status, latency, prepare, answer, transfer } = timed;
        let (sample_id, start) = (self.setting.ids[self.place(number)].clone(), self.plan.start);
        Observation { start, stream, sample_id, status: Some(status), attempts: 1, latency, prepare, answer, transfer }
    }

    /// The time of a whole, not of a single sample.
    fn whole(&self, stream: Stream, attempts: usize, latency: Duration, sink: Sink<'_>) -> Result<(), Broken> {
        let observation = Observation {
            start: self.plan.start,
            stream,
            sample_id: String::new(),
            status: None,
            attempts: attempts as u64,
            latency,
            prepare: None,
            answer: None,
            transfer: None,
        };
        sink(observation).map_err(Broken::Sink)
    }

    /// Attempts that arrive at `rate` a second, one server: who arrives while another is served waits.
    fn offered(&self, rate: f64, first: usize, session: &mut Box<dyn Session>, sink: Sink<'_>) -> Result<(), Broken> {
        let clock = &**self.setting.clock;
        let begun = clock.monotonic();
        let arrivals = poisson_arrivals(rate, self.plan.seed, &[u64::from(self.plan.start)]);
        for (number, seconds) in arrivals.take(self.plan.attempts.get()).enumerate() {
            let arrival = begun.saturating_add(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
            loop {
                let left = arrival.saturating_sub(clock.monotonic());
                if left.is_zero() {
                    break;
                }
                match left.checked_sub(AWAKE) {
                    Some(sleep) if !sleep.is_zero() => std::thread::sleep(sleep),
                    _ => std::hint::spin_loop(),
                }
            }
            let timed = self.timed(first + number, session)?;
            let latency = clock.monotonic().saturating_sub(arrival);
            sink(self.observation(Stream::Offered, first + number, Timed { latency, ..timed }))
                .map_err(Broken::Sink)?;
        }
        Ok(())
    }

    /// All workers at once, until each of the attempts has been made by one of them. The time of the whole is of those that
    /// were answered in time; each of the others is an observation of its own.
    fn offline(&self, first: usize, sink: Sink<'_>) -> Result<(), Broken> {
        let clock = &**self.setting.clock;
        let workers = self.method.sessions(self.plan.jobs).get();
        let attempts = self.plan.attempts.get() * workers;
        let mut sessions = (0..workers).map(|_| self.open(self.method)).collect::<Result<Vec<_>, _>>()?;
        let (next, broken, unanswered) = (AtomicUsize::new(0), Mutex::new(None), Mutex::new(Vec::new()));
        let begun = clock.monotonic();
        std::thread::scope(|scope| {
            for session in &mut sessions {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= attempts {
                            return;
                        }
                        match self.timed(first + number, session) {
                            Ok(timed) if matches!(timed.status, Status::Failed | Status::TimedOut) => {
                                let mut all = unanswered.lock().unwrap_or_else(PoisonError::into_inner);
                                all.push((first + number, timed));
                            }
                            Ok(_) => {}
                            Err(error) => {
                                *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                                return;
                            }
                        }
                    }
                });
            }
        });
        let taken = clock.monotonic().saturating_sub(begun);
        if let Some(error) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(error);
        }
        let mut unanswered = unanswered.into_inner().unwrap_or_else(PoisonError::into_inner);
        unanswered.sort_by_key(|(number, _)| *number);
        self.whole(Stream::Offline, attempts - unanswered.len(), taken, sink)?;
        unanswered.into_iter().try_for_each(|(number, timed)| {
            sink(self.observation(Stream::Offline, number, timed)).map_err(Broken::Sink)
        })
    }

    /// The method that does nothing, on the same samples and through the same calls, files read included.
    fn null(&self, first: usize, sink: Sink<'_>) -> Result<(), Broken> {
        let mut session = self.open(&null_method(self.method.card()))?;
        let begun = self.setting.clock.monotonic();
        for number in 0..NULL_ATTEMPTS {
            self.attempt(first + number, &mut session).map_err(Broken::Method)?;
        }
        let taken = self.setting.clock.monotonic().saturating_sub(begun);
        self.whole(Stream::Null, NULL_ATTEMPTS, taken, sink)
    }
}
