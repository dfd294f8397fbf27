//! The folder of an import: dataset.toml, manifest.csv, left-out.csv, perhaps doubtful.csv and descriptions, and nothing else.

use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use super::rows::{Finished, Gathered};
use super::tree::Tree;
use super::{DOUBTFUL_FILE, ImportError, ImportRequest, Imported, Importer, LEFT_OUT_FILE, describe};
use crate::dataset::{CARD_FILE, DatasetCard, MANIFEST_FILE};
use crate::foreign;

/// The files of an import.
const OWN: [&str; 6] = [CARD_FILE, MANIFEST_FILE, LEFT_OUT_FILE, DOUBTFUL_FILE, "croissant.json", "datapackage.json"];
/// Those that not every import has: of an import that is written anew they would speak of another manifest.
const SOMETIMES: [&str; 3] = [DOUBTFUL_FILE, "croissant.json", "datapackage.json"];

/// Whether `out` can be written to: it is absent, empty, or holds an import that may be replaced.
pub(super) fn check(out: &Path, replace: bool) -> Result<(), ImportError> {
    if !out.exists() {
        return Ok(());
    }
    let failed = |source| ImportError::Write { file: out.display().to_string(), source };
    let mut held = Vec::new();
    for entry in fs::read_dir(out).map_err(failed)? {
        held.push(entry.map_err(failed)?.file_name().to_string_lossy().into_owned());
    }
    held.sort_unstable();
    let foreign = held.iter().find(|name| !OWN.contains(&name.as_str()));
    let found = match (foreign, held.first()) {
        (Some(foreign), _) => foreign,
        (None, Some(own)) if !replace => own,
        _ => return Ok(()),
    };
    let out = out.display().to_string();
    Err(ImportError::NotEmpty { out, found: found.clone(), is_ours: foreign.is_none() })
}

/// Writes the files.
pub(super) fn write(
    request: &ImportRequest<'_>,
    tree: &Tree,
    importer: &'static Importer,
    reason: Option<String>,
    mut gathered: Gathered,
) -> Result<Imported, ImportError> {
    let failed = |source| ImportError::Write { file: request.out.display().to_string(), source };
    fs::create_dir_all(request.out).map_err(failed)?;
    gathered.card.files = Some(files_key(request, tree)?);
    let splits: Vec<(String, u64)> = gathered.splits.iter().map(|(split, count)| (split.clone(), *count)).collect();
    let card = card_text(importer, &gathered.card, &splits, &gathered.remarks);
    let (samples, without_age, subjects) = (gathered.samples, gathered.without_age, gathered.subjects());
    let doubts = gathered.findings.clone();
    let described = gathered.card.clone();
    let Finished { manifest, left_out: left, doubtful, reasons: left_out } = gathered.finish()?;
    for name in SOMETIMES {
        match fs::remove_file(request.out.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    let mut files = Vec::new();
    for description in request.describe {
        let file = request.out.join(description.file());
        write_whole(&file, &describe::write(*description, &described, &manifest), false)?;
        files.push(file);
    }
    let always = [(MANIFEST_FILE, manifest), (LEFT_OUT_FILE, left), (CARD_FILE, card.into_bytes())];
    for (name, bytes) in always.into_iter().chain(doubtful.map(|rows| (DOUBTFUL_FILE, rows))) {
        let file = request.out.join(name);
        write_whole(&file, &bytes, name != CARD_FILE)?;
        files.push(file);
    }
    Ok(Imported { importer, reason, samples, without_age, subjects, splits, left_out, doubts, files })
}

/// Writes all of a file or nothing of it; a `private` one is for its owner alone from its first byte.
fn write_whole(file: &Path, bytes: &[u8], private: bool) -> Result<(), ImportError> {
    let mode = if private { foreign::FOR_OWNER } else { foreign::FOR_ALL };
    let written = foreign::write_whole(file, mode, |open| open.write_all(bytes));
    written.map_err(|source| ImportError::Write { file: file.display().to_string(), source })
}

/// The card's key `files`: relative to the card when the user named both folders so, else absolute.
fn files_key(request: &ImportRequest<'_>, tree: &Tree) -> Result<String, ImportError> {
    let failed = |source| ImportError::Read { file: request.place.display().to_string(), source };
    let root = tree.root().canonicalize().map_err(failed)?;
    let out = request.out.canonicalize().map_err(failed)?;
    let key = if request.place.is_absolute() || request.out.is_absolute() { root } else { between(&out, &root) };
    key.to_str().map(str::to_owned).ok_or_else(|| failed(std::io::Error::other("its path is not utf-8")))
}

/// The way from the folder `from` to the folder `to`, both absolute and without links.
fn between(from: &Path, to: &Path) -> PathBuf {
    let parts =
        |path: &Path| path.components().map(|part: Component<'_>| part.as_os_str().to_owned()).collect::<Vec<_>>();
    let (from, to) = (parts(from), parts(to));
    let shared = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from.iter().skip(shared).map(|_| std::ffi::OsString::from(".."));
    let way: PathBuf = up.chain(to.iter().skip(shared).cloned()).collect();
    if way.as_os_str().is_empty() { PathBuf::from(".") } else { way }
}

/// dataset.toml, with what is known of the dataset in comments.
fn card_text(importer: &Importer, card: &DatasetCard, splits: &[(String, u64)], remarks: &[String]) -> String {
    let mut text = format!("# {}, as `agebench import {}` read it (docs/import.md).\n", importer.title, importer.name);
    if !splits.is_empty() {
        let listed: Vec<String> = splits.iter().take(20).map(|(split, count)| format!("{split} ({count})")).collect();
        text.push_str(&format!("# Splits, for --split: {}.\n", listed.join(", ")));
    }
    if !importer.defects.is_empty() {
        text.push_str(&format!("# Known defects: {}.\n", importer.defects));
    }
    remarks.iter().for_each(|remark| text.push_str(&format!("# {remark}\n")));
    let mut key = |name: &str, value: toml::Value| text.push_str(&format!("{name} = {value}\n"));
    key("name", card.name.clone().into());
    key("version", card.version.clone().into());
    key("label_kind", card.label_kind.word().into());
    if let Some(precision) = card.age_precision {
        key("age_precision", precision.word().into());
    }
    key("sampling", card.sampling.word().into());
    key("groups", card.groups.clone().into());
    if !card.conditions.is_empty() {
        key("conditions", card.conditions.clone().into());
    }
    if let Some(column) = &card.attack_species {
        key("attack_species", column.clone().into());
    }
    for (name, value) in [("licence", &card.licence), ("consent", &card.consent), ("source", &card.source)] {
        key(name, value.clone().into());
    }
    if let Some(files) = &card.files {
        key("files", files.clone().into());
    }
    text
}
