//! What a method does at a limit, in plain words.

use super::cells::{only_wide, people, reasons, share_text, status};
use super::find::Source;
use super::limit::People;
use super::names;
use super::number::count;
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Group, Row, RowStatus};

/// One sentence for each headline challenge age, with both errors in it.
pub(crate) fn sentences(sources: &[Source<'_>], limit: AgeLimit) -> Vec<String> {
    let Some(people) = People::headline(sources, limit) else { return Vec::new() };
    sources.iter().flat_map(|source| of_method(source, limit, &people)).collect()
}

/// One sentence for each method that says nothing about `limit`.
pub(crate) fn silent(sources: &[Source<'_>], limit: AgeLimit) -> Vec<String> {
    let of_method = |source: &Source<'_>| {
        let label = &source.label;
        let row = names::BOTH_ERRORS.iter().find_map(|metric| source.not_applicable(metric, limit));
        match row.map(reasons) {
            Some(reason) if reason.is_empty() => format!("{label} says nothing about the limit {limit}."),
            Some(reason) => format!("{label} says nothing about the limit {limit}: {reason}."),
            None => format!("The results say nothing of {label} at the limit {limit}."),
        }
    };
    sources.iter().filter(|source| !source.speaks_of(limit)).map(of_method).collect()
}

fn of_method(source: &Source<'_>, limit: AgeLimit, headline: &People) -> Vec<String> {
    source
        .headline(limit)
        .into_iter()
        .map(|challenge| {
            let [under, over] = headline.rows(source, limit, challenge, &Group::whole());
            format!(
                "{}: {}; {}.",
                opening(source, limit, challenge),
                half(under, &headline.under.words, &format!("were let through as {limit}")),
                half(over, &headline.over.words, "were turned away")
            )
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

fn half(row: Option<&Row>, whom: &str, verb: &str) -> String {
    let Some(row) = row else { return format!("of people {whom} the results say nothing") };
    let counted = || match (row.n_events, row.n_attempts, row.n_subjects) {
        (Some(events), Some(attempts), Some(subjects)) => {
            format!("{} of {} attempts, {}", count(events), count(attempts), people(subjects))
        }
        _ => "counts unknown".to_owned(),
    };
    match (row.status, share_text(row)) {
        (RowStatus::Value, Some(share)) => format!("of people {whom}, {share} {verb} ({})", counted()),
        (RowStatus::InsufficientEvidence, Some(share)) if only_wide(row) => {
            format!("of people {whom}, {share} {verb}, an interval too wide for a claim ({})", counted())
        }
        (RowStatus::InsufficientEvidence, _) => {
            format!(
                "of people {whom} there is too little evidence to say how many {verb} ({}; {})",
                reasons(row),
                counted()
            )
        }
        (RowStatus::Empty, _) => format!("there was nobody {whom} to count"),
        _ => format!("of people {whom} there is no rate: {}", status(row)),
    }
}
