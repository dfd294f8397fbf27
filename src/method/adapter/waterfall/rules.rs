//! What ends at a stage of a waterfall, and what goes on to the next: one answer, limit by limit.

use serde::Serialize;

use crate::age::AgeLimit;
use crate::outcome::{Answer, Decision, Outcome, Status};

/// What becomes of a person who is not passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// Goes on to the next stage.
    Next,
    /// Is denied here.
    Deny,
}

impl Otherwise {
    /// Both with their words.
    pub const WORDS: [(&'static str, Self); 2] = [("next", Self::Next), ("deny", Self::Deny)];

    fn step(self) -> Step {
        match self {
            Self::Next => Step::Next,
            Self::Deny => Step::Ends(Decision::Deny),
        }
    }
}

/// The rules of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rules {
    /// Years from the limit: an age from `limit + low` up to, not including, `limit + high` goes on; from there on it
    /// passes, below it is denied. A range is decided when all of it lies on one side.
    pub buffer: [f64; 2],
    /// The same for a score without a decision; without it such an answer goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<[f64; 2]>,
    /// What becomes of those whom the stage denies.
    pub denied: Otherwise,
    /// What becomes of those on whom the stage would not commit itself.
    pub abstained: Otherwise,
    /// What becomes of those whom the stage did not answer: refused, no subject, failed, timed out.
    pub not_answered: Otherwise,
}

/// What a stage comes to at one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It is decided.
    Ends(Decision),
    /// The next stage is asked.
    Next,
}

impl Rules {
    /// What `outcome` comes to at `limit`.
    #[must_use]
    pub fn step(&self, outcome: &Outcome, limit: AgeLimit) -> Step {
        match (outcome.status, &outcome.answer) {
            (Status::Answered, Some(answer)) => match self.decision(answer, limit) {
                Some(Decision::Pass) => Step::Ends(Decision::Pass),
                Some(Decision::Deny) => self.denied.step(),
                None => Step::Next,
            },
            (Status::Abstained, _) => self.abstained.step(),
            _ => self.not_answered.step(),
        }
    }

    /// What `answer` says at `limit`; `None` inside the buffer, or when it says nothing of this limit.
    fn decision(&self, answer: &Answer, limit: AgeLimit) -> Option<Decision> {
        let years = f64::from(limit.years());
        let [low, high] = self.buffer.map(|end| years + end);
        match answer {
            Answer::Age { age, .. } => between(age.years(), low, high),
            Answer::Range { low: from, high: to } => {
                let (from, to) = (from.years(), to.years());
                if from >= high {
                    Some(Decision::Pass)
                } else if to <= low {
                    Some(Decision::Deny)
                } else {
                    None
                }
            }
            Answer::Limits(all) => {
                let one = all.iter().find(|one| one.limit == limit)?;
                let scored = || {
                    let [low, high] = self.scores?;
                    between(one.score?, low, high)
                };
                one.decision.or_else(scored)
            }
        }
    }
}

/// Pass from `high` on, deny below `low`.
fn between(number: f64, low: f64, high: f64) -> Option<Decision> {
    if number >= high {
        Some(Decision::Pass)
    } else if number < low {
        Some(Decision::Deny)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::age::Age;
    use crate::outcome::LimitAnswer;

    const PASS: Step = Step::Ends(Decision::Pass);
    const DENY: Step = Step::Ends(Decision::Deny);

    fn rules() -> Rules {
        Rules {
            buffer: [-3.0, 7.0],
            scores: None,
            denied: Otherwise::Deny,
            abstained: Otherwise::Next,
            not_answered: Otherwise::Next,
        }
    }

    fn age(years: f64) -> Age {
        Age::new(years).unwrap()
    }

    fn at_18(rules: Rules, outcome: &Outcome) -> Step {
        rules.step(outcome, AgeLimit::new(18).unwrap())
    }

    #[test]
    fn an_age_inside_the_buffer_goes_on_and_its_upper_end_passes() {
        for (years, step) in [(14.9, DENY), (15.0, Step::Next), (24.999, Step::Next), (25.0, PASS), (60.0, PASS)] {
            assert_eq!(at_18(rules(), &Outcome::of_years(years)), step, "{years}");
        }
        let no_deny = Rules { denied: Otherwise::Next, ..rules() };
        assert_eq!(at_18(no_deny, &Outcome::of_years(5.0)), Step::Next);
        let sharp = Rules { buffer: [0.0, 0.0], ..rules() };
        assert_eq!((at_18(sharp, &Outcome::of_years(17.9)), at_18(sharp, &Outcome::of_years(18.0))), (DENY, PASS));
    }

    #[test]
    fn a_range_is_decided_when_all_of_it_lies_on_one_side() {
        let range = |low, high| Outcome::answered(Answer::Range { low: age(low), high: age(high) });
        for (low, high, step) in
            [(25.0, 40.0, PASS), (24.0, 40.0, Step::Next), (5.0, 15.0, DENY), (5.0, 16.0, Step::Next)]
        {
            assert_eq!(at_18(rules(), &range(low, high)), step, "{low} to {high}");
        }
    }

    #[test]
    fn a_decision_is_taken_as_given_and_a_score_needs_the_card_s_own_ends() {
        let answer = |years, score, decision| {
            let limit = AgeLimit::new(years).unwrap();
            Outcome::answered(Answer::Limits(vec![LimitAnswer { limit, score, decision }]))
        };
        assert_eq!(at_18(rules(), &answer(18, Some(0.1), Some(Decision::Pass))), PASS);
        assert_eq!(at_18(rules(), &answer(18, None, Some(Decision::Deny))), DENY);
        assert_eq!(at_18(rules(), &answer(21, None, Some(Decision::Deny))), Step::Next);
        assert_eq!(at_18(rules(), &answer(18, Some(0.9), None)), Step::Next);
        let scored = Rules { scores: Some([0.2, 0.8]), ..rules() };
        for (score, step) in [(0.1, DENY), (0.2, Step::Next), (0.8, PASS)] {
            assert_eq!(at_18(scored, &answer(18, Some(score), None)), step, "{score}");
        }
    }

    #[test]
    fn those_who_were_not_answered_go_on_or_are_denied_as_the_card_says() {
        let unanswered = |status| Outcome::unanswered(status, "");
        let strict = Rules { not_answered: Otherwise::Deny, ..rules() };
        for status in [Status::Refused, Status::NoSubject, Status::Failed, Status::TimedOut] {
            assert_eq!(at_18(rules(), &unanswered(status)), Step::Next);
            assert_eq!(at_18(strict, &unanswered(status)), DENY);
        }
        assert_eq!(at_18(strict, &unanswered(Status::Abstained)), Step::Next);
        assert_eq!(at_18(Rules { abstained: Otherwise::Deny, ..rules() }, &unanswered(Status::Abstained)), DENY);
    }
}
