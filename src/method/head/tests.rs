//! Heads against SciPy's numbers, and what they refuse.

use super::*;
use crate::age::Age;
use crate::outcome::{Answer, Status};

fn years(head: &Head, output: &[f32]) -> f64 {
    match head.decode(output).unwrap().answer {
        Some(Answer::Age { age, .. }) => age.years(),
        other => panic!("{other:?}"),
    }
}

fn tens() -> Vec<f64> {
    vec![10.0, 20.0, 30.0, 40.0, 50.0]
}

/// Logits that float32 holds exactly.
const LOGITS: [f32; 5] = [0.5, -1.25, 2.0, 3.5, -0.75];

#[test]
fn an_expectation_over_logits_and_its_spread_are_those_of_scipy() {
    // SciPy 1.17.1: p = softmax([0.5, -1.25, 2, 3.5, -0.75]); m = (p * ages).sum(); sqrt((p * (ages - m) ** 2).sum())
    let head = Head::Expectation { ages: tens(), logits: true };
    let Some(Answer::Age { age, spread: Some(spread) }) = head.decode(&LOGITS).unwrap().answer else { panic!() };
    assert!((age.years() - 37.10201487329938).abs() < 1e-12);
    assert!((spread - 6.8681099291214736).abs() < 1e-12);
}

#[test]
fn large_logits_do_not_overflow() {
    // SciPy 1.17.1: (softmax([1000, 1001, 999]) * [20, 30, 40]).sum()
    let head = Head::Expectation { ages: vec![20.0, 30.0, 40.0], logits: true };
    assert!((years(&head, &[1000.0, 1001.0, 999.0]) - 28.453021021155823).abs() < 1e-12);
}

#[test]
fn probabilities_are_divided_by_their_sum_and_negative_ones_are_a_failure() {
    let head = Head::Expectation { ages: vec![20.0, 40.0], logits: false };
    assert_eq!(years(&head, &[1.0, 3.0]), 35.0);
    for output in [[0.0, 0.0], [-0.5, 1.5]] {
        assert_eq!(head.decode(&output).unwrap().status, Status::Failed);
    }
}

#[test]
fn the_median_is_the_first_age_at_which_half_is_reached_and_argmax_the_youngest_of_equals() {
    let median = Head::Median { ages: tens(), logits: false };
    assert_eq!(years(&median, &[0.25, 0.25, 0.0, 0.5, 0.0]), 20.0);
    assert_eq!(years(&median, &[0.125, 0.25, 0.25, 0.25, 0.125]), 30.0);
    assert_eq!(years(&Head::Median { ages: tens(), logits: true }, &LOGITS), 40.0);
    assert_eq!(years(&Head::Argmax { ages: tens() }, &[0.1, 0.4, 0.1, 0.4, 0.0]), 20.0);
}

#[test]
fn an_ordinal_head_sums_or_counts_and_reads_one_column_or_two() {
    let head = |rule| Head::Ordinal { first_age: 16.0, steps: 4, logits: true, rule };
    let one = [3.0, 1.5, 0.25, -2.0];
    // SciPy 1.17.1: expit([3, 1.5, 0.25, -2]).sum() and (... > 0.5).sum()
    assert!((years(&head(OrdinalRule::Sum), &one) - (16.0 + 2.4515280259239924)).abs() < 1e-12);
    assert_eq!(years(&head(OrdinalRule::Count), &one), 19.0);
    // SciPy 1.17.1: softmax([[-1, 2], [.5, .75], [1, -1.5], [2, -3]], axis=1)[:, 1].sum()
    let two = [-1.0, 2.0, 0.5, 0.75, 1.0, -1.5, 2.0, -3.0];
    assert!((years(&head(OrdinalRule::Sum), &two) - (16.0 + 1.5973016586537598)).abs() < 1e-12);
    assert_eq!(years(&head(OrdinalRule::Count), &two), 18.0);
}

#[test]
fn ordinal_probabilities_may_be_given_as_they_are() {
    let head = Head::Ordinal { first_age: 0.0, steps: 2, logits: false, rule: OrdinalRule::Sum };
    assert_eq!(years(&head, &[1.0, 0.25]), 1.25);
    assert_eq!(years(&head, &[0.0, 1.0, 0.75, 0.25]), 1.25);
    assert_eq!(head.decode(&[1.5, 0.0]).unwrap().status, Status::Failed);
}

#[test]
fn bins_answer_the_range_of_the_most_probable() {
    let head = Head::Bins { edges: vec![0.0, 13.0, 18.0, 25.0, 120.0] };
    let outcome = head.decode(&[0.1, 0.2, 0.5, 0.2]).unwrap();
    let (low, high) = (Age::new(18.0).unwrap(), Age::new(25.0).unwrap());
    assert_eq!(outcome.answer, Some(Answer::Range { low, high }));
}

#[test]
fn scaled_years_are_scale_times_output_plus_offset() {
    assert_eq!(years(&Head::ScaledYears { scale: 100.0, offset: 1.0 }, &[0.25]), 26.0);
    assert_eq!(years(&Head::Years, &[33.5]), 33.5);
}

#[test]
fn what_is_no_age_fails_with_a_reason_and_what_has_another_length_is_an_error() {
    for output in [f32::NAN, f32::INFINITY, -1.0, 300.0] {
        let outcome = Head::Years.decode(&[output]).unwrap();
        assert_eq!(outcome.status, Status::Failed, "{output}");
        assert!(outcome.reason.unwrap().contains("the method's answer"));
    }
    let error = Head::Bins { edges: vec![0.0, 18.0, 120.0] }.decode(&[1.0; 3]).unwrap_err();
    assert_eq!(error.to_string(), "the output has 3 numbers where head `bins` reads 2");
    let ordinal = Head::Ordinal { first_age: 0.0, steps: 5, logits: true, rule: OrdinalRule::Sum };
    assert_eq!(ordinal.fits(7).unwrap_err().to_string(), "the output has 7 numbers where head `ordinal` reads 5 or 10");
}

#[test]
fn impossible_heads_are_refused_before_any_work() {
    assert_eq!(Head::Argmax { ages: vec![] }.check(), Err(HeadError::NoAges("argmax")));
    assert_eq!(Head::Bins { edges: vec![18.0] }.check(), Err(HeadError::NoAges("bins")));
    assert!(matches!(Head::Bins { edges: vec![0.0, 130.0] }.check(), Err(HeadError::NotAnAge { .. })));
    assert!(matches!(
        Head::Expectation { ages: vec![10.0, 10.0], logits: true }.check(),
        Err(HeadError::NotRising { .. })
    ));
    assert!(Head::ScaledYears { scale: 0.0, offset: 1.0 }.check().is_err());
    assert!(Head::Ordinal { first_age: 16.0, steps: 0, logits: true, rule: OrdinalRule::Sum }.check().is_err());
    assert!(Head::Bins { edges: vec![0.0, 13.0, 18.0] }.check().is_ok());
}
