//! Permutation nulls: what the sums of groups would be if labels had been dealt to subjects by chance, within strata.

use rayon::prelude::*;

use super::quantile;
use super::random::{Stream, key};

/// Strata with fewer subjects are permuted; larger ones are drawn from the normal form.
pub const REAL_UNDER: u64 = 30;
/// Replicates that METRICS asks for.
pub const PERMUTATIONS: usize = 9_999;
/// Separates these draws from all others with the same seed.
const PURPOSE: u64 = 0x7065_726D;

/// What is known of the subjects of a stratum. A subject's value is a vector, such as the events and attempts of each
/// cell that it is in; it stays with the subject, only the label moves.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Every value with the number of subjects, by group, that have it; in any order.
    Each(Vec<(Vec<f64>, Vec<u64>)>),
    /// Sums over the subjects of all groups: enough for a stratum of [`REAL_UNDER`] subjects or more.
    Sums {
        /// Subjects by group.
        sizes: Vec<u64>,
        /// Sum of the values, a number a dimension.
        sum: Vec<f64>,
        /// Sum of the products of dimensions i and j at i * dimensions + j.
        products: Vec<f64>,
    },
}

/// Subjects among whom labels are dealt.
#[derive(Debug, Clone, PartialEq)]
pub struct Stratum {
    /// Its name as a number, such as the completed age: draws depend on it and not on which other strata there are.
    pub label: u64,
    /// Its subjects.
    pub values: Values,
}

/// The permutation distribution of the groups' sums over all strata.
#[derive(Debug, Clone)]
pub struct Permutation {
    groups: usize,
    dimensions: usize,
    strata: Vec<Prepared>,
    mixed: u64,
    subjects: u64,
}

#[derive(Debug, Clone)]
struct Prepared {
    label: u64,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// A group for each subject, and the values of all subjects one behind the other.
    Real { groups: Vec<usize>, values: Vec<f64> },
    /// Subjects by group, the dimensions in which any value is not 0, mean value in each of them, and the factor of the
    /// values' covariance, by rows of these dimensions.
    Normal { sizes: Vec<f64>, active: Vec<usize>, mean: Vec<f64>, factor: Vec<f64>, rank: usize },
}

impl Permutation {
    /// The null of so many groups with values of so many dimensions. `None` when a stratum names other numbers of groups
    /// or dimensions, has a value that is not finite, or gives only sums of fewer than [`REAL_UNDER`] subjects.
    ///
    /// A stratum of at least [`REAL_UNDER`] subjects gives sums from a normal distribution with the permutation
    /// distribution's own mean n_g m and covariance (n_g [g = h] - n_g n_h / n) S, where m is the mean of the values and S
    /// their covariance with divisor n - 1; a smaller one is permuted for each replicate. So neither result nor cost
    /// depends on where or in what order subjects were tallied.
    ///
    /// Source: Strasser & Weber (1999), Mathematical Methods of Statistics 8; METRICS M11.
    #[must_use]
    pub fn new(strata: &[Stratum], groups: usize, dimensions: usize) -> Option<Self> {
        Self::with_real_under(strata, groups, dimensions, REAL_UNDER)
    }

    /// As [`Self::new`], permuting every stratum of fewer than `real_under` subjects: for the comparison of both forms.
    #[must_use]
    pub fn with_real_under(strata: &[Stratum], groups: usize, dimensions: usize, real_under: u64) -> Option<Self> {
        let mut null = Self { groups, dimensions, strata: Vec::with_capacity(strata.len()), mixed: 0, subjects: 0 };
        for stratum in strata {
            let (sizes, form) = match &stratum.values {
                Values::Each(each) => null.each(each, real_under)?,
                Values::Sums { sizes, sum, products } => (
                    sizes.clone(),
                    null.normal(sizes, sum, products).filter(|_| sizes.iter().sum::<u64>() >= real_under)?,
                ),
            };
            let subjects: u64 = sizes.iter().sum();
            null.subjects += subjects;
            if sizes.iter().filter(|size| **size > 0).count() > 1 {
                null.mixed += subjects;
            }
            null.strata.push(Prepared { label: stratum.label, form });
        }
        Some(null)
    }

    /// Share of all subjects who are in a stratum with at least two labels: those whose label can move. `None` without a
    /// subject.
    #[must_use]
    pub fn movable(&self) -> Option<f64> {
        (self.subjects > 0).then(|| self.mixed as f64 / self.subjects as f64)
    }

    fn each(&self, each: &[(Vec<f64>, Vec<u64>)], real_under: u64) -> Option<(Vec<u64>, Form)> {
        let sound = |(value, counts): &(Vec<f64>, Vec<u64>)| {
            value.len() == self.dimensions
                && counts.len() == self.groups
                && value.iter().all(|number| number.is_finite())
        };
        if !each.iter().all(sound) {
            return None;
        }
        let mut each: Vec<(&[f64], &[u64])> = each.iter().map(|(value, counts)| (&value[..], &counts[..])).collect();
        each.sort_by(|(one, _), (other, _)| {
            one.iter()
                .zip(*other)
                .map(|(one, other)| one.total_cmp(other))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let sizes: Vec<u64> =
            (0..self.groups).map(|group| each.iter().map(|(_, counts)| counts[group]).sum()).collect();
        if sizes.iter().sum::<u64>() < real_under {
            // The same labels in the same order whatever group had which value.
            let groups = sizes.iter().enumerate().flat_map(|(group, size)| (0..*size).map(move |_| group)).collect();
            let values = each
                .iter()
                .flat_map(|(value, counts)| (0..counts.iter().sum::<u64>()).flat_map(|_| value.iter().copied()))
                .collect();
            return Some((sizes, Form::Real { groups, values }));
        }
        let (mut sum, mut products) = (vec![0.0; self.dimensions], vec![0.0; self.dimensions * self.dimensions]);
        for (value, counts) in each {
            let count = counts.iter().sum::<u64>() as f64;
            for (i, one) in value.iter().enumerate() {
                sum[i] += one * count;
                for (j, other) in value.iter().enumerate() {
                    products[i * self.dimensions + j] += one * other * count;
                }
            }
        }
        let form = self.normal(&sizes, &sum, &products)?;
        Some((sizes, form))
    }

    fn normal(&self, sizes: &[u64], sum: &[f64], products: &[f64]) -> Option<Form> {
        let dimensions = self.dimensions;
        let sound = sizes.len() == self.groups && sum.len() == dimensions && products.len() == dimensions * dimensions;
        let n = sizes.iter().sum::<u64>() as f64;
        if !sound || n < 2.0 || !sum.iter().chain(products).all(|number| number.is_finite()) {
            return None;
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
        let (factor, rank) = factor(&covariance, &scale);
        let sizes = sizes.iter().map(|size| *size as f64).collect();
        let mean = active.iter().map(|i| sum[*i] / n).collect();
        Some(Form::Normal { sizes, active, mean, factor, rank })
    }

    /// Writes one replicate: the sum of group g in dimension d at g * dimensions + d, over all strata.
    fn draw(&self, seed: u64, replicate: u64, sums: &mut [f64], spare: &mut Spare) {
        sums.fill(0.0);
        let dimensions = self.dimensions;
        for stratum in &self.strata {
            let mut stream = Stream::new(key(seed, &[PURPOSE, stratum.label, replicate]));
            match &stratum.form {
                Form::Real { groups, values } => {
                    spare.groups.clone_from(groups);
                    stream.shuffle(&mut spare.groups);
                    for (group, value) in spare.groups.iter().zip(values.chunks_exact(dimensions)) {
                        for (sum, value) in sums[group * dimensions..].iter_mut().zip(value) {
                            *sum += value;
                        }
                    }
                }
                Form::Normal { sizes, active, mean, factor, rank } => {
                    spare.normals.clear();
                    spare.normals.extend(sizes.iter().flat_map(|size| std::iter::repeat_n(size.sqrt(), *rank)).map(
                        |root| {
                            if root == 0.0 { 0.0 } else { root * stream.normal() }
                        },
                    ));
                    spare.totals.clear();
                    spare.totals.resize(*rank, 0.0);
                    for one in spare.normals.chunks_exact((*rank).max(1)) {
                        spare.totals.iter_mut().zip(one).for_each(|(total, one)| *total += one);
                    }
                    let n: f64 = sizes.iter().sum();
                    for (group, size) in sizes.iter().enumerate() {
                        let own = &spare.normals[group * rank..(group + 1) * rank];
                        for (place, dimension) in active.iter().enumerate() {
                            let row = &factor[place * rank..(place + 1) * rank];
                            let moved: f64 = row
                                .iter()
                                .zip(own.iter().zip(&spare.totals))
                                .map(|(factor, (own, total))| factor * (own - size / n * total))
                                .sum();
                            sums[group * dimensions + dimension] += size * mean[place] + moved;
                        }
                    }
                }
            }
        }
    }

    /// What `summary` makes of the groups' sums in each of so many replicates, in their order: the sum of group g in
    /// dimension d stands at g * dimensions + d. Uses all threads of the pool; the result depends on none of them.
    #[must_use]
    pub fn replicates<T: Send>(&self, seed: u64, count: usize, summary: impl Fn(&[f64]) -> T + Sync) -> Vec<T> {
        let buffers = || (vec![0.0; self.groups * self.dimensions], Spare::default());
        (0..count as u64)
            .into_par_iter()
            .map_init(buffers, |(sums, spare), replicate| {
                self.draw(seed, replicate, sums, spare);
                summary(sums)
            })
            .collect()
    }
}

/// Buffers of one thread.
#[derive(Default)]
struct Spare {
    groups: Vec<usize>,
    normals: Vec<f64>,
    totals: Vec<f64>,
}

/// A factor F of a covariance, F F' = covariance, by rows, and its number of columns: Cholesky's, without the columns of
/// dimensions that follow from those before. `scale` says, dimension by dimension, beside what a variance is nothing.
fn factor(covariance: &[f64], scale: &[f64]) -> (Vec<f64>, usize) {
    let dimensions = scale.len();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for pivot in 0..dimensions {
        let left = |row: usize| {
            covariance[row * dimensions + pivot] - columns.iter().map(|column| column[row] * column[pivot]).sum::<f64>()
        };
        let variance = left(pivot);
        if variance > 1e-12 * scale[pivot] {
            let root = variance.sqrt();
            let column = (0..dimensions).map(|row| if row < pivot { 0.0 } else { left(row) / root }).collect();
            columns.push(column);
        }
    }
    let rows = (0..dimensions).flat_map(|row| columns.iter().map(move |column| column[row]));
    (rows.collect(), columns.len())
}

/// Where an observed summary stands in its null.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Null {
    /// (1 + replicates at least as large as the observed) / (1 + replicates).
    pub p: f64,
    /// Median of the null.
    pub median: f64,
    /// 95th percentile of the null (type 7).
    pub percentile_95: f64,
}

/// Where `observed` stands among the replicates of a summary that is larger the further groups lie apart. A replicate
/// without a value counts as larger. `None` without a replicate, when more than 1 % have no value, or for NaN.
///
/// Source: Phipson & Smyth (2010) for the p-value; METRICS M11.
#[must_use]
pub fn null_of(observed: f64, replicates: &[Option<f64>]) -> Option<Null> {
    let mut values: Vec<f64> = replicates.iter().copied().flatten().filter(|value| value.is_finite()).collect();
    let without = replicates.len() - values.len();
    if !observed.is_finite() || 100 * without > replicates.len() {
        return None;
    }
    // Sums that are equal on paper differ in their last bits.
    let bar = observed - 1e-12 * (1.0 + observed.abs());
    let hits = without + values.iter().filter(|value| **value >= bar).count();
    values.sort_by(f64::total_cmp);
    Some(Null {
        p: (1 + hits) as f64 / (1 + replicates.len()) as f64,
        median: quantile(&values, 0.5)?,
        percentile_95: quantile(&values, 0.95)?,
    })
}

#[cfg(test)]
mod tests;
