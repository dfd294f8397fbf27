//! Medians and percentiles of absolute errors, for the whole data set and each group: they need the errors themselves.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::answers::Answers;
use super::errors::Error;
use super::truth::{Column, Truth};
use super::weights::Counted;
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

/// The percentiles of the absolute errors of each population. The errors are about people and are not kept.
#[derive(Debug, Clone, Default)]
pub struct ErrorRows {
    /// For the label as published, and (whole data set only) for the middle of the labelled year.
    found: BTreeMap<(Group, bool), BTreeMap<u64, Percentile>>,
}

/// One attempt's unit and absolute error in years.
type Row = (u32, f64);

impl ErrorRows {
    /// The percentiles at `shares` of all eligible, answered attempts whose age is known to the year: of the whole
    /// data set, and of every group of the protocol's columns (not its crossings).
    #[must_use]
    pub fn of(truth: &Truth, answers: &Answers, protocol: &Protocol, shares: &[f64]) -> Self {
        let level = protocol.levels.display;
        let length = truth.len().min(answers.len());
        let mut order: Vec<u32> = (0_u32..).take(length).collect();
        if !truth.units.is_sorted() {
            order.par_sort_unstable_by_key(|index| (truth.units[*index as usize], *index));
        }
        let error = |index: u32, middle: bool| {
            let index = index as usize;
            let error = (!truth.attacks[index]).then(|| Error::of(truth, answers, index, middle)).flatten()?;
            Some((truth.units[index], error.signed.unsigned_abs() as f64 / 1e9))
        };
        let weigh = |index: u32| truth.weight(index as usize);
        let of_all = |middle: bool| -> Rows {
            let errors = order.par_iter().filter_map(|index| error(*index, middle)).collect();
            let weight = |index: &u32| error(*index, middle).and_then(|_| weigh(*index));
            let weights = if truth.is_weighted() { order.par_iter().filter_map(weight).collect() } else { Vec::new() };
            Rows { errors, weights }
        };
        let mut found = BTreeMap::new();
        found.insert((Group::whole(), false), percentiles(&of_all(false), shares, level));
        if (0..length).any(|index| truth.age(index).is_some_and(|age| !age.is_exact())) {
            found.insert((Group::whole(), true), percentiles(&of_all(true), shares, level));
        }
        for column in truth.columns.iter().filter(|column| wanted(column, protocol)) {
            let mut levels: Vec<Rows> = vec![Rows::default(); column.levels.len()];
            for index in &order {
                if let Some(row) = error(*index, false) {
                    let own = &mut levels[column.codes[*index as usize] as usize];
                    own.errors.push(row);
                    own.weights.extend(weigh(*index));
                }
            }
            let each = levels.par_iter().map(|rows| percentiles(rows, shares, level)).collect::<Vec<_>>();
            for (level, percentiles) in column.levels.iter().zip(each) {
                found.insert((Group::of([(column.name.as_str(), level.as_str())]), false), percentiles);
            }
        }
        Self { found }
    }

    /// The percentile of `group` at `share`, one of those asked for; against the middle of the labelled year where
    /// `middle` says so. `None` where there is no error.
    #[must_use]
    pub fn percentile(&self, group: &Group, share: f64, middle: bool) -> Option<Percentile> {
        self.found.get(&(group.clone(), middle))?.get(&share.to_bits()).copied()
    }
}

fn wanted(column: &Column, protocol: &Protocol) -> bool {
    match &protocol.groups {
        Groups::Declared => column.declared,
        Groups::Columns(names) => names.contains(&column.name),
    }
}

/// The errors of one population, in the order of their units.
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
        let mut pairs: BTreeMap<(u64, u64), u64> = BTreeMap::new();
        for subject in errors.chunk_by(|one, other| one.0 == other.0) {
            let below = subject.iter().filter(|(_, error)| *error <= value).count() as u64;
            *pairs.entry((below, subject.len() as u64)).or_default() += 1;
        }
        let below = Clusters::of(pairs.into_iter().map(|((k, m), subjects)| (k, m, subjects)));
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
