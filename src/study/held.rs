//! What the folder of a part holds already: nothing, what the plan asks for, or something else.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::file::RunSettings;
use super::plan::{DatasetPlan, Measurement, MethodPlan, Plan};
use crate::folder::{FolderError, MethodRecord, RunFolder, RunRecord, names};

/// One part of a study that makes a run folder.
#[derive(Debug, Clone, Copy)]
pub enum Part<'p> {
    /// All methods on one dataset.
    Run(&'p DatasetPlan),
    /// One method on one dataset.
    Measurement(&'p Measurement),
}

/// What a part's folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing.
    Nothing,
    /// The beginning of what is planned.
    Unfinished,
    /// What is planned, finished and scored; whether its rows follow from its records is for `verify` to say.
    Finished,
    /// Something else: what differs from the plan, each a line.
    Other(Vec<String>),
}

impl Part<'_> {
    /// Its folder, in the study's own.
    #[must_use]
    pub fn folder(&self) -> String {
        match self {
            Self::Run(dataset) => Plan::run_folder(dataset),
            Self::Measurement(measurement) => Plan::measurement_folder(measurement),
        }
    }

    /// The verb that makes it.
    #[must_use]
    pub fn verb(&self) -> &str {
        match self {
            Self::Run(_) => "run",
            Self::Measurement(measurement) => &measurement.verb,
        }
    }

    /// What `path` holds of this part of `plan`, which is written as `run` says: whether with ids as they are changes no
    /// answer, and so is no part of the plan.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn held(&self, plan: &Plan, run: &RunSettings, path: &Path) -> Result<Held, FolderError> {
        match fs::read_dir(path) {
            Ok(mut entries) => {
                if entries.next().is_none() {
                    return Ok(Held::Nothing);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Held::Nothing),
            Err(error) => return Err(FolderError::read(path, error)),
        }
        let folder = RunFolder::open(path)?;
        if !folder.file(names::RUN).exists() {
            return Ok(Held::Unfinished); // broken off before anything was attempted
        }
        let record = RunRecord::read_begun(&folder)?;
        let finished = record.ended.is_some() && folder.file(names::METRICS).exists();
        let mut other = self.differences(plan, run, &record);
        if !finished && record.tool_version != crate::VERSION {
            other.push(format!("it was begun by agebench {}, this is {}", record.tool_version, crate::VERSION));
        }
        if !other.is_empty() {
            return Ok(Held::Other(other));
        }
        Ok(if finished { Held::Finished } else { Held::Unfinished })
    }

    /// What of `record` is not as planned.
    fn differences(&self, plan: &Plan, run: &RunSettings, record: &RunRecord) -> Vec<String> {
        let mut found = Vec::new();
        let mut differs = |what: &str, held: &str, planned: &str| {
            if held != planned {
                found.push(format!("{what} is {held}, the plan has {planned}"));
            }
        };
        differs("the verb", &record.verb, self.verb());
        differs("the protocol's digest", &record.protocol_digest.short(), &plan.protocol.digest.short());
        let dataset = match self {
            Self::Run(dataset) => Some(*dataset),
            Self::Measurement(one) => plan.datasets.iter().find(|dataset| dataset.name == one.dataset),
        };
        if let Some(dataset) = dataset {
            let held = &record.dataset;
            differs("the manifest's digest", &held.manifest_digest.short(), &dataset.manifest_digest.short());
            differs("the digest of the dataset's card", &held.card_digest.short(), &dataset.card_digest.short());
            differs("the filter", named(&held.pick), named(&dataset.pick));
        }
        let planned: Vec<&MethodPlan> = match self {
            Self::Run(_) => plan.methods.iter().collect(),
            Self::Measurement(one) => plan.methods.iter().filter(|method| method.name == one.method).collect(),
        };
        for (method, held) in planned.iter().zip(&record.methods) {
            differs("the method", &format!("`{}`", held.name), &format!("`{}`", method.name));
            if held.name == method.name {
                differs(&format!("the digest of `{}`", held.name), &held.digest.short(), &method.digest.short());
                if !is_engine_of(method, held) {
                    differs(&format!("the engine of `{}`", held.name), named(&held.engine), named(&method.engine));
                }
            }
        }
        for held in record.methods.iter().skip(planned.len()) {
            differs("a further method", &format!("`{}`", held.name), "none");
        }
        for method in planned.iter().skip(record.methods.len()) {
            differs("a further method", "none", &format!("`{}`", method.name));
        }
        let mut settings = vec![("keep_ids", json!(run.keep_ids))];
        match self {
            Self::Run(_) => {
                settings.push(("timings", json!(run.timings)));
                let timeout = plan.settings.get("timeout_seconds");
                settings.extend(timeout.map(|planned| ("timeout_seconds", planned.clone())));
                let decoder = plan.settings.get("decoder").filter(|_| record.settings.contains_key("decoder"));
                settings.extend(decoder.map(|planned| ("decoder", planned.clone())));
            }
            Self::Measurement(one) => {
                settings.extend(one.settings.iter().map(|(name, planned)| (name.as_str(), planned.clone())));
            }
        }
        for (name, planned) in settings {
            differs(&format!("the setting `{name}`"), &finished(record, name).to_string(), &planned.to_string());
        }
        found
    }
}

/// The setting `name` of `record`, where a curve that was not finished is the beginning of one.
pub(super) fn finished(record: &RunRecord, name: &str) -> Value {
    let mut held = record.settings.get(name).cloned().unwrap_or_default();
    if let Some(finished) = held.get_mut("finished") {
        *finished = Value::Bool(true);
    }
    held
}

/// Whether all that was planned of engine and decoder is what was used; a program says only when it is started what decodes.
pub(super) fn is_engine_of(planned: &MethodPlan, held: &MethodRecord) -> bool {
    let used: Vec<&str> = held.engine.split("; ").collect();
    planned.engine.split("; ").filter(|part| !part.is_empty()).all(|part| used.contains(&part))
}

fn named(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}
