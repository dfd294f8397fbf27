//! The decoders of JPEG, which may differ by a few levels: which ones this build has, and their names.

/// What decodes JPEG. Every other format has one decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decoder {
    /// Our own: the pixels of libjpeg-turbo and so of Pillow, in pure Rust.
    #[default]
    Own,
    /// zune-jpeg: what the `image` crate uses, a few levels off.
    Zune,
    /// The decoder of libjpeg-turbo as mozjpeg carries it: the pixels of Pillow.
    #[cfg(feature = "libjpeg")]
    Libjpeg,
}

impl Decoder {
    /// Those of this build.
    pub const ALL: &'static [Self] = &[
        Self::Own,
        Self::Zune,
        #[cfg(feature = "libjpeg")]
        Self::Libjpeg,
    ];

    /// Its word on a command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Zune => "zune",
            #[cfg(feature = "libjpeg")]
            Self::Libjpeg => "libjpeg",
        }
    }

    /// Name and version, as the `engine` cell of a result has them behind the engine's.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => concat!("jpeg of agebench ", env!("CARGO_PKG_VERSION")),
            Self::Zune => "zune-jpeg 0.5.15",
            #[cfg(feature = "libjpeg")]
            Self::Libjpeg => "libjpeg of mozjpeg-sys 2.2.3",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_tell_the_versions_that_are_built_in() {
        let lock = include_str!("../../Cargo.lock");
        for decoder in Decoder::ALL {
            let words: Vec<&str> = decoder.name().split(' ').collect();
            let [.., package, version] = words.as_slice() else { panic!("{}", decoder.name()) };
            let wanted = format!("name = \"{package}\"\nversion = \"{version}\"\n");
            assert!(lock.contains(&wanted), "Cargo.lock has another version than {}", decoder.name());
        }
    }
}
