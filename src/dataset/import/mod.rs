//! Public datasets read as they come: a layout becomes a card and a manifest, and the pictures stay where they are.
//!
//! One file a layout, one row of [`IMPORTERS`] each. An importer looks at a listing of the folder and at its label files, and
//! gives rows; a row that cannot be used is left out with its reason, and a label file that cannot be trusted is an error.
//! What the layouts are, where they are known from, and what is left out: `docs/import.md`.

mod aaf;
mod adience;
mod afad;
mod agedb;
mod appa_real;
mod cacd2000;
mod casual_conversations;
mod clap2016;
mod croissant;
mod csv;
mod describe;
mod error;
mod fairface;
mod fgnet;
mod frictionless;
mod general;
mod imdb_clean;
mod imdb_wiki;
mod labels;
mod lagenda;
mod matlab;
mod megaage_asian;
mod morph2;
mod out;
mod parquet;
mod recognise;
mod rows;
mod sample;
mod tree;
mod utkface;
mod words;

use std::path::{Path, PathBuf};

use crate::dataset::{LabelKind, Precision, Sampling};
use crate::finding::{Findings, did_you_mean};

pub use describe::Description;
pub use error::ImportError;
#[cfg(fuzzing)]
pub use matlab::fuzz_matlab;
pub use rows::LeftOut;
pub use tree::Tree;

use rows::Gathered;

/// What was left out of the manifest, a line each, with its reason.
pub const LEFT_OUT_FILE: &str = "left-out.csv";

/// Rows that are in the manifest and doubtful, a line each, with what was found; only where there are any.
pub const DOUBTFUL_FILE: &str = "doubtful.csv";

/// All importers, in the order in which they are listed; those for any dataset come last.
pub static IMPORTERS: &[&Importer] = &[
    &aaf::IMPORTER,
    &adience::IMPORTER,
    &afad::IMPORTER,
    &agedb::IMPORTER,
    &appa_real::IMPORTER,
    &cacd2000::IMPORTER,
    &casual_conversations::IMPORTER,
    &clap2016::IMPORTER,
    &fairface::IMPORTER,
    &fgnet::IMPORTER,
    &imdb_clean::IMPORTER,
    &imdb_wiki::IMPORTER,
    &lagenda::IMPORTER,
    &megaage_asian::IMPORTER,
    &morph2::IMPORTER,
    &utkface::IMPORTER,
    &croissant::IMPORTER,
    &frictionless::IMPORTER,
    &csv::IMPORTER,
    &parquet::IMPORTER,
];

/// One layout: what it looks like, what its labels are, and how it is read.
#[derive(Debug)]
pub struct Importer {
    /// The word on the command line.
    pub name: &'static str,
    /// The dataset's own name.
    pub title: &'static str,
    /// What the folder must hold.
    pub layout: &'static str,
    /// How the ages were come by.
    pub label_kind: LabelKind,
    /// How finely they are known.
    pub precision: Precision,
    /// How the subjects came into the dataset.
    pub sampling: Sampling,
    /// Which of `subject`, `split` and `face` it has.
    has: &'static [&'static str],
    /// Further columns that may be grouped by.
    pub groups: &'static [&'static str],
    /// Other further columns.
    further: &'static [&'static str],
    /// The splits that come with it; empty where there are none.
    pub splits: &'static str,
    /// The terms of use.
    pub licence: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What is known to be wrong with it.
    pub defects: &'static str,
    /// Flags that it knows.
    flags: &'static [Flag],
    /// Whether it reads any dataset of its form: then another that fits goes first.
    is_general: bool,
    /// Why a folder has this layout, if it has.
    fits: fn(&Tree) -> Option<String>,
    read: fn(&Source<'_>, &mut Gathered) -> Result<(), ImportError>,
}

/// Flags that only some importers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flag {
    Images,
    Ages,
    Columns,
    Labels,
}

/// Which of two ages a dataset gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichAge {
    /// APPA-REAL: the age as other people judged it.
    Apparent,
    /// Where only years are known of birth or photo: the single year that publications use, instead of the band that the dates
    /// leave open.
    Published,
}

/// What the user says beside the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The folder of the pictures within the folder, where there are several.
    pub images: Option<String>,
    /// Another age than the usual one.
    pub ages: Option<WhichAge>,
    /// Our names for columns, and theirs.
    pub columns: Vec<(String, String)>,
    /// The dataset's name in the card.
    pub name: Option<String>,
    /// How the ages of a general format were come by.
    pub label_kind: Option<LabelKind>,
    /// How finely the ages of a general format are known.
    pub age_precision: Option<Precision>,
}

impl Options {
    /// Whether `importer`, which gives bands in which the published ages lie, shall give the published ones.
    fn is_published(&self, importer: &'static Importer) -> Result<bool, ImportError> {
        match self.ages {
            None => Ok(false),
            Some(WhichAge::Published) => Ok(true),
            Some(WhichAge::Apparent) => {
                let help = "it has no apparent ages: --ages published, or none".to_owned();
                Err(ImportError::Flag { importer: importer.name, flag: "--ages apparent", help })
            }
        }
    }
}

/// What an importer reads.
#[derive(Debug, Clone, Copy)]
struct Source<'s> {
    tree: &'s Tree,
    options: &'s Options,
}

/// What to import, and where to.
#[derive(Debug, Clone, Copy)]
pub struct ImportRequest<'r> {
    /// The importer; `None` to tell it from the layout.
    pub format: Option<&'r str>,
    /// The dataset's folder, or the one file of a general format.
    pub place: &'r Path,
    /// Where card and manifest go.
    pub out: &'r Path,
    /// Whether an import that stands there is written anew.
    pub replace: bool,
    /// What the user says beside.
    pub options: &'r Options,
    /// Descriptions that are written beside the manifest, for other tools.
    pub describe: &'r [Description],
}

/// What came of it.
#[derive(Debug)]
pub struct Imported {
    /// The importer.
    pub importer: &'static Importer,
    /// Why this one, when it was told from the layout.
    pub reason: Option<String>,
    /// Rows of the manifest.
    pub samples: u64,
    /// Of these, without an age.
    pub without_age: u64,
    /// Different subjects.
    pub subjects: usize,
    /// Splits, and rows in each.
    pub splits: Vec<(String, u64)>,
    /// What was left out, by reason.
    pub left_out: Vec<LeftOut>,
    /// What is doubtful in rows that were kept.
    pub doubts: Findings,
    /// The files that were written.
    pub files: Vec<PathBuf>,
}

/// The importer that `name` names.
///
/// # Errors
/// [`ImportError::NoImporter`], with a suggestion.
pub fn named(name: &str) -> Result<&'static Importer, ImportError> {
    IMPORTERS.iter().copied().find(|importer| importer.name == name).ok_or_else(|| {
        let known: Vec<&str> = IMPORTERS.iter().map(|importer| importer.name).chain(["auto"]).collect();
        let help = did_you_mean(name, known.iter().copied())
            .unwrap_or_else(|| format!("there are {}: `agebench list importers` says more", known.join(", ")));
        ImportError::NoImporter { word: name.to_owned(), help }
    })
}

/// Reads the dataset of `request` and writes its card, its manifest, and what was left out.
///
/// # Errors
/// [`ImportError`]: a folder without the layout, label files that cannot be trusted, an output folder that holds something.
pub fn import(request: &ImportRequest<'_>) -> Result<Imported, ImportError> {
    out::check(request.out, request.replace)?;
    let tree = Tree::read(request.place)?;
    let (importer, reason) = match request.format {
        Some(name) => (named(name)?, None),
        None => recognise::only_fit(&tree)?,
    };
    check_flags(importer, request.options)?;
    if reason.is_none() {
        recognise::check(&tree, importer)?;
    }
    let mut gathered = Gathered::new(importer);
    for (path, why) in tree.unlisted() {
        gathered.leave_out(sample::Origin { file: path, row: None }, path, why, "");
    }
    (importer.read)(&Source { tree: &tree, options: request.options }, &mut gathered)?;
    gathered.tell_odd_sexes();
    let place = request.place.display().to_string();
    if gathered.findings.errors() > 0 {
        return Err(ImportError::Unusable { place, source: gathered.findings });
    }
    if gathered.samples == 0 {
        return Err(ImportError::nothing(place, &gathered.reasons()));
    }
    if let Some(name) = &request.options.name {
        gathered.card.name.clone_from(name);
    }
    out::write(request, &tree, importer, reason, gathered)
}

fn check_flags(importer: &'static Importer, options: &Options) -> Result<(), ImportError> {
    let given = [
        (options.images.is_some(), Flag::Images, "--images"),
        (options.ages.is_some(), Flag::Ages, "--ages"),
        (!options.columns.is_empty(), Flag::Columns, "--columns"),
        (
            options.label_kind.is_some() || options.age_precision.is_some(),
            Flag::Labels,
            "--label-kind or --age-precision",
        ),
    ];
    for (is_given, flag, word) in given {
        if is_given && !importer.flags.contains(&flag) {
            let knows = IMPORTERS.iter().filter(|other| other.flags.contains(&flag)).map(|other| other.name);
            let knows: Vec<&str> = knows.collect();
            let help = format!("leave it out; it is for {}", knows.join(", "));
            return Err(ImportError::Flag { importer: importer.name, flag: word, help });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn importers_have_names_of_their_own_and_those_for_any_dataset_come_last() {
        let mut names: Vec<&str> = IMPORTERS.iter().map(|importer| importer.name).collect();
        assert!(IMPORTERS.is_sorted_by_key(|importer| importer.is_general));
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair.first() != pair.last()), "{names:?}");
        assert!(!names.contains(&"auto"));
    }
}
