//! `agebench import`: a public dataset's own layout, or any table, made into a card and a manifest.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{print, tell, word};
use super::{Exit, Failure};
use crate::dataset::import::{self, Description, ImportRequest, Imported, Options, WhichAge};
use crate::dataset::{LabelKind, Precision, check_name};
use crate::finding::counted;

/// Make a card and a manifest for a public dataset as it comes, or for any table.
///
/// Writes dataset.toml, manifest.csv, left-out.csv and, where rows that are kept are doubtful, doubtful.csv to a folder of its own;
/// the pictures stay where they are, and the card's key `files` says where. What cannot be used is left out, counted, and listed in left-out.csv with its reason. Label files
/// that were damaged (another encoding, a date in place of a band, a row with too few cells) are errors: nothing is written.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench import utkface UTKFace/ --out utkface/
    agebench import auto Downloads/FairFace/ --out fairface/
    agebench import parquet labels.parquet --label-kind declared --out mine/
    agebench import csv labels.csv --columns age=years,subject_id=person --label-kind declared --out mine/
    agebench run model/ --dataset utkface/ --out results/

`agebench list importers` says which layouts there are and what each expects; docs/import.md says more.")]
pub(super) struct Arguments {
    /// A layout of `agebench list importers`, or `auto` to tell it from the folder
    #[arg(value_name = "FORMAT")]
    format: String,

    /// The dataset's folder, unpacked; or the file of a general format
    #[arg(value_name = "PATH")]
    place: PathBuf,

    /// Another name for the dataset than the layout's
    #[arg(long, value_name = "NAME", value_parser = name, help_heading = "Data")]
    name: Option<String>,

    /// The folder of the pictures within PATH, where several hold them
    #[arg(long, value_name = "FOLDER", help_heading = "Data")]
    images: Option<String>,

    /// Another age than the usual one, where a dataset gives two
    #[arg(long, value_name = "WHICH", help_heading = "Data")]
    ages: Option<Ages>,

    /// Our columns and theirs, for tables: path=file,age=years
    #[arg(long, value_name = "OURS=THEIRS,...", value_delimiter = ',', value_parser = pair, help_heading = "Data")]
    columns: Vec<(String, String)>,

    /// How the ages of a table were come by: chronological, declared, apparent or estimated
    #[arg(long, value_name = "KIND", value_parser = label_kind, help_heading = "Data")]
    label_kind: Option<LabelKind>,

    /// How finely the ages of a table are known: day, month, year or band
    #[arg(long, value_name = "PRECISION", value_parser = precision, help_heading = "Data")]
    age_precision: Option<Precision>,

    /// The folder of card and manifest; made if absent, refused if it holds anything
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: PathBuf,

    /// Also describe the manifest for other tools: croissant.json or datapackage.json
    #[arg(long, value_name = "FORM,...", value_delimiter = ',', help_heading = "Output")]
    describe: Vec<Form>,

    /// Write the import that the folder holds anew
    #[arg(long, help_heading = "Output")]
    replace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ages {
    /// APPA-REAL: as other people judged them
    Apparent,
    /// CACD2000, IMDB-WIKI: single years as published, in place of the bands that the years of birth and photo leave open
    Published,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// MLCommons Croissant 1.0
    Croissant,
    /// Frictionless Data Package
    Frictionless,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let wrong = || format!("`{text}` is not OURS=THEIRS");
    let (ours, theirs) = text.split_once('=').ok_or_else(wrong)?;
    if ours.is_empty() || theirs.is_empty() { Err(wrong()) } else { Ok((ours.to_owned(), theirs.to_owned())) }
}

fn name(text: &str) -> Result<String, String> {
    check_name(text).map(|()| text.to_owned())
}

fn label_kind(text: &str) -> Result<LabelKind, String> {
    LabelKind::parse(text).ok_or_else(|| "expected chronological, declared, apparent or estimated".to_owned())
}

fn precision(text: &str) -> Result<Precision, String> {
    Precision::parse(text).ok_or_else(|| "expected day, month, year or band".to_owned())
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let options = Options {
        images: arguments.images.clone(),
        ages: arguments.ages.map(|ages| match ages {
            Ages::Apparent => WhichAge::Apparent,
            Ages::Published => WhichAge::Published,
        }),
        columns: arguments.columns.clone(),
        name: arguments.name.clone(),
        label_kind: arguments.label_kind,
        age_precision: arguments.age_precision,
    };
    let describe: Vec<Description> = arguments
        .describe
        .iter()
        .map(|form| match form {
            Form::Croissant => Description::Croissant,
            Form::Frictionless => Description::Frictionless,
        })
        .collect();
    let request = ImportRequest {
        format: Some(arguments.format.as_str()).filter(|format| *format != "auto"),
        place: &arguments.place,
        out: &arguments.out,
        replace: arguments.replace,
        options: &options,
        describe: &describe,
    };
    let imported = import::import(&request).map_err(|error| {
        let help = error.help().map(str::to_owned);
        let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
        Failure { exit, error: Box::new(error), help }
    })?;
    print(&summary(&imported))?;
    let mut text = String::new();
    for doubt in imported.doubts.kept().iter().take(20) {
        text.push_str(&format!("{}: {doubt}\n", doubt.severity.word()));
        if let Some(help) = &doubt.help {
            text.push_str(&format!("   help: {help}\n"));
        }
    }
    if imported.doubts.total() > 20 {
        let listed = imported.files.iter().find(|file| file.ends_with(import::DOUBTFUL_FILE));
        let listed = listed.map(|file| format!(": rows are listed in {}", file.display())).unwrap_or_default();
        text.push_str(&format!("and {} more{listed}\n", imported.doubts.total() - 20));
    }
    let files: Vec<String> = imported.files.iter().map(|file| file.display().to_string()).collect();
    let out = word(&arguments.out);
    tell(&format!(
        "{text}\nWrote {}.\nNext: agebench check {out} looks for what is wrong with the dataset itself.\n",
        files.join(", ")
    ));
    Ok(Exit::Done)
}

/// What was read, and what was left out, for people.
fn summary(imported: &Imported) -> String {
    let importer = imported.importer;
    let mut text = match &imported.reason {
        Some(reason) => format!("{} (`{}`), for {reason}\n", importer.title, importer.name),
        None => format!("{}\n", importer.title),
    };
    text.push_str(&counted(imported.samples, "sample"));
    if imported.subjects > 0 {
        text.push_str(&format!(" of {}", counted(imported.subjects, "subject")));
    }
    if imported.without_age > 0 {
        text.push_str(&format!(", {} without an age: listed, and not eligible", imported.without_age));
    }
    text.push('\n');
    if !imported.splits.is_empty() {
        let splits: Vec<String> =
            imported.splits.iter().take(20).map(|(split, count)| format!("{split} {count}")).collect();
        text.push_str(&format!("splits: {}\n", splits.join(", ")));
    }
    let all: u64 = imported.left_out.iter().map(|kind| kind.count).sum();
    text.push_str(&format!("{all} left out\n"));
    for kind in &imported.left_out {
        text.push_str(&format!("  {}: {}\n", kind.count, kind.reason));
        kind.first.iter().for_each(|first| text.push_str(&format!("      {first}\n")));
        if kind.count > kind.first.len() as u64 {
            text.push_str("      ...\n");
        }
    }
    text
}
