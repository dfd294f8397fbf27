//! Texts with places to fill in: `${NAME}` is an environment variable, `{base64}` and its like are what is known of the
//! sample, `{{` is a brace.

use serde::{Serialize, Serializer};

use super::address::percent_encoded;
use super::secret::Secrets;
use crate::age::AgeLimit;
use crate::base64::base64;
use crate::finding::{did_you_mean, quoted};
use crate::method::Media;
use crate::photo::FaceBox;

/// The places that a template may name, but for columns and variables.
pub const PLACES: [(&str, Piece); 5] = [
    ("base64", Piece::Base64),
    ("data_url", Piece::DataUrl),
    ("media_type", Piece::MediaType),
    ("limits", Piece::Limits),
    ("box", Piece::FaceBox),
];

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The content as base64.
    Base64,
    /// The content as `data:image/jpeg;base64,...`.
    DataUrl,
    /// What the content is.
    MediaType,
    /// The cell of a column, as text.
    Column(String),
    /// The cell of a column, as a number; nothing when it is empty.
    Number(String),
    /// The limits of the protocol.
    Limits,
    /// Where the face is; nothing when the dataset does not say.
    FaceBox,
    /// The value of an environment variable.
    Variable(String),
}

/// What a template is filled with.
#[derive(Clone, Copy)]
pub struct Filling<'a> {
    /// The content and what it is; none for a record.
    pub content: Option<(&'a [u8], Media)>,
    /// Where the face is.
    pub face_box: Option<FaceBox>,
    /// The columns that the card names.
    pub columns: &'a [(&'a str, &'a str)],
    /// The limits of the protocol.
    pub limits: &'a [AgeLimit],
    /// The values of the variables that the card names.
    pub secrets: &'a Secrets,
}

/// A text with places to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    pieces: Vec<Piece>,
}

impl Serialize for Template {
    /// As the card has it: names of variables, never their values.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl Template {
    /// The template in `text`.
    ///
    /// # Errors
    /// What is wrong with it. The text around a place is not repeated.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find('{') {
            let (before, after) = rest.split_at(at);
            if let Some(after) = after.strip_prefix("{{") {
                plain.push_str(before);
                plain.push('{');
                rest = after;
                continue;
            }
            let variable = before.strip_suffix('$');
            plain.push_str(variable.unwrap_or(before));
            let (name, after) = after
                .strip_prefix('{')
                .and_then(|after| after.split_once('}'))
                .ok_or("a `{` without its `}`: write `{{` for a brace")?;
            let piece = if variable.is_some() { a_variable(name)? } else { a_place(name)? };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(piece);
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self { source: text.to_owned(), pieces })
    }

    /// Its parts.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The environment variables that it names.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether nothing is to be filled in.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// The text, filled in.
    ///
    /// # Errors
    /// Why the attempt fails: there is nothing to fill in.
    pub fn text(&self, with: &Filling<'_>) -> Result<String, String> {
        self.pieces.iter().try_fold(String::new(), |text, piece| Ok(text + &piece.text(with)?))
    }

    /// The text, each part that is filled in as a value of a query.
    ///
    /// # Errors
    /// As [`Template::text`].
    pub fn query(&self, with: &Filling<'_>) -> Result<String, String> {
        self.pieces.iter().try_fold(String::new(), |text, piece| {
            Ok(text
                + &match piece {
                    Piece::Text(plain) => plain.clone(),
                    piece => percent_encoded(&piece.text(with)?),
                })
        })
    }

    /// The text as a value of JSON, written to `out`: a place that stands alone keeps its kind.
    ///
    /// # Errors
    /// As [`Template::text`].
    pub fn json(&self, with: &Filling<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        match self.pieces.as_slice() {
            [Piece::Number(name)] => {
                let cell = column(with, name)?;
                let number = match cell {
                    "" => "null".to_owned(),
                    cell => serde_json::from_str::<serde_json::Number>(cell)
                        .map_err(|_| format!("the cell of the column {} is no number", quoted(name)))?
                        .to_string(),
                };
                out.extend_from_slice(number.as_bytes());
            }
            [Piece::Limits] => out.extend_from_slice(format!("[{}]", Piece::Limits.text(with)?).as_bytes()),
            [Piece::FaceBox] => {
                let text = Piece::FaceBox.text(with)?;
                let text = if text.is_empty() { "null".to_owned() } else { format!("[{text}]") };
                out.extend_from_slice(text.as_bytes());
            }
            pieces => {
                out.push(b'"');
                for piece in pieces {
                    let text = piece.text(with)?;
                    if matches!(piece, Piece::Base64 | Piece::DataUrl) {
                        out.extend_from_slice(text.as_bytes()); // nothing in it is escaped, and it is long
                    } else {
                        let quoted = serde_json::Value::from(text).to_string();
                        out.extend_from_slice(quoted.as_bytes().get(1..quoted.len() - 1).unwrap_or_default());
                    }
                }
                out.push(b'"');
            }
        }
        Ok(())
    }
}

impl Piece {
    /// Whether it takes the content of a file.
    #[must_use]
    pub fn is_content(&self) -> bool {
        matches!(self, Self::Base64 | Self::DataUrl | Self::MediaType)
    }

    fn text(&self, with: &Filling<'_>) -> Result<String, String> {
        let content = || with.content.ok_or_else(|| crate::method::NO_FILE.to_owned());
        Ok(match self {
            Self::Text(text) => text.clone(),
            Self::Base64 => base64(content()?.0),
            Self::DataUrl => {
                let (bytes, media) = content()?;
                format!("data:{};base64,{}", media.media_type, base64(bytes))
            }
            Self::MediaType => content()?.1.media_type.to_owned(),
            Self::Column(name) | Self::Number(name) => column(with, name)?.to_owned(),
            Self::Limits => {
                let years: Vec<String> = with.limits.iter().map(|limit| limit.years().to_string()).collect();
                years.join(",")
            }
            Self::FaceBox => {
                with.face_box.map_or_else(String::new, |face_box| face_box.ends().map(|end| end.to_string()).join(","))
            }
            Self::Variable(name) => with.secrets.value(name).unwrap_or_default().to_owned(),
        })
    }
}

fn column<'a>(with: &Filling<'a>, name: &str) -> Result<&'a str, String> {
    let found = with.columns.iter().find(|(column, _)| *column == name).map(|(_, cell)| *cell);
    found.ok_or_else(|| format!("the column {} was not lent", quoted(name)))
}

fn a_variable(name: &str) -> Result<Piece, String> {
    let fits = |(at, c): (usize, char)| c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit());
    if name.is_empty() || !name.chars().enumerate().all(fits) {
        return Err("`${...}` names no environment variable: expected letters, digits and `_`".to_owned());
    }
    Ok(Piece::Variable(name.to_owned()))
}

fn a_place(name: &str) -> Result<Piece, String> {
    if let Some((_, piece)) = PLACES.iter().find(|(place, _)| *place == name) {
        return Ok(piece.clone());
    }
    match name.split_once(':') {
        Some(("column", column)) if !column.is_empty() => Ok(Piece::Column(column.to_owned())),
        Some(("number", column)) if !column.is_empty() => Ok(Piece::Number(column.to_owned())),
        _ => {
            let known = PLACES.iter().map(|(place, _)| *place).chain(["column:NAME", "number:NAME"]);
            let help = did_you_mean(name, known.clone())
                .unwrap_or_else(|| format!("known are {}", known.collect::<Vec<_>>().join(", ")));
            Err(format!("{} is nothing to fill in ({help}; write `{{{{` for a brace)", quoted(name)))
        }
    }
}
