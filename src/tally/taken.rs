//! What one subject's samples come to, found once and then added to every group that has all of them.

use super::answers::Said;
use super::cell::Combo;
use super::errors::{Error, LineSums, Profiled};
use super::profile::{Kept, Profile};
use super::shape::{NO_CLASS, Reply, Shape};
use super::weights::PartWeights;
use crate::outcome::Status;

/// What came of the eligible attempts, by class of ages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Outcomes {
    /// One attempt of this class with this step function, and what it weighs.
    Code(usize, usize, Option<i64>),
    /// All of one class: [`Taken::whole`].
    OneClass(usize),
    /// Of several classes, or none: [`Taken::by_class`] and [`Taken::by_slot`].
    #[default]
    Classes,
}

/// What the samples of one subject, or those of them that are in one group, come to.
#[derive(Default)]
pub(super) struct Taken {
    /// The stages of the flow.
    pub counts: [u64; 7],
    /// Eligible attempts that were answered, abstained, refused, and not answered for other reasons.
    pub statuses: Combo,
    /// What they weigh; 0 where everybody weighs the same.
    pub status_weights: PartWeights,
    /// The eligible attempts; in the order of age classes where they are of several.
    pub live: Vec<u32>,
    /// The error of each of them.
    pub errors: Vec<Option<Error>>,
    /// How far they are off; none without an error.
    pub beyond: Option<Profiled>,
    /// The straight line through them.
    pub line: LineSums,
    pub outcomes: Outcomes,
    /// All attempts together, but for a single one.
    pub whole: Profile,
    /// Class, attempts, what came of them.
    pub by_class: Vec<(usize, usize, Kept)>,
    /// Slot, and attempts with what came of them; none where all attempts are in the slot.
    pub by_slot: Vec<(usize, Option<(usize, Kept)>)>,
    // Reused from subject to subject.
    subset: Vec<u32>,
    part: Profile,
}

impl Taken {
    /// Takes these samples in place of those before.
    pub fn take(&mut self, shape: &Shape<'_>, samples: &[u32]) {
        self.flow(shape, samples);
        self.by_class.clear();
        self.by_slot.clear();
        self.outcomes = Outcomes::default();
        if !self.live.is_empty() {
            self.outcomes(shape);
        }
        self.errors.clear();
        let error = |sample: &u32| Error::of(shape.truth, shape.answers, *sample as usize, false);
        self.errors.extend(self.live.iter().map(error));
        let errors = || self.errors.iter().flatten().copied();
        self.line = LineSums::of(errors());
        self.beyond = errors().next().is_some().then(|| Profiled::of(errors()));
    }

    /// Counts the stages, and puts the eligible attempts into `live`.
    fn flow(&mut self, shape: &Shape<'_>, samples: &[u32]) {
        let (truth, answers) = (shape.truth, shape.answers);
        let mut counts = [0_u64; 7];
        let mut statuses = [0_u32; 5];
        let mut weights = [0_i64; 5];
        self.live.clear();
        for sample in samples {
            let index = *sample as usize;
            counts[0] += 1;
            if truth.attacks[index] {
                counts[1] += 1;
            } else if shape.class_of[index] == NO_CLASS {
                counts[2] += 1;
            } else {
                counts[3] += 1;
                if let Some(status) = answers.status(index) {
                    counts[4] += 1;
                    self.live.push(*sample);
                    let place = match status {
                        Status::Answered => 0,
                        Status::Abstained => 1,
                        Status::Refused => 2,
                        Status::NoSubject | Status::Failed | Status::TimedOut => 3,
                    };
                    statuses[place] += 1;
                    weights[place] += truth.weight(index).unwrap_or_default();
                    counts[5] += u64::from(status == Status::Answered);
                    counts[6] += u64::from(matches!(answers.said(index), Said::Age(_)));
                }
            }
        }
        (self.counts, self.statuses, self.status_weights) = (counts, Combo(statuses), weights);
    }

    /// Finds what came of the eligible attempts.
    fn outcomes(&mut self, shape: &Shape<'_>) {
        let class = |sample: &u32| usize::from(shape.class_of[*sample as usize]);
        let first = class(&self.live[0]);
        if self.live.iter().all(|sample| class(sample) == first) {
            if let [only] = *self.live
                && let Reply::Code(code) = shape.reply(only as usize)
            {
                self.outcomes = Outcomes::Code(first, code, shape.truth.weight(only as usize));
            } else {
                self.whole.take(shape, &self.live);
                self.outcomes = Outcomes::OneClass(first);
            }
            return;
        }
        self.live.sort_by_key(class);
        for part in self.live.chunk_by(|one, other| class(one) == class(other)) {
            self.part.take(shape, part);
            self.by_class.push((class(&part[0]), part.len(), self.part.keep()));
        }
        // Slot 0 holds everybody; most others hold the same attempts, or none.
        self.whole.take(shape, &self.live);
        for (slot, members) in shape.slots.iter().enumerate().filter(|(slot, _)| shape.counted(*slot)) {
            self.subset.clear();
            self.subset.extend(self.live.iter().filter(|sample| members[class(sample)]));
            if self.subset.len() == self.live.len() {
                self.by_slot.push((slot, None));
            } else if !self.subset.is_empty() {
                self.part.take(shape, &self.subset);
                self.by_slot.push((slot, Some((self.subset.len(), self.part.keep()))));
            }
        }
    }
}
