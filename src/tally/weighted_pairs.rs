//! What two methods decided differently, of subjects who weigh differently.

/// Most subjects that differ whose differences are kept one by one.
const KEPT: usize = 1000;

/// The weighted differences of subjects, passes of the method less those of the baseline. A subject has the mean weight
/// of its attempts in the denominator, in 10^-9, and all is rounded to that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WeightedPairs {
    /// Sum of the subjects' weights.
    pub weight: i128,
    /// Sum of their squares.
    pub weight_square: i128,
    /// Sum of the positive weighted differences.
    pub more: i128,
    /// Sum of the negative ones, without sign.
    pub fewer: i128,
    /// Sum of their squares.
    pub square: i128,
    /// Sum of the fourth powers of a thousandth of them: how much of their squares few of them make.
    pub fourth: i128,
    /// How many subjects differ.
    pub differing: u64,
    /// Their differences, in no order; empty where there are more than a thousand.
    pub differences: Vec<i64>,
}

impl WeightedPairs {
    /// Adds a subject of `attempts` attempts with the sums over them of weights and of weighted differences.
    pub(super) fn add(&mut self, weight: i64, difference: i64, attempts: u32) {
        let mean = |sum: i64| {
            let m = i64::from(attempts);
            (2 * sum + m).div_euclid(2 * m)
        };
        let (weight, difference) = (mean(weight), mean(difference));
        let own = Self {
            weight: i128::from(weight),
            weight_square: i128::from(weight) * i128::from(weight),
            more: i128::from(difference.max(0)),
            fewer: i128::from((-difference).max(0)),
            square: i128::from(difference) * i128::from(difference),
            fourth: i128::from(difference / 1000).pow(4),
            differing: u64::from(difference != 0),
            differences: if difference == 0 { Vec::new() } else { vec![difference] },
        };
        self.merge(&own);
    }

    /// As how many equal differences these are spread, (sum of squares)^2 / sum of fourth powers: a sum with random signs of few
    /// heavy ones is not normal, however many light ones stand beside them.
    #[must_use]
    pub fn spread(&self) -> f64 {
        let square = self.square as f64 / 1e6;
        if self.fourth > 0 { square * square / self.fourth as f64 } else { self.differing as f64 }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.weight_square += other.weight_square;
        self.more += other.more;
        self.fewer += other.fewer;
        self.square += other.square;
        self.fourth += other.fourth;
        self.differing += other.differing;
        if self.differing > KEPT as u64 {
            self.differences = Vec::new();
        } else {
            self.differences.extend(&other.differences);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i64 = 1_000_000_000;

    #[test]
    fn the_spread_is_the_number_of_equal_differences_and_less_where_few_are_large() {
        let of = |differences: &[i64]| {
            let mut found = WeightedPairs::default();
            differences.iter().for_each(|difference| found.add(4 * ONE, *difference, 1));
            found
        };
        assert_eq!(of(&[ONE, -ONE, ONE, 0]).spread(), 3.0);
        // (4 + 1)^2 / (16 + 1).
        assert!((of(&[2 * ONE, ONE]).spread() - 25.0 / 17.0).abs() < 1e-12);
        // Below what fourth powers are kept of, each difference counts.
        assert_eq!(of(&[500, 500, -500]).spread(), 3.0);
    }

    #[test]
    fn pairs_that_are_merged_are_pairs_that_were_added_one_after_the_other() {
        let subjects = [(4 * ONE, 2 * ONE, 2), (3 * ONE, -ONE, 1), (ONE, 0, 3), (5 * ONE, ONE, 4)];
        let of = |subjects: &[(i64, i64, u32)]| {
            let mut found = WeightedPairs::default();
            subjects.iter().for_each(|(weight, difference, attempts)| found.add(*weight, *difference, *attempts));
            found
        };
        let (mut one, two) = (of(&subjects[..2]), of(&subjects[2..]));
        one.merge(&two);
        assert_eq!(one, of(&subjects));
        // By hand: a subject has the mean over its attempts.
        let wanted =
            WeightedPairs { weight: 2 * 1_000_000_000 + 3_000_000_000 + 333_333_333 + 1_250_000_000, ..one.clone() };
        assert_eq!(one, wanted);
        assert_eq!((one.more, one.fewer, one.differing), (1_250_000_000, 1_000_000_000, 3));
        assert_eq!(one.square, 1_000_000_000_i128.pow(2) * 2 + 250_000_000_i128.pow(2));
    }
}
