//! What is just enough: a floor is met by what is equal to it, and a ceiling too.

use super::*;
use crate::protocol::EvidenceRule;
use crate::table::RowStatus;

pub(super) const PLAIN: [&str; 2] = ["female", "north"];

/// One attempt each of `count` people of `age`, the first `old` of whom are taken for 40, the others for 10.
pub(super) fn taken(first: u32, count: u32, age: u32, old: u32) -> Vec<Attempt> {
    let of = |person: u32| (first + person, year(age), answered(if person < old { 40.0 } else { 10.0 }), PLAIN);
    (0..count).map(of).collect()
}

pub(super) fn says(row: &Row) -> String {
    row.evidence.as_ref().unwrap().cell()
}

#[test]
fn a_share_whose_people_n_star_and_width_are_just_what_is_asked_carries_a_claim() {
    let people = taken(0, 40, 17, 20);
    let row = |rule: Option<EvidenceRule>| {
        let mut protocol = Protocol::from_toml("limits = [18]\n").unwrap();
        protocol.evidence = rule.unwrap_or(protocol.evidence);
        let select = "metric = 'under_age_pass_rate'\nchallenge = 18\npopulation = 'under'\nfailure_policy = 'conditional'\n\
                      weighting = 'subject'\n";
        only(&table(&people, &protocol), select).clone()
    };
    let before = row(None);
    assert_eq!(before.value, Some(0.5));
    let (width, n_star) = (before.high.unwrap() - before.low.unwrap(), before.n_star.unwrap());
    let just = EvidenceRule { subjects: 40, n_star, width, small_width: width, width_share: 0.0 };
    assert_eq!(says(&row(Some(just))), "sufficient");
    // Of a value of one half, twice the width as a share of it is the width.
    let share = EvidenceRule { small_width: width / 2.0, width_share: 2.0 * width, ..just };
    assert_eq!(says(&row(Some(share))), "sufficient");
    let more = EvidenceRule { subjects: 41, n_star: n_star + 0.1, ..share };
    assert_eq!(says(&row(Some(more))), "40<41 subjects;n* 40.0<40.1");
    let narrower = EvidenceRule { width: width * 0.999, ..just };
    assert!(says(&row(Some(narrower))).starts_with("width 0.29"), "{}", says(&row(Some(narrower))));
    let steeper = EvidenceRule { width_share: 1.999 * width, ..share };
    assert!(says(&row(Some(steeper))).ends_with("% of the value"), "{}", says(&row(Some(steeper))));
}

#[test]
fn a_balanced_error_needs_the_floor_of_people_on_each_side_and_no_more() {
    let row = |minors: u32, adults: u32| {
        let people = [taken(0, minors, 17, minors / 5), taken(500, adults, 20, adults - adults / 5)].concat();
        let table = table(&people, &Protocol::from_toml("limits = [18]\n").unwrap());
        only(&table, "metric = 'balanced_error'\nchallenge = 18\nweighting = 'subject'").clone()
    };
    assert_eq!(says(&row(30, 30)), "sufficient");
    assert_eq!(says(&row(29, 30)), "29<30 subjects below the limit");
    assert_eq!(says(&row(30, 29)), "29<30 subjects at or above the limit");
    let (nobody_below, nobody_above) = (row(0, 30), row(30, 0));
    assert_eq!((nobody_below.status, nobody_above.status), (RowStatus::Empty, RowStatus::Empty));
    assert_eq!(
        [nobody_below, nobody_above].each_ref().map(says),
        ["nobody below the limit", "nobody at or above the limit"]
    );
}

#[test]
fn two_people_without_an_error_are_enough_for_a_target_of_one_half_at_a_level_of_three_quarters() {
    // None of two is at most one half, at a level of three quarters: 1 - 0.25^(1/2). ln 0.25 / ln 0.5 is 2 to the last bit.
    let mut protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 1\n[buffer]\ntarget = 0.5\n").unwrap();
    protocol.levels.claim = 0.75;
    protocol.evidence = EvidenceRule { subjects: 2, n_star: 2.0, ..protocol.evidence };
    let people = [taken(0, 2, 17, 0), taken(10, 2, 20, 2)].concat();
    let found = only(&table(&people, &protocol), "metric = 'safe_challenge_age'").clone();
    assert_eq!((found.value, found.status), (Some(18.0), RowStatus::Value), "{:?}", found.evidence);
    // Either floor a little higher, or the target a little lower, is enough to stop it.
    for (subjects, n_star, target) in [(3, 2.0, 0.5), (2, 2.5, 0.5), (2, 2.0, 0.49)] {
        let mut protocol = protocol.clone();
        (protocol.evidence.subjects, protocol.evidence.n_star, protocol.buffer.target) = (subjects, n_star, target);
        let found = only(&table(&people, &protocol), "metric = 'safe_challenge_age'").clone();
        assert_eq!(found.status, RowStatus::InsufficientEvidence, "{subjects} {n_star} {target}");
        assert!(says(&found).ends_with("2 subjects, n* 2.0, 3 needed"), "{}", says(&found));
    }
}

#[test]
fn a_mean_over_the_levels_of_a_column_needs_two_of_them() {
    let said = |levels: &[&'static str]| {
        let text = "limits = [18]\n[[standard]]\nname = 'sexes'\ncolumn = 'sex'\nfrom = 17\nto = 18\n";
        let of = |(place, level): (u32, &&'static str)| {
            let own = [taken(1000 * place, 30, 17, 6), taken(1000 * place + 500, 30, 18, 24)].concat();
            own.into_iter()
                .map(|(subject, age, outcome, _)| (subject, age, outcome, [*level, "north"]))
                .collect::<Vec<_>>()
        };
        let people: Vec<Attempt> = (0..).zip(levels).flat_map(of).collect();
        let table = table(&people, &Protocol::from_toml(text).unwrap());
        let row = only(
            &table,
            "metric = 'mae'\npopulation = 'standardised'\nvariant = 'standard=sexes'\nweighting = 'subject'",
        )
        .clone();
        (row.value.is_some(), says(&row))
    };
    assert_eq!(said(&["female"]), (false, "the column `sex` has the level `female` only".to_owned()));
    assert!(said(&["female", "male"]).0 && said(&["female", "male", "other"]).0);
}

#[test]
fn a_window_bears_one_in_twenty_attempts_known_by_a_band_and_no_more() {
    let said = |band: u32| {
        let mut people = [taken(0, 48, 16, 0), taken(500, 47, 17, 0)].concat();
        let of = |person: u32| (900 + person, AgeRange::new(16.0, 18.0).unwrap(), answered(10.0), PLAIN);
        people.extend((0..band).map(of));
        let protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 2\n").unwrap();
        let select = "metric = 'under_age_pass_rate'\nchallenge = 18\npopulation = 'window'\nweighting = 'subject'\n\
                      failure_policy = 'conditional'";
        says(only(&table(&people, &protocol), select))
    };
    assert!(!said(5).contains("bands of years"), "{}", said(5));
    assert!(said(6).contains("bands of years 5.9%>5%"), "{}", said(6));
}
