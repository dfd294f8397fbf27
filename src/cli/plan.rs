//! `agebench plan`: how many people a claim needs, and what an existing dataset can show.

mod shown;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::output::{print, tell};
use super::results::{self, folder_failure};
use super::run::open_dataset;
use super::spared;
use super::{Exit, Failure};
use crate::age::{AgeLimit, ChallengeAge};
use crate::dataset::Pick;
use crate::finding::counted;
use crate::folder::write_whole;
use crate::plan::{self, Claim, Design, Margin, PlanRequest, Planned, Rate};

/// How many people are needed to show that few pass (or are denied), and what an existing dataset can show.
///
/// The answer is exact and holds for every larger number too: the power of a rate's bound has saw teeth. It counts what
/// the protocol's evidence rule demands. True rates are what you expect of the method; without one, none, and a tenth, a
/// quarter and half of the target are tried. Rates are shares: write 1 % as 0.01.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench plan --limit 18 --target 0.01 --power 0.8
    agebench plan --limit 18 --target 0.01 --power 0.8 --dataset faces/ --out plan.csv
    agebench plan --limit 18 --target 0.05 --power 0.9 --rate 0.02 --attempts-per-subject 3 --icc 0.6
    agebench plan --limit 18 --target 0.01 --power 0.8 --margin 0.02 --discordance 0.05")]
pub(super) struct Arguments {
    /// The legal age in question, years; several times, or with commas between
    #[arg(long, value_name = "T", required = true, value_delimiter = ',', value_parser = limit)]
    limit: Vec<AgeLimit>,

    /// The rate is to be shown to be at most this
    #[arg(long, value_name = "X")]
    target: f64,

    /// Wanted probability of showing it
    #[arg(long, value_name = "P", default_value_t = 0.8)]
    power: f64,

    /// The rate: of people under the limit who pass, or of others who are denied
    #[arg(long, default_value = "under_age_pass_rate", value_name = "METRIC")]
    metric: Metric,

    /// The challenge age of the claim; it names the claim and changes no number
    #[arg(long, value_name = "C", value_parser = challenge)]
    challenge: Option<ChallengeAge>,

    /// A true rate to plan for; several times, or with commas between
    #[arg(long, value_name = "RATE", value_delimiter = ',', help_heading = "What is expected")]
    rate: Vec<f64>,

    /// Design effect: how many people tell as much as one independent person (people found in classes or families)
    #[arg(long, value_name = "D", default_value_t = 1.0, help_heading = "What is expected")]
    deff: f64,

    /// Attempts of each person
    #[arg(
        long,
        value_name = "M",
        default_value_t = 1,
        requires = "icc",
        conflicts_with = "dataset",
        help_heading = "What is expected"
    )]
    attempts_per_subject: u64,

    /// How alike the attempts of one person are: 0 independent, 1 all the same (intra-subject correlation)
    #[arg(long, value_name = "R", requires = "attempts_per_subject", help_heading = "What is expected")]
    icc: Option<f64>,

    /// Also plan a paired comparison: one method is to be shown to be worse by less than this
    #[arg(long, value_name = "M", help_heading = "What is expected")]
    margin: Option<f64>,

    /// Share of people whom the two methods decide differently [default: 0, 0.02, 0.05 and 0.1]
    #[arg(long, value_name = "S", value_delimiter = ',', requires = "margin", help_heading = "What is expected")]
    discordance: Vec<f64>,

    /// Look at this dataset: a folder, a dataset.toml, or the bundled `drawn-faces`
    #[arg(long, value_name = "D", help_heading = "Data")]
    dataset: Option<String>,

    /// A protocol.toml or a bundled protocol's name: windows, groups, evidence rule, levels
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    protocol: Option<PathBuf>,

    /// One-sided level of the claim [default: the protocol's, 0.95]
    #[arg(long, value_name = "L", help_heading = "Data")]
    level: Option<f64>,

    /// The form of what is printed
    #[arg(long, default_value = "table", help_heading = "Output")]
    format: Form,

    /// Also print every single year of the windows
    #[arg(long, help_heading = "Output")]
    all: bool,

    /// Also write all rows to this file: .csv or .json
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Metric {
    /// Of people under the limit, the share who pass
    UnderAgePassRate,
    /// Of people at or over the limit, the share who are denied
    AdultDenialRate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Tables and sentences for a terminal
    Table,
    /// Every row, with the columns of docs/files.md
    Csv,
    /// Every row as an object
    Json,
}

fn limit(text: &str) -> Result<AgeLimit, String> {
    let years = text.parse().map_err(|_| format!("`{text}` is not a whole number of years"))?;
    AgeLimit::new(years).map_err(|error| error.to_string())
}

fn challenge(text: &str) -> Result<ChallengeAge, String> {
    let years = text.parse().map_err(|_| format!("`{text}` is not a number of years"))?;
    ChallengeAge::new(years).map_err(|error| error.to_string())
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let form = arguments.out.as_deref().map(form_of).transpose()?;
    arguments.out.as_deref().map_or(Ok(()), spared::regular)?;
    let mut protocol = results::protocol(arguments.protocol.as_deref())?;
    protocol.levels.claim = arguments.level.unwrap_or(protocol.levels.claim);
    let claim = claim(arguments)?;
    let margin = arguments.margin.map(|margin| Margin {
        margin,
        discordant: ascending(if arguments.discordance.is_empty() {
            vec![0.0, 0.02, 0.05, 0.1]
        } else {
            arguments.discordance.clone()
        }),
    });
    let dataset = arguments.dataset.as_deref().map(|name| open_dataset(name, &Pick::default())).transpose()?;
    let request =
        PlanRequest { claim: &claim, margin: margin.as_ref(), protocol: &protocol, dataset: dataset.as_ref() };
    let rows = plan::plan(&request).map_err(|error| {
        let help = error.help().map(str::to_owned);
        help.into_iter().fold(Failure::unusable(error), Failure::with_help)
    })?;
    print(&match arguments.format {
        Form::Table => shown::shown(&rows, dataset.as_ref(), arguments.all, environment.width),
        form => written(&rows, form)?,
    })?;
    if let (Some(file), Some(form)) = (&arguments.out, form) {
        write_whole(file, written(&rows, form)?.as_bytes(), false).map_err(folder_failure)?;
        tell(&format!("\nWrote {} to {}.\n", counted(rows.len(), "row"), file.display()));
    }
    tell(match &arguments.dataset {
        Some(_) => "Next: agebench run METHOD --dataset D --out results/ measures a method on it.\n",
        None => "Next: --dataset D tells what a dataset that you have can show.\n",
    });
    Ok(Exit::Done)
}

fn claim(arguments: &Arguments) -> Result<Claim, Failure> {
    if let Some(challenge) = arguments.challenge
        && let Some(limit) = arguments.limit.iter().find(|limit| challenge.years() < f64::from(limit.years()))
    {
        let text = format!("--challenge {} is below the limit {}", challenge.years(), limit.years());
        return Err(Failure::unusable(text).with_help("a challenge age is the limit or more"));
    }
    let target = arguments.target;
    let tried = if arguments.rate.is_empty() {
        vec![0.0, target / 10.0, target / 4.0, target / 2.0]
    } else {
        arguments.rate.clone()
    };
    let mut limits = arguments.limit.clone();
    limits.sort_unstable_by_key(|limit| limit.years());
    limits.dedup();
    Ok(Claim {
        limits,
        challenge: arguments.challenge,
        rate: match arguments.metric {
            Metric::UnderAgePassRate => Rate::UnderAgePass,
            Metric::AdultDenialRate => Rate::AdultDenial,
        },
        target,
        power: arguments.power,
        true_rates: ascending(tried),
        design: Design {
            effect: arguments.deff,
            attempts: arguments.attempts_per_subject,
            correlation: arguments.icc.unwrap_or(0.0),
        },
    })
}

fn ascending(mut shares: Vec<f64>) -> Vec<f64> {
    shares.sort_unstable_by(f64::total_cmp);
    shares.dedup();
    shares
}

/// What the ending of a file's name says.
fn form_of(file: &Path) -> Result<Form, Failure> {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(Form::Csv),
        Some("json") => Ok(Form::Json),
        _ => Err(Failure::unusable(format!("--out {}: the ending says no form", file.display()))
            .with_help("end it in .csv or .json")),
    }
}

fn written(rows: &[Planned], form: Form) -> Result<String, Failure> {
    if form == Form::Json {
        return Ok(plan::write_json(rows));
    }
    let mut bytes = Vec::new();
    plan::write_csv(rows, &mut bytes).map_err(Failure::cannot_write)?;
    String::from_utf8(bytes).map_err(Failure::cannot_write)
}
