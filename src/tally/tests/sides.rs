//! What subjects of several ages did on both sides of a limit and how far below it they passed, counted from the definition.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::moved::part_at;
use super::*;
use crate::protocol::Tie;

type Drawn = ((u32, AgeRange, Outcome, u8), u32);

/// Sums over subjects of the entries of a vector and of the products of each two, as [`Counted`] keeps them.
fn sums(vectors: &[Vec<i64>]) -> Vec<i128> {
    let entries = vectors[0].len();
    let entry = |at: usize| vectors.iter().map(|vector| i128::from(vector[at])).sum::<i128>();
    let product = |one: usize, other: usize| -> i128 {
        vectors.iter().map(|vector| i128::from(vector[one]) * i128::from(vector[other])).sum()
    };
    let products = (0..entries).flat_map(|one| (one..entries).map(move |other| (one, other)));
    (0..entries).map(entry).chain(products.map(|(one, other)| product(one, other))).collect()
}

type Alike<K> = BTreeMap<K, Vec<Vec<i64>>>;

fn same<K: Ord + Copy + std::fmt::Debug>(found: &BTreeMap<K, Counted>, wanted: &Alike<K>, weighted: bool) {
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (key, vectors) in wanted {
        assert_eq!(found[key].subjects, vectors.len() as u64, "{key:?}");
        assert_eq!(found[key].sums, if weighted { sums(vectors) } else { Vec::new() }, "{key:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn both_sides_and_how_far_below_are_counted_of_subjects_of_several_ages(
        attempts in proptest::collection::vec((super::attempt(), 1_u32..4), 1..120),
        weighted in any::<bool>(),
        above in any::<bool>(),
    ) {
        let tie = if above { "above" } else { "at_or_above" };
        let protocol = Protocol::from_toml(&format!("limits = [16, 18]\ntie = '{tie}'\n")).unwrap();
        let protocol = &protocol;
        let mut truth = TruthBuilder::new(&[]);
        let mut answers = Answers::new(&protocol.limits);
        let mut subjects: BTreeMap<u32, Vec<&Drawn>> = BTreeMap::new();
        for drawn in &attempts {
            let ((subject, age, outcome, _), weight) = drawn;
            let weight = weighted.then_some(f64::from(*weight));
            truth.push(&TruthRow { weight, ..TruthRow::of(*subject, *age, &[]) });
            answers.push(Some(outcome));
            subjects.entry(*subject).or_default().push(drawn);
        }
        let truth = truth.finish().unwrap();
        let weighted = truth.is_weighted();
        let tally = Tally::of(&truth, &answers, protocol).unwrap();
        let found = &tally.whole().unwrap().families.sides;
        let mut both: BTreeMap<LimitColumn, Alike<(Combo, Combo)>> = BTreeMap::new();
        let mut far: BTreeMap<(LimitColumn, u32), Alike<(u64, u64)>> = BTreeMap::new();
        for own in subjects.values() {
            let class = |drawn: &Drawn| AgeClass::of(drawn.0.1);
            if own.iter().all(|drawn| class(drawn) == class(own[0])) {
                continue;
            }
            for (index, limit) in protocol.limits.iter().enumerate() {
                for challenge in protocol.headline_ages(*limit).into_iter().map(Some).chain([None]) {
                    let key = (index, tally.grid.column(*limit, challenge).unwrap());
                    let years = challenge.map(|challenge| challenge.years());
                    let part = |drawn: &Drawn| part_at(&drawn.0.2, *limit, years);
                    let on = |slot: Slot| {
                        let inside = move |drawn: &&Drawn| class(drawn).belongs(slot, *limit, protocol);
                        own.iter().copied().filter(inside).collect::<Vec<_>>()
                    };
                    let sides = [on(Slot::Under), on(Slot::Over)];
                    let mut combos = [Combo::default(); 2];
                    let mut weights = [[0_i64; 5]; 2];
                    for (side, all) in sides.iter().enumerate() {
                        for drawn in all {
                            combos[side].0[part(drawn)] += 1;
                            weights[side][part(drawn)] += i64::from(drawn.1) * 1_000_000_000;
                        }
                    }
                    if sides.iter().all(|side| !side.is_empty()) {
                        let present = combos.iter().zip(weights).flat_map(|(combo, weights)| {
                            combo.0.into_iter().zip(weights).filter(|(count, _)| *count > 0).map(|(_, weight)| weight)
                        });
                        let vector = present.collect();
                        both.entry(key).or_default().entry((combos[0], combos[1])).or_default().push(vector);
                    }
                    let passes = sides[0].iter().filter(|drawn| {
                        part(drawn) == Combo::ABOVE || (part(drawn) == Combo::TIE && protocol.tie == Tie::AtOrAbove)
                    });
                    for years in 1..=5 {
                        let known = passes.clone();
                        let known = known.filter_map(|it| Some((is_far(class(it), limit.years(), years)?, it.1)));
                        let known: Vec<(bool, u32)> = known.collect();
                        if known.is_empty() {
                            continue;
                        }
                        let of = |far: bool| known.iter().filter(move |one| !far || one.0);
                        let weight = |far: bool| of(far).map(|one| i64::from(one.1) * 1_000_000_000).sum();
                        let pair = (of(true).count() as u64, of(false).count() as u64);
                        let alike = far.entry((key, years)).or_default().entry(pair).or_default();
                        alike.push(vec![weight(true), weight(false)]);
                    }
                }
            }
        }
        prop_assert_eq!(found.both.keys().collect::<Vec<_>>(), both.keys().collect::<Vec<_>>());
        prop_assert_eq!(found.far.keys().collect::<Vec<_>>(), far.keys().collect::<Vec<_>>());
        both.iter().for_each(|(key, wanted)| same(&found.both[key], wanted, weighted));
        far.iter().for_each(|(key, wanted)| same(&found.far[key], wanted, weighted));
    }
}
