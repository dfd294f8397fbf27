//! Resizing 8-bit pixels to the very bytes that Pillow 13 and OpenCV 5 give. Knows no colours: one or three channels,
//! interleaved. Kernels are plain loops over fixed-size arrays, compiled once per instruction set by `multiversion`.
#![expect(clippy::indexing_slicing, reason = "kernels: indices come from the sizes that `Source::new` has checked")]

mod nearest;
mod opencv;
mod pillow;
mod weights;

use super::Filter;
use weights::Cache;

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
    padded: Vec<u8>,
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
