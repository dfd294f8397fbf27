//! Small windows slid over one channel as it lies in memory, without planes: depthwise convolutions of 3 x 3 and poolings
//! of 2 x 2 and 3 x 3, by a stride of 1 or 2. What a tap reads beyond the row's ends is masked out, so neighbours in
//! memory may be anything.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

use super::kernel::{Bounds, add, join};
use super::{Sides, Window};

/// Floats that may be read before the first of a channel.
pub(super) const BEFORE: usize = 1;
/// Floats that may be read behind the last of a channel: a block of the widest vectors at stride 2, and one tap.
pub(super) const BEHIND: usize = 2 * WIDE + 2;

/// Outputs of a row that are computed at once with AVX-512, and with less.
pub(super) const WIDE: usize = 16;
pub(super) const NARROW: usize = 8;

/// For each of three taps along a row and each output, all bits set where the tap lies inside the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Masks([Vec<u32>; 3]);

impl Masks {
    /// The masks of a window that can be slid.
    pub(super) fn new(input: Sides, output: Sides, kernel: Sides, stride: Sides, before: Sides) -> Option<Self> {
        let square = kernel.rows == kernel.columns && stride.rows == stride.columns;
        let small = (2..=3).contains(&kernel.rows) && stride.rows <= 2 && before.rows <= 1 && before.columns <= 1;
        (square && small).then(|| {
            let mask = |tap: usize| {
                let inside = |output: usize| (output * stride.columns + tap).checked_sub(before.columns);
                let inside = |output: &usize| inside(*output).is_some_and(|column| column < input.columns);
                let bits = |place: usize| if place < output.columns && inside(&place) { u32::MAX } else { 0 };
                (0..output.columns.max(WIDE)).map(bits).collect()
            };
            Self([mask(0), mask(1), mask(2)])
        })
    }
}

/// A channel with [`BEFORE`] floats before it and [`BEHIND`] behind it.
#[derive(Clone, Copy)]
pub(super) struct Channel<'a>(pub(super) &'a [f32]);

impl<'a> Channel<'a> {
    /// The `area` floats from `start` on where they lie, or copied into `room` where their surroundings are missing.
    pub(super) fn of(all: &'a [f32], start: usize, area: usize, room: &'a mut Vec<f32>) -> Self {
        match start.checked_sub(BEFORE).and_then(|first| all.get(first..start + area + BEHIND)) {
            Some(floats) => Self(floats),
            None => {
                room.resize(BEFORE + area + BEHIND, 0.0);
                room[BEFORE..][..area].copy_from_slice(&all[start..][..area]);
                Self(room)
            }
        }
    }

    /// The three taps of `L` outputs from the output at `place` on, `place` being where its middle or first tap would
    /// be without padding; masked places are 0.
    #[inline(always)]
    fn taps<const S: usize, const L: usize, const L2: usize>(
        self,
        place: usize,
        masks: &[&[u32; L]; 3],
    ) -> Option<[[f32; L]; 3]> {
        let floats = self.0.get(place..)?;
        let mut taps = [[0.0; L]; 3];
        if S == 1 {
            let (a, b, c) =
                (floats.first_chunk::<L>()?, floats[1..].first_chunk::<L>()?, floats[2..].first_chunk::<L>()?);
            taps = [*a, *b, *c];
        } else {
            let (pairs, next) = (floats.first_chunk::<L2>()?, floats[2..].first_chunk::<L2>()?);
            for lane in 0..L {
                taps[0][lane] = pairs[2 * lane];
                taps[1][lane] = pairs[2 * lane + 1];
                taps[2][lane] = next[2 * lane];
            }
        }
        for tap in 0..3 {
            for lane in 0..L {
                let mask = masks[tap][lane];
                taps[tap][lane] = f32::from_bits(taps[tap][lane].to_bits() & mask);
            }
        }
        Some(taps)
    }
}

/// Starts of blocks of `L` outputs; one block where a row is shorter.
#[inline(always)]
fn blocks<const L: usize>(columns: usize) -> impl Iterator<Item = usize> {
    (0..columns).step_by(L).map(move |start| start.min(columns.saturating_sub(L)))
}

/// The masks of a block.
#[inline(always)]
fn masks<const L: usize>(all: &Masks, start: usize) -> Option<[&[u32; L]; 3]> {
    let [a, b, c] = &all.0;
    Some([a[start..].first_chunk()?, b[start..].first_chunk()?, c[start..].first_chunk()?])
}

/// Writes a block of a row. Behind a short row it writes what the next row or channel will write over.
#[inline(always)]
fn put<const L: usize>(sums: &[f32; L], (low, high): Bounds, output: &mut [f32]) {
    let mut held = [0.0; L];
    for lane in 0..L {
        let raised = if sums[lane] < low { low } else { sums[lane] };
        held[lane] = if raised > high { high } else { raised };
    }
    match output.first_chunk_mut::<L>() {
        Some(whole) => *whole = held,
        None => put_last(held, output),
    }
}

/// The end of the last row of all.
#[cold]
#[inline(never)]
fn put_last<const L: usize>(held: [f32; L], output: &mut [f32]) {
    output.iter_mut().zip(held).for_each(|(place, number)| *place = number);
}

/// One channel of a depthwise convolution of 3 x 3, at the start of `output`; behind it, other numbers may be left where the
/// next channel will stand.
#[multiversion(targets = "simd")]
pub(super) fn depthwise(
    window: &Window,
    all: &Masks,
    channel: Channel<'_>,
    weights: &[f32; 9],
    bias: f32,
    bounds: Bounds,
    output: &mut [f32],
) {
    let wide = target_cfg_f!(target_feature = "avx512f");
    let fused = target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64"));
    match (window.stride.rows, wide, fused) {
        (1, true, _) => rolled::<WIDE, true>(window, all, channel, weights, bias, bounds, output),
        (1, _, true) => rolled::<NARROW, true>(window, all, channel, weights, bias, bounds, output),
        (1, _, false) => rolled::<NARROW, false>(window, all, channel, weights, bias, bounds, output),
        (_, true, _) => halved::<WIDE, { 2 * WIDE }, true>(window, all, channel, weights, bias, bounds, output),
        (_, _, true) => halved::<NARROW, { 2 * NARROW }, true>(window, all, channel, weights, bias, bounds, output),
        (_, _, false) => halved::<NARROW, { 2 * NARROW }, false>(window, all, channel, weights, bias, bounds, output),
    }
}

/// Stride 1: each input row is read once and goes into the three output rows that it touches.
#[inline(always)]
pub(super) fn rolled<const L: usize, const FUSED: bool>(
    window: &Window,
    all: &Masks,
    channel: Channel<'_>,
    weights: &[f32; 9],
    bias: f32,
    bounds: Bounds,
    output: &mut [f32],
) {
    let columns = window.output.columns;
    for start in blocks::<L>(columns) {
        let Some(masks) = masks::<L>(all, start) else { return };
        let (mut upper, mut middle) = ([bias; L], [bias; L]);
        for y in 0..window.output.rows + 2 {
            let mut lower = [bias; L];
            let row = y.checked_sub(window.before.rows).filter(|row| *row < window.input.rows);
            if let Some(row) = row {
                let place = row * window.input.columns + start + BEFORE - window.before.columns;
                let Some([a, b, c]) = channel.taps::<1, L, L>(place, &masks) else { return };
                add::<L, FUSED>(&mut upper, &a, weights[6]);
                add::<L, FUSED>(&mut middle, &a, weights[3]);
                add::<L, FUSED>(&mut lower, &a, weights[0]);
                add::<L, FUSED>(&mut upper, &b, weights[7]);
                add::<L, FUSED>(&mut middle, &b, weights[4]);
                add::<L, FUSED>(&mut lower, &b, weights[1]);
                add::<L, FUSED>(&mut upper, &c, weights[8]);
                add::<L, FUSED>(&mut middle, &c, weights[5]);
                add::<L, FUSED>(&mut lower, &c, weights[2]);
            }
            if let Some(y) = y.checked_sub(2) {
                put(&upper, bounds, &mut output[y * columns + start..]);
            }
            (upper, middle) = (middle, lower);
        }
    }
}

/// Stride 2.
#[inline(always)]
pub(super) fn halved<const L: usize, const L2: usize, const FUSED: bool>(
    window: &Window,
    all: &Masks,
    channel: Channel<'_>,
    weights: &[f32; 9],
    bias: f32,
    bounds: Bounds,
    output: &mut [f32],
) {
    let columns = window.output.columns;
    for start in blocks::<L>(columns) {
        let Some(masks) = masks::<L>(all, start) else { return };
        for y in 0..window.output.rows {
            let mut sums = [bias; L];
            for tap in 0..3 {
                let row = (2 * y + tap).checked_sub(window.before.rows).filter(|row| *row < window.input.rows);
                if let Some(row) = row {
                    let place = row * window.input.columns + 2 * start + BEFORE - window.before.columns;
                    let Some([a, b, c]) = channel.taps::<2, L, L2>(place, &masks) else { return };
                    add::<L, FUSED>(&mut sums, &a, weights[3 * tap]);
                    add::<L, FUSED>(&mut sums, &b, weights[3 * tap + 1]);
                    add::<L, FUSED>(&mut sums, &c, weights[3 * tap + 2]);
                }
            }
            put(&sums, bounds, &mut output[y * columns + start..]);
        }
    }
}

/// One channel of a pooling by a stride of 2: the largest of each window, or the sum times `share`. What stands behind
/// the channel in `output` may change.
#[multiversion(targets = "simd")]
pub(super) fn pool(window: &Window, all: &Masks, channel: Channel<'_>, largest: bool, share: f32, output: &mut [f32]) {
    const TWICE_WIDE: usize = 2 * WIDE;
    const TWICE_NARROW: usize = 2 * NARROW;
    let wide = target_cfg_f!(target_feature = "avx512f");
    match (wide, window.kernel.rows, largest) {
        (true, 2, true) => pooled::<WIDE, TWICE_WIDE, 2, true>(window, all, channel, share, output),
        (true, 2, false) => pooled::<WIDE, TWICE_WIDE, 2, false>(window, all, channel, share, output),
        (true, _, true) => pooled::<WIDE, TWICE_WIDE, 3, true>(window, all, channel, share, output),
        (true, _, false) => pooled::<WIDE, TWICE_WIDE, 3, false>(window, all, channel, share, output),
        (false, 2, true) => pooled::<NARROW, TWICE_NARROW, 2, true>(window, all, channel, share, output),
        (false, 2, false) => pooled::<NARROW, TWICE_NARROW, 2, false>(window, all, channel, share, output),
        (false, _, true) => pooled::<NARROW, TWICE_NARROW, 3, true>(window, all, channel, share, output),
        (false, _, false) => pooled::<NARROW, TWICE_NARROW, 3, false>(window, all, channel, share, output),
    }
}

#[inline(always)]
pub(super) fn pooled<const L: usize, const L2: usize, const K: usize, const LARGEST: bool>(
    window: &Window,
    all: &Masks,
    channel: Channel<'_>,
    share: f32,
    output: &mut [f32],
) {
    let columns = window.output.columns;
    let edge = if LARGEST { f32::NEG_INFINITY } else { 0.0 };
    for start in blocks::<L>(columns) {
        let Some(masks) = masks::<L>(all, start) else { return };
        for y in 0..window.output.rows {
            // Down the columns first, pairs still side by side.
            let (mut pairs, mut next) = ([edge; L2], [edge; L2]);
            for tap in 0..K {
                let row = (2 * y + tap).checked_sub(window.before.rows).filter(|row| *row < window.input.rows);
                let Some(row) = row else { continue };
                let place = row * window.input.columns + 2 * start + BEFORE - window.before.columns;
                let Some(floats) = channel.0.get(place..place + L2 + 2) else { return };
                join_all::<LARGEST, L2>(&mut pairs, floats);
                if K == 3 {
                    join_all::<LARGEST, L2>(&mut next, &floats[2..]);
                }
            }
            let mut sums = [edge; L];
            for tap in 0..K {
                for lane in 0..L {
                    let one = if tap == 2 { next[2 * lane] } else { pairs[2 * lane + tap] };
                    let mask = masks[tap][lane];
                    let one = f32::from_bits(one.to_bits() & mask | edge.to_bits() & !mask);
                    sums[lane] = join::<LARGEST>(sums[lane], one);
                }
            }
            for sum in &mut sums {
                *sum *= share;
            }
            put(&sums, (f32::NEG_INFINITY, f32::INFINITY), &mut output[y * columns + start..]);
        }
    }
}

#[inline(always)]
fn join_all<const LARGEST: bool, const L: usize>(all: &mut [f32; L], floats: &[f32]) {
    if let Some(floats) = floats.first_chunk::<L>() {
        for lane in 0..L {
            all[lane] = join::<LARGEST>(all[lane], floats[lane]);
        }
    }
}
