//! How many independent subjects a claim needs, and what a given number can show: exact, by the binomial distribution.
//!
//! A claim is "the rate is at most `limit`", shown when the one-sided upper Clopper-Pearson bound is at most `limit`.
//! Numbers are effective ones: several attempts a subject are multiplied in by [`with_design_effect`].

use super::beta::beta_reg;
use super::special::{beta_quantile, normal_quantile};
use super::upper_claim;

/// Rates and levels as probabilities strictly between 0 and 1.
pub(super) fn open(values: &[f64]) -> bool {
    values.iter().all(|value| *value > 0.0 && *value < 1.0)
}

/// P(X <= k) for X binomial(n, rate), where k < n.
pub(super) fn at_most(k: u64, n: u64, rate: f64) -> f64 {
    if rate <= 0.0 { 1.0 } else { beta_reg((n - k) as f64, k as f64 + 1.0, 1.0 - rate) }
}

/// Least whole number at or above a real one that is whole on paper.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive count, saturating")]
fn whole(number: f64) -> u64 {
    (number * (1.0 - 1e-12)).ceil() as u64
}

/// Trials without an event that show a rate of at most `limit` at `level`: 59 / 299 / 2,995 for 5 / 1 / 0.1 % at 95 %.
/// It is also the number of independent values of which the largest bounds the quantile 1 - `limit` from above. `None`
/// unless both are strictly between 0 and 1.
///
/// Source: (1 - limit)^n <= 1 - level, the zero case of Clopper & Pearson (1934).
#[must_use]
pub fn zero_event_trials(limit: f64, level: f64) -> Option<u64> {
    open(&[limit, level]).then(|| whole((1.0 - level).ln() / f64::ln_1p(-limit)))
}

/// Most events among `n` with which the claim is still shown; `None` when not even none suffices.
///
/// Source: Clopper & Pearson (1934), Biometrika 26, inverted.
#[must_use]
pub fn allowed_events(n: u64, limit: f64, level: f64) -> Option<u64> {
    if !open(&[limit, level]) || n < zero_event_trials(limit, level)? {
        return None;
    }
    // Shown with k events iff P(X <= k) <= 1 - level at the limit; that rises with k.
    let (mut shown, mut too_many) = (0, n);
    while too_many - shown > 1 {
        let middle = shown + (too_many - shown) / 2;
        if at_most(middle, n, limit) <= 1.0 - level {
            shown = middle;
        } else {
            too_many = middle;
        }
    }
    Some(shown)
}

/// Probability that `n` subjects show a rate of at most `limit` at `level` when it is `rate`. NaN when one of them is no
/// probability.
///
/// Source: exact enumeration; Chernick & Liu (2002), The American Statistician 56, for its saw teeth.
#[must_use]
pub fn power(n: u64, rate: f64, limit: f64, level: f64) -> f64 {
    if !open(&[limit, level]) || !(0.0..=1.0).contains(&rate) {
        return f64::NAN;
    }
    allowed_events(n, limit, level).map_or(0.0, |k| at_most(k, n, rate))
}

/// The least n from which on every larger n shows a rate of at most `limit` at `level` with at least the probability
/// `wanted`, when the rate is `rate`. `None` when the rate is not below the limit, a number is no probability, or more
/// than `most` would be needed.
///
/// Power falls while the number of allowed events stays, and jumps where one more is allowed. So it is enough to look at
/// the last n before each jump: the answer stands behind the last tooth whose end is too low. Teeth are looked at until
/// as many in a row were high enough as came before (at least 50).
///
/// Source: as [`power`].
#[must_use]
pub fn subjects_needed(rate: f64, limit: f64, wanted: f64, level: f64, most: u64) -> Option<u64> {
    let sound = open(&[limit, wanted, level]) && (0.0..limit).contains(&rate);
    let mut start = zero_event_trials(limit, level).filter(|_| sound)?;
    let (mut candidate, mut enough) = (start, 0);
    for k in 0_u64.. {
        if candidate > most {
            return None;
        }
        // The first n at which k + 1 events are allowed: by doubling steps, then by halving.
        let allows = |n: u64| at_most(k + 1, n, limit) <= 1.0 - level;
        let mut step = 1;
        while !allows(start + step) {
            step *= 2;
        }
        let (mut low, mut next) = (start + step / 2, start + step);
        while next - low > 1 {
            let middle = low + (next - low) / 2;
            if allows(middle) {
                next = middle;
            } else {
                low = middle;
            }
        }
        if at_most(k, next - 1, rate) >= wanted {
            enough += 1;
            if enough >= 50.max(k / 2) {
                break;
            }
        } else {
            (candidate, enough) = (next, 0);
        }
        start = next;
    }
    (candidate <= most).then_some(candidate)
}

/// The subjects at which a mean that is `distance` below what is to be shown is shown to be below it with the probability
/// `wanted`, by a one-sided bound at `level`, where with `subjects` that bound lies `reach` from the mean. `None` unless
/// the distance is above 0, the subjects and the reach are numbers from 0 on, and the others probabilities.
///
/// Source: n = ((z_level + z_wanted) sigma / distance)^2, Lachin (1981), Controlled Clinical Trials 2.
#[must_use]
pub fn subjects_for_mean(subjects: f64, distance: f64, reach: f64, level: f64, wanted: f64) -> Option<f64> {
    let sound = distance > 0.0 && reach >= 0.0 && reach.is_finite() && subjects > 0.0 && open(&[level, wanted]);
    if !sound || level <= 0.5 {
        return None;
    }
    let z = normal_quantile(level);
    let errors = (z + normal_quantile(wanted)).max(0.0) * reach / z;
    Some((subjects * (errors / distance).powi(2)).max(1.0).ceil())
}

/// The largest true rate at which `n` subjects still show a rate of at most `limit` with probability `wanted`. `None`
/// when even a method without an event cannot, or a number is no probability.
///
/// Source: P(X <= k) as a Beta distribution function, Abramowitz & Stegun 26.5.24.
#[must_use]
pub fn largest_rate_that_passes(n: u64, limit: f64, wanted: f64, level: f64) -> Option<f64> {
    let k = allowed_events(n, limit, level).filter(|_| open(&[wanted]))?;
    // P(X <= k) falls with the rate and is wanted where a Beta(k + 1, n - k) variable exceeds the rate so often.
    Some(beta_quantile(1.0 - wanted, k as f64 + 1.0, (n - k) as f64))
}

/// The least limit that `n` subjects show with probability `wanted` when the rate is `rate`: what an existing set can
/// show at best. `None` without a subject or when a number is no probability.
///
/// Source: as [`power`]: the bound of the least number of events that is kept with that probability.
#[must_use]
pub fn least_limit_to_show(n: u64, rate: f64, wanted: f64, level: f64) -> Option<f64> {
    if n == 0 || !open(&[wanted, level]) || !(0.0..1.0).contains(&rate) {
        return None;
    }
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if at_most(middle, n, rate) >= wanted {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(upper_claim(low as f64, n as f64, level))
}

/// Attempts that tell as much as `n` independent ones, with a design effect of at least 1: their product, rounded up.
/// `None` for a smaller one or NaN.
///
/// Source: Kish (1965), Survey Sampling, 8.2.
#[must_use]
pub fn with_design_effect(n: u64, design_effect: f64) -> Option<u64> {
    (design_effect >= 1.0 && design_effect.is_finite()).then(|| whole(n as f64 * design_effect))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, own, section};

    #[test]
    fn powers_are_the_independently_computed_ones() {
        let (teeth, own) = (section("power_sawtooth"), own("power"));
        for case in
            section("power").as_array().unwrap().iter().chain(teeth.as_array().unwrap()).chain(own.as_array().unwrap())
        {
            let (n, rate, limit) = (case["n"].as_u64().unwrap(), number(case, "true_rate"), number(case, "limit"));
            agree(power(n, rate, limit, 0.95), number(case, "power"), n as f64, &case.to_string());
        }
    }

    #[test]
    fn trials_without_an_event_are_the_published_ones() {
        for (limit, n) in section("zero_error_trials_needed_95").as_object().unwrap() {
            assert_eq!(zero_event_trials(limit.parse().unwrap(), 0.95), n.as_u64(), "{limit}");
        }
        for (share, n) in section("min_n_for_one_sided_95_upper_limit").as_object().unwrap() {
            assert_eq!(zero_event_trials(1.0 - share.parse::<f64>().unwrap(), 0.95), n.as_u64(), "{share}");
        }
        assert_eq!(zero_event_trials(0.5, 0.75), Some(2), "whole on paper");
    }

    #[test]
    fn needed_subjects_are_those_found_by_trying_every_number() {
        for case in own("subjects_needed").as_array().unwrap() {
            let found = subjects_needed(
                number(case, "true_rate"),
                number(case, "limit"),
                number(case, "wanted"),
                0.95,
                1_000_000,
            );
            assert_eq!(found, case["n"].as_u64(), "{case}");
        }
        assert_eq!(subjects_needed(0.0, 0.01, 0.8, 0.95, 1_000_000), Some(299));
        assert_eq!(subjects_needed(0.0, 0.01, 0.8, 0.95, 299), Some(299));
        assert_eq!(subjects_needed(0.0, 0.01, 0.8, 0.95, 298), None);
        // scipy 1.17.1, binom over every n to 2,000: a tooth that is too low stands behind one that is high enough.
        assert_eq!(subjects_needed(0.54, 0.9, 0.7, 0.95, 1000), Some(10));
        assert_eq!(subjects_needed(0.54, 0.9, 0.9, 0.95, 1000), Some(16));
        assert_eq!(subjects_needed(0.495, 0.99, 0.9, 0.95, 1000), Some(7));
        assert_eq!(subjects_needed(0.01, 0.01, 0.8, 0.95, 1_000_000), None);
        assert_eq!(subjects_needed(0.0099, 0.01, 0.8, 0.95, 10_000), None);
    }

    #[test]
    fn what_a_number_of_people_shows_is_what_scipy_finds_by_trying() {
        for case in own("shown_by").as_array().unwrap() {
            let (n, limit) = (case["n"].as_u64().unwrap(), number(case, "limit"));
            let (wanted, level, rate) = (number(case, "wanted"), number(case, "level"), number(case, "true_rate"));
            assert_eq!(allowed_events(n, limit, level), case["allowed_events"].as_u64(), "{case}");
            agree(power(n, rate, limit, level), number(case, "power"), 1.0, "power");
            let largest = largest_rate_that_passes(n, limit, wanted, level).unwrap();
            agree(largest, number(case, "largest_rate"), 1.0, "largest rate");
            let least = least_limit_to_show(n, rate, wanted, level).unwrap();
            agree(least, number(case, "least_limit"), 1.0, "least limit");
        }
    }

    #[test]
    fn what_a_set_can_show_is_what_the_power_says() {
        let rate = largest_rate_that_passes(1000, 0.01, 0.8, 0.95).unwrap();
        agree(power(1000, rate, 0.01, 0.95), 0.8, 1.0, "power at the largest rate");
        assert_eq!(largest_rate_that_passes(298, 0.01, 0.8, 0.95), None);
        let limit = least_limit_to_show(1000, 0.005, 0.8, 0.95).unwrap();
        assert!(power(1000, 0.005, limit * 1.000_001, 0.95) >= 0.8 && power(1000, 0.005, limit * 0.999, 0.95) < 0.8);
        agree(least_limit_to_show(299, 0.0, 0.8, 0.95).unwrap(), 0.009969146792899269, 1.0, "zero of 299"); // golden `intervals`
    }

    #[test]
    fn what_is_no_probability_and_nobody_have_no_answer() {
        assert_eq!((power(0, 0.0, 0.01, 0.95), allowed_events(0, 0.01, 0.95)), (0.0, None));
        assert!(power(10, f64::NAN, 0.01, 0.95).is_nan() && power(10, 0.1, 0.0, 0.95).is_nan());
        assert_eq!((zero_event_trials(f64::NAN, 0.95), zero_event_trials(1.0, 0.95)), (None, None));
        assert_eq!(
            (least_limit_to_show(0, 0.0, 0.8, 0.95), subjects_needed(f64::NAN, 0.1, 0.8, 0.95, 100)),
            (None, None)
        );
        assert_eq!((least_limit_to_show(10, 1.0, 0.8, 0.95), least_limit_to_show(10, 0.1, 1.5, 0.95)), (None, None));
        assert_eq!((with_design_effect(100, 1.25), with_design_effect(3, 1.1)), (Some(125), Some(4)));
        assert_eq!((with_design_effect(100, 0.5), with_design_effect(100, f64::NAN)), (None, None));
        assert_eq!(power(30, 1.0, 0.2, 0.95), 0.0);
    }

    #[test]
    fn the_subjects_for_a_mean_are_those_of_the_textbook_formula() {
        // scipy.stats: ((norm.ppf(.95) + norm.ppf(.8)) 3 / 0.5)^2 = 222.57; with Student's t (nct) 224.
        let reach = 1.644_853_626_951_472_2 * 3.0 / 100.0_f64.sqrt();
        assert_eq!(subjects_for_mean(100.0, 0.5, reach, 0.95, 0.8), Some(223.0));
        for (distance, reach, level) in [(0.0, 1.0, 0.95), (-1.0, 1.0, 0.95), (1.0, f64::NAN, 0.95), (1.0, 1.0, 0.5)] {
            assert_eq!(subjects_for_mean(100.0, distance, reach, level, 0.8), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn from_the_needed_number_on_the_power_is_enough_and_just_before_it_is_not(
            limit in 0.005_f64..0.3, share in 0.05_f64..0.7, wanted in 0.5_f64..0.95, more in 0_u64..200,
        ) {
            let rate = limit * share;
            let n = subjects_needed(rate, limit, wanted, 0.95, 1_000_000).unwrap();
            proptest::prop_assert!(power(n + more, rate, limit, 0.95) >= wanted - 1e-9);
            proptest::prop_assert!(n == 1 || power(n - 1, rate, limit, 0.95) < wanted + 1e-9);
        }

        #[test]
        fn one_event_more_than_allowed_is_not_shown(n in 1_u64..3000, limit in 0.001_f64..0.5) {
            match allowed_events(n, limit, 0.95) {
                None => proptest::prop_assert!(upper_claim(0.0, n as f64, 0.95) > limit),
                Some(k) => {
                    proptest::prop_assert!(upper_claim(k as f64, n as f64, 0.95) <= limit + 1e-9);
                    proptest::prop_assert!(upper_claim(k as f64 + 1.0, n as f64, 0.95) > limit - 1e-9);
                }
            }
        }
    }
}
