//! `agebench merge`: the shards of a run joined into the run that one machine would have made, then scored and reported.

use std::path::PathBuf;

use clap::Args;

use super::environment::Environment;
use super::job;
use super::output::tell;
use super::results::{self, Shown};
use super::{Exit, Failure};
use crate::finding::counted;
use crate::folder::Existing;
use crate::run::{self, MergeError, MergeRequest};
use crate::score::ScoreRequest;

/// Join the shards of a run, then score and report.
///
/// The folder is the one that a single run would have written, byte for byte; only run.json says that there were shards,
/// on which machines, and when. A shard that is missing, there twice, not finished or of another run is refused by name.
/// Rows stream through: memory does not grow with them until they are scored (`agebench score --tally` and `--merge` do
/// without them).
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench merge shards/* --out results/
    agebench merge shards/1 shards/2 --out results/ --max-failed 5")]
pub(super) struct Arguments {
    /// The folders of all shards, in any order
    #[arg(required = true, value_name = "DIR")]
    shards: Vec<PathBuf>,

    /// The run folder; made if absent, refused if it holds anything
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Remove the run that the folder holds
    #[arg(long)]
    replace: bool,

    /// Failed and timed-out attempts that are allowed before the exit code is 4
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_failed: usize,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    let request = MergeRequest { shards: &arguments.shards, out: &arguments.out, existing };
    let (folder, summary) = run::merge(&request, &environment.stop).map_err(failure)?;
    if summary.interrupted {
        tell(&format!("interrupted: {} holds no whole run; merge again with --replace\n", folder.path().display()));
        return Ok(Exit::Interrupted);
    }
    tell(&format!(
        "Joined {} of {} into {}.\n",
        counted(summary.attempts, "attempt"),
        counted(arguments.shards.len(), "shard"),
        folder.path().display()
    ));
    let shown = Shown { all_challenges: false, notices: Vec::new(), width: environment.width };
    results::score_and_show(&ScoreRequest { folder: &folder, protocol: None, out: None }, &shown)?;
    Ok(job::judged(&folder, &summary, arguments.max_failed))
}

fn failure(error: MergeError) -> Failure {
    let help = error.help().map(str::to_owned);
    let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
    Failure { exit, error: Box::new(error), help }
}
