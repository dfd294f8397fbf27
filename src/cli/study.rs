//! `agebench study`: methods x datasets under one protocol, run, compared and reported with one command that goes on where
//! it stopped; and the plan of it, registered before any answer is seen.

mod measure;
mod parts;
mod told;

use std::path::{Path, PathBuf};

use clap::Args;

use super::engines::EngineOptions;
use super::environment::Environment;
use super::output::{print, tell, word};
use super::results::{self, folder_failure};
use super::run::open_dataset;
use super::{Exit, Failure, methods};
use crate::bundled;
use crate::dataset::{Dataset, Pick};
use crate::finding::{Finding, Findings};
use crate::folder::{FolderError, write_whole};
use crate::protocol::Protocol;
use crate::run::{self, RunMethod};
use crate::study::{Opened, Plan, PlanError, Registration, RegistrationError, Standing, StudyFile, StudyRecord, names};

use parts::Parts;

/// Run all methods of a study on all its datasets, compare them, and report.
///
/// FILE names methods, datasets and a protocol (docs/study.md). Each dataset becomes a run folder of all methods, each
/// latency and footprint measurement one of its own, then methods are compared on each dataset, and one page shows it all.
/// The same command again keeps what is finished, after computing its rows again, and makes what is missing; a folder that
/// holds something of another plan is refused. With --register the plan is put on record instead, before any answer is
/// seen: afterwards every result says whether it follows that plan, and what deviates.
#[derive(Debug, Args)]
#[command(after_long_help = "\
A study.toml:
    name = \"two cameras\"
    methods = [\"camera-a/\", \"camera-b/\"]
    datasets = [\"faces/\"]
    protocol = \"check-18\"

Examples:
    agebench study study.toml --register --date 2026-11-30 --by \"A. Researcher\" --by \"B. Regulator\"
    agebench study study.toml
    agebench study study.toml --dry-run          # what is done and what is missing")]
pub(super) struct Arguments {
    /// The study: a TOML file; what it names is relative to it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The study's folder [default: beside FILE, named like it with `-results`]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Remove what is of another plan, and make it anew
    #[arg(long, conflicts_with = "register")]
    replace: bool,

    /// Print what is done and what is missing, and do nothing
    #[arg(long, conflicts_with = "register")]
    dry_run: bool,

    /// Put the plan on record, before any answer is seen, and run nothing
    #[arg(long, requires = "date", help_heading = "Registration")]
    register: bool,

    /// The date of the registration, as 2026-11-30
    #[arg(long, value_name = "DATE", requires = "register", help_heading = "Registration")]
    date: Option<String>,

    /// Who signs it off; may be given several times
    #[arg(long, value_name = "NAME", requires = "register", help_heading = "Registration")]
    by: Vec<String>,
}

/// A study with all that it names.
struct Study {
    file: StudyFile,
    text: String,
    /// Methods and datasets as they are found from here.
    method_places: Vec<String>,
    dataset_places: Vec<String>,
    methods: Vec<RunMethod>,
    datasets: Vec<Dataset>,
    protocol: Protocol,
    /// The protocol as it is found from here.
    protocol_place: Option<PathBuf>,
}

impl Study {
    fn opened(&self) -> Opened<'_> {
        Opened { methods: &self.methods, datasets: &self.datasets, protocol: &self.protocol }
    }

    /// What must be read before any number, beside what is said of the plan.
    fn notices(&self, dataset: usize) -> Vec<String> {
        let is_bundled = self.dataset_places.get(dataset).is_some_and(|place| place == bundled::DATASET);
        if is_bundled { vec![bundled::NOTICE.to_owned()] } else { Vec::new() }
    }
}

/// A study that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the study {file}")]
struct Unusable {
    file: String,
    source: Findings,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let study = open(&arguments.file, environment)?;
    let plan = Plan::of(&study.file, &study.opened()).map_err(plan_failure)?;
    let out = arguments.out.clone().unwrap_or_else(|| beside(&arguments.file));
    check_folder(&out, &study.text)?;
    if let (true, Some(date)) = (arguments.register, &arguments.date) {
        return register(&study, plan, &out, date, &arguments.by);
    }
    if let Some(before) = StudyRecord::read(&out).map_err(folder_failure)?
        && before.plan.name != plan.name
        && !arguments.replace
    {
        let text = format!("{} holds the study `{}`, and not `{}`", out.display(), before.plan.name, plan.name);
        return Err(Failure::unusable(text).with_help("name another folder with --out"));
    }
    let registration = Registration::read(&out).map_err(registration_failure)?;
    if let Some(standing) = registration.as_ref().map(|registration| registration.standing(&plan)) {
        tell(&format!("{}\n", Standing::sentence(Some(&standing))));
    }
    let mut parts = Parts::look(&study, plan, registration, &out, arguments.replace)?;
    if arguments.dry_run {
        print(&parts.table())?;
        return Ok(Exit::Done);
    }
    std::fs::create_dir_all(&out).map_err(|error| folder_failure(FolderError::write(&out, error)))?;
    write_whole(&out.join(names::FILE), study.text.as_bytes(), false).map_err(folder_failure)?;
    parts.make(environment)?;
    let foreign = parts.dropped();
    if !foreign.is_empty() {
        tell(&format!("No part of the study any more, and left as they are: {}\n", foreign.join(", ")));
    }
    let exit = parts.finish()?;
    print(&parts.table())?;
    let file = |name: &str| out.join(name).display().to_string();
    let next = match exit {
        Exit::Done | Exit::TooManyFailed => {
            let runs: Vec<String> = parts.runs().iter().map(|path| word(path)).collect();
            format!("agebench report {} --all", runs.join(" "))
        }
        _ => format!("agebench study {} goes on", word(&arguments.file)),
    };
    let page = match out.join(crate::folder::names::REPORT) {
        page if page.is_file() => format!(" and a page to {}", page.display()),
        _ => String::new(),
    };
    tell(&format!("\nWrote {}{page}.\nNext: {next}\n", file(names::STUDY)));
    Ok(exit)
}

/// Reads the study in `file` and opens what it names.
fn open(file: &Path, environment: &Environment) -> Result<Study, Failure> {
    let shown = file.display().to_string();
    let text = crate::foreign::text(file)
        .map_err(|source| Failure::unusable(methods::Unreadable { file: shown.clone(), source }))?;
    let read = StudyFile::read(&shown, &text).map_err(|source| {
        let help = source.common_help().map(str::to_owned);
        help.into_iter().fold(Failure::unusable(Unusable { file: shown.clone(), source }), Failure::with_help)
    })?;
    let folder = file.parent().unwrap_or(Path::new("")).to_owned();
    let found = |name: &String| place_of(&folder, name);
    let options = EngineOptions::named(read.run.engine, read.run.provider, read.run.decoder)?;
    let means = options.open(environment)?;
    let protocol_place = read.protocol.as_ref().map(found).map(PathBuf::from);
    let protocol = results::protocol(protocol_place.as_deref());
    let pick = read.run.split.as_ref().map_or_else(Pick::all, Pick::split);
    let dataset_places: Vec<String> = read.datasets.iter().map(found).collect();
    let datasets: Vec<_> = dataset_places.iter().map(|place| open_dataset(place, &pick)).collect();
    let method_places: Vec<String> = read.methods.iter().map(found).collect();
    let other = || options.other(environment);
    let load = |place: &String| methods::load(place, &means, &other, environment);
    let methods: Vec<_> = method_places.iter().map(load).collect();
    let mut failures = Vec::new();
    let protocol = sound("protocol", vec![protocol], &mut failures).pop();
    let datasets = sound("datasets", datasets, &mut failures);
    let methods = sound("methods", methods, &mut failures);
    let protocol = match (protocol, failures.len()) {
        (Some(protocol), 0) => protocol,
        (_, 1) => return Err(failures.remove(0).1),
        _ => {
            let finding = |(key, failure): (&'static str, Failure)| {
                Finding::error(&shown, chain(&*failure.error)).column(key).maybe_help(failure.help)
            };
            let source: Findings = failures.into_iter().map(finding).collect();
            let help = source.common_help().map(str::to_owned);
            let failure = Failure::unusable(Unusable { file: shown.clone(), source });
            return Err(help.into_iter().fold(failure, Failure::with_help));
        }
    };
    run::check_names(&methods).map_err(super::job::failure)?;
    run::check_limits(&methods, &protocol).map_err(super::job::failure)?;
    Ok(Study { file: read, text, method_places, dataset_places, methods, datasets, protocol, protocol_place })
}

/// What `name` in a study in `folder` names: a path relative to the study where there is something, else as on a command line,
/// the name of something bundled.
pub(super) fn place_of(folder: &Path, name: &str) -> String {
    match folder.join(name) {
        path if path.exists() => path.display().to_string(),
        _ => name.to_owned(),
    }
}

/// Those that could be opened; the failures of the others go to `failures`, under the key that names them.
fn sound<T>(key: &'static str, opened: Vec<Result<T, Failure>>, failures: &mut Vec<(&'static str, Failure)>) -> Vec<T> {
    opened.into_iter().filter_map(|one| one.map_err(|failure| failures.push((key, failure))).ok()).collect()
}

/// An error with its causes on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Where the results of the study in `file` go, when nobody says so.
fn beside(file: &Path) -> PathBuf {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    file.with_file_name(format!("{stem}-results"))
}

/// A study's folder holds nothing but a study's files, so that a mistyped --out costs nobody anything: without study.json
/// a study.toml is that of `text`, and a page is somebody else's.
fn check_folder(out: &Path, text: &str) -> Result<(), Failure> {
    let entries = match std::fs::read_dir(out) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(folder_failure(FolderError::read(out, error))),
    };
    let mut held: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    held.sort_unstable();
    let is_begun = held.iter().any(|name| name == names::STUDY);
    let is_this = || std::fs::read(out.join(names::FILE)).is_ok_and(|bytes| bytes == text.as_bytes());
    let own = |name: &str| {
        let whole = name.strip_suffix(".part").unwrap_or(name);
        let is_file = match whole {
            names::FILE => is_begun || whole != name || is_this(),
            crate::folder::names::REPORT => is_begun || whole != name,
            _ => names::FILES.contains(&whole),
        };
        is_file || names::RESULTS.contains(&name)
    };
    match held.iter().find(|name| !own(name)) {
        None => Ok(()),
        Some(foreign) => {
            Err(Failure::unusable(format!("{} holds `{foreign}`, which is no file of a study", out.display()))
                .with_help("name another folder with --out"))
        }
    }
}

/// Puts the plan on record.
fn register(study: &Study, plan: Plan, out: &Path, date: &str, by: &[String]) -> Result<Exit, Failure> {
    // What is wrong with the words is told before any file is read.
    Registration::new(plan.clone(), date, by).map_err(registration_failure)?;
    let plan = plan.with_files(&study.opened());
    let registration = Registration::new(plan, date, by).map_err(registration_failure)?;
    let path = registration.write(out).map_err(registration_failure)?;
    print(&told::registration(&registration))?;
    tell(&format!(
        "\nWrote {}. Publish its digest where others see the date, then run the study as it is.\n",
        path.display()
    ));
    Ok(Exit::Done)
}

fn registration_failure(error: RegistrationError) -> Failure {
    let help = error.help().map(str::to_owned);
    let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
    Failure { exit, error: Box::new(error), help }
}

fn plan_failure(error: PlanError) -> Failure {
    match error {
        PlanError::SameDataset(..) | PlanError::SameMethod(..) => {
            Failure::unusable(error).with_help("give each card a name of its own")
        }
        PlanError::Digest(_) => Failure::unusable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::{AXES, DECODERS, ENGINES, PROVIDERS};

    #[test]
    fn a_study_may_name_every_engine_provider_and_decoder_of_the_command_line() {
        let all = |flag: &str| {
            let command = <super::super::Arguments as clap::CommandFactory>::command();
            let run = command.find_subcommand("run").unwrap();
            let flag = run.get_arguments().find(|argument| argument.get_id() == flag).unwrap();
            flag.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!((all("engine"), all("provider"), all("decoder")), {
            let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            (words(&ENGINES), words(&PROVIDERS), words(&DECODERS))
        });
        assert_eq!(crate::footprint::Axis::WORDS.map(|(word, _)| word), AXES);
    }

    #[test]
    fn results_go_beside_the_study() {
        assert_eq!(beside(Path::new("a/study.toml")), Path::new("a/study-results"));
        assert_eq!(beside(Path::new("cameras.toml")), Path::new("cameras-results"));
    }
}
