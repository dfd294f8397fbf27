//! `agebench latency`: several starts of this program, each timing a method; then the rows of M12.

use std::cell::OnceCell;
use std::io::Write;
use std::num::{NonZeroU32, NonZeroUsize};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;

use super::engines::EngineOptions;
use super::environment::Environment;
use super::measured::{self, Data, Output};
use super::output::{print, tell, word};
use super::results::Shown;
use super::run::seconds;
use super::{Exit, Failure, methods, results};
use crate::dataset::Dataset;
use crate::finding::counted;
use crate::folder::{LatencyWriter, Observation, Pseudonyms, RunFolder, Stream, Truth, names, read_latency};
use crate::latency::{self, LatencyError, Measured, Plan, Setting, WriteError};
use crate::report;
use crate::run::Seen;
use crate::score::ScoreRequest;

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

    #[command(flatten)]
    data: Data,

    #[command(flatten)]
    output: Output,

    /// Also offer attempts at random, this many a second on average
    #[arg(long, value_name = "R", value_parser = rate, help_heading = "Running")]
    rate: Option<f64>,

    /// Starts of the process; a mean needs 5
    #[arg(long, value_name = "N", default_value = "5", help_heading = "Running")]
    starts: NonZeroU32,

    /// Attempts of each stream in each start; the 99th percentile needs 368 in all
    #[arg(long, value_name = "N", default_value = "100", help_heading = "Running")]
    attempts: NonZeroUsize,

    /// Attempts before the steady state
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Running")]
    warm_up: usize,

    /// Workers of the offline stream [default: the processors of this machine]
    #[arg(long, value_name = "N", help_heading = "Running")]
    jobs: Option<NonZeroUsize>,

    /// An answer that takes longer is `timed_out`, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds, help_heading = "Running")]
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
    let protocol = results::protocol(arguments.data.protocol.as_deref())?;
    let dataset = arguments.data.open()?;
    let truth = Truth::of(&dataset, &Pseudonyms::of(&dataset, arguments.output.keep_ids));
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
    let means = arguments.engine.open(environment)?;
    let told = ("has no time of its own", "time the method itself");
    let asked = (&arguments.data, &arguments.output);
    let method = measured::method(&arguments.method, asked, (&means, &arguments.engine), told, environment)?;
    let (machine, busy, clock_step) = (environment.machine(), environment.busy(), environment.clock_step());
    let begun = environment.clock.wall().to_string();
    let (mut observations, mut seen) = (Vec::new(), Seen::default());
    for number in 0..arguments.starts.get() {
        tell(&format!("start {} of {}\n", number + 1, arguments.starts));
        let made = started(number, environment);
        if environment.stop.load(Ordering::Relaxed) {
            tell("interrupted: nothing was written\n");
            return Ok(Exit::Interrupted);
        }
        // A start loads the method anew, and would measure the other one.
        let help = "put back the file, and measure again: nothing was written";
        method.unchanged().map_err(|error| Failure::unusable(error).with_help(help))?;
        if let Some(file) = dataset.changed() {
            let text = format!("the dataset's file `{file}` was changed or removed since the measurement began");
            return Err(Failure::unusable(text).with_help(help));
        }
        let (of_start, seen_of_start) = made?;
        observations.extend(of_start);
        seen.append(seen_of_start);
    }
    let measured = Measured {
        plan: &plan,
        starts: arguments.starts.get(),
        dataset: &dataset,
        truth: &truth,
        keep_ids: arguments.output.keep_ids,
        pick: arguments.data.pick(),
        protocol: &protocol,
        method: &method,
        seen: &seen,
        machine,
        busy,
        clock_step,
        started: begun,
    };
    let folder = measured.write(&arguments.output.out, arguments.output.existing(), &observations, &*environment.clock);
    let folder = folder.map_err(|error| match error {
        WriteError::Folder(error) => results::folder_failure(error),
        WriteError::Digest(error) => Failure::unusable(error),
    })?;
    shown(&folder, &observations, environment)
}

/// This program started anew with the same arguments, as start `number`: its observations, and what it showed of the method.
fn started(number: u32, environment: &Environment) -> Result<(Vec<Observation>, Seen), Failure> {
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
    // The last line is JSON, which no row of latency.csv is.
    let at = output.stdout.windows(2).rposition(|pair| pair == b"\n{").map_or(0, |newline| newline + 1);
    let (rows, seen) = output.stdout.split_at(at);
    let seen = serde_json::from_slice(seen).map_err(Failure::unusable)?;
    let read = read_latency(names::LATENCY, rows).map_err(results::folder_failure)?;
    Ok((read.into_iter().map(|(_, observation)| observation).collect(), seen))
}

/// One start: observations go to the output stream, as latency.csv has them, and then what they showed of the method, as a
/// line of JSON.
fn as_start(
    arguments: &Arguments,
    plan: &Plan,
    dataset: &Dataset,
    truth: &Truth,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let ids: Vec<String> = truth.rows().map(|row| row.sample_id.to_string()).collect();
    let warn = |text: String| tell(&format!("warning: {text}\n"));
    let setting = Setting { dataset, ids: &ids, clock: &environment.clock, stop: &environment.stop, warn: &warn };
    let loaded = OnceCell::new();
    let load = || -> Result<_, Loading> {
        let means = arguments.engine.open(environment).map_err(Loading::of)?;
        let method = methods::load(&arguments.method, &means, &|| None, environment).map_err(Loading::of)?;
        Ok(Arc::clone(&loaded.get_or_init(|| method).method))
    };
    let mut writer = LatencyWriter::new(std::io::stdout().lock()).map_err(Failure::cannot_write)?;
    latency::observe(plan, &setting, load, &mut |observation| writer.write("", &observation)).map_err(|error| {
        match error {
            LatencyError::Write(error) => Failure::cannot_write(error),
            LatencyError::Method(error) if error.is_write_failure() => Failure::cannot_write(error),
            other => Failure::unusable(other),
        }
    })?;
    writer.finish().map_err(Failure::cannot_write)?;
    let seen = loaded.get().map(|method| method.seen(&environment.scratch)).unwrap_or_default();
    print(&format!("{}\n", serde_json::to_string(&seen).map_err(Failure::unusable)?))?;
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
fn shown(folder: &RunFolder, observations: &[Observation], environment: &Environment) -> Result<Exit, Failure> {
    let request = ScoreRequest { folder, protocol: None, out: None };
    let scored = crate::score::score(&request).map_err(results::score_failure)?;
    let options = Shown { all_challenges: false, notices: Vec::new(), width: environment.width }.options();
    print(&report::terminal(&scored.table, &options))?;
    let single = || observations.iter().filter(|it| it.stream == Stream::Single);
    let answered = single().filter(|it| it.status == Some(crate::outcome::Status::Answered)).count();
    tell(&format!("\n{answered} of {} one after the other were answered.\n", counted(single().count(), "attempt")));
    let failed = observations.iter().filter(|it| it.status == Some(crate::outcome::Status::Failed)).count();
    let file = |name| folder.file(name).display().to_string();
    tell(&format!(
        "Wrote {} to {}; the observations are in {}. Next: agebench report {}\n",
        counted(scored.table.rows.len(), "row"),
        file(names::METRICS),
        file(names::LATENCY),
        word(folder.path()),
    ));
    if failed > 0 {
        tell(&format!("error: {} failed and are in no row\n", counted(failed, "attempt")));
        return Ok(Exit::TooManyFailed);
    }
    Ok(Exit::Done)
}
