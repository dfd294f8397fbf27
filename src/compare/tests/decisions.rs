//! Rates: paired differences of decisions, their intervals and tests.

use super::*;

#[test]
fn one_attempt_each_is_tangos_interval_and_mcnemars_exact_test() {
    let place = tempfile::tempdir().unwrap();
    // Of 200 minors the first passes 10 that the second denies, the second 30 that the first denies, both 5.
    let one = folder(
        place.path(),
        "one",
        &people(200, |age, person| if age == 20 || person < 15 { "30" } else { "12" }.into()),
        &eighteen(),
    );
    let other = folder(
        place.path(),
        "other",
        &people(200, |age, person| if age == 20 || (10..45).contains(&person) { "30" } else { "12" }.into()),
        &eighteen(),
    );
    let comparison = of(&[one, other]).unwrap();
    assert_eq!(comparison.methods, ["one", "other"]);
    let found = rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional);
    let row = &found.row;
    assert_eq!((row.method.as_str(), found.baseline_method.as_str()), ("other", "one"));
    near(row.value, 20.0 / 200.0);
    assert_eq!(
        (row.n_subjects, row.n_attempts, row.n_events, row.n_event_subjects),
        (Some(200), Some(200), Some(40), Some(40))
    );
    // scripts/validation/comparison.py: Tango's interval by numerical maximum likelihood, statsmodels' mcnemar.
    let case = &golden()["tango_30_10_200"];
    for (found, key) in [(row.low, "low95"), (row.high, "high95"), (row.claim_low, "low90"), (row.claim_high, "high90")]
    {
        assert!((found.unwrap() - case[key].as_f64().unwrap()).abs() < 1e-7, "{key}");
    }
    near(found.p, case["mcnemar"].as_f64().unwrap());
    assert!(row.has(flag::MCNEMAR) && !row.has(flag::IDENTICAL));
    let adults = rate(&comparison, "adult_denial_rate", FailurePolicy::Conditional);
    assert_eq!((adults.row.value, adults.p), (Some(0.0), Some(1.0)));
    assert!(adults.row.has(flag::NO_DISCORDANT_SUBJECT));
    // z^2 / (n + z^2) where nobody differs.
    near(adults.row.claim_high, 2.705_543_454_095_404 / (200.0 + 2.705_543_454_095_404));
    // The family holds both rates at 13 challenge ages.
    let members = comparison.rows.iter().filter(|row| row.p_adjusted.is_some()).count();
    assert_eq!(members, 26);
    near(found.p_adjusted, (26.0 * found.p.unwrap()).min(1.0));
}

#[test]
fn tangos_interval_is_the_printed_one_of_a_medical_example() {
    // Bentur et al. (2009), as in Fagerland, Lydersen & Laake (2014): -0.517 to -0.026.
    let found = crate::stats::Discordance::new(1.0, 7.0, 21.0).unwrap();
    let rounded = [found.lower(0.975), found.upper(0.975)].map(|bound| format!("{bound:.3}"));
    assert_eq!(rounded, ["-0.517", "-0.026"]);
    let case = &golden()["tango_1_7_21"];
    assert!((found.lower(0.975) - case["low95"].as_f64().unwrap()).abs() < 1e-7);
    near(Some(crate::stats::mcnemar(1, 7)), case["mcnemar"].as_f64().unwrap());
}

#[test]
fn several_attempts_are_shares_of_their_subject_and_samples_of_one_method_are_in_no_pair() {
    let place = tempfile::tempdir().unwrap();
    let rows = |answers: &dyn Fn(u32, u32) -> Option<&'static str>| {
        let mut csv = "sample_id,subject_id,true_age,method,age\n".to_owned();
        for person in 0..60 {
            for photo in 0..4 {
                csv.push_str(&format!("{person}-{photo},{person},15,fixed,12\n"));
                if let Some(answer) = answers(person, photo) {
                    csv.push_str(&format!("{person}-{photo},{person},15,varied,{answer}\n"));
                }
            }
        }
        csv
    };
    // Ten people pass with two of four photos, and two photos of one person were not put to the second method.
    let csv = rows(&|person, photo| match (person, photo) {
        (59, 0..2) => None,
        (0..10, 0..2) => Some("30"),
        _ => Some("12"),
    });
    let comparison = of(&[recorded(place.path(), "both", &csv, &eighteen())]).unwrap();
    let found = rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional);
    near(found.row.value, 5.0 / 60.0);
    assert_eq!((found.row.n_attempts, found.row.n_event_subjects), (Some(238), Some(10)));
    // All 2^10 flips of ten equal differences: two are as extreme.
    near(found.p, 2.0 / 1024.0);
    assert!(found.row.has(flag::SIGN_FLIP));
    let count = |metric: &str| comparison.rows.iter().find(|row| row.row.metric == metric).unwrap().row.value;
    assert_eq!((count("paired_attempts"), count("attempts_of_baseline_only")), (Some(238.0), Some(2.0)));
    assert_eq!((count("attempts_of_method_only"), count("different_outcomes")), (Some(0.0), Some(20.0)));
}

#[test]
fn where_coverage_differs_both_the_commonly_answered_and_the_fail_closed_difference_are_rows() {
    let place = tempfile::tempdir().unwrap();
    let one = folder(place.path(), "one", &people(100, |_, _| "30".into()), &eighteen());
    let silent = |_: u32, person: u32| if person < 40 { String::new() } else { "30".into() };
    let other = folder(place.path(), "other", &people(100, silent), &eighteen());
    let comparison = of(&[one, other]).unwrap();
    let common = rate(&comparison, "under_age_pass_rate", FailurePolicy::Conditional);
    assert_eq!((common.row.value, common.row.n_subjects), (Some(0.0), Some(60)));
    let closed = rate(&comparison, "under_age_pass_rate", FailurePolicy::FailClosed);
    near(closed.row.value, -0.4);
    assert!(common.row.has(flag::COVERAGE_DIFFERS) && closed.row.has(flag::COVERAGE_DIFFERS));
    let denied = rate(&comparison, "adult_denial_rate", FailurePolicy::FailClosed);
    near(denied.row.value, 0.4);
}
