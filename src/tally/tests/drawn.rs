//! Drawn datasets with everything that a tally tells apart, and what was counted of them attempt by attempt.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::cell::Steps;
use super::moved::part_at;
use super::*;
use crate::table::Group;

/// One attempt; without an outcome a sample that was only listed.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub subject: u32,
    pub age: Option<AgeRange>,
    pub outcome: Option<Outcome>,
    /// Empty where unknown.
    pub sex: &'static str,
    /// Empty where unknown; a condition.
    pub light: &'static str,
    /// The species of an attack, empty where it has no name.
    pub attack: Option<&'static str>,
    pub weight: u32,
}

/// What holds for a whole dataset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub clustered: bool,
    pub weighted: bool,
    pub bands: bool,
    pub above: bool,
}

fn age() -> impl Strategy<Value = Option<AgeRange>> {
    let month = |twelfths: u32| f64::from(twelfths) / 12.0;
    let known = prop_oneof![
        6 => (14_u32..21).prop_map(|years| AgeRange::whole_years(years).unwrap()),
        2 => (15 * 12_u32..19 * 12).prop_map(move |it| AgeRange::exact(Age::new(month(it)).unwrap())),
        2 => (15 * 12_u32..19 * 12).prop_map(move |it| AgeRange::new(month(it), month(it + 1)).unwrap()),
        1 => (12_u32..18, 2_u32..6)
            .prop_map(|(low, more)| AgeRange::new(f64::from(low), f64::from(low + more)).unwrap()),
    ];
    prop_oneof![20 => known.prop_map(Some), 1 => Just(None)]
}

fn outcome() -> impl Strategy<Value = Option<Outcome>> {
    let years = |halves: u32| Age::new(f64::from(halves) / 2.0).unwrap();
    let spread = prop_oneof![4 => Just(None), 1 => Just(Some(1.5))];
    let limit = |years| AgeLimit::new(years).unwrap();
    let about = (0_usize..4, 0_usize..4, any::<bool>()).prop_map(move |(low, high, both)| {
        let decisions = [Some(Decision::Pass), Some(Decision::Deny), None, None];
        let one = |years, at: usize| LimitAnswer {
            limit: limit(years),
            score: (at == 3).then_some(0.5),
            decision: decisions[at],
        };
        let low = both.then(|| one(16, low));
        Outcome::answered(Answer::Limits(low.into_iter().chain([one(18, high)]).collect()))
    });
    let unanswered = prop_oneof![
        Just(Status::Abstained),
        Just(Status::Refused),
        Just(Status::NoSubject),
        Just(Status::Failed),
        Just(Status::TimedOut),
    ];
    prop_oneof![
        12 => (24_u32..60, spread)
            .prop_map(move |(halves, spread)| Some(Outcome::answered(Answer::Age { age: years(halves), spread }))),
        1 => (20_u32..40, 0_u32..9).prop_map(move |(low, more)| {
            Some(Outcome::answered(Answer::Range { low: years(low), high: years(low + more) }))
        }),
        2 => about.prop_map(Some),
        2 => unanswered.prop_map(|status| Some(Outcome::unanswered(status, ""))),
        1 => Just(None),
    ]
}

fn attempt() -> impl Strategy<Value = Drawn> {
    let sex = prop_oneof![8 => Just("female"), 8 => Just("male"), 1 => Just("")];
    let light = prop_oneof![4 => Just("dark"), 4 => Just("bright"), 1 => Just("")];
    let attack = prop_oneof![16 => Just(None), 1 => Just(Some("print")), 1 => Just(Some("mask")), 1 => Just(Some(""))];
    (age(), outcome(), sex, light, attack, 1_u32..4).prop_map(|(age, outcome, sex, light, attack, weight)| Drawn {
        subject: 0,
        age,
        outcome,
        sex,
        light,
        attack,
        weight,
    })
}

/// Many people of one age and label with one to three attempts, and few with many of several.
pub(super) fn people() -> impl Strategy<Value = Vec<Drawn>> {
    let steady = proptest::collection::vec((attempt(), proptest::collection::vec(outcome(), 0..3)), 0..90);
    let mixed = proptest::collection::vec((attempt(), 0_u32..7), 0..60);
    (steady, mixed).prop_map(|(steady, mixed)| {
        let mut all = Vec::new();
        for (subject, (drawn, more)) in (100..).zip(steady) {
            let again = more.into_iter().map(|outcome| Drawn { outcome, subject, ..drawn.clone() });
            all.extend(again.chain([Drawn { subject, ..drawn.clone() }]).collect::<Vec<_>>());
        }
        all.extend(mixed.into_iter().map(|(drawn, subject)| Drawn { subject, ..drawn }));
        all
    })
}

pub(super) fn kind() -> impl Strategy<Value = Kind> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(clustered, weighted, bands, above)| Kind {
        clustered,
        weighted,
        bands,
        above,
    })
}

const PROTOCOL: &str = "
limits = [16, 18]
groups = ['sex', 'light']
crossings = [['sex', 'light']]
bands = [14, 16, 18]
challenge = { span = 2.0, headline = [0.0, 1.0] }
windows = { under = 2, over = 3 }
between_groups = { error_windows = [[15, 17]] }
buffer = { span = 1.0, confirm = true, groups = [{ group_by = 'sex' }] }
projection = [{ name = 'shop', ages = [[16, 0.5], [18, 0.5]] }]
[[standard]]
name = 'sex'
column = 'sex'
from = 15
to = 18
rates = true
[[standard]]
name = 'listed'
column = 'light'
levels = ['dark', 'bright', 'dusk']
from = 16
to = 19
rates = false
[[standard]]
name = 'region'
column = 'region'
from = 16
to = 19
rates = true
";

/// A dataset, its answers and its tally.
pub(super) struct Set {
    pub drawn: Vec<Drawn>,
    pub kind: Kind,
    pub protocol: Protocol,
    pub truth: Truth,
    pub answers: Answers,
    pub tally: Tally,
}

/// The columns of a tally by their limit, and their challenge age but for the method's own decision.
pub(super) type ColumnOf = (AgeLimit, Option<f64>);

impl Set {
    pub fn of(drawn: Vec<Drawn>, kind: Kind) -> Self {
        let drawn: Vec<Drawn> = drawn
            .into_iter()
            .filter(|one| kind.bands || one.age.is_none_or(|age| age.completed_years().is_some()))
            .collect();
        let tie = if kind.above { "above" } else { "at_or_above" };
        let protocol = Protocol::from_toml(&format!("tie = '{tie}'\n{PROTOCOL}")).unwrap();
        let builder = TruthBuilder::new(&[("sex", true), ("light", false)]);
        let mut truth = builder.with_conditions(&["light".to_owned()]);
        let mut answers = Answers::new(&protocol.limits);
        for one in &drawn {
            truth.push(&TruthRow {
                subject_rank: one.subject,
                subject_known: one.subject != 3,
                cluster_rank: cluster(one, kind),
                weight: kind.weighted.then_some(f64::from(one.weight)),
                age: one.age,
                attack: one.attack.is_some(),
                levels: &[one.sex, one.light],
            });
            if let Some(species) = one.attack.filter(|species| !species.is_empty()) {
                truth.species(species);
            }
            answers.push(one.outcome.as_ref());
        }
        let truth = truth.finish().unwrap();
        let tally = Tally::of(&truth, &answers, &protocol).unwrap();
        Self { drawn, kind, protocol, truth, answers, tally }
    }

    pub fn columns(&self) -> Vec<ColumnOf> {
        let limits = &self.protocol.limits;
        let challenges = self.tally.grid.challenges().iter().map(|it| (limits[0], Some(it.years())));
        challenges.chain(limits.iter().map(|limit| (*limit, None))).collect()
    }

    /// The columns of the headline challenge ages and of the method's own decisions.
    pub fn headline(&self) -> Vec<usize> {
        let limits = &self.protocol.limits;
        let wanted = |column: &ColumnOf| {
            column.1.is_none_or(|years| limits.iter().any(|it| [0.0, 1.0].contains(&(years - f64::from(it.years())))))
        };
        (0..).zip(self.columns()).filter(|(_, column)| wanted(column)).map(|(place, _)| place).collect()
    }

    /// The attempts of those `of`, unit by unit.
    pub fn units(&self, of: impl Fn(&Drawn) -> bool) -> Vec<Vec<&Drawn>> {
        let mut units: BTreeMap<(bool, u32), Vec<&Drawn>> = BTreeMap::new();
        for drawn in self.drawn.iter().filter(|drawn| of(drawn)) {
            let cluster = cluster(drawn, self.kind);
            units.entry((cluster.is_none(), cluster.unwrap_or(drawn.subject))).or_default().push(drawn);
        }
        units.into_values().collect()
    }

    /// What came of these attempts at a column, and what weighs how much of it.
    pub fn combo(&self, own: &[&Drawn], (limit, years): ColumnOf) -> (Combo, Vec<i64>) {
        let (mut combo, mut weights) = (Combo::default(), [0; 5]);
        for drawn in own {
            let part = part_at(drawn.outcome.as_ref().unwrap(), limit, years);
            combo.0[part] += 1;
            weights[part] += nanos(drawn);
        }
        (combo, self.present(combo, weights))
    }

    /// The weights of the parts that a combination has, where weights differ.
    pub fn present(&self, combo: Combo, weights: [i64; 5]) -> Vec<i64> {
        let present = combo.0.into_iter().zip(weights).filter(|(count, _)| *count > 0);
        if self.tally.weighted { present.map(|(_, weight)| weight).collect() } else { Vec::new() }
    }

    /// The cell of these units.
    pub fn cell(&self, units: &[Vec<&Drawn>]) -> Cell {
        let columns = self.columns();
        Cell {
            steps: steps(columns.len(), |column| {
                units.iter().filter(|own| !own.is_empty()).map(|own| self.combo(own, columns[column])).collect()
            }),
        }
    }
}

/// Some subjects of a clustered dataset are in no cluster.
fn cluster(drawn: &Drawn, kind: Kind) -> Option<u32> {
    (kind.clustered && drawn.subject % 7 != 1).then_some(drawn.subject % 40)
}

/// What an attempt weighs, 10^-9.
pub(super) fn nanos(drawn: &Drawn) -> i64 {
    i64::from(drawn.weight) * 1_000_000_000
}

/// Whether an attempt was made by somebody of known age.
pub(super) fn live(drawn: &Drawn) -> bool {
    drawn.attack.is_none() && drawn.age.is_some() && drawn.outcome.is_some()
}

pub(super) fn class(drawn: &Drawn) -> AgeClass {
    AgeClass::of(drawn.age.unwrap())
}

/// The level of an attempt in a column.
pub(super) fn level(drawn: &Drawn, column: &str) -> &'static str {
    let level = if column == "sex" { drawn.sex } else { drawn.light };
    if level.is_empty() { Group::UNKNOWN } else { level }
}

/// Sums over vectors of their entries, and of the products of each two entries.
pub(super) fn sums(vectors: &[Vec<i64>]) -> Vec<i128> {
    let entries = vectors[0].len();
    let pairs = (0..entries).flat_map(|one| (one..entries).map(move |other| (one, other)));
    let entry = |at: usize| vectors.iter().map(|vector| i128::from(vector[at])).sum();
    let product = |(one, other): (usize, usize)| {
        vectors.iter().map(|vector| i128::from(vector[one]) * i128::from(vector[other])).sum()
    };
    (0..entries).map(entry).chain(pairs.map(product)).collect()
}

/// The subjects `at` each column by key, with the vectors of their weights, as differences from column to column.
pub(super) fn steps<K: Ord + Copy>(columns: usize, at: impl Fn(usize) -> Vec<(K, Vec<i64>)>) -> Steps<K> {
    let mut steps = Steps::default();
    for column in 0..columns {
        let mut found: BTreeMap<K, Vec<Vec<i64>>> = BTreeMap::new();
        at(column).into_iter().for_each(|(key, vector)| found.entry(key).or_default().push(vector));
        for (key, vectors) in found {
            let row = steps.differences.entry(key).or_insert_with(|| vec![0; columns + 1]);
            row[column] += vectors.len() as i64;
            row[column + 1] -= vectors.len() as i64;
            let sums = sums(&vectors);
            if !sums.is_empty() {
                let rows = steps.weights.entry(key).or_insert_with(|| vec![0; sums.len() * (columns + 1)]);
                for (place, sum) in sums.iter().enumerate() {
                    rows[sums.len() * column + place] += sum;
                    rows[sums.len() * (column + 1) + place] -= sum;
                }
            }
        }
    }
    steps
}

/// How many subjects are alike, and the sums of their weights.
pub(super) fn counted<K: Ord + Clone>(all: Vec<(K, Vec<i64>)>) -> BTreeMap<K, Counted> {
    let mut found: BTreeMap<K, Vec<Vec<i64>>> = BTreeMap::new();
    all.into_iter().for_each(|(key, vector)| found.entry(key).or_default().push(vector));
    let of = |vectors: Vec<Vec<i64>>| Counted { subjects: vectors.len() as u64, sums: sums(&vectors) };
    found.into_iter().map(|(key, vectors)| (key, of(vectors))).collect()
}
