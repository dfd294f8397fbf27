//! Conformance: rules that a method keeps, whatever it is and however it is reached, and those of the protocol for
//! programs and for services. A vendor runs them before anybody measures; each rule passes, or fails with what to do.

mod any;
mod command;
#[cfg(feature = "http")]
mod http;
mod planted;
mod traces;

use std::sync::Arc;

use crate::method::adapter::command::CommandMethod;
use crate::method::{Ask, Method, MethodError};

/// How a rule was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was; what was seen, which may be nothing worth a word.
    Kept(String),
    /// It was not: what was seen, and what to do.
    Broken {
        /// What was seen.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// No rule is broken, and yet something may be wrong: what was seen, and what to do.
    Doubtful {
        /// What was seen.
        found: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// It does not apply: why.
    NotApplicable(String),
}

/// One rule and how it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The rule, as the end of the sentence "the method ...".
    pub rule: &'static str,
    /// How it was kept.
    pub verdict: Verdict,
}

impl Rule {
    fn kept(rule: &'static str, seen: impl Into<String>) -> Self {
        Self { rule, verdict: Verdict::Kept(seen.into()) }
    }

    fn broken(rule: &'static str, found: impl Into<String>, remedy: &'static str) -> Self {
        Self { rule, verdict: Verdict::Broken { found: found.into(), remedy } }
    }

    fn doubtful(rule: &'static str, found: impl Into<String>, remedy: &'static str) -> Self {
        Self { rule, verdict: Verdict::Doubtful { found: found.into(), remedy } }
    }

    fn of(rule: &'static str, result: Result<String, String>, remedy: &'static str) -> Self {
        match result {
            Ok(seen) => Self::kept(rule, seen),
            Err(found) => Self::broken(rule, found, remedy),
        }
    }

    fn not_applicable(rule: &'static str, why: impl Into<String>) -> Self {
        Self { rule, verdict: Verdict::NotApplicable(why.into()) }
    }

    /// Whether it was broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        matches!(self.verdict, Verdict::Broken { .. })
    }
}

/// What is examined.
pub struct Subject<'a> {
    /// The method.
    pub method: Arc<dyn Method>,
    /// The same, where it is a program.
    pub program: Option<&'a CommandMethod>,
    /// The same, where it is a service.
    #[cfg(feature = "http")]
    pub service: Option<&'a crate::method::adapter::http::HttpMethod>,
    /// A photo of a face.
    pub photo: &'a [u8],
}

/// Why a method could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum ConformanceError {
    /// The planted samples cannot be written.
    #[error("cannot write the samples of the examination")]
    Samples(#[source] std::io::Error),
    /// The planted samples cannot be read.
    #[error("cannot read the samples of the examination")]
    Dataset(#[source] crate::dataset::DatasetError),
    /// The method cannot be opened at all.
    #[error("cannot open the method")]
    Method(#[source] MethodError),
}

/// Examines a method: all rules, in the order in which they are listed; of one that does not answer a photo in time, those up
/// to that.
///
/// # Errors
/// [`ConformanceError`] when it cannot be examined; a broken rule is no error.
pub fn examine(subject: &Subject<'_>, ask: &Ask) -> Result<Vec<Rule>, ConformanceError> {
    let write = |names| planted::Planted::write(&ask.scratch, subject.method.columns(), subject.photo, names);
    let (planted, renamed) = (write(planted::Names::Marked)?, write(planted::Names::Other)?);
    let (mut rules, answers) = any::rules(subject, [&planted, &renamed], ask)?;
    if !answers {
        return Ok(rules);
    }
    if let Some(program) = subject.program {
        rules.extend(command::rules(program, &planted, ask));
    }
    #[cfg(feature = "http")]
    if let Some(service) = subject.service {
        rules.extend(http::rules(service, &planted, ask));
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::age::AgeLimit;
    use crate::clock::StillClock;
    use crate::method::{MethodCard, Sample, Scratch, Session};
    use crate::outcome::{Outcome, Status};

    /// Answers nothing in time, and counts what it is asked.
    struct Silent(MethodCard, Arc<AtomicUsize>);

    struct Waiting(Arc<AtomicUsize>);

    impl Method for Silent {
        fn card(&self) -> &MethodCard {
            &self.0
        }

        fn engine(&self) -> String {
            String::new()
        }

        fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
            jobs
        }

        fn open(&self, _: &Ask) -> Result<Box<dyn Session>, MethodError> {
            Ok(Box::new(Waiting(Arc::clone(&self.1))))
        }
    }

    impl Session for Waiting {
        fn attempt(&mut self, _: &mut Sample<'_>) -> Result<Outcome, MethodError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(Outcome::unanswered(Status::TimedOut, ""))
        }
    }

    #[test]
    fn a_method_that_answers_no_photo_in_time_is_asked_once() {
        let card = "name = 'silent'\nkind = 'estimation'\nversion = '1'\n[command]\nprogram = 'true'\n";
        let (card, findings) = MethodCard::read("method.toml", card);
        let asked = Arc::new(AtomicUsize::new(0));
        let method = Silent(card.unwrap_or_else(|| panic!("{findings}")), Arc::clone(&asked));
        let subject = Subject {
            method: Arc::new(method),
            program: None,
            #[cfg(feature = "http")]
            service: None,
            photo: b"a photo",
        };
        let place = tempfile::tempdir().unwrap();
        let ask = Ask {
            limits: vec![AgeLimit::new(18).unwrap()],
            time_limit: Duration::from_secs(9),
            seed: 0,
            scratch: Scratch::within(place.path(), false),
            clock: Arc::new(StillClock),
            stop: Arc::default(),
        };
        let rules = examine(&subject, &ask).unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let last = rules.last().unwrap();
        assert_eq!((rules.len(), last.rule), (2, "gives a photo a status"));
        assert!(matches!(&last.verdict, Verdict::Broken { found, .. } if found.contains("within 9 s")), "{last:?}");
    }
}
