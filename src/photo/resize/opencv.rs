//! OpenCV 5's INTER_LINEAR on 8-bit pixels: two taps an axis, 11-bit coefficients, no antialias.

use multiversion::multiversion;

use super::Source;

/// One in OpenCV's coefficients.
const ONE: f32 = 2048.0;

/// Two source rows after the horizontal pass, each with the row it was made from.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rows: [(usize, Vec<i32>); 2],
}

/// The two source positions of a target position and their weights.
#[derive(Debug, Clone, Copy)]
struct Taps {
    places: [usize; 2],
    weights: [i32; 2],
}

/// Taps from `from` to `to` positions. `flat` is OpenCV's rule for columns: beyond the edge the near tap has all the
/// weight; for rows both taps are held to the edge and keep their weights, which shows in the rounding.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positions on an axis below 2^31")]
fn taps(from: usize, to: usize, flat: bool) -> Vec<Taps> {
    let scale = 1.0 / (to as f64 / from as f64);
    let last = from as isize - 1;
    (0..to)
        .map(|position| {
            let place = ((position as f64 + 0.5) * scale - 0.5) as f32;
            let floor = place.floor();
            let mut share = place - floor;
            let floor = floor as isize;
            if flat && (floor < 0 || floor >= last) {
                share = 0.0;
            }
            let hold = |place: isize| place.clamp(0, last) as usize;
            let fixed = |share: f32| (share * ONE).round_ties_even() as i32;
            Taps { places: [hold(floor), hold(floor + 1)], weights: [fixed(1.0 - share), fixed(share)] }
        })
        .collect()
}

pub(super) fn resize<const C: usize>(
    source: Source<'_>,
    (width, height): (usize, usize),
    lines: &mut Lines,
    target: &mut [u8],
) {
    let across = taps(source.width, width, true);
    let down = taps(source.height, height, false);
    for (row, line) in &mut lines.rows {
        *row = usize::MAX; // nothing made yet
        line.resize(width * C, 0);
    }
    for (taps, line) in down.iter().zip(target.chunks_exact_mut(width * C)) {
        let [first, second] = &mut lines.rows;
        if second.0 == taps.places[0] {
            std::mem::swap(first, second);
        }
        for (kept, place) in [(first, taps.places[0]), (second, taps.places[1])] {
            if kept.0 != place {
                horizontal::<C>(source.row(place, C), &across, &mut kept.1);
                kept.0 = place;
            }
        }
        let [first, second] = &lines.rows;
        vertical(&first.1, &second.1, taps.weights, line);
    }
}

fn horizontal<const C: usize>(row: &[u8], across: &[Taps], line: &mut [i32]) {
    let (pixels, _) = row.as_chunks::<C>();
    let (line, _) = line.as_chunks_mut::<C>();
    for (sums, taps) in line.iter_mut().zip(across) {
        let (left, right) = (&pixels[taps.places[0]], &pixels[taps.places[1]]);
        for channel in 0..C {
            sums[channel] = i32::from(left[channel]) * taps.weights[0] + i32::from(right[channel]) * taps.weights[1];
        }
    }
}

/// The rounding of OpenCV's vector code, which cuts four bits off before it multiplies.
#[multiversion(targets = "simd")]
fn vertical(upper: &[i32], lower: &[i32], weights: [i32; 2], line: &mut [u8]) {
    for ((byte, &upper), &lower) in line.iter_mut().zip(upper).zip(lower) {
        let sum = ((weights[0] * (upper >> 4)) >> 16) + ((weights[1] * (lower >> 4)) >> 16);
        *byte = ((sum + 2) >> 2).clamp(0, 255) as u8;
    }
}
