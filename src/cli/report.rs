//! `agebench report`: the results of a run folder as tables, Markdown or one HTML page.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::output::{print, tell};
use super::results::{Shown, folder_failure};
use super::{Exit, Failure};
use crate::bundled;
use crate::folder::{FolderError, RunFolder, names, write_whole};
use crate::report;
use crate::table::Table;

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
    let metrics = folder.read_text(names::METRICS).map_err(folder_failure)?;
    let table = Table::read(metrics.as_bytes()).map_err(|error| {
        Failure::unusable(error).with_help(format!("make it anew: agebench score {}", arguments.folder.display()))
    })?;
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
        Form::Csv => metrics,
    };
    match &arguments.out {
        None => print(&text)?,
        Some(file) => {
            write_whole(file, text.as_bytes(), false)
                .map_err(|error: FolderError| folder_failure(error))?;
            tell(&format!("Wrote {}.\n", file.display()));
        }
    }
    Ok(Exit::Done)
}
