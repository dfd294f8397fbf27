//! Bounds of a difference, a mean and a ratio of two quantities, from the bounds of each: MOVER.

use super::proportion::wilson;

/// A value between two bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounded {
    /// The value.
    pub point: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Bounded {
    /// A value between its bounds; `None` when one of the three is not finite or the value lies outside by more than
    /// rounding.
    #[must_use]
    pub fn new(point: f64, low: f64, high: f64) -> Option<Self> {
        let slack = 1e-12 * (1.0 + point.abs());
        let sound = [point, low, high].iter().all(|value| value.is_finite());
        (sound && low <= point + slack && point <= high + slack).then(|| Self {
            point,
            low: low.min(point),
            high: high.max(point),
        })
    }

    /// The share `p` between Wilson's two-sided bounds on the effective sample size `n_star` at `level`; `None` where there
    /// are none.
    ///
    /// Source: as [`wilson`].
    #[must_use]
    pub fn wilson(p: f64, n_star: f64, level: f64) -> Option<Self> {
        let (low, high) = wilson(p, n_star, level);
        Self::new(p, low, high)
    }

    /// `factor` times the quantity.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let (one, other) = (self.low * factor, self.high * factor);
        Self { point: self.point * factor, low: one.min(other), high: one.max(other) }
    }
}

/// `first` - `second` with bounds at the level of theirs. The two must have no covariance: nobody on both
/// sides, or a side on which all have the same share.
///
/// low = d - sqrt((p1 - l1)^2 + (u2 - p2)^2), high = d + sqrt((u1 - p1)^2 + (p2 - l2)^2). With Wilson bounds of two
/// shares it is Newcombe's hybrid score interval, his method 10.
///
/// Source: Newcombe (1998), Statistics in Medicine 17, 873-890; Zou & Donner (2008), Statistics in Medicine 27.
#[must_use]
pub fn mover_difference(first: Bounded, second: Bounded) -> Bounded {
    let point = first.point - second.point;
    let below = (first.point - first.low).hypot(second.high - second.point);
    let above = (first.high - first.point).hypot(second.point - second.low);
    Bounded { point, low: point - below, high: point + above }
}

/// The same where both have a covariance: `correlation`, from -1 to 1, is that of the two values.
///
/// low = d - sqrt((p1 - l1)^2 + (u2 - p2)^2 - 2 r (p1 - l1) (u2 - p2)), high = d + sqrt((u1 - p1)^2 + (p2 - l2)^2 - 2 r (u1 - p1)
/// (p2 - l2)).
///
/// Source: Zou & Donner (2008), Statistics in Medicine 27, 1693-1702; Newcombe (1998), Statistics in Medicine 17, 2635-2650 (of
/// paired shares).
#[must_use]
pub fn mover_difference_correlated(first: Bounded, second: Bounded, correlation: f64) -> Bounded {
    let point = first.point - second.point;
    // By the law of cosines, with the near ones taken apart first.
    let reach = |one: f64, other: f64| (one - other).hypot((2.0 * one * other * (1.0 - correlation)).max(0.0).sqrt());
    let below = reach(first.point - first.low, second.high - second.point);
    let above = reach(first.high - first.point, second.point - second.low);
    Bounded { point, low: point - below, high: point + above }
}

/// The mean of two quantities without a covariance, such as the balanced error (UPR + ADR) / 2, with bounds at the level of
/// theirs.
///
/// Source: as [`mover_difference`], for a sum: the second term's distances change sides.
#[must_use]
pub fn mover_mean(first: Bounded, second: Bounded) -> Bounded {
    mover_difference(first, second.times(-1.0)).times(0.5)
}

/// `first` / `second`, both of at least 0 and `second` above it, with bounds at the level of theirs; the upper one is
/// infinite where `second` may be 0. The two must have no covariance, as for [`mover_difference`].
///
/// The bounds are the ratios R at which the bounds of `first` - R `second` ([`mover_difference`]) touch 0.
///
/// Source: Donner & Zou (2012), Statistical Methods in Medical Research 21, 347-359, in the form without a difference of
/// near numbers.
#[must_use]
pub fn mover_ratio(first: Bounded, second: Bounded) -> Bounded {
    let point = first.point / second.point;
    let product = first.point * second.point;
    // The root of what is left of the product at these ends of both.
    let root = |one: f64, other: f64| {
        let ends = one * (2.0 * first.point - one) * other * (2.0 * second.point - other);
        (product * product - ends).max(0.0).sqrt()
    };
    let low = if first.low > 0.0 {
        first.low * (2.0 * first.point - first.low) / (product + root(first.low, second.high))
    } else {
        0.0
    };
    let high = if second.low > 0.0 {
        (product + root(first.high, second.low)) / (second.low * (2.0 * second.point - second.low))
    } else {
        f64::INFINITY
    };
    Bounded { point, low: low.min(point), high: high.max(point) }
}

/// The p-value that belongs to an interval: 1 less the least level at which it holds 0, by bisection to 1e-12.
/// `holds_zero` says for a level whether the interval at it does; the intervals must grow with the level.
///
/// Source: Cox & Hinkley (1974), Theoretical Statistics, 7.2 (tests and intervals as each other's inverse).
#[must_use]
pub fn p_at_zero(holds_zero: impl Fn(f64) -> bool) -> f64 {
    let (mut out, mut within) = (0.0_f64, 1.0 - 1e-13);
    if holds_zero(1e-13) {
        return 1.0;
    }
    for _ in 0..60 {
        let level = f64::midpoint(out, within);
        if holds_zero(level) {
            within = level;
        } else {
            out = level;
        }
    }
    1.0 - within
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, section};
    use crate::stats::{normal_quantile, wilson};

    fn share(k: f64, n: f64) -> Bounded {
        let (low, high) = wilson(k / n, n, 0.95);
        Bounded::new(k / n, low, high).unwrap()
    }

    #[test]
    fn differences_of_shares_are_newcombes_published_examples() {
        for case in section("mover_difference").as_array().unwrap() {
            let found = mover_difference(
                share(number(case, "k1"), number(case, "n1")),
                share(number(case, "k2"), number(case, "n2")),
            );
            agree(found.low, case["interval"][0].as_f64().unwrap(), 1.0, &case.to_string());
            agree(found.high, case["interval"][1].as_f64().unwrap(), 1.0, &case.to_string());
        }
    }

    #[test]
    fn the_mean_with_a_known_quantity_is_half_as_wide() {
        let known = Bounded::new(0.2, 0.2, 0.2).unwrap();
        let found = mover_mean(share(3.0, 30.0), known);
        agree(found.point, 0.15, 1.0, "point");
        agree(found.low, (0.2 + share(3.0, 30.0).low) / 2.0, 1.0, "low");
        agree(found.high, (0.2 + share(3.0, 30.0).high) / 2.0, 1.0, "high");
    }

    #[test]
    fn a_correlation_draws_the_bounds_of_a_difference_together() {
        // Fagerland, Lydersen & Laake (2014), Statistics in Medicine 33: of 21 children 2 react before a transplantation and 8 after it,
        // 1 of them both times; the square-and-add interval is -0.507 to -0.026, its correlation held at 0.
        let found = mover_difference_correlated(share(2.0, 21.0), share(8.0, 21.0), 0.0);
        assert_eq!([found.low, found.high].map(|bound| (bound * 1000.0).round()), [-507.0, -26.0]);
        // As Newcombe writes it, of 65 and 75 among 161, for any correlation.
        let (first, second) = (share(65.0, 161.0), share(75.0, 161.0));
        for correlation in [-1.0, -0.4, 0.0, 0.716, 1.0_f64] {
            let found = mover_difference_correlated(first, second, correlation);
            let (below, above) = (first.point - first.low, first.high - first.point);
            let (up, down) = (second.high - second.point, second.point - second.low);
            let reach = |one: f64, other: f64| (one.powi(2) + other.powi(2) - 2.0 * correlation * one * other).sqrt();
            agree(found.low, found.point - reach(below, up), 1.0, "low");
            agree(found.high, found.point + reach(above, down), 1.0, "high");
        }
        // What moves together by as much has no uncertain difference.
        let same = mover_difference_correlated(first, Bounded { point: 0.0, low: -0.07, high: 0.07 }, 1.0);
        assert!((same.high - same.low).abs() < 0.02, "{same:?}");
    }

    #[test]
    fn the_bounds_of_a_ratio_are_where_the_difference_touches_zero() {
        for (k1, n1, k2, n2) in
            [(3.0, 40.0, 30.0, 35.0), (0.0, 30.0, 30.0, 30.0), (20.0, 25.0, 2.0, 60.0), (0.0, 9.0, 1.0, 50.0)]
        {
            let (first, second) = (share(k1, n1), share(k2, n2));
            let found = mover_ratio(first, second);
            let at = |ratio: f64| mover_difference(first, second.times(ratio));
            agree(found.point, k1 / n1 / (k2 / n2), 1.0, "point");
            assert!(at(found.low).high > 0.0 && (k1 == 0.0 || at(found.low).low.abs() < 1e-12), "{found:?}");
            assert!(at(found.high).high.abs() < 1e-12, "{found:?}");
        }
        // Nobody has the one, everybody the other: u / sqrt(l (2 - l)), by hand.
        let (none, all) = (share(0.0, 30.0), share(30.0, 30.0));
        let found = mover_ratio(none, all);
        agree(found.high, none.high / (all.low * (2.0 - all.low)).sqrt(), 1.0, "by hand");
        assert_eq!(mover_ratio(none, Bounded::new(0.1, 0.0, 0.3).unwrap()).high, f64::INFINITY);
    }

    #[test]
    fn the_p_value_of_an_interval_is_that_of_its_test() {
        // A normal difference z standard errors from 0: scipy 1.17.1, 2 * norm.sf(z).
        for (z, wanted) in [(0.5, 0.6170750774519738), (1.959963984540054, 0.05), (3.2, 0.0013742758758316976)] {
            let found = p_at_zero(|level| normal_quantile(0.5 + level / 2.0) >= z);
            assert!((found - wanted).abs() < 1e-11, "{found} is not {wanted}");
        }
        assert_eq!(p_at_zero(|_| true), 1.0);
        let least = p_at_zero(|_| false);
        assert!(least > 0.0 && least < 2e-13);
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for (point, low, high) in [(f64::NAN, 0.0, 1.0), (0.5, 0.0, f64::INFINITY), (0.5, 0.6, 0.7), (0.5, 0.1, 0.4)] {
            assert_eq!(Bounded::new(point, low, high), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_difference_mirrors_when_its_sides_swap_and_encloses_its_point(
            k1 in 0_u32..50, k2 in 0_u32..80, n in 80_u32..500,
        ) {
            let (a, b) = (share(f64::from(k1), f64::from(n)), share(f64::from(k2), f64::from(n)));
            let (one, other) = (mover_difference(a, b), mover_difference(b, a));
            proptest::prop_assert!(one.low <= one.point && one.point <= one.high);
            proptest::prop_assert!((one.low + other.high).abs() < 1e-12 && (one.high + other.low).abs() < 1e-12);
            let mean = mover_mean(a, b);
            proptest::prop_assert!(0.0 <= mean.low + 1e-12 && mean.low <= mean.point && mean.point <= mean.high);
        }
    }
}
