//! run.json of a package: what was done, without a machine's name, a path, a time, or a count of people.
//!
//! A list of what is written, key by key: what a run's own run.json gains some day does not come in by itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::disclosure::{Done, Rule};
use super::planned;
use crate::digest::Digest;
use crate::folder::{Machine, RunRecord};

/// The schema of a package's run.json.
pub const PACKAGE_SCHEMA: &str = "agebench-package/1";

/// Settings of a run that are published; all others are of the machine it ran on.
const SETTINGS: [&str; 3] = ["timeout_seconds", "curve", "study"];
/// And of a latency measurement, whose numbers depend on them.
const OF_LATENCY: [&str; 7] = ["attempts", "busy", "clock_step_ns", "jobs", "rate", "starts", "warm_up"];

/// A package's run.json.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackageRecord {
    /// [`PACKAGE_SCHEMA`].
    pub schema: String,
    /// The version of agebench that made the package.
    pub tool_version: String,
    /// The title, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The date, where one was given: the tool never looks at a clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// How counts were protected.
    pub disclosure: DisclosureRecord,
    /// The digest of the protocol.
    pub protocol_digest: Digest,
    /// The datasets.
    pub datasets: Vec<DatasetEntry>,
    /// The methods, stages of waterfalls among them.
    pub methods: Vec<MethodEntry>,
    /// What was done, in the order in which the folders were named.
    pub runs: Vec<RunEntry>,
}

/// How counts were protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisclosureRecord {
    /// The rule's word.
    pub rule: String,
    /// The digests of SHA256SUMS of the earlier releases of the same data that were taken into account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Digest>,
}

impl DisclosureRecord {
    /// The rule.
    ///
    /// # Errors
    /// The word is none of them.
    pub fn rule(&self) -> Result<Rule, String> {
        self.rule.parse().map_err(|error: super::disclosure::RuleError| error.to_string())
    }
}

/// One dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetEntry {
    /// The card's name.
    pub name: String,
    /// The card's version.
    pub version: String,
    /// First 16 hex digits of the manifest's digest, as in the rows.
    pub manifest_digest: String,
    /// The effective precision of the ages.
    pub age_precision: String,
    /// Whether the run listed a part of the dataset only.
    pub filtered: bool,
    /// The card's file in `cards/`.
    pub card: String,
}

/// One method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodEntry {
    /// The card's name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// The maker's version.
    pub version: String,
    /// How it was reached.
    pub adapter: String,
    /// The digest of the card and the files that it names.
    pub digest: Digest,
    /// Engine and decoder with their versions; empty where there is none.
    pub engine: String,
    /// The card's file in `cards/`.
    pub card: String,
    /// The digests of its stages, of a waterfall.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Digest>,
}

/// One folder that was published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunEntry {
    /// The verb that wrote it.
    pub verb: String,
    /// The version of agebench that wrote it.
    pub tool_version: String,
    /// First 16 hex digits of the manifest's digest; none of a comparison.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<String>,
    /// The methods' digests.
    pub methods: Vec<Digest>,
    /// The settings that numbers depend on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, Value>,
    /// Every seed by its use.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seeds: BTreeMap<String, u64>,
    /// The machine, where times were measured: milliseconds of two machines are not comparable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

impl RunEntry {
    /// What is published of `record`.
    pub(super) fn of(record: &RunRecord) -> Self {
        let timed = record.verb == "latency";
        let settings = record
            .settings
            .iter()
            .filter(|(key, _)| SETTINGS.contains(&key.as_str()) || (timed && OF_LATENCY.contains(&key.as_str())));
        let machine = record.machine.as_ref().filter(|_| timed);
        Self {
            verb: record.verb.clone(),
            tool_version: record.tool_version.clone(),
            manifest_digest: Some(record.dataset.manifest_digest.short()),
            methods: record.methods.iter().map(|method| method.digest).collect(),
            settings: settings.filter_map(|(key, value)| Some((key.clone(), shown(key, value)?))).collect(),
            seeds: record.seeds.clone(),
            // The list of instruction sets would tell one machine from another.
            machine: machine.map(|machine| Machine { cpu_features: Vec::new(), ..machine.clone() }),
        }
    }
}

/// What is published of the setting `key`.
fn shown(key: &str, value: &Value) -> Option<Value> {
    if key == "study" { planned::published(value) } else { Some(value.clone()) }
}

/// What became of the rows, in one line a family, for people.
pub(super) fn told(done: &[Done]) -> String {
    let line = |one: &Done| {
        let mut text = format!("{}: {} of {} rows", one.family, one.released, one.rows);
        for (count, what) in [
            (one.primary, "small"),
            (one.secondary, "withheld because others would follow from them"),
            (one.left_out, "not published under this rule"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        text
    };
    done.iter().map(line).collect::<Vec<_>>().join("\n")
}
