//! The Poisson bootstrap over subjects: how often a subject counts in a replicate is a Poisson variable that is a pure
//! function of (seed, subject rank, replicate). Sums are integers, so neither threads nor order nor shards show.

mod counted;
mod weights;

use rayon::prelude::*;

use super::quantile;
use super::random::key;
pub use counted::Alike;
use weights::{BLOCK, LARGEST, TOGETHER, accumulate, fill};

/// Fewest units for percentile bounds.
pub const FEWEST_UNITS: u64 = 30;
/// Largest absolute value that can be summed: what 2^53 holds of at least 32 units at the largest weight.
pub const LARGEST_VALUE: i64 = 1 << 45;
/// Units that one thread takes at a time.
const PORTION: usize = 1 << 12;
/// Separates these draws from all others with the same seed.
const PURPOSE: u64 = 0x626F_6F74;

/// A Poisson bootstrap: how often each unit counts in each replicate.
///
/// Weights are Poisson(1) by inversion from 16 bits: mean exactly 1, variance 0.99997, at most 8.
///
/// Source: Hanley & MacGibbon (2006), Computer Methods and Programs in Biomedicine 83; Chamandy et al. (2012),
/// "Estimating uncertainty for massive data streams"; METRICS M15.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    seed: u64,
    replicates: usize,
}

impl Bootstrap {
    /// With `seed` and so many replicates (METRICS: 2,000).
    #[must_use]
    pub fn new(seed: u64, replicates: usize) -> Self {
        Self { seed, replicates }
    }

    /// Length of a buffer for [`Self::weights`]: the replicates, rounded up to whole blocks.
    #[must_use]
    pub fn padded(&self) -> usize {
        self.replicates.next_multiple_of(BLOCK)
    }

    /// Writes the weights of the unit of this rank: that of replicate r at r. Whole blocks of 64 are written, the rest
    /// of `into` is left as it is; what lies behind the replicates means nothing.
    pub fn weights(&self, rank: u64, into: &mut [u8]) {
        fill(key(self.seed, &[PURPOSE, rank]), into);
    }

    /// Sums, in each replicate, of `columns` integers a unit, each times the unit's weight: `values` holds the columns
    /// of the first unit (of rank `ranks[0]`), then those of the second, and so on. Uses all threads of the pool.
    ///
    /// Sums of disjoint units add up ([`Sums::add`]), exactly. A quantity that is no integer is given in a unit of its
    /// own, such as 10^-9 years, or 2^-32 for a share. `None` when there is not a value for each column of each unit,
    /// or when one is larger than [`LARGEST_VALUE`] without sign.
    #[must_use]
    pub fn sums(&self, ranks: &[u64], values: &[i64], columns: usize) -> Option<Sums> {
        let sound = ranks.len().checked_mul(columns) == Some(values.len());
        if !sound || !values.par_iter().all(|value| (-LARGEST_VALUE..=LARGEST_VALUE).contains(value)) {
            return None;
        }
        let none = || Sums::none(self.replicates, columns);
        let portion = |sums: Sums, (ranks, values): (&[u64], &[i64])| self.portion(sums, ranks, values);
        if columns == 0 || self.replicates == 0 {
            return Some(none());
        }
        Some(ranks.par_chunks(PORTION).zip(values.par_chunks(PORTION * columns)).fold(none, portion).reduce(
            none,
            |mut all, some| {
                all.add(&some);
                all
            },
        ))
    }

    /// Adds a portion of the units, [`TOGETHER`] at a time. Doubles hold the sums exactly up to 2^53; before that they
    /// go over to 128-bit integers.
    fn portion(&self, mut sums: Sums, ranks: &[u64], values: &[i64]) -> Sums {
        let (columns, padded) = (sums.columns, self.padded());
        let mut weights = vec![0_u8; TOGETHER * padded];
        let mut doubles = vec![0.0_f64; columns * padded];
        let mut held = 0_u64;
        for (ranks, values) in ranks.chunks(TOGETHER).zip(values.chunks(TOGETHER * columns)) {
            for (rank, weights) in ranks.iter().zip(weights.chunks_exact_mut(padded)) {
                self.weights(*rank, weights);
            }
            let largest = values.iter().map(|value| value.unsigned_abs()).max().unwrap_or(0);
            let more = largest * LARGEST * TOGETHER as u64;
            if held + more > 1 << 53 {
                sums.take(&mut doubles, padded);
                held = 0;
            }
            held += more;
            for (column, sums) in doubles.chunks_exact_mut(padded).enumerate() {
                let mut these = [0.0; TOGETHER];
                for (this, unit) in these.iter_mut().zip(values.chunks_exact(columns)) {
                    *this = unit[column] as f64;
                }
                if these != [0.0; TOGETHER] {
                    accumulate(&weights, these, sums);
                }
            }
        }
        sums.take(&mut doubles, padded);
        sums
    }
}

/// Weighted sums of several columns in each replicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    columns: usize,
    /// Column after column, a sum a replicate.
    sums: Vec<i128>,
}

impl Sums {
    fn none(replicates: usize, columns: usize) -> Self {
        Self { columns, sums: vec![0; replicates * columns] }
    }

    fn replicates(&self) -> usize {
        self.sums.len().checked_div(self.columns).unwrap_or(0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "integers of at most 2^53")]
    fn take(&mut self, doubles: &mut [f64], padded: usize) {
        let replicates = self.replicates();
        for (sums, doubles) in self.sums.chunks_exact_mut(replicates).zip(doubles.chunks_exact_mut(padded)) {
            for (sum, double) in sums.iter_mut().zip(doubles.iter()) {
                *sum += i128::from(*double as i64);
            }
            doubles.fill(0.0);
        }
    }

    /// Adds the sums of other units. Both must be of the same bootstrap and columns.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.sums.iter_mut().zip(&other.sums) {
            *sum += more;
        }
    }

    /// The sums of a column, one a replicate; empty when there is no such column.
    #[must_use]
    pub fn column(&self, column: usize) -> &[i128] {
        let replicates = self.replicates();
        self.sums.get(column * replicates..(column + 1) * replicates).unwrap_or(&[])
    }

    /// One column divided by another in each replicate, in the unit of their quotient; `None` where the denominator is 0.
    #[must_use]
    pub fn ratio(&self, numerator: usize, denominator: usize) -> Vec<Option<f64>> {
        let pairs = self.column(numerator).iter().zip(self.column(denominator));
        pairs.map(|(above, below)| (*below != 0).then(|| *above as f64 / *below as f64)).collect()
    }
}

/// Two-sided percentile bounds over replicates, type 7, at `level`. `None` for fewer than [`FEWEST_UNITS`] units, when
/// more than 1 % of the replicates are empty or not finite, or when there is none.
///
/// Source: Efron (1979); METRICS M15.
#[must_use]
pub fn percentile_bounds(replicates: &[Option<f64>], units: u64, level: f64) -> Option<(f64, f64)> {
    let mut values: Vec<f64> = replicates.iter().copied().flatten().filter(|value| value.is_finite()).collect();
    let empty = replicates.len() - values.len();
    if units < FEWEST_UNITS || 100 * empty > replicates.len() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Some((quantile(&values, tail)?, quantile(&values, 1.0 - tail)?))
}

/// Twice the smaller share of replicates on one side of 0, (1 + hits) / (1 + B): at what level the percentile interval
/// first holds 0. `None` when more than 1 % of the replicates are empty.
///
/// Source: Efron & Tibshirani (1993), An Introduction to the Bootstrap, 15.4; the added one as in Phipson & Smyth (2010).
#[must_use]
pub fn percentile_p(drawn: &[Option<f64>]) -> Option<f64> {
    let values: Vec<f64> = drawn.iter().copied().flatten().collect();
    if 100 * (drawn.len() - values.len()) > drawn.len() {
        return None;
    }
    let share = |side: &dyn Fn(f64) -> bool| {
        (1 + values.iter().filter(|value| side(**value)).count()) as f64 / (1 + values.len()) as f64
    };
    Some((2.0 * share(&|value| value <= 0.0).min(share(&|value| value >= 0.0))).min(1.0))
}

#[cfg(test)]
mod tests;
