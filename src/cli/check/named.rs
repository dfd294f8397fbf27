//! What a PATH of `agebench check` is: a dataset, a method, a protocol, a policy, a study or a release package, by its name or by the keys that
//! only one of them has.

use std::path::{Path, PathBuf};

use super::super::{Failure, methods};
use crate::bundled;
use crate::dataset;
use crate::finding::did_you_mean;
use crate::method::adapter;
use crate::method::card::CARD_FILE as METHOD_CARD;
use crate::publish::Package;

/// What a policy's file is called in a folder of its own.
const POLICY_FILE: &str = "policy.toml";

/// What a file describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Dataset,
    Method,
    Protocol,
    Policy,
    Study,
    Package,
}

impl What {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Method => "method",
            Self::Protocol => "protocol",
            Self::Policy => "policy",
            Self::Study => "study",
            Self::Package => "package",
        }
    }
}

/// What `path` names, as far as its name and keys tell.
pub(super) fn kind(path: &str) -> Result<What, Failure> {
    let place = Path::new(path);
    let bundled = |known: Option<&str>| !place.exists() && known.is_some();
    if bundled(bundled::protocol(path)) {
        return Ok(What::Protocol);
    }
    if bundled(bundled::policy(path)) {
        return Ok(What::Policy);
    }
    if Package::is_at(place) {
        return Ok(What::Package);
    }
    if path == bundled::DATASET && !place.exists() {
        return Ok(What::Dataset);
    }
    match card_file(place)? {
        Some(file) => what_is_in(&file),
        None => match methods::find(path) {
            Ok(_) => Ok(What::Method),
            Err(failure) if place.exists() => Err(failure),
            Err(_) => Err(nothing(path)),
        },
    }
}

/// That there is no `path`, with what may be meant.
fn nothing(path: &str) -> Failure {
    let bundled = [vec![bundled::DATASET], bundled::methods(), bundled::protocols(), bundled::policies()].concat();
    let near = did_you_mean(path, bundled.into_iter().chain(bundled::catalog()));
    let otherwise = "give a dataset, a card, a protocol, a policy, a study or a package, or its folder; `agebench list` says what is bundled";
    Failure::unusable(format!("there is no file or folder `{path}`, and nothing of that name is bundled"))
        .with_help(near.unwrap_or_else(|| otherwise.to_owned()))
}

/// The card that `place` names: itself, or the one card in it.
pub(super) fn card_file(place: &Path) -> Result<Option<PathBuf>, Failure> {
    if place.is_file() {
        return Ok(Some(place.to_owned()));
    }
    if !place.is_dir() {
        return Ok(None);
    }
    if place.join(crate::folder::names::RUN).is_file() && !Package::is_at(place) {
        return Err(Failure::unusable(format!("{} is a run folder, and no card", place.display())).with_help(format!(
            "`agebench verify {0}` computes its rows again; to check a card or the protocol, name the file",
            super::super::output::word(place)
        )));
    }
    let names =
        [dataset::CARD_FILE, METHOD_CARD, crate::folder::names::PROTOCOL, POLICY_FILE, crate::study::names::FILE];
    let mut found: Vec<PathBuf> = names.iter().map(|name| place.join(name)).filter(|file| file.is_file()).collect();
    // What a policy lies beside is what is meant: `init ci` puts one beside a method.
    if found.len() > 1 {
        found.retain(|file| !file.ends_with(POLICY_FILE));
    }
    match found.as_slice() {
        [one] => Ok(Some(one.clone())),
        [] => Err(Failure::unusable(format!("{} holds no card", place.display()))
            .with_help(format!("a folder to check holds one of {}", crate::finding::listed(&names)))),
        _ => Err(Failure::unusable(format!("{} holds more than one card", place.display()))
            .with_help("name the file that you mean")),
    }
}

/// What the file describes: by its name, or by the keys that only one of them has.
pub(super) fn what_is_in(file: &Path) -> Result<What, Failure> {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let study = (crate::study::names::FILE, What::Study);
    for (card, what) in
        [(dataset::CARD_FILE, What::Dataset), (METHOD_CARD, What::Method), (POLICY_FILE, What::Policy), study]
    {
        if name == card {
            return Ok(what);
        }
    }
    let ends = |with: &str| file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(with));
    if ends("csv") {
        return Ok(What::Dataset); // which says what to give instead
    }
    if ends("onnx") {
        return Ok(What::Method); // likewise
    }
    let text = match read(file) {
        Err(_) if !ends("toml") && file.is_file() => return Err(no_card(file, "it is no TOML file")),
        text => text?,
    };
    let keys = match text.parse::<toml::Table>() {
        Ok(keys) => keys,
        Err(_) if name == crate::folder::names::PROTOCOL => toml::Table::new(),
        Err(error) if ends("toml") => return Err(no_card(file, error.to_string().trim_end())),
        Err(_) => return Err(no_card(file, "it is no TOML file")),
    };
    Ok(if keys.contains_key("label_kind") {
        What::Dataset
    } else if adapter::ADAPTERS.iter().any(|adapter| keys.contains_key(*adapter)) || keys.contains_key("kind") {
        What::Method
    } else if keys.contains_key("rule") {
        What::Policy
    } else if ["methods", "datasets"].iter().any(|key| keys.contains_key(*key)) {
        What::Study
    } else {
        What::Protocol
    })
}

/// That nothing tells what `file` is, and `why`.
fn no_card(file: &Path, why: &str) -> Failure {
    Failure::unusable(format!("{} is nothing that can be checked: {why}", file.display())).with_help(
        "`check` knows datasets, methods, protocols, policies and studies, each a TOML file or its folder, and packages",
    )
}

pub(super) fn read(file: &Path) -> Result<String, Failure> {
    crate::foreign::text(file)
        .map_err(|source| Failure::unusable(methods::Unreadable { file: file.display().to_string(), source }))
}
