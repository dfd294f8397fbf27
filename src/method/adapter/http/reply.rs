//! A reply as an outcome, read as the card's `[http.answer]` says.

use serde_json::Value;

use super::answer::{AnswerCard, Given, OfLimits};
use super::pointer::{Pointer, for_each_leaf};
use super::secret::{REMOVED, Secrets};
use crate::age::{Age, AgeLimit};
use crate::finding::quoted;
use crate::method::json;
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, Status, UNNAMED, field_name};

/// Fields beyond the answer that are kept of one reply.
const MOST_EXTRA: usize = 64;
/// Characters that are kept of what stands in such a field.
const LONGEST_EXTRA: usize = 500;
/// Values of one reply that are looked at.
const MOST_LEAVES: usize = 10_000;
/// Characters that are kept of a cookie's name.
pub const LONGEST_COOKIE: usize = 100;
/// Names of cookies that are kept; a service that makes up more is known by these.
pub const MOST_COOKIES: usize = 256;
/// Characters that are kept of a reason.
pub const LONGEST_REASON: usize = 500;

/// How replies are read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// What stands where.
    pub card: &'a AnswerCard,
    /// The limits of the protocol.
    pub limits: &'a [AgeLimit],
    /// What no kept text may hold.
    pub secrets: &'a Secrets,
}

impl Reading<'_> {
    /// What a reply with the content `body` says; `of_code` is what its code means, when the card says so.
    #[must_use]
    pub fn outcome(&self, body: &[u8], of_code: Option<Status>) -> Outcome {
        let reply = match (self.parse(body), of_code) {
            (Ok(reply), _) => reply,
            // A code that says it all may come with a page, or with nothing.
            (Err(_), Some(status)) if status != Status::Answered => return Outcome::unanswered(status, String::new()),
            (Err(problem), _) => return Outcome::nonsense(problem),
        };
        let outcome = self.read(&reply, of_code).unwrap_or_else(Outcome::nonsense);
        Outcome { extra: self.extra(&reply), ..outcome }
    }

    /// The reason that a reply gives, when it gives one.
    #[must_use]
    pub fn reason_in(&self, body: &[u8]) -> Option<String> {
        Some(self.reason(&self.parse(body).ok()?)).filter(|reason| !reason.is_empty())
    }

    fn read(&self, reply: &Value, of_code: Option<Status>) -> Result<Outcome, String> {
        let faces = self.card.faces.as_ref().and_then(|pointer| pointer.find(reply));
        let faces = faces.map(|faces| self.faces(faces)).transpose()?;
        let status = match (of_code, &self.card.status) {
            (Some(status), _) if status != Status::Answered => Some(status),
            (_, Some(pointer)) => Some(self.status(pointer, reply)?),
            (of_code, None) => of_code,
        };
        let reason = self.reason(reply);
        let outcome = match status {
            Some(status) if status != Status::Answered => Outcome::unanswered(status, reason),
            status => match self.answer(reply)? {
                Some(answer) => {
                    Outcome { reason: Some(reason).filter(|it| !it.is_empty()), ..Outcome::answered(answer) }
                }
                None if status.is_none() && self.card.absent != Status::Failed.word() => {
                    Outcome::unanswered(Status::parse(self.card.absent).unwrap_or(Status::Failed), reason)
                }
                // A card that says of no other status means a failure by it.
                None if status.is_none() => Outcome::failed(format!("the reply has nothing at {}", self.wanted())),
                None => return Err(format!("the reply has nothing at {}", self.wanted())),
            },
        };
        Ok(Outcome { faces, ..outcome })
    }

    fn reason(&self, reply: &Value) -> String {
        let found = self.card.reason.as_ref().and_then(|pointer| pointer.find(reply));
        found.map_or_else(String::new, |found| self.kept(&text_of(found), LONGEST_REASON))
    }

    fn status(&self, pointer: &Pointer, reply: &Value) -> Result<Status, String> {
        let found = pointer.find(reply).ok_or_else(|| format!("the reply has no status at `{}`", pointer.text()))?;
        let word = text_of(found);
        let ours = self.card.statuses.get(&word).map_or(word.as_str(), String::as_str);
        Status::parse(ours).filter(|status| *status != Status::TimedOut).ok_or_else(|| {
            format!("the status {} at `{}` has no meaning in `http.answer.statuses`", self.shown(&word), pointer.text())
        })
    }

    /// The answer; none when nothing stands where it should.
    fn answer(&self, reply: &Value) -> Result<Option<Answer>, String> {
        let years = |pointer: &Pointer| -> Result<Option<f64>, String> {
            pointer.find(reply).map(|value| self.number(value, pointer)).transpose()
        };
        let age = |years: f64| Age::new(years).map_err(|error| format!("the method's answer: {error}"));
        Ok(match &self.card.given {
            Given::Age { age: pointer, spread } => match years(pointer)? {
                Some(found) => {
                    let spread = spread.as_ref().map(years).transpose()?.flatten();
                    Some(Answer::Age { age: age(found)?, spread })
                }
                None => None,
            },
            Given::Range { age_low, age_high } => match (years(age_low)?, years(age_high)?) {
                (Some(low), Some(high)) if low <= high => Some(Answer::Range { low: age(low)?, high: age(high)? }),
                (Some(low), Some(high)) => return Err(format!("the range {low} to {high} runs backwards")),
                (None, None) => None,
                (low, _) => {
                    let missing = if low.is_some() { age_high } else { age_low };
                    return Err(format!("the reply has nothing at `{}`, an end of its range", missing.text()));
                }
            },
            Given::Limits { decisions, scores } => {
                let mut found = Vec::new();
                for limit in self.limits {
                    let at = |of: &Option<OfLimits>| {
                        let pointer = of.as_ref()?.at(*limit)?;
                        Some((pointer.find(reply)?, pointer))
                    };
                    let decision = at(decisions).map(|(value, pointer)| self.decision(value, &pointer)).transpose()?;
                    let score = at(scores).map(|(value, pointer)| self.number(value, &pointer)).transpose()?;
                    if decision.is_some() || score.is_some() {
                        found.push(LimitAnswer { limit: *limit, score, decision });
                    }
                }
                (!found.is_empty()).then_some(Answer::Limits(found))
            }
        })
    }

    fn decision(&self, value: &Value, pointer: &Pointer) -> Result<Decision, String> {
        if let Value::Bool(passes) = value {
            return Ok(if *passes { Decision::Pass } else { Decision::Deny });
        }
        let word = text_of(value);
        if self.card.pass.contains(&word) {
            Ok(Decision::Pass)
        } else if self.card.deny.contains(&word) {
            Ok(Decision::Deny)
        } else {
            let (word, pointer) = (self.shown(&word), pointer.text());
            Err(format!("the decision {word} at `{pointer}` is neither in `pass` nor in `deny` of `http.answer`"))
        }
    }

    fn number(&self, value: &Value, pointer: &Pointer) -> Result<f64, String> {
        let found = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(), // many services write numbers as texts
            _ => None,
        };
        let finite = found.filter(|number: &f64| number.is_finite());
        finite.ok_or_else(|| format!("{} at `{}` is not a number", self.shown(&text_of(value)), pointer.text()))
    }

    fn faces(&self, value: &Value) -> Result<u32, String> {
        let count = match value {
            Value::Array(faces) => Some(faces.len() as u64),
            other => other.as_u64(),
        };
        let count = count.and_then(|count| u32::try_from(count).ok());
        let wrong = || format!("the faces are {}: expected a whole number or a list", self.shown(&text_of(value)));
        count.ok_or_else(wrong)
    }

    /// The pointers that an answer needs, in words.
    fn wanted(&self) -> String {
        let pointers: Vec<String> =
            self.pointers().iter().take(4).map(|pointer| format!("`{}`", pointer.text())).collect();
        if pointers.is_empty() { "any pointer for these limits".to_owned() } else { pointers.join(", ") }
    }

    /// The pointers to the answer.
    fn pointers(&self) -> Vec<Pointer> {
        match &self.card.given {
            Given::Age { age, spread } => std::iter::once(age).chain(spread).cloned().collect(),
            Given::Range { age_low, age_high } => vec![age_low.clone(), age_high.clone()],
            Given::Limits { decisions, scores } => {
                let both = || decisions.iter().chain(scores);
                self.limits.iter().flat_map(|limit| both().filter_map(|of| of.at(*limit))).collect()
            }
        }
    }

    /// What the reply says beyond what the card points to.
    fn extra(&self, reply: &Value) -> Vec<(String, String)> {
        let mut known = self.pointers();
        known.extend([&self.card.status, &self.card.reason, &self.card.faces].into_iter().flatten().cloned());
        let (mut extra, mut seen): (Vec<(String, String)>, usize) = (Vec::new(), 0);
        for_each_leaf(reply, &|key| self.clean(key), &mut |pointer, name, value| {
            seen += 1;
            if !known.iter().any(|known| known.text() == pointer) && !extra.iter().any(|(other, _)| other == name) {
                extra.push((name.to_owned(), text_of(value)));
            }
            extra.len() < MOST_EXTRA && seen < MOST_LEAVES
        });
        let named = |name: &str| {
            let clean = self.clean(name);
            match field_name(&clean) {
                // That a secret came back is told all the same.
                UNNAMED if clean.contains(REMOVED) => REMOVED.to_owned(),
                shown => shown.to_owned(),
            }
        };
        extra.into_iter().map(|(name, value)| (named(&name), self.kept(&value, LONGEST_EXTRA))).collect()
    }

    /// The JSON in `body`.
    fn parse(&self, body: &[u8]) -> Result<Value, String> {
        // RFC 8259, section 8.1: a reader may pass over a byte order mark.
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        if body.is_empty() {
            return Err("the reply is empty".to_owned());
        }
        let text = std::str::from_utf8(body).map_err(|_| "the reply is not utf-8".to_owned())?;
        json::parse(text.as_bytes()).map_err(|error| {
            let at = format!("line {}, column {}", error.line(), error.column());
            if json::is_twice(&error) {
                return format!("the reply has a key twice in one object ({at})");
            }
            format!("the reply is not json ({at}): {}", self.shown(text.trim_start()))
        })
    }

    /// Foreign text for a message: secrets go before it is cut, or their beginning would stay.
    fn shown(&self, text: &str) -> String {
        quoted(&self.secrets.removed_from(text))
    }

    /// Foreign text on one line without a secret, at most `most` characters.
    #[must_use]
    pub fn kept(&self, text: &str, most: usize) -> String {
        self.clean(text).chars().take(most).collect()
    }

    /// `text` on one line without a secret.
    fn clean(&self, text: &str) -> String {
        // First what would part a secret in two, then the secrets; whoever cuts does so last.
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        self.secrets.removed_from(&text)
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
