//! `agebench pool`: the published rows of several data holders put together.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::environment::Environment;
use super::list::{Listing, table};
use super::output::{print, tell};
use super::{Exit, Failure};
use crate::age::AgeLimit;
use crate::finding::counted;
use crate::folder::{Existing, names};
use crate::pool::{self, Pool, PoolRequest, PooledPlace};
use crate::report::number::{count, percent, percent_within, years};
use crate::table::{Evidence, FailurePolicy, Pooled, Row, RowStatus, Unit, Weighting};

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
    for method in &pool.stated {
        tell(&format!(
            "\n`{method}` is one method because the holders state the same kind, name and version: their answers were recorded, and no \
             digest says what gave them. Its pooled rows say so: `{}`.\n",
            pool::flag::METHOD_AS_STATED,
        ));
    }
    tell(&format!(
        "\nWrote {} to {}. Next: its rows with `effect` = `random` and `fixed` are what to cite, beside those of each `holder`.\n",
        counted(pool.rows().count(), "row"),
        arguments.out.join(names::POOLED).display(),
    ));
    Ok(Exit::Done)
}

/// What is said of a place where no holder publishes a value.
const WITHHELD: &str = "withheld by every holder";

fn shown(pool: &Pool, all: bool, width: Option<u16>) -> String {
    let holders = format!("{} holders: {}", pool.holders.len(), pool.holders.join(", "));
    let places: Vec<&PooledPlace> = if all { pool.places.iter().collect() } else { first_asked(pool) };
    if places.is_empty() {
        return format!(
            "{holders}\n\nNone of the rows that people ask for first is in these packages: rates at a limit and mean errors, of \
             everybody. `--all` shows what is: {}.\n",
            counted(pool.places.len(), "place"),
        );
    }
    let lines: Vec<Vec<String>> = places.into_iter().map(line).collect();
    let mut notes = vec![
        "`all as one` adds events and effective people up, or weights means by their variances; `holders that differ` lets every holder have a true value of its own.",
        "`one more` is where the true value at one more holder is expected; I^2 is the share of the holders' differences that chance does not explain.",
    ];
    if lines.iter().flatten().any(|cell| cell == WITHHELD) {
        notes.push(
            "Where every holder withholds a number, a count of people is small there, or one elsewhere would follow from it: each \
             holder's own package says under which rule.",
        );
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
    let notes: String = notes.iter().map(|note| format!("- {note}\n")).collect();
    format!("{holders}\n\n{}\n{notes}", table(&listing, width))
}

fn of<'p>(place: &'p PooledPlace, word: &str) -> Option<&'p Pooled> {
    place.rows.iter().find(|one| one.effect.word == word)
}

/// The places that people ask for first: both rates at each limit under the protocol's policy, and mean errors, of everybody.
///
/// Holders who hide counts may publish a rate by attempts only, or a window with its years pooled only: of several rows that
/// say the same, the one of most holders stands here, and by people before by attempts.
fn first_asked(pool: &Pool) -> Vec<&PooledPlace> {
    let policy = pool.protocol.as_ref().map_or(FailurePolicy::Conditional, |protocol| protocol.failure_policy);
    let rows = || pool.places.iter().filter_map(|place| Some((place, &place.rows.last()?.row)));
    let fits = |row: &Row| {
        let who = row.population.to_string();
        row.group.is_whole()
            && row.failure_policy.is_none_or(|own| own == policy)
            && ["mae", "bias", "under_age_pass_rate", "adult_denial_rate"].contains(&row.metric.as_str())
            && (["all", "under", "over"].contains(&who.as_str()) || who.starts_with("window:"))
    };
    // At the limit itself where anybody has such a row, else at the lowest challenge age that there is.
    let mut lowest: BTreeMap<AgeLimit, f64> = BTreeMap::new();
    for (_, row) in rows().filter(|(_, row)| fits(row)) {
        if let (Some(limit), Some(challenge)) = (row.limit, row.challenge) {
            let least = lowest.entry(limit).or_insert(f64::INFINITY);
            *least = least.min(challenge.years());
        }
    }
    let at_lowest = |row: &Row| match (row.limit, row.challenge) {
        (Some(limit), Some(challenge)) => lowest.get(&limit).is_none_or(|least| *least == challenge.years()),
        _ => true,
    };
    let form = |row: &Row| -> Option<usize> {
        let pooled = match row.variant.to_string().as_str() {
            "" => 0,
            "window=pooled" => 1,
            _ => return None,
        };
        match row.weighting {
            Some(Weighting::Subject) => Some(pooled),
            Some(Weighting::Attempt) => Some(2 + pooled),
            _ => None,
        }
    };
    let mut chosen: Vec<(Vec<String>, usize, &PooledPlace)> = Vec::new();
    for (place, row) in rows().filter(|(_, row)| fits(row) && at_lowest(row)) {
        let Some(form) = form(row) else { continue };
        let made = of(place, "fixed").or(of(place, "random"));
        let holders = made.and_then(|one| one.effect.holders).unwrap_or(0);
        // Fewer is better.
        let rank = (pool.holders.len() - usize::try_from(holders).unwrap_or(0).min(pool.holders.len())) * 4 + form;
        let own = row.challenge.map_or("own", |_| "age");
        let limit = row.limit.map(|limit| limit.years().to_string()).unwrap_or_default();
        let key =
            vec![place.method_digest.clone(), row.metric.clone(), limit, own.to_owned(), row.population.to_string()];
        match chosen.iter_mut().find(|(other, ..)| *other == key) {
            Some(best) if rank < best.1 => *best = (key, rank, place),
            Some(_) => {}
            None => chosen.push((key, rank, place)),
        }
    }
    chosen.into_iter().map(|(_, _, place)| place).collect()
}

fn line(place: &PooledPlace) -> Vec<String> {
    let [fixed, random] = ["fixed", "random"].map(|word| of(place, word));
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
    let made = random.or(fixed);
    let Some(row) = made.or(place.rows.last()).map(|one| &one.row) else { return Vec::new() };
    let effect = made.map(|one| &one.effect);
    let is_share = row.unit == Unit::Share;
    let one_more = match effect.map(|effect| (effect.prediction_low, effect.prediction_high)) {
        Some((Some(low), Some(high))) if is_share => format!("{} to {}", percent(low), percent(high)),
        Some((Some(low), Some(high))) => format!("{} to {}", years(low, false), years(high, false)),
        _ => "-".to_owned(),
    };
    let against = match made.map(|one| &one.row) {
        Some(row) if row.status == RowStatus::Value => String::new(),
        Some(row) => row.evidence.as_ref().map(Evidence::cell).unwrap_or_default(),
        None if place.rows.iter().all(|one| one.row.status == RowStatus::Suppressed) => WITHHELD.to_owned(),
        None => "no holder has a value".to_owned(),
    };
    let people = match (made, fixed.and_then(|one| one.row.n_star)) {
        (None, _) => "-".to_owned(),
        (Some(one), effective) => match (one.row.n_subjects, effective) {
            (Some(people), _) => count(people),
            // Whoever hides how many there are publishes no more effective people than people.
            (None, Some(effective)) => format!("at least {}", count(effective.floor() as u64)),
            (None, None) => "not published".to_owned(),
        },
    };
    vec![
        row.method.clone(),
        row.metric.clone(),
        match (row.limit, row.challenge) {
            (Some(limit), Some(challenge)) => format!("{} at {}", limit.years(), challenge.years()),
            (Some(limit), None) => limit.years().to_string(),
            _ => String::new(),
        },
        if row.group.is_whole() {
            row.population.to_string()
        } else {
            format!("{} {}={}", row.population, row.group.by(), row.group.level())
        },
        people,
        match effect.map(|effect| (effect.holders, effect.holders_left_out)) {
            Some((Some(holders), Some(left_out))) => format!("{holders} of {}", holders + left_out),
            _ => format!("0 of {}", place.rows.len()),
        },
        value(fixed),
        value(random),
        one_more,
        effect.and_then(|effect| effect.i_squared).map_or_else(|| "-".to_owned(), percent),
        against,
    ]
}
