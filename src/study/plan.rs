//! What a study plans, by digests: the same words before any answer is seen and after.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::file::{Footprint, Latency, RunSettings, StudyFile};
use crate::dataset::{Dataset, FilesDigest, slug};
use crate::digest::{Digest, DigestError};
use crate::finding::quoted;
use crate::folder::{Pseudonyms, Truth};
use crate::protocol::Protocol;
use crate::run::RunMethod;

/// What a study plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The study's name.
    pub name: String,
    /// The protocol.
    pub protocol: ProtocolPlan,
    /// The methods, in the order of the file.
    pub methods: Vec<MethodPlan>,
    /// The datasets, in the order of the file.
    pub datasets: Vec<DatasetPlan>,
    /// What of the settings can change an answer, or what counts as one.
    pub settings: BTreeMap<String, Value>,
    /// Whether the methods are held against each other on each dataset.
    pub compare: bool,
    /// Latency and footprint.
    pub measurements: Vec<Measurement>,
}

/// The protocol of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtocolPlan {
    /// Its name.
    pub name: String,
    /// Its digest, which follows from `effective`.
    pub digest: Digest,
    /// Every key with its value, the rows declared primary among them.
    pub effective: Value,
}

/// One method of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodPlan {
    /// The card's name.
    pub name: String,
    /// `estimation`, `verification`, `inference` or `declaration`.
    pub kind: String,
    /// The card's version.
    pub version: String,
    /// How it is reached.
    pub adapter: String,
    /// The digest of the card and the files that it names.
    pub digest: Digest,
    /// Engine and decoder with their versions, as far as they are known before a start.
    #[serde(default)]
    pub engine: String,
}

/// One dataset of a study.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetPlan {
    /// The card's name.
    pub name: String,
    /// The card's version.
    pub version: String,
    /// The digest of the card.
    pub card_digest: Digest,
    /// The digest of the canonical manifest.
    pub manifest_digest: Digest,
    /// The digest of the files; none while they were not read.
    #[serde(default)]
    pub files_digest: Option<Digest>,
    /// Listed samples.
    pub samples: u64,
    /// Listed subjects.
    pub subjects: u64,
    /// The filter in words; empty when all samples are listed.
    #[serde(default)]
    pub pick: String,
}

/// One measurement of a study beside its runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// `latency` or `footprint`.
    pub verb: String,
    /// The name of the method.
    pub method: String,
    /// The name of the dataset.
    pub dataset: String,
    /// Its settings, as run.json has them.
    pub settings: BTreeMap<String, Value>,
}

/// What a study's file names, opened.
#[derive(Clone, Copy)]
pub struct Opened<'a> {
    /// The methods, in the order of the file.
    pub methods: &'a [RunMethod],
    /// The datasets, in the order of the file.
    pub datasets: &'a [Dataset],
    /// The protocol.
    pub protocol: &'a Protocol,
}

/// Why what a study names makes no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Two datasets would be written to one folder.
    #[error("two datasets of the study are named {} and {}: their folders would be one", quoted(.0), quoted(.1))]
    SameDataset(String, String),
    /// Two methods have one name.
    #[error("two methods of the study are named {} and {}: their folders would be one", quoted(.0), quoted(.1))]
    SameMethod(String, String),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl Plan {
    /// What `file` plans, with what it names `opened`. No file of a dataset is read.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn of(file: &StudyFile, opened: &Opened<'_>) -> Result<Self, PlanError> {
        let methods: Vec<MethodPlan> = opened.methods.iter().map(method).collect();
        let pick = file.run.split.as_ref().map_or_else(String::new, |split| format!("split={split}"));
        let datasets = opened.datasets.iter().map(|it| dataset(it, &pick)).collect::<Result<Vec<_>, _>>()?;
        if let Some((one, other)) = same_slug(datasets.iter().map(|it| it.name.as_str())) {
            return Err(PlanError::SameDataset(one, other));
        }
        if let Some((one, other)) = same_slug(methods.iter().map(|it| it.name.as_str())) {
            return Err(PlanError::SameMethod(one, other));
        }
        let method_named = |place: &str| {
            let at = file.methods.iter().position(|one| one == place);
            at.and_then(|at| methods.get(at)).map(|method| method.name.clone()).unwrap_or_default()
        };
        let dataset_named = |place: &str| {
            let at = file.datasets.iter().position(|one| one == place);
            at.and_then(|at| datasets.get(at)).map(|dataset| dataset.name.clone()).unwrap_or_default()
        };
        let latency = file.latency.iter().map(|it| Measurement {
            verb: "latency".to_owned(),
            method: method_named(&it.method),
            dataset: dataset_named(&it.dataset),
            settings: latency_settings(it, &file.run),
        });
        let footprint = file.footprint.iter().map(|it| Measurement {
            verb: "footprint".to_owned(),
            method: method_named(&it.method),
            dataset: dataset_named(&it.dataset),
            settings: footprint_settings(it, &file.run),
        });
        let effective = opened.protocol.canonical_json();
        Ok(Self {
            name: file.name.clone(),
            protocol: ProtocolPlan {
                name: opened.protocol.name.clone(),
                digest: Digest::of_parsed("protocol", &effective, &[])?,
                effective,
            },
            settings: settings(&file.run),
            compare: file.compare,
            measurements: latency.chain(footprint).collect(),
            methods,
            datasets,
        })
    }

    /// The same, with the files of every dataset read, where some method looks at them.
    #[must_use]
    pub fn with_files(mut self, opened: &Opened<'_>) -> Self {
        if opened.methods.iter().any(|it| it.method.looks()) {
            for (plan, dataset) in self.datasets.iter_mut().zip(opened.datasets) {
                plan.files_digest = Some(files(dataset));
            }
        }
        self
    }

    /// The folder of the run on `dataset`, in the study's own.
    #[must_use]
    pub fn run_folder(dataset: &DatasetPlan) -> String {
        format!("runs/{}", slug(&dataset.name))
    }

    /// The folder of the comparison on `dataset`, in the study's own.
    #[must_use]
    pub fn comparison_folder(dataset: &DatasetPlan) -> String {
        format!("compared/{}", slug(&dataset.name))
    }

    /// The folder of a measurement, in the study's own.
    #[must_use]
    pub fn measurement_folder(measurement: &Measurement) -> String {
        format!("{}/{}/{}", measurement.verb, slug(&measurement.dataset), slug(&measurement.method))
    }
}

fn method(method: &RunMethod) -> MethodPlan {
    let card = method.method.card();
    MethodPlan {
        name: card.name.clone(),
        kind: card.kind.word().to_owned(),
        version: card.version.clone(),
        adapter: card.adapter.word().to_owned(),
        digest: method.digest,
        engine: method.method.engine(),
    }
}

fn dataset(dataset: &Dataset, pick: &str) -> Result<DatasetPlan, DigestError> {
    let card = dataset.card();
    let truth = Truth::of(dataset, &Pseudonyms::of(dataset, false));
    Ok(DatasetPlan {
        name: card.name.clone(),
        version: card.version.clone(),
        card_digest: card.digest()?,
        manifest_digest: dataset.manifest_digest(),
        files_digest: None,
        samples: truth.len() as u64,
        subjects: truth.rows().map(|row| u64::from(row.subject_rank) + 1).max().unwrap_or(0),
        pick: pick.to_owned(),
    })
}

/// The digest of the files of `dataset`, as a run makes it.
fn files(dataset: &Dataset) -> Digest {
    let places = 0..dataset.samples().len();
    let read = |place: usize| {
        let sample = dataset.samples().get(place)?;
        Some((place, dataset.read_sample(&sample).ok()??.sha256))
    };
    let found: Vec<(usize, Digest)> = places.into_par_iter().filter_map(read).collect();
    let mut files = FilesDigest::new(dataset);
    found.into_iter().for_each(|(place, digest)| files.add(place, digest));
    files.finish(dataset)
}

/// The first two of `names` whose file names would be one.
fn same_slug<'a>(names: impl Iterator<Item = &'a str>) -> Option<(String, String)> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in names {
        if let Some(other) = seen.insert(slug(name), name) {
            return Some((other.to_owned(), name.to_owned()));
        }
    }
    None
}

fn map<const N: usize>(settings: [(&str, Value); N]) -> BTreeMap<String, Value> {
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn settings(run: &RunSettings) -> BTreeMap<String, Value> {
    map([
        ("decoder", json!(run.decoder)),
        ("engine", json!(run.engine)),
        ("max_failed", json!(run.max_failed)),
        ("provider", json!(run.provider)),
        ("timeout_seconds", json!(run.timeout.as_secs_f64())),
    ])
}

fn latency_settings(latency: &Latency, run: &RunSettings) -> BTreeMap<String, Value> {
    map([
        ("attempts", json!(latency.attempts)),
        ("rate", json!(latency.rate)),
        ("starts", json!(latency.starts)),
        ("timeout_seconds", json!(run.timeout.as_secs_f64())),
        ("warm_up", json!(latency.warm_up)),
    ])
}

fn footprint_settings(footprint: &Footprint, run: &RunSettings) -> BTreeMap<String, Value> {
    // As the verb understands them: a name without a port is two addresses.
    let hosts = footprint.allow_hosts.iter().map(|host| host.to_ascii_lowercase());
    let hosts = hosts.flat_map(|host| match host.contains(':') {
        true => vec![host],
        false => vec![format!("{host}:443"), format!("{host}:80")],
    });
    let mut settings =
        map([("allow_hosts", json!(hosts.collect::<Vec<_>>())), ("timeout_seconds", json!(run.timeout.as_secs_f64()))]);
    if !footprint.curve.is_empty() {
        let (rate, years) = (footprint.margin_rate, footprint.margin_years);
        let curve = json!({ "axes": footprint.curve, "margin_rate": rate, "margin_years": years, "finished": true });
        settings.insert("curve".to_owned(), curve);
    }
    settings
}
