//! What came of an attempt: a [`Status`] and, when answered, an [`Answer`]. Every attempt ends in exactly one.

use std::time::Duration;

use crate::age::{Age, AgeLimit};

/// How an attempt ended. Everything but [`Status::Answered`] stays in the denominators that say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// The method gave an answer.
    Answered,
    /// The method ran and would not commit itself.
    Abstained,
    /// The method declined the input (elective).
    Refused,
    /// No face, voice or other subject was found.
    NoSubject,
    /// The attempt broke (involuntary): unreadable input, a crash, an answer that is not an age.
    Failed,
    /// No answer within the time limit.
    TimedOut,
}

impl Status {
    /// All statuses, in the order in which they are listed.
    pub const ALL: [Self; 6] =
        [Self::Answered, Self::Abstained, Self::Refused, Self::NoSubject, Self::Failed, Self::TimedOut];

    /// The word in files and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abstained => "abstained",
            Self::Refused => "refused",
            Self::NoSubject => "no_subject",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
        }
    }

    /// The status that `word` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }
}

/// A decision at a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// Let through.
    Pass,
    /// Turned away, or sent to a further check.
    Deny,
}

impl Decision {
    /// The word in files and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Deny => "deny",
        }
    }

    /// The decision that `word` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "pass" => Some(Self::Pass),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }
}

/// What a method said about one limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LimitAnswer {
    /// The limit in question.
    pub limit: AgeLimit,
    /// How surely the person is over the limit; higher is surer. No unit.
    pub score: Option<f64>,
    /// The method's own decision.
    pub decision: Option<Decision>,
}

/// What a method said about a person's age.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// An age, with its standard deviation in years where the method gives one.
    Age {
        /// The answered age.
        age: Age,
        /// Standard deviation in years; as given, so it may be negative and is then left out and counted.
        spread: Option<f64>,
    },
    /// The age lies in `[low, high]`.
    Range {
        /// Lower end.
        low: Age,
        /// Upper end.
        high: Age,
    },
    /// Scores or decisions for one or more limits, and no age. Ordered by limit.
    Limits(Vec<LimitAnswer>),
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// Present exactly when `status` is [`Status::Answered`].
    pub answer: Option<Answer>,
    /// Why there is no answer: one line, without a path or an id of the dataset.
    pub reason: Option<String>,
    /// Faces seen, where the method counts them.
    pub faces: Option<u32>,
    /// Bytes of input given to the method.
    pub bytes_in: Option<u64>,
    /// Bytes that the method returned.
    pub bytes_out: Option<u64>,
    /// Time to decode and prepare the input.
    pub prepare: Option<Duration>,
    /// Time of the method itself.
    pub answer_time: Option<Duration>,
    /// Time on the way to and from the method.
    pub transfer: Option<Duration>,
    /// The method's own word on its times, which nobody checked: to prepare, to answer.
    pub claimed: [Option<Duration>; 2],
    /// Attempts made again before this one.
    pub retries: u32,
    /// What the method returned beyond its answer, the name as [`field_name`] shows it and the value as it was written: counted
    /// by run.json, weighed by the footprint.
    pub extra: Vec<(String, String)>,
    /// The way through a waterfall; none for methods without stages.
    pub stages: Option<Box<Stages>>,
    /// Whether the reply of a program or a service broke the rules for messages, so that the harness made this outcome of it. No
    /// row has it.
    pub is_breach: bool,
}

/// What stands for the name of a field that no file may repeat.
pub const UNNAMED: &str = "(unnamed)";

/// Characters of a field's name at most.
const LONGEST_NAME: usize = 64;

/// `name`, which a method gave to a field beyond its answer, where it looks like the name of one; else [`UNNAMED`]: a name may be
/// anything, such as the content of the picture. Names are at most 64 ASCII letters, digits, spaces and `_-./*~:()$@`.
#[must_use]
pub fn field_name(name: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _-./*~:()$@".contains(&byte);
    if (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_plain) { name } else { UNNAMED }
}

/// The way of one attempt through a waterfall.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stages {
    /// For each limit the number of the last stage that was asked for it, from 1; 0 when none was.
    pub reached: Vec<(AgeLimit, u8)>,
    /// What came of each stage that was asked, in their order.
    pub asked: Vec<StageUse>,
    /// The stages whose session broke on this attempt: the method's name, and why. For whoever watches the run; no row has it.
    pub broke: Vec<(String, String)>,
}

/// What came of one stage in one attempt, and what it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageUse {
    /// What came of it; none where a row was read, because no number rests on it.
    pub status: Option<Status>,
    /// Bytes given to it.
    pub bytes_in: Option<u64>,
    /// Bytes that it returned.
    pub bytes_out: Option<u64>,
    /// Nanoseconds of preparing, answering and transfer, those that are known.
    pub nanos: Option<u64>,
}

impl StageUse {
    /// What `outcome` took.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let times = [outcome.prepare, outcome.answer_time, outcome.transfer].into_iter().flatten();
        let known = times.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let nanos = known.reduce(u64::saturating_add);
        Self { status: Some(outcome.status), bytes_in: outcome.bytes_in, bytes_out: outcome.bytes_out, nanos }
    }
}

impl Outcome {
    /// An answered attempt.
    #[must_use]
    pub fn answered(answer: Answer) -> Self {
        Self { answer: Some(answer), ..Self::unanswered(Status::Answered, String::new()) }
    }

    /// An attempt without an answer; `reason` may be empty.
    #[must_use]
    pub fn unanswered(status: Status, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            status,
            answer: None,
            reason: (!reason.is_empty()).then_some(reason),
            faces: None,
            bytes_in: None,
            bytes_out: None,
            prepare: None,
            answer_time: None,
            transfer: None,
            claimed: [None; 2],
            retries: 0,
            extra: Vec::new(),
            stages: None,
            is_breach: false,
        }
    }

    /// A failed attempt with its reason.
    #[must_use]
    pub fn failed(reason: impl Into<String>) -> Self {
        Self::unanswered(Status::Failed, reason)
    }

    /// A failed attempt, because the reply made no sense: `reason` says what in it.
    #[must_use]
    pub fn nonsense(reason: impl Into<String>) -> Self {
        Self { is_breach: true, ..Self::failed(reason) }
    }

    /// An attempt without an answer within `limit`.
    #[must_use]
    pub fn timed_out(limit: Duration) -> Self {
        Self::unanswered(Status::TimedOut, format!("no answer within {} s", limit.as_secs_f64()))
    }

    /// What came after `limit`: the answer is discarded, what it took is kept.
    #[must_use]
    pub fn late(self, limit: Duration) -> Self {
        let Self { bytes_in, prepare, answer_time, stages, .. } = self;
        Self { bytes_in, prepare, answer_time, stages, ..Self::timed_out(limit) }
    }

    /// An attempt answered with `years`, or failed with the reason when that is not an age.
    ///
    /// ```
    /// use agebench::outcome::{Outcome, Status};
    ///
    /// assert_eq!(Outcome::of_years(23.4).status, Status::Answered);
    /// // No answer is lost: what is no age is a failed attempt with its reason, and stays in the denominators.
    /// assert_eq!(Outcome::of_years(f64::NAN).status, Status::Failed);
    /// ```
    #[must_use]
    pub fn of_years(years: f64) -> Self {
        match Age::new(years) {
            Ok(age) => Self::answered(Answer::Age { age, spread: None }),
            Err(error) => Self::failed(format!("the method's answer: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_an_age_is_a_failure_with_its_reason() {
        for years in [f64::NAN, -3.0, 1e9] {
            let outcome = Outcome::of_years(years);
            assert_eq!(outcome.status, Status::Failed);
            assert!(outcome.reason.unwrap().contains("not an age"));
        }
    }

    #[test]
    fn the_name_of_a_field_is_short_and_plain_or_is_not_repeated() {
        let long = "x".repeat(LONGEST_NAME + 1);
        for name in ["mood", "decisions.21", "/faces/*/mood", "/a~1b", "/(secret)", "Age range", &long[1..], UNNAMED] {
            assert_eq!(field_name(name), name);
        }
        for name in ["", "mood\n", "Gefühl", "/9j/4AAQSkZJRgABAQ==", "a+b", "a\"b", "<b>", &long] {
            assert_eq!(field_name(name), UNNAMED, "{name}");
        }
    }

    #[test]
    fn every_status_reads_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.word()), Some(status));
        }
        assert_eq!(Status::parse("Answered"), None);
    }
}
