//! What the answers of a method tell, counted by hand and as NumPy counts.

use super::*;
use crate::age::Age;
use crate::outcome::{Answer, LimitAnswer, Outcome};

fn of(outcomes: &[Outcome]) -> Information {
    let mut answers = Answers::new(&[limit(16), limit(18)]);
    outcomes.iter().for_each(|outcome| answers.push(Some(outcome)));
    Information::of(&answers)
}

fn limit(years: i64) -> AgeLimit {
    AgeLimit::new(years).unwrap()
}

fn age(years: f64, spread: Option<f64>) -> Outcome {
    Outcome::answered(Answer::Age { age: Age::new(years).unwrap(), spread })
}

fn about(answers: &[(i64, Option<f64>, Option<Decision>)]) -> Outcome {
    let one = |(years, score, decision): &(i64, Option<f64>, Option<Decision>)| LimitAnswer {
        limit: limit(*years),
        score: *score,
        decision: *decision,
    };
    Outcome::answered(Answer::Limits(answers.iter().map(one).collect()))
}

#[test]
fn a_score_of_minus_0_is_no_other_answer_than_0() {
    let found =
        of(&[about(&[(18, Some(0.0), None)]), about(&[(18, Some(-0.0), None)]), about(&[(18, Some(0.5), None)])]);
    assert_eq!(found.counts(), [2, 1]);
}

#[test]
fn ages_from_0_to_120_with_two_decimals_hold_13_6_bits_and_a_decision_one() {
    // The example of METRICS M13.
    let ages = of(&[age(21.25, None), age(17.5, None), age(33.0, None)]);
    let found = ages.ages([0.0, 120.0]).unwrap();
    assert_eq!((found.format, found.values, found.step), (NumberFormat::Decimals(2), 12001.0, 0.01));
    assert_eq!(format!("{:.1}", ages.expressible_answers([0.0, 120.0], None).unwrap().log2()), "13.6");
    let one = |decision| about(&[(18, None, Some(decision))]);
    assert_eq!(of(&[one(Decision::Pass), one(Decision::Deny)]).expressible_answers([0.0, 100.0], None), Some(2.0));
    let both = about(&[(16, None, Some(Decision::Pass)), (18, None, Some(Decision::Deny))]);
    assert_eq!(of(&[both]).expressible_answers([0.0, 100.0], None), Some(4.0));
    assert_eq!(of(&[Outcome::failed("x")]).expressible_answers([0.0, 100.0], None), None);
}

#[test]
fn single_precision_is_told_from_its_numbers_and_counted_as_numpy_counts_it() {
    // numpy.float32(100).view(numpy.uint32) is 1120403456, and numpy.spacing below 100 is 7.62939453125e-06.
    let ages = of(&[age(f64::from(23.412_35_f32), None), age(f64::from(0.1_f32), None)]);
    let found = ages.ages([0.0, 100.0]).unwrap();
    assert_eq!((found.format, found.values), (NumberFormat::Float32, 1_120_403_457.0));
    assert_eq!(found.step, 7.629_394_531_25e-6);
    // Halves are of one decimal, which says more than that single precision holds them.
    assert_eq!(of(&[age(20.5, None)]).ages([0.0, 100.0]).unwrap().values, 1001.0);
    // Not held by single precision, and with more decimals than double precision has values.
    assert_eq!(of(&[age(1.0 / 3.0, None)]).ages([0.0, 100.0]).unwrap().format, NumberFormat::Decimals(16));
    assert_eq!(of(&[age(1e-9 / 3.0, None)]).ages([0.0, 100.0]).unwrap().format, NumberFormat::Float64);
}

#[test]
fn a_claimed_range_is_widened_to_the_answers_and_spreads_go_to_half_of_it() {
    let found = of(&[age(75.0, Some(2.5)), age(20.0, Some(3.0))]);
    assert_eq!(found.ages([10.0, 70.0]).unwrap().values, 66.0);
    assert_eq!(found.expressible_answers([10.0, 70.0], None), Some(66.0 * 301.0));
    assert_eq!(found.classes(), [(AnswerClass::AgeAndSpread, 2)].into());
    let band = Outcome::answered(Answer::Range { low: Age::new(18.0).unwrap(), high: Age::new(25.0).unwrap() });
    assert_eq!(of(std::slice::from_ref(&band)).expressible_answers([0.0, 99.0], None), Some(100.0 * 101.0 / 2.0));
    assert_eq!(of(&[band]).expressible_answers([0.0, 99.0], Some(3)), Some(3.0), "the card names three");
}

#[test]
fn scores_are_probabilities_or_nobody_knows_how_many_there_are() {
    let score = |score| about(&[(18, Some(score), None)]);
    assert_eq!(of(&[score(0.25), score(0.5)]).expressible_answers([0.0, 100.0], None), Some(101.0));
    assert_eq!(of(&[score(0.25), score(1.5)]).expressible_answers([0.0, 100.0], None), None);
    let with = about(&[(18, Some(0.5), Some(Decision::Pass))]);
    assert_eq!(of(std::slice::from_ref(&with)).expressible_answers([0.0, 100.0], None), Some(22.0));
    // A score at one limit, sometimes at another too.
    let also = about(&[(16, Some(0.5), None), (18, Some(0.5), Some(Decision::Pass))]);
    assert_eq!(of(&[with, also]).expressible_answers([0.0, 100.0], None), Some(22.0 * 12.0));
}

#[test]
fn decisions_are_those_of_the_tally() {
    let (challenge, limit_18) = (ChallengeAge::new(18.0).ok(), limit(18));
    let band = Outcome::answered(Answer::Range { low: Age::new(17.0).unwrap(), high: Age::new(25.0).unwrap() });
    let ages = [18.0, 18.0, 17.9, 30.0, 31.0].map(|years| age(years, None));
    let found = of(&[&ages[..], &[band]].concat());
    assert_eq!(found.decisions(limit_18, challenge, Tie::AtOrAbove), [4, 1, 1]);
    assert_eq!(found.decisions(limit_18, challenge, Tie::Above), [2, 3, 1]);
    assert_eq!(found.counts().len(), 5);
    let own = of(&[about(&[(18, None, Some(Decision::Deny))]), about(&[(16, None, Some(Decision::Pass))])]);
    assert_eq!(own.decisions(limit_18, None, Tie::Above), [0, 1, 1]);
    assert!(own.speaks_of(limit_18) && !of(&[about(&[(16, None, Some(Decision::Pass))])]).speaks_of(limit_18));
}
#[test]
fn a_range_that_ends_at_the_challenge_age_is_decided_and_one_over_it_is_not() {
    let band = |low: f64, high: f64| {
        Outcome::answered(Answer::Range { low: Age::new(low).unwrap(), high: Age::new(high).unwrap() })
    };
    let found = of(&[band(18.0, 25.0), band(20.0, 25.0), band(10.0, 18.0), band(10.0, 12.0), band(17.0, 18.5)]);
    for tie in [Tie::AtOrAbove, Tie::Above] {
        assert_eq!(found.decisions(limit(18), ChallengeAge::new(18.0).ok(), tie), [2, 2, 1]);
    }
}

#[test]
fn an_answer_about_limits_is_a_score_where_one_has_a_score_and_else_a_decision() {
    let decision = about(&[(16, None, Some(Decision::Pass)), (18, None, Some(Decision::Deny))]);
    let score = about(&[(16, None, Some(Decision::Pass)), (18, Some(0.25), Some(Decision::Deny))]);
    let band = Outcome::answered(Answer::Range { low: Age::new(18.0).unwrap(), high: Age::new(25.0).unwrap() });
    let found = of(&[decision.clone(), score, decision, age(20.0, None), band]);
    let wanted = [(AnswerClass::Decision, 2), (AnswerClass::Score, 1), (AnswerClass::Age, 1), (AnswerClass::Band, 1)];
    assert_eq!(found.classes(), wanted.into());
    assert_eq!(found.answered(), 5);
    let words =
        [AnswerClass::Age, AnswerClass::AgeAndSpread, AnswerClass::Band, AnswerClass::Score, AnswerClass::Decision];
    assert_eq!(words.map(AnswerClass::word).into_iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
}

#[test]
fn a_spread_below_0_or_without_end_is_none() {
    for (spread, is_none) in [(0.0, false), (2.5, false), (-0.5, true), (f64::INFINITY, true)] {
        assert_eq!(
            of(&[age(20.0, Some(1.0)), age(20.0, Some(spread))]).has_spreads_that_are_none(),
            is_none,
            "{spread}"
        );
    }
    assert!(!of(&[age(20.0, None)]).has_spreads_that_are_none());
}

#[test]
fn what_a_format_expresses_is_counted_from_end_to_end() {
    let of = |numbers: &[f64], ends| expressible(numbers, ends);
    assert_eq!(of(&[], [0.0, 1.0]), None);
    assert_eq!(of(&[-0.5], [0.0, 1.0]), None);
    assert_eq!(of(&[0.5, f64::INFINITY], [0.0, 1.0]), None);
    // Wider than the ends where a number is.
    let found = of(&[2.5, 0.25], [0.5, 1.0]).unwrap();
    assert_eq!((found.format, found.values, found.step), (NumberFormat::Decimals(2), 226.0, 0.01));
    // Two neighbours: fewer than decimals have between them, and no more than the two.
    let next = 1.0_f64.next_up();
    let found = of(&[next, 1.0 + 2.0 * f64::EPSILON], [next, next]).unwrap();
    assert_eq!((found.format, found.values, found.step), (NumberFormat::Float64, 2.0, f64::EPSILON));
    // NumPy: spacing(float32(1)) is 1.1920929e-07; a third value lies between.
    let [first, third] = [1.0_f32.next_up(), 1.0_f32.next_up().next_up().next_up()].map(f64::from);
    let found = of(&[third, first], [first, first]).unwrap();
    assert_eq!((found.format, found.values, found.step), (NumberFormat::Float32, 3.0, 1.192_092_895_507_812_5e-7));
}
