//! Medians and percentiles of absolute errors, for the whole dataset and each group, and of answered ages by single year of
//! true age: they need the values themselves.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::answers::Answers;
use super::errors::Error;
use super::truth::{Column, Truth};
use super::units::{Shard, order};
use super::weights::Counted;
use crate::age::NANOS_PER_YEAR;
use crate::protocol::{Groups, Protocol};
use crate::stats::{Clusters, Triple, WeightedSample, quantile, woodruff};
use crate::table::Group;

/// A percentile with its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentile {
    /// The type-7 quantile over attempts, years.
    pub value: f64,
    /// Woodruff's bounds at the protocol's display level, years.
    pub bounds: (f64, f64),
}

/// The percentiles of the absolute errors of each population, and of answered ages. The values are about people and are not
/// kept.
#[derive(Debug, Clone, Default)]
pub struct ErrorRows {
    /// For the label as published, and (whole dataset only) for the middle of the labelled year.
    found: BTreeMap<(Group, bool), BTreeMap<u64, Percentile>>,
    /// Of answered ages, by completed year of true age, of the whole dataset.
    answered: BTreeMap<u32, BTreeMap<u64, Percentile>>,
}

/// The shares of the percentiles of answered ages by single year: the middle half, and nine tenths.
pub const ANSWERED_SHARES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// One attempt's unit and absolute error in years.
type Row = (u32, f64);

impl ErrorRows {
    /// The percentiles at `shares` of all eligible, answered attempts whose age is known to the year: of the whole
    /// dataset, and of every group of the protocol's columns (not its crossings).
    #[must_use]
    pub fn of(truth: &Truth, answers: &Answers, protocol: &Protocol, shares: &[f64]) -> Self {
        let level = protocol.levels.display;
        let length = truth.len().min(answers.len());
        let order = order(&truth.units[..length], Shard::WHOLE);
        // One place a sample: NaN where there is no error.
        let errors = |middle: bool| -> Vec<f64> {
            let error = |index: usize| {
                let error = (!truth.attacks[index]).then(|| Error::of(truth, answers, index, middle)).flatten();
                error.map_or(f64::NAN, |error| error.signed.unsigned_abs() as f64 / 1e9)
            };
            (0..length).into_par_iter().map(error).collect()
        };
        // The rows of those of the first `levels` levels, each with the code of its sample.
        let by_level = |errors: &[f64], levels: usize, code: &dyn Fn(usize) -> usize| -> Vec<Rows> {
            let mut rows = vec![Rows::default(); levels];
            for index in order.iter().map(|index| *index as usize).filter(|index| !errors[*index].is_nan()) {
                let own = &mut rows[code(index)];
                own.errors.push((truth.units[index], errors[index]));
                own.weights.extend(truth.weight(index));
            }
            rows
        };
        let mut found = BTreeMap::new();
        // One population after the other, so that the errors are held once more at most.
        let whole = |errors: &[f64]| {
            let rows = by_level(errors, 1, &|_| 0);
            rows.first().map(|rows| percentiles(rows, shares, level)).unwrap_or_default()
        };
        if (0..length).into_par_iter().any(|index| truth.age(index).is_some_and(|age| !age.is_exact())) {
            found.insert((Group::whole(), true), whole(&errors(true)));
        }
        let labelled = errors(false);
        found.insert((Group::whole(), false), whole(&labelled));
        for column in truth.columns.iter().filter(|column| wanted(column, protocol)) {
            let rows = by_level(&labelled, column.levels.len(), &|index| column.codes[index] as usize);
            let each: Vec<_> = rows.par_iter().map(|rows| percentiles(rows, shares, level)).collect();
            for (level, percentiles) in column.levels.iter().zip(each) {
                found.insert((Group::of([(column.name.as_str(), level.as_str())]), false), percentiles);
            }
        }
        let answered = answered(truth, answers, &order, level);
        Self { found, answered }
    }

    /// The percentile of the ages that people of one completed year were answered, at one of [`ANSWERED_SHARES`]. `None` where
    /// nobody of that year was answered with an age.
    #[must_use]
    pub fn answered(&self, year: u32, share: f64) -> Option<Percentile> {
        self.answered.get(&year)?.get(&share.to_bits()).copied()
    }

    /// The percentile of `group` at `share`, one of those asked for; against the middle of the labelled year where
    /// `middle` says so. `None` where there is no error.
    #[must_use]
    pub fn percentile(&self, group: &Group, share: f64, middle: bool) -> Option<Percentile> {
        self.found.get(&(group.clone(), middle))?.get(&share.to_bits()).copied()
    }
}

/// The percentiles of answered ages by completed year of true age.
fn answered(truth: &Truth, answers: &Answers, order: &[u32], level: f64) -> BTreeMap<u32, BTreeMap<u64, Percentile>> {
    let mut years: BTreeMap<u32, Rows> = BTreeMap::new();
    for index in order.iter().map(|index| *index as usize).filter(|index| !truth.attacks[*index]) {
        let Some(error) = Error::of(truth, answers, index, false) else { continue };
        let Ok(year) = u32::try_from(error.age / NANOS_PER_YEAR) else { continue };
        let own = years.entry(year).or_default();
        own.errors.push((truth.units[index], (error.age + error.signed) as f64 / 1e9));
        own.weights.extend(truth.weight(index));
    }
    let years: Vec<_> = years.into_iter().collect();
    years.par_iter().map(|(year, rows)| (*year, percentiles(rows, &ANSWERED_SHARES, level))).collect()
}

fn wanted(column: &Column, protocol: &Protocol) -> bool {
    match &protocol.groups {
        Groups::Declared => column.declared,
        Groups::Columns(names) => names.contains(&column.name),
    }
}

/// One more than the attempts of those who have few.
const FEW: usize = 8;

/// The errors of one population, those of a unit together.
#[derive(Debug, Clone, Default)]
struct Rows {
    errors: Vec<Row>,
    /// What each weighs; empty where everybody weighs the same.
    weights: Vec<i64>,
}

/// The percentiles of `rows`.
fn percentiles(rows: &Rows, shares: &[f64], level: f64) -> BTreeMap<u64, Percentile> {
    let errors = &rows.errors;
    if !rows.weights.is_empty() {
        return weighted(rows, shares, level);
    }
    let mut sorted: Vec<f64> = errors.iter().map(|(_, error)| *error).collect();
    sorted.par_sort_unstable_by(f64::total_cmp);
    let one = |share: &f64| {
        let value = quantile(&sorted, *share)?;
        // Subjects of few attempts are counted without a map.
        let mut few = [[0_u64; FEW]; FEW];
        let mut pairs: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for subject in errors.chunk_by(|one, other| one.0 == other.0) {
            let below = subject.iter().filter(|(_, error)| *error <= value).count();
            match few.get_mut(subject.len()) {
                Some(few) => few[below] += 1,
                None => *pairs.entry((below as u64, subject.len() as u64)).or_default() += 1,
            }
        }
        let few = (0..).zip(&few).flat_map(|(m, few)| (0..).zip(few).map(move |(k, subjects)| (k, m, *subjects)));
        let below = Clusters::of(few.chain(pairs.into_iter().map(|((k, m), subjects)| (k, m, subjects))));
        Some((share.to_bits(), Percentile { value, bounds: woodruff(&sorted, *share, &below, level)? }))
    };
    shares.par_iter().filter_map(one).collect()
}

fn weighted(rows: &Rows, shares: &[f64], level: f64) -> BTreeMap<u64, Percentile> {
    let sample = WeightedSample::of(rows.errors.iter().zip(&rows.weights).map(|(row, w)| (row.1, *w)).collect());
    let one = |share: &f64| {
        let value = sample.quantile(*share)?;
        let mut pairs: BTreeMap<(u64, u64), Counted> = BTreeMap::new();
        let mut after = 0;
        for subject in rows.errors.chunk_by(|one, other| one.0 == other.0) {
            let weights = &rows.weights[after..after + subject.len()];
            after += subject.len();
            let (mut below, mut sums) = (0, [0; 2]);
            for ((_, error), weight) in subject.iter().zip(weights) {
                below += u64::from(*error <= value);
                sums[0] += if *error <= value { *weight } else { 0 };
                sums[1] += weight;
            }
            pairs.entry((below, subject.len() as u64)).or_default().add(&sums);
        }
        let below = Clusters::of_triples(pairs.into_iter().map(|((events, attempts), counted)| Triple {
            events,
            attempts,
            subjects: counted.subjects,
            weights: counted.pair_weights(),
        }));
        Some((share.to_bits(), Percentile { value, bounds: sample.woodruff(*share, &below, level)? }))
    };
    shares.par_iter().filter_map(one).collect()
}
