//! `--decoder`: what reads JPEG, and what to say when this build does not have it.

use clap::{Args, ValueEnum};

use super::Failure;
use crate::photo::Decoder;

/// The decoders that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DecoderChoice {
    /// Pure Rust
    Zune,
    /// The pixels of Pillow, where agebench is built with the feature `libjpeg`
    Libjpeg,
}

/// What decodes.
#[derive(Debug, Clone, Args)]
pub(super) struct DecoderOptions {
    /// What reads JPEG; the others' pixels differ by a few levels
    #[arg(long, value_name = "NAME", default_value = "zune")]
    decoder: DecoderChoice,
}

impl DecoderOptions {
    /// The chosen decoder.
    ///
    /// # Errors
    /// When this build does not have it.
    pub(super) fn open(&self) -> Result<Decoder, Failure> {
        open(self.decoder)
    }
}

/// The decoder `choice`.
///
/// # Errors
/// When this build does not have it.
pub(super) fn open(choice: DecoderChoice) -> Result<Decoder, Failure> {
    match choice {
        DecoderChoice::Zune => Ok(Decoder::Zune),
        #[cfg(feature = "libjpeg")]
        DecoderChoice::Libjpeg => Ok(Decoder::Libjpeg),
        #[cfg(not(feature = "libjpeg"))]
        DecoderChoice::Libjpeg => Err(Failure::unusable("this build of agebench has no decoder `libjpeg`")
            .with_help("build it with the cargo feature: `cargo install --path . --features libjpeg`; it needs gcc")),
    }
}
