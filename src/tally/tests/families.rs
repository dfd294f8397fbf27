//! What single families count, attempt by attempt from the definitions.

use std::collections::{BTreeMap, BTreeSet};

use super::super::errors::Error;
use super::super::months::month;
use super::drawn::{Drawn, Set, class, counted, live, nanos};
use super::recount::errors;
use super::standards::standard;
use super::*;
use crate::protocol::Tie;
use crate::table::Group;

/// What the families have counted of those `of`, who are of a group by so many columns (none: a half of another group).
/// Sums of permutation nulls and of both sides of a limit, which have tests of their own, are left out, and so are repeats.
pub(super) fn recounted(set: &Set, of: &dyn Fn(&Drawn) -> bool, by: Option<usize>) -> Families {
    let mut found = Families::default();
    let units = set.units(|drawn| of(drawn) && live(drawn));
    if by.is_some_and(|columns| columns < 2) && !units.is_empty() {
        let standards = set.protocol.standards.iter().cloned().chain(set.protocol.error_standards());
        found.standards = standards.map(|it| (it.name.clone(), standard(set, &units, &it, by == Some(0)))).collect();
    }
    if by == Some(0) {
        found.attacks = attacks(set);
        found.months = months(set, &units);
        found.ages = ages(set, &units);
        found.bands = bands(set, &units);
    }
    found
}

/// Compares them, repeats too.
pub(super) fn same(set: &Set, found: &Families, wanted: &Families, group: &Group) {
    let empty = StandardTally::default();
    let names: BTreeSet<&String> = found.standards.keys().chain(wanted.standards.keys()).collect();
    for name in names {
        let [found, wanted] = [&found.standards, &wanted.standards].map(|all| all.get(name).unwrap_or(&empty));
        // Where nobody of the group was counted nothing may be known of its cells.
        if !(wanted.single.is_empty() && wanted.several.is_empty() && wanted.outcomes.is_empty()) {
            assert_eq!(found.levels, wanted.levels, "{group:?} {name}");
            assert_eq!(found.column, wanted.column, "{group:?} {name}");
        }
        assert_eq!(found.single, wanted.single, "{group:?} {name}");
        assert_eq!(found.several, wanted.several, "{group:?} {name}");
        assert_eq!(found.pooled, wanted.pooled, "{group:?} {name}");
        assert_eq!(found.pairs, wanted.pairs, "{group:?} {name}");
        assert_eq!(found.outcomes, wanted.outcomes, "{group:?} {name}");
        assert_eq!(found.vectors, wanted.vectors, "{group:?} {name}");
    }
    assert_eq!(found.attacks, wanted.attacks, "{group:?}");
    assert_eq!(found.months, wanted.months, "{group:?}");
    assert_eq!(found.ages, wanted.ages, "{group:?}");
    assert_eq!(found.bands, wanted.bands, "{group:?}");
    if group.is_whole() && !found.standards.is_empty() {
        repeats(set, &found.repeats);
    } else {
        assert_eq!(found.repeats, RepeatTally::default());
    }
}

fn attacks(set: &Set) -> AttackTallies {
    let mut all = BTreeMap::new();
    for species in ["print", "mask"] {
        let units = set.units(|drawn| drawn.attack == Some(species) && drawn.outcome.is_some());
        if units.is_empty() {
            continue;
        }
        let below = |limit: &AgeLimit| {
            let under =
                |it: &&Drawn| it.age.is_some_and(|age| AgeClass::of(age).side(*limit) == crate::age::Side::Under);
            let own = units.iter().map(|own| own.iter().copied().filter(under).collect::<Vec<_>>());
            let cell = set.cell(&own.filter(|own| !own.is_empty()).collect::<Vec<_>>());
            (!cell.is_empty()).then_some((*limit, cell))
        };
        let age = |drawn: &&Drawn| {
            let age = drawn.age.filter(|age| age.completed_years().is_some())?;
            let age = Age::new(age.low()).unwrap().nanos();
            Some(Error { signed: age, age, weight: set.tally.weighted.then(|| nanos(drawn)) })
        };
        let ages: Vec<Vec<Error>> = units.iter().map(|own| own.iter().filter_map(age).collect()).collect();
        let tally = AttackTally {
            all: set.cell(&units),
            under: set.protocol.limits.iter().filter_map(below).collect(),
            ages: errors(&ages, false, false),
        };
        all.insert(species.to_owned(), tally);
    }
    AttackTallies(all)
}

/// By completed month, of those in the last year before a limit.
fn months(set: &Set, units: &[Vec<&Drawn>]) -> BTreeMap<u32, Cell> {
    let last = |drawn: &Drawn| {
        let years = drawn.age?.completed_years()?;
        set.protocol.limits.iter().any(|limit| limit.years() == years + 1).then_some(())?;
        month(drawn.age?)
    };
    let all: BTreeSet<u32> = units.iter().flatten().filter_map(|drawn| last(drawn)).collect();
    let cell = |wanted: u32| {
        let own = |own: &Vec<&'_ Drawn>| -> Vec<Drawn> {
            own.iter().filter(|drawn| last(drawn) == Some(wanted)).map(|drawn| (*drawn).clone()).collect()
        };
        let units: Vec<Vec<Drawn>> = units.iter().map(own).filter(|own| !own.is_empty()).collect();
        (wanted, set.cell(&units.iter().map(|own| own.iter().collect()).collect::<Vec<_>>()))
    };
    all.into_iter().map(cell).collect()
}

/// One subject's combinations in its cells, with the weights of all their parts.
pub(super) fn vector<K: Clone>(set: &Set, cells: &[(K, Vec<&Drawn>)], column: usize) -> (Vec<(K, Combo)>, Vec<i64>) {
    let combos = cells.iter().map(|(key, own)| (key.clone(), set.combo(own, set.columns()[column])));
    let (mut vector, mut weights) = (Vec::new(), Vec::new());
    for (key, (combo, more)) in combos {
        vector.push((key, combo));
        weights.extend(more);
    }
    (vector, weights)
}

/// The subjects of several age classes by their completed years.
fn ages(set: &Set, units: &[Vec<&Drawn>]) -> Vectors {
    let several: Vec<_> = units.iter().filter(|own| own.iter().any(|it| class(it) != class(own[0]))).collect();
    let years = |own: &&Vec<&'_ Drawn>| {
        let mut cells: BTreeMap<CellKey, Vec<Drawn>> = BTreeMap::new();
        for drawn in own.iter() {
            if let AgeClass::Year(year) = class(drawn) {
                cells.entry((String::new(), year)).or_default().push((*drawn).clone());
            }
        }
        cells.into_iter().collect::<Vec<_>>()
    };
    let all: Vec<Vec<(CellKey, Vec<Drawn>)>> = several.iter().map(years).collect();
    let at = |column: usize| {
        let one = |cells: &Vec<(CellKey, Vec<Drawn>)>| {
            let cells: Vec<_> = cells.iter().map(|(key, own)| (key.clone(), own.iter().collect())).collect();
            vector(set, &cells, column)
        };
        counted(all.iter().map(one).collect())
    };
    let columns = set.headline().into_iter().map(|column| (column, at(column)));
    Vectors { columns: columns.filter(|(_, found)| !found.is_empty()).collect() }
}

/// Where an attempt was answered, among the edges 14, 16 and 18.
fn band_said(set: &Set, drawn: &Drawn) -> BandSaid {
    let edges = [14.0, 16.0, 18.0];
    let low_edge = |band: usize| if band == 0 { f64::NEG_INFINITY } else { edges[band - 1] };
    let high_edge = |band: usize| edges.get(band).copied().unwrap_or(f64::INFINITY);
    let within = |inside: &dyn Fn(f64, f64) -> bool| {
        (0..4).find(|band| inside(low_edge(*band), high_edge(*band))).map_or(BandSaid::Undecided, BandSaid::In)
    };
    match drawn.outcome.as_ref().unwrap().answer.as_ref() {
        None => BandSaid::NotAnswered,
        Some(Answer::Age { age, .. }) => {
            let years = age.years();
            // An answer at an edge passes it or does not.
            within(&|low, high| {
                if set.protocol.tie == Tie::AtOrAbove {
                    low <= years && years < high
                } else {
                    low < years && years <= high
                }
            })
        }
        Some(Answer::Range { low: from, high: to }) => {
            // A range of no width at an edge is above it.
            let (from, to) = (from.years(), to.years());
            within(&|low, high| low <= from && from < high && to <= high)
        }
        Some(Answer::Limits(all)) => {
            let said =
                |years: i64| all.iter().find(|it| i64::from(it.limit.years()) == years).and_then(|it| it.decision);
            // Nothing is said of 14: of those who are denied at 16 it is not known on which side of it they are.
            assert!(said(14).is_none());
            match (said(16), said(18)) {
                (Some(Decision::Pass), Some(Decision::Deny)) => BandSaid::In(2),
                (Some(Decision::Pass) | None, Some(Decision::Pass)) => BandSaid::In(3),
                _ => BandSaid::Undecided,
            }
        }
    }
}

fn bands(set: &Set, units: &[Vec<&Drawn>]) -> BandTally {
    let true_band = |drawn: &Drawn| {
        let (low, high) = class(drawn).ends();
        let years = |edge: i64| edge * 1_000_000_000;
        (0..4).find(|band| {
            (*band == 0 || years([14, 16, 18][band - 1]) <= low) && (*band == 3 || high <= years([14, 16, 18][*band]))
        })
    };
    let (mut attempts, mut said) = (Vec::new(), Vec::new());
    for own in units {
        for band in 0..4 {
            let inside: Vec<&&Drawn> = own.iter().filter(|drawn| true_band(drawn) == Some(band)).collect();
            let weight = |of: &[&&Drawn]| of.iter().map(|drawn| nanos(drawn)).sum::<i64>();
            let weights = |all: Vec<i64>| if set.tally.weighted { all } else { Vec::new() };
            if inside.is_empty() {
                continue;
            }
            let (m, all) = (inside.len() as u64, weight(&inside));
            attempts.push(((band, m), weights(vec![all])));
            let kinds = (0..4).map(BandSaid::In).chain([BandSaid::Undecided, BandSaid::NotAnswered]);
            for kind in kinds.chain([BandSaid::Down, BandSaid::Up]) {
                let is = |drawn: &&&Drawn| match (kind, band_said(set, drawn)) {
                    (BandSaid::Down, BandSaid::In(answer)) => answer < band,
                    (BandSaid::Up, BandSaid::In(answer)) => answer > band,
                    (wanted, found) => wanted == found,
                };
                let found: Vec<&&Drawn> = inside.iter().copied().filter(is).collect();
                if !found.is_empty() {
                    said.push((((band, kind), (found.len() as u64, m)), weights(vec![weight(&found), all])));
                }
            }
        }
    }
    let mut tally = BandTally::default();
    for ((band, m), found) in counted(attempts) {
        tally.attempts.entry(band).or_default().insert(m, found);
    }
    for ((key, pair), found) in counted(said) {
        tally.said.entry(key).or_default().insert(pair, found);
    }
    tally
}

/// Deviations about the means of sets, in floating point; decisions pair by pair. A band of ages is no completed year.
fn repeats(set: &Set, found: &RepeatTally) {
    let mut answers = 0;
    let columns = set.columns();
    let mut sums: [BTreeMap<u64, (u64, f64, f64)>; 3] = Default::default();
    let mut flips: BTreeMap<usize, BTreeMap<(u64, u64), u64>> = BTreeMap::new();
    for own in set.units(live) {
        let mut sets: BTreeMap<u32, BTreeMap<(&str, AgeClass), Vec<&Drawn>>> = BTreeMap::new();
        for drawn in own {
            let key = (drawn.light, class(drawn));
            if matches!(key.1, AgeClass::Band(..)) {
                continue;
            }
            sets.entry(drawn.subject).or_default().entry(key).or_default().push(drawn);
        }
        let (mut subjects, mut free, mut noise) = (0, 0, [0.0; 3]);
        for sets in sets.values() {
            let (mut own, mut deviations) = (0.0, [0.0; 2]);
            for set in sets.values() {
                let age = |it: &&&Drawn| {
                    if let Some(Answer::Age { age, .. }) = it.outcome.as_ref()?.answer {
                        Some(age.years())
                    } else {
                        None
                    }
                };
                let ages: Vec<f64> = set.iter().filter_map(|it| age(&it)).collect();
                if ages.len() < 2 {
                    continue;
                }
                let m = ages.len() as f64;
                let mean = ages.iter().sum::<f64>() / m;
                let deviation: f64 = ages.iter().map(|age| (age - mean).abs()).sum();
                own += m;
                deviations[0] += deviation;
                deviations[1] += deviation * (m / (m - 1.0)).sqrt();
                noise[2] += ages.iter().map(|age| (age - mean).powi(2)).sum::<f64>();
                free += ages.len() as u64 - 1;
            }
            if own > 0.0 {
                subjects += 1;
                answers += own as u64;
                (0..2).for_each(|at| noise[at] += deviations[at] / own);
            }
        }
        for (sums, (key, value)) in sums.iter_mut().zip([(subjects, noise[0]), (subjects, noise[1]), (free, noise[2])])
        {
            if subjects > 0 {
                let own = sums.entry(key).or_default();
                *own = (own.0 + 1, own.1 + value, own.2 + value * value);
            }
        }
        for column in set.headline() {
            let (mut differ, mut all) = (0, 0);
            for set_of in sets.values().flat_map(BTreeMap::values) {
                let (limit, years) = columns[column];
                let passed = |drawn: &&Drawn| match super::moved::part_at(drawn.outcome.as_ref()?, limit, years) {
                    Combo::ABOVE => Some(true),
                    Combo::TIE => Some(set.protocol.tie == Tie::AtOrAbove),
                    Combo::DENY => Some(false),
                    _ => None,
                };
                let decided: Vec<bool> = set_of.iter().filter_map(passed).collect();
                for (place, one) in decided.iter().enumerate() {
                    all += decided[place + 1..].len() as u64;
                    differ += decided[place + 1..].iter().filter(|other| *other != one).count() as u64;
                }
            }
            if all > 0 {
                *flips.entry(column).or_default().entry((differ, all)).or_default() += 1;
            }
        }
    }
    assert_eq!(found.answers, answers);
    assert_eq!(found.flips, flips);
    let wide = |sums: &BTreeMap<u32, RepeatSums>| sums.iter().map(|(key, sums)| (u64::from(*key), *sums)).collect();
    let found: [(BTreeMap<u64, RepeatSums>, f64); 3] =
        [(wide(&found.noise), 1e12), (wide(&found.corrected), 1e12), (found.squares.clone(), 1e9)];
    for ((found, unit), wanted) in found.iter().zip(sums) {
        assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
        for (key, (units, sum, square)) in wanted {
            let close = |found: f64, wanted: f64| (found - wanted).abs() <= 1e-8 * (wanted.abs() + 1.0);
            assert_eq!(found[&key].units, units);
            assert!(close(found[&key].sum as f64 / unit, sum), "{:?} {sum}", found[&key]);
            assert!(close(found[&key].square as f64 / unit / unit, square), "{:?} {square}", found[&key]);
        }
    }
}

#[test]
fn decisions_at_the_edges_of_bands_say_in_which_band_an_answer_is() {
    use Decision::{Deny, Pass};
    let protocol = Protocol::from_toml("limits = [16, 18]\nbands = [16, 18]\n").unwrap();
    let said = |decisions: [Option<Decision>; 2]| -> Vec<BandSaid> {
        let one = |(limit, decision)| LimitAnswer { limit, score: None, decision };
        let answers = protocol.limits.iter().copied().zip(decisions).map(one).collect();
        let mut truth = TruthBuilder::new(&[]);
        truth.push(&TruthRow::of(0, AgeRange::whole_years(17).unwrap(), &[]));
        let mut column = Answers::new(&protocol.limits);
        column.push(Some(&Outcome::answered(Answer::Limits(answers))));
        let tally = Tally::of(&truth.finish().unwrap(), &column, &protocol).unwrap();
        let bands = &tally.whole().unwrap().families.bands;
        assert_eq!(bands.attempts.keys().collect::<Vec<_>>(), [&1]);
        bands.said.keys().map(|(_, said)| *said).collect()
    };
    assert_eq!(said([Some(Deny), Some(Deny)]), [BandSaid::In(0), BandSaid::Down]);
    assert_eq!(said([Some(Pass), Some(Deny)]), [BandSaid::In(1)]);
    assert_eq!(said([Some(Pass), Some(Pass)]), [BandSaid::In(2), BandSaid::Up]);
    // Who passes at 18 does at 16, and who is denied at 16 is at 18.
    assert_eq!(said([None, Some(Pass)]), [BandSaid::In(2), BandSaid::Up]);
    assert_eq!(said([Some(Deny), None]), [BandSaid::In(0), BandSaid::Down]);
    // Older than 18 and younger than 16, or nothing said of an edge between.
    for decisions in [[Some(Deny), Some(Pass)], [Some(Pass), None], [None, Some(Deny)], [None, None]] {
        assert_eq!(said(decisions), [BandSaid::Undecided], "{decisions:?}");
    }
}
