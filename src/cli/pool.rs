//! `agebench pool`: the published rows of several data holders put together.

use std::path::PathBuf;

use clap::Args;

use super::environment::Environment;
use super::list::{Listing, table};
use super::output::{print, tell};
use super::{Exit, Failure};
use crate::finding::counted;
use crate::folder::{Existing, names};
use crate::pool::{self, Pool, PoolRequest};
use crate::report::number::{count, percent, percent_within, years};
use crate::table::{Pooled, RowStatus, Unit, Weighting};

/// Put the published rows of several data holders together.
///
/// Each holder measures the same method under the same protocol on people of their own, and publishes; nobody shares a face.
/// Of each rate and mean error there is one value as if all were one (fixed effect), and one for holders that differ (random
/// effects), with how far they lie apart and what to expect at one more. Each holder's own row stands beside.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
    agebench pool north/ south/ west/ --out pooled/
    agebench pool releases/*/ --out pooled/ --all")]
pub(super) struct Arguments {
    /// Release packages, or run folders: one a holder
    #[arg(required = true, value_name = "PACKAGE")]
    packages: Vec<PathBuf>,

    /// Where pooled.csv goes; made if absent, refused if it holds anything
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Remove the pooled.csv that the output folder holds
    #[arg(long)]
    replace: bool,

    /// Print every challenge age and policy, and the groups
    #[arg(long)]
    all: bool,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, environment: &Environment) -> Result<Exit, Failure> {
    let existing = if arguments.replace { Existing::Replace } else { Existing::Refuse };
    let request = PoolRequest { packages: &arguments.packages, out: Some((&arguments.out, existing)) };
    let pool = pool::pool(&request).map_err(|error| {
        let help = error.help().map(str::to_owned);
        let exit = if error.is_write_failure() { Exit::CannotWrite } else { Exit::Unusable };
        Failure { exit, error: Box::new(error), help }
    })?;
    print(&shown(&pool, arguments.all, environment.width))?;
    tell(&format!(
        "\nWrote {} to {}. Next: its rows with `effect` = `random` and `fixed` are what to cite, beside those of each `holder`.\n",
        counted(pool.rows.len(), "row"),
        arguments.out.join(names::POOLED).display(),
    ));
    Ok(Exit::Done)
}

fn shown(pool: &Pool, all: bool, width: Option<u16>) -> String {
    let mut lines = Vec::new();
    let mut fixed: Option<&Pooled> = None;
    for one in &pool.rows {
        match one.effect.word {
            "fixed" => fixed = Some(one),
            "random" => {
                let fixed = fixed.take().filter(|fixed| fixed.row.identity() == one.row.identity());
                if all || is_headline(one) {
                    lines.push(line(fixed, Some(one)));
                }
            }
            // The holders' rows come first: a fixed effect still held has no random one.
            _ => {
                if let Some(alone) = fixed.take().filter(|alone| all || is_headline(alone)) {
                    lines.push(line(Some(alone), None));
                }
            }
        }
    }
    if let Some(alone) = fixed.filter(|alone| all || is_headline(alone)) {
        lines.push(line(Some(alone), None));
    }
    let listing = Listing {
        columns: vec![
            "method",
            "what",
            "at",
            "who",
            "people",
            "holders",
            "all as one",
            "holders that differ",
            "one more",
            "I^2",
            "against",
        ],
        lines,
    };
    format!(
        "{} holders: {}\n\n{}\n\
         - `all as one` adds events and effective people up, or weights means by their variances; `holders that differ` lets every holder have a true value of its own.\n\
         - `one more` is where the true value at one more holder is expected; I^2 is the share of the holders' differences that chance does not explain.\n",
        pool.holders.len(),
        pool.holders.join(", "),
        table(&listing, width),
    )
}

/// Whether the row is one of those that people ask for first: by people, of everybody, without variants.
fn is_headline(one: &Pooled) -> bool {
    let row = &one.row;
    let plain = row.group.is_whole() && row.variant.is_none() && row.weighting == Some(Weighting::Subject);
    let at_limit = match (row.limit, row.challenge) {
        (Some(limit), Some(challenge)) => challenge.years() == f64::from(limit.years()),
        _ => true,
    };
    let conditional = row.failure_policy.is_none_or(|policy| policy.word() == "conditional");
    let known = ["mae", "bias", "under_age_pass_rate", "adult_denial_rate"].contains(&row.metric.as_str());
    let who = row.population.to_string();
    plain
        && at_limit
        && conditional
        && known
        && (["all", "under", "over"].contains(&who.as_str()) || who.starts_with("window:"))
}

fn line(fixed: Option<&Pooled>, random: Option<&Pooled>) -> Vec<String> {
    let value = |one: Option<&Pooled>| match one.map(|one| &one.row) {
        Some(row) => match (row.value, row.low, row.high) {
            (Some(value), Some(low), Some(high)) if row.unit == Unit::Share => percent_within(value, low, high),
            (Some(value), Some(low), Some(high)) => {
                format!("{} [{}, {}]", years(value, false), years(low, false), years(high, false))
            }
            (None, Some(low), Some(high)) if row.status == RowStatus::Suppressed => {
                format!("{} to {}", percent(low), percent(high))
            }
            _ => "-".to_owned(),
        },
        None => "-".to_owned(),
    };
    let any = fixed.or(random);
    let row = any.map(|one| &one.row);
    let of = |text: fn(&crate::table::Row) -> String| row.map(text).unwrap_or_default();
    let effect = random.or(fixed).map(|one| &one.effect);
    let is_share = row.is_some_and(|row| row.unit == Unit::Share);
    let one_more = match effect.map(|effect| (effect.prediction_low, effect.prediction_high)) {
        Some((Some(low), Some(high))) if is_share => format!("{} to {}", percent(low), percent(high)),
        Some((Some(low), Some(high))) => format!("{} to {}", years(low, false), years(high, false)),
        _ => "-".to_owned(),
    };
    let against = random
        .or(fixed)
        .and_then(|one| one.row.evidence.as_ref())
        .filter(|_| random.or(fixed).is_some_and(|one| one.row.status != RowStatus::Value));
    vec![
        of(|row| row.method.clone()),
        of(|row| row.metric.clone()),
        of(|row| match (row.limit, row.challenge) {
            (Some(limit), Some(challenge)) => format!("{} at {}", limit.years(), challenge.years()),
            (Some(limit), None) => limit.years().to_string(),
            _ => String::new(),
        }),
        of(|row| {
            if row.group.is_whole() {
                row.population.to_string()
            } else {
                format!("{} {}={}", row.population, row.group.by(), row.group.level())
            }
        }),
        of(|row| row.n_subjects.map_or_else(|| "-".to_owned(), count)),
        effect
            .and_then(|effect| Some(format!("{} of {}", effect.holders?, effect.holders? + effect.holders_left_out?)))
            .unwrap_or_default(),
        value(fixed),
        value(random),
        one_more,
        effect.and_then(|effect| effect.i_squared).map_or_else(|| "-".to_owned(), percent),
        against.map(crate::table::Evidence::cell).unwrap_or_default(),
    ]
}
