//! Answers gathered in memory while a run is at work, and tallied at its end: no row about a person is ever written.

use super::{Tallied, TalliedError};
use crate::dataset::Dataset;
use crate::folder::{Pseudonyms, RunRecord, Shard, ShardRecord, Truth};
use crate::metric::Facts;
use crate::outcome::Outcome;
use crate::protocol::Protocol;
use crate::score::ScoreError;
use crate::score::inputs::{Inputs, facts, tally_truth};
use crate::tally::{self, Tally, not_ages};

/// Truth and answers of a run that keeps no rows.
#[derive(Debug)]
pub struct Gathered {
    truth: tally::Truth,
    facts: Facts,
    protocol: Protocol,
    /// One for each method, in the order of the run.
    answers: Vec<tally::Answers>,
    attempts: u64,
}

impl Gathered {
    /// Nothing gathered yet of a run of so many `methods` on `dataset`, or on a shard of its people.
    ///
    /// # Errors
    /// [`ScoreError::Tally`]: more samples than can be counted, or a protocol that does not fit them;
    /// [`super::TalliedError::Clustered`] of a shard.
    pub fn new(
        dataset: &Dataset,
        shard: Option<Shard>,
        methods: usize,
        protocol: &Protocol,
    ) -> Result<Self, ScoreError> {
        let whole = Truth::of(dataset, &Pseudonyms::of(dataset, false));
        let card = dataset.card();
        let truth = match shard {
            None => tally_truth(&whole, card, None)?,
            Some(shard) => {
                let own = whole.of_shard(shard);
                tally_truth(&own, card, Some(&ShardRecord::of(shard, &whole, &own)))?
            }
        };
        if shard.is_some() && whole.is_clustered() {
            return Err(TalliedError::Clustered.into());
        }
        Tally::fits(&truth, protocol)?;
        let answers = vec![tally::Answers::new(&protocol.limits); methods];
        Ok(Self { truth, facts: facts(card), protocol: protocol.clone(), answers, attempts: 0 })
    }

    /// Takes what came of the attempt of a method on a sample, both by their numbers in the run; samples come in order.
    pub fn take(&mut self, sample: usize, method: usize, outcome: &Outcome) {
        let Some(answers) = self.answers.get_mut(method) else { return };
        while answers.len() < sample {
            answers.push(None);
        }
        answers.push(Some(outcome));
        self.attempts += 1;
    }

    /// The tallies of the run of `record`.
    ///
    /// # Errors
    /// A recorded method's answers cannot be ages; the people of a shard cannot be tallied apart.
    pub fn tallied(mut self, record: &RunRecord) -> Result<Tallied, ScoreError> {
        for (answers, method) in self.answers.iter_mut().zip(&record.methods) {
            while answers.len() < self.truth.len() {
                answers.push(None);
            }
            if method.adapter == "replay"
                && let Some(reason) = not_ages(answers)
            {
                return Err(ScoreError::NotAges { file: method.card.clone(), method: method.name.clone(), reason });
            }
        }
        let Self { truth, facts, protocol, answers, attempts } = self;
        let part = record.shard.as_ref().map(|part| part.shard);
        let inputs = Inputs { record: record.clone(), facts, protocol, truth, answers, attempts };
        let tallied = Tallied::of_inputs(inputs, (1, 1))?;
        Ok(match part {
            Some(part) => tallied.of_part(part),
            None => tallied,
        })
    }
}
