//! How many subjects a paired comparison needs to show that two methods differ by less than a margin, exact, by the
//! multinomial distribution of the subjects that only one of the two lets through.

use statrs::function::gamma::ln_gamma;

use super::paired::Discordance;
use super::power::{at_most, open};

/// Probability that `n` subjects show a difference below `margin` (Tango's upper bound at `level`) when a share
/// `discordant` of them is decided by the two methods differently, as often the one way as the other. NaN when one of the
/// numbers is no share; `discordant` may be 0.
///
/// Source: exact, over the number of discordant subjects and how many of them go one way; the rule is that of METRICS M16.
#[must_use]
pub fn paired_power(n: u64, discordant: f64, margin: f64, level: f64) -> f64 {
    if n == 0 || !open(&[margin]) || !(0.5..1.0).contains(&level) || !(0.0..1.0).contains(&discordant) {
        return f64::NAN;
    }
    let shown = |b: u64, c: u64| {
        Discordance::new(b as f64, c as f64, n as f64).is_some_and(|found| found.is_below(margin, level))
    };
    // The more of m discordant ones go the wrong way, the higher the bound: the most with which it is still below the margin
    // lies near that of a neighbouring m, from which it is looked for in steps that double.
    let most = |m: u64, near: u64| -> Option<u64> {
        let fine = |wrong: u64| shown(wrong, m - wrong);
        let near = near.min(m);
        let (mut low, mut high) = if fine(near) {
            let (mut low, mut step) = (near, 1);
            while low + step <= m && fine(low + step) {
                (low, step) = (low + step, step * 2);
            }
            (low, (low + step).min(m + 1))
        } else {
            let (mut high, mut step) = (near, 1);
            while high >= step && !fine(high - step) {
                (high, step) = (high - step, step * 2);
            }
            if high < step {
                // Everything down to 0 is left.
                if high == 0 || !fine(0) {
                    return None;
                }
                (0, high)
            } else {
                (high - step, high)
            }
        };
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if fine(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        Some(low)
    };
    let given = |m: u64, near: &mut u64| match most(m, *near) {
        None => 0.0,
        Some(fine) => {
            *near = fine;
            if fine >= m { 1.0 } else { at_most(fine, m, 0.5) }
        }
    };
    if discordant == 0.0 {
        return given(0, &mut 0);
    }
    // Outwards from the most likely number of discordant subjects, until what is left cannot matter.
    let likely = mode(n, discordant);
    let odds = discordant / (1.0 - discordant);
    let first = binomial(likely, n, discordant);
    let mut near = likely / 2;
    let mut sum = first * given(likely, &mut near);
    let at_likely = near;
    let (mut chance, mut m) = (first, likely);
    while m < n && chance > 1e-17 {
        chance *= (n - m) as f64 / (m + 1) as f64 * odds;
        m += 1;
        sum += chance * given(m, &mut near);
    }
    (chance, m, near) = (first, likely, at_likely);
    while m > 0 && chance > 1e-17 {
        chance *= m as f64 / (n - m + 1) as f64 / odds;
        m -= 1;
        sum += chance * given(m, &mut near);
    }
    sum
}

/// The least n from which on every larger n shows a difference below `margin` with at least the probability `wanted`, as
/// [`paired_power`]. `None` when a number is no share, or more than `most` would be needed.
///
/// Power has saw teeth here too, of about 1 / margin subjects each. Numbers are looked at until a quarter as many in a row were
/// high enough as lie below them, at least 50; where that is many, as many as five teeth are long, at least 1,000.
///
/// Source: as [`paired_power`].
#[must_use]
pub fn paired_subjects_needed(discordant: f64, margin: f64, wanted: f64, level: f64, most: u64) -> Option<u64> {
    if !open(&[wanted]) || !paired_power(1, discordant, margin, level).is_finite() {
        return None;
    }
    let enough = |n: u64| paired_power(n, discordant, margin, level) >= wanted;
    let (mut low, mut high) = (0, 1);
    while !enough(high) {
        if high >= most {
            return None;
        }
        (low, high) = (high, (high * 2).min(most));
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    // Halving may have jumped over a tooth below; what is below that is far from enough.
    let mut candidate = high;
    let mut below = 0;
    let mut n = high;
    while n > 1 && below < 20 {
        n -= 1;
        if enough(n) {
            below = 0;
        } else {
            below += 1;
        }
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, and positive")]
    let enough_in_a_row = 1_000.max((5.0 / margin).ceil() as u64);
    let mut run = 0;
    let mut n = n.max(1);
    loop {
        if enough(n) {
            run += 1;
        } else {
            (candidate, run) = (n + 1, 0);
        }
        if candidate > most {
            return None;
        }
        if n >= high && run >= 50.max(enough_in_a_row.min(candidate / 4)) {
            return Some(candidate);
        }
        n += 1;
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and n")]
fn mode(n: u64, share: f64) -> u64 {
    (((n + 1) as f64 * share) as u64).min(n)
}

/// P(X = k) for X binomial(n, share), 0 < share < 1.
///
/// Source: Abramowitz & Stegun 26.1.20.
fn binomial(k: u64, n: u64, share: f64) -> f64 {
    let (k, n) = (k as f64, n as f64);
    let ways = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    (ways + k * share.ln() + (n - k) * f64::ln_1p(-share)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{number, plan};

    #[test]
    fn powers_are_those_of_adding_up_every_pair_of_counts() {
        let cases = plan("paired_power");
        for case in cases.as_array().unwrap() {
            let n = case["n"].as_u64().unwrap();
            let found = paired_power(n, number(case, "discordant"), number(case, "margin"), 0.95);
            assert!((found - number(case, "power")).abs() < 1e-9, "{found}: {case}");
        }
        assert!(cases.as_array().unwrap().len() > 10);
    }

    #[test]
    fn needed_subjects_are_those_found_by_trying_every_number() {
        for case in plan("paired_needed").as_array().unwrap() {
            let (discordant, margin) = (number(case, "discordant"), number(case, "margin"));
            let found = paired_subjects_needed(discordant, margin, number(case, "wanted"), 0.95, 100_000);
            assert_eq!(found, case["n"].as_u64(), "{case}");
        }
    }

    #[test]
    fn without_a_discordant_subject_268_133_and_52_are_needed() {
        // fixtures/golden/statistics.json, min_n_tango_no_discordant.
        for (margin, n) in [(0.01, 268), (0.02, 133), (0.05, 52)] {
            assert_eq!(paired_subjects_needed(0.0, margin, 0.8, 0.95, 10_000), Some(n));
            assert_eq!((paired_power(n, 0.0, margin, 0.95), paired_power(n - 1, 0.0, margin, 0.95)), (1.0, 0.0));
        }
        assert_eq!(paired_subjects_needed(0.0, 0.01, 0.8, 0.95, 267), None);
    }

    #[test]
    fn what_is_no_share_has_no_answer() {
        for (discordant, margin, level) in
            [(-0.1, 0.05, 0.95), (1.0, 0.05, 0.95), (f64::NAN, 0.05, 0.95), (0.1, 0.0, 0.95), (0.1, 0.05, 0.3)]
        {
            assert!(paired_power(50, discordant, margin, level).is_nan());
            assert_eq!(paired_subjects_needed(discordant, margin, 0.8, level, 1000), None);
        }
        assert!(paired_power(0, 0.1, 0.05, 0.95).is_nan());
        assert_eq!(paired_subjects_needed(0.1, 0.05, 1.0, 0.95, 1000), None);
    }

    proptest::proptest! {
        #[test]
        fn the_bound_is_below_the_margin_exactly_where_it_says_so(
            b in 0_u32..60, c in 0_u32..60, rest in 1_u32..400, margin in 0.002_f64..0.5,
        ) {
            let n = f64::from(b + c + rest);
            let found = Discordance::new(f64::from(b), f64::from(c), n).unwrap();
            let upper = found.upper(0.95);
            proptest::prop_assume!((upper - margin).abs() > 1e-9);
            proptest::prop_assert_eq!(found.is_below(margin, 0.95), upper < margin);
        }

        #[test]
        fn more_discordance_and_a_smaller_margin_need_more_people(discordant in 0.02_f64..0.2, margin in 0.04_f64..0.1) {
            let of = |discordant, margin| paired_subjects_needed(discordant, margin, 0.8, 0.95, 1_000_000).unwrap();
            proptest::prop_assert!(of(discordant, margin) <= of(discordant * 1.5, margin));
            proptest::prop_assert!(of(discordant, margin) <= of(discordant, margin * 0.8));
        }
    }
}
