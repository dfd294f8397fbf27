//! Errors of two methods on the attempts that both answered with an age, summed by subject.

use super::answers::{Answers, Said};
use super::class::point_age;
use super::errors::{Error, ErrorTally};
use super::truth::Truth;
use super::units::{Shard, order, starts};
use super::weighted_errors::WeightedOwn;
use crate::age::nanos;

/// One subject's errors: about a person, never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorPair {
    /// Rank of the subject (or of the cluster that stands for it).
    pub unit: u32,
    /// Attempts that both answered with an age.
    pub attempts: u32,
    /// Sums of absolute errors, nanoyears: the baseline's, the method's.
    pub absolute: [i128; 2],
    /// Sums of squared errors, squared nanoyears: the baseline's, the method's.
    pub squared: [i128; 2],
    /// The same weighted; none where everybody weighs the same.
    pub weighted: Option<WeightedPair>,
}

/// One subject's weighted errors: weights in 10^-9, times years or squared years, rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WeightedPair {
    /// Sum of the weights.
    pub weight: i128,
    /// Sums of absolute errors: the baseline's, the method's.
    pub absolute: [i128; 2],
    /// Sums of squared errors: the baseline's, the method's.
    pub squared: [i128; 2],
}

/// The errors of both methods by subject, ascending by rank; subjects without an attempt that both answered are left
/// out, attempts whose age is not known to the year as well.
#[must_use]
pub fn paired_errors(truth: &Truth, baseline: &Answers, method: &Answers) -> Vec<ErrorPair> {
    if truth.len() != baseline.len() || truth.len() != method.len() {
        return Vec::new();
    }
    let order = order(&truth.units, Shard::WHOLE);
    let starts = starts(&truth.units, &order);
    let mut pairs = Vec::new();
    for ends in starts.windows(2) {
        let samples = &order[ends[0]..ends[1]];
        let Some(first) = samples.first() else { continue };
        let unit = truth.units[*first as usize];
        let mut pair = ErrorPair { unit, attempts: 0, absolute: [0; 2], squared: [0; 2], weighted: None };
        let mut errors: [Vec<Error>; 2] = Default::default();
        for index in samples.iter().map(|sample| *sample as usize).filter(|index| !truth.attacks[*index]) {
            let error = |answers| Error::of(truth, answers, index, false);
            let (Some(one), Some(other)) = (error(baseline), error(method)) else { continue };
            pair.attempts += 1;
            for (place, error) in [one, other].into_iter().enumerate() {
                let signed = i128::from(error.signed);
                pair.absolute[place] += signed.abs();
                pair.squared[place] += signed * signed;
                if error.weight.is_some() {
                    errors[place].push(error);
                }
            }
        }
        if !errors[0].is_empty() {
            let [one, other] = errors.map(|errors| WeightedOwn::of(errors.into_iter()));
            pair.weighted = Some(WeightedPair {
                weight: one.weight,
                absolute: [one.absolute, other.absolute],
                squared: [one.squared, other.squared],
            });
        }
        if pair.attempts > 0 {
            pairs.push(pair);
        }
    }
    pairs
}

/// Eligible attempts, of an age known to the year, that both ran and only one of the two answered with an age: the
/// baseline, the method.
#[must_use]
pub fn answered_by_one(truth: &Truth, baseline: &Answers, method: &Answers) -> [u64; 2] {
    let mut counts = [0, 0];
    if truth.len() != baseline.len() || truth.len() != method.len() {
        return counts;
    }
    for index in (0..truth.len()).filter(|index| !truth.attacks[*index]) {
        let known = truth.age(index).is_some_and(|age| point_age(age, false).is_some());
        if !known || baseline.status(index).is_none() || method.status(index).is_none() {
            continue;
        }
        let [one, other] = [baseline, method].map(|answers| matches!(answers.said(index), Said::Age(_)));
        counts[0] += u64::from(one && !other);
        counts[1] += u64::from(other && !one);
    }
    counts
}

/// How far the answered ages of a second run lie from those of a first, in the place of signed errors, of the eligible
/// attempts that both answered with an age.
#[must_use]
pub fn run_to_run(truth: &Truth, first: &Answers, second: &Answers) -> ErrorTally {
    let mut tally = ErrorTally::default();
    if truth.len() != first.len() || truth.len() != second.len() {
        return tally;
    }
    let order = order(&truth.units, Shard::WHOLE);
    for ends in starts(&truth.units, &order).windows(2) {
        let eligible = |sample: &&u32| {
            let index = **sample as usize;
            !truth.attacks[index] && truth.age(index).is_some()
        };
        let moved = order[ends[0]..ends[1]].iter().filter(eligible).filter_map(|sample| {
            let index = *sample as usize;
            let (Said::Age(one), Said::Age(other)) = (first.said(index), second.said(index)) else { return None };
            Some(Error { signed: nanos(other) - nanos(one), age: 0, weight: truth.weight(index) })
        });
        tally.add(moved);
    }
    tally
}
