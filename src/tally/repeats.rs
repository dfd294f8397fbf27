//! Subjects with several answers of one completed year and condition: how far their answers spread, how often their
//! decisions flip.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::Said;
use super::cell::Combo;
use super::class::AgeClass;
use super::families::Seen;
use super::shape::Reply;
use super::wire;
use crate::age::nanos;

/// Sums over units of one quantity, by a number of each unit (subjects, or degrees of freedom).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatSums {
    /// Units.
    pub units: u64,
    /// Sum of the units' sums.
    pub sum: i128,
    /// Sum of their squares.
    pub square: i128,
}

/// Everything counted of repeated answers. A set are the answers of one subject at one completed year under one
/// condition; sets of one answer are left out, and so are answers on a band of ages, which is no one year.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatTally {
    /// Answers in sets.
    pub answers: u64,
    /// Mean absolute deviation of a subject's answers about the means of their sets, 10^-12 years; by subjects in the
    /// unit (1, but for clusters).
    pub noise: BTreeMap<u32, RepeatSums>,
    /// The same, each set's part times sqrt(m / (m - 1)).
    pub corrected: BTreeMap<u32, RepeatSums>,
    /// Squared deviations about the means of the sets, 10^-9 squared years; by degrees of freedom.
    pub squares: BTreeMap<u64, RepeatSums>,
    /// For each headline column: units by (pairs of decisions that differ, pairs of decisions), both within sets.
    #[serde(with = "wire::nested")]
    pub flips: BTreeMap<usize, BTreeMap<(u64, u64), u64>>,
}

/// One attempt: subject, condition, age class, sample.
type Key = (u32, u64, u16, u32);

/// The counts while they are filled.
#[derive(Default)]
pub(super) struct HotRepeats {
    tally: RepeatTally,
    flips: Vec<BTreeMap<(u64, u64), u64>>,
    columns: Vec<usize>,
    // Reused from subject to subject.
    keys: Vec<Key>,
    replies: Vec<Reply>,
    answers: Vec<i64>,
    pairs: Vec<(u64, u64)>,
}

/// What the sets of one subject come to.
#[derive(Default)]
struct Subject {
    answers: u64,
    deviation: f64,
    corrected: f64,
}

impl HotRepeats {
    /// Counts one unit of several attempts.
    pub fn count(&mut self, seen: &Seen<'_>) {
        let shape = seen.shape;
        let key = |sample: &u32| {
            let index = *sample as usize;
            (shape.truth.subject(index), shape.truth.condition(index), shape.class_of[index], *sample)
        };
        self.keys.clear();
        let of_one_year = |key: &Key| matches!(shape.classes.get(usize::from(key.2)), Some(AgeClass::Year(_)));
        self.keys.extend(seen.taken.live.iter().map(key).filter(of_one_year));
        self.keys.sort_unstable();
        if self.columns.is_empty() {
            self.columns.clone_from(&shape.plan.headline);
            self.flips.resize(self.columns.len(), BTreeMap::new());
        }
        let keys = std::mem::take(&mut self.keys);
        self.pairs.clear();
        self.pairs.resize(self.columns.len(), (0, 0));
        let (mut subjects, mut noise, mut corrected) = (0_u32, 0_i128, 0_i128);
        let (mut squares, mut free) = (0_i128, 0_u64);
        for of_subject in keys.chunk_by(|one, other| one.0 == other.0) {
            let mut own = Subject::default();
            for set in
                of_subject.chunk_by(|one, other| (one.1, one.2) == (other.1, other.2)).filter(|set| set.len() > 1)
            {
                self.decisions(seen, set);
                self.answers.clear();
                self.answers.extend(set.iter().filter_map(|key| match shape.answers.said(key.3 as usize) {
                    Said::Age(years) => Some(nanos(years)),
                    _ => None,
                }));
                let m = self.answers.len() as i128;
                if m < 2 {
                    continue;
                }
                let sum: i128 = self.answers.iter().copied().map(i128::from).sum();
                let about = |answer: &i64| m * i128::from(*answer) - sum;
                // m times the deviations, so that they are whole; in nanoyears.
                let deviation = self.answers.iter().map(|answer| about(answer).abs()).sum::<i128>() as f64 / m as f64;
                let square: i128 = self.answers.iter().map(|answer| about(answer).pow(2)).sum::<i128>() / (m * m);
                own.answers += self.answers.len() as u64;
                own.deviation += deviation;
                own.corrected += deviation * (m as f64 / (m as f64 - 1.0)).sqrt();
                squares += (square + 500_000_000) / 1_000_000_000;
                free += self.answers.len() as u64 - 1;
            }
            if own.answers > 0 {
                subjects += 1;
                self.tally.answers += own.answers;
                noise += pico(own.deviation / own.answers as f64);
                corrected += pico(own.corrected / own.answers as f64);
            }
        }
        self.keys = keys;
        for (flips, pair) in self.flips.iter_mut().zip(&self.pairs).filter(|(_, pair)| pair.1 > 0) {
            *flips.entry(*pair).or_default() += 1;
        }
        if subjects > 0 {
            add(&mut self.tally.noise, subjects, noise);
            add(&mut self.tally.corrected, subjects, corrected);
            add(&mut self.tally.squares, free, squares);
        }
    }

    /// Adds the pairs of decisions in one set.
    fn decisions(&mut self, seen: &Seen<'_>, set: &[Key]) {
        let shape = seen.shape;
        self.replies.clear();
        self.replies.extend(set.iter().map(|key| shape.reply(key.3 as usize)));
        for (column, pairs) in self.columns.iter().zip(&mut self.pairs) {
            let (mut pass, mut decided) = (0_u64, 0_u64);
            for (key, reply) in set.iter().zip(&self.replies) {
                let part = shape.part_of(*reply, key.3 as usize, *column);
                if part < Combo::UNDECIDED {
                    let mut one = Combo::default();
                    one.0[part] = 1;
                    decided += 1;
                    pass += u64::from(shape.passed(one));
                }
            }
            if decided > 1 {
                pairs.0 += pass * (decided - pass);
                pairs.1 += decided * (decided - 1) / 2;
            }
        }
    }

    pub fn finish(self) -> RepeatTally {
        let flips = self.columns.into_iter().zip(self.flips).filter(|(_, flips)| !flips.is_empty()).collect();
        RepeatTally { flips, ..self.tally }
    }
}

/// Nanoyears as whole 10^-12 years.
#[expect(clippy::cast_possible_truncation, reason = "at most 120 years")]
fn pico(nanoyears: f64) -> i128 {
    i128::from((nanoyears * 1000.0).round() as i64)
}

fn add<K: Ord>(sums: &mut BTreeMap<K, RepeatSums>, key: K, value: i128) {
    let own = sums.entry(key).or_default();
    own.units += 1;
    own.sum += value;
    own.square += value * value;
}

impl RepeatTally {
    pub(super) fn merge(&mut self, other: &Self) {
        fn sums<K: Ord + Copy>(own: &mut BTreeMap<K, RepeatSums>, other: &BTreeMap<K, RepeatSums>) {
            for (key, sums) in other {
                let own = own.entry(*key).or_default();
                own.units += sums.units;
                own.sum += sums.sum;
                own.square += sums.square;
            }
        }
        self.answers += other.answers;
        sums(&mut self.noise, &other.noise);
        sums(&mut self.corrected, &other.corrected);
        sums(&mut self.squares, &other.squares);
        for (column, pairs) in &other.flips {
            let own = self.flips.entry(*column).or_default();
            for (pair, subjects) in pairs {
                *own.entry(*pair).or_default() += subjects;
            }
        }
    }
}
