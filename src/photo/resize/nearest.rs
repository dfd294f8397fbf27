//! Pillow's NEAREST: the source pixel under the centre of each target pixel.

use super::Source;

/// For each of `to` positions, its source position. The step is added up as Pillow adds it, rounding errors included.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positions on an axis below 2^32")]
fn places(from: usize, to: usize) -> Vec<usize> {
    let step = from as f64 / to as f64;
    let mut place = step * 0.5;
    let next = || {
        let here = place as usize;
        place += step;
        here.min(from - 1)
    };
    std::iter::repeat_with(next).take(to).collect()
}

pub(super) fn resize<const C: usize>(source: Source<'_>, (width, height): (usize, usize), target: &mut [u8]) {
    let across = places(source.width, width);
    let down = places(source.height, height);
    for (&y, line) in down.iter().zip(target.chunks_exact_mut(width * C)) {
        let (pixels, _) = source.row(y, C).as_chunks::<C>();
        let (line, _) = line.as_chunks_mut::<C>();
        for (pixel, &x) in line.iter_mut().zip(&across) {
            *pixel = pixels[x];
        }
    }
}
