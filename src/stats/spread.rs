//! One number for how far the values of several groups lie apart.
//!
//! All are `None` for fewer than two groups, and where a value is not finite or (but for differences) negative. None of
//! them has an interval of its own: their noise is shown by a permutation null, or removed by [`between_group_sd`].

fn range(values: &[f64]) -> Option<(f64, f64)> {
    let sound = values.len() >= 2 && values.iter().all(|value| value.is_finite());
    sound.then(|| {
        (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    })
}

/// Largest value - smallest value, in the unit of the values.
///
/// Source: METRICS M11; NIST IR 8525 prints it beside the Gini coefficient.
#[must_use]
pub fn max_minus_min(values: &[f64]) -> Option<f64> {
    range(values).map(|(least, most)| most - least)
}

/// Largest value / smallest value; `None` also when the smallest is not above 0.
///
/// Source: NIST IR 8429 (2022), which tells why it is unstable.
#[must_use]
pub fn max_over_min(values: &[f64]) -> Option<f64> {
    range(values).filter(|(least, _)| *least > 0.0).map(|(least, most)| most / least)
}

/// Largest value / geometric mean of all; `None` also when one is not above 0.
///
/// Source: NIST IR 8429 (2022), which proposes it against the instability of the smallest value.
#[must_use]
pub fn max_over_geometric_mean(values: &[f64]) -> Option<f64> {
    let (_, most) = range(values).filter(|(least, _)| *least > 0.0)?;
    let mean = values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64;
    Some(most / mean.exp())
}

/// The Gini coefficient with small-sample correction, n / (n - 1) sum over all pairs |xi - xj| / (2 n^2 mean): 0 when
/// all are equal (all zero included), 1 when one group has everything.
///
/// Source: NIST IR 8525 (FATE AEV), after Howard et al.; METRICS M11.
#[must_use]
pub fn gini(values: &[f64]) -> Option<f64> {
    range(values).filter(|(least, _)| *least >= 0.0)?;
    let n = values.len() as f64;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let total: f64 = sorted.iter().sum();
    if total == 0.0 {
        return Some(0.0);
    }
    // Sum over unordered pairs of the difference: the value of rank i (from 0) is larger than i others, smaller than n - 1 - i.
    let differences: f64 = sorted.iter().enumerate().map(|(i, value)| (2.0 * i as f64 - (n - 1.0)) * value).sum();
    Some((differences / ((n - 1.0) * total)).clamp(0.0, 1.0))
}

/// Largest distance of a value from `reference`, in the unit of the values.
///
/// Source: METRICS M11, "parity max".
#[must_use]
pub fn max_distance(values: &[f64], reference: f64) -> Option<f64> {
    let (least, most) = range(values)?;
    reference.is_finite().then(|| (most - reference).max(reference - least))
}

/// The standard deviation of the groups' true values, estimated from each group's (value, variance): what is left of
/// the groups' differences once the noise of each is taken away; 0 when noise explains them all. In the unit of the
/// values. `None` also when a variance is not above 0 (a share without an event needs a variance from its interval).
///
/// tau^2 = max(0, (Q - (K - 1)) / (sum w - sum w^2 / sum w)), w = 1 / variance, Q = sum w (x - weighted mean)^2.
///
/// Source: DerSimonian & Laird (1986), Controlled Clinical Trials 7, 177-188.
#[must_use]
pub fn between_group_sd(groups: &[(f64, f64)]) -> Option<f64> {
    let sound = |(value, variance): &(f64, f64)| value.is_finite() && variance.is_finite() && *variance > 0.0;
    if groups.len() < 2 || !groups.iter().all(sound) {
        return None;
    }
    // Weights relative to the largest: variances may be as small as 1e-300.
    let least = groups.iter().map(|(_, variance)| *variance).fold(f64::INFINITY, f64::min);
    let weights: Vec<f64> = groups.iter().map(|(_, variance)| least / variance).collect();
    let total: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
    let mean = weights.iter().zip(groups).map(|(weight, (value, _))| weight * value).sum::<f64>() / total;
    let q: f64 = weights.iter().zip(groups).map(|(weight, (value, _))| weight * (value - mean) * (value - mean)).sum();
    let freedom = least * (groups.len() as f64 - 1.0);
    Some(((q - freedom) / (total - squares / total)).max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{TWELVE_ERRORS, agree, number, own, section};

    fn list(value: &serde_json::Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    #[test]
    fn corrected_gini_coefficients_are_the_independently_computed_ones() {
        for case in section("gini").as_array().unwrap() {
            let (values, wanted) = (list(&case["x"]), number(case, "corrected"));
            let n = values.len() as f64;
            agree(gini(&values).unwrap(), wanted, 1.0, "corrected");
            agree(gini(&values).unwrap() * (n - 1.0) / n, number(case, "plain"), 1.0, "plain");
        }
    }

    #[test]
    fn the_published_gini_and_range_of_twelve_group_errors_come_out() {
        assert_eq!(format!("{:.3}", gini(&TWELVE_ERRORS).unwrap()), "0.042");
        assert_eq!(format!("{:.2}", max_minus_min(&TWELVE_ERRORS).unwrap()), "1.16");
    }

    #[test]
    fn garbe_is_the_mean_of_two_ginis_and_the_discrepancy_that_of_two_ranges() {
        let case = section("fairness_discrepancy");
        let (upr, adr, alpha) = (list(&case["upr"]), list(&case["adr"]), number(&case, "alpha"));
        let garbe = alpha * gini(&upr).unwrap() + (1.0 - alpha) * gini(&adr).unwrap();
        agree(garbe, number(&case, "garbe"), 1.0, "garbe");
        let apart = alpha * max_minus_min(&upr).unwrap() + (1.0 - alpha) * max_minus_min(&adr).unwrap();
        agree(1.0 - apart, number(&case, "fdr"), 1.0, "fdr");
    }

    #[test]
    fn between_group_sd_is_that_of_statsmodels() {
        for case in own("dersimonian_laird").as_array().unwrap() {
            let groups: Vec<_> = list(&case["value"]).into_iter().zip(list(&case["variance"])).collect();
            agree(between_group_sd(&groups).unwrap(), number(case, "tau2").sqrt(), 1.0, &case.to_string());
        }
    }

    #[test]
    fn nothing_is_said_of_one_group_of_nan_or_of_a_ratio_to_zero() {
        for none in [&[][..], &[0.4], &[0.4, f64::NAN]] {
            assert_eq!(max_minus_min(none), None);
            assert_eq!(max_over_min(none), None);
            assert_eq!(max_over_geometric_mean(none), None);
            assert_eq!(gini(none), None);
            assert_eq!(max_distance(none, 0.0), None);
        }
        assert_eq!((max_over_min(&[0.0, 1.0]), max_over_geometric_mean(&[0.0, 1.0])), (None, None));
        assert_eq!((gini(&[0.0, 0.0, 0.0]), gini(&[-1.0, 1.0]), gini(&[0.0, 1.0])), (Some(0.0), None, Some(1.0)));
        assert_eq!((between_group_sd(&[(0.1, 0.01)]), between_group_sd(&[(0.1, 0.01), (0.2, 0.0)])), (None, None));
        assert_eq!(between_group_sd(&[(0.1, 0.01), (0.1, 0.02)]), Some(0.0));
        assert_eq!(max_distance(&[0.25, 0.5], 0.375), Some(0.125));
        assert_eq!(max_over_geometric_mean(&[1.0, 4.0]).map(|ratio| (ratio - 2.0).abs() < 1e-15), Some(true));
    }

    #[test]
    fn a_ratio_is_that_of_the_largest_to_the_smallest_and_none_beside_nothing() {
        assert_eq!(max_over_min(&[0.3, 0.1, 0.2]), Some(0.3 / 0.1));
        assert_eq!((max_over_min(&[0.0, 0.1]), max_over_min(&[-0.1, 0.1]), max_over_min(&[0.1])), (None, None, None));
    }

    proptest::proptest! {
        #[test]
        fn a_gini_needs_no_unit_and_no_order_and_lies_within_0_and_1(
            values in proptest::collection::vec(0.0_f64..9.0, 2..30), factor in 0.01_f64..100.0,
        ) {
            let found = gini(&values).unwrap();
            let moved: Vec<f64> = values.iter().rev().map(|value| value * factor).collect();
            proptest::prop_assert!((0.0..=1.0).contains(&found));
            proptest::prop_assert!((gini(&moved).unwrap() - found).abs() < 1e-12);
            let pairs: f64 = values.iter().flat_map(|a| values.iter().map(move |b| (a - b).abs())).sum();
            let (n, total) = (values.len() as f64, values.iter().sum::<f64>());
            proptest::prop_assume!(total > 0.0);
            proptest::prop_assert!((found - pairs / (2.0 * (n - 1.0) * total)).abs() < 1e-12);
        }

        #[test]
        fn equal_variances_leave_the_spread_of_the_values_less_one_variance(
            values in proptest::collection::vec(0.0_f64..1.0, 2..12), variance in 1e-6_f64..1e-1,
        ) {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let sample = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
            let groups: Vec<_> = values.iter().map(|value| (*value, variance)).collect();
            let found = between_group_sd(&groups).unwrap();
            proptest::prop_assert!((found * found - (sample - variance).max(0.0)).abs() < 1e-12);
        }
    }
}
