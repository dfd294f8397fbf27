//! The ways to reach a method, one room each. To add one: a room here with its card table and its method, a variant of
//! [`AdapterCard`], and a line in [`ADAPTERS`], `AdapterCard::read` and [`open`].

pub mod command;
pub mod declared;
pub mod http;
mod named;
pub mod onnx;
pub mod replay;
pub mod waterfall;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::digest::Digest;
use crate::engine::Engine;
use crate::finding::{Finding, listed};
use crate::keys::Keys;
use crate::method::{Method, MethodCard, MethodError, NamedFile};
use crate::photo::Decoder;

/// The adapters, as the names of their tables in a card.
pub const ADAPTERS: &[&str] = &["onnx", "command", "http", "replay", "declared", "waterfall"];

/// What each adapter is, in words.
pub const MEANINGS: [(&str, &str); 6] = [
    ("onnx", "a model file, run in this process"),
    ("command", "a program of any language, spoken to in lines of JSON"),
    ("http", "a service, asked over HTTP as the card describes it"),
    ("replay", "answers that were recorded elsewhere"),
    ("declared", "what people would say if they were just asked, drawn from a table"),
    ("waterfall", "methods in order, as users meet them"),
];

/// Whether this build of agebench has the adapter.
#[must_use]
pub fn is_built(adapter: &str) -> bool {
    adapter != "http" || cfg!(feature = "http")
}

/// How a method is reached: the one adapter table of its card.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterCard {
    /// A model file, run in this process.
    Onnx(Box<onnx::OnnxCard>),
    /// A program, spoken to in lines of JSON.
    Command(command::CommandCard),
    /// A service.
    Http(Box<http::HttpCard>),
    /// Answers that were recorded elsewhere.
    Replay(replay::ReplayCard),
    /// Self-declaration, drawn from a table.
    Declared(declared::DeclaredCard),
    /// Methods in order.
    Waterfall(waterfall::WaterfallCard),
}

impl AdapterCard {
    /// The name of the adapter's table.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Onnx(_) => "onnx",
            Self::Command(_) => "command",
            Self::Http(_) => "http",
            Self::Replay(_) => "replay",
            Self::Declared(_) => "declared",
            Self::Waterfall(_) => "waterfall",
        }
    }

    /// Reads the adapter table of a card, noting all that is wrong with it.
    pub(super) fn read(keys: &mut Keys<'_>, file: &str) -> Option<Self> {
        let found: Vec<&str> = ADAPTERS.iter().copied().filter(|name| keys.has(name)).collect();
        let onnx = table(keys, "onnx", |keys| onnx::OnnxCard::read(keys).map(Box::new)).map(Self::Onnx);
        let command = table(keys, "command", command::CommandCard::read).map(Self::Command);
        let http = table(keys, "http", |keys| http::HttpCard::read(keys).map(Box::new)).map(Self::Http);
        let replay = table(keys, "replay", replay::ReplayCard::read).map(Self::Replay);
        let declared = table(keys, "declared", declared::DeclaredCard::read).map(Self::Declared);
        let waterfall = table(keys, "waterfall", waterfall::WaterfallCard::read).map(Self::Waterfall);
        let tables = |names: &[&str]| listed(&names.iter().map(|name| format!("[{name}]")).collect::<Vec<_>>());
        match found.as_slice() {
            [_] => onnx.or(command).or(http).or(replay).or(declared).or(waterfall),
            [] => {
                let help = format!("add a table that says how the method is reached: {}", tables(ADAPTERS));
                keys.note(Finding::error(file, "the card has no adapter").help(help));
                None
            }
            several => {
                let text = format!("the card has {} adapters: {}", several.len(), tables(several));
                keys.note(Finding::error(file, text).help("keep one table: each way to reach a method is a card"));
                None
            }
        }
    }
}

/// The table `name` of a card as `read` reads it, with its findings; `None` when it is absent or wrong.
fn table<T>(keys: &mut Keys<'_>, name: &'static str, read: impl FnOnce(&mut Keys<'_>) -> Option<T>) -> Option<T> {
    let mut table = keys.table(name)?;
    let card = read(&mut table);
    keys.absorb(table);
    card
}

/// Where the files that a card names are read from.
pub trait CardFiles {
    /// The bytes of `file`.
    ///
    /// # Errors
    /// What the system says.
    fn read(&self, file: &str) -> std::io::Result<Vec<u8>>;
}

/// What a card is opened with: what lies beside it, and what this machine has.
pub struct Surroundings<'a> {
    /// The files that the card names.
    pub files: &'a dyn CardFiles,
    /// The folder of the card; none for a bundled one.
    pub folder: Option<&'a Path>,
    /// The folders in which programs are looked for.
    pub search: &'a [PathBuf],
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// This program, to guard others with.
    pub guard: Option<&'a Path>,
    /// What runs model files.
    pub engine: &'a dyn Engine,
    /// What reads JPEG.
    pub decoder: Decoder,
    /// Another method by its name on a command line, relative to this card; for the stages of a waterfall.
    pub stage: Option<&'a StageOf<'a>>,
}

/// Gives a method that is a stage of another, with its digest, by its name.
pub type StageOf<'a> = dyn Fn(&str) -> Result<(Arc<dyn Method>, Digest), Box<dyn std::error::Error + Send + Sync>> + 'a;

/// Makes the method of `card` ready.
///
/// # Errors
/// [`MethodError`] when a file is missing or another than stated, or the model does not fit the card.
pub fn open(card: MethodCard, around: &Surroundings<'_>) -> Result<(Arc<dyn Method>, Digest), MethodError> {
    let method = loaded(card, around)?;
    let digest = Digest::of_parsed("method", method.card(), &method.file_digests())?;
    Ok((method, digest))
}

/// The files on disk that the card of `method` in `folder` names, as they were when it was made ready; those of a waterfall are
/// its stages'.
#[must_use]
pub fn named_files(method: &dyn Method, folder: Option<&Path>) -> Vec<NamedFile> {
    if let Some(program) = method.program() {
        return program.named_files().to_vec();
    }
    let names: Vec<&String> = match &method.card().adapter {
        AdapterCard::Onnx(onnx) => std::iter::once(&onnx.file).chain(onnx.detector.iter().map(|it| &it.file)).collect(),
        AdapterCard::Http(http) => http.ca_file.iter().collect(),
        AdapterCard::Replay(replay) => vec![&replay.file],
        AdapterCard::Command(_) | AdapterCard::Declared(_) | AdapterCard::Waterfall(_) => Vec::new(),
    };
    let each = names.into_iter().zip(method.file_digests());
    each.filter_map(|(name, digest)| Some(NamedFile::held(name, folder?.join(name), digest))).collect()
}

fn loaded(card: MethodCard, around: &Surroundings<'_>) -> Result<Arc<dyn Method>, MethodError> {
    let read = |file: &str| around.files.read(file);
    Ok(match card.adapter.clone() {
        AdapterCard::Onnx(onnx) => Arc::new(onnx::OnnxMethod::load(card, &onnx, &read, around.engine, around.decoder)?),
        AdapterCard::Command(command) => Arc::new(command::CommandMethod::find(card, &command, around)?),
        #[cfg(feature = "http")]
        AdapterCard::Http(http) => Arc::new(http::HttpMethod::new(card, &http, around)?),
        #[cfg(not(feature = "http"))]
        AdapterCard::Http(_) => return Err(MethodError::NotBuilt { method: card.name }),
        AdapterCard::Replay(replay) => Arc::new(replay::ReplayMethod::load(card, &replay, &read)?),
        AdapterCard::Declared(declared) => Arc::new(declared::DeclaredMethod::new(card, declared)),
        AdapterCard::Waterfall(waterfall) => {
            let stage = |(number, stage): (usize, &waterfall::StageCard)| {
                if stage.marginal.is_some() {
                    return Ok(waterfall::Stage { method: None, digest: None, rules: stage.rules });
                }
                let unusable = |source| MethodError::Stage { number: number + 1, stage: stage.method.clone(), source };
                let Some(open) = around.stage else { return Err(unusable("stages are not opened here".into())) };
                let (method, digest) = open(&stage.method).map_err(unusable)?;
                Ok(waterfall::Stage { method: Some(method), digest: Some(digest), rules: stage.rules })
            };
            let stages = waterfall.stages.iter().enumerate().map(stage).collect::<Result<Vec<_>, MethodError>>()?;
            Arc::new(waterfall::WaterfallMethod::new(card, stages))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_adapter_has_a_meaning() {
        assert_eq!(MEANINGS.map(|(name, _)| name), ADAPTERS);
    }
}
