//! What one subject's errors in one cell come to.

use super::errors::{Error, MomentSums, Moments};
use super::weighted_errors::WeightedOwn;

/// Sums over the attempts of one subject in one cell.
pub(super) struct OwnErrors {
    /// Attempts with an error.
    pub attempts: u32,
    /// Sum of signed errors, nanoyears.
    pub signed: i128,
    /// Sum of absolute errors, nanoyears.
    pub absolute: i128,
    /// Sum of squared errors, squared nanoyears.
    squared: i128,
    /// The same with the samples' weights, where they weigh differently.
    pub weighted: Option<WeightedOwn>,
}

impl OwnErrors {
    pub fn of(errors: impl Iterator<Item = Error> + Clone) -> Self {
        let mut own = Self { attempts: 0, signed: 0, absolute: 0, squared: 0, weighted: None };
        let (whole, mut weighted) = (errors.clone(), false);
        for error in errors {
            weighted |= error.weight.is_some();
            let signed = i128::from(error.signed);
            own.attempts += 1;
            own.signed += signed;
            own.absolute += signed.abs();
            own.squared += signed * signed;
        }
        own.weighted = weighted.then(|| WeightedOwn::of(whole));
        own
    }

    /// The sum of squared errors in millionths of a squared year: from 10^-18, half up, so that its square over all
    /// subjects fits.
    pub fn millionths(&self) -> i128 {
        (self.squared + 500_000_000_000) / 1_000_000_000_000
    }

    /// The moments of this subject alone.
    pub fn moments(&self) -> Moments {
        let millionths = self.millionths();
        Moments {
            subjects: 1,
            signed: MomentSums { sum: self.signed, square: self.signed * self.signed },
            absolute: MomentSums { sum: self.absolute, square: self.absolute * self.absolute },
            squared: self.squared,
            fourth: millionths * millionths,
        }
    }
}
