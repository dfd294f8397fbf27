//! A dense layer for one sample: the dot product of its numbers with a row of weights for each output.

use super::kernel::{Bounds, FEWEST, add, write};
use super::simd::{Simd, versions};

/// A dense layer with its weights laid out by output.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Dense {
    simd: Simd,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    /// The layer of `weights`, `outputs` rows of as many numbers as a sample has; `None` when they do not fit together.
    pub(in crate::engine) fn new(outputs: usize, weights: Vec<f32>) -> Option<Self> {
        let fits = outputs > 0 && !weights.is_empty() && weights.len().is_multiple_of(outputs);
        fits.then(|| Self { simd: Simd::fastest(), weights, bias: vec![0.0; outputs] })
    }

    /// The layer with each output multiplied by its number of `scale`, then increased by its number of `shift`; `None`
    /// when there is not one number for each output.
    pub(in crate::engine) fn scaled(&self, scale: &[f32], shift: &[f32]) -> Option<Self> {
        if scale.len() != self.outputs() || shift.len() != self.outputs() {
            return None;
        }
        let mut scaled = self.clone();
        let rows = scaled.weights.chunks_exact_mut(self.weights.len() / self.outputs());
        for (((row, bias), scale), shift) in rows.zip(&mut scaled.bias).zip(scale).zip(shift) {
            row.iter_mut().for_each(|weight| *weight *= scale);
            *bias = bias.mul_add(*scale, *shift);
        }
        Some(scaled)
    }

    #[cfg(test)]
    pub(super) fn with(&self, simd: Simd) -> Self {
        Self { simd, ..self.clone() }
    }

    /// Outputs of one sample.
    pub(in crate::engine) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Fills `output` from one sample's `input`.
    pub(in crate::engine) fn run(&self, input: &[f32], bounds: Bounds, output: &mut [f32]) {
        dots(self.simd, input, &self.weights, output);
        for (place, bias) in output.iter_mut().zip(&self.bias) {
            write(&[*place + bias], bounds, std::slice::from_mut(place));
        }
    }
}

versions! {
    /// The dot products of `input` with the rows of `weights`.
    fn dots(input: &[f32], weights: &[f32], output: &mut [f32]) {
        wide: dots_of::<true>(input, weights, output),
        fused: dots_of::<true>(input, weights, output),
        plain: dots_of::<false>(input, weights, output),
    }
}

#[inline(always)]
fn dots_of<const FUSED: bool>(input: &[f32], weights: &[f32], output: &mut [f32]) {
    let (blocks, rest) = input.as_chunks::<FEWEST>();
    for (row, place) in weights.chunks_exact(input.len()).zip(output) {
        let (row_blocks, row_rest) = row.as_chunks::<FEWEST>();
        let mut sums = [[0.0; FEWEST]; 2];
        for (number, (block, row)) in blocks.iter().zip(row_blocks).enumerate() {
            let sums = &mut sums[number % 2];
            for lane in 0..FEWEST {
                add::<1, FUSED>(std::array::from_mut(&mut sums[lane]), &[block[lane]], row[lane]);
            }
        }
        let [one, other] = &sums;
        let mut all = 0.0;
        for lane in 0..FEWEST {
            all += one[lane] + other[lane];
        }
        *place = rest.iter().zip(row_rest).fold(all, |all, (number, weight)| all + number * weight);
    }
}
