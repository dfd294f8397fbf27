//! The taps of Pillow's convolution along one axis, and a small cache of them.

use std::f64::consts::PI;
use std::sync::{Arc, OnceLock};

use super::super::Filter;
use super::dots::{self, Dots};
use super::narrow::Narrow;

/// Fraction bits of a weight: 32 less 8 for the pixel and 2 for what negative lobes overshoot.
pub(super) const BITS: u32 = 22;

/// For each target position: where its window starts, how many taps count, and the weights, `taps` apart.
#[derive(Debug)]
pub(super) struct Weights {
    pub(super) starts: Vec<usize>,
    pub(super) counts: Vec<usize>,
    /// Taps of the widest window.
    pub(super) widest: usize,
    /// Taps stored per position: the widest window, rounded up to [`LANES`].
    pub(super) taps: usize,
    /// `taps` weights a position, zeros beyond its count.
    pub(super) plain: Vec<i32>,
    /// Pixels of the axis.
    from: usize,
    triple: OnceLock<Vec<i32>>,
    dots: OnceLock<Option<Dots>>,
    narrow: OnceLock<Option<Narrow>>,
}

/// Windows are whole multiples of this many taps, so that the horizontal kernel has no tail.
pub(super) const LANES: usize = 8;

/// Half the width of a filter at scale 1, in pixels.
fn support(filter: Filter) -> f64 {
    match filter {
        Filter::Bicubic => 2.0,
        Filter::Lanczos3 => 3.0,
        Filter::BilinearAntialias | Filter::Bilinear | Filter::Nearest => 1.0,
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

/// The filter's height at `x` pixels from its centre.
fn height(filter: Filter, x: f64) -> f64 {
    let distance = x.abs();
    match filter {
        Filter::Bicubic if distance < 1.0 => (1.5 * distance - 2.5) * distance * distance + 1.0,
        Filter::Bicubic if distance < 2.0 => (((distance - 5.0) * distance + 8.0) * distance - 4.0) * -0.5,
        Filter::Lanczos3 if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
        Filter::Bicubic | Filter::Lanczos3 => 0.0,
        Filter::BilinearAntialias | Filter::Bilinear | Filter::Nearest => (1.0 - distance).max(0.0),
    }
}

impl Weights {
    /// Weights from `from` to `to` positions. Windows are moved left where padding would reach beyond the end, unless
    /// the whole axis is shorter than a window.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positions on an axis below 2^32")]
    fn new(filter: Filter, from: usize, to: usize) -> Self {
        let scale = from as f64 / to as f64;
        let stretch = scale.max(1.0);
        let reach = support(filter) * stretch;
        let windows: Vec<(usize, Vec<i32>)> = (0..to)
            .map(|position| {
                let centre = (position as f64 + 0.5) * scale;
                let start = (centre - reach + 0.5).max(0.0) as usize;
                let end = ((centre + reach + 0.5) as usize).min(from);
                (start, fixed_point(filter, centre, stretch, start..end))
            })
            .collect();
        let widest = windows.iter().map(|(_, weights)| weights.len()).max().unwrap_or(0);
        let taps = widest.next_multiple_of(LANES);
        let last_start = from.saturating_sub(taps);
        let mut all = Self {
            starts: Vec::with_capacity(to),
            counts: Vec::with_capacity(to),
            widest,
            taps,
            plain: vec![0; taps * to],
            from,
            triple: OnceLock::new(),
            dots: OnceLock::new(),
            narrow: OnceLock::new(),
        };
        for ((start, weights), slot) in windows.into_iter().zip(all.plain.chunks_exact_mut(taps)) {
            let moved = if from < taps { start } else { start.min(last_start) };
            let lead = start - moved;
            slot[lead..lead + weights.len()].copy_from_slice(&weights);
            all.starts.push(moved);
            all.counts.push(lead + weights.len());
        }
        all
    }

    /// The window of each target position: its start and its weights.
    fn windows(&self) -> impl Iterator<Item = (usize, &[i32])> {
        let weights = self.plain.chunks_exact(self.taps).zip(&self.counts).map(|(weights, &count)| &weights[..count]);
        self.starts.iter().copied().zip(weights)
    }

    /// Each weight three times in a row, to meet interleaved pixels.
    pub(super) fn triple(&self) -> &[i32] {
        self.triple.get_or_init(|| self.plain.iter().flat_map(|weight| [*weight; 3]).collect())
    }

    /// The windows for products of bytes: `None` when the processor has none, or a weight is too large for them.
    pub(super) fn dots(&self) -> Option<&Dots> {
        let made = self.dots.get_or_init(|| dots::available().then(|| Dots::new(self.windows(), self.from)).flatten());
        made.as_ref()
    }

    /// The same for windows of at most 8 taps: `None` for wider ones too.
    pub(super) fn narrow(&self) -> Option<&Narrow> {
        self.narrow.get_or_init(|| Narrow::new(self.windows())).as_ref()
    }

    /// Pixels of a row that are read: more than it has when it is narrower than a window.
    pub(super) fn reach(&self, channels: usize) -> usize {
        // A moved window ends within its row; a window that could not be moved starts at or after 0 of a short row.
        let plain = self.starts.iter().max().map_or(0, |start| start + self.taps);
        let dots = if channels == 3 && self.narrow().is_none() { self.dots() } else { None };
        dots.map_or(0, Dots::reach).max(plain)
    }
}

/// The weights of one window: normalised in f64, then rounded half away from zero to [`BITS`] bits.
#[expect(clippy::cast_possible_truncation, reason = "a weight is within ±2, so within ±2^23 in fixed point")]
fn fixed_point(filter: Filter, centre: f64, stretch: f64, window: std::ops::Range<usize>) -> Vec<i32> {
    let shrink = 1.0 / stretch;
    let heights: Vec<f64> = window.map(|pixel| height(filter, (pixel as f64 - centre + 0.5) * shrink)).collect();
    let sum: f64 = heights.iter().sum();
    let one = f64::from(1 << BITS);
    heights
        .iter()
        .map(|height| {
            let weight = if sum == 0.0 { *height } else { height / sum };
            if weight < 0.0 { (weight * one - 0.5) as i32 } else { (weight * one + 0.5) as i32 }
        })
        .collect()
}

/// Weights by (filter, from, to). Pictures of one dataset share few sizes; face boxes have many, so the oldest goes.
#[derive(Debug, Default)]
pub(super) struct Cache {
    kept: Vec<(Filter, usize, usize, Arc<Weights>)>,
    next: usize,
}

/// Weights kept; at 12 megapixels to 224 pixels each takes about 130 kB.
const KEPT: usize = 32;

impl Cache {
    pub(super) fn get(&mut self, filter: Filter, from: usize, to: usize) -> Arc<Weights> {
        let found = self.kept.iter().find(|kept| (kept.0, kept.1, kept.2) == (filter, from, to));
        if let Some((.., weights)) = found {
            return Arc::clone(weights);
        }
        let weights = Arc::new(Weights::new(filter, from, to));
        let entry = (filter, from, to, Arc::clone(&weights));
        if self.kept.len() < KEPT {
            self.kept.push(entry);
        } else {
            self.kept[self.next] = entry;
            self.next = (self.next + 1) % KEPT;
        }
        weights
    }
}
