//! The cards of a package: what publish writes of a card, and those of what run.json names.

use super::Problem;
use crate::finding::Findings;
use crate::folder::names;
use crate::publish::about::PackageRecord;
use crate::publish::cards::{CardKind, published};
use crate::publish::package::Package;

/// Holds each card that run.json names against it, and against what is published of a card.
pub(super) fn check(package: &Package, record: &PackageRecord, problems: &mut Vec<Problem>) {
    for one in &record.datasets {
        let said = [("name", one.name.as_str()), ("version", &one.version)];
        card(package, &one.card, CardKind::Dataset, &said, problems);
    }
    for one in &record.methods {
        let said = [("name", one.name.as_str()), ("version", &one.version), ("kind", &one.kind)];
        card(package, &one.card, CardKind::Method, &said, problems);
    }
    let named = || record.datasets.iter().map(|one| &one.card).chain(record.methods.iter().map(|one| &one.card));
    let cards = format!("{}/", names::CARDS);
    for (file, name) in package.files.keys().filter_map(|file| Some((file, file.strip_prefix(&cards)?))) {
        if !named().any(|card| card == name) {
            problems.push(Problem::of(file, "run.json does not name it"));
        }
    }
}

fn card(package: &Package, name: &str, kind: CardKind, said: &[(&str, &str)], problems: &mut Vec<Problem>) {
    let file = format!("{}/{name}", names::CARDS);
    let Some(text) = package.text(&file) else {
        return problems.push(Problem::of(&file, "run.json names it, and it is not there"));
    };
    let mut findings = Findings::new();
    let again = published(&file, &text, kind, &mut findings);
    let gaps = findings.kept().iter().map(|finding| Problem::of(&file, finding.to_string()));
    problems.extend(gaps);
    let Some(again) = again else { return };
    if again != text {
        problems
            .push(Problem::of(&file, "it is not what is published of a card: other keys, comments, or another form"));
    }
    let card: toml::Table = text.parse().unwrap_or_default();
    for (key, said) in said {
        if card.get(*key).and_then(toml::Value::as_str).is_some_and(|found| found != *said) {
            problems.push(Problem::of(&file, format!("`{key}` is not what run.json says")));
        }
    }
}
