//! A share as the mean of the subjects' own chances, each a number between 0 and 1 with no count behind it.

use super::clusters::{Effective, TRUSTED, n_star};

/// Chances that are no farther apart are one: each is 1 less a product of fractions, whose rounding this is well above.
const SAME: f64 = 1e-13;

/// The mean of `chances` (each with how many subjects have it) with its variance over subjects and its effective
/// sample size; `attempts` are those of all of them together. `None` without a subject.
///
/// v = sum (x_s - p)^2 / (S (S - 1)), and n* as for subject weighting: at most `attempts`, at most S where fewer than
/// 15 subjects have a chance above 0 or fewer than 15 one below 1; S where every chance is 0 or 1, since each subject
/// then is one trial, and where all have one chance, since v is 0 then.
///
/// Source: METRICS M15 (`subject`), M10.
#[must_use]
pub fn mean_of_chances(chances: &[(f64, u64)], attempts: u64, level: f64) -> Option<Effective> {
    let count = |of: &dyn Fn(f64) -> bool| chances.iter().filter(|(x, _)| of(*x)).map(|(_, n)| n).sum::<u64>();
    let subjects = count(&|_| true);
    if subjects == 0 {
        return None;
    }
    let (s, m) = (subjects as f64, attempts as f64);
    let (some, other) = (count(&|x| x > 0.0), count(&|x| x < 1.0));
    let p = chances.iter().map(|(x, n)| x * *n as f64).sum::<f64>() / s;
    let squares: f64 = chances.iter().map(|(x, n)| (x - p) * (x - p) * *n as f64).sum();
    let ends = chances.iter().filter(|(_, n)| *n > 0).map(|(x, _)| *x);
    let (least, most) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let v = if subjects < 2 || most - least <= SAME { 0.0 } else { squares / (s * (s - 1.0)) };
    let n = if count(&|x| x > 0.0 && x < 1.0) == 0 {
        s
    } else {
        n_star(p, v, s, m, s, some < TRUSTED || other < TRUSTED, level)
    };
    Some(Effective { p, v, n_star: n, deff: m / n, dominated: false, thin: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Clusters, Weigh};

    #[test]
    fn chances_that_are_shares_of_attempts_give_what_the_attempts_give() {
        let pairs = [(0, 3, 20), (1, 3, 30), (2, 3, 25), (3, 3, 16)];
        let wanted = Clusters::of(pairs).effective(Weigh::Subjects, 0.95).unwrap();
        let chances: Vec<(f64, u64)> = pairs.iter().map(|(k, m, n)| (*k as f64 / *m as f64, *n)).collect();
        assert_eq!(mean_of_chances(&chances, 273, 0.95), Some(wanted));
    }

    #[test]
    fn the_variance_is_that_of_the_chances_and_two_subjects_have_one() {
        // Chances 1/4 and 1/2: mean 3/8, v = 2 (1/8)^2 / 2.
        let two = mean_of_chances(&[(0.25, 1), (0.5, 1)], 6, 0.95).unwrap();
        assert_eq!((two.p, two.v), (0.375, 0.015_625));
        assert_eq!(mean_of_chances(&[(0.25, 1)], 6, 0.95).unwrap().v, 0.0);
        assert_eq!(mean_of_chances(&[(1.0, 7)], 9, 0.95).unwrap().p, 1.0);
    }

    #[test]
    fn n_star_is_held_to_the_subjects_where_fewer_than_15_have_a_chance_or_fewer_than_15_a_doubt() {
        let n_star = |chance: f64, other: f64, some: u64| {
            mean_of_chances(&[(chance, some), (other, 100 - some)], 300, 0.95).unwrap().n_star
        };
        // p (1 - p) / v of half chances is more than 100 subjects.
        assert_eq!((n_star(0.5, 0.0, 14), n_star(0.5, 1.0, 14)), (100.0, 100.0));
        assert!(n_star(0.5, 0.0, 15) > 100.0 && n_star(0.5, 1.0, 15) > 100.0);
    }

    #[test]
    fn certain_chances_are_trials_and_nobody_has_no_chance() {
        assert_eq!(mean_of_chances(&[(0.0, 40), (1.0, 10)], 100, 0.95).unwrap().n_star, 50.0);
        assert_eq!(mean_of_chances(&[(0.0, 40)], 100, 0.95).unwrap().p, 0.0);
        assert_eq!(mean_of_chances(&[(0.25, 40)], 100, 0.95).unwrap().n_star, 40.0);
        // One chance for all, which is no double, and as two formulas round it.
        for chances in [&[(1.0 / 3.0, 40)][..], &[(0.7, 13), (1.0 - 0.3, 27)], &[(0.1, 13), (1.0 - 0.9, 27)]] {
            let found = mean_of_chances(chances, 120, 0.95).unwrap();
            assert_eq!((found.v, found.n_star), (0.0, 40.0), "{chances:?}");
        }
        assert_eq!(mean_of_chances(&[], 0, 0.95), None);
    }
}
