//! The folders that are compared, read and made sure to belong together; and the methods in them, each with a name of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::CompareError;
use crate::folder::{Ids, RunFolder};
use crate::metric::Facts;
use crate::protocol::Protocol;
use crate::score::{Inputs, ScoreError};
use crate::table::{Context, Row};
use crate::tally::{self, Answers};

/// One manifest with all methods that were run on it.
#[derive(Debug)]
pub(super) struct Field {
    /// The truth, in the order of the first folder.
    pub truth: tally::Truth,
    /// What the first folder's card says of claims.
    pub facts: Facts,
    /// The methods.
    pub entrants: Vec<Entrant>,
}

/// One method of one folder.
#[derive(Debug)]
pub(super) struct Entrant {
    /// The place of its folder among those that were named.
    pub folder: usize,
    /// The name in its card.
    pub card_name: String,
    /// Its name here: two methods of one name are told apart by their digests.
    pub name: String,
    /// What its rows say of where they come from, under its name here.
    pub context: Context,
    /// The answers, in the order of the field's truth.
    pub answers: Answers,
    /// Its own rows on the whole dataset, under its name here.
    pub rows: Vec<Row>,
}

impl Entrant {
    /// Whether its own rows bear a flag that all rows of a method have or none.
    pub fn has(&self, flag: &str) -> bool {
        self.rows.first().is_some_and(|row| row.has(flag))
    }
}

/// Everything that is compared.
#[derive(Debug)]
pub(super) struct Fields {
    /// The protocol that all were scored under, without groups.
    pub protocol: Protocol,
    /// One, but when manifests differ and a common age mix was asked for.
    pub fields: Vec<Field>,
}

/// One folder as it was read.
struct Held {
    path: PathBuf,
    inputs: Inputs,
    /// The folder's samples, by their ids as printed.
    ids: Ids,
}

impl Fields {
    /// Reads `folders`. Those of one manifest become one field; several manifests are refused unless `several`.
    pub fn read(folders: &[PathBuf], several: bool) -> Result<Self, CompareError> {
        distinct(folders)?;
        let mut held: Vec<Held> = Vec::with_capacity(folders.len());
        for path in folders {
            held.push(Held::read(path)?);
        }
        let Some(first) = held.first() else { return Err(CompareError::NoFolder) };
        if let ([only], [method]) = (held.as_slice(), first.inputs.record.methods.as_slice()) {
            return Err(CompareError::OneMethod { path: only.path.clone(), method: method.name.clone() });
        }
        let protocol = first.inputs.protocol.clone();
        for other in &held[1..] {
            let digests = first.manifests(other);
            if digests.0 != digests.1 && !several {
                let (first, second) = (first.path.clone(), other.path.clone());
                return Err(CompareError::Manifests { first, second, digests });
            }
            if other.inputs.protocol != protocol {
                let digests = (first.protocol_digest()?, other.protocol_digest()?);
                let (first, second) = (first.path.clone(), other.path.clone());
                return Err(CompareError::Protocols { first, second, digests });
            }
        }
        let mut names = names_of(&held).into_iter();
        let mut fields: Vec<(Held, Field)> = Vec::new();
        for (place, mut one) in held.into_iter().enumerate() {
            let entrants = one.entrants(place, &mut names)?;
            let known = fields.iter_mut().find(|(first, _)| {
                let (own, other) = first.manifests(&one);
                own == other
            });
            match known {
                Some((first, field)) => {
                    let order = first.order_of(&one)?;
                    let in_order = |entrant: Entrant| match &order {
                        Some(order) => Entrant { answers: entrant.answers.reordered(order), ..entrant },
                        None => entrant,
                    };
                    field.entrants.extend(entrants.into_iter().map(in_order));
                }
                None => {
                    let truth = std::mem::take(&mut one.inputs.truth);
                    let facts = one.inputs.facts;
                    fields.push((one, Field { truth, facts, entrants }));
                }
            }
        }
        Ok(Self { protocol, fields: fields.into_iter().map(|(_, field)| field).collect() })
    }
}

impl Held {
    fn read(path: &Path) -> Result<Self, CompareError> {
        let wrong = |source: ScoreError| CompareError::Folder { path: path.to_owned(), source: Box::new(source) };
        let folder = RunFolder::open(path).map_err(ScoreError::from).map_err(wrong)?;
        let inputs = Inputs::read(&folder, None).map_err(wrong)?;
        let truth = inputs.record.read_truth(&folder).map_err(ScoreError::from).map_err(wrong)?;
        let ids = truth.into_sample_ids();
        Ok(Self { path: path.to_owned(), inputs, ids })
    }

    /// The digests of the manifests of both.
    fn manifests(&self, other: &Self) -> (String, String) {
        let digest = |held: &Self| held.inputs.record.dataset.manifest_digest.short();
        (digest(self), digest(other))
    }

    fn protocol_digest(&self) -> Result<String, CompareError> {
        let digest = crate::score::digest(&self.inputs.protocol);
        let digest =
            digest.map_err(|source| CompareError::Folder { path: self.path.clone(), source: Box::new(source) })?;
        Ok(digest.short())
    }

    /// The methods of the folder, the one named at `folder`, with their own rows; `names` gives each its name here.
    fn entrants(
        &mut self,
        folder: usize,
        names: &mut impl Iterator<Item = String>,
    ) -> Result<Vec<Entrant>, CompareError> {
        let wrong = |source| CompareError::Folder { path: self.path.clone(), source: Box::new(source) };
        let mut own = Vec::new();
        for place in 0..self.inputs.answers.len() {
            own.push(crate::score::whole_rows(&self.inputs, place).map_err(wrong)?);
        }
        let answers = std::mem::take(&mut self.inputs.answers);
        let entrant = |((answers, (mut context, mut rows)), name): ((Answers, (Context, Vec<Row>)), String)| {
            rows.iter_mut().for_each(|row| row.method.clone_from(&name));
            let card_name = std::mem::replace(&mut context.method, name.clone());
            Entrant { folder, card_name, name, context, answers, rows }
        };
        Ok(answers.into_iter().zip(own).zip(names).map(entrant).collect())
    }

    /// Where each sample of this folder stands in `other`; none when both are in one order.
    fn order_of(&self, other: &Self) -> Result<Option<Vec<u32>>, CompareError> {
        if self.ids == other.ids {
            return Ok(None);
        }
        let texts = |ids: &Ids| (0..ids.len()).map(|place| ids.get(place).to_string()).collect::<Vec<String>>();
        let places: BTreeMap<String, u32> = texts(&other.ids).into_iter().zip(0..).collect();
        let place = |id: &String| {
            places.get(id).copied().ok_or_else(|| CompareError::Ids {
                first: self.path.clone(),
                second: other.path.clone(),
                id: id.clone(),
            })
        };
        texts(&self.ids).iter().map(place).collect::<Result<Vec<u32>, _>>().map(Some)
    }
}

/// Refuses a folder that is named twice, also by another path to it.
fn distinct(folders: &[PathBuf]) -> Result<(), CompareError> {
    let mut seen: BTreeMap<PathBuf, &PathBuf> = BTreeMap::new();
    for path in folders {
        // A folder that is not there is told when it is read.
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(first) = seen.insert(real, path) {
            return Err(CompareError::SameFolder { first: first.clone(), second: path.clone() });
        }
    }
    Ok(())
}

/// A name for each method of all folders, in their order: the card's own where no other bears it, else with the first
/// 8 digits of the digest, and where these agree too with a number.
fn names_of(held: &[Held]) -> Vec<String> {
    let methods = held.iter().flat_map(|one| &one.inputs.record.methods);
    let methods: Vec<(&str, String)> =
        methods.map(|method| (method.name.as_str(), method.digest.short().chars().take(8).collect())).collect();
    told_apart(&methods)
}

fn told_apart(methods: &[(&str, String)]) -> Vec<String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut names = Vec::new();
    for (name, digest) in methods {
        let shared = methods.iter().filter(|(other, _)| other == name).count() > 1;
        let wanted = if shared { format!("{name} {digest}") } else { (*name).to_owned() };
        let mut own = wanted.clone();
        let mut number = 2;
        while !taken.insert(own.clone()) {
            own = format!("{wanted} #{number}");
            number += 1;
        }
        names.push(own);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_of_one_name_are_told_apart_by_digest_and_then_by_number() {
        let method = |name: &'static str, digest: &str| (name, digest.to_owned());
        let names = told_apart(&[
            method("a", "11111111"),
            method("b", "22222222"),
            method("b", "33333333"),
            method("b", "33333333"),
        ]);
        assert_eq!(names, ["a", "b 22222222", "b 33333333", "b 33333333 #2"]);
    }
}
