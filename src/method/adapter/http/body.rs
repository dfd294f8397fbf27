//! The body of a request: JSON, a form of several parts, or the content itself.

use memchr::memmem;
use serde::Serialize;
use serde_json::Value;

use super::secret::carries_a_secret;
use super::template::{Filling, Piece, Template};
use crate::digest::Digest;
use crate::finding::quoted;
use crate::method::NO_FILE;

/// What is sent with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Nothing.
    None,
    /// JSON, as a text with places to fill in.
    Json(Json),
    /// A form of several parts (`multipart/form-data`, RFC 7578).
    Parts(Vec<Part>),
    /// The content itself.
    Bytes,
}

/// JSON with places to fill in within its texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Json {
    source: String,
    #[serde(skip)]
    pieces: Vec<JsonPiece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum JsonPiece {
    Raw(String),
    Text(Template),
}

/// A part of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The name of the field.
    pub name: String,
    /// Its text; none for the content as a file.
    pub value: Option<Template>,
}

impl Json {
    /// The template in `text`.
    ///
    /// # Errors
    /// Everything that is wrong with it. Values are not repeated: they may be secrets that should not be there.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| vec![format!("not json at its line {}, column {}", error.line(), error.column())])?;
        let (mut pieces, mut problems) = (Vec::new(), Vec::new());
        compile("", &value, &mut pieces, &mut problems);
        if problems.is_empty() { Ok(Self { source: text.to_owned(), pieces }) } else { Err(problems) }
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        self.pieces.iter().filter_map(|piece| match piece {
            JsonPiece::Text(template) => Some(template),
            JsonPiece::Raw(_) => None,
        })
    }
}

fn compile(key: &str, value: &Value, pieces: &mut Vec<JsonPiece>, problems: &mut Vec<String>) {
    let raw = |pieces: &mut Vec<JsonPiece>, text: &str| match pieces.last_mut() {
        Some(JsonPiece::Raw(last)) => last.push_str(text),
        _ => pieces.push(JsonPiece::Raw(text.to_owned())),
    };
    match value {
        Value::String(text) => match Template::parse(text) {
            Ok(template) if template.is_literal() && !text.is_empty() && carries_a_secret(key) => {
                problems.push(literal_secret(key));
            }
            Ok(template) => pieces.push(JsonPiece::Text(template)),
            Err(problem) if key.is_empty() => problems.push(problem),
            Err(problem) => problems.push(format!("in {}: {problem}", quoted(key))),
        },
        Value::Array(items) => {
            raw(pieces, "[");
            for (place, item) in items.iter().enumerate() {
                raw(pieces, if place > 0 { "," } else { "" });
                compile(key, item, pieces, problems);
            }
            raw(pieces, "]");
        }
        Value::Object(fields) => {
            raw(pieces, "{");
            for (place, (key, field)) in fields.iter().enumerate() {
                raw(pieces, if place > 0 { "," } else { "" });
                raw(pieces, &format!("{}:", Value::from(key.as_str())));
                compile(key, field, pieces, problems);
            }
            raw(pieces, "}");
        }
        other => raw(pieces, &other.to_string()),
    }
}

/// What is said of a literal where a secret stands.
pub(super) fn literal_secret(name: &str) -> String {
    format!("{} carries a secret, and a card is copied into every result: name an environment variable", quoted(name))
}

impl Body {
    /// The word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Json(_) => "json",
            Self::Parts(_) => "parts",
            Self::Bytes => "bytes",
        }
    }

    /// The templates in it.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::None | Self::Bytes => Vec::new(),
            Self::Json(json) => json.templates().collect(),
            Self::Parts(parts) => parts.iter().filter_map(|part| part.value.as_ref()).collect(),
        }
    }

    /// Whether it takes the content of a file.
    #[must_use]
    pub fn wants_content(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bytes => true,
            Self::Json(json) => json.templates().flat_map(Template::pieces).any(Piece::is_content),
            Self::Parts(parts) => parts.iter().any(|part| match &part.value {
                Some(value) => value.pieces().iter().any(Piece::is_content),
                None => true,
            }),
        }
    }

    /// The bytes, and the media type that they are sent with.
    ///
    /// # Errors
    /// Why the attempt fails: there is nothing to fill in.
    pub fn filled(&self, with: &Filling<'_>) -> Result<(Vec<u8>, Option<String>), String> {
        match self {
            Self::None => Ok((Vec::new(), None)),
            Self::Bytes => {
                let (bytes, media) = with.content.ok_or(NO_FILE)?;
                Ok((bytes.to_vec(), Some(media.media_type.to_owned())))
            }
            Self::Json(json) => {
                let mut out = Vec::with_capacity(with.content.map_or(0, |(bytes, _)| bytes.len() / 3 * 4) + 256);
                for piece in &json.pieces {
                    match piece {
                        JsonPiece::Raw(text) => out.extend_from_slice(text.as_bytes()),
                        JsonPiece::Text(template) => template.json(with, &mut out)?,
                    }
                }
                Ok((out, Some("application/json".to_owned())))
            }
            Self::Parts(parts) => form(parts, with),
        }
    }
}

fn form(parts: &[Part], with: &Filling<'_>) -> Result<(Vec<u8>, Option<String>), String> {
    let mut values = Vec::with_capacity(parts.len());
    for part in parts {
        values.push(match &part.value {
            Some(value) => (None, value.text(with)?.into_bytes()),
            None => {
                let (bytes, media) = with.content.ok_or(NO_FILE)?;
                (Some(media), bytes.to_vec())
            }
        });
    }
    let boundary = boundary(values.iter().map(|(_, value)| value.as_slice()));
    let mut out = Vec::new();
    for (part, (media, value)) in parts.iter().zip(&values) {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", part.name);
        if let Some(media) = media {
            // A name that says nothing: the dataset's may hold the age.
            head.push_str(&format!("; filename=\"sample.{}\"\r\nContent-Type: {}", media.ending, media.media_type));
        }
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok((out, Some(format!("multipart/form-data; boundary={boundary}"))))
}

/// A boundary that stands in none of `values`, and is the same for the same values.
fn boundary<'a>(values: impl Iterator<Item = &'a [u8]> + Clone) -> String {
    let all: Vec<String> = values.clone().map(|value| Digest::of(value).to_string()).collect();
    let mut digest = Digest::of(all.concat().as_bytes());
    loop {
        let boundary = format!("part-{}", digest.short());
        if values.clone().all(|value| memmem::find(value, boundary.as_bytes()).is_none()) {
            return boundary;
        }
        digest = Digest::of(boundary.as_bytes());
    }
}

#[cfg(test)]
mod tests;
