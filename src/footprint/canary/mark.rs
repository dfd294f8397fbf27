//! A marker in the metadata of a picture: its pixels stay the same to the last bit.

/// `picture` with `marker` as a comment: a COM segment of a JPEG file, a tEXt chunk of a PNG file. None for other media, which
/// have no such place that every decoder passes over.
pub(super) fn mark(picture: &[u8], marker: &str) -> Option<Vec<u8>> {
    jpeg(picture, marker).or_else(|| png(picture, marker))
}

fn with(picture: &[u8], at: usize, part: &[u8]) -> Option<Vec<u8>> {
    let (before, after) = (picture.get(..at)?, picture.get(at..)?);
    Some([before, part, after].concat())
}

/// Behind the application segments, of which some decoders want the first right at the beginning.
fn jpeg(picture: &[u8], marker: &str) -> Option<Vec<u8>> {
    picture.strip_prefix(b"\xFF\xD8\xFF")?;
    let mut at = 2;
    while let Some([0xFF, 0xE0..=0xEF, high, low]) = picture.get(at..at + 4) {
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
    }
    matches!(picture.get(at..at + 2)?, [0xFF, 0xC0..=0xFE]).then_some(())?;
    let length = u16::try_from(2 + marker.len()).ok()?.to_be_bytes();
    with(picture, at, &[&[0xFF, 0xFE], &length[..], marker.as_bytes()].concat())
}

/// Behind the header chunk, which is the first and has 25 bytes.
fn png(picture: &[u8], marker: &str) -> Option<Vec<u8>> {
    const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";
    let header = picture.strip_prefix(SIGNATURE)?;
    (header.get(4..8)? == b"IHDR").then_some(())?;
    let text = [b"tEXtComment\0", marker.as_bytes()].concat();
    let length = u32::try_from(text.len() - 4).ok()?.to_be_bytes();
    let part = [&length[..], &text, &crc(&text).to_be_bytes()].concat();
    with(picture, SIGNATURE.len() + 25, &part)
}

/// The CRC of a PNG chunk (ISO 3309), over its type and its data.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photo::{Decoder, PIXEL_LIMIT, decode};

    #[test]
    fn the_crc_is_that_of_the_png_specification() {
        // The chunk IEND, which has no data, as every PNG file ends (W3C PNG, 11.2.5): AE 42 60 82.
        assert_eq!(crc(b"IEND"), 0xAE42_6082);
    }

    #[test]
    fn a_marked_picture_has_the_same_pixels_for_other_decoders_too() {
        let face = include_bytes!("../../../fixtures/faces/images/s0001.jpg");
        let marked = mark(face, "a-marker").unwrap();
        assert!(marked.windows(8).any(|window| window == b"a-marker") && marked.len() == face.len() + 12);
        for decoder in [Decoder::Own, Decoder::Zune] {
            let pixels = |bytes: &[u8]| decode(bytes, decoder, PIXEL_LIMIT).unwrap().rgb().to_vec();
            assert_eq!(pixels(&marked), pixels(face));
        }
        let mut png = std::io::Cursor::new(Vec::new());
        let drawn = image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 7]));
        drawn.write_to(&mut png, image::ImageFormat::Png).unwrap();
        let marked = mark(png.get_ref(), "a-marker").unwrap();
        let read = image::load_from_memory_with_format(&marked, image::ImageFormat::Png).unwrap();
        assert_eq!(read.to_rgb8(), drawn, "the image crate checks the crc of every chunk");
    }

    #[test]
    fn what_is_neither_or_broken_is_left_alone() {
        for other in [&b""[..], b"BM....", b"\xFF\xD8\xFF", b"\xFF\xD8\xFF\xE0\xFF\xFF", b"\x89PNG\r\n\x1A\n"] {
            assert_eq!(mark(other, "m"), None);
        }
    }
}
