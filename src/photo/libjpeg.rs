//! JPEG as Pillow reads it: the decoder of libjpeg-turbo, which mozjpeg carries unchanged.
//!
//! libjpeg gives up by unwinding, so [`decode`] is called behind `catch_unwind` only, and [`reason`] reads what was
//! thrown.

use std::any::Any;
use std::io::{self, BufRead, Read};

use image::metadata::Orientation;
use mozjpeg::{ColorSpace, ColorSpaceExt, Decompress, Marker};

use super::decode::check_size;
use super::jpeg::{check_scans, colour::from_inverted_cmyk};
use super::{PhotoError, Picture, spare};

const NAME: &str = "JPEG";

/// The picture as it is stored, with the orientation that its EXIF block asks for. CMYK and YCCK are taken as inverted,
/// as Pillow takes them. Unwinds where libjpeg gives up.
pub(super) fn decode(bytes: &[u8], pixel_limit: u64) -> Result<(Picture, Orientation), PhotoError> {
    let broken = |error: io::Error| PhotoError::broken(NAME, &error.to_string());
    let header = Decompress::builder().with_markers(&[Marker::APP(1)]).from_reader(Whole(bytes)).map_err(broken)?;
    let (Ok(width), Ok(height)) = (u32::try_from(header.width()), u32::try_from(header.height())) else {
        return Err(PhotoError::broken(NAME, "it states no size"));
    };
    check_size(width, height, NAME, pixel_limit)?;
    check_scans(bytes)?;
    let orientation = header.markers().find_map(|marker| marker.data.strip_prefix(b"Exif\0\0"));
    let orientation = orientation.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    // Colours as Pillow asks for them: gray stays gray, four components stay four.
    let colours = match header.color_space() {
        ColorSpace::JCS_GRAYSCALE => ColorSpace::JCS_GRAYSCALE,
        ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK => ColorSpace::JCS_CMYK,
        _ => ColorSpace::JCS_RGB,
    };
    let mut started = header.to_colorspace(colours).map_err(broken)?;
    let pixels = started.width() * started.height();
    let mut stored = spare::take(pixels * colours.num_components());
    started.read_scanlines_into(&mut stored).map_err(broken)?;
    started.finish().map_err(broken)?; // up to the end marker: a file without one is truncated
    let rgb = match colours {
        ColorSpace::JCS_RGB => stored,
        ColorSpace::JCS_GRAYSCALE => {
            let mut rgb = Vec::with_capacity(pixels * 3);
            rgb.extend(stored.iter().flat_map(|level| [*level; 3]));
            rgb
        }
        _ => {
            let mut rgb = Vec::with_capacity(pixels * 3);
            rgb.extend(stored.as_chunks::<4>().0.iter().flat_map(|inverted| from_inverted_cmyk(*inverted)));
            rgb
        }
    };
    let picture = Picture::new(width, height, rgb).ok_or_else(|| PhotoError::broken(NAME, "pixels are missing"))?;
    Ok((picture, orientation))
}

/// What libjpeg said when it gave up, from what it threw.
pub(super) fn reason(thrown: &(dyn Any + Send)) -> Option<&str> {
    let text = thrown.downcast_ref::<String>()?.strip_prefix("libjpeg fatal error: ")?;
    // The error of a reader, and `Whole` has only one.
    Some(if text.contains("file read error") { "truncated" } else { text })
}

/// All bytes of a file. Asked for more, it fails: libjpeg takes an orderly end for the end of the picture, and fills
/// what is missing with gray.
struct Whole<'a>(&'a [u8]);

impl Read for Whole<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl BufRead for Whole<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.0.is_empty() { Err(io::Error::other("truncated")) } else { Ok(self.0) }
    }

    fn consume(&mut self, count: usize) {
        self.0.consume(count);
    }
}
