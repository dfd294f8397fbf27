//! A dataset made from a recorded file: its truth columns are the manifest.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use super::ages::{AgeColumns, AgeReader};
use super::builder::{Builder, check_duplicates, check_levels, check_weights};
use super::card::{DatasetCard, LeapBirthday, Precision};
use super::files::Files;
use super::row::{self, Places};
use super::texts::Distinct;
use super::{Dataset, digest};
use crate::finding::{Finding, Findings, quoted};
use crate::sheet::Row;

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
    /// The sample of each row of the file, as a place in [`Dataset::samples`]; `None` when each row is its own.
    pub sample_of_row: Option<Vec<u32>>,
}

/// Reads the truth columns of a recorded file, part by part.
#[derive(Debug)]
pub struct TruthReader<'c> {
    columns: &'c TruthColumns,
    places: Places,
    ages: AgeReader,
    /// Whether the precision follows from the ages: years when all are whole, else days.
    by_ages: bool,
    /// Whether the card says the precision: given, or found in the ages.
    stated: bool,
}

/// The samples of some rows of a recorded file, and what is wrong with these.
#[derive(Debug)]
pub struct RecordedPart {
    builder: Builder,
    findings: Findings,
    sample_of_row: Vec<u32>,
    first_of: Distinct,
}

impl<'c> TruthReader<'c> {
    /// A reader of `columns`. Without a precision it follows from the columns, and ages that are all whole are years.
    #[must_use]
    pub fn new(columns: &'c TruthColumns, precision: Option<Precision>) -> Self {
        let ages = match columns.age {
            TrueAge::Years(place) => AgeColumns::Age(place),
            TrueAge::Band(low, high) => AgeColumns::Band(low, high),
            TrueAge::Dates(birth, captured) => AgeColumns::Dates(birth, captured),
        };
        let by_ages = precision.is_none() && matches!(columns.age, TrueAge::Years(_));
        let stated = precision.is_some() || by_ages;
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
        let precision = precision.unwrap_or(if by_ages { Precision::Day } else { ages.implied() });
        let ages = AgeReader { columns: ages, precision, leap: LeapBirthday::FirstOfMarch, recorded: true };
        Self { columns, places, ages, by_ages, stated }
    }

    /// No rows yet.
    #[must_use]
    pub fn part(&self) -> RecordedPart {
        let names = self.columns.carried.iter().map(|(_, name)| name.clone()).collect();
        RecordedPart {
            builder: Builder::new(names, &self.places),
            findings: Findings::new(),
            sample_of_row: Vec::new(),
            first_of: Distinct::default(),
        }
    }

    /// Adds `row`, which is as wide as the header, to `part`.
    pub fn read(&self, row: &Row<'_>, part: &mut RecordedPart) {
        let parts = row::read(row, &self.places, &self.ages, &mut part.findings);
        part.builder.add(row, &parts, &self.places, &mut part.findings);
    }

    /// Adds the rows of `later`, which stand in `file` after those of `part`.
    pub fn append(&self, file: &str, header: &[String], part: &mut RecordedPart, later: RecordedPart) {
        if !self.columns.several_rows {
            part.findings.append(later.findings);
            part.builder.append(&later.builder);
            return;
        }
        for place in 0..later.builder.len() {
            let id = later.builder.samples().ids().get(place);
            let Some((sample, is_new)) = part.first_of.place(id) else { continue };
            part.sample_of_row.push(sample);
            if is_new {
                part.builder.append_one(&later.builder, place);
                continue;
            }
            let at = sample as usize;
            if let Some(column) = part.builder.differs(at, &later.builder, place, &self.places) {
                let row = part.builder.row_of(at);
                let text = format!("says something else of sample {} than row {row} does", quoted(id));
                let finding = Finding::error(file, text).row(u64::from(later.builder.row_of(place)));
                part.findings.push(match header.get(column) {
                    Some(name) => finding.column(name),
                    None => finding,
                });
            }
        }
        part.findings.append(later.findings);
    }

    /// The dataset of all rows. `card` gives the card, which names groups, conditions and species by the file's own
    /// column names, and its text, for the precision of the ages.
    ///
    /// # Errors
    /// Every problem of the truth columns, with rows and columns of the file.
    pub fn finish(
        &self,
        file: &str,
        header: &[String],
        part: RecordedPart,
        card: impl FnOnce(Option<Precision>) -> Result<(DatasetCard, String), Findings>,
    ) -> Result<Recorded, Findings> {
        let RecordedPart { mut builder, mut findings, sample_of_row, first_of } = part;
        drop(first_of);
        let mut precision = self.ages.precision;
        if self.by_ages && builder.samples_mut().ages_mut().label_whole_years() {
            precision = Precision::Year;
        }
        let (card, card_text) = card(self.stated.then_some(precision))?;
        let (mut dataset, rows) = builder.finish(card, card_text, precision, Box::new(NoFiles));
        check_levels(file, &dataset, &mut findings);
        check_weights(file, &dataset, &rows, &mut findings);
        let id_column = self.columns.sample_id.and_then(|at| header.get(at).cloned()).unwrap_or_default();
        check_duplicates(file, &id_column, &dataset, &rows, &mut findings);
        if findings.errors() > 0 {
            return Err(findings);
        }
        (dataset.digest, dataset.ids_key) = digest::of_manifest(&dataset);
        Ok(Recorded { dataset, sample_of_row: self.columns.several_rows.then_some(sample_of_row) })
    }
}

impl RecordedPart {
    /// Adds what is wrong with a row.
    pub fn push_finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// What is wrong so far.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.findings.errors()
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
