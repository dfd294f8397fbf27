//! What leaves the house: rows that say nothing about single people, and the package that they travel in.
//!
//! Run folders go in, a package comes out: a closed list of files that [`Package`] names. What is in it is written by list
//! (columns of rows, keys of cards, keys of run.json) and not by leaving out, so that what a run folder gains some day does
//! not come in by itself. [`verify()`] needs nothing but the package.

mod about;
mod cards;
mod compared;
mod data_package;
pub mod disclosure;
mod error;
mod fields;
mod package;
mod planned;
mod readme;
mod sign;
mod source;
mod sums;
mod verify;

use std::path::{Path, PathBuf};

pub use about::{DatasetEntry, DisclosureRecord, MethodEntry, PACKAGE_SCHEMA, PackageRecord, RunEntry};
pub use cards::{PRIVATE, PUBLIC};
pub use error::PublishError;
pub use fields::{Constraints, Field, Kind};
pub use package::{DATA_PACKAGE, Package, README, may_hold};
pub use sign::{SignError, Signer};
pub use sums::{SIGNATURE, SUMS};
pub use verify::{Checked, Problem, VerifyError, verify};

use crate::dataset::slug;
use crate::digest::Digest;
use crate::folder::{Existing, names};
use crate::table::{Compared, Ranked, Row, Table};
use data_package::{DataPackage, Licence, Resource, Titled};
use disclosure::{Done, Rule};
use source::Sources;

/// What to publish.
#[derive(Debug, Clone, Copy)]
pub struct PublishRequest<'r> {
    /// Run folders, those of `latency` and `footprint`, and comparisons.
    pub folders: &'r [PathBuf],
    /// Where the package goes, and what becomes of what is there.
    pub out: (&'r Path, Existing),
    /// How counts are protected.
    pub rule: Rule,
    /// Earlier releases of the same data.
    pub earlier: &'r [PathBuf],
    /// The title; none for one made of the names.
    pub title: Option<&'r str>,
    /// Terms under which the tables may be used.
    pub licence: Option<&'r str>,
    /// Who made the release.
    pub contributors: &'r [String],
    /// The date that the release bears.
    pub date: Option<&'r str>,
    /// Who signs.
    pub signer: Option<Signer<'r>>,
}

/// A release.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// What was written.
    pub package: Package,
    /// What became of the rows, a line a family.
    pub done: Vec<Done>,
    /// Rows that came in, and rows that went out.
    pub rows: [usize; 2],
    /// Rows of comparisons that came in, and that went out.
    pub compared: [usize; 2],
}

/// Makes a release of run folders, and writes it.
///
/// # Errors
/// [`PublishError`]: a folder that is not what its rows say, cards that lack something, rows that no rule makes fit, an
/// output folder that holds something else.
pub fn publish(request: &PublishRequest<'_>) -> Result<Release, PublishError> {
    let (out, existing) = request.out;
    Package::check(out, existing)?;
    let sources = Sources::read(request.folders)?;
    let mut earlier = Vec::new();
    let mut earlier_digests = Vec::new();
    for path in request.earlier {
        let package = Package::read(path)?;
        if package.record().is_ok_and(|earlier| !sources.shares_a_manifest(&earlier)) {
            return Err(PublishError::Unfit {
                path: path.clone(),
                reason: "no manifest of it is published now: nothing of it can be taken into account".to_owned(),
                help: "--earlier is for releases about the same manifest: leave this one out".to_owned(),
            });
        }
        let table = |source| PublishError::Table { path: path.join(names::METRICS), source };
        earlier.push(package.metrics().map_err(table)?.rows);
        earlier_digests.push(Digest::of(package.file(SUMS).unwrap_or_default()));
    }
    if let Some(path) = request.folders.first()
        && let Some(entry) = sources.in_parts().filter(|_| request.rule != Rule::None)
    {
        return Err(PublishError::Unfit {
            path: path.clone(),
            reason: format!(
                "the folders hold two manifests of `{}`, version {}: small counts would follow from their differences",
                entry.name, entry.version
            ),
            help: "publish one of them".to_owned(),
        });
    }
    let Some((protocol, protocol_digest)) = &sources.protocol else {
        return Err(PublishError::DoesNotHold("there is no protocol".to_owned()));
    };
    let (protocol_text, protocol_digest) = (protocol.to_toml(), *protocol_digest);
    let protected = disclosure::protect(protocol, &sources.rows, request.rule, &earlier)?;
    let (comparison, leaderboard) = compared(&sources, request.rule, &protected.rows);
    let Sources { datasets, methods, runs, cards, .. } = sources;
    let compared = [sources.comparison.len() + sources.leaderboard.len(), comparison.len() + leaderboard.len()];
    let rows = [sources.rows.len(), protected.rows.len()];

    let record = PackageRecord {
        schema: PACKAGE_SCHEMA.to_owned(),
        tool_version: crate::VERSION.to_owned(),
        title: request.title.map(str::to_owned),
        date: request.date.map(str::to_owned),
        disclosure: DisclosureRecord { rule: request.rule.to_string(), earlier: earlier_digests },
        protocol_digest,
        datasets,
        methods,
        runs,
    };
    let mut package = Package::default();
    package.files.insert(names::PROTOCOL.to_owned(), protocol_text.into_bytes());
    for (name, text) in &cards {
        package.files.insert(format!("{}/{name}", names::CARDS), text.clone().into_bytes());
    }
    let table = |name: &str, bytes: Result<Vec<u8>, crate::table::TableError>| {
        bytes.map_err(|source| PublishError::Table { path: PathBuf::from(name), source })
    };
    let mut resources = Vec::new();
    let tables = [
        (names::METRICS, Kind::Metrics, protected.rows.is_empty(), metrics_bytes(&protected.rows)),
        (
            names::COMPARISON,
            Kind::Comparison,
            comparison.is_empty(),
            bytes_of(|sink| Compared::write(&comparison, sink)),
        ),
        (
            names::LEADERBOARD,
            Kind::Leaderboard,
            leaderboard.is_empty(),
            bytes_of(|sink| Ranked::write(&leaderboard, sink)),
        ),
    ];
    for (name, kind, empty, bytes) in tables {
        if !empty {
            let bytes = table(name, bytes)?;
            resources.push(Resource::of(name, kind, &bytes));
            package.files.insert(name.to_owned(), bytes);
        }
    }
    let described = described(request, &record, &cards, resources);
    package.files.insert(DATA_PACKAGE.to_owned(), json(DATA_PACKAGE, &described)?);
    package.files.insert(names::RUN.to_owned(), json(names::RUN, &record)?);
    let told = readme::readme(&record, &described.title, &cards, &protected.rows, &package, request.signer.is_some());
    package.files.insert(README.to_owned(), told.into_bytes());
    let sums = sums::write(&package.files);
    if let Some(signer) = request.signer {
        let date = request.date.map(|date| format!(" of {date}")).unwrap_or_default();
        let signature = sign::sign(sums.as_bytes(), signer, &format!("agebench release `{}`{date}", described.name))?;
        package.files.insert(SIGNATURE.to_owned(), signature.into_bytes());
    }
    package.files.insert(SUMS.to_owned(), sums.into_bytes());
    let checked = verify(&package, None).map_err(|error| PublishError::DoesNotHold(error.to_string()))?;
    if let Some(problem) = checked.problems.first() {
        return Err(PublishError::DoesNotHold(problem.to_string()));
    }
    package.write(out, existing)?;
    Ok(Release { package, done: protected.done, rows, compared })
}

/// What became of the rows of a release, a line a family, for people.
#[must_use]
pub fn told(done: &[Done]) -> String {
    about::told(done)
}

/// What is published of comparisons. A difference and its p-value are functions of exact counts of people whose two
/// answers differ, which no rule but `none` has seen: then only ranks are published, beside the rows as they are released.
fn compared(sources: &Sources, rule: Rule, released: &[Row]) -> (Vec<Compared>, Vec<Ranked>) {
    if rule == Rule::None {
        return (sources.comparison.clone(), sources.leaderboard.clone());
    }
    let by_identity: std::collections::BTreeMap<Vec<String>, &Row> =
        released.iter().map(|row| (row.identity(), row)).collect();
    let ranked = sources.leaderboard.iter().filter_map(|one| {
        let row = by_identity.get(&one.row.identity())?;
        Some(Ranked { row: (*row).clone(), ..one.clone() })
    });
    (Vec::new(), ranked.collect())
}

fn bytes_of(
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), crate::table::TableError>,
) -> Result<Vec<u8>, crate::table::TableError> {
    let mut bytes = Vec::new();
    write(&mut bytes)?;
    Ok(bytes)
}

fn metrics_bytes(rows: &[Row]) -> Result<Vec<u8>, crate::table::TableError> {
    bytes_of(|sink| Table { rows: rows.to_vec() }.write(sink))
}

fn json(file: &str, value: &impl serde::Serialize) -> Result<Vec<u8>, PublishError> {
    match serde_json::to_string_pretty(value) {
        Ok(text) => Ok(format!("{text}\n").into_bytes()),
        Err(error) => Err(PublishError::Form { file: file.to_owned(), reason: error.to_string() }),
    }
}

/// The datapackage.json of a release.
fn described(
    request: &PublishRequest<'_>,
    record: &PackageRecord,
    cards: &[(String, String)],
    resources: Vec<Resource>,
) -> DataPackage {
    let datasets: Vec<&str> = record.datasets.iter().map(|dataset| dataset.name.as_str()).collect();
    let named: Vec<&str> = record.methods.iter().map(|method| method.name.as_str()).collect();
    let title = request.title.map_or_else(|| format!("{} on {}", named.join(", "), datasets.join(", ")), str::to_owned);
    let source = |dataset: &DatasetEntry| {
        let card = readme::Card::of(cards, &dataset.card);
        let title = format!(
            "{} {}: {} (licence: {}; consent: {})",
            dataset.name,
            dataset.version,
            card.text("source"),
            card.text("licence"),
            card.text("consent")
        );
        Titled { title }
    };
    let licence = |text: &str| {
        let name = text.replace(|letter: char| !(letter.is_ascii_alphanumeric() || ".-_".contains(letter)), "-");
        Licence { name, title: text.to_owned() }
    };
    DataPackage {
        profile: "tabular-data-package".to_owned(),
        name: slug(&title),
        title,
        description: "How age-assurance methods did at legal ages: rows of counts and rates of people, of no single person. README.md says how to read them.".to_owned(),
        version: crate::VERSION.to_owned(),
        created: request.date.map(|date| format!("{date}T00:00:00Z")),
        licenses: request.licence.map(licence).into_iter().collect(),
        sources: record.datasets.iter().map(source).collect(),
        contributors: request.contributors.iter().map(|title| Titled { title: title.clone() }).collect(),
        resources,
    }
}
