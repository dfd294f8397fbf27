//! Differences of mean errors and their replicates, held against sums in floating point with the same draws.

use crate::metric::{ErrorReplicates, error_difference};
use crate::stats::Bootstrap;
use crate::table::Weighting;
use crate::tally::{ErrorPair, WeightedPair};

/// One person: attempts, weight, and the sums of absolute and squared errors in years, the baseline's and the method's.
type Person = (u32, f64, [f64; 2], [f64; 2]);

const PEOPLE: [Person; 4] = [
    (5, 1.0, [2.0, 3.5], [4.0, 12.25]),
    (2, 0.5, [3.0, 1.0], [5.0, 0.75]),
    (4, 0.75, [9.0, 6.5], [30.0, 14.5]),
    (3, 0.25, [0.75, 6.0], [0.25, 13.0]),
];

#[expect(clippy::cast_possible_truncation, reason = "sums of a few years")]
fn pairs(weighted: bool) -> Vec<ErrorPair> {
    let scaled = |sums: [f64; 2], by: f64| sums.map(|sum| (sum * by) as i128);
    let one = |(unit, (attempts, weight, absolute, squared)): (u32, Person)| ErrorPair {
        unit,
        attempts,
        absolute: scaled(absolute, 1e9),
        squared: scaled(squared, 1e18),
        weighted: weighted.then(|| WeightedPair {
            weight: (f64::from(attempts) * weight * 1e9) as i128,
            absolute: scaled(absolute, weight * 1e9),
            squared: scaled(squared, weight * 1e9),
        }),
    };
    (0..).zip(PEOPLE).map(one).collect()
}

/// The difference where each person counts as often as `drawn` says; by METRICS M16 and M19.
fn by_hand(drawn: [f64; 4], weighted: bool, root: bool, weighting: Weighting) -> f64 {
    let mean = |place: usize| {
        let (mut sum, mut below) = (0.0, 0.0);
        for ((attempts, weight, absolute, squared), drawn) in PEOPLE.into_iter().zip(drawn) {
            let (m, own) = (f64::from(attempts), if root { squared[place] } else { absolute[place] });
            // A person's mean error, or the sum of its attempts, times what it weighs.
            let counts = drawn * if weighted { weight } else { 1.0 };
            match weighting {
                Weighting::Subject => (sum, below) = (sum + counts * own / m, below + counts),
                Weighting::Attempt => (sum, below) = (sum + counts * own, below + counts * m),
            }
        }
        let mean: f64 = sum / below;
        if root { mean.sqrt() } else { mean }
    };
    mean(1) - mean(0)
}

#[test]
fn differences_of_mean_errors_and_their_replicates_are_those_of_plain_sums() {
    let (seed, replicates) = (7, 2000);
    let ranks = [0, 1, 2, 3];
    // How often each person is drawn in each replicate, as a share of all draws.
    let each: Vec<i64> =
        (0..4).flat_map(|one| (0..5).map(move |column| i64::from(column == one || column == 4))).collect();
    let draws = Bootstrap::new(seed, replicates).sums(&ranks, &each, 5).unwrap();
    let shares: Vec<Vec<Option<f64>>> = (0..4).map(|person| draws.ratio(person, 4)).collect();
    for weighted in [false, true] {
        let pairs = pairs(weighted);
        let drawn = ErrorReplicates::of(&pairs, seed).unwrap();
        for (root, weighting) in
            [false, true].into_iter().flat_map(|root| Weighting::ALL.iter().map(move |it| (root, *it)))
        {
            let found = error_difference(&pairs, root, weighting);
            let expected = by_hand([1.0; 4], weighted, root, weighting);
            assert!((found - expected).abs() < 1e-9, "{weighted} {root} {weighting:?}: {found}, expected {expected}");
            let differences = drawn.differences(root, weighting);
            assert_eq!(differences.len(), replicates);
            for (at, found) in differences.into_iter().enumerate() {
                let share = |person: usize| shares[person][at];
                let expected = (0..4)
                    .map(share)
                    .collect::<Option<Vec<f64>>>()
                    .map(|shares| by_hand([shares[0], shares[1], shares[2], shares[3]], weighted, root, weighting));
                match (found, expected) {
                    (Some(found), Some(expected)) => {
                        assert!((found - expected).abs() < 1e-5, "{at}: {found}, {expected}")
                    }
                    (found, expected) => assert_eq!((found, expected), (None, None), "{at}"),
                }
            }
        }
    }
}
