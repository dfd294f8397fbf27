//! Every count of a tally, attempt by attempt from the definitions, whatever way the samples went while they were counted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::errors::{BEYOND, Error, LineSums};
use super::super::finished::{FlowCount, GroupTally};
use super::drawn::{Drawn, Set, class, kind, level, live, nanos, people, steps};
use super::families;
use super::*;
use crate::age::NANOS_PER_YEAR;
use crate::table::Group;

/// The error of an attempt that was answered with an age, against the label or the middle of the labelled year.
pub(super) fn error(drawn: &Drawn, weighted: bool, middle: bool) -> Option<Error> {
    let Some(Answer::Age { age: answered, .. }) = drawn.outcome.as_ref()?.answer else { return None };
    let known = drawn.age?;
    known.completed_years()?;
    let halfway = (known.low() + known.high()) / 2.0;
    let halfway = if known == AgeRange::whole_years(known.low() as u32).unwrap() { known.low() + 0.5 } else { halfway };
    let true_age = Age::new(if middle && !known.is_exact() { halfway } else { known.low() }).unwrap().nanos();
    Some(Error { signed: answered.nanos() - true_age, age: true_age, weight: weighted.then(|| nanos(drawn)) })
}

/// The sums of errors, those of a unit together; `shares` and `line` say what is asked for beside the sums of means.
pub(super) fn errors(units: &[Vec<Error>], shares: bool, line: bool) -> ErrorTally {
    let mut tally = ErrorTally::default();
    for own in units.iter().filter(|own| !own.is_empty()) {
        tally.add(own.iter().copied());
        if line {
            tally.add_lines(&LineSums::of(own.iter().copied()), own.iter().copied());
        }
    }
    if shares {
        tally.beyond.steps =
            steps(BEYOND, |column| units.iter().filter(|own| !own.is_empty()).map(|own| beyond(own, column)).collect());
    }
    tally
}

/// How many errors are beyond one year more than the column, and how many within, with the weights of both.
pub(super) fn beyond(own: &[Error], column: usize) -> (Combo, Vec<i64>) {
    let (mut combo, mut weights) = (Combo::default(), [0; 5]);
    for error in own {
        let far = error.signed.abs() > (column as i64 + 1) * NANOS_PER_YEAR;
        let place = if far { Combo::ABOVE } else { Combo::DENY };
        combo.0[place] += 1;
        weights[place] += error.weight.unwrap_or_default();
    }
    let weighted = own.iter().any(|error| error.weight.is_some());
    let present = [Combo::ABOVE, Combo::DENY].into_iter().filter(|place| weighted && combo.0[*place] > 0);
    (combo, present.map(|place| weights[place]).collect())
}

fn flow(set: &Set, of: &dyn Fn(&Drawn) -> bool) -> Flow {
    let count = |stage: &dyn Fn(&Drawn) -> bool| {
        let units = set.units(|drawn| of(drawn) && stage(drawn));
        FlowCount { samples: units.iter().map(|own| own.len() as u64).sum(), subjects: units.len() as u64 }
    };
    let status = |drawn: &Drawn| drawn.outcome.as_ref().map(|outcome| outcome.status);
    let bona_fide = |drawn: &Drawn| drawn.attack.is_none();
    Flow {
        listed: count(&|_| true),
        attacks: count(&|drawn| !bona_fide(drawn)),
        age_unknown: count(&|drawn| bona_fide(drawn) && drawn.age.is_none()),
        eligible: count(&|drawn| bona_fide(drawn) && drawn.age.is_some()),
        attempted: count(&live),
        answered: count(&|drawn| live(drawn) && status(drawn) == Some(Status::Answered)),
        answered_age: count(&|drawn| {
            live(drawn) && matches!(drawn.outcome.as_ref().unwrap().answer, Some(Answer::Age { .. }))
        }),
    }
}

/// Answered, abstained, refused, and not answered for another reason.
fn statuses(set: &Set, units: &[Vec<&Drawn>]) -> Cell {
    let of = |own: &Vec<&Drawn>| {
        let (mut combo, mut weights) = (Combo::default(), [0; 5]);
        for drawn in own {
            let place = match drawn.outcome.as_ref().unwrap().status {
                Status::Answered => 0,
                Status::Abstained => 1,
                Status::Refused => 2,
                _ => 3,
            };
            combo.0[place] += 1;
            weights[place] += nanos(drawn);
        }
        (combo, set.present(combo, weights))
    };
    Cell { steps: steps(1, |_| units.iter().map(of).collect()) }
}

/// The attempts of one class out of each unit.
fn of_class<'a>(units: &[Vec<&'a Drawn>], wanted: AgeClass) -> Vec<Vec<&'a Drawn>> {
    let own = |unit: &Vec<&'a Drawn>| unit.iter().copied().filter(|drawn| class(drawn) == wanted).collect::<Vec<_>>();
    units.iter().map(own).filter(|own| !own.is_empty()).collect()
}

/// What was counted of those `of`; `whole` says that they are everybody.
fn recounted(set: &Set, of: &dyn Fn(&Drawn) -> bool, whole: bool, by: Option<usize>) -> GroupTally {
    let (protocol, columns) = (&set.protocol, set.columns());
    let units = set.units(|drawn| of(drawn) && live(drawn));
    let one_class = |own: &Vec<&Drawn>| own.iter().all(|drawn| class(drawn) == class(own[0]));
    let (pure, mixed): (Vec<_>, Vec<_>) = units.iter().cloned().partition(one_class);
    let classes: BTreeSet<AgeClass> = units.iter().flatten().map(|drawn| class(drawn)).collect();
    let by_class = |units: &[Vec<&Drawn>]| -> BTreeMap<AgeClass, Cell> {
        let cells = classes.iter().map(|one| (*one, set.cell(&of_class(units, *one))));
        cells.filter(|(_, cell)| !cell.is_empty()).collect()
    };
    let limits = protocol.limits.iter().flat_map(|limit| Slot::OF_LIMIT.map(|slot| (Some(*limit), slot)));
    let slot = |(limit, slot): (Option<AgeLimit>, Slot)| {
        let belongs = |drawn: &&Drawn| limit.is_none_or(|limit| class(drawn).belongs(slot, limit, protocol));
        let inside: Vec<Vec<&Drawn>> =
            mixed.iter().map(|own| own.iter().copied().filter(belongs).collect::<Vec<_>>()).collect();
        let cell = set.cell(&inside.into_iter().filter(|own| !own.is_empty()).collect::<Vec<_>>());
        (!cell.is_empty()).then_some(((limit, slot), cell))
    };
    let mut joints = BTreeMap::new();
    for one in &classes {
        for other in classes.range((std::ops::Bound::Excluded(*one), std::ops::Bound::Unbounded)) {
            let windows = [Slot::UnderWindow, Slot::OverWindow];
            let shared = protocol.limits.iter().any(|limit| {
                windows.iter().any(|it| one.belongs(*it, *limit, protocol) && other.belongs(*it, *limit, protocol))
            });
            let both = |own: &Vec<&Drawn>| -> Option<[Vec<Drawn>; 2]> {
                let parts = [one, other].map(|wanted| {
                    own.iter().filter(|drawn| class(drawn) == *wanted).map(|it| (*it).clone()).collect::<Vec<_>>()
                });
                parts.iter().all(|part| !part.is_empty()).then_some(parts)
            };
            let subjects: Vec<[Vec<Drawn>; 2]> = mixed.iter().filter_map(both).collect();
            if !shared || subjects.is_empty() {
                continue;
            }
            let at = |column: usize| {
                let joint = |parts: &[Vec<Drawn>; 2]| {
                    let found = [0, 1].map(|at| set.combo(&parts[at].iter().collect::<Vec<_>>(), columns[column]));
                    let [(first, weights), (second, more)] = found;
                    ((first, second), [weights, more].concat())
                };
                subjects.iter().map(joint).collect()
            };
            joints.insert((*one, *other), Joints { steps: steps(columns.len(), at) });
        }
    }
    let of_errors = |middle: bool| -> Vec<Vec<Error>> {
        let own = |own: &Vec<&Drawn>| own.iter().filter_map(|it| error(it, set.tally.weighted, middle)).collect();
        units.iter().map(own).collect()
    };
    let labelled = of_errors(false);
    let binned = |year: &dyn Fn(&Error) -> i64| -> BTreeMap<u32, ErrorTally> {
        let years: BTreeSet<i64> = labelled.iter().flatten().map(year).collect();
        let bin = |wanted: i64| {
            let own = |own: &Vec<Error>| own.iter().copied().filter(|it| year(it) == wanted).collect::<Vec<Error>>();
            (wanted as u32, errors(&labelled.iter().map(own).collect::<Vec<_>>(), false, false))
        };
        years.into_iter().map(bin).collect()
    };
    let nothing = (ErrorTally::default(), BTreeMap::new(), BTreeMap::new());
    let (errors_middle, errors_by_age, errors_by_answer) = if whole {
        (
            errors(&of_errors(true), true, false),
            binned(&|error| error.age / NANOS_PER_YEAR),
            binned(&|error| (error.age + error.signed) / NANOS_PER_YEAR),
        )
    } else {
        nothing
    };
    GroupTally {
        flow: flow(set, of),
        pure: by_class(&pure),
        mixed: by_class(&mixed),
        slots: std::iter::once((None, Slot::All)).chain(limits).filter_map(slot).collect(),
        joints,
        statuses: statuses(set, &units),
        errors: errors(&labelled, true, true),
        errors_middle,
        errors_by_age,
        errors_by_answer,
        families: families::recounted(set, of, by),
    }
}

/// Every group with how many columns it is by (none: a half of another group), and who is in it.
type Members<'a> = (Group, Option<usize>, Box<dyn Fn(&Drawn) -> bool + 'a>);

fn groups(set: &Set) -> Vec<Members<'_>> {
    let mut all: Vec<Members<'_>> = vec![(Group::whole(), Some(0), Box::new(|_| true))];
    let levels = |column: &'static str| -> BTreeSet<&str> { set.drawn.iter().map(|it| level(it, column)).collect() };
    for column in ["sex", "light"] {
        for one in levels(column) {
            all.push((Group::of([(column, one)]), Some(1), Box::new(move |drawn| level(drawn, column) == one)));
        }
    }
    for sex in levels("sex") {
        for light in levels("light") {
            let inside = move |drawn: &Drawn| level(drawn, "sex") == sex && level(drawn, "light") == light;
            all.push((Group::of([("sex", sex), ("light", light)]), Some(2), Box::new(inside)));
        }
    }
    let unit = |drawn: &Drawn| set.truth.units[set.drawn.iter().position(|it| std::ptr::eq(it, drawn)).unwrap()];
    for half in Half::BOTH {
        let inside = move |drawn: &Drawn| Half::of(set.protocol.seed, unit(drawn)) == half;
        all.push((half.group(&Group::whole()), None, Box::new(inside)));
        for one in levels("sex") {
            let both = move |drawn: &Drawn| level(drawn, "sex") == one && inside(drawn);
            all.push((half.group(&Group::of([("sex", one)])), None, Box::new(both)));
        }
    }
    all.retain(|(_, _, inside)| set.drawn.iter().any(inside));
    all
}

fn kinds(set: &Set) -> AnswerKinds {
    // Also of those of unknown outcome; attacks and unknown ages are left out.
    let counted = set.drawn.iter().filter(|drawn| live(drawn)).filter_map(|it| it.outcome.as_ref()?.answer.as_ref());
    let answers: Vec<&Answer> = counted.collect();
    let count = |of: &dyn Fn(&Answer) -> bool| answers.iter().filter(|answer| of(answer)).count() as u64;
    let about = |of: &dyn Fn(&LimitAnswer) -> bool| -> Vec<u64> {
        let one = |limit: &AgeLimit| {
            count(&|answer| match answer {
                Answer::Limits(all) => all.iter().any(|one| one.limit == *limit && of(one)),
                _ => false,
            })
        };
        set.protocol.limits.iter().map(one).collect()
    };
    let distinct: BTreeSet<u64> = answers
        .iter()
        .filter_map(|answer| if let Answer::Age { age, .. } = answer { Some(age.years().to_bits()) } else { None })
        .collect();
    AnswerKinds {
        ages: count(&|answer| matches!(answer, Answer::Age { .. })),
        ranges: count(&|answer| matches!(answer, Answer::Range { .. })),
        decisions: about(&|one| one.decision.is_some()),
        scores: about(&|one| one.score.is_some()),
        spreads: count(&|answer| matches!(answer, Answer::Age { spread: Some(_), .. })),
        distinct: distinct.into_iter().take(8).collect(),
    }
}

fn check(set: &Set) {
    let tally = &set.tally;
    let groups = groups(set);
    let names: BTreeSet<&Group> = groups.iter().map(|(group, ..)| group).collect();
    assert_eq!(tally.groups.keys().collect::<BTreeSet<_>>(), names);
    assert_eq!(tally.group_order, ["sex", "light", "sex*light"]);
    for (group, by, inside) in &groups {
        let found = &tally.groups[group];
        let wanted = recounted(set, inside, group.is_whole() && by.is_some(), *by);
        families::same(set, &found.families, &wanted.families, group);
        let families = found.families.clone();
        let wanted = GroupTally { families, ..wanted };
        assert_eq!(found.flow, wanted.flow, "{group:?}");
        assert_eq!(found.pure, wanted.pure, "{group:?}");
        assert_eq!(found.mixed, wanted.mixed, "{group:?}");
        assert_eq!(found.slots, wanted.slots, "{group:?}");
        assert_eq!(found.joints, wanted.joints, "{group:?}");
        assert_eq!(found, &wanted, "{group:?}");
        assert_eq!(found.classes(), wanted.pure.keys().chain(wanted.mixed.keys()).copied().collect());
    }
    assert_eq!(tally.kinds, kinds(set));
    let eligible = || set.drawn.iter().filter(|drawn| drawn.attack.is_none()).filter_map(|drawn| drawn.age);
    assert_eq!(tally.labelled_years, eligible().any(|age| !age.is_exact()));
    assert_eq!(tally.bands, eligible().any(|age| age.completed_years().is_none()));
    assert_eq!(tally.subjects_unknown, set.drawn.iter().any(|drawn| drawn.subject == 3));
    assert_eq!(tally.clustered, set.kind.clustered && set.drawn.iter().any(|drawn| drawn.subject % 7 != 1));
    let weights: BTreeSet<u32> = set.drawn.iter().map(|drawn| drawn.weight).collect();
    assert_eq!(tally.weighted, set.kind.weighted && weights.len() > 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_tally_is_what_counting_attempt_by_attempt_gives(drawn in people(), kind in kind()) {
        prop_assume!(!drawn.is_empty());
        check(&Set::of(drawn, kind));
    }

    #[test]
    fn shards_that_were_written_and_read_add_up_in_any_order(drawn in people(), kind in kind(), first in 0_u32..3) {
        prop_assume!(!drawn.is_empty());
        let set = Set::of(drawn, kind);
        let shard = |index: u32| {
            let shard = Shard::new(index % 3, 3).unwrap();
            let tally = Tally::of_shard(&set.truth, &set.answers, &set.protocol, shard).unwrap();
            let read: Tally = serde_json::from_str(&serde_json::to_string(&tally).unwrap()).unwrap();
            assert_eq!(read, tally);
            tally
        };
        let mut sum = shard(first);
        sum.merge(&shard(first + 1)).unwrap();
        sum.merge(&shard(first + 2)).unwrap();
        prop_assert!(sum == set.tally);
    }
}

/// The sums of means alone.
fn means(tally: &ErrorTally) -> ErrorTally {
    let mut left = ErrorTally { moments: tally.moments.clone(), ..ErrorTally::default() };
    left.weighted.moments.clone_from(&tally.weighted.moments);
    left
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_rest_beside_a_group_is_what_counting_everybody_else_gives(drawn in people(), kind in kind()) {
        // Every subject, and every cluster, is in one group alone.
        let sex = |subject: u32| if subject.is_multiple_of(2) { "female" } else { "male" };
        let drawn = drawn.into_iter().map(|drawn| Drawn { sex: sex(drawn.subject), ..drawn });
        let set = Set::of(drawn.collect(), kind);
        for own in ["female", "male"] {
            let Some(group) = set.tally.groups.get(&Group::of([("sex", own)])) else { continue };
            let found = set.tally.whole().unwrap().less(group);
            let wanted = recounted(&set, &|drawn| drawn.sex != own, false, Some(1));
            let cells = |all: &BTreeMap<CellKey, ErrorTally>| -> BTreeMap<CellKey, ErrorTally> {
                all.iter().map(|(key, tally)| (key.clone(), means(tally))).collect()
            };
            let standard = |name: &String, whole: &StandardTally| {
                let wanted = wanted.families.standards.get(name).cloned().unwrap_or_default();
                let pair = |(key, pair): (&(CellKey, CellKey), &CellPair)| {
                    (key.clone(), CellPair { moments: pair.moments.clone(), ..CellPair::default() })
                };
                let wanted = StandardTally {
                    column: whole.column,
                    levels: whole.levels.clone(),
                    single: cells(&wanted.single),
                    several: cells(&wanted.several),
                    pooled: means(&wanted.pooled),
                    pairs: wanted.pairs.iter().map(pair).collect(),
                    ..StandardTally::default()
                };
                (name.clone(), wanted)
            };
            let whole = &set.tally.whole().unwrap().families.standards;
            let standards = whole.iter().map(|(name, whole)| standard(name, whole)).collect();
            let wanted = GroupTally {
                errors: means(&wanted.errors),
                families: Families { standards, ..Families::default() },
                flow: Flow::default(),
                statuses: Cell::default(),
                ..wanted
            };
            prop_assert_eq!(found, wanted);
        }
    }
}
