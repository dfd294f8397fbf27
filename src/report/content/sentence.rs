//! What a method does at a limit, in plain words.

use super::cells::{reasons, share_text, status};
use super::find::Source;
use super::limit::People;
use super::number::count;
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Group, Row, RowStatus};

/// One sentence for each headline challenge age, with both errors in it.
pub(crate) fn sentences(source: &Source<'_>, limit: AgeLimit) -> Vec<String> {
    let people = People::near(source, limit);
    source
        .headline(limit)
        .into_iter()
        .map(|challenge| {
            let [under, over] = people.rows(source, limit, challenge, &Group::whole());
            format!(
                "{}: {}; {}.",
                opening(source, limit, challenge),
                half(under, &people.under.1, &format!("were let through as {limit}")),
                half(over, &people.over.1, "were turned away")
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

fn half(row: Option<&Row>, people: &str, verb: &str) -> String {
    let Some(row) = row else { return format!("of people {people} the results say nothing") };
    let counted = || match (row.n_events, row.n_attempts, row.n_subjects) {
        (Some(events), Some(attempts), Some(subjects)) => {
            format!("{} of {} attempts, {} people", count(events), count(attempts), count(subjects))
        }
        _ => "counts unknown".to_owned(),
    };
    match (row.status, share_text(row)) {
        (RowStatus::Value, Some(share)) => format!("of people {people}, {share} {verb} ({})", counted()),
        (RowStatus::InsufficientEvidence, _) => {
            format!(
                "of people {people} there is too little evidence to say how many {verb} ({}; {})",
                reasons(row),
                counted()
            )
        }
        (RowStatus::Empty, _) => format!("there was nobody {people} to count"),
        _ => format!("of people {people} there is no rate: {}", status(row)),
    }
}
