//! What one probability or one normal spread is worth against what came true: Brier, log loss, CRPS, coverage.

use std::f64::consts::{PI, SQRT_2};

use statrs::function::erf::erf;

/// Probabilities are held this far from 0 and 1 in the log loss.
pub const CLIP: f64 = 1e-15;
/// Half the width of a central 68 % interval, in standard deviations.
pub const Z_68: f64 = 0.9945;
/// Half the width of a central 95 % interval, in standard deviations.
pub const Z_95: f64 = 1.9600;

/// (probability - came true)^2; `None` when it is no probability. The Brier score is its mean.
///
/// Source: Brier (1950), Monthly Weather Review 78.
#[must_use]
pub fn brier(probability: f64, came_true: bool) -> Option<f64> {
    let apart = probability - f64::from(u8::from(came_true));
    (0.0..=1.0).contains(&probability).then_some(apart * apart)
}

/// -ln of the probability given to what came true, in nats, and whether it was clipped at 1e-15; `None` when it is no
/// probability. The log loss is its mean.
///
/// Source: Good (1952), JRSS B 14; the clip is scikit-learn's former one.
#[must_use]
pub fn log_loss(probability: f64, came_true: bool) -> Option<(f64, bool)> {
    if !(0.0..=1.0).contains(&probability) {
        return None;
    }
    let clipped = probability.clamp(CLIP, 1.0 - CLIP);
    // ln(1 - p) without losing a small p.
    let loss = if came_true { -clipped.ln() } else { -f64::ln_1p(-clipped) };
    Some((loss, clipped != probability))
}

/// The continuous ranked probability score of a normal forecast, in the unit of `y`: |y - mean| when `sd` is 0. `None`
/// when `sd` is negative or a value is not finite.
///
/// sd (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), z = (y - mean) / sd. Source: Gneiting & Raftery (2007), JASA 102, 4.2.
#[must_use]
pub fn crps_normal(mean: f64, sd: f64, y: f64) -> Option<f64> {
    if !(mean.is_finite() && sd.is_finite() && y.is_finite() && sd >= 0.0) {
        return None;
    }
    if sd == 0.0 {
        return Some((y - mean).abs());
    }
    let z = (y - mean) / sd;
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    Some(sd * (z * erf(z / SQRT_2) + 2.0 * density - 1.0 / PI.sqrt()))
}

/// Whether `y` lies within `z` standard deviations of the mean, ends included; `None` as for [`crps_normal`].
///
/// Source: METRICS M8; Gneiting & Raftery (2007), 6.2, for coverage as a check of calibration.
#[must_use]
pub fn covered(mean: f64, sd: f64, y: f64, z: f64) -> Option<bool> {
    let sound = mean.is_finite() && sd.is_finite() && y.is_finite() && sd >= 0.0;
    sound.then(|| (y - mean).abs() <= z * sd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, own, section};

    #[test]
    fn crps_values_are_the_independently_computed_ones() {
        let own = own("crps_normal");
        let cases = section("crps_normal");
        let all: Vec<_> = cases.as_array().unwrap().iter().chain(own.as_array().unwrap()).collect();
        assert!(all.len() > 8);
        for case in all {
            let found = crps_normal(number(case, "mean"), number(case, "sd"), number(case, "y")).unwrap();
            agree(found, number(case, "crps"), 1.0, &case.to_string());
        }
    }

    #[test]
    fn brier_score_and_log_loss_are_those_of_scikit_learn() {
        let case = own("probabilities");
        let list = |key: &str| -> Vec<f64> {
            case[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
        };
        let (p, y) = (list("p"), list("y"));
        let mean = |of: &dyn Fn(f64, bool) -> f64| {
            p.iter().zip(&y).map(|(p, y)| of(*p, *y == 1.0)).sum::<f64>() / p.len() as f64
        };
        agree(mean(&|p, y| brier(p, y).unwrap()), number(&case, "brier"), 1.0, "brier");
        agree(mean(&|p, y| log_loss(p, y).unwrap().0), number(&case, "log_loss"), 1.0, "log loss");
        assert_eq!(mean(&|p, y| f64::from(u8::from(log_loss(p, y).unwrap().1))), 0.0);
    }

    #[test]
    fn sure_and_wrong_is_clipped_and_counted_and_no_probability_is_refused() {
        let (loss, clipped) = log_loss(0.0, true).unwrap();
        assert!((loss - 34.538_776_394_910_684).abs() < 1e-12 && clipped); // 15 ln 10
        assert_eq!(log_loss(1e-15, true).map(|it| it.1), Some(false));
        for none in [-0.1, 1.1, f64::NAN] {
            assert_eq!((brier(none, true), log_loss(none, true)), (None, None));
        }
        assert_eq!((brier(1.0, false), brier(1.0, true)), (Some(1.0), Some(0.0)));
    }

    #[test]
    fn coverage_counts_the_ends_and_refuses_negative_spreads() {
        assert_eq!(covered(0.0, 2.0, 2.0 * Z_95, Z_95), Some(true));
        assert_eq!(covered(20.0, 2.0, 24.0, Z_95), Some(false));
        assert_eq!(covered(20.0, 0.0, 20.0, Z_68), Some(true));
        for (mean, sd, y) in [(20.0, -1.0, 20.0), (f64::NAN, 1.0, 1.0), (1.0, f64::NAN, 1.0), (1.0, 1.0, f64::INFINITY)]
        {
            assert_eq!((covered(mean, sd, y, Z_95), crps_normal(mean, sd, y)), (None, None));
        }
    }

    proptest::proptest! {
        #[test]
        fn a_crps_lies_between_nothing_and_the_error_and_ends_there_as_the_spread_goes(
            mean in 10.0_f64..30.0, sd in 0.01_f64..9.0, y in 10.0_f64..30.0,
        ) {
            let score = crps_normal(mean, sd, y).unwrap();
            proptest::prop_assert!(score > 0.0 && score <= (y - mean).abs() + sd * 0.24);
            proptest::prop_assert!((crps_normal(mean, 1e-9, y).unwrap() - (y - mean).abs()).abs() < 1e-8);
        }
    }

    #[test]
    fn a_sure_no_is_clipped_as_a_sure_yes_is_and_spreads_are_multiplied_not_added() {
        // -ln(1e-15) = 34.5387763949107; 1 - 1e-15 as a double leaves 9.992e-16.
        for (probability, came_true) in [(0.0, true), (1.0, false)] {
            let (loss, clipped) = log_loss(probability, came_true).unwrap();
            assert!(clipped && (loss - 34.5387763949107).abs() < 1e-3, "{loss}");
        }
        for (probability, came_true) in [(0.0, false), (1.0, true)] {
            let (loss, clipped) = log_loss(probability, came_true).unwrap();
            assert!(clipped && loss > 0.0 && loss < 1.1e-15, "{loss}");
        }
        assert_eq!((covered(0.0, 3.0, 5.5, Z_95), covered(0.0, 3.0, -5.9, Z_95)), (Some(true), Some(false)));
        assert_eq!((covered(1.0, 0.5, 3.0, Z_95), covered(1.0, 0.5, 1.9, Z_95)), (Some(false), Some(true)));
    }
}
