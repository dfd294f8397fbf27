//! The safe buffer on made-up answers whose claim bounds are known in closed form.

use super::*;
use crate::table::RowStatus;

/// `each` subjects of every age from 13 to 25; `wrong(age, subject)` of them are answered 23, the other minors 10.
fn people(each: u32, answer: impl Fn(u32, u32) -> f64) -> Vec<Attempt> {
    let one = |age: u32, subject: u32| {
        let sex = if subject.is_multiple_of(2) { "female" } else { "male" };
        (100_000 * age + subject, year(age), answered(answer(age, subject)), [sex, "north"])
    };
    (13..=25).flat_map(|age| (0..each).map(move |subject| one(age, subject))).collect()
}

fn protocol(more: &str) -> Protocol {
    Protocol::from_toml(&format!("limits = [18]\ngroups = ['sex']\n[buffer]\ntarget = 0.05\n{more}\n")).unwrap()
}

#[test]
fn fifty_nine_subjects_a_year_without_an_error_show_five_percent_and_fifty_eight_do_not() {
    let right = |age: u32, _| if age < 18 { 10.0 } else { 40.0 };
    let table = table(&people(59, right), &protocol(""));
    let found = only(&table, "metric = 'safe_challenge_age'\nlimit = 18");
    assert_eq!((found.value, found.status), (Some(18.0), RowStatus::Value));
    assert!(found.has("selected") && !found.has("post_hoc"));
    assert_eq!(only(&table, "metric = 'safe_buffer'").value, Some(0.0));
    let table = super::table(&people(58, right), &protocol(""));
    let found = only(&table, "metric = 'safe_challenge_age'");
    assert_eq!(found.status, RowStatus::InsufficientEvidence);
    let reason = found.evidence.as_ref().unwrap().cell();
    assert!(reason.contains("everyone at age:17: 58 subjects") && reason.contains("59 needed"), "{reason}");
}

#[test]
fn the_search_stops_at_the_first_miss_from_above() {
    // 30 of 59 seventeen-year-olds are answered 23, so every challenge age up to 23 passes them and 23.5 does not.
    let answer = |age: u32, subject| {
        if age == 17 && subject < 30 {
            23.0
        } else if age < 18 {
            10.0
        } else {
            40.0
        }
    };
    let table = table(&people(59, answer), &protocol(""));
    let found = only(&table, "metric = 'safe_challenge_age'");
    assert_eq!(found.value, Some(23.5));
    let at = only(&table, "metric = 'under_age_pass_rate'\nchallenge = 23.5\npopulation = 'age:17'\nvariant = '*'");
    assert!(at.has("selected") && at.value == Some(0.0));
    assert!((at.claim_high.unwrap() - (1.0 - 0.05_f64.powf(1.0 / 59.0))).abs() < 1e-12);
    let cost: Vec<_> = {
        let select = "metric = 'adult_denial_rate'\npopulation = 'age'\nvariant = 'buffer=selected'";
        table.find(&toml::from_str::<Select>(select).unwrap()).collect()
    };
    assert_eq!(cost.len(), 8, "the adult years there are: 18 to 25");
    assert!(cost.iter().all(|row| row.value == Some(0.0) && row.challenge == found_challenge(23.5)));
}

fn found_challenge(years: f64) -> Option<crate::age::ChallengeAge> {
    crate::age::ChallengeAge::new(years).ok()
}

#[test]
fn a_group_that_misses_is_named_and_so_is_one_that_is_too_small() {
    let answer = |age: u32, subject: u32| if age < 18 && subject.is_multiple_of(2) { 60.0 } else { f64::from(age) };
    let groups = "groups = [{ group_by = 'sex' }]";
    let table = table(&people(130, answer), &protocol(groups));
    let found = only(&table, "metric = 'safe_buffer'");
    assert_eq!(found.status, RowStatus::NotAchievable);
    assert!(found.evidence.as_ref().unwrap().cell().contains("everyone at age:17"), "the whole is required as well");
    let right = |age: u32, _| if age < 18 { 10.0 } else { 40.0 };
    let table = super::table(&people(100, right), &protocol(groups));
    let reason = only(&table, "metric = 'safe_buffer'").evidence.as_ref().unwrap().cell();
    assert!(reason.starts_with("sex=female at age:17: 50 subjects"), "{reason}");
    let absent = protocol("groups = [{ group_by = 'sex', group = 'other' }]");
    let table = super::table(&people(100, right), &absent);
    let found = only(&table, "metric = 'safe_buffer'");
    assert_eq!(found.status, RowStatus::InsufficientEvidence);
    assert!(found.evidence.as_ref().unwrap().cell().contains("sex=other"));
}

#[test]
fn a_group_that_is_too_small_comes_before_one_that_misses() {
    // Nobody's answer meets the target at any challenge age; male people are 20 of 130 in each year.
    let attempts: Vec<Attempt> = people(130, |_, _| 60.0)
        .into_iter()
        .map(|(subject, age, outcome, _)| {
            let sex = if subject % 100_000 < 20 { "male" } else { "female" };
            (subject, age, outcome, [sex, "north"])
        })
        .collect();
    let table = table(&attempts, &protocol("groups = [{ group_by = 'sex' }]"));
    let found = only(&table, "metric = 'safe_buffer'");
    let reason = found.evidence.as_ref().unwrap().cell();
    assert_eq!(found.status, RowStatus::InsufficientEvidence, "{reason}");
    assert!(reason.starts_with("sex=male at age:17: 20 subjects, n* 20.0, 59 needed"), "{reason}");
}

#[test]
fn a_group_that_is_required_twice_is_a_row_once() {
    let right = |age: u32, _| if age < 18 { 10.0 } else { 40.0 };
    let groups = "groups = [{ group_by = 'sex' }, { group_by = 'region' }, { group_by = 'sex', group = 'female' }]";
    let protocol = format!("limits = [18]\ngroups = ['sex', 'region']\n[buffer]\ntarget = 0.05\n{groups}\n");
    let table = table(&people(130, right), &Protocol::from_toml(&protocol).unwrap());
    assert_eq!(only(&table, "metric = 'safe_buffer'").value, Some(0.0));
    for population in ["age:17", "window:13-17"] {
        let place = format!("metric = 'under_age_pass_rate'\nvariant = 'buffer=selected'\npopulation = '{population}'");
        only(&table, &format!("{place}\ngroup_by = 'sex'\ngroup = 'female'"));
        only(&table, &format!("{place}\ngroup_by = 'sex'\ngroup = 'male'"));
    }
}

#[test]
fn a_buffer_that_one_half_chose_is_tested_once_on_the_other() {
    let right = |age: u32, _| if age < 18 { 10.0 } else { 40.0 };
    let one = table(&people(400, right), &protocol("confirm = true"));
    let found = only(&one, "metric = 'safe_buffer'\nvariant = 'confirm=halves'");
    assert!(found.has("confirmed") && !found.has("not_confirmed"));
    let tests: Vec<_> = {
        let select = "metric = 'under_age_pass_rate'\nvariant = 'buffer=confirm'";
        one.find(&toml::from_str::<Select>(select).unwrap()).collect()
    };
    assert_eq!(tests.len(), 2, "at age 17 and in the window");
    let half = tests[0].n_subjects.unwrap();
    assert!((150..250).contains(&half), "{half} of 400");
    // Few seventeen-year-olds pass, all of them in the half to test on: the other half sees none.
    use crate::tally::Half;
    let answer = |age: u32, subject: u32| {
        let tested = Half::of(0, 100_000 * age + subject) == Half::Test;
        if age == 17 && tested {
            60.0
        } else if age < 18 {
            10.0
        } else {
            40.0
        }
    };
    let other = table(&people(400, answer), &protocol("confirm = true"));
    let found = only(&other, "metric = 'safe_buffer'\nvariant = 'confirm=halves'");
    assert!(found.has("not_confirmed") && found.value == Some(0.0));
}

#[test]
fn what_was_settled_after_the_fact_is_flagged() {
    let right = |age: u32, _| if age < 18 { 10.0 } else { 40.0 };
    let table = table(&people(59, right), &protocol("post_hoc = ['target']"));
    assert!(only(&table, "metric = 'safe_buffer'").has("post_hoc"));
}

#[test]
fn the_worst_year_has_a_bound_that_holds_for_all_years() {
    let answer = |age: u32, subject| {
        if age == 15 && subject < 7 {
            40.0
        } else if age < 18 {
            10.0
        } else {
            40.0
        }
    };
    let table = table(&people(100, answer), &protocol(""));
    let select = "metric = 'under_age_pass_rate'\nchallenge = 18\nvariant = 'worst=year'";
    let found = only(&table, select);
    assert_eq!((found.value, found.n_subjects), (Some(0.07), Some(100)));
    // Clopper-Pearson of 7 in 100 at 1 - 0.05 / 5, computed with SciPy: beta.ppf(0.99, 8, 93).
    assert!((found.claim_high.unwrap() - 0.152_896_769_644_252).abs() < 1e-12, "{:?}", found.claim_high);
}

#[test]
fn where_fewer_answers_decide_further_down_nothing_is_shown_there() {
    // At a challenge age of 20 all 100 people of each age are denied; below it 86 of them are undecided, and 14 left.
    let range = || Outcome::answered(Answer::Range { low: Age::new(12.0).unwrap(), high: Age::new(20.0).unwrap() });
    let attempts: Vec<Attempt> = people(100, |age, _| if age < 18 { 10.0 } else { 40.0 })
        .into_iter()
        .map(|(subject, age, outcome, levels)| {
            let decided = age.low() >= 18.0 || subject % 100_000 < 14;
            (subject, age, if decided { outcome } else { range() }, levels)
        })
        .collect();
    // None of 14 is at most 0.1926 at 95 %.
    let protocol = Protocol::from_toml("limits = [18]\n[buffer]\ntarget = 0.2\n").unwrap();
    let table = table(&attempts, &protocol);
    assert_eq!(only(&table, "metric = 'safe_challenge_age'").value, Some(20.0));
    let at = only(
        &table,
        "metric = 'under_age_pass_rate'\nchallenge = 20\npopulation = 'age:17'\nvariant = 'buffer=selected'",
    );
    assert_eq!((at.n_subjects, at.status), (Some(100), RowStatus::Value));
}
