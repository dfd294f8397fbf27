//! footprint.csv as the rows of M13 take it.

use std::collections::BTreeSet;

use super::ScoreError;
use super::folder::{context_of, digest};
use crate::folder::{Basis, Observed, Phase, RunFolder, RunRecord, Thing, names, read_footprint};
use crate::metric::catalogue::{self as metric, Entry};
use crate::metric::footprint::{self, Figure};
use crate::protocol::Protocol;
use crate::table::{Row, Variant};

/// What is made of all observations of one thing.
#[derive(Clone, Copy)]
enum Made {
    /// The mean over the samples that it was observed with, and the sum.
    Mean(Entry),
    /// How many different names it was observed under.
    Names(Entry),
    /// The sum of the values.
    Sum(Entry),
    /// The mean of the values, as a share.
    Share(Entry),
    /// How many values are 0.
    Zeros(Entry),
}

/// Every number that is made of one thing, in the order of the catalogue.
const OF_THINGS: [(Thing, Made); 22] = [
    (Thing::InputBytes, Made::Mean(metric::INPUT_BYTES)),
    (Thing::InputPixels, Made::Mean(metric::INPUT_PIXELS)),
    (Thing::FieldGiven, Made::Names(metric::FIELDS_GIVEN)),
    (Thing::MediaOpened, Made::Share(metric::MEDIA_OPENED)),
    (Thing::MethodFile, Made::Sum(metric::METHOD_BYTES)),
    (Thing::PeakMemory, Made::Sum(metric::PEAK_MEMORY)),
    (Thing::OutputBytes, Made::Mean(metric::OUTPUT_BYTES)),
    (Thing::ExtraField, Made::Names(metric::EXTRA_FIELDS)),
    (Thing::FileCreated, Made::Names(metric::FILES_CREATED)),
    (Thing::FileChanged, Made::Names(metric::FILES_CHANGED)),
    (Thing::Connection, Made::Sum(metric::CONNECTIONS)),
    (Thing::Host, Made::Names(metric::HOSTS)),
    (Thing::Host, Made::Sum(metric::REQUESTS)),
    (Thing::NameResolved, Made::Names(metric::NAMES_RESOLVED)),
    (Thing::BytesSent, Made::Mean(metric::BYTES_SENT)),
    (Thing::BytesReceived, Made::Mean(metric::BYTES_RECEIVED)),
    (Thing::Redirect, Made::Sum(metric::REDIRECTS)),
    (Thing::Cookie, Made::Names(metric::COOKIES_OFFERED)),
    (Thing::Tls, Made::Zeros(metric::HOSTS_WITHOUT_TLS)),
    (Thing::UnixSocket, Made::Names(metric::UNIX_SOCKETS)),
    (Thing::WorksOffline, Made::Share(metric::WORKS_OFFLINE)),
    (Thing::Identifier, Made::Names(metric::PERSISTENT_IDENTIFIERS)),
];

/// What is counted at several moments.
const BY_PHASE: [(Thing, Made); 3] = [
    (Thing::FileLeft, Made::Names(metric::FILES_LEFT)),
    (Thing::FileLeft, Made::Sum(metric::BYTES_LEFT)),
    (Thing::ProcessLeft, Made::Sum(metric::PROCESSES_LEFT)),
];

/// The rows of every method that footprint.csv of `folder` speaks of; none where there is no such file.
pub(super) fn rows(folder: &RunFolder, record: &RunRecord, protocol: &Protocol) -> Result<Vec<Row>, ScoreError> {
    if !folder.file(names::FOOTPRINT).is_file() {
        return Ok(Vec::new());
    }
    let all = read_footprint(names::FOOTPRINT, folder.read(names::FOOTPRINT)?)?;
    let mut rows = Vec::new();
    for method in &record.methods {
        let of_method = all.iter().filter(|(name, _)| *name == method.name);
        let observed: Vec<&Observed> = of_method.map(|(_, observed)| observed).collect();
        let dataset = &record.dataset;
        let context = context_of(&dataset.name, dataset.manifest_digest, method, digest(protocol)?);
        rows.extend(footprint::rows(&context, protocol, &figures(&observed)));
    }
    Ok(rows)
}

/// The numbers that follow from `observed`; a thing that was not even looked for has none.
fn figures(observed: &[&Observed]) -> Vec<Figure> {
    let of = |thing: Thing| observed.iter().copied().filter(move |one| one.thing == thing);
    let mut found = Vec::new();
    for (thing, made) in OF_THINGS {
        add(&mut found, &of(thing).collect::<Vec<_>>(), made, &Variant::none());
    }
    for (thing, made) in BY_PHASE {
        for phase in [Phase::End, Phase::AfterExit] {
            let there: Vec<&Observed> = of(thing).filter(|one| one.phase == phase).collect();
            add(&mut found, &there, made, &Variant::of("phase", phase.word()));
        }
    }
    let canary: Vec<&Observed> = of(Thing::Canary).collect();
    add(&mut found, &canary, Made::Sum(metric::CANARY_HITS), &Variant::none());
    let place = |one: &&&Observed| one.name.split([' ', ':']).next().unwrap_or_default().to_owned();
    let places: BTreeSet<String> = canary.iter().filter(|one| one.value > Some(0.0)).map(|one| place(&one)).collect();
    for word in places {
        let there: Vec<&Observed> = canary.iter().filter(|one| place(one) == word).copied().collect();
        add(&mut found, &there, Made::Sum(metric::CANARY_HITS), &Variant::of("place", &word));
    }
    found
}

/// Adds what is `made` of `observed`, all of one thing.
fn add(found: &mut Vec<Figure>, observed: &[&Observed], made: Made, variant: &Variant) {
    let Some(first) = observed.first() else { return };
    let values: Vec<(&Observed, f64)> = observed.iter().filter_map(|one| Some((*one, one.value?))).collect();
    let samples: BTreeSet<&str> =
        values.iter().map(|(one, _)| one.sample_id.as_str()).filter(|id| !id.is_empty()).collect();
    let attempts = Some(samples.len() as u64).filter(|attempts| *attempts > 0);
    let declared = !values.is_empty() && values.iter().all(|(one, _)| one.basis == Basis::Declared);
    let sum: f64 = values.iter().map(|(_, value)| value).sum();
    let (entry, value) = match made {
        Made::Mean(entry) => (entry, sum / samples.len().max(1) as f64),
        Made::Names(entry) => {
            let names = observed.iter().map(|one| one.name.as_str()).filter(|name| !name.is_empty());
            (entry, names.collect::<BTreeSet<_>>().len() as f64)
        }
        Made::Sum(entry) => (entry, sum),
        Made::Share(entry) => (entry, sum / values.len().max(1) as f64),
        Made::Zeros(entry) => (entry, values.iter().filter(|(_, value)| *value == 0.0).count() as f64),
    };
    let why = || if first.source.is_empty() { "not observed".to_owned() } else { first.source.clone() };
    // Of something that was seen, and whose size is not known, it is known that it was there.
    let named = matches!(made, Made::Names(_)) && observed.iter().any(|one| !one.name.is_empty());
    let known = !values.is_empty() || named;
    let figure = |entry, variant: Variant, value: f64| Figure {
        entry,
        variant,
        value: if known { Ok(value) } else { Err(why()) },
        attempts,
        declared,
    };
    found.push(figure(entry, variant.clone(), value));
    if let Made::Mean(entry) = made {
        found.push(figure(entry, variant.clone().with("of", "sum"), sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(found: &[Figure], entry: Entry, variant: &str) -> Result<f64, String> {
        let mut of = found.iter().filter(|it| it.entry == entry && it.variant.to_string() == variant);
        of.next().unwrap_or_else(|| panic!("no {} {variant}", entry.measure.name)).value.clone()
    }

    #[test]
    fn means_are_over_attempts_names_are_counted_once_and_unknown_is_not_zero() {
        let at = |thing, name: &str, value: f64, sample: &str| {
            Observed::measured(Phase::Attempt, thing, name, value).of_sample(sample)
        };
        let all = [
            at(Thing::InputBytes, "image/jpeg", 100.0, "a"),
            at(Thing::InputBytes, "image/jpeg", 300.0, "b"),
            at(Thing::FieldGiven, "box", 32.0, "a"),
            at(Thing::FieldGiven, "box", 32.0, "b"),
            at(Thing::MediaOpened, "", 1.0, "a"),
            at(Thing::MediaOpened, "", 0.0, "b"),
            Observed::measured(Phase::End, Thing::FileLeft, "home/a", 5.0),
            Observed::measured(Phase::End, Thing::FileLeft, "home/b", 7.0),
            Observed::measured(Phase::AfterExit, Thing::FileLeft, "", 0.0),
            Observed::not_measurable(Phase::Whole, Thing::UnixSocket, "no strace"),
            at(Thing::Canary, "reply field thumbnail: marker", 2.0, "a"),
            at(Thing::Canary, "file tmp/x: sha256", 1.0, "b"),
            at(Thing::Canary, "stderr: marker", 1.0, "b"),
        ];
        let found = figures(&all.iter().collect::<Vec<_>>());
        assert_eq!(value(&found, metric::INPUT_BYTES, ""), Ok(200.0));
        assert_eq!(value(&found, metric::INPUT_BYTES, "of=sum"), Ok(400.0));
        assert_eq!(value(&found, metric::FIELDS_GIVEN, ""), Ok(1.0));
        assert_eq!(value(&found, metric::MEDIA_OPENED, ""), Ok(0.5));
        assert_eq!(value(&found, metric::FILES_LEFT, "phase=end"), Ok(2.0));
        assert_eq!(value(&found, metric::BYTES_LEFT, "phase=end"), Ok(12.0));
        assert_eq!(value(&found, metric::FILES_LEFT, "phase=after_exit"), Ok(0.0));
        assert_eq!(value(&found, metric::UNIX_SOCKETS, ""), Err("no strace".to_owned()));
        assert_eq!(value(&found, metric::CANARY_HITS, ""), Ok(4.0));
        assert_eq!(value(&found, metric::CANARY_HITS, "place=stderr"), Ok(1.0));
        assert_eq!(value(&found, metric::CANARY_HITS, "place=reply"), Ok(2.0));
        assert!(found.iter().all(|it| it.entry != metric::NAMES_RESOLVED), "what was not looked for has no row");
    }
}
