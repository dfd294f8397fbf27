//! Turns a picture as its EXIF orientation asks. Quarter turns go block by block, so that both sides stay in cache.
#![expect(clippy::indexing_slicing, reason = "a kernel: indices come from the picture's own width and height")]

use image::metadata::Orientation;

use super::{Picture, spare};

/// Side of a block in pixels: 32 rows of 96 bytes for source and target together fit the first-level cache.
const BLOCK: usize = 32;

/// `picture` turned upright.
pub(super) fn upright(mut picture: Picture, orientation: Orientation) -> Picture {
    let (width, height) = (picture.width as usize, picture.height as usize);
    match orientation {
        Orientation::NoTransforms => picture,
        Orientation::Rotate180 => {
            let (pixels, _) = picture.rgb.as_chunks_mut::<3>();
            pixels.reverse();
            picture
        }
        Orientation::FlipHorizontal => {
            let (pixels, _) = picture.rgb.as_chunks_mut::<3>();
            pixels.chunks_exact_mut(width).for_each(<[[u8; 3]]>::reverse);
            picture
        }
        Orientation::FlipVertical => {
            let (upper, lower) = picture.rgb.split_at_mut(height / 2 * width * 3);
            let rows = upper.chunks_exact_mut(width * 3).zip(lower.chunks_exact_mut(width * 3).rev());
            rows.for_each(|(above, below)| above.swap_with_slice(below));
            picture
        }
        // (row, column) of the target for (y, x) of the source.
        Orientation::Rotate90 => turn(&picture, |y, x| (x, height - 1 - y)),
        Orientation::Rotate270 => turn(&picture, |y, x| (width - 1 - x, y)),
        Orientation::Rotate90FlipH => turn(&picture, |y, x| (x, y)),
        Orientation::Rotate270FlipH => turn(&picture, |y, x| (width - 1 - x, height - 1 - y)),
    }
}

fn turn(picture: &Picture, place: impl Fn(usize, usize) -> (usize, usize)) -> Picture {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let mut rgb = spare::take(picture.rgb.len());
    let (source, _) = picture.rgb.as_chunks::<3>();
    let (target, _) = rgb.as_chunks_mut::<3>();
    for top in (0..height).step_by(BLOCK) {
        for left in (0..width).step_by(BLOCK) {
            for y in top..height.min(top + BLOCK) {
                for x in left..width.min(left + BLOCK) {
                    let (row, column) = place(y, x);
                    target[row * height + column] = source[y * width + x];
                }
            }
        }
    }
    Picture { width: picture.height, height: picture.width, rgb }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows `abc` / `def`, one letter a pixel.
    fn letters() -> Picture {
        Picture::new(3, 2, b"abcdef".iter().flat_map(|letter| [*letter; 3]).collect()).unwrap()
    }

    fn read(picture: &Picture) -> Vec<String> {
        let letters: Vec<u8> = picture.rgb().iter().step_by(3).copied().collect();
        letters.chunks(picture.width() as usize).map(|row| String::from_utf8(row.to_vec()).unwrap()).collect()
    }

    #[test]
    fn the_eight_orientations_turn_a_two_by_three_picture_as_the_exif_standard_draws_them() {
        // EXIF 2.3, tag 0x0112: where row 0 and column 0 of the stored picture belong.
        for (tag, rows) in [
            (1, vec!["abc", "def"]),
            (2, vec!["cba", "fed"]),
            (3, vec!["fed", "cba"]),
            (4, vec!["def", "abc"]),
            (5, vec!["ad", "be", "cf"]),
            (6, vec!["da", "eb", "fc"]),
            (7, vec!["fc", "eb", "da"]),
            (8, vec!["cf", "be", "ad"]),
        ] {
            let turned = upright(letters(), Orientation::from_exif(tag).unwrap());
            assert_eq!(read(&turned), rows, "orientation {tag}");
        }
    }

    #[test]
    fn a_quarter_turn_there_and_back_gives_the_same_picture_beyond_one_block() {
        let rgb: Vec<u8> = (0..75 * 41 * 3).map(|byte| (byte * 7 % 251) as u8).collect();
        let picture = Picture::new(75, 41, rgb).unwrap();
        let turned = upright(picture.clone(), Orientation::Rotate90);
        assert_eq!((turned.width(), turned.height()), (41, 75));
        assert_eq!(upright(turned, Orientation::Rotate270), picture);
    }
}
