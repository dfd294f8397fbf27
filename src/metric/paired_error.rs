//! Errors of two methods on the same attempts: the difference of their means, and its bootstrap over subjects (METRICS M16).

use crate::stats::{Bootstrap, Sums};
use crate::table::Weighting;
use crate::tally::ErrorPair;

/// Replicates of the bootstrap (METRICS M15).
const REPLICATES: usize = 2000;
/// Squared nanoyears in 10^-9 squared years, the unit of bootstrapped squares.
const SQUARES: i128 = 1_000_000_000;
/// The same in 10^-6 squared years, for sums over a subject's attempts.
const SUMMED_SQUARES: i128 = 1_000_000_000_000;

/// Weighted sums in the unit in which they are bootstrapped: weights of 10^-7 of the largest's decimal.
const WEIGHTS: i128 = 100;

/// The columns that are summed in each replicate.
const COLUMNS: usize = 8;
const SUBJECTS: usize = 0;
const ATTEMPTS: usize = 1;
const ABSOLUTE: [usize; 2] = [2, 3];
const SQUARE: [[usize; 2]; 2] = [[4, 5], [6, 7]];

/// The method's mean absolute error less the baseline's in years; with `root` that of the root mean squared errors.
#[must_use]
pub fn error_difference(errors: &[ErrorPair], root: bool, weighting: Weighting) -> f64 {
    let mean = |place: usize| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for one in errors {
            let own = if root { one.squared[place] as f64 / 1e18 } else { one.absolute[place] as f64 / 1e9 };
            let attempts = f64::from(one.attempts);
            if let Some(weighted) = one.weighted {
                let own = if root { weighted.squared[place] as f64 } else { weighted.absolute[place] as f64 };
                let divided = if weighting == Weighting::Subject { attempts } else { 1.0 };
                (sum, weight) = (sum + own / divided, weight + weighted.weight as f64 / divided);
                continue;
            }
            match weighting {
                Weighting::Subject => (sum, weight) = (sum + own / attempts, weight + 1.0),
                Weighting::Attempt => (sum, weight) = (sum + own, weight + attempts),
            }
        }
        let mean: f64 = sum / weight;
        if root { mean.sqrt() } else { mean }
    };
    mean(1) - mean(0)
}

/// Sums of errors in each replicate.
#[derive(Debug)]
pub struct ErrorReplicates {
    sums: Sums,
    single: bool,
    /// Of one year, and of one squared year by subject and by attempt, in the unit of the sums.
    units: [f64; 3],
}

impl ErrorReplicates {
    /// `None` when a subject's sums are too large to be drawn exactly.
    #[must_use]
    pub fn of(errors: &[ErrorPair], seed: u64) -> Option<Self> {
        let ranks: Vec<u64> = errors.iter().map(|one| u64::from(one.unit)).collect();
        let mut values: Vec<i64> = Vec::with_capacity(errors.len() * COLUMNS);
        for one in errors {
            let m = i128::from(one.attempts);
            let whole = |value: i128| i64::try_from(value).ok();
            if let Some(weighted) = one.weighted {
                let (weight, absolute) = (weighted.weight, weighted.absolute[1] - weighted.absolute[0]);
                for value in [weight, absolute] {
                    values.extend([whole(value / m / WEIGHTS)?, whole(value / WEIGHTS)?]);
                }
                for squared in weighted.squared {
                    values.extend([whole(squared / m / WEIGHTS)?, whole(squared / WEIGHTS)?]);
                }
                continue;
            }
            let absolute = one.absolute[1] - one.absolute[0];
            values.extend([1, i64::from(one.attempts), whole(absolute / m)?, whole(absolute)?]);
            for squared in one.squared {
                values.extend([whole(squared / m / SQUARES)?, whole(squared / SUMMED_SQUARES)?]);
            }
        }
        let sums = Bootstrap::new(seed, REPLICATES).sums(&ranks, &values, COLUMNS)?;
        let weighted = errors.iter().any(|one| one.weighted.is_some());
        let units = if weighted { [1.0; 3] } else { [1e9, 1e9, 1e6] };
        Some(Self { sums, single: errors.iter().all(|one| one.attempts == 1), units })
    }

    /// The difference in each replicate; none where nobody was drawn.
    #[must_use]
    pub fn differences(&self, root: bool, weighting: Weighting) -> Vec<Option<f64>> {
        // With one attempt each both weightings are the same, and the finer unit serves both.
        let by = usize::from(weighting == Weighting::Attempt && !self.single);
        let below = if by == 0 { SUBJECTS } else { ATTEMPTS };
        if !root {
            let years = |value: Option<f64>| value.map(|value| value / self.units[0]);
            return self.sums.ratio(ABSOLUTE[by], below).into_iter().map(years).collect();
        }
        let unit = self.units[1 + by];
        let roots = |place: usize| {
            let means = self.sums.ratio(SQUARE[place][by], below).into_iter();
            means.map(|mean| mean.map(|mean| (mean / unit).sqrt())).collect::<Vec<_>>()
        };
        roots(1).into_iter().zip(roots(0)).map(|(method, baseline)| Some(method? - baseline?)).collect()
    }
}
