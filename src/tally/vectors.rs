//! Subjects who are in several cells, by all that came of their attempts: what no sum over single cells gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::Combo;
use super::shape::Shape;
use super::standards::CellKey;
use super::wire;

/// How many subjects have which combination in each of their cells, by column of the grid; only the columns of the
/// headline challenge ages and of the method's own decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Ord + Serialize", deserialize = "K: Ord + Deserialize<'de>"))]
pub struct Vectors<K: Ord = CellKey> {
    /// Column, then the cells of a subject, ascending, each with its combination.
    #[serde(with = "wire::nested")]
    pub columns: BTreeMap<usize, BTreeMap<Vec<(K, Combo)>, u64>>,
}

impl<K: Ord> Default for Vectors<K> {
    fn default() -> Self {
        Self { columns: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Vectors<K> {
    /// Counts one subject, whose samples are sorted by cell.
    pub(super) fn add(&mut self, shape: &Shape<'_>, cells: &[(K, u32)]) {
        for column in &shape.plan.headline {
            let vector: Vec<(K, Combo)> = cells
                .chunk_by(|one, other| one.0 == other.0)
                .map(|part| {
                    let mut combo = Combo::default();
                    part.iter().for_each(|(_, sample)| combo.0[shape.part(*sample as usize, *column)] += 1);
                    (part[0].0.clone(), combo)
                })
                .collect();
            *self.columns.entry(*column).or_default().entry(vector).or_default() += 1;
        }
    }

    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        for (column, vectors) in &other.columns {
            let own = self.columns.entry(*column).or_default();
            for (vector, subjects) in vectors {
                *own.entry(vector.clone()).or_default() += subjects;
            }
        }
    }

    /// The same with other keys, in the same order.
    pub(super) fn keyed<L: Ord>(self, key: impl Fn(&K) -> L) -> Vectors<L> {
        let vector = |(vector, subjects): (Vec<(K, Combo)>, u64)| {
            let mut vector: Vec<(L, Combo)> = vector.into_iter().map(|(cell, combo)| (key(&cell), combo)).collect();
            vector.sort();
            (vector, subjects)
        };
        let column = |(column, vectors): (usize, BTreeMap<_, _>)| (column, vectors.into_iter().map(vector).collect());
        Vectors { columns: self.columns.into_iter().map(column).collect() }
    }
}
