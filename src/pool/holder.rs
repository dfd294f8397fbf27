//! The holders' packages, read and made sure to belong together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::PoolError;
use crate::digest::Digest;
use crate::folder::{FolderError, MethodRecord, RunFolder, UNSTATED_VERSION, names};
use crate::protocol::Protocol;
use crate::score;
use crate::table::{Row, Table};

/// What makes a method of one holder the method of another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    /// The name in the rows.
    name: String,
    /// The digest in the rows, or for recorded answers one of what their card states: the same at every holder.
    digest: String,
    /// Kind and version as the cards of recorded answers state them; none of a method that its own digest identifies.
    stated: Option<(String, String)>,
    /// Whether these are recorded answers of which no version is stated.
    unstated: bool,
}

impl Identity {
    /// Recorded answers are a file of answers about one holder's people: its digest is another at every holder, and says nothing
    /// of what gave them. So there, and there only, a method is what the holders state: kind, name and version.
    fn of(name: &str, digest: &str, record: Option<&MethodRecord>) -> Self {
        let own = Self { name: name.to_owned(), digest: digest.to_owned(), stated: None, unstated: false };
        match record.filter(|record| record.adapter == "replay") {
            None => own,
            Some(record) if record.version.is_empty() || record.version == UNSTATED_VERSION => {
                Self { unstated: true, ..own }
            }
            Some(MethodRecord { kind, version, .. }) => {
                let text = format!("agebench stated method/1\n{kind}\n{name}\n{version}\n");
                let stated = Some((kind.clone(), version.clone()));
                Self { digest: Digest::of(text.as_bytes()).short(), stated, ..own }
            }
        }
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.stated {
            Some((_, version)) => write!(f, "{} {version}, recorded answers", self.name),
            None if self.unstated => write!(f, "{}, recorded answers without a version", self.name),
            None => write!(f, "{} {}", self.name, self.digest),
        }
    }
}

/// What is read of run.json, of a run folder or of a package.
#[derive(Deserialize)]
struct Methods {
    methods: Vec<MethodRecord>,
}

/// The package of one holder.
pub(super) struct Holder {
    /// Its dataset's name; with the first 8 digits of the manifest's digest where another has the name too.
    pub name: String,
    path: PathBuf,
    manifest: String,
    protocol: String,
    /// Its methods, by the digest in its rows.
    methods: BTreeMap<String, Identity>,
    /// All rows.
    pub rows: Vec<Row>,
    /// Its rows by place and method.
    places: BTreeMap<Vec<String>, usize>,
    /// The protocol's text, where the package holds it.
    own_protocol: Option<Protocol>,
}

/// All of them.
pub(super) struct Holders {
    /// In the order of their manifests' digests, so that the order on a command line does not show.
    pub each: Vec<Holder>,
    /// The protocol of all; none where no package holds it and it is not the default one.
    pub protocol: Option<Protocol>,
}

impl Holders {
    pub fn read(packages: &[PathBuf]) -> Result<Self, PoolError> {
        if packages.len() < 2 {
            return Err(PoolError::TooFew(packages.len()));
        }
        let mut each = packages.iter().map(|path| Holder::read(path)).collect::<Result<Vec<_>, _>>()?;
        if let Some((first, others)) = each.split_first() {
            for other in others {
                let paths = || (first.path.clone(), other.path.clone());
                if other.protocol != first.protocol {
                    let (first_path, second) = paths();
                    let digests = (first.protocol.clone(), other.protocol.clone());
                    return Err(PoolError::Protocols { first: first_path, second, digests });
                }
                let digests = |holder: &Holder| -> BTreeSet<String> {
                    holder.methods.values().map(|method| method.digest.clone()).collect()
                };
                if digests(other) != digests(first) {
                    let (first_path, second) = paths();
                    let mut both = first.methods.values().chain(other.methods.values());
                    return Err(PoolError::Methods {
                        first: first_path,
                        second,
                        methods: (first.listed(), other.listed()),
                        unstated: both.any(|method| method.unstated),
                    });
                }
            }
        }
        for (at, one) in each.iter().enumerate() {
            if let Some(twin) = each.get(at + 1..).into_iter().flatten().find(|other| other.manifest == one.manifest) {
                let (first, second, manifest) = (one.path.clone(), twin.path.clone(), one.manifest.clone());
                return Err(PoolError::SameManifest { first, second, manifest });
            }
        }
        each.sort_by(|one, other| one.manifest.cmp(&other.manifest));
        let all: Vec<String> = each.iter().map(|holder| holder.name.clone()).collect();
        for holder in &mut each {
            if all.iter().filter(|name| **name == holder.name).count() > 1 {
                holder.name = format!("{} {}", holder.name, holder.manifest.get(..8).unwrap_or(&holder.manifest));
            }
        }
        let wanted = each.first().map(|holder| holder.protocol.clone()).unwrap_or_default();
        let is_it = |protocol: &Protocol| score::digest(protocol).is_ok_and(|digest| digest.short() == wanted);
        let own = each.iter().filter_map(|holder| holder.own_protocol.clone());
        let protocol = own.chain([Protocol::default_protocol()]).find(is_it);
        Ok(Self { each, protocol })
    }

    /// The methods that holders state to be one, by name and version: their answers were recorded.
    pub fn stated(&self) -> Vec<String> {
        let first = self.each.first().map(|holder| &holder.methods);
        let stated = |method: &Identity| Some(format!("{} {}", method.name, method.stated.as_ref()?.1));
        first.into_iter().flat_map(BTreeMap::values).filter_map(stated).collect()
    }

    /// The digest of all manifests together, in 16 digits.
    pub fn manifests(&self) -> String {
        let text: String = self.each.iter().map(|holder| format!("{}\n", holder.manifest)).collect();
        Digest::of(format!("agebench pool/1\n{text}").as_bytes()).short()
    }
}

impl Holder {
    fn read(path: &Path) -> Result<Self, PoolError> {
        let folder = RunFolder::open(path)?;
        let file = folder.file(names::METRICS);
        let wrong = |source| PoolError::Table { path: file.clone(), source };
        let rows = Table::read(folder.read(names::METRICS)?).map_err(wrong)?.rows;
        let Some(first) = rows.first() else { return Err(PoolError::Empty { path: file }) };
        let (manifest, protocol, name) =
            (first.manifest_digest.clone(), first.protocol_digest.clone(), first.dataset.clone());
        for row in &rows {
            let mixed = |what, one: &str, other: &str| PoolError::Mixed {
                path: file.clone(),
                what,
                digests: (one.to_owned(), other.to_owned()),
            };
            if row.manifest_digest != manifest {
                return Err(mixed("manifest", &manifest, &row.manifest_digest));
            }
            if row.protocol_digest != protocol {
                return Err(mixed("protocol", &protocol, &row.protocol_digest));
            }
        }
        let own_protocol = if folder.file(names::PROTOCOL).is_file() {
            let read = Protocol::from_toml(&folder.read_text(names::PROTOCOL)?);
            let wrong = |source| PoolError::Protocol { path: folder.file(names::PROTOCOL), source: Box::new(source) };
            Some(read.map_err(wrong)?)
        } else {
            None
        };
        let records = if folder.file(names::RUN).is_file() { recorded(&folder)? } else { Vec::new() };
        let mut methods: BTreeMap<String, Identity> = BTreeMap::new();
        for row in &rows {
            if !methods.contains_key(&row.method_digest) {
                let record = records.iter().find(|record| record.digest.short() == row.method_digest);
                let own = Identity::of(&row.method, &row.method_digest, record);
                if let Some(twin) = methods.values().find(|other| other.digest == own.digest) {
                    return Err(PoolError::Twice { path: path.to_owned(), method: twin.to_string() });
                }
                methods.insert(row.method_digest.clone(), own);
            }
        }
        let mut holder = Self {
            name,
            path: path.to_owned(),
            manifest,
            protocol,
            methods,
            rows,
            places: BTreeMap::new(),
            own_protocol,
        };
        holder.places = holder.rows.iter().enumerate().map(|(at, row)| (holder.place_of(row), at)).collect();
        Ok(holder)
    }

    /// The row at a place, see [`Holder::place_of`].
    pub fn row(&self, place: &[String]) -> Option<&Row> {
        self.places.get(place).and_then(|at| self.rows.get(*at))
    }

    /// The digest of the row's method that it has at every holder, and whether it is only what holders state.
    pub fn method_of(&self, row: &Row) -> (String, bool) {
        let own = self.methods.get(&row.method_digest);
        own.map_or_else(|| (row.method_digest.clone(), false), |own| (own.digest.clone(), own.stated.is_some()))
    }

    fn listed(&self) -> String {
        self.methods.values().map(Identity::to_string).collect::<Vec<_>>().join(", ")
    }

    /// What rows of several holders must have in common to be put together: method, metric and place.
    pub fn place_of(&self, row: &Row) -> Vec<String> {
        let place = row.place();
        vec![
            self.method_of(row).0,
            place.limit.map(|limit| limit.years().to_string()).unwrap_or_default(),
            place.challenge.map(|challenge| challenge.years().to_string()).unwrap_or_default(),
            place.failure_policy.map(|policy| policy.word().to_owned()).unwrap_or_default(),
            place.population.to_string(),
            place.group.by().to_owned(),
            place.group.level().to_owned(),
            row.metric.clone(),
            place.weighting.map(|weighting| weighting.word().to_owned()).unwrap_or_default(),
            place.variant.to_string(),
        ]
    }
}

/// The methods of run.json.
fn recorded(folder: &RunFolder) -> Result<Vec<MethodRecord>, FolderError> {
    let text = folder.read_text(names::RUN)?;
    let read: Result<Methods, _> = serde_json::from_str(&text);
    Ok(read.map_err(|source| FolderError::Json { path: folder.file(names::RUN), source })?.methods)
}
