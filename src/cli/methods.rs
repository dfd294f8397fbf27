//! METHOD on a command line: a method.toml, its folder, or a bundled method's name.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failure;
use super::engines::{BUILD_WITH_TRACT, Means};
use super::environment::Environment;
use super::output::word;
use crate::bundled;
use crate::dataset::{Files, Folder};
use crate::digest::Digest;
use crate::engine::{Engine, EngineError};
use crate::finding::{Findings, did_you_mean, listed};
use crate::method::adapter::{self, AdapterCard, CardFiles, Surroundings};
use crate::method::card::CARD_FILE;
use crate::method::{Method, MethodCard, MethodError, NamedFile};
use crate::photo::Decoder;
use crate::run::RunMethod;

/// Where a method's card lies.
pub(crate) struct CardPlace {
    /// The files beside the card.
    pub(crate) files: Box<dyn Files>,
    /// The card's name among them.
    pub(crate) card: String,
    /// The card as the user knows it.
    pub(crate) shown: String,
}

impl CardPlace {
    /// What the card is opened with.
    pub(super) fn around<'a>(&'a self, means: &'a Means, environment: &'a Environment) -> Surroundings<'a> {
        Surroundings {
            files: self,
            folder: self.files.folder(),
            search: &environment.search,
            variable: &Environment::variable,
            guard: environment.guard.as_deref(),
            engine: &*means.engine,
            decoder: means.decoder,
            stage: None,
        }
    }

    /// Makes the method of `card`, which lies here, ready.
    ///
    /// # Errors
    /// As [`adapter::open`].
    pub(super) fn open(
        &self,
        card: MethodCard,
        means: &Means,
        environment: &Environment,
    ) -> Result<(Arc<dyn Method>, Digest), MethodError> {
        self.open_with_stages(card, means, environment).map(|(method, digest, _)| (method, digest))
    }

    /// The same, with the methods of a waterfall's stages.
    fn open_with_stages(&self, card: MethodCard, means: &Means, environment: &Environment) -> Opened {
        let found = RefCell::new(Vec::new());
        let stage = |name: &str| {
            let loaded = stage(&self.beside(name), means, environment).map_err(|failure| one_line(&failure))?;
            let both = (Arc::clone(&loaded.method), loaded.digest);
            found.borrow_mut().push(loaded);
            Ok(both)
        };
        let around = Surroundings { stage: Some(&stage), ..self.around(means, environment) };
        let is_stage: Vec<bool> = match &card.adapter {
            AdapterCard::Waterfall(waterfall) => waterfall.stages.iter().map(|it| it.marginal.is_none()).collect(),
            _ => Vec::new(),
        };
        let (method, digest) = adapter::open(card, &around)?;
        let mut found = found.into_inner().into_iter();
        Ok((method, digest, is_stage.into_iter().map(|is| if is { found.next() } else { None }).collect()))
    }

    /// A method that this card names: a path relative to the card where there is something, else as on a command line.
    pub(super) fn beside(&self, name: &str) -> String {
        let path = self.files.folder().map(|folder| folder.join(name)).filter(|path| path.exists());
        path.map_or_else(|| name.to_owned(), |path| path.display().to_string())
    }
}

impl CardFiles for CardPlace {
    /// A file that the card names: relative to the card, or absolute. Weights may lie anywhere, as the person who wrote
    /// the card runs it; only a dataset's files are confined to its folder.
    fn read(&self, file: &str) -> std::io::Result<Vec<u8>> {
        match self.files.folder() {
            Some(folder) => crate::foreign::read(&folder.join(file), crate::foreign::LARGEST_OF_CARD),
            None => self.files.read(file).map(std::borrow::Cow::into_owned),
        }
    }
}

/// A method, its digest, and its stages.
type Opened = Result<(Arc<dyn Method>, Digest, Vec<Option<RunMethod>>), MethodError>;

/// Finds the card that `method` names.
///
/// # Errors
/// When there is none: says what was looked for, and which bundled names there are.
pub(crate) fn find(method: &str) -> Result<CardPlace, Failure> {
    let path = Path::new(method);
    if path.is_file() && path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx")) {
        return Err(Failure::unusable(format!("{method} is a model, which says nothing of how it is used"))
            .with_help(format!("draft its card: agebench init method --from {} --out DIR", word(path))));
    }
    if path.is_file() || path.is_dir() {
        let file: PathBuf = if path.is_dir() { path.join(CARD_FILE) } else { path.to_owned() };
        let shown = file.display().to_string();
        let unreadable = |error: std::io::Error| Failure::unusable(Unreadable { file: shown.clone(), source: error });
        let folder = Folder::new(file.parent().unwrap_or(Path::new("."))).map_err(unreadable)?;
        let card = file.file_name().and_then(|name| name.to_str()).unwrap_or(CARD_FILE).to_owned();
        return Ok(CardPlace { files: Box::new(folder), card, shown });
    }
    if let Some(files) = bundled::method(method) {
        return Ok(CardPlace {
            files: Box::new(files),
            card: CARD_FILE.to_owned(),
            shown: format!("{method} (bundled)"),
        });
    }
    if let Some(files) = bundled::catalogued(method) {
        return Ok(CardPlace {
            files: Box::new(files),
            card: CARD_FILE.to_owned(),
            shown: format!("{method} (catalog)"),
        });
    }
    if path.exists() {
        return Err(Failure::unusable(format!("{method} is no file and no folder"))
            .with_help("a pipe or a device is not read: put what it gives into a file"));
    }
    let names = bundled::methods();
    let help = match did_you_mean(method, names.iter().copied().chain(bundled::catalog())) {
        Some(help) => help,
        None => format!("give a {CARD_FILE}, its folder, or a bundled method: {}", listed(&names)),
    };
    Err(Failure::unusable(format!("there is no method `{method}`")).with_help(help))
}

/// Reads the card at `place`.
///
/// # Errors
/// When it cannot be read; everything that is wrong in it is in the findings.
pub(crate) fn read_card(place: &CardPlace) -> Result<(Option<MethodCard>, Findings, String), Failure> {
    let unreadable = |source| Failure::unusable(Unreadable { file: place.shown.clone(), source });
    let bytes = place.files.read(&place.card).map_err(unreadable)?;
    let text = String::from_utf8(bytes.into_owned())
        .map_err(|_| Failure::unusable(format!("{}: the card is not utf-8 text", place.shown)))?;
    let (card, findings) = MethodCard::read(&place.shown, &text);
    Ok((card, findings, text))
}

/// Loads the method that `method` names, ready to be opened; `other` is an engine to try a model with that the one of
/// `means` cannot load, with its name on the command line.
///
/// # Errors
/// When there is none, its card is wrong, or its model does not fit the card.
pub(super) fn load(
    method: &str,
    means: &Means,
    other: Other<'_>,
    environment: &Environment,
) -> Result<RunMethod, Failure> {
    let place = find(method)?;
    let (card, findings, text) = read_card(&place)?;
    let unusable =
        |source: Box<dyn std::error::Error>| Failure::unusable(Unusable { method: method.to_owned(), source });
    let Some(card) = card else {
        let help = findings.common_help().map(str::to_owned);
        let failure = unusable(Box::new(findings));
        return Err(help.into_iter().fold(failure, Failure::with_help));
    };
    match place.open_with_stages(card.clone(), means, environment) {
        Ok((method, digest, stages)) => {
            let mut files = adapter::named_files(&*method, place.files.folder());
            let card =
                |folder: &Path| NamedFile::held(&place.card, folder.join(&place.card), Digest::of(text.as_bytes()));
            files.extend(place.files.folder().map(card));
            Ok(RunMethod { method, digest, card: text, files, stages })
        }
        Err(error) => {
            let help = remedy(&error, &card, &place, other, environment);
            let failure = unusable(Box::new(error));
            Err(help.into_iter().fold(failure, Failure::with_help))
        }
    }
}

/// Loads a stage of a waterfall. A waterfall is none, so that none comes to itself.
fn stage(method: &str, means: &Means, environment: &Environment) -> Result<RunMethod, Failure> {
    let place = find(method)?;
    if let (Some(MethodCard { adapter: AdapterCard::Waterfall(_), .. }), ..) = read_card(&place)? {
        return Err(Failure::unusable("it is a waterfall itself").with_help("name the stages of that one"));
    }
    load(method, means, &|| None, environment)
}

/// A failure with its causes and its remedy on one line.
fn one_line(failure: &Failure) -> String {
    let mut text = failure.error.to_string();
    let mut cause = failure.error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    match &failure.help {
        Some(help) => format!("{text} ({help})"),
        None => text,
    }
}

/// How to come by the other engine, when a model does not load: its name on the command line, and itself.
pub(crate) type Other<'a> = &'a dyn Fn() -> Option<(&'static str, Arc<dyn Engine>)>;

/// What to do about a model that an engine cannot load: use the other one, where that can; or about what is missing here
/// and may be there elsewhere.
pub(crate) fn remedy(
    error: &MethodError,
    card: &MethodCard,
    place: &CardPlace,
    other: Other<'_>,
    environment: &Environment,
) -> Option<String> {
    use EngineError::{Absent, Load, Operator, Run};
    match error {
        MethodError::Variables { .. } => {
            return Some("set it where agebench is started: a card names secrets and never holds one".to_owned());
        }
        MethodError::Read { file, source } if source.kind() == std::io::ErrorKind::NotFound => {
            return Some(match place.files.folder() {
                Some(folder) => format!("put the file at {}", folder.join(file).display()),
                None => {
                    let name = place.shown.split(' ').next().unwrap_or_default();
                    format!(
                        "the catalog holds no weights: `agebench init method --from {name} --out DIR` writes the card, which says where they are known from; then put the file at DIR/{file}"
                    )
                }
            });
        }
        MethodError::Digest { .. } => {
            let text = "these are not the weights that the card was tried with: get those, or say the file's own digest in the card and try it anew (docs/init.md)";
            return Some(text.to_owned());
        }
        MethodError::NotBuilt { .. } => {
            return Some("build it with the cargo feature `http`, which is on by default".to_owned());
        }
        _ => {}
    }
    let MethodError::Engine { source, .. } = error else { return None };
    if let Some(help) = source.help() {
        return Some(help.to_owned());
    }
    let (Absent | Load { .. } | Operator { .. } | Run(_)) = source else { return None };
    let runs = || {
        let (word, engine) = other()?;
        let means = Means { engine: Arc::clone(&engine), decoder: Decoder::default() };
        place.open(card.clone(), &means, environment).ok()?;
        Some(format!("{} runs it: --engine {word}", engine.name()))
    };
    runs().or_else(|| (*source == Absent).then(|| BUILD_WITH_TRACT.to_owned()))
}

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {file}")]
pub(crate) struct Unreadable {
    pub(crate) file: String,
    pub(crate) source: std::io::Error,
}

/// A method that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the method `{method}`")]
struct Unusable {
    method: String,
    source: Box<dyn std::error::Error>,
}
