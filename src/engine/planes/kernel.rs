//! The inner loops: blocks of neighbouring positions held in registers while the taps go by. Arrays of fixed length and
//! `multiversion` make LLVM use the widest vectors and fused multiply-add where the processor has them.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

use super::{TOGETHER, Window};

/// Positions in the widest block: with [`TOGETHER`] outputs 16 of AVX-512's 32 registers.
pub(super) const WIDEST: usize = 32;
/// Positions in a block elsewhere: with [`TOGETHER`] outputs 8 of AVX2's 16 registers.
pub(super) const NARROW: usize = 8;

/// `sums += pixels * weight`, rounded once (`FUSED`) or twice.
#[inline(always)]
pub(super) fn add<const L: usize, const FUSED: bool>(sums: &mut [f32; L], pixels: &[f32; L], weight: f32) {
    for lane in 0..L {
        sums[lane] = if FUSED { pixels[lane].mul_add(weight, sums[lane]) } else { sums[lane] + pixels[lane] * weight };
    }
}

/// Smallest and largest output: what a rectifier behind the convolution leaves. NaN passes.
pub(in crate::engine) type Bounds = (f32, f32);

/// Writes sums, held to their bounds.
#[inline(always)]
pub(super) fn write(sums: &[f32], (low, high): Bounds, output: &mut [f32]) {
    for (place, &sum) in output.iter_mut().zip(sums) {
        let raised = if sum < low { low } else { sum };
        *place = if raised > high { high } else { raised };
    }
}

/// Copies as many floats as both hold: rows are short, and a call of `memcpy` for each would cost as much as the sums.
#[inline(always)]
fn copy(from: &[f32], to: &mut [f32]) {
    const STEP: usize = 16;
    let length = from.len().min(to.len());
    if length < STEP {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        return;
    }
    for start in starts::<STEP>(length) {
        to[start..][..STEP].copy_from_slice(&from[start..][..STEP]);
    }
}

/// Copies the outputs out of positions: the first `columns` of every `pitch`.
#[multiversion(targets = "simd")]
pub(super) fn gather(positions: &[f32], pitch: usize, columns: usize, output: &mut [f32]) {
    for (line, positions) in output.chunks_exact_mut(columns).zip(positions.chunks(pitch)) {
        copy(&positions[..columns], line);
    }
}

/// Starts of blocks of `L` that cover `length`; the last one is moved left to end with it.
#[inline(always)]
pub(super) fn starts<const L: usize>(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(L).map(move |start| start.min(length - L))
}

/// Sums of all `offsets` for [`TOGETHER`] outputs at once, `length` (at least [`WIDEST`]) positions each, one output
/// after the other.
#[multiversion(targets = "simd")]
pub(super) fn convolve(
    planes: &[f32],
    offsets: &[usize],
    weights: &[[f32; TOGETHER]],
    bias: &[f32; TOGETHER],
    bounds: Bounds,
    length: usize,
    output: &mut [f32],
) {
    // Known when this version of the function is compiled: two of the three arms fall away.
    let wide = target_cfg_f!(target_feature = "avx512f");
    let fused = target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64"));
    match (wide, fused) {
        (true, _) => convolve_blocks::<WIDEST, true>(planes, offsets, weights, bias, bounds, length, output),
        (false, true) => convolve_blocks::<NARROW, true>(planes, offsets, weights, bias, bounds, length, output),
        (false, false) => convolve_blocks::<NARROW, false>(planes, offsets, weights, bias, bounds, length, output),
    }
}

#[inline(always)]
pub(super) fn convolve_blocks<const L: usize, const FUSED: bool>(
    planes: &[f32],
    offsets: &[usize],
    weights: &[[f32; TOGETHER]],
    bias: &[f32; TOGETHER],
    bounds: Bounds,
    length: usize,
    output: &mut [f32],
) {
    for start in starts::<L>(length) {
        let planes = &planes[start..];
        // Eight names rather than an array: LLVM keeps them in registers.
        let [mut a, mut b, mut c, mut d] = [[bias[0]; L], [bias[1]; L], [bias[2]; L], [bias[3]; L]];
        let [mut e, mut f, mut g, mut h] = [[bias[4]; L], [bias[5]; L], [bias[6]; L], [bias[7]; L]];
        for (&offset, weights) in offsets.iter().zip(weights) {
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
        for (place, sums) in [a, b, c, d, e, f, g, h].iter().enumerate() {
            write(sums, bounds, &mut output[place * length + start..][..L]);
        }
    }
}

/// One channel's weighted sum of taps; `line` is at least [`WIDEST`] long.
#[multiversion(targets = "simd")]
pub(super) fn weighted(
    planes: &[f32],
    taps: &[usize],
    weights: &[[f32; TOGETHER]],
    bias: f32,
    bounds: Bounds,
    line: &mut [f32],
) {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        weighted_blocks::<true>(planes, taps, weights, bias, bounds, line);
    } else {
        weighted_blocks::<false>(planes, taps, weights, bias, bounds, line);
    }
}

#[inline(always)]
fn weighted_blocks<const FUSED: bool>(
    planes: &[f32],
    taps: &[usize],
    weights: &[[f32; TOGETHER]],
    bias: f32,
    bounds: Bounds,
    line: &mut [f32],
) {
    for start in starts::<WIDEST>(line.len()) {
        let planes = &planes[start..];
        let mut sums = [bias; WIDEST];
        for (&tap, weight) in taps.iter().zip(weights) {
            let Some(pixels) = planes.get(tap..).and_then(|planes| planes.first_chunk()) else { break };
            add::<WIDEST, FUSED>(&mut sums, pixels, weight[0]);
        }
        write(&sums, bounds, &mut line[start..][..WIDEST]);
    }
}

/// The largest of each window of one channel; `line` is minus infinity beside the input's columns.
#[multiversion(targets = "simd")]
pub(super) fn pool_largest(window: &Window, input: &[f32], line: &mut [f32], output: &mut [f32]) {
    pool::<true>(window, input, line, output);
}

/// The sum of each window of one channel times `share`; `line` is 0 beside the input's columns.
#[multiversion(targets = "simd")]
pub(super) fn pool_sum(window: &Window, input: &[f32], share: f32, line: &mut [f32], output: &mut [f32]) {
    pool::<false>(window, input, line, output);
    output.iter_mut().for_each(|sum| *sum *= share);
}

/// The larger or the sum. NaN is passed on by the sum and by the larger when it comes first.
#[inline(always)]
pub(super) fn join<const LARGEST: bool>(all: f32, one: f32) -> f32 {
    if !LARGEST {
        all + one
    } else if one > all {
        one
    } else {
        all
    }
}

#[inline(always)]
fn pool<const LARGEST: bool>(window: &Window, input: &[f32], line: &mut [f32], output: &mut [f32]) {
    let edge = if LARGEST { f32::NEG_INFINITY } else { 0.0 };
    for (y, output) in output.chunks_exact_mut(window.output.columns).enumerate() {
        let inside = &mut line[window.before.columns..][..window.input.columns];
        inside.fill(edge);
        for tap in 0..window.kernel.rows {
            let row = (y * window.stride.rows + tap * window.dilation.rows).checked_sub(window.before.rows);
            if let Some(row) = row.filter(|row| *row < window.input.rows) {
                let row = &input[row * window.input.columns..][..window.input.columns];
                inside.iter_mut().zip(row).for_each(|(all, one)| *all = join::<LARGEST>(*all, *one));
            }
        }
        output.fill(edge);
        for tap in 0..window.kernel.columns {
            let line = &line[tap * window.dilation.columns..];
            match window.stride.columns {
                1 => output.iter_mut().zip(line).for_each(|(all, one)| *all = join::<LARGEST>(*all, *one)),
                2 => {
                    let (pairs, rest) = line.as_chunks::<2>();
                    let length = pairs.len().min(output.len());
                    let (whole, last) = output.split_at_mut(length);
                    whole.iter_mut().zip(pairs).for_each(|(all, pair)| *all = join::<LARGEST>(*all, pair[0]));
                    last.iter_mut().zip(rest).for_each(|(all, one)| *all = join::<LARGEST>(*all, *one));
                }
                stride => {
                    let pixels = line.iter().step_by(stride);
                    output.iter_mut().zip(pixels).for_each(|(all, one)| *all = join::<LARGEST>(*all, *one));
                }
            }
        }
    }
}

/// Fills the planes of one channel. What lies beyond the edge is left as it is.
#[multiversion(targets = "simd")]
pub(super) fn split(window: &Window, channel: &[f32], planes: &mut [f32]) {
    let planes = planes.chunks_exact_mut(window.plane.rows * window.plane.columns);
    for (plane, &(first_row, first_column)) in planes.zip(&window.phases) {
        for (row, line) in plane.chunks_exact_mut(window.plane.columns).enumerate() {
            let y = (row * window.stride.rows + first_row).checked_sub(window.before.rows);
            if let Some(y) = y.filter(|y| *y < window.input.rows) {
                let row = &channel[y * window.input.columns..][..window.input.columns];
                split_row(window.stride.columns, window.before.columns, row, first_column, line);
            }
        }
    }
}

/// Every `stride`-th pixel of `row` from column `first` of the padded row on; what lies outside stays.
#[inline(always)]
fn split_row(stride: usize, before: usize, row: &[f32], first: usize, line: &mut [f32]) {
    // The first place of the line that lies inside the row, and the column it reads.
    let skip = before.saturating_sub(first).div_ceil(stride).min(line.len());
    let start = (skip * stride + first).saturating_sub(before);
    let (line, row) = (&mut line[skip..], row.get(start..).unwrap_or_default());
    match stride {
        1 => copy(row, line),
        2 => {
            let (pairs, rest) = row.as_chunks::<2>();
            let length = pairs.len().min(line.len());
            for (place, pair) in line[..length].iter_mut().zip(&pairs[..length]) {
                *place = pair[0];
            }
            if let ([last], Some(place)) = (rest, line.get_mut(pairs.len())) {
                *place = *last;
            }
        }
        _ => line.iter_mut().zip(row.iter().step_by(stride)).for_each(|(place, pixel)| *place = *pixel),
    }
}
