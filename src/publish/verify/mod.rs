//! A package held against itself: files, sums, signature, columns, and every number that follows from others.
//!
//! Needs nothing but the package and, for a signature, the public key.

mod cards;
mod cells;
mod numbers;
mod words;
mod written;

use std::collections::BTreeSet;
use std::fmt;

use super::about::{PACKAGE_SCHEMA, PackageRecord};
use super::data_package::{DataPackage, Schema};
use super::fields::Kind;
use super::package::{DATA_PACKAGE, Package, README, may_hold};
use super::planned;
use super::sign::{self, SignError};
use super::sums::{self, SIGNATURE, SUMS};
use crate::digest::Digest;
use crate::folder::names;
use crate::protocol::Protocol;
use crate::score;
use crate::table::Row;

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The row that a text editor shows, in a table.
    pub row: Option<u64>,
    /// The column, in a table.
    pub column: Option<String>,
    /// What was found and what was expected.
    pub text: String,
}

impl Problem {
    fn of(file: &str, text: impl Into<String>) -> Self {
        Self { file: file.to_owned(), row: None, column: None, text: text.into() }
    }

    fn at(file: &str, row: usize, column: &str, text: impl Into<String>) -> Self {
        let row = Some(row as u64 + 2);
        Self { file: file.to_owned(), row, column: Some(column.to_owned()), text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column `{column}`")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Files whose sum was computed.
    pub files: usize,
    /// Rows of all tables.
    pub rows: usize,
    /// Numbers that were computed again from others.
    pub numbers: usize,
    /// The comment that was signed, where a signature was checked and holds.
    pub signed: Option<String>,
    /// Whether there is a signature that was not checked for want of a key.
    pub signature_unchecked: bool,
    /// Everything that does not hold.
    pub problems: Vec<Problem>,
}

/// Why a package cannot be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A file without which it is no package.
    #[error("this is no package: `{0}` is missing")]
    Missing(&'static str),
    /// The public key cannot be used.
    #[error(transparent)]
    Key(#[from] SignError),
}

/// Holds `package` against itself, and against `key`, the text of a public key, where one is given.
///
/// # Errors
/// It is no package, or the key cannot be read.
pub fn verify(package: &Package, key: Option<&str>) -> Result<Checked, VerifyError> {
    let Some(sums) = package.file(SUMS) else { return Err(VerifyError::Missing(SUMS)) };
    let Some(described) = package.file(DATA_PACKAGE) else { return Err(VerifyError::Missing(DATA_PACKAGE)) };
    let mut checked = Checked::default();
    files(package, sums, &mut checked);
    signature(package, sums, key, &mut checked)?;
    match serde_json::from_slice::<DataPackage>(described) {
        Ok(described) => tables(package, &described, &mut checked),
        Err(error) => checked.problems.push(Problem::of(DATA_PACKAGE, error.to_string())),
    }
    if let Some((protocol, record)) = stated(package, &mut checked.problems) {
        rows(package, &protocol, &record, &mut checked);
    }
    Ok(checked)
}

/// Every file has its sum, every sum its file, and no file is here that a package may not hold.
fn files(package: &Package, sums: &[u8], checked: &mut Checked) {
    let problems = &mut checked.problems;
    let listed = match sums::read(&String::from_utf8_lossy(sums)) {
        Ok(listed) => listed,
        Err(text) => {
            problems.push(Problem::of(SUMS, text));
            return;
        }
    };
    for (name, bytes) in &package.files {
        match listed.get(name) {
            _ if !may_hold(name) => {
                problems.push(Problem::of(name, "no file of a package: it may be about people, or of somebody else"));
            }
            _ if [SUMS, SIGNATURE].contains(&name.as_str()) => {}
            None => problems.push(Problem::of(name, "it has no sum in SHA256SUMS")),
            Some(sum) => {
                checked.files += 1;
                let found = Digest::of(bytes);
                if found != *sum {
                    problems.push(Problem::of(name, format!("its sum is {found}, and SHA256SUMS says {sum}")));
                }
            }
        }
    }
    for name in listed.keys().filter(|name| !package.files.contains_key(*name)) {
        problems.push(Problem::of(name, "SHA256SUMS names it, and it is not there"));
    }
    for name in [README, names::RUN, names::PROTOCOL].iter().filter(|name| package.file(name).is_none()) {
        problems.push(Problem::of(name, "it is missing"));
    }
}

fn signature(package: &Package, sums: &[u8], key: Option<&str>, checked: &mut Checked) -> Result<(), SignError> {
    match (package.text(SIGNATURE), key) {
        (None, None) => {}
        (Some(_), None) => checked.signature_unchecked = true,
        (None, Some(_)) => checked.problems.push(Problem::of(SIGNATURE, "it is missing: the package is not signed")),
        (Some(signature), Some(key)) => match sign::verify(sums, &signature, key)? {
            Ok(comment) => checked.signed = Some(comment),
            Err(why) => checked.problems.push(Problem::of(SIGNATURE, format!("it is not by this key: {why}"))),
        },
    }
    Ok(())
}

/// Each table has the columns that datapackage.json says, and each cell is what its column may hold.
fn tables(package: &Package, described: &DataPackage, checked: &mut Checked) {
    let kinds = [
        (names::METRICS, Kind::Metrics),
        (names::COMPARISON, Kind::Comparison),
        (names::LEADERBOARD, Kind::Leaderboard),
    ];
    for (name, kind) in kinds {
        let resource = described.resources.iter().find(|resource| resource.path == name);
        match (package.file(name), resource) {
            (None, None) => {}
            (None, Some(_)) => {
                checked.problems.push(Problem::of(name, "datapackage.json names it, and it is not there"))
            }
            (Some(_), None) => checked.problems.push(Problem::of(name, "datapackage.json does not name it")),
            (Some(bytes), Some(resource)) => {
                if resource.bytes != bytes.len() as u64 || resource.hash != format!("sha256:{}", Digest::of(bytes)) {
                    checked.problems.push(Problem::of(name, "size or hash are not those in datapackage.json"));
                }
                columns(name, kind, &resource.schema, &mut checked.problems);
                cells::check(name, bytes, &resource.schema, checked);
            }
        }
    }
    for resource in &described.resources {
        if !kinds.iter().any(|(name, _)| *name == resource.path) {
            let text = format!("it names `{}`, which is no table of a package", resource.path);
            checked.problems.push(Problem::of(DATA_PACKAGE, text));
        }
    }
}

/// The table `name` has each column of its kind once, and no other: nobody looked at what another one holds.
fn columns(name: &str, kind: Kind, schema: &Schema, problems: &mut Vec<Problem>) {
    let known = kind.columns();
    for column in &known {
        if !schema.fields.iter().any(|field| field.name == *column) {
            problems.push(Problem::of(DATA_PACKAGE, format!("{name} has no column `{column}`")));
        }
    }
    let mut seen = BTreeSet::new();
    for field in &schema.fields {
        let text = match (known.contains(&field.name.as_str()), seen.insert(&field.name)) {
            (true, true) => continue,
            (true, false) => "it is there more than once",
            (false, _) => "no column of a package: it may be about people, or of somebody else",
        };
        problems.push(Problem { column: Some(field.name.clone()), ..Problem::of(name, text) });
    }
}

/// What protocol.toml and run.json say.
fn stated(package: &Package, problems: &mut Vec<Problem>) -> Option<(Protocol, PackageRecord)> {
    let protocol = match package.text(names::PROTOCOL).map(|text| Protocol::from_toml(&text)) {
        Some(Ok(protocol)) => Some(protocol),
        Some(Err(error)) => {
            problems.push(Problem::of(names::PROTOCOL, error.to_string()));
            None
        }
        None => None,
    };
    let record = package.record().map_err(|text| problems.push(Problem::of(names::RUN, text))).ok();
    let (protocol, record) = (protocol?, record?);
    let mut wrong = |file: &str, text: String| problems.push(Problem::of(file, text));
    if record.schema != PACKAGE_SCHEMA {
        wrong(names::RUN, format!("schema `{}`: expected `{PACKAGE_SCHEMA}`", record.schema));
    }
    if score::digest(&protocol).ok() != Some(record.protocol_digest) {
        wrong(names::RUN, "protocol_digest is not that of protocol.toml".to_owned());
    }
    if let Err(text) = record.disclosure.rule() {
        wrong(names::RUN, text);
    }
    let studies = || record.runs.iter().filter_map(|run| run.settings.get("study"));
    if let Some(text) = studies().find_map(planned::wrong) {
        wrong(names::RUN, text.to_owned());
    }
    if !planned::is_one(studies()) {
        wrong(names::RUN, "two runs of one study say otherwise how it stands to its plan".to_owned());
    }
    cards::check(package, &record, problems);
    Some((protocol, record))
}

/// The rows come from what run.json names, and their numbers follow from each other.
fn rows(package: &Package, protocol: &Protocol, record: &PackageRecord, checked: &mut Checked) {
    let mut read = |file: &str, error: crate::table::TableError| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        checked.problems.push(Problem::of(file, format!("{error}{cause}")));
    };
    let metrics = package.metrics().map_err(|error| read(names::METRICS, error)).unwrap_or_default().rows;
    let comparison = package.comparison().map_err(|error| read(names::COMPARISON, error)).unwrap_or_default();
    let leaderboard = package.leaderboard().map_err(|error| read(names::LEADERBOARD, error)).unwrap_or_default();
    let of_comparison: Vec<Row> = comparison.iter().map(|one| one.row.clone()).collect();
    let of_leaderboard: Vec<Row> = leaderboard.iter().map(|one| one.row.clone()).collect();
    for (file, rows) in
        [(names::METRICS, &metrics), (names::COMPARISON, &of_comparison), (names::LEADERBOARD, &of_leaderboard)]
    {
        numbers::known(file, rows, record, checked);
    }
    let rule = record.disclosure.rule().unwrap_or(super::disclosure::Rule::None);
    numbers::check(names::METRICS, &metrics, protocol, rule, checked);
    words::check(names::METRICS, &metrics, protocol, (package, record), checked);
    written::check(package, protocol, record, &metrics, checked);
    numbers::leaderboard(&leaderboard, &metrics, rule, checked);
    numbers::comparison(&comparison, record, checked);
}
