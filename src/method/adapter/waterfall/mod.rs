//! Methods in order, as users meet them: who is not decided at one stage comes to the next (METRICS M14).
//!
//! At each limit the first stage that decides has the last word; a stage is asked when some limit still needs it. Who comes
//! to no later stage stays undecided, and the rows say what that leaves open.

mod card;
mod rules;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

pub use card::{Marginal, StageCard, WaterfallCard};
pub use rules::{Otherwise, Rules, Step};

use crate::age::AgeLimit;
use crate::digest::Digest;
use crate::method::{Ask, Method, MethodCard, MethodError, Sample, Session, Told};
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
}

impl WaterfallMethod {
    /// The waterfall of `card` over `stages`.
    #[must_use]
    pub fn new(card: MethodCard, stages: Vec<Stage>) -> Self {
        let methods = || stages.iter().filter_map(|stage| stage.method.as_ref());
        let mut columns: Vec<String> = methods().flat_map(|method| method.columns().iter().cloned()).collect();
        columns.sort_unstable();
        columns.dedup();
        Self { card, stages, columns }
    }

    /// The digests of the stages' methods, in their order.
    #[must_use]
    pub fn stage_digests(&self) -> Vec<Digest> {
        self.stages.iter().filter_map(|stage| stage.digest).collect()
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

    fn recorded(&self) -> Vec<String> {
        self.methods().map(|method| method.recorded()).find(|ids| !ids.is_empty()).unwrap_or_default()
    }

    fn attempts(&self, told: &Told<'_>) -> bool {
        self.stages.first().and_then(|stage| stage.method.as_ref()).is_none_or(|method| method.attempts(told))
    }

    fn notices(&self) -> Vec<String> {
        self.methods().flat_map(|method| method.notices()).collect()
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        self.methods().map(|method| method.sessions(jobs)).min().unwrap_or(jobs)
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        let open = |stage: &Stage| {
            let session = stage.method.as_ref().map(|method| method.open(ask)).transpose()?;
            Ok(Open { method: stage.method.clone(), session, rules: stage.rules, there: true })
        };
        let stages = self.stages.iter().map(open).collect::<Result<Vec<_>, MethodError>>()?;
        Ok(Box::new(Waterfall { stages, limits: ask.limits.clone(), ask: ask.clone() }))
    }
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
}

impl Open {
    /// Lends the stage the columns that its own card names, and no others.
    fn lend<'a>(&self, sample: &mut Sample<'a>, lent: &[(&'a str, &'a str)]) {
        let Some(method) = &self.method else { return };
        let own = method.columns().iter().filter_map(|name| lent.iter().find(|(lent, _)| lent == name).copied());
        sample.lend(own);
    }

    /// What the stage says, if there is something to ask; a session that broke is opened again for the next sample.
    ///
    /// # Errors
    /// [`MethodError::Stopped`] alone.
    fn attempt(&mut self, sample: &mut Sample<'_>, ask: &Ask) -> Result<Option<Outcome>, MethodError> {
        let Some(method) = self.method.as_ref().filter(|_| self.there) else { return Ok(None) };
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(match method.open(ask) {
                Ok(session) => session,
                Err(error) => return Ok(Some(Outcome::failed(error.to_string()))),
            }),
        };
        let error = match session.attempt(sample) {
            Ok(outcome) => return Ok(Some(outcome)),
            Err(error) => error,
        };
        self.session = None;
        match error {
            MethodError::Ended(outcome) => Ok(Some(*outcome)),
            MethodError::Stopped => Err(MethodError::Stopped),
            error => Ok(Some(Outcome::failed(error.to_string()))),
        }
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
        let (mut asked, mut last, mut faces) = (Vec::new(), None, None);
        for (number, stage) in (1_u8..).zip(&mut self.stages) {
            if open.iter().all(|(_, decision, _)| decision.is_some()) {
                break;
            }
            stage.lend(sample, &lent);
            let Some(outcome) = stage.attempt(sample, &self.ask)? else { break };
            for (limit, decision, reached) in open.iter_mut().filter(|(_, decision, _)| decision.is_none()) {
                *reached = number;
                if let Step::Ends(ends) = stage.rules.step(&outcome, *limit) {
                    *decision = Some(ends);
                }
            }
            asked.push(StageUse::of(&outcome));
            faces = faces.or(outcome.faces);
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
            stages: Some(Box::new(Stages { reached, asked })),
            ..outcome
        })
    }
}
