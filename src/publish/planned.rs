//! What is published of how a study stands to its plan: key by key, and of each deviation what is neither a count of people
//! nor an address. A study's own files hold more (docs/study.md).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::study::{Deviation, Standing};

/// Settings of a measurement that are published; where a method may connect to is not.
const OF_MEASUREMENTS: [&str; 7] = ["attempts", "curve", "rate", "starts", "timeout_seconds", "warm_up", "jobs"];
/// Settings of a study that are published.
const OF_STUDIES: [&str; 5] = ["decoder", "engine", "max_failed", "provider", "timeout_seconds"];

/// What is published of `settings.study` of a run; none of what `study` did not write.
pub(super) fn published(study: &Value) -> Option<Value> {
    let name = study.get("name")?.as_str()?;
    let standing = study.get("registration").cloned().unwrap_or_default();
    let standing: Option<Standing> = serde_json::from_value(standing).ok()?;
    let standing = standing.map(|standing| Standing {
        // The date and the digest say which plan it is.
        signed_off_by: Vec::new(),
        deviations: standing.deviations.iter().map(deviation).collect(),
        ..standing
    });
    Some(json!({ "name": name, "registration": standing }))
}

/// Whether all parts of one study say the same: those of one name, and those under one registered plan.
pub(super) fn is_one<'s>(studies: impl Iterator<Item = &'s Value>) -> bool {
    let mut first: BTreeMap<&str, &Value> = BTreeMap::new();
    studies.into_iter().all(|study| {
        let names = [&study["name"], &study["registration"]["digest"]];
        names.into_iter().filter_map(Value::as_str).all(|name| *first.entry(name).or_insert(study) == study)
    })
}

/// What of a published `settings.study` is not so; none where all is.
pub(super) fn wrong(study: &Value) -> Option<&'static str> {
    if published(study).as_ref() != Some(study) {
        return Some("what it says of a study is not what is published of one");
    }
    let standing = &study["registration"];
    let followed = standing["follows"].as_bool();
    let deviates = standing["deviations"].as_array().is_some_and(|all| !all.is_empty());
    (followed == Some(deviates)).then_some("it says that a plan is followed, and names deviations, or the reverse")
}

fn deviation(deviation: &Deviation) -> Deviation {
    let item = deviation.item.as_str();
    let whole = |text: &str| text.to_owned();
    let show: Box<dyn Fn(&str) -> String> = match item.rsplit_once(", ") {
        // Folders of before told a manifest with its samples and subjects.
        Some((of, "manifest")) if of.starts_with("dataset `") => Box::new(|text| until_bracket(text).to_owned()),
        Some((of, "filter")) if of.starts_with("dataset `") => Box::new(|text| part(text).to_owned()),
        Some((of, "card" | "files")) if of.starts_with("dataset `") => Box::new(whole),
        _ if item.starts_with("dataset `") && item.ends_with('`') => Box::new(whole),
        _ if ["method `", "protocol"].iter().any(|known| item.starts_with(known)) => Box::new(whole),
        _ if ["name of the study", "comparison", "version of agebench"].contains(&item) => Box::new(whole),
        _ if OF_STUDIES.iter().any(|name| item == format!("setting `{name}`")) => Box::new(whole),
        _ if ["latency of `", "footprint of `"].iter().any(|known| item.starts_with(known)) => {
            return measurement(deviation);
        }
        // What nobody has decided on.
        _ => return Deviation { item: "something else".to_owned(), registered: None, found: None },
    };
    let shown = |side: &Option<String>| side.as_deref().map(&show);
    Deviation { item: item.to_owned(), registered: shown(&deviation.registered), found: shown(&deviation.found) }
}

fn until_bracket(text: &str) -> &str {
    text.split(" (").next().unwrap_or_default()
}

/// A filter in words holds the name of a split.
fn part(text: &str) -> &str {
    match text {
        "all samples" | "a part of the samples" => text,
        _ => "a part of the samples",
    }
}

/// A measurement without what its settings say of places.
fn measurement(deviation: &Deviation) -> Deviation {
    let shown = |side: &Option<String>| {
        side.as_deref().map(|text| {
            let settings: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
            let kept = settings.into_iter().filter(|(name, _)| OF_MEASUREMENTS.contains(&name.as_str()));
            Value::Object(kept.collect()).to_string()
        })
    };
    let (registered, found) = (shown(&deviation.registered), shown(&deviation.found));
    // What differs is not told.
    let (registered, found) = if registered == found { (None, None) } else { (registered, found) };
    Deviation { item: deviation.item.clone(), registered, found }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(item: &str, registered: Option<&str>, found: Option<&str>) -> String {
        let study = json!({
            "name": "a study", "path": "/home/alice",
            "registration": {
                "digest": crate::digest::Digest::of(b"plan"), "date": "2026-11-30", "signed_off_by": ["Alice"],
                "follows": false, "deviations": [{ "item": item, "registered": registered, "found": found }],
            },
        });
        let published = published(&study).unwrap();
        assert_eq!(super::published(&published).as_ref(), Some(&published), "published once is published");
        assert!(!published.to_string().contains("lice"), "{published}");
        let said = crate::study::said(&published).unwrap();
        said.split_once("): ").unwrap().1.to_owned()
    }

    #[test]
    fn of_a_deviation_no_count_of_people_and_no_address_is_published() {
        let manifest = told(
            "dataset `d`, manifest",
            Some("00ff (127 samples of 127 subjects)"),
            Some("11ff (128 samples of 128 subjects)"),
        );
        assert_eq!(manifest, "dataset `d`, manifest: 11ff, planned was 00ff.");
        let filter = told("dataset `d`, filter", Some("all samples"), Some("split=alice's class"));
        assert_eq!(filter, "dataset `d`, filter: a part of the samples, planned was all samples.");
        let hosts = |hosts: &str| format!("{{\"allow_hosts\":[{hosts}],\"timeout_seconds\":60.0}}");
        let dropped = told("footprint of `m` on `d`", Some(&hosts("\"ageapi.internal:443\"")), None);
        assert_eq!(dropped, "footprint of `m` on `d`: left out; planned was {\"timeout_seconds\":60.0}.");
        let moved =
            told("footprint of `m` on `d`", Some(&hosts("\"a.internal:443\"")), Some(&hosts("\"b.internal:443\"")));
        assert_eq!(moved, "footprint of `m` on `d`.");
        assert_eq!(
            told("method `m`", Some("version 1, card 00ff"), None),
            "method `m`: left out; planned was version 1, card 00ff."
        );
        assert_eq!(
            told("protocol, `limits`", Some("[18]"), Some("[16]")),
            "protocol, `limits`: [16], planned was [18]."
        );
        assert_eq!(told("the weather", Some("of Alice"), Some("/home/alice")), "something else.");
    }

    #[test]
    fn what_study_did_not_write_is_not_published() {
        assert_eq!(published(&json!({ "registration": null })), None);
        assert_eq!(published(&json!({ "name": "s", "registration": { "follows": true } })), None);
        assert_eq!(published(&json!({ "name": "s", "x": 1 })), Some(json!({ "name": "s", "registration": null })));
    }
}
