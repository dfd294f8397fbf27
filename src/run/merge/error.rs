//! Why shards cannot be merged.

use std::path::PathBuf;

use crate::folder::{FolderError, Shard};

/// Why shards cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// No folder was given.
    #[error("no shard to merge")]
    Nothing,
    /// A folder holds a whole run.
    #[error("`{}` holds a whole run and no shard", path.display())]
    NoShard {
        /// The folder.
        path: PathBuf,
    },
    /// A shard is of another run.
    #[error(
        "shard {shard} in `{}` is of another run than `{}`:\n{}", path.display(), first.display(), found.join("\n")
    )]
    Foreign {
        /// Its folder.
        path: PathBuf,
        /// Which shard it says it is.
        shard: Shard,
        /// The folder of the shard that was named first.
        first: PathBuf,
        /// Each difference in words.
        found: Vec<String>,
    },
    /// A shard is there twice.
    #[error("shard {shard} is there twice: in `{}` and in `{}`", one.display(), other.display())]
    Twice {
        /// Which shard.
        shard: Shard,
        /// One of its folders.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// Shards are missing.
    #[error("{missing} of {of} shards are missing: {}", list(first, *missing))]
    Missing {
        /// How many.
        missing: usize,
        /// The first of them, from 1, ascending.
        first: Vec<u32>,
        /// How many shards there are.
        of: u32,
    },
    /// A folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Shards named at most.
pub(super) const NAMED: usize = 20;

fn list(first: &[u32], missing: usize) -> String {
    let named: Vec<String> = first.iter().map(u32::to_string).collect();
    let more = if missing > first.len() { ", ..." } else { "" };
    format!("{}{more}", named.join(", "))
}

impl MergeError {
    /// Whether something could not be written: exit 74. Everything else is unusable input.
    #[must_use]
    pub fn is_write_failure(&self) -> bool {
        matches!(self, Self::Folder(error) if error.is_write_failure())
    }

    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Nothing | Self::NoShard { .. } => {
                Some("a shard is what `agebench run --shard I/N` writes; name the folders of all of them")
            }
            Self::Foreign { .. } => {
                Some("leave it out, or run it again with the dataset, protocol, methods and version of the others")
            }
            Self::Twice { .. } => Some("leave one of them out"),
            Self::Missing { .. } => Some("name their folders too, or run them: agebench run ... --shard I/N"),
            Self::Folder(error) => error.help(),
        }
    }
}
