//! Why answers cannot be scored.

use std::io;
use std::path::PathBuf;

use crate::digest::DigestError;
use crate::finding::Findings;
use crate::folder::FolderError;
use crate::protocol::ProtocolError;
use crate::sheet::SheetError;
use crate::table::TableError;
use crate::tally::TallyError;

/// Why answers cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// The run folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A recorded file is no table at all.
    #[error("cannot score `{file}`")]
    NoTable {
        /// The file.
        file: String,
        /// Why.
        source: SheetError,
    },
    /// A recorded file is not what was expected.
    #[error("cannot score `{file}`")]
    Unusable {
        /// The file.
        file: String,
        /// Every problem.
        source: Findings,
    },
    /// No answered sample is eligible.
    #[error("cannot score `{file}`: no answered sample has both a known age and no attack species")]
    NobodyEligible {
        /// The file.
        file: String,
    },
    /// What a method answered cannot be ages (METRICS M0).
    #[error("cannot score `{file}`: the answers of `{method}` are not ages: {reason}")]
    NotAges {
        /// The file.
        file: String,
        /// The method.
        method: String,
        /// How they look.
        reason: String,
    },
    /// The folder's protocol cannot be used.
    #[error("cannot read `{}`", path.display())]
    Protocol {
        /// The file.
        path: PathBuf,
        /// Every problem.
        source: ProtocolError,
    },
    /// Truth and answers cannot be tallied.
    #[error("cannot tally the answers")]
    Tally(#[from] TallyError),
    /// The table cannot be written or read.
    #[error("cannot use `{}`", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: TableError,
    },
    /// A tally file cannot be used.
    #[error("cannot use the tally file `{file}`")]
    Tallied {
        /// The file.
        file: String,
        /// Why.
        source: super::TalliedError,
    },
    /// The run cannot be tallied into a file, or what was joined cannot be scored.
    #[error(transparent)]
    Tallies(#[from] super::TalliedError),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl ScoreError {
    /// Whether something could not be written: exit 74. Everything else is unusable input.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Folder(error) if error.is_write_failure())
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Folder(error) => error.help(),
            Self::NoTable { source, .. } => source.help(),
            Self::Unusable { source, .. } => source.common_help(),
            Self::NobodyEligible { .. } => Some(crate::dataset::NOBODY_ELIGIBLE_HELP),
            Self::NotAges { .. } => Some(
                "classes, ranks and yes/no answers are no ages: decode them first, or name decisions as pass_18 and scores as score_18",
            ),
            Self::Tallied { source, .. } | Self::Tallies(source) => source.help(),
            Self::Read { .. } | Self::Protocol { .. } | Self::Tally(_) | Self::Table { .. } | Self::Digest(_) => None,
        }
    }
}
