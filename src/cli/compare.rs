//! `agebench compare`: two or more methods on the same manifest, paired; ranks and a leaderboard.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::output::{print, tell, word};
use super::results::folder_failure;
use super::{Exit, Failure};
use crate::compare::{self, CompareRequest, Comparison};
use crate::finding::counted;
use crate::folder::{Existing, names, write_whole};
use crate::report;

/// Hold two or more methods against each other: paired differences and ranks.
///
/// Every pair of methods is compared on the attempts that both ran, person by person. Folders must have one protocol and,
/// without --restandardise, one manifest; a folder may hold several methods. Writes comparison.csv, leaderboard.csv and report.html.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench compare results-a/ results-b/ --out compared/
    agebench compare ours/ theirs/ --restandardise --out compared/    # different manifests: unpaired")]
pub(super) struct Arguments {
    /// Run folders, scored or not
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Compare folders of different manifests, unpaired, over the single years of age that all of them have
    #[arg(long)]
    restandardise: bool,

    /// Where comparison.csv, leaderboard.csv and report.html go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Remove the comparison that the output folder holds
    #[arg(long)]
    replace: bool,

    /// The form of what is printed
    #[arg(long, default_value = "table")]
    format: Form,

    /// Print every challenge age of the protocol, instead of its headline
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables for a terminal
    Table,
    /// Markdown, for a comment or a job summary
    Markdown,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    let request = CompareRequest {
        folders: &arguments.folders,
        restandardise: arguments.restandardise,
        out: Some((&arguments.out, existing)),
    };
    let Comparison { rows, leaderboard, .. } = written(&request, arguments.all)?;
    print(&match arguments.format {
        Form::Table => report::comparison_terminal(&rows, &leaderboard, arguments.all, environment.width),
        Form::Markdown => report::comparison_markdown(&rows, &leaderboard, arguments.all),
    })?;
    let file = |name: &str| arguments.out.join(name).display().to_string();
    tell(&format!(
        "\nWrote {} to {}, {} to {}, and a page to {}.\nNext: agebench report {} --all shows every challenge age.\n",
        counted(rows.len(), "difference"),
        file(names::COMPARISON),
        counted(leaderboard.len(), "row"),
        file(names::LEADERBOARD),
        file(names::REPORT),
        word(&arguments.out),
    ));
    Ok(Exit::Done)
}

/// Compares, and writes the page beside the files where the request names a folder.
pub(super) fn written(request: &CompareRequest<'_>, all: bool) -> Result<Comparison, Failure> {
    let comparison = compare::compare(request).map_err(|error| {
        let help = error.help().map(str::to_owned);
        let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
        Failure { exit, error: Box::new(error), help }
    })?;
    if let Some((out, _)) = request.out {
        let page =
            report::comparison_html(&comparison.rows, &comparison.leaderboard, all).map_err(Failure::unusable)?;
        write_whole(&out.join(names::REPORT), page.as_bytes(), false).map_err(folder_failure)?;
    }
    Ok(comparison)
}
