//! Sums of errors of samples that weigh differently; nothing where all weigh the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::errors::Error;
use super::weights::UNIT;
use crate::stats::DesignSums;

/// Sums over subjects of one quantity: each subject's own sum of weight times value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedSums {
    /// Sum of the subjects' sums.
    pub sum: i128,
    /// Sum of their squares.
    pub square: i128,
    /// Sum of their products with the subjects' weights.
    pub product: i128,
}

/// Sums over the subjects that have the same number of attempts. Values in years or squared years, times the weight in
/// 10^-9, each subject's sum rounded to a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedMoments {
    /// Sum of the subjects' weights, each over its attempts.
    pub weight: i128,
    /// Sum of their squares.
    pub weight_square: i128,
    /// Signed errors.
    pub signed: WeightedSums,
    /// Absolute errors.
    pub absolute: WeightedSums,
    /// Squared errors.
    pub squared: WeightedSums,
}

/// Weighted sums of a straight line of answered on true age, over attempts: weights in 10^-9, ages in 10^-9 years,
/// squares and products in 10^-9 squared years, each rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedLine {
    weight: i128,
    x: i128,
    y: i128,
    xx: i128,
    xy: i128,
    yy: i128,
    /// Squared errors.
    ee: i128,
}

/// The weighted sums of one population.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightedErrors {
    /// By number of attempts of a subject.
    pub moments: BTreeMap<u32, WeightedMoments>,
    /// The straight line.
    pub line: WeightedLine,
}

/// One subject's weight and weighted sums in one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct WeightedOwn {
    pub weight: i128,
    pub signed: i128,
    pub absolute: i128,
    pub squared: i128,
}

/// Rounded half up to a multiple of `by`, in that unit.
fn rounded(value: i128, by: i128) -> i128 {
    (value + by / 2).div_euclid(by)
}

const NANO: i128 = 1_000_000_000;

impl WeightedOwn {
    /// Of errors which all have a weight.
    pub fn of(errors: impl Iterator<Item = Error>) -> Self {
        let mut own = Self::default();
        for error in errors {
            let (weight, signed) = (i128::from(error.weight.unwrap_or_default()), i128::from(error.signed));
            own.weight += weight;
            own.signed += weight * signed;
            own.absolute += weight * signed.abs();
            own.squared += weight * signed * signed;
        }
        Self {
            weight: own.weight,
            signed: rounded(own.signed, NANO),
            absolute: rounded(own.absolute, NANO),
            squared: rounded(own.squared, NANO * NANO),
        }
    }
}

impl WeightedSums {
    fn of(sum: i128, weight: i128) -> Self {
        Self { sum, square: sum * sum, product: sum * weight }
    }

    fn add(&mut self, other: &Self, sign: i128) {
        self.sum += sign * other.sum;
        self.square += sign * other.square;
        self.product += sign * other.product;
    }
}

impl WeightedMoments {
    fn add(&mut self, other: &Self, sign: i128) {
        self.weight += sign * other.weight;
        self.weight_square += sign * other.weight_square;
        self.signed.add(&other.signed, sign);
        self.absolute.add(&other.absolute, sign);
        self.squared.add(&other.squared, sign);
    }

    /// For [`crate::stats::mean_of_subjects`], of one of the quantities.
    pub(super) fn design(&self, of: &WeightedSums) -> DesignSums {
        let unit = UNIT * UNIT;
        DesignSums {
            weight: self.weight as f64 / UNIT,
            square: self.weight_square as f64 / unit,
            product: of.product as f64 / unit,
        }
    }
}

impl WeightedErrors {
    /// Whether there is nothing: nobody, or everybody weighs the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }

    /// Adds one subject of `attempts` attempts.
    pub(super) fn add(&mut self, attempts: u32, own: &WeightedOwn) {
        let moments = WeightedMoments {
            weight: own.weight,
            weight_square: own.weight * own.weight,
            signed: WeightedSums::of(own.signed, own.weight),
            absolute: WeightedSums::of(own.absolute, own.weight),
            squared: WeightedSums::of(own.squared, own.weight),
        };
        self.moments.entry(attempts).or_default().add(&moments, 1);
    }

    /// Adds one attempt to the straight line.
    pub(super) fn add_line(&mut self, error: Error, weight: i64) {
        let (x, y, e) = (i128::from(error.age), i128::from(error.age + error.signed), i128::from(error.signed));
        let (weight, line) = (i128::from(weight), &mut self.line);
        line.weight += weight;
        line.x += rounded(weight * x, NANO);
        line.y += rounded(weight * y, NANO);
        for (sum, product) in
            [(&mut line.xx, x * x), (&mut line.xy, x * y), (&mut line.yy, y * y), (&mut line.ee, e * e)]
        {
            *sum += rounded(weight * product, NANO * NANO);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (attempts, moments) in &other.moments {
            self.moments.entry(*attempts).or_default().add(moments, 1);
        }
        let (own, line) = (&mut self.line, &other.line);
        own.weight += line.weight;
        own.x += line.x;
        own.y += line.y;
        own.xx += line.xx;
        own.xy += line.xy;
        own.yy += line.yy;
        own.ee += line.ee;
    }

    /// The sums of means without those of `part`.
    pub(super) fn less(&self, part: &Self) -> Self {
        let mut left = Self { moments: self.moments.clone(), ..Self::default() };
        for (attempts, moments) in &part.moments {
            left.moments.entry(*attempts).or_default().add(moments, -1);
        }
        left.moments.retain(|_, moments| moments.weight > 0);
        left
    }
}

impl WeightedLine {
    /// The mean of x, of y, and the weighted sums of squares about them: xx, xy, yy, and of the errors about theirs;
    /// all divided by the sum of weights.
    fn centred(&self) -> (f64, f64, f64, f64) {
        let per = |sum: i128| sum as f64 / self.weight as f64;
        let (x, y) = (per(self.x), per(self.y));
        let error = y - x;
        (per(self.xx) - x * x, per(self.xy) - x * y, per(self.yy) - y * y, per(self.ee) - error * error)
    }

    /// Slope of answered on true age by weighted least squares, and the squared weighted correlation.
    pub(super) fn slope_and_r_squared(&self) -> (f64, f64) {
        let (xx, xy, yy, _) = self.centred();
        (xy / xx, (xy / xx) * (xy / yy))
    }

    /// The weighted mean squared deviation of the errors about their weighted mean, squared years.
    pub(super) fn error_variance(&self) -> f64 {
        self.centred().3.max(0.0)
    }
}
