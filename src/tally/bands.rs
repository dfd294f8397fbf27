//! The confusion of age bands: where the attempts of people of each true band were answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answers::Said;
use super::class::AgeClass;
use super::families::Seen;
use super::shape::Shape;
use super::weights::Counted;
use super::wire;
use crate::age::NANOS_PER_YEAR;
use crate::outcome::Decision;
use crate::protocol::Tie;

/// A band, 0 for below the first edge, as many as there are edges for at or above the last.
pub type BandIndex = usize;

/// Where an attempt was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BandSaid {
    /// In this band.
    In(BandIndex),
    /// In a lower band than the true one.
    Down,
    /// In a higher band than the true one.
    Up,
    /// Answered, but not within one band.
    Undecided,
    /// Not answered.
    NotAnswered,
}

/// How many subjects have how many of their attempts where, by true band.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandTally {
    /// Subjects by attempts of people of this true band.
    pub attempts: BTreeMap<BandIndex, BTreeMap<u64, Counted>>,
    /// Subjects with at least one such answer, by (such answers, attempts).
    #[serde(with = "wire::nested")]
    pub said: BTreeMap<(BandIndex, BandSaid), BTreeMap<(u64, u64), Counted>>,
}

/// Whether a class is in no band of these edges, because it spans one.
#[must_use]
pub fn spans_an_edge(class: AgeClass, edges: &[u32]) -> bool {
    let edges: Vec<f64> = edges.iter().map(|edge| f64::from(*edge)).collect();
    true_band(class, &edges).is_none()
}

/// The band of a class; `None` when it spans an edge.
fn true_band(class: AgeClass, edges: &[f64]) -> Option<BandIndex> {
    #[expect(clippy::cast_possible_truncation, reason = "whole years up to 120")]
    let nanos = |edge: &f64| *edge as i64 * NANOS_PER_YEAR;
    let (low, high) = class.ends();
    let band = edges.partition_point(|edge| nanos(edge) <= low);
    edges.get(band).is_none_or(|edge| high <= nanos(edge)).then_some(band)
}

/// Where attempt `index` was answered: the band of an age; of a range that lies within one; of the method's own
/// decisions, where it passes the lower edge and is denied at the upper.
fn answered_band(shape: &Shape<'_>, index: usize, edges: &[f64]) -> Option<BandSaid> {
    let tie = shape.plan.tie;
    let pass =
        |years: f64| edges.partition_point(|edge| if tie == Tie::AtOrAbove { *edge <= years } else { *edge < years });
    let decided = |band: Option<BandIndex>| band.map_or(BandSaid::Undecided, BandSaid::In);
    match shape.answers.said(index) {
        Said::Nothing => None,
        Said::Age(years) => Some(BandSaid::In(pass(years))),
        Said::Range(low, high) => {
            let band = edges.partition_point(|edge| *edge <= low);
            Some(decided(edges.get(band).is_none_or(|edge| high <= *edge).then_some(band)))
        }
        Said::Limits => {
            let decision = |edge: &f64| {
                let limit = shape.grid.limits().iter().position(|limit| f64::from(limit.years()) == *edge)?;
                shape.answers.decision(limit, index)
            };
            let decisions: Vec<_> = edges.iter().map(decision).collect();
            // At least as old as the last edge that is passed, and younger than the first that is not.
            let lowest =
                decisions.iter().rposition(|decision| *decision == Some(Decision::Pass)).map_or(0, |at| at + 1);
            let highest = decisions.iter().position(|decision| *decision == Some(Decision::Deny));
            Some(decided((highest.unwrap_or(edges.len()) == lowest).then_some(lowest)))
        }
    }
}

impl BandTally {
    /// Counts one unit.
    pub(super) fn count(&mut self, seen: &Seen<'_>) {
        let (shape, edges) = (seen.shape, &seen.shape.plan.bands);
        let class = |sample: u32| shape.classes[usize::from(shape.class_of[sample as usize])];
        // Attempts and their weight, of the band and of each kind of answer.
        type Own = (u64, i64);
        let mut found: BTreeMap<BandIndex, (Own, BTreeMap<BandSaid, Own>)> = BTreeMap::new();
        for sample in &seen.taken.live {
            let Some(band) = true_band(class(*sample), edges) else { continue };
            let said = answered_band(shape, *sample as usize, edges).unwrap_or(BandSaid::NotAnswered);
            let (attempts, answers) = found.entry(band).or_default();
            let weight = shape.truth.weight(*sample as usize).unwrap_or_default();
            let add = |own: &mut Own| *own = (own.0 + 1, own.1 + weight);
            add(attempts);
            add(answers.entry(said).or_default());
            if let BandSaid::In(answer) = said
                && answer != band
            {
                add(answers.entry(if answer < band { BandSaid::Down } else { BandSaid::Up }).or_default());
            }
        }
        let weighted = shape.truth.is_weighted();
        for (band, ((attempts, all), answers)) in found {
            let own = self.attempts.entry(band).or_default().entry(attempts).or_default();
            own.add(&[all][..usize::from(weighted)]);
            for (said, (count, weight)) in answers {
                let own = self.said.entry((band, said)).or_default().entry((count, attempts)).or_default();
                own.add(&[weight, all][..2 * usize::from(weighted)]);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (band, counts) in &other.attempts {
            let own = self.attempts.entry(*band).or_default();
            counts.iter().for_each(|(attempts, subjects)| own.entry(*attempts).or_default().merge(subjects));
        }
        for (key, counts) in &other.said {
            let own = self.said.entry(*key).or_default();
            counts.iter().for_each(|(pair, subjects)| own.entry(*pair).or_default().merge(subjects));
        }
    }
}
