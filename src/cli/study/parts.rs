//! The parts of a study: what their folders hold, and making what is missing.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use super::super::environment::Environment;
use super::super::job::Job;
use super::super::output::tell;
use super::super::results::{self, Shown, folder_failure, score_failure};
use super::super::run::Running;
use super::super::{Exit, Failure, compare as compared, report as reported};
use super::{Study, measure, told};
use crate::bundled;
use crate::compare::CompareRequest;
use crate::folder::{
    Existing, FolderError, OutcomeReader, RunFolder, RunRecord, Timings, names as run_names, read_latency, write_whole,
};
use crate::outcome::Status;
use crate::report;
use crate::score::{self, ScoreRequest};
use crate::study::{Held, Part, PartRecord, Plan, Registration, STUDY_SCHEMA, Standing, State, StudyRecord, note};

/// The parts of a study, in their order: runs, comparisons, measurements.
pub(super) struct Parts<'a> {
    study: &'a Study,
    /// With the digests of the files of what was run.
    plan: Plan,
    registration: Option<Registration>,
    out: &'a Path,
    lines: Vec<Line>,
}

/// One part.
pub(super) struct Line {
    what: What,
    pub(super) folder: String,
    pub(super) verb: String,
    /// What was found before anything was made.
    held: Held,
    pub(super) done: Done,
    /// Attempts in the folder, and those that failed or timed out.
    pub(super) counts: Option<(usize, usize)>,
    /// How making it ended.
    pub(super) exit: Exit,
}

/// Which part it is, by its place in the plan.
#[derive(Clone, Copy)]
enum What {
    Run(usize),
    Comparison(usize),
    Measurement(usize),
}

/// What was done about a part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Kept,
    Made,
    WentOn,
    Unfinished,
    NotYet,
    Broke,
}

impl<'a> Parts<'a> {
    /// Looks what the folders hold; what is finished is verified.
    ///
    /// # Errors
    /// A folder holds something of another plan, or rows that do not follow from its records; all of them are told.
    pub(super) fn look(
        study: &'a Study,
        plan: Plan,
        registration: Option<Registration>,
        out: &'a Path,
        replace: bool,
    ) -> Result<Self, Failure> {
        let mut parts = Self { study, plan, registration, out, lines: Vec::new() };
        let mut refused = Vec::new();
        let runs = (0..parts.plan.datasets.len()).map(What::Run);
        let measurements = (0..parts.plan.measurements.len()).map(What::Measurement);
        for what in runs.chain(measurements) {
            let Some(part) = parts.part(what) else { continue };
            let (folder, verb) = (part.folder(), part.verb().to_owned());
            let path = out.join(&folder);
            let mut held = parts.held(part, &path)?;
            if held == Held::Finished {
                let opened = RunFolder::open(&path).map_err(folder_failure)?;
                let wrong = score::verify(&opened).map_err(score_failure)?.differences.len();
                if wrong > 0 {
                    let text = format!("{wrong} rows of metrics.csv do not follow from its records");
                    held = Held::Other(vec![text]);
                }
            }
            if let Held::Other(differences) = &held {
                refused.extend(differences.iter().map(|text| format!("{}: {text}", path.display())));
            }
            parts.lines.push(Line { what, folder, verb, held, done: Done::NotYet, counts: None, exit: Exit::Done });
        }
        if !refused.is_empty() && !replace {
            return Err(Failure::unusable(refused.join("\n"))
                .with_help("put back what changed, name another folder with --out, or make it anew with --replace"));
        }
        if parts.plan.compare {
            for (place, dataset) in parts.plan.datasets.iter().enumerate() {
                let (folder, verb) = (Plan::comparison_folder(dataset), "compare".to_owned());
                let (what, held) = (What::Comparison(place), Held::Nothing);
                let is_run_kept = parts.lines.get(place).is_some_and(|line| line.held == Held::Finished);
                let is_there = out.join(&folder).join(run_names::COMPARISON).exists();
                let done = if is_run_kept && is_there { Done::Made } else { Done::NotYet };
                let line = Line { what, folder, verb, held, done, counts: None, exit: Exit::Done };
                parts.lines.insert(parts.plan.datasets.len() + place, line);
            }
        }
        for line in &mut parts.lines {
            match line.held {
                Held::Finished => line.done = Done::Kept,
                Held::Unfinished => line.done = Done::Unfinished,
                Held::Nothing | Held::Other(_) => {}
            }
        }
        Ok(parts)
    }

    fn part(&self, what: What) -> Option<Part<'_>> {
        match what {
            What::Run(place) => self.plan.datasets.get(place).map(Part::Run),
            What::Measurement(place) => self.plan.measurements.get(place).map(Part::Measurement),
            What::Comparison(_) => None,
        }
    }

    /// What the folder `path` of `part` holds.
    fn held(&self, part: Part<'_>, path: &Path) -> Result<Held, Failure> {
        part.held(&self.plan, &self.study.file.run, path).map_err(folder_failure)
    }

    /// Makes what is missing, part by part. A part that goes wrong is told, and does not keep the others from being made.
    ///
    /// # Errors
    /// What was done cannot be written.
    pub(super) fn make(&mut self, environment: &Environment) -> Result<(), Failure> {
        for at in 0..self.lines.len() {
            self.record()?.write(self.out).map_err(folder_failure)?;
            if environment.stop.load(Ordering::Relaxed) {
                if let Some(line) = self.lines.get_mut(at) {
                    line.exit = Exit::Interrupted;
                }
                return Ok(());
            }
            let Some((what, folder, done)) = self.lines.get(at).map(|it| (it.what, it.folder.clone(), it.done)) else {
                continue;
            };
            let path = self.out.join(&folder);
            if let What::Comparison(place) = what
                && !self.plan.datasets.get(place).map_or(Ok(false), |dataset| self.is_finished(Part::Run(dataset)))?
            {
                tell(&format!("{folder}: its run is not finished, nothing is compared\n"));
                self.ended(at, Done::NotYet, Exit::Done);
                continue;
            }
            if done == Done::Kept {
                tell(&format!("{folder}: kept, every row computed again\n"));
                self.count(at, &path)?;
                continue;
            }
            let unfinished = self.lines.get(at).is_some_and(|line| line.held == Held::Unfinished);
            tell(&format!("{folder}: {}\n", if unfinished { "goes on" } else { "begins" }));
            let made = match what {
                What::Run(place) => self.run(place, &path, !unfinished, environment),
                What::Comparison(place) => self.compare(place, &path),
                What::Measurement(place) => match self.plan.measurements.get(place) {
                    Some(measurement) => measure::measure(self.study, &self.plan, measurement, &path, environment),
                    None => Ok(Exit::Internal),
                },
            };
            let exit = made.unwrap_or_else(|failure| {
                tell(&failure.text());
                failure.exit
            });
            match exit {
                Exit::Done if unfinished => self.ended(at, Done::WentOn, exit),
                Exit::Done => self.ended(at, Done::Made, exit),
                Exit::Interrupted | Exit::CannotWrite => {
                    self.ended(at, Done::Unfinished, exit);
                    return Ok(());
                }
                _ => self.ended(at, Done::Broke, exit),
            }
            if matches!(what, What::Run(_) | What::Measurement(_)) {
                self.count(at, &path)?;
            }
        }
        Ok(())
    }

    fn ended(&mut self, at: usize, done: Done, exit: Exit) {
        if let Some(line) = self.lines.get_mut(at) {
            (line.done, line.exit) = (done, exit);
        }
    }

    /// Counts the attempts of a finished part, notes the digest of the files that it read, and whether too many failed.
    fn count(&mut self, at: usize, path: &Path) -> Result<(), Failure> {
        let Some(what) = self.lines.get(at).map(|line| line.what) else { return Ok(()) };
        let finished = self.part(what).map(|part| self.held(part, path)).transpose()?;
        if finished != Some(Held::Finished) {
            return Ok(());
        }
        let folder = RunFolder::open(path).map_err(folder_failure)?;
        let counts = counted(&folder).map_err(folder_failure)?;
        let mut allowed = 0;
        if let What::Run(place) = what {
            allowed = self.study.file.run.max_failed;
            let files = RunRecord::read(&folder).map_err(folder_failure)?.dataset.files_digest;
            let looks = self.study.methods.iter().any(|it| it.method.looks());
            if let Some(dataset) = self.plan.datasets.get_mut(place) {
                dataset.files_digest = files.filter(|_| looks);
            }
        }
        if let Some(line) = self.lines.get_mut(at) {
            line.counts = Some(counts);
            if counts.1 > allowed {
                if line.done == Done::Broke {
                    line.done = Done::Made; // finished, and only its failures are too many
                }
                line.exit = Exit::TooManyFailed;
            }
        }
        Ok(())
    }

    /// Runs all methods on the dataset at `place`, or goes on with the run unless it is made `anew`, and scores.
    fn run(&self, place: usize, path: &Path, anew: bool, environment: &Environment) -> Result<Exit, Failure> {
        let (study, settings) = (self.study, &self.study.file.run);
        let (Some(dataset), Some(planned)) = (study.datasets.get(place), self.plan.datasets.get(place)) else {
            return Ok(Exit::Internal);
        };
        let job = Job {
            methods: &study.methods,
            dataset,
            rows: true,
            shard: None,
            protocol: &study.protocol,
            out: path,
            existing: if anew { Existing::Replace } else { Existing::Resume },
            keep_ids: settings.keep_ids,
            timings: if settings.timings { Timings::Written } else { Timings::Left },
            pick: planned.pick.clone(),
            footprint: false,
            further: vec![("decoder".to_owned(), serde_json::json!(settings.decoder))],
            notices: Vec::new(),
        };
        let running = Running { jobs: settings.jobs, timeout: settings.timeout, max_failed: Some(settings.max_failed) };
        let Some((folder, summary)) = job.attempt(&running, environment)? else { return Ok(Exit::Interrupted) };
        score::score(&ScoreRequest { folder: &folder, protocol: None, out: None }).map_err(score_failure)?;
        Ok(if summary.failed > settings.max_failed { Exit::TooManyFailed } else { Exit::Done })
    }

    /// Holds the methods against each other on the dataset at `place`, whose run is finished. It is always made anew:
    /// it follows from the run, and leaves the same bytes.
    fn compare(&self, place: usize, path: &Path) -> Result<Exit, Failure> {
        let Some(dataset) = self.plan.datasets.get(place) else { return Ok(Exit::Internal) };
        let folder = self.out.join(Plan::run_folder(dataset));
        let request = CompareRequest { folders: &[folder], restandardise: false, out: Some((path, Existing::Replace)) };
        compared::written(&request, false)?;
        Ok(Exit::Done)
    }

    /// Whether the folder of `part` holds what is planned, finished.
    fn is_finished(&self, part: Part<'_>) -> Result<bool, Failure> {
        Ok(self.held(part, &self.out.join(part.folder()))? == Held::Finished)
    }

    /// How the study stands to the plan on record.
    fn standing(&self) -> Option<Standing> {
        self.registration.as_ref().map(|registration| registration.standing(&self.plan))
    }

    fn record(&self) -> Result<StudyRecord, Failure> {
        let part = |line: &Line| -> Result<PartRecord, Failure> {
            let state = match self.part(line.what) {
                Some(part) => match self.held(part, &self.out.join(&line.folder))? {
                    Held::Finished => State::Finished,
                    Held::Unfinished => State::Unfinished,
                    Held::Nothing | Held::Other(_) => State::Missing,
                },
                None if line.done == Done::Made => State::Finished,
                None => State::Missing,
            };
            Ok(PartRecord { folder: line.folder.clone(), verb: line.verb.clone(), state })
        };
        Ok(StudyRecord {
            schema: STUDY_SCHEMA.to_owned(),
            tool_version: crate::VERSION.to_owned(),
            plan: self.plan.clone(),
            registration: self.standing(),
            parts: self.lines.iter().map(part).collect::<Result<_, _>>()?,
        })
    }

    /// Says of every finished part how it stands to the plan on record, writes the pages and study.json, and gives the
    /// worst of all exit codes.
    pub(super) fn finish(&self) -> Result<Exit, Failure> {
        let standing = self.standing();
        let said = Standing::sentence(standing.as_ref());
        let mut finished: Vec<PathBuf> = Vec::new();
        for line in &self.lines {
            let Some(part) = self.part(line.what) else { continue };
            if !self.is_finished(part)? {
                continue;
            }
            let path = self.out.join(&line.folder);
            let folder = RunFolder::open(&path).map_err(folder_failure)?;
            note(&folder, &self.plan.name, standing.as_ref(), self.out).map_err(folder_failure)?;
            if let What::Run(place) = line.what {
                let table = score::read_metrics(&folder).map_err(score_failure)?;
                let notices = std::iter::once(said.clone()).chain(self.study.notices(place)).collect();
                let shown = Shown { all_challenges: false, notices, width: None };
                results::write_page(&folder, &table, &shown.options())?;
            }
            finished.push(path);
        }
        if !finished.is_empty() {
            let several = self.plan.datasets.len() > 1;
            let all = (0..self.plan.datasets.len()).flat_map(|place| self.study.notices(place));
            let named = all.map(|notice| if several { bundled::NOTICE_AMONG_OTHERS.to_owned() } else { notice });
            let notices = std::iter::once(said).chain(named).collect();
            let shown = Shown { all_challenges: false, notices, width: None };
            let options = report::Options { title: self.plan.name.clone(), ..shown.options() };
            let page = report::html(&reported::together(&finished)?, &options).map_err(Failure::unusable)?;
            write_whole(&self.out.join(run_names::REPORT), page.as_bytes(), false).map_err(folder_failure)?;
        }
        self.record()?.write(self.out).map_err(folder_failure)?;
        Ok(self.lines.iter().map(|line| line.exit).max_by_key(|exit| severity(*exit)).unwrap_or(Exit::Done))
    }

    /// The folders of the runs.
    pub(super) fn runs(&self) -> Vec<PathBuf> {
        let runs = self.lines.iter().filter(|line| matches!(line.what, What::Run(_)));
        runs.map(|line| self.out.join(&line.folder)).collect()
    }

    /// The folders of results that are of no part: of a plan that the study had before.
    pub(super) fn dropped(&self) -> Vec<String> {
        let mut found = Vec::new();
        for kind in crate::study::names::RESULTS {
            for entry in std::fs::read_dir(self.out.join(kind)).into_iter().flatten().flatten() {
                let folder = format!("{kind}/{}", entry.file_name().to_string_lossy());
                let is_part = |line: &Line| line.folder == folder || line.folder.starts_with(&format!("{folder}/"));
                if entry.path().is_dir() && !self.lines.iter().any(is_part) {
                    found.push(folder);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// The parts, and how the study stands to the plan on record, for the output stream.
    pub(super) fn table(&self) -> String {
        told::parts(&self.plan, &self.lines, self.standing().as_ref())
    }
}

/// How much worse an exit code is than the others.
fn severity(exit: Exit) -> u8 {
    match exit {
        Exit::Done => 0,
        Exit::GateInconclusive => 1,
        Exit::Differs | Exit::GateFailed => 2,
        Exit::TooManyFailed => 3,
        Exit::Unusable => 4,
        Exit::Internal => 5,
        Exit::CannotWrite => 6,
        Exit::Interrupted => 7,
    }
}

/// Attempts in `folder`, and those that failed or timed out; of a latency measurement those that failed.
fn counted(folder: &RunFolder) -> Result<(usize, usize), FolderError> {
    let (mut attempts, mut failed) = (0, 0);
    if folder.file(run_names::OUTCOMES).exists() {
        let file = folder.read(run_names::OUTCOMES)?;
        let mut reader = OutcomeReader::open(run_names::OUTCOMES, std::io::BufReader::new(file))?;
        while let Some(row) = reader.next_row()? {
            attempts += 1;
            failed += usize::from(matches!(row.outcome.status, Status::Failed | Status::TimedOut));
        }
    } else if folder.file(run_names::LATENCY).exists() {
        for (_, observation) in read_latency(run_names::LATENCY, folder.read(run_names::LATENCY)?)? {
            attempts += usize::from(observation.status.is_some());
            failed += usize::from(observation.status == Some(Status::Failed));
        }
    }
    Ok((attempts, failed))
}
