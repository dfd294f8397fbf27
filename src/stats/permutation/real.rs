//! A small stratum: labels really dealt to its subjects.

use super::super::random::{Stream, key};
use super::{Block, PURPOSE, Spare};

/// A stratum whose labels are dealt anew in every replicate.
///
/// Everybody starts with the most common value; only the subjects of other values need a label.
#[derive(Debug, Clone)]
pub(super) struct Real {
    /// A group for each subject, in the order of the groups whatever group had which value.
    labels: Vec<u32>,
    /// The subjects of other values than the most common one: the dimensions in which theirs differ, and by how much.
    differing: Vec<Vec<(usize, f64)>>,
}

impl Real {
    /// From the subjects by group, and the values in their order with how many have them. Adds the groups' sums of the
    /// most common value, of several the first, to `fixed`.
    #[expect(clippy::cast_possible_truncation, reason = "groups are numbered from 0 to 1,000 at most")]
    pub fn new(sizes: &[u64], values: &[(&[f64], u64)], fixed: &mut [f64]) -> Self {
        let common = values.iter().rev().max_by_key(|(_, count)| *count).map_or(&[][..], |(value, _)| *value);
        for (own, size) in fixed.chunks_exact_mut(common.len().max(1)).zip(sizes) {
            own.iter_mut().zip(common).for_each(|(own, value)| *own += *size as f64 * value);
        }
        let differing = values
            .iter()
            .map(|(value, count)| {
                let apart = value.iter().zip(common).map(|(value, common)| value - common).enumerate();
                (apart.filter(|(_, apart)| *apart != 0.0).collect::<Vec<_>>(), *count)
            })
            .filter(|(apart, _)| !apart.is_empty())
            .flat_map(|(apart, count)| (0..count).map(move |_| apart.clone()))
            .collect();
        let labels = sizes.iter().enumerate().flat_map(|(group, size)| (0..*size).map(move |_| group as u32)).collect();
        Self { labels, differing }
    }

    /// Adds what the subjects of other values change.
    pub fn add(&self, label: u64, block: &mut Block<'_>, spare: &mut Spare) {
        if self.differing.is_empty() {
            return;
        }
        for lane in 0..block.lanes {
            let mut stream = Stream::new(key(block.seed, &[PURPOSE, label, block.first + lane as u64]));
            spare.labels.clone_from(&self.labels);
            stream.deal(&mut spare.labels, self.differing.len());
            for (group, apart) in spare.labels.iter().zip(&self.differing) {
                for (dimension, apart) in apart {
                    block.of(*group as usize, *dimension)[lane] += apart;
                }
            }
        }
    }
}
