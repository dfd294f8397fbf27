//! Shares in keyed cells, for subjects who may be in several: what standardised and projected rates are made of.

use std::collections::BTreeMap;

use crate::stats::{self, Clusters, CrossWeights, Effective, Joint, Pair, Triple, Weigh};
use crate::tally::{Cell, CellKey, Combo, Vectors};

/// Subjects in two cells by (events, attempts) in the one and in the other: how many, and the products of their weights.
type Alike = BTreeMap<(Pair, Pair), (u64, Option<CrossWeights>)>;

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
    /// The cells `keys`: `single` holds the subjects who are in one cell only, `vectors` those in several. `pair` is a sum
    /// over attempts.
    pub fn of<'c>(
        keys: &[CellKey],
        single: impl Fn(&CellKey) -> Option<&'c Cell>,
        vectors: &Vectors,
        column: usize,
        pair: impl Fn(&CellKey, Combo) -> Pair,
    ) -> Self {
        let place: BTreeMap<&CellKey, usize> = keys.iter().zip(0..).collect();
        let mut triples: Vec<Vec<Triple>> = vec![Vec::new(); keys.len()];
        let mut pooled: Vec<Triple> = Vec::new();
        let (mut undecided, mut ties) = (0, 0);
        let mut seen = |combo: Combo, subjects: u64| {
            undecided += combo.get(Combo::UNDECIDED) * subjects;
            ties += combo.get(Combo::TIE) * subjects;
        };
        for (key, own) in keys.iter().zip(&mut triples) {
            if let Some(cell) = single(key) {
                cell.at(column).for_each(|(combo, subjects)| seen(combo, subjects));
                own.extend(cell.triples(column, |combo| pair(key, combo)));
            }
            pooled.extend(own.iter().copied());
        }
        let mut joints: BTreeMap<(usize, usize), Alike> = BTreeMap::new();
        for (vector, counted) in vectors.columns.get(&column).into_iter().flatten() {
            let subjects = counted.subjects;
            // Cells that are not asked for have nobody in them.
            let of_cell = |key: &CellKey, combo: Combo| if place.contains_key(key) { pair(key, combo) } else { (0, 0) };
            let of_cells: Vec<_> = vector.iter().map(|(key, _)| move |combo: Combo| of_cell(key, combo)).collect();
            let cells: Vec<(Combo, &dyn Fn(Combo) -> Pair)> = vector
                .iter()
                .zip(&of_cells)
                .map(|((_, combo), pair)| (*combo, pair as &dyn Fn(Combo) -> Pair))
                .collect();
            let view = counted.view(vector.iter().map(|(_, combo)| *combo));
            pooled.push(view.triple(&cells, subjects));
            let mut here: Vec<(usize, usize, Pair)> = Vec::new();
            for (at, (key, combo)) in vector.iter().enumerate() {
                let Some(place) = place.get(key) else { continue };
                seen(*combo, subjects);
                let triple = view.triple_of(&cells, at, subjects);
                if triple.attempts > 0 {
                    triples[*place].push(triple);
                    here.push((at, *place, (triple.events, triple.attempts)));
                }
            }
            for (index, (at, one, first)) in here.iter().enumerate() {
                for (later, other, second) in &here[index + 1..] {
                    let own = joints.entry((*one, *other)).or_default().entry((*first, *second)).or_default();
                    own.0 += subjects;
                    if let Some(weights) = view.cross(&cells, *at, *later) {
                        own.1.get_or_insert_default().merge(&weights);
                    }
                }
            }
        }
        let (mut present, mut missing, mut index_of) = (Vec::new(), Vec::new(), vec![0; keys.len()]);
        for (place, (key, triples)) in keys.iter().zip(triples).enumerate() {
            let clusters = Clusters::of_triples(triples);
            if clusters.subjects() == 0 {
                missing.push(key.clone());
            } else {
                index_of[place] = present.len();
                present.push((key.clone(), clusters));
            }
        }
        let joint = joints.into_iter().map(|((one, other), alike)| {
            let pairs = alike.into_iter().map(|((here, there), (subjects, weights))| (here, there, subjects, weights));
            Joint::of(index_of[one], index_of[other], pairs)
        });
        Self { present, missing, joint: joint.collect(), pooled: Clusters::of_triples(pooled), undecided, ties }
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
        stats::standardised(&cells, &self.joint, &self.pooled, weigh, level)
    }

    /// What speaks against a claim: missing cells, cells of one subject.
    pub fn reasons(&self) -> Vec<String> {
        reasons(&self.missing, self.present.iter().map(|(key, clusters)| (key, clusters.subjects())))
    }
}

/// What speaks against a claim on a mean over required cells: those without a subject, and of `present`, each with its
/// subjects, those of one, whose variance nobody knows.
pub(super) fn reasons<'k>(missing: &[CellKey], present: impl Iterator<Item = (&'k CellKey, u64)>) -> Vec<String> {
    let (mut there, mut lone) = (0, Vec::new());
    for (key, subjects) in present {
        there += 1;
        if subjects == 1 {
            lone.push(key.clone());
        }
    }
    let none = (!missing.is_empty()).then(|| no_subject(missing, there));
    let one = (!lone.is_empty()).then(|| format!("one subject in {}", list(&lone)));
    none.into_iter().chain(one).collect()
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
