//! Decisions attempt by attempt: how far people went through a waterfall, and whom a gate lets through at which age.

use rayon::prelude::*;

use super::scores::ScoreRows;
use crate::age::{AgeLimit, Side};
use crate::outcome::{Decision, StageUse};

/// One eligible attempt of a waterfall, surely on one side of the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StagedAttempt<'a> {
    /// Rank of the subject (or of the cluster that stands for it).
    pub unit: u32,
    /// The place of the sample in the truth.
    pub sample: u32,
    /// What the attempt weighs; none where everybody weighs the same.
    pub weight: Option<i64>,
    /// Whether the person is at or above the limit.
    pub over: bool,
    /// The last stage that was asked for this limit, from 1.
    pub reached: u8,
    /// The decision in the end; none when no stage decided.
    pub decision: Option<Decision>,
    /// What the stages took that were asked for this limit.
    pub asked: &'a [StageUse],
}

/// One eligible attempt that the method itself decided at a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecidedAttempt {
    /// Rank of the subject (or of the cluster that stands for it).
    pub unit: u32,
    /// The place of the sample in the truth.
    pub sample: u32,
    /// The true age in years: the middle of what is known of it.
    pub age: f64,
    /// Whether the person was let through.
    pub passed: bool,
}

impl<'a> ScoreRows<'a> {
    /// Whether some attempt went through a waterfall.
    #[must_use]
    pub fn has_stages(&self) -> bool {
        self.answers.has_stages()
    }

    /// The attempts of a waterfall on either side of `limit`, in manifest order.
    #[must_use]
    pub fn staged(&self, limit: AgeLimit) -> Vec<StagedAttempt<'a>> {
        let (truth, answers) = (self.truth, self.answers);
        let column = answers.limits().iter().position(|one| *one == limit);
        let staged = |found: Option<(usize, super::AgeClass)>| {
            let (index, class) = found?;
            answers.status(index)?;
            let stages = answers.stages(index);
            let over = match class.side(limit) {
                Side::Under => false,
                Side::Over => true,
                Side::Straddling => return None,
            };
            // An attempt that broke before the first stage came to none.
            let of_limit = stages.and_then(|stages| stages.reached.iter().find(|(one, _)| *one == limit));
            let reached = of_limit.map_or(0, |(_, reached)| *reached);
            let asked = stages.and_then(|stages| stages.asked.get(..usize::from(reached))).unwrap_or_default();
            let decision = column.and_then(|column| answers.decision(column, index));
            let (unit, sample, weight) = (truth.units[index], u32::try_from(index).ok()?, truth.weight(index));
            Some(StagedAttempt { unit, sample, weight, over, reached, decision, asked })
        };
        self.eligible().filter_map(staged).collect()
    }

    /// The attempts that the method itself decided at `limit`, in manifest order. Ages known as a band of more than one
    /// year of life are left out.
    #[must_use]
    pub fn decided(&self, limit: AgeLimit) -> Vec<DecidedAttempt> {
        let Some(column) = self.answers.limits().iter().position(|one| *one == limit) else { return Vec::new() };
        let decided = |found: Option<(usize, super::AgeClass)>| {
            let (index, _) = found?;
            let age = self.truth.age(index).filter(|age| age.completed_years().is_some())?.middle();
            let passed = self.answers.decision(column, index)? == Decision::Pass;
            Some(DecidedAttempt { unit: self.truth.units[index], sample: u32::try_from(index).ok()?, age, passed })
        };
        self.eligible().filter_map(decided).collect()
    }
}
