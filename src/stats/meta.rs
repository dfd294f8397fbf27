//! Values of several studies put together: one true value for all (fixed effect), or true values that differ (random effects).

use statrs::function::gamma::gamma_ur;

use super::special::{normal_quantile, root, t_quantile};

/// Values put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Combined {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
    /// Degrees of freedom of Student's quantile that goes with it; none for the normal one.
    pub freedom: Option<f64>,
    /// Weight of each study, adding up to 1.
    pub weights: Vec<f64>,
}

/// How far the values of studies lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heterogeneity {
    /// Cochran's Q.
    pub q: f64,
    /// Probability of as large a Q where all true values are one.
    pub p: f64,
    /// The share of the values' variation that noise does not explain, 0 to 1.
    pub i_squared: f64,
    /// Variance of the true values between studies.
    pub tau_squared: f64,
}

impl Combined {
    /// Half the width of the two-sided interval at `level`.
    #[must_use]
    pub fn half_width(&self, level: f64) -> f64 {
        self.beyond(0.5 + level / 2.0)
    }

    /// How far the one-sided bound at `level` lies from the mean.
    #[must_use]
    pub fn beyond(&self, level: f64) -> f64 {
        self.se * self.freedom.map_or_else(|| normal_quantile(level), |freedom| t_quantile(level, freedom))
    }

    /// The interval at `level` for the true value of one more study; `None` with fewer than three.
    ///
    /// Source: Higgins, Thompson & Spiegelhalter (2009), JRSS A 172, equation 12: Student's with k - 2 degrees of freedom.
    #[must_use]
    pub fn prediction(&self, tau_squared: f64, level: f64) -> Option<(f64, f64)> {
        let studies = self.weights.len();
        (studies >= 3).then(|| {
            let t = t_quantile(0.5 + level / 2.0, studies as f64 - 2.0);
            let half = t * (tau_squared + self.se * self.se).sqrt();
            (self.mean - half, self.mean + half)
        })
    }
}

/// The mean of (value, variance) pairs under one true value, weighted by inverse variances. `None` without a study, or where a
/// variance is not above 0 or a value not finite.
///
/// Source: Cochran (1954), Biometrics 10.
#[must_use]
pub fn fixed_effect(studies: &[(f64, f64)]) -> Option<Combined> {
    weighted(studies, 0.0, None)
}

/// The mean of (value, variance) pairs under true values that differ, weighted by inverse variances with `tau_squared` added,
/// with Student's quantile of k - 1 degrees of freedom. `None` as for [`heterogeneity`].
///
/// With Paule and Mandel's variance Hartung and Knapp's factor is 1 wherever that variance is above 0. Where it is 0 the factor
/// would be below 1, and is held at 1, so that agreement by chance makes no interval narrower.
///
/// Source: Hartung & Knapp (2001), Statistics in Medicine 20, 1771-1782; Rover, Knapp & Friede (2015), BMC Medical Research
/// Methodology 15, 99, for the factor held at 1.
#[must_use]
pub fn random_effects(studies: &[(f64, f64)], tau_squared: f64) -> Option<Combined> {
    if studies.len() < 2 {
        return None;
    }
    weighted(studies, tau_squared, Some(studies.len() as f64 - 1.0))
}

/// How far (value, variance) pairs lie apart, the variance between studies by Paule and Mandel. `None` for fewer than two
/// studies, or where a variance is not above 0 or a value not finite.
///
/// Source: Cochran (1954); Higgins & Thompson (2002), Statistics in Medicine 21, for I^2 = max(0, 1 - (k - 1) / Q);
/// Paule & Mandel (1982), Journal of Research of the NBS 87, 377-385: the variance at which Q is k - 1.
#[must_use]
pub fn heterogeneity(studies: &[(f64, f64)]) -> Option<Heterogeneity> {
    if studies.len() < 2 {
        return None;
    }
    let freedom = studies.len() as f64 - 1.0;
    let q_at = |tau_squared: f64| {
        let mean = weighted(studies, tau_squared, None)?.mean;
        Some(studies.iter().map(|(value, variance)| (value - mean).powi(2) / (variance + tau_squared)).sum::<f64>())
    };
    let q = q_at(0.0)?;
    // Beyond the range's square over k - 1 times k, every term is below (k - 1) / k.
    let values = studies.iter().map(|(value, _)| *value);
    let range = values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min);
    let most = range * range * studies.len() as f64;
    let tau_squared =
        if q <= freedom { 0.0 } else { root(0.0, most, |tau_squared| freedom - q_at(tau_squared).unwrap_or(f64::NAN)) };
    let i_squared = if q > 0.0 { (1.0 - freedom / q).max(0.0) } else { 0.0 };
    let p = if q > 0.0 { gamma_ur(freedom / 2.0, q / 2.0) } else { 1.0 };
    Some(Heterogeneity { q, p, i_squared, tau_squared })
}

fn weighted(studies: &[(f64, f64)], more: f64, freedom: Option<f64>) -> Option<Combined> {
    let sound = |(value, variance): &(f64, f64)| value.is_finite() && variance.is_finite() && *variance > 0.0;
    if studies.is_empty() || !studies.iter().all(sound) {
        return None;
    }
    let weights: Vec<f64> = studies.iter().map(|(_, variance)| (variance + more).recip()).collect();
    let total: f64 = weights.iter().sum();
    let mean = weights.iter().zip(studies).map(|(weight, (value, _))| weight * value).sum::<f64>() / total;
    let weights = weights.into_iter().map(|weight| weight / total).collect();
    Some(Combined { mean, se: total.recip().sqrt(), freedom, weights })
}

/// A share of `events` among `n`, both real-valued, as logit and its variance. Without an event, or with nothing else, half an
/// event is added to both sides. NaN where n is not above 0.
///
/// Source: Agresti (2013), Categorical Data Analysis, 3.1; Haldane (1956), Annals of Human Genetics 20, for the half.
#[must_use]
pub fn logit_of(events: f64, n: f64) -> (f64, f64) {
    let (mut events, mut others) = (events.max(0.0), (n - events).max(0.0));
    if events <= 0.0 || others <= 0.0 {
        (events, others) = (events + 0.5, others + 0.5);
    }
    if n > 0.0 { ((events / others).ln(), events.recip() + others.recip()) } else { (f64::NAN, f64::NAN) }
}

/// The share whose logit is `logit`.
#[must_use]
pub fn share_of_logit(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, pool};

    fn list(value: &serde_json::Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    #[test]
    fn means_their_bounds_and_how_far_studies_lie_apart_are_those_of_statsmodels() {
        let cases = pool("combined");
        for case in cases.as_array().unwrap() {
            let studies: Vec<_> = list(&case["value"]).into_iter().zip(list(&case["variance"])).collect();
            let found = heterogeneity(&studies).unwrap();
            let near = |found: f64, key: &str, tolerance: f64| {
                let wanted = number(case, key);
                assert!((found - wanted).abs() <= tolerance * wanted.abs().max(1e-3), "{key}: {found} is not {wanted}");
            };
            near(found.q, "q", 1e-9);
            near(found.p, "q_p", 1e-7);
            near(found.i_squared, "i2", 1e-9);
            // statsmodels stops its steps at 1e-5 of Q.
            near(found.tau_squared, "tau2_pm", 1e-4);
            let fixed = fixed_effect(&studies).unwrap();
            near(fixed.mean, "fixed", 1e-9);
            near(fixed.mean - fixed.half_width(0.95), "fixed_low", 1e-9);
            let random = random_effects(&studies, number(case, "tau2_pm")).unwrap();
            near(random.mean, "random", 1e-9);
            near(random.mean - random.half_width(0.95), "random_low", 1e-9);
            near(random.mean + random.half_width(0.95), "random_high", 1e-9);
            agree(random.weights.iter().sum(), 1.0, 1.0, "weights");
        }
        assert!(cases.as_array().unwrap().len() > 4);
    }

    #[test]
    fn the_thirteen_trials_of_bcg_have_the_published_q_and_the_variance_that_metafor_prints() {
        // Colditz et al. (1994), JAMA 271; Viechtbauer (2010), Journal of Statistical Software 36(3), 3.3: Q(df = 12) = 152.2330.
        // The variance between trials by Paule and Mandel, and the mean: scripts/validation/pool.py, SciPy's brentq.
        let trials = [
            (4, 119, 11, 128),
            (6, 300, 29, 274),
            (3, 228, 11, 209),
            (62, 13536, 248, 12619),
            (33, 5036, 47, 5761),
            (180, 1361, 372, 1079),
            (8, 2537, 10, 619),
            (505, 87886, 499, 87892),
            (29, 7470, 45, 7232),
            (17, 1699, 65, 1600),
            (186, 50448, 141, 27197),
            (5, 2493, 3, 2338),
            (27, 16886, 29, 17825),
        ];
        let studies: Vec<(f64, f64)> = trials
            .iter()
            .map(|&(ill, well, other_ill, other_well)| {
                let [a, b, c, d] = [ill, well, other_ill, other_well].map(f64::from);
                let (n, m) = (a + b, c + d);
                ((a / n / (c / m)).ln(), a.recip() - n.recip() + c.recip() - m.recip())
            })
            .collect();
        let found = heterogeneity(&studies).unwrap();
        assert!((found.q - 152.2330).abs() < 5e-5, "{}", found.q);
        assert!((found.i_squared - (1.0 - 12.0 / 152.2330)).abs() < 1e-6);
        let golden = pool("bcg");
        agree(found.tau_squared, number(&golden, "tau2"), 1e6, "tau2");
        let random = random_effects(&studies, found.tau_squared).unwrap();
        agree(random.mean, number(&golden, "mean"), 1e6, "mean");
        agree(random.se, number(&golden, "se"), 1e6, "se");
        let (low, high) = random.prediction(found.tau_squared, 0.95).unwrap();
        agree(low, number(&golden, "prediction_low"), 1e6, "prediction");
        agree(high, number(&golden, "prediction_high"), 1e6, "prediction");
    }

    #[test]
    fn studies_that_agree_lie_nowhere_apart_and_what_cannot_be_weighted_is_not() {
        let alike = [(0.5, 0.1), (0.5, 0.2), (0.5, 0.3)];
        let found = heterogeneity(&alike).unwrap();
        assert_eq!((found.q, found.p, found.i_squared, found.tau_squared), (0.0, 1.0, 0.0, 0.0));
        assert_eq!(heterogeneity(&[(0.5, 0.1)]), None);
        assert_eq!((random_effects(&[(0.5, 0.1)], 0.0), fixed_effect(&[])), (None, None));
        assert_eq!((fixed_effect(&[(0.5, 0.0)]), heterogeneity(&[(f64::NAN, 0.1), (0.1, 0.1)])), (None, None));
        assert_eq!(random_effects(&alike[..2], 0.0).unwrap().prediction(0.0, 0.95), None);
        assert!(logit_of(0.0, 0.0).0.is_nan());
        agree(share_of_logit(logit_of(3.0, 10.0).0), 0.3, 1.0, "there and back");
        assert_eq!(logit_of(0.0, 10.0), ((0.5_f64 / 10.5).ln(), 2.0 + 10.5_f64.recip()));
    }

    proptest::proptest! {
        #[test]
        fn at_paule_and_mandels_variance_q_is_what_chance_would_make_it_or_below(
            values in proptest::collection::vec((-3.0_f64..3.0, 0.01_f64..1.0), 2..12),
        ) {
            let tau_squared = heterogeneity(&values).unwrap().tau_squared;
            let mean = random_effects(&values, tau_squared).unwrap().mean;
            let q: f64 = values.iter().map(|(value, variance)| (value - mean).powi(2) / (variance + tau_squared)).sum();
            let freedom = values.len() as f64 - 1.0;
            let fits = if tau_squared > 0.0 { (q - freedom).abs() < 1e-6 } else { q <= freedom + 1e-9 };
            proptest::prop_assert!(fits);
        }
    }
}
