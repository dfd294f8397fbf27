//! datapackage.json: a Frictionless Data Package, with a Table Schema for each table.

use serde::{Deserialize, Serialize};

use super::fields::{Field, Kind};
use crate::digest::Digest;

/// A datapackage.json.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataPackage {
    /// `tabular-data-package`.
    pub profile: String,
    /// Small letters, digits and hyphens.
    pub name: String,
    /// For people.
    pub title: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The version of agebench that made it.
    pub version: String,
    /// The date, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Terms under which the tables may be used, where given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<Licence>,
    /// Where the data come from.
    pub sources: Vec<Titled>,
    /// Who made it, where given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributors: Vec<Titled>,
    /// The tables.
    pub resources: Vec<Resource>,
}

/// Terms of use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Letters, digits, dots and hyphens.
    pub name: String,
    /// As it was given.
    pub title: String,
}

/// A source or a contributor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Titled {
    /// For people.
    pub title: String,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// `tabular-data-resource`.
    pub profile: String,
    /// Small letters.
    pub name: String,
    /// The file.
    pub path: String,
    /// What it holds.
    pub description: String,
    /// `csv`.
    pub format: String,
    /// `text/csv`.
    pub mediatype: String,
    /// `utf-8`.
    pub encoding: String,
    /// Size of the file.
    pub bytes: u64,
    /// `sha256:` and 64 hexadecimal digits.
    pub hash: String,
    /// The columns.
    pub schema: Schema,
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// In the order of the file.
    pub fields: Vec<Field>,
    /// Cells that say nothing.
    #[serde(rename = "missingValues")]
    pub missing_values: Vec<String>,
}

impl Resource {
    /// The table `path`, whose content is `bytes`.
    pub(super) fn of(path: &str, kind: Kind, bytes: &[u8]) -> Self {
        let description = match kind {
            Kind::Metrics => "One fact a row: a value with its interval, its counts and what it is about.",
            Kind::Comparison => "Differences between two methods on the same people: method less baseline.",
            Kind::Leaderboard => "Each method's own rows with the places that it may have among all.",
        };
        Self {
            profile: "tabular-data-resource".to_owned(),
            name: path.trim_end_matches(".csv").to_owned(),
            path: path.to_owned(),
            description: description.to_owned(),
            format: "csv".to_owned(),
            mediatype: "text/csv".to_owned(),
            encoding: "utf-8".to_owned(),
            bytes: bytes.len() as u64,
            hash: format!("sha256:{}", Digest::of(bytes)),
            schema: Schema { fields: kind.fields(), missing_values: vec![String::new()] },
        }
    }
}
