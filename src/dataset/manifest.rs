//! Card and manifest, read together and in one pass.

use std::io::Cursor;

use super::ages::AgeReader;
use super::card::{DatasetCard, Precision};
use super::columns::{Column, Levels};
use super::files::Files;
use super::row::{self, Places};
use super::{Dataset, DatasetError, MANIFEST_FILE, Pick, SampleRow, digest};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, did_you_mean, quoted};
use crate::sheet::{Sheet, SheetError};

/// The most levels of a column that may be grouped by.
pub const MOST_LEVELS: usize = 1000;

/// What was read, as far as it could be, and everything that is wrong with it.
#[derive(Debug)]
pub(super) struct Loaded {
    pub dataset: Dataset,
    pub findings: Findings,
    /// The row of each listed sample in the manifest.
    pub rows: Vec<u32>,
}

/// The dataset whose card is the file `card` of `files`, if nothing is wrong with it.
pub(super) fn load(files: Box<dyn Files>, card: &str, pick: &Pick) -> Result<Dataset, DatasetError> {
    let place = files.folder().map_or_else(|| card.to_owned(), |folder| folder.display().to_string());
    let Loaded { mut dataset, findings, .. } = load_on(files, card, pick)?;
    let name = if dataset.card.name.is_empty() { place } else { dataset.card.name.clone() };
    if findings.errors() > 0 {
        return Err(DatasetError::Unusable { name, source: findings });
    }
    if dataset.samples.is_empty() {
        return Err(DatasetError::NothingLeft { name, filter: pick.words() });
    }
    (dataset.digest, dataset.ids_key) = digest::of_manifest(&dataset);
    Ok(dataset)
}

/// As [`load`], but what can be read is returned also when something is wrong. Digests are not made yet.
pub(super) fn load_on(files: Box<dyn Files>, card_file: &str, pick: &Pick) -> Result<Loaded, DatasetError> {
    let read =
        |file: &str| files.read(file).map_err(|source| DatasetError::Read { file: shown(&*files, file), source });
    let unusable = |source: Findings| DatasetError::Unusable { name: shown(&*files, card_file), source };
    let card_bytes = read(card_file)?;
    let card_text = std::str::from_utf8(&card_bytes)
        .map_err(|_| unusable(Finding::error(card_file, "the file is not utf-8").into()))?
        .to_owned();
    let (card, findings) = DatasetCard::parse_on(card_file, &card_text).map_err(unusable)?;
    let manifest = read(MANIFEST_FILE)?;
    let mut reading =
        Reading { card_file, findings, rows: Vec::new(), subjects: Levels::default(), clusters: Levels::default() };
    let (precision, samples, columns, has_clusters) = reading.manifest(&card, &manifest, pick)?;
    let dataset = Dataset {
        card,
        card_text,
        precision,
        files,
        samples,
        subjects: reading.subjects.into_texts(),
        clusters: reading.clusters.into_texts(),
        has_clusters,
        columns,
        digest: Digest::from([0; 32]),
        ids_key: [0; 32],
    };
    let mut loaded = Loaded { dataset, findings: reading.findings, rows: reading.rows };
    loaded.refuse_duplicates();
    Ok(loaded)
}

fn shown(files: &dyn Files, file: &str) -> String {
    files.folder().map_or_else(|| file.to_owned(), |folder| folder.join(file).display().to_string())
}

type Read = (Precision, Vec<SampleRow>, Vec<Column>, bool);

struct Reading<'c> {
    card_file: &'c str,
    findings: Findings,
    rows: Vec<u32>,
    subjects: Levels,
    clusters: Levels,
}

impl Reading<'_> {
    fn manifest(&mut self, card: &DatasetCard, bytes: &[u8], pick: &Pick) -> Result<Read, DatasetError> {
        let silent = (card.age_precision.unwrap_or(Precision::Year), Vec::new(), Vec::new(), false);
        let mut sheet = match Sheet::open(MANIFEST_FILE, Cursor::new(bytes)) {
            Ok(sheet) => sheet,
            Err(SheetError::Unusable(finding)) => {
                self.findings.push(finding);
                return Ok(silent);
            }
            Err(SheetError::Read { file, source }) => return Err(DatasetError::Read { file, source }),
        };
        self.check_card_columns(card, sheet.header());
        let places = Places::find(MANIFEST_FILE, sheet.header(), &mut self.findings);
        let Some(places) = places else { return Ok(silent) };
        let rules = row::rules(&card.name, pick, sheet.header())?;
        let precision = card.age_precision.unwrap_or_else(|| places.ages.implied());
        let ages = AgeReader { columns: places.ages, precision, leap: card.leap_birthday };
        let names: Vec<String> = places.carried.iter().filter_map(|at| sheet.header().get(*at).cloned()).collect();
        let mut carried: Vec<(Levels, Vec<u32>)> = names.iter().map(|_| Default::default()).collect();
        let mut samples = Vec::new();
        let mut listed: u64 = 0;
        loop {
            let row = match sheet.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(SheetError::Unusable(finding)) => {
                    self.findings.push(finding);
                    break;
                }
                Err(SheetError::Read { file, source }) => return Err(DatasetError::Read { file, source }),
            };
            listed += 1;
            if let Err(finding) = row.check_width() {
                self.findings.push(finding);
                continue;
            }
            let parts = row::read(&row, &places, &ages, &mut self.findings);
            if !row::is_picked(&row, &rules) {
                continue;
            }
            let known = |levels: &mut Levels, id: &str| if id.is_empty() { None } else { levels.place(id) };
            samples.push(SampleRow {
                sample_id: parts.sample_id.into(),
                subject: known(&mut self.subjects, parts.subject_id),
                cluster: known(&mut self.clusters, parts.cluster_id),
                path: (!parts.path.is_empty()).then(|| parts.path.into()),
                age: parts.age,
                weight: parts.weight,
                face_box: parts.face_box,
                sha256: parts.sha256.map(Box::new),
            });
            self.rows.push(u32::try_from(row.number()).unwrap_or(u32::MAX));
            for ((levels, cells), place) in carried.iter_mut().zip(&places.carried) {
                let text = row.text(*place).unwrap_or_else(|finding| {
                    self.findings.push(finding);
                    ""
                });
                cells.push(levels.place(text).unwrap_or(0));
            }
        }
        if listed == 0 {
            self.findings.push(Finding::error(MANIFEST_FILE, "no rows: a dataset has at least one sample"));
        }
        let columns: Vec<Column> = names
            .into_iter()
            .zip(carried)
            .map(|(name, (levels, cells))| Column::new(name, levels.into_texts(), cells))
            .collect();
        self.check_levels(card, &columns);
        Ok((precision, samples, columns, places.cluster_id.is_some()))
    }

    fn check_card_columns(&mut self, card: &DatasetCard, header: &[String]) {
        let species = card.attack_species.iter().map(|column| ("attack_species", column));
        let groups = card.groups.iter().map(|column| ("groups", column));
        let conditions = card.conditions.iter().map(|column| ("conditions", column));
        for (key, column) in groups.chain(conditions).chain(species) {
            if !header.contains(column) {
                let text = format!("names {}, which is no column of {MANIFEST_FILE}", quoted(column));
                let help = did_you_mean(column, header.iter().map(String::as_str));
                self.findings.push(Finding::error(self.card_file, text).column(key).maybe_help(help));
            }
        }
    }

    fn check_levels(&mut self, card: &DatasetCard, columns: &[Column]) {
        for name in card.groups.iter().chain(&card.conditions).chain(&card.attack_species) {
            let levels = columns.iter().find(|column| column.name() == name).map_or(0, |column| column.levels().len());
            if levels > MOST_LEVELS {
                let text = format!("{levels} different cells: a column to group by has at most {MOST_LEVELS}");
                let help = "group the values first, or take the column out of dataset.toml";
                self.findings.push(Finding::error(MANIFEST_FILE, text).column(name).help(help));
            }
        }
    }
}

impl Loaded {
    fn refuse_duplicates(&mut self) {
        let order = digest::sorted(&self.dataset);
        let at = |place: u32| (self.dataset.samples.get(place as usize), self.rows.get(place as usize));
        for pair in order.windows(2) {
            let [first, second] = pair else { continue };
            let ((Some(a), Some(row_a)), (Some(b), Some(row_b))) = (at(*first), at(*second)) else { continue };
            if a.sample_id == b.sample_id && !a.sample_id.is_empty() {
                let (early, late) = (row_a.min(row_b), row_a.max(row_b));
                let text = format!("{} stands also in row {early}: a sample has one row", quoted(&a.sample_id));
                self.findings.push(Finding::error(MANIFEST_FILE, text).row(u64::from(*late)).column("sample_id"));
            }
        }
    }
}
