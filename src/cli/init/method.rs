//! `agebench init method`: a card of a model file, drafted and its preparation found on labelled samples; a card of any other adapter.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::super::decoders::DecoderOptions;
use super::super::engines::{self, EngineChoice, Means, RuntimeOptions};
use super::super::environment::Environment;
use super::super::isolate;
use super::super::methods::Unreadable;
use super::super::output::{print, tell, word};
use super::super::run::open_dataset;
use super::super::{Exit, Failure};
use super::{Place, ask, failure, file_in, name, name_of, put, table};
use crate::bundled;
use crate::dataset::Pick;
use crate::engine::Engine;
use crate::finding::{counted, did_you_mean, listed};
use crate::init::{self, Draft, MOST_SAMPLES, MethodDraft, Progress};
use crate::method::card::CARD_FILE;

/// A method card.
///
/// `--from M.onnx` reads the model's inputs and outputs: size and layout come from the shape, outputs and head from names and
/// lengths; what the file cannot say is a guess, marked in the card with its reason. With `--samples D` the ways to prepare
/// pictures that published models use are tried on labelled samples of the dataset D, and a table shows which one these weights
/// follow the labels best with, what speaks against each other one, and what the samples do not tell.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A model file; or a bundled method, or one of `agebench list models`, to write out
    #[arg(long, value_name = "M.onnx")]
    from: Option<PathBuf>,

    /// How the method is reached, without --from
    #[arg(long, value_name = "ADAPTER", conflicts_with = "from")]
    adapter: Option<String>,

    /// The method's name [default: the folder's, or the model file's]
    #[arg(long)]
    name: Option<String>,

    /// Width and height of the model's picture, where the file leaves them open
    #[arg(long, value_name = "WxH", value_parser = size, requires = "from")]
    size: Option<(u32, u32)>,

    /// Labelled samples to find the preparation on: a dataset's folder, or `drawn-faces`
    #[arg(long, value_name = "D", requires = "from", help_heading = "Finding the preparation")]
    samples: Option<String>,

    /// Samples that are tried at most, spread over the ages
    #[arg(long, value_name = "N", default_value_t = MOST_SAMPLES, requires = "samples", help_heading = "Finding the preparation")]
    most: usize,

    /// Rows of the table; as CSV there are all of them
    #[arg(
        long,
        value_name = "N",
        default_value_t = 12,
        requires = "samples",
        help_heading = "Finding the preparation"
    )]
    rows: usize,

    /// How to print the table
    #[arg(long, default_value = "table", requires = "samples", help_heading = "Finding the preparation")]
    format: Format,

    /// Threads [default: one a processor]
    #[arg(long, value_name = "N", help_heading = "Running")]
    jobs: Option<NonZeroUsize>,

    /// The engine that runs the model [default: onnxruntime where it is found, else tract]
    #[arg(long, help_heading = "Running")]
    engine: Option<EngineChoice>,

    #[command(flatten)]
    runtime: RuntimeOptions,

    #[command(flatten, next_help_heading = "Running")]
    decoder: DecoderOptions,

    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// A row a variant
    Csv,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides
        .filter(|(width, height)| *width > 0 && *height > 0)
        .ok_or_else(|| "expected WxH in pixels, such as 112x112".to_owned())
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let out = &arguments.place.out;
    let card = file_in(out, "toml", CARD_FILE);
    let next = format!("agebench check {}", word(out));
    if let Some(from) = &arguments.from {
        let name = from.to_str().filter(|_| !from.exists());
        if let Some((name, draft)) = name.and_then(|name| Some((name, init::bundled_method(name, out)?))) {
            let given = [
                ("--name", arguments.name.is_some()),
                ("--size", arguments.size.is_some()),
                ("--samples", arguments.samples.is_some()),
            ];
            super::has_a_card(name, &given)?;
            let next = if bundled::catalog().contains(&name) {
                format!(
                    "put the files that the card names (agebench list models has their digests) into {}; then {next}",
                    word(out)
                )
            } else {
                next
            };
            return put(&draft, &arguments.place, &next);
        }
        return from_model(arguments, from, &card, environment);
    }
    let known: Vec<&str> = init::adapters().collect();
    let adapter = match &arguments.adapter {
        Some(adapter) => adapter.clone(),
        None => ask(
            &format!("How is the method reached? A model file is given by --from; else {}", known.join(", ")),
            "command",
            environment,
        )?,
    };
    let none = || {
        let failure = Failure::unusable(format!("there is no template for the adapter `{adapter}`"));
        if adapter == "onnx" {
            failure.with_help("give the model file: agebench init method --from M.onnx --out DIR")
        } else {
            let help = did_you_mean(&adapter, known.iter().copied());
            failure.with_help(help.unwrap_or_else(|| format!("there are {}", listed(&known))))
        }
    };
    // Before the next question.
    if !known.contains(&adapter.as_str()) {
        return Err(none());
    }
    let name = name(arguments.name.as_ref(), "The method's name", &name_of(out, "my-method"), environment)?;
    let draft = init::method(&adapter, &name, &card).ok_or_else(none)?;
    let next = if adapter == "command" { format!("agebench check {} --conformance", word(out)) } else { next };
    put(&draft, &arguments.place, &next)
}

/// The engine that was asked for; else ONNX Runtime where it is found, and the embedded one elsewhere.
fn engine(arguments: &Arguments, environment: &Environment) -> Result<(EngineChoice, Arc<dyn Engine>), Failure> {
    let open = |choice| Ok((choice, engines::open(choice, &arguments.runtime, environment)?));
    match arguments.engine {
        Some(choice) => open(choice),
        None => Ok(open(EngineChoice::Onnxruntime)
            .unwrap_or_else(|_: Failure| (EngineChoice::Tract, Means::embedded().engine))),
    }
}

/// Whether `bytes` are a text: a model begins with a control character.
fn is_text(bytes: &[u8]) -> bool {
    let plain = |text: &str| !text.chars().any(|letter| letter.is_control() && !letter.is_ascii_whitespace());
    std::str::from_utf8(bytes).is_ok_and(plain)
}

fn from_model(arguments: &Arguments, model: &Path, card: &Path, environment: &Environment) -> Result<Exit, Failure> {
    Draft::check(&[card.to_owned()], arguments.place.replace).map_err(failure)?;
    let onnx = crate::foreign::read(model, crate::foreign::LARGEST_OF_CARD).map_err(|source| {
        let (names, catalog) = (bundled::methods(), bundled::catalog());
        let known = names.iter().chain(&catalog).copied();
        let near = model.to_str().and_then(|name| did_you_mean(name, known));
        let all = || {
            let (names, catalog) = (listed(&names), listed(&catalog));
            format!("give a model file, a bundled method ({names}), or one of `agebench list models`: {catalog}")
        };
        let help = near.unwrap_or_else(all);
        Failure::unusable(Unreadable { file: model.display().to_string(), source }).with_help(help)
    })?;
    if is_text(&onnx) {
        let failure = Failure::unusable(format!("{} is a text, and no model file", model.display()));
        let is_card = model.extension().is_some_and(|ending| ending == "toml");
        return Err(failure.with_help(if is_card {
            format!("a card needs no draft: agebench check {}", word(model))
        } else {
            "give the ONNX file that holds the network".to_owned()
        }));
    }
    let (choice, engine) = engine(arguments, environment)?;
    let trial = isolate::for_a_trial(&*engine, choice, &arguments.runtime, environment)?;
    let decoder = arguments.decoder.open()?;
    let samples = arguments.samples.as_ref().map(|name| open_dataset(name, &Pick::default())).transpose()?;
    let name = name(arguments.name.as_ref(), "The method's name", &name_of(model, "my-model"), environment)?;
    let bar = if environment.bars { ProgressBar::new(0) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} answers  {per_sec}  {eta} left") {
        bar.set_style(style);
    }
    let progress = |progress| match progress {
        Progress::Stage(answers) => {
            bar.set_position(0);
            bar.set_length(answers as u64);
        }
        Progress::Answered(answers) => bar.inc(answers as u64),
    };
    let drafted = init::from_network(&MethodDraft {
        name: &name,
        file: &init::file_for(card.parent().unwrap_or(Path::new(".")), model),
        onnx: &onnx,
        trial: &trial,
        engine: &*engine,
        decoder,
        size: arguments.size,
        samples: samples.as_ref().map(|dataset| (dataset, arguments.most)),
        jobs: arguments.jobs.unwrap_or(environment.processors),
        stop: &environment.stop,
        progress: &progress,
    });
    bar.finish_and_clear();
    let drafted = drafted.map_err(failure)?;
    if let Some(found) = &drafted.found {
        print(&match arguments.format {
            Format::Table => table::told(found, &drafted, arguments.rows, environment.width),
            Format::Csv => table::csv(found, &drafted),
        })?;
        tell(&table::said(found));
    }
    let guesses = match drafted.guesses {
        0 => "nothing in it is a guess".to_owned(),
        count => format!(
            "{} in it, each marked with its reason",
            counted(count as u64, "guess").replace("guesss", "guesses")
        ),
    };
    tell(&format!("Drafted with {}: {guesses}.\n", engine.name()));
    let out = word(&arguments.place.out);
    let with = if engine.name() == Means::embedded().engine.name() { "" } else { " --engine onnxruntime" };
    let next = match &arguments.samples {
        Some(_) => format!(
            "agebench run {out}{with} --dataset D --out results/, on samples other than those that its preparation was chosen on"
        ),
        None => {
            format!("agebench check {out}, and --samples DATASET to find out how the model's pictures were prepared")
        }
    };
    put(&Draft::one(card.to_owned(), drafted.text), &arguments.place, &next)
}
