//! Scores and spreads attempt by attempt, for what sums cannot give: about people, never written.

use rayon::prelude::*;

use super::answers::{Answers, Said};
use super::class::{AgeClass, point_age};
use super::errors::Error;
use super::truth::Truth;
use crate::age::{AgeLimit, NANOS_PER_YEAR, Side};
use crate::stats::Ranks;
use crate::table::Group;

/// What serves as the score of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreKind {
    /// The method's own score at the limit.
    Given,
    /// The answered age.
    Age,
}

/// One eligible attempt that has a score and lies surely on one side of the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoredAttempt {
    /// Rank of the subject (or of the cluster that stands for it).
    pub unit: u32,
    /// The place of the sample in the truth.
    pub sample: u32,
    /// Whether the person is at or above the limit.
    pub over: bool,
    /// Higher is more surely over.
    pub score: f64,
    /// What the attempt weighs; none where everybody weighs the same.
    pub weight: Option<i64>,
}

/// One eligible attempt answered with an age and a spread that is a number from 0 on, its true age known to the year.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpreadAttempt {
    /// Rank of the subject.
    pub unit: u32,
    /// The answered age, years.
    pub mean: f64,
    /// Its standard deviation, years.
    pub sd: f64,
    /// The true age, years.
    pub age: f64,
    /// What the attempt weighs; none where everybody weighs the same.
    pub weight: Option<i64>,
}

/// Scores and spreads of one method.
#[derive(Debug, Clone, Copy)]
pub struct ScoreRows<'a> {
    pub(super) truth: &'a Truth,
    pub(super) answers: &'a Answers,
}

impl<'a> ScoreRows<'a> {
    /// Those of `answers`, which are in the order of `truth`.
    #[must_use]
    pub fn of(truth: &'a Truth, answers: &'a Answers) -> Self {
        Self { truth, answers }
    }

    /// The eligible samples.
    pub(super) fn eligible(&self) -> impl IndexedParallelIterator<Item = Option<(usize, AgeClass)>> + '_ {
        let length = self.truth.len().min(self.answers.len());
        (0..length).into_par_iter().map(|index| {
            let known = (!self.truth.attacks[index]).then(|| self.truth.age(index)).flatten()?;
            Some((index, AgeClass::of(known)))
        })
    }

    /// The attempts with a score of this kind on either side of `limit`, in manifest order.
    #[must_use]
    pub fn scored(&self, limit: AgeLimit, kind: ScoreKind) -> Vec<ScoredAttempt> {
        let place = self.answers.limits().iter().position(|one| *one == limit);
        let attempt = |found: Option<(usize, AgeClass)>| {
            let (index, class) = found?;
            let over = match class.side(limit) {
                Side::Under => false,
                Side::Over => true,
                Side::Straddling => return None,
            };
            let sample = u32::try_from(index).ok()?;
            let (unit, weight) = (self.truth.units[index], self.truth.weight(index));
            Some(ScoredAttempt { unit, sample, over, score: self.score(place, index, kind)?, weight })
        };
        self.eligible().filter_map(attempt).collect()
    }

    /// The places of these scores among the distinct ones, a place a sample: those of the answered ages are the same at
    /// every limit.
    #[must_use]
    pub fn ranks(&self, limit: AgeLimit, kind: ScoreKind) -> Ranks {
        let place = self.answers.limits().iter().position(|one| *one == limit);
        let score = |index: usize| self.score(place, index, kind).unwrap_or(f64::NAN);
        Ranks::of(&(0..self.answers.len()).into_par_iter().map(score).collect::<Vec<_>>())
    }

    /// The score of this kind of a sample, `limit` being the place of its limit among those of the answers.
    fn score(&self, limit: Option<usize>, index: usize, kind: ScoreKind) -> Option<f64> {
        match kind {
            ScoreKind::Given => self.answers.score(limit?, index),
            ScoreKind::Age => match self.answers.said(index) {
                Said::Age(years) => Some(years),
                _ => None,
            },
        }
    }

    /// Whether the method ran a sample.
    #[must_use]
    pub fn ran(&self, sample: u32) -> bool {
        self.answers.status(sample as usize).is_some()
    }

    /// Eligible attempts on either side of `limit` without a score of the method's own.
    #[must_use]
    pub fn unscored(&self, limit: AgeLimit) -> u64 {
        let place = self.answers.limits().iter().position(|one| *one == limit);
        let without = |found: Option<(usize, AgeClass)>| {
            found.is_some_and(|(index, class)| {
                class.side(limit) != Side::Straddling
                    && self.answers.status(index).is_some()
                    && place.and_then(|place| self.answers.score(place, index)).is_none()
            })
        };
        self.eligible().filter(|found| without(*found)).count() as u64
    }

    /// The completed years of age of a sample, when its age is known to the year.
    #[must_use]
    pub fn years(&self, sample: u32) -> Option<u32> {
        self.truth.age(sample as usize)?.completed_years()
    }

    /// Whether each sample belongs to `group`; `None` when the dataset has no such column or level.
    #[must_use]
    pub fn members(&self, group: &Group) -> Option<impl Fn(u32) -> bool + '_> {
        let mut wanted = Vec::new();
        for (name, level) in group.parts() {
            let column = self.truth.columns.iter().find(|column| column.name == name)?;
            let code = column.levels.iter().position(|one| *one == level)?;
            wanted.push((column, u32::try_from(code).ok()?));
        }
        Some(move |sample: u32| wanted.iter().all(|(column, code)| column.codes.get(sample as usize) == Some(code)))
    }

    /// The attempts with an age and a usable spread, in manifest order, and how many with an age have none: missing,
    /// negative or not finite. True ages are the labels, or with `middle` the middles of the labelled years.
    #[must_use]
    pub fn spreads(&self, middle: bool) -> (Vec<SpreadAttempt>, u64) {
        let found: Vec<Option<SpreadAttempt>> = self
            .eligible()
            .filter_map(|found| {
                let (index, _) = found?;
                let Said::Age(mean) = self.answers.said(index) else { return None };
                Error::of(self.truth, self.answers, index, middle)?;
                let age = point_age(self.truth.age(index)?, middle)?.nanos() as f64 / NANOS_PER_YEAR as f64;
                let spread = self.answers.spread(index).filter(|sd| sd.is_finite() && *sd >= 0.0);
                let (unit, weight) = (self.truth.units[index], self.truth.weight(index));
                Some(spread.map(|sd| SpreadAttempt { unit, mean, sd, age, weight }))
            })
            .collect();
        let left_out = found.iter().filter(|one| one.is_none()).count() as u64;
        (found.into_iter().flatten().collect(), left_out)
    }
}
