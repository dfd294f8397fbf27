//! A dataset made from a recorded file: its truth columns are the manifest.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

use super::ages::{AgeColumns, AgeReader};
use super::builder::{Builder, check_duplicates, check_levels};
use super::card::{DatasetCard, Precision};
use super::files::Files;
use super::row::{self, Places};
use super::{Dataset, digest};
use crate::finding::{Findings, quoted};
use crate::sheet::{Row, Sheet, SheetError};

/// Which columns of a recorded file hold the truth, as places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthColumns {
    /// The sample; without it, the row's number is its id.
    pub sample_id: Option<usize>,
    /// The true age.
    pub age: TrueAge,
    /// The subject.
    pub subject_id: Option<usize>,
    /// The cluster.
    pub cluster_id: Option<usize>,
    /// The weight.
    pub weight: Option<usize>,
    /// Columns that are carried, and their names in the dataset: groups, conditions, `split`, attack species.
    pub carried: Vec<(usize, String)>,
    /// Whether a sample may have several rows, one a method, all with the same truth.
    pub several_rows: bool,
}

/// The columns of a true age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrueAge {
    /// One column of years.
    Years(usize),
    /// The ends of a band.
    Band(usize, usize),
    /// Birth and capture.
    Dates(usize, usize),
}

/// A dataset made from a recorded file.
#[derive(Debug)]
pub struct Recorded {
    /// The dataset.
    pub dataset: Dataset,
    /// The sample of each row of the file, as a place in [`Dataset::samples`].
    pub sample_of_row: Vec<u32>,
}

impl Dataset {
    /// The dataset that the truth columns of `sheet` are. `card` names groups, conditions and species by the file's
    /// own column names; `card_text` is written to the run folder.
    ///
    /// The precision is the card's; without one, it follows from the columns, and ages that are all whole are years.
    /// Decide that before with [`has_only_whole_ages`].
    ///
    /// # Errors
    /// Every problem of the truth columns, with rows and columns of the file.
    pub fn from_recorded<R: Read>(
        sheet: &mut Sheet<R>,
        columns: &TruthColumns,
        card: DatasetCard,
        card_text: String,
    ) -> Result<Recorded, Findings> {
        let ages = match columns.age {
            TrueAge::Years(place) => AgeColumns::Age(place),
            TrueAge::Band(low, high) => AgeColumns::Band(low, high),
            TrueAge::Dates(birth, captured) => AgeColumns::Dates(birth, captured),
        };
        let places = Places {
            sample_id: columns.sample_id,
            ages,
            path: None,
            subject_id: columns.subject_id,
            cluster_id: columns.cluster_id,
            weight: columns.weight,
            sha256: None,
            face_box: None,
            carried: columns.carried.iter().map(|(place, _)| *place).collect(),
        };
        let precision = card.age_precision.unwrap_or_else(|| ages.implied());
        let reader = AgeReader { columns: ages, precision, leap: card.leap_birthday, recorded: true };
        let mut findings = Findings::new();
        let mut builder = Builder::new(columns.carried.iter().map(|(_, name)| name.clone()).collect(), &places);
        let mut first_of: HashMap<Box<str>, u32> = HashMap::new();
        let mut sample_of_row = Vec::new();
        let file = sheet.file().to_owned();
        let id_column = columns.sample_id.and_then(|at| sheet.header().get(at).cloned()).unwrap_or_default();
        loop {
            let row = match sheet.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(error) => {
                    findings.push(into_finding(error));
                    break;
                }
            };
            if let Err(finding) = row.check_width() {
                findings.push(finding);
                continue;
            }
            let parts = row::read(&row, &places, &reader, &mut findings);
            let next = u32::try_from(builder.len()).unwrap_or(u32::MAX);
            if columns.several_rows {
                if let Some(first) = first_of.get(&*parts.sample_id) {
                    sample_of_row.push(*first);
                    let at = *first as usize;
                    if let Some(column) = builder.differs(at, &row, &parts, &places) {
                        let text = format!(
                            "says something else of sample {} than row {} does",
                            quoted(&parts.sample_id),
                            builder.row_of(at)
                        );
                        findings.push(row.wrong(column, text));
                    }
                    continue;
                }
                first_of.insert(parts.sample_id.as_ref().into(), next);
            }
            sample_of_row.push(next);
            builder.add(&row, &parts, &places, &mut findings);
        }
        let (mut dataset, rows) = builder.finish(card, card_text, precision, Box::new(NoFiles));
        check_levels(&file, &dataset, &mut findings);
        check_duplicates(&file, &id_column, &dataset, &rows, &mut findings);
        if findings.errors() > 0 {
            return Err(findings);
        }
        (dataset.digest, dataset.ids_key) = digest::of_manifest(&dataset);
        Ok(Recorded { dataset, sample_of_row })
    }
}

/// Whether every age in the column at `place` is a whole number, empty cells aside; cells that are no numbers count as
/// whole, since they are refused later with more to say.
///
/// # Errors
/// The file cannot be read.
pub fn has_only_whole_ages<R: Read>(sheet: &mut Sheet<R>, place: usize) -> Result<bool, SheetError> {
    let is_whole = |row: &Row<'_>| {
        let text = std::str::from_utf8(row.bytes(place)).unwrap_or_default().trim();
        text.bytes().all(|byte| byte.is_ascii_digit()) || text.parse::<f64>().map_or(true, |age| age.fract() == 0.0)
    };
    while let Some(row) = sheet.next_row()? {
        if !is_whole(&row) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The precision that follows from whether all ages are whole.
#[must_use]
pub fn precision_of(whole: bool) -> Precision {
    if whole { Precision::Year } else { Precision::Day }
}

fn into_finding(error: SheetError) -> crate::finding::Finding {
    match error {
        SheetError::Unusable(finding) => *finding,
        SheetError::Read { file, source } => crate::finding::Finding::error(file, source.to_string()),
    }
}

/// The files of a dataset that has none.
#[derive(Debug)]
struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> io::Result<Cow<'static, [u8]>> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn check(&self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn folder(&self) -> Option<&Path> {
        None
    }
}
