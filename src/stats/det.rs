//! Both errors at every distinct score: the DET curve, the threshold for a rate, the equal error rate.

/// A scored attempt with a weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighted {
    /// The place of its score among the distinct ones, see [`super::Ranks`]; higher means more surely over.
    pub place: u32,
    /// Whether the attempt is of the class that ought to pass.
    pub over: bool,
    /// What it counts: 1 for an attempt; for subjects a common multiple of the numbers of attempts, divided by the
    /// subject's own.
    pub weight: u64,
}

/// Both errors at one threshold: an attempt passes iff its score is at or above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DetPoint {
    /// The threshold; infinite when nobody is to pass.
    pub threshold: f64,
    /// Share of the under class that passes.
    pub under_pass: f64,
    /// Share of the over class that is denied.
    pub over_denial: f64,
}

/// The errors at each distinct score, ascending; equal scores are one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Det {
    steps: Vec<Step>,
    under: u64,
    over: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    threshold: f64,
    /// Weight of the under class at or above the threshold.
    passing: u64,
    /// Weight of the over class below it.
    denied: u64,
}

impl Det {
    /// The curve of these attempts, in any order, over the distinct scores; those of weight 0 are left out. `None` when a
    /// class is absent or an attempt has none of these scores.
    ///
    /// Source: Martin et al. (1997), "The DET curve"; METRICS M8.
    #[must_use]
    pub fn of(distinct: &[f64], attempts: impl Iterator<Item = Weighted>) -> Option<Self> {
        // Weights at each score: of the under and of the over class.
        let mut weights = vec![[0_u64; 2]; distinct.len()];
        for attempt in attempts {
            weights.get_mut(attempt.place as usize)?[usize::from(attempt.over)] += attempt.weight;
        }
        let [under, over] = [0, 1].map(|class| weights.iter().map(|weights| weights[class]).sum::<u64>());
        if under == 0 || over == 0 {
            return None;
        }
        let (mut passing, mut denied) = (under, 0);
        let steps = distinct
            .iter()
            .zip(weights)
            .filter(|(_, weights)| *weights != [0, 0])
            .map(|(threshold, [under, over])| {
                let step = Step { threshold: *threshold, passing, denied };
                passing -= under;
                denied += over;
                step
            })
            .collect();
        Some(Self { steps, under, over })
    }

    fn point(&self, step: &Step) -> DetPoint {
        DetPoint {
            threshold: step.threshold,
            under_pass: step.passing as f64 / self.under as f64,
            over_denial: step.denied as f64 / self.over as f64,
        }
    }

    /// The points, one a distinct score, ascending.
    pub fn points(&self) -> impl ExactSizeIterator<Item = DetPoint> {
        self.steps.iter().map(|step| self.point(step))
    }

    /// Both errors at any `threshold`, such as one that was set on other people.
    #[must_use]
    pub fn at(&self, threshold: f64) -> DetPoint {
        let first = self.steps.partition_point(|step| step.threshold < threshold);
        let point = self.steps.get(first).map(|step| self.point(step));
        DetPoint { threshold, ..point.unwrap_or(DetPoint { threshold, under_pass: 0.0, over_denial: 1.0 }) }
    }

    /// The point of the least score at which at most `share` of the under class passes, without interpolation; the
    /// infinite threshold, which nobody passes, when there is none.
    ///
    /// Source: METRICS M8; NIST IR 8525 sets thresholds so.
    #[must_use]
    pub fn threshold_for(&self, share: f64) -> DetPoint {
        let first = self.steps.partition_point(|step| step.passing as f64 / self.under as f64 > share);
        self.steps.get(first).map_or_else(|| self.at(f64::INFINITY), |step| self.point(step))
    }

    /// The equal error rate, the mean of both errors at the distinct score where they are closest, and that point: of
    /// two equally close ones the higher score.
    ///
    /// Source: METRICS M8. ISO/IEC 19795-1 leaves open what to do where no score makes both equal.
    #[must_use]
    pub fn equal_error(&self) -> (f64, DetPoint) {
        // Compared as integers: rounding must not break a tie.
        let apart = |step: &Step| {
            let (pass, deny) =
                (u128::from(step.passing) * u128::from(self.over), u128::from(step.denied) * u128::from(self.under));
            pass.abs_diff(deny)
        };
        let closest = self.steps.iter().rev().min_by_key(|step| apart(step));
        let point = closest.map_or_else(|| self.at(f64::INFINITY), |step| self.point(step));
        (f64::midpoint(point.under_pass, point.over_denial), point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Ranks;
    use crate::stats::golden::{agree, number, own};

    fn curve(rows: &[(f64, bool, u64)]) -> Option<Det> {
        let ranks = Ranks::of(&rows.iter().map(|(score, ..)| *score).collect::<Vec<_>>());
        let one = |(index, (_, over, weight)): (usize, &(f64, bool, u64))| Weighted {
            place: ranks.place(index),
            over: *over,
            weight: *weight,
        };
        Det::of(ranks.distinct(), rows.iter().enumerate().map(one))
    }

    #[test]
    fn the_curve_is_that_of_scikit_learn_at_every_distinct_score() {
        for case in own("det").as_array().unwrap() {
            let rows: Vec<(f64, bool, u64)> = case["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| (row[0].as_f64().unwrap(), row[1] == 1, row[2].as_u64().unwrap()))
                .collect();
            let det = curve(&rows).unwrap();
            let wanted = case["points"].as_array().unwrap();
            assert_eq!(det.points().len(), wanted.len());
            for (found, wanted) in det.points().zip(wanted) {
                agree(found.threshold, wanted[0].as_f64().unwrap(), 1.0, "threshold");
                agree(found.under_pass, wanted[1].as_f64().unwrap(), 1.0, "under-age passes");
                agree(found.over_denial, wanted[2].as_f64().unwrap(), 1.0, "adult denials");
                assert_eq!(det.at(found.threshold), found);
            }
            agree(det.equal_error().0, number(case, "eer"), 1.0, "equal error rate");
            agree(det.equal_error().1.threshold, number(case, "eer_threshold"), 1.0, "its threshold");
            agree(det.threshold_for(0.1).threshold, number(case, "threshold_at_10_percent"), 1.0, "threshold");
        }
    }

    #[test]
    fn thresholds_keep_ties_together_and_may_be_infinite() {
        let det = curve(&[(1.0, false, 1), (2.0, false, 1), (2.0, true, 1), (3.0, true, 1)]).unwrap();
        assert_eq!(det.threshold_for(0.5), DetPoint { threshold: 2.0, under_pass: 0.5, over_denial: 0.0 });
        assert_eq!(det.threshold_for(0.49), DetPoint { threshold: 3.0, under_pass: 0.0, over_denial: 0.5 });
        let nobody = curve(&[(1.0, true, 1), (2.0, false, 1)]).unwrap().threshold_for(0.0);
        assert_eq!(nobody, DetPoint { threshold: f64::INFINITY, under_pass: 0.0, over_denial: 1.0 });
        assert_eq!(det.at(-1.0), DetPoint { threshold: -1.0, under_pass: 1.0, over_denial: 0.0 });
    }

    #[test]
    fn of_two_equally_close_points_the_higher_is_the_equal_error() {
        let det = curve(&[(1.0, true, 1), (2.0, false, 1)]).unwrap();
        // At 1: all of the under class pass, nobody is denied. At 2: all pass, all are denied.
        assert_eq!(det.equal_error(), (1.0, DetPoint { threshold: 2.0, under_pass: 1.0, over_denial: 1.0 }));
        let det = curve(&[(1.0, false, 1), (1.0, true, 1), (2.0, true, 1), (2.0, false, 1)]).unwrap();
        // 1 and 0 at 1; 1/2 and 1/2 at 2.
        assert_eq!(det.equal_error().1.threshold, 2.0);
        let det = curve(&[(1.0, false, 3), (2.0, false, 1), (2.0, true, 1), (3.0, true, 1)]).unwrap();
        // 1/4 and 0 at 2, 0 and 1/2 at 3.
        assert_eq!(det.equal_error(), (0.125, DetPoint { threshold: 2.0, under_pass: 0.25, over_denial: 0.0 }));
        let det = curve(&[(1.0, false, 1), (2.0, false, 1), (2.0, true, 1), (3.0, true, 1)]).unwrap();
        // 1/2 and 0 at 2, 0 and 1/2 at 3: as close.
        assert_eq!(det.equal_error().1.threshold, 3.0);
    }

    #[test]
    fn one_class_nan_and_no_weight_have_no_curve() {
        assert_eq!(curve(&[]), None);
        assert_eq!(curve(&[(1.0, true, 1)]), None);
        assert_eq!(curve(&[(1.0, true, 1), (1.0, false, 0)]), None);
        assert_eq!(curve(&[(f64::NAN, true, 1), (1.0, false, 1)]), None);
        assert_eq!(curve(&[(0.0, true, 1), (-0.0, false, 1)]).unwrap().points().len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn with_the_threshold_passes_fall_and_denials_rise(
            rows in proptest::collection::vec((0_u8..20, proptest::bool::ANY, 1_u64..9), 2..60), share in 0.0_f64..1.0,
        ) {
            let rows: Vec<_> = rows.into_iter().map(|(score, over, weight)| (f64::from(score), over, weight)).collect();
            if let Some(det) = curve(&rows) {
                let points: Vec<DetPoint> = det.points().collect();
                proptest::prop_assert!(points.windows(2).all(|pair| pair[0].threshold < pair[1].threshold
                    && pair[0].under_pass >= pair[1].under_pass
                    && pair[0].over_denial <= pair[1].over_denial));
                let chosen = det.threshold_for(share);
                proptest::prop_assert!(chosen.under_pass <= share);
                proptest::prop_assert!(points.iter().all(|point| point.threshold >= chosen.threshold || point.under_pass > share));
            }
        }
    }
}
