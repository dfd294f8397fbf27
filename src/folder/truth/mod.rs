//! truth.csv: one row a listed sample, in manifest order, with what scoring needs and no path, box or name.

use std::io::Write;
use std::sync::Arc;

use rayon::prelude::*;

use super::{FolderError, Ids, PrintedId, Pseudonyms, RowsRecord, RunFolder, Shard, names};
use crate::age::AgeRange;
use crate::dataset::{Ages, Column, Dataset, Rare};
use crate::digest::Hashing;
use crate::sheet::{RowWriter, in_order};

mod ranks;
mod read;

use ranks::Units;

/// The columns that every truth.csv begins with; groups, conditions and `species` follow.
const FIRST: [&str; 7] = ["sample_id", "subject_id", "subject_rank", "cluster_rank", "weight", "age_low", "age_high"];

/// In the truth.csv of a shard, behind these columns: the place of the sample in the manifest, from 0, by which shards are
/// put in order again.
pub const PLACE_COLUMN: &str = "manifest_place";

/// Rows that one task writes.
const ROWS: usize = 1 << 13;

/// One row of truth.csv, but for the text columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TruthRow<'t> {
    /// The sample's id as printed.
    pub sample_id: PrintedId<'t>,
    /// The subject's id as printed; empty when unknown, the sample is then its own subject.
    pub subject_id: PrintedId<'t>,
    /// The subject's place among all listed subjects, sorted by the code of the pseudonym. From 0, without gaps.
    pub subject_rank: u32,
    /// The same for the cluster; `None` when the manifest has no column `cluster_id`.
    pub cluster_rank: Option<u32>,
    /// Above 0.
    pub weight: f64,
    /// The true age; `None` when unknown: not eligible.
    pub age: Option<AgeRange>,
}

/// A whole truth.csv, by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    samples: Ids,
    subjects: Ids,
    subject_ranks: Vec<u32>,
    cluster_ranks: Rare<Option<u32>>,
    weights: Rare<f64>,
    ages: Ages,
    columns: Vec<Column>,
    /// Of a shard: the place of each sample in the manifest.
    places: Option<Vec<u32>>,
}

impl Default for Truth {
    fn default() -> Self {
        Self {
            samples: Ids::default(),
            subjects: Ids::default(),
            subject_ranks: Vec::new(),
            cluster_ranks: Rare::new(None),
            weights: Rare::new(1.0),
            ages: Ages::default(),
            columns: Vec::new(),
            places: None,
        }
    }
}

impl Truth {
    /// The truth of `dataset`, ids as `pseudonyms` prints them.
    #[must_use]
    pub fn of(dataset: &Dataset, pseudonyms: &Pseudonyms) -> Self {
        let units = Units::of(dataset, pseudonyms);
        let samples = dataset.samples();
        let mut truth = Self::default();
        if !pseudonyms.keeps_ids() {
            let ids = samples.ids();
            let codes: Vec<u64> = (0..ids.len()).into_par_iter().map(|place| pseudonyms.head(ids.get(place))).collect();
            codes.into_iter().for_each(|code| truth.samples.push(PrintedId::Code(code)));
        }
        for (place, sample) in samples.iter().enumerate() {
            let subject = match sample.subject.map(|at| at as usize) {
                None => PrintedId::Text(""),
                Some(at) if pseudonyms.keeps_ids() => PrintedId::Text(dataset.subjects().get(at)),
                Some(at) => units.subject_codes.get(at).map_or(PrintedId::Text(""), |code| PrintedId::Code(*code)),
            };
            if pseudonyms.keeps_ids() {
                truth.samples.push(PrintedId::of(sample.sample_id));
            }
            truth.subjects.push(subject);
            truth.cluster_ranks.push(units.clusters.get(place).copied());
            truth.weights.push(sample.weight);
            truth.ages.push(sample.age);
        }
        truth.subject_ranks = units.subjects;
        let card = dataset.card();
        let empty = |name: &str| Column::new(name, vec![Arc::from("")], vec![0; samples.len()]);
        let column = |name: &String| dataset.column(name).cloned().unwrap_or_else(|| empty(name));
        truth.columns = vec![column(&"split".to_owned())];
        truth.columns.extend(card.groups.iter().chain(&card.conditions).map(column));
        truth.columns.push(match &card.attack_species {
            Some(name) => {
                let found = column(name);
                Column::new("species", found.levels().to_vec(), found.codes().to_vec())
            }
            None => empty("species"),
        });
        truth
    }

    /// The samples of the people of `shard`.
    #[must_use]
    pub fn of_shard(&self, shard: Shard) -> Self {
        let mut own = Self::default();
        let mut places = Vec::new();
        for (place, row) in (0_u32..).zip(self.rows()).filter(|(_, row)| shard.holds(row.subject_rank)) {
            own.push(&row);
            places.push(place);
        }
        let column = |column: &Column| {
            let codes = places.iter().filter_map(|place| column.codes().get(*place as usize).copied());
            Column::new(column.name(), column.levels().to_vec(), codes.collect())
        };
        own.columns = self.columns.iter().map(column).collect();
        own.places = Some(places);
        own
    }

    /// Of a shard: the place of each of its samples in the manifest.
    #[must_use]
    pub fn places(&self) -> Option<&[u32]> {
        self.places.as_deref()
    }

    /// The largest weight; none where all samples weigh the same.
    #[must_use]
    pub fn largest_weight(&self) -> Option<f64> {
        let all = || (0..self.len()).map(|place| self.weights.get(place));
        let largest = all().fold(0.0, f64::max);
        all().any(|weight| weight != largest).then_some(largest)
    }

    /// Whether some sample has a cluster.
    #[must_use]
    pub fn is_clustered(&self) -> bool {
        !self.cluster_ranks.is_usual()
    }

    fn push(&mut self, row: &TruthRow<'_>) {
        self.samples.push(row.sample_id);
        self.subjects.push(row.subject_id);
        self.subject_ranks.push(row.subject_rank);
        self.cluster_ranks.push(row.cluster_rank);
        self.weights.push(row.weight);
        self.ages.push(row.age);
    }

    /// How many samples are listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether no sample is listed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The row at `place`.
    #[must_use]
    pub fn row(&self, place: usize) -> Option<TruthRow<'_>> {
        Some(TruthRow {
            sample_id: self.samples.get(place),
            subject_id: self.subjects.get(place),
            subject_rank: *self.subject_ranks.get(place)?,
            cluster_rank: self.cluster_ranks.get(place),
            weight: self.weights.get(place),
            age: self.ages.get(place),
        })
    }

    /// The rows, in manifest order.
    pub fn rows(&self) -> impl Iterator<Item = TruthRow<'_>> {
        (0..self.len()).filter_map(|place| self.row(place))
    }

    /// The sample at `place`, as printed.
    #[must_use]
    pub fn sample_id(&self, place: usize) -> PrintedId<'_> {
        self.samples.get(place)
    }

    /// The samples, as printed, in manifest order.
    #[must_use]
    pub fn into_sample_ids(self) -> Ids {
        self.samples
    }

    /// The subject of the sample at `place`, as printed; empty when unknown.
    #[must_use]
    pub fn subject_id(&self, place: usize) -> PrintedId<'_> {
        self.subjects.get(place)
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

    /// Writes the truth.csv of `folder` whole, or not at all, and gives what run.json says of it.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn write_into(&self, folder: &RunFolder) -> Result<RowsRecord, FolderError> {
        let sha256 = folder.write_with(names::TRUTH, true, |file| {
            let mut file = Hashing::new(file);
            self.write(&mut file)?;
            Ok(file.finish().1)
        })?;
        Ok(RowsRecord { rows: self.len() as u64, sha256 })
    }

    /// Writes the file.
    ///
    /// # Errors
    /// What `out` answers.
    pub fn write<W: Write + Send>(&self, mut out: W) -> std::io::Result<()> {
        let mut head = RowWriter::new(Vec::new());
        let place = self.places.iter().map(|_| PLACE_COLUMN);
        let names = FIRST.into_iter().chain(place).chain(self.columns.iter().map(Column::name));
        names.for_each(|name| head.cell(name));
        head.end_row()?;
        out.write_all(&head.finish()?)?;
        let write = |places: std::ops::Range<usize>| -> std::io::Result<Vec<u8>> {
            let mut to = RowWriter::new(Vec::new());
            let mut digits = [0; 16];
            for (place, row) in places.filter_map(|place| Some((place, self.row(place)?))) {
                to.cell(row.sample_id.text(&mut digits));
                to.cell(row.subject_id.text(&mut digits));
                to.whole(Some(u64::from(row.subject_rank)));
                to.whole(row.cluster_rank.map(u64::from));
                to.number(Some(row.weight));
                to.number(row.age.map(AgeRange::low));
                to.number(row.age.map(AgeRange::high));
                if let Some(places) = &self.places {
                    to.whole(places.get(place).map(|place| u64::from(*place)));
                }
                for column in &self.columns {
                    to.cell(column.cell(place));
                }
                to.end_row()?;
            }
            to.finish()
        };
        in_order(self.len(), ROWS, write, |rows| out.write_all(&rows?))?;
        out.flush()
    }
}
