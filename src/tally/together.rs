//! Subjects with attempts both in a group and outside of it: what a difference between the group and the rest needs to
//! know of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::Combo;
use super::class::Slot;
use super::errors::{Error, ErrorTally};
use super::families::Seen;
use super::own_errors::OwnErrors;
use super::shape::Shape;
use super::standards::JointMoments;
use super::weights::{Counted, PartWeights, of_parts};
use super::wire;
use crate::age::AgeLimit;
use crate::table::Group;

/// The populations whose subjects are counted.
const SLOTS: [(usize, Slot); 4] = [(0, Slot::Under), (1, Slot::Over), (2, Slot::UnderWindow), (3, Slot::OverWindow)];

/// A population of a limit, and a column of the grid.
pub type SlotColumn = (AgeLimit, Slot, usize);

/// The subjects on both sides of one group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// At the headline challenge ages and the method's own decision: what they did in the group, and outside.
    #[serde(with = "wire::nested")]
    pub outcomes: BTreeMap<SlotColumn, BTreeMap<(Combo, Combo), Counted>>,
    /// Their errors in the group.
    pub inside: ErrorTally,
    /// Their errors outside.
    pub outside: ErrorTally,
    /// All their errors.
    pub both: ErrorTally,
    /// Their errors inside and outside together, by number of attempts in the one and the other.
    #[serde(with = "wire::pairs")]
    pub joint: BTreeMap<(u32, u32), JointMoments>,
}

/// By group.
pub type ByGroup = BTreeMap<Group, Together>;

impl Together {
    pub(super) fn merge(&mut self, other: &Self) {
        for (key, pairs) in &other.outcomes {
            let own = self.outcomes.entry(*key).or_default();
            for (pair, counted) in pairs {
                own.entry(*pair).or_default().merge(counted);
            }
        }
        self.inside.merge(&other.inside);
        self.outside.merge(&other.outside);
        self.both.merge(&other.both);
        for (key, moments) in &other.joint {
            self.joint.entry(*key).or_default().merge(moments);
        }
    }
}

/// All of them while they are filled, by label.
#[derive(Default)]
pub(super) struct HotTogether(BTreeMap<u32, Together>);

impl HotTogether {
    /// Counts one unit that has attempts with `label` and with others.
    pub fn count(&mut self, seen: &Seen<'_>, label: u32, groups: &[u32]) {
        let shape = seen.shape;
        let own = self.0.entry(label).or_default();
        let inside = |sample: u32| groups[sample as usize] == label;
        let class = |sample: u32| usize::from(shape.class_of[sample as usize]);
        for (index, limit) in shape.grid.limits().iter().enumerate() {
            for (place, slot) in SLOTS {
                let members = &shape.slots[1 + index * Slot::OF_LIMIT.len() + place];
                let of_slot = || seen.taken.live.iter().copied().filter(|sample| members[class(*sample)]);
                let both = of_slot().any(inside) && of_slot().any(|sample| !inside(sample));
                if !both {
                    continue;
                }
                for column in &shape.plan.of_limit[index] {
                    let mut combos = [Combo::default(); 2];
                    let mut weights = [PartWeights::default(); 2];
                    for sample in of_slot() {
                        let (side, part) = (usize::from(!inside(sample)), shape.part(sample as usize, *column));
                        combos[side].0[part] += 1;
                        weights[side][part] += shape.truth.weight(sample as usize).unwrap_or_default();
                    }
                    let counted = own.outcomes.entry((*limit, slot, *column)).or_default();
                    let parts = combos.iter().zip(&weights).flat_map(|(combo, weights)| of_parts(*combo, weights));
                    let vector: Vec<i64> = if shape.truth.is_weighted() { parts.collect() } else { Vec::new() };
                    counted.entry((combos[0], combos[1])).or_default().add(&vector);
                }
            }
        }
        let errors = |wanted: Option<bool>| {
            let of = move |sample: &&u32| wanted.is_none_or(|wanted| inside(**sample) == wanted);
            let error = move |sample: &u32| Error::of(shape.truth, shape.answers, *sample as usize, false);
            seen.taken.live.iter().filter(of).filter_map(error)
        };
        let (one, other) = (OwnErrors::of(errors(Some(true))), OwnErrors::of(errors(Some(false))));
        if one.attempts > 0 && other.attempts > 0 {
            own.inside.add_own(&one);
            own.outside.add_own(&other);
            own.both.add(errors(None));
            own.joint.entry((one.attempts, other.attempts)).or_default().merge(&JointMoments::of(&one, &other));
        }
    }

    pub fn finish(self, shape: &Shape<'_>) -> ByGroup {
        self.0.into_iter().map(|(label, own)| (shape.groups[label as usize].clone(), own)).collect()
    }
}
