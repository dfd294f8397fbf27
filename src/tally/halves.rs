//! The two halves of the subjects between which a safe buffer is chosen and tested, counted as groups of their own.

use super::dimensions::Dimension;
use super::truth::Truth;
use crate::protocol::Protocol;
use crate::stats::key;
use crate::table::Group;

/// Separates this draw from all others with the same seed.
const PURPOSE: u64 = 0x6861_6C66;

/// A half of the subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The one that a choice is made on.
    Choose,
    /// The one that it is tested on.
    Test,
}

impl Half {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Choose, Self::Test];

    /// The half of a unit: a pure function of the seed and the subject's rank.
    #[must_use]
    pub fn of(seed: u64, rank: u32) -> Self {
        Self::BOTH[(key(seed, &[PURPOSE, u64::from(rank)]) & 1) as usize]
    }

    /// The group of the members of `group` in this half, as the tally keeps it.
    #[must_use]
    pub fn group(self, group: &Group) -> Group {
        group.part(if self == Self::Choose { "choose" } else { "test" })
    }
}

/// Adds the halves of everybody, and of every group of the columns that the safe buffer asks for.
pub(super) fn add(truth: &Truth, protocol: &Protocol, groups: &mut Vec<Group>, dimensions: &mut Vec<Dimension>) {
    let mut wanted: Vec<(String, Option<usize>)> = vec![(String::new(), None)];
    for required in &protocol.buffer.groups {
        let found = dimensions.iter().position(|dimension| dimension.by == required.by);
        if found.is_some() && wanted.iter().all(|(by, _)| *by != required.by) {
            wanted.push((required.by.clone(), found));
        }
    }
    for (_, dimension) in wanted {
        // Two groups for each group halved, in the order of the first.
        let halved: Vec<usize> = match dimension.map(|index| &dimensions[index]) {
            None => vec![0],
            Some(dimension) => (0..groups.len()).filter(|index| groups[*index].by() == dimension.by).collect(),
        };
        let base = groups.len();
        // Nobody is in a part of a dataset that has no people.
        let Some(by) = halved.first().map(|first| groups[*first].by().to_owned()) else { continue };
        for group in &halved {
            for half in Half::BOTH {
                let part = half.group(&groups[*group]);
                groups.push(part);
            }
        }
        let first = halved.first().copied().unwrap_or_default();
        let of_sample = |(index, rank): (usize, &u32)| {
            let group = dimension.map_or(first, |of| dimensions[of].groups[index] as usize);
            let half = usize::from(Half::of(protocol.seed, *rank) == Half::Test);
            u32::try_from(base + 2 * (group - first) + half).unwrap_or_default()
        };
        let codes: Vec<u32> = truth.units.iter().enumerate().map(of_sample).collect();
        dimensions.push(Dimension { by, printed: false, groups: codes });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_halves_and_move_with_the_seed() {
        let chosen = |seed| (0..10_000).filter(|rank| Half::of(seed, *rank) == Half::Choose).count();
        // Four standard deviations of a fair coin about 5,000.
        assert!(chosen(0).abs_diff(5_000) < 200 && chosen(1).abs_diff(5_000) < 200);
        assert!((0..100).any(|rank| Half::of(0, rank) != Half::of(1, rank)));
    }
}
