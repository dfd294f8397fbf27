//! Errors of two methods on the attempts that both answered with an age, summed by subject.

use super::answers::Answers;
use super::errors::Error;
use super::truth::Truth;
use super::units::{Shard, order, starts};

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
        let mut pair = ErrorPair { unit, attempts: 0, absolute: [0; 2], squared: [0; 2] };
        for index in samples.iter().map(|sample| *sample as usize).filter(|index| !truth.attacks[*index]) {
            let error = |answers| Error::of(truth, answers, index, false);
            let (Some(one), Some(other)) = (error(baseline), error(method)) else { continue };
            pair.attempts += 1;
            for (place, error) in [one, other].into_iter().enumerate() {
                let signed = i128::from(error.signed);
                pair.absolute[place] += signed.abs();
                pair.squared[place] += signed * signed;
            }
        }
        if pair.attempts > 0 {
            pairs.push(pair);
        }
    }
    pairs
}
