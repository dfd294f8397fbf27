//! The run folder of a recorded file.

use std::collections::BTreeMap;
use std::io;

use serde_json::json;

use super::{Key, Recording};
use crate::age::AgeLimit;
use crate::dataset::{Dataset, DatasetCard, slug};
use crate::digest::Digest;
use crate::folder::{
    AttemptKey, DatasetRecord, MethodRecord, OutcomeWriter, RUN_SCHEMA, RunFolder, RunRecord, Timings, Truth, names,
};
use crate::outcome::Outcome;
use crate::score::ScoreError;

/// Everything that goes into the folder.
pub(super) struct Made<'m> {
    pub recording: &'m Recording<'m>,
    pub dataset: &'m Dataset,
    pub truth: &'m Truth,
    pub methods: &'m [String],
    pub outcomes: &'m [u8],
}

impl Made<'_> {
    /// Writes it. `file` is the recorded file's name, `content` its digest.
    pub fn write(&self, file: &str, content: Digest) -> Result<RunFolder, ScoreError> {
        let recording = self.recording;
        let mut truth = Vec::new();
        // A Vec takes everything.
        self.truth.write(&mut truth).map_err(|source| ScoreError::Read { path: recording.file.to_owned(), source })?;
        let kind = recording.method_kind.unwrap_or("estimation");
        let mut methods = Vec::new();
        let mut cards = Vec::new();
        for (place, name) in self.methods.iter().enumerate() {
            let card = format!("method-{}-{}.toml", place + 1, slug(name));
            let text = method_card(name, kind, content);
            let parsed = json!({ "name": name, "kind": kind, "version": "recorded", "replay": {} });
            methods.push(MethodRecord {
                name: name.clone(),
                kind: kind.to_owned(),
                version: "recorded".to_owned(),
                adapter: "replay".to_owned(),
                digest: Digest::of_parsed("method", &parsed, &[content])?,
                engine: String::new(),
                card: card.clone(),
            });
            cards.push((card, text));
        }
        let columns: BTreeMap<&str, &str> =
            recording.columns.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str())).collect();
        let settings = [
            ("file", json!(file)),
            ("file_sha256", json!(content)),
            ("columns", json!(columns)),
            ("groups", json!(recording.groups)),
            ("keep_ids", json!(recording.keep_ids)),
        ];
        let record = RunRecord {
            schema: RUN_SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            verb: "score".to_owned(),
            settings: settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            dataset: DatasetRecord::of(self.dataset, self.truth)?,
            protocol_digest: crate::score::digest(recording.protocol)?,
            methods,
            machine: None,
            seeds: [("protocol".to_owned(), recording.protocol.seed)].into_iter().collect(),
            started: recording.now.clone(),
            ended: recording.now.clone(),
        };
        let folder = RunFolder::prepare(recording.out, recording.existing)?;
        folder.write(names::TRUTH, &truth, true)?;
        folder.write(names::OUTCOMES, self.outcomes, true)?;
        folder.write(names::PROTOCOL, recording.protocol.to_toml().as_bytes(), false)?;
        folder.write_card(names::DATASET_CARD, self.dataset.card_text())?;
        for (name, text) in &cards {
            folder.write_card(name, text)?;
        }
        record.write(&folder)?;
        Ok(folder)
    }
}

/// A dataset.toml for `card`.
pub(super) fn dataset_card(card: &DatasetCard) -> String {
    let mut text = String::from("# Made by `agebench score` from a recorded file.\n");
    let mut key = |name: &str, value: toml::Value| {
        text.push_str(&format!("{name} = {value}\n"));
    };
    key("name", card.name.clone().into());
    key("version", card.version.clone().into());
    key("label_kind", card.label_kind.word().into());
    if let Some(precision) = card.age_precision {
        key("age_precision", precision.word().into());
    }
    key("sampling", card.sampling.word().into());
    key("groups", card.groups.clone().into());
    if let Some(species) = &card.attack_species {
        key("attack_species", species.clone().into());
    }
    text
}

fn method_card(name: &str, kind: &str, content: Digest) -> String {
    let (name, kind) = (toml::Value::from(name), toml::Value::from(kind));
    format!(
        "# Made by `agebench score`: the answers were recorded elsewhere.\nname = {name}\nkind = {kind}\n\
         version = \"recorded\"\n\n[replay]\nsha256 = \"{content}\"\n"
    )
}

/// outcomes.csv in memory.
pub(super) struct Outcomes<'o> {
    truth: &'o Truth,
    methods: &'o [String],
    writer: io::Result<OutcomeWriter<Vec<u8>>>,
}

impl<'o> Outcomes<'o> {
    pub fn new(truth: &'o Truth, methods: &'o [String], limits: &[AgeLimit]) -> Self {
        Self { truth, methods, writer: OutcomeWriter::new(Vec::new(), limits, Timings::Left) }
    }

    pub fn write(&mut self, key: &Key, outcome: &Outcome) {
        let (Some(row), Some(method)) =
            (self.truth.rows().get(key.sample as usize), self.methods.get(key.method as usize))
        else {
            return;
        };
        let key = AttemptKey { sample_id: &row.sample_id, subject_id: &row.subject_id, method };
        if let Ok(writer) = &mut self.writer
            && let Err(error) = writer.write(&key, outcome, None)
        {
            self.writer = Err(error);
        }
    }

    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.writer?.finish()
    }
}
