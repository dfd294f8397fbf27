//! Whose attempt each row of a recorded file is: its sample, its method, and the order in which the attempts are written.

use std::collections::HashMap;

use rayon::prelude::*;

use super::Reading;
use super::read::NO_METHOD;
use crate::dataset::{Dataset, Texts};
use crate::finding::{Finding, Findings, quoted};
use crate::folder::Pseudonyms;
use crate::score::ScoreError;

/// One row of the file: whose attempt it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub sample: u32,
    pub method: u32,
    /// The place among the rows of the file.
    pub place: u32,
}

/// Whose attempts the rows are: a row's own sample, or a sample by key, ascending.
pub(super) enum Order {
    /// One method; each row is its own sample, in the order of the file.
    OfFile,
    Sorted(Vec<Key>),
}

impl Order {
    /// The attempt at `place` among the sorted ones: its sample, its method, and its place among the rows of the file.
    pub fn get(&self, place: usize) -> Option<Key> {
        match self {
            Self::OfFile => u32::try_from(place).ok().map(|at| Key { sample: at, method: 0, place: at }),
            Self::Sorted(keys) => keys.get(place).copied(),
        }
    }
}

/// The columns that say whose attempt a row is.
pub(super) struct KeyColumns {
    pub sample_id: Option<String>,
    pub has_method: bool,
}

impl Reading<'_> {
    /// The sample of each row in `dataset`, by its id as given or by its pseudonym.
    pub(super) fn samples_in(
        &self,
        dataset: &Dataset,
        ids: &Texts,
        rows: &[u32],
        column: Option<&String>,
        findings: &mut Findings,
    ) -> Vec<u32> {
        let pseudonyms = Pseudonyms::of(dataset, false);
        let mut of_id: HashMap<Box<str>, u32> = HashMap::new();
        for (sample, at) in dataset.samples().iter().zip(0_u32..) {
            of_id.insert(pseudonyms.printed(sample.sample_id).to_string().into(), at);
        }
        for (sample, at) in dataset.samples().iter().zip(0_u32..) {
            of_id.insert(sample.sample_id.into(), at);
        }
        let mut places = Vec::with_capacity(ids.len());
        for (id, row) in ids.iter().zip(rows) {
            match of_id.get(id) {
                Some(at) => places.push(*at),
                None => {
                    let text = format!("{} is no sample of dataset `{}`", quoted(id), dataset.card().name);
                    let finding = Finding::error(self.file, text).row(u64::from(*row));
                    findings.push(match column {
                        Some(name) => finding.column(name),
                        None => finding,
                    });
                }
            }
        }
        places
    }

    /// The attempts in the order of truth.csv, within a sample in the order of the methods; `samples` are those of the
    /// rows, each row its own without them.
    pub(super) fn order(
        &self,
        samples: Option<&[u32]>,
        of_methods: &[u32],
        rows: &[u32],
        mut findings: Findings,
        columns: &KeyColumns,
    ) -> Result<Order, ScoreError> {
        let Some(samples) = samples else {
            return if findings.errors() > 0 { Err(self.unusable(findings)) } else { Ok(Order::OfFile) };
        };
        let key = |(place, sample): (u32, &u32)| Key {
            sample: *sample,
            method: of_methods.get(place as usize).copied().unwrap_or(0),
            place,
        };
        let mut keys: Vec<Key> = (0_u32..).zip(samples).map(key).collect();
        if !keys.is_sorted() {
            keys.par_sort_unstable();
        }
        for pair in keys.windows(2) {
            let [first, second] = pair else { continue };
            if (first.sample, first.method) == (second.sample, second.method) && first.method != NO_METHOD {
                let row = |key: &Key| rows.get(key.place as usize).copied().unwrap_or(0);
                let text = format!("the same sample as in row {}: a sample is put to a method once", row(first));
                let finding = Finding::error(self.file, text).row(u64::from(row(second)));
                let help = "name the column that tells the methods apart: --columns method=COLUMN";
                let finding = match &columns.sample_id {
                    Some(column) => finding.column(column),
                    None => finding,
                };
                findings.push(if columns.has_method { finding } else { finding.help(help) });
            }
        }
        if findings.errors() > 0 { Err(self.unusable(findings)) } else { Ok(Order::Sorted(keys)) }
    }
}
