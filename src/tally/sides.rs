//! Subjects of several ages: what they did on both sides of a limit, and how far below it they passed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::Combo;
use super::class::AgeClass;
use super::families::Seen;
use super::weights::{Counted, PartWeights, of_parts};
use super::wire;
use crate::age::NANOS_PER_YEAR;

/// A limit, by its place in the grid, and a column of the grid.
pub type LimitColumn = (usize, usize);

/// What no sum over single age classes gives, at the headline challenge ages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideTally {
    /// Subjects with attempts surely below and surely at or above the limit: their combinations on both sides.
    #[serde(with = "wire::nested")]
    pub both: BTreeMap<LimitColumn, BTreeMap<(Combo, Combo), Counted>>,
    /// Subjects of several age classes who pass below the limit: for x years, (passes of people more than x years
    /// below it, all passes below it). An attempt of which it is not known leaves both.
    #[serde(with = "wire::nested")]
    pub far: BTreeMap<(LimitColumn, u32), BTreeMap<(u64, u64), Counted>>,
}

/// Whether everybody in `class` is more than `years` below `limit` (both whole years); `None` when not known.
pub(crate) fn is_far(class: AgeClass, limit: u32, years: u32) -> Option<bool> {
    let edge = i64::from(limit.saturating_sub(years)) * NANOS_PER_YEAR;
    let (low, high) = class.ends();
    if years >= limit || low >= edge { Some(false) } else { (high <= edge).then_some(true) }
}

impl SideTally {
    /// Counts one unit of several attempts; those of one age class are in the cells already.
    pub(super) fn count(&mut self, seen: &Seen<'_>) {
        let shape = seen.shape;
        let class = |sample: &u32| usize::from(shape.class_of[*sample as usize]);
        let first = class(&seen.taken.live[0]);
        let weighted = shape.truth.is_weighted();
        if seen.taken.live.iter().all(|sample| class(sample) == first) {
            return;
        }
        for (index, limit) in shape.grid.limits().iter().enumerate() {
            let (under, over) = shape.sides(index);
            if !seen.taken.live.iter().any(|sample| under[class(sample)]) {
                continue;
            }
            let both = seen.taken.live.iter().any(|sample| over[class(sample)]);
            for column in shape.plan.headline.iter().filter(|column| shape.column_of_limit(**column, index)) {
                let mut combos = [Combo::default(); 2];
                let mut weights: [PartWeights; 2] = Default::default();
                for sample in &seen.taken.live {
                    let part = shape.part(*sample as usize, *column);
                    let side = if under[class(sample)] {
                        0
                    } else if over[class(sample)] {
                        1
                    } else {
                        continue;
                    };
                    combos[side].0[part] += 1;
                    weights[side][part] += shape.truth.weight(*sample as usize).unwrap_or_default();
                }
                let key = (index, *column);
                if both {
                    let own = self.both.entry(key).or_default().entry((combos[0], combos[1])).or_default();
                    let parts = combos.iter().zip(&weights).flat_map(|(combo, weights)| of_parts(*combo, weights));
                    let vector: Vec<i64> = if weighted { parts.collect() } else { Vec::new() };
                    own.add(&vector);
                }
                if !shape.passed(combos[0]) {
                    continue;
                }
                for years in 1..=shape.plan.under_years {
                    let (mut far, mut all, mut weights) = (0, 0, [0_i64; 2]);
                    for sample in seen.taken.live.iter().filter(|sample| under[class(sample)]) {
                        let mut one = Combo::default();
                        one.0[shape.part(*sample as usize, *column)] = 1;
                        let known = is_far(shape.classes[class(sample)], limit.years(), years);
                        if let Some(is_far) = known.filter(|_| shape.passed(one)) {
                            let weight = shape.truth.weight(*sample as usize).unwrap_or_default();
                            all += 1;
                            far += u64::from(is_far);
                            weights[0] += if is_far { weight } else { 0 };
                            weights[1] += weight;
                        }
                    }
                    if all > 0 {
                        let own = self.far.entry((key, years)).or_default().entry((far, all)).or_default();
                        own.add(if weighted { &weights } else { &[] });
                    }
                }
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        fn add<K: Ord + Copy, P: Ord + Copy>(
            own: &mut BTreeMap<K, BTreeMap<P, Counted>>,
            other: &BTreeMap<K, BTreeMap<P, Counted>>,
        ) {
            for (key, pairs) in other {
                let own = own.entry(*key).or_default();
                for (pair, subjects) in pairs {
                    own.entry(*pair).or_default().merge(subjects);
                }
            }
        }
        add(&mut self.both, &other.both);
        add(&mut self.far, &other.far);
    }
}
