//! The horizontal pass of colour for windows of at most 8 taps, where the processor multiplies bytes four at a time: two
//! or four target pixels share a vector, so that it is full. See [`super::dots`] for the arithmetic.

use super::Source;
#[cfg(target_arch = "x86_64")]
use super::dots::{READ, ROWS, load};
use super::dots::{available, digits};

/// Pixels that a vector of 64 bytes holds.
const HELD: usize = 21;

/// Windows in groups of two or four target pixels, with their weights as bytes.
#[derive(Debug)]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "the kernel is for that processor"))]
pub(super) struct Narrow {
    /// Target pixels of a group.
    together: usize,
    /// Target pixels.
    targets: usize,
    groups: Vec<Group>,
    /// Pixels of a row that are read.
    reach: usize,
}

#[derive(Debug)]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "the kernel is for that processor"))]
struct Group {
    /// Its first target pixel.
    first: usize,
    /// The first source pixel of all its windows.
    start: usize,
    /// Where each lane's bytes stand among those from `start` on.
    spread: [u8; 64],
    /// The low, middle and high bytes of the weights, in the order of the lanes.
    weights: [[u8; 64]; 3],
}

impl Narrow {
    /// From windows over an axis: start and weights of each, `widest` at most. `None` when they are too wide, a weight is
    /// too large, or the processor has no such products.
    pub(super) fn new<'a>(windows: impl Iterator<Item = (usize, &'a [i32])>) -> Option<Self> {
        if !available() {
            return None;
        }
        let trimmed = windows.map(|(start, weights)| {
            let lead = weights.iter().take_while(|weight| **weight == 0).count();
            let tail = weights.iter().rev().take_while(|weight| **weight == 0).count();
            let kept = weights.get(lead..weights.len() - tail).unwrap_or_default();
            (if kept.is_empty() { start } else { start + lead }, kept)
        });
        let windows: Vec<_> = trimmed.collect();
        let (together, taps) = match windows.iter().map(|(_, weights)| weights.len()).max()? {
            0..=4 => (4, 4),
            5..=8 => (2, 8),
            _ => return None,
        };
        // The last group is moved left to end with the line; what it covers twice comes out the same.
        let last = windows.len().checked_sub(together)?;
        let groups = (0..windows.len()).step_by(together).map(|first| {
            let first = first.min(last);
            Group::new(first, &windows[first..][..together], taps)
        });
        let groups = groups.collect::<Option<Vec<_>>>()?;
        let reach = windows.iter().map(|(start, weights)| start + weights.len()).max()?;
        Some(Self { together, targets: windows.len(), groups, reach })
    }
}

impl Group {
    /// The windows of neighbouring target pixels, `taps` places for each.
    fn new(target: usize, windows: &[(usize, &[i32])], taps: usize) -> Option<Self> {
        let start = windows.iter().map(|(start, _)| *start).min()?;
        let mut group = Self { first: target, start, spread: [0; 64], weights: [[0; 64]; 3] };
        for (target, (first, weights)) in windows.iter().enumerate() {
            for (tap, &weight) in weights.iter().enumerate() {
                let pixel = first - start + tap;
                if pixel >= HELD {
                    return None;
                }
                let digits = digits(weight)?;
                for channel in 0..3 {
                    let place = (target * taps + tap) / 4 * 16 + channel * 4 + tap % 4;
                    group.spread[place] = (pixel * 3 + channel) as u8;
                    for (weights, digit) in group.weights.iter_mut().zip(digits) {
                        weights[place] = digit;
                    }
                }
            }
        }
        Some(group)
    }
}

/// Fills `target` with the rows of `source`; `spare` is scratch.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
pub(super) fn rows(source: Source<'_>, narrow: &Narrow, spare: &mut Vec<u8>, target: &mut [u8]) {
    let needed = narrow.groups.iter().map(|group| group.start).max().unwrap_or(0) * 3 + READ;
    for (block, lines) in target.chunks_mut(narrow.targets * 3 * ROWS).enumerate() {
        let (first, last) = (block * ROWS, source.height - 1);
        let start = |row: usize| (first + row).min(last) * source.stride;
        if start(ROWS) + needed <= source.bytes.len() {
            let rows = std::array::from_fn(|row| &source.bytes[start(row)..][..needed]);
            four_rows(rows, narrow, lines);
        } else {
            // The last row of a picture has nothing behind it to read.
            spare.clear();
            for row in 0..ROWS {
                spare.extend_from_slice(&source.bytes[start(row)..][..narrow.reach * 3]);
                spare.resize((row + 1) * needed, 0);
            }
            let rows = std::array::from_fn(|row| &spare[row * needed..][..needed]);
            four_rows(rows, narrow, lines);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
fn four_rows(rows: [&[u8]; ROWS], narrow: &Narrow, lines: &mut [u8]) {
    use std::arch::x86_64::*;

    let line = narrow.targets * 3;
    let half = _mm512_set1_epi32(super::pillow::HALF);
    let finish = |sums: __m512i| {
        let levels = _mm512_srai_epi32::<{ super::weights::BITS }>(_mm512_add_epi32(sums, half));
        let bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(levels, _mm512_setzero_si512()));
        // Four pixels of red, green, blue and nothing; the nothing goes to the end.
        let packed = _mm_shuffle_epi8(bytes, _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
        let parts = [_mm_extract_epi32::<0>(packed), _mm_extract_epi32::<1>(packed), _mm_extract_epi32::<2>(packed)];
        let [[a, b, c, d], [e, f, g, h], [i, j, k, l]] = parts.map(i32::to_le_bytes);
        [a, b, c, d, e, f, g, h, i, j, k, l]
    };
    for group in &narrow.groups {
        let place = group.start * 3;
        let spread = load(&group.spread);
        let [low, middle, high] = &group.weights;
        let (low, middle, high) = (load(low), load(middle), load(high));
        let mut sums = [_mm512_setzero_si512(); ROWS];
        for (sum, row) in sums.iter_mut().zip(rows) {
            let Some(pixels) = row[place..].first_chunk::<READ>() else { break };
            let pixels = _mm512_permutexvar_epi8(spread, load(pixels));
            let zero = _mm512_setzero_si512();
            let middle = _mm512_slli_epi32::<8>(_mm512_dpbusd_epi32(zero, pixels, middle));
            let high = _mm512_slli_epi32::<16>(_mm512_dpbusd_epi32(zero, pixels, high));
            *sum = _mm512_add_epi32(_mm512_dpbusd_epi32(middle, pixels, low), high);
        }
        let first = group.first * 3;
        if narrow.together == 4 {
            for (line, sums) in lines.chunks_exact_mut(line).zip(sums) {
                put(&mut line[first..], &finish(sums));
            }
        } else {
            // Lanes of 128 bits: each target pixel has two, and two rows share a vector from here on.
            let pair = |a, b| {
                let (even, odd) = (_mm512_shuffle_i32x4::<0x88>(a, b), _mm512_shuffle_i32x4::<0xDD>(a, b));
                finish(_mm512_add_epi32(even, odd))
            };
            let [a, b, c, d] = sums;
            let made = [pair(a, b), pair(c, d)];
            let (halves, _) = made.as_flattened().as_chunks::<6>();
            for (line, half) in lines.chunks_exact_mut(line).zip(halves) {
                put(&mut line[first..], half);
            }
        }
    }
}

/// Writes `pixels` to the beginning of `line`.
#[cfg(target_arch = "x86_64")]
#[inline]
fn put<const N: usize>(line: &mut [u8], pixels: &[u8; N]) {
    if let Some(place) = line.first_chunk_mut::<N>() {
        *place = *pixels;
    }
}
