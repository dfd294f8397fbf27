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
