//! A run folder from answers that were recorded elsewhere, in a CSV file with columns of any names.

mod answers;
mod mapping;
mod write;

use std::collections::HashMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use crate::age::AgeLimit;
use crate::dataset::{
    Dataset, DatasetCard, LabelKind, Levels, Precision, Recorded, TrueAge, check_name, has_only_whole_ages,
    precision_of,
};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, quoted};
use crate::folder::{Existing, Pseudonyms, RunFolder, Truth};
use crate::outcome::Outcome;
use crate::protocol::Protocol;
use crate::score::ScoreError;
use crate::sheet::{Sheet, SheetError};
use crate::tally::{Answers, not_ages};

use mapping::Mapping;

/// A recorded file, and what it is.
#[derive(Debug)]
pub struct Recording<'r> {
    /// The file.
    pub file: &'r Path,
    /// `OURS=THEIRS`; an empty THEIRS leaves a column out.
    pub columns: &'r [(String, String)],
    /// Columns of the file to group by. With [`Recording::dataset`], the dataset's card says which they are.
    pub groups: &'r [String],
    /// The dataset whose samples were answered; without it, the file's own truth columns are the manifest.
    pub dataset: Option<&'r Dataset>,
    /// The method's name, where no column says it; default the file's name without its ending.
    pub method_name: Option<&'r str>,
    /// `estimation`, `verification`, `inference` or `declaration`; default `estimation`.
    pub method_kind: Option<&'r str>,
    /// The dataset's name; default the file's name without its ending.
    pub dataset_name: Option<&'r str>,
    /// How the true ages were come by; default chronological.
    pub label_kind: Option<LabelKind>,
    /// How finely the true ages are known; default year when all are whole, else day.
    pub age_precision: Option<Precision>,
    /// The protocol; its limits decide which scores and decisions are read.
    pub protocol: &'r Protocol,
    /// Whether ids are written as they are.
    pub keep_ids: bool,
    /// The run folder to make.
    pub out: &'r Path,
    /// What to do when it holds something.
    pub existing: Existing,
    /// The time, for run.json.
    pub now: Option<String>,
}

/// What [`import`] made.
#[derive(Debug)]
pub struct Imported {
    /// The run folder, without metrics.csv yet.
    pub folder: RunFolder,
    /// Attempts written.
    pub attempts: u64,
    /// The methods, in the order of their first row.
    pub methods: Vec<String>,
}

/// One row of the file: whose attempt it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    sample: u32,
    method: u32,
    row: u32,
}

/// Makes a run folder from a recorded file. Nothing is written unless the whole file is good.
///
/// # Errors
/// Every problem of the file, with rows and columns; [`ScoreError::NotAges`]; or what the folder answers.
pub fn import(recording: &Recording<'_>) -> Result<Imported, ScoreError> {
    let bytes =
        fs::read(recording.file).map_err(|source| ScoreError::Read { path: recording.file.to_owned(), source })?;
    let file = recording.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let reading = Reading { recording, file: &file, bytes: &bytes };
    let mapping = {
        let sheet = reading.sheet()?;
        let limits: &[AgeLimit] = &recording.protocol.limits;
        Mapping::find(&file, sheet.header(), recording.columns, recording.groups, limits, recording.dataset.is_some())
            .map_err(|findings| reading.unusable(findings))?
    };
    let own;
    let (dataset, samples) = match recording.dataset {
        Some(dataset) => (dataset, reading.samples_in(dataset, &mapping)?),
        None => {
            own = reading.own_dataset(&mapping)?;
            (&own.dataset, own.sample_of_row.clone())
        }
    };
    if !samples.iter().any(|place| dataset.is_eligible(*place as usize)) {
        return Err(ScoreError::NobodyEligible { file });
    }
    let (keys, methods) = reading.keys(&mapping, &samples)?;
    drop(samples);
    let truth = Truth::of(dataset, &Pseudonyms::of(dataset, recording.keep_ids));
    let outcomes = reading.outcomes(&mapping, &keys, &methods, &truth)?;
    let made = write::Made { recording, dataset, truth: &truth, methods: &methods, outcomes: &outcomes };
    let folder = made.write(&file, Digest::of(&bytes))?;
    Ok(Imported { folder, attempts: keys.len() as u64, methods })
}

struct Reading<'r> {
    recording: &'r Recording<'r>,
    file: &'r str,
    bytes: &'r [u8],
}

impl<'r> Reading<'r> {
    fn sheet(&self) -> Result<Sheet<Cursor<&'r [u8]>>, ScoreError> {
        Sheet::open(self.file, Cursor::new(self.bytes)).map_err(|source| self.no_table(source))
    }

    fn no_table(&self, source: SheetError) -> ScoreError {
        ScoreError::NoTable { file: self.file.to_owned(), source }
    }

    fn unusable(&self, source: impl Into<Findings>) -> ScoreError {
        ScoreError::Unusable { file: self.file.to_owned(), source: source.into() }
    }

    fn stem(&self) -> String {
        let stem = self.recording.file.file_stem().map(|stem| stem.to_string_lossy().trim().to_owned());
        stem.filter(|stem| check_name(stem).is_ok()).unwrap_or_else(|| "recorded".to_owned())
    }

    /// The dataset that the file's truth columns are.
    fn own_dataset(&self, mapping: &Mapping) -> Result<Recorded, ScoreError> {
        let Some(truth) = &mapping.truth else {
            let sheet = self.sheet()?;
            let text = format!("no column holds the true age: there are {}", crate::finding::listed(sheet.header()));
            let has_band = ["age_low", "age_high"].iter().all(|name| sheet.place(name).is_some());
            let help = if has_band {
                "name it: --columns true_age_low=age_low,true_age_high=age_high if these are the truth, or true_age=COLUMN"
            } else {
                "name it: --columns true_age=COLUMN, or give the dataset that was answered: --dataset"
            };
            return Err(self.unusable(Finding::error(self.file, text).help(help)));
        };
        let precision = match (self.recording.age_precision, truth.age) {
            (Some(stated), _) => Some(stated),
            (None, TrueAge::Years(place)) => {
                let whole = has_only_whole_ages(&mut self.sheet()?, place).map_err(|source| self.no_table(source))?;
                Some(precision_of(whole))
            }
            (None, TrueAge::Band(..) | TrueAge::Dates(..)) => None,
        };
        let mut sheet = self.sheet()?;
        let mut card = DatasetCard::named(self.recording.dataset_name.map_or_else(|| self.stem(), str::to_owned));
        card.label_kind = self.recording.label_kind.unwrap_or(card.label_kind);
        card.age_precision = precision;
        card.groups = self.recording.groups.to_vec();
        card.attack_species = mapping.species.and_then(|place| sheet.header().get(place).cloned());
        let text = write::dataset_card(&card);
        // Read back, so that a card stands in the folder that the next verb accepts.
        let card = DatasetCard::parse("dataset.toml", &text).map_err(|findings| self.unusable(findings))?;
        let recorded =
            Dataset::from_recorded(&mut sheet, truth, card, text).map_err(|findings| self.unusable(findings))?;
        if recorded.dataset.samples().is_empty() {
            return Err(self.unusable(Finding::error(self.file, "no rows: expected at least one answer")));
        }
        Ok(recorded)
    }

    /// The sample of each row in `dataset`, by its id as given or by its pseudonym.
    fn samples_in(&self, dataset: &Dataset, mapping: &Mapping) -> Result<Vec<u32>, ScoreError> {
        let mut sheet = self.sheet()?;
        let place = match mapping.sample_id {
            Some(place) => place,
            None => sheet.require("sample_id").map_err(|finding| self.unusable(finding))?,
        };
        let pseudonyms = Pseudonyms::of(dataset, false);
        let mut of_id: HashMap<Box<str>, u32> = HashMap::new();
        for (sample, at) in dataset.samples().iter().zip(0_u32..) {
            of_id.insert(pseudonyms.printed(&sample.sample_id), at);
        }
        for (sample, at) in dataset.samples().iter().zip(0_u32..) {
            of_id.insert(sample.sample_id.clone(), at);
        }
        let mut findings = Findings::new();
        let mut samples = Vec::new();
        while let Some(row) = sheet.next_row().map_err(|source| self.no_table(source))? {
            match row.check_width().and_then(|()| row.text(place)) {
                Ok(id) => match of_id.get(id) {
                    Some(at) => samples.push(*at),
                    None => {
                        let text = format!("{} is no sample of dataset `{}`", quoted(id), dataset.card().name);
                        findings.push(row.wrong(place, text));
                    }
                },
                Err(finding) => findings.push(finding),
            }
        }
        if samples.is_empty() && findings.is_empty() {
            findings.push(Finding::error(self.file, "no rows: expected at least one answer"));
        }
        if findings.errors() > 0 { Err(self.unusable(findings)) } else { Ok(samples) }
    }

    /// Whose attempt each row is, and the methods' names.
    fn keys(&self, mapping: &Mapping, samples: &[u32]) -> Result<(Vec<Key>, Vec<String>), ScoreError> {
        let mut methods = Levels::default();
        let mut findings = Findings::new();
        let mut keys = Vec::with_capacity(samples.len());
        let mut sheet = self.sheet()?;
        let stem = self.recording.method_name.map_or_else(|| self.stem(), str::to_owned);
        let mut of_row = samples.iter();
        while let Some(row) = sheet.next_row().map_err(|source| self.no_table(source))? {
            let Some(sample) = of_row.next() else { break };
            let name = mapping.method.map_or(Ok(stem.as_str()), |place| row.text(place));
            match name.and_then(|name| self.method(&row, mapping, name)) {
                Ok(name) => {
                    let method = methods.place(name).unwrap_or(u32::MAX);
                    keys.push(Key { sample: *sample, method, row: u32::try_from(row.number()).unwrap_or(u32::MAX) });
                }
                Err(finding) => findings.push(finding),
            }
        }
        self.refuse_duplicates(mapping, &keys, sheet.header(), &mut findings);
        if findings.errors() > 0 {
            return Err(self.unusable(findings));
        }
        Ok((keys, methods.into_texts().iter().map(|name| name.to_string()).collect()))
    }

    fn method<'n>(&self, row: &crate::sheet::Row<'_>, mapping: &Mapping, name: &'n str) -> Result<&'n str, Finding> {
        check_name(name).map(|()| name).map_err(|problem| {
            let text = format!("the method's name {} is {problem}", quoted(name));
            match mapping.method {
                Some(place) => row.wrong(place, text),
                None => Finding::error(self.file, text),
            }
        })
    }

    fn refuse_duplicates(&self, mapping: &Mapping, keys: &[Key], header: &[String], findings: &mut Findings) {
        if keys.is_sorted_by(|a, b| (a.sample, a.method) < (b.sample, b.method)) {
            return;
        }
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        for pair in sorted.windows(2) {
            let [first, second] = pair else { continue };
            if (first.sample, first.method) == (second.sample, second.method) {
                let text = format!("the same sample as in row {}: a sample is put to a method once", first.row);
                let finding = Finding::error(self.file, text).row(u64::from(second.row));
                let help = "name the column that tells the methods apart: --columns method=COLUMN";
                let finding = match mapping.sample_id.and_then(|at| header.get(at)) {
                    Some(column) => finding.column(column),
                    None => finding,
                };
                findings.push(if mapping.method.is_none() { finding.help(help) } else { finding });
            }
        }
    }

    /// outcomes.csv: rows in the order of truth.csv, within a sample in the order of the methods.
    fn outcomes(
        &self,
        mapping: &Mapping,
        keys: &[Key],
        methods: &[String],
        truth: &Truth,
    ) -> Result<Vec<u8>, ScoreError> {
        let in_order = keys.is_sorted();
        let mut writer = write::Outcomes::new(truth, methods, &self.recording.protocol.limits);
        let mut kept: Vec<(Key, Outcome)> = Vec::new();
        let mut of_methods = vec![Answers::new(&[]); methods.len()];
        let mut findings = Findings::new();
        let mut sheet = self.sheet()?;
        let mut of_row = keys.iter();
        while let Some(row) = sheet.next_row().map_err(|source| self.no_table(source))? {
            let Some(key) = of_row.next() else { break };
            match answers::read(&row, mapping) {
                Err(finding) => findings.push(finding),
                Ok(outcome) => {
                    if let Some(answers) = of_methods.get_mut(key.method as usize) {
                        answers.push(Some(&outcome));
                    }
                    if in_order { writer.write(key, &outcome) } else { kept.push((*key, outcome)) }
                }
            }
        }
        if findings.errors() > 0 {
            return Err(self.unusable(findings));
        }
        let problem = of_methods.iter().zip(methods).find_map(|(it, name)| not_ages(it).map(|reason| (name, reason)));
        if let Some((name, reason)) = problem {
            return Err(ScoreError::NotAges { file: self.file.to_owned(), method: name.clone(), reason });
        }
        kept.sort_unstable_by_key(|(key, _)| *key);
        kept.iter().for_each(|(key, outcome)| writer.write(key, outcome));
        writer.finish().map_err(|source| ScoreError::Read { path: self.recording.file.to_owned(), source })
    }
}
