//! What two methods decided, counted subject by subject from the definition, and their errors by hand.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::moved::part_at;
use super::*;
use crate::age::{ChallengeAge, Side};
use crate::protocol::Tie;
use crate::table::{FailurePolicy, Group};

/// Subject, age, what baseline and method ended with where they ran, level, weight.
type Both = (u32, AgeRange, [Option<Outcome>; 2], u8, f64);

fn both() -> impl Strategy<Value = Both> {
    let run = prop_oneof![12 => super::attempt().prop_map(|attempt| Some(attempt.2)), 1 => Just(None)];
    let outcomes = prop_oneof![6 => (run.clone(), run.clone()), 1 => run.prop_map(|one| (one.clone(), one))];
    (super::attempt(), outcomes, 1_u32..4)
        .prop_map(|(attempt, (one, other), weight)| (attempt.0, attempt.1, [one, other], attempt.3, f64::from(weight)))
}

fn level(drawn: &Both) -> &'static str {
    ["dark", "bright", ""][usize::from(drawn.3)]
}

fn columns(attempts: &[Both], protocol: &Protocol, weighted: bool) -> (Truth, [Answers; 2]) {
    let mut truth = TruthBuilder::new(&[("light", true)]);
    let mut answers = [Answers::new(&protocol.limits), Answers::new(&protocol.limits)];
    for drawn in attempts {
        let row = TruthRow::of(drawn.0, drawn.1, &[]);
        truth.push(&TruthRow { weight: weighted.then_some(drawn.4), levels: &[level(drawn)], ..row });
        answers.iter_mut().zip(&drawn.2).for_each(|(answers, outcome)| answers.push(outcome.as_ref()));
    }
    (truth.finish().unwrap(), answers)
}

fn verdict(outcome: &Outcome, limit: AgeLimit, challenge: Option<ChallengeAge>, tie: Tie) -> Option<bool> {
    match part_at(outcome, limit, challenge.map(|challenge| challenge.years())) {
        Combo::ABOVE => Some(true),
        Combo::TIE => Some(tie == Tie::AtOrAbove),
        Combo::DENY => Some(false),
        _ => None,
    }
}

/// A mean over attempts to the nearest, halves up.
fn mean(sum: i64, attempts: u32) -> i128 {
    let attempts = i128::from(attempts);
    (2 * i128::from(sum) + attempts).div_euclid(2 * attempts)
}

/// The cell of these subjects, each with the attempts that both ran.
fn cell(subjects: &BTreeMap<u32, Vec<&Both>>, place: &PairPlace, tie: Tie, weighted: bool) -> PairCell {
    let mut cell = PairCell::default();
    for own in subjects.values() {
        let (mut passes, mut all, mut weighs, mut difference) = ([0; 2], 0, 0, 0);
        for drawn in own {
            cell.ran += 1;
            let of = |outcome: &Option<Outcome>| verdict(outcome.as_ref().unwrap(), place.limit, place.challenge, tie);
            let verdicts = [of(&drawn.2[0]), of(&drawn.2[1])];
            cell.one_decided += u64::from(verdicts.iter().filter(|verdict| verdict.is_some()).count() == 1);
            let passed = match place.policy {
                FailurePolicy::Conditional if verdicts.contains(&None) => continue,
                FailurePolicy::Conditional | FailurePolicy::FailClosed => verdicts.map(|it| it.unwrap_or(false)),
                FailurePolicy::FailOpen => verdicts.map(|it| it.unwrap_or(true)),
            };
            all += 1;
            (0..2).for_each(|side| passes[side] += u32::from(passed[side]));
            cell.discordant += u64::from(passed[0] != passed[1]);
            let weight = drawn.4 as i64 * 1_000_000_000;
            weighs += weight;
            difference += weight * (i64::from(passed[1]) - i64::from(passed[0]));
        }
        if all > 0 {
            *cell.subjects.entry((passes[0], passes[1], all)).or_default() += 1;
            if weighted {
                let (weight, difference) = (mean(weighs, all), mean(difference, all));
                let own = cell.weighted.get_or_insert_default();
                own.weight += weight;
                own.weight_square += weight * weight;
                own.more += difference.max(0);
                own.fewer += (-difference).max(0);
                own.square += difference * difference;
                own.fourth += (difference / 1000).pow(4);
                own.differing += u64::from(difference != 0);
                own.differences.extend((difference != 0).then_some(difference as i64));
            }
        }
    }
    if let Some(weighted) = &mut cell.weighted {
        weighted.differences.sort_unstable();
    }
    cell
}

fn check(attempts: &[Both], protocol: &Protocol, weighted: bool) {
    let (truth, [baseline, method]) = columns(attempts, protocol, weighted);
    let mut tally = PairTally::of(&truth, &baseline, &method, protocol).unwrap();
    for cell in tally.cells.values_mut() {
        cell.weighted.iter_mut().for_each(|weighted| weighted.differences.sort_unstable());
    }
    let ran = |drawn: &&Both| drawn.2.iter().all(Option::is_some);
    let count = |of: &dyn Fn(&&Both) -> bool| attempts.iter().filter(of).count() as u64;
    let one = |side: usize| count(&|drawn| drawn.2[side].is_some() && drawn.2[1 - side].is_none());
    let different = |drawn: &&Both| {
        ran(drawn) && {
            let ended = |side: usize| drawn.2[side].as_ref().map(|outcome| (outcome.status, outcome.answer.clone()));
            ended(0) != ended(1)
        }
    };
    let subjects: std::collections::BTreeSet<u32> = attempts.iter().filter(ran).map(|drawn| drawn.0).collect();
    let flow = PairFlow {
        both: count(&|drawn| ran(drawn)),
        subjects: subjects.len() as u64,
        baseline_only: one(0),
        method_only: one(1),
        different: count(&|drawn| different(drawn)),
    };
    assert_eq!(tally.flow, flow);
    assert_eq!(tally.identical(), flow.both > 0 && flow.baseline_only + flow.method_only + flow.different == 0);
    let groups = std::iter::once(Group::whole())
        .chain(["dark", "bright", Group::UNKNOWN].map(|level| Group::of([("light", level)])));
    let label = |drawn: &Both| if level(drawn).is_empty() { Group::UNKNOWN } else { level(drawn) };
    let groups_there: Vec<Group> = attempts.iter().map(|drawn| Group::of([("light", label(drawn))])).collect();
    for group in groups.clone() {
        for limit in &protocol.limits {
            let straddles = |drawn: &&Both| {
                ran(drawn)
                    && (group.is_whole() || group.level() == label(drawn))
                    && AgeClass::of(drawn.1).side(*limit) == Side::Straddling
            };
            assert_eq!(tally.straddling(&group, *limit), count(&|drawn| straddles(drawn)), "{group:?} {limit}");
        }
    }
    let mut wanted = BTreeMap::new();
    for group in groups {
        let mut policies = vec![protocol.failure_policy];
        if group.is_whole() {
            policies.extend([FailurePolicy::Conditional, FailurePolicy::FailClosed]);
        }
        let slots = [Slot::Under, Slot::Over, Slot::UnderWindow, Slot::OverWindow];
        for limit in &protocol.limits {
            let ages = if group.is_whole() { protocol.challenge_ages(*limit) } else { protocol.headline_ages(*limit) };
            for challenge in ages.into_iter().map(Some).chain([None]) {
                for slot in &slots[..if group.is_whole() { 4 } else { 2 }] {
                    for policy in &policies {
                        let (group, slot) = (group.clone(), *slot);
                        let place = PairPlace { group, limit: *limit, slot, challenge, policy: *policy };
                        let mut subjects: BTreeMap<u32, Vec<&Both>> = BTreeMap::new();
                        for drawn in attempts.iter().filter(ran) {
                            let inside = place.group.is_whole() || place.group.level() == label(drawn);
                            if inside && AgeClass::of(drawn.1).belongs(slot, *limit, protocol) {
                                subjects.entry(drawn.0).or_default().push(drawn);
                            }
                        }
                        if !subjects.is_empty() || !place.group.is_whole() && groups_there.contains(&place.group) {
                            let cell = cell(&subjects, &place, protocol.tie, weighted && truth.is_weighted());
                            wanted.insert(place, cell);
                        }
                    }
                }
            }
        }
    }
    assert_eq!(tally.cells.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (place, cell) in &wanted {
        let found = &tally.cells[place];
        assert_eq!((place, found), (place, cell));
        let attempts = cell.subjects.iter().map(|((_, _, attempts), subjects)| u64::from(*attempts) * subjects);
        assert_eq!(found.attempts(), attempts.sum::<u64>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pairs_of_passes_are_what_counting_subject_by_subject_gives(
        attempts in proptest::collection::vec(both(), 1..90), weighted in any::<bool>(), policy in 0_usize..3,
    ) {
        let (policy, tie) = [("conditional", "at_or_above"), ("fail_closed", "above"), ("fail_open", "above")][policy];
        let text = format!("limits = [16, 18]\nfailure_policy = '{policy}'\ntie = '{tie}'\n[challenge]\nspan = 6.0\n");
        check(&attempts, &Protocol::from_toml(&text).unwrap(), weighted);
    }
}

#[test]
fn of_two_that_end_alike_nothing_differs_and_of_two_that_never_ran_together_nothing_is_known() {
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let outcome = |years: f64| Some(Outcome::answered(Answer::Age { age: Age::new(years).unwrap(), spread: None }));
    let age = AgeRange::whole_years(17).unwrap();
    let tally = |outcomes: [Option<Outcome>; 2]| {
        let (truth, [one, other]) = columns(&[(0, age, outcomes, 0, 1.0)], &protocol, false);
        PairTally::of(&truth, &one, &other, &protocol).unwrap()
    };
    assert!(tally([outcome(20.0), outcome(20.0)]).identical());
    assert!(!tally([outcome(20.0), outcome(20.5)]).identical());
    assert!(!tally([outcome(20.0), None]).identical());
    assert!(!tally([None, None]).identical());
    // Alike where both ran, but one of them ran once more.
    for more in [[outcome(20.0), None], [None, outcome(20.0)]] {
        let attempts = [(0, age, [outcome(20.0), outcome(20.0)], 0, 1.0), (1, age, more, 0, 1.0)];
        let (truth, [one, other]) = columns(&attempts, &protocol, false);
        assert!(!PairTally::of(&truth, &one, &other, &protocol).unwrap().identical());
    }
    let failed = Some(Outcome::failed(""));
    assert_eq!(tally([failed.clone(), failed]).flow.different, 0);
}

#[test]
fn more_than_a_thousand_differing_subjects_keep_their_sums_only() {
    let mut pairs = WeightedPairs::default();
    for at in 0..1001_i64 {
        assert_eq!(pairs.differences.len() as i64, at);
        // Weights 3, differences of a third of it, two attempts: 2, and -1 (halves go up) or 1.
        pairs.add(3, if at % 2 == 0 { -3 } else { 1 }, 2);
    }
    assert!(pairs.differences.is_empty());
    assert_eq!((pairs.differing, pairs.weight, pairs.weight_square), (1001, 2002, 4004));
    assert_eq!((pairs.more, pairs.fewer, pairs.square), (500, 501, 1001));
    let mut one = WeightedPairs::default();
    one.add(3, 0, 2);
    assert_eq!((one.differing, one.differences.len(), one.weight), (0, 0, 2));
    // 14 / 3 and -7 / 3 to the nearest.
    one.add(14, -7, 3);
    assert_eq!((one.weight, one.weight_square, one.fewer, one.square), (2 + 5, 4 + 25, 2, 4));
}

#[test]
fn errors_of_two_methods_are_summed_over_what_both_answered() {
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let answered = |years: f64| Some(Outcome::answered(Answer::Age { age: Age::new(years).unwrap(), spread: None }));
    let year = |years| AgeRange::whole_years(years).unwrap();
    let attempts: Vec<Both> = vec![
        (7, year(20), [answered(22.5), answered(19.0)], 0, 1.0),
        (3, year(30), [answered(30.0), answered(31.0)], 0, 2.0),
        (7, year(21), [answered(20.0), answered(21.5)], 0, 3.0),
        // Not both with an age; not known to the year; never run.
        (7, year(40), [answered(20.0), Some(Outcome::failed(""))], 0, 1.0),
        (3, AgeRange::new(20.0, 25.0).unwrap(), [answered(20.0), answered(21.0)], 0, 1.0),
        (5, year(21), [None, answered(21.5)], 0, 1.0),
    ];
    let (truth, [one, other]) = columns(&attempts, &protocol, false);
    let tenths = |tenths: [i128; 2]| tenths.map(|it| it * 100_000_000);
    let hundredths = |it: [i128; 2]| it.map(|it| it * 10_000_000_000_000_000);
    let pair = |unit, attempts, absolute, squared, weighted| ErrorPair { unit, attempts, absolute, squared, weighted };
    let plain = [
        pair(3, 1, tenths([0, 10]), hundredths([0, 100]), None),
        pair(7, 2, tenths([35, 15]), hundredths([725, 125]), None),
    ];
    assert_eq!(paired_errors(&truth, &one, &other), plain);
    // The failure; not what is not known to the year, and not what was never run.
    assert_eq!((answered_by_one(&truth, &one, &other), answered_by_one(&truth, &other, &one)), ([1, 0], [0, 1]));
    assert_eq!(answered_by_one(&truth, &Answers::new(&[]), &other), [0, 0]);
    // The same, the baseline's absolute errors weighed by hand: 2.5 + 3 x 1, and 1 + 3 x 0.5 of the method.
    let (truth, [one, other]) = columns(&attempts, &protocol, true);
    let [first, second] = plain;
    let weighted = |weight: i128, absolute, squared| {
        Some(WeightedPair {
            weight: weight * 1_000_000_000,
            absolute: tenths(absolute),
            squared: tenths(squared).map(|it| it / 10),
        })
    };
    let wanted = [
        ErrorPair { weighted: weighted(2, [0, 20], [0, 200]), ..first },
        ErrorPair { weighted: weighted(4, [55, 25], [925, 175]), ..second },
    ];
    assert_eq!(paired_errors(&truth, &one, &other), wanted);
    assert_eq!(paired_errors(&truth, &Answers::new(&[]), &other), []);
    assert_eq!(paired_errors(&truth, &one, &Answers::new(&[])), []);
}

#[test]
fn the_second_run_lies_off_the_first_by_the_difference_of_the_answers() {
    let protocol = Protocol::from_toml("limits = [18]").unwrap();
    let answered = |years: f64| Some(Outcome::answered(Answer::Age { age: Age::new(years).unwrap(), spread: None }));
    let year = |years| AgeRange::whole_years(years).unwrap();
    let attempts: Vec<Both> = vec![
        (7, year(20), [answered(22.0), answered(19.0)], 0, 1.0),
        (7, AgeRange::new(20.0, 25.0).unwrap(), [answered(20.0), answered(21.5)], 0, 1.0),
        (3, year(30), [answered(30.0), answered(31.0)], 0, 1.0),
        (3, year(30), [answered(30.0), Some(Outcome::failed(""))], 0, 1.0),
    ];
    let (truth, [one, other]) = columns(&attempts, &protocol, false);
    let tally = run_to_run(&truth, &one, &other);
    let signed: Vec<(u64, f64, f64)> =
        tally.signed().iter().map(|sums| (sums.attempts, sums.sum, sums.square)).collect();
    assert_eq!(signed, [(1, 1.0, 1.0), (2, -1.5, 2.25)]);
    assert_eq!(tally.absolute().iter().map(|sums| sums.sum).collect::<Vec<_>>(), [1.0, 4.5]);
    assert_eq!(run_to_run(&truth, &Answers::new(&[]), &other), ErrorTally::default());
    assert_eq!(run_to_run(&truth, &one, &Answers::new(&[])), ErrorTally::default());
    // Attacks and people of unknown age are in no row.
    let mut ineligible = TruthBuilder::new(&[]);
    let row = TruthRow::of(0, year(20), &[]);
    ineligible.push(&TruthRow { attack: true, ..row });
    ineligible.push(&TruthRow { age: None, ..row });
    let ineligible = ineligible.finish().unwrap();
    let [one, other] = [20.0, 21.0].map(|years| {
        let mut answers = Answers::new(&[]);
        (0..2).for_each(|_| answers.push(answered(years).as_ref()));
        answers
    });
    assert_eq!(run_to_run(&ineligible, &one, &other), ErrorTally::default());
    assert_eq!(paired_errors(&ineligible, &one, &other), []);
    assert_eq!(answered_by_one(&ineligible, &one, &other), [0, 0]);
}

/// Passes of the baseline, of the method and attempts, with how many people have them.
fn cell_of(subjects: &[((u32, u32, u32), u64)]) -> PairCell {
    PairCell { subjects: subjects.iter().copied().collect(), ..PairCell::default() }
}

#[test]
fn what_differs_is_the_share_of_each_subject_counted_by_hand() {
    let cell = cell_of(&[((0, 1, 1), 3), ((1, 0, 1), 2), ((1, 1, 2), 4), ((2, 0, 4), 1), ((0, 3, 4), 1)]);
    let found = cell.differing(true);
    // 3 + 3/4 more, 2 + 2/4 fewer, of eleven.
    assert_eq!((found.b, found.c, found.people, found.subjects), (3.75, 2.5, 11.0, 11));
    assert_eq!((found.more, found.fewer, found.single, found.dominated), (4, 3, false, false));
    let mut differences = found.differences.clone();
    differences.sort_by(f64::total_cmp);
    assert_eq!(differences, [-1.0, -1.0, -0.5, 0.75, 1.0, 1.0, 1.0]);
    // Above the limit a denial is the event: the two change sides.
    let over = cell.differing(false);
    assert_eq!((over.b, over.c, over.more, over.fewer), (2.5, 3.75, 3, 4));
    let mut mirrored = over.differences;
    mirrored.sort_by(f64::total_cmp);
    assert_eq!(mirrored, [-1.0, -1.0, -1.0, -0.75, 0.5, 1.0, 1.0]);
    for (one, single) in [(cell_of_one(1), true), (cell_of_one(2), false)] {
        assert_eq!(one.differing(true).single, single);
    }
}

fn cell_of_one(attempts: u32) -> PairCell {
    cell_of(&[((0, 1, 1), 1), ((1, 1, attempts), 2)])
}

#[test]
fn weighted_differences_are_shares_of_an_effective_number_that_is_the_smaller_of_two() {
    // Kish's number is 10^2 / 20 = 5. With a sum of squares of 2 the linearised one is 4 x 10 / 2 = 20, with 16 it is 2.5.
    let subjects = [((0, 1, 1), 5), ((1, 0, 1), 6)];
    for (weight_square, square, people, dominated) in
        [(20, 2, 5.0, true), (20, 16, 2.5, true), (20, 0, 5.0, true), (10, 2, 10.0, false), (16, 2, 6.25, false)]
    {
        let weighted =
            WeightedPairs { weight: 10, weight_square, more: 3, fewer: 1, square, ..WeightedPairs::default() };
        let cell = PairCell { weighted: Some(weighted), ..cell_of(&subjects) };
        let found = cell.differing(true);
        assert_eq!((found.people, found.dominated), (people, dominated), "{weight_square} {square}");
        assert_eq!((found.b, found.c), (people * 0.3, people * 0.1));
        let over = cell.differing(false);
        assert_eq!((over.b, over.c), (people * 0.1, people * 0.3));
    }
    // Exactly half of the people is enough.
    let weighted =
        WeightedPairs { weight: 10, weight_square: 20, more: 3, fewer: 1, square: 2, ..WeightedPairs::default() };
    let ten = PairCell { weighted: Some(weighted), ..cell_of(&[((0, 1, 1), 4), ((1, 0, 1), 6)]) };
    assert!(!ten.differing(true).dominated);
}
