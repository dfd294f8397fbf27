//! Pillow 13's separable convolution: each pass rounds and clips to 8 bits, so the order of the passes shows.
//!
//! The order was found by comparing Pillow 13.0.0 with itself, one axis at a time, on 5,882 random sizes: vertical first
//! when the height shrinks by more than twice what the width shrinks by, in pixels; horizontal first otherwise.

use multiversion::multiversion;
use multiversion::target::match_target;

use super::super::Filter;
use super::weights::{BITS, LANES, Weights};
use super::{Scratch, Source, dots, narrow};

/// One half in fixed point, added before the fraction is cut off.
pub(super) const HALF: i32 = 1 << (BITS - 1);
/// Rows that share one reading of the weights in the horizontal pass.
const ROWS: usize = 2;
/// Windows of at most this many taps go pixel by pixel: adding up lanes would cost more than the taps.
const NARROW: usize = 5;
/// Bytes of a row that the vertical pass keeps in registers.
const COLUMNS: usize = 32;

/// Whether Pillow 13 runs the vertical pass first.
fn vertical_first(from: (usize, usize), to: (usize, usize)) -> bool {
    let shrink = |from: usize, to: usize| from.cast_signed() - to.cast_signed();
    to.1 < from.1 && shrink(from.1, to.1) > 2 * shrink(from.0, to.0)
}

/// Whether rows may come one after the other: the horizontal pass comes first and there is a vertical one.
pub(super) fn by_rows(filter: Filter, from: (usize, usize), to: (usize, usize)) -> bool {
    let exact = matches!(filter, Filter::Nearest | Filter::Bilinear); // OpenCV's
    !exact && from.0 != to.0 && from.1 != to.1 && !vertical_first(from, to)
}

pub(super) fn resize<const C: usize>(
    filter: Filter,
    source: Source<'_>,
    (width, height): (usize, usize),
    scratch: &mut Scratch,
    target: &mut [u8],
) {
    let across = scratch.cache.get(filter, source.width, width);
    let down = scratch.cache.get(filter, source.height, height);
    let Scratch { between, rows: buffers, .. } = scratch;
    match (source.width == width, source.height == height) {
        (true, _) => vertical(source, C, &down, target),
        (_, true) => horizontal::<C>(source, &across, buffers, target),
        _ if vertical_first((source.width, source.height), (width, height)) => {
            let row = source.width * C;
            between.resize(row * height, 0);
            vertical(source, C, &down, between);
            let between = Source { bytes: between, stride: row, width: source.width, height };
            horizontal::<C>(between, &across, buffers, target);
        }
        _ => {
            between.resize(width * C * source.height, 0);
            horizontal::<C>(source, &across, buffers, between);
            let between = Source { bytes: between, stride: width * C, width, height: source.height };
            vertical(between, C, &down, target);
        }
    }
}

fn clip(sum: i32) -> u8 {
    (sum >> BITS).clamp(0, 255) as u8
}

/// The horizontal pass over every row; both buffers are scratch. A source narrower than a window is copied first.
pub(super) fn horizontal<const C: usize>(
    source: Source<'_>,
    weights: &Weights,
    buffers: &mut [Vec<u8>; 2],
    target: &mut [u8],
) {
    let [padded, spare] = buffers;
    let reach = weights.reach(C);
    if reach <= source.width {
        return horizontal_kernel::<C>(source, weights, spare, target);
    }
    let row = reach * C;
    padded.clear();
    padded.resize(row * source.height, 0);
    for (y, line) in padded.chunks_exact_mut(row).enumerate() {
        line[..source.width * C].copy_from_slice(source.row(y, C));
    }
    let source = Source { bytes: padded, stride: row, width: reach, height: source.height };
    horizontal_kernel::<C>(source, weights, spare, target);
}

fn horizontal_kernel<const C: usize>(source: Source<'_>, weights: &Weights, spare: &mut Vec<u8>, target: &mut [u8]) {
    match C {
        1 => gray_rows(source, weights, target),
        _ => colour_rows(source, weights, spare, target),
    }
}

#[multiversion(targets = "simd")]
fn colour_rows(source: Source<'_>, weights: &Weights, spare: &mut Vec<u8>, target: &mut [u8]) {
    match_target! {
        "x86_64+avx512f+avx512bw+avx512vl+avx512vbmi+avx512vnni" => {
            if let Some(narrow) = weights.narrow() {
                return narrow::rows(source, narrow, spare, target);
            }
            if let Some(dots) = weights.dots() {
                return dots::rows(source, dots, spare, target);
            }
        }
        _ => spare.clear(),
    }
    plain_colour_rows(source, weights, target);
}

#[multiversion(targets = "simd")]
fn gray_rows(source: Source<'_>, weights: &Weights, target: &mut [u8]) {
    rows::<1>(source, weights, &weights.plain, target);
}

/// The horizontal pass of colour without byte products.
#[inline(always)]
fn plain_colour_rows(source: Source<'_>, weights: &Weights, target: &mut [u8]) {
    if weights.widest <= NARROW {
        narrow_rows(source, weights, target);
    } else {
        rows::<3>(source, weights, weights.triple(), target);
    }
}

/// The horizontal pass of colour for narrow windows: a pixel and the first byte of the next are four lanes.
#[inline(always)]
fn narrow_rows(source: Source<'_>, weights: &Weights, target: &mut [u8]) {
    let line = weights.starts.len() * 3;
    for (y, line) in target.chunks_exact_mut(line).enumerate() {
        let row = &source.bytes[y * source.stride..];
        let (pixels, _) = line.as_chunks_mut::<3>();
        let windows = weights.starts.iter().zip(&weights.counts).zip(weights.plain.chunks_exact(weights.taps));
        for (pixel, ((&start, &count), weights)) in pixels.iter_mut().zip(windows) {
            let mut sums = [HALF; 4];
            for (tap, &weight) in weights[..count].iter().enumerate() {
                let at = (start + tap) * 3;
                // The very last pixel of a picture has no byte behind it.
                let lanes = match row.get(at..at + 4) {
                    Some(&[red, green, blue, next]) => [red, green, blue, next],
                    _ => [row[at], row[at + 1], row[at + 2], 0],
                };
                for lane in 0..4 {
                    sums[lane] += i32::from(lanes[lane]) * weight;
                }
            }
            *pixel = [clip(sums[0]), clip(sums[1]), clip(sums[2])];
        }
    }
}

#[inline(always)]
fn rows<const C: usize>(source: Source<'_>, weights: &Weights, spread: &[i32], target: &mut [u8]) {
    let line = weights.starts.len() * C;
    let mut y = 0;
    let mut blocks = target.chunks_exact_mut(line * ROWS);
    for block in &mut blocks {
        let sources: [&[u8]; ROWS] = std::array::from_fn(|row| source.row(y + row, C));
        convolve::<C, ROWS>(sources, weights, spread, block);
        y += ROWS;
    }
    for single in blocks.into_remainder().chunks_exact_mut(line) {
        convolve::<C, 1>([source.row(y, C)], weights, spread, single);
        y += 1;
    }
}

/// One vector of sums.
type Lanes = [i32; LANES];

#[inline(always)]
fn add_products(sums: &mut Lanes, pixels: &[u8; LANES], weights: &Lanes) {
    for lane in 0..LANES {
        sums[lane] += i32::from(pixels[lane]) * weights[lane];
    }
}

/// `R` rows at once: for each target pixel, 8 taps x `C` channels side by side, summed per channel at the end.
#[inline(always)]
fn convolve<const C: usize, const R: usize>(sources: [&[u8]; R], weights: &Weights, spread: &[i32], target: &mut [u8]) {
    let window = weights.taps * C;
    let line = weights.starts.len() * C;
    for (x, (start, weights)) in weights.starts.iter().zip(spread.chunks_exact(window)).enumerate() {
        let mut sums = [[[0_i32; LANES]; C]; R];
        let (weights, _) = weights.as_chunks::<LANES>();
        for (step, weights) in weights.chunks_exact(C).enumerate() {
            let begin = start * C + step * LANES * C;
            for row in 0..R {
                let (pixels, _) = sources[row][begin..][..LANES * C].as_chunks::<LANES>();
                for part in 0..C {
                    add_products(&mut sums[row][part], &pixels[part], &weights[part]);
                }
            }
        }
        // Without the barrier LLVM sees through to the sums per channel and shuffles every vector of the loop for them.
        let sums = std::hint::black_box(sums);
        for row in 0..R {
            let channels = fold::<C>(sums[row].as_flattened());
            for channel in 0..C {
                target[row * line + x * C + channel] = clip(channels[channel] + HALF);
            }
        }
    }
}

/// Adds up 8 interleaved taps of `C` channels by halves: 8 + 8 + 8 lanes for colour, so 12, 6 and 3 sums.
#[inline(always)]
fn fold<const C: usize>(sums: &[i32]) -> [i32; C] {
    let mut four = [[0; C]; 4];
    let (taps, _) = sums.as_chunks::<C>();
    for (lane, sum) in four.as_flattened_mut().iter_mut().enumerate() {
        *sum = taps.as_flattened()[lane] + taps.as_flattened()[lane + 4 * C];
    }
    let mut two = [[0; C]; 2];
    for (lane, sum) in two.as_flattened_mut().iter_mut().enumerate() {
        *sum = four.as_flattened()[lane] + four.as_flattened()[lane + 2 * C];
    }
    std::array::from_fn(|channel| two[0][channel] + two[1][channel])
}

/// The vertical pass: rows are contiguous, so colours do not matter.
#[multiversion(targets = "simd")]
pub(super) fn vertical(source: Source<'_>, channels: usize, weights: &Weights, target: &mut [u8]) {
    let row = source.width * channels;
    let windows = weights.starts.iter().zip(&weights.counts).zip(weights.plain.chunks_exact(weights.taps));
    for (((&start, &count), weights), line) in windows.zip(target.chunks_exact_mut(row)) {
        let rows = &source.bytes[start * source.stride..];
        let weights = &weights[..count];
        let mut column = 0;
        while row >= COLUMNS && column < row {
            // The last block is moved left to end with the row; what it covers twice comes out the same.
            column = column.min(row - COLUMNS);
            let mut sums = [HALF; COLUMNS];
            for (step, &weight) in weights.iter().enumerate() {
                let pixels: &[u8] = &rows[step * source.stride + column..][..COLUMNS];
                for lane in 0..COLUMNS {
                    sums[lane] += i32::from(pixels[lane]) * weight;
                }
            }
            for (byte, sum) in line[column..][..COLUMNS].iter_mut().zip(sums) {
                *byte = clip(sum);
            }
            column += COLUMNS;
        }
        for column in column..row {
            let taps = weights.iter().enumerate();
            let sum: i32 = taps.map(|(step, weight)| i32::from(rows[step * source.stride + column]) * weight).sum();
            line[column] = clip(sum + HALF);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[multiversion(targets("x86_64+avx+avx2+fma"))]
    fn rows_with_avx2(source: Source<'_>, weights: &Weights, target: &mut [u8]) {
        plain_colour_rows(source, weights, target);
    }

    #[test]
    fn every_version_of_the_horizontal_pass_gives_the_same_bytes() {
        let bytes: Vec<u8> =
            (0..900_u32 * 7 * 3).map(|place| (place.wrapping_mul(2_654_435_761) >> 21) as u8).collect();
        let filters = [Filter::BilinearAntialias, Filter::Bicubic, Filter::Lanczos3];
        for (from, to) in [(900, 224), (900, 31), (77, 64), (61, 5), (40, 112), (16, 15), (9, 3), (3, 50), (1, 7)] {
            for (filter, height) in filters.into_iter().flat_map(|filter| [(filter, 1), (filter, 6), (filter, 7)]) {
                let weights = super::super::weights::Cache::default().get(filter, from, to);
                let reach = weights.reach(3).max(from);
                let source = Source::new(&bytes, reach * 3, reach, height, 3).unwrap();
                let mut made = [(); 3].map(|()| vec![0; to * height * 3]);
                let [fastest, avx2, plain] = &mut made;
                colour_rows(source, &weights, &mut Vec::new(), fastest);
                rows_with_avx2(source, &weights, avx2);
                plain_colour_rows(source, &weights, plain);
                assert!(made[0] == made[2] && made[1] == made[2], "{filter} from {from} to {to}, {height} rows");
            }
        }
    }
}
