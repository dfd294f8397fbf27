//! Quantiles of a sorted sample and their intervals.

use super::beta::beta_reg;
use super::clusters::Clusters;
use super::special::normal_quantile;

/// The type-7 quantile of `sorted` (ascending), linear between order statistics; `None` when it is empty or `share` is
/// not within 0 to 1.
///
/// Source: Hyndman & Fan (1996), The American Statistician 50: type 7, the default of R and NumPy.
#[must_use]
pub fn quantile<T: Copy + Into<f64>>(sorted: &[T], share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    let position = share * (sorted.len().checked_sub(1)? as f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let below = position.floor() as usize;
    let low: f64 = (*sorted.get(below)?).into();
    let high: f64 = (*sorted.get(below + 1).unwrap_or(sorted.get(below)?)).into();
    Some(low + (position - below as f64) * (high - low))
}

/// The bounds of a quantile by Woodruff's method: below the true quantile lies `share` but for z standard errors
/// sqrt(share (1 - share) / n*), n* that of `below` (events are attempts at or below the quantile), its variance as it is
/// estimated; the values at both ends are the bounds. `None` when it is empty.
///
/// The share is known and what lies below varies, so it is these standard errors that are inverted and no interval for an
/// unknown share: Wilson's leans the wrong way, and held 86 % at P95 of 100 people. At 36 / 72 / 368 independent values both
/// ends of P90 / P95 / P99 come to lie within the values, as with order statistics ([`subjects_for_percentile`]).
///
/// Source: Woodruff (1952), JASA 47; METRICS M15; docs/validation.md.
#[must_use]
pub fn woodruff<T: Copy + Into<f64>>(sorted: &[T], share: f64, below: &Clusters, level: f64) -> Option<(f64, f64)> {
    let n_star = below.n_star_at_quantile(level)?;
    let half = normal_quantile(0.5 + level / 2.0) * (share * (1.0 - share) / n_star).sqrt();
    Some((quantile(sorted, (share - half).max(0.0))?, quantile(sorted, (share + half).min(1.0))?))
}

/// Values that weigh differently, sorted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeightedSample {
    /// Ascending; among equal values by weight, so that the order in which they came shows nowhere.
    values: Vec<(f64, i64)>,
    /// The weight of all before each.
    below: Vec<i64>,
    total: i64,
}

impl WeightedSample {
    /// Of values and positive weights in any unit, whose sum stays below 2^63.
    #[must_use]
    pub fn of(mut values: Vec<(f64, i64)>) -> Self {
        values.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut total = 0;
        let mut below = Vec::with_capacity(values.len());
        for (_, weight) in &values {
            below.push(total);
            total += weight;
        }
        Self { values, below, total }
    }

    /// The quantile at `share`: each value stands at the share of all others' weight that lies below it, linear between.
    /// With equal weights that is (rank - 1) / (n - 1), which makes it [`quantile`], type 7. `None` when there is no value
    /// or `share` is not within 0 to 1.
    ///
    /// Source: METRICS M0, "weight enters every mean", for Hyndman & Fan's type 7.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let last = self.values.len().checked_sub(1)?;
        if !(0.0..=1.0).contains(&share) {
            return None;
        }
        let place = |at: usize| {
            let others = self.total - self.values.get(at).map_or(0, |value| value.1);
            if others == 0 { 0.0 } else { self.below.get(at).map_or(0.0, |below| *below as f64 / others as f64) }
        };
        let (mut low, mut high) = (0, last);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if place(middle) <= share {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        let value = |at: usize| self.values.get(at).map_or(0.0, |value| value.0);
        if low == last {
            return Some(value(last));
        }
        let step = (share - place(low)) / (place(low + 1) - place(low));
        Some(value(low) + step * (value(low + 1) - value(low)))
    }

    /// As [`woodruff`], n* being that of the weighted share. Source: as there.
    #[must_use]
    pub fn woodruff(&self, share: f64, below: &Clusters, level: f64) -> Option<(f64, f64)> {
        let n_star = below.n_star_at_quantile(level)?;
        let half = normal_quantile(0.5 + level / 2.0) * (share * (1.0 - share) / n_star).sqrt();
        Some((self.quantile((share - half).max(0.0))?, self.quantile((share + half).min(1.0))?))
    }
}

/// Least number of independent values for which both ends of the two-sided interval of a percentile are order
/// statistics: share^n <= (1 - level) / 2 and the same for 1 - share. 36 / 72 / 368 for P90 / P95 / P99 at 95 %.
///
/// Source: David & Nagaraja (2003), Order Statistics, 7.1.
#[must_use]
pub fn subjects_for_percentile(share: f64, level: f64) -> Option<u64> {
    let outside = (1.0 - level) / 2.0;
    let far = share.max(1.0 - share);
    if !(far < 1.0 && outside > 0.0 && outside < 1.0) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive count")]
    let n = (outside.ln() / far.ln() - 1e-12).ceil() as u64;
    Some(n.max(1))
}

/// The ranks, from 1, of the order statistics that bound the quantile `share` of `n` independent values at `level`,
/// two-sided with equal tails; an end is `None` when no value is extreme enough.
///
/// Lower: the greatest l with P(X < l) <= (1 - level) / 2; upper: the least u with P(X < u) >= (1 + level) / 2, for X
/// binomial(n, share). Source: David & Nagaraja (2003), 7.1.
#[must_use]
pub fn order_statistic_ranks(n: u64, share: f64, level: f64) -> (Option<u64>, Option<u64>) {
    let tail = (1.0 - level) / 2.0;
    // P(X <= k) for X binomial(n, share); 0 below 0 and 1 from n on.
    let at_most = |k: u64| if k >= n { 1.0 } else { beta_reg((n - k) as f64, k as f64 + 1.0, 1.0 - share) };
    // The first rank r in 1..=n with P(X <= r - 1) above `bound`.
    let first_above = |bound: f64| {
        let (mut low, mut high) = (1, n + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if at_most(middle - 1) >= bound {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    };
    let lower = first_above(tail).checked_sub(1).filter(|rank| *rank >= 1);
    let upper = Some(first_above(1.0 - tail)).filter(|rank| *rank <= n);
    (lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, own, section};
    use crate::stats::{PairWeights, Triple};

    #[test]
    fn equal_weights_make_the_weighted_quantile_type_7_and_whole_weights_lie_between_repetitions() {
        let values = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6];
        let mut sorted = values;
        sorted.sort_by(f64::total_cmp);
        let sample = WeightedSample::of(values.iter().map(|value| (*value, 7)).collect());
        for share in [0.0, 0.1, 0.25, 0.5, 0.77, 1.0] {
            agree(sample.quantile(share).unwrap(), quantile(&sorted, share).unwrap(), 1.0, "type 7");
        }
        // 1 weighs 1, 2 weighs 3, 5 weighs 2: 2 stands at 1 / 3, 5 at 4 / 4.
        let sample = WeightedSample::of(vec![(5.0, 2), (1.0, 1), (2.0, 3)]);
        agree(sample.quantile(1.0 / 6.0).unwrap(), 1.5, 1.0, "between 1 and 2");
        agree(sample.quantile(2.0 / 3.0).unwrap(), 3.5, 1.0, "between 2 and 5");
        assert_eq!(WeightedSample::of(vec![(5.0, 2)]).quantile(0.3), Some(5.0));
        assert_eq!(WeightedSample::default().quantile(0.5), None);
    }

    #[test]
    fn percentiles_of_absolute_errors_are_the_independently_computed_ones() {
        let errors = section("errors");
        let mut values: Vec<f64> =
            errors["signed_errors"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap().abs()).collect();
        values.sort_by(f64::total_cmp);
        for (name, share) in [("median_absolute_error", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)] {
            agree(quantile(&values, share).unwrap(), number(&errors, name), 1.0, name);
        }
        assert_eq!(quantile::<f64>(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.99), Some(3.0));
        assert_eq!(quantile(&[3.0], 1.01), None);
    }

    #[test]
    fn both_ends_of_a_percentile_need_36_72_and_368_subjects() {
        for (share, n) in section("min_n_two_sided_95_percentile_interval").as_object().unwrap() {
            assert_eq!(subjects_for_percentile(share.parse().unwrap(), 0.95), n.as_u64());
        }
        assert_eq!(subjects_for_percentile(0.5, 0.95), Some(6));
        assert_eq!(subjects_for_percentile(1.0, 0.95), None);
        assert_eq!(subjects_for_percentile(0.5, 0.75), Some(3), "whole on paper");
        assert_eq!((subjects_for_percentile(0.9, 1.0), subjects_for_percentile(0.9, -1.0)), (None, None));
    }

    #[test]
    fn order_statistic_ranks_are_the_independently_computed_ones() {
        for case in section("percentile_order_statistics").as_array().unwrap() {
            let found = order_statistic_ranks(case["n"].as_u64().unwrap(), number(case, "q"), 0.95);
            assert_eq!(found, (case["lower_rank"].as_u64(), case["upper_rank"].as_u64()), "{case}");
        }
        assert_eq!(order_statistic_ranks(3, 0.99, 0.95).1, None);
    }

    #[test]
    fn woodruffs_bounds_are_the_type_7_quantiles_at_z_standard_errors_of_the_share() {
        let sorted: Vec<f64> = (0..200).map(f64::from).collect();
        let below = Clusters::of([(1, 1, 180), (0, 1, 20)]);
        let (low, high) = woodruff(&sorted, 0.9, &below, 0.95).unwrap();
        // 1.959963984540054 sqrt(0.09 / 200) = 0.041577115...
        let half = 1.959963984540054 * 0.00045_f64.sqrt();
        agree(low, 199.0 * (0.9 - half), 1.0, "low");
        agree(high, 199.0 * (0.9 + half), 1.0, "high");
        assert_eq!(woodruff::<f64>(&[], 0.5, &Clusters::default(), 0.95), None);
        // Where no value is extreme enough the end is the extreme value: one fewer than 72 for P95.
        let values: Vec<f64> = (0..71).map(f64::from).collect();
        assert_eq!(woodruff(&values, 0.95, &Clusters::of([(1, 1, 67), (0, 1, 4)]), 0.95).unwrap().1, 70.0);
        assert_eq!(woodruff(&values, 0.05, &Clusters::of([(1, 1, 4), (0, 1, 67)]), 0.95).unwrap().0, 0.0);
    }

    proptest::proptest! {
        #[test]
        fn quantiles_rise_with_the_share_from_the_least_value_to_the_largest(
            mut values in proptest::collection::vec(-50.0_f64..50.0, 1..40), one in 0.0_f64..=1.0, other in 0.0_f64..=1.0,
        ) {
            values.sort_by(f64::total_cmp);
            let at = |share: f64| quantile(&values, share).unwrap();
            proptest::prop_assert!(at(one.min(other)) <= at(one.max(other)) + 1e-12);
            proptest::prop_assert_eq!((at(0.0), at(1.0)), (values[0], values[values.len() - 1]));
        }

        #[test]
        fn order_statistics_hold_their_level_with_no_rank_to_spare(n in 1_u64..400, share in 0.05_f64..0.95) {
            use statrs::distribution::{Binomial, DiscreteCDF};
            let below = Binomial::new(share, n).unwrap();
            let at_most = |rank: u64| rank.checked_sub(1).map_or(0.0, |rank| below.cdf(rank));
            let (lower, upper) = order_statistic_ranks(n, share, 0.95);
            // P(fewer than l values lie below) is at most 2.5 %, and for l + 1 no more.
            let l = lower.unwrap_or(0);
            proptest::prop_assert!(at_most(l) <= 0.025 + 1e-12 && at_most(l + 1) > 0.025 - 1e-12);
            match upper {
                Some(u) => proptest::prop_assert!(at_most(u) >= 0.975 - 1e-12 && at_most(u - 1) < 0.975 + 1e-12),
                None => proptest::prop_assert!(at_most(n) < 0.975 + 1e-12),
            }
        }
    }

    #[test]
    fn bounds_over_clustered_values_stand_on_statsmodels_variance_however_few_lie_beyond() {
        for case in own("woodruff").as_array().unwrap() {
            let list = |key: &str| -> Vec<f64> {
                case[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
            };
            let (values, subject, share) = (list("values"), list("subject"), number(case, "share"));
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let at = quantile(&sorted, share).unwrap();
            let people = *subject.last().unwrap() as usize + 1;
            let mut pairs = vec![(0, 0, 1); people];
            for (value, subject) in values.iter().zip(subject) {
                let own: &mut (u64, u64, u64) = &mut pairs[subject as usize];
                own.0 += u64::from(*value <= at);
                own.1 += 1;
            }
            let (low, high) = woodruff(&sorted, share, &Clusters::of(pairs.clone()), 0.95).unwrap();
            agree(low, number(case, "low"), 1.0, "low");
            agree(high, number(case, "high"), 1.0, "high");
            // Equal weights are none.
            let weighted = WeightedSample::of(values.iter().map(|value| (*value, 3)).collect());
            let triples = pairs.into_iter().map(|(events, attempts, subjects)| {
                let (k, m) = (3 * i128::from(events), 3 * i128::from(attempts));
                let weights =
                    PairWeights { events: k, all: m, events_square: k * k, product: k * m, all_square: m * m };
                Triple { events, attempts, subjects, weights: Some(weights) }
            });
            let (low, high) = weighted.woodruff(share, &Clusters::of_triples(triples), 0.95).unwrap();
            agree(low, number(case, "low"), 1.0, "low, equal weights");
            agree(high, number(case, "high"), 1.0, "high, equal weights");
        }
    }

    #[test]
    fn a_woodruff_interval_encloses_its_quantile_and_widens_when_subjects_repeat() {
        let sorted: Vec<f64> = (0..1000).map(f64::from).collect();
        let single = woodruff(&sorted, 0.5, &Clusters::of([(1, 1, 500), (0, 1, 500)]), 0.95).unwrap();
        let repeated = woodruff(&sorted, 0.5, &Clusters::of([(10, 10, 50), (0, 10, 50)]), 0.95).unwrap();
        assert!(single.0 < 499.5 && 499.5 < single.1);
        assert!(repeated.1 - repeated.0 > 2.5 * (single.1 - single.0));
    }
}
