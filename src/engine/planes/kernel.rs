//! The inner loops: blocks of neighbouring positions held in registers while the taps go by. Arrays of fixed length and
//! `multiversion` make LLVM use the widest vectors and fused multiply-add where the processor has them.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;

use super::TOGETHER;

/// Positions in the widest block: with [`TOGETHER`] outputs 16 of AVX-512's 32 registers.
pub(super) const WIDEST: usize = 32;
/// Positions in a block elsewhere: with [`TOGETHER`] outputs 8 of AVX2's 16 registers.
const NARROW: usize = 8;

/// `sums += pixels * weight`, rounded once (`FUSED`) or twice.
#[inline(always)]
fn add<const L: usize, const FUSED: bool>(sums: &mut [f32; L], pixels: &[f32; L], weight: f32) {
    for lane in 0..L {
        sums[lane] = if FUSED { pixels[lane].mul_add(weight, sums[lane]) } else { sums[lane] + pixels[lane] * weight };
    }
}

/// Starts of blocks of `L` that cover `length`; the last one is moved left to end with it.
#[inline(always)]
fn starts<const L: usize>(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by(L).map(move |start| start.min(length - L))
}

/// Sums of all `offsets` for [`TOGETHER`] outputs at once, `length` (at least [`WIDEST`]) positions each, one output
/// after the other.
#[multiversion(targets = "simd")]
pub(super) fn convolve(
    planes: &[f32],
    offsets: &[usize],
    weights: &[[f32; TOGETHER]],
    bias: &[f32; TOGETHER],
    length: usize,
    output: &mut [f32],
) {
    if target_cfg_f!(target_feature = "avx512f") {
        convolve_blocks::<WIDEST, true>(planes, offsets, weights, bias, length, output);
    } else if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        convolve_blocks::<NARROW, true>(planes, offsets, weights, bias, length, output);
    } else {
        convolve_blocks::<NARROW, false>(planes, offsets, weights, bias, length, output);
    }
}

#[inline(always)]
fn convolve_blocks<const L: usize, const FUSED: bool>(
    planes: &[f32],
    offsets: &[usize],
    weights: &[[f32; TOGETHER]],
    bias: &[f32; TOGETHER],
    length: usize,
    output: &mut [f32],
) {
    for start in starts::<L>(length) {
        let planes = &planes[start..];
        // Eight names rather than an array: LLVM keeps them in registers.
        let [mut a, mut b, mut c, mut d] = [[bias[0]; L], [bias[1]; L], [bias[2]; L], [bias[3]; L]];
        let [mut e, mut f, mut g, mut h] = [[bias[4]; L], [bias[5]; L], [bias[6]; L], [bias[7]; L]];
        for (&offset, weights) in offsets.iter().zip(weights) {
            let Some(pixels) = planes.get(offset..).and_then(|planes| planes.first_chunk::<L>()) else { break };
            add::<L, FUSED>(&mut a, pixels, weights[0]);
            add::<L, FUSED>(&mut b, pixels, weights[1]);
            add::<L, FUSED>(&mut c, pixels, weights[2]);
            add::<L, FUSED>(&mut d, pixels, weights[3]);
            add::<L, FUSED>(&mut e, pixels, weights[4]);
            add::<L, FUSED>(&mut f, pixels, weights[5]);
            add::<L, FUSED>(&mut g, pixels, weights[6]);
            add::<L, FUSED>(&mut h, pixels, weights[7]);
        }
        for (place, sums) in [a, b, c, d, e, f, g, h].iter().enumerate() {
            output[place * length + start..][..L].copy_from_slice(sums);
        }
    }
}

/// One channel's weighted sum of taps; `line` is at least [`WIDEST`] long.
#[multiversion(targets = "simd")]
pub(super) fn weighted(planes: &[f32], taps: &[usize], weights: &[[f32; TOGETHER]], bias: f32, line: &mut [f32]) {
    if target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
        weighted_blocks::<true>(planes, taps, weights, bias, line);
    } else {
        weighted_blocks::<false>(planes, taps, weights, bias, line);
    }
}

#[inline(always)]
fn weighted_blocks<const FUSED: bool>(
    planes: &[f32],
    taps: &[usize],
    weights: &[[f32; TOGETHER]],
    bias: f32,
    line: &mut [f32],
) {
    for start in starts::<WIDEST>(line.len()) {
        let planes = &planes[start..];
        let mut sums = [bias; WIDEST];
        for (&tap, weight) in taps.iter().zip(weights) {
            let Some(pixels) = planes.get(tap..).and_then(|planes| planes.first_chunk()) else { break };
            add::<WIDEST, FUSED>(&mut sums, pixels, weight[0]);
        }
        line[start..][..WIDEST].copy_from_slice(&sums);
    }
}

/// One channel's sum of taps, times `share`.
#[multiversion(targets = "simd")]
pub(super) fn summed(planes: &[f32], taps: &[usize], share: f32, line: &mut [f32]) {
    for start in starts::<WIDEST>(line.len()) {
        let planes = &planes[start..];
        let mut sums = [0.0; WIDEST];
        for &tap in taps {
            let Some(pixels) = planes.get(tap..).and_then(|planes| planes.first_chunk::<WIDEST>()) else { break };
            for lane in 0..WIDEST {
                sums[lane] += pixels[lane];
            }
        }
        line[start..][..WIDEST].copy_from_slice(&sums.map(|sum| sum * share));
    }
}

/// One channel's largest tap.
#[multiversion(targets = "simd")]
pub(super) fn largest(planes: &[f32], taps: &[usize], line: &mut [f32]) {
    for start in starts::<WIDEST>(line.len()) {
        let planes = &planes[start..];
        let mut largest = [f32::NEG_INFINITY; WIDEST];
        for &tap in taps {
            let Some(pixels) = planes.get(tap..).and_then(|planes| planes.first_chunk::<WIDEST>()) else { break };
            for lane in 0..WIDEST {
                largest[lane] = if pixels[lane] > largest[lane] { pixels[lane] } else { largest[lane] };
            }
        }
        line[start..][..WIDEST].copy_from_slice(&largest);
    }
}
