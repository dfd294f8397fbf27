//! Shards: parts of the people of a dataset that are run apart, and what run.json says of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Machine, Truth};
use crate::digest::Digest;

/// One of several parts of the people: those whose rank leaves `index - 1` when divided by `of`. All samples of a subject
/// are in one shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// The shard `index`, from 1, of `of`; `None` unless there is such a one.
    #[must_use]
    pub fn new(index: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&index).then_some(Self { index, of })
    }

    /// Which shard it is, from 1.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many shards there are.
    #[must_use]
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether the subject of this rank is in it.
    #[must_use]
    pub fn holds(self, subject_rank: u32) -> bool {
        subject_rank % self.of == self.index - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Written plainly, as a shard says itself: `+1/3` and `01/03` are slips, or another notation.
        let number = |text: &str| text.parse().ok().filter(|number: &u32| number.to_string() == text);
        let parts = text.split_once('/').and_then(|(index, of)| Some((number(index)?, number(of)?)));
        parts
            .and_then(|(index, of)| Self::new(index, of))
            .ok_or_else(|| format!("`{text}` is not I/N, such as 1/16 for the first of sixteen"))
    }
}

/// What run.json of a shard says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShardRecord {
    /// Which shard it is.
    #[serde(flatten)]
    pub shard: Shard,
    /// Samples in it.
    pub samples: u64,
    /// Subjects in it.
    pub subjects: u64,
    /// The largest weight among all listed samples, in this shard or not; none where all weigh the same.
    #[serde(default)]
    pub largest_weight: Option<f64>,
    /// Whether clusters stand for subjects in the manifest.
    #[serde(default)]
    pub clustered: bool,
    /// The cells of each group, condition and `split` among all listed samples, ascending.
    #[serde(default)]
    pub levels: BTreeMap<String, Vec<String>>,
}

impl ShardRecord {
    /// What there is to say of `shard` of the dataset whose truth is `whole`, if `own` is that of the shard.
    #[must_use]
    pub fn of(shard: Shard, whole: &Truth, own: &Truth) -> Self {
        let mut ranks: Vec<u32> = own.rows().map(|row| row.subject_rank).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let levels = whole.columns().iter().filter(|column| column.name() != "species").map(|column| {
            let mut levels: Vec<String> = column.levels().iter().map(|level| level.to_string()).collect();
            levels.sort_unstable();
            (column.name().to_owned(), levels)
        });
        Self {
            shard,
            samples: own.len() as u64,
            subjects: ranks.len() as u64,
            largest_weight: whole.largest_weight(),
            clustered: whole.is_clustered(),
            levels: levels.collect(),
        }
    }
}

/// What run.json of a merged run says of one of its shards: all that may differ between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MergedShard {
    /// Which shard it was, from 1.
    pub index: u32,
    /// Samples in it.
    pub samples: u64,
    /// Subjects in it.
    pub subjects: u64,
    /// Its effective settings, where they are not those of all shards.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Value>,
    /// The digest of the files that were read for it: as of the whole dataset, the lines of all other samples without one.
    #[serde(default)]
    pub files_digest: Option<Digest>,
    /// The machine on which it was run, at its last start, where not all shards were run on one like it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// When it began, RFC 3339 in UTC.
    #[serde(default)]
    pub started: Option<String>,
    /// When it ended.
    #[serde(default)]
    pub ended: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_is_in_exactly_one_shard_and_no_other_text_is_one() {
        for of in 1..=9 {
            for rank in 0..40 {
                let holding: Vec<u32> = (1..=of).filter(|index| Shard::new(*index, of).unwrap().holds(rank)).collect();
                assert_eq!(holding, [rank % of + 1]);
            }
        }
        assert_eq!("3/8".parse::<Shard>().unwrap().to_string(), "3/8");
        for text in
            ["", "3", "0/8", "9/8", "3/0", "-1/8", "1/8/2", "1 / 8", "auto", "1/4294967296", "+1/3", "01/03", "1/+3"]
        {
            assert!(text.parse::<Shard>().unwrap_err().contains("is not I/N"), "{text}");
        }
    }
}
