//! Card and manifest, read together and in one pass.

use std::io::Cursor;

use super::ages::AgeReader;
use super::builder::{Builder, check_duplicates, check_levels, check_weights};
use super::card::{self, DatasetCard, Precision};
use super::files::{Files, Folder};
use super::row::{self, Places};
use super::{Dataset, DatasetError, MANIFEST_FILE, Pick, digest};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, did_you_mean, quoted};
use crate::sheet::{Sheet, SheetError};

/// What was read, as far as it could be, and everything that is wrong with it.
#[derive(Debug)]
pub(super) struct Loaded {
    pub dataset: Dataset,
    pub findings: Findings,
    /// The row of each listed sample in the manifest.
    pub rows: Vec<u32>,
    /// Whether rows could be read at all: not where the header has no ages.
    pub is_read: bool,
}

/// The dataset whose card is the file `card` of `files`, if nothing is wrong with it.
pub(super) fn load(files: Box<dyn Files>, card: &str, pick: &Pick) -> Result<Dataset, DatasetError> {
    let place = files.folder().map_or_else(|| card.to_owned(), |folder| folder.display().to_string());
    let Loaded { mut dataset, findings, .. } = load_on(files, card, pick, Findings::KEPT)?;
    let name = if dataset.card.name.is_empty() { place } else { dataset.card.name.clone() };
    if findings.errors() > 0 {
        return Err(DatasetError::Unusable { name, source: findings });
    }
    if dataset.samples.is_empty() {
        return Err(DatasetError::NothingLeft { name, filter: pick.words() });
    }
    if !(0..dataset.samples.len()).any(|place| dataset.is_eligible(place)) {
        return Err(DatasetError::NobodyEligible { name });
    }
    (dataset.digest, dataset.ids_key) = digest::of_manifest(&dataset);
    Ok(dataset)
}

/// As [`load`], but what can be read is returned also when something is wrong. Digests are not made yet.
/// The first `kept` findings are kept.
pub(super) fn load_on(
    files: Box<dyn Files>,
    card_file: &str,
    pick: &Pick,
    kept: usize,
) -> Result<Loaded, DatasetError> {
    let read =
        |file: &str| files.read(file).map_err(|source| DatasetError::Read { file: shown(&*files, file), source });
    let unusable = |source: Findings| DatasetError::Unusable { name: shown(&*files, card_file), source };
    let card_bytes = read(card_file)?;
    let card_text = std::str::from_utf8(&card_bytes)
        .map_err(|_| unusable(Finding::error(card_file, "the file is not utf-8").into()))?
        .to_owned();
    let (card, mut findings) = DatasetCard::parse_on(card_file, &card_text).map_err(unusable)?;
    findings.keep(kept);
    let card_text = card::without_files(&card_text);
    let manifest = read(MANIFEST_FILE)?;
    let read = read_manifest(card_file, &card, &manifest, pick, &mut findings)?;
    let is_read = read.is_some();
    let (precision, builder) =
        read.unwrap_or_else(|| (card.age_precision.unwrap_or(Precision::Year), Builder::default()));
    let held = [(card_file, &card_bytes), (MANIFEST_FILE, &manifest)];
    let held =
        files.folder().map(|folder| held.map(|(file, bytes)| (file.to_owned(), folder.join(file), Digest::of(bytes))));
    let files = samples_of(card_file, &card, files, &mut findings);
    let (mut dataset, rows) = builder.finish(card, card_text, precision, files);
    dataset.read = held.into_iter().flatten().collect();
    check_levels(MANIFEST_FILE, &dataset, &mut findings);
    check_weights(MANIFEST_FILE, &dataset, &rows, &mut findings);
    check_duplicates(MANIFEST_FILE, "sample_id", &dataset, &rows, &mut findings);
    Ok(Loaded { dataset, findings, rows, is_read })
}

/// Where the samples' files lie: beside the card, or in the folder that it names.
fn samples_of(card_file: &str, card: &DatasetCard, files: Box<dyn Files>, findings: &mut Findings) -> Box<dyn Files> {
    let Some(place) = &card.files else { return files };
    let found = match files.folder() {
        Some(folder) => Folder::new(&folder.join(place)).map_err(|error| error.kind().to_string()),
        None => Err("the dataset is embedded".to_owned()),
    };
    match found {
        Ok(folder) => Box::new(folder),
        Err(reason) => {
            let text = format!("the folder of the files {} cannot be used: {reason}", quoted(place));
            let help = "say where the files lie, relative to the card or as an absolute path; without the key they lie beside the card";
            findings.push(Finding::error(card_file, text).column("files").help(help));
            files
        }
    }
}

fn shown(files: &dyn Files, file: &str) -> String {
    files.folder().map_or_else(|| file.to_owned(), |folder| folder.join(file).display().to_string())
}

/// The rows; none where file or header leave nothing to read, for which there is a finding.
fn read_manifest(
    card_file: &str,
    card: &DatasetCard,
    bytes: &[u8],
    pick: &Pick,
    findings: &mut Findings,
) -> Result<Option<(Precision, Builder)>, DatasetError> {
    let mut sheet = match Sheet::open(MANIFEST_FILE, Cursor::new(bytes)) {
        Ok(sheet) => sheet,
        Err(error) => return keep(error, findings).map(|()| None),
    };
    check_card_columns(card_file, card, sheet.header(), findings);
    let Some(places) = Places::find(MANIFEST_FILE, sheet.header(), findings) else {
        return Ok(None);
    };
    let rules = pick.places(&card.name, sheet.header())?;
    let precision = card.age_precision.unwrap_or_else(|| places.ages.implied());
    let ages = AgeReader { columns: places.ages, precision, leap: card.leap_birthday, recorded: false };
    let names = places.carried.iter().filter_map(|at| sheet.header().get(*at).cloned()).collect();
    let mut builder = Builder::new(names, &places);
    let mut listed: u64 = 0;
    loop {
        let row = match sheet.next_row() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) => {
                keep(error, findings)?;
                break;
            }
        };
        listed += 1;
        if let Err(finding) = row.check_width() {
            findings.push(finding);
            continue;
        }
        let parts = row::read(&row, &places, &ages, findings);
        if row::is_picked(&row, &rules) {
            builder.add(&row, &parts, &places, findings);
        }
    }
    if listed == 0 {
        findings.push(Finding::error(MANIFEST_FILE, "no rows: a dataset has at least one sample"));
    }
    Ok(Some((precision, builder)))
}

/// What is wrong with the content is a finding, what is wrong with the file an error.
fn keep(error: SheetError, findings: &mut Findings) -> Result<(), DatasetError> {
    match error {
        SheetError::Unusable(finding) => {
            findings.push(*finding);
            Ok(())
        }
        SheetError::Read { file, source } => Err(DatasetError::Read { file, source }),
    }
}

fn check_card_columns(card_file: &str, card: &DatasetCard, header: &[String], findings: &mut Findings) {
    let species = card.attack_species.iter().map(|column| ("attack_species", column));
    let groups = card.groups.iter().map(|column| ("groups", column));
    let conditions = card.conditions.iter().map(|column| ("conditions", column));
    for (key, column) in groups.chain(conditions).chain(species) {
        if !header.contains(column) {
            let text = format!("names {}, which is no column of {MANIFEST_FILE}", quoted(column));
            let help = did_you_mean(column, header.iter().map(String::as_str));
            findings.push(Finding::error(card_file, text).column(key).maybe_help(help));
        }
    }
}
