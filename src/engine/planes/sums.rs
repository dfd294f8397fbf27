//! Full convolutions: the sums of many outputs at many positions, held in registers while the taps of all input channels
//! go by.

use super::TOGETHER;
use super::kernel::{Bounds, FEWEST, add, write};
use super::simd::versions;

/// Positions in the widest block: with [`TOGETHER`] outputs 24 of AVX-512's 32 registers.
pub(super) const WIDEST: usize = 48;
/// Positions in a block elsewhere: with [`TOGETHER`] outputs 8 of AVX2's 16 registers.
const NARROW: usize = 8;

/// What [`convolve`] is given: the sums of all `offsets` for blocks of [`TOGETHER`] outputs, at `columns` (at least
/// [`FEWEST`]) positions of each of `rows`.
#[derive(Clone, Copy)]
pub(super) struct Sums<'a> {
    pub(super) planes: &'a [f32],
    pub(super) offsets: &'a [usize],
    /// For each block, the weights of each offset.
    pub(super) weights: &'a [[f32; TOGETHER]],
    /// For each block.
    pub(super) bias: &'a [[f32; TOGETHER]],
    /// What is added to each output, laid out as the output.
    pub(super) plus: Option<&'a [f32]>,
    pub(super) bounds: Bounds,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Positions from a row to the next.
    pub(super) pitch: usize,
}

versions! {
    /// Fills `output`, one output after the other; those of the last block for which it has no room are left away.
    fn convolve(sums: Sums<'_>, output: &mut [f32]) {
        wide: sums.wide(output),
        fused: sums.narrow::<true>(output),
        plain: sums.narrow::<false>(output),
    }
}

impl Sums<'_> {
    /// Positions of one output.
    #[inline(always)]
    fn length(self) -> usize {
        self.rows * self.columns
    }

    /// For 32 registers of 16 floats: blocks of three, two and one of them, and the last few positions with the outputs
    /// side by side instead. Blocks overlap where that costs less than the few.
    #[inline(always)]
    fn wide(self, output: &mut [f32]) {
        for row in 0..self.rows {
            let mut column = 0;
            while column < self.columns {
                column = match self.columns - column {
                    40.. if self.columns >= WIDEST => self.positions::<WIDEST, true>(row, column, output),
                    24.. if self.columns >= 2 * FEWEST => self.positions::<{ 2 * FEWEST }, true>(row, column, output),
                    8.. => self.positions::<FEWEST, true>(row, column, output),
                    4.. => self.few::<4, 1>(row, column, output),
                    2.. => self.few::<2, 2>(row, column, output),
                    _ => self.few::<1, 4>(row, column, output),
                };
            }
        }
    }

    #[inline(always)]
    fn narrow<const FUSED: bool>(self, output: &mut [f32]) {
        for row in 0..self.rows {
            let mut column = 0;
            while column < self.columns {
                column = self.positions::<NARROW, FUSED>(row, column, output);
            }
        }
    }

    /// `L` positions from `column` on, or further left to end with the row, of all outputs; where the next start.
    #[inline(always)]
    fn positions<const L: usize, const FUSED: bool>(self, row: usize, column: usize, output: &mut [f32]) -> usize {
        let column = column.min(self.columns - L);
        let (planes, start) = (&self.planes[row * self.pitch + column..], row * self.columns + column);
        let blocks = self.weights.chunks_exact(self.offsets.len()).zip(self.bias);
        for (block, ((weights, bias), output)) in blocks.zip(output.chunks_mut(TOGETHER * self.length())).enumerate() {
            // Eight names rather than an array: LLVM keeps them in registers.
            let [mut a, mut b, mut c, mut d] = [[bias[0]; L], [bias[1]; L], [bias[2]; L], [bias[3]; L]];
            let [mut e, mut f, mut g, mut h] = [[bias[4]; L], [bias[5]; L], [bias[6]; L], [bias[7]; L]];
            for (&offset, weights) in self.offsets.iter().zip(weights) {
                let Some(pixels) = planes.get(offset..).and_then(|planes| planes.first_chunk::<L>()) else { break };
                add::<L, FUSED>(&mut a, pixels, weights[0]);
                add::<L, FUSED>(&mut b, pixels, weights[1]);
                add::<L, FUSED>(&mut c, pixels, weights[2]);
                add::<L, FUSED>(&mut d, pixels, weights[3]);
                add::<L, FUSED>(&mut e, pixels, weights[4]);
                add::<L, FUSED>(&mut f, pixels, weights[5]);
                add::<L, FUSED>(&mut g, pixels, weights[6]);
                add::<L, FUSED>(&mut h, pixels, weights[7]);
            }
            let lines = output.chunks_exact_mut(self.length()).zip([a, b, c, d, e, f, g, h]);
            for (place, (line, mut sums)) in lines.enumerate() {
                if let Some(plus) = self.plus {
                    let from = (block * TOGETHER + place) * self.length() + start;
                    plus_each(&mut sums, &plus[from..]);
                }
                write(&sums, self.bounds, &mut line[start..][..L]);
            }
        }
        column + L
    }

    /// `T` positions from `column` on, each in `S` sums of every `S`-th offset: four sums, of which none waits for another.
    #[inline(always)]
    fn few<const T: usize, const S: usize>(self, row: usize, column: usize, output: &mut [f32]) -> usize {
        let (planes, start) = (&self.planes[row * self.pitch + column..], row * self.columns + column);
        let blocks = self.weights.chunks_exact(self.offsets.len()).zip(self.bias);
        for (block, ((weights, bias), output)) in blocks.zip(output.chunks_mut(TOGETHER * self.length())).enumerate() {
            let [mut a, mut b, mut c, mut d] = [[0.0; TOGETHER]; 4];
            let (offsets, last) = self.offsets.as_chunks::<S>();
            let (weights, last_weights) = weights.as_chunks::<S>();
            for (offsets, weights) in offsets.iter().zip(weights) {
                let pixel = |sum: usize| planes.get(offsets[sum / T] + sum % T).copied();
                let (Some(p), Some(q), Some(r), Some(s)) = (pixel(0), pixel(1), pixel(2), pixel(3)) else { break };
                add::<TOGETHER, true>(&mut a, &weights[0], p);
                add::<TOGETHER, true>(&mut b, &weights[1 / T], q);
                add::<TOGETHER, true>(&mut c, &weights[2 / T], r);
                add::<TOGETHER, true>(&mut d, &weights[3 / T], s);
            }
            let mut sums = [a, b, c, d];
            for (&offset, weights) in last.iter().zip(last_weights) {
                for (sums, pixel) in sums.iter_mut().zip(&planes[offset..offset + T]) {
                    add::<TOGETHER, true>(sums, weights, *pixel);
                }
            }
            for position in 0..T {
                let mut all = *bias;
                for step in 0..S {
                    for place in 0..TOGETHER {
                        all[place] += sums[step * T + position][place];
                    }
                }
                for (place, (line, sum)) in output.chunks_exact_mut(self.length()).zip(all).enumerate() {
                    let at = (block * TOGETHER + place) * self.length() + start + position;
                    let sum = sum + self.plus.map_or(0.0, |plus| plus[at]);
                    write(&[sum], self.bounds, &mut line[start + position..]);
                }
            }
        }
        column + T
    }
}

#[inline(always)]
fn plus_each<const L: usize>(sums: &mut [f32; L], plus: &[f32]) {
    if let Some(plus) = plus.first_chunk::<L>() {
        for lane in 0..L {
            sums[lane] += plus[lane];
        }
    }
}
