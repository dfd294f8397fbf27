//! What a plan says, for people who know no statistics.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::row::{Planned, Question, Standing};
use crate::report::number::{count, percent, points};
use crate::table::Population;

/// What the rows about a claim say: one sentence a true rate, for the first limit; the others need as many.
#[must_use]
pub fn claims(rows: &[Planned]) -> Vec<String> {
    let mut said = Vec::new();
    let own = || rows.iter().filter(|row| row.question == Question::Claim);
    let Some(first) = own().next() else { return said };
    let (who, event) = words(first);
    let target = first.target.map(percent).unwrap_or_default();
    for row in own().filter(|row| row.limit == first.limit) {
        let truth = match row.true_rate {
            Some(rate) if rate > 0.0 => format!("if in truth {} {event}", percent(rate)),
            _ => format!("if nobody {}", singular(event)),
        };
        said.push(match (row.standing, row.subjects_needed, row.allowed_events) {
            (Standing::Planned, Some(subjects), Some(allowed)) => {
                let chance = row.power_there.unwrap_or(0.0);
                let sure = if chance >= 1.0 { String::new() } else { format!(", with a chance of {}", percent(chance)) };
                format!(
                    "{truth}, {} {who} show that at most {target} {event}{sure}; then at most {} of {} independent ones may {}.",
                    count(subjects),
                    count(allowed),
                    count(row.n_star_needed.unwrap_or(subjects)),
                    plural(event),
                )
            }
            _ => format!("{truth}, no number of people shows that at most {target} {event}: {}.", row.reasons.join(", ")),
        });
    }
    said.iter_mut().for_each(|text| *text = capital(text));
    said
}

/// What the rows about a comparison say.
#[must_use]
pub fn comparisons(rows: &[Planned]) -> Vec<String> {
    let own = || rows.iter().filter(|row| row.question == Question::Comparison);
    let Some(first) = own().next() else { return Vec::new() };
    let (who, _) = words(first);
    let margin = first.margin.map(points).unwrap_or_default();
    let said = own().filter(|row| row.limit == first.limit).map(|row| {
        let share = row.discordance.unwrap_or(0.0);
        let truth = if share > 0.0 {
            format!("Where two equally good methods decide {} of people differently", percent(share))
        } else {
            "Where two methods decide everybody alike".to_owned()
        };
        match row.subjects_needed {
            Some(subjects) => {
                format!("{truth}, {} {who} show that one is worse by less than {margin}.", count(subjects))
            }
            None => format!("{truth}, no number of people shows that: {}.", row.reasons.join(", ")),
        }
    });
    said.collect()
}

/// What the rows about a dataset say of everybody in it: of each limit's last year below it, window and whole side, with the
/// lowest true rate that was asked about.
#[must_use]
pub fn reaches(rows: &[Planned]) -> Vec<String> {
    let mut seen: BTreeMap<String, &Planned> = BTreeMap::new();
    let mut order = Vec::new();
    for row in rows.iter().filter(|row| row.question == Question::Dataset && row.group.is_whole() && is_headline(row)) {
        let key = format!("{:?} {:?}", row.limit, row.population);
        if let Entry::Vacant(place) = seen.entry(key) {
            order.push(place.key().clone());
            place.insert(row);
        }
    }
    order.iter().filter_map(|key| seen.get(key)).map(|row| reach(row)).collect()
}

/// Whether the row is about one of the populations that claims are made about.
fn is_headline(row: &Planned) -> bool {
    match (&row.population, row.limit) {
        (Some(Population::Age(year)), Some(limit)) => year + 1 == limit.years(),
        (Some(Population::Under | Population::Over | Population::Window(..)), _) => true,
        _ => false,
    }
}

fn reach(row: &Planned) -> String {
    let (_, event) = words(row);
    let limit = row.limit.map(|limit| limit.years()).unwrap_or_default();
    let who = match row.population {
        Some(Population::Age(year)) => format!("aged {year}"),
        Some(Population::Window(first, last)) if first < last => format!("aged {first} to {last}, each year alike"),
        Some(Population::Window(first, _)) => format!("aged {first}"),
        Some(Population::Over) => format!("of {limit} or older"),
        _ => format!("under {limit}"),
    };
    let target = row.target.map(percent).unwrap_or_default();
    let subjects = row.n_subjects.unwrap_or(0);
    let people =
        format!("{} {who}", if subjects == 1 { "1 person".to_owned() } else { format!("{} people", count(subjects)) });
    let best = match row.least_without_event {
        Some(bound) => {
            format!("if none of them {}, they show at best that at most {} {event}", singular(event), percent(bound))
        }
        None => "they show nothing".to_owned(),
    };
    let rest = match (row.standing, row.more_subjects) {
        (Standing::CanShow, _) => format!("{target} can be shown"),
        (_, Some(0)) | (_, None) => format!("{target} cannot be shown"),
        (_, Some(more)) => format!("{target} cannot be shown: {} more are needed", count(more)),
    };
    let reasons = if row.reasons.is_empty() { String::new() } else { format!(" ({})", row.reasons.join(", ")) };
    format!("{limit}: {people}: {best}; {rest}{reasons}.")
}

/// Who is counted, and what an event is.
fn words(row: &Planned) -> (String, &'static str) {
    let limit = row.limit.map(|limit| limit.years()).unwrap_or_default();
    if row.metric == "under_age_pass_rate" {
        (format!("people under {limit}"), "pass")
    } else {
        (format!("people of {limit} or older"), "are denied")
    }
}

fn singular(event: &str) -> &'static str {
    if event == "pass" { "passes" } else { "is denied" }
}

fn plural(event: &str) -> &'static str {
    if event == "pass" { "pass" } else { "be denied" }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
