//! What is looked up attempt by attempt: scores, spreads, decisions, and percentiles of errors, from the definitions.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::errors::Error;
use super::drawn::{Drawn, Set, class, kind, level, nanos, people};
use super::recount::error;
use super::*;
use crate::age::{NANOS_PER_YEAR, Side};
use crate::stats::{Clusters, PairWeights, Triple, WeightedSample, quantile, woodruff};
use crate::table::Group;

const SHARES: [f64; 3] = [0.5, 0.9, 0.95];

/// Those of known age that are no attacks, with their places.
fn eligible(set: &Set) -> Vec<(usize, &Drawn)> {
    let all = set.drawn.iter().enumerate();
    all.filter(|(_, drawn)| drawn.attack.is_none() && drawn.age.is_some()).collect()
}

fn answer(drawn: &Drawn) -> Option<&Answer> {
    drawn.outcome.as_ref()?.answer.as_ref()
}

fn about(drawn: &Drawn, limit: AgeLimit) -> Option<&LimitAnswer> {
    match answer(drawn)? {
        Answer::Limits(all) => all.iter().find(|one| one.limit == limit),
        _ => None,
    }
}

fn scores(set: &Set) {
    let rows = ScoreRows::of(&set.truth, &set.answers);
    let weight = |drawn: &Drawn| set.tally.weighted.then(|| nanos(drawn));
    // A limit that nobody answered about too.
    for limit in [16, 18, 21].map(|years| AgeLimit::new(years).unwrap()) {
        let score = |drawn: &Drawn, kind| match (kind, answer(drawn)) {
            (ScoreKind::Given, _) => about(drawn, limit)?.score,
            (ScoreKind::Age, Some(Answer::Age { age, .. })) => Some(age.years()),
            (ScoreKind::Age, _) => None,
        };
        let over = |drawn: &Drawn| match class(drawn).side(limit) {
            Side::Under => Some(false),
            Side::Over => Some(true),
            Side::Straddling => None,
        };
        for kind in [ScoreKind::Given, ScoreKind::Age] {
            let one = |(index, drawn): &(usize, &Drawn)| {
                let (over, score) = (over(drawn)?, score(drawn, kind)?);
                let (unit, sample) = (set.truth.units[*index], *index as u32);
                Some(ScoredAttempt { unit, sample, over, score, weight: weight(drawn) })
            };
            assert_eq!(rows.scored(limit, kind), eligible(set).iter().filter_map(one).collect::<Vec<_>>());
        }
        let without = |(_, drawn): &&(usize, &Drawn)| {
            drawn.outcome.is_some() && over(drawn).is_some() && score(drawn, ScoreKind::Given).is_none()
        };
        assert_eq!(rows.unscored(limit), eligible(set).iter().filter(without).count() as u64);
        let decided = |(index, drawn): &(usize, &Drawn)| {
            let (age, decision) = (drawn.age?, about(drawn, limit)?.decision?);
            age.completed_years()?;
            let middle = if age.is_exact() { age.low() } else { f64::midpoint(age.low(), age.high()) };
            Some((set.truth.units[*index], *index as u32, middle, decision == Decision::Pass))
        };
        let found: Vec<_> = rows.decided(limit).iter().map(|it| (it.unit, it.sample, it.age, it.passed)).collect();
        assert_eq!(found, eligible(set).iter().filter_map(decided).collect::<Vec<_>>());
        let staged = |(index, drawn): &(usize, &Drawn)| {
            let decision = about(drawn, limit).and_then(|one| one.decision);
            drawn.outcome.as_ref()?;
            Some((set.truth.units[*index], *index as u32, weight(drawn), over(drawn)?, 0, decision, 0))
        };
        let one =
            |it: &StagedAttempt<'_>| (it.unit, it.sample, it.weight, it.over, it.reached, it.decision, it.asked.len());
        let found: Vec<_> = rows.staged(limit).iter().map(one).collect();
        assert_eq!(found, eligible(set).iter().filter_map(staged).collect::<Vec<_>>());
    }
    for middle in [false, true] {
        let one = |(index, drawn): &(usize, &Drawn)| {
            let Answer::Age { age: answered, spread } = answer(drawn)? else { return None };
            let age = error(drawn, false, middle)?.age as f64 / 1e9;
            let (unit, mean, weight) = (set.truth.units[*index], answered.years(), weight(drawn));
            Some(spread.filter(|sd| *sd >= 0.0).map(|sd| SpreadAttempt { unit, mean, sd, age, weight }))
        };
        let all: Vec<Option<SpreadAttempt>> = eligible(set).iter().filter_map(one).collect();
        let without = all.iter().filter(|one| one.is_none()).count() as u64;
        assert_eq!(rows.spreads(middle), (all.into_iter().flatten().collect(), without));
    }
    for (index, drawn) in set.drawn.iter().enumerate() {
        assert_eq!(rows.years(index as u32), drawn.age.and_then(AgeRange::completed_years));
    }
    for (sex, light) in [("female", "dark"), ("male", "bright"), (Group::UNKNOWN, "dark")] {
        let group = Group::of([("sex", sex), ("light", light)]);
        let there = [("sex", sex), ("light", light)]
            .iter()
            .all(|(it, one)| set.drawn.iter().any(|drawn| level(drawn, it) == *one));
        let found = rows.members(&group);
        assert_eq!(found.is_some(), there);
        for (index, drawn) in set.drawn.iter().enumerate().filter(|_| there) {
            let inside = level(drawn, "sex") == sex && level(drawn, "light") == light;
            assert_eq!(found.as_ref().unwrap()(index as u32), inside);
        }
    }
    assert!(rows.members(&Group::of([("region", "north")])).is_none());
}

/// The percentile of values with the weights and units that they belong to, and its bounds.
fn percentile(values: &[(u32, f64, i64)], share: f64, weighted: bool) -> Option<Percentile> {
    let level = 0.95;
    let mut sorted: Vec<f64> = values.iter().map(|value| value.1).collect();
    sorted.sort_by(f64::total_cmp);
    let sample = WeightedSample::of(values.iter().map(|value| (value.1, value.2)).collect());
    let value = if weighted { sample.quantile(share)? } else { quantile(&sorted, share)? };
    let mut units: BTreeMap<u32, Vec<(bool, i64)>> = BTreeMap::new();
    values.iter().for_each(|(unit, one, weight)| units.entry(*unit).or_default().push((*one <= value, *weight)));
    let triple = |own: &Vec<(bool, i64)>| {
        let sum = |below: bool| own.iter().filter(|one| one.0 || !below).map(|one| i128::from(one.1)).sum::<i128>();
        let (events, all) = (sum(true), sum(false));
        let squares = (events * events, events * all, all * all);
        let (events_square, product, all_square) = squares;
        Triple {
            events: own.iter().filter(|one| one.0).count() as u64,
            attempts: own.len() as u64,
            subjects: 1,
            weights: weighted.then_some(PairWeights { events, all, events_square, product, all_square }),
        }
    };
    let below = Clusters::of_triples(units.values().map(triple));
    let bounds = if weighted { sample.woodruff(share, &below, level) } else { woodruff(&sorted, share, &below, level) };
    Some(Percentile { value, bounds: bounds? })
}

fn percentiles(set: &Set) {
    let rows = ErrorRows::of(&set.truth, &set.answers, &set.protocol, &SHARES);
    let weighted = set.tally.weighted;
    let errors = |of: &dyn Fn(&Drawn) -> bool, middle: bool| -> Vec<(u32, Error, i64)> {
        let one = |(index, drawn): &(usize, &Drawn)| {
            Some((set.truth.units[*index], error(drawn, false, middle)?, nanos(drawn)))
        };
        eligible(set).iter().filter(|(_, drawn)| of(drawn)).filter_map(one).collect()
    };
    let absolute = |errors: Vec<(u32, Error, i64)>| -> Vec<(u32, f64, i64)> {
        errors.into_iter().map(|(unit, error, weight)| (unit, error.signed.abs() as f64 / 1e9, weight)).collect()
    };
    let labelled = eligible(set).iter().any(|(_, drawn)| !drawn.age.unwrap().is_exact());
    // Attacks too say whether ages are labels of years.
    let labelled = labelled || set.drawn.iter().any(|drawn| drawn.age.is_some_and(|age| !age.is_exact()));
    for share in SHARES {
        for middle in [false, true] {
            let wanted = percentile(&absolute(errors(&|_| true, middle)), share, weighted);
            let wanted = wanted.filter(|_| !middle || labelled);
            assert_eq!(rows.percentile(&Group::whole(), share, middle), wanted, "{share} {middle}");
        }
        for column in ["sex", "light"] {
            let levels: BTreeSet<&str> = set.drawn.iter().map(|drawn| level(drawn, column)).collect();
            for one in levels {
                let wanted = percentile(&absolute(errors(&|it| level(it, column) == one, false)), share, weighted);
                let group = Group::of([(column, one)]);
                assert_eq!(rows.percentile(&group, share, false), wanted, "{column} {one} {share}");
                assert_eq!(rows.percentile(&group, share, true), None);
            }
        }
    }
    for year in 10..25 {
        let of_year = |drawn: &Drawn| drawn.age.unwrap().completed_years() == Some(year);
        let years = |(unit, error, weight): (u32, Error, i64)| {
            (unit, (error.age + error.signed) as f64 / NANOS_PER_YEAR as f64, weight)
        };
        let values: Vec<_> = errors(&of_year, false).into_iter().map(years).collect();
        for share in ANSWERED_SHARES {
            assert_eq!(rows.answered(year, share), percentile(&values, share, weighted), "{year} {share}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn scores_decisions_and_percentiles_are_those_of_the_attempts(drawn in people(), kind in kind()) {
        let set = Set::of(drawn, kind);
        scores(&set);
        percentiles(&set);
    }
}

#[test]
fn of_other_years_nobodys_age_is_known() {
    let mut truth = TruthBuilder::new(&[]);
    for years in [15, 16, 17] {
        truth.push(&TruthRow::of(years, AgeRange::whole_years(years).unwrap(), &[]));
    }
    truth.push(&TruthRow::of(18, AgeRange::new(15.0, 18.0).unwrap(), &[]));
    let truth = truth.finish().unwrap();
    let ages = |truth: &Truth| (0..4).map(|it| truth.age(it).and_then(AgeRange::completed_years)).collect::<Vec<_>>();
    assert_eq!(ages(&truth), [Some(15), Some(16), Some(17), None]);
    let some = truth.of_years(&[15, 17].into());
    assert_eq!(ages(&some), [Some(15), None, Some(17), None]);
    assert!(truth.age(3).is_some() && some.age(3).is_none());
    assert_eq!((some.len(), some.is_empty(), Truth::default().is_empty()), (4, false, true));
}

#[test]
fn a_column_given_whole_is_the_same_as_one_given_cell_by_cell() {
    let cells = ["b", "", "a", "b"];
    let build = |whole: bool| {
        let mut truth = TruthBuilder::new(&[("one", true), ("other", false)]);
        if whole {
            truth.fill(1, ["b", "", "a"], &[0, 1, 2, 0]);
        }
        for (subject, cell) in (0..).zip(cells) {
            truth.push(&TruthRow::of(
                subject,
                AgeRange::whole_years(17).unwrap(),
                &["x", if whole { "" } else { cell }],
            ));
        }
        truth.finish().unwrap()
    };
    let (whole, single) = (build(true), build(false));
    assert_eq!(whole.columns(), single.columns());
    assert_eq!(whole.columns()[1].levels, ["a", "b", Group::UNKNOWN]);
    assert_eq!(whole.columns()[1].codes, [1, 2, 0, 1]);
}
