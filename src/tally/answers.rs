//! What one method answered, by column.

use std::collections::BTreeSet;

use crate::age::AgeLimit;
use crate::outcome::{Answer, Decision, Outcome, Stages, Status};

/// The outcomes of one method, one for each listed sample in the same order.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    limits: Vec<AgeLimit>,
    /// None: not attempted.
    statuses: Vec<Option<Status>>,
    /// The answered age, or the lower end of an answered range; NaN when there is neither.
    lows: Vec<f64>,
    /// The upper end of an answered range; empty until the first range, NaN where there is none.
    highs: Vec<f64>,
    /// For each limit the decisions; empty until the first one.
    decisions: Vec<Vec<Option<Decision>>>,
    /// For each limit the scores; empty until the first one, NaN where there is none.
    scores: Vec<Vec<f64>>,
    /// Standard deviations of the answered ages, as given; empty until the first one, NaN where there is none.
    spreads: Vec<f64>,
    /// Ways through a waterfall; empty until the first one.
    stages: Vec<Option<Box<Stages>>>,
}

/// What an attempt said, as the tallies need it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Said {
    /// No answer, or one that is no answer of any kind counted here.
    Nothing,
    /// An age in years.
    Age(f64),
    /// An age range in years.
    Range(f64, f64),
    /// Something about limits only.
    Limits,
}

impl Answers {
    /// No outcomes yet; decisions are kept for these limits.
    #[must_use]
    pub fn new(limits: &[AgeLimit]) -> Self {
        let (decisions, scores) = (vec![Vec::new(); limits.len()], vec![Vec::new(); limits.len()]);
        Self { limits: limits.to_vec(), decisions, scores, ..Self::default() }
    }

    /// Adds the outcome of the next listed sample; `None` when it was not attempted.
    pub fn push(&mut self, outcome: Option<&Outcome>) {
        let row = self.statuses.len();
        self.statuses.push(outcome.map(|outcome| outcome.status));
        let answer = outcome.filter(|outcome| outcome.status == Status::Answered).and_then(|it| it.answer.as_ref());
        let (low, high) = match answer {
            Some(Answer::Age { age, .. }) => (age.years(), f64::NAN),
            Some(Answer::Range { low, high }) => (low.years(), high.years()),
            Some(Answer::Limits(_)) | None => (f64::NAN, f64::NAN),
        };
        self.lows.push(low);
        if !high.is_nan() {
            self.highs.resize(row, f64::NAN);
            self.highs.push(high);
        }
        if let Some(Answer::Age { spread: Some(spread), .. }) = answer {
            self.spreads.resize(row, f64::NAN);
            self.spreads.push(*spread);
        }
        if let Some(stages) = outcome.and_then(|outcome| outcome.stages.as_ref()) {
            self.stages.resize(row, None);
            self.stages.push(Some(stages.clone()));
        }
        if let Some(Answer::Limits(answers)) = answer {
            for one in answers {
                let Some(column) = self.limits.iter().position(|limit| *limit == one.limit) else { continue };
                if let Some(decision) = one.decision {
                    self.decisions[column].resize(row, None);
                    self.decisions[column].push(Some(decision));
                }
                if let Some(score) = one.score {
                    self.scores[column].resize(row, f64::NAN);
                    self.scores[column].push(score);
                }
            }
        }
    }

    /// Number of listed samples for which an outcome (or its absence) was pushed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statuses.len()
    }

    /// Whether nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statuses.is_empty()
    }

    /// The limits whose decisions are kept.
    #[must_use]
    pub fn limits(&self) -> &[AgeLimit] {
        &self.limits
    }

    pub(super) fn status(&self, index: usize) -> Option<Status> {
        self.statuses[index]
    }

    pub(super) fn said(&self, index: usize) -> Said {
        match (self.statuses[index], self.lows[index], self.highs.get(index)) {
            (Some(Status::Answered), low, _) if low.is_nan() => Said::Limits,
            (Some(Status::Answered), low, Some(high)) if !high.is_nan() => Said::Range(low, *high),
            (Some(Status::Answered), low, _) => Said::Age(low),
            _ => Said::Nothing,
        }
    }

    pub(super) fn decision(&self, limit: usize, index: usize) -> Option<Decision> {
        self.decisions[limit].get(index).copied().flatten()
    }

    /// The score at the limit in place `limit` of [`Answers::limits`].
    pub(super) fn score(&self, limit: usize, index: usize) -> Option<f64> {
        self.scores[limit].get(index).copied().filter(|score| !score.is_nan())
    }

    /// The standard deviation that came with an answered age, as given.
    pub(super) fn spread(&self, index: usize) -> Option<f64> {
        self.spreads.get(index).copied().filter(|spread| !spread.is_nan())
    }

    /// The way of an attempt through a waterfall.
    pub(super) fn stages(&self, index: usize) -> Option<&Stages> {
        self.stages.get(index)?.as_deref()
    }

    /// Whether some attempt went through a waterfall.
    #[must_use]
    pub fn has_stages(&self) -> bool {
        !self.stages.is_empty()
    }

    /// Whether sample `index` ended in the same way here and in `other`: status and every part of the answer.
    pub(super) fn same(&self, other: &Self, index: usize) -> bool {
        let limits = 0..self.limits.len();
        let bits = |one: Option<f64>| one.map(f64::to_bits);
        self.status(index) == other.status(index)
            && self.said(index) == other.said(index)
            && bits(self.spread(index)) == bits(other.spread(index))
            && limits.into_iter().all(|limit| {
                self.decision(limit, index) == other.decision(limit, index)
                    && bits(self.score(limit, index)) == bits(other.score(limit, index))
            })
    }

    /// The same outcomes in another order: the outcome at place i is the one that stands at `order[i]` here.
    #[must_use]
    pub fn reordered(&self, order: &[u32]) -> Self {
        fn taken<T: Copy>(from: &[T], order: &[u32], none: T) -> Vec<T> {
            if from.is_empty() {
                return Vec::new();
            }
            order.iter().map(|place| from.get(*place as usize).copied().unwrap_or(none)).collect()
        }
        Self {
            limits: self.limits.clone(),
            statuses: taken(&self.statuses, order, None),
            lows: taken(&self.lows, order, f64::NAN),
            highs: taken(&self.highs, order, f64::NAN),
            decisions: self.decisions.iter().map(|column| taken(column, order, None)).collect(),
            scores: self.scores.iter().map(|column| taken(column, order, f64::NAN)).collect(),
            spreads: taken(&self.spreads, order, f64::NAN),
            stages: if self.stages.is_empty() {
                Vec::new()
            } else {
                order.iter().map(|place| self.stages.get(*place as usize).cloned().flatten()).collect()
            },
        }
    }

    /// Whether some attempt was answered with an age or a range, so that challenge ages mean something.
    #[must_use]
    pub fn challengeable(&self) -> bool {
        self.lows.iter().any(|low| !low.is_nan())
    }

    /// Whether some attempt was decided by the method itself at `limit`.
    #[must_use]
    pub fn decides(&self, limit: AgeLimit) -> bool {
        let place = self.limits.iter().position(|one| *one == limit);
        place.is_some_and(|place| self.decisions[place].iter().any(Option::is_some))
    }

    /// The answered ages in years, in the order of the samples.
    pub fn ages(&self) -> impl Iterator<Item = f64> {
        (0..self.len()).filter_map(|index| match self.said(index) {
            Said::Age(years) => Some(years),
            _ => None,
        })
    }
}

/// Why the answered ages cannot be ages; `None` when they may be. For methods that answer ages only.
///
/// Refused: fewer than 5 distinct answers among more than 500, or nothing but 0 and 1 among at least 20. Recorded
/// files of probabilities or classes would otherwise be scored as ages.
///
/// Source: METRICS M0, "Not ages".
#[must_use]
pub fn not_ages(answers: &Answers) -> Option<String> {
    let (mut distinct, mut count, mut binary) = (BTreeSet::new(), 0_u64, true);
    for years in answers.ages() {
        count += 1;
        binary &= years == 0.0 || years == 1.0;
        if distinct.len() < 5 {
            distinct.insert(years.to_bits());
        }
    }
    if count >= 20 && binary {
        return Some(format!("all {count} answers are 0 or 1: these are decisions or classes, not ages in years"));
    }
    (count > 500 && distinct.len() < 5).then(|| {
        format!("only {} distinct answers among {count}: these are classes, not ages in years", distinct.len())
    })
}
