//! A large stratum: the groups' sums from a normal distribution with the permutation distribution's mean and covariance.

use super::super::random::key;
use super::{Block, PURPOSE, Spare, normals};

/// A stratum whose sums are drawn.
///
/// In each independent direction of the values' covariance the groups are drawn one after the other, each given those
/// before: what is left for the others has to be spread as they are large. That gives n_g [g = h] - n_g n_h / n, and sums
/// that leave the sum over all groups as it is.
#[derive(Debug, Clone)]
pub(super) struct Normal {
    steps: Vec<Step>,
    /// The last group with a subject, which gets what is left.
    last: usize,
    /// The directions: the dimension that each begins with, and the dimensions with the factor in each.
    directions: Vec<(usize, Vec<(usize, f64)>)>,
}

/// A group's turn: its share of what is left, and the standard deviation of what it gets beyond it.
#[derive(Debug, Clone)]
struct Step {
    group: usize,
    share: f64,
    deviation: f64,
}

impl Normal {
    /// From the subjects by group, and the sums of values and of their products. Adds the groups' means to `fixed`.
    pub fn new(sizes: &[u64], sum: &[f64], products: &[f64], fixed: &mut [f64]) -> Self {
        let dimensions = sum.len();
        let n = sizes.iter().sum::<u64>() as f64;
        for (own, size) in fixed.chunks_exact_mut(dimensions.max(1)).zip(sizes) {
            own.iter_mut().zip(sum).for_each(|(own, sum)| *own += *size as f64 * (sum / n));
        }
        let square = |i: usize| products[i * dimensions + i];
        let active: Vec<usize> = (0..dimensions).filter(|i| square(*i) != 0.0).collect();
        let covariance: Vec<f64> = active
            .iter()
            .flat_map(|i| {
                active.iter().map(move |j| (products[i * dimensions + j] - sum[*i] * sum[*j] / n) / (n - 1.0))
            })
            .collect();
        let scale: Vec<f64> = active.iter().map(|i| square(*i) / n).collect();
        let directions = factor(&covariance, &scale).into_iter().map(|(pivot, column)| {
            let factors = active.iter().zip(column).filter(|(_, factor)| *factor != 0.0);
            (active[pivot], factors.map(|(dimension, factor)| (*dimension, factor)).collect())
        });
        let mut steps = Vec::new();
        let mut left = n;
        for (group, size) in sizes.iter().enumerate().filter(|(_, size)| **size > 0) {
            let size = *size as f64;
            let deviation = (size * (left - size) / left).sqrt();
            steps.push(Step { group, share: size / left, deviation });
            left -= size;
        }
        let last = steps.pop().map_or(0, |step| step.group);
        let directions = if steps.is_empty() { Vec::new() } else { directions.collect() };
        Self { steps, last, directions }
    }

    /// Adds what labels dealt by chance change.
    pub fn add(&self, label: u64, block: &mut Block<'_>, spare: &mut Spare) {
        let lanes = block.lanes;
        for buffer in [&mut spare.normals, &mut spare.own, &mut spare.left] {
            buffer.clear();
            buffer.resize(lanes, 0.0);
        }
        let Spare { normals, own, left, .. } = spare;
        for (pivot, factors) in &self.directions {
            left.fill(0.0);
            for step in &self.steps {
                let series = key(block.seed, &[PURPOSE, label, *pivot as u64, step.group as u64]);
                normals::fill(series, block.first, normals);
                for ((own, left), normal) in own.iter_mut().zip(left.iter_mut()).zip(&*normals) {
                    *own = step.share * *left + step.deviation * normal;
                    *left -= *own;
                }
                for (dimension, factor) in factors {
                    add(block.of(step.group, *dimension), *factor, own);
                }
            }
            for (dimension, factor) in factors {
                add(block.of(self.last, *dimension), *factor, left);
            }
        }
    }
}

fn add(sums: &mut [f64], factor: f64, moved: &[f64]) {
    sums.iter_mut().zip(moved).for_each(|(sum, moved)| *sum += factor * moved);
}

/// The columns of a factor F of a covariance, F F' = covariance, each with the dimension that it begins with: Cholesky's,
/// without the columns of dimensions that follow from those before. `scale` says, dimension by dimension, beside what a
/// variance is nothing.
fn factor(covariance: &[f64], scale: &[f64]) -> Vec<(usize, Vec<f64>)> {
    let dimensions = scale.len();
    let mut columns: Vec<(usize, Vec<f64>)> = Vec::new();
    for pivot in 0..dimensions {
        let left = |row: usize| {
            let taken: f64 = columns.iter().map(|(_, column)| column[row] * column[pivot]).sum();
            covariance[row * dimensions + pivot] - taken
        };
        let variance = left(pivot);
        if variance > 1e-12 * scale[pivot] {
            let root = variance.sqrt();
            let column = (0..dimensions).map(|row| if row < pivot { 0.0 } else { left(row) / root }).collect();
            columns.push((pivot, column));
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dimension_that_follows_from_others_adds_no_column() {
        // Three subjects of four dimensions: the third is the sum of the first two, the last is nothing. Whole numbers, so
        // that nothing is rounded away.
        let values = [[1.0, 2.0, 3.0, 0.0], [2.0, -1.0, 1.0, 0.0], [2.0, 4.0, 6.0, 0.0]];
        let product = |i: usize, j: usize| values.iter().map(|value| value[i] * value[j]).sum::<f64>();
        let covariance: Vec<f64> = (0..16).map(|place| product(place / 4, place % 4)).collect();
        let factor = factor(&covariance, &[0, 1, 2, 3].map(|i| product(i, i)));
        assert_eq!(factor.iter().map(|(pivot, _)| *pivot).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((factor[0].1[0], factor[1].1[0]), (3.0, 0.0));
        assert_eq!((factor[0].1[3], factor[1].1[3]), (0.0, 0.0));
    }

    proptest::proptest! {
        #[test]
        fn a_factor_gives_its_covariance_back(
            rows in proptest::collection::vec(proptest::collection::vec(-3.0_f64..3.0, 3), 1..6),
        ) {
            // Four dimensions, the last one the sum of the first two.
            let values: Vec<Vec<f64>> = rows.iter().map(|row| [&row[..], &[row[0] + row[1]]].concat()).collect();
            let product = |i: usize, j: usize| values.iter().map(|value| value[i] * value[j]).sum::<f64>();
            let covariance: Vec<f64> = (0..16).map(|place| product(place / 4, place % 4)).collect();
            let scale: Vec<f64> = (0..4).map(|i| product(i, i)).collect();
            let factor = factor(&covariance, &scale);
            for (place, wanted) in covariance.iter().enumerate() {
                let back: f64 = factor.iter().map(|(_, column)| column[place / 4] * column[place % 4]).sum();
                proptest::prop_assert!((back - wanted).abs() < 1e-4, "{back} is not {wanted}");
            }
        }
    }
}
