//! What rows say in words: flags that follow from protocol and cards, evidence that follows from their own counts, and what a
//! rule may have left of them.

use std::collections::BTreeMap;

use super::{Checked, Problem};
use crate::folder::names;
use crate::metric::{FEW_HOLD_MOST, catalogue, flag, marked};
use crate::protocol::Protocol;
use crate::publish::about::PackageRecord;
use crate::publish::disclosure::{self, Class, Rule, Shown, class};
use crate::publish::package::Package;
use crate::table::{Evidence, Interval, Population, Row, RowStatus};

/// Floors and levels are kept up to this: numbers have 12 digits.
const NEAR: f64 = 1e-9;

/// Families whose rows are of no people: they say nothing of how people were drawn.
const OF_NOBODY: [&str; 5] = ["latency", "footprint", "information", "declared", "curve"];

/// What cards say of the rows of a dataset.
struct Facts {
    random: bool,
    chronological: bool,
}

/// Holds the words of `rows`, those of the file `file`, against protocol, cards and rule.
pub(super) fn check(
    file: &str,
    rows: &[Row],
    protocol: &Protocol,
    (package, record): (&Package, &PackageRecord),
    checked: &mut Checked,
) {
    let rule = record.disclosure.rule().unwrap_or(Rule::None);
    let facts: BTreeMap<&str, Facts> =
        record.datasets.iter().map(|one| (one.manifest_digest.as_str(), facts(package, &one.card))).collect();
    for (place, row) in rows.iter().enumerate() {
        let mut wrong = |column: &str, text: String| checked.problems.push(Problem::at(file, place, column, text));
        rate(row, protocol, &mut wrong);
        evidence(row, protocol, rule, &mut wrong);
        match rule {
            Rule::None => marks(row, protocol, &mut wrong),
            _ => protected(row, rule, &mut wrong),
        }
        if let Some(facts) = facts.get(row.manifest_digest.as_str()) {
            sample(row, facts, &mut wrong);
        }
    }
}

fn facts(package: &Package, card: &str) -> Facts {
    let text = package.text(&format!("{}/{card}", names::CARDS)).unwrap_or_default();
    let card: toml::Table = text.parse().unwrap_or_default();
    let is = |key: &str, word: &str| card.get(key).and_then(toml::Value::as_str).map(|found| found == word);
    Facts {
        random: is("sampling", "random").unwrap_or(false),
        chronological: is("label_kind", "chronological").unwrap_or(true),
    }
}

type Wrong<'w> = &'w mut dyn FnMut(&str, String);

/// A rate has Wilson's interval at the level of the protocol, and no more effective attempts than attempts.
fn rate(row: &Row, protocol: &Protocol, wrong: Wrong<'_>) {
    if row.value.is_none() {
        return;
    }
    let Some(n) = row.n_star else {
        if class(&row.metric) == Class::Share {
            wrong("n_star", "it is empty, and a rate with a value has it".to_owned());
        }
        return;
    };
    if row.interval != Some(Interval::Wilson) {
        wrong("interval", "a rate has the interval `wilson`".to_owned());
    }
    let display = protocol.levels.display;
    if row.level.is_none_or(|level| (level - display).abs() > NEAR) {
        wrong("level", format!("the protocol's is {display}"));
    }
    for (column, number) in
        [("low", row.low), ("high", row.high), ("claim_low", row.claim_low), ("claim_high", row.claim_high)]
    {
        if number.is_none() {
            wrong(column, "it is empty, and a rate with a value has it".to_owned());
        }
    }
    let is_projected = matches!(row.population, Population::Projected(_));
    if !is_projected && row.n_attempts.is_none_or(|attempts| n > attempts as f64 * (1.0 + NEAR)) {
        wrong("n_star", "it is more than the attempts".to_owned());
    }
}

/// What is sufficient is so by the floors of the protocol (METRICS M15); status and evidence say the same.
fn evidence(row: &Row, protocol: &Protocol, rule: Rule, wrong: Wrong<'_>) {
    // A curve says there which step of it was accepted: words of people who were put again, and no claim.
    if catalogue::find(&row.metric).is_some_and(|entry| entry.family == "curve") {
        return;
    }
    let sufficient = match &row.evidence {
        None => return,
        Some(Evidence::Sufficient) => true,
        Some(Evidence::Short(_)) => false,
    };
    let claims = match row.status {
        RowStatus::Value => true,
        RowStatus::InsufficientEvidence => false,
        _ => return,
    };
    if sufficient != claims {
        return wrong("evidence", format!("it is not that of the status `{}`", row.status.word()));
    }
    let floors = protocol.evidence;
    let of_errors = class(&row.metric) == Class::Years;
    let few = row.n_subjects.is_some_and(|subjects| subjects < floors.subjects);
    let short = match (row.value, row.n_star, row.low.zip(row.high)) {
        (Some(value), Some(n), Some((low, high))) => {
            let width = high - low - NEAR;
            let wide = width > floors.width || (width > floors.small_width && width > floors.width_share * value);
            few || n + NEAR < floors.n_star || wide
        }
        _ if of_errors => few,
        _ => return,
    };
    if short && sufficient {
        wrong(
            "evidence",
            "too few people, too few effective attempts or too wide an interval for `sufficient`".to_owned(),
        );
    }
    let reasons = row.evidence.clone().map(Evidence::reasons).unwrap_or_default();
    // Under a rule nothing but these floors, and few people with most attempts, is a reason.
    let near = |short: bool| short || reasons == [FEW_HOLD_MOST];
    if rule != Rule::None && row.n_star.is_some() && !sufficient && !near(short_of(row, protocol)) {
        wrong("evidence", "nothing in the row speaks against a claim".to_owned());
    }
}

/// Whether a floor is not met, or nearly not.
fn short_of(row: &Row, protocol: &Protocol) -> bool {
    let floors = protocol.evidence;
    let (Some(value), Some(n), Some((low, high))) = (row.value, row.n_star, row.low.zip(row.high)) else { return true };
    let width = high - low + NEAR;
    row.n_subjects.is_some_and(|subjects| subjects < floors.subjects)
        || n - NEAR < floors.n_star
        || width > floors.width
        || (width > floors.small_width && width > floors.width_share * value)
}

/// Whether the protocol declares a row is in its flags.
fn marks(row: &Row, protocol: &Protocol, wrong: Wrong<'_>) {
    let mut plain = row.clone();
    for own in [flag::PRIMARY, flag::EXPLORATORY] {
        plain.flags.remove(own);
    }
    if marked(protocol, plain).flags != row.flags {
        wrong("flags", "`primary` or `exploratory` is not what the protocol declares".to_owned());
    }
}

/// How people were drawn, and how their ages were come by, is in the flags of every row that is about people.
fn sample(row: &Row, facts: &Facts, wrong: Wrong<'_>) {
    let family = catalogue::find(&row.metric).map_or("", |entry| entry.family);
    if OF_NOBODY.contains(&family) {
        return;
    }
    for (own, is) in [(flag::SAMPLE_ONLY, !facts.random), (flag::LABELS_NOT_CHRONOLOGICAL, !facts.chronological)] {
        if row.has(own) != is {
            let text = format!("`{own}` {} there, by the dataset's card", if is { "must be" } else { "must not be" });
            wrong("flags", text);
        }
    }
}

/// A row that `rule` was applied to: it says so, is of what may be published, and has no count that the rule would change.
fn protected(row: &Row, rule: Rule, wrong: Wrong<'_>) {
    if !row.has(rule.word()) {
        wrong("flags", format!("`{rule}` is not among them: the rule was not applied to the row"));
    }
    if class(&row.metric) == Class::LeftOut {
        wrong("metric", format!("it is not published under `{rule}`"));
    }
    let summed = |own: &str| row.has(own) && rule == Rule::Midpoint6;
    let [n, events] = [disclosure::flag::N_SUMMED, disclosure::flag::EVENTS_SUMMED].map(summed);
    for (column, count, is_sum) in [
        ("n_attempts", row.n_attempts, n),
        ("n_subjects", row.n_subjects, n),
        ("n_events", row.n_events, events),
        ("n_event_subjects", row.n_event_subjects, events),
    ] {
        let Some(count) = count else { continue };
        match rule.show(count) {
            // Sums of middles are no middles, and all of them are threes.
            _ if is_sum && count % 3 == 0 => {}
            Shown::Number(shown) if shown == count => {}
            Shown::Number(_) => wrong(column, format!("it is not rounded as `{rule}` rounds")),
            Shown::Redacted => {
                let most = rule.redacted_up_to().unwrap_or_default();
                wrong(column, format!("a count up to {most} is withheld under `{rule}`, and it is here"));
            }
        }
    }
    for (column, count) in [("n_undecided", row.n_undecided), ("n_ties", row.n_ties)] {
        if count.is_some() {
            wrong(column, format!("it is not published under `{rule}`"));
        }
    }
}
