//! A picture with something taken away: fewer pixels, coarser coding, no colour, less around the face. Written anew as a
//! file, so that a method is given it as it is given any other.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};

use super::crop::Rect;
use super::prepare::luma;
use super::resize::{Scratch, Source, resize};
use super::{Decoder, FaceBox, Filter, PIXEL_LIMIT, PhotoError, Picture, decode, jpeg};

/// What is taken away from a picture, in this order: pixels, surroundings of the face, colour, fineness of the coding.
/// Whatever is none stays.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reduction {
    /// Pixels of the longer side at most.
    pub side: Option<u32>,
    /// Quality of the JPEG at most (1 to 100, as libjpeg counts it); a picture in another format becomes a JPEG.
    pub quality: Option<u8>,
    /// Whether colour goes.
    pub gray: bool,
    /// Share of the face box's longer side that stays on each side of it.
    pub margin: Option<f64>,
}

/// A picture that was reduced.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduced {
    /// The file.
    pub bytes: Vec<u8>,
    /// Pixels in a row, and rows.
    pub size: (u32, u32),
    /// Where the face now is.
    pub face: Option<FaceBox>,
}

/// The quality of a JPEG whose own cannot be told, and of what must be coded anew for another reason: 90 at most.
const QUALITY: u8 = 90;

impl Reduction {
    /// The picture in the file `bytes` reduced, `face` being where its face is; none where it has nothing to give away, or
    /// a coarser coding would make the file no smaller, so that the file itself is the input. A JPEG stays one, of the quality that it had, but for what is asked for; any
    /// other picture becomes a PNG. Orientation is applied, and no metadata is kept.
    ///
    /// # Errors
    /// As [`decode`](super::decode()); a face box beside the picture.
    pub fn apply(&self, bytes: &[u8], face: Option<FaceBox>, decoder: Decoder) -> Result<Option<Reduced>, PhotoError> {
        let picture = decode(bytes, decoder, PIXEL_LIMIT)?;
        let own = jpeg::is(bytes).then(|| quality_of(bytes).unwrap_or(QUALITY).min(QUALITY));
        let quality = self.quality.map(|quality| own.map_or(quality, |own| own.min(quality))).or(own);
        let (small, face, fewer) = match self.side.filter(|side| *side < picture.width().max(picture.height())) {
            Some(side) => {
                let (small, face) = shrunk(&picture, side, face)?;
                (small, face, true)
            }
            None => (picture, face, false),
        };
        let (part, face, cut) = match (self.margin, face) {
            (Some(margin), Some(face)) => cropped(small, face, margin)?,
            _ => (small, face, false),
        };
        let coarser = self.quality.is_some() && quality < own.or(Some(u8::MAX));
        let colourless = self.gray && !is_gray(&part);
        if !(fewer || cut || coarser || colourless) {
            return Ok(None);
        }
        let size = (part.width(), part.height());
        let made = encode(&part, self.gray, quality)?;
        // A coarser coding that makes the file no smaller takes nothing away.
        let smaller = fewer || cut || colourless || made.len() < bytes.len();
        Ok(smaller.then_some(Reduced { bytes: made, size, face }))
    }
}

/// `picture` with a longer side of `side` pixels, by Pillow's BICUBIC, the filter of its `thumbnail`; the other side is
/// rounded half up.
fn shrunk(picture: &Picture, side: u32, face: Option<FaceBox>) -> Result<(Picture, Option<FaceBox>), PhotoError> {
    let (width, height) = (picture.width(), picture.height());
    let longer = u64::from(width.max(height));
    let scaled = |length: u32| {
        let rounded = (2 * u64::from(length) * u64::from(side) + longer) / (2 * longer);
        u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
    };
    let to = (scaled(width), scaled(height));
    let mut rgb = vec![0; to.0 as usize * to.1 as usize * 3];
    let broken = || PhotoError::broken("resized", "it has no pixels");
    let source =
        Source::new(picture.rgb(), width as usize * 3, width as usize, height as usize, 3).ok_or_else(broken)?;
    resize(Filter::Bicubic, 3, source, (to.0 as usize, to.1 as usize), &mut Scratch::default(), &mut rgb);
    let (across, down) = (f64::from(to.0) / f64::from(width), f64::from(to.1) / f64::from(height));
    let face = face.map(|face| {
        let [x0, y0, x1, y1] = face.ends();
        FaceBox::new(x0 * across, y0 * down, x1 * across, y1 * down)
    });
    Ok((Picture::new(to.0, to.1, rgb).ok_or_else(broken)?, face.transpose()?))
}

/// The part of `picture` that holds `face` with `margin`, and whether anything was cut off.
fn cropped(picture: Picture, face: FaceBox, margin: f64) -> Result<(Picture, Option<FaceBox>, bool), PhotoError> {
    let (width, height) = (picture.width(), picture.height());
    let [x0, y0, x1, y1] = face.ends();
    let outside = || PhotoError::BoxOutside { x0, y0, x1, y1, width, height };
    let rect = Rect::of_face(face, margin, width, height).ok_or_else(outside)?;
    let inside = |start: i64, length: u32, all: u32| {
        let from = start.clamp(0, i64::from(all));
        let until = (start + i64::from(length)).clamp(0, i64::from(all));
        Some((u32::try_from(from).ok()?, u32::try_from(until - from).ok().filter(|length| *length > 0)?))
    };
    let (left, across) = inside(rect.x, rect.width, width).ok_or_else(outside)?;
    let (top, down) = inside(rect.y, rect.height, height).ok_or_else(outside)?;
    if (across, down) == (width, height) {
        return Ok((picture, Some(face), false));
    }
    let line = width as usize * 3;
    let lines = picture.rgb().chunks_exact(line).skip(top as usize).take(down as usize);
    let part = lines.flat_map(|line| line.iter().skip(left as usize * 3).take(across as usize * 3).copied()).collect();
    let face = FaceBox::new(x0 - f64::from(left), y0 - f64::from(top), x1 - f64::from(left), y1 - f64::from(top))?;
    let part = Picture::new(across, down, part).ok_or_else(outside)?;
    Ok((part, Some(face), true))
}

fn is_gray(picture: &Picture) -> bool {
    picture.rgb().as_chunks::<3>().0.iter().all(|[red, green, blue]| red == green && green == blue)
}

/// `picture` as a JPEG of `quality` without chroma subsampling, or as a PNG.
fn encode(picture: &Picture, gray: bool, quality: Option<u8>) -> Result<Vec<u8>, PhotoError> {
    let (width, height) = (picture.width(), picture.height());
    let (pixels, colour);
    let mut levels = Vec::new();
    if gray {
        luma(picture.rgb(), width as usize * 3, width as usize, height as usize, &mut levels);
        (pixels, colour) = (&levels[..], ExtendedColorType::L8);
    } else {
        (pixels, colour) = (picture.rgb(), ExtendedColorType::Rgb8);
    }
    let mut bytes = Vec::new();
    match quality {
        Some(quality) => JpegEncoder::new_with_quality(&mut bytes, quality)
            .write_image(pixels, width, height, colour)
            .map_err(|error| PhotoError::broken("JPEG", &error.to_string()))?,
        None => PngEncoder::new(&mut bytes)
            .write_image(pixels, width, height, colour)
            .map_err(|error| PhotoError::broken("PNG", &error.to_string()))?,
    }
    Ok(bytes)
}

/// The sum of the steps of libjpeg's luma table at quality 50 (ITU-T T.81, table K.1).
const STANDARD_STEPS: u64 = 3688;

/// The quality of a JPEG on libjpeg's scale, from the sum of the steps of its first table; none without such a table. Of
/// files that libjpeg's own tables were used for it is exact but for rounding.
fn quality_of(bytes: &[u8]) -> Option<u8> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at..at + 4)?.first_chunk::<4>()?;
        let [0xFF, kind, high, low] = marker else { return None };
        if kind == 0xFF {
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        match kind {
            0xDB => {
                let [about, steps @ ..] = bytes.get(at + 4..at + 2 + length)? else { return None };
                let wide = about >> 4 > 0;
                let sum: u64 = if wide {
                    steps.get(..128)?.as_chunks::<2>().0.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum()
                } else {
                    steps.get(..64)?.iter().map(|step| u64::from(*step)).sum()
                };
                let scale = (sum * 100 + STANDARD_STEPS / 2) / STANDARD_STEPS;
                let quality = if scale <= 100 { (200 - scale).div_ceil(2) } else { 5000 / scale };
                return u8::try_from(quality.clamp(1, 100)).ok();
            }
            // The pixels begin.
            0xDA => return None,
            _ => at += 2 + length,
        }
    }
}

#[cfg(test)]
#[path = "tests/reduce.rs"]
mod tests;
