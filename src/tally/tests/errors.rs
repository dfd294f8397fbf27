//! Sums of errors, by hand in the units that they are kept in, and what NumPy makes of the same errors.

use super::super::cell::Cell;
use super::super::errors::{BEYOND, Error, LineSums, Profiled, product_over};
use super::super::hot::HotCell;
use super::super::weighted_errors::WeightedOwn;
use super::super::{Combo, ErrorTally, MomentSums, Moments, WeightedMoments, WeightedSums};
use crate::age::NANOS_PER_YEAR;
use crate::stats::{DesignSums, SubjectSums};

const YEAR: i128 = 1_000_000_000;

/// An error of so many thousandths of a year at a whole true age, with a weight in thousandths.
fn error(thousandths: i64, age: i64, weight: Option<i64>) -> Error {
    Error {
        signed: thousandths * 1_000_000,
        age: age * NANOS_PER_YEAR,
        weight: weight.map(|weight| weight * 1_000_000),
    }
}

/// Four people of two, one, two and one attempts.
fn people(weighted: bool) -> [Vec<Error>; 4] {
    let error = |thousandths, age, weight| error(thousandths, age, weighted.then_some(weight));
    [
        vec![error(1500, 20, 2000), error(-500, 21, 500)],
        vec![error(2000, 30, 1000)],
        vec![error(-3250, 40, 3000), error(750, 18, 250)],
        vec![error(-1000, 25, 1000)],
    ]
}

fn tally(people: &[Vec<Error>]) -> ErrorTally {
    let (mut tally, mut beyond) = (ErrorTally::default(), HotCell::default());
    for errors in people {
        let own = || errors.iter().copied();
        tally.add(own());
        tally.add_lines(&LineSums::of(own()), own());
        let profile = Profiled::of(own());
        beyond.add_runs(profile.attempts, profile.runs(), BEYOND);
    }
    tally.beyond = beyond.finish(BEYOND, |_| Vec::new());
    tally
}

fn moments(tenths: [i128; 4], squared: i128, fourth: i128) -> Moments {
    // Sums in hundredths of a year, their squares in ten-thousandths of a squared year.
    let [signed, signed_square, absolute, absolute_square] = tenths;
    let sums = |sum: i128, square: i128| MomentSums { sum: sum * YEAR / 100, square: square * YEAR * YEAR / 10_000 };
    Moments {
        subjects: 2,
        signed: sums(signed, signed_square),
        absolute: sums(absolute, absolute_square),
        squared: squared * YEAR * YEAR / 1000,
        fourth,
    }
}

/// Of those with one attempt: 2 and -1. Of those with two: 1.5 - 0.5 and -3.25 + 0.75; absolutely 2 and 4; squared 2.5 and
/// 11.125, whose squares are 6.25 and 123.765625.
fn by_hand() -> [(u32, Moments); 2] {
    [
        (1, moments([100, 50_000, 300, 50_000], 5000, 17_000_000_000_000)),
        (2, moments([-150, 72_500, 600, 200_000], 13_625, 130_015_625_000_000)),
    ]
}

#[test]
fn sums_of_errors_are_those_by_hand_by_number_of_attempts() {
    let found = tally(&people(false));
    assert_eq!(found.moments.clone().into_iter().collect::<Vec<_>>(), by_hand());
    assert_eq!((found.attempts(), found.subjects()), (6, 4));
    let sums = |attempts, sum, square| SubjectSums { attempts, subjects: 2, sum, square, design: None };
    assert_eq!(found.signed(), [sums(1, 1.0, 5.0), sums(2, -1.5, 7.25)]);
    assert_eq!(found.absolute(), [sums(1, 3.0, 5.0), sums(2, 6.0, 20.0)]);
    assert_eq!(found.squared(), [sums(1, 5.0, 17.0), sums(2, 13.625, 130.015625)]);
    assert!(found.weighted.is_empty());
}

#[test]
fn the_squares_of_a_subjects_sum_of_squares_are_rounded_half_up_to_millionths() {
    let fourth = |nanoyears: &[i64]| {
        let mut tally = ErrorTally::default();
        tally.add(nanoyears.iter().map(|signed| Error { signed: *signed, age: 0, weight: None }));
        tally.moments.values().next().unwrap().fourth
    };
    // 0.5, 0.499999 and 1.5 millionths of a squared year.
    assert_eq!(fourth(&[500_000, -500_000]), 1);
    assert_eq!(fourth(&[500_000, 499_998]), 0);
    assert_eq!(fourth(&[500_000, 500_000, 1_000_000]), 4);
}

#[test]
fn standard_deviation_slope_and_correlation_are_numpys() {
    // numpy: e.std(ddof=1), polyfit(x, x + e, 1)[0], corrcoef(x, x + e)[0, 1] ** 2.
    let found = tally(&people(false));
    let (slope, r_squared) = found.slope_and_r_squared().unwrap();
    for (found, wanted) in [
        (found.standard_deviation().unwrap(), 1.927_865_832_122_833_7),
        (slope, 0.854_249_011_857_707_6),
        (r_squared.unwrap(), 0.955_675_536_397_267_3),
    ] {
        assert!((found - wanted).abs() < 1e-9 * wanted, "{found} is not {wanted}");
    }
}

#[test]
fn weighted_deviation_slope_and_correlation_are_numpys() {
    // numpy: cov(x, x + e, aweights=w, ddof=0); the variance of e times 6 / 5.
    let found = tally(&people(true));
    let (slope, r_squared) = found.slope_and_r_squared().unwrap();
    for (found, wanted) in [
        (found.standard_deviation().unwrap(), 2.396_570_129_809_844_3),
        (slope, 0.792_947_668_018_151_1),
        (r_squared.unwrap(), 0.970_846_969_540_508_1),
    ] {
        assert!((found - wanted).abs() < 1e-9 * wanted, "{found} is not {wanted}");
    }
}

#[test]
fn there_is_no_deviation_of_one_error_and_no_line_through_one_age() {
    let one = tally(&[vec![error(500, 20, None)]]);
    assert_eq!((one.standard_deviation(), one.slope_and_r_squared()), (None, None));
    let one = tally(&[vec![error(500, 20, Some(1000))]]);
    assert_eq!(one.standard_deviation(), None);
    assert_eq!(ErrorTally::default().slope_and_r_squared(), None);
    let of_one_age = tally(&[vec![error(500, 20, None)], vec![error(700, 20, None)]]);
    assert_eq!(of_one_age.slope_and_r_squared(), None);
    // Everybody is answered 21: a slope of 0, and no correlation.
    for weight in [None, Some(1000)] {
        let alike = tally(&[vec![error(1000, 20, weight)], vec![error(-1000, 22, weight)]]);
        assert_eq!(alike.slope_and_r_squared(), Some((0.0, None)));
    }
    let two = tally(&[vec![error(500, 20, None)], vec![error(500, 30, None)]]);
    assert_eq!((two.standard_deviation(), two.slope_and_r_squared()), (Some(0.0), Some((1.0, Some(1.0)))));
    // Two ages a nanoyear apart: integer division leaves less than one squared nanoyear, which is no spread.
    let beside = |signed, age| vec![Error { signed, age, weight: None }];
    assert_eq!(tally(&[beside(0, 5), beside(0, 6)]).slope_and_r_squared(), None);
    // Nor are answers of 5 and 6 nanoyears, over ages of 0 and 10.
    assert_eq!(tally(&[beside(5, 0), beside(-4, 10)]).slope_and_r_squared(), Some((0.1, None)));
    // Ages 0, 1, 3 and answers 0, 2, 2 nanoyears: sums about the means of 5 and 3.
    let near = tally(&[beside(0, 0), beside(1, 1), beside(-1, 3)]);
    assert_eq!(near.slope_and_r_squared(), Some((0.6, Some(0.6))));
}

#[test]
fn tallies_of_errors_add_up_and_what_is_taken_away_is_gone() {
    for weighted in [false, true] {
        let people = people(weighted);
        let whole = tally(&people);
        for cut in 0..=4 {
            let (mut one, other) = (tally(&people[..cut]), tally(&people[cut..]));
            let rest = whole.less(&other);
            assert_eq!(rest.moments, one.moments, "{weighted} {cut}");
            assert_eq!(rest.weighted.moments, one.weighted.moments, "{weighted} {cut}");
            assert_eq!((&rest.line, &rest.beyond), (&LineSums::default(), &Cell::default()));
            one.merge(&other);
            assert_eq!(one, whole, "{weighted} {cut}");
        }
    }
}

#[test]
fn shares_beyond_x_years_count_an_error_of_x_years_as_within() {
    let found = tally(&people(false));
    let combos = |x: usize| found.beyond.at(x - 1).map(|(combo, subjects)| (combo.0, subjects)).collect::<Vec<_>>();
    let (one, two, half) = ([0, 0, 1, 0, 0], [0, 0, 2, 0, 0], [1, 0, 1, 0, 0]);
    assert_eq!(combos(1), [(one, 1), ([1, 0, 0, 0, 0], 1), (half, 2)]);
    for x in 2..=3 {
        assert_eq!(combos(x), [(one, 2), (two, 1), (half, 1)]);
    }
    for x in 4..=10 {
        assert_eq!(combos(x), [(one, 2), (two, 2)]);
    }
}

#[test]
fn one_subjects_errors_are_runs_over_x_with_what_they_weigh() {
    let runs = |errors: &[(i64, i64)]| {
        let profile = Profiled::of(errors.iter().map(|(thousandths, weight)| error(*thousandths, 20, Some(*weight))));
        assert_eq!(profile.attempts, errors.len());
        let thousandths = |weights: &[i64; 5]| weights.map(|weight| weight / 1_000_000);
        let runs = profile.runs();
        runs.each().map(|(run, it)| (run.start, run.end, run.combo.0, thousandths(it.unwrap()))).collect::<Vec<_>>()
    };
    assert_eq!(
        runs(&[(12_000, 3), (-10_500, 5), (5500, 7)]),
        [(0, 5, [3, 0, 0, 0, 0], [15, 0, 0, 0, 0]), (5, 10, [2, 0, 1, 0, 0], [8, 0, 7, 0, 0])]
    );
    assert_eq!(
        runs(&[(500, 2), (-1500, 4)]),
        [(0, 1, [1, 0, 1, 0, 0], [4, 0, 2, 0, 0]), (1, 10, [0, 0, 2, 0, 0], [0, 0, 6, 0, 0])]
    );
    assert_eq!(runs(&[(0, 1)]), [(0, 10, [0, 0, 1, 0, 0], [0, 0, 1, 0, 0])]);
    assert_eq!(runs(&[(-11_000, 1)]), [(0, 10, [1, 0, 0, 0, 0], [1, 0, 0, 0, 0])]);
    assert_eq!(
        runs(&[(2500, 1), (3500, 1)]),
        [
            (0, 2, [2, 0, 0, 0, 0], [2, 0, 0, 0, 0]),
            (2, 3, [1, 0, 1, 0, 0], [1, 0, 1, 0, 0]),
            (3, 10, [0, 0, 2, 0, 0], [0, 0, 2, 0, 0])
        ]
    );
    let unweighted = Profiled::of([error(500, 20, None)].into_iter());
    assert!(unweighted.runs().weights.is_empty());
    assert_eq!(unweighted.runs().runs[0].combo, Combo([0, 0, 1, 0, 0]));
}

#[test]
fn weighted_sums_of_a_subject_are_rounded_half_up_once() {
    let own = WeightedOwn::of(people(true)[0].iter().copied());
    // 2 x 1.5 - 0.5 x 0.5, 3 + 0.25, 2 x 2.25 + 0.5 x 0.25.
    let wanted =
        WeightedOwn { weight: 2_500_000_000, signed: 2_750_000_000, absolute: 3_250_000_000, squared: 4_625_000_000 };
    assert_eq!(own, wanted);
    let of = |signed: i64, weight: i64| {
        let own = WeightedOwn::of([Error { signed, age: 0, weight: Some(weight) }].into_iter());
        (own.signed, own.absolute, own.squared)
    };
    // Halves of the unit go up; squares of half a year a quarter each.
    assert_eq!(of(500_000_000, 1), (1, 1, 0));
    assert_eq!(of(-500_000_000, 1), (0, 1, 0));
    assert_eq!(of(-499_999_999, 1), (0, 0, 0));
    assert_eq!(of(-500_000_000, 2), (-1, 1, 1));
}

#[test]
fn weighted_moments_are_those_by_hand() {
    let found = tally(&people(true));
    // Weights 1 and 1, sums 2 and -1; weights 2.5 and 3.25, sums 2.75 and 3 x -3.25 + 0.25 x 0.75 = -9.5625, absolutely
    // 3.25 and 9.9375, squared 4.625 and 3 x 10.5625 + 0.25 x 0.5625 = 31.828125.
    let unit = |thousandths: f64| (thousandths * 1e9) as i128;
    let square = |value: f64| (value * 1e18) as i128;
    let sums = |sum, of: f64, product| WeightedSums { sum: unit(sum), square: square(of), product: square(product) };
    let one = WeightedMoments {
        weight: unit(2.0),
        weight_square: square(2.0),
        signed: sums(1.0, 5.0, 1.0),
        absolute: sums(3.0, 5.0, 3.0),
        squared: sums(5.0, 17.0, 5.0),
    };
    assert_eq!(found.weighted.moments[&1], one);
    let two = &found.weighted.moments[&2];
    assert_eq!((two.weight, two.weight_square), (unit(5.75), square(6.25 + 10.5625)));
    let exact = |one: f64, other: f64| {
        let square = |one: i128, other: i128| one * one + other * other;
        let (one, other) = (unit(one), unit(other));
        let product = one * unit(2.5) + other * unit(3.25);
        WeightedSums { sum: one + other, square: square(one, other), product }
    };
    assert_eq!(two.signed, exact(2.75, -9.5625));
    assert_eq!(two.absolute, exact(3.25, 9.9375));
    assert_eq!(two.squared, exact(4.625, 31.828125));
    let of_one = |sum, square, product| SubjectSums {
        attempts: 1,
        subjects: 2,
        sum,
        square,
        design: Some(DesignSums { weight: 2.0, square: 2.0, product }),
    };
    assert_eq!(found.signed()[0], of_one(1.0, 5.0, 1.0));
    assert_eq!(found.absolute()[0], of_one(3.0, 5.0, 3.0));
    assert_eq!(found.squared()[0], of_one(5.0, 17.0, 5.0));
}

#[test]
fn a_product_is_divided_without_being_made_whole() {
    for (one, other, n) in [(6, 6, 7), (-6, 6, 7), (35, 12, 5), (1_000_003, 999_983, 1_009), (-8, -9, 4), (5, 0, 3)] {
        let (found, product) = (product_over(one, other, n), one * other);
        assert!((found * n - product).abs() < 2 * n, "{one} * {other} / {n}: {found}");
    }
    // 2^100 * 2^100 / 2^90, which no 128 bits hold before it is divided.
    assert_eq!(product_over(1 << 100, 1 << 100, 1 << 90), 1 << 110);
}
