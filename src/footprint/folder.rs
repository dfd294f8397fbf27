//! The run folder of a footprint, written as the attempts come.

use std::collections::BTreeMap;
use std::fs::File;

use serde_json::json;

use super::attempts::End;
use super::{FootprintError, Request};
use crate::clock::Clock;
use crate::dataset::FilesDigest;
use crate::digest::Digest;
use crate::folder::{
    AttemptKey, DatasetRecord, FolderError, FootprintWriter, Journal, Observed, OutcomeWriter, Pseudonyms, RUN_SCHEMA,
    RowsRecord, RunFolder, RunRecord, Timings, Truth, count_extra, create_private, names,
};
use crate::outcome::Outcome;
use crate::run::{Summary, is_failure};

/// A folder that is being written.
pub(super) struct Writing {
    folder: RunFolder,
    method: String,
    truth: Truth,
    record: RunRecord,
    outcomes: OutcomeWriter<File>,
    observations: FootprintWriter<File>,
    files: FilesDigest,
    extra: BTreeMap<String, u64>,
    summary: Summary,
}

impl Writing {
    /// Prepares the folder of `request` and writes what is known before the first attempt.
    pub fn begin(request: &Request<'_>, clock: &dyn Clock) -> Result<Self, FootprintError> {
        let folder = RunFolder::prepare(request.out, request.existing)?.claimed()?;
        let truth = Truth::of(request.dataset, &Pseudonyms::of(request.dataset, request.keep_ids));
        let of_truth = truth.write_into(&folder)?;
        folder.write(names::PROTOCOL, request.protocol.to_toml().as_bytes(), false)?;
        folder.write_card(names::DATASET_CARD, request.dataset.card_text())?;
        let method = request.method.record(0);
        request.method.write_cards(&method, &folder)?;
        let name = method.name.clone();
        let hosts: Vec<String> = request.hosts.iter().map(|(name, port)| format!("{name}:{port}")).collect();
        let settings = [
            ("allow_hosts".to_owned(), json!(hosts)),
            ("keep_ids".to_owned(), json!(request.keep_ids)),
            ("timeout_seconds".to_owned(), json!(request.time_limit.as_secs_f64())),
        ];
        let record = RunRecord {
            schema: RUN_SCHEMA.to_owned(),
            tool_version: crate::VERSION.to_owned(),
            verb: "footprint".to_owned(),
            settings: BTreeMap::from(settings),
            dataset: DatasetRecord { pick: request.pick.clone(), ..DatasetRecord::of(request.dataset, &truth)? },
            shard: None,
            shards: Vec::new(),
            outcomes: None,
            truth: Some(of_truth),
            protocol_digest: Digest::of_parsed("protocol", &request.protocol.canonical_json(), &[])?,
            methods: vec![method],
            machine: Some(request.machine.clone()),
            seeds: BTreeMap::from([("protocol".to_owned(), request.protocol.seed)]),
            started: Some(clock.wall().to_string()),
            ended: None,
        };
        record.write(&folder)?;
        let outcomes = create_private(&folder.file(names::OUTCOMES_PART))?;
        let outcomes = OutcomeWriter::new(outcomes, &request.protocol.limits, Timings::Written);
        let outcomes = outcomes.map_err(failed(&folder, names::OUTCOMES_PART))?;
        let observations = FootprintWriter::new(create_private(&folder.file(names::FOOTPRINT))?);
        let observations = observations.map_err(failed(&folder, names::FOOTPRINT))?;
        let files = FilesDigest::new(request.dataset);
        let summary = Summary { asked: request.dataset.samples().len(), ..Summary::default() };
        Ok(Self { folder, method: name, truth, record, outcomes, observations, files, extra: BTreeMap::new(), summary })
    }

    /// Adds the attempt on the sample at `place`, whose file has the digest `content`, with what was `found` about it.
    pub fn attempt(
        &mut self,
        place: usize,
        outcome: &Outcome,
        content: Option<Digest>,
        found: &[Observed],
    ) -> Result<(), FolderError> {
        let Some(row) = self.truth.row(place) else { return Ok(()) };
        let (sample_id, subject_id) = (row.sample_id.to_string(), row.subject_id.to_string());
        let method = &self.method;
        let digest = content.map(|content| content.short());
        let key = AttemptKey { sample_id: &sample_id, subject_id: &subject_id, method };
        self.outcomes.write(&key, outcome, digest.as_deref()).map_err(failed(&self.folder, names::OUTCOMES_PART))?;
        if let Some(content) = content {
            self.files.add(place, content);
        }
        count_extra(&mut self.extra, outcome, true);
        self.summary.attempts += 1;
        self.summary.failed += usize::from(is_failure(outcome));
        for observed in found {
            let observed = if observed.sample_id.is_empty() {
                observed.clone().of_sample(&sample_id)
            } else {
                self.named(observed)
            };
            self.observations.write(&self.method, &observed).map_err(failed(&self.folder, names::FOOTPRINT))?;
        }
        Ok(())
    }

    /// `observed` with the id of its sample, where a number stands for it.
    fn named(&self, observed: &Observed) -> Observed {
        let number = observed.sample_id.strip_prefix('#').and_then(|number| number.parse().ok());
        match number.and_then(|place| self.truth.row(place)) {
            Some(row) => observed.clone().of_sample(&row.sample_id.to_string()),
            None => observed.clone(),
        }
    }

    /// Adds what is about no single attempt.
    pub fn whole(&mut self, found: &[Observed]) -> Result<(), FolderError> {
        let method = &self.method;
        let named: Vec<Observed> = found.iter().map(|observed| self.named(observed)).collect();
        let mut write = named.iter().map(|observed| self.observations.write(method, observed));
        write.try_for_each(|written| written).map_err(failed(&self.folder, names::FOOTPRINT))
    }

    /// Completes the folder where all attempts were made; else its rows stay in outcomes.csv.part, and run.json has no end.
    pub fn finish(
        mut self,
        request: &Request<'_>,
        clock: &dyn Clock,
        ended: Result<End, FootprintError>,
    ) -> Result<(RunFolder, Summary), FootprintError> {
        let folder = self.folder;
        let written = self.outcomes.finish().and_then(|file| file.sync_all());
        written.map_err(failed(&folder, names::OUTCOMES_PART))?;
        self.observations.finish().map_err(failed(&folder, names::FOOTPRINT))?;
        let seen = request.method.seen(&request.scratch);
        if let Some(method) = self.record.methods.first_mut() {
            seen.note(method);
            seen.write_words(method, &folder)?;
            method.extra_fields = self.extra;
        }
        if let Some(place) = seen.copies() {
            self.record.settings.insert("copies".to_owned(), json!(place));
        }
        self.record.dataset.files_digest = Some(self.files.finish(request.dataset));
        if matches!(ended, Ok(End::Done)) {
            self.record.ended = Some(clock.wall().to_string());
            let rows = self.summary.attempts as u64;
            self.record.outcomes = Some(RowsRecord::of(&folder.file(names::OUTCOMES_PART), rows)?);
            self.record.write(&folder)?;
            Journal::finish(&folder)?;
        } else {
            self.record.write(&folder)?;
        }
        self.summary.interrupted = ended? == End::Interrupted;
        Ok((folder, self.summary))
    }
}

/// A failure to write the file `name` of `folder`.
fn failed(folder: &RunFolder, name: &str) -> impl FnOnce(std::io::Error) -> FolderError + use<> {
    let path = folder.file(name);
    move |source| FolderError::Write { path, source }
}
