//! Several attempts a subject that are alike: what they are worth, and how many subjects have an event among theirs.

use super::clusters::TRUSTED;
use super::power::at_most;
use super::special::{normal_quantile, t_quantile};

/// The design effect of `attempts` attempts a subject whose intra-subject correlation is `correlation`: that many attempts
/// tell as much as one independent one. `None` unless there is an attempt and the correlation is between 0 and 1.
///
/// Source: Kish (1965), Survey Sampling, 5.4: 1 + (m - 1) rho.
#[must_use]
pub fn design_effect(attempts: u64, correlation: f64) -> Option<f64> {
    let sound = attempts > 0 && (0.0..=1.0).contains(&correlation);
    sound.then_some(1.0 + (attempts as f64 - 1.0) * correlation)
}

/// The share of subjects who have at least one event among their `attempts`, each with probability `rate`, where the
/// subjects' own rates are Beta distributed with intra-subject correlation `correlation`. NaN when one of them is no
/// probability.
///
/// Source: the zero term of the beta-binomial distribution (Skellam 1948, JRSS B 10).
#[must_use]
pub fn share_with_event(rate: f64, attempts: u64, correlation: f64) -> f64 {
    if ![rate, correlation].iter().all(|share| (0.0..=1.0).contains(share)) {
        return f64::NAN;
    }
    if correlation == 1.0 {
        return if attempts == 0 { 0.0 } else { rate };
    }
    let rest = 1.0 - correlation;
    let none: f64 = (0..attempts)
        .map(|i| (i as f64 * correlation, rest))
        .map(|(i, rest)| ((1.0 - rate) * rest + i) / (rest + i))
        .product();
    1.0 - none
}

/// Subjects with `attempts` attempts each that tell as much of a rate as `n` independent subjects do, when the rate is `rate`
/// and `level` that of the display interval: n times the design effect, by attempts, and by the normal over Student's
/// quantile. `n` itself where 15 of them cannot be counted on (with 97.5 %) to have an event: their variance is not trusted
/// then, and n* is at most the number of subjects. `None` as for [`design_effect`].
///
/// Source: METRICS M15, n* and its cap, turned round.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive count, saturating")]
pub fn subjects_of_attempts(n: u64, rate: f64, attempts: u64, correlation: f64, level: f64) -> Option<u64> {
    let of_independent = design_effect(attempts, correlation)? / attempts as f64;
    let quantile = 0.5 + level / 2.0;
    let mut subjects = n as f64;
    // The correction depends on the answer, and hardly.
    for _ in 0..20 {
        let correction = (t_quantile(quantile, (subjects - 1.0).max(1.0)) / normal_quantile(quantile)).powi(2);
        subjects = (n as f64 * of_independent * correction * (1.0 - 1e-12)).ceil();
    }
    let subjects = (subjects as u64).min(n);
    let few =
        subjects <= TRUSTED || at_most(TRUSTED - 1, subjects, share_with_event(rate, attempts, correlation)) > 0.025;
    Some(if few { n } else { subjects })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, plan};

    #[test]
    fn shares_of_subjects_with_an_event_are_those_of_scipys_beta_binomial() {
        let cases = plan("share_with_event");
        for case in cases.as_array().unwrap() {
            let attempts = case["attempts"].as_u64().unwrap();
            let found = share_with_event(number(case, "rate"), attempts, number(case, "correlation"));
            let wanted = number(case, "share");
            assert!((found - wanted).abs() < 1e-11, "{found} is not {wanted}: {case}");
        }
        assert!(cases.as_array().unwrap().len() > 8);
    }

    #[test]
    fn so_many_subjects_have_the_wanted_n_star_on_average_over_drawn_data_sets() {
        let cases = plan("clustered");
        for case in cases.as_array().unwrap() {
            let [n, attempts, subjects] = ["n", "attempts", "subjects"].map(|key| case[key].as_u64().unwrap());
            let (rate, correlation) = (number(case, "rate"), number(case, "correlation"));
            assert_eq!(subjects_of_attempts(n, rate, attempts, correlation, 0.95), Some(subjects), "{case}");
            // numpy: the mean n* of 4,000 datasets of so many beta-binomial subjects.
            let mean = number(case, "mean_n_star");
            assert!((mean / n as f64 - 1.0).abs() < 0.03, "{case}");
        }
        assert!(cases.as_array().unwrap().len() > 3);
        // Hardly anybody has an event: people count, not their photos.
        assert_eq!(subjects_of_attempts(299, 0.0, 5, 0.1, 0.95), Some(299));
        assert_eq!(subjects_of_attempts(299, 0.001, 5, 0.1, 0.95), Some(299));
        assert_eq!(subjects_of_attempts(299, 0.1, 1, 0.5, 0.95), Some(299));
        assert_eq!(subjects_of_attempts(299, 0.1, 0, 0.5, 0.95), None);
    }

    #[test]
    fn alike_attempts_are_one_and_independent_ones_count_each() {
        assert_eq!(share_with_event(0.2, 5, 1.0), 0.2);
        agree(share_with_event(0.2, 1, 0.3), 0.2, 1.0, "one attempt");
        agree(share_with_event(0.2, 5, 0.0), 1.0 - 0.8_f64.powi(5), 1.0, "independent");
        assert_eq!((share_with_event(0.0, 5, 0.4), share_with_event(0.2, 0, 1.0)), (0.0, 0.0));
        assert!(share_with_event(1.5, 2, 0.1).is_nan() && share_with_event(0.1, 2, f64::NAN).is_nan());
        assert_eq!((design_effect(5, 0.25), design_effect(1, 0.9)), (Some(2.0), Some(1.0)));
        assert_eq!((design_effect(0, 0.2), design_effect(3, -0.1), design_effect(3, f64::NAN)), (None, None, None));
    }
}
