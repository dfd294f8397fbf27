//! `agebench run`: every sample of a dataset put to one or more methods, then scored and reported.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::engines::EngineOptions;
use super::environment::{self, Environment};
use super::isolate::IsolateOptions;
use super::job::{self, Job};
use super::methods;
use super::output::print;
use super::results;
use super::spared::Read;
use super::{Exit, Failure};
use crate::bundled;
use crate::dataset::{CARD_FILE, Dataset, DatasetError, Pick};
use crate::finding::did_you_mean;
use crate::folder::{Existing, Timings};
use crate::run::{self, RunError};

/// Put every sample of a dataset to one or more methods, then score and report.
///
/// Writes a run folder: outcomes.csv (one row an attempt), truth.csv, metrics.csv, report.html, run.json, the protocol
/// and the cards. A sample that cannot be read becomes a row; a card, manifest or model that cannot be used ends with
/// exit code 2 before any work.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench run model/ --dataset faces/ --out results/
    agebench run model/ --dataset faces/ --out results/ --resume      # after it was stopped in any way
    agebench run model/ --dataset faces/ --out results/ --isolate --memory 2GiB     # a model that nobody vouches for
    agebench run model/ --dataset faces/ --out shard-3/ --shard 3/8   # one of eight machines; then agebench merge
    agebench run model/ --dataset faces/ --out results/ --retain none  # sums, and no row about a person
    agebench run a/method.toml drawn-even --dataset drawn-faces --out both/ --jobs 4")]
pub(super) struct Arguments {
    /// A method.toml, its folder, or a bundled method's name
    #[arg(required = true, value_name = "METHOD")]
    methods: Vec<String>,

    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    engine: EngineOptions,

    #[command(flatten)]
    isolation: IsolateOptions,

    #[command(flatten)]
    running: Running,

    #[command(flatten)]
    writing: Writing,
}

/// What is measured.
#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
struct Data {
    /// A dataset's folder, its dataset.toml, or the bundled `drawn-faces`
    #[arg(long, value_name = "D")]
    dataset: String,

    /// Only the samples of this split
    #[arg(long, value_name = "NAME")]
    split: Option<String>,

    /// Only one part of the people: 3/8, or `auto` in an array job of Slurm or AWS Batch, or auto/8 in an indexed job of
    /// Kubernetes; `agebench merge` joins the parts
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,

    /// A protocol.toml or a bundled protocol's name; what it does not say is as in the default protocol
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,

    /// Choose the safe buffer on one half of the subjects and test it once on the other
    #[arg(long)]
    confirm: bool,
}

/// How it is run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Running")]
pub(super) struct Running {
    /// Workers at most [default: the processors of this machine]
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<NonZeroUsize>,

    /// An answer that takes longer is `timed_out`, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(super) timeout: Duration,

    /// Failed and timed-out attempts that are allowed before the exit code is 4 [default: 0; a shard has no limit, `merge` applies it]
    #[arg(long, value_name = "N")]
    pub(super) max_failed: Option<usize>,
}

/// Where and how results are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Writing {
    /// The run folder; made if absent, refused if it holds anything
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Remove the run that the folder holds
    #[arg(long)]
    replace: bool,

    /// Go on with the run that the folder holds, or begin it; refused when anything that it rests on is another
    #[arg(long, conflicts_with = "replace")]
    resume: bool,

    /// What is kept of each person: `rows`, or `none`: truth and answers are held in memory and tallied at the end, and no row about a person is
    /// ever written; medians, percentiles and other numbers that need rows are not measurable then
    #[arg(long, value_name = "WHAT", default_value = "rows")]
    retain: Retained,

    /// Write ids as they are, instead of pseudonyms
    #[arg(long)]
    keep_ids: bool,

    /// Leave the time columns of outcomes.csv empty, so that two runs can be compared byte by byte
    #[arg(long)]
    no_timings: bool,

    /// Check everything, print what would be run, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What is kept of each person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Retained {
    /// A row of each attempt, and one of each sample
    Rows,
    /// Nothing: sums over all of them
    None,
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a number of seconds above 0");
    let seconds: f64 = text.trim_end_matches('s').parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()).ok_or_else(wrong)
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let (isolation, writing) = (&arguments.isolation, &arguments.writing);
    if writing.retain == Retained::None && writing.resume {
        return Err(job::failure(RunError::NothingKept));
    }
    if writing.retain == Retained::None && writing.keep_ids {
        return Err(
            Failure::unusable("--keep-ids: with --retain none no id is written").with_help("leave out one of them")
        );
    }
    let shard = arguments.data.shard.as_deref().map(environment::shard).transpose().map_err(Failure::unusable)?;
    let means = arguments.engine.open(environment)?;
    let means = isolation.around(means, &arguments.engine, arguments.running.timeout, environment)?;
    let mut protocol = results::protocol(arguments.data.protocol.as_deref())?;
    protocol.buffer.confirm |= arguments.data.confirm;
    let pick = arguments.data.split.as_ref().map_or_else(Pick::all, Pick::split);
    let dataset = open_dataset(&arguments.data.dataset, &pick)?;
    // A model that is kept out of this process is not tried in it.
    let other = || if isolation.given() { None } else { arguments.engine.other(environment) };
    let load = |name: &String| methods::load(name, &means, &other, environment);
    let methods = arguments.methods.iter().map(load).collect::<Result<Vec<_>, _>>()?;
    isolation.used(&methods)?;
    let job = Job {
        methods: &methods,
        dataset: &dataset,
        shard,
        protocol: &protocol,
        out: &writing.out,
        existing: match (writing.replace, writing.resume) {
            (true, _) => Existing::Replace,
            (_, true) => Existing::Resume,
            _ => Existing::Refuse,
        },
        rows: writing.retain == Retained::Rows,
        keep_ids: writing.keep_ids,
        timings: if writing.no_timings { Timings::Left } else { Timings::Written },
        pick: arguments.data.split.as_ref().map_or_else(String::new, |split| format!("split={split}")),
        footprint: false,
        further: [isolation.settings(), vec![("decoder".to_owned(), json!(means.decoder.word()))]].concat(),
        notices: if arguments.data.dataset == bundled::DATASET { vec![bundled::NOTICE.to_owned()] } else { Vec::new() },
    };
    let names = arguments.methods.iter().map(String::as_str);
    let read = Read {
        dataset: &arguments.data.dataset,
        protocol: arguments.data.protocol.as_deref(),
        methods: names.zip(&methods).collect(),
    };
    read.spared(job.out, job.existing)?;
    run::check_limits(&methods, &protocol).map_err(job::failure)?;
    if writing.dry_run {
        print(&job.plan(&arguments.running, environment)?)?;
        return Ok(Exit::Done);
    }
    job.run(&arguments.running, environment)
}

/// The dataset that `name` names.
pub(super) fn open_dataset(name: &str, pick: &Pick) -> Result<Dataset, Failure> {
    let path = Path::new(name);
    let opened = if name == bundled::DATASET && !path.exists() {
        Dataset::from_files(Box::new(bundled::faces()), CARD_FILE, pick)
    } else {
        Dataset::open(path, pick)
    };
    opened.map_err(|error| {
        let near = if path.exists() { None } else { did_you_mean(name, [bundled::DATASET]) };
        near.into_iter().fold(unusable_dataset(error), Failure::with_help)
    })
}

pub(super) fn unusable_dataset(error: DatasetError) -> Failure {
    let help = error.help().map(str::to_owned);
    help.into_iter().fold(Failure::unusable(error), Failure::with_help)
}
