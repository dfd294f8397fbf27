//! Why there is no release.

use std::path::PathBuf;

use super::disclosure::DisclosureError;
use super::sign::SignError;
use crate::digest::DigestError;
use crate::finding::Findings;
use crate::folder::FolderError;
use crate::protocol::ProtocolError;
use crate::score::ScoreError;
use crate::table::TableError;

/// Why there is no release.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A run folder cannot be scored again.
    #[error(transparent)]
    Score(#[from] ScoreError),
    /// A folder is not what may be published.
    #[error("cannot publish `{}`: {reason}", path.display())]
    Unfit {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        help: String,
    },
    /// The cards do not say what a release must say, or say what it must not.
    #[error("cannot publish: {} to mend in the cards\n{}", crate::finding::counted(.0.errors(), "thing"), listed(.0))]
    Cards(Findings),
    /// A protocol cannot be read.
    #[error("cannot read `{}`", path.display())]
    Protocol {
        /// The file.
        path: PathBuf,
        /// Every problem.
        source: ProtocolError,
    },
    /// A table cannot be read or written.
    #[error("cannot use `{}`", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: TableError,
    },
    /// No rule makes these rows fit to be published.
    #[error(transparent)]
    Disclosure(#[from] DisclosureError),
    /// The release cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// A file cannot be written as JSON or TOML.
    #[error("cannot write `{file}`: {reason}")]
    Form {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The release that was made does not hold: a defect of agebench, found before anything was written.
    #[error("the release does not hold what it says, and nothing was written: {0}")]
    DoesNotHold(String),
}

/// All of them, a line each, with its help.
fn listed(findings: &Findings) -> String {
    let line = |finding: &crate::finding::Finding| match &finding.help {
        Some(help) => format!("{finding}: {help}"),
        None => finding.to_string(),
    };
    findings.kept().iter().map(line).collect::<Vec<_>>().join("\n")
}

impl PublishError {
    /// Whether something could not be written: exit 74. Everything else is unusable input.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        match self {
            Self::Folder(error) => error.is_write_failure(),
            Self::Score(error) => error.is_write_failure(),
            _ => false,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Folder(error) => error.help(),
            Self::Score(error) => error.help(),
            Self::Unfit { help, .. } => Some(help),
            Self::Cards(_) => Some(
                "mend the copies in `cards/` of the run folder, and the cards themselves for the next run; the rows stay as they are",
            ),
            Self::Sign(error) => error.help(),
            _ => None,
        }
    }
}
