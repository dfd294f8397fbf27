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

/// Examines a method: all rules, in the order in which they are listed.
///
/// # Errors
/// [`ConformanceError`] when it cannot be examined; a broken rule is no error.
pub fn examine(subject: &Subject<'_>, ask: &Ask) -> Result<Vec<Rule>, ConformanceError> {
    let write = |names| planted::Planted::write(&ask.scratch, subject.method.columns(), subject.photo, names);
    let (planted, renamed) = (write(planted::Names::Marked)?, write(planted::Names::Other)?);
    let mut rules = any::rules(subject, [&planted, &renamed], ask)?;
    if let Some(program) = subject.program {
        rules.extend(command::rules(program, &planted, ask));
    }
    #[cfg(feature = "http")]
    if let Some(service) = subject.service {
        rules.extend(http::rules(service, &planted, ask));
    }
    Ok(rules)
}
