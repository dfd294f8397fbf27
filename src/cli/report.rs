//! `agebench report`: the results of a run folder as tables, Markdown or one HTML page.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::output::{print, tell};
use super::results::{Shown, folder_failure, score_failure};
use super::{Exit, Failure};
use crate::bundled;
use crate::folder::{RunFolder, names, write_whole};
use crate::report;
use crate::score;

/// Show the results of a run folder as tables, Markdown or one HTML page.
///
/// Reads metrics.csv and computes nothing.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A run folder
    folder: PathBuf,

    /// The form
    #[arg(long, default_value = "table")]
    format: Form,

    /// Every challenge age of the protocol, instead of a few
    #[arg(long)]
    all: bool,

    /// Write to this file instead of the output stream
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables for a terminal
    Table,
    /// Markdown, for a comment or a job summary
    Markdown,
    /// One page without scripts or network
    Html,
    /// metrics.csv as it is
    Csv,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let folder = RunFolder::open(&arguments.folder).map_err(folder_failure)?;
    let table = score::read_metrics(&folder).map_err(score_failure)?;
    let notices = if table.rows.iter().any(|row| row.dataset == bundled::DATASET) {
        vec![bundled::NOTICE.to_owned()]
    } else {
        Vec::new()
    };
    let width = if arguments.out.is_some() { None } else { environment.width };
    let options = Shown { all_challenges: arguments.all, notices, width }.options();
    let text = match arguments.format {
        Form::Table => report::terminal(&table, &options).map_err(Failure::unusable)?,
        Form::Markdown => report::markdown(&table, &options).map_err(Failure::unusable)?,
        Form::Html => report::html(&table, &options).map_err(Failure::unusable)?,
        Form::Csv => folder.read_text(names::METRICS).map_err(folder_failure)?,
    };
    match &arguments.out {
        None => print(&text)?,
        Some(file) => {
            write_whole(file, text.as_bytes(), false).map_err(folder_failure)?;
            tell(&format!("Wrote {}.\n", file.display()));
        }
    }
    Ok(Exit::Done)
}
