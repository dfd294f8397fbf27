//! What a run tells, openly, to replays and declarations: ids, ranks and labels, sample by sample.

use crate::dataset::Dataset;
use crate::folder::{Pseudonyms, Truth};
use crate::method::{Method, Told};
use crate::run::places::Places;

/// The listed samples as they may be told.
pub(crate) struct Roster<'a> {
    dataset: &'a Dataset,
    truth: &'a Truth,
    pseudonyms: Pseudonyms,
}

impl<'a> Roster<'a> {
    /// Those of `dataset`, whose truth is `truth`.
    pub(crate) fn new(dataset: &'a Dataset, truth: &'a Truth) -> Self {
        Self { dataset, truth, pseudonyms: Pseudonyms::of(dataset, false) }
    }

    /// What `with` makes of the sample at `place`; `None` when there is none.
    pub(crate) fn tell<R>(&self, place: usize, with: impl FnOnce(&Told<'_>) -> R) -> Option<R> {
        let sample = self.dataset.samples().get(place)?;
        let row = self.truth.row(place)?;
        let pseudonym = self.pseudonyms.printed(sample.sample_id).to_string();
        let told = Told {
            sample_id: sample.sample_id,
            pseudonym: &pseudonym,
            subject_rank: row.subject_rank,
            age: sample.age,
        };
        Some(with(&told))
    }

    /// How many of the samples at `places` `method` attempts.
    pub(crate) fn attempted(&self, method: &dyn Method, places: &Places) -> usize {
        places.iter().filter(|place| self.tell(*place, |told| method.attempts(told)).unwrap_or(false)).count()
    }
}
