//! The Poisson bootstrap of subjects who were only counted: as many alike draw one weight together, a Poisson variable
//! whose mean is their number. The distribution is that of single weights; the cost does not grow with the subjects.

use rayon::prelude::*;

use super::{Bootstrap, key};

/// Separates these draws from all others with the same seed.
const PURPOSE: u64 = 0x636F_756E;

/// Subjects who are alike: how many, and what each adds to which cell: (cell, numerator, denominator).
#[derive(Debug, Clone, PartialEq)]
pub struct Alike {
    /// How many subjects.
    pub subjects: u64,
    /// What each of them adds; a subject may be in several cells.
    pub adds: Vec<(usize, f64, f64)>,
}

/// The distribution function of a Poisson variable, over the values that a draw can reach.
struct Poisson {
    first: u64,
    /// P(X <= first + i).
    at_most: Vec<f64>,
}

impl Poisson {
    fn of(mean: u64) -> Self {
        let lambda = mean as f64;
        // Below 1e-22 on both sides.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive width")]
        let width = (10.0 * lambda.sqrt()) as u64 + 30;
        let first = mean.saturating_sub(width);
        // Probabilities relative to the first one: their sum is divided out.
        let (mut probability, mut sum) = (1.0, 0.0);
        let mut at_most = Vec::new();
        for k in first..=mean + width {
            sum += probability;
            at_most.push(sum);
            probability *= lambda / (k + 1) as f64;
        }
        at_most.iter_mut().for_each(|value| *value /= sum);
        Self { first, at_most }
    }

    fn quantile(&self, share: f64) -> u64 {
        // The last is 1, and a share is less.
        self.first + self.at_most.partition_point(|value| *value <= share) as u64
    }
}

impl Bootstrap {
    /// How often `subjects` who are alike count together in each replicate. `label` and `cell` tell these draws from
    /// others.
    ///
    /// Source: the sum of n independent Poisson(1) variables is Poisson(n); inversion.
    #[must_use]
    pub fn together(&self, label: u64, cell: u64, subjects: u64) -> Vec<u64> {
        let poisson = Poisson::of(subjects);
        let uniform =
            |replicate: u64| (key(self.seed, &[PURPOSE, label, cell, replicate]) >> 11) as f64 / (1_u64 << 53) as f64;
        (0..self.replicates as u64).map(|replicate| poisson.quantile(uniform(replicate))).collect()
    }

    /// For each of `cells` cells the sum of numerators over the sum of denominators in each replicate; `None` where
    /// the denominator is 0. The order of `units` tells their draws apart. Source: as [`Self::together`].
    #[must_use]
    pub fn ratios(&self, label: u64, units: &[Alike], cells: usize) -> Vec<Vec<Option<f64>>> {
        let draw = |(at, unit): (usize, &Alike)| self.together(label, at as u64, unit.subjects);
        let weights: Vec<Vec<u64>> = units.par_iter().enumerate().map(draw).collect();
        let cell = |cell: usize| {
            let mut sums = vec![(0.0, 0.0); self.replicates];
            for (unit, weights) in units.iter().zip(&weights) {
                for (_, above, below) in unit.adds.iter().filter(|add| add.0 == cell) {
                    for (sum, weight) in sums.iter_mut().zip(weights) {
                        sum.0 += *weight as f64 * above;
                        sum.1 += *weight as f64 * below;
                    }
                }
            }
            sums.into_iter().map(|(above, below)| (below > 0.0).then(|| above / below)).collect()
        };
        (0..cells).into_par_iter().map(cell).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{DiscreteCDF, Poisson as Reference};

    #[test]
    fn the_weight_of_many_is_a_poisson_variable_with_their_number_as_mean() {
        for mean in [1_u64, 7, 400, 250_000] {
            let (ours, reference) = (Poisson::of(mean), Reference::new(mean as f64).unwrap());
            for step in [0, 1, 2, 5] {
                let k = mean + step;
                let found = ours.at_most[(k - ours.first) as usize];
                assert!((found - reference.cdf(k)).abs() < 1e-9, "{mean} {k}: {found} {}", reference.cdf(k));
            }
        }
        let weights = Bootstrap::new(5, 20_000).together(1, 2, 900);
        let n = weights.len() as f64;
        let mean = weights.iter().sum::<u64>() as f64 / n;
        let variance = weights.iter().map(|weight| (*weight as f64 - mean).powi(2)).sum::<f64>() / (n - 1.0);
        assert!((mean - 900.0).abs() < 4.0 * 30.0 / n.sqrt(), "{mean}");
        assert!((variance / 900.0 - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{variance}");
    }

    #[test]
    fn nobody_is_never_drawn_and_a_cell_without_a_denominator_has_no_value() {
        let bootstrap = Bootstrap::new(1, 50);
        assert_eq!(bootstrap.together(0, 0, 0), vec![0; 50]);
        let unit = Alike { subjects: 40, adds: vec![(1, 3.0, 4.0)] };
        let found = bootstrap.ratios(0, &[unit], 2);
        assert_eq!(found, [vec![None; 50], vec![Some(0.75); 50]]);
        assert_ne!(bootstrap.together(0, 1, 40), bootstrap.together(0, 2, 40));
        assert_ne!(bootstrap.together(0, 1, 40), bootstrap.together(1, 1, 40));
    }

    #[test]
    fn a_mean_of_shares_varies_in_replicates_as_its_linearised_variance_says() {
        // 60 subjects who never, 30 who always, 10 who half the time: p = 0.35.
        let unit = |subjects, share| Alike { subjects, adds: vec![(0, share, 1.0)] };
        let found = Bootstrap::new(0, 20_000).ratios(3, &[unit(60, 0.0), unit(30, 1.0), unit(10, 0.5)], 1);
        let values: Vec<f64> = found[0].iter().copied().flatten().collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let sd = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt();
        let wanted = ((60.0 * 0.35_f64.powi(2) + 30.0 * 0.65_f64.powi(2) + 10.0 * 0.15_f64.powi(2)) / 1e4).sqrt();
        assert!((mean - 0.35).abs() < 0.002 && (sd / wanted - 1.0).abs() < 0.03, "{mean} {sd} {wanted}");
    }
}
