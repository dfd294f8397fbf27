//! Intervals of a share from `events` among `n`, both real-valued, so that an effective sample size can stand for n.

use super::special::{beta_quantile, normal_quantile};

/// Wilson's two-sided score interval of `p` on `n` at `level`: the display interval. `n` > 0 may be a fraction.
/// The lower bound is exactly 0 at p = 0 and the upper exactly 1 at p = 1.
///
/// Source: Wilson (1927), JASA 22; METRICS M15.
///
/// ```
/// use agebench::stats::{upper_claim, wilson};
///
/// // Nobody of 30 passed: the rate may still be 11 %, and for a claim 9.5 %.
/// assert!((wilson(0.0, 30.0, 0.95).1 - 0.1135).abs() < 1e-4);
/// assert!((upper_claim(0.0, 30.0, 0.95) - 0.0950).abs() < 1e-4);
/// ```
#[must_use]
pub fn wilson(p: f64, n: f64, level: f64) -> (f64, f64) {
    let z = normal_quantile(0.5 + level / 2.0);
    let zz = z * z;
    let centre = p + zz / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + zz / (4.0 * n * n)).sqrt();
    let scale = 1.0 + zz / n;
    // The small end as quotient of the product of both roots: the difference would cancel.
    let high = if p >= 1.0 { 1.0 } else { ((centre + half) / scale).min(1.0) };
    let low = if p <= 0.0 { 0.0 } else { (p * p / (centre + half)).max(0.0) };
    (low, high)
}

/// The two-sided Clopper-Pearson interval of `events` among `n`, both real-valued, at `level`.
///
/// Source: Clopper & Pearson (1934), Biometrika 26; real-valued as in Korn & Graubard (1998), Survey Methodology 24.
#[must_use]
pub fn clopper_pearson(events: f64, n: f64, level: f64) -> (f64, f64) {
    let one_sided = 0.5 + level / 2.0;
    (lower_claim(events, n, one_sided), upper_claim(events, n, one_sided))
}

/// The one-sided upper Clopper-Pearson bound of `events` among `n`, both real-valued, at `level`: 1 - (1 - level)^(1/n)
/// without an event, exactly 1 when all are events.
///
/// Source: as [`clopper_pearson`]; the first case is the "rule of three" made exact.
#[must_use]
pub fn upper_claim(events: f64, n: f64, level: f64) -> f64 {
    if events <= 0.0 {
        -f64::exp_m1((1.0 - level).ln() / n)
    } else if events >= n {
        1.0
    } else {
        beta_quantile(level, events + 1.0, n - events)
    }
}

/// The one-sided lower Clopper-Pearson bound of `events` among `n`, both real-valued, at `level`; exactly 0 without an
/// event.
///
/// Source: as [`clopper_pearson`].
#[must_use]
pub fn lower_claim(events: f64, n: f64, level: f64) -> f64 {
    if events <= 0.0 {
        0.0
    } else if events >= n {
        ((1.0 - level).ln() / n).exp()
    } else {
        beta_quantile(1.0 - level, events, n - events + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, section};

    #[test]
    fn both_intervals_are_the_independently_computed_ones() {
        for case in section("intervals").as_array().unwrap() {
            let (k, n) = (number(case, "k"), number(case, "n"));
            let what = format!("{k} of {n}");
            let (low, high) = wilson(k / n, n, 0.95);
            agree(low, case["wilson95"][0].as_f64().unwrap(), n, &what);
            agree(high, case["wilson95"][1].as_f64().unwrap(), n, &what);
            let (low, high) = clopper_pearson(k, n, 0.95);
            agree(low, case["clopper_pearson95"][0].as_f64().unwrap(), n, &what);
            agree(high, case["clopper_pearson95"][1].as_f64().unwrap(), n, &what);
            agree(upper_claim(k, n, 0.95), number(case, "clopper_pearson_upper95_one_sided"), n, &what);
            agree(lower_claim(k, n, 0.95), number(case, "clopper_pearson_lower95_one_sided"), n, &what);
        }
    }

    #[test]
    fn zero_errors_in_299_trials_show_less_than_one_percent_but_298_do_not() {
        for (rate, trials) in section("zero_error_trials_needed_95").as_object().unwrap() {
            let (rate, trials): (f64, f64) = (rate.parse().unwrap(), trials.as_f64().unwrap());
            assert!(upper_claim(0.0, trials, 0.95) < rate);
            assert!(upper_claim(0.0, trials - 1.0, 0.95) >= rate);
        }
    }

    proptest::proptest! {
        #[test]
        fn bounds_enclose_the_share_and_mirror_when_events_and_others_swap(n in 1.0_f64..5000.0, p in 0.0_f64..=1.0) {
            let (low, high) = wilson(p, n, 0.95);
            proptest::prop_assert!(0.0 <= low && low <= p + 1e-12 && p <= high + 1e-12 && high <= 1.0);
            let (other_low, other_high) = wilson(1.0 - p, n, 0.95);
            proptest::prop_assert!((low - (1.0 - other_high)).abs() < 1e-9 && (high - (1.0 - other_low)).abs() < 1e-9);
            let (low, high) = clopper_pearson(p * n, n, 0.95);
            proptest::prop_assert!(0.0 <= low && low <= p + 1e-9 && p <= high + 1e-9 && high <= 1.0);
            proptest::prop_assert!((lower_claim(p * n, n, 0.95) - (1.0 - upper_claim(n - p * n, n, 0.95))).abs() < 1e-8);
        }
    }
}
