//! The counts of people that a release speaks of, and the rows that stand for them.

use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::Protocol;
use crate::table::{FailurePolicy, Group, Population, Row, Weighting};

/// How an attempt ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Without {
    /// Failed, timed out, found nobody.
    Involuntary,
    /// Refused.
    Refused,
    /// Abstained.
    Abstained,
}

impl Without {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Involuntary, Self::Refused, Self::Abstained];

    fn of(metric: &str) -> Option<Self> {
        match metric {
            "involuntary_failure_rate" => Some(Self::Involuntary),
            "refusal_rate" => Some(Self::Refused),
            "abstention_rate" => Some(Self::Abstained),
            _ => None,
        }
    }
}

/// Where a rate stands, but for method and group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stand {
    /// Whether denials of adults are the events, not passes of minors.
    pub denials: bool,
    /// The limit.
    pub limit: AgeLimit,
    /// The challenge age; none for the method's own decision.
    pub challenge: Option<ChallengeAge>,
    /// Who: `under`, `over` or a window.
    pub population: Population,
}

/// What is counted, in attempts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum What {
    /// Attempts.
    Attempted,
    /// Attempts answered with an age.
    Answered,
    /// Attempts without an answer.
    Without(Without),
    /// Attempts in the denominator of a rate.
    Decided(Stand),
    /// Attempts that are events of a rate.
    Events(Stand),
    /// Attempts in the denominator that are no events.
    Others(Stand),
}

/// One count: of a method (its place in the list of methods) and a group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Place in the list of methods.
    pub method: usize,
    /// The whole dataset or a group of one column.
    pub group: Group,
    /// What is counted.
    pub what: What,
}

/// What a row of a share says: its denominator and its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The denominator.
    pub all: What,
    /// The events.
    pub events: What,
    /// The rest.
    pub others: Option<What>,
}

/// Whether `row` is of the whole dataset or of a group of one column.
pub fn is_plain_group(row: &Row) -> bool {
    row.group.is_whole() || (row.group.parts().len() == 1 && !row.group.level().is_empty())
}

/// Whether this is a row of the two rates or of attempts without an answer that is published: the protocol's policy, its
/// headline challenge ages, people below and above and both windows, no crossing. `released` rows are in the form that
/// was published.
pub fn pair(row: &Row, protocol: &Protocol, released: bool) -> Option<Pair> {
    if !is_plain_group(row) || (!released && row.weighting != Some(Weighting::Subject)) {
        return None;
    }
    if let Some(without) = Without::of(&row.metric) {
        return row.variant.is_none().then_some(Pair {
            all: What::Attempted,
            events: What::Without(without),
            others: None,
        });
    }
    let denials = match row.metric.as_str() {
        "under_age_pass_rate" => false,
        "adult_denial_rate" => true,
        _ => return None,
    };
    let limit = row.limit?;
    let plain = match (&row.population, released) {
        (Population::Window(..), true) => row.variant.to_string() == POOLED,
        _ => row.variant.is_none(),
    };
    let population = match (&row.population, denials) {
        (Population::Under, false) | (Population::Over, true) | (Population::Window(..), _) => row.population.clone(),
        _ => return None,
    };
    let headline = row.challenge.is_none_or(|challenge| protocol.headline_ages(limit).contains(&challenge));
    if !plain || row.failure_policy != Some(protocol.failure_policy) || !(headline || released) {
        return None;
    }
    let stand = Stand { denials, limit, challenge: row.challenge, population };
    Some(Pair {
        all: What::Decided(stand.clone()),
        events: What::Events(stand.clone()),
        others: Some(What::Others(stand)),
    })
}

/// The variant of a published window row: its years pooled, because the mean of single years is no function of counts.
pub const POOLED: &str = "window=pooled";

/// Whether an attempt counts, by whether it passed, was denied or got no decision, for `what` of a rate.
pub fn counts(what: &What, policy: FailurePolicy, passed: bool, denied: bool) -> bool {
    let decided = passed || denied || policy != FailurePolicy::Conditional;
    let event = |denials: bool| match (denials, policy) {
        (false, FailurePolicy::FailOpen) => !denied,
        (false, _) => passed,
        (true, FailurePolicy::FailClosed) => !passed,
        (true, _) => denied,
    };
    match what {
        What::Decided(_) => decided,
        What::Events(stand) => decided && event(stand.denials),
        What::Others(stand) => decided && !event(stand.denials),
        What::Attempted | What::Answered | What::Without(_) => false,
    }
}
