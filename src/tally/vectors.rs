//! Subjects who are in several cells, by all that came of their attempts: what no sum over single cells gives.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::Combo;
use super::shape::Shape;
use super::standards::CellKey;
use super::weights::{Counted, PartWeights, of_parts};
use super::wire;

/// How many subjects have which combination in each of their cells, by column of the grid; only the columns of the
/// headline challenge ages and of the method's own decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Ord + Serialize", deserialize = "K: Ord + Deserialize<'de>"))]
pub struct Vectors<K: Ord = CellKey> {
    /// Column, then the cells of a subject, ascending, each with its combination.
    #[serde(with = "wire::nested")]
    pub columns: BTreeMap<usize, BTreeMap<Vec<(K, Combo)>, Counted>>,
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
            let mut weights = Vec::new();
            let vector: Vec<(K, Combo)> = cells
                .chunk_by(|one, other| one.0 == other.0)
                .map(|part| {
                    let (mut combo, mut own): (Combo, PartWeights) = Default::default();
                    for (_, sample) in part {
                        let place = shape.part(*sample as usize, *column);
                        combo.0[place] += 1;
                        own[place] += shape.truth.weight(*sample as usize).unwrap_or_default();
                    }
                    if shape.truth.is_weighted() {
                        weights.extend(of_parts(combo, &own));
                    }
                    (part[0].0.clone(), combo)
                })
                .collect();
            self.columns.entry(*column).or_default().entry(vector).or_default().add(&weights);
        }
    }

    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        for (column, vectors) in &other.columns {
            let own = self.columns.entry(*column).or_default();
            for (vector, subjects) in vectors {
                own.entry(vector.clone()).or_default().merge(subjects);
            }
        }
    }

    /// The same with other keys, in the same order.
    pub(super) fn keyed<L: Ord>(self, key: impl Fn(&K) -> L) -> Vectors<L> {
        let vector = |(vector, subjects): (Vec<(K, Combo)>, Counted)| {
            let vector: Vec<(L, Combo)> = vector.into_iter().map(|(cell, combo)| (key(&cell), combo)).collect();
            (vector, subjects)
        };
        let column = |(column, vectors): (usize, BTreeMap<_, _>)| (column, vectors.into_iter().map(vector).collect());
        Vectors { columns: self.columns.into_iter().map(column).collect() }
    }
}
