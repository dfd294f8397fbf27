//! Bytes to an upright RGB picture. The format is told from the content, the size from the header before anything is
//! allocated, and decoders, which may panic on hostile bytes, run behind `catch_unwind`.
//!
//! Colour: alpha is dropped, not composited; gray is replicated; 16-bit values keep their high byte; colour profiles are
//! ignored. All of it is what Pillow's `convert("RGB")` does, but for 16-bit gray, which Pillow clips to white.

use std::any::Any;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{Decoder, PhotoError, Picture, jpeg, orient, tiff, zune};

/// The largest picture that is decoded by default, in pixels: 100 megapixels, 300 MB of RGB.
pub const PIXEL_LIMIT: u64 = 100_000_000;

/// Bytes a decoder may hold for each pixel of the limit: 16-bit RGBA plus as much again for its own work.
const BYTES_PER_PIXEL: u64 = 16;
/// Bytes that any decoder may hold, so that a small limit still leaves room for tables.
const LEAST_ALLOCATION: u64 = 16 << 20;

/// The upright picture in `bytes`: JPEG, PNG, WebP, BMP, GIF or TIFF (the first frame of an animation), EXIF orientation
/// applied. At most `pixel_limit` pixels; see [`PIXEL_LIMIT`]. JPEG is read by `decoder`.
///
/// # Errors
/// [`PhotoError::Empty`], [`PhotoError::UnknownFormat`], [`PhotoError::TooManyPixels`] from the header alone, and
/// [`PhotoError::Broken`] when the data is truncated or damaged: a half-read picture is never given.
pub fn decode(bytes: &[u8], decoder: Decoder, pixel_limit: u64) -> Result<Picture, PhotoError> {
    if bytes.is_empty() {
        return Err(PhotoError::Empty);
    }
    let format = image::guess_format(bytes).map_err(|_| PhotoError::UnknownFormat)?;
    let name = name(format).ok_or(PhotoError::UnknownFormat)?;
    let (picture, orientation) = caught(name, || match (format, decoder) {
        (ImageFormat::Jpeg, Decoder::Own) => jpeg::decode(bytes, pixel_limit),
        (ImageFormat::Jpeg, Decoder::Zune) => zune::decode(bytes, pixel_limit),
        #[cfg(feature = "libjpeg")]
        (ImageFormat::Jpeg, Decoder::Libjpeg) => super::libjpeg::decode(bytes, pixel_limit),
        _ => decode_other(bytes, format, name, pixel_limit),
    })?;
    Ok(orient::upright(picture, orientation))
}

/// What `decode` gives; an error where it panics. Nothing outlives an unwinding decoder but the error and scratch that the
/// next picture fills anew, so no broken invariant can be seen.
pub(super) fn caught<T>(format: &'static str, decode: impl FnOnce() -> Result<T, PhotoError>) -> Result<T, PhotoError> {
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    decoded.unwrap_or_else(|thrown| Err(PhotoError::broken(format, reason(&*thrown).unwrap_or(STUMBLED))))
}

/// What is said of a decoder that panicked.
const STUMBLED: &str = "the decoder stumbled over it";

/// What a decoder threw, where it throws in an orderly way.
fn reason(thrown: &(dyn Any + Send)) -> Option<&str> {
    #[cfg(feature = "libjpeg")]
    return super::libjpeg::reason(thrown);
    #[cfg(not(feature = "libjpeg"))]
    thrown.downcast_ref::<std::convert::Infallible>().map(|never| match *never {})
}

fn name(format: ImageFormat) -> Option<&'static str> {
    match format {
        ImageFormat::Jpeg => Some("JPEG"),
        ImageFormat::Png => Some("PNG"),
        ImageFormat::WebP => Some("WebP"),
        ImageFormat::Bmp => Some("BMP"),
        ImageFormat::Gif => Some("GIF"),
        ImageFormat::Tiff => Some("TIFF"),
        _ => None,
    }
}

/// Refuses a picture of more than `limit` pixels, or of none.
pub(super) fn check_size(width: u32, height: u32, format: &'static str, limit: u64) -> Result<(), PhotoError> {
    if width == 0 || height == 0 {
        return Err(PhotoError::broken(format, "a side of 0 pixels"));
    }
    if u64::from(width) * u64::from(height) > limit {
        return Err(PhotoError::TooManyPixels { width, height, limit });
    }
    Ok(())
}

fn decode_other(
    bytes: &[u8],
    format: ImageFormat,
    name: &'static str,
    pixel_limit: u64,
) -> Result<(Picture, Orientation), PhotoError> {
    let broken = |error: image::ImageError| PhotoError::broken(name, &error.to_string());
    let disguised = if format == ImageFormat::Tiff { tiff::disguised(bytes)? } else { None };
    let (bytes, colours) = disguised.as_ref().map_or((bytes, None), |(seen, colours)| (seen, Some(colours)));
    let mut limits = Limits::default();
    limits.max_alloc = Some(pixel_limit.saturating_mul(BYTES_PER_PIXEL).max(LEAST_ALLOCATION));
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, name, pixel_limit)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms); // damaged EXIF: as it lies
    let colour = decoder.color_type();
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| PhotoError::broken(name, "it is too large"))?;
    let mut raw = vec![0; length];
    decoder.read_image(&mut raw).map_err(broken)?;
    let mut rgb = to_rgb(raw, colour).ok_or_else(|| PhotoError::broken(name, "floating-point pixels are not read"))?;
    if let Some(colours) = colours {
        colours.resolve(&mut rgb);
    }
    let picture = Picture::new(width, height, rgb).ok_or_else(|| PhotoError::broken(name, "pixels are missing"))?;
    Ok((picture, orientation))
}

/// Three bytes a pixel from whatever the decoder gave; 16-bit samples are in the machine's byte order.
fn to_rgb(raw: Vec<u8>, colour: ColorType) -> Option<Vec<u8>> {
    let high = usize::from(cfg!(target_endian = "little"));
    Some(match colour {
        ColorType::Rgb8 => raw,
        ColorType::Rgba8 => pick(&raw, 4, [0, 1, 2]),
        ColorType::L8 => pick(&raw, 1, [0, 0, 0]),
        ColorType::La8 => pick(&raw, 2, [0, 0, 0]),
        ColorType::L16 => pick(&raw, 2, [high; 3]),
        ColorType::La16 => pick(&raw, 4, [high; 3]),
        ColorType::Rgb16 => pick(&raw, 6, [high, high + 2, high + 4]),
        ColorType::Rgba16 => pick(&raw, 8, [high, high + 2, high + 4]),
        _ => return None,
    })
}

fn pick(raw: &[u8], bytes_per_pixel: usize, from: [usize; 3]) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(raw.len() / bytes_per_pixel * 3);
    for pixel in raw.chunks_exact(bytes_per_pixel) {
        rgb.extend(from.map(|byte| pixel.get(byte).copied().unwrap_or(0)));
    }
    rgb
}
