//! Why results cannot be compared.

use std::path::PathBuf;

use crate::folder::FolderError;
use crate::score::ScoreError;
use crate::table::TableError;
use crate::tally::TallyError;

/// Why results cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A folder cannot be read or scored.
    #[error("cannot compare `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: Box<ScoreError>,
    },
    /// No folder at all.
    #[error("no folder to compare")]
    NoFolder,
    /// One method alone.
    #[error("nothing to compare: `{}` holds one method, `{method}`, and there is no other folder", path.display())]
    OneMethod {
        /// The folder.
        path: PathBuf,
        /// Its method.
        method: String,
    },
    /// A folder that was named twice.
    #[error("`{}` and `{}` are the same folder", first.display(), second.display())]
    SameFolder {
        /// As named first.
        first: PathBuf,
        /// As named again.
        second: PathBuf,
    },
    /// The folders are of different samples.
    #[error(
        "`{}` and `{}` are not comparable: their manifests differ (digests {} and {})",
        first.display(), second.display(), digests.0, digests.1
    )]
    Manifests {
        /// The first folder.
        first: PathBuf,
        /// The one that differs.
        second: PathBuf,
        /// The manifests' digests.
        digests: (String, String),
    },
    /// The folders were scored by different rules.
    #[error(
        "`{}` and `{}` are not comparable: their protocols differ (digests {} and {})",
        first.display(), second.display(), digests.0, digests.1
    )]
    Protocols {
        /// The first folder.
        first: PathBuf,
        /// The one that differs.
        second: PathBuf,
        /// The protocols' digests.
        digests: (String, String),
    },
    /// The same manifest, but samples that bear other ids.
    #[error("the samples of `{}` and `{}` cannot be paired: `{id}` is not in the latter", first.display(), second.display())]
    Ids {
        /// The first folder.
        first: PathBuf,
        /// The one that differs.
        second: PathBuf,
        /// An id of the first.
        id: String,
    },
    /// Truth and answers cannot be tallied.
    #[error("cannot tally the answers")]
    Tally(#[from] TallyError),
    /// The output folder cannot be used.
    #[error(transparent)]
    Out(#[from] FolderError),
    /// A table cannot be made into text.
    #[error("cannot write `{}`", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: TableError,
    },
}

impl CompareError {
    /// Whether something could not be written: exit 74. Everything else is unusable input.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Out(error) if error.is_write_failure())
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Folder { source, .. } => source.help(),
            Self::NoFolder | Self::OneMethod { .. } | Self::SameFolder { .. } => {
                Some("name two or more run folders, or one that holds several methods")
            }
            Self::Manifests { .. } => Some(
                "run both on one manifest; or give --restandardise to compare them, unpaired, over a common mix of ages",
            ),
            Self::Protocols { .. } => {
                Some("score both under one protocol first: agebench score DIR --protocol PROTOCOL --out DIR2")
            }
            Self::Ids { .. } => Some("write both folders with --keep-ids, or both without it"),
            Self::Out(error) => error.help(),
            Self::Tally(_) | Self::Table { .. } => None,
        }
    }
}
