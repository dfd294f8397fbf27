//! What one subject adds to a permutation null: its share or mean error in whole units, with its weight.

use super::cell::Combo;
use super::measured::{ERROR_UNIT, SHARE_UNIT};
use super::weights::{PartWeights, UNIT};

/// Nanoyears in the unit of errors.
const PER_NANO: i64 = ERROR_UNIT / 1_000_000_000;

/// What came of some attempts at a column, and what they weigh in each part; 0 where everybody weighs the same.
#[derive(Clone, Copy, Default)]
pub(super) struct Parts {
    pub(super) combo: Combo,
    pub(super) weights: PartWeights,
}

/// Sums of errors in nanoyears, each times its attempt's weight where attempts weigh differently.
#[derive(Clone, Copy, Default)]
pub(super) struct Errors {
    pub(super) signed: i128,
    pub(super) absolute: i128,
    pub(super) attempts: i64,
    pub(super) weight: i128,
}

impl Errors {
    pub(super) fn add(&mut self, other: Self) {
        self.signed += other.signed;
        self.absolute += other.absolute;
        self.attempts += other.attempts;
        self.weight += other.weight;
    }
}

/// A subject's share in its unit, with its weight; none where it is in no denominator.
#[expect(clippy::cast_possible_truncation, reason = "a share of the unit")]
pub(super) fn share((events, attempts): (u64, u64)) -> Option<(i64, i64)> {
    match attempts {
        0 => None,
        1 => Some((if events == 0 { 0 } else { SHARE_UNIT }, SHARE_UNIT)),
        _ => {
            let (k, m) = (i128::from(events), i128::from(attempts));
            Some((((k * i128::from(SHARE_UNIT) + m / 2) / m) as i64, SHARE_UNIT))
        }
    }
}

/// The same where attempts weigh differently: each has its weight divided by the number of attempts in the denominator.
/// `of` gives the events and attempts among attempts.
pub(super) fn weighted_share(parts: Parts, of: impl Fn(Combo) -> (u64, u64)) -> Option<(i64, i64)> {
    let (mut events, mut all) = (0, 0);
    for (part, weight) in parts.weights.into_iter().enumerate() {
        let mut one = Combo::default();
        one.0[part] = 1;
        let (event, attempt) = of(one);
        events += i128::from(event) * i128::from(weight);
        all += i128::from(attempt) * i128::from(weight);
    }
    let attempts = of(parts.combo).1;
    let unit = i128::from(SHARE_UNIT);
    (attempts > 0).then(|| (per_attempt(events * unit, attempts), per_attempt(all * unit, attempts)))
}

/// A subject's mean error in its unit, to the nearest, with its weight; none without an error.
#[expect(clippy::cast_possible_truncation, reason = "at most 120 years in 10^-12")]
pub(super) fn mean(errors: &Errors, absolute: bool, weighted: bool) -> Option<(i64, i64)> {
    let sum = if absolute { errors.absolute } else { errors.signed };
    match errors.attempts {
        0 => None,
        attempts if weighted => {
            let attempts = attempts.unsigned_abs();
            let weight = per_attempt(errors.weight * i128::from(SHARE_UNIT), attempts);
            Some((per_attempt(sum * i128::from(PER_NANO), attempts), weight))
        }
        1 => Some((sum as i64 * PER_NANO, SHARE_UNIT)),
        m => {
            let (scaled, m) = (sum * i128::from(PER_NANO), i128::from(m));
            Some(((2 * scaled + m).div_euclid(2 * m) as i64, SHARE_UNIT))
        }
    }
}

/// A sum of products with weights, divided by the number of attempts and out of the unit of weights, to the nearest.
#[expect(clippy::cast_possible_truncation, reason = "a weight is below 10, and so is the mean of several")]
fn per_attempt(sum: i128, attempts: u64) -> i64 {
    let by = i128::from(attempts) * UNIT as i128;
    (2 * sum + by).div_euclid(2 * by) as i64
}
