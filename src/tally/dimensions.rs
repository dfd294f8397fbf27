//! The groups that a protocol asks for, and the group of every sample in each way of grouping.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::TallyError;
use super::truth::{MOST_LEVELS, Truth};
use crate::protocol::{Groups, Protocol};
use crate::table::Group;

/// One way of grouping.
pub(super) struct Dimension {
    /// The cell `group_by`.
    pub by: String,
    /// Whether rows are made of these groups.
    pub printed: bool,
    /// Group of each sample, as an index into [`super::shape::Shape::groups`].
    pub groups: Vec<u32>,
}

/// Samples by what group they have in every way of grouping at once: a subject whose samples agree in that is counted
/// in one place, which adds up into all of its groups when the walk is over.
pub(super) struct Crossed {
    /// For each sample its place; empty where places would outnumber groups by far.
    of_sample: Vec<u32>,
    /// By place: its groups, as indices into [`super::shape::Shape::groups`], without the whole dataset.
    pub groups: Vec<Vec<u32>>,
}

impl Crossed {
    pub fn of(dimensions: &[Dimension], samples: usize, groups: usize) -> Self {
        let most = 2 * groups;
        let mut places: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut of_sample = Vec::with_capacity(samples);
        // Neighbours are often alike.
        let (mut key, mut last) = (Vec::new(), None);
        for sample in 0..samples {
            let own = || dimensions.iter().map(|dimension| dimension.groups[sample]);
            if last.is_none() || !key.iter().copied().eq(own()) {
                key.clear();
                key.extend(own());
                let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let known = places.get(&key).copied();
                last = known.or_else(|| Some(*places.entry(key.clone()).or_insert(next)));
                if places.len() > most {
                    return Self { of_sample: Vec::new(), groups: Vec::new() };
                }
            }
            of_sample.extend(last);
        }
        let mut groups = vec![Vec::new(); places.len()];
        for (key, place) in places {
            groups[place as usize] = key;
        }
        Self { of_sample, groups }
    }

    /// The place of all of these samples; `None` where they differ.
    pub fn place(&self, samples: &[u32]) -> Option<usize> {
        let first = *self.of_sample.get(*samples.first()? as usize)?;
        samples.iter().all(|sample| self.of_sample[*sample as usize] == first).then_some(first as usize)
    }
}

/// The groups that the protocol asks for, and the group of every sample in each way of grouping.
pub(super) fn groups(truth: &Truth, protocol: &Protocol) -> Result<(Vec<Group>, Vec<Dimension>), TallyError> {
    let columns = truth.columns();
    let find = |name: &String| {
        columns.iter().find(|column| column.name == *name).ok_or_else(|| TallyError::NoColumn {
            column: name.clone(),
            known: columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    };
    let mut wanted: Vec<Vec<_>> = match &protocol.groups {
        Groups::Declared => columns.iter().filter(|column| column.declared).map(|column| vec![column]).collect(),
        Groups::Columns(names) => names.iter().map(|name| Ok(vec![find(name)?])).collect::<Result<_, TallyError>>()?,
    };
    for crossing in &protocol.crossings {
        wanted.push(crossing.iter().map(find).collect::<Result<_, _>>()?);
    }
    let mut groups = vec![Group::whole()];
    let mut dimensions = Vec::new();
    for columns in wanted {
        let by = Group::of(columns.iter().map(|column| (column.name.as_str(), ""))).by().to_owned();
        let too_many = || TallyError::TooManyLevels { column: by.clone() };
        if columns.iter().any(|column| column.levels.len() > MOST_LEVELS) {
            return Err(too_many());
        }
        let key = |index: usize| {
            columns.iter().fold(0_u64, |key, column| key * column.levels.len() as u64 + u64::from(column.codes[index]))
        };
        let keys = present(truth.len(), MOST_LEVELS, |index| Some(key(index))).ok_or_else(too_many)?;
        let base = groups.len();
        for key in &keys {
            let mut rest = *key;
            let mut levels: Vec<(&str, &str)> = Vec::new();
            for column in columns.iter().rev() {
                let count = column.levels.len().max(1) as u64;
                #[expect(clippy::cast_possible_truncation, reason = "below the number of levels")]
                levels.push((column.name.as_str(), column.levels[(rest % count) as usize].as_str()));
                rest /= count;
            }
            groups.push(Group::of(levels.into_iter().rev()));
        }
        let place = |key: u64| {
            let place = keys.binary_search(&key).unwrap_or_default();
            u32::try_from(base + place).unwrap_or_default()
        };
        let codes = remembered(truth.len(), key, place);
        dimensions.push(Dimension { by: by.clone(), printed: true, groups: codes });
    }
    Ok((groups, dimensions))
}

/// What the samples below `count` are, each once and sorted; `None` where they are more than `most`.
pub(super) fn present<K: Ord + Copy + Send>(
    count: usize,
    most: usize,
    of: impl Fn(usize) -> Option<K> + Sync + Send,
) -> Option<Vec<K>> {
    // Neighbours are often alike, and no set grows far beyond what is allowed.
    let add = |(mut set, last): (BTreeSet<K>, Option<K>), key: K| {
        if last != Some(key) && set.len() <= most {
            set.insert(key);
        }
        (set, Some(key))
    };
    let both = |mut one: BTreeSet<K>, mut other: BTreeSet<K>| {
        one.append(&mut other);
        one
    };
    let sets = (0..count).into_par_iter().filter_map(of).fold(|| (BTreeSet::new(), None), add).map(|(set, _)| set);
    let found = sets.reduce(BTreeSet::new, both);
    (found.len() <= most).then(|| found.into_iter().collect())
}

/// `place` of the key of each sample below `count`, looked up anew where it is another than before.
pub(super) fn remembered<K: PartialEq + Copy + Send, P: Copy + Send>(
    count: usize,
    of: impl Fn(usize) -> K + Sync + Send,
    place: impl Fn(K) -> P + Sync + Send,
) -> Vec<P> {
    let look = |last: &mut Option<(K, P)>, index: usize| {
        let key = of(index);
        match *last {
            Some((before, found)) if before == key => found,
            _ => last.insert((key, place(key))).1,
        }
    };
    (0..count).into_par_iter().map_init(|| None, look).collect()
}
