//! `agebench score`: metrics from a CSV that holds truth and answers, or from a run folder.

use std::path::{Path, PathBuf};

use clap::Args;

use super::buffer::SafeBuffer;
use super::environment::Environment;
use super::job;
use super::output::{tell, word};
use super::results::{self, Shown, score_failure};
use super::{Exit, Failure};
use crate::dataset::{Dataset, LabelKind, Pick, Precision};
use crate::finding::counted;
use crate::folder::{Existing, RunFolder, Shard, UNSTATED_VERSION, names, write_whole};
use crate::run::Summary;
use crate::score::{self, Recording, ScoreError, ScoreRequest, Tallied};

/// Score a CSV that holds truth and answers, or score a run folder anew.
///
/// A CSV becomes a whole run folder: its truth columns are the manifest. OURS in --columns is one of sample_id,
/// subject_id, method, true_age (or true_age_low and true_age_high), age (or answer_low and answer_high), spread, score_18,
/// pass_18, status, reason, weight, cluster_id, split and species; columns that already have these names need no
/// mapping. An empty answer is an attempt without one.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench score answers.csv --columns sample_id=file,subject_id=person,true_age=age,age=predicted \\
        --groups sex,region --out results/
    agebench score results/ --protocol protocol.toml --out results-18/
    agebench score results/ --confirm
    agebench score results/ --tally north.tally --shard 1/2
    agebench score --merge north.tally south.tally --out joined/")]
pub(super) struct Arguments {
    /// A CSV file, or a run folder
    #[arg(value_name = "FILE|DIR", required_unless_present = "merge")]
    from: Option<PathBuf>,

    /// Where to write; a run folder is scored in place without it
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Remove the run that the output folder holds
    #[arg(long, requires = "out")]
    replace: bool,

    /// A protocol.toml or a bundled protocol's name; what it does not say is as in the default protocol
    #[arg(long, value_name = "FILE")]
    protocol: Option<PathBuf>,

    #[command(flatten)]
    buffer: SafeBuffer,

    #[command(flatten)]
    recorded: Recorded,

    #[command(flatten)]
    tallies: Tallies,
}

/// What tallies were made under, and cannot be asked of them any more.
const NOT_OF_TALLIES: [&str; 15] = [
    "from",
    "tally",
    "protocol",
    "confirm",
    "buffer_target",
    "columns",
    "groups",
    "dataset",
    "method_name",
    "method_kind",
    "method_version",
    "dataset_name",
    "label_kind",
    "age_precision",
    "keep_ids",
];

/// Sums without a person in them, instead of rows about people.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tallies")]
struct Tallies {
    /// Write the exact sums of a run folder to this file, and score nothing
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    tally: Option<PathBuf>,

    /// Tally one part of the people only: 1/16 to 16/16
    #[arg(long, value_name = "I/N", value_parser = shard, requires = "tally")]
    shard: Option<(u32, u32)>,

    /// Join tally files and score what they hold; what needs rows is not measurable
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = NOT_OF_TALLIES, requires = "out")]
    merge: Vec<PathBuf>,

    /// Failed and timed-out attempts of joined runs that are allowed before the exit code is 4 [default: 0]
    #[arg(long, value_name = "N", requires = "merge")]
    max_failed: Option<usize>,
}

/// What a CSV file is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Recorded answers (FILE only)")]
struct Recorded {
    /// The file's columns: age=predicted,true_age=label,...
    #[arg(long, value_name = "OURS=THEIRS", value_delimiter = ',', value_parser = pair)]
    columns: Vec<(String, String)>,

    /// Columns of the file to group by
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    groups: Vec<String>,

    /// The dataset whose samples were answered; without it, the file holds the truth
    #[arg(long, value_name = "D")]
    dataset: Option<PathBuf>,

    /// The method's name [default: the file's name without its ending]
    #[arg(long, value_name = "NAME")]
    method_name: Option<String>,

    /// estimation, verification, inference or declaration [default: estimation]
    #[arg(long, value_name = "KIND")]
    method_kind: Option<String>,

    /// The method's version, as its maker counts: what several holders' recorded answers are told to be of one method by
    #[arg(long, value_name = "VERSION", value_parser = version)]
    method_version: Option<String>,

    /// The dataset's name [default: the file's name without its ending]
    #[arg(long, value_name = "NAME")]
    dataset_name: Option<String>,

    /// chronological, declared, apparent or estimated: how the true ages were come by [default: chronological]
    #[arg(long, value_name = "KIND", value_parser = label_kind)]
    label_kind: Option<LabelKind>,

    /// day, month, year or band [default: year when all true ages are whole, else day]
    #[arg(long, value_name = "PRECISION", value_parser = precision)]
    age_precision: Option<Precision>,

    /// Write ids as they are, instead of pseudonyms
    #[arg(long)]
    keep_ids: bool,
}

impl Recorded {
    /// The first flag given, which only a file takes.
    fn first_given(&self) -> Option<&'static str> {
        [
            ("--columns", !self.columns.is_empty()),
            ("--groups", !self.groups.is_empty()),
            ("--dataset", self.dataset.is_some()),
            ("--method-name", self.method_name.is_some()),
            ("--method-kind", self.method_kind.is_some()),
            ("--method-version", self.method_version.is_some()),
            ("--dataset-name", self.dataset_name.is_some()),
            ("--label-kind", self.label_kind.is_some()),
            ("--age-precision", self.age_precision.is_some()),
            ("--keep-ids", self.keep_ids),
        ]
        .into_iter()
        .find_map(|(flag, given)| given.then_some(flag))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((ours, theirs)) if !ours.is_empty() => Ok((ours.to_owned(), theirs.to_owned())),
        _ => Err(format!("`{text}` is not OURS=THEIRS, such as age=predicted_age")),
    }
}

fn version(text: &str) -> Result<String, String> {
    let fits = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let fits = fits && text.trim() == text && text != UNSTATED_VERSION;
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "expected the maker's version, such as 2.1; `{UNSTATED_VERSION}` is what stands where none is stated"
        ))
    }
}

fn shard(text: &str) -> Result<(u32, u32), String> {
    text.parse::<Shard>().map(|shard| (shard.index(), shard.of()))
}

fn label_kind(word: &str) -> Result<LabelKind, String> {
    LabelKind::parse(word).ok_or_else(|| "expected chronological, declared, apparent or estimated".to_owned())
}

fn precision(word: &str) -> Result<Precision, String> {
    Precision::parse(word).ok_or_else(|| "expected day, month, year or band".to_owned())
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let shown = Shown { all_challenges: false, notices: Vec::new(), width: environment.width };
    if !arguments.tallies.merge.is_empty() {
        return merge(arguments, &shown);
    }
    let Some(from) = arguments.from.as_deref() else {
        return Err(Failure::unusable("a CSV file or a run folder is missing"));
    };
    if from.is_dir() {
        return match &arguments.tallies.tally {
            Some(file) => tally(arguments, from, file),
            None => score_folder(arguments, from, &shown),
        };
    }
    if arguments.tallies.tally.is_some() {
        return Err(Failure::unusable(format!("--tally takes a run folder, and {} is a file", from.display()))
            .with_help("make a run folder of it first: agebench score FILE --out DIR"));
    }
    let Some(out) = arguments.out.as_deref() else {
        return Err(Failure::unusable("--out is missing: a recorded file becomes a run folder")
            .with_help("add --out DIR, a folder that does not exist yet"));
    };
    let protocol = arguments.buffer.apply(results::protocol(arguments.protocol.as_deref())?)?;
    let recorded = &arguments.recorded;
    let dataset = recorded.dataset.as_deref().map(open_dataset).transpose()?;
    let recording = Recording {
        file: from,
        columns: &recorded.columns,
        groups: &recorded.groups,
        dataset: dataset.as_ref(),
        method_name: recorded.method_name.as_deref(),
        method_kind: recorded.method_kind.as_deref(),
        method_version: recorded.method_version.as_deref(),
        dataset_name: recorded.dataset_name.as_deref(),
        label_kind: recorded.label_kind,
        age_precision: recorded.age_precision,
        protocol: &protocol,
        keep_ids: recorded.keep_ids,
        out,
        existing: existing(arguments.replace),
        now: Some(environment.clock.wall().to_string()),
    };
    let imported = score::import(&recording).map_err(score_failure)?;
    tell(&format!(
        "Read {} of {} from {}.\n",
        counted(imported.attempts, "attempt"),
        methods(&imported.methods),
        from.display()
    ));
    results::show(&score::score_imported(imported).map_err(score_failure)?, &shown)?;
    Ok(Exit::Done)
}

fn methods(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn existing(replace: bool) -> Existing {
    if replace { Existing::Replace } else { Existing::Refuse }
}

fn open_dataset(place: &Path) -> Result<Dataset, Failure> {
    Dataset::open(place, &Pick::all()).map_err(|error| {
        let help = error.help().map(str::to_owned);
        help.into_iter().fold(Failure::unusable(error), Failure::with_help)
    })
}

/// Scores a run folder: in place, or as a copy with metrics of its own.
fn score_folder(arguments: &Arguments, from: &Path, shown: &Shown) -> Result<Exit, Failure> {
    refuse_flags_of_files(arguments, from)?;
    let protocol = arguments.protocol.as_deref().map(|file| results::protocol(Some(file))).transpose()?;
    let folder = RunFolder::open(from).map_err(results::folder_failure)?;
    let protocol = arguments.buffer.of_folder(protocol, &folder)?;
    let out = arguments.out.as_deref().map(|out| (out, existing(arguments.replace)));
    results::score_and_show(&ScoreRequest { folder: &folder, protocol: protocol.as_ref(), out }, shown)?;
    Ok(Exit::Done)
}

fn refuse_flags_of_files(arguments: &Arguments, from: &Path) -> Result<(), Failure> {
    let given = arguments.recorded.first_given();
    given.map_or(Ok(()), |flag| {
        Err(Failure::unusable(format!("{flag} is for a recorded file, and {} is a folder", from.display())))
    })
}

/// Writes the tallies of a run folder, or of one shard of its people.
fn tally(arguments: &Arguments, from: &Path, file: &Path) -> Result<Exit, Failure> {
    refuse_flags_of_files(arguments, from)?;
    super::spared::no_record(file, arguments.protocol.as_deref().as_slice(), Some(names::TALLY))?;
    let protocol = arguments.protocol.as_deref().map(|file| results::protocol(Some(file))).transpose()?;
    let folder = RunFolder::open(from).map_err(results::folder_failure)?;
    let protocol = arguments.buffer.of_folder(protocol, &folder)?;
    let shard = arguments.tallies.shard.unwrap_or((1, 1));
    let tallied = Tallied::of(&folder, protocol.as_ref(), shard).map_err(score_failure)?;
    let text = tallied.to_text().map_err(|error| score_failure(error.into()))?;
    write_whole(file, text.as_bytes(), true).map_err(results::folder_failure)?;
    let next = if tallied.is_whole() { word(file) } else { "FILE... (of all parts)".to_owned() };
    tell(&format!(
        "Wrote tallies to {}: sums, but small ones may speak of single people. Next: agebench score --merge {next} --out DIR\n",
        file.display(),
    ));
    Ok(Exit::Done)
}

/// Joins tally files, and writes what follows from them.
fn merge(arguments: &Arguments, shown: &Shown) -> Result<Exit, Failure> {
    let Some(out) = arguments.out.as_deref() else {
        return Err(Failure::unusable("--out is missing: joined tallies are scored into a folder"));
    };
    let mut joined: Option<Tallied> = None;
    for file in &arguments.tallies.merge {
        RunFolder::spares(out, file).map_err(results::folder_failure)?;
        let of_file = |source| score_failure(ScoreError::Tallied { file: file.display().to_string(), source });
        let text = crate::foreign::text_within(file, crate::foreign::LARGEST_OF_CARD).map_err(|source| {
            Failure::unusable(super::methods::Unreadable { file: file.display().to_string(), source })
        })?;
        let read = Tallied::parse(&text).map_err(of_file)?;
        match &mut joined {
            None => joined = Some(read),
            Some(joined) => joined.merge(&read).map_err(of_file)?,
        }
    }
    let Some(joined) = joined else { return Err(Failure::unusable("--merge takes tally files")) };
    let (folder, table) = joined.score(out, existing(arguments.replace)).map_err(score_failure)?;
    results::write_and_show(&folder, &table, shown)?;
    let Some([attempts, failed]) = joined.made() else {
        if arguments.tallies.max_failed.is_some() {
            tell("warning: --max-failed: the tallies do not say how many attempts failed\n");
        }
        return Ok(Exit::Done);
    };
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let summary = Summary { attempts: count(attempts), failed: count(failed), ..Summary::default() };
    Ok(job::judged(&folder, &summary, arguments.tallies.max_failed.unwrap_or(0)))
}
