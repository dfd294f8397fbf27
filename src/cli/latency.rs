//! `agebench latency`: several starts of this program, each timing a method; then the rows of M12.

use std::io::Write;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use comfy_table::{Table as Grid, presets};

use super::engines::EngineOptions;
use super::environment::Environment;
use super::output::{print, tell};
use super::run::{open_dataset, seconds};
use super::{Exit, Failure, methods, results};
use crate::dataset::{Dataset, Pick};
use crate::finding::counted;
use crate::folder::{Existing, LatencyWriter, Observation, Pseudonyms, RunFolder, Truth, names, read_latency};
use crate::latency::{self, LatencyError, Measured, Plan, Setting, WriteError};
use crate::metric::latency::LEAST_STARTS;
use crate::protocol::Protocol;
use crate::score::ScoreRequest;
use crate::table::{Row, RowStatus, Select, Table};

/// Time a method: loading, first answer, steady state, offered load and all workers at once.
///
/// The process is started several times, because two starts differ by more than two attempts of one. Every attempt
/// decodes its picture anew; reading the file is not counted. Percentiles have the bounds of their order statistics, and
/// a measurement that was disturbed says INVALID and why. Times of two machines are not comparable.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench latency model/ --dataset faces/ --out latency/
    agebench latency model/ --dataset faces/ --out latency/ --rate 20 --engine onnxruntime")]
pub(super) struct Arguments {
    /// A method.toml, its folder, or a bundled method's name
    #[arg(value_name = "METHOD")]
    method: String,

    /// A dataset's folder, its dataset.toml, or the bundled `drawn-faces`
    #[arg(long, value_name = "D")]
    dataset: String,

    /// Only the samples of this split
    #[arg(long, value_name = "NAME")]
    split: Option<String>,

    /// A protocol.toml or a bundled protocol's name, for its groups and levels
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,

    /// The run folder; made if absent, refused if it holds anything
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Remove the run that the folder holds
    #[arg(long)]
    replace: bool,

    /// Write ids as they are, instead of pseudonyms
    #[arg(long)]
    keep_ids: bool,

    /// Also offer attempts at random, this many a second on average
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,

    /// Starts of the process; a mean needs 5
    #[arg(long, value_name = "N", default_value = "5")]
    starts: NonZeroU32,

    /// Attempts of each stream in each start; the 99th percentile needs 368 in all
    #[arg(long, value_name = "N", default_value = "100")]
    attempts: NonZeroUsize,

    /// Attempts before the steady state
    #[arg(long, value_name = "N", default_value_t = 10)]
    warm_up: usize,

    /// Workers of the offline stream [default: the processors of this machine]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// An answer that takes longer is `timed_out`, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    timeout: Duration,

    #[command(flatten)]
    engine: EngineOptions,

    /// Be start number K: observe, and write the observations to the output stream
    #[arg(long, value_name = "K", hide = true)]
    as_start: Option<u32>,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: Option<f64> = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| format!("`{text}` is not a number of attempts a second above 0"))
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let protocol = results::protocol(arguments.protocol.as_deref())?;
    let pick = arguments.split.as_ref().map_or_else(Pick::all, Pick::split);
    let dataset = open_dataset(&arguments.dataset, &pick)?;
    let truth = Truth::of(&dataset, &Pseudonyms::of(&dataset, arguments.keep_ids));
    let plan = Plan {
        start: arguments.as_start.unwrap_or(0),
        attempts: arguments.attempts,
        warm_up: arguments.warm_up,
        rate: arguments.rate,
        jobs: arguments.jobs.unwrap_or(environment.processors),
        time_limit: arguments.timeout,
        seed: protocol.seed,
        limits: protocol.limits.clone(),
        scratch: environment.scratch.clone(),
    };
    if arguments.as_start.is_some() {
        return as_start(arguments, &plan, &dataset, &truth, environment);
    }
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    RunFolder::check(&arguments.out, existing).map_err(results::folder_failure)?;
    let means = arguments.engine.open(environment)?;
    let method = methods::load(&arguments.method, &means, &|| arguments.engine.other(environment), environment)?;
    if method.method.is_told() {
        let text = format!("`{}` has no time of its own: its answers are recorded or drawn", method.method.card().name);
        return Err(Failure::unusable(text).with_help("time the method itself"));
    }
    let measured = Measured {
        plan: &plan,
        starts: arguments.starts.get(),
        dataset: &dataset,
        truth: &truth,
        pick: arguments.split.as_ref().map_or_else(String::new, |split| format!("split={split}")),
        protocol: &protocol,
        method: (method.record(0), method.card.clone()),
        machine: environment.machine(),
        busy: environment.busy(),
        clock_step: environment.clock_step(),
        started: environment.clock.wall().to_string(),
    };
    drop(method);
    let mut observations = Vec::new();
    for number in 0..arguments.starts.get() {
        tell(&format!("start {} of {}\n", number + 1, arguments.starts));
        let made = started(number, environment);
        if environment.stop.load(Ordering::Relaxed) {
            tell("interrupted: nothing was written\n");
            return Ok(Exit::Interrupted);
        }
        observations.extend(made?);
    }
    let folder = measured.write(&arguments.out, existing, &observations, &*environment.clock);
    let folder = folder.map_err(|error| match error {
        WriteError::Folder(error) => results::folder_failure(error),
        WriteError::Digest(error) => Failure::unusable(error),
    })?;
    shown(&folder, &protocol, &observations)
}

/// This program started anew with the same arguments, as start `number`: its observations.
fn started(number: u32, environment: &Environment) -> Result<Vec<Observation>, Failure> {
    let again = environment.again().map_err(Failure::unusable);
    let output = again?
        .args(["--as-start", &number.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(Failure::unusable)?;
    if !output.status.success() {
        return Err(Failure::unusable(format!("start {} ended early ({})", number + 1, output.status)));
    }
    let read = read_latency(names::LATENCY, output.stdout.as_slice()).map_err(results::folder_failure)?;
    Ok(read.into_iter().map(|(_, observation)| observation).collect())
}

/// One start: observations go to the output stream, as latency.csv has them.
fn as_start(
    arguments: &Arguments,
    plan: &Plan,
    dataset: &Dataset,
    truth: &Truth,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let ids: Vec<String> = truth.rows().map(|row| row.sample_id.to_string()).collect();
    let setting = Setting { dataset, ids: &ids, clock: &environment.clock, stop: &environment.stop };
    let load = || -> Result<_, Loading> {
        let means = arguments.engine.open(environment).map_err(Loading::of)?;
        Ok(methods::load(&arguments.method, &means, &|| None, environment).map_err(Loading::of)?.method)
    };
    let mut writer = LatencyWriter::new(std::io::stdout().lock()).map_err(Failure::cannot_write)?;
    latency::observe(plan, &setting, load, &mut |observation| writer.write("", &observation)).map_err(|error| {
        match error {
            LatencyError::Write(error) => Failure::cannot_write(error),
            other => Failure::unusable(other),
        }
    })?;
    writer.finish().map_err(Failure::cannot_write)?;
    std::io::stdout().flush().map_err(Failure::cannot_write)?;
    Ok(Exit::Done)
}

/// A method that cannot be loaded, in words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Loading(String);

impl Loading {
    fn of(failure: Failure) -> Self {
        Self(failure.text().trim_end().trim_start_matches("error: ").to_owned())
    }
}

/// Scores the folder, and prints what was found.
fn shown(folder: &RunFolder, protocol: &Protocol, observations: &[Observation]) -> Result<Exit, Failure> {
    let request = ScoreRequest { folder, protocol: None, out: None };
    let scored = crate::score::score(&request).map_err(results::score_failure)?;
    print(&told(&scored.table, protocol))?;
    let failed = observations.iter().filter(|it| it.status == Some(crate::outcome::Status::Failed)).count();
    let file = |name| folder.file(name).display().to_string();
    tell(&format!(
        "\nWrote {} to {}; the observations are in {}.\n",
        counted(scored.table.rows.len(), "row"),
        file(names::METRICS),
        file(names::LATENCY)
    ));
    if failed > 0 {
        tell(&format!("error: {} failed and are in no row\n", counted(failed, "attempt")));
        return Ok(Exit::TooManyFailed);
    }
    Ok(Exit::Done)
}

/// The rows of the whole data set as a table: one line a time, a column a number.
fn told(table: &Table, protocol: &Protocol) -> String {
    let mut grid = Grid::new();
    grid.load_style(presets::NOTHING).set_header(["ms", "median", "p90", "p95", "p99", "mean", "max"]);
    let row = |metric: &str, variant: &str| {
        let select = Select { variant: crate::table::VariantSelect::Any, ..Select::metric(metric) };
        table.rows.iter().find(|row| select.matches(row) && row.variant.to_string() == variant)
    };
    let cell = |metric: &str, variant: &str| row(metric, variant).map_or(String::new(), number);
    let lone = |name: &str, metric: &str, variant: &str| {
        let mean = cell(metric, variant);
        [name.to_owned(), String::new(), String::new(), String::new(), String::new(), mean, String::new()]
    };
    grid.add_row(lone("load", "load_time", "")).add_row(lone("first answer", "first_answer_time", ""));
    let mut variants: Vec<String> = table
        .rows
        .iter()
        .filter(|row| row.metric == "latency_median" && row.group.is_whole() && row.value.is_some())
        .map(|row| row.variant.to_string())
        .collect();
    variants.dedup();
    for variant in variants {
        let metrics = ["latency_median", "latency_p90", "latency_p95", "latency_p99", "latency_mean", "latency_max"];
        grid.add_row(std::iter::once(stream(&variant)).chain(metrics.map(|metric| cell(metric, &variant))));
    }
    grid.add_row(lone("harness itself", "harness_overhead", ""));
    grid.add_row(lone("calibration", "calibration_time", ""));
    let mut text = format!("{grid}\n");
    if let Some(row) = row("attempts_per_second", "stream=offline") {
        text.push_str(&format!("All workers at once: {} attempts a second.\n", number(row)));
    }
    let mut reasons: Vec<&str> = table.rows.iter().flat_map(reasons).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let invalid: Vec<&str> = reasons.iter().filter_map(|reason| reason.strip_prefix("invalid: ")).collect();
    let verdict = if invalid.is_empty() { "VALID".to_owned() } else { format!("INVALID: {}", invalid.join("; ")) };
    text.push_str(&format!(
        "{verdict}. Brackets: {:.0} % bounds; `?`: too little for them",
        protocol.levels.display * 100.0
    ));
    text.push_str(&format!(" (a mean needs {LEAST_STARTS} starts, p90 36, p95 72 and p99 368 attempts).\n"));
    text
}

/// A stream in words: `single`, `single: prepare`, `offered at 20/s: answer`.
fn stream(variant: &str) -> String {
    let word = |key: &str| variant.split(';').find_map(|pair| pair.strip_prefix(key)).unwrap_or_default();
    let rate = if word("rate=").is_empty() { String::new() } else { format!(" at {}/s", word("rate=")) };
    let part = if word("part=").is_empty() { String::new() } else { format!(": {}", word("part=")) };
    format!("{}{rate}{part}", word("stream="))
}

fn reasons(row: &Row) -> Vec<&str> {
    match row.evidence.as_ref() {
        Some(crate::table::Evidence::Short(reasons)) => reasons.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// `1.23 [1.20, 1.26]`; with `>=` where the time limit ended it, `?` where there is too little evidence.
fn number(row: &Row) -> String {
    let Some(value) = row.value else { return String::new() };
    let digits = |value: f64| match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    let least = if row.has("censored") { ">=" } else { "" };
    let bounds = match (row.low, row.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", digits(low), digits(high)),
        _ => String::new(),
    };
    let short = if row.status == RowStatus::InsufficientEvidence { "?" } else { "" };
    format!("{least}{}{bounds}{short}", digits(value))
}
