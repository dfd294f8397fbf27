//! Whether a method card, a protocol or a policy is right: each is read whole, and of a card its model is loaded.

use std::path::Path;

use super::super::engines::{self, EngineChoice, Means, RuntimeOptions};
use super::super::environment::Environment;
use super::super::study::place_of;
use super::super::{Failure, methods, results};
use crate::bundled;
use crate::finding::{Finding, Findings, did_you_mean, listed, quoted};
use crate::gate::Policy;
use crate::method::{MethodError, adapter};
use crate::protocol::{Found, Problem, Protocol, ProtocolError};
use crate::study::StudyFile;

/// Whether the method is a program or a service, of which a card tells little: it is not started, and not asked.
pub(super) fn is_outside(method: &str) -> Result<bool, Failure> {
    let card = methods::read_card(&methods::find(method)?)?.0;
    let adapter = card.map(|card| card.adapter);
    Ok(matches!(adapter, Some(adapter::AdapterCard::Command(_) | adapter::AdapterCard::Http(_))))
}

/// The files that the card names and that are not there: a method without them cannot run, however right its card is.
pub(super) fn absent(method: &str) -> Result<Vec<String>, Failure> {
    let place = methods::find(method)?;
    let named: Vec<String> = match methods::read_card(&place)?.0.map(|card| card.adapter) {
        Some(adapter::AdapterCard::Onnx(onnx)) => {
            std::iter::once(onnx.file).chain(onnx.detector.map(|detector| detector.file)).collect()
        }
        Some(adapter::AdapterCard::Replay(replay)) => vec![replay.file],
        _ => Vec::new(),
    };
    let is_there = |file: &String| match place.files.folder() {
        Some(folder) => folder.join(file).exists(),
        None => place.files.read(file).is_ok(),
    };
    Ok(named.into_iter().filter(|file| !is_there(file)).collect())
}

/// Checks a card, and with it that the model loads and fits.
pub(super) fn method(method: &str, runtime: &RuntimeOptions, environment: &Environment) -> Result<Findings, Failure> {
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
                let of_model = match &error {
                    MethodError::Engine { source, .. } => source.help(),
                    _ => None,
                };
                findings.push(match methods::remedy(&error, &card, &place, &other, environment) {
                    Some(help) if of_model.is_some() => Finding::error(&place.shown, error.chain()).help(help),
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

/// What is wrong with the policy `text`.
pub(super) fn of_policy(shown: &str, text: &str) -> Findings {
    Policy::read(shown, text).err().unwrap_or_default()
}

/// What is wrong with the study in `file`, and with the names in it: nothing that it names is opened.
pub(super) fn study(file: &Path) -> Result<Findings, Failure> {
    let shown = file.display().to_string();
    let study = match StudyFile::read(&shown, &super::read(file)?) {
        Ok(study) => study,
        Err(findings) => return Ok(findings),
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut findings = Findings::new();
    let mut absent = |key: &str, what: &str, name: &str, known: Vec<&'static str>| {
        let help = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("paths are relative to the study; bundled are {}", listed(&known)));
        let text =
            format!("{} is no {what}: there is no such file or folder, and none of that name is bundled", quoted(name));
        findings.push(Finding::error(&shown, text).column(key).help(help));
    };
    let is_there = |name: &str| Path::new(&place_of(folder, name)).exists();
    for name in &study.methods {
        if !is_there(name) && bundled::method(name).is_none() && bundled::catalogued(name).is_none() {
            absent("methods", "method", name, [bundled::methods(), bundled::catalog()].concat());
        }
    }
    for name in study.datasets.iter().filter(|name| !is_there(name) && *name != bundled::DATASET) {
        absent("datasets", "dataset", name, vec![bundled::DATASET]);
    }
    for name in study.protocol.iter().filter(|name| !is_there(name) && bundled::protocol(name).is_none()) {
        absent("protocol", "protocol", name, bundled::protocols());
    }
    Ok(findings)
}

/// What is wrong with the protocol in `file`.
pub(super) fn protocol(file: &Path) -> Result<Findings, Failure> {
    let shown = file.display().to_string();
    Ok(of_protocol(&shown, results::read_protocol(&super::read(file)?, &results::beside(file))))
}

/// What is wrong with a protocol that was read.
pub(super) fn of_protocol(shown: &str, found: Result<Protocol, ProtocolError>) -> Findings {
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
