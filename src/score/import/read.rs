//! One pass over a recorded file, on all cores: truth, methods and answers by column, and every problem.

use super::outcomes::Outcomes;
use super::{Hashing, Reading};
use crate::age::AgeLimit;
use crate::dataset::{Levels, RecordedPart, Texts, TruthReader, check_name};
use crate::finding::{Finding, Findings, quoted};
use crate::recorded::{Mapping, read_outcome};
use crate::score::ScoreError;
use crate::sheet::{BlockRows, Blocks, Row, SheetError};

/// The method of a row whose method has no name that could be used.
pub(super) const NO_METHOD: u32 = u32::MAX;

/// Some rows of the file, in its order.
pub(super) struct Read {
    /// The truth, where the file holds it.
    pub truth: Option<RecordedPart>,
    /// The samples' ids, where the truth is elsewhere.
    pub ids: Texts,
    /// The number of each row.
    pub rows: Vec<u32>,
    /// What is wrong with the truth, or with the ids.
    pub truth_findings: Findings,
    pub methods: Levels,
    /// The method of each row, as a place in `methods`.
    pub of_methods: Vec<u32>,
    pub method_findings: Findings,
    pub outcomes: Outcomes,
    pub outcome_findings: Findings,
    /// What ended the reading early.
    wrong: Option<SheetError>,
}

/// How rows are read.
pub(super) struct How<'h> {
    pub mapping: &'h Mapping,
    pub truth: Option<&'h TruthReader<'h>>,
    /// The place of the sample's id, where the truth is elsewhere.
    pub sample_id: usize,
    /// The method of all rows, where no column says it.
    pub method: &'h str,
}

impl Read {
    fn empty(how: &How<'_>) -> Self {
        Self {
            truth: how.truth.map(TruthReader::part),
            ids: Texts::default(),
            rows: Vec::new(),
            truth_findings: Findings::new(),
            methods: Levels::default(),
            of_methods: Vec::new(),
            method_findings: Findings::new(),
            outcomes: Outcomes::new(how.mapping.limits.iter().map(|(limit, ..): &(AgeLimit, _, _)| *limit)),
            outcome_findings: Findings::new(),
            wrong: None,
        }
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// The file cannot be read to its end.
    pub fn all(reading: &Reading<'_>, blocks: Blocks<&mut Hashing>, how: &How<'_>) -> Result<Self, ScoreError> {
        let header = blocks.header().to_vec();
        let mut whole = Self::empty(how);
        let take = |part: Self| whole.append(reading.file, &header, how, part);
        blocks.each(|rows| Self::part(reading, rows, how), take).map_err(|source| reading.cannot_read(source))?;
        Ok(whole)
    }

    fn append(&mut self, file: &str, header: &[String], how: &How<'_>, later: Self) -> Result<(), SheetError> {
        if let (Some(reader), Some(own), Some(part)) = (how.truth, &mut self.truth, later.truth) {
            reader.append(file, header, own, part);
        }
        self.ids.append(&later.ids);
        self.rows.extend(later.rows);
        self.truth_findings.append(later.truth_findings);
        let ours: Vec<u32> = later.methods.texts().map(|name| self.methods.place(name).unwrap_or(u32::MAX)).collect();
        self.of_methods.extend(later.of_methods.iter().map(|at| ours.get(*at as usize).copied().unwrap_or(NO_METHOD)));
        self.method_findings.append(later.method_findings);
        self.outcomes.append(&later.outcomes);
        self.outcome_findings.append(later.outcome_findings);
        later.wrong.map_or(Ok(()), Err)
    }

    fn part(reading: &Reading<'_>, mut rows: BlockRows<'_>, how: &How<'_>) -> Self {
        let mut part = Self::empty(how);
        loop {
            match rows.next_row() {
                Ok(Some(row)) => part.read(reading, &row, how),
                Ok(None) => return part,
                Err(error) => {
                    part.wrong = Some(error);
                    return part;
                }
            }
        }
    }

    fn read(&mut self, reading: &Reading<'_>, row: &Row<'_>, how: &How<'_>) {
        let keep = |finding: Finding, part: &mut Option<RecordedPart>, findings: &mut Findings| match part {
            Some(part) => part.push_finding(finding),
            None => findings.push(finding),
        };
        if let Err(finding) = row.check_width() {
            return keep(finding, &mut self.truth, &mut self.truth_findings);
        }
        match (how.truth, &mut self.truth) {
            (Some(reader), Some(part)) => reader.read(row, part),
            _ => match row.text(how.sample_id) {
                Ok(id) => self.ids.push(id),
                Err(finding) => return self.truth_findings.push(finding),
            },
        }
        self.rows.push(u32::try_from(row.number()).unwrap_or(u32::MAX));
        // A method that no column says is looked up once.
        if how.mapping.method.is_some() || self.methods.is_empty() {
            let name = how.mapping.method.map_or(Ok(how.method), |place| row.text(place));
            match name.and_then(|name| checked(reading.file, row, how.mapping, name)) {
                Ok(name) => {
                    let place = self.methods.place(name).unwrap_or(u32::MAX);
                    if how.mapping.method.is_some() {
                        self.of_methods.push(place);
                    }
                }
                Err(finding) => {
                    self.method_findings.push(finding);
                    self.of_methods.push(NO_METHOD);
                }
            }
        }
        match read_outcome(row, how.mapping) {
            Ok(outcome) => self.outcomes.push(&outcome),
            Err(finding) => self.outcome_findings.push(finding),
        }
    }
}

fn checked<'n>(file: &str, row: &Row<'_>, mapping: &Mapping, name: &'n str) -> Result<&'n str, Finding> {
    check_name(name).map(|()| name).map_err(|problem| {
        let text = format!("the method's name {} is {problem}", quoted(name));
        match mapping.method {
            Some(place) => row.wrong(place, text),
            None => Finding::error(file, text),
        }
    })
}
