//! One attempt at a time on a service: asked, asked again where that may help, and read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::card::HttpCard;
use super::client::{Client, Done, Reply, Roots};
use super::pace::{Pace, asked_for, backoff, nap};
use super::reply::{LONGEST_COOKIE, LONGEST_REASON, MOST_COOKIES, Reading};
use super::request::Request;
use super::secret::Secrets;
use super::template::Filling;
use super::trouble::Trouble;
use super::wire::Meter;
use crate::method::{Ask, MethodError, Sample, Session};
use crate::outcome::{Outcome, Status};

/// What the sessions of one method share.
pub struct Service {
    /// The table `[http]`.
    pub card: HttpCard,
    /// The values of the variables that it names.
    pub secrets: Secrets,
    /// The proxy, with everything filled in.
    pub proxy: Option<String>,
    /// The certificates of `ca_file`.
    pub roots: Option<Roots>,
    /// How fast it is asked.
    pub pace: Pace,
    /// Requests, redirects, bytes sent and received.
    pub counts: [AtomicU64; 4],
    /// Cookies that it offered, each with the bytes of its content.
    pub cookies: Mutex<BTreeMap<String, u64>>,
}

/// What is written down of an examination: all that the service was sent.
pub type Notes = Mutex<Vec<u8>>;

/// One connection.
pub struct HttpSession {
    service: Arc<Service>,
    client: Client,
    ask: Ask,
    notes: Option<Arc<Notes>>,
}

/// What to make of a reply, or of none.
enum Verdict {
    /// The service has said what it has to say.
    Said(Outcome),
    /// There is no use in asking this service.
    Ended(Outcome),
    /// It may go better the next time; what `Retry-After` and `Date` say.
    Again(String, Option<(String, Option<String>)>),
}

impl HttpSession {
    /// A session of `service`; `notes` is where it is written down what is sent.
    ///
    /// # Errors
    /// When the card's proxy is none.
    pub fn new(service: Arc<Service>, ask: &Ask, notes: Option<Arc<Notes>>) -> Result<Self, String> {
        let meter = Meter::new(Arc::clone(&ask.clock), Arc::clone(&ask.stop));
        let client = Client::new(&service.card, service.roots.as_ref(), service.proxy.as_deref(), meter)?;
        Ok(Self { service, client, ask: ask.clone(), notes })
    }

    fn reading(&self) -> Reading<'_> {
        Reading { card: &self.service.card.answer, limits: &self.ask.limits, secrets: &self.service.secrets }
    }

    fn verdict(&self, asked: Result<Reply, Trouble>) -> Verdict {
        let kept = |text: &str| self.reading().kept(text, LONGEST_REASON);
        let reply = match asked {
            Ok(reply) => reply,
            Err(Trouble::Late) => return Verdict::Ended(Outcome::timed_out(self.ask.time_limit)),
            Err(Trouble::Broken(text)) => return Verdict::Again(kept(&text), None),
            Err(Trouble::Unusable(text)) => return Verdict::Ended(Outcome::failed(kept(&text))),
            Err(Trouble::TooLong) => {
                let most = self.service.card.reply_bytes;
                return Verdict::Said(Outcome::nonsense(format!(
                    "the reply is longer than {most} bytes (`reply_bytes`)"
                )));
            }
        };
        let reading = self.reading();
        let with_reason = |text: String| match reading.reason_in(&reply.body) {
            Some(reason) => format!("{text}: {reason}"),
            None => text,
        };
        let code = format!("http {}", reply.code);
        match (reply.code, self.service.card.status_of(reply.code)) {
            (_, Some(status)) => {
                let outcome = reading.outcome(&reply.body, Some(status));
                let needs = outcome.status != Status::Answered && outcome.reason.is_none();
                Verdict::Said(Outcome { reason: if needs { Some(code) } else { outcome.reason }, ..outcome })
            }
            (200..=299, None) => {
                let outcome = reading.outcome(&reply.body, None);
                let compressed = outcome.status == Status::Failed && !reply.encoding.is_empty();
                Verdict::Said(if compressed {
                    Outcome::nonsense("the reply is compressed, which nobody asked for")
                } else {
                    outcome
                })
            }
            (429 | 500..=599, None) => Verdict::Again(with_reason(code), reply.retry_after),
            (401 | 403 | 407, None) => Verdict::Ended(Outcome::failed(with_reason(format!("{code}, not let in")))),
            (300..=399, None) => Verdict::Ended(Outcome::failed(format!("{code}, a redirect to nowhere"))),
            (_, None) => Verdict::Said(Outcome::failed(with_reason(code))),
        }
    }

    /// Waits before the request that is number `again` of those made again; `false` when it would be too long.
    fn wait(&self, again: u32, asked: Option<(String, Option<String>)>) -> Result<bool, MethodError> {
        let (card, clock) = (&self.service.card, &*self.ask.clock);
        let asked = asked.and_then(|(after, date)| asked_for(&after, date.as_deref(), clock.wall()));
        let own = backoff(card.backoff, again, card.longest_wait);
        if asked.is_some_and(|asked| asked > card.longest_wait) {
            return Ok(false);
        }
        if let Some(asked) = asked {
            self.service.pace.hold(asked, clock); // the others too
        }
        nap(asked.map_or(own, |asked| asked.max(own)), &self.ask.stop)?;
        Ok(true)
    }

    fn count(&self, done: &Done) {
        let (sent, received) = self.client.meter.take();
        for (count, more) in self.service.counts.iter().zip([done.requests, done.redirects, sent, received]) {
            count.fetch_add(more, Ordering::Relaxed);
        }
        let offered = std::mem::take(&mut *self.client.cookies.lock().unwrap_or_else(PoisonError::into_inner));
        if !offered.is_empty() {
            let mut known = self.service.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            for (name, bytes) in offered {
                let name = self.reading().kept(&name, LONGEST_COOKIE);
                if known.len() < MOST_COOKIES || known.contains_key(&name) {
                    known.insert(name, bytes);
                }
            }
        }
    }
}

impl Session for HttpSession {
    fn attempt(&mut self, sample: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        let clock = Arc::clone(&self.ask.clock);
        let begun = clock.monotonic();
        if let (Err(reason), false) = (sample.file(), sample.is_record()) {
            return Ok(Outcome::failed(reason));
        }
        let filling = Filling {
            content: sample.bytes().zip(sample.media()),
            face_box: sample.face_box(),
            columns: sample.columns(),
            limits: &self.ask.limits,
            secrets: &self.service.secrets,
        };
        let request = match Request::of(&self.service.card, &filling) {
            Ok(request) => request,
            Err(reason) => return Ok(Outcome::failed(reason)),
        };
        if let Some(notes) = &self.notes {
            notes.lock().unwrap_or_else(PoisonError::into_inner).extend(request.written_out());
        }
        let prepare = clock.monotonic().saturating_sub(begun);
        let (mut done, mut retries) = (Done::default(), 0);
        loop {
            let turn = || self.service.pace.wait(&*clock, &self.ask.stop);
            let before = done;
            let asked = self.client.ask(&request, self.ask.time_limit, &mut done, turn);
            let ended = clock.monotonic();
            self.count(&done.since(&before));
            let asked = asked?;
            if asked.is_err() && self.ask.stop.load(Ordering::Relaxed) {
                return Err(MethodError::Stopped);
            }
            let sent = self.client.meter.last_sent().unwrap_or(ended).max(done.begun);
            let about = |outcome: Outcome| Outcome {
                bytes_in: Some(done.given),
                bytes_out: Some(done.returned),
                prepare: Some(prepare),
                transfer: Some(sent.saturating_sub(done.begun)),
                answer_time: Some(ended.saturating_sub(sent)),
                retries,
                ..outcome
            };
            let (reason, asked_to_wait) = match self.verdict(asked) {
                Verdict::Said(outcome) => return Ok(about(outcome)),
                Verdict::Ended(outcome) => return Err(MethodError::Ended(Box::new(about(outcome)))),
                Verdict::Again(reason, asked_to_wait) => (reason, asked_to_wait),
            };
            let reason = if retries == self.service.card.retries {
                if retries == 0 { reason } else { format!("{reason}, after {} tries", retries + 1) }
            } else if self.wait(retries + 1, asked_to_wait)? {
                retries += 1;
                continue;
            } else {
                format!("{reason}, and the service asks for a longer wait than `longest_wait_seconds`")
            };
            return Err(MethodError::Ended(Box::new(about(Outcome::failed(reason)))));
        }
    }
}
