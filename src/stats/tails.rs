//! The normal distribution from tail to tail: ln Φ, and φ / Φ.

use super::special::normal_two_sided;

/// Far below zero, where density and distribution underflow.
const FAR: f64 = -30.0;

/// φ(z) / Φ(z).
///
/// Source: for the far tail Abramowitz & Stegun (1964), 26.2.12, turned over.
pub(super) fn mills(z: f64) -> f64 {
    if z < FAR {
        // -z (1 + 1/z² - 2/z⁴ + ...), the asymptotic series.
        let square = z * z;
        return -z * (1.0 + 1.0 / square - 2.0 / (square * square));
    }
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    density / cdf(z)
}

/// Φ(z).
fn cdf(z: f64) -> f64 {
    let tail = normal_two_sided(z.abs()) / 2.0;
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// ln Φ(z).
///
/// Source: for the far tail the first two terms of Abramowitz & Stegun (1964), 26.2.12.
pub(super) fn log_cdf(z: f64) -> f64 {
    if z < FAR {
        return -z * z / 2.0 - (-z * (2.0 * std::f64::consts::PI).sqrt()).ln() - 1.0 / (z * z);
    }
    if z > 5.0 { (-normal_two_sided(z) / 2.0).ln_1p() } else { cdf(z).ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_far_tails_of_the_normal_distribution_are_scipys() {
        // scipy 1.17.1: special.log_ndtr(z), and exp(norm.logpdf(z) - log_ndtr(z)).
        let cases = [
            (-40.0, -804.6084420137539, 40.024968847210886),
            (-31.0, -484.8539636271794, 31.03219127678126),
            (-30.0, -454.32124395634327, 30.033259667436372),
            (-10.0, -53.23128515051248, 10.098093233962564),
            (-1.0, -1.8410216450092634, 1.525135276160981),
            (0.5, -0.36894641528865635, 0.5091604338370335),
            (3.0, -0.0013508099647481925, 0.004437839042125666),
            (5.5, -1.8989562646189424e-08, 1.076976024705631e-07),
            (6.0, -9.86587645524372e-10, 6.0758828558176746e-09),
            (8.0, -6.220960574271742e-16, 5.052271083536886e-15),
        ];
        for (z, logarithm, ratio) in cases {
            // The series that begin below -30 leave terms of 10 / z^6 away; erfc is good to 1e-10.
            let most = if z < FAR { 2e-8 } else { 1e-9 };
            assert!((log_cdf(z) / logarithm - 1.0_f64).abs() < most, "{z}: {} is not {logarithm}", log_cdf(z));
            assert!((mills(z) / ratio - 1.0_f64).abs() < most, "{z}: {} is not {ratio}", mills(z));
        }
    }
}
