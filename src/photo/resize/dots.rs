//! The horizontal pass of colour where the processor multiplies bytes four at a time (AVX-512 with VNNI and VBMI).
//!
//! A weight of 24 bits is three signed bytes, so a window is three dot products of bytes, and their sum is the very
//! integer that Pillow adds up: the order of integer sums does not show.

use super::Source;

/// Pixels of one step: 48 bytes, spread over 16 lanes of 4 bytes (four pixels' red, green, blue, nothing; and so on).
pub(super) const STEP: usize = 16;
/// Bytes read for a step, of which the last 16 have no weight.
#[cfg(target_arch = "x86_64")]
pub(super) const READ: usize = 64;

/// Windows in whole steps, with their weights as bytes.
#[derive(Debug, Default)]
pub(super) struct Dots {
    /// Where each window starts.
    starts: Vec<usize>,
    /// Steps of a window.
    steps: usize,
    /// `steps` a window: the low, middle and high bytes of its weights, in the order of the lanes.
    weights: Vec<[[u8; 64]; 3]>,
}

impl Dots {
    /// From windows over an axis of `from` pixels: start and weights of each. `None` when a weight is too large.
    pub(super) fn new<'a>(windows: impl Iterator<Item = (usize, &'a [i32])>, from: usize) -> Option<Self> {
        let trimmed = windows.map(|(start, weights)| {
            let lead = weights.iter().take_while(|weight| **weight == 0).count();
            (start + lead, &weights[lead..])
        });
        let windows: Vec<_> = trimmed.collect();
        let steps = windows.iter().map(|(_, weights)| weights.len().div_ceil(STEP)).max()?.max(1);
        let mut all = Self { starts: Vec::with_capacity(windows.len()), steps, weights: Vec::new() };
        all.weights.resize(windows.len() * steps, [[0; 64]; 3]);
        for (&(start, weights), slots) in windows.iter().zip(all.weights.chunks_exact_mut(steps)) {
            // Moved left where the last step would reach beyond the end, unless the whole axis is shorter.
            let moved = from.checked_sub(steps * STEP).map_or(start, |last| last.min(start));
            for (place, &weight) in weights.iter().enumerate() {
                let place = place + start - moved;
                let (slot, pixel) = (&mut slots[place / STEP], place % STEP);
                for (digits, digit) in slot.iter_mut().zip(digits(weight)?) {
                    for channel in 0..3 {
                        digits[pixel / 4 * 16 + channel * 4 + pixel % 4] = digit;
                    }
                }
            }
            all.starts.push(moved);
        }
        Some(all)
    }

    /// Pixels of a row that are read.
    pub(super) fn reach(&self) -> usize {
        self.starts.iter().max().map_or(0, |start| start + self.steps * STEP)
    }
}

/// Whether the processor has what [`rows`] needs.
pub(super) fn available() -> bool {
    #[cfg(target_arch = "x86_64")]
    let available = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi")
        && is_x86_feature_detected!("avx512vnni");
    #[cfg(not(target_arch = "x86_64"))]
    let available = false;
    available
}

/// The three signed bytes that make up `weight`, the lowest first.
pub(super) fn digits(weight: i32) -> Option<[u8; 3]> {
    let low = weight as i8;
    let rest = (weight - i32::from(low)) >> 8;
    let middle = rest as i8;
    let high = i8::try_from((rest - i32::from(middle)) >> 8).ok()?;
    Some([low, middle, high].map(i8::cast_unsigned))
}

/// Rows of one block.
#[cfg(target_arch = "x86_64")]
pub(super) const ROWS: usize = 4;

/// Fills `target` with the rows of `source`, which has [`Dots::reach`] pixels a row at least; `spare` is scratch.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
pub(super) fn rows(source: Source<'_>, dots: &Dots, spare: &mut Vec<u8>, target: &mut [u8]) {
    let needed = (dots.reach() - STEP) * 3 + READ;
    for (block, lines) in target.chunks_mut(dots.starts.len() * 3 * ROWS).enumerate() {
        let (first, last) = (block * ROWS, source.height - 1);
        let start = |row: usize| (first + row).min(last) * source.stride;
        if start(ROWS) + needed <= source.bytes.len() {
            let rows = std::array::from_fn(|row| &source.bytes[start(row)..][..needed]);
            four_rows(rows, dots, lines);
        } else {
            // The last row of a picture has nothing behind it to read.
            spare.clear();
            for row in 0..ROWS {
                spare.extend_from_slice(&source.bytes[start(row)..][..dots.reach() * 3]);
                spare.resize((row + 1) * needed, 0);
            }
            let rows = std::array::from_fn(|row| &spare[row * needed..][..needed]);
            four_rows(rows, dots, lines);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vnni")]
fn four_rows(rows: [&[u8]; ROWS], dots: &Dots, lines: &mut [u8]) {
    use std::arch::x86_64::*;

    let line = dots.starts.len() * 3;
    let spread = load(&SPREAD);
    let half = _mm512_set1_epi32(super::pillow::HALF);
    for (x, (&start, weights)) in dots.starts.iter().zip(dots.weights.chunks_exact(dots.steps)).enumerate() {
        let mut sums = [[_mm512_setzero_si512(); 3]; ROWS];
        for (step, [low, middle, high]) in weights.iter().enumerate() {
            let (low, middle, high) = (load(low), load(middle), load(high));
            let place = (start + step * STEP) * 3;
            for row in 0..ROWS {
                let Some(pixels) = rows[row][place..].first_chunk::<READ>() else { break };
                let pixels = _mm512_permutexvar_epi8(spread, load(pixels));
                sums[row][0] = _mm512_dpbusd_epi32(sums[row][0], pixels, low);
                sums[row][1] = _mm512_dpbusd_epi32(sums[row][1], pixels, middle);
                sums[row][2] = _mm512_dpbusd_epi32(sums[row][2], pixels, high);
            }
        }
        let [a, b, c, d] = sums.map(|[low, middle, high]| {
            let upper = _mm512_add_epi32(_mm512_slli_epi32::<8>(middle), _mm512_slli_epi32::<16>(high));
            _mm512_add_epi32(low, upper)
        });
        // Four times four lanes of 128 bits: each row's four are added up and end in one.
        let ab = _mm512_add_epi32(_mm512_shuffle_i32x4::<0x44>(a, b), _mm512_shuffle_i32x4::<0xEE>(a, b));
        let cd = _mm512_add_epi32(_mm512_shuffle_i32x4::<0x44>(c, d), _mm512_shuffle_i32x4::<0xEE>(c, d));
        let all = _mm512_add_epi32(_mm512_shuffle_i32x4::<0x88>(ab, cd), _mm512_shuffle_i32x4::<0xDD>(ab, cd));
        let levels = _mm512_srai_epi32::<{ super::weights::BITS }>(_mm512_add_epi32(all, half));
        let bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(levels, _mm512_setzero_si512()));
        let pixels = [
            _mm_extract_epi32::<0>(bytes),
            _mm_extract_epi32::<1>(bytes),
            _mm_extract_epi32::<2>(bytes),
            _mm_extract_epi32::<3>(bytes),
        ];
        for (line, pixel) in lines.chunks_exact_mut(line).zip(pixels) {
            let [red, green, blue, _] = pixel.to_le_bytes();
            if let Some(place) = line[x * 3..].first_chunk_mut::<3>() {
                *place = [red, green, blue];
            }
        }
    }
}

/// Where each lane's bytes stand among the 48 of a step.
#[cfg(target_arch = "x86_64")]
const SPREAD: [u8; 64] = {
    let mut spread = [0; 64];
    let mut place = 0;
    while place < 64 {
        let (quad, channel, pixel) = (place / 16, place / 4 % 4, place % 4);
        spread[place] = if channel < 3 { ((quad * 4 + pixel) * 3 + channel) as u8 } else { 0 };
        place += 1;
    }
    spread
};

/// A vector of 64 bytes; LLVM makes one read of it.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
pub(super) fn load(bytes: &[u8; 64]) -> std::arch::x86_64::__m512i {
    let (parts, _) = bytes.as_chunks::<8>();
    let part = |place: usize| i64::from_le_bytes(parts[place]);
    std::arch::x86_64::_mm512_setr_epi64(part(0), part(1), part(2), part(3), part(4), part(5), part(6), part(7))
}
