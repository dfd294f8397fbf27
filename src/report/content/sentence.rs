//! What a method does at a limit, in plain words.

use super::cells::{Weak, only_wide, people, reasons, share, share_text, status};
use super::find::Source;
use super::limit::{People, Side};
use super::names;
use super::number::count;
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{COLUMNS, Group, Population, PopulationSelect, Row, RowStatus, Weighting};

/// A sentence, with the rows that its numbers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// What it says.
    pub(crate) text: String,
    /// The places of its rows in metrics.csv, as `column=cell` pairs with semicolons between; none for words alone.
    pub(crate) rows: Vec<String>,
}

impl Sentence {
    fn new(text: String, rows: &[Option<&Row>]) -> Self {
        Self { text, rows: rows.iter().flatten().map(|row| key(row)).collect() }
    }
}

impl From<String> for Sentence {
    fn from(text: String) -> Self {
        Self { text, rows: Vec::new() }
    }
}

/// The place of `row` in metrics.csv: every cell of its identity that is not empty.
fn key(row: &Row) -> String {
    let cells = row.cells();
    let pairs = COLUMNS.iter().zip(&cells).filter(|(name, cell)| KEY.contains(name) && !cell.is_empty());
    pairs.map(|(name, cell)| format!("{name}={cell}")).collect::<Vec<_>>().join(";")
}

/// The columns that name a row.
const KEY: [&str; 10] = [
    "method_digest",
    "limit",
    "challenge",
    "failure_policy",
    "population",
    "group_by",
    "group",
    "metric",
    "weighting",
    "variant",
];

/// One sentence for each headline challenge age, with both errors in it.
pub(crate) fn sentences(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Sentence> {
    let Some(people) = People::headline(sources, limit) else { return Vec::new() };
    sources.iter().flat_map(|source| of_method(source, limit, &people)).collect()
}

/// What it means for a hundred people: of the last year below the limit how many are let through, of the first year from
/// it on how many are turned away. One sentence for each headline challenge age.
pub(crate) fn of_hundred(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Sentence> {
    let years = [limit.years().checked_sub(1), Some(limit.years())];
    let mut told = Vec::new();
    // A share of attempts is no number of people.
    for source in sources.iter().filter(|source| source.form.weighting == Weighting::Subject) {
        for challenge in source.headline(limit) {
            let row = |(metric, age): (&str, Option<u32>)| {
                let select = PopulationSelect::Exactly(Population::Age(age?));
                source.rate(metric, limit, challenge, select, &Group::whole())
            };
            let rows = [(names::UNDER_AGE_PASS, years[0]), (names::ADULT_DENIAL, years[1])].map(row);
            let [Some(under), Some(over)] = rows else { continue };
            let [below, above] = years.map(|age| words(age.unwrap_or_default()));
            let text = format!(
                "{}: of 100 {below}-year-olds, {}; of 100 {above}-year-olds, {}.",
                opening(source, limit, challenge),
                how_many(under, &format!("would be let through as {limit}")),
                how_many(over, "would be turned away"),
            );
            told.push(Sentence::new(text, &rows));
        }
    }
    told
}

/// `between 3 and 9`, outwards to whole people, from the display interval; at an end of the scale from the bound for claims.
fn how_many(row: &Row, verb: &str) -> String {
    let hundred = |share: f64, up: bool| {
        let people = share * 100.0;
        // What twelve digits of a row leave of a whole number is no part of a person.
        let near = people.round();
        if (people - near).abs() < 1e-9 {
            near
        } else if up {
            people.ceil()
        } else {
            people.floor()
        }
    };
    let too_few = |row: &Row| match row.n_subjects {
        Some(0) => format!("nobody can say how many {verb} (none got a decision)"),
        Some(subjects) if subjects > 1 && !wants_people(row) => {
            format!("nobody can say how many {verb} ({})", reasons(row))
        }
        Some(1) => format!("nobody can say how many {verb} (only 1 was seen)"),
        Some(subjects) => format!("nobody can say how many {verb} (only {} were seen)", count(subjects)),
        None => format!("nobody can say how many {verb}"),
    };
    if row.status == RowStatus::InsufficientEvidence && !only_wide(row) {
        return too_few(row);
    }
    match (row.n_events, row.claim_low, row.claim_high, row.low, row.high) {
        (Some(0), _, Some(high), ..) => format!("at most {} {verb}", hundred(high, true)),
        (Some(events), Some(low), ..) if Some(events) == row.n_attempts => {
            format!("at least {} {verb}", hundred(low, false))
        }
        (.., Some(low), Some(high)) => format!("between {} and {} {verb}", hundred(low, false), hundred(high, true)),
        _ => too_few(row),
    }
}

/// Whether too few people are among what is short of a claim.
fn wants_people(row: &Row) -> bool {
    reasons(row).is_empty()
        || reasons(row).split(", ").any(|reason| reason.ends_with(" subjects") || reason.starts_with("n*"))
}

/// A number of years in words, as they stand before `-year-olds`.
fn words(years: u32) -> String {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let small = |years: u32| SMALL.get(years as usize).copied();
    match (small(years), TENS.get((years / 10).saturating_sub(2) as usize), small(years % 10)) {
        (Some(word), ..) => word.to_owned(),
        (None, Some(tens), Some("zero")) => (*tens).to_owned(),
        (None, Some(tens), Some(ones)) => format!("{tens}-{ones}"),
        _ => years.to_string(),
    }
}

/// One sentence for each method that says nothing about `limit`.
pub(crate) fn silent(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Sentence> {
    let of_method = |source: &Source<'_>| {
        let label = &source.label;
        let row = names::BOTH_ERRORS.iter().find_map(|metric| source.not_applicable(metric, limit));
        match row.map(reasons) {
            Some(reason) if reason.is_empty() => format!("{label} says nothing about the limit {limit}."),
            Some(reason) => format!("{label} says nothing about the limit {limit}: {reason}."),
            None => format!("The results say nothing of {label} at the limit {limit}."),
        }
    };
    sources.iter().filter(|source| !source.speaks_of(limit)).map(of_method).map(Sentence::from).collect()
}

fn of_method(source: &Source<'_>, limit: AgeLimit, headline: &People) -> Vec<Sentence> {
    source
        .headline(limit)
        .into_iter()
        .map(|challenge| {
            let [under, over] = headline.rows(source, limit, challenge, &Group::whole());
            let text = format!(
                "{}: {}; {}.",
                opening(source, limit, challenge),
                half(source, under, &headline.under, &format!("were let through as {limit}")),
                half(source, over, &headline.over, "were turned away")
            );
            Sentence::new(text, &[under, over])
        })
        .collect()
}

fn opening(source: &Source<'_>, limit: AgeLimit, challenge: Option<ChallengeAge>) -> String {
    let label = &source.label;
    match challenge {
        None => format!("{label}, by its own decision"),
        Some(challenge) if challenge == ChallengeAge::from(limit) => {
            format!("{label}, letting through everyone who is answered as {challenge} or older")
        }
        Some(challenge) => format!("{label}, with challenge age {challenge}"),
    }
}

fn half(source: &Source<'_>, row: Option<&Row>, side: &Side, verb: &str) -> String {
    let whom = source.form.whom(&side.words, side.is_window());
    let Some(row) = row else { return format!("of {whom} the results say nothing") };
    let counted = || match (row.n_events, row.n_attempts, row.n_subjects) {
        (Some(events), Some(attempts), Some(subjects)) => {
            format!("{} of {} attempts, {}", count(events), count(attempts), people(subjects))
        }
        (Some(events), Some(attempts), None) => format!("{} of {} attempts", count(events), count(attempts)),
        _ => "counts unknown".to_owned(),
    };
    match (row.status, share_text(row)) {
        (RowStatus::Value, Some(share)) => format!("of {whom}, {share} {verb} ({})", counted()),
        (RowStatus::InsufficientEvidence, Some(share)) if only_wide(row) => {
            format!("of {whom}, {share} {verb}, an interval too wide for a claim ({})", counted())
        }
        (RowStatus::InsufficientEvidence, _) => {
            format!("of {whom} there is too little evidence to say how many {verb} ({}; {})", reasons(row), counted())
        }
        (RowStatus::Empty, _) => format!("there was nobody {} to count", side.words),
        // The events are few: what they are at most.
        (RowStatus::Suppressed, _) if row.claim_high.is_some() => {
            format!("of {whom}, how many {verb} is {}", share(Some(row), Weak::Hidden).text)
        }
        _ => format!("of {whom} there is no rate: {}", status(row)),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn years_in_words() {
        let told = [0, 13, 17, 18, 20, 21, 40, 99, 120].map(words);
        let right =
            ["zero", "thirteen", "seventeen", "eighteen", "twenty", "twenty-one", "forty", "ninety-nine", "120"];
        assert_eq!(told, right);
    }
}
