//! `agebench probe`: the challenge age that a black box really keeps, from whom it lets through.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::engines::EngineOptions;
use super::environment::Environment;
use super::job::Job;
use super::output::{print, tell, word};
use super::results::{self, score_failure};
use super::run::{Running, open_dataset};
use super::spared::Read;
use super::{Exit, Failure, methods};
use crate::age::AgeLimit;
use crate::dataset::Pick;
use crate::finding::{counted, listed};
use crate::folder::{Existing, FolderError, RunFolder, RunRecord, Timings, names};
use crate::method::{Ask, Method, MethodCard};
use crate::protocol::Protocol;
use crate::score::{self, ScoreRequest};
use crate::table::{Evidence, Row, Table, twelve_digits};

/// Find the challenge age that a method really keeps.
///
/// For a method that only passes or denies: the true age at which half of the people pass at a limit (effective challenge
/// age), how fast the share rises there (sharpness), and whether the card claims the same. METHOD is put to a dataset
/// with known ages first; DIR is a run folder. Writes a run folder whose metrics.csv holds the rows
/// `effective_challenge_age` and `sharpness`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench probe gate/ --limit 18 --dataset faces/ --out probed/
    agebench probe results/ --limit 18 --out probed/ --claimed 25")]
pub(super) struct Arguments {
    /// A method.toml, its folder, or a bundled method's name; or a run folder
    #[arg(value_name = "METHOD|DIR")]
    from: String,

    /// The legal age in question, years
    #[arg(long, value_name = "T", value_parser = limit)]
    limit: AgeLimit,

    /// The challenge age that the maker claims, years [default: what the card says in `claimed_challenge_ages`]
    #[arg(long, value_name = "AGE")]
    claimed: Option<f64>,

    /// For a METHOD: a dataset's folder, its dataset.toml, or the bundled `drawn-faces`
    #[arg(long, value_name = "D", help_heading = "Data")]
    dataset: Option<String>,

    /// A protocol.toml that has the limit; what it does not say is as in the default protocol
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    protocol: Option<PathBuf>,

    #[command(flatten)]
    engine: EngineOptions,

    #[command(flatten)]
    running: Running,

    /// The folder to write; made if absent, refused if it holds anything
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: PathBuf,

    /// Remove the run that the folder holds
    #[arg(long, help_heading = "Output")]
    replace: bool,

    /// Write ids as they are, instead of pseudonyms
    #[arg(long, help_heading = "Output")]
    keep_ids: bool,
}

const NO_GATE: &str =
    "a method that answers ages has the challenge ages of the protocol; probe one that passes or denies";

fn limit(text: &str) -> Result<AgeLimit, String> {
    let years = text.parse().map_err(|_| format!("`{text}` is not a whole number of years"))?;
    AgeLimit::new(years).map_err(|error| error.to_string())
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let limit = arguments.limit;
    if let Some(claimed) = arguments.claimed.filter(|claimed| !(0.0..=120.0).contains(claimed)) {
        return Err(Failure::unusable(format!("--claimed {claimed} is not an age in years")));
    }
    let place = Path::new(&arguments.from);
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    let is_run = place.join(names::RUN).is_file();
    let (folder, table, exit) = if is_run {
        if arguments.dataset.is_some() {
            return Err(Failure::unusable(format!("--dataset is for a method, and {} is a run", place.display())));
        }
        let folder = RunFolder::open(place).map_err(results::folder_failure)?;
        RunRecord::read(&folder).map_err(results::folder_failure)?;
        // The age at which half of the people pass is fitted to people one by one.
        if folder.holds_tallies() {
            return Err(results::folder_failure(FolderError::TalliesOnly { path: place.to_owned() }));
        }
        let protocol = protocol(arguments, Some(&folder))?;
        let out = Some((arguments.out.as_path(), existing));
        let request = ScoreRequest { folder: &folder, protocol: Some(&protocol), out };
        let scored = score::score(&request).map_err(score_failure)?;
        (scored.folder, scored.table, Exit::Done)
    } else {
        let ran = attempt(arguments, existing, environment)?;
        let folder = RunFolder::open(&arguments.out).map_err(results::folder_failure)?;
        if ran != Exit::Done && ran != Exit::TooManyFailed {
            return Ok(ran);
        }
        let table = score::read_metrics(&folder).map_err(score_failure)?;
        (folder, table, ran)
    };
    let told = told(&folder, &table, limit, arguments.claimed).inspect_err(|_| {
        // Rows of a run that stands elsewhere are no loss; the answers of a method are kept.
        if is_run {
            let _ = std::fs::remove_dir_all(folder.path());
        } else {
            tell(&format!("The run is kept in {}.\n", folder.path().display()));
        }
    })?;
    print(&told)?;
    tell(&format!(
        "\nWrote {} to {}. Next: agebench report {}\n",
        counted(table.rows.len(), "row"),
        folder.file(names::METRICS).display(),
        word(folder.path()),
    ));
    Ok(exit)
}

/// The protocol: with the limit in question alone, where none is given.
fn protocol(arguments: &Arguments, folder: Option<&RunFolder>) -> Result<Protocol, Failure> {
    let limit = arguments.limit;
    let given = arguments.protocol.as_deref().map(|file| results::protocol(Some(file))).transpose()?;
    let own = match (given, folder) {
        (Some(given), _) => Some(given),
        (None, Some(folder)) => {
            let text = folder.read_text(names::PROTOCOL).map_err(results::folder_failure)?;
            Some(Protocol::from_toml(&text).map_err(Failure::unusable)?)
        }
        (None, None) => None,
    };
    match own {
        Some(own) if own.limits.contains(&limit) => Ok(own),
        Some(own) => {
            let limits: Vec<String> = own.limits.iter().map(AgeLimit::to_string).collect();
            Err(Failure::unusable(format!("the protocol has no limit {limit}: it has {}", listed(&limits)))
                .with_help("give --limit one of these, or a --protocol with the limit in question"))
        }
        None => Protocol::from_toml(&format!("limits = [{limit}]\n")).map_err(Failure::unusable),
    }
}

/// Puts a dataset to the method, and scores.
fn attempt(arguments: &Arguments, existing: Existing, environment: &Environment) -> Result<Exit, Failure> {
    let Some(name) = &arguments.dataset else {
        return Err(Failure::unusable(format!("--dataset is missing: `{}` is no run folder", arguments.from))
            .with_help("name a dataset with known ages, or a folder that `agebench run` or `agebench score` wrote"));
    };
    let means = arguments.engine.open(environment)?;
    let protocol = protocol(arguments, None)?;
    let dataset = open_dataset(name, &Pick::all())?;
    let method = methods::load(&arguments.from, &means, &|| arguments.engine.other(environment), environment)?;
    let read = Read {
        dataset: name,
        protocol: arguments.protocol.as_deref(),
        methods: vec![(arguments.from.as_str(), &method)],
    };
    read.spared(&arguments.out, existing)?;
    RunFolder::check(&arguments.out, existing).map_err(results::folder_failure)?;
    if answers_ages_only(&*method.method, arguments, &protocol, environment) {
        let name = &method.method.card().name;
        let text = format!("`{name}` answers ages, and decides nobody at {}: nothing to probe", arguments.limit);
        return Err(Failure::unusable(text).with_help(NO_GATE));
    }
    let job = Job {
        methods: &[method],
        dataset: &dataset,
        rows: true,
        shard: None,
        protocol: &protocol,
        out: &arguments.out,
        existing,
        keep_ids: arguments.keep_ids,
        timings: Timings::Written,
        pick: String::new(),
        footprint: false,
        further: Vec::new(),
        notices: Vec::new(),
    };
    job.run(&arguments.running, environment)
}

/// Whether the method decides nothing itself, as far as its card, its files and a program's `ready` tell.
fn answers_ages_only(
    method: &dyn Method,
    arguments: &Arguments,
    protocol: &Protocol,
    environment: &Environment,
) -> bool {
    let Some(program) = method.program() else { return method.answers_ages_only() };
    let ask = Ask {
        limits: protocol.limits.clone(),
        time_limit: arguments.running.timeout,
        seed: protocol.seed,
        scratch: environment.scratch.clone(),
        clock: Arc::clone(&environment.clock),
        stop: Arc::clone(&environment.stop),
    };
    // One that does not start is told when it is run.
    let declared = program.declared_answers(&ask).unwrap_or_default();
    !declared.is_empty() && declared.iter().all(|kind| ["age", "spread", "range"].contains(&kind.as_str()))
}

/// What the rows say of each method, in sentences.
fn told(folder: &RunFolder, table: &Table, limit: AgeLimit, claimed: Option<f64>) -> Result<String, Failure> {
    let record = RunRecord::read(folder).map_err(results::folder_failure)?;
    let mut text = String::new();
    for method in &record.methods {
        let rows = |metric: &'static str| {
            table.rows.iter().filter(move |row| {
                row.metric == metric && row.method == method.name && row.limit == Some(limit) && row.variant.is_none()
            })
        };
        let row = |metric: &'static str| rows(metric).find(|row| row.group.is_whole());
        let (age, sharpness) = (row("effective_challenge_age"), row("sharpness"));
        let Some(age) = age else {
            return Err(Failure::unusable(format!("`{}` decides nobody at {limit}: nothing to probe", method.name))
                .with_help(NO_GATE));
        };
        let card = folder.read_text(&format!("{}/{}", names::CARDS, method.card)).map_err(results::folder_failure)?;
        let of_card = MethodCard::read(&method.card, &card).0.and_then(|card| card.claimed_challenge_age(limit));
        text.push_str(&sentence(&method.name, limit, age, sharpness, claimed.or(of_card)));
        for row in rows("effective_challenge_age").filter(|row| !row.group.is_whole()) {
            text.push_str(&of_group(row));
        }
    }
    Ok(text)
}

/// The gate of a group on a line of its own.
fn of_group(row: &Row) -> String {
    let name =
        row.group.parts().iter().map(|(column, level)| format!("{column} {level}")).collect::<Vec<_>>().join(", ");
    let (Some(value), Some(low), Some(high)) = (row.value, row.low, row.high) else {
        return format!("  {name}: no effective challenge age: {}\n", why(row));
    };
    let doubt = match &row.evidence {
        Some(Evidence::Short(reasons)) => format!(" (insufficient evidence: {})", reasons.join(", ")),
        _ => String::new(),
    };
    format!("  {name}: behaves like {value:.1} [{low:.1}, {high:.1}]{doubt}\n")
}

/// Why a row has no value.
fn why(row: &Row) -> String {
    match &row.evidence {
        Some(Evidence::Short(reasons)) => reasons.join(", "),
        _ => row.status.to_string(),
    }
}

fn sentence(name: &str, limit: AgeLimit, age: &Row, sharpness: Option<&Row>, claimed: Option<f64>) -> String {
    let years = |years: f64| format!("{years:.1}");
    let declared = claimed.map_or_else(String::new, |age| format!("declared {}, ", twelve_digits(age)));
    let mut text = format!("`{name}` at {limit}: {declared}");
    let (Some(value), Some(low), Some(high)) = (age.value, age.low, age.high) else {
        return format!("{text}no effective challenge age: {}\n", why(age));
    };
    text.push_str(&format!("behaves like {} [{}, {}]", years(value), years(low), years(high)));
    text.push_str(&match claimed {
        Some(claimed) if claimed > high => ": younger people pass than is declared".to_owned(),
        Some(claimed) if claimed < low => ": only older people pass than is declared".to_owned(),
        Some(_) => ": it may be what is declared".to_owned(),
        None => String::new(),
    });
    if let Some(Evidence::Short(reasons)) = &age.evidence {
        text.push_str(&format!(" (insufficient evidence: {})", reasons.join(", ")));
    }
    text.push('\n');
    if let Some((row, value)) = sharpness.and_then(|row| Some((row, row.value?))) {
        // In a probit line the share goes from 16 % to 84 % over two standard deviations, each 0.3989 / slope.
        let width = 2.0 * 0.398_942_280_401_432_7 / value;
        let ends = row.low.zip(row.high).map(|(low, high)| format!(" [{:.1}, {:.1}]", low * 100.0, high * 100.0));
        text.push_str(&format!(
            "  the share who pass rises by {:.1}{} points a year there, from 16 % to 84 % within {width:.1} years\n",
            value * 100.0,
            ends.unwrap_or_default(),
        ));
    }
    text
}
