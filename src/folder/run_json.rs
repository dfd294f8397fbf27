//! run.json: settings, digests, versions, machine, seeds, start and end. The only file of a run with a time in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FolderError, Machine, MergedShard, RowsRecord, RunFolder, ShardRecord, Truth, names};
use crate::dataset::Dataset;
use crate::digest::{Digest, DigestError};
use crate::finding::{Finding, quoted};
use crate::outcome::Outcome;

/// The schema of run.json: keys are only added within a major number, and readers pass over keys they do not know.
pub const RUN_SCHEMA: &str = "agebench-run/1";

/// How schemas begin that the run.json of a release package names.
const OF_PACKAGES: &str = "agebench-package/";

const READS_PACKAGES: &str =
    "this is a release package, which has no rows about people: `agebench verify` and `agebench report` read it";

/// A run.json.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`RUN_SCHEMA`].
    pub schema: String,
    /// The version of agebench that wrote the folder.
    pub tool_version: String,
    /// The verb that wrote it: `run` or `score`.
    pub verb: String,
    /// The effective settings of the verb.
    #[serde(default)]
    pub settings: BTreeMap<String, Value>,
    /// The dataset.
    pub dataset: DatasetRecord,
    /// Which part of its people this is; none where it is everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<ShardRecord>,
    /// The shards that were merged into this run, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shards: Vec<MergedShard>,
    /// What outcomes.csv was when the run ended; none where no row was kept, and of answers recorded elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<RowsRecord>,
    /// What truth.csv was when it was written; none where there is none, of answers recorded elsewhere, and of runs that were
    /// begun before it was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truth: Option<RowsRecord>,
    /// The digest of the effective protocol.
    pub protocol_digest: Digest,
    /// The methods, in the order of the run.
    pub methods: Vec<MethodRecord>,
    /// The machine; none for answers that were recorded elsewhere.
    #[serde(default)]
    pub machine: Option<Machine>,
    /// Every seed by its use.
    #[serde(default)]
    pub seeds: BTreeMap<String, u64>,
    /// When the run began, RFC 3339 in UTC.
    #[serde(default)]
    pub started: Option<String>,
    /// When it ended.
    #[serde(default)]
    pub ended: Option<String>,
}

/// The dataset of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// The card's name.
    pub name: String,
    /// The card's version.
    pub version: String,
    /// The digest of the card.
    pub card_digest: Digest,
    /// The digest of the canonical manifest.
    pub manifest_digest: Digest,
    /// The digest of the files that were read; none when no file was read.
    #[serde(default)]
    pub files_digest: Option<Digest>,
    /// The digest of what of the manifest is put to methods; none of a run before it was written down, and of no run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs_digest: Option<Digest>,
    /// Listed samples.
    pub samples: u64,
    /// Listed subjects; a sample without a subject is its own.
    pub subjects: u64,
    /// The effective precision of the ages.
    pub age_precision: String,
    /// The filter in words; empty when all samples are listed.
    #[serde(default)]
    pub pick: String,
}

impl DatasetRecord {
    /// The record of `dataset`, whose truth is `truth`; no file read yet, and no filter.
    ///
    /// # Errors
    /// Never in practice: every card can be written as JSON.
    pub fn of(dataset: &Dataset, truth: &Truth) -> Result<Self, DigestError> {
        let card = dataset.card();
        let ranks = truth.rows().map(|row| u64::from(row.subject_rank) + 1);
        Ok(Self {
            name: card.name.clone(),
            version: card.version.clone(),
            card_digest: card.digest()?,
            manifest_digest: dataset.manifest_digest(),
            files_digest: None,
            inputs_digest: None,
            samples: truth.len() as u64,
            subjects: ranks.max().unwrap_or(0),
            age_precision: dataset.precision().word().to_owned(),
            pick: String::new(),
        })
    }
}

/// The version of recorded answers of which nobody stated the method's.
pub const UNSTATED_VERSION: &str = "recorded";

/// One method of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodRecord {
    /// The card's name, as in the column `method`.
    pub name: String,
    /// `estimation`, `verification`, `inference` or `declaration`.
    pub kind: String,
    /// The card's version.
    pub version: String,
    /// How it was reached: `onnx`, `command`, `http`, `replay`, `declared`, `waterfall`.
    pub adapter: String,
    /// The digest of the card and the files that it names.
    pub digest: Digest,
    /// SHA-256 of those files, in the order of the card; of a waterfall the digests of its stages. With them the digest
    /// follows from the card. None of runs that were made before they were noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<Digest>>,
    /// Engine and decoder with their versions; empty where there is none.
    #[serde(default)]
    pub engine: String,
    /// The card's file in `cards/`.
    pub card: String,
    /// What the method returned beyond its answers: the name of each such field, and in how many attempts. Those whose names
    /// are not repeated are one, [`crate::outcome::UNNAMED`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra_fields: BTreeMap<String, u64>,
    /// What went to the service and came from it; none for a method that is no service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRecord>,
    /// The method's own word on its times, beside ours; none where it gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_times: Option<ClaimedTimes>,
    /// The stages of a waterfall, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageRecord>,
}

/// What went to a service and came from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    /// Where it is, without what stands after a `?`.
    pub address: String,
    /// Whether it was reached over TLS.
    pub tls: bool,
    /// Requests, those made again and those that followed a redirect included.
    pub requests: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Bytes sent, connections and headers included.
    pub bytes_sent: u64,
    /// Bytes received, connections and headers included.
    pub bytes_received: u64,
}

impl ServiceRecord {
    /// This and what went to the same service in another process.
    #[must_use]
    pub fn plus(self, other: &Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            redirects: self.redirects.saturating_add(other.redirects),
            bytes_sent: self.bytes_sent.saturating_add(other.bytes_sent),
            bytes_received: self.bytes_received.saturating_add(other.bytes_received),
            ..self
        }
    }
}

/// What a method says of its own times, which nobody checked, beside what passed by our clock: sums over the attempts of
/// which it said anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClaimedTimes {
    /// Attempts of which it said a time.
    pub attempts: u64,
    /// Nanoseconds that it says it prepared.
    pub prepare_ns: u64,
    /// Nanoseconds that it says it took to answer.
    pub answer_ns: u64,
    /// Nanoseconds from the end of the question to the end of the answer, by our clock.
    pub measured_ns: u64,
}

impl ClaimedTimes {
    /// Adds what was said with `outcome`.
    pub fn add(&mut self, outcome: &Outcome) {
        let nanos = |time: Option<Duration>| time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        let [prepare, answer] = outcome.claimed.map(nanos);
        self.attempts += 1;
        self.prepare_ns = self.prepare_ns.saturating_add(prepare);
        self.answer_ns = self.answer_ns.saturating_add(answer);
        self.measured_ns = self.measured_ns.saturating_add(nanos(outcome.answer_time));
    }
}

/// One stage of a waterfall.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StageRecord {
    /// The name in the card of its method; empty where only rates are known.
    #[serde(default)]
    pub name: String,
    /// How it was reached.
    #[serde(default)]
    pub adapter: String,
    /// The digest of its method.
    #[serde(default)]
    pub digest: Option<Digest>,
    /// As [`MethodRecord::files`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<Digest>>,
    /// The card's file in `cards/`.
    #[serde(default)]
    pub card: String,
    /// People below the limit who pass this stage, of how many, where only rates are known.
    #[serde(default)]
    pub under_age_passes: Option<[u64; 2]>,
    /// People at or above the limit who are denied, of how many, where only rates are known.
    #[serde(default)]
    pub adult_denials: Option<[u64; 2]>,
    /// What went to the service and came from it, where the stage is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRecord>,
}

impl RunRecord {
    /// The run.json of `folder`, which is that of a whole run that came to its end.
    ///
    /// # Errors
    /// As [`RunRecord::read_begun`] and [`RunRecord::is_finished`].
    pub fn read(folder: &RunFolder) -> Result<Self, FolderError> {
        let record = Self::read_begun(folder)?;
        record.is_finished(folder).map(|()| record)
    }

    /// The run.json of `folder`, which is that of a whole run, be it at its end or not.
    ///
    /// # Errors
    /// It cannot be read or is of another schema; [`FolderError::Shard`] when the folder is a part of a run.
    pub fn read_begun(folder: &RunFolder) -> Result<Self, FolderError> {
        let record = Self::read_any(folder)?;
        match &record.shard {
            None => Ok(record),
            Some(part) => Err(FolderError::Shard { path: folder.path().to_owned(), shard: part.shard }),
        }
    }

    /// The run.json of `folder`, whether it is that of a whole run or of a shard.
    ///
    /// # Errors
    /// It cannot be read or is of another schema.
    pub fn read_any(folder: &RunFolder) -> Result<Self, FolderError> {
        #[derive(Deserialize)]
        struct Named {
            schema: String,
        }
        let text = folder.read_text(names::RUN)?;
        let wrong = |source| FolderError::Json { path: folder.file(names::RUN), source };
        // Another schema may lack what this one needs.
        let Named { schema } = serde_json::from_str(&text).map_err(wrong)?;
        if schema != RUN_SCHEMA {
            let text = format!("the schema is {}: expected `{RUN_SCHEMA}`", quoted(&schema));
            let finding = Finding::error(names::RUN, text);
            let finding = if schema.starts_with(OF_PACKAGES) { finding.help(READS_PACKAGES) } else { finding };
            return Err(FolderError::Unusable(finding.into()));
        }
        let record: Self = serde_json::from_str(&text).map_err(wrong)?;
        record.names_its_cards().map(|()| record)
    }

    /// Whether every card is a file of `cards/`: whoever made the folder wrote the names, and cards are copied by them.
    fn names_its_cards(&self) -> Result<(), FolderError> {
        let is_file = |card: &str| card.ends_with(".toml") && Path::new(card).file_name() == Some(OsStr::new(card));
        match self.cards().find(|card| !is_file(card)) {
            None => Ok(()),
            Some(card) => {
                let text = format!(
                    "the card {} is no file of {}/: expected a name such as `method-1-a.toml`",
                    quoted(card),
                    names::CARDS
                );
                Err(FolderError::Unusable(Finding::error(names::RUN, text).into()))
            }
        }
    }

    /// Whether what was made in `folder` came to its end; recorded answers have none of their own.
    ///
    /// # Errors
    /// [`FolderError::Unfinished`].
    pub fn is_finished(&self, folder: &RunFolder) -> Result<(), FolderError> {
        if self.ended.is_some() || !["run", "merge", "footprint"].contains(&self.verb.as_str()) {
            return Ok(());
        }
        Err(FolderError::Unfinished { path: folder.path().to_owned(), goes_on: self.goes_on() })
    }

    /// Whether it goes on with `--resume` when it is broken off.
    pub(super) fn goes_on(&self) -> bool {
        self.verb == "run" && !self.settings.contains_key("retain")
    }

    /// The names of all cards in the folder, that of the dataset last.
    pub fn cards(&self) -> impl Iterator<Item = &str> {
        let stages = self.methods.iter().flat_map(|method| &method.stages).map(|stage| stage.card.as_str());
        let cards = self.methods.iter().map(|method| method.card.as_str()).chain(stages);
        cards.filter(|card| !card.is_empty()).chain([names::DATASET_CARD])
    }

    /// Writes the run.json of `folder`.
    ///
    /// # Errors
    /// [`FolderError::Write`].
    pub fn write(&self, folder: &RunFolder) -> Result<(), FolderError> {
        let json = serde_json::to_string_pretty(self)
            .map_err(|source| FolderError::Json { path: folder.file(names::RUN), source })?;
        folder.write(names::RUN, format!("{json}\n").as_bytes(), false)
    }
}
