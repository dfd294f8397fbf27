//! The protocol: everything that defines a number. Two runs with one protocol digest mean the same by every row.
//!
//! The values in memory are here; their TOML form is [`wire`], and every default stands in `default.toml`, which is
//! part of the binary. The digest is taken elsewhere, over [`Protocol::canonical_json`].

mod between;
mod buffer;
mod check;
mod keys;
mod lines;
mod populations;
mod scores;
pub mod wire;

use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{FailurePolicy, Select};

pub use between::{BetweenGroups, FixedThreshold};
pub use buffer::{Buffer, RequiredGroup, Settled};
pub use check::{Found, Problem, ProtocolError};
pub use populations::{Files, Projection, Standard};
pub use scores::Scores;

/// Everything that defines a number. Made by [`Protocol::default_protocol`] and [`Protocol::from_toml`], which check
/// it: limits ascend, every challenge age is at or above its limit, shares lie between 0 and 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    /// Name, for people.
    pub name: String,
    /// The legal ages in question, ascending.
    pub limits: Vec<AgeLimit>,
    /// The challenge ages of every limit.
    pub challenge: ChallengeGrid,
    /// Whether an answered age equal to the challenge age passes.
    pub tie: Tie,
    /// The failure policy of every row that has only one.
    pub failure_policy: FailurePolicy,
    /// The windows around a limit.
    pub windows: Windows,
    /// The columns to group by.
    pub groups: Groups,
    /// The crossings: each a list of at least two columns.
    pub crossings: Vec<Vec<String>>,
    /// When a value can carry a claim.
    pub evidence: EvidenceRule,
    /// The levels of the intervals.
    pub levels: Levels,
    /// The share of straddling attempts above which window, `all` and buffer rows are insufficient evidence.
    pub straddling_share: f64,
    /// Rules for scores, probabilities and spreads.
    pub scores: Scores,
    /// The safe buffer.
    pub buffer: Buffer,
    /// Rules for differences between groups.
    pub between_groups: BetweenGroups,
    /// Challenge ages that are set on one group and used for all.
    pub fixed_thresholds: Vec<FixedThreshold>,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// The tries of the retry rows, ascending.
    pub retries: Vec<u32>,
    /// Edges of the age bands of the confusion matrix, completed years, ascending; empty for none.
    pub bands: Vec<u32>,
    /// The required cells of the standardised rows.
    pub standards: Vec<Standard>,
    /// The stated age distributions of visitors.
    pub projections: Vec<Projection>,
    /// The rows declared in advance; all others are exploratory.
    pub primary: Vec<Select>,
    /// The rows of a comparison that are tested together.
    pub family: Vec<Select>,
}

/// The challenge ages `T, T + step, ..., T + span` of a limit `T`, in thousandths of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeGrid {
    /// Highest offset.
    pub span: u32,
    /// Distance between two challenge ages.
    pub step: u32,
    /// Offsets of the challenge ages that the shorter tables and the crossings use; each is on the grid.
    pub headline: Vec<u32>,
}

/// What an answered age equal to the challenge age does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tie {
    /// It passes.
    AtOrAbove,
    /// It is denied.
    Above,
}

/// Windows of completed years around a limit `T`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// The under-age window is `[T - under_years, T)`.
    pub under_years: u32,
    /// The adult window is `[T, T + over_years)`.
    pub over_years: u32,
}

/// The columns to group by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Groups {
    /// All group columns that the dataset's card declares.
    Declared,
    /// These columns.
    Columns(Vec<String>),
}

/// When a value can carry a claim (METRICS M15): at least so many subjects and so large an n*, and a display interval
/// that is at most `width` wide, and at most `small_width` wide or at most `width_share` of the value.
///
/// Source: NCHS Series 2, No. 175 (2017), the presentation standards for proportions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EvidenceRule {
    /// Least number of subjects.
    pub subjects: u64,
    /// Least effective sample size.
    pub n_star: f64,
    /// Greatest width of the display interval.
    pub width: f64,
    /// A width that is narrow enough for any value.
    pub small_width: f64,
    /// Up to `width`, a width as a share of the value that is narrow enough.
    pub width_share: f64,
}

/// Levels of the intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Of the two-sided display intervals.
    pub display: f64,
    /// Of the one-sided bounds for claims.
    pub claim: f64,
}

/// What a protocol is read with.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The files that it names.
    pub files: Files<'a>,
    /// Whether a name is that of a metric; says what may be meant otherwise.
    pub metric: &'a dyn Fn(&str) -> Result<(), String>,
}

impl Protocol {
    /// The protocol of `default.toml`.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the text is part of the binary and a test reads it")]
    pub fn default_protocol() -> Self {
        Self::from_toml("").expect("default.toml is a protocol")
    }

    /// The protocol in `text`; what it does not say is taken from `default.toml`. A list replaces the default's list.
    ///
    /// # Errors
    /// Every problem that was found, in the order of the file's sections. A file that the protocol names cannot be
    /// read here: see [`Protocol::from_toml_with`].
    ///
    /// ```
    /// use agebench::protocol::Protocol;
    ///
    /// let protocol = Protocol::from_toml("name = \"at 18\"\nlimits = [18]\n")?;
    /// assert_eq!(protocol.limits.len(), 1);
    /// // What is not said is the default's; what is wrong is found in one pass.
    /// assert_eq!(protocol.tie, Protocol::default_protocol().tie);
    /// let problems = Protocol::from_toml("limits = [0]\nno_such_key = 1\n").unwrap_err().to_string();
    /// assert!(problems.contains("limits") && problems.contains("no_such_key"));
    /// # Ok::<(), agebench::protocol::ProtocolError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, ProtocolError> {
        Self::from_toml_with(text, &|_| Err("this protocol stands alone, without the files beside it".to_owned()))
    }

    /// As [`Protocol::from_toml`]; `files` gives the text of a file that the protocol names (a distribution of
    /// visitors), or why it cannot be read. What was read becomes part of the protocol.
    ///
    /// # Errors
    /// As [`Protocol::from_toml`].
    pub fn from_toml_with(text: &str, files: Files<'_>) -> Result<Self, ProtocolError> {
        Self::from_toml_around(text, &Around { files, metric: &|_| Ok(()) })
    }

    /// As [`Protocol::from_toml_with`], for what somebody wrote: a metric that nobody knows is an error, for its entry would
    /// match no row and say nothing.
    ///
    /// # Errors
    /// As [`Protocol::from_toml`].
    pub fn from_toml_around(text: &str, around: &Around<'_>) -> Result<Self, ProtocolError> {
        wire::read(text, around)
    }

    /// The effective protocol as TOML: every default written out, in a fixed order. Reads back as the same protocol.
    #[must_use]
    pub fn to_toml(&self) -> String {
        wire::Wire::from(self).to_toml()
    }

    /// The effective protocol as JSON, for the digest: every default filled in.
    #[must_use]
    pub fn canonical_json(&self) -> serde_json::Value {
        wire::Wire::from(self).to_json()
    }

    /// The challenge ages of `limit`, ascending; the first is the limit itself.
    #[must_use]
    pub fn challenge_ages(&self, limit: AgeLimit) -> Vec<ChallengeAge> {
        (0..=self.challenge.span)
            .step_by(self.challenge.step as usize)
            .filter_map(|offset| above(limit, offset))
            .collect()
    }

    /// The headline challenge ages of `limit`, ascending.
    #[must_use]
    pub fn headline_ages(&self, limit: AgeLimit) -> Vec<ChallengeAge> {
        self.challenge.headline.iter().filter_map(|&offset| above(limit, offset)).collect()
    }

    /// Completed years of the under-age window of `limit`: first and last, both included. `None` when it is empty
    /// (a window of no years).
    #[must_use]
    pub fn under_window(&self, limit: AgeLimit) -> Option<(u32, u32)> {
        let first = limit.years().saturating_sub(self.windows.under_years);
        (first < limit.years()).then(|| (first, limit.years() - 1))
    }

    /// Completed years of the adult window of `limit`: first and last, both included.
    #[must_use]
    pub fn over_window(&self, limit: AgeLimit) -> Option<(u32, u32)> {
        (self.windows.over_years > 0).then(|| (limit.years(), limit.years() + self.windows.over_years - 1))
    }
}

/// The challenge age `offset` thousandths of a year above `limit`; `None` beyond 120 years.
fn above(limit: AgeLimit, offset: u32) -> Option<ChallengeAge> {
    ChallengeAge::new(f64::from(limit.years() * 1000 + offset) / 1000.0).ok()
}

#[cfg(test)]
mod tests;
