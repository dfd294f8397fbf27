//! `agebench footprint`: what a method is given, sends, returns and leaves behind; then the rows of M13.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use super::engines::EngineOptions;
use super::environment::Environment;
use super::measured::{self, Data, Output};
use super::output::tell;
use super::progress::Progress;
use super::results::{self, Shown};
use super::run::seconds;
use super::{Exit, Failure};
use crate::bundled;
use crate::finding::{counted, did_you_mean};
use crate::folder::{RunFolder, StepRecord, names};
use crate::footprint::{self, Axis, CurvePlan, FootprintError, Request, StepDone};
use crate::method::MethodError;
use crate::metric;
use crate::score::{CurveJudge, ScoreRequest};

/// Measure what a method is given, sends, returns and leaves behind.
///
/// Attempts are made one after the other in one session; a program (`[command]`) works in a box made by bubblewrap, where
/// every place that it can write to and every address that it speaks to is watched. What can be seen is written to footprint.csv, as it was seen;
/// what cannot be seen here is `not_measurable`, and never 0. The folder is a run folder: `score`, `verify` and `report`
/// work on it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench footprint plugin/ --dataset faces/ --out footprint/
    agebench footprint plugin/ --dataset faces/ --out footprint/ --allow-host licence.example.org
    agebench footprint model/ --dataset faces/ --out footprint/ --split test
    agebench footprint model/ --dataset faces/ --out footprint/ --curve
    agebench footprint model/ --dataset faces/ --out footprint/ --curve=pixels,gray --margin-rate 0.02")]
pub(super) struct Arguments {
    /// A method.toml, its folder, or a bundled method's name
    #[arg(value_name = "METHOD")]
    method: String,

    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    output: Output,

    /// An answer that takes longer is `timed_out`, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, help_heading = "Running")]
    timeout: Duration,

    /// A host that a program in the box may reach, as NAME or NAME:PORT; without a port, 443 and 80
    #[arg(long, value_name = "H", value_parser = host, help_heading = "Running")]
    allow_host: Vec<Vec<(String, u16)>>,

    /// Then put the dataset again with less and less of each picture and find the least that serves, along all of
    /// `pixels,quality,gray,margin` or some of them
    #[arg(
        long, value_name = "AXES", num_args = 0..=1, require_equals = true,
        default_missing_value = "pixels,quality,gray,margin", value_parser = axes, help_heading = "Least input"
    )]
    curve: Option<Axes>,

    /// How much higher the under-age pass rate and the adult denial rate may be with less input, as a share
    #[arg(long, value_name = "SHARE", default_value = "0.05", value_parser = margin_rate, help_heading = "Least input")]
    margin_rate: f64,

    /// How much higher the mean absolute error may be with less input, in years
    #[arg(long, value_name = "YEARS", default_value = "0.5", value_parser = margin_years, help_heading = "Least input")]
    margin_years: f64,

    /// Workers of a method in this process, for the least input [default: the processors of this machine]
    #[arg(long, value_name = "N", help_heading = "Least input")]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    engine: EngineOptions,
}

/// Name and ports of a host.
fn host(text: &str) -> Result<Vec<(String, u16)>, String> {
    let (name, ports) = match text.rsplit_once(':') {
        Some((name, port)) => {
            let port = port.parse().ok().filter(|port| *port > 0);
            (name, vec![port.ok_or_else(|| format!("`{text}` has no port: expected NAME or NAME:PORT"))?])
        }
        None => (text, vec![443, 80]),
    };
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(is_name) || name.parse::<std::net::IpAddr>().is_ok() {
        return Err(format!("`{name}` is not the name of a host: programs in the box look names up"));
    }
    let name = name.to_ascii_lowercase();
    Ok(ports.into_iter().map(|port| (name.clone(), port)).collect())
}

/// Along what inputs are reduced, in the order in which it is done, each once.
#[derive(Debug, Clone)]
struct Axes(Vec<Axis>);

fn axes(text: &str) -> Result<Axes, String> {
    let mut axes = text.split(',').map(axis).collect::<Result<Vec<_>, _>>()?;
    axes.sort_unstable();
    axes.dedup();
    Ok(Axes(axes))
}

fn axis(word: &str) -> Result<Axis, String> {
    let found = Axis::WORDS.iter().find(|(known, _)| *known == word).map(|(_, axis)| *axis);
    let names = Axis::WORDS.map(|(word, _)| word);
    found.ok_or_else(|| match did_you_mean(word, names) {
        Some(help) => format!("`{word}` is nothing that can be taken away: {help}"),
        None => format!("`{word}` is nothing that can be taken away: expected some of {}", names.join(",")),
    })
}

fn margin_rate(text: &str) -> Result<f64, String> {
    let share: Option<f64> = text.parse().ok().filter(|share: &f64| *share > 0.0 && *share < 1.0);
    share.ok_or_else(|| format!("`{text}` is not a share between 0 and 1"))
}

fn margin_years(text: &str) -> Result<f64, String> {
    let years: Option<f64> = text.parse().ok().filter(|years: &f64| *years > 0.0 && *years <= 100.0);
    years.ok_or_else(|| format!("`{text}` is not a number of years above 0"))
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let means = arguments.engine.open(environment)?;
    let protocol = results::protocol(arguments.data.protocol.as_deref())?;
    let dataset = arguments.data.open()?;
    let memory = environment.memory().map(|(now, _)| now);
    let told = ("takes nothing", "measure the method itself");
    let asked = (&arguments.data, &arguments.output);
    let method = measured::method(&arguments.method, asked, (&means, &arguments.engine), told, environment)?;
    let request = Request {
        method: &method,
        dataset: &dataset,
        protocol: &protocol,
        out: &arguments.output.out,
        existing: arguments.output.existing(),
        time_limit: arguments.timeout,
        scratch: environment.scratch.clone(),
        keep_ids: arguments.output.keep_ids,
        pick: arguments.data.pick(),
        machine: environment.machine(),
        hosts: arguments.allow_host.concat(),
        tools: environment.tools(),
        memory,
        peak: &|| environment.memory().map(|(_, peak)| peak),
    };
    let progress = Progress::new(environment.bars);
    let ran = footprint::run(&request, &environment.clock, &environment.stop, &|event| progress.take(event));
    progress.end();
    let (folder, summary) = ran.map_err(failure)?;
    if summary.interrupted {
        tell(&format!(
            "interrupted: {} of {} are in {}; there are no metrics of an unfinished measurement: make it again with --replace\n",
            summary.attempts,
            counted(summary.asked, "attempt"),
            folder.file(names::OUTCOMES_PART).display(),
        ));
        return Ok(Exit::Interrupted);
    }
    if !reduce(arguments, &request, &folder, environment)? {
        tell("interrupted: the footprint is measured, the least input is not found\n");
        return Ok(Exit::Interrupted);
    }
    let notices =
        if arguments.data.dataset == bundled::DATASET { vec![bundled::NOTICE.to_owned()] } else { Vec::new() };
    let shown = Shown { all_challenges: false, notices, width: environment.width };
    results::score_and_show(&ScoreRequest { folder: &folder, protocol: None, out: None }, &shown)?;
    tell(&format!("What was observed, attempt by attempt: {}\n", folder.file(names::FOOTPRINT).display()));
    if summary.failed > 0 {
        let attempts = counted(summary.attempts, "attempt");
        tell(&format!("error: {} of {attempts} failed or timed out\n", summary.failed));
        return Ok(Exit::TooManyFailed);
    }
    Ok(Exit::Done)
}

/// Finds the least input that serves, where that is asked for; false when it was stopped.
fn reduce(
    arguments: &Arguments,
    request: &Request<'_>,
    folder: &RunFolder,
    environment: &Environment,
) -> Result<bool, Failure> {
    let Some(Axes(axes)) = &arguments.curve else { return Ok(true) };
    let plan = CurvePlan {
        axes: axes.clone(),
        margin_rate: arguments.margin_rate,
        margin_years: arguments.margin_years,
        jobs: arguments.jobs.unwrap_or(environment.processors),
    };
    if request.method.method.is_outside() {
        let most = 24 * request.dataset.samples().len();
        tell(&format!("the least input takes up to {} more of {}\n", counted(most, "attempt"), arguments.method));
    }
    let progress = Progress::new(environment.bars);
    let mut accepted = |done: &StepDone<'_>| -> Result<bool, Failure> {
        let judge = CurveJudge::open(folder, None).map_err(results::score_failure)?;
        let rules = judge.rules(done.step.step).map_err(results::score_failure)?;
        let accepted = metric::accepted(&rules);
        progress.say(&told(done, accepted));
        Ok(accepted)
    };
    let sink = |event| progress.take(event);
    let made = footprint::curve(request, &plan, folder, &environment.clock, &environment.stop, &sink, &mut accepted);
    progress.end();
    made
}

/// `128 pixels: 3.9 kB of 4.6 kB a sample, not worse`.
fn told(done: &StepDone<'_>, accepted: bool) -> String {
    let StepDone { step, full } = done;
    let kilobytes = |step: &StepRecord| step.bytes as f64 / step.samples.max(1) as f64 / 1e3;
    let left = crate::table::twelve_digits(step.left.unwrap_or_default());
    let what = match step.axis.as_str() {
        "pixels" => format!("{left} pixels"),
        "gray" => "no colour".to_owned(),
        axis => format!("{axis} {left}"),
    };
    let verdict = if accepted { "not worse" } else { "not shown to be no worse: the search along this axis ends" };
    format!("{what}: {:.1} of {:.1} kB a sample, {verdict}\n", kilobytes(step), kilobytes(full))
}

impl From<FootprintError> for Failure {
    fn from(error: FootprintError) -> Self {
        failure(error)
    }
}

const PUT_BACK: &str = "put back the file, and measure again with --replace";

pub(super) fn failure(error: FootprintError) -> Failure {
    match error {
        FootprintError::Folder(error) => results::folder_failure(error),
        FootprintError::Method(error @ MethodError::Broken { .. }) => {
            Failure { exit: Exit::TooManyFailed, error: Box::new(error), help: None }
        }
        FootprintError::Method(error) if error.is_change() => Failure::unusable(error).with_help(PUT_BACK),
        FootprintError::Dataset(_) => Failure::unusable(error).with_help(PUT_BACK),
        FootprintError::Method(error) if error.is_write_failure() => Failure::cannot_write(error),
        other => Failure::unusable(other),
    }
}
