//! Everybody who is not in a group: what is left of the whole when the group's counts are taken away.

use std::collections::BTreeMap;

use super::cell::{Cell, Joints};
use super::errors::ErrorTally;
use super::families::Families;
use super::finished::GroupTally;
use super::standards::{CellKey, CellPair, StandardTally};

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
    /// The rest of this whole beside `part`: its cells and the sums of its errors (those of required cells too), without
    /// flow, lines or bins. Exact only where no subject has attempts on both sides.
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
        let nobody = StandardTally::default();
        let standards = self.families.standards.iter().map(|(name, standard)| {
            (name.clone(), standard.less(part.families.standards.get(name).unwrap_or(&nobody)))
        });
        Self {
            pure: cells(&self.pure, &part.pure),
            mixed: cells(&self.mixed, &part.mixed),
            slots: cells(&self.slots, &part.slots),
            joints: self.joints.iter().filter_map(joint).collect(),
            errors: self.errors.less(&part.errors),
            families: Families { standards: standards.collect(), ..Families::default() },
            ..Self::default()
        }
    }
}

impl StandardTally {
    /// The sums of means without those of `part`, all of whose subjects are counted here.
    fn less(&self, part: &Self) -> Self {
        fn cells(
            all: &BTreeMap<CellKey, ErrorTally>,
            part: &BTreeMap<CellKey, ErrorTally>,
        ) -> BTreeMap<CellKey, ErrorTally> {
            let left = |(key, cell): (&CellKey, &ErrorTally)| {
                let left = part.get(key).map_or_else(|| cell.less(&ErrorTally::default()), |part| cell.less(part));
                (!left.moments.is_empty()).then(|| (key.clone(), left))
            };
            all.iter().filter_map(left).collect()
        }
        let pair = |(key, pair): (&(CellKey, CellKey), &CellPair)| {
            let mut moments = pair.moments.clone();
            for (attempts, sums) in part.pairs.get(key).into_iter().flat_map(|part| &part.moments) {
                moments.entry(*attempts).or_default().take_away(sums);
            }
            moments.retain(|_, sums| sums.subjects > 0);
            (!moments.is_empty()).then(|| (key.clone(), CellPair { moments, ..CellPair::default() }))
        };
        Self {
            column: self.column,
            levels: self.levels.clone(),
            single: cells(&self.single, &part.single),
            several: cells(&self.several, &part.several),
            pooled: self.pooled.less(&part.pooled),
            pairs: self.pairs.iter().filter_map(pair).collect(),
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
