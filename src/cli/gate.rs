//! `agebench gate`: a policy held against a run, and against a baseline; the verdict is the exit code.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::output::{print, tell, word};
use super::results::folder_failure;
use super::spared;
use super::{Exit, Failure};
use crate::bundled;
use crate::finding::{did_you_mean, listed};
use crate::folder::write_whole;
use crate::gate::{self, GateError, GateRequest, Gated, Policy, Verdict};
use crate::report;

/// Hold a policy against a run, and against a baseline: pass, fail or inconclusive.
///
/// A policy is a TOML file of rules; each finds rows of metrics.csv and asks their interval to lie below or above a number,
/// or the difference to a baseline on the same people to stay below a margin. Ends with 0 when every rule passes, 1 when
/// one fails, 3 when none fails and one is inconclusive. Nothing that is unknown passes. All keys: docs/gate.md.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench gate results/ --policy policy.toml
    agebench gate results/ --policy challenge-25 --format markdown    # a worked policy, by its name
    agebench gate results/ --policy policy.toml --baseline last-release/ --junit gate.xml --markdown gate.md")]
pub(super) struct Arguments {
    /// A folder with metrics.csv: of a run, a latency measurement, a footprint
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The rules: a policy.toml, or the name of a worked one (`agebench list policies`)
    #[arg(long, value_name = "FILE")]
    policy: PathBuf,

    /// The run that margins are held against, of the same manifest and protocol
    #[arg(long, value_name = "DIR")]
    baseline: Option<PathBuf>,

    /// Write the verdicts as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Write the verdicts as Markdown, such as $GITHUB_STEP_SUMMARY
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// The form of what is printed
    #[arg(long, default_value = "table")]
    format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A table for a terminal
    Table,
    /// For programs, whole
    Json,
    /// For programs, a line a row that was judged
    Csv,
    /// For a comment or a job summary
    Markdown,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let outputs = || [&arguments.junit, &arguments.markdown].into_iter().flatten();
    for file in outputs() {
        spared::no_record(file, &[&arguments.policy], None)?;
    }
    if let (Some(junit), Some(markdown)) = (&arguments.junit, &arguments.markdown)
        && spared::same_file(junit, markdown)
    {
        return Err(Failure::unusable("--junit and --markdown name one file").with_help("give each a file of its own"));
    }
    // An old verdict must not outlive a gate that could not be held.
    for file in outputs().filter(|file| file.is_file()) {
        fs::remove_file(file).map_err(|source| Failure::cannot_write(Unremovable { file: shown(file), source }))?;
    }
    let policy = policy(&arguments.policy)?;
    let request = GateRequest { folder: &arguments.folder, policy: &policy, baseline: arguments.baseline.as_deref() };
    let gated = gate::gate(&request).map_err(failure)?;
    let mut wrote = Vec::new();
    if let Some(file) = &arguments.junit {
        let text = gate::junit(&gated).map_err(Failure::unusable)?;
        write_whole(file, text.as_bytes(), false).map_err(folder_failure)?;
        wrote.push(format!("JUnit XML to {}", shown(file)));
    }
    if let Some(file) = &arguments.markdown {
        write_whole(file, report::gate_markdown(&gated).as_bytes(), false).map_err(folder_failure)?;
        wrote.push(format!("Markdown to {}", shown(file)));
    }
    print(&match arguments.format {
        Form::Table => report::gate_terminal(&gated, environment.width),
        Form::Markdown => report::gate_markdown(&gated),
        Form::Json => format!("{:#}\n", gate::json(&gated)),
        Form::Csv => gate::csv(&gated).map_err(Failure::unusable)?,
    })?;
    if !wrote.is_empty() {
        tell(&format!("\nWrote {}.", wrote.join(" and ")));
    }
    tell(&format!("\n{}\n", next(&gated, &arguments.folder)));
    Ok(match gated.verdict {
        Verdict::Pass => Exit::Done,
        Verdict::Fail => Exit::GateFailed,
        Verdict::Inconclusive => Exit::GateInconclusive,
    })
}

/// The verdict once more, and what to do next.
fn next(gated: &Gated, folder: &Path) -> String {
    let folder = word(folder);
    let checks = || gated.rules.iter().flat_map(|rule| &rule.checks);
    let lacking = || checks().filter(|check| check.row.is_none());
    match gated.verdict {
        Verdict::Pass => format!("Passed. Next: agebench report {folder}"),
        Verdict::Fail => format!("Failed. Next: agebench report {folder} --all shows every challenge age."),
        Verdict::Inconclusive if lacking().next().is_some() => {
            let [unmade, shut_out] = [true, false].map(|unmade| lacking().any(|check| check.unmade == unmade));
            let next = match (unmade, shut_out) {
                (true, false) => {
                    "make the rows, or leave these rules out (the lines above say which command makes them)"
                }
                (false, _) => "mend them (the lines above say why they find none)",
                (true, true) => "make the rows, or mend the rules (the lines above say which)",
            };
            format!("Inconclusive: some rules find no row. Next: {next}.")
        }
        Verdict::Inconclusive => {
            "Inconclusive: not shown either way. Next: more people, or a bound that so few can show (docs/gate.md)."
                .to_owned()
        }
    }
}

/// The policy in `file`, or the bundled one of that name where there is no such file.
fn policy(file: &Path) -> Result<Policy, Failure> {
    let embedded = if file.exists() { None } else { file.to_str().and_then(bundled::policy) };
    let text = embedded.map_or_else(|| crate::foreign::text(file), |text| Ok(text.to_owned()));
    let text = text.map_err(|source| {
        let unreadable = super::methods::Unreadable { file: shown(file), source };
        let names = bundled::policies();
        let near = file.to_str().and_then(|name| did_you_mean(name, names.iter().copied()));
        let known = || format!("give a policy.toml or a worked policy: {}", listed(&names));
        Failure::unusable(unreadable).with_help(near.unwrap_or_else(known))
    })?;
    Policy::read(&shown(file), &text).map_err(|source| failure(GateError::Policy { file: shown(file), source }))
}

fn failure(error: GateError) -> Failure {
    let help = error.help();
    Failure { exit: Exit::Unusable, error: Box::new(error), help }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

/// A file of an earlier gate that cannot be removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot remove `{file}`, which holds the verdicts of an earlier gate")]
struct Unremovable {
    file: String,
    source: std::io::Error,
}
