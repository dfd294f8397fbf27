//! What a tally file says of the run that was tallied, so that only shards of one run are added.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::folder::RunRecord;

/// What of a run stands in no other place of the head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfRun {
    tool_version: String,
    card_digest: Digest,
    inputs_digest: Option<Digest>,
    timeout_seconds: Option<Value>,
    decoder: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    isolate: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<Value>,
}

impl OfRun {
    /// Of answers that were recorded elsewhere there is nothing to say.
    pub(super) fn of(record: &RunRecord) -> Option<Self> {
        let setting = |name: &str| record.settings.get(name).cloned();
        (record.verb == "run").then(|| Self {
            tool_version: record.tool_version.clone(),
            card_digest: record.dataset.card_digest,
            inputs_digest: record.dataset.inputs_digest,
            timeout_seconds: setting("timeout_seconds"),
            decoder: setting("decoder"),
            isolate: setting("isolate"),
            memory_bytes: setting("memory_bytes").filter(|bytes| !bytes.is_null()),
        })
    }

    /// What is not the same in the run of `other`, if anything.
    pub(super) fn differs(&self, other: &Self) -> Option<&'static str> {
        let inputs = self.inputs_digest.zip(other.inputs_digest);
        [
            ("the version of agebench that ran", self.tool_version != other.tool_version),
            ("the dataset's card", self.card_digest != other.card_digest),
            (
                "what was put to methods (samples in their order, face boxes, columns lent)",
                inputs.is_some_and(|(own, their)| own != their),
            ),
            ("the setting `timeout_seconds`", self.timeout_seconds != other.timeout_seconds),
            ("the setting `decoder`", self.decoder != other.decoder),
            ("the setting `isolate`", self.isolate != other.isolate),
            ("the setting `memory_bytes`", self.memory_bytes != other.memory_bytes),
        ]
        .into_iter()
        .find_map(|(what, differs)| differs.then_some(what))
    }
}
