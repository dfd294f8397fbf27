//! Which layout a folder has, with the reason; and which folder to give when it is one above or below.

use std::path::Path;

use super::tree::Tree;
use super::{IMPORTERS, ImportError, Importer, croissant, describe, frictionless};

/// Files below which the folder above is looked at, for a hint: not a whole disk.
const ABOVE: usize = 500_000;

/// Folders below that are looked at, for a hint.
const BELOW: usize = 300;

/// The importers whose layout `tree` has, each with the reason. One for any dataset counts only where no other fits.
fn fits(tree: &Tree) -> Vec<(&'static Importer, String)> {
    let all: Vec<(&'static Importer, String)> =
        IMPORTERS.iter().filter_map(|importer| Some((*importer, (importer.fits)(tree)?))).collect();
    if all.iter().any(|(importer, _)| !importer.is_general) {
        return all.into_iter().filter(|(importer, _)| !importer.is_general).collect();
    }
    // A description goes before the table that it is about.
    let is_table =
        |importer: &Importer| [super::csv::IMPORTER.name, super::parquet::IMPORTER.name].contains(&importer.name);
    let is_described = all.iter().any(|(importer, _)| !is_table(importer));
    all.into_iter().filter(|(importer, _)| !is_described || !is_table(importer)).collect()
}

/// The one importer whose layout `tree` has, and why.
///
/// # Errors
/// When none has, with the folder to give where one near it has; or when several have.
pub(super) fn only_fit(tree: &Tree) -> Result<(&'static Importer, Option<String>), ImportError> {
    let mut found = fits(tree);
    let place = tree.place().display().to_string();
    if found.len() > 1 {
        let fits = found.iter().map(|(importer, reason)| format!("`{}`, for {reason}", importer.name)).collect();
        return Err(ImportError::SeveralFit { place, fits });
    }
    match found.pop() {
        Some((importer, reason)) => Ok((importer, Some(reason))),
        None => {
            let special = || IMPORTERS.iter().copied().filter(|importer| !importer.is_general);
            let help = nearby(tree, special).or_else(|| archives(tree)).unwrap_or_else(|| {
                "`agebench list importers` says what each expects; any CSV can be read with `agebench import csv`"
                    .to_owned()
            });
            Err(ImportError::NotRecognised { place, help })
        }
    }
}

/// Whether `tree` has the layout of `importer`.
///
/// # Errors
/// What is wrong with the JSON of its description; else what was expected, and the folder to give where one near it has the
/// layout.
pub(super) fn check(tree: &Tree, importer: &'static Importer) -> Result<(), ImportError> {
    if (importer.fits)(tree).is_some() {
        return Ok(());
    }
    if let Some(file) = description(tree, importer) {
        describe::json(tree, file)?;
    }
    let help = nearby(tree, || std::iter::once(importer)).or_else(|| archives(tree)).or_else(|| {
        let others: Vec<&str> =
            fits(tree).iter().filter(|(other, _)| !other.is_general).map(|(other, _)| other.name).collect();
        (!others.is_empty()).then(|| format!("it is laid out as {}", others.join(" or ")))
    });
    let place = tree.place().display().to_string();
    Err(ImportError::OtherLayout { place, title: importer.title, layout: importer.layout, help })
}

/// The JSON file that `importer` would read in `tree`.
fn description<'tree>(tree: &'tree Tree, importer: &Importer) -> Option<&'tree str> {
    let all =
        [(croissant::IMPORTER.name, croissant::file(tree)), (frictionless::IMPORTER.name, frictionless::file(tree))];
    all.into_iter().find(|(name, _)| *name == importer.name)?.1
}

/// The folder below or above that one of `importers` knows.
fn nearby<I: Iterator<Item = &'static Importer>>(tree: &Tree, importers: impl Fn() -> I) -> Option<String> {
    if tree.chosen().is_some() {
        let folder = tree.root();
        let whole = Tree::read_at_most(folder, ABOVE).ok()??;
        let known = importers().find(|importer| (importer.fits)(&whole).is_some())?;
        return Some(format!("give the folder, {}: it is laid out as {}", folder.display(), known.title));
    }
    let mut below: Vec<String> = Vec::new();
    for folder in tree.folders().iter().take(BELOW) {
        // What lies in a folder that fits is part of it.
        if below.iter().any(|found| folder.starts_with(&format!("{found}/"))) {
            continue;
        }
        let part = tree.below(folder);
        if importers().any(|importer| (importer.fits)(&part).is_some()) {
            below.push(folder.clone());
        }
    }
    if !below.is_empty() {
        let shown: Vec<String> =
            below.iter().take(5).map(|folder| tree.place().join(folder).display().to_string()).collect();
        return Some(format!("the dataset lies one folder further down: give {}", shown.join(" or ")));
    }
    if tree.files().is_empty() {
        return Some("there is no file in it: give the dataset's folder, unpacked, or a CSV file".to_owned());
    }
    let real = tree.root().canonicalize().ok()?;
    let mut above: Option<&Path> = real.parent();
    for _ in 0..2 {
        let folder = above.filter(|folder| folder.parent().is_some())?;
        let whole = Tree::read_at_most(folder, ABOVE).ok()??;
        if let Some(known) = importers().find(|importer| (importer.fits)(&whole).is_some()) {
            return Some(format!("this is a part of {}: give the folder above, {}", known.title, folder.display()));
        }
        above = folder.parent();
    }
    None
}

/// Advice where the folder holds archives and no pictures.
fn archives(tree: &Tree) -> Option<String> {
    const ENDINGS: [&str; 6] = [".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar"];
    let is_archive = |file: &&String| ENDINGS.iter().any(|ending| file.to_ascii_lowercase().ends_with(ending));
    let first = tree.files().iter().find(is_archive)?;
    tree.pictures()
        .next()
        .is_none()
        .then(|| format!("unpack `{first}` first, and give the folder that comes out of it"))
}
