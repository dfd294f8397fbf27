//! `agebench footprint`: what a method is given, sends, returns and leaves behind; then the rows of M13.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::engines::EngineOptions;
use super::environment::Environment;
use super::output::tell;
use super::progress::Progress;
use super::results::{self, Shown};
use super::run::{open_dataset, seconds};
use super::{Exit, Failure, methods};
use crate::bundled;
use crate::dataset::Pick;
use crate::finding::counted;
use crate::folder::{Existing, RunFolder, names};
use crate::footprint::{self, FootprintError, Request};
use crate::method::MethodError;
use crate::score::ScoreRequest;

/// Measure what a method is given, sends, returns and leaves behind.
///
/// Attempts are made one after the other in one session. What can be seen is written to footprint.csv, as it was seen;
/// what cannot be seen here is `not_measurable`, and never 0. The folder is a run folder: `score`, `verify` and `report`
/// work on it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench footprint plugin/ --dataset faces/ --out footprint/
    agebench footprint model/ --dataset faces/ --out footprint/ --split test")]
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

    /// A protocol.toml or a bundled protocol's name
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

    /// An answer that takes longer is `timed_out`, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    timeout: Duration,

    #[command(flatten)]
    engine: EngineOptions,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let means = arguments.engine.open(environment)?;
    let protocol = results::protocol(arguments.protocol.as_deref())?;
    let pick = arguments.split.as_ref().map_or_else(Pick::all, Pick::split);
    let dataset = open_dataset(&arguments.dataset, &pick)?;
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    RunFolder::check(&arguments.out, existing).map_err(results::folder_failure)?;
    let memory = environment.memory().map(|(now, _)| now);
    let method = methods::load(&arguments.method, &means, &|| arguments.engine.other(environment), environment)?;
    if method.method.is_told() {
        let text = format!("`{}` takes nothing: its answers are recorded or drawn", method.method.card().name);
        return Err(Failure::unusable(text).with_help("measure the method itself"));
    }
    for notice in method.method.notices() {
        tell(&format!("warning: {notice}\n"));
    }
    let request = Request {
        method: &method,
        dataset: &dataset,
        protocol: &protocol,
        out: &arguments.out,
        existing,
        time_limit: arguments.timeout,
        scratch: environment.scratch.clone(),
        keep_ids: arguments.keep_ids,
        pick: arguments.split.as_ref().map_or_else(String::new, |split| format!("split={split}")),
        machine: environment.machine(),
        memory,
        peak: &|| environment.memory().map(|(_, peak)| peak),
    };
    let progress = Progress::new(environment.bars);
    let ran = footprint::run(&request, &environment.clock, &environment.stop, &|event| progress.take(event));
    progress.end();
    let (folder, summary) = ran.map_err(failure)?;
    if summary.interrupted {
        tell(&format!(
            "interrupted: {} of {} are in {}; there are no metrics of an unfinished measurement\n",
            summary.attempts,
            counted(summary.asked, "attempt"),
            folder.file(names::OUTCOMES).display(),
        ));
        return Ok(Exit::Interrupted);
    }
    let notices = if arguments.dataset == bundled::DATASET { vec![bundled::NOTICE.to_owned()] } else { Vec::new() };
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

fn failure(error: FootprintError) -> Failure {
    match error {
        FootprintError::Folder(error) => results::folder_failure(error),
        FootprintError::Method(error @ MethodError::Broken { .. }) => {
            Failure { exit: Exit::TooManyFailed, error: Box::new(error), help: None }
        }
        other => Failure::unusable(other),
    }
}
