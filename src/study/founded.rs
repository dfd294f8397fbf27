//! Whether what run.json says of a registered plan is founded: held against registration.json beside it, and against what the
//! folder itself shows.

use serde_json::Value;

use super::held::is_engine_of;
use super::plan::{Measurement, Plan};
use super::registration::{Registration, Standing};
use crate::folder::{RunFolder, RunRecord, names};

/// What [`founded`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Founded {
    /// What run.json says and is not so, each as a fragment.
    pub wrong: Vec<String>,
    /// Why nothing could be held against the plan.
    pub unchecked: Option<String>,
}

/// Whether `settings.study` of `record`, the run.json of `folder`, follows from registration.json and the folder.
///
/// What other parts of the study show is not looked at, so that of its deviations some may be missing here.
#[must_use]
pub fn founded(folder: &RunFolder, record: &RunRecord) -> Founded {
    let mut found = Founded::default();
    let mut wrong = |text: String| found.wrong.push(text);
    let there = folder.file(names::REGISTRATION).exists();
    let said = record.settings.get("study");
    let standing = said.map(|said| serde_json::from_value::<Option<Standing>>(said["registration"].clone()));
    let standing = match standing {
        None | Some(Ok(None)) if there => {
            wrong(format!("`{}` holds a registered plan, and run.json names none", names::REGISTRATION));
            return found;
        }
        None | Some(Ok(None)) => return found,
        Some(Err(error)) => {
            wrong(format!("`settings.study` of run.json is not what `study` writes: {error}"));
            return found;
        }
        Some(Ok(Some(standing))) => standing,
    };
    if standing.follows != standing.deviations.is_empty() {
        wrong("run.json says that the plan is followed, and names deviations, or the reverse".to_owned());
    }
    let registration = match Registration::read(folder.path()) {
        Ok(Some(registration)) => registration,
        Ok(None) => {
            let missing =
                format!("`{}` is missing: what run.json says of the plan is not checked", names::REGISTRATION);
            found.unchecked = Some(missing);
            return found;
        }
        Err(error) => {
            wrong(error.to_string());
            return found;
        }
    };
    let content = &registration.content;
    for (what, same) in [
        ("digest", standing.digest == registration.digest),
        ("date", standing.date == content.date),
        ("names of those who signed off", standing.signed_off_by == content.signed_off_by),
    ] {
        if !same {
            wrong(format!("the {what} of the plan in run.json: `{}` has another", names::REGISTRATION));
        }
    }
    let name = said.and_then(|said| said["name"].as_str()).unwrap_or_default();
    let mut items = shown(&content.plan, record);
    items.extend((name != content.plan.name).then(|| "name of the study".to_owned()));
    items.extend((record.tool_version != content.tool_version).then(|| "version of agebench".to_owned()));
    for item in items {
        let of_protocol = |stated: &str| item == "protocol" && stated.starts_with("protocol, `");
        if !standing.deviations.iter().any(|stated| stated.item == item || of_protocol(&stated.item)) {
            wrong(format!("{item}: it is not as it was registered, and run.json does not say so"));
        }
    }
    found
}

/// What of the run of `record` is not as in `plan`: the items of [`super::deviations`], and of the protocol as a whole.
fn shown(plan: &Plan, record: &RunRecord) -> Vec<String> {
    let mut items = Vec::new();
    let mut differs = |item: String, differs: bool| items.extend(differs.then_some(item));
    differs("protocol".to_owned(), record.protocol_digest != plan.protocol.digest);
    let held = &record.dataset;
    let dataset = format!("dataset `{}`", held.name);
    match plan.datasets.iter().find(|planned| planned.name == held.name) {
        None => differs(dataset, true),
        Some(planned) => {
            let card = (&held.version, held.card_digest) != (&planned.version, planned.card_digest);
            differs(format!("{dataset}, card"), card);
            differs(format!("{dataset}, manifest"), held.manifest_digest != planned.manifest_digest);
            differs(format!("{dataset}, filter"), held.pick != planned.pick);
            // A measurement reads some of the files.
            let files = held.files_digest.zip(planned.files_digest).filter(|_| record.verb == "run");
            differs(format!("{dataset}, files"), files.is_some_and(|(held, planned)| held != planned));
        }
    }
    for held in &record.methods {
        let method = format!("method `{}`", held.name);
        match plan.methods.iter().find(|planned| planned.name == held.name) {
            None => differs(method, true),
            Some(planned) => {
                differs(format!("{method}, engine"), !is_engine_of(planned, held));
                differs(method, (&held.version, held.digest) != (&planned.version, planned.digest));
            }
        }
    }
    // The others may be other ones when a run is kept.
    for name in ["timeout_seconds", "decoder"].into_iter().filter(|_| record.verb == "run") {
        let both = record.settings.get(name).zip(plan.settings.get(name));
        differs(format!("setting `{name}`"), both.is_some_and(|(held, planned)| held != planned));
    }
    if let (true, Some(method)) = (["latency", "footprint"].contains(&record.verb.as_str()), record.methods.first()) {
        let (verb, method, dataset) = (&record.verb, &method.name, &held.name);
        let own = |one: &&Measurement| (&one.verb, &one.method, &one.dataset) == (verb, method, dataset);
        let planned = plan.measurements.iter().find(own);
        let as_planned = |(name, planned): (&String, &Value)| super::held::finished(record, name) == *planned;
        let differ = planned.is_none_or(|planned| !planned.settings.iter().all(as_planned));
        differs(format!("{verb} of `{method}` on `{dataset}`"), differ);
    }
    items
}
