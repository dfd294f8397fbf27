//! The canonical manifest, and the digests that stand on it.
//!
//! The canonical manifest is CSV with line feeds and quotes only where needed: the header `sample_id, subject_id,
//! cluster_id, weight, age_low, age_high, split`, then the card's groups, conditions and `species`; and one line a
//! listed sample, ids as given, sorted by the bytes of `sample_id`. Numbers are the shortest decimals that read back as
//! the same number; a missing weight is 1. Paths, boxes and other columns are no part of it.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::Dataset;
use crate::digest::{Digest, Hasher};
use crate::sheet::{RowWriter, in_order};

/// The digest of the canonical manifest, and the key of the pseudonyms.
pub(super) fn of_manifest(dataset: &Dataset) -> (Digest, [u8; 32]) {
    let mut manifest = Hasher::of_kind("manifest");
    let mut ids = Hasher::of_kind("ids");
    canonical(dataset, |bytes| {
        rayon::join(|| manifest.update(bytes), || ids.update(bytes));
    });
    (manifest.finish(), *ids.finish().bytes())
}

/// Places of the listed samples, sorted by the bytes of `sample_id`, equal ones by place.
pub(super) fn sorted(dataset: &Dataset) -> Vec<u32> {
    let ids = dataset.samples.ids();
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let id = |place: u32| ids.get(place as usize).as_bytes();
    if (1..count).into_par_iter().all(|place| id(place - 1) <= id(place)) {
        return (0..count).collect();
    }
    // By the eight bytes after what all begin with; only where these are equal, by the rest.
    let first = id(0);
    let shared = (1..count)
        .into_par_iter()
        .map(|place| first.iter().zip(id(place)).take_while(|(one, other)| one == other).count());
    let shared = shared.min().unwrap_or(0);
    let head = |place: u32| {
        let mut head = [0; 8];
        head.iter_mut().zip(id(place).iter().skip(shared)).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(head)
    };
    let mut order: Vec<(u64, u32)> = (0..count).into_par_iter().map(|place| (head(place), place)).collect();
    order.par_sort_unstable_by(|one, other| {
        one.0.cmp(&other.0).then_with(|| id(one.1).cmp(id(other.1))).then(one.1.cmp(&other.1))
    });
    order.into_par_iter().map(|(_, place)| place).collect()
}

/// Lines that one task writes.
const LINES: usize = 1 << 13;

/// Gives the canonical manifest of `dataset` to `take`, piece by piece.
pub(super) fn canonical(dataset: &Dataset, mut take: impl FnMut(&[u8]) + Send) {
    let card = &dataset.card;
    let mut columns = vec![dataset.column("split")];
    columns.extend(card.groups.iter().chain(&card.conditions).map(|name| dataset.column(name)));
    columns.push(card.attack_species.as_ref().and_then(|name| dataset.column(name)));
    let mut head = RowWriter::new(Vec::new());
    for name in ["sample_id", "subject_id", "cluster_id", "weight", "age_low", "age_high", "split"] {
        head.cell(name);
    }
    card.groups.iter().chain(&card.conditions).for_each(|name| head.cell(name));
    head.cell("species");
    take(&written(head));
    let order = sorted(dataset);
    let write = |places: std::ops::Range<usize>| {
        let mut lines = RowWriter::new(Vec::new());
        for place in order.get(places).unwrap_or_default().iter().map(|place| *place as usize) {
            let Some(sample) = dataset.samples.get(place) else { continue };
            lines.cell(sample.sample_id);
            lines.cell(sample.subject.map_or("", |at| dataset.subjects.get(at as usize)));
            lines.cell(sample.cluster.map_or("", |at| dataset.clusters.get(at as usize)));
            lines.number(Some(sample.weight));
            lines.number(sample.age.map(|age| age.low()));
            lines.number(sample.age.map(|age| age.high()));
            columns.iter().for_each(|column| lines.cell(column.map_or("", |column| column.cell(place))));
            let _ = lines.end_row(); // a Vec takes everything
        }
        lines.finish().unwrap_or_default()
    };
    let _ = in_order(order.len(), LINES, write, |lines| {
        take(&lines);
        Ok::<(), std::convert::Infallible>(())
    });
}

/// The digest of what of the manifest is put to methods that are lent `columns`, beside the files and in the order of its rows.
pub(super) fn of_inputs(dataset: &Dataset, columns: &BTreeSet<&str>) -> Digest {
    let mut inputs = Hasher::of_kind("inputs");
    let mut head = RowWriter::new(Vec::new());
    ["sample_id", "sha256", "x0", "y0", "x1", "y1"].into_iter().for_each(|name| head.cell(name));
    columns.iter().for_each(|name| head.cell(name));
    inputs.update(&written(head));
    let columns: Vec<_> = columns.iter().map(|name| dataset.column(name)).collect();
    let write = |places: std::ops::Range<usize>| {
        let mut lines = RowWriter::new(Vec::new());
        for (place, sample) in places.filter_map(|place| Some((place, dataset.samples.get(place)?))) {
            lines.cell(sample.sample_id);
            lines.cell(&sample.sha256.map_or_else(String::new, |sha256| sha256.hex()));
            let corners = sample.face_box.map(|b| [b.x0, b.y0, b.x1, b.y1]);
            (0..4).for_each(|corner| lines.number(corners.and_then(|corners| corners.get(corner).copied())));
            columns.iter().for_each(|column| lines.cell(column.map_or("", |column| column.cell(place))));
            let _ = lines.end_row(); // a Vec takes everything
        }
        lines.finish().unwrap_or_default()
    };
    let _ = in_order(dataset.samples.len(), LINES, write, |lines| {
        inputs.update(&lines);
        Ok::<(), std::convert::Infallible>(())
    });
    inputs.finish()
}

fn written(mut line: RowWriter<Vec<u8>>) -> Vec<u8> {
    let _ = line.end_row(); // a Vec takes everything
    line.finish().unwrap_or_default()
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
        let mut files = Hasher::of_kind("files");
        for place in sorted(dataset).into_iter().map(|place| place as usize) {
            let Some(sample) = dataset.samples.get(place) else { continue };
            let mut line = RowWriter::new(Vec::new());
            line.cell(sample.sample_id);
            line.cell(&self.0.get(place).copied().flatten().map_or_else(String::new, |sha256| sha256.hex()));
            let corners = sample.face_box.map(|b| [b.x0, b.y0, b.x1, b.y1]);
            for corner in 0..4 {
                line.number(corners.and_then(|corners| corners.get(corner).copied()));
            }
            files.update(&written(line));
        }
        files.finish()
    }
}
