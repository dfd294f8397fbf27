//! `agebench init`: files to begin with.

mod method;
mod table;

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::{Args, Subcommand, ValueEnum};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::environment::Environment;
use super::output::{tell, word};
use super::{Exit, Failure};
use crate::bundled;
use crate::dataset::import::{self, ImportRequest, Options};
use crate::dataset::{CARD_FILE, LabelKind, check_name, slug};
use crate::engine::EngineError;
use crate::finding::{counted, did_you_mean, listed, quoted};
use crate::gate::{Policy, Rule, Test};
use crate::init::{self, Draft, InitError, Pipeline};
use crate::metric::catalogue;

/// Write files to begin with: a card, a protocol, a policy or a pipeline, commented and ready for `check`.
///
/// On a terminal it asks for what no flag says; elsewhere it takes what is usual, which the file says. It writes over nothing
/// without --replace.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench init method --out my-product/                              # a program, with a plug-in of 20 lines
    agebench init method --from age.onnx --out my-model/                # a card drafted from the model's inputs and outputs
    agebench init method --from age.onnx --samples faces/ --out my-model/    # and its preparation found on labelled samples
    agebench init dataset --from drawn-faces --out faces/               # the bundled faces, written out
    agebench init dataset --from labels.csv --out mine/
    agebench init protocol --from check-18 --out protocol.toml
    agebench init policy --out policy.toml
    agebench init ci --for github --out .

docs/init.md says how a preparation is found, and what its table means.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    #[command(
        about = "A method card: of a model file, a program, a service, recorded answers, a declaration or a waterfall"
    )]
    Method(method::Arguments),
    #[command(about = "A dataset card with its manifest")]
    Dataset(DatasetArguments),
    #[command(about = "A protocol with the keys that are changed most, or a worked one")]
    Protocol(WorkedArguments),
    #[command(about = "A policy for `gate`, or a worked one")]
    Policy(WorkedArguments),
    #[command(about = "A pipeline that measures and gates a method")]
    Ci(PipelineArguments),
}

/// Where a draft goes.
#[derive(Debug, Args)]
struct Place {
    /// Where to write: a folder; of a card of a method, a protocol or a policy also the file itself
    #[arg(long, value_name = "PATH", help_heading = "Output")]
    out: PathBuf,

    /// Write over files that are there
    #[arg(long, help_heading = "Output")]
    replace: bool,
}

#[derive(Debug, Args)]
struct DatasetArguments {
    /// A public dataset's folder, a CSV file with a row a photo, or `drawn-faces` to write the bundled faces out
    #[arg(long, value_name = "FOLDER or CSV")]
    from: Option<PathBuf>,

    /// The dataset's name [default: the folder's]
    #[arg(long)]
    name: Option<String>,

    /// How the ages of a table were come by: chronological, declared, apparent or estimated
    #[arg(long, value_name = "KIND", value_parser = label_kind, requires = "from")]
    label_kind: Option<LabelKind>,

    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct WorkedArguments {
    /// A worked one: of a protocol as `agebench list protocols` names it, of a policy as `agebench list policies` does
    #[arg(long, value_name = "NAME")]
    from: Option<String>,

    /// Its name [default: the file's]
    #[arg(long, conflicts_with = "from")]
    name: Option<String>,

    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
struct PipelineArguments {
    /// Which pipeline [default: github]
    #[arg(long = "for", value_name = "WHICH")]
    of: Option<Of>,

    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// pre-commit: a handful of samples before each commit
    PreCommit,
}

fn label_kind(text: &str) -> Result<LabelKind, String> {
    LabelKind::parse(text).ok_or_else(|| "expected chronological, declared, apparent or estimated".to_owned())
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    match &arguments.what {
        What::Method(arguments) => method::run(arguments, environment),
        What::Dataset(arguments) => dataset(arguments, environment),
        What::Protocol(arguments) => protocol(arguments, environment),
        What::Policy(arguments) => policy(arguments, environment),
        What::Ci(arguments) => ci(arguments, environment),
    }
}

/// An answer to `question` on a terminal; `usual` without one.
fn ask(question: &str, usual: &str, environment: &Environment) -> Result<String, Failure> {
    let input = std::io::stdin();
    if !input.is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(usual.to_owned());
    }
    tell(&format!("{question} [{usual}]: "));
    // A line that is waited for in `read_line` would be waited for through an interrupt.
    let patience = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    let is_there = || matches!(poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&patience)), Ok(1..));
    while !is_there() && !environment.stop.load(Ordering::Relaxed) {}
    if environment.stop.load(Ordering::Relaxed) {
        tell("\n");
        return Err(failure(InitError::Stopped));
    }
    let mut line = String::new();
    // An empty line is an answer; the end of the input is a wish to stop.
    match input.lock().read_line(&mut line) {
        Ok(1..) if line.trim().is_empty() => Ok(usual.to_owned()),
        Ok(1..) => Ok(line.trim().to_owned()),
        Ok(0) | Err(_) => {
            tell("\n");
            Err(Failure::unusable("the input ended before the answer: nothing was written")
                .with_help("an empty line takes what stands in brackets; flags say the rest (--help)"))
        }
    }
}

/// The name that was given, else the answer to `question`, of which `usual` is the usual one; if a card can have it.
fn name(given: Option<&String>, question: &str, usual: &str, environment: &Environment) -> Result<String, Failure> {
    let name = given.cloned().map_or_else(|| ask(question, usual, environment), Ok)?;
    match check_name(&name) {
        Ok(()) => Ok(name),
        Err(problem) => Err(Failure::unusable(format!("the name {}: {problem}", quoted(&name)))
            .with_help("say --name with 1 to 200 characters, without spaces before and behind")),
    }
}

/// The name of the last part of `path` that can be one.
fn name_of(path: &Path, otherwise: &str) -> String {
    let stem = |path: &Path| path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let is_folder = path.extension().is_none();
    let name = if is_folder { path.file_name().and_then(|name| name.to_str()).map(str::to_owned) } else { stem(path) };
    name.filter(|name| !name.trim_matches('.').is_empty() && check_name(name).is_ok())
        .unwrap_or_else(|| otherwise.to_owned())
}

/// The file in PATH: PATH itself where it ends so, else `name` in it.
fn file_in(path: &Path, ending: &str, name: &str) -> PathBuf {
    let is_file = path.extension().is_some_and(|found| found == ending) && !path.is_dir();
    if is_file { path.to_owned() } else { path.join(name) }
}

fn failure(error: InitError) -> Failure {
    let help = match &error {
        InitError::Exists { .. } => Some("add --replace to write over it, or give another --out"),
        InitError::NotAFile { .. } => Some("give another --out: what is there would be replaced by a file"),
        InitError::NoHead { .. } => Some(
            "a face detector goes before a method, as `[onnx.detector]` of its card (docs/cards.md); a model whose answer is put together from several outputs is reached as a program: agebench init method --adapter command",
        ),
        InitError::NoPicture { .. } => {
            Some("a model that takes something else is reached as a program: agebench init method --adapter command")
        }
        InitError::FewSamples { needed, most, .. } if most < needed => {
            Some("--most is what leaves too few: give more, or leave it out")
        }
        InitError::FewSamples { .. } => Some("`agebench check` says what is wrong with the dataset"),
        InitError::Engine(EngineError::Late(_)) => Some(
            "it is very large, or has no end: write its card by hand (docs/cards.md), and run it with --isolate and --timeout",
        ),
        InitError::Engine(error) if error.help().is_some() => error.help(),
        InitError::Engine(_) => Some("try the other engine with --engine, or give the size with --size"),
        InitError::Size(_) | InitError::Stopped | InitError::Write { .. } => None,
    };
    let exit = match &error {
        InitError::Write { .. } => Exit::CannotWrite,
        InitError::Stopped => Exit::Interrupted,
        _ => Exit::Unusable,
    };
    Failure { exit, error: Box::new(error), help: help.map(str::to_owned) }
}

/// Writes the draft, and says so.
fn put(draft: &Draft, place: &Place, next: &str) -> Result<Exit, Failure> {
    draft.write(place.replace).map_err(failure)?;
    let files: Vec<String> = draft.files.iter().take(5).map(|file| file.path.display().to_string()).collect();
    let more = draft.files.len() - files.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    tell(&format!("Wrote {}{more}.\nNext: {next}\n", files.join(", ")));
    Ok(Exit::Done)
}

fn dataset(arguments: &DatasetArguments, environment: &Environment) -> Result<Exit, Failure> {
    let out = &arguments.place.out;
    let next = format!("agebench check {}", word(out));
    let usual = name_of(out, "my-faces");
    let draft = match &arguments.from {
        None => init::dataset(&name(arguments.name.as_ref(), "The dataset's name", &usual, environment)?, out),
        Some(from) if from.to_str() == Some(bundled::DATASET) && !from.exists() => {
            let given = [("--name", arguments.name.is_some()), ("--label-kind", arguments.label_kind.is_some())];
            has_a_card(bundled::DATASET, &given)?;
            init::drawn_faces(out)
        }
        Some(from) => return imported(arguments, from, environment),
    };
    let draft = draft.ok_or_else(|| Failure::unusable("the bundled faces cannot be read"))?;
    put(&draft, &arguments.place, &next)
}

/// Refuses flags that say what the card of `name`, which is written out as it is, says itself.
fn has_a_card(name: &str, given: &[(&str, bool)]) -> Result<(), Failure> {
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Failure::unusable(format!("{flag}: `{name}` is written out with the card that it has"))
            .with_help(format!("leave {flag} out, and change the card that is written"))),
        None => Ok(()),
    }
}

/// A dataset that is there already: what `import` makes of it.
fn imported(arguments: &DatasetArguments, from: &Path, environment: &Environment) -> Result<Exit, Failure> {
    let given = arguments.name.as_ref();
    let options = Options {
        name: given.map(|given| name(Some(given), "", "", environment)).transpose()?,
        label_kind: arguments.label_kind,
        ..Options::default()
    };
    let request = ImportRequest {
        format: None,
        place: from,
        out: &arguments.place.out,
        replace: arguments.place.replace,
        options: &options,
        describe: &[],
    };
    if from.join(CARD_FILE).is_file() {
        let failure = Failure::unusable(format!("`{}` is a dataset of agebench already", from.display()));
        return Err(failure.with_help(format!("agebench check {}", word(from))));
    }
    let imported = import::import(&request).map_err(|error| {
        let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
        let help = error.help().map_or_else(
            || {
                "a CSV file with a row a photo is read too: columns path, subject_id, age; docs/import.md says more"
                    .to_owned()
            },
            // The flags that it names are those of the other verb.
            |help| {
                if help.contains("--columns") {
                    format!("{help}: agebench import csv {} --out {} does it", word(from), word(&arguments.place.out))
                } else {
                    help.to_owned()
                }
            },
        );
        Failure { exit, error: Box::new(error), help: Some(help) }
    })?;
    let left_out: u64 = imported.left_out.iter().map(|kind| kind.count).sum();
    let reason = imported.reason.as_ref().map_or_else(String::new, |reason| format!(", for {reason}"));
    let files: Vec<String> = imported.files.iter().map(|file| file.display().to_string()).collect();
    let kind = arguments.label_kind.map_or_else(String::new, |kind| format!(" --label-kind {}", kind.word()));
    let named = given.map_or_else(String::new, |given| format!(" --name {}", word(Path::new(given))));
    let (out, name) = (word(&arguments.place.out), imported.importer.name);
    tell(&format!(
        "Read as {} (`{name}`){reason}: {}, {left_out} left out. The labels count as {}: the card says so, and only you know.\n\
         The same again, with everything that can be said beside: agebench import {name} {} --out {out}{kind}{named} --replace\n\
         Wrote {}.\nNext: agebench check {}\n",
        imported.importer.title,
        counted(imported.samples, "sample"),
        arguments.label_kind.unwrap_or(imported.importer.label_kind).word(),
        word(from),
        files.join(", "),
        word(&arguments.place.out)
    ));
    Ok(Exit::Done)
}

fn protocol(arguments: &WorkedArguments, environment: &Environment) -> Result<Exit, Failure> {
    let (file, text) = worked(arguments, "protocol", &bundled::protocols(), init::protocol, environment)?;
    let next = format!("agebench run METHOD --dataset D --protocol {} --out DIR", word(&file));
    put(&Draft::one(file, text), &arguments.place, &next)
}

fn policy(arguments: &WorkedArguments, environment: &Environment) -> Result<Exit, Failure> {
    let (file, text) = worked(arguments, "policy", &bundled::policies(), init::policy, environment)?;
    let rules = Policy::read(&file.display().to_string(), &text).map(|policy| policy.rules).unwrap_or_default();
    let is_of_latency = |rule: &Rule| {
        let metric = rule.select.metric.as_deref().unwrap_or_default();
        catalogue::find(metric).is_some_and(|entry| entry.family == "latency")
    };
    let run = if rules.iter().all(is_of_latency) { "LATENCY" } else { "RUN" };
    let baseline =
        if rules.iter().any(|rule| matches!(rule.test, Test::Margin(_))) { " --baseline BASELINE" } else { "" };
    let next = format!("agebench gate {run} --policy {}{baseline}", word(&file));
    put(&Draft::one(file, text), &arguments.place, &next)
}

/// The file of a protocol or a policy, and its text.
fn worked(
    arguments: &WorkedArguments,
    what: &str,
    known: &[&'static str],
    text: impl Fn(&str, Option<&str>) -> Option<String>,
    environment: &Environment,
) -> Result<(PathBuf, String), Failure> {
    let file = file_in(&arguments.place.out, "toml", &format!("{what}.toml"));
    let from = arguments.from.as_deref();
    let name = match from {
        Some(_) => String::new(),
        None => {
            let usual = slug(&name_of(&file, what));
            name(arguments.name.as_ref(), &format!("The name of the {what}"), &usual, environment)?
        }
    };
    let Some(text) = text(&name, from) else {
        let from = from.unwrap_or_default();
        let help = did_you_mean(from, known.iter().copied()).unwrap_or_else(|| format!("there are {}", listed(known)));
        return Err(Failure::unusable(format!("there is no worked {what} `{from}`")).with_help(help));
    };
    Ok((file, text))
}

fn ci(arguments: &PipelineArguments, environment: &Environment) -> Result<Exit, Failure> {
    let of = match arguments.of {
        Some(of) => of,
        None => Of::from_str(&ask("Which pipeline? github, gitlab or pre-commit", "github", environment)?, true)
            .map_err(Failure::unusable)?,
    };
    let (pipeline, next) = match of {
        Of::Github => (
            Pipeline::Github,
            "put METHOD, DATASET, BASELINE and AGEBENCH (the repository of agebench) in the workflow, and bounds of your own in policy.toml (and, of a method that answers ages, its challenge age for `own`)",
        ),
        Of::Gitlab => (
            Pipeline::Gitlab,
            "put METHOD, DATASET, BASELINE and AGEBENCH (the repository of agebench) in the pipeline, and bounds of your own in policy.toml (and, of a method that answers ages, its challenge age for `own`)",
        ),
        Of::PreCommit => (
            Pipeline::PreCommit,
            "make the baseline once: agebench run method --dataset smoke/dataset --out smoke/baseline",
        ),
    };
    put(&init::pipeline(pipeline, &arguments.place.out), &arguments.place, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_samples_are_put_down_to_the_flag_that_left_them_or_to_the_dataset() {
        let help = |most| failure(InitError::FewSamples { found: 3, unreadable: 0, needed: 5, most }).help.unwrap();
        assert!(help(3).starts_with("--most"));
        assert!(help(300).starts_with("`agebench check`"));
    }
}
