//! Means over attempts or subjects with linearised variance over subjects, from integer sums.

use super::Weigh;
use super::special::t_quantile;

/// A point with its two-sided bounds; no bounds where fewer than two subjects leave the variance unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The value.
    pub point: f64,
    /// Lower and upper bound.
    pub bounds: Option<(f64, f64)>,
}

/// Sums over the subjects that have the same number of attempts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SubjectSums {
    /// Attempts of each of these subjects.
    pub attempts: u64,
    /// How many subjects.
    pub subjects: u64,
    /// Sum over them of the subject's own sum.
    pub sum: f64,
    /// Sum over them of the square of the subject's own sum.
    pub square: f64,
    /// With design weights `sum` and `square` are of weighted sums, and this is what their weights come to.
    pub design: Option<DesignSums>,
}

/// What the weights of subjects come to, beside [`SubjectSums`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DesignSums {
    /// Sum over the subjects of the weight of their attempts.
    pub weight: f64,
    /// Sum of its square.
    pub square: f64,
    /// Sum of its product with the subject's own weighted sum.
    pub product: f64,
}

/// A mean and its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSums {
    /// The mean.
    pub mean: f64,
    /// Its linearised variance; `None` for fewer than two subjects.
    pub variance: Option<f64>,
    /// Subjects.
    pub subjects: u64,
}

/// The mean of a quantity over `parts`, one for each number of attempts, and its linearised variance. `None` without
/// an attempt.
///
/// Subject weighting: the mean of the subjects' own means, variance sum (x_s - x)^2 / (S (S - 1)). Attempt weighting:
/// the pooled mean, variance S / (S - 1) sum (k_s - x m_s)^2 / (sum m)^2. The unit is that of the quantity. With design
/// weights k_s and m_s are sums of weighted values and of weights; subject weighting divides both by the number of the
/// subject's attempts: x = sum (k_s / m) / sum (m_s / m).
///
/// Source: METRICS M15, "Means of errors"; Cochran (1977), Sampling Techniques, 6.4 (ratio estimator).
#[must_use]
pub fn mean_of_subjects(parts: &[SubjectSums], weigh: Weigh) -> Option<MeanSums> {
    let subjects: u64 = parts.iter().map(|part| part.subjects).sum();
    if subjects == 0 {
        return None;
    }
    let s = subjects as f64;
    let total = |of: &dyn Fn(&SubjectSums, f64) -> f64| -> f64 {
        parts.iter().map(|part| of(part, part.attempts as f64)).sum()
    };
    if parts.iter().all(|part| part.design.is_some()) {
        return Some(weighted_mean(parts, weigh, subjects));
    }
    let (mean, squares) = match weigh {
        Weigh::Subjects => {
            let mean = total(&|part, m| part.sum / m) / s;
            (mean, total(&|part, m| part.square / (m * m) - mean * (2.0 * part.sum / m - mean * part.subjects as f64)))
        }
        Weigh::Attempts => {
            let attempts = total(&|part, m| m * part.subjects as f64);
            let mean = total(&|part, _| part.sum) / attempts;
            let squares = total(&|part, m| part.square - mean * m * (2.0 * part.sum - mean * m * part.subjects as f64));
            (mean, squares * (s / attempts) * (s / attempts))
        }
    };
    // Both are now sums of squares of a residual whose mean over subjects estimates the error of the mean.
    let variance = (subjects > 1).then(|| squares.max(0.0) / (s * (s - 1.0)));
    Some(MeanSums { mean, variance, subjects })
}

/// Whether few subjects hold most of what is averaged: (sum of m)^2 / sum of m^2 is less than half of the subjects, m being a
/// subject's attempts, its weight, or its mean weight. Where everybody weighs the same, never by subjects.
///
/// Source: METRICS M15, "dominated".
#[must_use]
pub fn is_dominated(parts: &[SubjectSums], weigh: Weigh) -> bool {
    let subjects: u64 = parts.iter().map(|part| part.subjects).sum();
    let (mut sum, mut square) = (0.0, 0.0);
    for part in parts {
        let (n, m) = (part.subjects as f64, part.attempts as f64);
        let by = if weigh == Weigh::Subjects { m } else { 1.0 };
        let (one, two) = part.design.map_or((n * m, n * m * m), |design| (design.weight, design.square));
        (sum, square) = (sum + one / by, square + two / (by * by));
    }
    square > 0.0 && sum * sum / square < subjects as f64 / 2.0
}

/// The same of subjects who weigh differently.
fn weighted_mean(parts: &[SubjectSums], weigh: Weigh, subjects: u64) -> MeanSums {
    let divided = |part: &SubjectSums| if weigh == Weigh::Subjects { part.attempts as f64 } else { 1.0 };
    let designs = || parts.iter().filter_map(|part| Some((part, part.design?, divided(part))));
    let weight: f64 = designs().map(|(_, design, m)| design.weight / m).sum();
    let mean = designs().map(|(part, _, m)| part.sum / m).sum::<f64>() / weight;
    let squares: f64 = designs()
        .map(|(part, design, m)| (part.square - mean * (2.0 * design.product - mean * design.square)) / (m * m))
        .sum();
    let s = subjects as f64;
    let variance = (subjects > 1).then(|| s / (s - 1.0) * squares.max(0.0) / (weight * weight));
    MeanSums { mean, variance, subjects }
}

impl MeanSums {
    /// The mean with Student's interval at `level`, subjects - 1 degrees of freedom.
    ///
    /// Source: Student (1908), Biometrika 6; METRICS M15.
    #[must_use]
    pub fn estimate(&self, level: f64) -> Estimate {
        let bounds = self.variance.map(|variance| {
            let half = t_quantile(0.5 + level / 2.0, self.subjects as f64 - 1.0) * variance.sqrt();
            (self.mean - half, self.mean + half)
        });
        Estimate { point: self.mean, bounds }
    }

    /// The root of a mean of squares with Student's interval at `level` of its logarithm: root exp(+- t sqrt(v) / (2
    /// mean)), v the variance of the mean of squares. Squares are so skew that an interval about their mean itself misses
    /// on one side: with a tenth of the people three times as far off it held 85 % at 100 people, this one 87. The bounds of a root of 0 are 0.
    ///
    /// Source: Bartlett & Kendall (1946), Supplement to the JRSS 8 (the logarithm of a variance); docs/validation.md.
    #[must_use]
    pub fn root(&self, level: f64) -> Estimate {
        let root = self.mean.max(0.0).sqrt();
        let bounds = self.variance.map(|variance| {
            let t = t_quantile(0.5 + level / 2.0, self.subjects as f64 - 1.0);
            let half = if self.mean > 0.0 { t * variance.sqrt() / (2.0 * self.mean) } else { 0.0 };
            (root * (-half).exp(), root * half.exp())
        });
        Estimate { point: root, bounds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, own, section};

    fn parts(subjects: &[&[f64]]) -> Vec<SubjectSums> {
        let part = |values: &&[f64]| {
            let sum: f64 = values.iter().sum();
            SubjectSums { attempts: values.len() as u64, subjects: 1, sum, square: sum * sum, design: None }
        };
        subjects.iter().map(part).collect()
    }

    #[test]
    fn with_one_attempt_each_both_weightings_are_the_textbook_t_interval() {
        let errors = section("errors");
        let values: Vec<f64> =
            errors["signed_errors"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
        let each: Vec<&[f64]> = values.chunks(1).collect();
        let (sd, n) = (number(&errors, "sd"), values.len() as f64);
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let found = mean_of_subjects(&parts(&each), weigh).unwrap().estimate(0.95);
            agree(found.point, number(&errors, "bias"), 1.0, "bias");
            let half = t_quantile(0.975, n - 1.0) * sd / n.sqrt();
            agree(found.bounds.unwrap().1 - found.point, half, 1.0, "half width");
        }
        let squares: Vec<f64> = values.iter().map(|value| value * value).collect();
        let each: Vec<&[f64]> = squares.chunks(1).collect();
        agree(
            mean_of_subjects(&parts(&each), Weigh::Attempts).unwrap().root(0.95).point,
            number(&errors, "rmse"),
            1.0,
            "rmse",
        );
    }

    #[test]
    fn bounds_of_a_root_are_those_of_its_logarithm() {
        let of = |mean, variance| MeanSums { mean, variance, subjects: 30 };
        let found = of(16.0, Some(4.0)).root(0.95);
        // t of 29 degrees at 97.5 %: 2.0452296421327034 (scipy); 2.045 * 2 / 32.
        let half = 2.0452296421327034_f64 * 2.0 / 32.0;
        let (low, high) = found.bounds.unwrap();
        agree(found.point, 4.0, 1.0, "root");
        agree(low, 4.0 * (-half).exp(), 1.0, "low");
        agree(high, 4.0 * half.exp(), 1.0, "high");
        assert_eq!(of(0.0, Some(0.0)).root(0.95), Estimate { point: 0.0, bounds: Some((0.0, 0.0)) });
        assert_eq!(of(9.0, None).root(0.95), Estimate { point: 3.0, bounds: None });
    }

    #[test]
    fn variances_over_unequal_subjects_are_those_computed_by_hand() {
        let data = parts(&[&[1.0, 3.0], &[4.0], &[0.0, 0.0, 3.0]]);
        // Subject means 2, 4, 1: mean 7/3, variance ((1/3)^2 + (5/3)^2 + (4/3)^2) / 6 = 42/54.
        let found = mean_of_subjects(&data, Weigh::Subjects).unwrap();
        agree(found.mean, 7.0 / 3.0, 1.0, "mean");
        agree(found.variance.unwrap(), 42.0 / 54.0, 1.0, "variance");
        // Pooled mean 11/6; residuals 4 - 11/3, 4 - 11/6, 3 - 11/2; variance 3/2 sum / 36.
        let found = mean_of_subjects(&data, Weigh::Attempts).unwrap();
        agree(found.mean, 11.0 / 6.0, 1.0, "mean");
        let sum = (1.0_f64 / 3.0).powi(2) + (13.0_f64 / 6.0).powi(2) + 2.5_f64.powi(2);
        agree(found.variance.unwrap(), 1.5 * sum / 36.0, 1.0, "variance");
    }

    proptest::proptest! {
        #[test]
        fn a_constant_moves_the_mean_and_a_unit_stretches_it(
            subjects in proptest::collection::vec(proptest::collection::vec(-9.0_f64..9.0, 1..5), 2..20),
            constant in -20.0_f64..20.0, unit in 0.1_f64..10.0,
        ) {
            let moved: Vec<Vec<f64>> =
                subjects.iter().map(|values| values.iter().map(|value| unit * value + constant).collect()).collect();
            let slices = |all: &[Vec<f64>]| parts(&all.iter().map(Vec::as_slice).collect::<Vec<_>>());
            for weigh in [Weigh::Subjects, Weigh::Attempts] {
                let plain = mean_of_subjects(&slices(&subjects), weigh).unwrap();
                let other = mean_of_subjects(&slices(&moved), weigh).unwrap();
                proptest::prop_assert!((other.mean - unit * plain.mean - constant).abs() < 1e-9);
                let (one, two) = (plain.variance.unwrap() * unit * unit, other.variance.unwrap());
                proptest::prop_assert!((one - two).abs() < 1e-8 * (1.0 + one));
                let (low, high) = other.estimate(0.95).bounds.unwrap();
                proptest::prop_assert!(low <= other.mean && other.mean <= high);
            }
        }
    }

    #[test]
    fn weighted_means_are_those_of_statsmodels_weighted_least_squares_clustered_by_person() {
        for case in own("weighted").as_array().unwrap() {
            let list = |key: &str| -> Vec<f64> {
                case[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
            };
            let mut people: std::collections::BTreeMap<u64, (u64, f64, f64)> = std::collections::BTreeMap::new();
            for ((person, weight), error) in list("person").into_iter().zip(list("weight")).zip(list("error")) {
                let own = people.entry(person as u64).or_default();
                *own = (own.0 + 1, own.1 + weight, own.2 + weight * error);
            }
            let part = |(attempts, weight, sum): (u64, f64, f64)| SubjectSums {
                attempts,
                subjects: 1,
                sum,
                square: sum * sum,
                design: Some(DesignSums { weight, square: weight * weight, product: weight * sum }),
            };
            let parts: Vec<SubjectSums> = people.into_values().map(part).collect();
            for (name, weigh) in [("subject", Weigh::Subjects), ("attempt", Weigh::Attempts)] {
                let found = mean_of_subjects(&parts, weigh).unwrap();
                agree(found.mean, number(&case[name]["mean"], "value"), 1.0, name);
                agree(found.variance.unwrap(), number(&case[name]["mean"], "variance"), 1.0, name);
                assert_eq!(found.subjects, parts.len() as u64);
            }
            assert_eq!(mean_of_subjects(&parts[..1], Weigh::Subjects).unwrap().variance, None);
        }
    }

    #[test]
    fn subjects_with_as_many_attempts_may_be_summed_together() {
        let one = |sum: f64, weight: f64| SubjectSums {
            attempts: 2,
            subjects: 1,
            sum,
            square: sum * sum,
            design: Some(DesignSums { weight, square: weight * weight, product: weight * sum }),
        };
        let plain = |part: SubjectSums| SubjectSums { design: None, ..part };
        let apart = [one(3.0, 1.0), one(-2.0, 4.0), one(7.0, 2.0), SubjectSums { attempts: 3, ..one(5.0, 6.0) }];
        let total = |of: fn(&SubjectSums) -> f64| apart[..3].iter().map(of).sum::<f64>();
        let design = |of: fn(&DesignSums) -> f64| apart[..3].iter().filter_map(|it| it.design.as_ref()).map(of).sum();
        let together = [
            SubjectSums {
                attempts: 2,
                subjects: 3,
                sum: total(|it| it.sum),
                square: total(|it| it.square),
                design: Some(DesignSums {
                    weight: design(|it| it.weight),
                    square: design(|it| it.square),
                    product: design(|it| it.product),
                }),
            },
            apart[3],
        ];
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            for (one, other) in [
                (mean_of_subjects(&apart, weigh), mean_of_subjects(&together, weigh)),
                (mean_of_subjects(&apart.map(plain), weigh), mean_of_subjects(&together.map(plain), weigh)),
            ] {
                let (one, other) = (one.unwrap(), other.unwrap());
                agree(other.mean, one.mean, 1.0, "mean");
                agree(other.variance.unwrap(), one.variance.unwrap(), 1.0, "variance");
                assert_eq!((one.subjects, other.subjects), (4, 4));
            }
        }
    }

    #[test]
    fn one_subject_has_a_mean_but_no_interval_and_nobody_has_neither() {
        assert_eq!(mean_of_subjects(&parts(&[&[2.0, 4.0]]), Weigh::Subjects).unwrap().estimate(0.95).bounds, None);
        assert_eq!(mean_of_subjects(&[], Weigh::Subjects), None);
    }
}
