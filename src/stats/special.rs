//! Quantiles of the normal, Student's and the Beta distribution, the latter two by bracketing on the distribution function:
//! statrs' own inverse of the Beta distribution is off by 1.3e-4 at n = 1e6.

use statrs::function::beta::ln_beta;
use statrs::function::erf::erfc;

use super::beta::beta_reg;

/// The root of the increasing `f` between `low` and `high`, to the last bits of a double: inverse quadratic steps where
/// they are safe, bisection where not.
///
/// Source: Chandrupatla (1997), Advances in Engineering Software 28: it needs about a fifth of bisection's steps.
pub(super) fn root(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    // `a` is the newest point, `b` the other end of the bracket, `c` the end that was given up last.
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa >= 0.0 {
        return a;
    }
    if fb <= 0.0 {
        return b;
    }
    let mut step = 0.5;
    for _ in 0..1100 {
        let x = a + step * (b - a);
        let fx = f(x);
        let (c, fc) = if (fx < 0.0) == (fa < 0.0) { (a, fa) } else { (b, fb) };
        if c == b {
            (b, fb) = (a, fa);
        }
        (a, fa) = (x, fx);
        let (best, residual) = if fa.abs() < fb.abs() { (a, fa) } else { (b, fb) };
        let width = (b - a).abs();
        let tolerance = 2.0e-16 * best.abs() / width;
        if residual == 0.0 || tolerance >= 0.5 || width == 0.0 {
            return best;
        }
        let (xi, phi) = ((a - b) / (c - b), (fa - fb) / (fc - fb));
        step = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        step = if step.is_finite() { step.clamp(tolerance, 1.0 - tolerance) } else { 0.5 };
    }
    f64::midpoint(a, b)
}

/// The value below which a Beta(`a`, `b`) variable lies with the given probability. `a`, `b` > 0; 0 and 1 map to
/// themselves, and a NaN or a shape that is not positive gives NaN.
///
/// Source: the regularised incomplete Beta function (Abramowitz & Stegun 26.5.1), inverted by Halley's steps from the
/// approximation of Abramowitz & Stegun 26.5.22, and by bracketing where they do not settle.
#[must_use]
pub fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&probability)) {
        return f64::NAN;
    }
    if probability == 0.0 || probability == 1.0 {
        return probability;
    }
    beta_quantile_near(beta_start(probability, a, b), probability, a, b)
}

/// The same, 0 < probability < 1, from somewhere near it.
fn beta_quantile_near(start: f64, probability: f64, a: f64, b: f64) -> f64 {
    let off = |x: f64| beta_reg(a, b, x) - probability;
    settle(start, a, b, off).unwrap_or_else(|| root(0.0, 1.0, off))
}

/// Near the quantile of a Beta distribution.
///
/// Source: Abramowitz & Stegun 26.5.22; with a shape below 1 from the ends of the density, as in Press et al. (2007),
/// Numerical Recipes, 6.14.
fn beta_start(probability: f64, a: f64, b: f64) -> f64 {
    if a < 1.0 || b < 1.0 {
        let of_low = (a * (a / (a + b)).ln()).exp() / a;
        let of_high = (b * (b / (a + b)).ln()).exp() / b;
        let all = of_low + of_high;
        return if probability < of_low / all {
            (a * all * probability).powf(a.recip())
        } else {
            1.0 - (b * all * (1.0 - probability)).powf(b.recip())
        };
    }
    let y = -normal_quantile(probability);
    let (one, other) = ((2.0 * a - 1.0).recip(), (2.0 * b - 1.0).recip());
    let (lambda, h) = ((y * y - 3.0) / 6.0, 2.0 / (one + other));
    let w = y * (h + lambda).sqrt() / h - (other - one) * (lambda + 5.0 / 6.0 - 2.0 / (3.0 * h));
    a / (a + b * (2.0 * w).exp())
}

/// The zero of `off`, a Beta distribution function less a constant, by Halley's steps from `x`; `None` where they do not
/// settle.
fn settle(mut x: f64, a: f64, b: f64, off: impl Fn(f64) -> f64) -> Option<f64> {
    let sd = (a * b / (a + b + 1.0)).sqrt() / (a + b);
    let log_of_density = ln_beta(a, b);
    for _ in 0..12 {
        if !(x > 0.0 && x < 1.0) {
            return None;
        }
        let density = ((a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - log_of_density).exp();
        let newton = off(x) / density;
        let bend = newton * ((a - 1.0) / x - (b - 1.0) / (1.0 - x));
        let step = newton / (1.0 - 0.5 * bend.clamp(-1.0, 1.0));
        x -= step;
        // The next step would be of the order of the cube of this one.
        if step.abs() <= 1e-6 * x.min(1.0 - x).min(sd) {
            return Some(x).filter(|x| *x > 0.0 && *x < 1.0);
        }
    }
    None
}

/// The quotient of two polynomials, coefficients from the constant on.
#[inline(always)]
fn quotient(above: [f64; 8], below: [f64; 8], x: f64) -> f64 {
    let value = |coefficients: [f64; 8]| coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient);
    value(above) / value(below)
}

/// As far from 1/2 as probabilities are in the centre of the normal distribution, see [`normal_centre`].
pub(super) const CENTRE: f64 = 0.425;

/// The quantile of the standard normal distribution at 1/2 + `centred`, at most [`CENTRE`] from 1/2.
///
/// Source: as [`normal_quantile`].
#[inline(always)]
#[rustfmt::skip]
pub(super) fn normal_centre(centred: f64) -> f64 {
    centred * quotient(
        [3.387_132_872_796_366_5, 133.141_667_891_784_38, 1_971.590_950_306_551_3, 13_731.693_765_509_46,
         45_921.953_931_549_87, 67_265.770_927_008_7, 33_430.575_583_588_13, 2_509.080_928_730_122_7],
        [1.0, 42.313_330_701_600_91, 687.187_007_492_057_9, 5_394.196_021_424_751,
         21_213.794_301_586_597, 39_307.895_800_092_71, 28_729.085_735_721_943, 5_226.495_278_852_854],
        0.180_625 - centred * centred,
    )
}

/// The size of the quantile of the standard normal distribution at `tail` or 1 - `tail`, 0 < tail <= 1/2 - [`CENTRE`].
///
/// Source: as [`normal_quantile`].
#[rustfmt::skip]
pub(super) fn normal_tail(tail: f64) -> f64 {
    let r = (-tail.ln()).sqrt();
    if r <= 5.0 {
        quotient(
            [1.423_437_110_749_683_5, 4.630_337_846_156_546, 5.769_497_221_460_691, 3.647_848_324_763_204_5,
             1.270_458_252_452_368_4, 0.241_780_725_177_450_6, 0.022_723_844_989_269_184, 7.745_450_142_783_414e-4],
            [1.0, 2.053_191_626_637_759, 1.676_384_830_183_803_8, 0.689_767_334_985_1,
             0.148_103_976_427_480_08, 0.015_198_666_563_616_457, 5.475_938_084_995_345e-4, 1.050_750_071_644_416_9e-9],
            r - 1.6,
        )
    } else {
        quotient(
            [6.657_904_643_501_103, 5.463_784_911_164_114, 1.784_826_539_917_291_3, 0.296_560_571_828_504_87,
             0.026_532_189_526_576_124, 0.001_242_660_947_388_078_4, 2.711_555_568_743_487_6e-5, 2.010_334_399_292_288_1e-7],
            [1.0, 0.599_832_206_555_888, 0.136_929_880_922_735_8, 0.014_875_361_290_850_615,
             7.868_691_311_456_133e-4, 1.846_318_317_510_054_8e-5, 1.421_511_758_316_446e-7, 2.044_263_103_389_939_8e-15],
            r - 5.0,
        )
    }
}

/// The value below which a standard normal variable lies with the given probability, 0 < probability < 1, to about
/// 1e-15; NaN else.
///
/// Source: Wichura (1988), Applied Statistics 37, algorithm AS 241 (PPND16).
#[must_use]
pub fn normal_quantile(probability: f64) -> f64 {
    let centred = probability - 0.5;
    if centred.abs() <= CENTRE {
        return normal_centre(centred);
    }
    // A tail of 0 or less has no logarithm that the polynomials could make a number of.
    normal_tail(probability.min(1.0 - probability)).copysign(centred)
}

/// P(|Z| >= |z|) for a standard normal Z; NaN for NaN.
///
/// Source: Abramowitz & Stegun 7.1.22: erfc(|z| / sqrt 2).
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The value below which a Student variable with `freedom` degrees of freedom lies with the given probability,
/// 0 < probability < 1 and freedom > 0; NaN else.
///
/// Source: t^2 / (freedom + t^2) is Beta(1/2, freedom / 2) distributed (Abramowitz & Stegun 26.7.1); begun at 26.7.5
/// there.
#[must_use]
pub fn t_quantile(probability: f64, freedom: f64) -> f64 {
    if !(probability > 0.0 && probability < 1.0 && freedom > 0.0) {
        return f64::NAN;
    }
    if probability == 0.5 {
        return 0.0;
    }
    let within = (2.0 * probability - 1.0).abs();
    let y = if freedom < 3.0 {
        beta_quantile(within, 0.5, freedom / 2.0)
    } else {
        let near = near_normal(normal_quantile(0.5 + within / 2.0), freedom);
        if freedom >= NEARLY_NORMAL {
            return if probability < 0.5 { -near } else { near };
        }
        beta_quantile_near(near * near / (freedom + near * near), within, 0.5, freedom / 2.0)
    };
    let t = (freedom * y / (1.0 - y)).sqrt();
    if probability < 0.5 { -t } else { t }
}

/// From so many degrees of freedom on [`near_normal`] is as exact as a double.
const NEARLY_NORMAL: f64 = 1e4;

/// Student's quantile where the normal one is `x` > 0: four corrections in falling powers of the degrees of freedom.
///
/// Source: Abramowitz & Stegun 26.7.5.
fn near_normal(x: f64, freedom: f64) -> f64 {
    let odd = |coefficients: &[f64]| x * coefficients.iter().fold(0.0, |sum, coefficient| sum * x * x + coefficient);
    let corrections = [
        odd(&[1.0, 1.0]) / 4.0,
        odd(&[5.0, 16.0, 3.0]) / 96.0,
        odd(&[3.0, 19.0, 17.0, -15.0]) / 384.0,
        odd(&[79.0, 776.0, 1482.0, -1920.0, -945.0]) / 92_160.0,
    ];
    x + corrections.iter().rev().fold(0.0, |sum, correction| (sum + correction) / freedom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::agree;

    #[test]
    fn normal_and_student_quantiles_are_those_of_the_printed_tables() {
        // scipy 1.17.1: norm.ppf, t.ppf.
        agree(normal_quantile(0.975), 1.959963984540054, 1.0, "z");
        agree(normal_quantile(0.95), 1.6448536269514722, 1.0, "z");
        agree(normal_quantile(1e-9), -5.997807015007686, 1.0, "z");
        agree(t_quantile(0.975, 1.0), 12.706204736174694, 1.0, "t 1");
        agree(t_quantile(0.975, 29.0), 2.0452296421327034, 1.0, "t 29");
        agree(t_quantile(0.95, 5.0), 2.015048373333024, 1.0, "t 5");
        agree(t_quantile(0.025, 29.0), -2.0452296421327034, 1.0, "t 29, below");
        // mpmath 1.3, 40 digits.
        for (freedom, wanted) in
            [(1e4, 1.960_201_239_890_626_3), (32_189.0, 1.960_037_685_460_180_9), (1e6, 1.959_966_356_814_107)]
        {
            let found = t_quantile(0.975, freedom);
            assert!((found - wanted).abs() < 1e-14, "{found} is not {wanted}");
            assert_eq!(t_quantile(0.025, freedom), -found);
        }
    }

    #[test]
    fn students_quantile_goes_on_smoothly_where_the_series_takes_over() {
        for probability in [0.6, 0.9, 0.975, 0.9999] {
            for freedom in [3.0, NEARLY_NORMAL] {
                let [below, at] = [freedom * (1.0 - 1e-12), freedom].map(|freedom| t_quantile(probability, freedom));
                assert!((below / at - 1.0).abs() < 1e-11, "{probability} {freedom}: {below} {at}");
            }
        }
        assert_eq!(t_quantile(0.5, 7.0), 0.0);
    }

    #[test]
    fn steps_and_bracketing_find_the_same_beta_quantile() {
        for (probability, a, b) in
            [(0.975, 4.0, 97.0), (0.05, 0.2, 900.0), (0.999, 2.5e5, 7.5e5), (1e-6, 1.3, 0.4), (0.95, 1.0, 1e6)]
        {
            let slow = root(0.0, 1.0, |x| beta_reg(a, b, x) - probability);
            let start = beta_start(probability, a, b);
            let fast = settle(start, a, b, |x| beta_reg(a, b, x) - probability).unwrap();
            assert!((fast / slow - 1.0).abs() < 1e-9, "{probability} {a} {b}: {fast:e} {slow:e}");
        }
        assert_eq!(settle(0.0, 2.0, 3.0, |_| 0.0), None);
    }

    #[test]
    fn steps_towards_a_beta_quantile_begin_where_the_books_say() {
        // mpmath 1.3, 30 digits: Abramowitz & Stegun 26.5.22; with a shape below 1 Numerical Recipes 6.14.
        for (probability, a, b, wanted) in [
            (0.025, 4.0, 97.0, 0.010_826_206_431_530_419),
            (0.975, 4.0, 97.0, 0.085_418_062_413_595_22),
            (0.3, 1.0, 1.5, 0.264_603_317_699_672_2),
            (0.95, 30.0, 2.0, 0.989_026_413_360_678_8),
            (0.5, 250.0, 750.0, 0.249_833_371_339_606_6),
            (1e-12, 3.0, 5.0, 3.508_291_205_333_331_6e-5),
            (1e-9, 1.0, 1.0, 5.278_142_780_293_349_5e-14),
            (0.05, 0.2, 900.0, 6.976_939_343_244_482e-11),
            (0.9, 0.2, 900.0, 1.318_340_132_093_577_6e-4),
            (1e-6, 1.3, 0.4, 4.947_390_912_369_981e-5),
            (0.99, 1.3, 0.4, 0.999_994_666_474_997_8),
            (0.3, 2.0, 0.75, 0.678_670_674_320_476_8),
            (0.9, 0.25, 4.0, 0.056_419_603_218_778_334),
        ] {
            let found = beta_start(probability, a, b);
            assert!((found / wanted - 1.0).abs() < 1e-11, "{probability} {a} {b}: {found:e} {wanted:e}");
        }
    }

    #[test]
    fn quantiles_of_beta_and_student_are_right_to_thirteen_digits() {
        // mpmath 1.3, 50 digits: Newton's steps on its incomplete Beta function.
        for (probability, a, b, wanted) in [
            (0.025, 4.0, 97.0, 0.011_004_493_986_188_202),
            (0.975, 4.0, 97.0, 0.085_176_052_974_280_02),
            (0.95, 30.0, 2.0, 0.988_414_684_138_556_4),
            (0.5, 250.0, 750.0, 0.249_833_279_907_981_75),
            (0.05, 1.0, 59.0, 8.690_000_715_255_872e-4),
            (0.95, 8.0, 93.0, 0.127_458_015_582_970_26),
            (0.3, 1.0, 1.5, 0.211_626_483_689_475_7),
            (0.9, 0.25, 4.0, 0.186_196_936_471_662_02),
            (0.99, 1.3, 0.4, 0.999_992_810_392_590_5),
            (1e-6, 1.3, 0.4, 5.423_438_886_256_182e-5),
            (0.975, 12.5, 3.25, 0.947_757_919_828_547_8),
            (0.999, 2500.0, 7500.0, 0.263_520_829_231_845_2),
        ] {
            let found = beta_quantile(probability, a, b);
            assert!((found / wanted - 1.0).abs() < 1e-13, "{probability} {a} {b}: {found:e} {wanted:e}");
        }
        for (probability, freedom, wanted) in [
            (0.975, 3.0, 3.182_446_305_283_708),
            (0.975, 39.0, 2.022_690_920_036_761),
            (0.95, 7.0, 1.894_578_605_090_006_7),
            (0.995, 120.0, 2.617_421_145_106_866),
            (0.975, 2500.0, 1.960_913_344_795_567),
        ] {
            let found = t_quantile(probability, freedom);
            assert!((found / wanted - 1.0).abs() < 1e-13, "{probability} {freedom}: {found:e} {wanted:e}");
        }
    }

    #[test]
    fn normal_quantiles_are_scipys_from_tail_to_tail() {
        let cases = crate::stats::golden::own("normal_quantile");
        for case in cases.as_array().unwrap() {
            let (found, wanted) = (normal_quantile(case[0].as_f64().unwrap()), case[1].as_f64().unwrap());
            assert!((found - wanted).abs() <= 4e-15 * wanted.abs().max(0.1), "{found:e} is not {wanted:e}: {case}");
        }
        assert!(cases.as_array().unwrap().len() > 400);
    }

    #[test]
    fn two_sided_normal_probabilities_undo_the_quantile() {
        for p in [1e-12, 0.001, 0.05, 0.9] {
            agree(normal_two_sided(normal_quantile(p / 2.0)), p, 1.0, "p");
        }
        assert_eq!(normal_two_sided(0.0), 1.0);
        assert!(normal_two_sided(f64::NAN).is_nan());
    }

    #[test]
    fn what_is_no_probability_has_no_quantile() {
        for probability in [0.0, 1.0, -0.1, 1.1, f64::NAN] {
            assert!(normal_quantile(probability).is_nan() && t_quantile(probability, 3.0).is_nan());
        }
        assert!(beta_quantile(0.5, 0.0, 1.0).is_nan() && beta_quantile(0.5, 1.0, 0.0).is_nan());
        assert!(t_quantile(0.5, 0.0).is_nan() && t_quantile(0.6, -1.0).is_nan() && t_quantile(0.6, f64::NAN).is_nan());
        assert_eq!((beta_quantile(0.0, 2.0, 3.0), beta_quantile(1.0, 2.0, 3.0)), (0.0, 1.0));
    }

    proptest::proptest! {
        #[test]
        fn the_distribution_function_undoes_the_beta_quantile(
            p in 0.001_f64..0.999, a in 0.5_f64..500.0, b in 0.5_f64..500.0,
        ) {
            proptest::prop_assert!((beta_reg(a, b, beta_quantile(p, a, b)) - p).abs() < 1e-9);
        }
    }
}
