//! Everybody who is not in a group: what is left of the whole when the group's counts are taken away.

use std::collections::BTreeMap;

use super::cell::{Cell, Joints};
use super::errors::ErrorTally;
use super::finished::GroupTally;

impl Cell {
    /// These counts without those of `part`, all of whose subjects are counted here.
    fn less(&self, part: &Self) -> Self {
        Self { steps: self.steps.less(&part.steps) }
    }
}

impl Joints {
    fn less(&self, part: &Self) -> Self {
        Self { steps: self.steps.less(&part.steps) }
    }
}

impl GroupTally {
    /// The rest of this whole beside `part`: its cells and the sums of its errors, without flow, lines or bins. Exact
    /// only where no subject has attempts on both sides.
    #[must_use]
    pub fn less(&self, part: &Self) -> Self {
        fn cells<K: Ord + Copy>(all: &BTreeMap<K, Cell>, part: &BTreeMap<K, Cell>) -> BTreeMap<K, Cell> {
            let left = |(key, cell): (&K, &Cell)| {
                let left = part.get(key).map_or_else(|| cell.clone(), |part| cell.less(part));
                (!left.is_empty()).then_some((*key, left))
            };
            all.iter().filter_map(left).collect()
        }
        let joint = |(key, joints): (&_, &Joints)| {
            let left = part.joints.get(key).map_or_else(|| joints.clone(), |part| joints.less(part));
            (!left.steps.differences.is_empty()).then_some((*key, left))
        };
        Self {
            pure: cells(&self.pure, &part.pure),
            mixed: cells(&self.mixed, &part.mixed),
            slots: cells(&self.slots, &part.slots),
            joints: self.joints.iter().filter_map(joint).collect(),
            errors: self.errors.less(&part.errors),
            ..Self::default()
        }
    }
}

impl ErrorTally {
    /// The sums of means without those of `part`.
    #[must_use]
    pub fn less(&self, part: &Self) -> Self {
        let mut left = Self { moments: self.moments.clone(), ..Self::default() };
        for (attempts, moments) in &part.moments {
            left.moments.entry(*attempts).or_default().take_away(moments);
        }
        left.moments.retain(|_, moments| moments.subjects > 0);
        left.weighted = self.weighted.less(&part.weighted);
        left
    }
}
