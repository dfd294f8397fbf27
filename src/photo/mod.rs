//! From the bytes of a picture to the numbers of a tensor: decode, turn upright, crop, resize, scale.
//!
//! This is the only room that knows colour order and memory layout. [`decode()`] gives an upright RGB [`Picture`]; a
//! [`Preparer`] follows a [`Recipe`] (the input half of a method card) to fill a tensor with it. Resizing is exact:
//! the same bytes as Pillow 13 or OpenCV 5 make from the same pixels, because the filter alone can move a model's
//! answers by years. Nothing here opens a file.

mod crop;
mod decode;
mod decoder;
mod error;
mod jpeg;
#[cfg(feature = "libjpeg")]
mod libjpeg;
mod likeness;
mod orient;
mod prepare;
mod recipe;
mod reduce;
mod resize;
mod spare;
mod tiff;
mod zune;

pub use crop::FaceBox;
pub use decode::{PIXEL_LIMIT, decode};
pub use decoder::Decoder;
pub use error::PhotoError;
pub use likeness::{Likeness, Look, look};
pub use prepare::Preparer;
pub(crate) use recipe::check_size;
pub use recipe::{Border, Channels, Filter, Fit, Layout, Recipe, RecipeError, RecipeFields};
pub use reduce::{Reduced, Reduction};

/// An upright picture: rows from the top, three bytes (red, green, blue) a pixel, no gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Picture {
    /// The picture of `width` x `height` pixels in `rgb`; `None` when a side is 0 or the length is not 3 bytes a pixel.
    #[must_use]
    pub fn new(width: u32, height: u32, rgb: Vec<u8>) -> Option<Self> {
        let bytes = u64::from(width) * u64::from(height) * 3;
        (bytes > 0 && u64::try_from(rgb.len()) == Ok(bytes)).then_some(Self { width, height, rgb })
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes: red, green, blue of each pixel, row by row.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        spare::give(std::mem::take(&mut self.rgb));
    }
}
