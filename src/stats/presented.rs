//! How many subjects a claim needs where a value must also be sure enough to be presented: few people, or a wide display
//! interval, carry no claim however good their bound is.
//!
//! Without that rule the numbers are those of [`super::power()`]: 59 people without an event show 5 %, but Wilson's interval
//! of 0 among 59 is 6.1 points wide, so that under a rule of 5 points 73 are needed.

use super::power::{allowed_events, at_most, open, subjects_needed};
use super::proportion::{upper_claim, wilson};
use super::special::{beta_quantile, root};

/// When a share is sure enough to carry a claim: at least `least` independent subjects, and a display interval at `level`
/// that is at most `width` wide, and at most `small_width` wide or at most `width_share` of the share.
///
/// Source: METRICS M15; NCHS Series 2, No. 175 (2017).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Presentable {
    /// Least number of independent subjects.
    pub least: f64,
    /// Greatest width of the display interval.
    pub width: f64,
    /// A width that is narrow enough for any share.
    pub small_width: f64,
    /// Up to `width`, a width as a part of the share that is narrow enough.
    pub width_share: f64,
    /// Level of the display interval.
    pub level: f64,
}

impl Presentable {
    /// Whether `k` events among `n` can carry a claim.
    #[must_use]
    pub fn holds(&self, k: u64, n: u64) -> bool {
        let p = k as f64 / n as f64;
        self.fits(p, n as f64)
    }

    /// Whether the share `p` of `n` independent subjects, both real-valued, can carry a claim.
    #[must_use]
    pub fn fits(&self, p: f64, n: f64) -> bool {
        let width = width(p, n, self.level);
        n >= self.least && width <= self.width && (width <= self.small_width || width <= self.width_share * p)
    }

    /// Ranges of events, both ends included and ascending, of all that `n` subjects may have to show `limit` at `level`.
    fn accepted(&self, n: u64, limit: f64, level: f64) -> Vec<(u64, u64)> {
        let Some(most) = allowed_events(n, limit, level) else { return Vec::new() };
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        let mut add = |low: u64, high: u64| match ranges.last_mut() {
            Some(last) if last.1 + 1 >= low => last.1 = last.1.max(high),
            _ => ranges.push((low, high)),
        };
        if most <= n / 2 {
            // Widths rise with k up to n / 2, widths as a part of the share fall.
            let first = |from: u64, wanted: &dyn Fn(u64) -> bool| {
                let (mut low, mut high) = (from, most + 1);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if wanted(middle) {
                        high = middle;
                    } else {
                        low = middle + 1;
                    }
                }
                low
            };
            let width = |k: u64| width(k as f64 / n as f64, n as f64, self.level);
            let too_wide = first(0, &|k| width(k) > self.width);
            let not_small = first(0, &|k| width(k) > self.small_width).min(too_wide);
            let as_part = first(0, &|k| width(k) <= self.width_share * k as f64 / n as f64);
            if n as f64 >= self.least {
                if not_small > 0 {
                    add(0, not_small - 1);
                }
                if as_part < too_wide {
                    add(as_part, too_wide - 1);
                }
            }
        } else {
            (0..=most).filter(|k| self.holds(*k, n)).for_each(|k| add(k, k));
        }
        ranges
    }

    /// Probability that `n` subjects show a rate of at most `limit` at `level` with a share that can carry the claim, when
    /// the rate is `rate`. NaN when one of them is no probability.
    ///
    /// Source: exact, by the binomial distribution, as [`super::power()`].
    #[must_use]
    pub fn power(&self, n: u64, rate: f64, limit: f64, level: f64) -> f64 {
        if !open(&[limit, level]) || !(0.0..=1.0).contains(&rate) {
            return f64::NAN;
        }
        within(&self.accepted(n, limit, level), n, rate)
    }

    /// The least n from which on every larger n shows a rate of at most `limit` at `level`, with a share that can carry the
    /// claim, with at least the probability `wanted`, when the rate is `rate`. `None` as for [`subjects_needed`].
    ///
    /// From some n on every share that shows the limit can carry it, and the two numbers are one; below it every n is tried.
    ///
    /// Source: as [`subjects_needed`].
    #[must_use]
    pub fn subjects_needed(&self, rate: f64, limit: f64, wanted: f64, level: f64, most: u64) -> Option<u64> {
        let shown = subjects_needed(rate, limit, wanted, level, most)?;
        let widest = limit.min(0.5);
        let narrow =
            |n: u64| n as f64 >= self.least && width(widest, n as f64, self.level) <= self.width.min(self.small_width);
        let mut all = first_from(1, most, narrow)?;
        while all > shown && self.power(all - 1, rate, limit, level) >= wanted {
            all -= 1;
        }
        Some(all.max(shown))
    }

    /// The least limit that `n` subjects show, with a share that can carry it, with probability `wanted` when the rate is
    /// `rate`. `None` when no share is that probable and can carry a claim, or as for [`super::least_limit_to_show`].
    ///
    /// Source: the bound of the least number of events up to which shares that can carry a claim are that probable.
    #[must_use]
    pub fn least_limit_to_show(&self, n: u64, rate: f64, wanted: f64, level: f64) -> Option<f64> {
        if n == 0 || !open(&[wanted, level]) || !(0.0..1.0).contains(&rate) {
            return None;
        }
        let mut sum = 0.0;
        let mut k = 0;
        // Shares that are as good as impossible are passed over by halving, the others are added up.
        let mut step = n;
        while step > 0 {
            if k + step < n && at_most(k + step, n, rate) < 1e-14 {
                k += step;
            }
            step /= 2;
        }
        for k in k..n {
            if self.holds(k, n) {
                sum += within(&[(k, k)], n, rate);
                if sum >= wanted {
                    return Some(upper_claim(k as f64, n as f64, level));
                }
            }
            if at_most(k, n, rate) >= 1.0 {
                break;
            }
        }
        None
    }

    /// The largest true rate at which `n` subjects show `limit`, with a share that can carry it, with probability
    /// `wanted`. `None` when there is none.
    ///
    /// Source: as [`super::largest_rate_that_passes`] where every allowed number of events can carry the claim; else by
    /// halving below the first of 1,000 rates, from the limit downwards, at which the power is enough.
    #[must_use]
    pub fn largest_rate_that_passes(&self, n: u64, limit: f64, wanted: f64, level: f64) -> Option<f64> {
        if !open(&[limit, wanted, level]) {
            return None;
        }
        let accepted = self.accepted(n, limit, level);
        if let [(0, most)] = accepted.as_slice() {
            // P(X <= k) falls with the rate and is wanted where a Beta(k + 1, n - k) variable exceeds the rate so often.
            return Some(beta_quantile(1.0 - wanted, *most as f64 + 1.0, (n - most) as f64));
        }
        let rate = |at: u32| limit * f64::from(at) / 1000.0;
        let enough = (0..1000).rev().find(|at| within(&accepted, n, rate(*at)) >= wanted)?;
        Some(root(rate(enough), rate(enough + 1), |rate| wanted - within(&accepted, n, rate)))
    }
}

fn width(p: f64, n: f64, level: f64) -> f64 {
    let (low, high) = wilson(p, n, level);
    high - low
}

/// Probability of a number of events in one of `ranges` among `n`.
fn within(ranges: &[(u64, u64)], n: u64, rate: f64) -> f64 {
    let up_to = |k: u64| if k >= n { 1.0 } else { at_most(k, n, rate) };
    ranges.iter().map(|(low, high)| up_to(*high) - if *low == 0 { 0.0 } else { up_to(low - 1) }).sum()
}

/// The least number from `from` on for which the rising condition `wanted` holds, at most `most`.
fn first_from(from: u64, most: u64, wanted: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (from, from);
    while !wanted(high) {
        if high >= most {
            return None;
        }
        low = high + 1;
        high = (high * 2).min(most);
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if wanted(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, plan};
    use crate::stats::{largest_rate_that_passes, least_limit_to_show, power};

    /// The rule of the default protocol.
    const RULE: Presentable = Presentable { least: 30.0, width: 0.3, small_width: 0.05, width_share: 1.3, level: 0.95 };
    /// A rule that every share keeps.
    const NONE: Presentable = Presentable { least: 0.0, width: 1.0, small_width: 1.0, width_share: 0.0, level: 0.95 };

    #[test]
    fn numbers_under_the_default_rule_are_those_that_scipy_finds_by_trying_every_number() {
        let cases = plan("presented");
        for case in cases.as_array().unwrap() {
            let (rate, limit, wanted) = (number(case, "rate"), number(case, "limit"), number(case, "wanted"));
            let needed = RULE.subjects_needed(rate, limit, wanted, 0.95, 1_000_000);
            assert_eq!(needed, case["needed"].as_u64(), "{case}");
            for at in case["powers"].as_array().unwrap() {
                let n = at["n"].as_u64().unwrap();
                let (found, wanted) = (RULE.power(n, rate, limit, 0.95), number(at, "power"));
                assert!((found - wanted).abs() < 1e-11, "{found} is not {wanted}: {case} {at}");
            }
        }
        assert!(cases.as_array().unwrap().len() > 12);
    }

    #[test]
    fn what_a_set_can_show_under_the_default_rule_is_what_scipy_finds_by_trying() {
        let cases = plan("presented_sets");
        for case in cases.as_array().unwrap() {
            let (n, rate) = (case["n"].as_u64().unwrap(), number(case, "rate"));
            let least = RULE.least_limit_to_show(n, rate, 0.8, 0.95);
            match case["least_limit"].as_f64() {
                Some(wanted) => agree(least.unwrap(), wanted, 1.0, &case.to_string()),
                None => assert_eq!(least, None, "{case}"),
            }
            let largest = RULE.largest_rate_that_passes(n, number(case, "limit"), 0.8, 0.95);
            match case["largest_rate"].as_f64() {
                Some(wanted) => assert!((largest.unwrap() - wanted).abs() < 1e-8, "{largest:?}: {case}"),
                None => assert_eq!(largest, None, "{case}"),
            }
        }
        assert!(cases.as_array().unwrap().len() > 10);
    }

    #[test]
    fn nobody_without_an_event_shows_five_percent_before_73_people_but_one_percent_needs_no_more_than_its_bound() {
        // Wilson's upper bound without an event is z^2 / (n + z^2) = 0.05 at n = 72.99.
        assert_eq!(RULE.subjects_needed(0.0, 0.05, 0.8, 0.95, 10_000), Some(73));
        assert_eq!(RULE.subjects_needed(0.0, 0.01, 0.8, 0.95, 10_000), Some(299));
        assert_eq!(RULE.subjects_needed(0.0, 0.01, 0.8, 0.95, 298), None);
        assert_eq!((RULE.power(59, 0.0, 0.05, 0.95), NONE.power(59, 0.0, 0.05, 0.95)), (0.0, 1.0));
        assert_eq!(RULE.least_limit_to_show(29, 0.0, 0.8, 0.95), None, "below the floor");
        assert_eq!((RULE.power(0, 0.0, 0.1, 0.95), RULE.least_limit_to_show(0, 0.0, 0.8, 0.95)), (0.0, None));
        assert!(RULE.power(100, f64::NAN, 0.1, 0.95).is_nan());
        assert_eq!(RULE.largest_rate_that_passes(100, 1.5, 0.8, 0.95), None);
    }

    proptest::proptest! {
        #[test]
        fn without_a_rule_all_is_as_the_bound_alone_says(n in 1_u64..2000, limit in 0.003_f64..0.4, share in 0.0_f64..0.9) {
            let rate = limit * share;
            let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
            proptest::prop_assert!(close(NONE.power(n, rate, limit, 0.95), power(n, rate, limit, 0.95)));
            let (own, plain) = (NONE.least_limit_to_show(n, rate, 0.8, 0.95), least_limit_to_show(n, rate, 0.8, 0.95));
            proptest::prop_assert!(close(own.unwrap_or(9.0), plain.unwrap_or(9.0)), "{own:?} {plain:?}");
            let own = NONE.largest_rate_that_passes(n, limit, 0.8, 0.95);
            let plain = largest_rate_that_passes(n, limit, 0.8, 0.95);
            proptest::prop_assert!(close(own.unwrap_or(9.0), plain.unwrap_or(9.0)), "{own:?} {plain:?}");
        }

        #[test]
        fn the_rule_never_helps_and_its_ranges_are_what_every_number_of_events_says(
            n in 1_u64..900, limit in 0.01_f64..0.9, share in 0.0_f64..0.9,
        ) {
            let rate = limit * share;
            proptest::prop_assert!(RULE.power(n, rate, limit, 0.95) <= power(n, rate, limit, 0.95) + 1e-12);
            let each: Vec<u64> = allowed_events(n, limit, 0.95)
                .map(|most| (0..=most).filter(|k| RULE.holds(*k, n)).collect()).unwrap_or_default();
            let ranged: Vec<u64> = RULE.accepted(n, limit, 0.95).into_iter().flat_map(|(low, high)| low..=high).collect();
            proptest::prop_assert_eq!(each, ranged);
        }

        #[test]
        fn from_the_needed_number_on_the_power_is_enough_and_just_before_it_is_not(
            limit in 0.01_f64..0.3, share in 0.0_f64..0.6, wanted in 0.5_f64..0.95, more in 0_u64..200,
        ) {
            let rate = limit * share;
            let n = RULE.subjects_needed(rate, limit, wanted, 0.95, 1_000_000).unwrap();
            proptest::prop_assert!(RULE.power(n + more, rate, limit, 0.95) >= wanted - 1e-9);
            proptest::prop_assert!(RULE.power(n - 1, rate, limit, 0.95) < wanted + 1e-9);
        }
    }
}
