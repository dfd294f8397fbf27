//! Resizing 8-bit pixels to the very bytes that Pillow 13 and OpenCV 5 give. Knows no colours: one or three channels,
//! interleaved. Kernels are plain loops over fixed-size arrays, compiled once per instruction set by `multiversion`.
#![expect(clippy::indexing_slicing, reason = "kernels: indices come from the sizes that `Source::new` has checked")]

mod dots;
mod narrow;
mod nearest;
mod opencv;
mod pillow;
mod weights;

use std::sync::Arc;

use super::Filter;
use weights::{Cache, Weights};

/// Rows of a picture to read from: `height` rows of `width` pixels, `stride` bytes apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    bytes: &'a [u8],
    stride: usize,
    width: usize,
    height: usize,
}

impl<'a> Source<'a> {
    /// The rows in `bytes`; the first byte is the first pixel's. `None` when a side is 0 or the bytes do not suffice.
    pub(super) fn new(bytes: &'a [u8], stride: usize, width: usize, height: usize, channels: usize) -> Option<Self> {
        let row = width.checked_mul(channels)?;
        let needed = stride.checked_mul(height.checked_sub(1)?)?.checked_add(row)?;
        (row > 0 && row <= stride && needed <= bytes.len()).then_some(Self { bytes, stride, width, height })
    }

    fn row(&self, y: usize, channels: usize) -> &'a [u8] {
        &self.bytes[y * self.stride..][..self.width * channels]
    }
}

/// Scratch of the resizers, kept from picture to picture.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    cache: Cache,
    between: Vec<u8>,
    /// Rows that are copied because something must stand behind them.
    rows: [Vec<u8>; 2],
    lines: opencv::Lines,
}

/// Fills `target` (`width` x `height` pixels without gaps) from `source` with `filter`.
pub(super) fn resize(
    filter: Filter,
    channels: usize,
    source: Source<'_>,
    (width, height): (usize, usize),
    scratch: &mut Scratch,
    target: &mut [u8],
) {
    let target = &mut target[..width * height * channels];
    if (source.width, source.height) == (width, height) {
        // Every filter here leaves a picture of the right size as it is.
        for (y, row) in target.chunks_exact_mut(width * channels).enumerate() {
            row.copy_from_slice(source.row(y, channels));
        }
        return;
    }
    match (filter, channels) {
        (Filter::Nearest, 1) => nearest::resize::<1>(source, (width, height), target),
        (Filter::Nearest, _) => nearest::resize::<3>(source, (width, height), target),
        (Filter::Bilinear, 1) => opencv::resize::<1>(source, (width, height), &mut scratch.lines, target),
        (Filter::Bilinear, _) => opencv::resize::<3>(source, (width, height), &mut scratch.lines, target),
        (_, 1) => pillow::resize::<1>(filter, source, (width, height), scratch, target),
        (_, _) => pillow::resize::<3>(filter, source, (width, height), scratch, target),
    }
}

/// A colour picture that is resized from rows which come one after the other, to the same bytes as [`resize`] makes of
/// the whole.
pub(super) struct ByRows<'s> {
    across: Arc<Weights>,
    down: Arc<Weights>,
    width: usize,
    scratch: &'s mut Scratch,
}

impl<'s> ByRows<'s> {
    /// For a picture of `from` pixels; `None` where `filter` needs all rows at once.
    pub(super) fn new(
        filter: Filter,
        from: (usize, usize),
        to: (usize, usize),
        scratch: &'s mut Scratch,
    ) -> Option<Self> {
        if !pillow::by_rows(filter, from, to) {
            return None;
        }
        let (across, down) = (scratch.cache.get(filter, from.0, to.0), scratch.cache.get(filter, from.1, to.1));
        scratch.between.resize(to.0 * from.1 * 3, 0);
        Some(Self { across, down, width: to.0, scratch })
    }

    /// Takes some rows, of which the first is row `first` of the picture.
    pub(super) fn take(&mut self, first: usize, rows: Source<'_>) {
        let Scratch { between, rows: buffers, .. } = &mut *self.scratch;
        let line = self.width * 3;
        let target = &mut between[first * line..][..rows.height * line];
        pillow::horizontal::<3>(rows, &self.across, buffers, target);
    }

    /// Fills `target` when all rows were taken.
    pub(super) fn finish(self, target: &mut [u8]) {
        let line = self.width * 3;
        let bytes = &self.scratch.between;
        let between = Source { bytes, stride: line, width: self.width, height: bytes.len() / line };
        pillow::vertical(between, 3, &self.down, target);
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// The noise of scripts/peers/resized_sizes.py.
    fn noise(count: usize) -> Vec<u8> {
        let byte = |index: usize| {
            let mut value = (index as u64 * 2_654_435_761 + 12_345) & 0xFFFF_FFFF;
            value ^= value >> 15;
            value = (value * 2_246_822_519) & 0xFFFF_FFFF;
            (value >> 24) as u8
        };
        (0..count).map(byte).collect()
    }

    #[test]
    fn noise_of_720_sizes_is_resized_to_the_bytes_of_pillow_and_opencv() {
        let cases = include_str!("../../../fixtures/golden/pipeline/sizes.csv");
        let mut scratch = Scratch::default();
        let mut wrong = Vec::new();
        for case in cases.lines().skip(1) {
            let cells: Vec<&str> = case.split(',').collect();
            let number = |cell: usize| cells[cell].parse::<usize>().unwrap();
            let (channels, width, height, to) = (number(1), number(2), number(3), (number(4), number(5)));
            let pixels = noise(width * height * channels);
            let source = Source::new(&pixels, width * channels, width, height, channels).unwrap();
            let mut target = vec![0; to.0 * to.1 * channels];
            resize(Filter::parse(cells[0]).unwrap(), channels, source, to, &mut scratch, &mut target);
            let digest: String = Sha256::digest(&target).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            if digest != cells[6] {
                wrong.push(case);
            }
        }
        assert!(wrong.is_empty(), "{} cases differ, the first: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
    }

    #[test]
    fn a_part_of_a_picture_is_resized_as_its_copy() {
        let pixels = noise(50 * 40 * 3);
        let part: Vec<u8> = (5..35).flat_map(|y| pixels[(y * 50 + 7) * 3..][..31 * 3].to_vec()).collect();
        for &filter in Filter::ALL {
            let inside = Source::new(&pixels[(5 * 50 + 7) * 3..], 150, 31, 30, 3).unwrap();
            let copied = Source::new(&part, 93, 31, 30, 3).unwrap();
            let mut made = [vec![0; 24 * 20 * 3], vec![0; 24 * 20 * 3]];
            resize(filter, 3, inside, (24, 20), &mut Scratch::default(), &mut made[0]);
            resize(filter, 3, copied, (24, 20), &mut Scratch::default(), &mut made[1]);
            assert_eq!(made[0], made[1], "{filter}");
        }
    }
}
