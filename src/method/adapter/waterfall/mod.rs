//! Methods in order, as users meet them: who is not decided at one stage comes to the next (METRICS M14).
//!
//! At each limit the first stage that decides has the last word; a stage is asked when some limit still needs it. Who comes
//! to no later stage stays undecided, and the rows say what that leaves open.

mod card;
mod rules;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub use card::{Marginal, StageCard, WaterfallCard};
pub use rules::{Otherwise, Rules, Step};

use crate::age::AgeLimit;
use crate::digest::Digest;
use crate::method::{Ask, Lent, MOST_OPENINGS, Method, MethodCard, MethodError, Sample, Session, Told};
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, StageUse, Stages, Status};

/// A stage made ready.
pub struct Stage {
    /// Its method; none where only rates are known.
    pub method: Option<Arc<dyn Method>>,
    /// The method's digest; none where only rates are known.
    pub digest: Option<Digest>,
    /// What ends here, and what goes on.
    pub rules: Rules,
}

/// A waterfall made ready.
pub struct WaterfallMethod {
    card: MethodCard,
    stages: Vec<Stage>,
    columns: Vec<String>,
    /// Of each stage, over all sessions: how often it was opened since its last answer.
    openings: Arc<[AtomicU32]>,
}

impl WaterfallMethod {
    /// The waterfall of `card` over `stages`.
    #[must_use]
    pub fn new(card: MethodCard, stages: Vec<Stage>) -> Self {
        let methods = || stages.iter().filter_map(|stage| stage.method.as_ref());
        let mut columns: Vec<String> = methods().flat_map(|method| method.columns().iter().cloned()).collect();
        columns.sort_unstable();
        columns.dedup();
        let openings = stages.iter().map(|_| AtomicU32::new(0)).collect();
        Self { card, stages, columns, openings }
    }

    fn methods(&self) -> impl Iterator<Item = &Arc<dyn Method>> {
        self.stages.iter().filter_map(|stage| stage.method.as_ref())
    }
}

impl Method for WaterfallMethod {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        let mut engines: Vec<String> = self.methods().map(|method| method.engine()).collect();
        engines.retain(|engine| !engine.is_empty());
        engines.sort_unstable();
        engines.dedup();
        engines.join("; ")
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn is_outside(&self) -> bool {
        self.methods().any(|method| method.is_outside())
    }

    fn copies_samples(&self) -> bool {
        self.methods().any(|method| method.copies_samples())
    }

    fn is_told(&self) -> bool {
        self.methods().any(|method| method.is_told())
    }

    fn looks(&self) -> bool {
        self.methods().any(|method| method.looks())
    }

    fn is_given(&self, what: Lent<'_>) -> bool {
        let is_lent = |method: &dyn Method| match what {
            Lent::Column(name) => method.columns().iter().any(|column| column == name),
            Lent::Content | Lent::FaceBox => true,
        };
        self.methods().any(|method| is_lent(method.as_ref()) && method.is_given(what))
    }

    fn recorded(&self) -> Vec<String> {
        self.methods().map(|method| method.recorded()).find(|ids| !ids.is_empty()).unwrap_or_default()
    }

    fn attempts(&self, told: &Told<'_>) -> bool {
        self.stages.first().and_then(|stage| stage.method.as_ref()).is_none_or(|method| method.attempts(told))
    }

    /// The digests of the stages' methods.
    fn file_digests(&self) -> Vec<Digest> {
        self.stages.iter().filter_map(|stage| stage.digest).collect()
    }

    fn notices(&self) -> Vec<String> {
        self.methods().flat_map(|method| method.notices()).collect()
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        self.methods().map(|method| method.sessions(jobs)).min().unwrap_or(jobs)
    }

    fn suits(&self, limits: &[AgeLimit]) -> Result<(), MethodError> {
        let suits = |(number, stage): (usize, &Stage)| {
            let Some(method) = &stage.method else { return Ok(()) };
            method.suits(limits).map_err(|source| unusable(number, method.as_ref(), source))
        };
        self.stages.iter().enumerate().try_for_each(suits)
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        let open = |(number, stage): (usize, &Stage)| {
            let session = stage
                .method
                .as_ref()
                .map(|method| method.open(ask).map_err(|source| unusable(number, method.as_ref(), source)));
            Ok(Open { method: stage.method.clone(), session: session.transpose()?, rules: stage.rules, there: true })
        };
        let stages = self.stages.iter().enumerate().map(open).collect::<Result<Vec<_>, MethodError>>()?;
        let (limits, openings) = (ask.limits.clone(), Arc::clone(&self.openings));
        Ok(Box::new(Waterfall { stages, limits, ask: ask.clone(), openings }))
    }
}

/// That the stage at `number`, from 0, cannot be used.
fn unusable(number: usize, method: &dyn Method, source: MethodError) -> MethodError {
    let stage = method.card().name.clone();
    MethodError::Stage { number: number + 1, stage, source: Box::new(source) }
}

struct Open {
    method: Option<Arc<dyn Method>>,
    session: Option<Box<dyn Session>>,
    rules: Rules,
    /// Whether there is something to ask of the next sample.
    there: bool,
}

struct Waterfall {
    stages: Vec<Open>,
    limits: Vec<AgeLimit>,
    ask: Ask,
    openings: Arc<[AtomicU32]>,
}

impl Open {
    /// Lends the stage the columns that its own card names, and no others.
    fn lend<'a>(&self, sample: &mut Sample<'a>, lent: &[(&'a str, &'a str)]) {
        let Some(method) = &self.method else { return };
        let own = method.columns().iter().filter_map(|name| lent.iter().find(|(lent, _)| lent == name).copied());
        sample.lend(own);
    }

    /// What the stage says, if there is something to ask, and why its session broke, if it did: it is opened again for the
    /// next sample. `openings` counts how often since the stage's last answer.
    ///
    /// # Errors
    /// What ends the work, and [`MethodError::Broken`] when it was opened too often.
    fn attempt(
        &mut self,
        sample: &mut Sample<'_>,
        ask: &Ask,
        openings: &AtomicU32,
    ) -> Result<Option<(Outcome, Option<String>)>, MethodError> {
        let Some(method) = self.method.as_ref().filter(|_| self.there) else { return Ok(None) };
        let opened = match self.session.take() {
            Some(session) => Ok(session),
            None => method.open(ask),
        };
        let attempted = opened.and_then(|mut session| {
            let begun = ask.clock.monotonic();
            let outcome = session.attempt(sample)?;
            let taken = ask.clock.monotonic().saturating_sub(begun);
            self.session = Some(session);
            // A program or a service keeps the limit itself; beside such a stage nobody keeps it for the others.
            Ok(if taken <= ask.time_limit || method.is_outside() { outcome } else { outcome.late(ask.time_limit) })
        });
        let error = match attempted {
            Ok(outcome) => {
                openings.store(0, Ordering::Relaxed);
                return Ok(Some((outcome, None)));
            }
            Err(error) if error.ends_work() => return Err(error),
            Err(error) => error,
        };
        let reason = error.chain();
        if openings.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_OPENINGS {
            return Err(MethodError::Broken { method: method.card().name.clone(), reason });
        }
        let outcome = match error {
            MethodError::Ended(outcome) => *outcome,
            _ => Outcome::failed(reason.clone()),
        };
        Ok(Some((outcome, Some(reason))))
    }
}

impl Session for Waterfall {
    fn tell(&mut self, told: &Told<'_>) {
        for stage in &mut self.stages {
            let Some(method) = stage.method.as_ref().filter(|method| method.is_told()) else { continue };
            stage.there = method.attempts(told);
            if stage.session.is_none() {
                stage.session = method.open(&self.ask).ok();
            }
            if let Some(session) = &mut stage.session {
                session.tell(told);
            }
        }
    }

    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        let lent = sample.columns().to_vec();
        sample.share(true);
        let mut open: Vec<(AgeLimit, Option<Decision>, u8)> =
            self.limits.iter().map(|limit| (*limit, None, 0)).collect();
        let (mut asked, mut broke, mut last, mut faces) = (Vec::new(), Vec::new(), None, None);
        let (mut extra, mut retries): (Vec<(String, String)>, u32) = (Vec::new(), 0);
        for (number, (stage, openings)) in (1_u8..).zip(self.stages.iter_mut().zip(&*self.openings)) {
            if open.iter().all(|(_, decision, _)| decision.is_some()) {
                break;
            }
            stage.lend(sample, &lent);
            let Some((mut outcome, reason)) = stage.attempt(sample, &self.ask, openings)? else { break };
            if let (Some(reason), Some(method)) = (reason, &stage.method) {
                broke.push((method.card().name.clone(), reason));
            }
            for (limit, decision, reached) in open.iter_mut().filter(|(_, decision, _)| decision.is_none()) {
                *reached = number;
                if let Step::Ends(ends) = stage.rules.step(&outcome, *limit) {
                    *decision = Some(ends);
                }
            }
            asked.push(StageUse::of(&outcome));
            faces = faces.or(outcome.faces);
            retries = retries.saturating_add(outcome.retries);
            for field in std::mem::take(&mut outcome.extra) {
                // A field that two stages return is one field of the attempt.
                if !extra.iter().any(|(name, _)| *name == field.0) {
                    extra.push(field);
                }
            }
            last = Some(outcome);
        }
        let decided: Vec<LimitAnswer> = open
            .iter()
            .filter(|(_, decision, _)| decision.is_some())
            .map(|(limit, decision, _)| LimitAnswer { limit: *limit, score: None, decision: *decision })
            .collect();
        let outcome = match last {
            _ if !decided.is_empty() => Outcome::answered(Answer::Limits(decided)),
            Some(Outcome { status: Status::Answered, .. }) | None => {
                Outcome::unanswered(Status::Abstained, "undecided at every stage, and there is no later one")
            }
            Some(last) => Outcome::unanswered(last.status, last.reason.unwrap_or_default()),
        };
        let reached = open.into_iter().map(|(limit, _, reached)| (limit, reached)).collect();
        let sum = |of: fn(&StageUse) -> Option<u64>| asked.iter().map(of).sum::<Option<u64>>();
        let bytes = (sum(|stage| stage.bytes_in), sum(|stage| stage.bytes_out));
        let time = sum(|stage| stage.nanos).map(Duration::from_nanos);
        Ok(Outcome {
            faces,
            bytes_in: bytes.0,
            bytes_out: bytes.1,
            answer_time: time,
            retries,
            extra,
            stages: Some(Box::new(Stages { reached, asked, broke })),
            ..outcome
        })
    }
}

#[cfg(test)]
mod tests;
