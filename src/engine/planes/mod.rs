//! Convolution and pooling of `f32` pictures, channel by channel in memory, without unsafe code or packing.
//!
//! tract multiplies matrices well but gathers the patches of a convolution one float at a time; for the small networks
//! of this field that is most of the work. Here each channel is split into one plane per phase of the stride, padding
//! included, so that every tap of every window is a plain offset: output position `p` (row x pitch + column) reads
//! `plane[offset + p]`, for dozens of neighbouring positions at once. Positions between the end of an output row and the
//! pitch are computed too and thrown away.
//!
//! Sums run in another order than in other engines, so answers differ from theirs in the last bits of an f32.
#![expect(clippy::indexing_slicing, reason = "kernels: indices come from the sizes that `Window::new` has checked")]

mod convolution;
mod dense;
mod kernel;
mod simd;
mod slide;
mod sums;
mod window;

pub(super) use convolution::{Behind, Convolution};
pub(super) use dense::Dense;
pub(super) use kernel::Bounds;
use simd::Simd;
use slide::{Channel, Pooled};
pub(super) use window::{Sides, Window};

/// Bounds that hold nothing back.
pub(super) const UNBOUNDED: Bounds = (f32::NEG_INFINITY, f32::INFINITY);

/// Fewest positions that are computed at once; shorter planes get this much slack.
const BLOCK: usize = kernel::FEWEST;

/// Output channels that are computed together.
const TOGETHER: usize = 8;

/// What a pooling makes of the taps of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pooling {
    /// The largest; beyond the edge counts as minus infinity.
    Max,
    /// The sum divided by the number of taps; only for windows that stay inside the input.
    Mean,
    /// The sum; beyond the edge counts as 0.
    Sum,
}

/// Fills `output` with the pooled channels of `input`: first down the columns, then along the row that is left.
pub(super) fn pool(window: &Window, pooling: Pooling, input: &[f32], output: &mut [f32]) {
    let (area, area_after) = (window.input_area(), window.output_area());
    let share = if pooling == Pooling::Mean { 1.0 / window.taps.len() as f32 } else { 1.0 };
    let largest = pooling == Pooling::Max;
    let count = (input.len() / area).min(output.len() / area_after);
    if area_after == 1 && window.taps.len() == area && window.covers() {
        return kernel::pool_all(window.simd, area, largest, share, input, output);
    }
    if let Some(masks) = window.masks.as_ref().filter(|_| window.stride.rows == 2) {
        let mut room = Vec::new();
        for number in 0..count {
            let channel = Channel::of(input, number * area, area, &mut room);
            let pooled = Pooled { window, masks, largest, share };
            slide::pool(window.simd, pooled, channel, &mut output[number * area_after..]);
        }
        return;
    }
    let edge = if largest { f32::NEG_INFINITY } else { 0.0 };
    let width = (window.output.columns - 1) * window.stride.columns + window.kernel.columns * window.dilation.columns;
    let mut line = vec![edge; width.max(window.before.columns + window.input.columns)];
    for (input, output) in input.chunks_exact(area).zip(output.chunks_exact_mut(area_after)) {
        if largest {
            kernel::pool_largest(window.simd, window, input, &mut line, output);
        } else {
            kernel::pool_sum(window.simd, window, input, share, &mut line, output);
        }
    }
}

/// Fills `output` with `input`, rows of `columns` numbers, made to columns.
pub(super) fn turn(columns: usize, input: &[f32], output: &mut [f32]) {
    if columns > 0 {
        kernel::turn(Simd::fastest(), columns, input, output);
    }
}

/// Fills `output` with the softmax of each row of `columns` numbers of `input`.
pub(super) fn softmax(columns: usize, input: &[f32], output: &mut [f32]) {
    let rows = input.chunks_exact(columns.max(1)).zip(output.chunks_exact_mut(columns.max(1)));
    for (input, output) in rows {
        let largest = input.iter().copied().fold(f32::NEG_INFINITY, kernel::join::<true>);
        let mut sum = 0.0;
        for (place, number) in output.iter_mut().zip(input) {
            *place = (number - largest).exp();
            sum += *place;
        }
        output.iter_mut().for_each(|share| *share /= sum);
    }
}

#[cfg(test)]
mod tests;
