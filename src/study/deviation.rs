//! What of a study is not as it was planned, item by item.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plan::{DatasetPlan, Measurement, MethodPlan, Plan};

/// One thing that is not as it was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// What: ``method `a` ``, ``protocol, `limits` ``.
    pub item: String,
    /// As it was planned; none for what was not planned.
    pub registered: Option<String>,
    /// As it is; none for what was left out.
    pub found: Option<String>,
}

/// Characters of a value that a message shows; the file holds all of them.
const SHOWN: usize = 160;

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| match text.char_indices().nth(SHOWN) {
            Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
            None => text.to_owned(),
        };
        let item = &self.item;
        match (&self.registered, &self.found) {
            (Some(registered), Some(found)) => write!(f, "{item}: {}, planned was {}", short(found), short(registered)),
            (Some(registered), None) => write!(f, "{item}: left out; planned was {}", short(registered)),
            (None, Some(found)) => write!(f, "{item}: added, not in the plan: {}", short(found)),
            (None, None) => f.write_str(item),
        }
    }
}

/// What of `found` is not as `registered` has it; empty when all is.
#[must_use]
pub fn deviations(registered: &Plan, found: &Plan) -> Vec<Deviation> {
    let mut all = Gathered(Vec::new());
    all.value("name of the study", Some(&registered.name), Some(&found.name));
    protocol(&mut all, registered, found);
    let named = |methods: &[MethodPlan]| -> BTreeMap<String, MethodPlan> {
        methods.iter().map(|it| (it.name.clone(), it.clone())).collect()
    };
    for (name, before, now) in both(&named(&registered.methods), &named(&found.methods)) {
        let item = format!("method `{name}`");
        let whole = |it: &MethodPlan| format!("version {}, card {}", it.version, it.digest.short());
        all.value(&item, before.map(whole).as_ref(), now.map(whole).as_ref());
        if let (Some(before), Some(now)) = (before, now) {
            all.value(&format!("{item}, engine"), Some(&before.engine), Some(&now.engine));
        }
    }
    let named = |datasets: &[DatasetPlan]| -> BTreeMap<String, DatasetPlan> {
        datasets.iter().map(|it| (it.name.clone(), it.clone())).collect()
    };
    for (name, before, now) in both(&named(&registered.datasets), &named(&found.datasets)) {
        dataset(&mut all, name, before, now);
    }
    for (name, before, now) in both(&registered.settings, &found.settings) {
        all.json(&format!("setting `{name}`"), before, now);
    }
    all.value("comparison", Some(&yes(registered.compare)), Some(&yes(found.compare)));
    let named = |all: &[Measurement]| -> BTreeMap<String, Measurement> {
        let name = |it: &Measurement| format!("{} of `{}` on `{}`", it.verb, it.method, it.dataset);
        all.iter().map(|it| (name(it), it.clone())).collect()
    };
    for (name, before, now) in both(&named(&registered.measurements), &named(&found.measurements)) {
        let settings = |it: &Measurement| Value::from_iter(it.settings.clone()).to_string();
        all.value(name, before.map(settings).as_ref(), now.map(settings).as_ref());
    }
    all.0
}

/// The protocol key by key: of a section each of its own.
fn protocol(all: &mut Gathered, registered: &Plan, found: &Plan) {
    if registered.protocol.digest == found.protocol.digest {
        return;
    }
    let before = all.0.len();
    let keys = |value: &Value| -> BTreeMap<String, Value> {
        let mut keys = BTreeMap::new();
        for (key, value) in value.as_object().into_iter().flatten() {
            match value.as_object() {
                Some(section) => keys.extend(section.iter().map(|(inner, it)| (format!("{key}.{inner}"), it.clone()))),
                None => drop(keys.insert(key.clone(), value.clone())),
            }
        }
        keys
    };
    for (key, before, now) in both(&keys(&registered.protocol.effective), &keys(&found.protocol.effective)) {
        all.json(&format!("protocol, `{key}`"), before, now);
    }
    if all.0.len() == before {
        let digest = |plan: &Plan| plan.protocol.digest.short();
        all.value("protocol", Some(&digest(registered)), Some(&digest(found)));
    }
}

fn dataset(all: &mut Gathered, name: &str, before: Option<&DatasetPlan>, now: Option<&DatasetPlan>) {
    let item = format!("dataset `{name}`");
    let (Some(before), Some(now)) = (before, now) else {
        let whole = |it: &DatasetPlan| format!("version {}, manifest {}", it.version, it.manifest_digest.short());
        return all.value(&item, before.map(whole).as_ref(), now.map(whole).as_ref());
    };
    let card = |it: &DatasetPlan| format!("version {}, card {}", it.version, it.card_digest.short());
    all.value(&format!("{item}, card"), Some(&card(before)), Some(&card(now)));
    // By its digest alone: how many people there are is in no release but by its rule.
    let manifest = |it: &DatasetPlan| it.manifest_digest.short();
    all.value(&format!("{item}, manifest"), Some(&manifest(before)), Some(&manifest(now)));
    let pick = |it: &DatasetPlan| if it.pick.is_empty() { "all samples".to_owned() } else { it.pick.clone() };
    all.value(&format!("{item}, filter"), Some(&pick(before)), Some(&pick(now)));
    // Only where both were read: a plan of recorded answers reads no file, and a study that is not run has read none.
    if let (Some(before), Some(now)) = (before.files_digest, now.files_digest) {
        all.value(&format!("{item}, files"), Some(&before.short()), Some(&now.short()));
    }
}

/// The deviations so far.
struct Gathered(Vec<Deviation>);

impl Gathered {
    fn value(&mut self, item: &str, registered: Option<&String>, found: Option<&String>) {
        if registered != found {
            self.0.push(Deviation { item: item.to_owned(), registered: registered.cloned(), found: found.cloned() });
        }
    }

    fn json(&mut self, item: &str, registered: Option<&Value>, found: Option<&Value>) {
        self.value(item, registered.map(Value::to_string).as_ref(), found.map(Value::to_string).as_ref());
    }
}

/// The keys of two maps, ascending, with what each map holds.
fn both<'m, T>(
    one: &'m BTreeMap<String, T>,
    other: &'m BTreeMap<String, T>,
) -> impl Iterator<Item = (&'m str, Option<&'m T>, Option<&'m T>)> {
    let names: std::collections::BTreeSet<&'m String> = one.keys().chain(other.keys()).collect();
    names.into_iter().map(|name| (name.as_str(), one.get(name), other.get(name)))
}

fn yes(is: bool) -> String {
    if is { "made" } else { "not made" }.to_owned()
}
