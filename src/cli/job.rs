//! A run with its results: what `run`, `demo` and `study` have in common.

use std::cell::RefCell;
use std::path::Path;

use serde_json::Value;

use super::environment::Environment;
use super::output::tell;
use super::progress::Progress;
use super::results::{self, Shown};
use super::run::Running;
use super::{Exit, Failure};
use crate::dataset::Dataset;
use crate::finding::counted;
use crate::folder::{
    Existing, FolderError, Pseudonyms, RunFolder, RunRecord, Shard, ShardRecord, Timings, Truth, names as files,
};
use crate::footprint;
use crate::outcome::Outcome;
use crate::protocol::Protocol;
use crate::run::{self, Ahead, Request, Retain, RunError, RunMethod, Summary};
use crate::score::{self, Gathered, ScoreRequest};

/// A run with its results, as `run`, `demo` and `study` make it.
pub(super) struct Job<'a> {
    pub(super) methods: &'a [RunMethod],
    pub(super) dataset: &'a Dataset,
    /// The part of the people that is run; none for everybody.
    pub(super) shard: Option<Shard>,
    pub(super) protocol: &'a Protocol,
    pub(super) out: &'a Path,
    pub(super) existing: Existing,
    /// Whether rows about people are kept; else they are tallied and forgotten.
    pub(super) rows: bool,
    pub(super) keep_ids: bool,
    pub(super) timings: Timings,
    /// The filter in words; empty when all samples are listed.
    pub(super) pick: String,
    /// Whether it is written down what the methods are given.
    pub(super) footprint: bool,
    /// Settings for run.json beyond those of every run.
    pub(super) further: Vec<(String, Value)>,
    pub(super) notices: Vec<String>,
}

impl Job<'_> {
    /// What would be run, in words. Makes and removes nothing.
    ///
    /// # Errors
    /// What a run would be refused for.
    pub(super) fn plan(&self, running: &Running, environment: &Environment) -> Result<String, Failure> {
        let request = self.request(&|_, _, _| {}, running, environment);
        self.gathered()?;
        let ahead = run::look(&request, &environment.clock).map_err(failure)?;
        let part = self.shard.map(|shard| {
            let own = Truth::of(self.dataset, &Pseudonyms::of(self.dataset, true)).of_shard(shard);
            (shard, ShardRecord::of(shard, &own, &own), own.len())
        });
        let (samples, subjects) = match &part {
            Some((_, about, samples)) => (*samples, usize::try_from(about.subjects).unwrap_or(usize::MAX)),
            None => (self.dataset.samples().len(), self.dataset.subjects().len()),
        };
        let shard = part.map(|(shard, ..)| format!("shard {shard}: ")).unwrap_or_default();
        let names: Vec<String> = self.methods.iter().map(|it| format!("`{}`", it.method.card().name)).collect();
        let done = match ahead {
            Ahead { finished: true, .. } => format!("; all {} are done, and nothing would be run", ahead.done),
            Ahead { done: 0, .. } => String::new(),
            Ahead { done, .. } => format!("; {done} of them are done, and it would go on behind them"),
        };
        Ok(format!(
            "{shard}{} of {} of `{}` x {} ({}) would be {}, written to {}{done}\n",
            counted(samples, "sample"),
            counted(subjects, "subject"),
            self.dataset.card().name,
            counted(names.len(), "method"),
            names.join(", "),
            counted(samples * names.len(), "attempt"),
            self.out.display(),
        ))
    }

    /// Makes the attempts; `None` when they were interrupted, which is told.
    pub(super) fn attempt(
        &self,
        running: &Running,
        environment: &Environment,
    ) -> Result<Option<(RunFolder, Summary)>, Failure> {
        let gathered = RefCell::new(self.gathered()?);
        let take = |sample: usize, method: usize, outcome: &Outcome| {
            if let Some(gathered) = &mut *gathered.borrow_mut() {
                gathered.take(sample, method, outcome);
            }
        };
        let request = self.request(&take, running, environment);
        let progress = Progress::new(environment.bars);
        let ran = run::run(&request, &environment.clock, &environment.stop, &|event| progress.take(event));
        progress.end();
        let (folder, summary) = ran.map_err(failure)?;
        if summary.interrupted {
            tell(&if self.rows { interrupted(&summary, self.out) } else { NOTHING_KEPT.to_owned() });
            return Ok(None);
        }
        if let Some(gathered) = gathered.into_inner() {
            let record = RunRecord::read_any(&folder).map_err(results::folder_failure)?;
            gathered.tallied(&record).and_then(|tallied| tallied.keep(&folder)).map_err(results::score_failure)?;
        }
        if self.footprint {
            let (methods, dataset, clock) = (self.methods, self.dataset, &*environment.clock);
            footprint::write_given(&folder, methods, dataset, self.keep_ids, clock)
                .map_err(super::footprint::failure)?;
        }
        Ok(Some((folder, summary)))
    }

    /// Where answers go of a run that keeps no rows.
    ///
    /// # Errors
    /// The run could not be scored, or its people not be tallied apart: better said now than behind all attempts.
    fn gathered(&self) -> Result<Option<Gathered>, Failure> {
        let gathered = if self.rows {
            score::fits(self.dataset, self.protocol).map(|()| None)
        } else {
            Gathered::new(self.dataset, self.shard, self.methods.len(), self.protocol).map(Some)
        };
        gathered.map_err(results::score_failure)
    }

    fn request<'r>(
        &'r self,
        take: &'r dyn Fn(usize, usize, &Outcome),
        running: &Running,
        environment: &Environment,
    ) -> Request<'r> {
        Request {
            retain: if self.rows { Retain::Rows } else { Retain::Nothing(take) },
            methods: self.methods,
            dataset: self.dataset,
            shard: self.shard,
            protocol: self.protocol,
            out: self.out,
            existing: self.existing,
            jobs: running.jobs.unwrap_or(environment.processors),
            time_limit: running.timeout,
            scratch: environment.scratch.clone(),
            keep_ids: self.keep_ids,
            timings: self.timings,
            pick: self.pick.clone(),
            machine: environment.machine(),
            further: self.further.clone(),
        }
    }

    /// Runs, scores and reports.
    pub(super) fn run(self, running: &Running, environment: &Environment) -> Result<Exit, Failure> {
        let Some((folder, summary)) = self.attempt(running, environment)? else { return Ok(Exit::Interrupted) };
        if let Some(shard) = self.shard {
            let next = if self.rows {
                "agebench merge DIR... --out DIR"
            } else {
                "agebench score --merge DIR/tally.jsonl... --out DIR"
            };
            tell(&format!(
                "Wrote {} of shard {shard} to {}, {} of them failed or timed out: a part of the people, and no result.\n\
                 Next: {next}, when all {} shards are there\n",
                counted(summary.attempts, "attempt"),
                folder.path().display(),
                summary.failed,
                shard.of(),
            ));
            // How many may fail is said of the whole run, and `merge` looks.
            return Ok(running.max_failed.map_or(Exit::Done, |most| judged(&folder, &summary, most)));
        }
        let shown = Shown { all_challenges: false, notices: self.notices, width: environment.width };
        results::score_and_show(&ScoreRequest { folder: &folder, protocol: None, out: None }, &shown)?;
        Ok(judged(&folder, &summary, running.max_failed.unwrap_or(0)))
    }
}

/// Whether no more attempts failed than `most`; tells otherwise.
pub(super) fn judged(folder: &RunFolder, summary: &Summary, most: usize) -> Exit {
    if summary.failed <= most {
        return Exit::Done;
    }
    let help = if folder.holds_tallies() {
        "no reason was kept; a run that keeps its rows says why in the column `reason` of outcomes.csv".to_owned()
    } else {
        format!("the column `reason` of {} says why", folder.file(files::OUTCOMES).display())
    };
    tell(&format!(
        "error: {} of {} failed or timed out; --max-failed allows {most}\n     help: {help}\n",
        summary.failed,
        counted(summary.attempts, "attempt"),
    ));
    Exit::TooManyFailed
}

const NOTHING_KEPT: &str =
    "interrupted: no row about people was kept, so nothing is left; run it again with --replace\n";

fn interrupted(summary: &Summary, out: &Path) -> String {
    format!(
        "interrupted: outcomes of {} of {} are in {}; the same command with --resume goes on\n",
        summary.attempts,
        counted(summary.asked, "attempt"),
        out.join(crate::folder::names::OUTCOMES_PART).display(),
    )
}

const PUT_BACK: &str = "put back the file and go on with --resume, or begin anew with --replace";

/// A failure to run, with its exit code and remedy.
pub(super) fn failure(error: RunError) -> Failure {
    match error {
        RunError::GaveUp { .. } => Failure { exit: Exit::TooManyFailed, error: Box::new(error), help: None },
        // Where rows were kept, or begun.
        RunError::Folder(FolderError::NotEmpty { path, found, kind })
            if [files::OUTCOMES, files::OUTCOMES_PART].iter().any(|name| path.join(name).exists()) =>
        {
            Failure::unusable(FolderError::NotEmpty { path, found, kind }).with_help(
                "name another folder, give --resume to go on with the run in it, or --replace to overwrite it",
            )
        }
        RunError::Folder(error @ FolderError::TalliesOnly { .. }) => Failure::unusable(error)
            .with_help("name another folder, or give --replace to overwrite it: without rows no run goes on"),
        RunError::Folder(error) => results::folder_failure(error),
        RunError::SameName(_) => {
            Failure::unusable(error).with_help("give each card a name of its own: rows are told apart by it")
        }
        RunError::NothingKept => Failure::unusable(error).with_help("leave out --resume, or keep the rows"),
        RunError::OtherRun(_) => Failure::unusable(error)
            .with_help("put back what changed, name another folder, or begin anew with --replace"),
        RunError::Changed { .. } => {
            Failure::unusable(error).with_help("put back the file, or begin anew with --replace")
        }
        RunError::NoRecord(_) => Failure::unusable(error)
            .with_help("fetch the folder again from where it was run, or begin anew with --replace"),
        RunError::Dataset(_) => Failure::unusable(error).with_help(PUT_BACK),
        RunError::Method(error) if error.is_write_failure() => {
            Failure::cannot_write(error).with_help("make room there, and go on with --resume")
        }
        RunError::Method(error) if error.is_change() => Failure::unusable(error).with_help(PUT_BACK),
        RunError::NoMethod | RunError::Method(_) | RunError::Digest(_) => Failure::unusable(error),
    }
}
