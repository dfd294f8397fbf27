//! Answers that were recorded elsewhere, played back: a CSV file with columns of any names, joined to the samples of a run
//! by their ids as given or by their pseudonyms.

mod card;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;

pub use card::ReplayCard;

use crate::age::AgeLimit;
use crate::digest::Digest;
use crate::finding::{Finding, Findings, counted, quoted};
use crate::method::adapter::named::read_named;
use crate::method::{Ask, Method, MethodCard, MethodError, Sample, Session, Told};
use crate::outcome::{Answer, Outcome};
use crate::recorded::{Mapping, Said, limit_of, read_outcome};
use crate::sheet::{Sheet, SheetError};

/// A recorded file, read.
pub struct ReplayMethod {
    card: MethodCard,
    digest: Digest,
    limits: Vec<AgeLimit>,
    records: Arc<Records>,
}

/// What the file holds, by the sample's id as it stands there. Boxed, since a table of a million keeps as many places free,
/// and both halves while it grows.
type Records = HashMap<Box<str>, Box<Record>>;

/// What a row holds.
struct Record {
    row: u64,
    outcome: Outcome,
}

/// What was recorded of the sample that the method is `told` of.
fn recorded<'r>(records: &'r Records, told: &Told<'_>) -> Option<&'r Outcome> {
    records.get(told.sample_id).or_else(|| records.get(told.pseudonym)).map(|record| &record.outcome)
}

impl ReplayMethod {
    /// Reads the file that `replay`, the adapter table of `card`, names, whole.
    ///
    /// # Errors
    /// [`MethodError`]: no such file, another digest than stated, or every problem of the file with row and column.
    pub fn load(
        card: MethodCard,
        replay: &ReplayCard,
        read: &dyn Fn(&str) -> io::Result<Vec<u8>>,
    ) -> Result<Self, MethodError> {
        let file = &replay.file;
        let (bytes, digest) = read_named(file, replay.sha256, read)?;
        let rows_of = replay.rows_of.as_deref().unwrap_or(&card.name);
        let unusable = |source| MethodError::Recorded { file: file.clone(), source: Box::new(source) };
        let (records, limits) = records(file, &bytes, replay, rows_of).map_err(unusable)?;
        Ok(Self { card, digest, limits, records: Arc::new(records) })
    }
}

/// The outcomes of `file` and the limits that its columns speak of.
fn records(file: &str, bytes: &[u8], replay: &ReplayCard, rows_of: &str) -> Result<(Records, Vec<AgeLimit>), Findings> {
    let unreadable = |error: SheetError| match error {
        SheetError::Unusable(finding) => Findings::from(*finding),
        other => Findings::from(Finding::error(file, other.to_string())),
    };
    let mut sheet = Sheet::open(file, bytes).map_err(unreadable)?;
    let header = sheet.header().to_vec();
    let said: Vec<(String, String)> =
        replay.columns.iter().map(|(ours, theirs)| (ours.clone(), theirs.clone())).collect();
    let names = replay.columns.keys().chain(&header);
    let mut limits: Vec<AgeLimit> = names.filter_map(|name| limit_of(name)).collect();
    limits.sort_unstable();
    limits.dedup();
    let mapping = Mapping::find(Said::Card, file, &header, &said, &[], &limits, true)?;
    let Some(sample_id) = mapping.sample_id else {
        let help = "name it: [replay.columns] sample_id = \"COLUMN\"";
        return Err(Finding::error(file, "no column holds the sample's id").help(help).into());
    };
    let limits = mapping.limits.iter().map(|(limit, ..)| *limit).collect();
    let mut records = Records::new();
    let mut findings = Findings::new();
    let mut others = 0_u64;
    while let Some(row) = sheet.next_row().map_err(unreadable)? {
        let read = row.check_width().and_then(|()| {
            let of_method = mapping.method.map_or(Ok(rows_of), |place| row.text(place))?;
            if of_method != rows_of {
                return Ok(None);
            }
            let id = row.text(sample_id)?;
            if id.is_empty() {
                return Err(row.wrong(sample_id, "empty"));
            }
            Ok(Some((id, read_outcome(&row, &mapping)?)))
        });
        match read {
            Ok(Some((id, outcome))) => match records.entry(id.into()) {
                Entry::Occupied(first) => {
                    let (id, first) = (quoted(id), first.get().row);
                    let text = format!("{id} stands in row {first} already: a sample is put to a method once");
                    findings.push(row.wrong(sample_id, text));
                }
                Entry::Vacant(place) => {
                    place.insert(Box::new(Record { row: row.number(), outcome }));
                }
            },
            Ok(None) => others += 1,
            Err(finding) => findings.push(finding),
        }
    }
    if records.is_empty() && findings.is_empty() {
        let finding = Finding::error(file, format!("no row is of {}", quoted(rows_of)));
        let help = format!("there are {} of others: name them by `rows_of`", counted(others, "row"));
        findings.push(if others > 0 { finding.help(help) } else { Finding::error(file, "no rows: expected answers") });
    }
    if findings.errors() > 0 { Err(findings) } else { Ok((records, limits)) }
}

impl Method for ReplayMethod {
    fn card(&self) -> &MethodCard {
        &self.card
    }

    fn engine(&self) -> String {
        String::new()
    }

    fn is_told(&self) -> bool {
        true
    }

    fn attempts(&self, told: &Told<'_>) -> bool {
        recorded(&self.records, told).is_some()
    }

    fn recorded(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.records.keys().map(|id| id.as_ref().to_owned()).collect();
        ids.sort_unstable();
        ids
    }

    fn answers_ages_only(&self) -> bool {
        let mut answers = self.records.values().filter_map(|record| record.outcome.answer.as_ref()).peekable();
        answers.peek().is_some() && answers.all(|answer| matches!(answer, Answer::Age { .. } | Answer::Range { .. }))
    }

    fn looks(&self) -> bool {
        false
    }

    /// SHA-256 of the recorded file.
    fn file_digests(&self) -> Vec<Digest> {
        vec![self.digest]
    }

    fn sessions(&self, jobs: NonZeroUsize) -> NonZeroUsize {
        jobs
    }

    fn suits(&self, limits: &[AgeLimit]) -> Result<(), MethodError> {
        if let Some(limit) = self.limits.iter().find(|limit| !limits.contains(limit)) {
            let text = format!(
                "it has answers for the limit {limit}, which the protocol does not have; add it to `limits` there, or leave \
                 it out: [replay.columns] pass_{limit} = \"\", score_{limit} = \"\""
            );
            return Err(MethodError::NotFor { method: self.card.name.clone(), text });
        }
        Ok(())
    }

    fn open(&self, ask: &Ask) -> Result<Box<dyn Session>, MethodError> {
        self.suits(&ask.limits)?;
        Ok(Box::new(Replay { records: Arc::clone(&self.records), next: None }))
    }
}

struct Replay {
    records: Arc<Records>,
    /// What was recorded of the next sample.
    next: Option<Outcome>,
}

impl Session for Replay {
    fn tell(&mut self, told: &Told<'_>) {
        self.next = recorded(&self.records, told).cloned();
    }

    fn attempt(&mut self, _: &mut Sample<'_>) -> Result<Outcome, MethodError> {
        let record = self.next.take().unwrap_or_else(|| Outcome::failed("no outcome was recorded of this sample"));
        Ok(record)
    }
}
