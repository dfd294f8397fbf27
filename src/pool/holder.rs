//! The holders' packages, read and made sure to belong together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::PoolError;
use crate::folder::{RunFolder, names};
use crate::protocol::Protocol;
use crate::score;
use crate::table::{Row, Table};

/// The package of one holder.
pub(super) struct Holder {
    /// Its dataset's name; with the first 8 digits of the manifest's digest where another has the name too.
    pub name: String,
    path: PathBuf,
    manifest: String,
    protocol: String,
    /// Names and digests of its methods.
    methods: BTreeSet<(String, String)>,
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
                    holder.methods.iter().map(|(_, digest)| digest.clone()).collect()
                };
                if digests(other) != digests(first) {
                    let (first_path, second) = paths();
                    return Err(PoolError::Methods {
                        first: first_path,
                        second,
                        methods: (first.listed(), other.listed()),
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

    /// The digest of all manifests together, in 16 digits.
    pub fn manifests(&self) -> String {
        let text: String = self.each.iter().map(|holder| format!("{}\n", holder.manifest)).collect();
        crate::digest::Digest::of(format!("agebench pool/1\n{text}").as_bytes()).short()
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
        let methods = rows.iter().map(|row| (row.method.clone(), row.method_digest.clone())).collect();
        let places = rows.iter().enumerate().map(|(at, row)| (place_of(row), at)).collect();
        Ok(Self { name, path: path.to_owned(), manifest, protocol, methods, rows, places, own_protocol })
    }

    /// The row at a place, see [`place_of`].
    pub fn row(&self, place: &[String]) -> Option<&Row> {
        self.places.get(place).and_then(|at| self.rows.get(*at))
    }

    fn listed(&self) -> String {
        let methods: Vec<String> = self.methods.iter().map(|(name, digest)| format!("{name} {digest}")).collect();
        methods.join(", ")
    }
}

/// What rows of several holders must have in common to be put together: method, metric and place.
pub(super) fn place_of(row: &Row) -> Vec<String> {
    let place = row.place();
    vec![
        row.method_digest.clone(),
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
