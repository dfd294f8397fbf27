//! Why a policy cannot be held against a folder.

use std::path::{Path, PathBuf};

use crate::compare::CompareError;
use crate::finding::Findings;
use crate::folder::{FolderError, names};
use crate::protocol::ProtocolError;
use crate::score::ScoreError;

/// Why a policy cannot be held against a folder.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The policy cannot be used: everything that is wrong with it.
    #[error("cannot use the policy `{file}`")]
    Policy {
        /// The file.
        file: String,
        /// What is wrong.
        source: Findings,
    },
    /// There is no such folder.
    #[error("cannot gate `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: FolderError,
    },
    /// The folder has no rows that can be read.
    #[error("cannot gate `{}`", path.display())]
    Metrics {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: Box<ScoreError>,
    },
    /// The protocol of the folder cannot be read.
    #[error("cannot gate `{}`: its protocol.toml cannot be used", path.display())]
    Protocol {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: Box<ProtocolError>,
    },
    /// The rows were made under another protocol.
    #[error("cannot gate `{}`: metrics.csv was made under another protocol than protocol.toml", path.display())]
    OtherProtocol {
        /// The folder.
        path: PathBuf,
    },
    /// `metrics.csv` has no row.
    #[error("cannot gate `{}`: metrics.csv holds no row", path.display())]
    NoRows {
        /// The folder.
        path: PathBuf,
    },
    /// A rule with a margin, and nothing to hold it against.
    #[error("the rule `{rule}` has a margin, and there is no baseline")]
    NoBaseline {
        /// The rule.
        rule: String,
    },
    /// The baseline does not belong to the folder.
    #[error("cannot hold the folder against the baseline")]
    Baseline(#[source] CompareError),
    /// A method that is in no pair.
    #[error("the rule `{rule}` has a margin, and the baseline holds no method `{method}`")]
    NoPartner {
        /// The method.
        method: String,
        /// The rule.
        rule: String,
    },
}

/// What to do with a folder that has no rows yet, or never will.
fn folder_help(error: &ScoreError) -> Option<&str> {
    match error {
        ScoreError::Folder(error @ (FolderError::Shard { .. } | FolderError::Unfinished { .. })) => error.help(),
        _ => None,
    }
}

/// What to gate instead of a folder that holds what other verbs made, and no rows of a run.
fn no_run(path: &Path) -> Option<&'static str> {
    let holds = |name: &str| path.join(name).is_file();
    if holds(names::METRICS) {
        None
    } else if holds(names::COMPARISON) || holds(names::LEADERBOARD) {
        Some("this is what `agebench compare` writes: gate the run itself, with the other one as --baseline")
    } else if holds(names::POOLED) {
        Some("this is what `agebench pool` writes: gate the package or run of each holder")
    } else if holds(names::STUDY) {
        Some("this is the folder of a study: name one of its runs, runs/DATASET in it")
    } else {
        None
    }
}

impl GateError {
    /// A folder that cannot be opened.
    pub(super) fn folder(path: &Path) -> impl FnOnce(FolderError) -> Self {
        let path = path.to_owned();
        move |source| Self::Folder { path, source }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::Policy { source, .. } => return source.common_help().map(str::to_owned),
            Self::Folder { .. } => "name a folder that `agebench run`, `score`, `latency` or `footprint` wrote",
            Self::Metrics { path, source } => {
                let anew = || format!("make its rows first: agebench score {}", path.display());
                return Some(folder_help(source).or_else(|| no_run(path)).map_or_else(anew, str::to_owned));
            }
            Self::Protocol { .. } => "protocol.toml is the one that the run or the score wrote: put it back",
            Self::OtherProtocol { path } => {
                return Some(format!(
                    "put protocol.toml back, or make the rows anew: agebench score {}",
                    path.display()
                ));
            }
            Self::NoRows { .. } => "a gate without results is not passed: measure first",
            Self::NoBaseline { .. } => "give --baseline DIR, a run of what must not get worse, on the same manifest",
            Self::Baseline(error) => match error {
                CompareError::Manifests { .. } => "run both on one manifest: differences are those of the same people",
                CompareError::SameFolder { .. } => "a run is never worse than itself: name the earlier run",
                other => return other.help().map(str::to_owned),
            },
            Self::NoPartner { .. } => {
                "give both methods one name in their cards, or name another method in the rule: method = \"...\""
            }
        };
        Some(text.to_owned())
    }
}
