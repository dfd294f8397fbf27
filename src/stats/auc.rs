//! The area under the ROC curve where subjects have several attempts, of one method or the difference of two.
//!
//! An attempt counts as much as its weight; the variance is over subjects, who may have attempts of both classes.

use super::Ranks;
use super::special::{normal_quantile, normal_two_sided};

/// A scored attempt: a higher score means more surely positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored<const METHODS: usize = 1> {
    /// The subject: its rank, or any other small number of its own.
    pub subject: u32,
    /// Whether the attempt is of the positive class.
    pub positive: bool,
    /// What it counts: 1 where all count the same.
    pub weight: u64,
    /// The score of each method.
    pub scores: [f64; METHODS],
}

/// A scored attempt whose score stands at a place among the distinct ones, see [`Ranks`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// The subject: its rank, or any other small number of its own.
    pub subject: u32,
    /// Whether the attempt is of the positive class.
    pub positive: bool,
    /// What it counts: 1 where all count the same.
    pub weight: u64,
    /// The place.
    pub place: u32,
}

/// An area, or the difference of two, with its variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// P(score of a positive attempt > that of a negative one) + P(equal) / 2; a difference of two such.
    pub value: f64,
    /// Its variance over subjects; `None` with fewer than two subjects of either class.
    pub variance: Option<f64>,
}

impl Area {
    /// The logit interval of an area at `level`; `None` at 0 or 1, where it has none, and without a variance.
    ///
    /// Source: Pepe (2003), The Statistical Evaluation of Medical Tests, 5.2.
    #[must_use]
    pub fn logit_interval(&self, level: f64) -> Option<(f64, f64)> {
        let area = self.value;
        if !(area > 0.0 && area < 1.0) {
            return None;
        }
        let centre = (area / (1.0 - area)).ln();
        let half = normal_quantile(0.5 + level / 2.0) * self.variance?.sqrt() / (area * (1.0 - area));
        let back = |logit: f64| 1.0 / (1.0 + (-logit).exp());
        Some((back(centre - half), back(centre + half)))
    }

    /// The interval value +- z SE at `level`, for a difference; `None` without a variance, and where it is 0: that no two
    /// subjects differ does not say that the next one will not.
    ///
    /// Source: DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44, 837-845.
    #[must_use]
    pub fn normal_interval(&self, level: f64) -> Option<(f64, f64)> {
        let variance = self.variance.filter(|variance| *variance > 0.0)?;
        let half = normal_quantile(0.5 + level / 2.0) * variance.sqrt();
        Some((self.value - half, self.value + half))
    }

    /// The two-sided p-value of the hypothesis that a difference is 0; 1 when it is exactly 0; `None` without a
    /// variance, and where it is 0.
    ///
    /// Source: as [`Self::normal_interval`].
    #[must_use]
    pub fn p_of_zero(&self) -> Option<f64> {
        let variance = self.variance?;
        if self.value == 0.0 {
            return Some(1.0);
        }
        (variance > 0.0).then(|| normal_two_sided(self.value / variance.sqrt()))
    }
}

/// The area under the ROC curve of one method. `None` when a class is absent or a score is NaN.
///
/// Variance: S10/M + S01/N + 2 S11/(M N) of placements summed within subject; with one attempt a subject it is that of
/// DeLong et al. (1988). With weights M, N and placements are sums of them. Source: Obuchowski (1997), Biometrics 53,
/// 567-578; METRICS M8.
#[must_use]
pub fn auc(attempts: &[Scored]) -> Option<Area> {
    let ranks = ranks(attempts, 0);
    auc_of_ranked(ranks.distinct().len(), ranked(attempts, &ranks))
}

/// The area under the ROC curve of one method whose scores have so many distinct values. `None` when a class is absent or
/// an attempt has none of these scores.
///
/// Source: as [`auc`].
#[must_use]
pub fn auc_of_ranked(distinct: usize, attempts: impl Iterator<Item = Ranked> + Clone) -> Option<Area> {
    let classes = Classes::of(attempts.clone())?;
    let placed = Placed::of(distinct, attempts, &classes)?;
    Some(Area { value: placed.area, variance: classes.variance(&placed.residuals) })
}

fn ranks<const METHODS: usize>(attempts: &[Scored<METHODS>], method: usize) -> Ranks {
    Ranks::of(&attempts.iter().map(|attempt| attempt.scores[method]).collect::<Vec<_>>())
}

fn ranked<'a, const METHODS: usize>(
    attempts: &'a [Scored<METHODS>],
    ranks: &'a Ranks,
) -> impl Iterator<Item = Ranked> + Clone + 'a {
    let one = move |(index, attempt): (usize, &Scored<METHODS>)| Ranked {
        subject: attempt.subject,
        positive: attempt.positive,
        weight: attempt.weight,
        place: ranks.place(index),
    };
    attempts.iter().enumerate().map(one)
}

/// Area of the second method - area of the first, over the same attempts. `None` when a class is absent or a score is
/// NaN.
///
/// Source: as [`auc`]; a covariance is the same form of two methods' placements, so the variance of the difference is
/// that of the differences of placements.
#[must_use]
pub fn auc_difference(attempts: &[Scored<2>]) -> Option<Area> {
    let both = [0, 1].map(|method| ranks(attempts, method));
    let classes = Classes::of(ranked(attempts, &both[0]))?;
    let placed = |ranks: &Ranks| Placed::of(ranks.distinct().len(), ranked(attempts, ranks), &classes);
    let (first, second) = (placed(&both[0])?, placed(&both[1])?);
    let residuals: Vec<[f64; 2]> = first
        .residuals
        .iter()
        .zip(&second.residuals)
        .map(|(one, other)| [other[0] - one[0], other[1] - one[1]])
        .collect();
    Some(Area { value: second.area - first.area, variance: classes.variance(&residuals) })
}

/// Weights of each class, in all and of each subject.
struct Classes {
    positives: u64,
    negatives: u64,
    /// Weights of the positive and of the negative attempts by subject.
    of_subject: Vec<[u64; 2]>,
}

impl Classes {
    fn of(attempts: impl Iterator<Item = Ranked>) -> Option<Self> {
        let mut of_subject: Vec<[u64; 2]> = Vec::new();
        let mut weights = [0_u64; 2];
        for attempt in attempts {
            let (subject, class) = (attempt.subject as usize, usize::from(!attempt.positive));
            if of_subject.len() <= subject {
                of_subject.resize(subject + 1, [0; 2]);
            }
            of_subject[subject][class] += attempt.weight;
            weights[class] += attempt.weight;
        }
        let [positives, negatives] = weights;
        (positives > 0 && negatives > 0).then_some(Self { positives, negatives, of_subject })
    }

    /// The variance from each subject's residuals: sums of (placement - area) over its positive and negative attempts.
    fn variance(&self, residuals: &[[f64; 2]]) -> Option<f64> {
        let having = |class: usize| self.of_subject.iter().filter(|counts| counts[class] > 0).count() as f64;
        let all = self.of_subject.iter().filter(|counts| counts[0] + counts[1] > 0).count() as f64;
        let (with_positive, with_negative) = (having(0), having(1));
        if with_positive < 2.0 || with_negative < 2.0 {
            return None;
        }
        let (m, n) = (self.positives as f64, self.negatives as f64);
        let sum = |one: usize, other: usize| residuals.iter().map(|pair| pair[one] * pair[other]).sum::<f64>();
        let s10 = with_positive / (with_positive - 1.0) * sum(0, 0) / (m * m);
        let s01 = with_negative / (with_negative - 1.0) * sum(1, 1) / (n * n);
        let s11 = all / (all - 1.0) * sum(0, 1) / (m * n);
        Some((s10 + s01 + 2.0 * s11).max(0.0))
    }
}

/// The area of one method, and each subject's residuals.
struct Placed {
    area: f64,
    residuals: Vec<[f64; 2]>,
}

impl Placed {
    fn of(distinct: usize, attempts: impl Iterator<Item = Ranked> + Clone, classes: &Classes) -> Option<Self> {
        // Weights at each score, by class; then twice the placements of attempts of the class with this score.
        let mut at = vec![[0_u64; 2]; distinct];
        for attempt in attempts.clone() {
            at.get_mut(attempt.place as usize)?[usize::from(!attempt.positive)] += attempt.weight;
        }
        let (mut positives_below, mut negatives_below) = (0_u64, 0_u64);
        for at in &mut at {
            let [positives, negatives] = *at;
            *at = [2 * negatives_below + negatives, 2 * (classes.positives - positives_below) - positives];
            positives_below += positives;
            negatives_below += negatives;
        }
        // Summed within subject: integers, so that the order of attempts does not show.
        let mut doubled = vec![[0_u128; 2]; classes.of_subject.len()];
        for attempt in attempts {
            let class = usize::from(!attempt.positive);
            let placement = u128::from(at[attempt.place as usize][class]);
            doubled[attempt.subject as usize][class] += u128::from(attempt.weight) * placement;
        }
        let (m, n) = (classes.positives as f64, classes.negatives as f64);
        let area = doubled.iter().map(|sums| sums[0]).sum::<u128>() as f64 / (2.0 * m * n);
        let residuals = doubled
            .iter()
            .zip(&classes.of_subject)
            .map(|(sums, counts)| {
                let residual =
                    |class: usize, others: f64| sums[class] as f64 / (2.0 * others) - area * counts[class] as f64;
                [residual(0, n), residual(1, m)]
            })
            .collect();
        Some(Self { area, residuals })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_in_which_no_two_people_differ_has_no_bounds() {
        let still = Area { value: 0.01, variance: Some(0.0) };
        assert_eq!((still.normal_interval(0.95), still.p_of_zero()), (None, None));
        assert_eq!(Area { value: 0.0, ..still }.p_of_zero(), Some(1.0));
    }
    use crate::stats::golden::{agree, number, own, section};

    fn list(value: &serde_json::Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    fn scored(positive: &[f64], score: &[f64], subject: impl Fn(usize) -> u32) -> Vec<Scored> {
        let one = |(i, (positive, score)): (usize, (&f64, &f64))| Scored {
            subject: subject(i),
            positive: *positive == 1.0,
            weight: 1,
            scores: [*score],
        };
        positive.iter().zip(score).enumerate().map(one).collect()
    }

    #[test]
    fn one_attempt_each_gives_delongs_variance_and_test() {
        let case = section("delong");
        let (positive, a, b) = (list(&case["positive"]), list(&case["score_a"]), list(&case["score_b"]));
        let each = |i: usize| i as u32;
        let found = auc(&scored(&positive, &a, each)).unwrap();
        agree(found.value, number(&case, "auc_a"), 1.0, "auc a");
        agree(found.variance.unwrap(), number(&case, "var_a"), 1.0, "var a");
        agree(auc(&scored(&positive, &b, each)).unwrap().value, number(&case, "auc_b"), 1.0, "auc b");
        let both: Vec<Scored<2>> = scored(&positive, &a, each)
            .iter()
            .zip(&b)
            .map(|(one, b)| Scored {
                subject: one.subject,
                positive: one.positive,
                weight: 1,
                scores: [*b, one.scores[0]],
            })
            .collect();
        let found = auc_difference(&both).unwrap();
        agree(found.variance.unwrap(), number(&case, "var_diff"), 1.0, "var of the difference");
        agree(found.value / found.variance.unwrap().sqrt(), number(&case, "z"), 1.0, "z");
        agree(found.p_of_zero().unwrap(), number(&case, "p"), 1.0, "p");
        let (low, high) = found.normal_interval(0.95).unwrap();
        agree((high - low) / 2.0, 1.959963984540054 * number(&case, "var_diff").sqrt(), 1.0, "half width");
    }

    #[test]
    fn three_attempts_a_subject_give_obuchowskis_variance() {
        let (case, wanted) = (section("delong"), section("auc_clustered"));
        let found = auc(&scored(&list(&case["positive"]), &list(&case["score_a"]), |i| (i / 3) as u32)).unwrap();
        agree(found.value, number(&wanted, "auc"), 1.0, "auc");
        agree(found.variance.unwrap(), number(&wanted, "var"), 1.0, "variance");
        let (low, high) = found.logit_interval(0.95).unwrap();
        agree(low, wanted["logit95"][0].as_f64().unwrap(), 1.0, "low");
        agree(high, wanted["logit95"][1].as_f64().unwrap(), 1.0, "high");
    }

    #[test]
    fn clusters_of_any_size_with_ties_are_those_of_all_pairs_compared() {
        for case in own("auc_clustered").as_array().unwrap() {
            let subject = list(&case["subject"]);
            let both: Vec<Scored<2>> = scored(&list(&case["positive"]), &list(&case["a"]), |i| subject[i] as u32)
                .iter()
                .zip(list(&case["b"]))
                .map(|(one, b)| Scored {
                    subject: one.subject,
                    positive: one.positive,
                    weight: 1,
                    scores: [one.scores[0], b],
                })
                .collect();
            let first: Vec<Scored> = both
                .iter()
                .map(|it| Scored { subject: it.subject, positive: it.positive, weight: 1, scores: [it.scores[0]] })
                .collect();
            let found = auc(&first).unwrap();
            agree(found.value, number(case, "auc_a"), 1.0, "scikit-learn's area");
            agree(found.variance.unwrap(), number(case, "var_a"), 1.0, "variance");
            let found = auc_difference(&both).unwrap();
            agree(found.value, number(case, "difference"), 1.0, "difference");
            agree(found.variance.unwrap(), number(case, "var_difference"), 1.0, "variance of the difference");
        }
    }

    #[test]
    fn one_class_nan_and_the_ends_have_no_interval() {
        let one = |subject: u32, positive: bool, score: f64| Scored { subject, positive, weight: 1, scores: [score] };
        assert_eq!(auc(&[]), None);
        assert_eq!(auc(&[one(0, true, 1.0)]), None);
        assert_eq!(auc(&[one(0, true, f64::NAN), one(1, false, 0.0)]), None);
        let apart = [one(0, true, 2.0), one(1, true, 3.0), one(2, false, 0.0), one(3, false, 1.0)];
        let found = auc(&apart).unwrap();
        assert_eq!((found, found.logit_interval(0.95)), (Area { value: 1.0, variance: Some(0.0) }, None));
        assert_eq!(auc(&apart[1..]).unwrap(), Area { value: 1.0, variance: None });
        let tied = [one(0, true, 0.0), one(1, true, -0.0), one(2, false, 0.0), one(3, false, -0.0)];
        assert_eq!(auc(&tied).unwrap().value, 0.5);
        let same: Vec<Scored<2>> = apart
            .iter()
            .map(|it| Scored { subject: it.subject, positive: it.positive, weight: 1, scores: [it.scores[0]; 2] })
            .collect();
        assert_eq!(auc_difference(&same).unwrap().p_of_zero(), Some(1.0));
    }

    #[test]
    fn the_ends_have_no_logit_interval_and_a_class_without_weight_is_absent() {
        for value in [0.0, 1.0] {
            assert_eq!(Area { value, variance: Some(0.01) }.logit_interval(0.95), None);
        }
        let one = |subject: u32, positive: bool, weight: u64| Scored {
            subject,
            positive,
            weight,
            scores: [f64::from(subject)],
        };
        assert_eq!(auc(&[one(0, true, 1), one(1, false, 0)]), None);
        assert_eq!(auc(&[one(0, true, 0), one(1, false, 1)]), None);
        // A subject of weight 0 is none of those that the variance is taken over.
        let four = [one(0, true, 1), one(1, false, 1), one(2, true, 2), one(3, false, 2)];
        let more: Vec<Scored> = four.iter().copied().chain([one(4, true, 0), one(5, false, 0)]).collect();
        assert_eq!(auc(&more), auc(&four));
        // Nor one between others who has no attempt at all, where some are in both classes.
        let attempts =
            |last: u32| [(0, true, 3.0), (0, false, 1.0), (1, true, 2.0), (last, false, 2.5), (last, true, 1.5)];
        let of = |last: u32| {
            auc(&attempts(last).map(|(subject, positive, score)| Scored {
                subject,
                positive,
                weight: 1,
                scores: [score],
            }))
        };
        assert_eq!(of(2), of(7));
    }

    proptest::proptest! {
        #[test]
        fn order_of_rows_shows_nowhere_and_the_turned_score_has_the_rest_of_the_area(
            rows in proptest::collection::vec((0_u32..12, proptest::bool::ANY, 0_u8..9), 4..80),
        ) {
            let attempts: Vec<Scored> =
                rows.iter().map(|(subject, positive, score)| Scored { subject: *subject, positive: *positive, weight: 1, scores: [f64::from(*score)] }).collect();
            let mut reversed = attempts.clone();
            reversed.reverse();
            proptest::prop_assert_eq!(auc(&attempts), auc(&reversed));
            if let Some(area) = auc(&attempts) {
                reversed.iter_mut().for_each(|attempt| attempt.scores[0] *= -1.0);
                let turned = auc(&reversed).unwrap();
                proptest::prop_assert!((area.value + turned.value - 1.0).abs() < 1e-12);
                if let (Some(one), Some(other)) = (area.variance, turned.variance) {
                    proptest::prop_assert!((one - other).abs() < 1e-12);
                }
            }
        }
    }
}
