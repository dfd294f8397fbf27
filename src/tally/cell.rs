//! Counts of subjects by what came of their attempts, over the columns of a grid.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::hot::Runs;
use super::weights::{View, add, length, of_parts, parts};
use super::wire;
use crate::stats::{Clusters, CrossWeights, Pair, Triple};

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

/// Counts and sums of weights by a key, over columns: both are kept as differences from column to column, so that a
/// subject whose key does not change touches two places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps<K: Ord> {
    pub(super) differences: BTreeMap<K, Vec<i64>>,
    /// Sums of weights, [`length`] numbers a column; empty where everybody weighs the same.
    pub(super) weights: BTreeMap<K, Vec<i128>>,
}

impl<K: Ord> Default for Steps<K> {
    fn default() -> Self {
        Self { differences: BTreeMap::new(), weights: BTreeMap::new() }
    }
}

impl<K: Ord + Copy> Steps<K> {
    /// Adds one subject from column `start` to before `end`, of `columns`; `vector` says what it weighs.
    pub(super) fn add(&mut self, key: K, (start, end): (usize, usize), columns: usize, vector: &[i64]) {
        let differences = self.differences.entry(key).or_insert_with(|| vec![0; columns + 1]);
        differences[start] += 1;
        differences[end] -= 1;
        if !vector.is_empty() {
            let size = length(vector.len());
            let sums = self.weights.entry(key).or_insert_with(|| vec![0; size * (columns + 1)]);
            add(&mut sums[size * start..size * (start + 1)], vector, 1);
            add(&mut sums[size * end..size * (end + 1)], vector, -1);
        }
    }

    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        merge(&mut self.differences, &other.differences, |own, other| *own += other);
        merge(&mut self.weights, &other.weights, |own, other| *own += other);
    }

    /// These counts without those of `part`, all of whose subjects are counted here.
    pub(super) fn less(&self, part: &Self) -> Self {
        let mut left = self.clone();
        merge(&mut left.differences, &part.differences, |own, part| *own -= part);
        merge(&mut left.weights, &part.weights, |own, part| *own -= part);
        left.differences.retain(|_, row| row.iter().any(|difference| *difference != 0));
        left.weights.retain(|key, _| left.differences.contains_key(key));
        left
    }

    /// How many subjects have which key at `column`, sorted, with the sums of their weights.
    fn at(&self, column: usize) -> impl Iterator<Item = (K, u64, Vec<i128>)> {
        self.differences.iter().filter_map(move |(key, differences)| {
            let subjects: i64 = differences.iter().take(column + 1).sum();
            let subjects = u64::try_from(subjects).ok().filter(|subjects| *subjects > 0)?;
            let sums = self.weights.get(key).map_or_else(Vec::new, |sums| {
                let size = sums.len() / differences.len();
                let mut total = vec![0; size];
                for step in sums.chunks(size).take(column + 1) {
                    total.iter_mut().zip(step).for_each(|(own, step)| *own += step);
                }
                total
            });
            Some((*key, subjects, sums))
        })
    }
}

fn merge<K: Ord + Copy, N: Copy + Default>(
    own: &mut BTreeMap<K, Vec<N>>,
    other: &BTreeMap<K, Vec<N>>,
    with: impl Fn(&mut N, N),
) {
    for (key, row) in other {
        let own = own.entry(*key).or_default();
        own.resize(own.len().max(row.len()), N::default());
        own.iter_mut().zip(row).for_each(|(own, other)| with(own, *other));
    }
}

impl<K: Ord + Copy + Serialize> Serialize for Steps<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        wire::steps::serialize(&self.differences, &self.weights, serializer)
    }
}

impl<'de, K: Ord + Copy + Deserialize<'de>> Deserialize<'de> for Steps<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (differences, weights) = wire::steps::deserialize(deserializer)?;
        Ok(Self { differences, weights })
    }
}

/// How many subjects have which [`Combo`] at which column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cell {
    pub(super) steps: Steps<Combo>,
}

impl Cell {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.steps.merge(&other.steps);
    }

    /// Whether nobody was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.differences.is_empty()
    }

    /// Counts one unit with these runs over `columns` columns.
    pub(super) fn add_runs(&mut self, runs: Runs<'_>, columns: usize) {
        for (run, weights) in runs.each() {
            let vector: Vec<i64> = weights.into_iter().flat_map(|weights| of_parts(run.combo, weights)).collect();
            self.steps.add(run.combo, (run.start, run.end), columns, &vector);
        }
    }

    /// The combinations at `column` with how many subjects have each, sorted.
    pub fn at(&self, column: usize) -> impl Iterator<Item = (Combo, u64)> {
        self.steps.differences.iter().filter_map(move |(combo, differences)| {
            let subjects: i64 = differences.iter().take(column + 1).sum();
            u64::try_from(subjects).ok().filter(|subjects| *subjects > 0).map(|subjects| (*combo, subjects))
        })
    }

    /// The subjects at `column` as (events, attempts) pairs with their weights; `pair` is a sum over attempts.
    pub fn triples(&self, column: usize, pair: impl Fn(Combo) -> Pair) -> impl Iterator<Item = Triple> {
        self.steps.at(column).map(move |(combo, subjects, sums)| {
            View { entries: parts(combo), sums: &sums }.triple(&[(combo, &pair)], subjects)
        })
    }

    /// The subjects at `column` as (events, attempts) pairs, both taken from the combination; `pair` is a sum over
    /// attempts.
    pub fn clusters(&self, column: usize, pair: impl Fn(Combo) -> Pair) -> Clusters {
        if self.steps.weights.is_empty() {
            return Clusters::of(self.at(column).map(|(combo, subjects)| {
                let (events, attempts) = pair(combo);
                (events, attempts, subjects)
            }));
        }
        Clusters::of_triples(self.triples(column, pair))
    }

    /// The subjects at `column` as one attempt each, of which `event` says whether it is an event.
    pub fn whole_subjects(&self, column: usize, event: impl Fn(Combo) -> bool) -> Clusters {
        Clusters::of_triples(self.triples(column, |combo| (0, combo.attempts())).zip(self.at(column)).map(
            |(triple, (combo, subjects))| Triple {
                events: u64::from(event(combo)),
                attempts: 1,
                subjects,
                weights: triple.weights.map(|weights| weights.of_whole_subjects(combo.attempts(), event(combo))),
            },
        ))
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
    pub(super) steps: Steps<(Combo, Combo)>,
}

impl Joints {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.steps.merge(&other.steps);
    }

    /// The subjects at `column` who are in both denominators, by (events, attempts) in the one and in the other, with
    /// the products of their weights. `pair` is a sum over attempts.
    pub fn pairs(
        &self,
        column: usize,
        pair: impl Fn(Combo) -> Pair,
    ) -> impl Iterator<Item = (Pair, Pair, u64, Option<CrossWeights>)> {
        self.steps.at(column).filter_map(move |((one, other), subjects, sums)| {
            let view = View { entries: parts(one) + parts(other), sums: &sums };
            let (first, second) = (pair(one), pair(other));
            let cells: [(Combo, &dyn Fn(Combo) -> Pair); 2] = [(one, &pair), (other, &pair)];
            (first.1 > 0 && second.1 > 0).then(|| (first, second, subjects, view.cross(&cells, 0, 1)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_a_column_stand_those_whose_run_holds_it_with_the_sums_of_their_weights() {
        let key = Combo([1, 0, 0, 0, 0]);
        let mut steps = Steps::default();
        steps.add(key, (1, 3), 4, &[2]);
        steps.add(key, (2, 4), 4, &[5]);
        steps.add(Combo([0, 1, 0, 0, 0]), (0, 1), 4, &[7]);
        let alone = |weight: i64| {
            let mut one = Steps::default();
            one.add(key, (0, 1), 1, &[weight]);
            one.at(0).next().unwrap().2
        };
        let both: Vec<i128> = alone(2).iter().zip(alone(5)).map(|(one, other)| one + other).collect();
        assert_eq!(alone(2).first(), Some(&2));
        let at = |column: usize| steps.at(column).filter(|(own, ..)| *own == key).collect::<Vec<_>>();
        assert_eq!((at(0), at(4)), (vec![], vec![]));
        assert_eq!((at(1), at(2), at(3)), (vec![(key, 1, alone(2))], vec![(key, 2, both)], vec![(key, 1, alone(5))]));
        assert_eq!([0, 1, 2, 3, 4].map(|column| steps.at(column).count()), [1, 1, 1, 1, 0]);
    }

    #[test]
    fn a_pair_is_of_those_who_are_in_both_denominators() {
        let combo = |above: u32, deny: u32, undecided: u32| Combo([above, 0, deny, undecided, 0]);
        let mut joints = Joints::default();
        for (one, other) in [
            (combo(1, 1, 0), combo(0, 2, 1)),
            (combo(1, 0, 0), combo(0, 0, 3)),
            (combo(0, 0, 2), combo(1, 0, 0)),
            (combo(0, 0, 1), combo(0, 0, 1)),
        ] {
            joints.steps.add((one, other), (0, 1), 1, &[]);
        }
        let decided = |combo: Combo| (combo.get(Combo::ABOVE), combo.get(Combo::ABOVE) + combo.get(Combo::DENY));
        let found: Vec<_> = joints.pairs(0, decided).map(|(one, other, count, _)| (one, other, count)).collect();
        assert_eq!(found, [((1, 2), (0, 2), 1)]);
        assert_eq!(joints.pairs(1, decided).count(), 0);
        // Above and denied in the one; above, denied and undecided in the other.
        let mut weighted = Joints::default();
        weighted.steps.add((combo(1, 1, 0), combo(1, 2, 1)), (0, 1), 1, &[5, 3, 6, 4, 2]);
        let (.., cross) = weighted.pairs(0, decided).next().unwrap();
        assert_eq!(cross, Some(CrossWeights { events: 5 * 6, events_all: 5 * 10, all_events: 8 * 6, all: 8 * 10 }));
    }
}
