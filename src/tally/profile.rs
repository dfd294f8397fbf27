//! What several attempts of one subject come to over the columns.

use super::cell::{Combo, Joints};
use super::hot::Run;
use super::shape::Shape;

/// Differences by part and column, and the runs made of them.
#[derive(Default)]
pub(super) struct Profile {
    differences: Vec<[i32; 5]>,
    touched: Vec<bool>,
    /// The runs, in the order of the columns.
    pub runs: Vec<Run>,
}

impl Profile {
    /// Takes the runs of several attempts together.
    pub fn take(&mut self, shape: &Shape<'_>, samples: &[u32]) {
        let columns = shape.grid.columns();
        self.differences.clear();
        self.differences.resize(columns + 1, [0; 5]);
        self.touched.clear();
        self.touched.resize(columns + 1, false);
        for sample in samples {
            let index = *sample as usize;
            shape.segments(shape.reply(index), index, |part, start, end| {
                self.differences[start][part] += 1;
                self.differences[end][part] -= 1;
                self.touched[start] = true;
                self.touched[end] = true;
            });
        }
        self.touched[columns] = true;
        self.runs.clear();
        let (mut parts, mut start) = ([0_i32; 5], 0);
        for column in 0..=columns {
            if self.touched[column] {
                if column > start {
                    let combo = Combo(parts.map(|part| u32::try_from(part).unwrap_or_default()));
                    self.runs.push(Run { combo, start, end: column });
                }
                start = column;
                parts.iter_mut().zip(self.differences[column]).for_each(|(part, difference)| *part += difference);
            }
        }
    }
}

/// Adds one subject's joint combinations in two classes.
pub(super) fn join(joints: &mut Joints, one: &[Run], other: &[Run], columns: usize) {
    let (mut i, mut j, mut start) = (0, 0, 0);
    while let (Some(first), Some(second)) = (one.get(i), other.get(j)) {
        let end = first.end.min(second.end);
        let differences = joints.differences.entry((first.combo, second.combo)).or_insert_with(|| vec![0; columns + 1]);
        differences[start] += 1;
        differences[end] -= 1;
        i += usize::from(first.end == end);
        j += usize::from(second.end == end);
        start = end;
    }
}
