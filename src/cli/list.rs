//! `agebench list`: what there is to choose from.

use clap::{Args, ValueEnum};
use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::engines::{self, EngineChoice, RuntimeOptions};
use super::environment::Environment;
use super::output::print;
use super::{Exit, Failure, methods};
use crate::bundled;
use crate::dataset::import::{IMPORTERS, Importer};
use crate::dataset::{CARD_FILE, Dataset, Pick};
use crate::digest::Digest;
use crate::method::adapter;
use crate::method::head::Head;
use crate::metric::catalogue;
use crate::report::visible;

/// List the bundled methods, datasets and protocols, the public models with a card here, the adapters, engines, heads, importers and metrics.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What to list
    what: What,
    /// How to print it
    #[arg(long, default_value = "table")]
    format: Format,

    #[command(flatten)]
    runtime: RuntimeOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Methods embedded in the binary
    Methods,
    /// Public models with a card here and the weights elsewhere
    Models,
    /// Datasets embedded in the binary
    Datasets,
    /// Ways to reach a method: the tables of a card
    Adapters,
    /// Engines that run models, with their versions
    Engines,
    /// Ways to read a model's output
    Heads,
    /// Every metric with its unit and meaning
    Metrics,
    /// Layouts of public datasets that `import` reads
    Importers,
    /// Worked protocols embedded in the binary
    Protocols,
    /// Worked policies of `gate` embedded in the binary
    Policies,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// A list: what its columns are called, and its lines.
pub(super) struct Listing {
    pub(super) columns: Vec<&'static str>,
    pub(super) lines: Vec<Vec<String>>,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let listing = match arguments.what {
        What::Methods => list_methods()?,
        What::Models => list_models()?,
        What::Datasets => list_datasets()?,
        What::Adapters => list_adapters(),
        What::Engines => list_engines(&arguments.runtime, environment),
        What::Heads => list_heads(),
        What::Metrics => list_metrics(),
        What::Importers => list_importers(),
        What::Protocols => list_protocols(),
        What::Policies => list_policies(),
    };
    match arguments.format {
        Format::Table => print(&table(&listing, environment.width))?,
        Format::Json => {
            let lines: Vec<Value> = listing
                .lines
                .iter()
                .map(|line| listing.columns.iter().copied().zip(line).map(|(k, v)| (k.to_owned(), json!(v))).collect())
                .collect();
            print(&format!("{:#}\n", Value::Array(lines)))?;
        }
    }
    Ok(Exit::Done)
}

/// The listing as lines for a terminal. Names and groups in it may be other people's.
pub(super) fn table(listing: &Listing, width: Option<u16>) -> String {
    let mut table = Table::new();
    let lines = listing.lines.iter().map(|line| line.iter().map(|cell| visible(cell)));
    table.load_style(presets::NOTHING).set_header(&listing.columns).add_rows(lines);
    if let Some(width) = width {
        table.set_content_arrangement(comfy_table::ContentArrangement::Dynamic).set_width(width);
    }
    format!("{table}\n")
}

fn list_methods() -> Result<Listing, Failure> {
    let mut lines = Vec::new();
    for name in bundled::methods() {
        let (card, _, _) = methods::read_card(&methods::find(name)?)?;
        if let Some(card) = card {
            lines.push(vec![name.to_owned(), card.kind.word().to_owned(), card.version, card.intended_use]);
        }
    }
    Ok(Listing { columns: vec!["name", "kind", "version", "intended_use"], lines })
}

/// The catalog: each card with the file that it waits for.
fn list_models() -> Result<Listing, Failure> {
    let mut lines = Vec::new();
    for name in bundled::catalog() {
        let (card, _, _) = methods::read_card(&methods::find(name)?)?;
        let Some(card) = card else { continue };
        let adapter::AdapterCard::Onnx(onnx) = &card.adapter else { continue };
        let (width, height) = onnx.recipe.fields().size;
        let digest = |digest: Option<Digest>| digest.map(|digest| digest.to_string()).unwrap_or_default();
        let detector = onnx.detector.as_ref();
        lines.push(vec![
            name.to_owned(),
            onnx.file.clone(),
            digest(onnx.sha256),
            format!("{width} x {height}"),
            onnx.recipe.fields().channels.to_string(),
            detector.map(|detector| detector.file.clone()).unwrap_or_default(),
            digest(detector.and_then(|detector| detector.sha256)),
            card.licence,
        ]);
    }
    let columns = vec!["name", "file", "sha256", "size", "channels", "detector", "detector_sha256", "licence"];
    Ok(Listing { columns, lines })
}

fn list_datasets() -> Result<Listing, Failure> {
    let faces =
        Dataset::from_files(Box::new(bundled::faces()), CARD_FILE, &Pick::default()).map_err(Failure::unusable)?;
    let line = vec![
        faces.card().name.clone(),
        faces.samples().len().to_string(),
        faces.subjects().len().to_string(),
        bundled::NOTICE.to_owned(),
    ];
    Ok(Listing { columns: vec!["name", "samples", "subjects", "notice"], lines: vec![line] })
}

fn list_adapters() -> Listing {
    let line = |(name, meaning): &(&str, &str)| {
        let state = if adapter::is_built(name) { "ready" } else { "not in this build" };
        vec![(*name).to_owned(), state.to_owned(), (*meaning).to_owned()]
    };
    Listing { columns: vec!["name", "state", "meaning"], lines: adapter::MEANINGS.iter().map(line).collect() }
}

fn list_engines(runtime: &RuntimeOptions, environment: &Environment) -> Listing {
    let line = |choice: &EngineChoice| {
        let word = choice.word().to_owned();
        match engines::open(*choice, runtime, environment) {
            Ok(engine) => {
                let providers = engines::providers(*choice).join(", ");
                vec![word, "ready".to_owned(), engine.name(), providers, String::new()]
            }
            Err(failure) => {
                vec![word, "absent".to_owned(), String::new(), String::new(), failure.error.to_string()]
            }
        }
    };
    let lines = EngineChoice::value_variants().iter().map(line).collect();
    Listing { columns: vec!["name", "state", "version", "providers", "reason"], lines }
}

fn list_heads() -> Listing {
    let lines = Head::WORDS.iter().map(|(word, meaning)| vec![(*word).to_owned(), (*meaning).to_owned()]).collect();
    Listing { columns: vec!["name", "meaning"], lines }
}

fn list_metrics() -> Listing {
    let lines = catalogue::ALL
        .iter()
        .map(|entry| {
            vec![
                entry.measure.name.to_owned(),
                entry.measure.unit.to_string(),
                entry.measure.better.to_string(),
                entry.section.to_owned(),
                entry.meaning.to_owned(),
            ]
        })
        .collect();
    Listing { columns: vec!["name", "unit", "better", "section", "meaning"], lines }
}

fn list_importers() -> Listing {
    let line = |importer: &&Importer| {
        let words =
            [importer.name, importer.title, importer.layout, importer.label_kind.word(), importer.precision.word()];
        words.into_iter().chain([importer.splits, importer.licence]).map(str::to_owned).collect()
    };
    let columns = vec!["name", "dataset", "layout", "label_kind", "age_precision", "splits", "licence"];
    Listing { columns, lines: IMPORTERS.iter().map(line).collect() }
}

/// Each with the first sentence of its comment: the question that it answers.
fn list_protocols() -> Listing {
    let line = |name: &str| vec![name.to_owned(), first_sentence(bundled::protocol(name).unwrap_or_default())];
    Listing { columns: vec!["name", "question"], lines: bundled::protocols().into_iter().map(line).collect() }
}

fn list_policies() -> Listing {
    let line = |name: &str| vec![name.to_owned(), first_sentence(bundled::policy(name).unwrap_or_default())];
    Listing { columns: vec!["name", "asks"], lines: bundled::policies().into_iter().map(line).collect() }
}

/// The comment at the beginning of a worked file.
fn first_sentence(text: &str) -> String {
    text.lines().map_while(|line| line.strip_prefix("# ")).collect::<Vec<_>>().join(" ")
}
