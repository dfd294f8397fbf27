//! A run folder from answers that were recorded elsewhere, in a CSV file with columns of any names.

mod order;
mod outcomes;
mod read;
mod write;

use std::fs::File;
use std::io;
use std::path::Path;

use super::inputs::{Inputs, facts, tally_truth};
use crate::age::AgeLimit;
use crate::dataset::{Dataset, DatasetCard, LabelKind, Levels, Precision, Recorded, TruthReader, check_name};
use crate::digest::Hasher;
use crate::finding::{Finding, Findings};
use crate::folder::{Existing, Pseudonyms, RunFolder, Truth};
use crate::foreign;
use crate::protocol::Protocol;
use crate::recorded::{Mapping, Said};
use crate::score::ScoreError;
use crate::sheet::{Blocks, SheetError};
use crate::tally::{Answers, Tally, not_ages};

pub(super) use write::recorded_digest;

use order::{KeyColumns, Order};
use outcomes::Outcomes;
use read::{How, Read};

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
    /// The version of the method; none where nobody states it.
    pub method_version: Option<&'r str>,
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
    /// What stands in the folder, so that it need not be read again to be scored.
    pub(super) inputs: Inputs,
}

/// Makes a run folder from a recorded file. Nothing is written unless the whole file is good.
///
/// # Errors
/// Every problem of the file, with rows and columns; [`ScoreError::NotAges`]; [`ScoreError::Tally`] where the protocol does not fit its people; or
/// what the folder answers.
pub fn import(recording: &Recording<'_>) -> Result<Imported, ScoreError> {
    RunFolder::spares(recording.out, recording.file)?;
    let failed = |source| ScoreError::Read { path: recording.file.to_owned(), source };
    let mut content = Hashing { inner: foreign::open(recording.file).map_err(failed)?.0, hasher: Hasher::default() };
    let file = recording.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let reading = Reading { recording, file: &file };
    let read = reading.file_of(&mut content)?;
    let content = content.hasher.finish();
    let AllRead { own, columns, rows, methods, of_methods, method_findings, outcomes, outcome_findings } = read;
    let (dataset, samples) = match (&own, recording.dataset) {
        (Own::Dataset(recorded), _) => (&recorded.dataset, recorded.sample_of_row.as_deref()),
        (Own::Places(places), Some(dataset)) => (dataset, Some(places.as_slice())),
        (Own::Places(_), None) => return Err(ScoreError::NobodyEligible { file }),
    };
    let attempts = rows.len();
    let order = reading.order(samples, &of_methods, &rows, method_findings, &columns)?;
    drop((rows, of_methods));
    if outcome_findings.errors() > 0 {
        return Err(reading.unusable(outcome_findings));
    }
    let card = dataset.card();
    let methods: Vec<String> = methods.into_texts().iter().map(|name| name.to_string()).collect();
    let truth_of_all = || {
        let truth = Truth::of(dataset, &Pseudonyms::of(dataset, recording.keep_ids));
        tally_truth(&truth, card, None).map(|counted| (truth, counted))
    };
    let listed = dataset.samples().len();
    let answers_of_all = || answers_in(&order, &outcomes, &methods, listed, &recording.protocol.limits);
    let (truth, answers) = rayon::join(truth_of_all, answers_of_all);
    let problem = answers.iter().zip(&methods).find_map(|(it, name)| not_ages(it).map(|reason| (name, reason)));
    if let Some((name, reason)) = problem {
        return Err(ScoreError::NotAges { file, method: name.clone(), reason });
    }
    let (truth, counted) = truth?;
    Tally::fits(&counted, recording.protocol)?;
    let made = write::Made { recording, dataset, truth: &truth, methods: &methods, order: &order, outcomes: &outcomes };
    let (folder, record) = made.write(&file, content)?;
    drop((order, outcomes));
    let (facts, protocol) = (facts(card), recording.protocol.clone());
    let inputs = Inputs { record, facts, protocol, truth: counted, answers, attempts: attempts as u64 };
    Ok(Imported { folder, attempts: attempts as u64, methods, inputs })
}

/// A file, hashed as it is read.
struct Hashing {
    inner: File,
    hasher: Hasher,
}

impl io::Read for Hashing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.hasher.update(out.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// What each method answered, one place a listed sample.
fn answers_in(
    order: &Order,
    outcomes: &Outcomes,
    methods: &[String],
    samples: usize,
    limits: &[AgeLimit],
) -> Vec<Answers> {
    let mut answers = vec![Answers::new(limits); methods.len()];
    for (key, outcome) in (0..outcomes.len()).filter_map(|at| {
        let key = order.get(at)?;
        Some((key, outcomes.get(key.place as usize)?))
    }) {
        let Some(of_method) = answers.get_mut(key.method as usize) else { continue };
        while of_method.len() < key.sample as usize {
            of_method.push(None);
        }
        of_method.push(Some(&outcome));
    }
    for of_method in &mut answers {
        while of_method.len() < samples {
            of_method.push(None);
        }
    }
    answers
}

/// The dataset that the file holds, or the sample of each row in the dataset that was answered.
enum Own {
    Dataset(Box<Recorded>),
    Places(Vec<u32>),
}

/// The whole file, by column.
struct AllRead {
    own: Own,
    columns: KeyColumns,
    rows: Vec<u32>,
    methods: Levels,
    of_methods: Vec<u32>,
    method_findings: Findings,
    outcomes: Outcomes,
    outcome_findings: Findings,
}

struct Reading<'r> {
    recording: &'r Recording<'r>,
    file: &'r str,
}

impl Reading<'_> {
    fn cannot_read(&self, error: SheetError) -> ScoreError {
        match error {
            SheetError::Read { source, .. } => ScoreError::Read { path: self.recording.file.to_owned(), source },
            source => ScoreError::NoTable { file: self.file.to_owned(), source },
        }
    }

    fn unusable(&self, source: impl Into<Findings>) -> ScoreError {
        ScoreError::Unusable { file: self.file.to_owned(), source: source.into() }
    }

    fn stem(&self) -> String {
        let stem = self.recording.file.file_stem().map(|stem| stem.to_string_lossy().trim().to_owned());
        stem.filter(|stem| check_name(stem).is_ok()).unwrap_or_else(|| "recorded".to_owned())
    }

    /// Reads the file. Problems of the truth are told before those of the methods, and these before those of answers.
    fn file_of(&self, content: &mut Hashing) -> Result<AllRead, ScoreError> {
        let recording = self.recording;
        let blocks = Blocks::open(self.file, content).map_err(|source| self.cannot_read(source))?;
        let header = blocks.header().to_vec();
        let limits: &[AgeLimit] = &recording.protocol.limits;
        let elsewhere = recording.dataset.is_some();
        let mapping =
            Mapping::find(Said::Flag, self.file, &header, recording.columns, recording.groups, limits, elsewhere)
                .map_err(|findings| self.unusable(findings))?;
        let mut sample_id = mapping.sample_id;
        if elsewhere && sample_id.is_none() {
            sample_id = Some(blocks.require("sample_id").map_err(|finding| self.unusable(finding))?);
        }
        let reader = match (elsewhere, &mapping.truth) {
            (true, _) => None,
            (false, Some(truth)) => Some(TruthReader::new(truth, recording.age_precision)),
            (false, None) => return Err(self.no_true_age(&header)),
        };
        let stem = recording.method_name.map_or_else(|| self.stem(), str::to_owned);
        let how =
            How { mapping: &mapping, truth: reader.as_ref(), sample_id: sample_id.unwrap_or_default(), method: &stem };
        let read = Read::all(self, blocks, &how)?;
        let Read { truth, ids, rows, mut truth_findings, methods, of_methods, .. } = read;
        let Read { method_findings, outcomes, outcome_findings, .. } = read;
        let own = match (&reader, truth, recording.dataset) {
            (Some(reader), Some(part), _) => {
                let card = |precision| self.card(&mapping, &header, precision);
                let finished = reader.finish(self.file, &header, part, card);
                let recorded = finished.map_err(|findings| self.unusable(findings))?;
                if recorded.dataset.samples().is_empty() {
                    return Err(self.unusable(self.no_rows()));
                }
                Own::Dataset(Box::new(recorded))
            }
            (_, _, Some(dataset)) => {
                let places = self.samples_in(dataset, &ids, &rows, header.get(how.sample_id), &mut truth_findings);
                if places.is_empty() && truth_findings.is_empty() {
                    truth_findings.push(self.no_rows());
                }
                if truth_findings.errors() > 0 {
                    return Err(self.unusable(truth_findings));
                }
                Own::Places(places)
            }
            _ => return Err(self.no_true_age(&header)),
        };
        let eligible = match (&own, recording.dataset) {
            (Own::Dataset(recorded), _) => {
                (0..recorded.dataset.samples().len()).any(|place| recorded.dataset.is_eligible(place))
            }
            (Own::Places(places), Some(dataset)) => places.iter().any(|place| dataset.is_eligible(*place as usize)),
            (Own::Places(_), None) => false,
        };
        if !eligible {
            return Err(ScoreError::NobodyEligible { file: self.file.to_owned() });
        }
        let columns = KeyColumns {
            sample_id: mapping.sample_id.and_then(|at| header.get(at).cloned()),
            has_method: mapping.method.is_some(),
        };
        Ok(AllRead { own, columns, rows, methods, of_methods, method_findings, outcomes, outcome_findings })
    }

    fn no_rows(&self) -> Finding {
        Finding::error(self.file, "no rows: expected at least one answer")
    }

    fn no_true_age(&self, header: &[String]) -> ScoreError {
        let text = format!("no column holds the true age: there are {}", crate::finding::listed(header));
        let has_band = ["age_low", "age_high"].iter().all(|name| header.iter().any(|column| column == name));
        let help = if has_band {
            "name it: --columns true_age_low=age_low,true_age_high=age_high if these are the truth, or true_age=COLUMN"
        } else {
            "name it: --columns true_age=COLUMN, or give the dataset that was answered: --dataset"
        };
        self.unusable(Finding::error(self.file, text).help(help))
    }

    /// The card of the dataset that the file holds, and its text.
    fn card(
        &self,
        mapping: &Mapping,
        header: &[String],
        precision: Option<Precision>,
    ) -> Result<(DatasetCard, String), Findings> {
        let mut card = DatasetCard::named(self.recording.dataset_name.map_or_else(|| self.stem(), str::to_owned));
        card.label_kind = self.recording.label_kind.unwrap_or(card.label_kind);
        card.age_precision = precision;
        card.groups = self.recording.groups.to_vec();
        card.attack_species = mapping.species.and_then(|place| header.get(place).cloned());
        let text = write::dataset_card(&card);
        // Read back, so that a card stands in the folder that the next verb accepts.
        Ok((DatasetCard::parse("dataset.toml", &text)?, text))
    }
}
