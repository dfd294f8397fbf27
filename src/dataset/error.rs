//! Why a dataset cannot be loaded or a sample not be read.

use std::io;

use crate::finding::Findings;

/// What to do when nothing can be measured on a dataset.
pub const NOBODY_ELIGIBLE_HELP: &str = "give true ages of people: rates are made from bona fide samples of known age";

/// Why a dataset cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A file or folder cannot be read.
    #[error("cannot read `{file}`")]
    Read {
        /// The file, as the user named it.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// The card or the manifest has errors.
    #[error("cannot load dataset `{name}`")]
    Unusable {
        /// The dataset's name, or its place when the card has none.
        name: String,
        /// All of them.
        source: Findings,
    },
    /// The filter leaves no sample.
    #[error("no sample of dataset `{name}` is left: {filter}")]
    NothingLeft {
        /// The dataset's name.
        name: String,
        /// The filter in words.
        filter: String,
    },
    /// No listed sample is eligible.
    #[error("no sample of dataset `{name}` is eligible: none has both a known age and no attack species")]
    NobodyEligible {
        /// The dataset's name.
        name: String,
    },
    /// A column that the dataset does not have.
    #[error("dataset `{name}` has no column `{column}`")]
    NoColumn {
        /// The dataset's name.
        name: String,
        /// The column.
        column: String,
        /// The remedy.
        help: String,
    },
}

impl DatasetError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("a dataset is a folder with dataset.toml and manifest.csv")
            }
            Self::Unusable { source, .. } => source.common_help(),
            Self::NoColumn { help, .. } => Some(help),
            Self::NobodyEligible { .. } => Some(NOBODY_ELIGIBLE_HELP),
            Self::Read { .. } | Self::NothingLeft { .. } => None,
        }
    }
}

/// Why the bytes of a sample cannot be had. The attempt is `failed`; the text names no path of the dataset.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// The file cannot be read; why, in words of [`super::files::reason`].
    #[error("{0}")]
    Read(String),
    /// The content is not what the manifest says.
    #[error("the file of the sample has another sha-256 than the manifest says")]
    OtherContent,
}
