//! What the page's script moves: both errors of every method at every limit and challenge age, and by single year, each
//! number as text of the same hand as the tables and as the value that the pictures place.

use serde_json::{Value, json};

use super::ages;
use super::cells::{Weak, counts, share};
use super::find::Source;
use super::form;
use super::grid::{Cell, Mark, Tone};
use super::limit::People;
use super::trade::MOST;
use crate::age::AgeLimit;
use crate::table::Group;

/// The data of the script; null where nothing can be moved.
///
/// `limits`: for each limit `limit`, `people` (whom both errors are of), `note` (how their rates weigh, if unusually), `challenges` (names, ascending) and `methods`; for each
/// method `name`, and under `at` by challenge age the four cells of a table `cells` as `[text, tone]`, and `ages` as
/// `[year, share, low, high, weak, text]`.
pub(crate) fn data(sources: &[Source<'_>], limits: &[AgeLimit]) -> Value {
    let limits: Vec<Value> = limits.iter().filter_map(|limit| of_limit(sources, *limit)).collect();
    if limits.is_empty() { Value::Null } else { json!({ "limits": limits }) }
}

fn of_limit(sources: &[Source<'_>], limit: AgeLimit) -> Option<Value> {
    let people = People::headline(sources, limit)?;
    let speaking: Vec<_> = sources.iter().filter(|source| source.speaks_of(limit)).collect();
    let mut challenges: Vec<_> = speaking.iter().flat_map(|source| source.challenges(limit, true)).flatten().collect();
    challenges.sort_unstable();
    challenges.dedup();
    if challenges.len() < 2 {
        return None;
    }
    let headline = speaking.first().and_then(|source| source.headline(limit).into_iter().flatten().next());
    let methods: Vec<Value> = speaking
        .iter()
        .enumerate()
        .map(|(place, source)| {
            let at = source.challenges(limit, true).into_iter().flatten().map(|challenge| {
                let [under, over] = people.rows(source, limit, Some(challenge), &Group::whole());
                let cells = [share(under, Weak::Hidden), counts(under), share(over, Weak::Hidden), counts(over)];
                let years = if place < MOST { ages::at(source, limit, Some(challenge)) } else { Vec::new() };
                let years: Vec<Value> = years
                    .into_iter()
                    .filter(|point| point.age + ages::YEARS_BELOW >= limit.years())
                    .map(|point| {
                        let Mark { value, low, high } = point.mark;
                        json!([point.age, short(value), short(low), short(high), u8::from(point.weak), point.said])
                    })
                    .collect();
                (challenge.to_string(), json!({ "cells": cells.map(|cell| cell_of(&cell)), "ages": years }))
            });
            let at: serde_json::Map<String, Value> = at.collect();
            json!({ "name": super::visible(&source.label), "at": at })
        })
        .collect();
    Some(json!({
        "limit": limit.years(),
        "people": [people.under.words, people.over.words],
        "note": form::note(sources, limit),
        "challenges": challenges.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "headline": headline.map(|challenge| challenge.to_string()),
        "methods": methods,
    }))
}

fn cell_of(cell: &Cell) -> Value {
    let tone = match cell.tone {
        Tone::Plain => "",
        Tone::Weak => "weak",
        Tone::Absent => "absent",
        Tone::Wrong => "contradiction",
    };
    json!([super::visible(&cell.text), tone])
}

/// A share as finely as a picture can show it.
fn short(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}
