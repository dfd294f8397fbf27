//! `--decoder`: what reads JPEG, and what to say when this build does not have it.

use clap::{Args, ValueEnum};

use super::Failure;
use crate::photo::Decoder;

/// The decoders that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DecoderChoice {
    /// agebench's own: the pixels of libjpeg-turbo and Pillow
    Own,
    /// zune-jpeg, another one in pure Rust
    Zune,
    /// libjpeg-turbo's own code, where agebench is built with the feature `libjpeg`
    Libjpeg,
}

/// What decodes.
#[derive(Debug, Clone, Args)]
pub(super) struct DecoderOptions {
    /// What reads JPEG; `zune` differs from the others by a few levels
    #[arg(long, value_name = "NAME", default_value = "own")]
    decoder: DecoderChoice,
}

impl DecoderOptions {
    /// That of the word `decoder`.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn named(decoder: &str) -> Result<Self, Failure> {
        DecoderChoice::from_str(decoder, false).map(|decoder| Self { decoder }).map_err(Failure::unusable)
    }

    /// The chosen decoder.
    ///
    /// # Errors
    /// When this build does not have it.
    pub(super) fn open(&self) -> Result<Decoder, Failure> {
        match self.decoder {
            DecoderChoice::Own => Ok(Decoder::Own),
            DecoderChoice::Zune => Ok(Decoder::Zune),
            #[cfg(feature = "libjpeg")]
            DecoderChoice::Libjpeg => Ok(Decoder::Libjpeg),
            #[cfg(not(feature = "libjpeg"))]
            DecoderChoice::Libjpeg => Err(Failure::unusable("this build of agebench has no decoder `libjpeg`")
                .with_help(
                    "build it with the cargo feature: `cargo install --path . --features libjpeg`; it needs gcc",
                )),
        }
    }
}
