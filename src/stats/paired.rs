//! The difference of two shares over the same subjects: Tango's score bounds, and what a gate concludes from them.

use super::special::{normal_quantile, root};

/// What two methods decided differently over the same subjects. With several attempts a subject adds the difference of
/// its two shares, so the counts are real numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discordance {
    /// Sum over subjects of the differences in favour of the one side.
    b: f64,
    /// Sum over subjects, without sign, of the differences in favour of the other.
    c: f64,
    /// Subjects.
    n: f64,
}

impl Discordance {
    /// `b`, `c` and the subjects `n`; `None` when one is not finite or negative, `n` is 0, or b + c exceed n.
    #[must_use]
    pub fn new(b: f64, c: f64, n: f64) -> Option<Self> {
        let sound = b.is_finite() && c.is_finite() && n.is_finite() && b >= 0.0 && c >= 0.0 && n > 0.0;
        (sound && b + c <= n * (1.0 + 1e-12)).then_some(Self { b, c, n })
    }

    /// Subjects.
    #[must_use]
    pub fn subjects(&self) -> f64 {
        self.n
    }

    /// The difference of the two shares, (b - c) / n.
    #[must_use]
    pub fn difference(&self) -> f64 {
        (self.b - self.c) / self.n
    }

    /// The one-sided upper score bound of the difference at `level`, 0.5 < level < 1: the difference at which the score
    /// statistic is -z. z^2 / (n + z^2) when nothing is discordant; exactly 1 when all is, towards b.
    ///
    /// Source: Tango (1998), Statistics in Medicine 17, 891-908; real-valued counts as METRICS M16 wants them.
    #[must_use]
    pub fn upper(&self, level: f64) -> f64 {
        let Self { b, c, n } = *self;
        let z = normal_quantile(level);
        // Where all subjects are in one cell, the variance is 0 at the difference itself; the root is known.
        if b >= n {
            return 1.0;
        }
        if c >= n {
            return (z * z - n) / (z * z + n);
        }
        if b + c <= 0.0 {
            return z * z / (n + z * z);
        }
        // The score statistic plus z, times its standard error, negated so that it increases.
        let excess = |delta: f64| n * delta - (b - c) - z * (n * variance(b, c, n, delta)).max(0.0).sqrt();
        root(self.difference(), 1.0, excess)
    }

    /// Whether [`Self::upper`] at `level` is below `margin`, without looking for it: the score statistic rises with the
    /// difference, so its sign at the margin tells.
    pub(super) fn is_below(&self, margin: f64, level: f64) -> bool {
        let Self { b, c, n } = *self;
        if b >= n || c >= n || b + c <= 0.0 {
            return self.upper(level) < margin;
        }
        let z = normal_quantile(level);
        margin > self.difference() && n * margin - (b - c) > z * (n * variance(b, c, n, margin)).max(0.0).sqrt()
    }

    /// The same with its sides exchanged: the difference with the other sign.
    #[must_use]
    pub fn turned(&self) -> Self {
        Self { b: self.c, c: self.b, n: self.n }
    }

    /// The number of subjects at which a difference with these shares of discordant subjects is shown to be less than
    /// `margin` with the probability `wanted`, by the score bound at `level`. `None` where the difference is not below the
    /// margin, or a number is no probability strictly between 0 and 1.
    ///
    /// Source: Nam (1997), Biometrics 53, 1422-1430: the score test's variance at the margin, and the variance at the
    /// difference itself; with nothing discordant z^2 (1 - margin) / margin, whatever is `wanted`.
    #[must_use]
    pub fn subjects_for_margin(&self, margin: f64, wanted: f64, level: f64) -> Option<f64> {
        let open = |value: f64| value > 0.0 && value < 1.0;
        let (Self { b, c, n }, difference) = (*self, self.difference());
        if !(open(wanted) && open(level) && margin < 1.0 && difference < margin) {
            return None;
        }
        let own = ((b + c) / n - difference * difference).max(0.0).sqrt();
        let at_margin = variance(b, c, n, margin).max(0.0).sqrt();
        let reach = normal_quantile(level) * at_margin + normal_quantile(wanted) * own;
        Some((reach / (margin - difference)).powi(2).max(1.0).ceil())
    }

    /// The one-sided lower score bound of the difference at `level`; source as for [`Self::upper`].
    #[must_use]
    pub fn lower(&self, level: f64) -> f64 {
        -self.turned().upper(level)
    }
}

/// 2 q + delta (1 - delta) for the most likely probability q of the cell of `c`, given that the cells differ by `delta`:
/// the variance of one subject's difference.
fn variance(b: f64, c: f64, n: f64, delta: f64) -> f64 {
    let first = 2.0 * n;
    let second = (2.0 * n - b + c) * delta - b - c;
    let third = -c * delta * (1.0 - delta);
    let square = (second * second - 4.0 * first * third).max(0.0).sqrt();
    // The greater root, without cancellation.
    let q = if second > 0.0 { -2.0 * third / (second + square) } else { (square - second) / (2.0 * first) };
    2.0 * q + delta * (1.0 - delta)
}

/// What a gate concludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The harm is shown to be smaller than the margin.
    Pass,
    /// The harm is shown to be larger than the margin.
    Fail,
    /// Neither is shown.
    Inconclusive,
}

/// The bounds that a paired gate judges, of a difference that is worse the larger it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateBounds {
    /// Upper one-sided 95 % bound.
    pub upper: f64,
    /// Lower one-sided bound at 1 - 0.05 / rules.
    pub lower: f64,
}

impl GateBounds {
    /// The level of the upper bound: every rule must pass, so a pass needs no correction (intersection-union).
    pub const PASS_LEVEL: f64 = 0.95;

    /// The level of the lower bound with so many rules: any rule may fail, so a failure is corrected (Bonferroni).
    ///
    /// Source: METRICS M16; Dunn (1961), JASA 56.
    #[must_use]
    pub fn fail_level(rules: u64) -> f64 {
        1.0 - 0.05 / rules.max(1) as f64
    }

    /// The bounds of a difference of shares in a gate of so many rules.
    #[must_use]
    pub fn of(discordance: &Discordance, rules: u64) -> Self {
        Self { upper: discordance.upper(Self::PASS_LEVEL), lower: discordance.lower(Self::fail_level(rules)) }
    }

    /// Pass iff the upper bound is below `margin`, fail iff the lower bound is above it. A bound that is NaN shows
    /// nothing.
    ///
    /// Source: METRICS M16; Berger (1982), Technometrics 24, for the passes.
    #[must_use]
    pub fn judge(&self, margin: f64) -> Verdict {
        if self.upper < margin {
            Verdict::Pass
        } else if self.lower > margin {
            Verdict::Fail
        } else {
            Verdict::Inconclusive
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, own, section};

    fn of(case: &serde_json::Value) -> Discordance {
        Discordance::new(number(case, "b"), number(case, "c"), number(case, "n")).unwrap()
    }

    #[test]
    fn upper_bounds_are_the_independently_computed_ones() {
        for case in section("tango_upper95_one_sided").as_array().unwrap() {
            agree(of(case).upper(0.95), number(case, "upper"), 1.0, &case.to_string());
        }
    }

    #[test]
    fn both_bounds_are_those_of_the_likelihood_maximised_numerically() {
        let cases = own("tango");
        for case in cases.as_array().unwrap() {
            // The numerical maximum is known to about 1e-7 only.
            let near =
                |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-6, "{found} is not {wanted}: {case}");
            near(of(case).lower(0.975), number(case, "low"));
            near(of(case).upper(0.975), number(case, "high"));
        }
        assert!(cases.as_array().unwrap().len() > 8);
    }

    #[test]
    fn without_a_discordant_subject_a_pass_needs_268_133_and_52_subjects() {
        for (margin, n) in section("min_n_tango_no_discordant").as_object().unwrap() {
            let (margin, n): (f64, f64) = (margin.parse().unwrap(), n.as_f64().unwrap());
            let judge = |n: f64| GateBounds::of(&Discordance::new(0.0, 0.0, n).unwrap(), 1).judge(margin);
            assert_eq!((judge(n), judge(n - 1.0)), (Verdict::Pass, Verdict::Inconclusive));
            let z = normal_quantile(0.95);
            agree(Discordance::new(0.0, 0.0, n).unwrap().upper(0.95), z * z / (n + z * z), 1.0, "closed form");
        }
    }

    #[test]
    fn a_failure_is_harder_to_show_the_more_rules_there_are() {
        let worse = Discordance::new(30.0, 10.0, 400.0).unwrap();
        assert_eq!(GateBounds::of(&worse, 1).judge(0.02), Verdict::Fail);
        assert_eq!(GateBounds::of(&worse, 40).judge(0.02), Verdict::Inconclusive);
        assert_eq!(GateBounds::of(&worse, 40).judge(0.09), Verdict::Pass);
        // A bound on the margin shows nothing.
        let on = |upper: f64, lower: f64| GateBounds { upper, lower }.judge(0.02);
        assert_eq!((on(0.02, -0.1), on(0.3, 0.02)), (Verdict::Inconclusive, Verdict::Inconclusive));
        assert_eq!(GateBounds { upper: f64::NAN, lower: f64::NAN }.judge(0.1), Verdict::Inconclusive);
        assert_eq!((GateBounds::fail_level(0), GateBounds::fail_level(5)), (0.95, 0.99));
    }

    #[test]
    fn the_subjects_for_a_margin_give_the_power_that_exact_enumeration_gives() {
        use statrs::distribution::{Binomial, Discrete};
        // Shares of b and c, margin: the chance to pass with as many subjects as said, over all (b, c). The same sums in
        // Python with SciPy: 340 subjects 0.8262, 385 0.8112, 104 0.9579, 507 0.8031. Where b is 0 too many are asked.
        for (b, c, margin, needed, power_of) in [
            (0.02, 0.02, 0.03, 340.0, 0.8262),
            (0.05, 0.04, 0.05, 385.0, 0.8112),
            (0.0, 0.03, 0.02, 104.0, 0.9579),
            (0.1, 0.1, 0.05, 507.0, 0.8031),
        ] {
            let found = Discordance::new(100.0 * b, 100.0 * c, 100.0).unwrap();
            let n = found.subjects_for_margin(margin, 0.8, 0.95).unwrap();
            assert_eq!(n, needed);
            let subjects = n as u64;
            let [of_b, of_c] = [b, c / (1.0 - b)].map(|share: f64| move |n: u64| Binomial::new(share, n).unwrap());
            let mut power = 0.0;
            let mut chance_of_b = 1.0;
            for more in 0..=subjects {
                chance_of_b = if b > 0.0 { of_b(subjects).pmf(more) } else { chance_of_b };
                if chance_of_b > 1e-9 {
                    let passes =
                        |fewer: &u64| Discordance::new(more as f64, *fewer as f64, n).unwrap().upper(0.95) < margin;
                    let rest = subjects - more;
                    // The more the other passes alone, the smaller the difference.
                    let fewer: Vec<u64> = (0..=rest).collect();
                    let first = fewer.partition_point(|fewer| !passes(fewer));
                    power += chance_of_b * fewer[first..].iter().map(|fewer| of_c(rest).pmf(*fewer)).sum::<f64>();
                }
                if b <= 0.0 {
                    break;
                }
            }
            assert!((power - power_of).abs() < 2e-4, "{b} {c} {margin}: {power} with {n}");
        }
    }

    #[test]
    fn without_a_discordant_subject_the_subjects_for_a_margin_are_those_with_which_the_gate_passes() {
        for (margin, n) in [(0.01, 268.0), (0.02, 133.0), (0.05, 52.0)] {
            let found = Discordance::new(0.0, 0.0, 40.0).unwrap();
            assert_eq!(found.subjects_for_margin(margin, 0.8, 0.95), Some(n));
        }
        let worse = Discordance::new(4.0, 0.0, 40.0).unwrap();
        assert_eq!([0.1, 0.05, 1.0].map(|margin| worse.subjects_for_margin(margin, 0.8, 0.95)), [None; 3]);
        assert_eq!(worse.turned().difference(), -0.1);
    }

    #[test]
    fn counts_that_cannot_be_are_refused_and_the_ends_are_exact() {
        for (b, c, n) in
            [(f64::NAN, 0.0, 1.0), (-1.0, 0.0, 5.0), (0.0, 0.0, 0.0), (3.0, 3.0, 5.0), (0.0, 1.0, f64::INFINITY)]
        {
            assert_eq!(Discordance::new(b, c, n), None);
        }
        let all = Discordance::new(5.0, 0.0, 5.0).unwrap();
        assert_eq!((all.difference(), all.upper(0.95)), (1.0, 1.0));
        let nearly = Discordance::new(5.0 - 1e-12, 0.0, 5.0).unwrap();
        assert!((all.lower(0.95) - nearly.lower(0.95)).abs() < 1e-6, "the known root joins the others");
        assert_eq!(Discordance::new(0.0, 1.0, 1.0).unwrap().lower(0.95), -1.0);
    }

    proptest::proptest! {
        #[test]
        fn bounds_enclose_the_difference_and_mirror_when_sides_swap(b in 0.0_f64..40.0, c in 0.0_f64..40.0, n in 80.0_f64..900.0) {
            let (one, other) = (Discordance::new(b, c, n).unwrap(), Discordance::new(c, b, n).unwrap());
            let (low, high) = (one.lower(0.95), one.upper(0.95));
            proptest::prop_assert!(-1.0 <= low && low < one.difference() && one.difference() < high && high <= 1.0);
            proptest::prop_assert!((low + other.upper(0.95)).abs() < 1e-12);
            proptest::prop_assert!(high < one.upper(0.99));
            // At its bound the score statistic is z.
            let z = (n * high - (b - c)) / (n * variance(b, c, n, high)).sqrt();
            proptest::prop_assert!((z - 1.644_853_626_951_472_2).abs() < 1e-9);
        }
    }
}
