//! The table `[http.answer]` of a card: what stands where in a reply, and what its words mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pointer::Pointer;
use crate::age::AgeLimit;
use crate::finding::{did_you_mean, quoted};
use crate::keys::Keys;
use crate::outcome::Status;

/// The table `[http.answer]`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerCard {
    /// Where the kind of answer stands.
    pub given: Given,
    /// Where the word for the status stands.
    pub status: Option<Pointer>,
    /// What the service's words for it mean.
    pub statuses: BTreeMap<String, String>,
    /// Where the reason stands.
    pub reason: Option<Pointer>,
    /// Where the number of faces, or a list of them, stands.
    pub faces: Option<Pointer>,
    /// The words that let through.
    pub pass: Vec<String>,
    /// The words that do not.
    pub deny: Vec<String>,
    /// What a reply without an answer and without a status is.
    pub absent: &'static str,
}

/// Where the answer stands, by its kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// An age, perhaps with its standard deviation.
    Age {
        /// Years.
        age: Pointer,
        /// Years.
        spread: Option<Pointer>,
    },
    /// A range.
    Range {
        /// Years.
        age_low: Pointer,
        /// Years.
        age_high: Pointer,
    },
    /// Decisions, scores or both, by limit.
    Limits {
        /// Where the decisions stand.
        decisions: Option<OfLimits>,
        /// Where the scores stand.
        scores: Option<OfLimits>,
    },
}

/// Where something stands for each limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OfLimits {
    /// A pointer with `{limit}`.
    Each(Pointer),
    /// A pointer a limit.
    Named(BTreeMap<u32, Pointer>),
}

impl OfLimits {
    /// Where it stands for `limit`.
    #[must_use]
    pub fn at(&self, limit: AgeLimit) -> Option<Pointer> {
        match self {
            Self::Each(pointer) => Some(pointer.at(limit)),
            Self::Named(pointers) => pointers.get(&limit.years()).cloned(),
        }
    }
}

/// As a card has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Each(String),
    Named(BTreeMap<String, String>),
}

/// What `absent` may say.
const ABSENT: [(&str, &str); 4] =
    [("failed", "failed"), ("no_subject", "no_subject"), ("abstained", "abstained"), ("refused", "refused")];

impl AnswerCard {
    /// Reads the table, noting all that is wrong with it.
    pub(super) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let [age, spread, low, high] =
            ["age", "spread", "age_low", "age_high"].map(|key| (keys.has(key), pointer(keys, key)));
        let decisions = (keys.has("decisions"), of_limits(keys, "decisions"));
        let scores = (keys.has("scores"), of_limits(keys, "scores"));
        let [status, reason, faces] = ["status", "reason", "faces"].map(|key| pointer(keys, key));
        let statuses = statuses(keys, "statuses");
        if !statuses.is_empty() && status.is_none() {
            keys.wrong("statuses", None, "these words stand nowhere: add `status`, the pointer to them", None);
        }
        let mut words = |key, default: &str| -> Vec<String> {
            keys.take(key, "a list of texts").unwrap_or_else(|| vec![default.to_owned()])
        };
        let (pass, deny) = (words("pass", "pass"), words("deny", "deny"));
        let absent = keys.word("absent", &ABSENT).unwrap_or("failed");
        let kinds = usize::from(age.0) + usize::from(low.0 || high.0) + usize::from(decisions.0 || scores.0);
        let help = "give one of: `age` (and `spread`), `age_low` with `age_high`, `decisions` and `scores`".to_owned();
        if kinds != 1 {
            let text = if kinds == 0 { "no pointer to an answer" } else { "pointers to more than one kind of answer" };
            keys.wrong("age", None, text, Some(help));
            return None;
        }
        if low.0 != high.0 {
            keys.wrong(if low.0 { "age_high" } else { "age_low" }, None, "a range has both ends", Some(help));
            return None;
        }
        if spread.0 && !age.0 {
            keys.wrong("spread", None, "a spread is that of an `age`", Some(help));
            return None;
        }
        let given = match (age.1, low.1, high.1) {
            (Some(age), ..) => Given::Age { age, spread: spread.1 },
            (None, Some(age_low), Some(age_high)) => Given::Range { age_low, age_high },
            _ if decisions.1.is_some() || scores.1.is_some() => {
                Given::Limits { decisions: decisions.1, scores: scores.1 }
            }
            _ => return None, // told above
        };
        Some(Self { given, status, statuses, reason, faces, pass, deny, absent })
    }
}

fn pointer(keys: &mut Keys<'_>, key: &'static str) -> Option<Pointer> {
    let row = keys.row_of_key(key);
    let text: String = keys.take(key, "a JSON pointer such as \"/result/age\"")?;
    match Pointer::parse(&text) {
        Ok(pointer) if pointer.is_for_each_limit() => {
            keys.wrong(key, row, "`{limit}` belongs into `decisions` and `scores`", None);
            None
        }
        Ok(pointer) => Some(pointer),
        Err(problem) => {
            keys.wrong(key, row, problem, None);
            None
        }
    }
}

fn of_limits(keys: &mut Keys<'_>, key: &'static str) -> Option<OfLimits> {
    let row = keys.row_of_key(key);
    let expected = "a JSON pointer with `{limit}`, or a table such as { 18 = \"/over_18\" }";
    let (found, problem) = match keys.take::<Written>(key, expected)? {
        Written::Each(text) => match Pointer::parse(&text) {
            Ok(pointer) if pointer.is_for_each_limit() => (Some(OfLimits::Each(pointer)), None),
            Ok(_) => (None, Some(format!("one pointer for all limits: expected {expected}"))),
            Err(problem) => (None, Some(problem)),
        },
        Written::Named(texts) => {
            let mut pointers = BTreeMap::new();
            let mut problem = texts.is_empty().then(|| format!("no limit: expected {expected}"));
            for (limit, text) in texts {
                match (AgeLimit::written(&limit), Pointer::parse(&text)) {
                    (Some(limit), Ok(pointer)) => drop(pointers.insert(limit.years(), pointer)),
                    (None, _) => problem = Some(format!("{} is no limit", quoted(&limit))),
                    (_, Err(wrong)) => problem = Some(wrong),
                }
            }
            (Some(OfLimits::Named(pointers)), problem)
        }
    };
    match problem {
        Some(problem) => {
            keys.wrong(key, row, problem, None);
            None
        }
        None => found,
    }
}

/// A table of words or codes that mean one of our statuses.
pub(super) fn statuses(keys: &mut Keys<'_>, key: &'static str) -> BTreeMap<String, String> {
    let row = keys.row_of_key(key);
    let known: Vec<&str> =
        Status::ALL.into_iter().filter(|status| *status != Status::TimedOut).map(Status::word).collect();
    let given: BTreeMap<String, String> = keys.take(key, "a table of statuses").unwrap_or_default();
    for (theirs, ours) in &given {
        if Status::parse(ours).is_none_or(|status| status == Status::TimedOut) {
            let text = format!("{} of {} is not one of {}", quoted(ours), quoted(theirs), known.join(", "));
            keys.wrong(key, row, text, did_you_mean(ours, known.iter().copied()));
        }
    }
    given
}
