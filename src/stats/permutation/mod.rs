//! Permutation nulls: what the sums of groups would be if labels had been dealt to subjects by chance, within strata.

mod normal;
mod normals;
mod real;

use rayon::prelude::*;

use super::quantile;
use normal::Normal;
use real::Real;

/// Strata with fewer subjects are permuted; larger ones are drawn from the normal form.
pub const REAL_UNDER: u64 = 30;
/// Separates these draws from all others with the same seed.
const PURPOSE: u64 = 0x7065_726D;
/// Replicates that are drawn together, at most: as many lanes has every loop.
const LANES: usize = 64;
/// Numbers that a thread holds of the replicates that it draws together, where there are few groups and dimensions: half
/// a megabyte, so that they stay in a core's own cache.
const HELD: usize = 1 << 16;

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
    /// What no permutation changes: the sum of group g in dimension d at g * dimensions + d.
    fixed: Vec<f64>,
    strata: Vec<(u64, Form)>,
    mixed: u64,
    subjects: u64,
}

#[derive(Debug, Clone)]
enum Form {
    Real(Real),
    Normal(Normal),
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
        let mut null = Self {
            groups,
            dimensions,
            fixed: vec![0.0; groups * dimensions],
            strata: Vec::with_capacity(strata.len()),
            mixed: 0,
            subjects: 0,
        };
        for stratum in strata {
            let sizes = match &stratum.values {
                Values::Each(each) => null.each(stratum.label, each, real_under)?,
                Values::Sums { sizes, sum, products } => {
                    if sizes.iter().sum::<u64>() < real_under {
                        return None;
                    }
                    null.sums(stratum.label, sizes, sum, products)?;
                    sizes.clone()
                }
            };
            let subjects: u64 = sizes.iter().sum();
            null.subjects += subjects;
            if sizes.iter().filter(|size| **size > 0).count() > 1 {
                null.mixed += subjects;
            }
        }
        Some(null)
    }

    /// Share of all subjects who are in a stratum with at least two labels: those whose label can move. `None` without a
    /// subject.
    #[must_use]
    pub fn movable(&self) -> Option<f64> {
        (self.subjects > 0).then(|| self.mixed as f64 / self.subjects as f64)
    }

    /// Adds a stratum whose values are known one by one, and gives its sizes.
    fn each(&mut self, label: u64, each: &[(Vec<f64>, Vec<u64>)], real_under: u64) -> Option<Vec<u64>> {
        let sound = |(value, counts): &(Vec<f64>, Vec<u64>)| {
            value.len() == self.dimensions
                && counts.len() == self.groups
                && value.iter().all(|number| number.is_finite())
        };
        if !each.iter().all(sound) {
            return None;
        }
        let mut values: Vec<(&[f64], u64)> =
            each.iter().map(|(value, counts)| (&value[..], counts.iter().sum())).collect();
        values.sort_by(|(one, _), (other, _)| {
            one.iter()
                .zip(*other)
                .map(|(one, other)| one.total_cmp(other))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        values.dedup_by(|(other, more), (one, count)| {
            let same = one == other;
            *count += if same { *more } else { 0 };
            same
        });
        let sizes: Vec<u64> =
            (0..self.groups).map(|group| each.iter().map(|(_, counts)| counts[group]).sum()).collect();
        if sizes.iter().sum::<u64>() < real_under {
            let real = Real::new(&sizes, &values, &mut self.fixed);
            self.strata.push((label, Form::Real(real)));
            return Some(sizes);
        }
        let (mut sum, mut products) = (vec![0.0; self.dimensions], vec![0.0; self.dimensions * self.dimensions]);
        for (value, count) in values {
            let count = count as f64;
            for (i, one) in value.iter().enumerate().filter(|(_, one)| **one != 0.0) {
                sum[i] += one * count;
                for (j, other) in value.iter().enumerate() {
                    products[i * self.dimensions + j] += one * other * count;
                }
            }
        }
        self.sums(label, &sizes, &sum, &products)?;
        Some(sizes)
    }

    /// Adds a stratum of which only sums are known.
    fn sums(&mut self, label: u64, sizes: &[u64], sum: &[f64], products: &[f64]) -> Option<()> {
        let dimensions = self.dimensions;
        let sound = sizes.len() == self.groups && sum.len() == dimensions && products.len() == dimensions * dimensions;
        let subjects = sizes.iter().sum::<u64>();
        if !sound || subjects < 2 || !sum.iter().chain(products).all(|number| number.is_finite()) {
            return None;
        }
        let normal = Normal::new(sizes, sum, products, &mut self.fixed);
        self.strata.push((label, Form::Normal(normal)));
        Some(())
    }

    /// What `summary` makes of the groups' sums in each of so many replicates, in their order: the sum of group g in
    /// dimension d stands at g * dimensions + d. As [`Self::blocks`], for summaries that take one replicate at a time.
    #[must_use]
    pub fn replicates<T: Send>(&self, seed: u64, count: usize, summary: impl Fn(&[f64]) -> T + Sync) -> Vec<T> {
        let of_block = |drawn: &Drawn<'_>| -> Vec<T> {
            let mut sums = vec![0.0; self.groups * self.dimensions];
            let one = |lane: usize| {
                for (sum, lanes) in sums.iter_mut().zip(drawn.sums.chunks_exact(drawn.lanes)) {
                    *sum = lanes[lane];
                }
                summary(&sums)
            };
            (0..drawn.lanes).map(one).collect()
        };
        self.blocks(seed, count, of_block).into_iter().flatten().collect()
    }

    /// What `summary` makes of each block of replicates, in their order; there are so many in all blocks together. Uses
    /// all threads of the pool; a replicate depends neither on them nor on the block that it is in.
    #[must_use]
    pub fn blocks<T: Send>(&self, seed: u64, count: usize, summary: impl Fn(&Drawn<'_>) -> T + Sync) -> Vec<T> {
        let held = self.groups * self.dimensions;
        let lanes = (HELD / held.max(1)).clamp(LANES / 8, LANES);
        let firsts: Vec<usize> = (0..count).step_by(lanes).collect();
        let buffers = || (vec![0.0; held * lanes], Spare::default());
        firsts
            .into_par_iter()
            .map_init(buffers, |(sums, spare), first| {
                let lanes = lanes.min(count - first);
                let sums = &mut sums[..held * lanes];
                let mut block = Block { seed, first: first as u64, lanes, dimensions: self.dimensions, sums };
                for (own, fixed) in block.sums.chunks_exact_mut(lanes).zip(&self.fixed) {
                    own.fill(*fixed);
                }
                for (label, form) in &self.strata {
                    match form {
                        Form::Real(real) => real.add(*label, &mut block, spare),
                        Form::Normal(normal) => normal.add(*label, &mut block, spare),
                    }
                }
                summary(&Drawn { dimensions: self.dimensions, lanes, sums })
            })
            .collect()
    }
}

/// Some replicates while they are drawn.
struct Block<'b> {
    seed: u64,
    /// The number of the first replicate.
    first: u64,
    lanes: usize,
    dimensions: usize,
    /// A number a replicate for each group and dimension.
    sums: &'b mut [f64],
}

impl Block<'_> {
    fn of(&mut self, group: usize, dimension: usize) -> &mut [f64] {
        let at = (group * self.dimensions + dimension) * self.lanes;
        &mut self.sums[at..at + self.lanes]
    }
}

/// Some replicates, one after the other.
#[derive(Debug)]
pub struct Drawn<'d> {
    dimensions: usize,
    lanes: usize,
    sums: &'d [f64],
}

impl Drawn<'_> {
    /// How many.
    #[must_use]
    pub fn replicates(&self) -> usize {
        self.lanes
    }

    /// The sum of a group in a dimension over all strata, in each replicate. Empty where there is no such group or
    /// dimension.
    #[must_use]
    pub fn sums(&self, group: usize, dimension: usize) -> &[f64] {
        let at = (group * self.dimensions + dimension) * self.lanes;
        if dimension < self.dimensions { self.sums.get(at..at + self.lanes).unwrap_or_default() } else { &[] }
    }
}

/// Buffers of one thread.
#[derive(Default)]
struct Spare {
    labels: Vec<u32>,
    normals: Vec<f64>,
    own: Vec<f64>,
    left: Vec<f64>,
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
    values.sort_unstable_by(f64::total_cmp);
    Some(Null {
        p: (1 + hits) as f64 / (1 + replicates.len()) as f64,
        median: quantile(&values, 0.5)?,
        percentile_95: quantile(&values, 0.95)?,
    })
}

#[cfg(test)]
mod tests;
