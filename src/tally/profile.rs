//! What several attempts of one subject come to over the columns.

use super::cell::{Combo, Joints};
use super::hot::{Run, Runs};
use super::shape::Shape;
use super::weights::{PartWeights, of_parts};

/// Differences by part and column, and the runs made of them.
#[derive(Default)]
pub(super) struct Profile {
    differences: Vec<[i32; 5]>,
    touched: Vec<bool>,
    weight_differences: Vec<PartWeights>,
    /// The runs, in the order of the columns.
    runs: Vec<Run>,
    /// What the subject weighs in each; empty where everybody weighs the same.
    weights: Vec<PartWeights>,
}

impl Profile {
    /// Takes the runs of several attempts together.
    pub fn take(&mut self, shape: &Shape<'_>, samples: &[u32]) {
        let columns = shape.grid.columns();
        self.differences.clear();
        self.differences.resize(columns + 1, [0; 5]);
        self.touched.clear();
        self.touched.resize(columns + 1, false);
        let weighted = shape.truth.is_weighted();
        self.weight_differences.clear();
        self.weight_differences.resize(if weighted { columns + 1 } else { 0 }, [0; 5]);
        for sample in samples {
            let index = *sample as usize;
            let weight = shape.truth.weight(index);
            shape.segments(shape.reply(index), index, |part, start, end| {
                self.differences[start][part] += 1;
                self.differences[end][part] -= 1;
                self.touched[start] = true;
                self.touched[end] = true;
                if let Some(weight) = weight {
                    self.weight_differences[start][part] += weight;
                    self.weight_differences[end][part] -= weight;
                }
            });
        }
        self.touched[columns] = true;
        self.runs.clear();
        self.weights.clear();
        let (mut parts, mut weights, mut start) = ([0_i32; 5], [0_i64; 5], 0);
        for column in 0..=columns {
            if self.touched[column] {
                if column > start {
                    let combo = Combo(parts.map(|part| u32::try_from(part).unwrap_or_default()));
                    self.runs.push(Run { combo, start, end: column });
                    if weighted {
                        self.weights.push(weights);
                    }
                }
                start = column;
                parts.iter_mut().zip(self.differences[column]).for_each(|(part, difference)| *part += difference);
                if weighted {
                    let steps = self.weight_differences[column];
                    weights.iter_mut().zip(steps).for_each(|(weight, difference)| *weight += difference);
                }
            }
        }
    }

    /// A copy of what was taken last.
    pub fn keep(&self) -> Kept {
        Kept { runs: self.runs.clone(), weights: self.weights.clone() }
    }

    /// What was taken last.
    pub fn found(&self) -> Runs<'_> {
        Runs { runs: &self.runs, weights: &self.weights }
    }
}

/// The runs of one subject, kept while others are taken.
pub(super) struct Kept {
    runs: Vec<Run>,
    weights: Vec<PartWeights>,
}

impl Kept {
    pub fn found(&self) -> Runs<'_> {
        Runs { runs: &self.runs, weights: &self.weights }
    }
}

/// Adds one subject's joint combinations in two classes.
pub(super) fn join(joints: &mut Joints, one: Runs<'_>, other: Runs<'_>, columns: usize) {
    let (mut i, mut j, mut start) = (0, 0, 0);
    let mut vector = Vec::new();
    while let (Some(first), Some(second)) = (one.runs.get(i), other.runs.get(j)) {
        let end = first.end.min(second.end);
        if let (Some(here), Some(there)) = (one.weights.get(i), other.weights.get(j)) {
            vector.clear();
            vector.extend(of_parts(first.combo, here).chain(of_parts(second.combo, there)));
        }
        joints.steps.add((first.combo, second.combo), (start, end), columns, &vector);
        i += usize::from(first.end == end);
        j += usize::from(second.end == end);
        start = end;
    }
}
