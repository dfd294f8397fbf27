//! Frictionless data packages (`datapackage.json`): the table with a row a sample, and what is said of the dataset.

use serde_json::Value;

use super::describe::{Described, text};
use super::rows::Gathered;
use super::tree::Tree;
use super::{Flag, ImportError, Importer, Source, describe};
use crate::dataset::{LabelKind, Precision, Sampling};
use crate::finding::{Finding, listed};

pub(super) static IMPORTER: Importer = Importer {
    name: "frictionless",
    title: "a Frictionless data package",
    layout: "datapackage.json and the CSV file that it describes, beside or above the pictures",
    label_kind: LabelKind::Estimated,
    precision: Precision::Year,
    sampling: Sampling::Convenience,
    has: &["subject", "split", "face"],
    groups: &[],
    further: &[],
    splits: "as its column says",
    licence: "",
    source: "",
    defects: "",
    flags: &[Flag::Images, Flag::Columns, Flag::Labels],
    is_general: true,
    fits,
    read,
};

/// The file's usual name.
pub(super) const FILE: &str = "datapackage.json";

fn file(tree: &Tree) -> Option<&str> {
    match tree.chosen() {
        Some(chosen) => chosen.ends_with(".json").then_some(chosen),
        None => tree.has(FILE).then_some(FILE),
    }
}

fn fits(tree: &Tree) -> Option<String> {
    let file = file(tree)?;
    let package = describe::json(tree, file).ok()?;
    package.get("resources")?.as_array()?;
    Some(format!("the description `{file}`"))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let file = file(tree).unwrap_or(FILE);
    let package = describe::json(tree, file)?;
    let resources = package.get("resources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let tables: Vec<(&str, &Value)> = resources
        .iter()
        .filter_map(|resource| Some((resource.get("path").and_then(Value::as_str)?, resource)))
        .filter(|(path, _)| describe::is_table(path))
        .collect();
    let table = match tables.as_slice() {
        [one] => one,
        several => several.iter().find(|(path, _)| describe::is_dataset(tree, path)).ok_or_else(|| {
            let paths: Vec<&str> = several.iter().map(|(path, _)| *path).collect();
            let text = format!("describes no CSV file with a picture and an age a row: there are {}", listed(&paths));
            ImportError::from(Finding::error(file, text))
        })?,
    };
    let (path, resource) = *table;
    let first = |key: &str, inner: &[&str]| {
        let one = package.get(key).and_then(Value::as_array).and_then(|all| all.first());
        one.and_then(|one| inner.iter().map(|name| text(one.get(*name))).find(|text| !text.is_empty()))
            .unwrap_or_default()
    };
    let described = Described {
        name: [text(package.get("title")), text(package.get("name"))]
            .into_iter()
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        version: text(package.get("version")),
        licence: first("licenses", &["title", "name", "path"]),
        source: first("sources", &["title", "path"]),
        sha256: text(resource.get("hash")).strip_prefix("sha256:").map(str::to_owned),
        columns: Vec::new(),
        own: package.get(describe::OWN_KEY).cloned(),
    };
    describe::read(source, file, path, &described, gathered)
}
