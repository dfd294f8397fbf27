//! What the flags of the rows mean, as sentences.

use std::collections::{BTreeMap, BTreeSet};

use super::find::Source;
use super::names;

/// The meaning of a flag.
fn meaning(flag: &str) -> String {
    match flag {
        "sample_only" => {
            "The people were not drawn at random: the intervals speak of these people and others like \
                          them, not of a population."
        }
        names::EXPLORATORY => {
            "Only the rows that the protocol declared in advance can support a claim; all others \
                               are exploratory."
        }
        "few_distinct_answers" => {
            "The method gave fewer than five distinct answers to more than 500 attempts: they \
                                   may not be ages."
        }
        "subjects_unknown" => {
            "The data does not say which samples show the same person: every sample counts as a \
                               person of its own, and the intervals may be too narrow."
        }
        "labels_not_chronological" => {
            "The true ages are not chronological ages (they were declared, or judged by \
                                       looks): no claim can rest on them."
        }
        "clustered" => "Clusters of people (such as a site or a family) are counted as one, as the data says.",
        "weighted" => {
            "People count by the weights that the data gives them; counts of people and attempts are plain counts."
        }
        "weights_not_used" => {
            "Some numbers cannot take the weights of the data into account and are the same without them."
        }
        "bands_left_out" => {
            "Some true ages are known as bands of years; those that span a birthday are in no single \
                             year."
        }
        "dominated" => "A few people with many attempts dominate some rates over attempts; no claim rests on those.",
        "selected" => "Some values were chosen among several on the same data and are flattering.",
        "post_hoc" => "Some values answer a question that the protocol did not name in advance.",
        "in_sample" => "Some thresholds were set on the same people they are reported on.",
        "under_30_events" => {
            "Some rates rest on fewer than 30 people with the event; they may move with every new \
                              person."
        }
        "rounded" => "Counts were rounded to protect the people in the data.",
        "independence_assumed" => "Some values assume that stages fail independently of each other.",
        "simulated" => "The answers were drawn from the true ages by a table of the card: nobody was asked.",
        "declared" => {
            "Some statements are the maker's own, with their source; what was measured of them stands beside them."
        }
        "contradicted" => "Something that was measured contradicts what the card declares.",
        "non_inferior" => {
            "Reduced inputs are held against the full one on the same people, at margins that the rows state."
        }
        "not_shown" => {
            "Some reduced inputs are not shown to be no worse than the full one; with more people they might be."
        }
        "left_out" => "Some rules of reduced inputs are in no decision, for want of people: nothing could meet them.",
        "identical" => "Some compared methods gave identical outcomes.",
        other => return format!("Some rows carry the flag `{other}`."),
    }
    .to_owned()
}

/// One sentence a flag, naming the methods where not all carry it; then what keeps the methods from being compared.
pub(crate) fn sentences(sources: &[Source<'_>]) -> Vec<String> {
    let mut methods_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources {
        for flag in source.rows.iter().flat_map(|row| &row.flags).filter(|flag| *flag != names::PRIMARY) {
            methods_of.entry(flag).or_default().insert(&source.label);
        }
    }
    let mut sentences: Vec<_> = methods_of
        .into_iter()
        .map(|(flag, methods)| {
            let meaning = meaning(flag);
            if methods.len() == sources.len() {
                meaning
            } else {
                format!("{}: {meaning}", methods.into_iter().collect::<Vec<_>>().join(", "))
            }
        })
        .collect();
    let differ = |cell: fn(&Source<'_>) -> Option<String>| sources.iter().map(cell).collect::<BTreeSet<_>>().len() > 1;
    if differ(|source| source.rows.first().map(|row| row.manifest_digest.clone())) {
        sentences.push("The methods were not measured on the same data and cannot be compared.".to_owned());
    }
    if differ(|source| source.rows.first().map(|row| row.protocol_digest.clone())) {
        sentences.push("The methods were not measured under the same protocol and cannot be compared.".to_owned());
    }
    sentences
}
