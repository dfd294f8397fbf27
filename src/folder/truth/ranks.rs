//! Ranks: the place of each subject and cluster among all listed ones, sorted by the code of the pseudonym.

use rayon::prelude::*;

use super::super::Pseudonyms;
use crate::dataset::{Dataset, Texts};

/// Pseudonyms of subjects, and the ranks of subjects and clusters, one a sample.
pub(super) struct Units {
    /// One a subject.
    pub subject_codes: Vec<u64>,
    pub subjects: Vec<u32>,
    /// Empty when the manifest has no clusters.
    pub clusters: Vec<u32>,
}

/// What is ranked: of equal codes clusters come first, then subjects, then samples that are their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Cluster,
    Subject,
    Sample,
}

/// A thing to be ranked: the first eight bytes of its code, what it is, and its place among its kind.
type Unit = (u64, Kind, u32);

impl Units {
    pub fn of(dataset: &Dataset, pseudonyms: &Pseudonyms) -> Self {
        let heads = |ids: &Texts| -> Vec<u64> {
            (0..ids.len()).into_par_iter().map(|place| pseudonyms.head(ids.get(place))).collect()
        };
        let (subject_codes, cluster_codes) = (heads(dataset.subjects()), heads(dataset.clusters()));
        let samples = dataset.samples();
        let all = || (0_u32..).take(samples.len());
        let subject = |place: u32| samples.get(place as usize).and_then(|sample| sample.subject);
        let cluster = |place: u32| samples.get(place as usize).and_then(|sample| sample.cluster);
        let own = |place: u32| match subject(place) {
            Some(at) => (subject_codes.get(at as usize).copied().unwrap_or_default(), Kind::Subject, at),
            None => (pseudonyms.head(samples.ids().get(place as usize)), Kind::Sample, place),
        };
        let in_cluster = |place: u32| match cluster(place) {
            Some(at) => (cluster_codes.get(at as usize).copied().unwrap_or_default(), Kind::Cluster, at),
            None => own(place),
        };
        let rank = |of: &(dyn Fn(u32) -> Unit + Sync)| -> Vec<u32> {
            // Each subject and cluster once, however many samples it has.
            let mut seen = [vec![false; dataset.clusters().len()], vec![false; dataset.subjects().len()]];
            let mut units: Vec<Unit> = Vec::new();
            for place in all() {
                let unit = of(place);
                let is_new = match unit.1 {
                    Kind::Sample => true,
                    Kind::Cluster => first_time(&mut seen[0], unit.2),
                    Kind::Subject => first_time(&mut seen[1], unit.2),
                };
                if is_new {
                    units.push(unit);
                }
            }
            drop(seen);
            ranked(dataset, pseudonyms, units, samples.len(), of)
        };
        let clusters = if dataset.has_clusters() { rank(&in_cluster) } else { Vec::new() };
        let subjects = rank(&own);
        Self { subject_codes, subjects, clusters }
    }
}

fn first_time(seen: &mut [bool], place: u32) -> bool {
    seen.get_mut(place as usize).is_some_and(|seen| !std::mem::replace(seen, true))
}

/// The rank of the unit of each sample.
fn ranked(
    dataset: &Dataset,
    pseudonyms: &Pseudonyms,
    mut units: Vec<Unit>,
    samples: usize,
    of: &(dyn Fn(u32) -> Unit + Sync),
) -> Vec<u32> {
    let id = |(_, kind, place): &Unit| match kind {
        Kind::Cluster => dataset.clusters().get(*place as usize),
        Kind::Subject => dataset.subjects().get(*place as usize),
        Kind::Sample => dataset.samples().ids().get(*place as usize),
    };
    // The whole code decides where the first eight bytes of two are equal.
    let code = |unit: &Unit| (pseudonyms.code(id(unit)), unit.1);
    units.par_sort_unstable_by(|one, other| one.0.cmp(&other.0).then_with(|| code(one).cmp(&code(other))));
    let mut of_cluster = vec![0; dataset.clusters().len()];
    let mut of_subject = vec![0; dataset.subjects().len()];
    let mut of_sample: Vec<u32> = Vec::new();
    let mut rank = 0;
    let mut last: Option<&Unit> = None;
    for unit in &units {
        // Two samples of one id are one unit.
        if last.is_some_and(|last| last.0 != unit.0 || code(last) != code(unit)) {
            rank += 1;
        }
        last = Some(unit);
        let ranks = match unit.1 {
            Kind::Cluster => &mut of_cluster,
            Kind::Subject => &mut of_subject,
            Kind::Sample => {
                of_sample.resize(samples, 0);
                &mut of_sample
            }
        };
        if let Some(slot) = ranks.get_mut(unit.2 as usize) {
            *slot = rank;
        }
    }
    let rank_of = |place: u32| {
        let (_, kind, at) = of(place);
        let ranks = match kind {
            Kind::Cluster => &of_cluster,
            Kind::Subject => &of_subject,
            Kind::Sample => &of_sample,
        };
        ranks.get(at as usize).copied().unwrap_or(u32::MAX)
    };
    (0..u32::try_from(samples).unwrap_or(u32::MAX)).into_par_iter().map(rank_of).collect()
}
