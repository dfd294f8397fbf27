//! A method that does nothing, for the time that the harness itself takes.

use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::method::{Ask, Kind, Method, MethodCard, MethodError, Sample, Session};
use crate::outcome::{Outcome, Status};

/// A method that abstains at once, without a look at the sample. `card` is that of the method it stands beside.
#[must_use]
pub fn null_method(card: &MethodCard) -> Arc<dyn Method> {
    Arc::new(Null { card: MethodCard { name: "null".to_owned(), kind: Kind::Inference, ..card.clone() } })
}

struct Null {
    card: MethodCard,
}

impl Method for Null {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn open(&self, _ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        Ok(Box::new(Nothing))
    }
}

struct Nothing;

impl Session for Nothing {
    fn attempt(&mut self, _sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        Ok(Outcome::unanswered(Status::Abstained, String::new()))
    }
}
