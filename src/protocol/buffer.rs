//! The safe buffer: the target, the challenge ages it is looked for on, and who must meet it.

use serde::{Deserialize, Serialize};

use super::wire::thousandths;
use super::{Protocol, above};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::FailurePolicy;

/// What the safe buffer of METRICS M6 is looked for with.
#[derive(Debug, Clone, PartialEq)]
pub struct Buffer {
    /// The under-age pass rate that no required group may exceed.
    pub target: f64,
    /// Highest offset of the challenge ages above the limit, thousandths of a year.
    pub span: u32,
    /// Distance between two challenge ages, thousandths of a year.
    pub step: u32,
    /// The groups that must meet the target, besides the whole dataset.
    pub groups: Vec<RequiredGroup>,
    /// What an attempt without a decision counts as; none: as in the protocol's other rows.
    pub failure_policy: Option<FailurePolicy>,
    /// Whether it is also chosen on one half of the subjects and tested once on the other.
    pub confirm: bool,
    /// What was settled after the results had been seen.
    pub post_hoc: Vec<Settled>,
}

/// A group that must meet the target: one level of a column or crossing, or all of its levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredGroup {
    /// The column or crossing, as the cell `group_by` writes it.
    pub by: String,
    /// The level, as the cell `group` writes it; none: every level.
    pub level: Option<String>,
}

/// A choice of the safe buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The target.
    Target,
    /// The challenge ages.
    Grid,
    /// The required groups.
    Groups,
}

impl Settled {
    const WORDS: [(Self, &'static str); 3] = [(Self::Target, "target"), (Self::Grid, "grid"), (Self::Groups, "groups")];
}

impl Protocol {
    /// The challenge ages that the safe buffer of `limit` is looked for on, ascending; the first is the limit itself.
    #[must_use]
    pub fn buffer_ages(&self, limit: AgeLimit) -> Vec<ChallengeAge> {
        let step = self.buffer.step.max(1) as usize;
        (0..=self.buffer.span).step_by(step).filter_map(|offset| above(limit, offset)).collect()
    }

    /// The failure policy of the safe buffer.
    #[must_use]
    pub fn buffer_policy(&self) -> FailurePolicy {
        self.buffer.failure_policy.unwrap_or(self.failure_policy)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    target: f64,
    span: f64,
    step: f64,
    failure_policy: String,
    confirm: bool,
    post_hoc: Vec<String>,
    groups: Vec<WireGroup>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireGroup {
    group_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

impl Wire {
    pub fn read(self, wrong: &mut impl FnMut(&str, String)) -> Buffer {
        let failure_policy = match self.failure_policy.as_str() {
            "protocol" => None,
            word => {
                word.parse().map_err(|error| wrong("buffer.failure_policy", format!("{error}, or `protocol`"))).ok()
            }
        };
        let mut post_hoc = Vec::new();
        for word in &self.post_hoc {
            match Settled::WORDS.iter().find(|(_, known)| known == word) {
                Some((settled, _)) => post_hoc.push(*settled),
                None => {
                    wrong("buffer.post_hoc", format!("`{word}` is not one of `target`, `grid`, `groups`"));
                }
            }
        }
        let group = |group: WireGroup| RequiredGroup { by: group.group_by, level: group.group };
        Buffer {
            target: self.target,
            span: thousandths("buffer.span", self.span, wrong),
            step: thousandths("buffer.step", self.step, wrong),
            groups: self.groups.into_iter().map(group).collect(),
            failure_policy,
            confirm: self.confirm,
            post_hoc,
        }
    }
}

impl From<&Buffer> for Wire {
    fn from(buffer: &Buffer) -> Self {
        let word = |settled: &Settled| Settled::WORDS.iter().find(|(known, _)| known == settled).map(|(_, word)| *word);
        Self {
            target: buffer.target,
            span: f64::from(buffer.span) / 1000.0,
            step: f64::from(buffer.step) / 1000.0,
            failure_policy: buffer.failure_policy.map_or_else(|| "protocol".to_owned(), |policy| policy.to_string()),
            confirm: buffer.confirm,
            post_hoc: buffer.post_hoc.iter().filter_map(word).map(str::to_owned).collect(),
            groups: buffer
                .groups
                .iter()
                .map(|group| WireGroup { group_by: group.by.clone(), group: group.level.clone() })
                .collect(),
        }
    }
}

/// What the types alone do not rule out.
pub(super) fn problems(protocol: &Protocol, wrong: &mut impl FnMut(&str, String)) {
    let buffer = &protocol.buffer;
    if !(buffer.target > 0.0 && buffer.target < 1.0) {
        wrong("buffer.target", format!("{} is not a share above 0 and below 1", buffer.target));
    }
    if buffer.step == 0 {
        wrong("buffer.step", "expected more than 0 years".to_owned());
    } else if !buffer.span.is_multiple_of(buffer.step) {
        wrong("buffer.span", "expected a multiple of `buffer.step`".to_owned());
    } else if buffer.span / buffer.step > 120 {
        wrong("buffer.step", "more than 121 challenge ages a limit".to_owned());
    }
    for group in &buffer.groups {
        if group.by.is_empty() {
            wrong(
                "buffer.groups",
                "a required group without `group_by`: the whole dataset is always required".to_owned(),
            );
        } else if !protocol.groups_by(&group.by) {
            let by = &group.by;
            wrong(
                "buffer.groups",
                format!("`{by}` is neither among `groups` nor `crossings`: rows are not grouped by it"),
            );
        }
    }
}
