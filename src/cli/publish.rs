//! `agebench publish`: a release package of run folders, with nothing about a single person in it.

use std::path::PathBuf;

use clap::Args;

use super::output::{print, tell, word};
use super::{Exit, Failure};
use crate::finding::counted;
use crate::folder::{Existing, names};
use crate::publish::disclosure::{Rule, Shown};
use crate::publish::{self, PublishError, PublishRequest, README, Release, SIGNATURE, Signer};
use crate::table::Row;

/// Make a release package of run folders: tables with protected counts, and nothing about a single person.
///
/// Reads run folders, folders of `latency` and `footprint`, and comparisons together with the runs that were compared. Every
/// row is computed again first. The package holds metrics.csv, comparison.csv and leaderboard.csv where there are any,
/// datapackage.json (Frictionless Table Schema), README.md in plain words, run.json without paths and names of machines,
/// the protocol, the cards without command lines, addresses and secrets, and SHA256SUMS. Cards must state licence, consent
/// and source of the dataset, and licence, intended use, claimed ages and model digest of the method.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Rules of disclosure control (docs/disclosure.md):
    uk_7_5        counts of people up to 7 are withheld, others rounded to the nearest 5
    midpoint6     counts of people become the middle of their six: 3, 9, 15, ...
    threshold_10  counts of people below 10 are withheld
    none          counts stay as they are: for data about nobody, or where all people agreed

Examples:
    agebench publish results/ --out package/ --disclosure uk_7_5
    agebench publish results/ compared/ latency/ --out package/ --disclosure midpoint6 --date 2026-11-30
    agebench publish results/ --out package/ --disclosure uk_7_5 --sign release.key --earlier spring/")]
pub(super) struct Arguments {
    /// Run folders, folders of latency and footprint, comparisons
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Where the package goes
    #[arg(long, value_name = "PACKAGE")]
    out: PathBuf,

    /// How counts of people are protected: uk_7_5, midpoint6, threshold_10 or none
    #[arg(long, value_name = "RULE")]
    disclosure: Rule,

    /// Earlier releases of the same data: nothing may follow from the difference
    #[arg(long, value_name = "PACKAGE", num_args = 1..)]
    earlier: Vec<PathBuf>,

    /// Remove the package that the output folder holds
    #[arg(long)]
    replace: bool,

    /// The title [default: the names of methods and datasets]
    #[arg(long, help_heading = "What the release says of itself")]
    title: Option<String>,

    /// Terms under which the tables may be used, such as CC-BY-4.0
    #[arg(long, value_name = "TEXT", help_heading = "What the release says of itself")]
    licence: Option<String>,

    /// Who made the release; may be given several times
    #[arg(long = "contributor", value_name = "NAME", help_heading = "What the release says of itself")]
    contributors: Vec<String>,

    /// The date that the release bears, YYYY-MM-DD; none otherwise
    #[arg(long, value_parser = date, help_heading = "What the release says of itself")]
    date: Option<String>,

    /// Sign with this secret key of minisign (`minisign -G`)
    #[arg(long, value_name = "KEY", help_heading = "Signature")]
    sign: Option<PathBuf>,

    /// A file with the key's password, where it has one
    #[arg(long, value_name = "FILE", requires = "sign", help_heading = "Signature")]
    password_file: Option<PathBuf>,
}

fn date(text: &str) -> Result<String, String> {
    if crate::dataset::is_date(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a date such as 2026-11-30".to_owned())
    }
}

/// A text file named on the command line.
pub(super) fn text_of(file: &std::path::Path) -> Result<String, Failure> {
    crate::foreign::text(file).map_err(|source| {
        let file = file.display().to_string();
        Failure::unusable(super::methods::Unreadable { file, source })
    })
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let key = arguments.sign.as_deref().map(text_of).transpose()?;
    let password = arguments.password_file.as_deref().map(text_of).transpose()?;
    let password = password.as_deref().map(|text| text.trim_end_matches(['\r', '\n']));
    let signer = key.as_deref().map(|key| Signer { key, password });
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    let release = publish::publish(&PublishRequest {
        folders: &arguments.folders,
        out: (&arguments.out, existing),
        rule: arguments.disclosure,
        earlier: &arguments.earlier,
        title: arguments.title.as_deref(),
        licence: arguments.licence.as_deref(),
        contributors: &arguments.contributors,
        date: arguments.date.as_deref(),
        signer,
    })
    .map_err(publish_failure)?;
    show(arguments, &release)?;
    Ok(Exit::Done)
}

fn show(arguments: &Arguments, release: &Release) -> Result<(), Failure> {
    let [all, out] = release.rows;
    let mut text = format!("{} of {} published under `{}`\n", out, counted(all, "row"), arguments.disclosure);
    for line in publish::told(&release.done).lines() {
        text.push_str(&format!("   {line}\n"));
    }
    let [compared, left] = release.compared;
    if left < compared {
        text.push_str(&format!(
            "   {left} of {} of comparisons: differences follow from exact counts, ranks are published\n",
            counted(compared, "row")
        ));
    }
    print(&text)?;
    if arguments.disclosure == Rule::None {
        let small = small_counts(release);
        if small > 0 {
            tell(&format!(
                "warning: {} with a count of 1 to 7 people: publish them only if the data are about nobody, or all people agreed\n",
                counted(small, "row")
            ));
        }
    }
    let file = |name: &str| arguments.out.join(name).display().to_string();
    let signed = if arguments.sign.is_some() { format!(" Signed in {}.", file(SIGNATURE)) } else { String::new() };
    let tables: Vec<String> = [names::METRICS, names::COMPARISON, names::LEADERBOARD]
        .into_iter()
        .filter(|name| release.package.file(name).is_some())
        .map(&file)
        .collect();
    tell(&format!(
        "\nWrote {}, and what they mean to {}.{signed}\nNext: agebench verify {}\n",
        tables.join(", "),
        file(README),
        word(&arguments.out)
    ));
    Ok(())
}

/// Rows of the release with a count that the rules would withhold.
fn small_counts(release: &Release) -> usize {
    let rows = release.package.metrics().map(|table| table.rows).unwrap_or_default();
    rows.iter().filter(|row| has_small_count(row)).count()
}

/// Whether the row has a count of 1 to 7 people.
pub(super) fn has_small_count(row: &Row) -> bool {
    let is_small =
        |count: Option<u64>| count.is_some_and(|count| count > 0 && Rule::Uk7_5.show(count) == Shown::Redacted);
    is_small(row.n_subjects) || is_small(row.n_event_subjects)
}

fn publish_failure(error: PublishError) -> Failure {
    let help = error.help().map(str::to_owned);
    let exit = match &error {
        error if error.is_write_failure() => Exit::CannotWrite,
        PublishError::DoesNotHold(_) => Exit::Internal,
        _ => Exit::Unusable,
    };
    Failure { exit, error: Box::new(error), help }
}
