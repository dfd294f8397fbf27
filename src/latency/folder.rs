//! The run folder of a latency measurement: everything but its rows.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::Plan;
use crate::clock::Clock;
use crate::dataset::Dataset;
use crate::digest::{Digest, DigestError};
use crate::folder::{
    DatasetRecord, Existing, FolderError, LatencyWriter, Machine, Observation, RUN_SCHEMA, RunFolder, RunRecord, Truth,
    create_private, names,
};
use crate::protocol::Protocol;
use crate::run::{RunMethod, Seen};

/// A measurement to be written.
pub struct Measured<'a> {
    /// What each start did.
    pub plan: &'a Plan,
    /// Starts of the process.
    pub starts: u32,
    /// The samples.
    pub dataset: &'a Dataset,
    /// Their truth, ids as printed.
    pub truth: &'a Truth,
    /// Whether ids are written as they are, instead of pseudonyms.
    pub keep_ids: bool,
    /// The filter in words; empty when all samples are listed.
    pub pick: String,
    /// The protocol, for limits and groups.
    pub protocol: &'a Protocol,
    /// The method, as it was loaded to be looked at.
    pub method: &'a RunMethod,
    /// What the starts showed of it.
    pub seen: &'a Seen,
    /// The machine.
    pub machine: Machine,
    /// Share of the processors that others used before.
    pub busy: Option<f64>,
    /// The least step of the clock.
    pub clock_step: std::time::Duration,
    /// When it began, as the clock said.
    pub started: String,
}

/// Why a measurement could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl Measured<'_> {
    /// Writes the folder with all `observations`, which no other process writes as long as what is given is held. run.json comes
    /// last: a folder without it is no result.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(
        &self,
        out: &Path,
        existing: Existing,
        observations: &[Observation],
        clock: &dyn Clock,
    ) -> Result<RunFolder, WriteError> {
        let folder = RunFolder::prepare(out, existing)?.claimed()?;
        let failed = |name: &str| {
            let path = folder.file(name);
            move |source| FolderError::Write { path: path.clone(), source }
        };
        let truth = self.truth.write_into(&folder)?;
        folder.write(names::PROTOCOL, self.protocol.to_toml().as_bytes(), false)?;
        folder.write_card(names::DATASET_CARD, self.dataset.card_text())?;
        let mut method = self.method.record(0);
        self.seen.note(&mut method);
        self.method.write_cards(&method, &folder)?;
        self.seen.write_words(&method, &folder)?;
        let file = create_private(&folder.file(names::LATENCY))?;
        let write = || {
            let mut writer = LatencyWriter::new(file)?;
            observations.iter().try_for_each(|observation| writer.write(&method.name, observation))?;
            writer.finish()
        };
        write().map_err(failed(names::LATENCY))?;
        let record = RunRecord {
            schema: RUN_SCHEMA.to_owned(),
            tool_version: crate::VERSION.to_owned(),
            verb: "latency".to_owned(),
            settings: self.settings(),
            dataset: DatasetRecord { pick: self.pick.clone(), ..DatasetRecord::of(self.dataset, self.truth)? },
            shard: None,
            shards: Vec::new(),
            outcomes: None,
            truth: Some(truth),
            protocol_digest: Digest::of_parsed("protocol", &self.protocol.canonical_json(), &[])?,
            methods: vec![method],
            machine: Some(self.machine.clone()),
            seeds: BTreeMap::from([("protocol".to_owned(), self.protocol.seed)]),
            started: Some(self.started.clone()),
            ended: Some(clock.wall().to_string()),
        };
        record.write(&folder)?;
        Ok(folder)
    }

    fn settings(&self) -> BTreeMap<String, Value> {
        let plan = self.plan;
        let settings = [
            ("attempts", json!(plan.attempts)),
            ("busy", json!(self.busy)),
            ("clock_step_ns", json!(u64::try_from(self.clock_step.as_nanos()).unwrap_or(u64::MAX))),
            ("jobs", json!(plan.jobs)),
            ("keep_ids", json!(self.keep_ids)),
            ("rate", json!(plan.rate)),
            ("starts", json!(self.starts)),
            ("timeout_seconds", json!(plan.time_limit.as_secs_f64())),
            ("warm_up", json!(plan.warm_up)),
        ];
        let copies = self.seen.copies().map(|place| ("copies", json!(place)));
        settings.into_iter().chain(copies).map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
