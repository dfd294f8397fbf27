//! truth.csv: one row a listed sample, in manifest order, with what scoring needs and no path, box or name.

use std::io::{Read, Write};
use std::sync::Arc;

use super::{FolderError, Pseudonyms};
use crate::age::AgeRange;
use crate::dataset::{Column, Dataset, Levels};
use crate::finding::Finding;
use crate::sheet::{Row, RowWriter, Sheet, SheetError};

/// The columns that every truth.csv begins with; groups, conditions and `species` follow.
const FIRST: [&str; 7] = ["sample_id", "subject_id", "subject_rank", "cluster_rank", "weight", "age_low", "age_high"];

/// One row of truth.csv, but for the text columns.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthRow {
    /// The sample's id as printed.
    pub sample_id: Box<str>,
    /// The subject's id as printed; empty when unknown, the sample is then its own subject.
    pub subject_id: Box<str>,
    /// The subject's place among all listed subjects, sorted by the code of the pseudonym. From 0, without gaps.
    pub subject_rank: u32,
    /// The same for the cluster; `None` when the manifest has no column `cluster_id`.
    pub cluster_rank: Option<u32>,
    /// Above 0.
    pub weight: f64,
    /// The true age; `None` when unknown: not eligible.
    pub age: Option<AgeRange>,
}

/// A whole truth.csv.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Truth {
    rows: Vec<TruthRow>,
    columns: Vec<Column>,
}

impl Truth {
    /// The truth of `dataset`, ids as `pseudonyms` prints them.
    #[must_use]
    pub fn of(dataset: &Dataset, pseudonyms: &Pseudonyms) -> Self {
        let units = Units::of(dataset, pseudonyms);
        let printed: Vec<Box<str>> = dataset
            .subjects()
            .iter()
            .zip(&units.subject_codes)
            .map(|(id, code)| pseudonyms.printed_code(id, code))
            .collect();
        let mut rows = Vec::with_capacity(dataset.samples().len());
        for (place, sample) in dataset.samples().iter().enumerate() {
            rows.push(TruthRow {
                sample_id: pseudonyms.printed(&sample.sample_id),
                subject_id: sample.subject.and_then(|at| printed.get(at as usize).cloned()).unwrap_or_default(),
                subject_rank: units.subjects.get(place).copied().unwrap_or(u32::MAX),
                cluster_rank: units.clusters.get(place).copied(),
                weight: sample.weight,
                age: sample.age,
            });
        }
        let card = dataset.card();
        let empty = |name: &str| Column::new(name, vec![Arc::from("")], vec![0; rows.len()]);
        let column = |name: &String| dataset.column(name).cloned().unwrap_or_else(|| empty(name));
        let mut columns = vec![column(&"split".to_owned())];
        columns.extend(card.groups.iter().chain(&card.conditions).map(column));
        columns.push(match &card.attack_species {
            Some(name) => {
                let found = column(name);
                Column::new("species", found.levels().to_vec(), found.codes().to_vec())
            }
            None => empty("species"),
        });
        Self { rows, columns }
    }

    /// The rows, in manifest order.
    #[must_use]
    pub fn rows(&self) -> &[TruthRow] {
        &self.rows
    }

    /// `split`, the groups, the conditions and `species`.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column named `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name() == name)
    }

    /// Whether some sample has no known subject.
    #[must_use]
    pub fn has_unknown_subjects(&self) -> bool {
        self.rows.iter().any(|row| row.subject_id.is_empty())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// What `out` answers.
    pub fn write<W: Write>(&self, out: W) -> std::io::Result<()> {
        let mut to = RowWriter::new(out);
        for name in FIRST {
            to.cell(name);
        }
        for column in &self.columns {
            to.cell(column.name());
        }
        to.end_row()?;
        for (place, row) in self.rows.iter().enumerate() {
            to.cell(&row.sample_id);
            to.cell(&row.subject_id);
            to.whole(Some(u64::from(row.subject_rank)));
            to.whole(row.cluster_rank.map(u64::from));
            to.number(Some(row.weight));
            to.number(row.age.map(AgeRange::low));
            to.number(row.age.map(AgeRange::high));
            for column in &self.columns {
                to.cell(column.cell(place));
            }
            to.end_row()?;
        }
        to.finish().map(drop)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// The first row that is not as it should be, with its column.
    pub fn read<R: Read>(file: &str, input: R) -> Result<Self, FolderError> {
        let mut sheet = Sheet::open(file, input)?;
        let mut places = [0; FIRST.len()];
        for (place, name) in places.iter_mut().zip(FIRST) {
            *place = sheet.require(name).map_err(SheetError::from)?;
        }
        let others: Vec<usize> = (0..sheet.header().len()).filter(|place| !places.contains(place)).collect();
        let names: Vec<String> = others.iter().filter_map(|place| sheet.header().get(*place).cloned()).collect();
        let mut cells: Vec<(Levels, Vec<u32>)> = names.iter().map(|_| Default::default()).collect();
        let mut rows = Vec::new();
        while let Some(row) = sheet.next_row()? {
            rows.push(read_row(&row, &places).map_err(SheetError::from)?);
            for ((levels, codes), place) in cells.iter_mut().zip(&others) {
                codes.push(levels.place(row.text(*place).map_err(SheetError::from)?).unwrap_or(0));
            }
        }
        let columns = names.into_iter().zip(cells);
        let columns = columns.map(|(name, (levels, codes))| Column::new(name, levels.into_texts(), codes)).collect();
        Ok(Self { rows, columns })
    }
}

fn read_row(row: &Row<'_>, places: &[usize; FIRST.len()]) -> Result<TruthRow, Finding> {
    let [sample_id, subject_id, subject_rank, cluster_rank, weight, age_low, age_high] = *places;
    row.check_width()?;
    let id = row.text(sample_id)?;
    if id.is_empty() {
        return Err(row.wrong(sample_id, "empty: every sample has an id"));
    }
    let rank = |place| row.whole_at(place, "a rank");
    let rank_of_subject = rank(subject_rank)?.ok_or_else(|| row.wrong(subject_rank, "empty: expected a rank"))?;
    let years = "an age in years";
    let age = match (row.number_at(age_low, years)?, row.number_at(age_high, years)?) {
        (None, None) => None,
        (Some(low), Some(high)) => {
            Some(AgeRange::new(low, high).map_err(|error| row.wrong(age_low, error.to_string()))?)
        }
        _ => return Err(row.wrong(age_high, "an age has both ends, or none")),
    };
    let weight_found = row.number_at(weight, "a weight")?.unwrap_or(1.0);
    if !(weight_found.is_finite() && weight_found > 0.0) {
        return Err(row.wrong(weight, format!("{weight_found} is not a weight: expected a number above 0")));
    }
    Ok(TruthRow {
        sample_id: id.into(),
        subject_id: row.text(subject_id)?.into(),
        subject_rank: rank_of_subject,
        cluster_rank: rank(cluster_rank)?,
        weight: weight_found,
        age,
    })
}

/// Ranks of subjects and clusters, one a sample.
struct Units {
    subject_codes: Vec<[u8; 32]>,
    subjects: Vec<u32>,
    clusters: Vec<u32>,
}

/// What is ranked: the code of an id, and whose id it is, since a sample without a subject is its own.
type UnitKey = ([u8; 32], u8);

impl Units {
    fn of(dataset: &Dataset, pseudonyms: &Pseudonyms) -> Self {
        const CLUSTER: u8 = 0;
        const SUBJECT: u8 = 1;
        const SAMPLE: u8 = 2;
        let subject_codes: Vec<[u8; 32]> = dataset.subjects().iter().map(|id| pseudonyms.code(id)).collect();
        let cluster_codes: Vec<[u8; 32]> = dataset.clusters().iter().map(|id| pseudonyms.code(id)).collect();
        let code = |codes: &[[u8; 32]], at: Option<u32>| at.and_then(|at| codes.get(at as usize).copied());
        let subjects: Vec<UnitKey> = dataset
            .samples()
            .iter()
            .map(|sample| match code(&subject_codes, sample.subject) {
                Some(code) => (code, SUBJECT),
                None => (pseudonyms.code(&sample.sample_id), SAMPLE),
            })
            .collect();
        let clusters = if dataset.has_clusters() {
            let keys = dataset.samples().iter().zip(&subjects);
            let keys =
                keys.map(|(sample, own)| code(&cluster_codes, sample.cluster).map_or(*own, |code| (code, CLUSTER)));
            ranks(&keys.collect::<Vec<_>>())
        } else {
            Vec::new()
        };
        let subjects = ranks(&subjects);
        Self { subject_codes, subjects, clusters }
    }
}

/// The rank of each key among the different keys, from 0.
fn ranks(keys: &[UnitKey]) -> Vec<u32> {
    let mut order: Vec<(&UnitKey, usize)> = keys.iter().zip(0..).collect();
    order.sort_unstable();
    let mut found = vec![0; keys.len()];
    let mut rank = 0;
    let mut last: Option<&UnitKey> = None;
    for (key, place) in order {
        if last.is_some_and(|last| last != key) {
            rank += 1;
        }
        last = Some(key);
        if let Some(slot) = found.get_mut(place) {
            *slot = rank;
        }
    }
    found
}
