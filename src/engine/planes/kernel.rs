//! The inner loops of depthwise convolutions and poolings of any window, and the copies into and out of planes. Arrays of
//! fixed length make LLVM use the widest vectors that each version is compiled for.

use super::simd::versions;
use super::{TOGETHER, Window};

/// Fewest positions that the kernels take: one register of AVX-512.
pub(super) const FEWEST: usize = 16;

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

versions! {
    /// Copies the outputs out of positions: the first `columns` of every `pitch`.
    fn gather(positions: &[f32], pitch: usize, columns: usize, output: &mut [f32]) {
        wide: gather_rows(positions, pitch, columns, output),
        fused: gather_rows(positions, pitch, columns, output),
        plain: gather_rows(positions, pitch, columns, output),
    }
}

#[inline(always)]
fn gather_rows(positions: &[f32], pitch: usize, columns: usize, output: &mut [f32]) {
    for (line, positions) in output.chunks_exact_mut(columns).zip(positions.chunks(pitch)) {
        copy(&positions[..columns], line);
    }
}

versions! {
    /// Adds `plus` to each output and holds it to its bounds.
    fn finish(plus: &[f32], bounds: Bounds, output: &mut [f32]) {
        wide: finish_each(plus, bounds, output),
        fused: finish_each(plus, bounds, output),
        plain: finish_each(plus, bounds, output),
    }
}

#[inline(always)]
fn finish_each(plus: &[f32], (low, high): Bounds, output: &mut [f32]) {
    for (place, plus) in output.iter_mut().zip(plus) {
        let sum = *place + plus;
        let raised = if sum < low { low } else { sum };
        *place = if raised > high { high } else { raised };
    }
}

/// Starts of blocks of `L` that cover `length`; the last one is moved left to end with it.
#[inline(always)]
pub(super) fn starts<const L: usize>(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(L).map(move |start| start.min(length - L))
}

/// The taps of one channel and what weighs them.
#[derive(Clone, Copy)]
pub(super) struct Weighed<'a> {
    pub(super) taps: &'a [usize],
    pub(super) weights: &'a [[f32; TOGETHER]],
    pub(super) bias: f32,
    pub(super) bounds: Bounds,
}

versions! {
    /// One channel's weighted sum of taps; `line` is at least [`FEWEST`] long.
    fn weigh(planes: &[f32], weighed: Weighed<'_>, line: &mut [f32]) {
        wide: weighed.line::<true>(planes, line),
        fused: weighed.line::<true>(planes, line),
        plain: weighed.line::<false>(planes, line),
    }
}

impl Weighed<'_> {
    #[inline(always)]
    fn line<const FUSED: bool>(self, planes: &[f32], line: &mut [f32]) {
        if line.len() >= 2 * FEWEST {
            self.blocks::<{ 2 * FEWEST }, FUSED>(planes, line);
        } else {
            self.blocks::<FEWEST, FUSED>(planes, line);
        }
    }

    #[inline(always)]
    fn blocks<const L: usize, const FUSED: bool>(self, planes: &[f32], line: &mut [f32]) {
        for start in starts::<L>(line.len()) {
            let planes = &planes[start..];
            let mut sums = [self.bias; L];
            for (&tap, weight) in self.taps.iter().zip(self.weights) {
                let Some(pixels) = planes.get(tap..).and_then(|planes| planes.first_chunk()) else { break };
                add::<L, FUSED>(&mut sums, pixels, weight[0]);
            }
            write(&sums, self.bounds, &mut line[start..][..L]);
        }
    }
}

versions! {
    /// The largest of each window of one channel; `line` is minus infinity beside the input's columns.
    fn pool_largest(window: &Window, input: &[f32], line: &mut [f32], output: &mut [f32]) {
        wide: pool::<true>(window, input, 1.0, line, output),
        fused: pool::<true>(window, input, 1.0, line, output),
        plain: pool::<true>(window, input, 1.0, line, output),
    }
}

versions! {
    /// The sum of each window of one channel times `share`; `line` is 0 beside the input's columns.
    fn pool_sum(window: &Window, input: &[f32], share: f32, line: &mut [f32], output: &mut [f32]) {
        wide: pool::<false>(window, input, share, line, output),
        fused: pool::<false>(window, input, share, line, output),
        plain: pool::<false>(window, input, share, line, output),
    }
}

versions! {
    /// The largest of each channel of `area` pixels, or the sum times `share`.
    fn pool_all(area: usize, largest: bool, share: f32, input: &[f32], output: &mut [f32]) {
        wide: pool_channels(area, largest, share, input, output),
        fused: pool_channels(area, largest, share, input, output),
        plain: pool_channels(area, largest, share, input, output),
    }
}

#[inline(always)]
fn pool_channels(area: usize, largest: bool, share: f32, input: &[f32], output: &mut [f32]) {
    for (channel, place) in input.chunks_exact(area).zip(output) {
        *place = if largest { joined::<true>(channel) } else { joined::<false>(channel) * share };
    }
}

#[inline(always)]
fn joined<const LARGEST: bool>(channel: &[f32]) -> f32 {
    let edge = if LARGEST { f32::NEG_INFINITY } else { 0.0 };
    let (blocks, rest) = channel.as_chunks::<FEWEST>();
    let mut all = [edge; FEWEST];
    for block in blocks {
        for lane in 0..FEWEST {
            all[lane] = join::<LARGEST>(all[lane], block[lane]);
        }
    }
    all.iter().chain(rest).fold(edge, |all, one| join::<LARGEST>(all, *one))
}

versions! {
    /// Rows of `columns` numbers made to columns: three channels side by side become three planes.
    fn turn(columns: usize, input: &[f32], output: &mut [f32]) {
        wide: turn_rows(columns, input, output),
        fused: turn_rows(columns, input, output),
        plain: turn_rows(columns, input, output),
    }
}

#[inline(always)]
fn turn_rows(columns: usize, input: &[f32], output: &mut [f32]) {
    let rows = input.len() / columns;
    if columns == 3 {
        let (first, rest) = output.split_at_mut(rows);
        let (second, third) = rest.split_at_mut(rows);
        let (pixels, _) = input.as_chunks::<3>();
        for (((pixel, first), second), third) in pixels.iter().zip(first).zip(second).zip(third) {
            (*first, *second, *third) = (pixel[0], pixel[1], pixel[2]);
        }
        return;
    }
    for (column, output) in output.chunks_exact_mut(rows).enumerate() {
        for (place, number) in output.iter_mut().zip(input[column..].iter().step_by(columns)) {
            *place = *number;
        }
    }
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
fn pool<const LARGEST: bool>(window: &Window, input: &[f32], share: f32, line: &mut [f32], output: &mut [f32]) {
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
        if !LARGEST {
            output.iter_mut().for_each(|sum| *sum *= share);
        }
    }
}

versions! {
    /// Fills the planes of one channel. What lies beyond the edge is left as it is.
    fn split(window: &Window, channel: &[f32], planes: &mut [f32]) {
        wide: split_rows(window, channel, planes),
        fused: split_rows(window, channel, planes),
        plain: split_rows(window, channel, planes),
    }
}

#[inline(always)]
fn split_rows(window: &Window, channel: &[f32], planes: &mut [f32]) {
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
