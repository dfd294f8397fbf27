//! `agebench check`: everything that is wrong with a dataset, a method card, a protocol or a policy, in one pass.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, ValueEnum};
use serde_json::json;

use super::agree::{self, Difference};
use super::decoders::DecoderOptions;
use super::engines::{self, EngineChoice, Means, RuntimeOptions};
use super::environment::Environment;
use super::output::print;
use super::run::unusable_dataset;
use super::{Exit, Failure, conformance, methods};
use crate::bundled;
use crate::dataset;
use crate::dataset::lint::{self, Depth};
use crate::finding::{Finding, Findings, counted, did_you_mean};
use crate::gate::Policy;
use crate::method::card::CARD_FILE as METHOD_CARD;
use crate::method::{MethodError, adapter};
use crate::photo::Decoder;
use crate::protocol::{Found, Problem, Protocol, ProtocolError};

/// Look for everything that is wrong with a dataset, a method card, a protocol or a policy.
///
/// Exit code 2 when something cannot be used, 0 when there are warnings only. With --engines or --decoders a method is
/// also put to the samples of a dataset with both of them.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("compared").multiple(true))]
pub(super) struct Arguments {
    /// A dataset.toml, method.toml, protocol.toml or policy.toml, or the folder of one; or a bundled name of one
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,

    /// How to print the findings
    #[arg(long, default_value = "table")]
    format: Format,

    /// Put samples to a method that go wrong, and tell which rules of the protocol it keeps
    #[arg(long)]
    conformance: bool,

    /// Put a dataset's samples to a method with both engines, and tell how far apart the answers are
    #[arg(long, requires = "dataset", group = "compared", help_heading = "Engines and decoders")]
    engines: bool,

    /// Put a dataset's samples to a method with our decoder of JPEG and with another (zune-jpeg), and tell how far apart the answers are
    #[arg(long, requires = "dataset", group = "compared", help_heading = "Engines and decoders")]
    decoders: bool,

    /// The samples for them: a dataset's folder, its dataset.toml, or the bundled `drawn-faces`
    #[arg(long, value_name = "D", requires = "compared", help_heading = "Engines and decoders")]
    dataset: Option<String>,

    #[command(flatten, next_help_heading = "Engines and decoders")]
    runtime: RuntimeOptions,

    #[command(flatten, next_help_heading = "Engines and decoders")]
    decoder: DecoderOptions,
}

impl Arguments {
    /// In what a method is run in two ways.
    fn differences(&self) -> impl Iterator<Item = Difference> {
        let asked = [(self.engines, Difference::Engines), (self.decoders, Difference::Decoders)];
        asked.into_iter().filter_map(|(asked, difference)| asked.then_some(difference))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// What a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Dataset,
    Method,
    Protocol,
    Policy,
}

impl What {
    fn word(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Method => "method",
            Self::Protocol => "protocol",
            Self::Policy => "policy",
        }
    }
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let mut all = Findings::new();
    let mut text = String::new();
    let decoder = arguments.decoder.open()?;
    for path in &arguments.paths {
        let (what, mut findings) = check(path, arguments, decoder, environment)?;
        if let (What::Method, Some(dataset), 0) = (what, arguments.dataset.as_deref(), findings.errors()) {
            for difference in arguments.differences() {
                let (told, differences) =
                    agree::compare(difference, path, dataset, decoder, &arguments.runtime, environment)?;
                text.push_str(&told);
                findings.append(differences);
            }
        }
        if what == What::Method && arguments.conformance && findings.errors() == 0 {
            let (told, broken) = conformance::check(path, environment)?;
            text.push_str(&told);
            findings.append(broken);
        }
        text.push_str(&told(path, what, &findings));
        if what == What::Method && !arguments.conformance && findings.errors() == 0 && is_outside(path)? {
            text.push_str(&format!("   next: agebench check {path} --conformance starts it and puts samples to it\n"));
        }
        all.append(findings);
    }
    match arguments.format {
        Format::Table => print(&text)?,
        Format::Json => print(&format!("{:#}\n", json!(all.kept().iter().map(as_json).collect::<Vec<_>>())))?,
    }
    Ok(if all.errors() > 0 { Exit::Unusable } else { Exit::Done })
}

/// Checks what `path` names.
fn check(
    path: &str,
    arguments: &Arguments,
    decoder: Decoder,
    environment: &Environment,
) -> Result<(What, Findings), Failure> {
    let place = Path::new(path);
    if let Some(text) = (!place.exists()).then(|| bundled::protocol(path)).flatten() {
        let none = |_: &str| Err("a bundled protocol names no files".to_owned());
        return Ok((What::Protocol, of_protocol(path, Protocol::from_toml_with(text, &none))));
    }
    if let Some(text) = (!place.exists()).then(|| bundled::policy(path)).flatten() {
        return Ok((What::Policy, of_policy(path, text)));
    }
    let Some(file) = card_file(place)? else {
        return Ok((What::Method, check_method(path, &arguments.runtime, environment)?)); // a bundled name, or an error that lists them
    };
    match what_is_in(&file)? {
        What::Dataset => {
            let depth = Depth { limits: Protocol::default_protocol().limits, read_files: Some(decoder) };
            Ok((What::Dataset, lint::lint(&file, &depth).map_err(unusable_dataset)?))
        }
        What::Method => Ok((What::Method, check_method(path, &arguments.runtime, environment)?)),
        What::Protocol => Ok((What::Protocol, check_protocol(&file)?)),
        What::Policy => Ok((What::Policy, of_policy(&file.display().to_string(), &read(&file)?))),
    }
}

/// The card that `place` names: itself, or the one card in it.
fn card_file(place: &Path) -> Result<Option<PathBuf>, Failure> {
    if place.is_file() {
        return Ok(Some(place.to_owned()));
    }
    if !place.is_dir() {
        return Ok(None);
    }
    let names = [dataset::CARD_FILE, METHOD_CARD, crate::folder::names::PROTOCOL];
    let found: Vec<PathBuf> = names.iter().map(|name| place.join(name)).filter(|file| file.is_file()).collect();
    match found.as_slice() {
        [one] => Ok(Some(one.clone())),
        [] => Err(Failure::unusable(format!("{} holds no card", place.display()))
            .with_help(format!("a folder to check holds one of {}", crate::finding::listed(&names)))),
        _ => Err(Failure::unusable(format!("{} holds more than one card", place.display()))
            .with_help("name the file that you mean")),
    }
}

/// What the file describes: by its name, or by the keys that only one of them has.
fn what_is_in(file: &Path) -> Result<What, Failure> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    for (card, what) in [(dataset::CARD_FILE, What::Dataset), (METHOD_CARD, What::Method)] {
        if name == card {
            return Ok(what);
        }
    }
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        return Ok(What::Dataset); // which says what to give instead
    }
    let text = read(file)?;
    let keys = text.parse::<toml::Table>().unwrap_or_default();
    Ok(if keys.contains_key("label_kind") {
        What::Dataset
    } else if adapter::ADAPTERS.iter().any(|adapter| keys.contains_key(*adapter)) || keys.contains_key("kind") {
        What::Method
    } else if keys.contains_key("rule") {
        What::Policy
    } else {
        What::Protocol
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|source| Failure::unusable(methods::Unreadable { file: file.display().to_string(), source }))
}

/// Whether the method is a program or a service, of which a card tells little: it is not started, and not asked.
fn is_outside(method: &str) -> Result<bool, Failure> {
    let card = methods::read_card(&methods::find(method)?)?.0;
    let adapter = card.map(|card| card.adapter);
    Ok(matches!(adapter, Some(adapter::AdapterCard::Command(_) | adapter::AdapterCard::Http(_))))
}

/// Checks a card, and with it that the model loads and fits.
fn check_method(method: &str, runtime: &RuntimeOptions, environment: &Environment) -> Result<Findings, Failure> {
    let place = methods::find(method)?;
    let (card, mut findings, _) = methods::read_card(&place)?;
    if let Some(card) = card {
        if let adapter::AdapterCard::Onnx(onnx) = &card.adapter
            && onnx.sha256.is_none()
        {
            let help = "add `sha256 = \"...\"`: a published result needs it";
            findings.push(Finding::warning(&place.shown, "not stated").column("onnx.sha256").help(help));
        }
        match place.open(card.clone(), &Means::embedded(), environment) {
            // Such cards stand in run folders, without the file: they can be read, and not be run.
            Err(MethodError::Read { file, source })
                if source.kind() == std::io::ErrorKind::NotFound
                    && matches!(card.adapter, adapter::AdapterCard::Replay(_)) =>
            {
                let help = "put the file beside the card to run it";
                let text = format!("the recorded file `{file}` is not here: its rows were not read");
                findings.push(Finding::warning(&place.shown, text).column("replay.file").help(help));
            }
            Err(MethodError::Recorded { source, .. }) => findings.append(*source),
            Err(error) => {
                let other = || {
                    let engine = engines::open(EngineChoice::Onnxruntime, runtime, environment).ok()?;
                    Some((EngineChoice::Onnxruntime.word(), engine))
                };
                // A model that the other engine runs, or another build, can be used.
                findings.push(match methods::remedy(&error, &card, &place, &other, environment) {
                    Some(help) => Finding::warning(&place.shown, error.chain()).help(help),
                    None => Finding::error(&place.shown, error.chain()),
                });
            }
            Ok((method, _)) => {
                let notices = method.notices().into_iter();
                findings.append(notices.map(|notice| Finding::warning(&place.shown, notice)).collect());
            }
        }
    }
    Ok(findings)
}

fn of_policy(shown: &str, text: &str) -> Findings {
    Policy::read(shown, text).err().unwrap_or_default()
}

fn check_protocol(file: &Path) -> Result<Findings, Failure> {
    let shown = file.display().to_string();
    Ok(of_protocol(&shown, Protocol::from_toml_with(&read(file)?, &super::results::beside(file))))
}

fn of_protocol(shown: &str, found: Result<Protocol, ProtocolError>) -> Findings {
    match found {
        Ok(_) => Findings::new(),
        Err(error) => error.problems.into_iter().map(|found| protocol_finding(shown, found)).collect(),
    }
}

fn protocol_finding(file: &str, Found { row, problem }: Found) -> Finding {
    let finding = match problem {
        Problem::Toml(text) => Finding::error(file, text),
        Problem::Value { key, text } => Finding::error(file, text).column(key),
        Problem::UnknownKey { key, known } => {
            let last = key.rsplit('.').next().unwrap_or(&key);
            let help = did_you_mean(last, known.iter().copied())
                .unwrap_or_else(|| format!("known keys: {}", known.join(", ")));
            Finding::error(file, "the key is unknown").column(key).help(help)
        }
    };
    match row {
        Some(row) => finding.row(row),
        None => finding,
    }
}

fn told(path: &str, what: What, findings: &Findings) -> String {
    let mut text = String::new();
    for finding in findings.kept() {
        text.push_str(&format!("{}: {finding}\n", finding.severity.word()));
        if let Some(help) = &finding.help {
            text.push_str(&format!("   help: {help}\n"));
        }
    }
    let left = findings.total() - findings.kept().len() as u64;
    if left > 0 {
        text.push_str(&format!("and {left} more\n"));
    }
    let errors = counted(findings.errors(), "error");
    let warnings = counted(findings.warnings(), "warning");
    let verdict = if findings.errors() > 0 { "cannot be used" } else { "can be used" };
    text.push_str(&format!("{path}: the {} {verdict}: {errors}, {warnings}\n", what.word()));
    text
}

fn as_json(finding: &Finding) -> serde_json::Value {
    json!({
        "severity": finding.severity.word(), "file": finding.file, "row": finding.row, "column": finding.column,
        "text": finding.text, "help": finding.help,
    })
}
