//! Shares in keyed cells, for subjects who may be in several: what standardised and projected rates are made of.

use std::collections::BTreeMap;

use crate::stats::{self, Clusters, Effective, Joint, Pair, Weigh};
use crate::tally::{Cell, CellKey, Combo, Vectors};

/// The required cells at one column, with (events, attempts) pairs.
pub(super) struct Keyed {
    /// The cells with somebody in the denominator, in the order of the keys.
    pub present: Vec<(CellKey, Clusters)>,
    /// The keys of those without.
    pub missing: Vec<CellKey>,
    /// Pairs of present cells that share subjects.
    pub joint: Vec<Joint>,
    /// The same subjects with their attempts in all cells together.
    pub pooled: Clusters,
    /// Attempts answered without a decision, and equal to the challenge age.
    pub undecided: u64,
    pub ties: u64,
}

impl Keyed {
    /// The cells `keys`: `single` holds the subjects who are in one cell only, `vectors` those in several.
    pub fn of<'c>(
        keys: &[CellKey],
        single: impl Fn(&CellKey) -> Option<&'c Cell>,
        vectors: &Vectors,
        column: usize,
        pair: impl Fn(Combo) -> Pair,
    ) -> Self {
        let place: BTreeMap<&CellKey, usize> = keys.iter().zip(0..).collect();
        let mut triples: Vec<Vec<(u64, u64, u64)>> = vec![Vec::new(); keys.len()];
        let mut pooled: Vec<(u64, u64, u64)> = Vec::new();
        let (mut undecided, mut ties) = (0, 0);
        let mut seen = |combo: Combo, subjects: u64| {
            undecided += combo.get(Combo::UNDECIDED) * subjects;
            ties += combo.get(Combo::TIE) * subjects;
        };
        for (key, own) in keys.iter().zip(&mut triples) {
            for (combo, subjects) in single(key).into_iter().flat_map(|cell| cell.at(column)) {
                let (events, attempts) = pair(combo);
                own.push((events, attempts, subjects));
                pooled.push((events, attempts, subjects));
                seen(combo, subjects);
            }
        }
        let mut joints: BTreeMap<(usize, usize), BTreeMap<(Pair, Pair), u64>> = BTreeMap::new();
        for (vector, subjects) in vectors.columns.get(&column).into_iter().flatten() {
            let cells: Vec<(usize, Pair)> = vector
                .iter()
                .filter_map(|(key, combo)| {
                    let place = *place.get(key)?;
                    seen(*combo, *subjects);
                    Some((place, pair(*combo))).filter(|(_, (_, attempts))| *attempts > 0)
                })
                .collect();
            let sum = |of: fn(&Pair) -> u64| cells.iter().map(|(_, pair)| of(pair)).sum::<u64>();
            pooled.push((sum(|pair| pair.0), sum(|pair| pair.1), *subjects));
            for (index, (one, here)) in cells.iter().enumerate() {
                triples[*one].push((here.0, here.1, *subjects));
                for (other, there) in &cells[index + 1..] {
                    *joints.entry((*one, *other)).or_default().entry((*here, *there)).or_default() += subjects;
                }
            }
        }
        let (mut present, mut missing, mut index_of) = (Vec::new(), Vec::new(), vec![0; keys.len()]);
        for (place, (key, triples)) in keys.iter().zip(triples).enumerate() {
            let clusters = Clusters::of(triples);
            if clusters.subjects() == 0 {
                missing.push(key.clone());
            } else {
                index_of[place] = present.len();
                present.push((key.clone(), clusters));
            }
        }
        let joint = joints.into_iter().map(|((one, other), pairs)| Joint {
            first: index_of[one],
            second: index_of[other],
            pairs: pairs.into_iter().map(|((here, there), subjects)| (here, there, subjects)).collect(),
        });
        Self { present, missing, joint: joint.collect(), pooled: Clusters::of(pooled), undecided, ties }
    }

    /// The mean of the present cells, weighted by `weight`, which need not add up to anything.
    pub fn mean(&self, weight: impl Fn(&CellKey) -> f64, weigh: Weigh, level: f64) -> Option<Effective> {
        let total: f64 = self.present.iter().map(|(key, _)| weight(key)).sum();
        let cell = |(key, clusters): &(CellKey, Clusters)| stats::Cell {
            weight: weight(key) / total,
            clusters: clusters.clone(),
        };
        if self.present.is_empty() {
            return None;
        }
        let cells: Vec<_> = self.present.iter().map(cell).collect();
        if let [only] = self.present.as_slice() {
            return only.1.effective(weigh, level);
        }
        stats::standardised(&cells, &self.joint, &self.pooled, weigh, level)
    }

    /// What speaks against a claim: missing cells, cells of one subject.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if !self.missing.is_empty() {
            reasons.push(no_subject(&self.missing, self.present.len()));
        }
        let lone: Vec<CellKey> =
            self.present.iter().filter(|(_, clusters)| clusters.subjects() == 1).map(|(key, _)| key.clone()).collect();
        if !lone.is_empty() {
            reasons.push(format!("one subject in {}", list(&lone)));
        }
        reasons
    }
}

/// `no subject in 3 of 26 cells: female 18, male 30, ...`.
pub(super) fn no_subject(missing: &[CellKey], present: usize) -> String {
    format!("no subject in {} of {} cells: {}", missing.len(), missing.len() + present, list(missing))
}

/// The first few keys as words.
pub(super) fn list(keys: &[CellKey]) -> String {
    const SHOWN: usize = 6;
    let word = |(level, year): &CellKey| {
        let level = level.replace(';', ",");
        if level.is_empty() { format!("age {year}") } else { format!("{level} {year}") }
    };
    let mut words: Vec<String> = keys.iter().take(SHOWN).map(word).collect();
    if keys.len() > SHOWN {
        words.push(format!("and {} more", keys.len() - SHOWN));
    }
    words.join(", ")
}
