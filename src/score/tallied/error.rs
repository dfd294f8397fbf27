//! Why a tally file cannot be used.

use crate::protocol::ProtocolError;
use crate::tally::TallyError;

/// Why a tally file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TalliedError {
    /// There is no such shard.
    #[error("there is no shard {shard} of {shards}: expected 1/{shards} to {shards}/{shards}")]
    NoShard {
        /// The shard asked for.
        shard: u32,
        /// How many there are.
        shards: u32,
    },
    /// A folder that is a shard itself is dealt into shards.
    #[error("the folder is shard {shard} of a run: it is tallied whole")]
    IsShard {
        /// Which shard it is.
        shard: crate::folder::Shard,
    },
    /// Shards of people do not hold clusters together.
    #[error(
        "the manifest has clusters, which stand for people in every interval, and shards do not keep them together"
    )]
    Clustered,
    /// Tallies are of the protocol they were made under.
    #[error("the tallies were made under the folder's own protocol, and no other can be put in its place")]
    OtherProtocol,
    /// Lines are missing.
    #[error("the file is no whole tally file: lines are missing")]
    Short,
    /// Another schema.
    #[error("the schema is `{found}`: expected `{}`", super::TALLY_SCHEMA)]
    Schema {
        /// The schema found.
        found: String,
    },
    /// The digest at its end is not that of the lines before it.
    #[error("the file is damaged: its last line is not the sha-256 of the lines before it")]
    Damaged,
    /// A line that is not what it should be.
    #[error("line {line} is not what a tally file holds there")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The cause.
        source: serde_json::Error,
    },
    /// The protocol in it cannot be used.
    #[error("its protocol cannot be used")]
    Protocol(#[source] ProtocolError),
    /// Tallies of different things.
    #[error("{what} is not the same: only shards of one run under one protocol add up")]
    Other {
        /// What differs.
        what: &'static str,
    },
    /// One of the files was written before tallies told of their run.
    #[error("only one of them says what was run (version, card, time limit): they cannot be held against each other")]
    OneSilent,
    /// A shard twice.
    #[error("shard {shard} of {shards} is in both")]
    Twice {
        /// The shard, from 1.
        shard: u32,
        /// How many there are.
        shards: u32,
    },
    /// Shards are missing.
    #[error("shard {first} of {shards} is missing{}", if *lacking > 1 { format!(", and {} more", lacking - 1) } else { String::new() })]
    Lacking {
        /// The first missing shard.
        first: u32,
        /// How many are missing.
        lacking: usize,
        /// How many there are.
        shards: u32,
    },
    /// Tallies that do not add up.
    #[error(transparent)]
    Tally(#[from] TallyError),
}

impl TalliedError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::IsShard { .. } => Some("leave out --shard"),
            Self::Clustered => Some("join the shards first, with their rows: agebench merge DIR... --out DIR"),
            Self::OtherProtocol => Some("run it again under that protocol, or keep the rows"),
            Self::OneSilent => {
                Some("tally all parts with one version: agebench score DIR --tally FILE, or run them again")
            }
            Self::Lacking { .. } => Some("name the tally files of all shards"),
            _ => None,
        }
    }
}
