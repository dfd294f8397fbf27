//! The table `[http]` of a method card: which service is asked, with what, how fast, and how its replies are read.

mod content;
mod numbers;
mod place;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::address::Address;
use super::answer::{AnswerCard, statuses};
use super::body::Body;
use super::headers;
use super::template::{Piece, Template};
use crate::finding::quoted;
use crate::keys::Keys;
use crate::method::lend;
use crate::outcome::Status;
use numbers::{interval, seconds, whole};

/// Attempts at once at most.
const MOST_INSTANCES: usize = 256;
/// Tries of one request again at most.
const MOST_RETRIES: u32 = 100;
/// Bytes of a reply at most, whatever the card says.
const LONGEST_REPLY: u64 = 1 << 30;

/// How a service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// With a body.
    Post,
    /// With a body.
    Put,
    /// With a body.
    Patch,
    /// Without a body.
    Get,
}

impl Verb {
    /// Every verb with its word.
    pub const WORDS: [(&'static str, Self); 4] =
        [("POST", Self::Post), ("PUT", Self::Put), ("PATCH", Self::Patch), ("GET", Self::Get)];

    /// The word in requests.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, verb)| *verb == self).map_or("", |(word, _)| *word)
    }
}

/// The table `[http]`. What changes no answer is not in the digest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpCard {
    /// Where the service is.
    #[serde(serialize_with = "as_text")]
    pub address: Address,
    /// What stands after the `?`.
    pub query: Option<Template>,
    /// How it is asked.
    pub method: Verb,
    /// Headers of every request, by name.
    pub headers: BTreeMap<String, Template>,
    /// What is sent.
    pub body: Body,
    /// What stands where in a reply.
    pub answer: AnswerCard,
    /// What codes mean, other than 200 to 299.
    pub codes: BTreeMap<u16, String>,
    /// Columns of the dataset that the service may be given.
    pub columns: Vec<String>,
    /// Certificates that are trusted in place of the public ones; its content enters the digest.
    pub ca_file: Option<String>,
    /// Bytes of a reply at most.
    pub reply_bytes: u64,
    /// How often a request is made again.
    pub retries: u32,
    /// How long is waited before the first such request, twice as long before each further one.
    #[serde(skip)]
    pub backoff: Duration,
    /// What is waited at most before one, also when the service asks for more.
    #[serde(skip)]
    pub longest_wait: Duration,
    /// The least time between two requests.
    #[serde(skip)]
    pub interval: Duration,
    /// Attempts at once.
    #[serde(skip)]
    pub instances: NonZeroUsize,
    /// A proxy that the requests go through.
    #[serde(skip)]
    pub proxy: Option<Template>,
    /// Whether the service may be reached without TLS although it is on another machine.
    #[serde(skip)]
    pub plain_http: bool,
}

fn as_text<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}

impl HttpCard {
    /// Reads the table, noting all that is wrong with it.
    pub(crate) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let plain_http = keys.take("plain_http", "true or false").unwrap_or(false);
        let url = place::url(keys, plain_http);
        let default = (!keys.has("method")).then_some(Verb::Post);
        let method = keys.word("method", &Verb::WORDS).or(default);
        let body = content::body(keys);
        if let (Some(method), Some(body)) = (method, &body) {
            let help = Some("give one of `json`, `[[http.parts]]` or `bytes = true`".to_owned());
            match (method, body) {
                (Verb::Get, Body::None) => {}
                (Verb::Get, body) => {
                    let text = format!("a GET request has no body, and the card has `{}`", body.word());
                    keys.wrong("method", None, text, Some("write `method = \"POST\"`".to_owned()));
                }
                (_, Body::None) => keys.wrong("json", None, format!("a {} request needs a body", method.word()), help),
                _ => {}
            }
        }
        let headers = headers::read(keys, body.as_ref().is_some_and(|body| matches!(body, Body::Parts(_))));
        let row = keys.row_of_key("columns");
        let columns: Vec<String> = keys.take("columns", "a list of columns of the dataset").unwrap_or_default();
        lend::check_columns(keys, row, &columns);
        let codes = codes(keys);
        let answer = keys
            .require_table("answer", "pointers to what the service answers, such as `age = \"/age\"`")
            .and_then(|mut table| {
                let answer = AnswerCard::read(&mut table);
                keys.absorb(table);
                answer
            });
        let ca_file: Option<String> = keys.take("ca_file", "a file of certificates (PEM), relative to the card");
        let proxy = place::proxy(keys);
        let reply_bytes =
            whole(keys, "reply_bytes", 1 << 20, 1..=LONGEST_REPLY, "the longest reply that is read, bytes");
        let retries = whole(keys, "retries", 3, 0..=u64::from(MOST_RETRIES), "a whole number of retries");
        let instances = whole(keys, "instances", 1, 1..=MOST_INSTANCES as u64, "a whole number of requests at once");
        let backoff = seconds(keys, "backoff_seconds", 1.0);
        let longest_wait = seconds(keys, "longest_wait_seconds", 60.0);
        let interval = interval(keys);
        let (address, query) = url?;
        let card = Self {
            address,
            query,
            method: method?,
            headers: headers?,
            body: body?,
            answer: answer?,
            codes: codes?,
            columns,
            ca_file,
            reply_bytes: reply_bytes?,
            retries: u32::try_from(retries?).ok()?,
            backoff: backoff?,
            longest_wait: longest_wait?,
            interval: interval?,
            instances: NonZeroUsize::new(usize::try_from(instances?).ok()?)?,
            proxy: proxy?,
            plain_http,
        };
        card.check_places(keys);
        Some(card)
    }

    /// The environment variables that it names, in the order of the card.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let templates = self.query.iter().chain(self.headers.values()).chain(self.proxy.as_ref());
        templates.chain(self.body.templates()).flat_map(Template::variables)
    }

    /// Whether a file of the dataset, or the place of the face in it, is sent.
    #[must_use]
    pub fn looks(&self) -> bool {
        self.sends_content() || self.sends_box()
    }

    /// Whether a file of the dataset is sent.
    #[must_use]
    pub fn sends_content(&self) -> bool {
        self.body.wants_content() || self.places().any(Piece::is_content)
    }

    /// Whether the place of the face in one is.
    #[must_use]
    pub fn sends_box(&self) -> bool {
        self.places().any(|piece| *piece == Piece::FaceBox)
    }

    fn places(&self) -> impl Iterator<Item = &Piece> {
        self.body.templates().into_iter().chain(&self.query).flat_map(Template::pieces)
    }

    /// What the code means: the card's word for it, or `None`.
    #[must_use]
    pub fn status_of(&self, code: u16) -> Option<Status> {
        self.codes.get(&code).and_then(|word| Status::parse(word))
    }

    /// Notes every column that a place names and the card does not lend, and every one that no place names.
    fn check_places(&self, keys: &mut Keys<'_>) {
        let templates = self.query.iter().chain(self.body.templates());
        let named: Vec<&String> = templates
            .flat_map(Template::pieces)
            .filter_map(|piece| match piece {
                Piece::Column(name) | Piece::Number(name) => Some(name),
                _ => None,
            })
            .collect();
        for name in &named {
            if !self.columns.contains(name) {
                let text = format!("the column {} is sent, and not named here", quoted(name));
                keys.wrong("columns", None, text, Some(format!("add it: columns = [{name:?}]")));
            }
        }
        for name in self.columns.iter().filter(|name| !named.contains(name)) {
            let help = format!("write `{{column:{name}}}` where it belongs, or leave it out here");
            keys.wrong("columns", None, format!("the column {} is never sent", quoted(name)), Some(help));
        }
    }
}

fn codes(keys: &mut Keys<'_>) -> Option<BTreeMap<u16, String>> {
    let row = keys.row_of_key("codes");
    let mut codes = BTreeMap::new();
    for (code, word) in statuses(keys, "codes") {
        match code.parse().ok().filter(|code| (200..=299).contains(code) || (400..=599).contains(code)) {
            Some(code) => drop(codes.insert(code, word)),
            None => {
                keys.wrong("codes", row, format!("{} is no code from 200 to 299 or 400 to 599", quoted(&code)), None);
                return None;
            }
        }
    }
    Some(codes)
}

#[cfg(test)]
mod tests;
