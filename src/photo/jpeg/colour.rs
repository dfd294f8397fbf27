//! Rows of components to rows of RGB: chroma at the size of luma ("fancy upsampling"), then the colour transform, both in
//! the integers of libjpeg.

use multiversion::multiversion;

/// Fraction bits of the colour transform.
const BITS: u32 = 16;
const HALF: i32 = 1 << (BITS - 1);

/// A row twice as wide: each sample is 3 parts its own and 1 part its neighbour's. `out` has 2 numbers for each of `row`.
pub(super) fn widen(row: &[u8], spare: &mut Vec<u16>, out: &mut [u8]) {
    pad(row.iter().map(|level| u16::from(*level)), spare);
    between::<2, 1, 2>(spare, out);
}

/// One of the two rows that `near` becomes, twice as wide: 3 parts `near` and 1 part `far`, across and down.
pub(super) fn widen_between(near: &[u8], far: &[u8], spare: &mut Vec<u16>, out: &mut [u8]) {
    pad(near.iter().zip(far).map(|(near, far)| u16::from(*near) * 3 + u16::from(*far)), spare);
    between::<4, 8, 7>(spare, out);
}

/// One of the two rows that `near` becomes: 3 parts `near` and 1 part `far`; the upper of the two rounds down.
pub(super) fn lower(near: &[u8], far: &[u8], upper: bool, out: &mut [u8]) {
    let bias = if upper { 1 } else { 2 };
    for ((out, near), far) in out.iter_mut().zip(near).zip(far) {
        *out = ((u16::from(*near) * 3 + u16::from(*far) + bias) >> 2) as u8;
    }
}

/// `numbers` between copies of its first and its last.
#[inline(always)]
fn pad(numbers: impl ExactSizeIterator<Item = u16>, padded: &mut Vec<u16>) {
    padded.clear();
    padded.push(0);
    padded.extend(numbers);
    if let [first, .., last] = padded.as_slice() {
        let (second, last) = (padded.get(1).copied().unwrap_or(*first), *last);
        padded[0] = second;
        padded.push(last);
    }
}

/// Between each number and its neighbours on the left and the right, in quarters of the way.
#[multiversion(targets = "simd")]
fn between<const SHIFT: u16, const LEFT: u16, const RIGHT: u16>(padded: &[u16], out: &mut [u8]) {
    let (pairs, _) = out.as_chunks_mut::<2>();
    let count = pairs.len();
    let (Some(before), Some(own), Some(behind)) =
        (padded.get(..count), padded.get(1..=count), padded.get(2..count + 2))
    else {
        return;
    };
    for (((pair, before), own), behind) in pairs.iter_mut().zip(before).zip(own).zip(behind) {
        *pair = [((own * 3 + before + LEFT) >> SHIFT) as u8, ((own * 3 + behind + RIGHT) >> SHIFT) as u8];
    }
}

/// Luma and two chromas to RGB, 3 bytes a pixel.
#[multiversion(targets = "simd")]
pub(super) fn to_rgb(luma: &[u8], blue: &[u8], red: &[u8], rgb: &mut [u8]) {
    let (pixels, _) = rgb.as_chunks_mut::<3>();
    for (((pixel, luma), blue), red) in pixels.iter_mut().zip(luma).zip(blue).zip(red) {
        // In 16 bits wherever that is the same: whole multiples apart, and products halved after they were rounded down.
        let (luma, blue, red) = (i16::from(*luma), i16::from(*blue) - 128, i16::from(*red) - 128);
        let part = |level: i16, factor: i16| ((((i32::from(2 * level) * i32::from(factor)) >> BITS) as i16) + 1) >> 1;
        let green = ((i32::from(blue) * -22_554 + i32::from(red) * 18_734 + HALF) >> BITS) as i16;
        let level = |level: i16| level.clamp(0, 255) as u8;
        *pixel = [
            level(luma + red + part(red, 26_345)),        // 1.40200
            level(luma - red + green),                    // 0.34414 and 0.71414
            level(luma + 2 * blue + part(blue, -14_942)), // 1.77200
        ];
    }
}

/// Three components that are red, green and blue already.
#[multiversion(targets = "simd")]
pub(super) fn join(red: &[u8], green: &[u8], blue: &[u8], rgb: &mut [u8]) {
    let (pixels, _) = rgb.as_chunks_mut::<3>();
    for (((pixel, red), green), blue) in pixels.iter_mut().zip(red).zip(green).zip(blue) {
        *pixel = [*red, *green, *blue];
    }
}

/// Levels of cyan, magenta and yellow in `rgb`, and those of black, to RGB.
pub(super) fn mix(rgb: &mut [u8], black: &[u8]) {
    let (pixels, _) = rgb.as_chunks_mut::<3>();
    for (pixel, black) in pixels.iter_mut().zip(black) {
        let [cyan, magenta, yellow] = *pixel;
        *pixel = from_inverted_cmyk([cyan, magenta, yellow, *black]);
    }
}

/// Pillow's conversion of CMYK, with the inverted levels that Adobe writes: 255 is no ink.
pub(in crate::photo) fn from_inverted_cmyk([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|level| {
        // (255 - level) * black / 255, rounded as Pillow's MULDIV255 rounds it.
        let product = u32::from(255 - level) * u32::from(black) + 128;
        let ink = ((product >> 8) + product) >> 8;
        black.saturating_sub(u8::try_from(ink).unwrap_or(u8::MAX))
    })
}
