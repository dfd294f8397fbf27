//! Everything that is wrong or doubtful with a dataset, with its remedy, in one pass.

mod ages;
mod bands;
mod code;
mod duplicates;
mod fixed;
mod media;
mod near;
mod shows;
mod subjects;

use std::collections::BTreeSet;
use std::path::Path;

pub use code::{Code, Fix};
pub use fixed::{Fixed, LeftOut};
pub use shows::Shows;

use super::manifest::{self, Loaded};
use super::{CARD_FILE, Dataset, DatasetError, Files, Folder, LabelKind, MANIFEST_FILE, Pick};
use crate::age::AgeLimit;
use crate::finding::{Finding, Findings, Severity, counted, listed};
use crate::photo::Decoder;

/// Findings that are kept in full: all of them, but for data in which nearly every row is wrong.
const KEPT: usize = 200_000;

/// What to look at beside card and manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depth {
    /// Limits that the dataset shall decide.
    pub limits: Vec<AgeLimit>,
    /// Whether every file is read and decoded, JPEG by this decoder: its digest, whether it is a picture, its size, how it
    /// looks. Else only its presence is checked.
    pub read_files: Option<Decoder>,
    /// Whether a manifest is made without the rows that cannot be right.
    pub fix: bool,
    /// Kinds of findings for which no row is left out then, and whose errors do not count.
    pub ignored: BTreeSet<Code>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Checked {
    /// What is wrong or doubtful: errors first, then warnings, then notes.
    pub findings: Findings,
    /// How many people each limit, year and group has; empty where the manifest cannot be read.
    pub shows: Vec<Shows>,
    /// The manifest without the rows that cannot be right, where it was asked for; or why there can be none.
    pub fixed: Option<Result<Fixed, Box<Finding>>>,
}

/// Looks at the dataset at `place`, a folder or the card in it. `read` is told how many files of how many were read.
///
/// # Errors
/// [`DatasetError::Read`] when card or manifest cannot be read at all; everything else is a finding.
pub fn check(place: &Path, depth: &Depth, read: &dyn Fn(usize, usize)) -> Result<Checked, DatasetError> {
    super::error::refuse_table(place)?;
    let (folder, card_file) = if place.is_file() {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or(CARD_FILE);
        (place.parent().unwrap_or(Path::new(".")), name)
    } else {
        (place, CARD_FILE)
    };
    let files =
        Folder::new(folder).map_err(|source| DatasetError::Read { file: place.display().to_string(), source })?;
    check_files(Box::new(files), card_file, depth, read)
}

/// Looks at the dataset that `card_file` of `files` describes, as [`check`] does.
///
/// # Errors
/// As [`check`].
pub fn check_files(
    files: Box<dyn Files>,
    card_file: &str,
    depth: &Depth,
    read: &dyn Fn(usize, usize),
) -> Result<Checked, DatasetError> {
    let text = files.read(MANIFEST_FILE);
    let mut checked = Checked::default();
    let Loaded { dataset, findings, rows, is_read } = match manifest::load_on(files, card_file, &Pick::all(), KEPT) {
        Ok(loaded) => loaded,
        Err(DatasetError::Unusable { source, .. }) => {
            checked.findings = source;
            with_codes(card_file, &mut checked.findings);
            return Ok(checked);
        }
        Err(error) => return Err(error),
    };
    checked.findings = findings;
    let findings = &mut checked.findings;
    let text = text.map_err(|source| DatasetError::Read { file: MANIFEST_FILE.to_owned(), source })?;
    look_at_card(card_file, &dataset, findings);
    // Of rows that were not read there is nothing to say but that.
    if is_read {
        look_at_subjects(&dataset, findings);
        ages::look(&dataset, &rows, &depth.limits, findings);
        bands::look(&dataset, findings);
        subjects::look(&dataset, &rows, &text, findings);
        let known = media::look(&dataset, &rows, card_file, depth.read_files, read, findings);
        duplicates::look(&dataset, &depth.limits, &known, findings);
        checked.shows = shows::count(&dataset, &depth.limits, findings);
    }
    with_codes(card_file, findings);
    checked.fixed = depth.fix.then(|| fixed::fix(&text, findings, &depth.ignored, &duplicates::said(&dataset, &rows)));
    findings.kept_mut().sort_by_key(|finding| finding.severity);
    Ok(checked)
}

/// Gives the readers' own findings their kind.
fn with_codes(card_file: &str, findings: &mut Findings) {
    for finding in findings.kept_mut().iter_mut().filter(|finding| finding.code.is_empty()) {
        let code = if finding.file == card_file { Code::CardValue } else { Code::ManifestValue };
        finding.code = code.word();
    }
}

fn look_at_card(card_file: &str, dataset: &Dataset, findings: &mut Findings) {
    let card = &dataset.card;
    card.gaps(card_file).into_iter().for_each(|gap| findings.push(gap.code(Code::CardGap.word())));
    if card.label_kind != LabelKind::Chronological {
        let text = format!("the ages are {}: no row can support a claim", card.label_kind.word());
        let help = "a claim at a limit needs ages from documents or registers: here a method is held against somebody's guess or word";
        let finding = Finding::warning(card_file, text).column("label_kind").help(help);
        findings.push(finding.code(Code::LabelKind.word()));
    }
    if dataset.column("species").is_some() && card.attack_species.is_none() {
        let text = "the manifest has a column `species` that the card does not name: attacks count as people";
        let help = "write attack_species = \"species\", or rename the column";
        findings.push(
            Finding::warning(card_file, text).column("attack_species").help(help).code(Code::SpeciesNotNamed.word()),
        );
    }
    if card.groups.is_empty() {
        let others: Vec<&str> =
            dataset.columns.iter().map(super::Column::name).filter(|name| *name != "split").take(10).collect();
        if !others.is_empty() {
            let text = format!("no groups: the manifest also has {}", listed(&others));
            findings.push(Finding::note(card_file, text).column("groups").code(Code::GroupsNotNamed.word()));
        }
    }
}

fn look_at_subjects(dataset: &Dataset, findings: &mut Findings) {
    let samples = dataset.samples.len();
    let unknown = dataset.samples.iter().filter(|sample| sample.subject.is_none()).count();
    if samples > 0 && unknown > 0 {
        let text = match samples - unknown {
            0 => "no subject is known: each sample counts as a person of its own".to_owned(),
            _ => format!(
                "{unknown} of {} without a subject: each counts as a person of its own",
                counted(samples, "sample")
            ),
        };
        let help = "photos of one person are not independent: name the person in the column subject_id";
        findings.push(
            Finding::warning(MANIFEST_FILE, text).column("subject_id").help(help).code(Code::SubjectMissing.word()),
        );
    }
}

/// The rows with an error in one of `columns`: what is missing from them was told already.
fn rows_in_error(findings: &Findings, columns: &[&str]) -> BTreeSet<u64> {
    let in_columns = |finding: &&Finding| finding.column.as_deref().is_some_and(|name| columns.contains(&name));
    let errors = findings.kept().iter().filter(|finding| finding.severity == Severity::Error);
    errors.filter(in_columns).filter_map(|finding| finding.row).collect()
}
