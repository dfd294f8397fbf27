//! How a picture looks, in 64 bits: pictures that were scaled, compressed anew or turned grey keep most of them.

use crate::photo::Picture;

/// Bits in which two pictures may differ and still be taken for one. Two unrelated pictures differ in 32 on average, with a
/// standard deviation of about 4 for independent bits.
pub(super) const NEAR: u32 = 10;

const WIDTH: u32 = 9;
const HEIGHT: u32 = 8;

/// The difference hash of `picture` (N. Krawetz's dHash): grey, averaged to 9 x 8 cells, a bit for each cell that is darker
/// than the one on its right. None for a picture smaller than that.
pub(super) fn difference_hash(picture: &Picture) -> Option<u64> {
    let (width, height) = (picture.width(), picture.height());
    if width < WIDTH || height < HEIGHT {
        return None;
    }
    let edge = |at: u32, of: u32, cells: u32| u64::from(at) * u64::from(of) / u64::from(cells);
    let mean = |column: u32, row: u32| -> u64 {
        let (left, right) = (edge(column, width, WIDTH), edge(column + 1, width, WIDTH));
        let (top, bottom) = (edge(row, height, HEIGHT), edge(row + 1, height, HEIGHT));
        let mut sum = 0_u64;
        for y in top..bottom {
            let line = usize::try_from(3 * (y * u64::from(width) + left)).unwrap_or(usize::MAX);
            let end = line.saturating_add(usize::try_from(3 * (right - left)).unwrap_or(usize::MAX));
            let pixels = picture.rgb().get(line..end).unwrap_or_default();
            // ITU-R BT.601 luma in thousandths.
            let grey = |rgb: &[u8]| {
                rgb.iter().zip([299, 587, 114]).map(|(value, weight)| u64::from(*value) * weight).sum::<u64>()
            };
            sum += pixels.chunks_exact(3).map(grey).sum::<u64>();
        }
        sum / ((right - left) * (bottom - top)).max(1)
    };
    let mut hash = 0;
    for row in 0..HEIGHT {
        let cells: Vec<u64> = (0..WIDTH).map(|column| mean(column, row)).collect();
        for pair in cells.windows(2) {
            hash = hash << 1 | u64::from(matches!(pair, [left, right] if left < right));
        }
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: u32, height: u32, of: impl Fn(f64, f64) -> f64) -> Picture {
        let value = |x: u32, y: u32| {
            let value = of(f64::from(x) / f64::from(width), f64::from(y) / f64::from(height));
            [(value * 255.0) as u8; 3]
        };
        let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| value(x, y)));
        Picture::new(width, height, rgb.collect()).unwrap()
    }

    #[test]
    fn a_scaled_picture_is_near_and_another_is_not() {
        let waves = |x: f64, y: f64| 0.5 + 0.4 * (x * 9.0 + y * 5.0).sin();
        let other = |x: f64, y: f64| 0.5 + 0.4 * (x * 23.0 - y * 17.0).cos();
        let hash = |picture: Picture| difference_hash(&picture).unwrap();
        let (whole, half, other) =
            (hash(drawn(180, 160, waves)), hash(drawn(90, 81, waves)), hash(drawn(180, 160, other)));
        assert!((whole ^ half).count_ones() <= 4);
        assert!((whole ^ other).count_ones() > NEAR);
        assert_eq!(difference_hash(&drawn(8, 8, waves)), None);
    }

    #[test]
    fn a_picture_that_brightens_to_the_right_sets_every_bit() {
        // Cells 0, 1, 2, ... 8 from left to right: each is darker than the next.
        assert_eq!(difference_hash(&drawn(9, 8, |x, _| x)), Some(u64::MAX));
        assert_eq!(difference_hash(&drawn(9, 8, |x, _| 1.0 - x)), Some(0));
    }
}
