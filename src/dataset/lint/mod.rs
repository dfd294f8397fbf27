//! Everything that is wrong or doubtful with a dataset, with its remedy, in one pass.

mod bands;
mod media;

use std::collections::BTreeSet;
use std::path::Path;

use super::manifest::{self, Loaded};
use super::{CARD_FILE, Dataset, DatasetError, Folder, LabelKind, MANIFEST_FILE, Pick};
use crate::age::{AgeLimit, Side};
use crate::finding::{Finding, Findings, Severity, counted, listed};
use crate::photo::Decoder;

/// What to look at beside card and manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depth {
    /// Limits that the dataset shall decide.
    pub limits: Vec<AgeLimit>,
    /// Whether every file is read and decoded, JPEG by this decoder: its digest, whether it is a picture, and its size
    /// against the face box. Else only its presence is checked.
    pub read_files: Option<Decoder>,
}

/// Looks at the dataset at `place`, a folder or the card in it.
///
/// # Errors
/// [`DatasetError::Read`] when card or manifest cannot be read at all; everything else is a finding.
pub fn lint(place: &Path, depth: &Depth) -> Result<Findings, DatasetError> {
    super::error::refuse_table(place)?;
    let (folder, card_file) = if place.is_file() {
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or(CARD_FILE);
        (place.parent().unwrap_or(Path::new(".")), name)
    } else {
        (place, CARD_FILE)
    };
    let files =
        Folder::new(folder).map_err(|source| DatasetError::Read { file: place.display().to_string(), source })?;
    let Loaded { dataset, mut findings, rows } = match manifest::load_on(Box::new(files), card_file, &Pick::all()) {
        Ok(loaded) => loaded,
        Err(DatasetError::Unusable { source, .. }) => return Ok(source),
        Err(error) => return Err(error),
    };
    look_at_card(card_file, &dataset, &mut findings);
    look_at_subjects(&dataset, &mut findings);
    look_at_ages(&dataset, &rows, &depth.limits, &mut findings);
    bands::look(&dataset, &mut findings);
    media::look(&dataset, &rows, card_file, depth.read_files, &mut findings);
    Ok(findings)
}

fn look_at_card(card_file: &str, dataset: &Dataset, findings: &mut Findings) {
    let card = &dataset.card;
    card.gaps(card_file).into_iter().for_each(|gap| findings.push(gap));
    if card.label_kind != LabelKind::Chronological {
        let text = format!("the ages are {}: no row can support a claim", card.label_kind.word());
        findings.push(Finding::note(card_file, text).column("label_kind"));
    }
    if dataset.column("species").is_some() && card.attack_species.is_none() {
        let text = "the manifest has a column `species` that the card does not name: attacks count as people";
        let help = "write attack_species = \"species\", or rename the column";
        findings.push(Finding::warning(card_file, text).column("attack_species").help(help));
    }
    if card.groups.is_empty() {
        let others: Vec<&str> =
            dataset.columns.iter().map(super::Column::name).filter(|name| *name != "split").take(10).collect();
        if !others.is_empty() {
            let text = format!("no groups: the manifest also has {}", listed(&others));
            findings.push(Finding::note(card_file, text).column("groups"));
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
        findings.push(Finding::warning(MANIFEST_FILE, text).column("subject_id").help(help));
    }
}

/// The rows with an error in one of `columns`: what is missing from them was told already.
fn rows_in_error(findings: &Findings, columns: &[&str]) -> BTreeSet<u64> {
    let in_columns = |finding: &&Finding| finding.column.as_deref().is_some_and(|name| columns.contains(&name));
    let errors = findings.kept().iter().filter(|finding| finding.severity == Severity::Error);
    errors.filter(in_columns).filter_map(|finding| finding.row).collect()
}

fn look_at_ages(dataset: &Dataset, rows: &[u32], limits: &[AgeLimit], findings: &mut Findings) {
    let samples = dataset.samples.len();
    let wrong = rows_in_error(findings, &super::LABEL_COLUMNS);
    let unknown = dataset.samples.iter().zip(rows).filter(|(sample, row)| {
        sample.age.is_none() && !wrong.contains(&u64::from(**row)) // beyond those kept, errors count as unknown
    });
    let unknown = unknown.count();
    if samples > 0 && wrong.is_empty() && !(0..samples).any(|place| dataset.is_eligible(place)) {
        let text = "no sample is eligible: none has both a known age and no attack species";
        findings.push(Finding::error(MANIFEST_FILE, text).help(super::NOBODY_ELIGIBLE_HELP));
    }
    let ages: Vec<_> = dataset.samples.iter().filter_map(|sample| sample.age).collect();
    if unknown > 0 {
        let text = format!("{unknown} of {} without an age: listed, and not eligible", counted(samples, "sample"));
        findings.push(Finding::warning(MANIFEST_FILE, text).column("age"));
    }
    for limit in limits {
        let count = |side: Side| ages.iter().filter(|age| age.side(*limit) == side).count();
        let (under, over, straddling) = (count(Side::Under), count(Side::Over), count(Side::Straddling));
        let text = format!("limit {limit}: {} under, {over} over, {straddling} straddling", counted(under, "sample"));
        if straddling * 20 > ages.len() {
            let help = "the bands do not tell on which side these people stand: no claim at this limit is possible";
            findings.push(Finding::warning(MANIFEST_FILE, text).help(help));
        } else if under == 0 || over == 0 {
            findings.push(Finding::warning(MANIFEST_FILE, format!("{text}: one error rate cannot be measured")));
        } else {
            findings.push(Finding::note(MANIFEST_FILE, text));
        }
    }
}
