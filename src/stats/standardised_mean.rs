//! A mean as the weighted mean of the means in required cells, for subjects who may be in several cells.

use super::Weigh;
use super::mean::{MeanSums, SubjectSums, mean_of_subjects};

/// One required cell.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanCell {
    /// Its weight; the weights add up to 1.
    pub weight: f64,
    /// Its subjects, by number of attempts in the cell.
    pub parts: Vec<SubjectSums>,
}

/// Sums over the subjects who are in two cells, with as many attempts in the one and as many in the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointSums {
    /// Attempts of each of these subjects in the one cell, and in the other.
    pub attempts: (u64, u64),
    /// How many subjects.
    pub subjects: u64,
    /// Sum over them of the subject's own sum in the one cell, and in the other.
    pub sums: (f64, f64),
    /// Sum over them of the product of both.
    pub product: f64,
    /// With design weights `sums` and `product` are of weighted sums, and this is what their weights come to.
    pub design: Option<JointDesign>,
}

/// What the weights of subjects in two cells come to, beside [`JointSums`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointDesign {
    /// Sum over the subjects of the product of their weights in the one cell and in the other.
    pub weights: f64,
    /// Sum of the weighted sum in the one cell times the weight in the other.
    pub sum_weight: f64,
    /// Sum of the weight in the one cell times the weighted sum in the other.
    pub weight_sum: f64,
}

/// The subjects who are in the cells `first` and `second`.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanJoint {
    /// Index of the one cell.
    pub first: usize,
    /// Index of the other cell.
    pub second: usize,
    /// By numbers of attempts.
    pub parts: Vec<JointSums>,
}

/// The mean of the cells' means with its linearised variance over `subjects`, who are those of all cells together.
/// `None` when a cell has nobody. A cell with one subject adds nothing to the variance.
///
/// v = sum over subjects of (sum over their cells of w_c (x_sc - x_c) / sqrt(S_c (S_c - 1)))^2; for attempt weighting
/// the residual is (k_sc - x_c m_sc) sqrt(S_c / (S_c - 1)) / M_c.
///
/// Source: METRICS M15, "Standardised" and "Means of errors".
#[must_use]
pub fn standardised_mean(cells: &[MeanCell], joint: &[MeanJoint], subjects: u64, weigh: Weigh) -> Option<MeanSums> {
    let (mut mean, mut variance) = (0.0, 0.0);
    let mut prepared = Vec::with_capacity(cells.len());
    for cell in cells {
        let found = mean_of_subjects(&cell.parts, weigh)?;
        let (s, m) =
            (found.subjects as f64, cell.parts.iter().map(|part| part.attempts * part.subjects).sum::<u64>() as f64);
        let design = |part: &SubjectSums| {
            Some(part.design?.weight / if weigh == Weigh::Subjects { part.attempts as f64 } else { 1.0 })
        };
        let weights: Option<f64> = cell.parts.iter().map(design).sum();
        let factor = match (weigh, weights) {
            _ if found.subjects < 2 => 0.0,
            (_, Some(weights)) => cell.weight / weights * (s / (s - 1.0)).sqrt(),
            (Weigh::Subjects, None) => cell.weight / (s * (s - 1.0)).sqrt(),
            (Weigh::Attempts, None) => cell.weight / m * (s / (s - 1.0)).sqrt(),
        };
        mean += cell.weight * found.mean;
        variance += cell.weight * cell.weight * found.variance.unwrap_or(0.0);
        prepared.push((found.mean, factor));
    }
    for pair in joint {
        let ((x, factor_x), (y, factor_y)) = (*prepared.get(pair.first)?, *prepared.get(pair.second)?);
        for part in &pair.parts {
            let (a, b) = (part.attempts.0 as f64, part.attempts.1 as f64);
            let (n, (sum_x, sum_y)) = (part.subjects as f64, part.sums);
            let product = match weigh {
                _ if part.design.is_some() => {
                    let attempts = if weigh == Weigh::Subjects { a * b } else { 1.0 };
                    let of = |design: JointDesign| {
                        part.product - y * design.sum_weight - x * design.weight_sum + x * y * design.weights
                    };
                    part.design.map_or(0.0, of) / attempts
                }
                Weigh::Subjects => part.product / (a * b) - y * sum_x / a - x * sum_y / b + x * y * n,
                Weigh::Attempts => part.product - y * b * sum_x - x * a * sum_y + x * a * y * b * n,
            };
            variance += 2.0 * factor_x * factor_y * product;
        }
    }
    Some(MeanSums { mean, variance: (subjects > 1).then_some(variance.max(0.0)), subjects })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::DesignSums;
    use crate::stats::golden::agree;

    type Values = &'static [f64];

    /// Values of each subject in two cells; empty where it is not in the cell.
    const SUBJECTS: [(Values, Values); 6] = [
        (&[1.0, 3.0], &[2.0]),
        (&[0.5], &[4.0, 5.0, 1.0]),
        (&[2.0], &[]),
        (&[], &[7.0, 1.0]),
        (&[4.0, 4.0, 1.0], &[2.5]),
        (&[], &[0.5]),
    ];

    #[test]
    fn the_variance_is_that_of_the_formula_taken_subject_by_subject() {
        let sum = |values: Values| values.iter().sum::<f64>();
        let count = |values: Values| values.len() as f64;
        let cell = |of: fn(&(Values, Values)) -> Values, weight: f64| {
            let part = |values: Values| SubjectSums {
                attempts: values.len() as u64,
                subjects: 1,
                sum: sum(values),
                square: sum(values) * sum(values),
                design: None,
            };
            MeanCell { weight, parts: SUBJECTS.iter().map(of).filter(|values| !values.is_empty()).map(part).collect() }
        };
        let cells = [cell(|both| both.0, 0.25), cell(|both| both.1, 0.75)];
        let both = SUBJECTS.iter().filter(|(one, other)| !one.is_empty() && !other.is_empty());
        let parts = both.map(|(one, other)| JointSums {
            attempts: (one.len() as u64, other.len() as u64),
            subjects: 1,
            sums: (sum(one), sum(other)),
            product: sum(one) * sum(other),
            design: None,
        });
        let joint = [MeanJoint { first: 0, second: 1, parts: parts.collect() }];
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let found = standardised_mean(&cells, &joint, 6, weigh).unwrap();
            let means = cells.each_ref().map(|cell| mean_of_subjects(&cell.parts, weigh).unwrap().mean);
            agree(found.mean, 0.25 * means[0] + 0.75 * means[1], 1.0, "mean");
            let (attempts, sizes, weights) = ([7.0, 8.0], [4.0_f64, 5.0_f64], [0.25, 0.75]);
            let residual = |values: Values, at: usize| match weigh {
                _ if values.is_empty() => 0.0,
                Weigh::Subjects => {
                    weights[at] * (sum(values) / count(values) - means[at]) / (sizes[at] * (sizes[at] - 1.0)).sqrt()
                }
                Weigh::Attempts => {
                    weights[at] * (sum(values) - means[at] * count(values)) / attempts[at]
                        * (sizes[at] / (sizes[at] - 1.0)).sqrt()
                }
            };
            let wanted: f64 = SUBJECTS.iter().map(|(one, other)| (residual(one, 0) + residual(other, 1)).powi(2)).sum();
            agree(found.variance.unwrap(), wanted, 1.0, "variance");
        }
    }

    #[test]
    fn weights_enter_the_formula_taken_subject_by_subject() {
        // Each subject weighs as much as its number among them, by attempt.
        let weight = |subject: usize| subject as f64 + 1.0;
        let of = |at: usize, subject: usize| if at == 0 { SUBJECTS[subject].0 } else { SUBJECTS[subject].1 };
        let sums = |at: usize, subject: usize| {
            let values = of(at, subject);
            let sum = weight(subject) * values.iter().sum::<f64>();
            (values.len() as u64, sum, weight(subject) * values.len() as f64)
        };
        let inside = |at: usize| (0..6).filter(move |subject| !of(at, *subject).is_empty());
        let part = |at: usize, subject: usize| {
            let (attempts, sum, weight) = sums(at, subject);
            let design = DesignSums { weight, square: weight * weight, product: weight * sum };
            SubjectSums { attempts, subjects: 1, sum, square: sum * sum, design: Some(design) }
        };
        let weights = [0.25, 0.75];
        let cells = [0, 1]
            .map(|at| MeanCell { weight: weights[at], parts: inside(at).map(|subject| part(at, subject)).collect() });
        let both = (0..6).filter(|subject| !of(0, *subject).is_empty() && !of(1, *subject).is_empty());
        let parts = both.map(|subject| {
            let ((m, a, v), (n, b, w)) = (sums(0, subject), sums(1, subject));
            let design = JointDesign { weights: v * w, sum_weight: a * w, weight_sum: v * b };
            JointSums { attempts: (m, n), subjects: 1, sums: (a, b), product: a * b, design: Some(design) }
        });
        let joint = [MeanJoint { first: 0, second: 1, parts: parts.collect() }];
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let found = standardised_mean(&cells, &joint, 6, weigh).unwrap();
            let (mut mean, mut residuals) = (0.0, [0.0; 6]);
            for at in [0, 1] {
                let own = |subject: usize| {
                    let (attempts, sum, weight) = sums(at, subject);
                    let by = if weigh == Weigh::Subjects { attempts as f64 } else { 1.0 };
                    (sum / by, weight / by)
                };
                let (sum, all) = inside(at).map(own).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
                let s = inside(at).count() as f64;
                mean += weights[at] * sum / all;
                for subject in inside(at) {
                    let one = own(subject);
                    residuals[subject] += weights[at] * (one.0 - sum / all * one.1) / all * (s / (s - 1.0)).sqrt();
                }
            }
            agree(found.mean, mean, 1.0, "mean");
            agree(found.variance.unwrap(), residuals.iter().map(|one| one * one).sum(), 1.0, "variance");
        }
    }

    #[test]
    fn subjects_summed_together_give_what_they_give_apart_and_two_have_a_variance() {
        // Four subjects of two attempts in the one cell and three in the other, with these sums in each.
        let people = [(1.0, 7.0), (4.0, 2.0), (2.5, 3.0), (0.5, 8.0)];
        let cell = |attempts: u64, of: fn(&(f64, f64)) -> f64, people: &[(f64, f64)]| {
            let sum = people.iter().map(of).sum();
            let square = people.iter().map(|both| of(both) * of(both)).sum();
            SubjectSums { attempts, subjects: people.len() as u64, sum, square, design: None }
        };
        let joint = |people: &[(f64, f64)]| JointSums {
            attempts: (2, 3),
            subjects: people.len() as u64,
            sums: (people.iter().map(|both| both.0).sum(), people.iter().map(|both| both.1).sum()),
            product: people.iter().map(|both| both.0 * both.1).sum(),
            design: None,
        };
        let of = |people: &[(f64, f64)], size: usize, weigh: Weigh| {
            let cells = [(0.25, 2, (|both| both.0) as fn(&(f64, f64)) -> f64), (0.75, 3, |both| both.1)];
            let cells = cells.map(|(weight, attempts, of)| MeanCell {
                weight,
                parts: people.chunks(size).map(|people| cell(attempts, of, people)).collect(),
            });
            let parts = people.chunks(size).map(joint).collect();
            let joint = [MeanJoint { first: 0, second: 1, parts }];
            standardised_mean(&cells, &joint, people.len() as u64, weigh).unwrap().variance
        };
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let (apart, together) = (of(&people, 1, weigh).unwrap(), of(&people, 4, weigh).unwrap());
            agree(together, apart, 1.0, "variance");
            // Each subject's own mean of both cells, which all of the same size weigh alike.
            let own = people.map(|(one, other)| 0.25 * one / 2.0 + 0.75 * other / 3.0);
            let mean = own.iter().sum::<f64>() / 4.0;
            agree(apart, own.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 12.0, 1.0, "of four");
            // Two of them: half of the squared difference, over 2.
            agree(of(&people[..2], 1, weigh).unwrap(), (own[0] - own[1]).powi(2) / 4.0, 1.0, "of two");
            assert_eq!(of(&people[..1], 1, weigh), None);
        }
    }

    #[test]
    fn a_person_alone_in_a_cell_adds_nothing_to_the_variance_with_others() {
        let cell = |sums: &[f64]| MeanCell {
            weight: 0.5,
            parts: sums
                .iter()
                .map(|sum| SubjectSums { attempts: 1, subjects: 1, sum: *sum, square: sum * sum, design: None })
                .collect(),
        };
        // The first person is in both cells, and alone in the second.
        let part = JointSums { attempts: (1, 1), subjects: 1, sums: (1.0, 5.0), product: 5.0, design: None };
        let joint = [MeanJoint { first: 0, second: 1, parts: vec![part] }];
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let found = standardised_mean(&[cell(&[1.0, 2.0]), cell(&[5.0])], &joint, 2, weigh).unwrap();
            agree(found.variance.unwrap(), 0.25 * 0.25, 1.0, "that of the first cell");
        }
    }

    #[test]
    fn a_cell_without_anybody_leaves_no_mean() {
        let cell = |parts: Vec<SubjectSums>| MeanCell { weight: 0.5, parts };
        let one = SubjectSums { attempts: 1, subjects: 1, sum: 1.0, square: 1.0, design: None };
        assert_eq!(standardised_mean(&[cell(vec![one]), cell(Vec::new())], &[], 1, Weigh::Subjects), None);
        let found = standardised_mean(&[cell(vec![one]), cell(vec![one])], &[], 1, Weigh::Subjects).unwrap();
        assert_eq!((found.mean, found.variance), (1.0, None));
    }
}
