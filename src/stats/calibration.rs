//! Whether probabilities come true as often as they say: the reliability table and the expected calibration error.

use multiversion::multiversion;
use rayon::prelude::*;

use super::random::{bits, key};

/// Redraws whose mean error stands beside the calibration error.
pub const REDRAWS: u64 = 1_000;
/// Separates these draws from all others with the same seed.
const PURPOSE: u64 = 0x6361_6C69;

/// One bin of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Least probability in it.
    pub least: f64,
    /// Largest probability in it.
    pub most: f64,
    /// Attempts.
    pub attempts: u64,
    /// Mean probability.
    pub mean: f64,
    /// Attempts that came true.
    pub came_true: u64,
}

/// Probabilities in bins of nearly equal mass.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// The bins with an attempt, ascending.
    pub bins: Vec<Bin>,
    /// Probabilities, ascending.
    sorted: Vec<f64>,
}

impl Reliability {
    /// The table of these (probability, came true) in at most so many bins of equal mass. Equal probabilities are never
    /// split: they all fall where the middle of their run falls. Empty bins are left out. `None` without an attempt or a
    /// bin, or when one is no probability.
    ///
    /// Source: Nguyen & O'Connor (2015), "Posterior calibration"; METRICS M8.
    #[must_use]
    pub fn of(attempts: &[(f64, bool)], bins: usize) -> Option<Self> {
        if attempts.is_empty() || bins == 0 || !attempts.iter().all(|(p, _)| (0.0..=1.0).contains(p)) {
            return None;
        }
        let mut sorted: Vec<(f64, bool)> = attempts.iter().map(|(p, came_true)| (p + 0.0, *came_true)).collect();
        sorted.par_sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let n = sorted.len();
        let mut found: Vec<(usize, Bin, f64)> = Vec::new();
        let mut first = 0;
        for run in sorted.chunk_by(|one, other| one.0 == other.0) {
            // bins * (2 first + length) / 2 n, rounded down; the middle of the last run lies below n.
            let place = (bins as u128 * (2 * first + run.len()) as u128 / (2 * n) as u128) as usize;
            let (p, count) = (run[0].0, run.len() as u64);
            let came_true = run.iter().filter(|(_, came_true)| *came_true).count() as u64;
            match found.last_mut() {
                Some((last, bin, sum)) if *last == place => {
                    bin.most = p;
                    bin.attempts += count;
                    bin.came_true += came_true;
                    *sum += p * count as f64;
                }
                _ => found.push((
                    place,
                    Bin { least: p, most: p, attempts: count, mean: p, came_true },
                    p * count as f64,
                )),
            }
            first += run.len();
        }
        let bins = found
            .into_iter()
            .map(|(_, bin, sum)| Bin {
                mean: if bin.least == bin.most { bin.least } else { sum / bin.attempts as f64 },
                ..bin
            })
            .collect();
        Some(Self { bins, sorted: sorted.into_iter().map(|(p, _)| p).collect() })
    }

    /// The expected calibration error: mean over attempts of |share that came true - mean probability| of their bin.
    ///
    /// Source: Naeini, Cooper & Hauskrecht (2015), AAAI.
    #[must_use]
    pub fn expected_error(&self) -> f64 {
        self.error(self.bins.iter().map(|bin| bin.came_true))
    }

    fn error(&self, came_true: impl Iterator<Item = u64>) -> f64 {
        let parts = self.bins.iter().zip(came_true);
        parts.map(|(bin, came_true)| (came_true as f64 - bin.mean * bin.attempts as f64).abs()).sum::<f64>()
            / self.sorted.len() as f64
    }

    /// What the calibration error would be on average if every probability were right: the mean of 1,000 redraws of
    /// what came true, in the same bins. A pure function of the probabilities and the seed, in no order.
    ///
    /// Source: Broecker & Smith (2007), Weather and Forecasting 22 (consistency resampling).
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2^32, and saturating there")]
    pub fn redrawn_error(&self, seed: u64) -> f64 {
        let bounds: Vec<u32> = self.sorted.iter().map(|p| (p * 4_294_967_296.0).round() as u32).collect();
        let errors: Vec<f64> = (0..REDRAWS)
            .into_par_iter()
            .map(|redraw| {
                let mut start = 0;
                let drawn = self.bins.iter().enumerate().map(|(place, bin)| {
                    let end = start + bin.attempts as usize;
                    let drawn = draw(key(seed, &[PURPOSE, redraw, place as u64]), &bounds[start..end]);
                    start = end;
                    drawn
                });
                self.error(drawn)
            })
            .collect();
        errors.iter().sum::<f64>() / REDRAWS as f64
    }
}

/// How many of these come true, each drawn with its probability in 2^-32.
#[multiversion(targets = "simd")]
#[expect(clippy::cast_possible_truncation, reason = "halves of a key; the counter of 2^32 attempts in one bin wraps")]
fn draw(key: u64, bounds: &[u32]) -> u64 {
    const PORTION: usize = 1 << 12;
    let (low, high) = (key as u32, (key >> 32) as u32);
    let portion = |(portion, bounds): (usize, &[u32])| -> u64 {
        let first = (portion * PORTION) as u32;
        let hits: u32 = bounds
            .iter()
            .enumerate()
            .map(|(i, bound)| u32::from(bits(low, high, first.wrapping_add(i as u32)) < *bound))
            .sum();
        u64::from(hits)
    };
    bounds.chunks(PORTION).enumerate().map(portion).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, own};

    fn cases() -> Vec<(Vec<(f64, bool)>, serde_json::Value)> {
        let read = |case: &serde_json::Value| {
            let list = |key: &str| case[key].as_array().unwrap().clone();
            let pairs = list("p").into_iter().zip(list("y"));
            (pairs.map(|(p, y)| (p.as_f64().unwrap(), y == 1)).collect(), case.clone())
        };
        own("calibration").as_array().unwrap().iter().map(read).collect()
    }

    #[test]
    fn table_and_error_are_those_of_a_second_implementation() {
        for (attempts, case) in cases() {
            let found = Reliability::of(&attempts, 15).unwrap();
            let wanted = case["bins"].as_array().unwrap();
            assert_eq!(found.bins.len(), wanted.len());
            for (bin, wanted) in found.bins.iter().zip(wanted) {
                assert_eq!(Some(bin.attempts), wanted[0].as_u64());
                assert_eq!(Some(bin.came_true), wanted[1].as_u64());
                agree(bin.mean, wanted[2].as_f64().unwrap(), 1.0, "mean");
            }
            agree(found.expected_error(), number(&case, "ece"), 1.0, "expected calibration error");
        }
    }

    #[test]
    fn redraws_have_the_mean_that_numpy_draws() {
        for (attempts, case) in cases() {
            let found = Reliability::of(&attempts, 15).unwrap().redrawn_error(0);
            let (wanted, sd) = (number(&case, "redrawn_mean"), number(&case, "redrawn_sd"));
            let error = sd * (1.0 / REDRAWS as f64 + 1.0 / number(&case, "redraws")).sqrt();
            assert!((found - wanted).abs() <= 4.0 * error + 1e-12, "{found} is not {wanted} +- {error}");
        }
    }

    #[test]
    fn redraws_of_many_equal_probabilities_are_as_far_off_as_a_binomial_is() {
        // scipy 1.17.1: the mean of |X / n - 1/2| for X binomial(n, 1/2), and its standard deviation.
        for (n, mean, sd) in [(12_288, 0.0035988, 0.0027190), (40_000, 0.0019947, 0.0015070)] {
            let attempts: Vec<(f64, bool)> = (0..n).map(|i| (0.5, i % 2 == 0)).collect();
            let found = Reliability::of(&attempts, 15).unwrap().redrawn_error(3);
            assert!((found - mean).abs() < 4.0 * sd / (REDRAWS as f64).sqrt(), "{n}: {found} is not {mean}");
        }
    }

    #[test]
    fn a_probability_below_nothing_by_its_sign_alone_is_nothing() {
        let found = Reliability::of(&[(-0.0, false), (-0.0, true)], 15).unwrap();
        assert!(found.bins[0].least.is_sign_positive() && found.bins[0].most.is_sign_positive());
    }

    #[test]
    fn a_table_needs_attempts_bins_and_probabilities() {
        assert_eq!(Reliability::of(&[], 15), None);
        assert_eq!(Reliability::of(&[(0.5, true)], 0), None);
        assert_eq!(Reliability::of(&[(0.5, true), (f64::NAN, true)], 15), None);
        let one = Reliability::of(&[(0.25, true)], 15).unwrap();
        assert_eq!((one.bins.len(), one.expected_error()), (1, 0.75));
        let tied = Reliability::of(&[(0.5, true), (0.5, false), (0.5, true), (0.5, false)], 15).unwrap();
        assert_eq!((tied.bins.len(), tied.expected_error()), (1, 0.0));
        let sure = Reliability::of(&[(0.0, false), (1.0, true)], 15).unwrap();
        assert_eq!((sure.expected_error(), sure.redrawn_error(0)), (0.0, 0.0));
    }

    proptest::proptest! {
        #[test]
        fn every_attempt_is_in_one_bin_and_order_shows_nowhere(
            rows in proptest::collection::vec((0_u8..40, proptest::bool::ANY), 1..200), bins in 1_usize..20,
        ) {
            let attempts: Vec<(f64, bool)> = rows.iter().map(|(p, y)| (f64::from(*p) / 39.0, *y)).collect();
            let found = Reliability::of(&attempts, bins).unwrap();
            proptest::prop_assert!(found.bins.len() <= bins);
            proptest::prop_assert_eq!(found.bins.iter().map(|bin| bin.attempts).sum::<u64>(), attempts.len() as u64);
            proptest::prop_assert!(found.bins.windows(2).all(|pair| pair[0].most < pair[1].least));
            let mut reversed = attempts;
            reversed.reverse();
            let reversed = Reliability::of(&reversed, bins).unwrap();
            proptest::prop_assert_eq!(&found, &reversed);
        }
    }
}
