//! Files that publish writes from others of the package: nothing stands in them that it would not write.

use serde::Serialize;
use serde_json::Value;

use super::{Checked, Problem};
use crate::folder::names;
use crate::protocol::Protocol;
use crate::publish::about::PackageRecord;
use crate::publish::data_package::DataPackage;
use crate::publish::package::{DATA_PACKAGE, Package, README};
use crate::publish::readme::readme;
use crate::publish::sums::SIGNATURE;
use crate::table::Row;

/// Holds run.json and datapackage.json against their keys; protocol.toml and README.md against what this version writes, where
/// it is the one that wrote them.
pub(super) fn check(
    package: &Package,
    protocol: &Protocol,
    record: &PackageRecord,
    rows: &[Row],
    checked: &mut Checked,
) {
    let mut wrong = |file: &str, text: &str| checked.problems.push(Problem::of(file, text));
    const KEYS: &str = "it has other keys than publish writes";
    if !is_of(package, names::RUN, record) {
        wrong(names::RUN, KEYS);
    }
    let described: Option<DataPackage> =
        package.file(DATA_PACKAGE).and_then(|bytes| serde_json::from_slice(bytes).ok());
    let Some(described) = described else { return };
    if !is_of(package, DATA_PACKAGE, &described) {
        wrong(DATA_PACKAGE, KEYS);
    }
    if record.title.as_ref().is_some_and(|title| *title != described.title) {
        wrong(DATA_PACKAGE, "its title is not that of run.json");
    }
    if record.tool_version != crate::VERSION {
        return;
    }
    if package.text(names::PROTOCOL).is_some_and(|text| text != protocol.to_toml()) {
        wrong(names::PROTOCOL, "it is not what publish writes of a protocol: comments, or another form");
    }
    let cards: Vec<(String, String)> = record
        .datasets
        .iter()
        .map(|one| &one.card)
        .chain(record.methods.iter().map(|one| &one.card))
        .filter_map(|card| Some((card.clone(), package.text(&format!("{}/{card}", names::CARDS))?)))
        .collect();
    let signed = package.file(SIGNATURE).is_some();
    let told = readme(record, &described.title, &cards, rows, package, signed);
    if package.text(README).is_some_and(|text| text != told) {
        wrong(README, "it is not what publish writes of these files");
    }
}

/// Whether the JSON of `file` is that of `read`, which was read from it.
fn is_of(package: &Package, file: &str, read: &impl Serialize) -> bool {
    let found = package.file(file).and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    found.is_none_or(|found| serde_json::to_value(read).is_ok_and(|again| again == found))
}
