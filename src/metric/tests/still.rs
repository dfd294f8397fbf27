//! Where nobody, or everybody, has an error on a side, replicates do not vary: numbers of people on both sides then have the
//! bounds that follow from each side's Wilson interval.

use super::*;
use crate::stats::wilson;
use crate::table::{Interval, Row};

/// 30 people with a photo at 17 and one at 18, `wrong` of whom pass at 17 and all of whom are let in at 18.
fn both_ages(wrong: u32) -> Vec<Attempt> {
    both_ages_of(wrong, 30)
}

/// The same, of whom `granted` are let in at 18.
fn both_ages_of(wrong: u32, granted: u32) -> Vec<Attempt> {
    let of = |person: u32| {
        let taken = |lets: bool| if lets { 40.0 } else { 10.0 };
        [(17, taken(person < wrong)), (18, taken(person < granted))]
            .map(|(age, answer)| (person, year(age), answered(answer), ["female", "north"]))
    };
    (0..30).flat_map(of).collect()
}

/// Of 0 among `n`.
fn none_of(n: f64) -> f64 {
    wilson(0.0, n, 0.95).1
}

#[test]
fn the_balanced_error_of_nobodys_error_has_bounds() {
    let protocol = Protocol::from_toml("limits = [18]\n").unwrap();
    let select = "metric = 'balanced_error'\nchallenge = 18\nweighting = 'subject'";
    let row = |wrong: u32| only(&table(&both_ages(wrong), &protocol), select).clone();
    let none = row(0);
    assert_eq!((none.value, none.low, none.interval), (Some(0.0), Some(0.0), Some(Interval::Mover)));
    near(none.high, none_of(30.0) / 2.0_f64.sqrt(), "(u + u) / 2, by their squares");
    // One side alone does not vary: its bound counts all the same.
    let some = row(6);
    assert_eq!(some.interval, Some(Interval::Mover));
    let (_, high) = wilson(0.2, 30.0, 0.95);
    near(some.high, 0.1 + (high - 0.2).hypot(none_of(30.0)) / 2.0, "both sides");
}

#[test]
fn the_predictive_value_of_nobodys_error_has_a_lower_bound() {
    let protocol = "limits = [18]\n[[projection]]\nname = 'shop'\nages = [[17, 20], [18, 80]]\n";
    let table = table(&both_ages(0), &Protocol::from_toml(protocol).unwrap());
    let row = only(&table, "metric = 'positive_predictive_value'\nchallenge = 18\npopulation = 'projected:shop'");
    assert_eq!((row.value, row.high, row.interval), (Some(1.0), Some(1.0), Some(Interval::Mover)));
    let (pass, granted) = (none_of(30.0), wilson(1.0, 30.0, 0.95).0);
    near(row.low, 1.0 / (1.0 + 0.25 * pass / (granted * (2.0 - granted)).sqrt()), "by hand");
}

/// The limits of Donner and Zou (2012), formulas 10 and 11, of the ratio of two shares with these limits.
fn ratio([one, l1, u1]: [f64; 3], [two, l2, u2]: [f64; 3]) -> [f64; 2] {
    let root = |a: f64, b: f64| ((one * two).powi(2) - a * (2.0 * one - a) * b * (2.0 * two - b)).sqrt();
    [(one * two - root(l1, u2)) / (u2 * (2.0 * two - u2)), (one * two + root(u1, l2)) / (l2 * (2.0 * two - l2))]
}

#[test]
fn the_predictive_value_where_nobody_or_everybody_of_a_side_passes_has_the_limits_of_a_ratio() {
    let protocol = "limits = [18]\n[[projection]]\nname = 'shop'\nages = [[17, 20], [18, 80]]\n";
    let of = |wrong: u32, granted: u32| {
        let table = table(&both_ages_of(wrong, granted), &Protocol::from_toml(protocol).unwrap());
        only(&table, "metric = 'positive_predictive_value'\nchallenge = 18\npopulation = 'projected:shop'").clone()
    };
    let share = |k: f64| {
        let (low, high) = wilson(k / 30.0, 30.0, 0.95);
        [k / 30.0, low, high]
    };
    // 6 of 30 minors pass and no adult is denied; 24 of 30 adults let in where no minor passes; and where every minor does.
    for (wrong, granted) in [(6.0, 30.0), (0.0, 24.0), (30.0, 24.0)] {
        let row = of(wrong as u32, granted as u32);
        let [low, high] = ratio(share(wrong), share(granted));
        assert_eq!(row.interval, Some(Interval::Mover), "{wrong} and {granted}");
        near(row.value, 0.8 * granted / (0.8 * granted + 0.2 * wrong), "value");
        near(row.low, 1.0 / (1.0 + 0.25 * high), "low");
        near(row.high, 1.0 / (1.0 + 0.25 * low), "high");
    }
    // No adult is let in, so that everybody who passes is a minor: the odds of an adult among them are 4 times the ratio.
    let row = of(6, 0);
    let [low, high] = ratio(share(0.0), share(6.0)).map(|ratio| 4.0 * ratio);
    assert_eq!((row.value, row.interval), (Some(0.0), Some(Interval::Mover)));
    near(row.low, low / (1.0 + low), "low, of nobody");
    near(row.high, high / (1.0 + high), "high, of nobody");
}

#[test]
fn groups_that_share_people_differ_by_no_less_than_both_could() {
    let protocol = Protocol::from_toml("limits = [18]\ngroups = ['region']\n").unwrap();
    let of = |person: u32| ["north", "south"].map(|region| (person, year(17), answered(10.0), ["female", region]));
    let table = table(&(0..40).flat_map(of).collect::<Vec<_>>(), &protocol);
    let place = "challenge = 18\npopulation = 'under'\ngroup_by = 'region'\ngroup = 'north'\n";
    let row: &Row =
        only(&table, &format!("metric = 'under_age_pass_rate_difference'\n{place}variant = 'against=rest'"));
    assert_eq!((row.value, row.interval), (Some(0.0), Some(Interval::Mover)));
    near(row.low, -none_of(40.0), "low");
    near(row.high, none_of(40.0), "high");
    let variant = "variant = 'adjusted=holm;against=rest;of=under_age_pass_rate'";
    // Nobody has an event, so that none is to be expected.
    let row = only(&table, &format!("metric = 'difference_p'\n{place}{variant}"));
    assert_eq!((row.value, row.status), (Some(1.0), crate::table::RowStatus::InsufficientEvidence));
    assert_eq!(row.evidence.as_ref().unwrap().cell(), "0.0<5 events expected on one side");
}
