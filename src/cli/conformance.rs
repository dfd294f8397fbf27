//! `agebench check METHOD --conformance`: each rule that a method keeps or breaks, a line each.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::engines::Means;
use super::environment::Environment;
use super::{Exit, Failure, methods};
use crate::bundled;
use crate::conformance::{Rule, Subject, Verdict, examine};
use crate::dataset::Files;
use crate::finding::{Finding, Findings, counted};
use crate::method::adapter::AdapterCard;
use crate::method::adapter::command::CommandMethod;
#[cfg(feature = "http")]
use crate::method::adapter::http::HttpMethod;
use crate::method::{Ask, Method};
use crate::protocol::Protocol;

/// How long an answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A drawn face.
const PHOTO: &str = "images/s0001.jpg";

/// Examines `method`: what was seen, in words, and a finding for each rule that was broken or is in doubt.
pub(super) fn check(method: &str, environment: &Environment) -> Result<(String, Findings), Failure> {
    let place = methods::find(method)?;
    let (card, findings, _) = methods::read_card(&place)?;
    let Some(card) = card else { return Ok((String::new(), findings)) };
    let means = Means::embedded();
    let around = place.around(&means, environment);
    #[cfg(feature = "http")]
    let mut service = None;
    let (program, method): (Option<Arc<CommandMethod>>, Arc<dyn Method>) = match &card.adapter {
        #[cfg(feature = "http")]
        AdapterCard::Http(http) => {
            let method = Arc::new(HttpMethod::new(card.clone(), http, &around).map_err(Failure::unusable)?);
            service = Some(Arc::clone(&method));
            (None, method)
        }
        AdapterCard::Command(command) => {
            let program = CommandMethod::find(card.clone(), command, &around).map_err(Failure::unusable)?;
            let program = Arc::new(program);
            (Some(Arc::clone(&program)), program)
        }
        _ => (None, place.open(card, &means, environment).map_err(Failure::unusable)?.0),
    };
    let photo = bundled::faces().read(PHOTO).map_err(Failure::unusable)?;
    let subject = Subject {
        method,
        program: program.as_deref(),
        #[cfg(feature = "http")]
        service: service.as_deref(),
        photo: &photo,
    };
    let protocol = Protocol::default_protocol();
    let ask = Ask {
        limits: protocol.limits,
        time_limit: TIME_LIMIT,
        seed: protocol.seed,
        scratch: environment.scratch.clone(),
        clock: Arc::clone(&environment.clock),
        stop: Arc::clone(&environment.stop),
    };
    let examined = examine(&subject, &ask);
    if environment.stop.load(Ordering::Relaxed) {
        let error = "interrupted: the examination was not finished".into();
        return Err(Failure { exit: Exit::Interrupted, error, help: None });
    }
    let rules = examined.map_err(Failure::unusable)?;
    let found = rules.iter().filter_map(|rule| match &rule.verdict {
        Verdict::Broken { found, remedy } => {
            Some(Finding::error(&place.shown, format!("{}: no: {found}", rule.rule)).help(*remedy))
        }
        Verdict::Doubtful { found, remedy } => {
            Some(Finding::warning(&place.shown, format!("{}: no: {found}", rule.rule)).help(*remedy))
        }
        Verdict::Kept(_) | Verdict::NotApplicable(_) => None,
    });
    Ok((told(&rules), found.collect()))
}

/// Each rule as a line.
fn told(rules: &[Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let (word, seen) = match &rule.verdict {
            Verdict::Kept(seen) => ("pass", seen),
            Verdict::Broken { found, .. } => ("FAIL", found),
            Verdict::Doubtful { found, .. } => ("warn", found),
            Verdict::NotApplicable(why) => ("n/a ", why),
        };
        text.push_str(&format!("{word}  {}: {seen}\n", rule.rule));
    }
    let broken = rules.iter().filter(|rule| rule.is_broken()).count();
    let kept = rules.iter().filter(|rule| matches!(rule.verdict, Verdict::Kept(_))).count();
    text.push_str(&format!("{} kept, {broken} broken\n", counted(kept, "rule")));
    text
}
