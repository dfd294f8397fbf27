//! `agebench report`: the results of run folders, of release packages, or of a comparison, as tables, Markdown or one HTML page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::output::{print, tell};
use super::results::{self, Shown, folder_failure, score_failure};
use super::spared;
use super::{Exit, Failure};
use crate::finding::counted;
use crate::folder::{FolderError, RunFolder, RunRecord, names, write_whole};
use crate::publish::Package;
use crate::report;
use crate::score;
use crate::table::{Compared, Ranked, Table};

/// Show the results of run folders, or of a comparison, as tables, Markdown or one HTML page.
///
/// Reads metrics.csv and computes nothing. Several folders become one report: accuracy, latency and footprint of a method
/// stand together where they were measured on one manifest. A folder that `compare` wrote shows its leaderboard and
/// differences, a release package its rows, and a folder of packages those of all of them.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench report results/ --out report.html
    agebench report results/ latency/ footprint/ --out report.html
    agebench report compared/ --out comment.md
    agebench report package/ --out report.html")]
pub(super) struct Arguments {
    /// Run folders, release packages or folders of them, or one folder of a comparison
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// The form [default: what the ending of --out says, else table]
    #[arg(long)]
    format: Option<Form>,

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
    /// One page that asks the network for nothing
    Html,
    /// metrics.csv as it is, of one folder
    Csv,
}

impl Form {
    /// What the ending of a file's name says.
    fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()? {
            "html" | "htm" => Some(Self::Html),
            "md" | "markdown" => Some(Self::Markdown),
            "csv" => Some(Self::Csv),
            "txt" => Some(Self::Table),
            _ => None,
        }
    }
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let form = match (arguments.format, &arguments.out) {
        (Some(form), _) => form,
        (None, None) => Form::Table,
        (None, Some(file)) => Form::of(file).ok_or_else(|| {
            Failure::unusable(format!("{}: the ending says no form", file.display()))
                .with_help("end it in .html, .md, .txt or .csv, or name the form with --format")
        })?,
    };
    if let Some(file) = &arguments.out {
        spared::no_record(file, &[], None)?;
    }
    let width = if arguments.out.is_some() { None } else { environment.width };
    let folders: Vec<PathBuf> = arguments.folders.iter().flat_map(|folder| with_packages(folder)).collect();
    // A package may hold a comparison beside the rows of the methods: then it is those that are reported.
    let is_comparison =
        |folder: &&PathBuf| folder.join(names::COMPARISON).is_file() && !folder.join(names::METRICS).is_file();
    let text = match folders.iter().find(is_comparison) {
        Some(folder) if folders.len() > 1 => {
            return Err(Failure::unusable(format!("{} is a comparison: it is reported by itself", folder.display()))
                .with_help("name it alone, and the runs in a report of their own"));
        }
        Some(folder) => comparison(folder, form, arguments.all, width)?,
        None => results(&folders, form, arguments.all, width)?,
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

/// `folder`, or the packages in it where it is none itself.
fn with_packages(folder: &Path) -> Vec<PathBuf> {
    let is_itself = [names::METRICS, names::RUN, names::COMPARISON].iter().any(|name| folder.join(name).is_file());
    let packages = if is_itself { Vec::new() } else { Package::all_in(folder) };
    if packages.is_empty() { vec![folder.to_owned()] } else { packages }
}

/// The report of run folders.
fn results(folders: &[PathBuf], form: Form, all: bool, width: Option<u16>) -> Result<String, Failure> {
    if let (Form::Csv, [folder]) = (form, folders) {
        let folder = RunFolder::open(folder).map_err(folder_failure)?;
        return folder.read_text(names::METRICS).map_err(folder_failure);
    }
    if form == Form::Csv {
        return Err(Failure::unusable("rows of several folders are no metrics.csv").with_help("name one folder"));
    }
    let table = together(folders)?;
    let mut notices: Vec<String> = Vec::new();
    for notice in folders.iter().flat_map(|folder| results::notices(folder, &table.rows)) {
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }
    let options = Shown { all_challenges: all, notices, width }.options();
    match form {
        Form::Html => report::html(&table, &options).map_err(Failure::unusable),
        Form::Markdown => Ok(report::markdown(&table, &options)),
        Form::Table | Form::Csv => Ok(report::terminal(&table, &options)),
    }
}

/// The rows of all folders. No two may hold one row, but for what a measurement of a footprint scores beside it: where a run
/// holds that row as well, it is taken from the run.
pub(super) fn together(folders: &[PathBuf]) -> Result<Table, Failure> {
    let mut opened = Vec::new();
    for path in folders {
        let folder = RunFolder::open(path).map_err(folder_failure)?;
        let is_beside = !Package::is_at(path) && RunRecord::read(&folder).map_err(folder_failure)?.verb == "footprint";
        opened.push((is_beside, path, score::read_metrics(&folder).map_err(score_failure)?.rows));
    }
    // Runs first, otherwise as they were named.
    opened.sort_by_key(|(is_beside, ..)| *is_beside);
    let mut table = Table::default();
    let mut held: BTreeMap<Vec<String>, &Path> = BTreeMap::new();
    for (is_beside, path, rows) in opened {
        let (mut twice, mut from) = (0, path.as_path());
        for row in rows {
            match held.get(&row.identity()) {
                Some(other) if *other != path.as_path() && is_beside => (twice, from) = (twice + 1, other),
                Some(other) if *other != path.as_path() => {
                    let text = format!(
                        "{} and {} both hold `{}` of `{}` on one manifest",
                        other.display(),
                        path.display(),
                        row.metric,
                        row.method
                    );
                    return Err(Failure::unusable(text).with_help(
                        "a report holds one result of a method: `agebench compare` sets runs of it against each other",
                    ));
                }
                _ => {
                    held.insert(row.identity(), path);
                    table.rows.push(row);
                }
            }
        }
        if twice > 0 {
            let rows = counted(twice, "row");
            tell(&format!("{rows} of {} are in {} as well and are taken from there\n", path.display(), from.display()));
        }
    }
    Ok(table)
}

/// The report of a comparison.
fn comparison(folder: &Path, form: Form, all: bool, width: Option<u16>) -> Result<String, Failure> {
    let open = |name: &str| {
        let path = folder.join(name);
        crate::foreign::open(&path)
            .map(|(file, _)| file)
            .map_err(|source| folder_failure(FolderError::Read { path, source }))
    };
    let unreadable = |name: &str| {
        let file = folder.join(name).display().to_string();
        move |source| Failure::unusable(format!("{file}: {source}"))
    };
    let rows = Compared::read(open(names::COMPARISON)?).map_err(unreadable(names::COMPARISON))?;
    let leaderboard = Ranked::read(open(names::LEADERBOARD)?).map_err(unreadable(names::LEADERBOARD))?;
    match form {
        Form::Html => report::comparison_html(&rows, &leaderboard, all).map_err(Failure::unusable),
        Form::Markdown => Ok(report::comparison_markdown(&rows, &leaderboard, all)),
        Form::Table => Ok(report::comparison_terminal(&rows, &leaderboard, all, width)),
        Form::Csv => Err(Failure::unusable(format!("{} is a comparison: its files are CSV", folder.display()))),
    }
}
