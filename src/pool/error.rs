//! Why packages cannot be put together.

use std::path::PathBuf;

use crate::folder::FolderError;
use crate::table::TableError;

/// Why packages cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// Fewer than two.
    #[error("nothing to pool: {0} of at least 2 packages")]
    TooFew(usize),
    /// A package cannot be opened, or the output folder not be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its rows, or the pooled ones, cannot be read or written.
    #[error("cannot use `{}`", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: TableError,
    },
    /// Its protocol cannot be read.
    #[error("cannot use `{}`", path.display())]
    Protocol {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<crate::protocol::ProtocolError>,
    },
    /// No rows in it.
    #[error("`{}` holds no rows", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Rows of several datasets or protocols in one package.
    #[error("`{}` holds rows of more than one {what}: {} and {}", path.display(), digests.0, digests.1)]
    Mixed {
        /// The file.
        path: PathBuf,
        /// What is more than one.
        what: &'static str,
        /// Two of its digests.
        digests: (String, String),
    },
    /// Another protocol.
    #[error(
        "`{}` and `{}` cannot be pooled: their protocols differ (digests {} and {})",
        first.display(), second.display(), digests.0, digests.1
    )]
    Protocols {
        /// The first package.
        first: PathBuf,
        /// The one that differs.
        second: PathBuf,
        /// The protocols' digests.
        digests: (String, String),
    },
    /// Other methods.
    #[error(
        "`{}` and `{}` cannot be pooled: their methods differ ({} and {})",
        first.display(), second.display(), methods.0, methods.1
    )]
    Methods {
        /// The first package.
        first: PathBuf,
        /// The one that differs.
        second: PathBuf,
        /// Names and digests of the methods, or what is stated of them.
        methods: (String, String),
        /// Whether some are recorded answers of which no version is stated.
        unstated: bool,
    },
    /// One method twice at one holder.
    #[error("`{}` has two files of recorded answers of one method, {method}: its people would count twice", path.display())]
    Twice {
        /// The package.
        path: PathBuf,
        /// The method as it is stated.
        method: String,
    },
    /// The same people twice.
    #[error(
        "`{}` and `{}` cannot be pooled: they are of one manifest (digest {manifest}), whose people would count twice",
        first.display(), second.display()
    )]
    SameManifest {
        /// The first package.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// The manifest's digest.
        manifest: String,
    },
    /// No row of theirs can be pooled.
    #[error("the packages hold no rate with its effective sample size, and no mean error, that could be pooled")]
    Nothing,
}

impl PoolError {
    /// Whether something could not be written: exit 74. Everything else is unusable input.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Folder(error) if error.is_write_failure())
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::TooFew(_) => Some("name the packages of two or more data holders"),
            Self::Folder(error) => error.help(),
            Self::Protocols { .. } => {
                Some("each holder scores under one protocol first: agebench score DIR --protocol PROTOCOL --out DIR2")
            }
            Self::Methods { unstated: true, .. } => Some(
                "recorded answers are of one method by what holders state: score each file with the same --method-name and \
                 --method-version, or give their cards the same name, kind and version",
            ),
            Self::Methods { .. } => Some(
                "a method is one by its digest: the same card, file and version at every holder; recorded answers by kind, name \
                 and version of their cards",
            ),
            Self::Twice { .. } => {
                Some("give versions that tell them apart, such as `2.1, seed 1`, or publish one of them")
            }
            Self::SameManifest { .. } => Some("name each holder's package once"),
            Self::Mixed { .. } => Some("a package to pool holds one dataset under one protocol"),
            Self::Empty { .. } => {
                Some("leave it out, or score its run again: nobody of known age was in it, or it was interrupted")
            }
            Self::Nothing => {
                Some("name packages or run folders of accuracy: latency, footprints and comparisons are not pooled")
            }
            Self::Table { .. } | Self::Protocol { .. } => None,
        }
    }
}
