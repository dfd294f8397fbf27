//! The canonical manifest, and the digests that stand on it.
//!
//! The canonical manifest is CSV with line feeds and quotes only where needed: the header `sample_id, subject_id,
//! cluster_id, weight, age_low, age_high, split`, then the card's groups, conditions and `species`; and one line a
//! listed sample, ids as given, sorted by the bytes of `sample_id`. Numbers are the shortest decimals that read back as
//! the same number; a missing weight is 1. Paths, boxes and other columns are no part of it.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Dataset;
use crate::digest::{Digest, Hasher};

/// The digest of the canonical manifest, and the key of the pseudonyms.
pub(super) fn of_manifest(dataset: &Dataset) -> (Digest, [u8; 32]) {
    let both = Both(Hasher::of_kind("manifest"), Hasher::of_kind("ids"));
    match write_canonical(dataset, both) {
        Ok(Both(manifest, ids)) => (manifest.finish(), *ids.finish().bytes()),
        // Hashers take every byte, so this is not reached; all-zero digests would be noticed at once.
        Err(_) => (Digest::from([0; 32]), [0; 32]),
    }
}

/// Places of the listed samples, sorted by the bytes of `sample_id`.
pub(super) fn sorted(dataset: &Dataset) -> Vec<u32> {
    let count = u32::try_from(dataset.samples.len()).unwrap_or(u32::MAX);
    let mut order: Vec<u32> = (0..count).collect();
    let id = |place: &u32| dataset.samples.get(*place as usize).map(|sample| &sample.sample_id);
    order.sort_unstable_by(|a, b| id(a).cmp(&id(b)));
    order
}

/// Writes the canonical manifest of `dataset` to `out`.
pub(super) fn write_canonical<W: Write>(dataset: &Dataset, out: W) -> io::Result<W> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out);
    let card = &dataset.card;
    let named: Vec<_> = card.groups.iter().chain(&card.conditions).map(|name| (name, dataset.column(name))).collect();
    let species = card.attack_species.as_ref().and_then(|name| dataset.column(name));
    let split = dataset.column("split");
    for name in ["sample_id", "subject_id", "cluster_id", "weight", "age_low", "age_high", "split"] {
        csv.write_field(name)?;
    }
    for (name, _) in &named {
        csv.write_field(name)?;
    }
    csv.write_field("species")?;
    csv.write_record(None::<&[u8]>)?;
    let mut number = String::new();
    for place in sorted(dataset) {
        let place = place as usize;
        let Some(sample) = dataset.samples.get(place) else { continue };
        let text = |list: &'_ [std::sync::Arc<str>], at: Option<u32>| at.and_then(|at| list.get(at as usize).cloned());
        csv.write_field(&*sample.sample_id)?;
        csv.write_field(text(&dataset.subjects, sample.subject).as_deref().unwrap_or(""))?;
        csv.write_field(text(&dataset.clusters, sample.cluster).as_deref().unwrap_or(""))?;
        let ends = [Some(sample.weight), sample.age.map(|age| age.low()), sample.age.map(|age| age.high())];
        for value in ends {
            number.clear();
            if let Some(value) = value {
                let _ = write!(number, "{value}");
            }
            csv.write_field(&number)?;
        }
        csv.write_field(split.map_or("", |column| column.cell(place)))?;
        for (_, column) in &named {
            csv.write_field(column.map_or("", |column| column.cell(place)))?;
        }
        csv.write_field(species.map_or("", |column| column.cell(place)))?;
        csv.write_record(None::<&[u8]>)?;
    }
    csv.into_inner().map_err(|error| error.into_error())
}

struct Both(Hasher, Hasher);

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        self.1.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gathers the digests of the files as they are read, in any order.
#[derive(Debug, Clone)]
pub struct FilesDigest(Vec<Option<Digest>>);

impl FilesDigest {
    /// No file of `dataset` read yet.
    #[must_use]
    pub fn new(dataset: &Dataset) -> Self {
        Self(vec![None; dataset.samples.len()])
    }

    /// The file of the sample at `place` has the digest `sha256`.
    pub fn add(&mut self, place: usize, sha256: Digest) {
        if let Some(slot) = self.0.get_mut(place) {
            *slot = Some(sha256);
        }
    }

    /// SHA-256 of `agebench files/1\n` and a CSV line `sample_id, sha256, x0, y0, x1, y1` for each listed sample, ids
    /// as given and sorted by their bytes; empty cells where no file was read or there is no box.
    #[must_use]
    pub fn finish(&self, dataset: &Dataset) -> Digest {
        self.lines(dataset).map_or(Digest::from([0; 32]), |Both(files, _)| files.finish())
    }

    fn lines(&self, dataset: &Dataset) -> io::Result<Both> {
        let both = Both(Hasher::of_kind("files"), Hasher::default());
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(both);
        for place in sorted(dataset) {
            let place = place as usize;
            let Some(sample) = dataset.samples.get(place) else { continue };
            csv.write_field(&*sample.sample_id)?;
            csv.write_field(self.0.get(place).copied().flatten().map_or_else(String::new, |sha256| sha256.hex()))?;
            let corners = sample.face_box.map(|b| [b.x0, b.y0, b.x1, b.y1]);
            for corner in 0..4 {
                let value = corners.and_then(|corners| corners.get(corner).copied());
                csv.write_field(value.map_or_else(String::new, |value| value.to_string()))?;
            }
            csv.write_record(None::<&[u8]>)?;
        }
        csv.into_inner().map_err(|error| error.into_error())
    }
}
