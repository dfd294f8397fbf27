//! What is looked up of answers, and when answered numbers cannot be ages.

use super::*;
use crate::outcome::{StageUse, Stages};

fn limits() -> [AgeLimit; 2] {
    [16, 18].map(|years| AgeLimit::new(years).unwrap())
}

fn answered(years: f64, spread: Option<f64>) -> Option<Outcome> {
    Some(Outcome::answered(Answer::Age { age: Age::new(years).unwrap(), spread }))
}

fn of_limit(limit: AgeLimit, score: Option<f64>, decision: Option<Decision>) -> Option<Outcome> {
    Some(Outcome::answered(Answer::Limits(vec![LimitAnswer { limit, score, decision }])))
}

fn range(low: f64, high: f64) -> Option<Outcome> {
    let [low, high] = [low, high].map(|years| Age::new(years).unwrap());
    Some(Outcome::answered(Answer::Range { low, high }))
}

fn of(outcomes: &[Option<Outcome>]) -> Answers {
    let mut answers = Answers::new(&limits());
    outcomes.iter().for_each(|outcome| answers.push(outcome.as_ref()));
    answers
}

#[test]
fn two_end_alike_only_where_status_and_every_part_of_the_answer_agree() {
    let [lower, upper] = limits();
    let all = [
        None,
        Some(Outcome::failed("")),
        Some(Outcome::unanswered(Status::Refused, "")),
        answered(20.0, None),
        answered(20.5, None),
        answered(20.0, Some(1.0)),
        answered(20.0, Some(2.0)),
        range(20.0, 25.0),
        range(20.0, 26.0),
        of_limit(upper, None, Some(Decision::Pass)),
        of_limit(upper, None, Some(Decision::Deny)),
        of_limit(lower, None, Some(Decision::Pass)),
        of_limit(upper, Some(0.5), None),
        of_limit(upper, Some(0.25), None),
        of_limit(lower, Some(0.5), None),
    ];
    let one = of(&all);
    for shift in 0..all.len() {
        let order: Vec<u32> = (0..all.len()).map(|at| u32::try_from((at + shift) % all.len()).unwrap()).collect();
        let other = one.reordered(&order);
        let moved: Vec<Option<Outcome>> = order.iter().map(|at| all[*at as usize].clone()).collect();
        for at in 0..all.len() {
            assert_eq!(one.same(&other, at), shift == 0, "{at} {shift}");
            // In the other order stands what was pushed in that order.
            assert!(of(&moved).same(&other, at), "{at} {shift}");
        }
    }
}

#[test]
fn what_a_method_answers_is_known_by_kind() {
    let [lower, upper] = limits();
    let decided = of(&[None, of_limit(upper, None, Some(Decision::Deny))]);
    assert!(decided.decides(upper) && !decided.decides(lower) && !decided.challengeable());
    assert!(!decided.decides(AgeLimit::new(21).unwrap()));
    assert!(!of(&[of_limit(upper, Some(0.5), None)]).decides(upper));
    assert!(of(&[None, answered(20.0, None)]).challengeable());
    assert!(of(&[range(20.0, 25.0)]).challengeable());
    assert!(!of(&[Some(Outcome::failed(""))]).challengeable());
    let mixed = of(&[answered(20.0, None), range(20.0, 25.0), None, answered(30.0, None)]);
    assert_eq!(mixed.ages().collect::<Vec<_>>(), [20.0, 30.0]);
    assert_eq!((mixed.len(), mixed.is_empty(), of(&[]).is_empty()), (4, false, true));
    assert_eq!(mixed.limits(), limits());
}

#[test]
fn few_distinct_answers_among_many_are_no_ages() {
    let repeated = |years: &[f64], count: usize| {
        of(&years.iter().cycle().take(count).map(|years| answered(*years, None)).collect::<Vec<_>>())
    };
    assert_eq!(not_ages(&repeated(&[0.0, 1.0], 19)), None);
    assert!(not_ages(&repeated(&[0.0, 1.0], 20)).unwrap().contains("20 answers"));
    assert_eq!(not_ages(&repeated(&[0.0, 1.0, 2.0], 20)), None);
    assert_eq!(not_ages(&repeated(&[10.0, 20.0, 30.0, 40.0], 500)), None);
    assert!(not_ages(&repeated(&[10.0, 20.0, 30.0, 40.0], 501)).unwrap().contains("only 4 distinct answers among 501"));
    assert_eq!(not_ages(&repeated(&[10.0, 20.0, 30.0, 40.0, 50.0], 501)), None);
    assert_eq!(not_ages(&of(&[])), None);
}

#[test]
fn the_way_through_a_waterfall_is_that_of_the_limit_and_goes_with_the_attempt() {
    let [lower, upper] = limits();
    let used = |bytes| StageUse { bytes_in: Some(bytes), ..StageUse::default() };
    let staged = |reached: [u8; 2], decision| {
        let reached = limits().into_iter().zip(reached).collect();
        let stages = Stages { reached, asked: vec![used(10), used(20), used(30)], broke: Vec::new() };
        of_limit(upper, None, decision).map(|outcome| Outcome { stages: Some(Box::new(stages)), ..outcome })
    };
    let outcomes = [
        staged([1, 3], Some(Decision::Pass)),
        // Another limit; broke before the first stage; without stages; listed only; straddling.
        staged([2, 0], None),
        of_limit(upper, None, Some(Decision::Deny)),
        None,
        staged([1, 1], Some(Decision::Pass)),
    ];
    let years = |low: f64, high: f64| AgeRange::new(low, high).unwrap();
    let ages = [years(17.0, 18.0), years(20.0, 21.0), years(15.0, 16.0), years(15.0, 16.0), years(15.0, 20.0)];
    let listed = |order: &[u32]| {
        let mut truth = TruthBuilder::new(&[]);
        order.iter().for_each(|at| truth.push(&TruthRow::of(*at, ages[*at as usize], &[])));
        truth.finish().unwrap()
    };
    for order in [[0, 1, 2, 3, 4], [3, 0, 4, 2, 1]] {
        let (truth, answers) = (listed(&order), of(&outcomes).reordered(&order));
        let rows = ScoreRows::of(&truth, &answers);
        assert!(answers.has_stages() && rows.has_stages());
        type Way = (u32, bool, u8, Option<Decision>, Vec<Option<u64>>);
        let found = |limit| -> Vec<Way> {
            let own = |it: &StagedAttempt<'_>| {
                let bytes = it.asked.iter().map(|stage| stage.bytes_in).collect();
                (it.unit, it.over, it.reached, it.decision, bytes)
            };
            let mut all: Vec<_> = rows.staged(limit).iter().map(own).collect();
            all.sort_by_key(|one| one.0);
            all
        };
        let [ten, twenty, thirty] = [10, 20, 30].map(Some);
        let (pass, deny) = (Some(Decision::Pass), Some(Decision::Deny));
        let of_upper =
            [(0, false, 3, pass, vec![ten, twenty, thirty]), (1, true, 0, None, vec![]), (2, false, 0, deny, vec![])];
        assert_eq!(found(upper), of_upper);
        let of_lower =
            [(0, true, 1, None, vec![ten]), (1, true, 2, None, vec![ten, twenty]), (2, false, 0, None, vec![])];
        assert_eq!(found(lower), of_lower);
        assert_eq!(found(AgeLimit::new(21).unwrap()).iter().map(|it| it.2).collect::<Vec<_>>(), [0; 4]);
    }
    assert!(!of(&outcomes[2..4]).has_stages());
}
