//! The mean over cells against its formula, taken subject by subject.

use super::*;
use crate::stats::PairWeights;
use crate::stats::design::Triple;
use crate::stats::golden::agree;

#[test]
fn the_variance_is_that_of_the_formula_taken_subject_by_subject() {
    // Three subjects in both cells, two in the first only, one more in the second only.
    let first = [(1, 2), (0, 1), (1, 1), (0, 2), (2, 2)];
    let second = [Some((1, 1)), Some((0, 3)), Some((1, 2)), None, None, Some((1, 1))];
    let clusters = |pairs: &[(u64, u64)]| Clusters::of(pairs.iter().map(|(k, m)| (*k, *m, 1)));
    let present: Vec<_> = second.iter().flatten().copied().collect();
    let cells =
        [Cell { weight: 0.25, clusters: clusters(&first) }, Cell { weight: 0.75, clusters: clusters(&present) }];
    let pairs = (0..3).map(|i| (first[i], second[i].unwrap(), 1)).collect();
    let joint = [Joint { first: 0, second: 1, pairs, weights: Vec::new() }];
    let pooled = Clusters::of((0..6).map(|i| {
        let (a, b) = (first.get(i).copied().unwrap_or_default(), second[i].unwrap_or_default());
        (a.0 + b.0, a.1 + b.1, 1)
    }));
    let found = standardised(&cells, &joint, &pooled, Weigh::Subjects, 0.95).unwrap();
    let share = |(k, m): (u64, u64)| k as f64 / m as f64;
    let p1 = first.iter().map(|pair| share(*pair)).sum::<f64>() / 5.0;
    let p2 = present.iter().map(|pair| share(*pair)).sum::<f64>() / 4.0;
    let mut v = 0.0;
    for (i, other) in second.iter().enumerate() {
        let a = first.get(i).map_or(0.0, |pair| 0.25 * (share(*pair) - p1) / 20.0_f64.sqrt());
        let b = other.map_or(0.0, |pair| 0.75 * (share(pair) - p2) / 12.0_f64.sqrt());
        v += (a + b) * (a + b);
    }
    agree(found.p, 0.25 * p1 + 0.75 * p2, 1.0, "p");
    agree(found.v, v, 1.0, "v");
    let correction = (1.959963984540054_f64 / 2.570581835636314).powi(2); // normal and t with 5 degrees, 97.5 %
    agree(found.n_star, found.p * (1.0 - found.p) / v * correction, 1.0, "n*");
    assert!(found.n_star < 4.0 / 0.75, "the cap, for fewer than 15 subjects have an event");
}

#[test]
fn attempt_weighting_is_the_formula_taken_subject_by_subject_too() {
    // (events, attempts) of 4 subjects in both cells, then of 2 in the second only.
    let both = [((1, 2), (0, 3)), ((3, 4), (1, 1)), ((0, 1), (2, 2)), ((2, 2), (1, 4))];
    let second = [(1, 1), (0, 2)];
    let one = |pair: &(u64, u64)| (pair.0, pair.1, 1);
    let cells = [
        Cell { weight: 0.4, clusters: Clusters::of(both.iter().map(|pair| one(&pair.0))) },
        Cell {
            weight: 0.6,
            clusters: Clusters::of(both.iter().map(|pair| one(&pair.1)).chain(second.iter().map(one))),
        },
    ];
    let pairs = both.iter().map(|(a, b)| (*a, *b, 1)).collect();
    let joint = [Joint { first: 0, second: 1, pairs, weights: Vec::new() }];
    let pooled = both.iter().map(|(a, b)| (a.0 + b.0, a.1 + b.1, 1)).chain(second.iter().map(one));
    let found = standardised(&cells, &joint, &Clusters::of(pooled), Weigh::Attempts, 0.95).unwrap();
    let (p1, p2) = (6.0 / 9.0, 5.0 / 13.0);
    let residual = |(k, m): (u64, u64), p: f64, attempts: f64, s: f64| {
        (k as f64 - p * m as f64) * (s / (s - 1.0)).sqrt() / attempts
    };
    let mut v = 0.0;
    for (a, b) in both {
        v += (0.4 * residual(a, p1, 9.0, 4.0) + 0.6 * residual(b, p2, 13.0, 6.0)).powi(2);
    }
    v += second.iter().map(|b| (0.6 * residual(*b, p2, 13.0, 6.0)).powi(2)).sum::<f64>();
    agree(found.p, 0.4 * p1 + 0.6 * p2, 1.0, "p");
    agree(found.v, v, 1.0, "v");
    let n = (found.p * (1.0 - found.p) / v * (1.959963984540054_f64 / 2.570581835636314).powi(2))
        .min(1.0 / (0.16 / 9.0 + 0.36 / 13.0))
        .min(1.0 / (0.4 * 25.0 / 81.0_f64).max(0.6 * 35.0 / 169.0));
    agree(found.n_star, n, 1.0, "n*");
    agree(found.deff, 22.0 / n, 1.0, "deff");
    assert!(!found.dominated);
}

#[test]
fn weights_enter_the_formula_taken_subject_by_subject() {
    // (events, attempts, weight of each attempt) of 5 subjects in both cells, the last two in one of them only.
    type In = Option<(u64, u64, i128)>;
    let people: [(In, In); 7] = [
        (Some((1, 2, 3)), Some((0, 3, 2))),
        (Some((3, 4, 1)), Some((1, 1, 5))),
        (Some((0, 1, 4)), Some((2, 2, 4))),
        (Some((2, 2, 2)), Some((1, 4, 1))),
        (Some((0, 3, 7)), Some((1, 2, 6))),
        (None, Some((1, 1, 2))),
        (Some((1, 1, 1)), None),
    ];
    let sums = |(events, attempts, weight): (u64, u64, i128)| {
        let (k, m) = (i128::from(events) * weight, i128::from(attempts) * weight);
        PairWeights { events: k, all: m, events_square: k * k, product: k * m, all_square: m * m }
    };
    let triple =
        |one: (u64, u64, i128)| Triple { events: one.0, attempts: one.1, subjects: 1, weights: Some(sums(one)) };
    let weights = [0.4, 0.6];
    let cells = [0, 1].map(|at| {
        let own = people.iter().filter_map(|both| if at == 0 { both.0 } else { both.1 });
        Cell { weight: weights[at], clusters: Clusters::of_triples(own.map(triple)) }
    });
    let joint = Joint::of(
        0,
        1,
        people.iter().filter_map(|both| {
            let (one, other) = both.0.zip(both.1)?;
            let (a, b) = (sums(one), sums(other));
            let products = CrossWeights {
                events: a.events * b.events,
                events_all: a.events * b.all,
                all_events: a.all * b.events,
                all: a.all * b.all,
            };
            Some(((one.0, one.1), (other.0, other.1), 1, Some(products)))
        }),
    );
    let pooled = Clusters::of(people.iter().map(|both| {
        let (a, b) = (both.0.unwrap_or_default(), both.1.unwrap_or_default());
        (a.0 + b.0, a.1 + b.1, 1)
    }));
    for weigh in [Weigh::Subjects, Weigh::Attempts] {
        let found = standardised(&cells, std::slice::from_ref(&joint), &pooled, weigh, 0.95).unwrap();
        let own = |one: (u64, u64, i128)| {
            let m = if weigh == Weigh::Subjects { one.1 as f64 } else { 1.0 };
            (one.0 as f64 * one.2 as f64 / m, one.1 as f64 * one.2 as f64 / m)
        };
        let (mut p, mut residuals) = (0.0, [0.0; 7]);
        for at in [0, 1] {
            let inside: Vec<(usize, (f64, f64))> =
                (0..7).filter_map(|i| Some((i, own(if at == 0 { people[i].0? } else { people[i].1? })))).collect();
            let (k, m) = inside.iter().fold((0.0, 0.0), |sum, (_, one)| (sum.0 + one.0, sum.1 + one.1));
            let s = inside.len() as f64;
            p += weights[at] * k / m;
            for (i, one) in inside {
                residuals[i] += weights[at] * (one.0 - k / m * one.1) / m * (s / (s - 1.0)).sqrt();
            }
        }
        agree(found.p, p, 1.0, "p");
        agree(found.v, residuals.iter().map(|residual| residual * residual).sum(), 1.0, "v");
        assert!(!found.dominated);
    }
}

#[test]
fn without_an_event_n_star_is_the_cap_of_the_tightest_cell_and_one_large_subject_dominates() {
    let cells = [
        Cell { weight: 0.25, clusters: Clusters::of([(0, 2, 9)]) },
        Cell { weight: 0.75, clusters: Clusters::of([(0, 1, 50)]) },
    ];
    let pooled = Clusters::of([(0, 2, 9), (0, 1, 50)]);
    let found = standardised(&cells, &[], &pooled, Weigh::Subjects, 0.95).unwrap();
    assert_eq!((found.p, found.v), (0.0, 0.0));
    agree(found.n_star, 9.0 / 0.25, 1.0, "the first cell has 9 subjects at a weight of 1/4");
    // One attempt each and nothing but events: the same cap, exactly 1.
    let cells = cells.map(|cell| Cell { clusters: Clusters::of([(1, 1, cell.clusters.subjects())]), ..cell });
    let all = standardised(&cells, &[], &Clusters::of([(1, 1, 59)]), Weigh::Attempts, 0.95).unwrap();
    assert_eq!((all.p, all.v), (1.0, 0.0));
    agree(all.n_star, 36.0, 1.0, "cap");
    let one = [Cell { weight: 1.0, clusters: Clusters::of([(0, 1, 99), (50, 50, 1)]) }];
    let of = |weigh| standardised(&one, &[], &one[0].clusters, weigh, 0.95).unwrap().dominated;
    assert!(of(Weigh::Attempts) && !of(Weigh::Subjects));
}

proptest::proptest! {
    #[test]
    fn one_cell_is_the_plain_share_and_cells_apart_add_their_variances(
        first in proptest::collection::vec((0_u64..4, 1_u64..4, 1_u64..30), 2..6),
        second in proptest::collection::vec((0_u64..4, 1_u64..4, 1_u64..30), 2..6),
        weight in 0.1_f64..0.9,
    ) {
        let of = |pairs: &[(u64, u64, u64)]| Clusters::of(pairs.iter().map(|(k, m, n)| (*k.min(m), *m, *n)));
        let (one, other) = (of(&first), of(&second));
        let pooled = Clusters::of(one.pairs().iter().chain(other.pairs()).copied());
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let (a, b) = (one.effective(weigh, 0.95).unwrap(), other.effective(weigh, 0.95).unwrap());
            let alone = standardised(&[Cell { weight: 1.0, clusters: one.clone() }], &[], &one, weigh, 0.95).unwrap();
            proptest::prop_assert!((alone.p - a.p).abs() < 1e-12 && (alone.v - a.v).abs() < 1e-12);
            let cells = [
                Cell { weight, clusters: one.clone() },
                Cell { weight: 1.0 - weight, clusters: other.clone() },
            ];
            let both = standardised(&cells, &[], &pooled, weigh, 0.95).unwrap();
            proptest::prop_assert!((both.p - weight * a.p - (1.0 - weight) * b.p).abs() < 1e-12);
            let v = weight * weight * a.v + (1.0 - weight) * (1.0 - weight) * b.v;
            proptest::prop_assert!((both.v - v).abs() < 1e-12);
        }
    }
}

/// Two cells of half the weight with the same people in each, none of whom is in both.
fn halves(pairs: &[(u64, u64, u64)]) -> Effective {
    let cells = [0, 1].map(|_| Cell { weight: 0.5, clusters: Clusters::of(pairs.iter().copied()) });
    let pooled = Clusters::of(pairs.iter().chain(pairs).copied());
    standardised(&cells, &[], &pooled, Weigh::Subjects, 0.95).unwrap()
}

#[test]
fn n_star_is_never_more_than_the_attempts_and_held_to_the_cap_where_fewer_than_15_have_an_event_or_none() {
    // Of two attempts at most one is an event, or at least one: they know nothing of each other, and p (1 - p) / v is
    // more than 1 / (1/4 / 200 + 1/4 / 200) = 400 attempts; the cap is 200 subjects.
    let n_star = |some: u64, other: u64| halves(&[(1, 2, some), (other, 2, 100 - some)]).n_star;
    for other in [0, 2] {
        agree(n_star(50, other), 400.0, 1.0, "attempts");
        agree(n_star(8, other), 400.0, 1.0, "16 in both cells");
        agree(n_star(7, other), 200.0, 1.0, "14 in both cells");
    }
    let fifteen = |other: u64| {
        let of = |some: u64| Cell { weight: 0.5, clusters: Clusters::of([(1, 2, some), (other, 2, 100 - some)]) };
        let pooled = Clusters::of([(1, 2, 15), (other, 2, 185)]);
        standardised(&[of(7), of(8)], &[], &pooled, Weigh::Subjects, 0.95).unwrap().n_star
    };
    assert!(fifteen(0) > 399.0 && fifteen(2) > 399.0, "15 are enough");
}

#[test]
fn people_counted_together_give_what_they_give_one_by_one() {
    let cells = [0.25, 0.75].map(|weight| Cell { weight, clusters: Clusters::of([(1, 2, 3), (0, 1, 2)]) });
    let pooled = Clusters::of([(1, 3, 3), (1, 3, 2)]);
    let v = |pairs: Vec<(Pair, Pair, u64)>| {
        let joint = [Joint { first: 0, second: 1, pairs, weights: Vec::new() }];
        standardised(&cells, &joint, &pooled, Weigh::Subjects, 0.95).unwrap().v
    };
    let (one, other) = (((1, 2), (0, 1)), ((0, 1), (1, 2)));
    let apart = [vec![(one.0, one.1, 1); 3], vec![(other.0, other.1, 1); 2]].concat();
    agree(v(vec![(one.0, one.1, 3), (other.0, other.1, 2)]), v(apart), 1.0, "v");
}

#[test]
fn one_person_adds_nothing_to_the_variance_two_do_and_half_of_the_people_is_not_yet_dominated() {
    // Shares of 0 and 1/2 in each half: v = 2 (1/2)^2 (1/4)^2 2 / (2 1).
    agree(halves(&[(0, 2, 1), (1, 2, 1)]).v, 2.0 * 0.25 * 0.125 / 2.0, 1.0, "two in each");
    assert_eq!(halves(&[(1, 2, 1)]).v, 0.0);
    // (4 + 6)^2 / (4 + 36) = 5 / 2.
    let five = |most: u64| {
        let cell = Cell { weight: 1.0, clusters: Clusters::of([(0, 1, 4), (1, most, 1)]) };
        standardised(std::slice::from_ref(&cell), &[], &cell.clusters, Weigh::Attempts, 0.95).unwrap().dominated
    };
    assert_eq!((five(6), five(7)), (false, true));
}

#[test]
fn residuals_of_one_subject_that_cancel_are_no_variance() {
    // Who has 1 of 3 in the one cell has 2 of 3 in the other: each subject's mean is 1/2, whatever the rest.
    for (low, high, attempts) in [(1, 2, 3), (2, 5, 7), (3, 8, 11), (10, 39, 49)] {
        let pairs = [((low, attempts), (high, attempts), 40), ((high, attempts), (low, attempts), 60)];
        let cells = [
            Cell { weight: 0.5, clusters: Clusters::of(pairs.map(|(one, _, n)| (one.0, one.1, n))) },
            Cell { weight: 0.5, clusters: Clusters::of(pairs.map(|(_, other, n)| (other.0, other.1, n))) },
        ];
        let joint = [Joint { first: 0, second: 1, pairs: pairs.to_vec(), weights: Vec::new() }];
        let pooled = Clusters::of([(low + high, 2 * attempts, 100)]);
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let found = standardised(&cells, &joint, &pooled, weigh, 0.95).unwrap();
            assert_eq!(found.v, 0.0, "{low} and {high} of {attempts}");
            agree(found.n_star, 200.0, 1.0, "exactly the cap: 1 / (1/2 / 100)");
        }
    }
}

#[test]
fn a_cell_without_a_subject_leaves_no_value() {
    let cells = [
        Cell { weight: 0.5, clusters: Clusters::of([(0, 1, 9)]) },
        Cell { weight: 0.5, clusters: Clusters::default() },
    ];
    assert_eq!(standardised(&cells, &[], &Clusters::of([(0, 1, 9)]), Weigh::Subjects, 0.95), None);
}
