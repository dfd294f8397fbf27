//! Small windows slid over one channel as it lies in memory, without planes: depthwise convolutions of 3 x 3 and poolings
//! of 2 x 2 and 3 x 3, by a stride of 1 or 2. What a tap reads beyond the row's ends is masked out, so neighbours in
//! memory may be anything.

use std::hint::black_box;

use super::kernel::{Bounds, add, join, write};
use super::simd::versions;
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

    /// For each row of the input, `R` floats from where the first tap of the output at `start` of a row would be
    /// without padding above.
    #[inline(always)]
    fn rows<const R: usize>(self, window: &Window, start: usize) -> impl Iterator<Item = &'a [f32]> {
        let first = start * window.stride.columns + BEFORE - window.before.columns;
        let floats = self.0.get(first..).unwrap_or_default();
        floats.windows(R).step_by(window.input.columns).take(window.input.rows)
    }
}

/// The three taps of `L` outputs in `R` floats of a row; masked places are 0.
#[inline(always)]
fn taps<const R: usize, const L: usize>(
    floats: &[f32],
    Apart(one, two): Apart,
    masks: &[&[u32; L]; 3],
) -> Option<[[f32; L]; 3]> {
    let floats = floats.first_chunk::<R>()?;
    let mut taps = [[0.0; L]; 3];
    if R == L + 2 {
        taps = [*floats.first_chunk()?, *floats[one..].first_chunk()?, *floats[two..].first_chunk()?];
    } else {
        let next = &floats[two..];
        for lane in 0..L {
            taps[0][lane] = floats[2 * lane];
            taps[1][lane] = floats[2 * lane + 1];
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

/// One and two, unknown to the compiler but for their size: where it sees that the taps of a row overlap, it puts them
/// together from each other's registers, which takes longer than to load them.
#[derive(Clone, Copy)]
struct Apart(usize, usize);

impl Apart {
    #[inline(always)]
    fn new() -> Self {
        Self(black_box(1).min(1), black_box(2).min(2))
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
fn put<const L: usize>(sums: &[f32; L], bounds: Bounds, output: &mut [f32]) {
    match output.first_chunk_mut::<L>() {
        Some(whole) => write(sums, bounds, whole),
        None => put_last(*sums, bounds, output),
    }
}

/// The end of the last row of all.
#[cold]
#[inline(never)]
fn put_last<const L: usize>(sums: [f32; L], bounds: Bounds, output: &mut [f32]) {
    write(&sums, bounds, output);
}

/// A depthwise convolution of 3 x 3 of one channel.
#[derive(Clone, Copy)]
pub(super) struct Slid<'a> {
    pub(super) window: &'a Window,
    pub(super) masks: &'a Masks,
    pub(super) weights: &'a [f32; 9],
    pub(super) bias: f32,
    pub(super) bounds: Bounds,
}

versions! {
    /// One channel, at the start of `output`; behind it, other numbers may be left where the next channel will stand.
    fn depthwise(slid: Slid<'_>, channel: Channel<'_>, output: &mut [f32]) {
        wide: slid.convolve::<WIDE, { WIDE + 2 }, { 2 * WIDE + 2 }, true>(channel, output),
        fused: slid.convolve::<NARROW, { NARROW + 2 }, { 2 * NARROW + 2 }, true>(channel, output),
        plain: slid.convolve::<NARROW, { NARROW + 2 }, { 2 * NARROW + 2 }, false>(channel, output),
    }
}

impl Slid<'_> {
    /// `L` outputs at once, for which `R` floats are read by a stride of 1 and `R2` by a stride of 2.
    #[inline(always)]
    fn convolve<const L: usize, const R: usize, const R2: usize, const FUSED: bool>(
        self,
        channel: Channel<'_>,
        output: &mut [f32],
    ) {
        if self.window.stride.rows == 1 {
            self.rolled::<L, R, FUSED>(channel, output);
        } else {
            self.halved::<L, R2, FUSED>(channel, output);
        }
    }

    /// Stride 1: each input row is read once and goes into the three output rows that it touches.
    #[inline(always)]
    fn rolled<const L: usize, const R: usize, const FUSED: bool>(self, channel: Channel<'_>, output: &mut [f32]) {
        let Self { window, masks: all, weights, bias, bounds } = self;
        let (columns, apart) = (window.output.columns, Apart::new());
        let [first, second, third] = rows(weights);
        let end = window.output.rows + 2;
        for start in blocks::<L>(columns) {
            let Some(masks) = masks::<L>(all, start) else { return };
            let (mut upper, mut middle) = ([bias; L], [bias; L]);
            // Rows of the padded input; the output row above the third.
            let (mut y, mut place) = (window.before.rows, start);
            for floats in channel.rows::<R>(window, start).take(end - y) {
                let mut lower = [bias; L];
                let Some(taps) = taps::<R, L>(floats, apart, &masks) else { return };
                across::<L, FUSED>(&mut upper, &taps, third);
                across::<L, FUSED>(&mut middle, &taps, second);
                across::<L, FUSED>(&mut lower, &taps, first);
                if y >= 2 {
                    put(&upper, bounds, &mut output[place..]);
                    place += columns;
                }
                (upper, middle) = (middle, lower);
                y += 1;
            }
            for y in y..end {
                if y >= 2 {
                    put(&upper, bounds, &mut output[place..]);
                    place += columns;
                }
                (upper, middle) = (middle, [bias; L]);
            }
        }
    }

    /// Stride 2: every other input row goes into two output rows.
    #[inline(always)]
    fn halved<const L: usize, const R: usize, const FUSED: bool>(self, channel: Channel<'_>, output: &mut [f32]) {
        let Self { window, masks: all, weights, bias, bounds } = self;
        let (columns, apart) = (window.output.columns, Apart::new());
        let [first, second, third] = rows(weights);
        for start in blocks::<L>(columns) {
            let Some(masks) = masks::<L>(all, start) else { return };
            let mut input = channel.rows::<R>(window, start);
            let mut row = || input.next();
            let mut upper = if window.before.rows == 0 { row() } else { None };
            for y in 0..window.output.rows {
                let mut sums = [bias; L];
                let (middle, lower) = (row(), row());
                if let Some(taps) = upper.and_then(|floats| taps::<R, L>(floats, apart, &masks)) {
                    across::<L, FUSED>(&mut sums, &taps, first);
                }
                if let Some(taps) = middle.and_then(|floats| taps::<R, L>(floats, apart, &masks)) {
                    across::<L, FUSED>(&mut sums, &taps, second);
                }
                if let Some(taps) = lower.and_then(|floats| taps::<R, L>(floats, apart, &masks)) {
                    across::<L, FUSED>(&mut sums, &taps, third);
                }
                put(&sums, bounds, &mut output[y * columns + start..]);
                upper = lower;
            }
        }
    }
}

/// The weights of each row.
#[inline(always)]
fn rows(&[a, b, c, d, e, f, g, h, i]: &[f32; 9]) -> [[f32; 3]; 3] {
    [[a, b, c], [d, e, f], [g, h, i]]
}

/// Adds the weighted sum along one row.
#[inline(always)]
fn across<const L: usize, const FUSED: bool>(sums: &mut [f32; L], [a, b, c]: &[[f32; L]; 3], weights: [f32; 3]) {
    add::<L, FUSED>(sums, a, weights[0]);
    add::<L, FUSED>(sums, b, weights[1]);
    add::<L, FUSED>(sums, c, weights[2]);
}

/// A pooling by a stride of 2: the largest of each window, or the sum times `share`.
#[derive(Clone, Copy)]
pub(super) struct Pooled<'a> {
    pub(super) window: &'a Window,
    pub(super) masks: &'a Masks,
    pub(super) largest: bool,
    pub(super) share: f32,
}

versions! {
    /// One channel, at the start of `output`; what stands behind it there may change.
    fn pool(pooled: Pooled<'_>, channel: Channel<'_>, output: &mut [f32]) {
        wide: pooled.pool::<WIDE, { 2 * WIDE + 2 }>(channel, output),
        fused: pooled.pool::<NARROW, { 2 * NARROW + 2 }>(channel, output),
        plain: pooled.pool::<NARROW, { 2 * NARROW + 2 }>(channel, output),
    }
}

impl Pooled<'_> {
    /// `L` outputs at once, for which `R` floats are read.
    #[inline(always)]
    fn pool<const L: usize, const R: usize>(self, channel: Channel<'_>, output: &mut [f32]) {
        match (self.window.kernel.rows, self.largest) {
            (2, true) => self.windows::<2, L, R, true>(channel, output),
            (2, false) => self.windows::<2, L, R, false>(channel, output),
            (_, true) => self.windows::<3, L, R, true>(channel, output),
            (_, false) => self.windows::<3, L, R, false>(channel, output),
        }
    }

    /// Windows of `K` taps either way.
    #[inline(always)]
    fn windows<const K: usize, const L: usize, const R: usize, const LARGEST: bool>(
        self,
        channel: Channel<'_>,
        output: &mut [f32],
    ) {
        let Self { window, masks: all, share, .. } = self;
        let (columns, apart) = (window.output.columns, Apart::new());
        let edge = if LARGEST { f32::NEG_INFINITY } else { 0.0 };
        for start in blocks::<L>(columns) {
            let Some(masks) = masks::<L>(all, start) else { return };
            let mut input = channel.rows::<R>(window, start);
            // Windows of three share a row with the next; a row of padding is passed over.
            let mut above = [edge; L];
            let mut padded = window.before.rows > 0;
            if K == 3
                && !padded
                && let Some(floats) = input.next()
            {
                above = along::<K, R, L, LARGEST>(floats, apart, &masks, edge);
            }
            padded &= K == 2;
            for y in 0..window.output.rows {
                let mut all = above;
                for _ in 0..2 {
                    above = [edge; L];
                    if !std::mem::take(&mut padded)
                        && let Some(floats) = input.next()
                    {
                        above = along::<K, R, L, LARGEST>(floats, apart, &masks, edge);
                    }
                    join_all::<LARGEST, L>(&mut all, &above);
                }
                if K == 2 {
                    above = [edge; L];
                }
                for sum in &mut all {
                    *sum *= share;
                }
                put(&all, (f32::NEG_INFINITY, f32::INFINITY), &mut output[y * columns + start..]);
            }
        }
    }
}

/// What `R` floats of a row bring to its windows of `K` taps.
#[inline(always)]
fn along<const K: usize, const R: usize, const L: usize, const LARGEST: bool>(
    floats: &[f32],
    apart: Apart,
    masks: &[&[u32; L]; 3],
    edge: f32,
) -> [f32; L] {
    let mut joined = [edge; L];
    let Some(taps) = taps::<R, L>(floats, apart, masks) else { return joined };
    for tap in 0..K {
        let mut held = [0.0; L];
        for lane in 0..L {
            held[lane] = f32::from_bits(taps[tap][lane].to_bits() | edge.to_bits() & !masks[tap][lane]);
        }
        join_all::<LARGEST, L>(&mut joined, &held);
    }
    joined
}

#[inline(always)]
fn join_all<const LARGEST: bool, const L: usize>(all: &mut [f32; L], floats: &[f32; L]) {
    for lane in 0..L {
        all[lane] = join::<LARGEST>(all[lane], floats[lane]);
    }
}
