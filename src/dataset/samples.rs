//! The rows of a manifest, by column: what nearly every row leaves out takes no memory.

use super::FaceBox;
use super::columns::{Ages, Rare};
use super::texts::Texts;
use crate::age::AgeRange;
use crate::digest::Digest;

/// One row of the manifest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRow<'d> {
    /// The id as given; unique.
    pub sample_id: &'d str,
    /// Which subject: a place in [`super::Dataset::subjects`]; `None` when unknown, the sample is then its own subject.
    pub subject: Option<u32>,
    /// Which cluster: a place in [`super::Dataset::clusters`]; `None` when unknown.
    pub cluster: Option<u32>,
    /// The file, relative to the dataset's folder; `None` for a record without one.
    pub path: Option<&'d str>,
    /// The true age; `None` when unknown: listed, and not eligible.
    pub age: Option<AgeRange>,
    /// The share of the population for which the sample stands; 1 where the manifest is silent.
    pub weight: f64,
    /// Where the face is.
    pub face_box: Option<FaceBox>,
    /// What the file's content must be.
    pub sha256: Option<Digest>,
}

/// No subject or cluster.
const NONE: u32 = u32::MAX;

/// All listed samples, in manifest order.
#[derive(Debug, Clone)]
pub struct Samples {
    ids: Texts,
    subjects: Rare<u32>,
    clusters: Rare<u32>,
    paths: Texts,
    ages: Ages,
    weights: Rare<f64>,
    face_boxes: Rare<Option<FaceBox>>,
    digests: Rare<Option<Digest>>,
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            ids: Texts::default(),
            subjects: Rare::new(NONE),
            clusters: Rare::new(NONE),
            paths: Texts::default(),
            ages: Ages::default(),
            weights: Rare::new(1.0),
            face_boxes: Rare::new(None),
            digests: Rare::new(None),
        }
    }
}

impl Samples {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The sample at `place`.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<SampleRow<'_>> {
        let known = |place: u32| (place != NONE).then_some(place);
        (place < self.len()).then(|| SampleRow {
            sample_id: self.ids.get(place),
            subject: known(self.subjects.get(place)),
            cluster: known(self.clusters.get(place)),
            path: Some(self.paths.get(place)).filter(|path| !path.is_empty()),
            age: self.ages.get(place),
            weight: self.weights.get(place),
            face_box: self.face_boxes.get(place),
            sha256: self.digests.get(place),
        })
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = SampleRow<'_>> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// The ids as given, in order.
    #[must_use]
    pub fn ids(&self) -> &Texts {
        &self.ids
    }

    /// The true ages, in order.
    pub(super) fn ages_mut(&mut self) -> &mut Ages {
        &mut self.ages
    }

    /// Adds a sample.
    pub(super) fn push(&mut self, row: &SampleRow<'_>) {
        if let Some(path) = row.path {
            // Samples without a file before this one.
            while self.paths.len() < self.len() {
                self.paths.push("");
            }
            self.paths.push(path);
        }
        self.ids.push(row.sample_id);
        self.subjects.push(row.subject.unwrap_or(NONE));
        self.clusters.push(row.cluster.unwrap_or(NONE));
        self.ages.push(row.age);
        self.weights.push(row.weight);
        self.face_boxes.push(row.face_box);
        self.digests.push(row.sha256);
    }

    /// Adds all of `other`, whose subjects and clusters have these places here.
    pub(super) fn append(&mut self, other: &Self, subjects: &[u32], clusters: &[u32]) {
        let there = |places: &[u32], place: u32| places.get(place as usize).copied().unwrap_or(NONE);
        if !other.paths.is_empty() {
            while self.paths.len() < self.len() {
                self.paths.push("");
            }
            self.paths.append(&other.paths);
        }
        self.ids.append(&other.ids);
        self.subjects.append_with(&other.subjects, |place| there(subjects, place));
        self.clusters.append_with(&other.clusters, |place| there(clusters, place));
        self.ages.append(&other.ages);
        self.weights.append_with(&other.weights, |weight| weight);
        self.face_boxes.append_with(&other.face_boxes, |found| found);
        self.digests.append_with(&other.digests, |digest| digest);
    }
}
