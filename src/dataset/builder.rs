//! Samples gathered row by row.

use super::columns::{Column, Levels};
use super::files::Files;
use super::lint::Code;
use super::row::{Places, RowParts};
use super::samples::Samples;
use super::texts::Distinct;
use super::{Dataset, DatasetCard, Precision, SampleRow, digest};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, quoted};
use crate::sheet::Row;

/// The most levels of a column that may be grouped by.
pub const MOST_LEVELS: usize = 1000;

/// The samples so far, and what is carried with them.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    samples: Samples,
    rows: Vec<u32>,
    subjects: Distinct,
    clusters: Distinct,
    names: Vec<String>,
    carried: Vec<(Levels, Vec<u32>)>,
    has_clusters: bool,
}

impl Builder {
    /// A builder for rows whose columns stand at `places`; `names` are those of the carried columns.
    pub fn new(names: Vec<String>, places: &Places) -> Self {
        let carried = names.iter().map(|_| Default::default()).collect();
        Self { names, carried, has_clusters: places.cluster_id.is_some(), ..Self::default() }
    }

    /// Adds the sample of `row`.
    pub fn add(&mut self, row: &Row<'_>, parts: &RowParts<'_>, places: &Places, findings: &mut Findings) {
        let known = |ids: &mut Distinct, id: &str| if id.is_empty() { None } else { ids.place(id).map(|(at, _)| at) };
        self.samples.push(&SampleRow {
            sample_id: parts.sample_id.as_ref(),
            subject: known(&mut self.subjects, parts.subject_id),
            cluster: known(&mut self.clusters, parts.cluster_id),
            path: Some(parts.path).filter(|path| !path.is_empty()),
            age: parts.age,
            weight: parts.weight,
            face_box: parts.face_box,
            sha256: parts.sha256,
        });
        self.rows.push(u32::try_from(row.number()).unwrap_or(u32::MAX));
        for ((levels, cells), place) in self.carried.iter_mut().zip(&places.carried) {
            let text = row.text(*place).unwrap_or_else(|finding| {
                findings.push(finding);
                ""
            });
            cells.push(levels.place(text).unwrap_or(0));
        }
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Adds the samples of `later`, which stand after those here.
    pub fn append(&mut self, later: &Self) {
        let ours = |own: &mut Distinct, theirs: &Distinct| -> Vec<u32> {
            theirs.texts().iter().map(|id| own.place(id).map_or(u32::MAX, |(at, _)| at)).collect()
        };
        let subjects = ours(&mut self.subjects, &later.subjects);
        let clusters = ours(&mut self.clusters, &later.clusters);
        self.samples.append(&later.samples, &subjects, &clusters);
        self.rows.extend_from_slice(&later.rows);
        for ((levels, cells), (later_levels, later_cells)) in self.carried.iter_mut().zip(&later.carried) {
            let ours: Vec<u32> = later_levels.texts().map(|text| levels.place(text).unwrap_or(0)).collect();
            cells.extend(later_cells.iter().map(|cell| ours.get(*cell as usize).copied().unwrap_or(0)));
        }
    }

    /// Adds the sample of `later` at `place`.
    pub fn append_one(&mut self, later: &Self, place: usize) {
        let Some(sample) = later.samples.get(place) else { return };
        let ours = |own: &mut Distinct, theirs: &Distinct, at: Option<u32>| {
            at.and_then(|at| own.place(theirs.texts().get(at as usize))).map(|(at, _)| at)
        };
        let subject = ours(&mut self.subjects, &later.subjects, sample.subject);
        let cluster = ours(&mut self.clusters, &later.clusters, sample.cluster);
        self.samples.push(&SampleRow { subject, cluster, ..sample });
        self.rows.push(later.row_of(place));
        for ((levels, cells), (later_levels, later_cells)) in self.carried.iter_mut().zip(&later.carried) {
            let text = later_cells.get(place).map_or("", |cell| later_levels.text(*cell));
            cells.push(levels.place(text).unwrap_or(0));
        }
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The samples, to be changed.
    pub fn samples_mut(&mut self) -> &mut Samples {
        &mut self.samples
    }

    /// In which column the sample of `later` at `other` says something else than the one here at `place`.
    pub fn differs(&self, place: usize, later: &Self, other: usize, places: &Places) -> Option<usize> {
        let (one, two) = (self.samples.get(place)?, later.samples.get(other)?);
        let id =
            |ids: &Distinct, at: Option<u32>| at.map_or(String::new(), |at| ids.texts().get(at as usize).to_owned());
        if id(&self.subjects, one.subject) != id(&later.subjects, two.subject) {
            return places.subject_id;
        }
        if id(&self.clusters, one.cluster) != id(&later.clusters, two.cluster) {
            return places.cluster_id;
        }
        if one.age != two.age {
            return Some(places.ages.first());
        }
        if one.weight.to_bits() != two.weight.to_bits() {
            return places.weight;
        }
        let cell = |(levels, cells): &'_ (Levels, Vec<u32>), at: usize| {
            cells.get(at).map_or(String::new(), |cell| levels.text(*cell).to_owned())
        };
        let carried = self.carried.iter().zip(&later.carried).zip(&places.carried);
        carried.into_iter().find(|((own, other_own), _)| cell(own, place) != cell(other_own, other)).map(|(_, at)| *at)
    }

    /// The row of the sample at `place`.
    pub fn row_of(&self, place: usize) -> u32 {
        self.rows.get(place).copied().unwrap_or(0)
    }

    /// The dataset of these samples, and the rows in which they stood. Digests are not made yet.
    pub fn finish(
        self,
        card: DatasetCard,
        card_text: String,
        precision: Precision,
        files: Box<dyn Files>,
    ) -> (Dataset, Vec<u32>) {
        let columns = self
            .names
            .into_iter()
            .zip(self.carried)
            .map(|(name, (levels, cells))| Column::new(name, levels.into_texts(), cells))
            .collect();
        let dataset = Dataset {
            card,
            card_text,
            precision,
            files,
            samples: self.samples,
            subjects: self.subjects.into_texts(),
            clusters: self.clusters.into_texts(),
            has_clusters: self.has_clusters,
            columns,
            digest: Digest::from([0; 32]),
            ids_key: [0; 32],
            read: Vec::new(),
        };
        (dataset, self.rows)
    }
}

/// Findings about columns of `file` that the card names and that have too many levels.
pub(crate) fn check_levels(file: &str, dataset: &Dataset, findings: &mut Findings) {
    let card = &dataset.card;
    for name in card.groups.iter().chain(&card.conditions).chain(&card.attack_species) {
        let levels = dataset.column(name).map_or(0, |column| column.levels().len());
        if levels > MOST_LEVELS {
            let text = format!("{levels} different cells: a column to group by has at most {MOST_LEVELS}");
            let help = "group the values first, or do not name the column as a group";
            findings.push(Finding::error(file, text).column(name).help(help));
        }
    }
}

/// The smallest weight as a share of the largest that sums of weights can hold.
const LEAST_WEIGHT: f64 = 1e-6;

/// What to do about weights.
const HELP: &str = "weights say for how many others a person stands: mend the unit of one of them";

/// A finding about weights of `file` that lie so far apart that the smallest could not be counted for what it is.
pub(crate) fn check_weights(file: &str, dataset: &Dataset, rows: &[u32], findings: &mut Findings) {
    let weights = || dataset.samples().iter().map(|row| row.weight);
    let largest = weights().fold(0.0, f64::max);
    let few = weights().zip(rows).filter(|(weight, _)| *weight < largest * LEAST_WEIGHT);
    let most = weights().zip(rows).find(|(weight, _)| *weight == largest).map_or(0, |(_, row)| *row);
    if largest > 0.0 && !largest.is_normal() {
        findings.push(Finding::error(file, format!("all weights are below {:e}", f64::MIN_POSITIVE)).help(HELP));
        return;
    }
    let Some((weight, row)) = few.min_by_key(|(_, row)| **row) else { return };
    // About no row: nothing tells which of the two is wrong, and one that goes leaves the others.
    let text =
        format!("the weight {weight} of row {row} is less than a millionth of the largest, {largest} of row {most}");
    findings.push(Finding::error(file, text).help(HELP));
}

/// Findings about samples that have two rows of `file`; `column` holds their ids, and is empty where no column does.
pub(crate) fn check_duplicates(file: &str, column: &str, dataset: &Dataset, rows: &[u32], findings: &mut Findings) {
    let at = |place: u32| (dataset.samples.get(place as usize), rows.get(place as usize));
    for pair in digest::sorted(dataset).windows(2) {
        let [first, second] = pair else { continue };
        let ((Some(a), Some(row_a)), (Some(b), Some(row_b))) = (at(*first), at(*second)) else { continue };
        if a.sample_id == b.sample_id && !a.sample_id.is_empty() {
            let (early, late) = (row_a.min(row_b), row_a.max(row_b));
            let text = format!("{} stands also in row {early}: a sample has one row", quoted(a.sample_id));
            let finding = Finding::error(file, text).row(u64::from(*late)).other_row(u64::from(*early));
            let finding = finding.code(Code::SampleTwice.word());
            findings.push(if column.is_empty() { finding } else { finding.column(column) });
        }
    }
}
