//! Which samples of a dataset are attempted: all of them, or those of a shard.

use crate::dataset::Dataset;
use crate::folder::Truth;

/// The samples that are attempted, in manifest order.
#[derive(Debug)]
pub(crate) enum Places {
    /// So many, from the first on.
    All(usize),
    /// Those at these places.
    Some(Vec<u32>),
}

impl Places {
    /// All samples of `dataset`.
    pub(crate) fn all(dataset: &Dataset) -> Self {
        Self::All(dataset.samples().len())
    }

    /// The samples of `truth`, which is that of a whole dataset or of a shard.
    pub(crate) fn of(truth: &Truth) -> Self {
        truth.places().map_or_else(|| Self::All(truth.len()), |places| Self::Some(places.to_vec()))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(samples) => *samples,
            Self::Some(places) => places.len(),
        }
    }

    /// The place in the dataset of the sample with this number, counted from 0; `None` when there are not so many.
    pub(crate) fn get(&self, number: usize) -> Option<usize> {
        match self {
            Self::All(samples) => (number < *samples).then_some(number),
            Self::Some(places) => places.get(number).map(|place| *place as usize),
        }
    }

    /// All places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.len()).filter_map(|number| self.get(number))
    }
}
