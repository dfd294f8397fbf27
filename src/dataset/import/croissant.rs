//! MLCommons Croissant (JSON-LD): the record set with a picture and an age a row, and what is said of the dataset.

use serde_json::Value;

use super::describe::{Described, text};
use super::rows::Gathered;
use super::sample::Origin;
use super::tree::Tree;
use super::{ImportError, Importer, Source, describe, general};
use crate::finding::{Finding, counted, quoted};

pub(super) static IMPORTER: Importer = Importer {
    name: "croissant",
    title: "a Croissant description",
    layout: "croissant.json or metadata.json (MLCommons Croissant 1.0) and the CSV or Parquet file of its record set, beside or above the pictures",
    fits,
    read,
    ..general::IMPORTER
};

/// The usual names of the file.
pub(super) const FILES: [&str; 2] = ["croissant.json", "metadata.json"];

/// The description in `tree`.
pub(super) fn file(tree: &Tree) -> Option<&str> {
    match tree.chosen() {
        Some(chosen) => chosen.ends_with(".json").then_some(chosen),
        None => FILES.into_iter().find(|file| tree.has(file)),
    }
}

fn fits(tree: &Tree) -> Option<String> {
    let file = file(tree)?;
    let about = describe::json(tree, file).ok()?;
    about.get("recordSet")?;
    Some(format!("the description `{file}`"))
}

/// A value that may stand alone or in a list.
fn all(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(all)) => all,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// `{"@id": "x"}` or `"x"`.
fn id(value: Option<&Value>) -> &str {
    match value {
        Some(Value::String(text)) => text,
        Some(Value::Object(object)) => object.get("@id").and_then(Value::as_str).unwrap_or_default(),
        _ => "",
    }
}

/// The name of a field, the column and the file, or set of files, that it is taken from.
fn field(field: &Value) -> Option<(String, String, &str)> {
    let source = field.get("source")?;
    let column = source.get("extract")?.get("column")?.as_str()?;
    let full = [text(field.get("name")), id(field.get("@id")).to_owned()];
    let name = full.into_iter().find(|name| !name.is_empty())?;
    // Names are often those of the record set and the field: `samples/age`.
    let name = name.rsplit('/').next().unwrap_or_default().to_owned();
    Some((name, column.to_owned(), id(source.get("fileObject").or_else(|| source.get("fileSet")))))
}

fn read(source: &Source<'_>, gathered: &mut Gathered) -> Result<(), ImportError> {
    let tree = source.tree;
    let file = file(tree).unwrap_or("croissant.json");
    let about = describe::json(tree, file)?;
    let wrong = |text: String| Finding::error(file, text);
    let mut found: Option<(&str, Vec<(String, String)>)> = None;
    let mut others = 0;
    for records in all(about.get("recordSet")) {
        let fields: Vec<(String, String, &str)> = all(records.get("field")).iter().filter_map(field).collect();
        let Some((_, _, object)) = fields.first() else { continue };
        let columns: Vec<(String, String)> = fields
            .iter()
            .filter(|(_, _, other)| other == object)
            .map(|(name, column, _)| (column.clone(), name.clone()))
            .collect();
        if describe::has_age(columns.iter().flat_map(|(column, name)| [column, name])) {
            others = fields.len() - columns.len();
            found = Some((*object, columns));
            break;
        }
    }
    let Some((object, columns)) = found else {
        let text = "has no record set whose fields are columns of a file, the age among them".to_owned();
        return Err(wrong(text).help("read the table itself with `agebench import csv`").into());
    };
    if others > 0 {
        let text = format!(
            "{} of the record set are taken from other files, and passed over",
            counted(others as u64, "field")
        );
        gathered.doubt(Origin { file, row: None }, text);
    }
    let distribution =
        all(about.get("distribution")).iter().find(|file| id(Some(file)) == object || text(file.get("name")) == object);
    let Some(distribution) = distribution else {
        return Err(wrong(format!("takes fields from {}, which is no file of its distribution", quoted(object))).into());
    };
    let path = text(distribution.get("contentUrl"));
    if path.is_empty() {
        let text = format!("its record set is in {}, which is a set of files and no single one", quoted(object));
        let help =
            "join their tables into one, and read it with `agebench import parquet FILE` or `agebench import csv FILE`";
        return Err(wrong(text).help(help).into());
    }
    if path.contains("://") {
        let help = format!("download it to the folder, and write its name as contentUrl in {file}");
        return Err(wrong(format!("its file lies at {}: nothing is downloaded", quoted(&path))).help(help).into());
    }
    if !describe::is_table(&path) {
        return Err(wrong(format!("its record set is in {}, which is no CSV or Parquet file", quoted(&path))).into());
    }
    let first = |key: &str| all(about.get(key)).iter().map(|value| text(Some(value))).find(|text| !text.is_empty());
    let described = Described {
        name: text(about.get("name")),
        version: text(about.get("version")),
        licence: first("license").unwrap_or_default(),
        source: first("url").or_else(|| first("isBasedOn")).unwrap_or_default(),
        sha256: Some(text(distribution.get("sha256"))).filter(|digest| !digest.is_empty()),
        columns,
        own: about.get(describe::OWN_KEY).cloned(),
    };
    describe::read(source, file, &path, &described, gathered)
}
