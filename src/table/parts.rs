//! What a row is made of: where it comes from, its metric, its counts, its bounds, and whether a claim can rest on it.

use super::{Better, Interval, Unit};

/// What is the same in all rows of one method on one dataset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    /// Version of agebench that computed the row.
    pub tool_version: String,
    /// Name of the method.
    pub method: String,
    /// Kind of the method: estimation, verification, inference or declaration.
    pub method_kind: String,
    /// First 16 hex digits of the method's digest.
    pub method_digest: String,
    /// Name of the dataset.
    pub dataset: String,
    /// First 16 hex digits of the manifest's digest.
    pub manifest_digest: String,
    /// First 16 hex digits of the protocol's digest.
    pub protocol_digest: String,
    /// Engine and decoder with their versions.
    pub engine: String,
}

/// A metric as a row names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Whole words in snake case.
    pub name: &'static str,
    /// Unit of the value.
    pub unit: Unit,
    /// Which direction is the better one.
    pub better: Better,
}

/// Counts behind a value. `None` is "does not apply", never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// The row's own denominator, in attempts (samples, for flow rows).
    pub attempts: Option<u64>,
    /// Subjects (clusters, where the manifest names them) with at least one attempt in the denominator.
    pub subjects: Option<u64>,
    /// Attempts that are events.
    pub events: Option<u64>,
    /// Subjects with at least one event.
    pub event_subjects: Option<u64>,
    /// Attempts that were answered without a decision.
    pub undecided: Option<u64>,
    /// Attempts whose answered age equals the challenge age.
    pub ties: Option<u64>,
}

/// A two-sided display interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// How it was made.
    pub interval: Interval,
    /// Level, such as 0.95.
    pub level: f64,
    /// Lower bound, in the unit of the value.
    pub low: f64,
    /// Upper bound, in the unit of the value.
    pub high: f64,
}

/// Two one-sided bounds for claims and gates, each at the protocol's claim level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Lower one-sided bound.
    pub low: f64,
    /// Upper one-sided bound.
    pub high: f64,
}

/// Whether a value can carry a claim, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// It can.
    Sufficient,
    /// It cannot, for these reasons: short texts such as `12<30 subjects`, without `;`.
    Short(Vec<String>),
}

impl Evidence {
    /// What `reasons` against a claim come to.
    #[must_use]
    pub fn of(reasons: Vec<String>) -> Self {
        if reasons.is_empty() { Self::Sufficient } else { Self::Short(reasons) }
    }

    /// What speaks against a claim.
    #[must_use]
    pub fn reasons(self) -> Vec<String> {
        match self {
            Self::Sufficient => Vec::new(),
            Self::Short(reasons) => reasons,
        }
    }

    /// The same with more that speaks against a claim.
    #[must_use]
    pub fn and(self, more: impl IntoIterator<Item = String>) -> Self {
        Self::of(self.reasons().into_iter().chain(more).collect())
    }
}

/// A share with all that it needs to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// The share, 0 to 1.
    pub value: f64,
    /// Attempts in the denominator.
    pub attempts: u64,
    /// Subjects in the denominator.
    pub subjects: u64,
    /// Attempts that are events.
    pub events: u64,
    /// Subjects with at least one event.
    pub event_subjects: u64,
    /// Answered without a decision, where decisions are counted.
    pub undecided: Option<u64>,
    /// Answers equal to the challenge age, where they can be.
    pub ties: Option<u64>,
    /// The display interval.
    pub bounds: Bounds,
    /// The one-sided bounds for claims.
    pub claim: Claim,
    /// Effective sample size (METRICS M15).
    pub n_star: f64,
    /// Design effect: attempts / n*.
    pub deff: f64,
    /// Whether a claim can rest on it.
    pub evidence: Evidence,
}

/// A value that is not a share: a mean, a percentile, a count.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// The value, in the measure's unit.
    pub value: f64,
    /// The display interval; none for counts and where METRICS gives none.
    pub bounds: Option<Bounds>,
    /// The counts behind it.
    pub counts: Counts,
    /// Whether a claim can rest on it; none for counts.
    pub evidence: Option<Evidence>,
}
