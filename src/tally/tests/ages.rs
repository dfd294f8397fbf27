//! Which population an age is in, by hand, and at its edges.

use super::*;
use crate::age::{NANOS_PER_YEAR, Side};

#[test]
fn an_age_is_in_the_populations_that_hold_all_of_it() {
    let protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 2\nover = 3\n").unwrap();
    let limit = protocol.limits[0];
    let band = |low: f64, high: f64| AgeClass::of(AgeRange::new(low, high).unwrap());
    let year = |years: u32| AgeClass::of(AgeRange::whole_years(years).unwrap());
    assert_eq!(band(17.0, 18.0), AgeClass::Year(17));
    assert_eq!(band(17.25, 17.5), AgeClass::Year(17));
    assert_eq!(band(17.5, 18.5), AgeClass::Band(17_500_000_000, 18_500_000_000));
    assert_eq!(AgeClass::of(AgeRange::exact(Age::new(18.0).unwrap())), AgeClass::Year(18));
    assert_eq!(year(17).ends(), (17 * NANOS_PER_YEAR, 18 * NANOS_PER_YEAR));
    assert_eq!(band(15.0, 20.0).ends(), (15 * NANOS_PER_YEAR, 20 * NANOS_PER_YEAR));
    let with = |slots: &[Slot]| [&[Slot::All], slots].concat();
    let straddling = [
        Slot::UnderOrStraddling,
        Slot::OverOrStraddling,
        Slot::UnderWindowOrStraddling,
        Slot::OverWindowOrStraddling,
        Slot::Straddling,
    ];
    let under = [Slot::Under, Slot::UnderOrStraddling];
    let over = [Slot::Over, Slot::OverOrStraddling];
    let in_under = [Slot::Under, Slot::UnderWindow, Slot::UnderOrStraddling, Slot::UnderWindowOrStraddling];
    let in_over = [Slot::Over, Slot::OverWindow, Slot::OverOrStraddling, Slot::OverWindowOrStraddling];
    let aged_under = [&in_under[..], &[Slot::UnderWindowYears]].concat();
    let aged_over = [&in_over[..], &[Slot::OverWindowYears]].concat();
    let rest = [Slot::Over, Slot::OverRest, Slot::OverOrStraddling];
    for (class, side, wanted) in [
        (year(15), Side::Under, with(&under)),
        (year(16), Side::Under, with(&aged_under)),
        (year(17), Side::Under, with(&aged_under)),
        (year(18), Side::Over, with(&aged_over)),
        (year(20), Side::Over, with(&aged_over)),
        (year(21), Side::Over, with(&rest)),
        (band(14.0, 16.0), Side::Under, with(&under)),
        // Across the outer edge of a window: in no window.
        (band(15.5, 18.0), Side::Under, with(&under)),
        (band(16.0, 18.0), Side::Under, with(&in_under)),
        (band(17.0, 19.0), Side::Straddling, with(&straddling)),
        (band(18.0, 21.0), Side::Over, with(&in_over)),
        (band(18.0, 21.5), Side::Over, with(&over)),
        (band(20.0, 23.0), Side::Over, with(&over)),
        (band(21.0, 30.0), Side::Over, with(&rest)),
    ] {
        assert_eq!(class.side(limit), side, "{class:?}");
        let found: Vec<Slot> = std::iter::once(Slot::All)
            .chain(Slot::OF_LIMIT)
            .filter(|slot| class.belongs(*slot, limit, &protocol))
            .collect();
        assert_eq!(found, wanted, "{class:?}");
    }
}

#[test]
fn without_windows_everybody_over_is_older_than_the_window() {
    let protocol = Protocol::from_toml("limits = [18]\n[windows]\nunder = 0\nover = 0\n").unwrap();
    let limit = protocol.limits[0];
    let of = |class: AgeClass, slot| class.belongs(slot, limit, &protocol);
    for years in [17, 18] {
        let class = AgeClass::Year(years);
        assert!(!of(class, Slot::UnderWindow) && !of(class, Slot::OverWindow), "{years}");
        assert_eq!(of(class, Slot::OverRest), years == 18);
    }
}

#[test]
fn errors_are_held_against_the_label_or_the_middle_of_its_year() {
    let point = |age: AgeRange, middle| super::super::class::point_age(age, middle).map(Age::years);
    let label = AgeRange::whole_years(17).unwrap();
    assert_eq!((point(label, false), point(label, true)), (Some(17.0), Some(17.5)));
    let exact = AgeRange::exact(Age::new(17.25).unwrap());
    assert_eq!((point(exact, false), point(exact, true)), (Some(17.25), Some(17.25)));
    let band = AgeRange::new(15.0, 20.0).unwrap();
    assert_eq!((point(band, false), point(band, true)), (None, None));
}

#[test]
fn far_below_a_limit_is_more_than_so_many_whole_years_below_it() {
    let band = |low: i64, high: i64| AgeClass::Band(low * NANOS_PER_YEAR, high * NANOS_PER_YEAR);
    for (class, years, wanted) in [
        (AgeClass::Year(17), 1, Some(false)),
        (AgeClass::Year(16), 1, Some(true)),
        (AgeClass::Year(16), 2, Some(false)),
        (AgeClass::Year(0), 17, Some(true)),
        (AgeClass::Year(0), 18, Some(false)),
        (AgeClass::Year(0), 19, Some(false)),
        (band(14, 16), 2, Some(true)),
        (band(14, 17), 2, None),
        (band(16, 18), 2, Some(false)),
    ] {
        assert_eq!(is_far(class, 18, years), wanted, "{class:?} {years}");
    }
}
