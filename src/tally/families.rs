//! What single families of metrics count beside the cells: one field a family, each in a file of its own.

use serde::{Deserialize, Serialize};

use super::attacks::AttackTallies;
use super::shape::Shape;

/// One unit's samples in one group, as every family sees them.
#[allow(dead_code, reason = "each family takes what it needs")]
pub(super) struct Seen<'a> {
    /// Truth, answers and what is looked up of them.
    pub shape: &'a Shape<'a>,
    /// The group, as an index into the groups of `shape`; 0 is the whole data set.
    pub group: usize,
    /// All samples of the unit in this group, attacks and unknown ages included, in manifest order.
    pub samples: &'a [u32],
    /// The eligible attempts among them: bona fide, of known age, put to the method.
    pub live: &'a [u32],
}

/// The counts of all families; those of disjoint subjects add up. A family derives `Serialize` and `Deserialize`, so
/// that it stands in tally files; a map whose keys are no numbers or texts is marked `#[serde(with = "wire::pairs")]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Families {
    /// Attack attempts; of the whole data set only.
    pub attacks: AttackTallies,
}

impl Families {
    /// Counts one unit.
    pub(super) fn count(&mut self, seen: &Seen<'_>) {
        if seen.group == 0 {
            self.attacks.count(seen);
        }
    }

    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        self.attacks.merge(&other.attacks);
    }
}
