//! JPEG, straight from zune-jpeg: the `image` crate's wrapper fills what is missing of a truncated file with gray.

use image::metadata::Orientation;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decode::check_size;
use super::{PhotoError, Picture, spare};

const NAME: &str = "JPEG";

/// The picture as it is stored, with the orientation that its EXIF block asks for. CMYK and YCCK are taken as inverted,
/// Adobe's convention, as Pillow takes them.
pub(super) fn decode(bytes: &[u8], pixel_limit: u64) -> Result<(Picture, Orientation), PhotoError> {
    // Headers are read leniently (stray bytes between segments are common), pixels strictly.
    let lenient = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), lenient);
    decoder.decode_headers().map_err(|error| broken(&error))?;
    let (width, height) = decoder
        .dimensions()
        .and_then(|(width, height)| Some((u32::try_from(width).ok()?, u32::try_from(height).ok()?)))
        .ok_or_else(|| PhotoError::broken(NAME, "it states no size"))?;
    check_size(width, height, NAME, pixel_limit)?;
    let orientation =
        decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif)).unwrap_or(Orientation::NoTransforms);
    let length = decoder.output_buffer_size().ok_or_else(|| PhotoError::broken(NAME, "it states no size"))?;
    let mut rgb = spare::take(length); // every byte is written, or it is an error
    decoder.set_options(lenient.set_strict_mode(true));
    decoder.decode_into(&mut rgb).map_err(|error| broken(&error))?;
    let picture = Picture::new(width, height, rgb).ok_or_else(|| PhotoError::broken(NAME, "pixels are missing"))?;
    Ok((picture, orientation))
}

fn broken(error: &zune_jpeg::errors::DecodeErrors) -> PhotoError {
    use zune_jpeg::errors::DecodeErrors;
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => PhotoError::broken(NAME, "truncated"),
        DecodeErrors::FormatStatic("Premature end of buffer") => PhotoError::broken(NAME, "truncated"),
        other => PhotoError::broken(NAME, &other.to_string()),
    }
}
