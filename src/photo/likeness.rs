//! How a picture looks, in 256 bytes: pictures that were scaled, compressed anew, made brighter or turned grey look alike.

use image::metadata::Orientation;
use multiversion::multiversion;

use super::decode::caught;
use super::jpeg::{self, reduced::Quarter};
use super::{Decoder, PhotoError, Picture, decode};

/// Cells across and down.
const SIDE: usize = 16;
const CELLS: usize = SIDE * SIDE;
/// A side of this many pixels still has six samples for each cell when it is read at a quarter; smaller ones are read whole.
const LEAST_OF_QUARTER: u32 = 96;
/// Standard deviation of the cells, in levels of 255, below which a picture is too flat to look like anything.
const FLAT: f32 = 2.0;
/// What one standard deviation becomes, so that the steps of a byte are small against it.
const UNIT: f32 = 24.0;

/// A picture in light and dark, averaged to 16 x 16 cells, with its mean taken away and divided by its standard deviation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Likeness {
    cells: Box<[i8; CELLS]>,
    /// The sum of their squares.
    square: i32,
}

/// What a look at a file told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Pixels in a row, and rows, of the upright picture.
    pub size: (u32, u32),
    /// How it looks; none where it is smaller than 16 pixels or flat.
    pub likeness: Option<Likeness>,
}

/// The size and the likeness of the picture in `bytes`. The whole file is read, so that whatever [`decode`](decode()) refuses is
/// refused here, but a JPEG of the own decoder is not made into pixels.
///
/// # Errors
/// As [`decode`](decode()).
pub fn look(bytes: &[u8], decoder: Decoder, pixel_limit: u64) -> Result<Look, PhotoError> {
    if decoder == Decoder::Own && jpeg::is(bytes) {
        let opened = caught("JPEG", || jpeg::Opened::new(bytes, pixel_limit))?;
        let (width, height) = opened.size();
        if width.min(height) >= LEAST_OF_QUARTER && opened.has_quarter() {
            let quarter = caught("JPEG", || opened.quarter())?;
            let turned = matches!(
                quarter.orientation,
                Orientation::Rotate90
                    | Orientation::Rotate270
                    | Orientation::Rotate90FlipH
                    | Orientation::Rotate270FlipH
            );
            let size = if turned { (height, width) } else { (width, height) };
            return Ok(Look { size, likeness: Likeness::of_quarter(&quarter) });
        }
    }
    let picture = decode(bytes, decoder, pixel_limit)?;
    Ok(Look { size: (picture.width(), picture.height()), likeness: Likeness::of(&picture) })
}

impl Likeness {
    /// Pictures whose likenesses are at most this far apart are taken for copies of one: scaled, compressed anew, brightened or
    /// grey. That far apart are two likenesses that correlate with 0.995; how it was chosen stands in docs/check.md.
    pub const NEAR: f64 = 0.005;

    /// How `picture` looks; none where a side is below 16 pixels, or light and dark differ too little.
    #[must_use]
    pub fn of(picture: &Picture) -> Option<Self> {
        // ITU-R BT.601.
        let grey = |rgb: &[u8; 3]| {
            let [red, green, blue] = rgb.map(f32::from);
            0.299 * red + 0.587 * green + 0.114 * blue
        };
        let levels: Vec<f32> = picture.rgb().as_chunks::<3>().0.iter().map(grey).collect();
        let (width, height) = (picture.width(), picture.height());
        let cells = averaged(&levels, width as usize, (f64::from(width), f64::from(height)))?;
        Self::of_cells(cells)
    }

    fn of_quarter(quarter: &Quarter) -> Option<Self> {
        let (width, height) = quarter.size;
        let cells = averaged(&quarter.levels, quarter.stride, (f64::from(width) / 4.0, f64::from(height) / 4.0))?;
        Self::of_cells(turned(&cells, quarter.orientation))
    }

    fn of_cells(cells: [f32; CELLS]) -> Option<Self> {
        let mean = cells.iter().sum::<f32>() / CELLS as f32;
        let deviation = (cells.iter().map(|cell| (cell - mean).powi(2)).sum::<f32>() / CELLS as f32).sqrt();
        #[expect(clippy::cast_possible_truncation, reason = "clamped to what a byte holds")]
        let byte = |cell: f32| ((cell - mean) / deviation * UNIT).round().clamp(-127.0, 127.0) as i8;
        (deviation >= FLAT).then(|| Self::of_bytes(cells.map(byte)))
    }

    fn of_bytes(cells: [i8; CELLS]) -> Self {
        Self { square: dot(&cells, &cells), cells: Box::new(cells) }
    }

    /// One minus the correlation of the cells: 0 for the same look, about 1 for unrelated ones, 2 for a negative.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f64 {
        let of_both = f64::from(self.square) * f64::from(other.square);
        if of_both > 0.0 { 1.0 - f64::from(dot(&self.cells, &other.cells)) / of_both.sqrt() } else { 1.0 }
    }

    /// Coordinates on a few wide waves (the first of a cosine transform), such that two likenesses that are [`Likeness::NEAR`] differ by at most
    /// [`Likeness::REACH`] in each: what a search can go by.
    #[must_use]
    pub fn waves(&self) -> [f32; WAVES.len()] {
        let length = self.cells.iter().map(|cell| f32::from(*cell).powi(2)).sum::<f32>().sqrt().max(1.0);
        let mut rows = [[0.0_f32; SIDE]; 4];
        let basis = cosines();
        for (row, cells) in rows.iter_mut().zip(&basis) {
            for (x, sum) in row.iter_mut().enumerate() {
                *sum = cells
                    .iter()
                    .zip(self.cells.iter().skip(x).step_by(SIDE))
                    .map(|(c, cell)| c * f32::from(*cell))
                    .sum();
            }
        }
        WAVES.map(|(down, across)| {
            let row = rows.get(down).into_iter().flatten();
            let wave = basis.get(across).into_iter().flatten();
            row.zip(wave).map(|(one, two)| one * two).sum::<f32>() / length
        })
    }

    /// The most that a coordinate of [`Likeness::waves`] differs between near likenesses: the distance of two unit vectors that
    /// correlate with 1 - NEAR is sqrt(2 NEAR), and a projection is no longer. A little more, for rounding.
    pub const REACH: f32 = 0.100_1;
}

/// The sum of products, in whole numbers.
#[multiversion(targets = "simd")]
fn dot(one: &[i8; CELLS], two: &[i8; CELLS]) -> i32 {
    one.iter().zip(two).map(|(one, two)| i32::from(i16::from(*one) * i16::from(*two))).sum()
}

/// Waves down and across.
const WAVES: [(usize, usize); 8] = [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1), (2, 2)];

/// The first four waves of the orthonormal cosine transform of 16 values.
fn cosines() -> [[f32; SIDE]; 4] {
    std::array::from_fn(|wave| {
        std::array::from_fn(|x| {
            let scale = if wave == 0 { (1.0 / SIDE as f32).sqrt() } else { (2.0 / SIDE as f32).sqrt() };
            scale * (std::f32::consts::PI * (x as f32 + 0.5) * wave as f32 / SIDE as f32).cos()
        })
    })
}

/// The means of 16 x 16 equal parts of the upper left `size` of `levels`, whose rows are `stride` long; a sample that lies in two
/// parts counts in each by its share. None where a part is smaller than a sample.
fn averaged(levels: &[f32], stride: usize, (width, height): (f64, f64)) -> Option<[f32; CELLS]> {
    if width < SIDE as f64 || height < SIDE as f64 {
        return None;
    }
    let (across, down) = (parts(width), parts(height));
    let mut cells = [0.0_f32; CELLS];
    for (part, line) in down.iter().zip(cells.as_chunks_mut::<SIDE>().0) {
        for (y, share) in part.shares() {
            let row = levels.get(y * stride..(y + 1) * stride)?;
            for (part, cell) in across.iter().zip(&mut *line) {
                let inner = row.get(part.first..=part.last)?;
                let sum = inner.iter().sum::<f32>()
                    - inner.first()? * (1.0 - part.first_share)
                    - inner.last()? * (1.0 - part.last_share);
                *cell += sum * share;
            }
        }
    }
    let area = (width / SIDE as f64 * height / SIDE as f64) as f32;
    Some(cells.map(|cell| cell / area))
}

/// Samples `first` to `last` of a line, of which the two ends count by their share.
struct Part {
    first: usize,
    last: usize,
    first_share: f32,
    last_share: f32,
}

impl Part {
    fn shares(&self) -> impl Iterator<Item = (usize, f32)> {
        let share = |at: usize| {
            let first = if at == self.first { 1.0 - self.first_share } else { 0.0 };
            let last = if at == self.last { 1.0 - self.last_share } else { 0.0 };
            1.0 - first - last
        };
        (self.first..=self.last).map(move |at| (at, share(at)))
    }
}

/// `length` samples in 16 equal parts.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the side of a picture")]
fn parts(length: f64) -> [Part; SIDE] {
    std::array::from_fn(|at| {
        let edge = |at: usize| at as f64 * length / SIDE as f64;
        let (from, until) = (edge(at), edge(at + 1));
        let (first, last) = (from.floor() as usize, (until.ceil() as usize).saturating_sub(1));
        Part { first, last, first_share: 1.0 - from.fract() as f32, last_share: 1.0 - (until.ceil() - until) as f32 }
    })
}

/// `cells` as they lie when the picture is turned upright.
fn turned(cells: &[f32; CELLS], orientation: Orientation) -> [f32; CELLS] {
    const END: usize = SIDE - 1;
    std::array::from_fn(|place| {
        let (y, x) = (place / SIDE, place % SIDE);
        let (row, column) = match orientation {
            Orientation::NoTransforms => (y, x),
            Orientation::Rotate180 => (END - y, END - x),
            Orientation::FlipHorizontal => (y, END - x),
            Orientation::FlipVertical => (END - y, x),
            Orientation::Rotate90 => (END - x, y),
            Orientation::Rotate270 => (x, END - y),
            Orientation::Rotate90FlipH => (x, y),
            Orientation::Rotate270FlipH => (END - x, END - y),
        };
        cells.get(row * SIDE + column).copied().unwrap_or_default()
    })
}

#[cfg(test)]
#[path = "tests/likeness.rs"]
mod tests;
