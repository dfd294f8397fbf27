//! An answer of a program as an outcome.

use std::time::Duration;

use serde_json::{Map, Value};

use super::message::{object, short};
use crate::age::{Age, AgeLimit};
use crate::finding::quoted;
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, Status, field_name};

/// Fields beyond the answer that are kept of one reply.
const MOST_EXTRA: usize = 64;
/// Bytes that are kept of what stands in such a field.
const LONGEST_EXTRA: usize = 1024;
/// Characters that are kept of a reason.
const LONGEST_REASON: usize = 500;

/// A reply that is one: which request it answers, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The request.
    pub n: u64,
    /// What came of the attempt; failed with the reason when the reply makes no sense.
    pub outcome: Outcome,
}

impl Reply {
    /// The reply in `line` to an attempt that asked about `limits`.
    ///
    /// # Errors
    /// When the line is no reply at all, so that nobody knows what it belongs to: not JSON, not an `answer`, without `n`.
    pub fn parse(line: &[u8], limits: &[AgeLimit]) -> Result<Self, String> {
        let mut fields = object(line)?;
        match fields.remove("type") {
            Some(Value::String(kind)) if kind == "answer" => {}
            other => {
                let found =
                    other.map_or_else(|| "no `type`".to_owned(), |other| format!("`type` is {}", short(&other)));
                return Err(format!("{found}: expected `\"type\":\"answer\"`"));
            }
        }
        let n = fields.remove("n");
        let n = n.as_ref().and_then(Value::as_u64).ok_or("an answer without the number `n` of its request")?;
        let claimed = claimed(&mut fields);
        let mut outcome = outcome(&mut fields, limits).unwrap_or_else(Outcome::nonsense);
        outcome.claimed = claimed;
        // The number of the request is ours: how many digits it has depends on when the program was started.
        let digits = u64::from(n.checked_ilog10().unwrap_or(0));
        outcome.bytes_out = Some((line.len() as u64 + 1).saturating_sub(digits));
        outcome.extra.extend(fields.into_iter().map(|(name, value)| (name, value.to_string())));
        outcome.extra.truncate(MOST_EXTRA);
        for (name, value) in &mut outcome.extra {
            *name = field_name(name).to_owned();
            cut(value, LONGEST_EXTRA);
        }
        Ok(Self { n, outcome })
    }
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

/// What the fields say; an `Err` is the reason why the attempt failed.
fn outcome(fields: &mut Map<String, Value>, limits: &[AgeLimit]) -> Result<Outcome, String> {
    let status = match fields.remove("status") {
        Some(Value::String(word)) => Status::parse(&word)
            .filter(|status| *status != Status::TimedOut)
            .ok_or_else(|| format!("the status {} is none that a program may give", quoted(&word)))?,
        Some(other) => return Err(format!("`status` is {}: expected a word", short(&other))),
        None => return Err("an answer without a `status`".to_owned()),
    };
    let reason = match fields.remove("reason") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(reason)) => reason.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect(),
        Some(other) => return Err(format!("`reason` is {}: expected a text", short(&other))),
    };
    let faces = match fields.remove("faces") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_u64()
                .and_then(|faces| u32::try_from(faces).ok())
                .ok_or_else(|| format!("`faces` is {}: expected a whole number", short(&value)))?,
        ),
    };
    let (answer, extra) = answer(fields, limits)?;
    let outcome = match (status, answer) {
        (Status::Answered, Some(answer)) => {
            Outcome { reason: (!reason.is_empty()).then_some(reason), ..Outcome::answered(answer) }
        }
        (Status::Answered, None) => {
            return Err("answered, but without `age`, `age_low` and `age_high`, `decisions` or `scores`".to_owned());
        }
        (status, None) => Outcome::unanswered(status, reason),
        (status, Some(_)) => return Err(format!("{}, but there is an answer", status.word())),
    };
    Ok(Outcome { faces, extra, ..outcome })
}

type Found = (Option<Answer>, Vec<(String, String)>);

/// The one answer among the fields, and what it says about limits that were not asked for.
fn answer(fields: &mut Map<String, Value>, limits: &[AgeLimit]) -> Result<Found, String> {
    let (age, spread) = (number(fields, "age")?, number(fields, "spread")?);
    let (low, high) = (number(fields, "age_low")?, number(fields, "age_high")?);
    let mut extra = Vec::new();
    let of_limits = of_limits(fields, limits, &mut extra)?;
    let not_an_age = |error: crate::age::AgeError| format!("the method's answer: {error}");
    let kinds =
        usize::from(age.is_some()) + usize::from(low.is_some() || high.is_some()) + usize::from(of_limits.is_some());
    let answer = match (age, low, high, of_limits) {
        _ if kinds > 1 => {
            return Err("two kinds of answer: expected an age, a range, or decisions and scores".to_owned());
        }
        (Some(age), ..) => Some(Answer::Age { age: Age::new(age).map_err(not_an_age)?, spread }),
        _ if spread.is_some() => return Err("a `spread` without an `age`".to_owned()),
        (None, Some(low), Some(high), _) if low <= high => {
            Some(Answer::Range { low: Age::new(low).map_err(not_an_age)?, high: Age::new(high).map_err(not_an_age)? })
        }
        (None, Some(low), Some(high), _) => return Err(format!("the range {low} to {high} runs backwards")),
        (None, None, None, of_limits) => of_limits.map(Answer::Limits),
        _ => return Err("a range has both `age_low` and `age_high`, or none".to_owned()),
    };
    Ok((answer, extra))
}

fn number(fields: &mut Map<String, Value>, name: &str) -> Result<Option<f64>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            value.as_f64().map(Some).ok_or_else(|| format!("`{name}` is {}: expected a number", short(&value)))
        }
    }
}

/// `decisions` and `scores` by limit, ascending; `None` without either.
fn of_limits(
    fields: &mut Map<String, Value>,
    limits: &[AgeLimit],
    extra: &mut Vec<(String, String)>,
) -> Result<Option<Vec<LimitAnswer>>, String> {
    let mut found: Vec<LimitAnswer> = Vec::new();
    let mut given = false;
    for name in ["decisions", "scores"] {
        let entries = match fields.remove(name) {
            None | Some(Value::Null) => continue,
            Some(Value::Object(entries)) => entries,
            Some(other) => return Err(format!("`{name}` is {}: expected an object by limit", short(&other))),
        };
        given = true;
        for (key, value) in entries {
            let limit = AgeLimit::written(&key);
            let limit = limit.ok_or_else(|| format!("`{name}` has {}, which is no limit", quoted(&key)))?;
            if !limits.contains(&limit) {
                extra.push((format!("{name}.{key}"), value.to_string()));
                continue;
            }
            let place = found.iter().position(|answer| answer.limit == limit).unwrap_or_else(|| {
                found.push(LimitAnswer { limit, score: None, decision: None });
                found.len() - 1
            });
            let Some(entry) = found.get_mut(place) else { continue };
            if name == "scores" {
                entry.score = Some(
                    value
                        .as_f64()
                        .ok_or_else(|| format!("the score for {key} is {}: expected a number", short(&value)))?,
                );
            } else {
                let decision = value.as_str().and_then(Decision::parse);
                entry.decision = Some(decision.ok_or_else(|| {
                    format!("the decision for {key} is {}: expected `pass` or `deny`", short(&value))
                })?);
            }
        }
    }
    if given && found.is_empty() {
        return Err("decisions and scores for none of the limits that were asked about".to_owned());
    }
    found.sort_unstable_by_key(|answer| answer.limit);
    Ok(given.then_some(found))
}

/// The program's own times; a claim that is no time is left among the fields, and so is what else stands there.
fn claimed(fields: &mut Map<String, Value>) -> [Option<Duration>; 2] {
    let Some(Value::Object(timing)) = fields.get_mut("timing") else { return [None; 2] };
    let times = ["prepare_ms", "answer_ms"].map(|name| {
        let milliseconds = timing.get(name)?.as_f64()?;
        let time = Duration::try_from_secs_f64(milliseconds / 1e3).ok()?;
        timing.remove(name);
        Some(time)
    });
    if timing.is_empty() {
        fields.remove("timing");
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::UNNAMED;

    fn limits() -> Vec<AgeLimit> {
        [13, 18].map(|years| AgeLimit::new(years).unwrap()).to_vec()
    }

    fn reply(fields: &str) -> Reply {
        Reply::parse(format!("{{\"type\":\"answer\",\"n\":7,{fields}}}").as_bytes(), &limits()).unwrap()
    }

    #[test]
    fn each_kind_of_answer_is_read() {
        let age = |years| Age::new(years).unwrap();
        let answer = |fields| reply(fields).outcome.answer.unwrap();
        assert_eq!(answer(r#""status":"answered","age":23.4"#), Answer::Age { age: age(23.4), spread: None });
        assert_eq!(
            answer(r#""status":"answered","age":23.4,"spread":2"#),
            Answer::Age { age: age(23.4), spread: Some(2.0) }
        );
        assert_eq!(
            answer(r#""status":"answered","age_low":18,"age_high":25"#),
            Answer::Range { low: age(18.0), high: age(25.0) }
        );
        let limit = limits()[1];
        let expected = Answer::Limits(vec![LimitAnswer { limit, score: Some(0.93), decision: Some(Decision::Pass) }]);
        assert_eq!(answer(r#""status":"answered","decisions":{"18":"pass"},"scores":{"18":0.93}"#), expected);
        let refused = reply(r#""status":"refused","reason":"too\u0000 dark","faces":2"#).outcome;
        assert_eq!(
            (refused.status, refused.reason.as_deref(), refused.faces),
            (Status::Refused, Some("too dark"), Some(2))
        );
    }

    #[test]
    fn what_stands_beyond_the_answer_is_kept_apart() {
        let found = reply(
            r#""status":"answered","decisions":{"18":"deny","21":"deny"},"timing":{"prepare_ms":1.5,"gpu":3},"mood":"calm""#,
        );
        assert_eq!(found.outcome.claimed, [Some(Duration::from_micros(1500)), None]);
        let names: Vec<&str> = found.outcome.extra.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["decisions.21", "mood", "timing"]);
    }

    #[test]
    fn a_reply_that_makes_no_sense_is_a_failed_attempt_with_the_reason() {
        for (fields, expected) in [
            (r#""age":23"#, "without a `status`"),
            (r#""status":"timed_out""#, "none that a program may give"),
            (r#""status":"answered""#, "without `age`"),
            (r#""status":"answered","age":"23""#, "expected a number"),
            (r#""status":"answered","age":-3"#, "not an age"),
            (r#""status":"answered","age":23,"decisions":{"18":"pass"}"#, "two kinds of answer"),
            (r#""status":"answered","age_low":23"#, "both"),
            (r#""status":"answered","age_low":23,"age_high":20"#, "runs backwards"),
            (r#""status":"answered","decisions":{"18":"yes"}"#, "expected `pass` or `deny`"),
            (r#""status":"answered","decisions":{"adult":"pass"}"#, "no limit"),
            (r#""status":"answered","decisions":{"18":"pass","+18":"deny"}"#, "`+18`, which is no limit"),
            (r#""status":"answered","scores":{"018":0.5}"#, "`018`, which is no limit"),
            (r#""status":"answered","decisions":{"40":"pass"}"#, "none of the limits"),
            (r#""status":"refused","age":23"#, "refused, but there is an answer"),
        ] {
            let outcome = reply(fields).outcome;
            assert_eq!((outcome.status, outcome.is_breach), (Status::Failed, true), "{fields}");
            assert!(outcome.reason.as_ref().unwrap().contains(expected), "{fields}: {outcome:?}");
        }
    }

    #[test]
    fn a_failure_that_the_program_reports_is_no_breach() {
        let outcome = reply(r#""status":"failed","reason":"no model""#).outcome;
        assert_eq!((outcome.status, outcome.is_breach), (Status::Failed, false));
    }

    #[test]
    fn a_line_that_belongs_to_no_request_is_no_reply() {
        let twice = r#"{"type":"answer","n":1,"status":"answered","age":30,"age":16}"#;
        for line in
            ["", "{}", "nonsense", r#"{"type":"ready"}"#, r#"{"type":"answer"}"#, r#"{"type":"answer","n":-1}"#, twice]
        {
            assert!(Reply::parse(line.as_bytes(), &limits()).is_err(), "{line}");
        }
    }

    #[test]
    fn a_reply_full_of_foreign_fields_is_kept_within_bounds() {
        let many: String = (0..500).map(|number| format!(",\"f{number}\":\"{}\"", "ä".repeat(900))).collect();
        let outcome = reply(&format!("\"status\":\"abstained\"{many}")).outcome;
        assert_eq!(outcome.extra.len(), 64);
        assert!(outcome.extra.iter().all(|(name, value)| name.starts_with('f') && value.len() <= 1024));
        let photo = "/9j/4AAQSkZJRgAB".repeat(60);
        let outcome =
            reply(&format!("\"status\":\"answered\",\"age\":20,\"{photo}\":1,\"a{photo}\":2,\"mood\":3")).outcome;
        let expected = [(UNNAMED, "1"), (UNNAMED, "2"), ("mood", "3")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(outcome.extra, expected);
    }
}
