//! The run folder of a recorded file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};

use serde_json::json;

use super::outcomes::Outcomes;
use super::{Order, Recording};
use crate::dataset::{Dataset, DatasetCard, slug};
use crate::digest::{Digest, DigestError, Hashing};
use crate::folder::{
    AttemptKey, DatasetRecord, MethodRecord, OutcomeWriter, RUN_SCHEMA, RowsRecord, RunFolder, RunRecord, Timings,
    Truth, UNSTATED_VERSION, names,
};
use crate::recorded::is_of_answer;
use crate::score::ScoreError;
use crate::sheet::in_order;

/// Rows that one task writes.
const ROWS: usize = 1 << 13;

/// Everything that goes into the folder.
pub(super) struct Made<'m> {
    pub recording: &'m Recording<'m>,
    pub dataset: &'m Dataset,
    pub truth: &'m Truth,
    pub methods: &'m [String],
    pub order: &'m Order,
    pub outcomes: &'m Outcomes,
}

impl Made<'_> {
    /// Writes it. `file` is the recorded file's name, `content` its digest.
    pub fn write(&self, file: &str, content: Digest) -> Result<(RunFolder, RunRecord), ScoreError> {
        let recording = self.recording;
        let kind = recording.method_kind.unwrap_or("estimation");
        let version = recording.method_version.unwrap_or(UNSTATED_VERSION);
        let mut methods = Vec::new();
        let mut cards = Vec::new();
        for (place, name) in self.methods.iter().enumerate() {
            let card = format!("method-{}-{}.toml", place + 1, slug(name));
            let text = method_card([name, kind, version], file, recording.columns, content);
            methods.push(MethodRecord {
                name: name.clone(),
                kind: kind.to_owned(),
                version: version.to_owned(),
                adapter: "replay".to_owned(),
                digest: recorded_digest([name, kind, version], content)?,
                files: Some(vec![content]),
                engine: String::new(),
                card: card.clone(),
                extra_fields: std::collections::BTreeMap::new(),
                service: None,
                claimed_times: None,
                stages: Vec::new(),
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
        let mut record = RunRecord {
            schema: RUN_SCHEMA.to_owned(),
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            verb: "score".to_owned(),
            settings: settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            dataset: DatasetRecord::of(self.dataset, self.truth)?,
            shard: None,
            shards: Vec::new(),
            outcomes: None,
            truth: None,
            protocol_digest: crate::score::digest(recording.protocol)?,
            methods,
            machine: None,
            seeds: [("protocol".to_owned(), recording.protocol.seed)].into_iter().collect(),
            started: recording.now.clone(),
            ended: recording.now.clone(),
        };
        let folder = RunFolder::prepare(recording.out, recording.existing)?;
        let write_truth = || self.truth.write_into(&folder);
        let write_outcomes = || folder.write_with(names::OUTCOMES, true, |file| self.write_outcomes(file));
        let (truth, outcomes) = rayon::join(write_truth, write_outcomes);
        (record.truth, record.outcomes) = (Some(truth?), Some(outcomes?));
        folder.write(names::PROTOCOL, recording.protocol.to_toml().as_bytes(), false)?;
        folder.write_card(names::DATASET_CARD, self.dataset.card_text())?;
        for (name, text) in &cards {
            folder.write_card(name, text)?;
        }
        record.write(&folder)?;
        Ok((folder, record))
    }

    /// outcomes.csv: rows in the order of truth.csv, within a sample in the order of the methods.
    fn write_outcomes(&self, file: &mut File) -> io::Result<RowsRecord> {
        let mut file = Hashing::new(file);
        let limits = &self.recording.protocol.limits;
        file.write_all(&OutcomeWriter::new(Vec::new(), limits, Timings::Left)?.finish()?)?;
        let write = |places: std::ops::Range<usize>| -> io::Result<Vec<u8>> {
            let mut writer = OutcomeWriter::go_on(Vec::new(), limits, Timings::Left, false);
            let mut digits = [[0; 16]; 2];
            let [of_sample, of_subject] = &mut digits;
            for key in places.filter_map(|place| self.order.get(place)) {
                let (sample, subject) =
                    (self.truth.sample_id(key.sample as usize), self.truth.subject_id(key.sample as usize));
                let Some(outcome) = self.outcomes.get(key.place as usize) else { continue };
                let key = AttemptKey {
                    sample_id: sample.text(of_sample),
                    subject_id: subject.text(of_subject),
                    method: self.methods.get(key.method as usize).map_or("", String::as_str),
                };
                writer.write(&key, &outcome, None)?;
            }
            writer.finish()
        };
        in_order(self.outcomes.len(), ROWS, write, |rows| file.write_all(&rows?))?;
        Ok(RowsRecord { rows: self.outcomes.len() as u64, sha256: file.finish().1 })
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

/// The digest of a method whose answers were recorded in a file with the digest `content`: its card is made, and so no
/// other key of it enters.
pub(in crate::score) fn recorded_digest(
    [name, kind, version]: [&str; 3],
    content: Digest,
) -> Result<Digest, DigestError> {
    let parsed = json!({ "name": name, "kind": kind, "version": version, "replay": {} });
    Digest::of_parsed("method", &parsed, &[content])
}

fn method_card([name, kind, version]: [&str; 3], file: &str, columns: &[(String, String)], content: Digest) -> String {
    let [name, kind, version, file] = [name, kind, version, file].map(toml::Value::from);
    let mut text = format!(
        "# Made by `agebench score`: the answers were recorded elsewhere. Beside that file, and with a dataset that holds the\n\
         # truth, `agebench run` plays them back.\nname = {name}\nkind = {kind}\nversion = {version}\n\n[replay]\n\
         file = {file}\nsha256 = \"{content}\"\n"
    );
    let columns = columns_of_answers(columns);
    if !columns.is_empty() {
        text.push_str("\n[replay.columns]\n");
        for (ours, theirs) in columns {
            text.push_str(&format!("{ours} = {}\n", toml::Value::from(theirs)));
        }
    }
    text
}

/// What a card says of the columns of a file whose truth stands elsewhere: those of the answers, as mapped; and left out
/// where a column that bears one of our names was the truth.
fn columns_of_answers(said: &[(String, String)]) -> BTreeMap<String, String> {
    let mapped = said.iter().filter(|(ours, _)| is_of_answer(ours)).cloned();
    let taken = said.iter().filter(|(ours, theirs)| {
        !is_of_answer(ours) && is_of_answer(theirs) && !said.iter().any(|(other, _)| other == theirs)
    });
    let left_out = taken.map(|(_, theirs)| (theirs.clone(), String::new()));
    mapped.chain(left_out).collect()
}
