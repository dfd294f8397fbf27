//! Counts of subjects by what came of their attempts, over the columns of a grid.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::wire;
use crate::stats::Clusters;

/// What came of the attempts of one subject in one cell at one column: numbers of attempts that answered strictly
/// above, equal, below, undecided, and not at all. Other tallies use the five places for other things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Combo(pub [u32; 5]);

impl Combo {
    /// Answered strictly above the challenge age, or decided to pass.
    pub const ABOVE: usize = 0;
    /// Answered exactly the challenge age.
    pub const TIE: usize = 1;
    /// Answered below the challenge age, or decided to deny.
    pub const DENY: usize = 2;
    /// Answered without a decision.
    pub const UNDECIDED: usize = 3;
    /// Not answered.
    pub const UNANSWERED: usize = 4;

    /// Attempts of this kind.
    #[must_use]
    pub fn get(self, part: usize) -> u64 {
        self.0.get(part).copied().map_or(0, u64::from)
    }

    /// All attempts.
    #[must_use]
    pub fn attempts(self) -> u64 {
        self.0.iter().copied().map(u64::from).sum()
    }
}

/// How many subjects have which [`Combo`] at which column. Kept as differences from column to column, so that a
/// subject whose combination does not change touches two numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cell {
    #[serde(with = "wire::pairs")]
    pub(super) differences: BTreeMap<Combo, Vec<i64>>,
}

impl Cell {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (combo, differences) in &other.differences {
            let own = self.differences.entry(*combo).or_default();
            own.resize(own.len().max(differences.len()), 0);
            own.iter_mut().zip(differences).for_each(|(own, other)| *own += other);
        }
    }

    /// Whether nobody was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// The combinations at `column` with how many subjects have each, sorted.
    pub fn at(&self, column: usize) -> impl Iterator<Item = (Combo, u64)> {
        self.differences.iter().filter_map(move |(combo, differences)| {
            let subjects: i64 = differences.iter().take(column + 1).sum();
            u64::try_from(subjects).ok().filter(|subjects| *subjects > 0).map(|subjects| (*combo, subjects))
        })
    }

    /// The subjects at `column` as (events, attempts) pairs, both taken from the combination.
    pub fn clusters(&self, column: usize, pair: impl Fn(Combo) -> (u64, u64)) -> Clusters {
        Clusters::of(self.at(column).map(|(combo, subjects)| {
            let (events, attempts) = pair(combo);
            (events, attempts, subjects)
        }))
    }

    /// Sum over subjects at `column` of `of`.
    pub fn total(&self, column: usize, of: impl Fn(Combo) -> u64) -> u64 {
        self.at(column).map(|(combo, subjects)| of(combo) * subjects).sum()
    }
}

/// Subjects with attempts in two classes: how many have which combination in the one and in the other, by column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Joints {
    #[serde(with = "wire::pairs")]
    pub(super) differences: BTreeMap<(Combo, Combo), Vec<i64>>,
}

impl Joints {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (combos, differences) in &other.differences {
            let own = self.differences.entry(*combos).or_default();
            own.resize(own.len().max(differences.len()), 0);
            own.iter_mut().zip(differences).for_each(|(own, other)| *own += other);
        }
    }

    /// The pairs of combinations at `column` with how many subjects have each, sorted.
    pub fn at(&self, column: usize) -> impl Iterator<Item = (Combo, Combo, u64)> {
        self.differences.iter().filter_map(move |((one, other), differences)| {
            let subjects: i64 = differences.iter().take(column + 1).sum();
            u64::try_from(subjects).ok().filter(|subjects| *subjects > 0).map(|subjects| (*one, *other, subjects))
        })
    }
}
