//! The rules for services (`docs/http.md`).

use std::sync::{Arc, PoisonError};
use std::thread;

use super::Rule;
use super::any::seen;
use super::planted::{Kind, MARK, Planted};
use crate::method::adapter::http::{HttpMethod, Notes};
use crate::method::{Ask, Method, MethodError, Session};
use crate::outcome::Outcome;

pub(super) fn rules(service: &HttpMethod, planted: &Planted, ask: &Ask) -> Vec<Rule> {
    let exam = Exam { service, planted, ask };
    vec![exam.is_sent_no_name(), exam.sends_no_secret_back(), exam.answers_several_at_once()]
}

struct Exam<'a> {
    service: &'a HttpMethod,
    planted: &'a Planted,
    ask: &'a Ask,
}

impl Exam<'_> {
    /// What came of each planted sample; one that ended the session is an outcome too.
    fn outcomes(&self, notes: &Arc<Notes>) -> Result<Vec<Outcome>, String> {
        let mut outcomes = Vec::new();
        for kind in Kind::ALL {
            let Some((mut sample, _)) = self.planted.sample(kind, &*self.ask.clock) else { continue };
            let mut session = self.service.session(self.ask, Some(Arc::clone(notes))).map_err(text)?;
            outcomes.extend(match session.attempt(&mut sample) {
                Ok(outcome) => Some(outcome),
                Err(MethodError::Ended(outcome)) => Some(*outcome),
                Err(MethodError::Stopped) => return Err(MethodError::Stopped.to_string()),
                Err(_) => None,
            });
        }
        Ok(outcomes)
    }

    fn is_sent_no_name(&self) -> Rule {
        let notes = Arc::new(Notes::default());
        let found = self.outcomes(&notes).and_then(|_| {
            let sent = notes.lock().unwrap_or_else(PoisonError::into_inner);
            let text = String::from_utf8_lossy(&sent);
            if text.contains(MARK) {
                Err(format!("the mark {MARK} of the planted names was sent"))
            } else {
                Ok(format!("the mark is in none of {} bytes that were sent", sent.len()))
            }
        });
        let remedy = "a defect of agebench: please report it";
        Rule::of("is sent no name, id, path or label of the dataset", found, remedy)
    }

    fn sends_no_secret_back(&self) -> Rule {
        let found = self.outcomes(&Arc::default()).and_then(|outcomes| {
            let texts = outcomes.iter().flat_map(|outcome| {
                let extra = outcome.extra.iter().flat_map(|(name, value)| [name, value]);
                outcome.reason.iter().chain(extra)
            });
            // Removed before anybody sees it, so the word for it is what tells.
            match texts.into_iter().find(|text| text.contains(crate::method::adapter::http::secret::REMOVED)) {
                Some(text) => Err(format!("a reply holds one: {text}")),
                None => Ok("in no reply".to_owned()),
            }
        });
        let remedy = "leave keys out of replies and error messages: agebench removes them, other clients may log them";
        Rule::of("sends no secret back", found, remedy)
    }

    fn answers_several_at_once(&self) -> Rule {
        const RULE: &str = "answers as many attempts at once as the card says";
        let instances = self.service.sessions(std::num::NonZeroUsize::MIN).get();
        if instances == 1 {
            return Rule::not_applicable(RULE, "the card says one");
        }
        let photo = || -> Result<Outcome, String> {
            let (mut sample, _) = self.planted.sample(Kind::Photo, &*self.ask.clock).ok_or("no photo")?;
            self.service.open(self.ask).and_then(|mut session| session.attempt(&mut sample)).map_err(text)
        };
        let found = || -> Result<String, String> {
            let alone = photo()?;
            let all: Vec<Result<Outcome, String>> = thread::scope(|scope| {
                let threads: Vec<_> = (0..instances).map(|_| scope.spawn(photo)).collect();
                threads.into_iter().map(|it| it.join().unwrap_or_else(|_| Err("a thread died".to_owned()))).collect()
            });
            for outcome in all {
                let outcome = outcome?;
                if outcome.retries > 0 || outcome.answer != alone.answer || outcome.status != alone.status {
                    let again = if outcome.retries > 0 { ", asked again" } else { "" };
                    return Err(format!("{}{again} together, {} alone", seen(&outcome), seen(&alone)));
                }
            }
            Ok(format!("{instances} at once"))
        };
        let remedy = "write fewer `instances`, or `requests_per_second`, into the card";
        Rule::of(RULE, found(), remedy)
    }
}

fn text(error: MethodError) -> String {
    error.to_string()
}
