//! Descriptions of a dataset that other tools read, Croissant and Frictionless: what they say, and how ours are written.

use serde_json::{Map, Value, json};

use super::rows::Gathered;
use super::tree::Tree;
use super::{ImportError, Options, Source, csv, general, parquet};
use crate::dataset::{DatasetCard, LabelKind, MANIFEST_FILE, Precision, path_problem, slug};
use crate::digest::Digest;
use crate::finding::{Finding, quoted};

/// A form in which a dataset is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Description {
    /// MLCommons Croissant 1.0, `croissant.json`.
    Croissant,
    /// Frictionless Data Package, `datapackage.json`.
    Frictionless,
}

impl Description {
    /// The file's name.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Croissant => "croissant.json",
            Self::Frictionless => super::frictionless::FILE,
        }
    }
}

/// The key under which our descriptions say what the formats have no word for.
pub(super) const OWN_KEY: &str = "agebench";

/// What a description says of a table.
#[derive(Debug)]
pub(super) struct Described {
    pub name: String,
    pub version: String,
    pub licence: String,
    pub source: String,
    pub sha256: Option<String>,
    /// Columns of the table, and the names that the description gives them.
    pub columns: Vec<(String, String)>,
    /// What one of our own descriptions says beyond.
    pub own: Option<Value>,
}

/// The JSON file `file`.
pub(super) fn json(tree: &Tree, file: &str) -> Result<Value, ImportError> {
    let content = tree.content(file)?;
    serde_json::from_slice(content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&content))
        .map_err(|error| Finding::error(file, format!("not json: {error}")).into())
}

/// A text or a number as text, without spaces around it and without control characters; empty where there is none.
pub(super) fn text(value: Option<&Value>) -> String {
    let text = match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Object(object)) => text(object.get("name").or_else(|| object.get("url"))),
        _ => String::new(),
    };
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .take(2000)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Whether the file at `path` is a table that is read.
pub(super) fn is_table(path: &str) -> bool {
    path.to_ascii_lowercase().ends_with(".csv") || parquet::is_parquet(path)
}

/// Whether the table at `path` is a CSV file with columns of a dataset.
pub(super) fn is_dataset(tree: &Tree, path: &str) -> bool {
    let header = tree.first_line(path).unwrap_or_default();
    general::is_dataset(&header.split(',').map(|cell| cell.trim_matches('"').to_owned()).collect::<Vec<_>>())
}

/// Whether one of `names` is a column with ages.
pub(super) fn has_age<'n>(names: impl Iterator<Item = &'n String>) -> bool {
    general::has_age(&names.cloned().collect::<Vec<_>>())
}

/// Reads the table `path` that the description `file` is about.
pub(super) fn read(
    source: &Source<'_>,
    file: &str,
    path: &str,
    described: &Described,
    gathered: &mut Gathered,
) -> Result<(), ImportError> {
    let wrong = |text: String| ImportError::from(Finding::error(file, text));
    let path = path.trim_start_matches("./");
    if let Some((problem, _)) = path_problem(path) {
        return Err(wrong(format!("names the file {}, which {problem}", quoted(path))));
    }
    if !source.tree.has(path) {
        return Err(wrong(format!("names the file {}, which is not here", quoted(path))));
    }
    if let Some(expected) = &described.sha256 {
        let found = Digest::of(&source.tree.content(path)?).hex();
        if !found.eq_ignore_ascii_case(expected) {
            let text = format!("says that {} has the sha-256 {expected}: it has {found}", quoted(path));
            let help = "take both from the same release, or describe the table anew";
            return Err(Finding::error(file, text).help(help).into());
        }
    }
    let own = |key: &str| described.own.as_ref().and_then(|own| own.get(key)).and_then(Value::as_str);
    let options = Options {
        label_kind: source.options.label_kind.or_else(|| own("label_kind").and_then(LabelKind::parse)),
        age_precision: source.options.age_precision.or_else(|| own("age_precision").and_then(Precision::parse)),
        ..source.options.clone()
    };
    let read = if parquet::is_parquet(path) { parquet::read_file } else { csv::read_file };
    read(&Source { tree: source.tree, options: &options }, path, &described.columns, gathered)?;
    let card = &mut gathered.card;
    let name: String = described.name.chars().take(200).collect();
    let said = [(&mut card.name, name.trim()), (&mut card.version, &described.version)];
    for (key, value) in
        said.into_iter().chain([(&mut card.licence, described.licence.as_str()), (&mut card.source, &described.source)])
    {
        if !value.is_empty() {
            value.clone_into(key);
        }
    }
    own("consent").unwrap_or_default().clone_into(&mut card.consent);
    if let Some(column) = own("attack_species") {
        if !gathered.carries(column) {
            let text =
                format!("names {} as the species of attacks, which is no column of {}", quoted(column), quoted(path));
            return Err(wrong(text));
        }
        gathered.card.attack_species = Some(column.to_owned());
    }
    Ok(())
}

/// The description of `manifest`, whose card is `card`.
pub(super) fn write(description: Description, card: &DatasetCard, manifest: &[u8]) -> Vec<u8> {
    let header = manifest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(header);
    let names: Vec<String> = reader
        .records()
        .next()
        .and_then(Result::ok)
        .map(|record| record.iter().map(str::to_owned).collect())
        .unwrap_or_default();
    let digest = Digest::of(manifest).hex();
    let value = match description {
        Description::Croissant => croissant(card, &names, &digest),
        Description::Frictionless => frictionless(card, &names, &digest, manifest.len()),
    };
    format!("{value:#}\n").into_bytes()
}

fn is_number(column: &str) -> bool {
    ["age", "age_low", "age_high", "x0", "y0", "x1", "y1", "weight"].contains(&column)
}

fn is_date(column: &str) -> bool {
    ["birth_date", "captured_on"].contains(&column)
}

/// What the formats have no word for.
fn own(card: &DatasetCard) -> Value {
    let mut own = json!({
        "label_kind": card.label_kind.word(),
        "age_precision": card.age_precision.map(Precision::word),
        "groups": card.groups,
        "consent": card.consent,
    });
    if let Some(column) = &card.attack_species {
        set(&mut own, "attack_species", column);
    }
    own
}

fn meaning(column: &str) -> Option<&'static str> {
    Some(match column {
        "sample_id" => "one sample, unique",
        "path" => "the file of the sample, relative to the folder of the pictures",
        "subject_id" => "the person: samples of one person are not independent",
        "age" => "the true age in years; empty is unknown",
        "age_low" => "the first age of the band, in years",
        "age_high" => "the first age that is no longer in the band, in years",
        "split" => "the part of the dataset",
        "species" => "the species of an attack; empty is a person who shows the own face",
        "x0" | "y0" | "x1" | "y1" => "the face, in pixels of the upright picture: left, upper, right, lower edge",
        _ => return None,
    })
}

fn croissant(card: &DatasetCard, names: &[String], digest: &str) -> Value {
    let fields: Vec<Value> = names
        .iter()
        .map(|name| {
            let kind = if is_number(name) {
                "sc:Float"
            } else if is_date(name) {
                "sc:Date"
            } else {
                "sc:Text"
            };
            let mut field = json!({
                "@type": "cr:Field", "@id": format!("samples/{name}"), "name": name, "dataType": kind,
                "source": { "fileObject": { "@id": MANIFEST_FILE }, "extract": { "column": name } },
            });
            if let (Some(meaning), Some(field)) = (meaning(name), field.as_object_mut()) {
                field.insert("description".to_owned(), json!(meaning));
            }
            field
        })
        .collect();
    let mut about = json!({
        "@context": context(), "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": card.name, "version": card.version,
        "description": format!("Samples of {} with true ages, as agebench reads them.", card.name),
        "distribution": [{
            "@type": "cr:FileObject", "@id": MANIFEST_FILE, "name": MANIFEST_FILE, "contentUrl": MANIFEST_FILE,
            "encodingFormat": "text/csv", "sha256": digest,
        }],
        "recordSet": [{
            "@type": "cr:RecordSet", "@id": "samples", "name": "samples", "key": { "@id": "samples/sample_id" }, "field": fields,
        }],
        OWN_KEY: own(card),
    });
    set(&mut about, "license", &card.licence);
    set(&mut about, "isBasedOn", &card.source);
    about
}

fn set(about: &mut Value, key: &str, text: &str) {
    if let (Some(about), false) = (about.as_object_mut(), text.is_empty()) {
        about.insert(key.to_owned(), json!(text));
    }
}

/// The context of Croissant 1.0, as its specification gives it, and our own word.
fn context() -> Value {
    let mut context = json!({
        "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
        "conformsTo": "dct:conformsTo", "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
        "data": { "@id": "cr:data", "@type": "@json" }, "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/", "examples": { "@id": "cr:examples", "@type": "@json" }, "extract": "cr:extract",
        "field": "cr:field", "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet",
        "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath",
        "key": "cr:key", "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
        "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
        "sc": "https://schema.org/", "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField",
        "transform": "cr:transform", "equivalentProperty": "cr:equivalentProperty", "samplingRate": "cr:samplingRate",
    });
    if let Some(context) = context.as_object_mut() {
        context.insert(OWN_KEY.to_owned(), json!({ "@id": "cr:agebench", "@type": "@json" }));
    }
    context
}

fn frictionless(card: &DatasetCard, names: &[String], digest: &str, bytes: usize) -> Value {
    let fields: Vec<Value> = names
        .iter()
        .map(|name| {
            let kind = if is_number(name) {
                "number"
            } else if is_date(name) {
                "date"
            } else {
                "string"
            };
            let mut field = Map::new();
            field.insert("name".to_owned(), json!(name));
            field.insert("type".to_owned(), json!(kind));
            if let Some(meaning) = meaning(name) {
                field.insert("description".to_owned(), json!(meaning));
            }
            Value::Object(field)
        })
        .collect();
    let mut package = json!({
        "name": slug(&card.name), "title": card.name, "version": card.version,
        "resources": [{
            "name": "manifest", "path": MANIFEST_FILE, "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
            "bytes": bytes, "hash": format!("sha256:{digest}"),
            "schema": { "fields": fields, "missingValues": [""], "primaryKey": ["sample_id"] },
        }],
        OWN_KEY: own(card),
    });
    if let Some(package) = package.as_object_mut() {
        // A licence needs a name or a path, and a title alone is neither.
        if !card.licence.is_empty() {
            package.insert("licenses".to_owned(), json!([{ "name": "other", "title": card.licence }]));
        }
        if !card.source.is_empty() {
            package.insert("sources".to_owned(), json!([{ "title": card.source }]));
        }
    }
    package
}
