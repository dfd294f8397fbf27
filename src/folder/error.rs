//! Why a run folder cannot be written or read.

use std::io;
use std::path::{Path, PathBuf};

use super::{Shard, names};
use crate::finding::Findings;
use crate::sheet::SheetError;

/// What an output folder is of, and what alone `--replace` removes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FolderKind {
    /// A run, a latency measurement or a footprint.
    Run,
    /// A release package.
    Package,
    /// A comparison.
    Comparison,
    /// A pool.
    Pool,
}

impl FolderKind {
    /// The word in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Package => "package",
            Self::Comparison => "comparison",
            Self::Pool => "pool",
        }
    }

    fn overwrite(self) -> &'static str {
        match self {
            Self::Run => "name another folder, or give --replace to overwrite the run in it",
            Self::Package => "name another folder, or give --replace to overwrite the package in it",
            Self::Comparison => "name another folder, or give --replace to overwrite the comparison in it",
            Self::Pool => "name another folder, or give --replace to overwrite the pool in it",
        }
    }

    fn spare(self) -> &'static str {
        match self {
            Self::Run => "name another folder: --replace removes the files of a run and no others",
            Self::Package => "name another folder: --replace removes the files of a package and no others",
            Self::Comparison => "name another folder: --replace removes the files of a comparison and no others",
            Self::Pool => "name another folder: --replace removes the files of a pool and no others",
        }
    }
}

/// Why a run folder cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The output folder holds something.
    #[error("the output folder `{}` is not empty: it holds {found}", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
        /// One of the files in it.
        found: String,
        /// What may be overwritten there.
        kind: FolderKind,
    },
    /// The output folder holds files that agebench did not write.
    #[error("the output folder `{}` holds {found}, which is no file of a {}", path.display(), kind.word())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// One of the foreign files.
        found: String,
        /// Of what the files in it may be.
        kind: FolderKind,
    },
    /// To empty the output folder would remove what is to be read.
    #[error("to write into `{}` would remove `{}`, which is read", path.display(), read.display())]
    WouldRemove {
        /// The output folder.
        path: PathBuf,
        /// What is read: that folder, or a file or folder in it.
        read: PathBuf,
    },
    /// Another process writes the run.
    #[error("the run in `{}` is being written by another process", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The run was broken off.
    #[error("the run in `{}` is not finished", path.display())]
    Unfinished {
        /// The folder.
        path: PathBuf,
        /// Whether it can go on: a run that keeps its rows.
        goes_on: bool,
    },
    /// Rows were lost, changed or added since the run.
    #[error(
        "{file}{} in `{}` is not the one of {rows} rows that its run wrote",
        shard.map(|shard| format!(" of shard {shard}")).unwrap_or_default(), path.display()
    )]
    Changed {
        /// The folder.
        path: PathBuf,
        /// The file: outcomes.csv or truth.csv.
        file: &'static str,
        /// Which shard it is, if it is one.
        shard: Option<Shard>,
        /// How many rows it had.
        rows: u64,
    },
    /// The folder holds a part of a run.
    #[error("`{}` holds shard {shard}: a part of the people, and no result", path.display())]
    Shard {
        /// The folder.
        path: PathBuf,
        /// Which shard it is.
        shard: Shard,
    },
    /// The folder holds sums, and no row about a person.
    #[error("`{}` holds tallies and no rows about people", path.display())]
    TalliesOnly {
        /// The folder.
        path: PathBuf,
    },
    /// The output folder is a file.
    #[error("the output folder `{}` is not a folder", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be written: no room, no permission.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A CSV file of the folder is not what it should be.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// Files of the folder do not fit together, or are not what they should be.
    #[error("cannot use the run folder")]
    Unusable(#[source] Findings),
    /// A JSON file of the folder is not what it should be.
    #[error("cannot read `{}`", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
}

impl FolderError {
    /// Whether something could not be written: exit 74. Everything else is unusable input.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Write { .. })
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::NotEmpty { kind, .. } => Some(kind.overwrite()),
            Self::Foreign { kind, .. } => Some(kind.spare()),
            Self::WouldRemove { path, read } if path.canonicalize().ok() == read.canonicalize().ok() => {
                Some("name another folder with --out; `agebench score DIR` without --out scores a run where it is")
            }
            Self::WouldRemove { .. } => Some("name another folder with --out"),
            Self::Busy { .. } => Some("wait for it to end"),
            Self::Unfinished { goes_on: true, .. } => Some("run it again with --resume"),
            Self::Unfinished { .. } => Some("make it again with --replace: it cannot go on"),
            Self::Changed { shard: None, file: names::TRUTH, .. } => Some(
                "fetch the folder again from where it was made, or make it again with --replace; of a run that has all its attempts \
                 --resume makes none and writes truth.csv again",
            ),
            Self::Changed { file: names::TRUTH, .. } => Some(
                "fetch the folder again from where it was run, or run the shard again with --resume, which writes truth.csv again",
            ),
            Self::Changed { shard: None, .. } => {
                Some("fetch the folder again from where it was run, or run it again with --replace")
            }
            Self::Changed { .. } => Some("fetch the folder again from where it was run, or run the shard again"),
            Self::Shard { .. } => Some(
                "join all shards first: agebench merge DIR... --out DIR, or agebench score --merge where only tallies were kept",
            ),
            Self::TalliesOnly { .. } => Some(
                "what was run with --retain none is scored, reported, gated without a baseline, published and verified, and shards of it \
                 are joined with `agebench score --merge`; for everything else keep the rows",
            ),
            Self::NotAFolder { .. } => Some("name a folder that does not exist yet, or an empty one"),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("make room on the disk; a run goes on with --resume, everything else is made again with --replace")
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("name a folder that you may write to")
            }
            Self::Sheet(error) => error.help(),
            Self::Unusable(findings) => findings.common_help(),
            Self::Read { path, source } if source.kind() == io::ErrorKind::NotFound => Some(instead_of(path)),
            Self::Read { source, .. } if source.to_string() == crate::foreign::NOT_REGULAR => {
                Some("remove it: a link, a pipe or a device in a run folder is none that agebench made")
            }
            Self::Write { .. } | Self::Read { .. } | Self::Json { .. } => None,
        }
    }

    /// A failure to write `path`.
    pub fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    /// A failure to read `path`.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }
}

/// What to name where the file at `path` is not there: by what stands beside it.
fn instead_of(path: &Path) -> &'static str {
    let beside = |name: &str| path.with_file_name(name).is_file();
    if beside(names::STUDY) {
        "this is the folder of a study: name one of its runs, runs/DATASET in it"
    } else if path.ends_with(names::RUN) && beside(names::TALLY) {
        "this folder holds tallies that `agebench score --merge` joined, without the cards of a run: report.html is its report, and it cannot be published"
    } else {
        "a run folder is what `agebench run` and `agebench score` write"
    }
}
