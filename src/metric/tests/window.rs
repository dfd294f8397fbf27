//! The mean over the years of a window where some ages are known as bands of several years.

use super::*;
use crate::metric::flag;
use crate::table::{Row, RowStatus};

const PLAIN: [&str; 2] = ["female", "north"];

/// 60 people, 12 of each year from 13 to 17, with 5 photos; 14 of them pass once.
fn people() -> Vec<Attempt> {
    let photo = |person: u32, photo: u32| {
        let answer = if person < 14 && photo == 0 { 40.0 } else { 10.0 };
        (person, year(13 + person % 5), answered(answer), PLAIN)
    };
    (0..60).flat_map(|person| (0..5).map(move |at| photo(person, at))).collect()
}

fn window<'a>(table: &'a Table, more: &str) -> &'a Row {
    let select = "metric = 'under_age_pass_rate'\nlimit = 18\nchallenge = 18\npopulation = 'window'\nfailure_policy = 'conditional'\n\
                  weighting = 'subject'\n";
    only(table, &format!("{select}{more}"))
}

#[test]
fn somebody_of_a_band_in_the_window_makes_the_mean_of_its_years_no_surer() {
    let protocol = Protocol::from_toml("limits = [18]\n").unwrap();
    let without = table(&people(), &protocol);
    let mut attempts = people();
    let band = AgeRange::new(13.0, 15.0).unwrap();
    attempts.push((60, band, answered(10.0), PLAIN));
    // Who is 13 in five photos, and of some age of the window in a sixth, counts as 13 alone.
    attempts.push((0, band, answered(10.0), PLAIN));
    let with = table(&attempts, &protocol);
    let (one, other) = (window(&without, ""), window(&with, ""));
    let counts = |row: &Row| (row.n_subjects, row.n_attempts, row.n_events, row.n_event_subjects);
    assert_eq!(counts(one), (Some(60), Some(300), Some(14), Some(14)));
    assert_eq!(counts(one), counts(other));
    assert_eq!((one.value, one.n_star, one.low, one.high), (other.value, other.n_star, other.low, other.high));
    assert_eq!((one.claim_high, one.status, &one.evidence), (other.claim_high, other.status, &other.evidence));
    assert!(!one.has(flag::BANDS_LEFT_OUT) && other.has(flag::BANDS_LEFT_OUT));
    let pooled = window(&with, "variant = 'window=pooled'");
    assert_eq!((pooled.n_subjects, pooled.n_attempts), (Some(61), Some(302)));
    assert!(!pooled.has(flag::BANDS_LEFT_OUT), "they are in it");
}

#[test]
fn a_window_that_holds_bands_alone_is_not_empty_and_has_no_mean() {
    let band = AgeRange::new(13.0, 15.0).unwrap();
    let attempts: Vec<Attempt> = (0..40).map(|person| (person, band, answered(10.0), PLAIN)).collect();
    let table = table(&attempts, &Protocol::from_toml("limits = [18]\n").unwrap());
    let row = window(&table, "");
    assert_eq!((row.value, row.status), (None, RowStatus::InsufficientEvidence));
    assert!(row.has(flag::BANDS_LEFT_OUT));
    assert_eq!(row.evidence.as_ref().unwrap().cell(), "no subject aged 13 14 15 16 17");
}

#[test]
fn a_group_that_is_known_by_bands_alone_has_no_difference_and_is_not_empty() {
    let band = AgeRange::new(13.0, 15.0).unwrap();
    let mut attempts = people();
    attempts.extend((60..100).map(|person| (person, band, answered(10.0), ["male", "north"])));
    let table = table(&attempts, &Protocol::from_toml("limits = [18]\ngroups = ['sex']\n").unwrap());
    let place = "challenge = 18\npopulation = 'window'\ngroup_by = 'sex'\n";
    let select = format!("metric = 'under_age_pass_rate_difference'\n{place}group = 'male'\nvariant = 'against=rest'");
    let row = only(&table, &select);
    assert_eq!((row.value, row.status), (None, RowStatus::InsufficientEvidence));
    assert_eq!(row.evidence.as_ref().unwrap().cell(), "bands of years 100.0%>5%, no subject aged 13 14 15 16 17");
    assert!(row.has(flag::BANDS_LEFT_OUT));
}
