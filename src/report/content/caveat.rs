//! What the flags of the rows mean, as sentences.

use std::collections::{BTreeMap, BTreeSet};

use super::find::Source;
use super::names;
use crate::table::Row;

/// What holds of all rows of a comparison, a sentence each: that which forbids a claim, or says of whom it speaks.
pub(super) fn of_comparison<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<String> {
    const TOLD: [&str; 5] = ["labels_not_chronological", "simulated", "sample_only", "subjects_unknown", "clustered"];
    let flags: BTreeSet<&str> = rows.flat_map(|row| row.flags.iter().map(String::as_str)).collect();
    TOLD.into_iter().filter(|flag| flags.contains(flag)).filter_map(meaning).collect()
}

/// The meaning of a flag; none for one that this program does not know.
fn meaning(flag: &str) -> Option<String> {
    let sentence = match flag {
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
        "attempts_dominated" => {
            "A few people have most attempts behind some rates over people; the same rates over attempts would carry no claim."
        }
        "dominated" => "A few people with many attempts dominate some rates over attempts; no claim rests on those.",
        "selected" => "Some values were chosen among several on the same data and are flattering.",
        "post_hoc" => "Some values answer a question that the protocol did not name in advance.",
        "in_sample" => "Some thresholds were set on the same people they are reported on.",
        "under_30_events" => {
            "Some rates rest on fewer than 30 people with the event; they may move with every new \
                              person."
        }
        names::CONFIRMED => {
            "Some safe challenge ages were chosen on one half of the people and met the target on the other."
        }
        names::NOT_CONFIRMED => {
            "Some safe challenge ages were chosen on one half of the people and did not meet the target on the other: no \
             claim rests on them."
        }
        "groups_left_out" => "Some differences between groups are without the groups that have too few people.",
        "no_interval" => "Some differences have no interval, for want of people or of values that vary.",
        "target_below_3_per_n" => "Some thresholds were looked for at a rate that so few people cannot show.",
        "clipped" => {
            "Some probabilities of 0 or 1 were taken for a little more or less, so that they have a logarithm."
        }
        "censored" => "Some times lie among attempts that the time limit ended: they are that or more.",
        "rounded" => "Counts were rounded to protect the people in the data.",
        "redacted" => {
            "Some events are too few to be published: the bounds are those at none and at the most that are hidden."
        }
        "withheld" => "Some counts are held back because a small count would follow from them.",
        "n_summed" => "Some numbers of attempts are the sums of what is published of groups.",
        "events_summed" => "Some numbers of events are the sums of what is published of groups.",
        "holders_left_out" => "Some pooled values are without a data holder who has none.",
        "half_event_added" => {
            "Half an event was added to some data holders who have none, or nothing else, so that they can be pooled."
        }
        "method_as_stated" => {
            "That the data holders ran the same method is what they state: their answers were recorded."
        }
        "disclosure_controlled" => "Some data holders protected small counts before they were pooled.",
        "uk_7_5" | "midpoint6" | "threshold_10" => {
            return Some(format!("Small counts of people were protected before publication, by the rule `{flag}`."));
        }
        "independence_assumed" => {
            "Some values take tries, or stages that were measured on other people, for independent of each other."
        }
        "simulated" => {
            "Answers of a method, or of a stage of it, were drawn from the true ages by a table of its card: nobody was asked."
        }
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
        _ => return None,
    };
    Some(sentence.to_owned())
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
            let meaning = meaning(flag).unwrap_or_else(|| format!("Some rows carry the flag `{flag}`."));
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

#[cfg(test)]
mod tests {
    use super::meaning;
    use crate::publish::disclosure::{Rule, flag};

    #[test]
    fn every_flag_of_the_methodology_and_of_a_release_has_a_sentence() {
        let page = include_str!("../../../docs/methodology.md");
        let (_, table) = page.split_once("| flag | meaning |").unwrap();
        let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        let of_metrics = lines.filter(|line| !line.contains("rows of comparisons"));
        let listed = of_metrics.flat_map(|line| line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
        let known: Vec<&str> = listed.filter(|flag| *flag != "primary").collect();
        assert!(known.len() > 25, "{known:?}");
        let of_releases = [flag::ROUNDED, flag::REDACTED, flag::WITHHELD, flag::N_SUMMED, flag::EVENTS_SUMMED];
        let rules = [Rule::Uk7_5, Rule::Midpoint6, Rule::Threshold10].map(Rule::word);
        for flag in known.into_iter().chain(of_releases).chain(rules) {
            assert!(meaning(flag).is_some(), "`{flag}`");
        }
    }
}
