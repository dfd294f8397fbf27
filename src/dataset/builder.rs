//! Samples gathered row by row.

use super::columns::{Column, Levels};
use super::files::Files;
use super::row::{Places, RowParts};
use super::{Dataset, DatasetCard, Precision, SampleRow, digest};
use crate::digest::Digest;
use crate::finding::{Finding, Findings, quoted};
use crate::sheet::Row;

/// The most levels of a column that may be grouped by.
pub const MOST_LEVELS: usize = 1000;

/// The samples so far, and what is carried with them.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    samples: Vec<SampleRow>,
    rows: Vec<u32>,
    subjects: Levels,
    clusters: Levels,
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
        let known = |levels: &mut Levels, id: &str| if id.is_empty() { None } else { levels.place(id) };
        self.samples.push(SampleRow {
            sample_id: parts.sample_id.as_ref().into(),
            subject: known(&mut self.subjects, parts.subject_id),
            cluster: known(&mut self.clusters, parts.cluster_id),
            path: (!parts.path.is_empty()).then(|| parts.path.into()),
            age: parts.age,
            weight: parts.weight,
            face_box: parts.face_box,
            sha256: parts.sha256.map(Box::new),
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

    /// In which column `row` says something else of the sample at `place` than the sample's first row did.
    pub fn differs(&self, place: usize, row: &Row<'_>, parts: &RowParts<'_>, places: &Places) -> Option<usize> {
        let sample = self.samples.get(place)?;
        let same = |levels: &Levels, at: Option<u32>, id: &str| at.map_or("", |at| levels.text(at)) == id;
        if !same(&self.subjects, sample.subject, parts.subject_id) {
            return places.subject_id;
        }
        if !same(&self.clusters, sample.cluster, parts.cluster_id) {
            return places.cluster_id;
        }
        if sample.age != parts.age {
            return Some(places.ages.first());
        }
        if sample.weight.to_bits() != parts.weight.to_bits() {
            return places.weight;
        }
        let carried = self.carried.iter().zip(&places.carried);
        carried
            .filter_map(|((levels, cells), at)| cells.get(place).map(|level| (levels.text(*level), *at)))
            .find(|(text, at)| text.as_bytes() != row.bytes(*at))
            .map(|(_, at)| at)
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

/// Findings about samples that have two rows of `file`; `column` holds their ids, and is empty where no column does.
pub(crate) fn check_duplicates(file: &str, column: &str, dataset: &Dataset, rows: &[u32], findings: &mut Findings) {
    let at = |place: u32| (dataset.samples.get(place as usize), rows.get(place as usize));
    for pair in digest::sorted(dataset).windows(2) {
        let [first, second] = pair else { continue };
        let ((Some(a), Some(row_a)), (Some(b), Some(row_b))) = (at(*first), at(*second)) else { continue };
        if a.sample_id == b.sample_id && !a.sample_id.is_empty() {
            let (early, late) = (row_a.min(row_b), row_a.max(row_b));
            let text = format!("{} stands also in row {early}: a sample has one row", quoted(&a.sample_id));
            let finding = Finding::error(file, text).row(u64::from(*late));
            findings.push(if column.is_empty() { finding } else { finding.column(column) });
        }
    }
}
