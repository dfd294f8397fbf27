//! Frictionless data packages (`datapackage.json`): the table with a row a sample, and what is said of the dataset.

use serde_json::Value;

use super::describe::{Described, text};
use super::rows::Gathered;
use super::sample::Origin;
use super::tree::Tree;
use super::{ImportError, Importer, Source, describe, general};
use crate::finding::{Finding, listed, quoted};

pub(super) static IMPORTER: Importer = Importer {
    name: "frictionless",
    title: "a Frictionless data package",
    layout: "datapackage.json and the CSV or Parquet file that it describes, beside or above the pictures",
    fits,
    read,
    ..general::IMPORTER
};

/// The file's usual name.
pub(super) const FILE: &str = "datapackage.json";

/// The description in `tree`.
pub(super) fn file(tree: &Tree) -> Option<&str> {
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
            let help = "give the table itself: `agebench import csv FILE`, `agebench import parquet FILE`";
            ImportError::from(Finding::error(file, text).help(help))
        })?,
    };
    let (path, resource) = *table;
    for (other, _) in tables.iter().filter(|(other, _)| *other != path) {
        gathered.doubt(Origin { file, row: None }, format!("also describes {}, which is passed over", quoted(other)));
    }
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
