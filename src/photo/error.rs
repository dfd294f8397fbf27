//! Why a picture could not be decoded or prepared: one line, fit for the `reason` of an outcome.

/// Why a picture gave no tensor. Holds no path and no pixel.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PhotoError {
    /// A file of 0 bytes.
    #[error("the picture file is empty")]
    Empty,
    /// The first bytes are of no picture format that is read here.
    #[error("not a picture: expected JPEG, PNG, WebP, BMP, GIF or TIFF data")]
    UnknownFormat,
    /// More pixels than the limit, in the header or in what a face box asks for; nothing was allocated.
    #[error("{width} x {height} pixels are more than the limit of {limit}")]
    TooManyPixels {
        /// Pixels in a row, as the header says or the box asks.
        width: u32,
        /// Rows, as the header says or the box asks.
        height: u32,
        /// The limit in pixels.
        limit: u64,
    },
    /// The decoder gave up: truncated or damaged data, or a variant that it does not read.
    #[error("broken {format} data: {reason}")]
    Broken {
        /// The format's name.
        format: &'static str,
        /// What the decoder said, in one line.
        reason: String,
    },
    /// The face box lies outside the picture altogether, or holds no whole pixel.
    #[error("the face box {x0} {y0} {x1} {y1} holds no pixel of the {width} x {height} picture")]
    BoxOutside {
        /// Left end, pixels.
        x0: f64,
        /// Upper end, pixels.
        y0: f64,
        /// Right end, pixels.
        x1: f64,
        /// Lower end, pixels.
        y1: f64,
        /// Pixels in a row of the picture.
        width: u32,
        /// Rows of the picture.
        height: u32,
    },
    /// The face box is not four finite numbers in order.
    #[error("{x0} {y0} {x1} {y1} is not a face box: expected finite x0 < x1 and y0 < y1")]
    NotABox {
        /// Left end, pixels.
        x0: f64,
        /// Upper end, pixels.
        y0: f64,
        /// Right end, pixels.
        x1: f64,
        /// Lower end, pixels.
        y1: f64,
    },
    /// The place for the tensor has another length than the recipe makes.
    #[error("the tensor has {found} numbers where the recipe makes {expected}")]
    WrongLength {
        /// Numbers that there is room for.
        found: usize,
        /// Numbers that the recipe makes.
        expected: usize,
    },
}

impl PhotoError {
    /// The decoder's `reason`, cut to one line of at most 200 characters.
    pub(super) fn broken(format: &'static str, reason: &str) -> Self {
        let line: String = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Self::Broken { format, reason: line.chars().take(200).collect() }
    }
}
