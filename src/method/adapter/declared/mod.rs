//! Self-declaration as a baseline: what asking people for their age would give, drawn from a table of the card.
//!
//! It is no estimate of anybody: `run` tells it the true age, openly, and it draws what such a person says. The draw is a
//! pure function of the protocol's seed and the subject's rank, so a person says the same at every attempt, and who passes
//! at a limit passes at every limit where people of that age pass at least as often.

mod card;

use std::num::NonZeroUsize;
use std::sync::Arc;

pub use card::{Ages, DeclaredCard};

use crate::age::AgeLimit;
use crate::method::{Ask, Method, MethodCard, MethodError, Sample, Session, Told};
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, Status};
use crate::stats;

/// What keeps these draws apart from all others of the same seed.
const STREAM: u64 = 0x6465_636C;

/// A declaration by a table.
pub struct DeclaredMethod {
    card: MethodCard,
    declared: Arc<DeclaredCard>,
}

impl DeclaredMethod {
    /// The method of `card`, whose adapter table is `declared`.
    #[must_use]
    pub fn new(card: MethodCard, declared: DeclaredCard) -> Self {
        Self { card, declared: Arc::new(declared) }
    }
}

impl Method for DeclaredMethod {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn is_told(&self) -> bool {
        true
    }

    fn looks(&self) -> bool {
        false
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn suits(&self, limits: &[AgeLimit]) -> Result<(), MethodError> {
        if let Some(own) = self.declared.limit
            && !limits.iter().any(|limit| limit.years() == own)
        {
            let text = format!("its table is about the limit {own}, which the protocol does not have");
            return Err(MethodError::NotFor { method: self.card.name.clone(), text });
        }
        Ok(())
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        self.suits(&ask.limits)?;
        let (declared, limits) = (Arc::clone(&self.declared), ask.limits.clone());
        Ok(Box::new(Declared { declared, limits, seed: ask.seed, person: None }))
    }
}

struct Declared {
    declared: Arc<DeclaredCard>,
    limits: Vec<AgeLimit>,
    seed: u64,
    /// Rank and age of whom the next sample is of.
    person: Option<(u32, Option<f64>)>,
}

impl Session for Declared {
    fn tell(&mut self, told: &Told<'_>) {
        // Of a band the middle: people of one band are not told apart.
        let age = told.age.map(|age| age.completed_years().map_or(age.middle().floor(), f64::from));
        self.person = Some((told.subject_rank, age));
    }

    fn attempt(&mut self, _: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        let Some((rank, age)) = self.person.take() else {
            return Ok(Outcome::failed("a declaration is drawn in a run, from the true age"));
        };
        let Some(age) = age else {
            return Ok(Outcome::unanswered(
                Status::Abstained,
                "the true age is unknown: there is nothing to draw from",
            ));
        };
        let draw = uniform(stats::key(self.seed, &[STREAM, u64::from(rank)]));
        let answer = |limit: &AgeLimit| {
            let share = self.declared.share(age, *limit)?;
            let decision = if draw < share { Decision::Pass } else { Decision::Deny };
            Some(LimitAnswer { limit: *limit, score: None, decision: Some(decision) })
        };
        Ok(Outcome::answered(Answer::Limits(self.limits.iter().filter_map(answer).collect())))
    }
}

/// A number in [0, 1) with 53 random bits.
fn uniform(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
