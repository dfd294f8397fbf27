//! What becomes of groups that are too few, too small or too uniform.

use super::few_draws;
use crate::metric::flag;
use crate::metric::tests::independent::near;
use crate::metric::tests::*;
use crate::outcome::Status;
use crate::stats::golden::TWELVE_ERRORS;
use crate::table::{Evidence, RowStatus};

fn attempt(subject: u32, age: u32, answer: Option<f64>, sex: &'static str, region: &'static str) -> Attempt {
    let outcome = answer.map_or_else(|| Outcome::unanswered(Status::Failed, ""), answered);
    (subject, year(age), outcome, [sex, region])
}

/// 60 people of each of two sexes and each age from 13 to 30; `answer` gives the answer to each.
fn two_sexes(answer: impl Fn(u32, u32, &str) -> Option<f64>) -> Vec<Attempt> {
    let people = (13..31).flat_map(|age| (0..120_u32).map(move |i| (age, i)));
    people
        .map(|(age, i)| {
            let sex = if i.is_multiple_of(2) { "female" } else { "male" };
            attempt(age * 1000 + i, age, answer(age, i, sex), sex, "north")
        })
        .collect()
}

#[test]
fn a_difference_shows_and_none_does_not() {
    // Every second female minor passes, no male one does; adults are denied alike.
    let answer = |age: u32, i: u32, sex: &str| {
        let passes = if age < 18 { sex == "female" && i.is_multiple_of(4) } else { i % 8 > 1 };
        Some(if passes { 40.0 } else { 10.0 })
    };
    let table = table(&two_sexes(answer), &few_draws());
    let of = |metric: &str, window: &str, more: &str| {
        only(
            &table,
            &format!("metric = '{metric}'\npopulation = 'window:{window}'\nchallenge = 18\ngroup_by = 'sex'\n{more}"),
        )
    };
    let passes = of("max_minus_min", "13-17", "group = ''\nvariant = 'of=under_age_pass_rate'");
    assert!(near(passes.value.unwrap(), 0.5) && passes.status == RowStatus::Value, "{passes:?}");
    let p = of("permutation_p", "13-17", "group = ''\nvariant = 'of=under_age_pass_rate;summary=max_minus_min'");
    assert_eq!(p.value, Some(1.0 / 1000.0));
    assert!(passes.has(flag::PRIMARY) && !p.has(flag::PRIMARY));
    let median = of("max_minus_min", "13-17", "group = ''\nvariant = 'null=median;of=under_age_pass_rate'");
    assert!(median.value.unwrap() < 0.1);
    let denials = of("permutation_p", "18-30", "group = ''\nvariant = 'of=adult_denial_rate;summary=gini'");
    assert!(denials.value.unwrap() > 0.99, "{denials:?}");
    let one = of("under_age_pass_rate_difference", "13-17", "group = 'female'\nvariant = 'against=rest'");
    assert!(near(one.value.unwrap(), 0.5), "{one:?}");
    // Two groups are each other's rest: one test, not adjusted.
    let holm = "variant = 'adjusted=holm;against=rest;of=under_age_pass_rate'";
    let [female, male] =
        ["female", "male"].map(|sex| of("difference_p", "13-17", &format!("group = '{sex}'\n{holm}")).value);
    assert!(female == male && female.unwrap() < 1e-9);
}

#[test]
fn when_all_pass_nobody_passes_or_all_fail_each_row_says_what_it_can() {
    let table_of_all = |answer: Option<f64>| table(&two_sexes(|_, _, _| answer), &few_draws());
    let of = |table: &Table, metric: &str, variant: &str| {
        let place = "population = 'window:13-17'\nchallenge = 18\ngroup_by = 'sex'\ngroup = ''\n";
        only(table, &format!("metric = '{metric}'\n{place}variant = '{variant}'")).clone()
    };
    for (answer, rate) in [(Some(50.0), 1.0), (Some(10.0), 0.0)] {
        let table = table_of_all(answer);
        assert_eq!(of(&table, "gini", "of=under_age_pass_rate").value, Some(0.0), "{rate}");
        assert_eq!(of(&table, "max_minus_min", "of=under_age_pass_rate").value, Some(0.0));
        assert_eq!(of(&table, "permutation_p", "of=under_age_pass_rate;summary=gini").value, Some(1.0));
        let ratio = of(&table, "max_over_min", "of=under_age_pass_rate");
        let expected = if rate > 0.0 { (Some(1.0), RowStatus::Value) } else { (None, RowStatus::InsufficientEvidence) };
        assert_eq!((ratio.value, ratio.status), expected, "{ratio:?}");
    }
    let table = table_of_all(None);
    let gini = of(&table, "gini", "of=under_age_pass_rate");
    assert_eq!((gini.value, gini.status), (None, RowStatus::InsufficientEvidence), "{gini:?}");
    let left_out = of(&table, "groups_left_out", "of=under_age_pass_rate");
    assert_eq!(left_out.value, Some(2.0));
}

#[test]
fn a_group_of_two_people_is_left_out_by_name_and_one_group_alone_is_compared_with_nobody() {
    let mut attempts = two_sexes(|age, i, _| Some(f64::from(age) + f64::from(i % 9) - 4.0));
    for (at, attempt) in attempts.iter_mut().enumerate() {
        attempt.3[1] = if at < 2 { "isle" } else { ["north", "south"][at % 2] };
    }
    let made = table(&attempts, &few_draws());
    let place = "population = 'under'\nchallenge = 18\ngroup_by = 'region'\n";
    let left_out =
        only(&made, &format!("metric = 'groups_left_out'\n{place}group = ''\nvariant = 'of=under_age_pass_rate'"));
    assert_eq!((left_out.value, left_out.n_subjects), (Some(1.0), Some(2)));
    assert_eq!(left_out.evidence, Some(Evidence::Short(vec!["isle (2<30 subjects)".to_owned()])));
    let gini = only(&made, &format!("metric = 'gini'\n{place}group = ''\nvariant = 'of=under_age_pass_rate'"));
    assert!(gini.has(flag::GROUPS_LEFT_OUT) && gini.status == RowStatus::Value);
    let isle = only(
        &made,
        &format!("metric = 'under_age_pass_rate_difference'\n{place}group = 'isle'\nvariant = 'against=rest'"),
    );
    assert!(isle.value.is_some() && isle.status == RowStatus::InsufficientEvidence, "{isle:?}");
    attempts.iter_mut().for_each(|attempt| attempt.3 = ["female", "north"]);
    let made = table(&attempts, &few_draws());
    let gini = only(&made, &format!("metric = 'gini'\n{place}group = ''\nvariant = 'of=under_age_pass_rate'"));
    assert_eq!((gini.value, gini.status), (None, RowStatus::InsufficientEvidence));
    let alone = only(
        &made,
        &format!("metric = 'under_age_pass_rate_difference'\n{place}group = 'north'\nvariant = 'against=rest'"),
    );
    assert_eq!(alone.status, RowStatus::Empty, "{alone:?}");
}

#[test]
fn a_p_value_that_is_not_adjusted_is_no_better_evidence_than_its_difference() {
    // Twenty minors live on the isle, of whom four pass.
    let mut attempts = two_sexes(|age, i, _| Some(if age < 18 && i % 5 == 0 { 40.0 } else { f64::from(age) }));
    for (at, attempt) in attempts.iter_mut().enumerate() {
        attempt.3[1] = if at < 20 { "isle" } else { "north" };
    }
    let protocol = "limits = [18]\n[between_groups]\nreplicates = 999\nraw_p = true\n";
    let made = table(&attempts, &Protocol::from_toml(protocol).unwrap());
    let place = "population = 'under'\nchallenge = 18\ngroup_by = 'region'\ngroup = 'isle'\n";
    let of = |metric: &str, variant: &str| only(&made, &format!("metric = '{metric}'\n{place}variant = '{variant}'"));
    let difference = of("under_age_pass_rate_difference", "against=rest");
    let raw = of("difference_p", "adjusted=none;against=rest;of=under_age_pass_rate");
    let holm = of("difference_p", "adjusted=holm;against=rest;of=under_age_pass_rate");
    assert!(raw.value.is_some() && holm.value.is_none());
    for row in [difference, raw, holm] {
        assert_eq!(row.status, RowStatus::InsufficientEvidence, "{row:?}");
        assert!(row.evidence.as_ref().unwrap().cell().starts_with("20<30 subjects"), "{row:?}");
    }
    let sex = "group_by = 'sex'\ngroup = 'male'\npopulation = 'under'\nchallenge = 18\nmetric = 'difference_p'\n";
    let raw = only(&made, &format!("{sex}variant = 'adjusted=none;against=rest;of=under_age_pass_rate'"));
    assert_eq!((raw.status, &raw.evidence), (RowStatus::Value, &Some(Evidence::Sufficient)));
}

#[test]
fn labels_that_cannot_move_are_too_little_evidence() {
    // One sex has the even ages, the other the odd ones: no stratum has two labels.
    let attempts: Vec<Attempt> = two_sexes(|age, i, _| Some(f64::from(age) + f64::from(i % 9) - 4.0))
        .into_iter()
        .map(|mut attempt| {
            attempt.3[0] = if (attempt.0 / 1000).is_multiple_of(2) { "female" } else { "male" };
            attempt
        })
        .collect();
    let protocol = "limits = [18]\n[between_groups]\nreplicates = 999\n[[primary]]\nmetric = 'gini'\ngroup_by = 'sex'\nvariant = '*'\n";
    let made = table(&attempts, &Protocol::from_toml(protocol).unwrap());
    let place = "population = 'under'\nchallenge = 18\ngroup_by = 'sex'\ngroup = ''\n";
    let p = only(&made, &format!("metric = 'permutation_p'\n{place}variant = 'of=under_age_pass_rate;summary=gini'"));
    assert_eq!((p.value, p.status), (Some(1.0), RowStatus::InsufficientEvidence));
    let Some(Evidence::Short(reasons)) = &p.evidence else { panic!("{p:?}") };
    assert!(reasons[0].starts_with("0%<50%"), "{reasons:?}");
}

#[test]
fn labels_of_half_of_the_people_that_can_move_are_enough() {
    // At 16 there are eighty people of both sexes, at 17 so many women.
    let said = |women: u32| {
        let one = |subject: u32| {
            let (age, sex) = if subject < 80 { (16, ["female", "male"][subject as usize % 2]) } else { (17, "female") };
            (subject, year(age), answered(if subject % 4 < 2 { 40.0 } else { 10.0 }), [sex, ""])
        };
        let asked = "[[primary]]\nmetric = 'gini'\ngroup_by = 'sex'\nvariant = '*'\n";
        let protocol =
            Protocol::from_toml(&format!("limits = [18]\n[between_groups]\nreplicates = 999\n{asked}")).unwrap();
        let table = table(&(0..80 + women).map(one).collect::<Vec<_>>(), &protocol);
        let place = "population = 'under'\nchallenge = 18\ngroup_by = 'sex'\ngroup = ''\n";
        let variant = "variant = 'of=under_age_pass_rate;summary=gini'";
        only(&table, &format!("metric = 'permutation_p'\n{place}{variant}")).evidence.clone().unwrap().cell()
    };
    assert!(!said(80).contains("share an age"), "{}", said(80));
    assert!(said(82).contains("49%<50% of subjects share an age with another group"), "{}", said(82));
}

#[test]
fn a_summary_carries_no_claim_where_ages_straddle_the_limit_or_are_bands_of_years() {
    let said = |band: Option<[f64; 2]>, population: &str| {
        let mut people = two_sexes(|age, i, _| Some(f64::from(age) + f64::from(i % 9) - 4.0));
        if let Some([low, high]) = band {
            let band = AgeRange::new(low, high).unwrap();
            let one =
                |subject: u32| (subject, band, answered(17.0), [["female", "male"][subject as usize % 2], "north"]);
            people.extend((90_000..90_100).map(one));
        }
        let asked = "[[primary]]\nmetric = 'gini'\ngroup_by = 'sex'\nvariant = '*'\n";
        let table = table(&people, &Protocol::from_toml(&format!("limits = [18]\n{asked}")).unwrap());
        let place = format!("population = '{population}'\nchallenge = 18\ngroup_by = 'sex'\ngroup = ''\n");
        let row = only(&table, &format!("metric = 'gini'\n{place}variant = 'of=under_age_pass_rate'")).clone();
        row.evidence.map(|evidence| evidence.cell()).unwrap_or_default()
    };
    assert!(!said(None, "under").contains("ing") && !said(None, "window:13-17").contains("bands"));
    assert!(said(Some([17.0, 19.0]), "under").contains("straddling 14.3%>5%"), "{}", said(Some([17.0, 19.0]), "under"));
    let bands = said(Some([14.0, 16.0]), "window:13-17");
    assert!(bands.contains("bands of years 14.3%>5%"), "{bands}");
}

#[test]
fn five_people_with_an_event_that_are_expected_in_each_group_are_just_enough() {
    // So many of 300 of each sex pass.
    let asked = "[[primary]]\nmetric = 'gini'\ngroup_by = 'sex'\nvariant = '*'\n";
    let protocol = Protocol::from_toml(&format!("limits = [18]\n[between_groups]\nreplicates = 999\n{asked}")).unwrap();
    let said = |passing: u32| {
        let people = two_sexes(|age, i, _| Some(if age == 17 && i < 2 * passing { 40.0 } else { 10.0 }));
        let place = "population = 'under'\nchallenge = 18\ngroup_by = 'sex'\ngroup = ''\n";
        let variant = "variant = 'of=under_age_pass_rate;summary=gini'";
        only(&table(&people, &protocol), &format!("metric = 'permutation_p'\n{place}{variant}"))
            .evidence
            .clone()
            .unwrap()
            .cell()
    };
    assert!(!said(5).contains("expected"), "{}", said(5));
    assert!(said(4).contains("4.0<5 events expected"), "{}", said(4));
}

#[test]
fn a_null_of_which_a_third_has_no_value_is_none() {
    // At 13 there are a woman and a man with an answer, and a woman without one: dealt anew, the man is every third time the one
    // without, and the men's mean over the years of the window has no value.
    let of = |third: Option<f64>| {
        let answer = |age: u32, i: u32, _: &str| if age == 13 && i == 2 { third } else { Some(f64::from(8 + i % 12)) };
        let people: Vec<Attempt> =
            two_sexes(answer).into_iter().filter(|one| one.1.low() > 13.5 || one.0 % 1000 < 3).collect();
        let protocol = "limits = [18]\nfailure_policy = 'conditional'\n[between_groups]\nreplicates = 999\n";
        let table = table(&people, &Protocol::from_toml(protocol).unwrap());
        let place = "population = 'window:13-17'\nchallenge = 18\ngroup_by = 'sex'\ngroup = ''\n";
        only(
            &table,
            &format!("metric = 'permutation_p'\n{place}variant = 'of=under_age_pass_rate;summary=max_minus_min'"),
        )
        .clone()
    };
    assert!(of(Some(10.0)).value.is_some());
    let row = of(None);
    assert_eq!((row.value, row.status), (None, RowStatus::InsufficientEvidence));
    let why = row.evidence.unwrap().cell();
    assert!(why.ends_with("more than 1% of the permutations have no value"), "{why}");
}

#[test]
fn a_null_from_the_normal_form_needs_five_expected_events_and_five_attempts_without_one() {
    // Of 120 minors of each of five years so many pass, half of them of each sex: of 300 of a sex, 5 or 10. Five of 300
    // are 4.9 of as many as the mean of five years is worth.
    for (passing, status) in [(0, None), (2, None), (4, Some(())), (116, Some(())), (118, None)] {
        let answer = |age: u32, i: u32, _: &str| Some(if age < 18 && i < passing { 40.0 } else { 10.0 });
        let table = table(&two_sexes(answer), &few_draws());
        let place = "population = 'window:13-17'\nchallenge = 18\ngroup_by = 'sex'\ngroup = ''\n";
        let variant = "variant = 'of=under_age_pass_rate;summary=max_minus_min'";
        let p = only(&table, &format!("metric = 'permutation_p'\n{place}{variant}"));
        assert!(p.value.is_some(), "{p:?}");
        if status.is_some() {
            assert_eq!((p.status, &p.evidence), (RowStatus::Value, &Some(Evidence::Sufficient)), "{passing}");
            continue;
        }
        let Some(Evidence::Short(reasons)) = &p.evidence else { panic!("{passing}: {p:?}") };
        let of_what =
            if passing < 60 { "<5 events expected in female" } else { "<5 attempts without one expected in female" };
        assert!(p.status == RowStatus::InsufficientEvidence && reasons[0].ends_with(of_what), "{passing}: {reasons:?}");
    }
}

#[test]
fn a_fixed_threshold_of_a_group_that_is_not_there_says_so_and_one_that_none_meets_too() {
    let protocol = |group: &str, rate: f64| {
        let fixed = format!("name = 'x'\nlimit = 18\ngroup_by = 'sex'\ngroup = '{group}'\npopulation = 'under'\n");
        Protocol::from_toml(&format!("limits = [18]\n[[fixed_thresholds]]\n{fixed}under_age_pass_rate = {rate}\n"))
            .unwrap()
    };
    let attempts = two_sexes(|age, i, _| Some(if i.is_multiple_of(2) { 60.0 } else { f64::from(age) }));
    let of = |protocol: &Protocol| {
        let found = table(&attempts, protocol);
        only(&found, "metric = 'fixed_challenge_age'\ngroup_by = '*'\nvariant = 'fixed=x'").clone()
    };
    assert_eq!(of(&protocol("nobody", 0.1)).status, RowStatus::InsufficientEvidence);
    assert_eq!(of(&protocol("female", 0.1)).status, RowStatus::NotAchievable);
    assert_eq!(of(&protocol("male", 0.0)).value, Some(18.0));
    assert!(of(&protocol("male", 0.0)).has(flag::TARGET_BELOW_3_PER_N));
}

#[test]
fn a_fixed_threshold_needs_people_to_be_set_on_and_is_in_sample_wherever_they_are() {
    let mut attempts = two_sexes(|age, i, _| Some(f64::from(age) + f64::from(i % 9) - 4.0));
    for (at, attempt) in attempts.iter_mut().enumerate() {
        attempt.3[1] = if at < 5 { "isle" } else { ["north", "south"][at / 2 % 2] };
    }
    let of = |by: &str, group: &str| {
        let fixed = format!("name = 'x'\nlimit = 18\ngroup_by = '{by}'\ngroup = '{group}'\npopulation = 'under'\n");
        let head = "limits = [18]\ncrossings = [['sex', 'region']]\n[between_groups]\nreplicates = 999\n";
        let protocol = format!("{head}[[fixed_thresholds]]\n{fixed}under_age_pass_rate = 0.1\n");
        table(&attempts, &Protocol::from_toml(&protocol).unwrap())
    };
    let male = of("sex", "male");
    let set = only(&male, "metric = 'fixed_challenge_age'\ngroup_by = '*'\nvariant = 'fixed=x'");
    assert_eq!((set.status, &set.evidence), (RowStatus::Value, &Some(Evidence::Sufficient)));
    let flagged = |table: &Table, metric: &str| {
        let select = format!("metric = '{metric}'\ngroup_by = '*'\nvariant = 'fixed=x'");
        let rows: Vec<Row> = table.find(&toml::from_str::<Select>(&select).unwrap()).cloned().collect();
        let flagged = rows.iter().filter(|row| row.has(flag::IN_SAMPLE));
        flagged.map(|row| row.group.level().to_owned()).collect::<std::collections::BTreeSet<_>>()
    };
    let wanted = ["", "male", "male*isle", "male*north", "male*south"].map(str::to_owned);
    assert_eq!(flagged(&male, "under_age_pass_rate"), wanted.into());
    assert!(flagged(&male, "adult_denial_rate").is_empty());
    let isle = of("region", "isle");
    let set = only(&isle, "metric = 'fixed_challenge_age'\ngroup_by = '*'\nvariant = 'fixed=x'");
    assert_eq!(set.status, RowStatus::InsufficientEvidence);
    assert_eq!((set.n_subjects, set.evidence.as_ref().unwrap().cell().as_str()), (Some(5), "5<30 subjects"));
    assert!(set.value.is_some());
}

#[test]
fn the_published_gini_and_range_of_twelve_group_errors_are_rows() {
    const LEVELS: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let attempts: Vec<Attempt> = (0..480_u32)
        .map(|i| {
            let group = i as usize % 12;
            let (age, sign) = (20 + i / 12 % 5, if (i / 60).is_multiple_of(2) { 1.0 } else { -1.0 });
            attempt(i, age, Some(f64::from(age) + sign * TWELVE_ERRORS[group]), LEVELS[group], "north")
        })
        .collect();
    let made = table(&attempts, &few_draws());
    let of = |metric: &str| {
        let place = "population = 'all'\ngroup_by = 'sex'\ngroup = ''\nvariant = 'of=mae'";
        only(&made, &format!("metric = '{metric}'\n{place}")).value.unwrap()
    };
    assert_eq!(format!("{:.3}", of("gini")), "0.042");
    assert_eq!(format!("{:.2}", of("max_minus_min_years")), "1.16");
}
