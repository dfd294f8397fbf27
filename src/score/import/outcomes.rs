//! Recorded outcomes, by column: what nearly every row leaves out takes no memory.

use std::time::Duration;

use crate::age::{Age, AgeLimit};
use crate::dataset::{Levels, Rare};
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, Status};

/// Scores and decisions at a limit.
type OfLimit = (AgeLimit, Rare<Option<f64>>, Rare<Option<Decision>>);

/// Outcomes in order, with what a recorded file can say of them.
#[derive(Debug)]
pub(super) struct Outcomes {
    statuses: Vec<Status>,
    /// The answered age, or the lower end of an answered range; NaN when there is neither.
    lows: Vec<f64>,
    /// The upper end of an answered range.
    highs: Rare<Option<f64>>,
    spreads: Rare<Option<f64>>,
    limits: Vec<OfLimit>,
    /// Places in `texts`.
    reasons: Rare<Option<u32>>,
    texts: Levels,
    /// Bytes in and out, and the nanoseconds of preparing, answering and transfer.
    taken: [Rare<Option<u64>>; 5],
}

impl Outcomes {
    /// None yet; answers are for these limits.
    pub fn new(limits: impl IntoIterator<Item = AgeLimit>) -> Self {
        Self {
            statuses: Vec::new(),
            lows: Vec::new(),
            highs: Rare::new(None),
            spreads: Rare::new(None),
            limits: limits.into_iter().map(|limit| (limit, Rare::new(None), Rare::new(None))).collect(),
            reasons: Rare::new(None),
            texts: Levels::default(),
            taken: [(); 5].map(|()| Rare::new(None)),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.statuses.len()
    }

    /// Adds one.
    pub fn push(&mut self, outcome: &Outcome) {
        let (mut low, mut high, mut spread, mut of_limits) = (f64::NAN, None, None, &[][..]);
        match &outcome.answer {
            Some(Answer::Age { age, spread: deviation }) => (low, spread) = (age.years(), *deviation),
            Some(Answer::Range { low: from, high: to }) => (low, high) = (from.years(), Some(to.years())),
            Some(Answer::Limits(answers)) => of_limits = answers,
            None => {}
        }
        self.statuses.push(outcome.status);
        self.lows.push(low);
        self.highs.push(high);
        self.spreads.push(spread);
        for (limit, scores, decisions) in &mut self.limits {
            let answer = of_limits.iter().find(|answer| answer.limit == *limit);
            scores.push(answer.and_then(|answer| answer.score));
            decisions.push(answer.and_then(|answer| answer.decision));
        }
        self.reasons.push(outcome.reason.as_ref().and_then(|reason| self.texts.place(reason)));
        let nanos = |time: Option<Duration>| time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let times = [outcome.prepare, outcome.answer_time, outcome.transfer].map(nanos);
        let numbers = [outcome.bytes_in, outcome.bytes_out].into_iter().chain(times);
        self.taken.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
    }

    /// Adds all of `later`, which has the same limits.
    pub fn append(&mut self, later: &Self) {
        self.statuses.extend_from_slice(&later.statuses);
        self.lows.extend_from_slice(&later.lows);
        self.highs.append_with(&later.highs, |high| high);
        self.spreads.append_with(&later.spreads, |spread| spread);
        for ((_, scores, decisions), (_, later_scores, later_decisions)) in self.limits.iter_mut().zip(&later.limits) {
            scores.append_with(later_scores, |score| score);
            decisions.append_with(later_decisions, |decision| decision);
        }
        let ours: Vec<Option<u32>> = later.texts.texts().map(|text| self.texts.place(text)).collect();
        let reason = |at: Option<u32>| at.and_then(|at| ours.get(at as usize).copied().flatten());
        self.reasons.append_with(&later.reasons, reason);
        for (column, later) in self.taken.iter_mut().zip(&later.taken) {
            column.append_with(later, |number| number);
        }
    }

    /// The outcome at `place`.
    pub fn get(&self, place: usize) -> Option<Outcome> {
        let status = *self.statuses.get(place)?;
        let reason = self.reasons.get(place).map_or("", |at| self.texts.text(at));
        let [bytes_in, bytes_out, prepare, answer_time, transfer] =
            [0, 1, 2, 3, 4].map(|at| self.taken.get(at).and_then(|column| column.get(place)));
        let nanos = |number: Option<u64>| number.map(Duration::from_nanos);
        let (prepare, answer_time, transfer) = (nanos(prepare), nanos(answer_time), nanos(transfer));
        let none = Outcome::unanswered(status, reason);
        let outcome = Outcome { bytes_in, bytes_out, prepare, answer_time, transfer, ..none };
        if status != Status::Answered {
            return Some(outcome);
        }
        let low = Age::new(self.lows.get(place).copied().unwrap_or(f64::NAN)).ok();
        let high = self.highs.get(place).and_then(|high| Age::new(high).ok());
        let answer = match (low, high) {
            (Some(low), Some(high)) => Answer::Range { low, high },
            (Some(age), None) => Answer::Age { age, spread: self.spreads.get(place) },
            (None, _) => Answer::Limits(self.limits_at(place)),
        };
        Some(Outcome { answer: Some(answer), ..outcome })
    }

    fn limits_at(&self, place: usize) -> Vec<LimitAnswer> {
        let answers = self.limits.iter().map(|(limit, scores, decisions)| LimitAnswer {
            limit: *limit,
            score: scores.get(place),
            decision: decisions.get(place),
        });
        answers.filter(|answer| answer.score.is_some() || answer.decision.is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_of_every_kind_come_back_as_they_were_however_they_came_together() {
        let limits = [16, 18].map(|years| AgeLimit::new(years).unwrap());
        let age = |years| Age::new(years).unwrap();
        let answer = |limit, score, decision| LimitAnswer { limit, score, decision };
        let all = [
            Outcome::answered(Answer::Age { age: age(17.25), spread: None }),
            Outcome { bytes_in: Some(7), answer_time: Some(Duration::from_nanos(3)), ..Outcome::failed("too dark") },
            Outcome::answered(Answer::Age { age: age(0.0), spread: Some(-0.5) }),
            Outcome::unanswered(Status::Refused, ""),
            Outcome::answered(Answer::Range { low: age(0.0), high: age(18.0) }),
            Outcome::answered(Answer::Limits(vec![answer(limits[1], Some(0.25), None)])),
            Outcome { reason: Some("said so".to_owned()), ..Outcome::of_years(30.0) },
            Outcome::answered(Answer::Limits(vec![
                answer(limits[0], None, Some(Decision::Pass)),
                answer(limits[1], Some(-1.0), Some(Decision::Deny)),
            ])),
            Outcome::failed("too dark"),
        ];
        for cut in 0..=all.len() {
            let of = |some: &[Outcome]| {
                let mut outcomes = Outcomes::new(limits);
                some.iter().for_each(|outcome| outcomes.push(outcome));
                outcomes
            };
            let mut both = of(&all[..cut]);
            both.append(&of(&all[cut..]));
            let found: Vec<Outcome> = (0..both.len()).filter_map(|place| both.get(place)).collect();
            assert_eq!(found, all, "{cut}");
        }
    }
}
