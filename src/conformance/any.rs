//! The rules for every method, however it is reached.

use super::planted::{Kind, Planted};
use super::{ConformanceError, Rule, Subject, Verdict};
use crate::method::{Ask, Session};
use crate::outcome::Outcome;

const BREAKS: &str =
    "answer `failed` with a reason instead of ending: a sample that cannot be read is no reason to stop";

const SAMPLES: [(Kind, &str); 6] = [
    (Kind::Photo, "gives a photo a status"),
    (Kind::Empty, "survives an empty file"),
    (Kind::Noise, "survives bytes that are no photo"),
    (Kind::Truncated, "survives half a photo"),
    (Kind::Large, "survives a file of 20 MiB"),
    (Kind::Record, "survives a record without a file"),
];

pub(super) fn rules(subject: &Subject<'_>, planted: &Planted, ask: &Ask) -> Result<Vec<Rule>, ConformanceError> {
    let clock = &*ask.clock;
    let method = &*subject.method;
    let begun = clock.monotonic();
    let mut session = method.open(ask).map_err(ConformanceError::Method)?;
    let opened = clock.monotonic().saturating_sub(begun);
    let mut rules = vec![Rule::kept("opens", format!("in {:.3} s", opened.as_secs_f64()))];
    let mut photo = None;
    for (kind, rule) in SAMPLES {
        let verdict = match attempt(&mut session, planted, kind, ask) {
            Ok(outcome) => {
                let seen = seen(&outcome);
                if kind == Kind::Photo {
                    photo = Some(outcome);
                }
                Verdict::Kept(seen)
            }
            Err(found) => {
                session = method.open(ask).map_err(ConformanceError::Method)?;
                Verdict::Broken { found, remedy: BREAKS }
            }
        };
        rules.push(Rule { rule, verdict });
    }
    let again = attempt(&mut session, planted, Kind::Photo, ask);
    rules.push(match (photo, again) {
        (Some(before), Ok(after)) => Rule::of(
            "gives the same photo the same answer after all that",
            if before.answer == after.answer && before.status == after.status {
                Ok(seen(&after))
            } else {
                Err(format!("{}, then {}", seen(&before), seen(&after)))
            },
            "carry nothing over from one attempt to the next, and draw from the seed where you draw",
        ),
        (_, Err(found)) => Rule::broken("gives the same photo the same answer after all that", found, BREAKS),
        (None, Ok(_)) => Rule {
            rule: "gives the same photo the same answer after all that",
            verdict: Verdict::NotApplicable("the first one broke it".to_owned()),
        },
    });
    drop(session);
    let reopened = method.open(ask).map_err(|error| error.to_string());
    let reopened = reopened.and_then(|mut session| attempt(&mut session, planted, Kind::Photo, ask));
    let remedy = "leave nothing behind that keeps a second process from starting: locks, ports, temporary files";
    rules.push(Rule::of("opens again after it was closed", reopened.map(|outcome| seen(&outcome)), remedy));
    Ok(rules)
}

/// Puts the sample of `kind` to the session.
///
/// # Errors
/// How the session broke.
fn attempt(session: &mut Box<dyn Session>, planted: &Planted, kind: Kind, ask: &Ask) -> Result<Outcome, String> {
    let mut sample = planted.sample(kind, &*ask.clock).ok_or("no such sample")?;
    let outcome = session.attempt(&mut sample).map_err(|error| error.to_string())?;
    // The harness writes one line a reason, and a table that people read.
    let fits = outcome.reason.as_ref().is_none_or(|reason| !reason.contains('\n'));
    if fits { Ok(outcome) } else { Err("a reason of more than one line".to_owned()) }
}

/// An outcome in a few words.
pub(super) fn seen(outcome: &Outcome) -> String {
    use crate::outcome::Answer;
    let answer = match &outcome.answer {
        Some(Answer::Age { age, .. }) => format!(" {} years", age.years()),
        Some(Answer::Range { low, high }) => format!(" {} to {} years", low.years(), high.years()),
        Some(Answer::Limits(limits)) => format!(" for {} limits", limits.len()),
        None => String::new(),
    };
    let reason = outcome.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}{answer}{reason}", outcome.status.word())
}
