//! A run with its results: what `run`, `demo` and `study` have in common.

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
use crate::folder::{Existing, FolderError, RunFolder, Timings};
use crate::footprint;
use crate::protocol::Protocol;
use crate::run::{self, Request, RunError, RunMethod, Summary};
use crate::score::ScoreRequest;

/// A run with its results, as `run`, `demo` and `study` make it.
pub(super) struct Job<'a> {
    pub(super) methods: &'a [RunMethod],
    pub(super) dataset: &'a Dataset,
    pub(super) protocol: &'a Protocol,
    pub(super) out: &'a Path,
    pub(super) existing: Existing,
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
    /// What would be run, in words.
    pub(super) fn plan(&self) -> String {
        let names: Vec<String> = self.methods.iter().map(|it| format!("`{}`", it.method.card().name)).collect();
        format!(
            "{} of {} of `{}` x {} ({}) would be {}, written to {}\n",
            counted(self.dataset.samples().len(), "sample"),
            counted(self.dataset.subjects().len(), "subject"),
            self.dataset.card().name,
            counted(names.len(), "method"),
            names.join(", "),
            counted(self.dataset.samples().len() * names.len(), "attempt"),
            self.out.display(),
        )
    }

    /// Makes the attempts; `None` when they were interrupted, which is told.
    pub(super) fn attempt(
        &self,
        running: &Running,
        environment: &Environment,
    ) -> Result<Option<(RunFolder, Summary)>, Failure> {
        let request = Request {
            methods: self.methods,
            dataset: self.dataset,
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
        };
        let progress = Progress::new(environment.bars);
        let ran = run::run(&request, &environment.clock, &environment.stop, &|event| progress.take(event));
        progress.end();
        let (folder, summary) = ran.map_err(failure)?;
        if summary.interrupted {
            tell(&interrupted(&summary, self.out));
            return Ok(None);
        }
        if self.footprint {
            let (methods, dataset, clock) = (self.methods, self.dataset, &*environment.clock);
            footprint::write_given(&folder, methods, dataset, self.keep_ids, clock)
                .map_err(super::footprint::failure)?;
        }
        Ok(Some((folder, summary)))
    }

    /// Runs, scores and reports.
    pub(super) fn run(self, running: &Running, environment: &Environment) -> Result<Exit, Failure> {
        let Some((folder, summary)) = self.attempt(running, environment)? else { return Ok(Exit::Interrupted) };
        let shown = Shown { all_challenges: false, notices: self.notices, width: environment.width };
        results::score_and_show(&ScoreRequest { folder: &folder, protocol: None, out: None }, &shown)?;
        if summary.failed > running.max_failed {
            tell(&format!(
                "error: {} of {} failed or timed out; --max-failed allows {}\n     help: the column `reason` of {} says why\n",
                summary.failed,
                counted(summary.attempts, "attempt"),
                running.max_failed,
                folder.file(crate::folder::names::OUTCOMES).display(),
            ));
            return Ok(Exit::TooManyFailed);
        }
        Ok(Exit::Done)
    }
}

fn interrupted(summary: &Summary, out: &Path) -> String {
    format!(
        "interrupted: outcomes of {} of {} are in {}; the same command with --resume goes on\n",
        summary.attempts,
        counted(summary.asked, "attempt"),
        out.join(crate::folder::names::OUTCOMES_PART).display(),
    )
}

/// A failure to run, with its exit code and remedy.
pub(super) fn failure(error: RunError) -> Failure {
    match error {
        RunError::GaveUp { .. } => Failure { exit: Exit::TooManyFailed, error: Box::new(error), help: None },
        RunError::Folder(error @ FolderError::NotEmpty { .. }) => Failure::unusable(error)
            .with_help("name another folder, give --resume to go on with the run in it, or --replace to overwrite it"),
        RunError::Folder(error) => results::folder_failure(error),
        RunError::SameName(_) => {
            Failure::unusable(error).with_help("give each card a name of its own: rows are told apart by it")
        }
        RunError::OtherRun(_) => Failure::unusable(error)
            .with_help("put back what changed, name another folder, or begin anew with --replace"),
        RunError::Changed { .. } => {
            Failure::unusable(error).with_help("put back the file, or begin anew with --replace")
        }
        RunError::NoMethod | RunError::Method(_) | RunError::Digest(_) => Failure::unusable(error),
    }
}
