//! The messages of the protocol, as `docs/programs.md` specifies them: written here, read here, nowhere else.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::age::AgeLimit;
use crate::finding::{listed, quoted};
use crate::method::json;

/// The major number of the protocol.
pub const PROTOCOL: u64 = 1;

/// Attempts that a process may have in flight at most.
pub const MOST_IN_FLIGHT: usize = 64;

/// How the content of a sample reaches a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// As the path of a copy.
    Path,
    /// In the message, as base64.
    Base64,
    /// As raw bytes behind the message.
    Bytes,
    /// Decoded: the pixels of the upright picture behind the message.
    Pixels,
    /// Not at all: columns only.
    None,
}

impl Carrier {
    /// Every carrier with its word.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("path", Self::Path),
        ("base64", Self::Base64),
        ("bytes", Self::Bytes),
        ("pixels", Self::Pixels),
        ("none", Self::None),
    ];

    /// Whether raw bytes follow the message.
    #[must_use]
    pub fn is_raw(self) -> bool {
        matches!(self, Self::Bytes | Self::Pixels)
    }

    /// The word in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, carrier)| *carrier == self).map_or("", |(word, _)| *word)
    }
}

/// What a program may answer with.
pub const ANSWERS: [&str; 5] = ["age", "spread", "range", "decisions", "scores"];

/// What the harness says first.
#[derive(Serialize)]
pub struct Hello<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    agebench: u64,
    limits: Vec<u32>,
    media: [&'static str; 5],
    time_limit_ms: u64,
    seed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved: Option<&'a str>,
}

impl<'a> Hello<'a> {
    /// The greeting for `limits`; `reserved` is a field of a later version, which a program must pass over.
    #[must_use]
    pub fn new(limits: &[AgeLimit], time_limit_ms: u64, seed: u64, reserved: Option<&'a str>) -> Self {
        let limits = limits.iter().map(|limit| limit.years()).collect();
        let media = Carrier::WORDS.map(|(word, _)| word);
        Self { kind: "hello", agebench: PROTOCOL, limits, media, time_limit_ms, seed, reserved }
    }
}

/// One attempt, as the harness asks for it.
#[derive(Serialize)]
pub struct Attempt<'a> {
    /// Always `attempt`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which request of this process it is, from 1.
    pub n: u64,
    /// What the content is; absent without content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<&'static str>,
    /// Where a copy of the content lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
    /// The content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<&'a str>,
    /// How many raw bytes follow the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<usize>,
    /// Pixels in a row of the upright picture, where the bytes are its pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Where the face is: left, upper, right and lower edge in pixels of the upright picture.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    pub face_box: Option<[f64; 4]>,
    /// The columns that the program asked for.
    #[serde(serialize_with = "as_object")]
    pub columns: &'a [(&'a str, &'a str)],
    /// A field of a later version, which a program must pass over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<&'a str>,
}

fn as_object<S: serde::Serializer>(columns: &[(&str, &str)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(columns.iter().copied())
}

/// The farewell.
pub const BYE: &[u8] = b"{\"type\":\"bye\"}\n";

/// `message` as a line.
#[must_use]
pub fn line(message: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

/// What a program says when it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Its own version, where it tells.
    pub version: Option<String>,
    /// How it wants content.
    pub carrier: Carrier,
    /// What it answers with.
    pub answers: Vec<String>,
    /// The columns that it wants; all that the card names when it does not say.
    pub columns: Option<Vec<String>>,
    /// Attempts that may be in flight at once.
    pub in_flight: usize,
    /// Fields that the protocol does not know.
    pub unknown: Vec<String>,
}

impl Ready {
    /// Whether it asks for the column `name`.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.columns.as_ref().is_none_or(|wanted| wanted.iter().any(|it| it == name))
    }

    /// The `ready` in `line`.
    ///
    /// # Errors
    /// What is wrong with it, and what was expected.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let mut fields = object(line)?;
        let found = text(&mut fields, "type")?;
        if found.as_deref() != Some("ready") {
            let found = found.map_or_else(|| "no `type`".to_owned(), |found| quoted(&found));
            return Err(format!("its first line has {found}: expected `\"type\":\"ready\"`"));
        }
        let version = fields.remove("agebench");
        if version.as_ref().and_then(Value::as_u64) != Some(PROTOCOL) {
            let found = version.map_or_else(|| "nothing".to_owned(), |found| short(&found));
            return Err(format!("`agebench` is {found}: this agebench speaks version {PROTOCOL} of the protocol"));
        }
        let words = Carrier::WORDS.map(|(word, _)| word);
        let carrier = text(&mut fields, "media")?.ok_or_else(|| format!("no `media`: expected {}", listed(&words)))?;
        let carrier = Carrier::WORDS
            .iter()
            .find(|(word, _)| *word == carrier)
            .map(|(_, carrier)| *carrier)
            .ok_or_else(|| format!("`media` is {}: expected {}", quoted(&carrier), listed(&words)))?;
        let answers = texts(&mut fields, "answers")?.filter(|answers| !answers.is_empty());
        let answers = answers.ok_or_else(|| format!("no `answers`: expected a list of {}", listed(&ANSWERS)))?;
        if let Some(other) = answers.iter().find(|answer| !ANSWERS.contains(&answer.as_str())) {
            return Err(format!("`answers` has {}: expected {}", quoted(other), listed(&ANSWERS)));
        }
        let columns = texts(&mut fields, "columns")?;
        let in_flight = match fields.remove("max_in_flight") {
            None => 1,
            Some(value) => value
                .as_u64()
                .and_then(|count| usize::try_from(count).ok())
                .filter(|count| (1..=MOST_IN_FLIGHT).contains(count))
                .ok_or_else(|| format!("`max_in_flight` is {}: expected 1 to {MOST_IN_FLIGHT}", short(&value)))?,
        };
        let (_, version) = (text(&mut fields, "name")?, text(&mut fields, "version")?);
        Ok(Self {
            version,
            carrier,
            answers,
            columns,
            in_flight,
            unknown: fields.into_iter().map(|(name, _)| name).collect(),
        })
    }
}

/// The JSON object in `line`.
pub(super) fn object(line: &[u8]) -> Result<Map<String, Value>, String> {
    match json::parse(line) {
        Ok(Value::Object(fields)) => Ok(fields),
        Err(error) if json::is_twice(&error) => Err(format!("a line has a key twice in one object: {}", excerpt(line))),
        Ok(_) => Err(format!("a line is not a json object: {}", excerpt(line))),
        Err(_) => Err(format!("a line is not json: {}", excerpt(line))),
    }
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("`{name}` is {}: expected a text", short(&other))),
    }
}

fn texts(fields: &mut Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, String> {
    let Some(value) = fields.remove(name) else { return Ok(None) };
    let wrong = || format!("`{name}` is {}: expected a list of texts", short(&value));
    let items = value.as_array().ok_or_else(wrong)?;
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>().map(Some).ok_or_else(wrong)
}

/// A value, short enough for a message.
pub(super) fn short(value: &Value) -> String {
    excerpt(value.to_string().as_bytes())
}

/// The beginning of foreign bytes, safe to print.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    beginning(bytes, 60)
}

/// The first `most` characters of foreign bytes, safe to print.
pub(super) fn beginning(bytes: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown: String = text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        shown.push_str("...");
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_and_an_attempt_are_what_the_specification_shows() {
        let limits = [13, 18].map(|years| AgeLimit::new(years).unwrap());
        let hello = String::from_utf8(line(&Hello::new(&limits, 60_000, 0, None))).unwrap();
        assert_eq!(
            hello,
            "{\"type\":\"hello\",\"agebench\":1,\"limits\":[13,18],\"media\":[\"path\",\"base64\",\"bytes\",\"pixels\",\"none\"],\
             \"time_limit_ms\":60000,\"seed\":0}\n"
        );
        let attempt = Attempt {
            kind: "attempt",
            n: 2,
            media_type: Some("image/jpeg"),
            path: None,
            base64: None,
            bytes: Some(48_213),
            width: None,
            height: None,
            face_box: None,
            columns: &[("account_age_days", "412")],
            reserved: None,
        };
        let expected = "{\"type\":\"attempt\",\"n\":2,\"media_type\":\"image/jpeg\",\"bytes\":48213,\
                        \"columns\":{\"account_age_days\":\"412\"}}\n";
        assert_eq!(String::from_utf8(line(&attempt)).unwrap(), expected);
    }

    #[test]
    fn a_ready_is_read_with_its_defaults_and_what_is_wrong_with_one_is_said() {
        let ready =
            Ready::parse(br#"{"type":"ready","agebench":1,"media":"path","answers":["age"],"mood":1}"#).unwrap();
        assert_eq!((ready.carrier, ready.in_flight, ready.columns), (Carrier::Path, 1, None));
        assert_eq!(ready.unknown, ["mood"]);
        for (line, expected) in [
            ("hello there", "not json"),
            ("[1]", "not a json object"),
            (r#"{"type":"answer"}"#, "`answer`"),
            (r#"{"type":"ready","agebench":2}"#, "speaks version 1"),
            (r#"{"type":"ready","agebench":1,"media":"file"}"#, "`file`"),
            (r#"{"type":"ready","agebench":1,"media":"path"}"#, "no `answers`"),
            (r#"{"type":"ready","agebench":1,"media":"path","answers":["mood"]}"#, "`mood`"),
            (r#"{"type":"ready","agebench":1,"media":"path","answers":["age"],"max_in_flight":0}"#, "1 to 64"),
        ] {
            let error = Ready::parse(line.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    #[test]
    fn foreign_bytes_are_shown_short_and_without_control_characters() {
        assert_eq!(excerpt(b"\x1b[31mred\n"), "` [31mred `");
        assert!(excerpt(&[b'x'; 5000]).len() < 80);
        assert!(excerpt(&[0xFF, 0xFE]).contains('\u{FFFD}'));
    }
}
