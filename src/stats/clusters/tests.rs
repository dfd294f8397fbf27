//! Values against statsmodels and golden ones, and what counts as a subject.

use super::*;
use crate::stats::golden::{agree, number, own, section};
use crate::stats::{lower_claim, upper_claim, wilson};

#[test]
fn clustered_rates_are_the_independently_computed_ones() {
    for case in section("clustered_rate").as_array().unwrap() {
        let pair = |pair: &serde_json::Value| (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap(), 1);
        let clusters = Clusters::of(case["events_attempts"].as_array().unwrap().iter().map(pair));
        for (name, weigh) in [("subject", Weigh::Subjects), ("attempt", Weigh::Attempts)] {
            let (what, wanted) = (format!("{} {name}", case["name"]), &case[name]);
            let found = clusters.effective(weigh, 0.95).unwrap();
            agree(found.p, number(wanted, "p"), 1.0, &what);
            agree(found.v, number(wanted, "v"), 1.0, &what);
            agree(found.n_star, number(wanted, "n_star"), 1.0, &what);
            let (low, high) = wilson(found.p, found.n_star, 0.95);
            agree(low, wanted["wilson95"][0].as_f64().unwrap(), 1.0, &what);
            agree(high, wanted["wilson95"][1].as_f64().unwrap(), 1.0, &what);
            let events = found.p * found.n_star;
            agree(upper_claim(events, found.n_star, 0.95), number(wanted, "claim_upper95"), 1.0, &what);
            agree(lower_claim(events, found.n_star, 0.95), number(wanted, "claim_lower95"), 1.0, &what);
        }
    }
}

/// The people of a case of the golden section `weighted`, one by one: (events, attempts, sums of their weights).
fn people(case: &serde_json::Value) -> Vec<Triple> {
    let list =
        |key: &str| -> Vec<u64> { case[key].as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).collect() };
    let mut found: BTreeMap<u64, (u64, u64, i128, i128)> = BTreeMap::new();
    for ((person, weight), event) in list("person").into_iter().zip(list("weight")).zip(list("event")) {
        let own = found.entry(person).or_default();
        let weight = i128::from(weight);
        *own = (own.0 + event, own.1 + 1, own.2 + weight * i128::from(event), own.3 + weight);
    }
    let triple = |(events, attempts, k, m): (u64, u64, i128, i128)| Triple {
        events,
        attempts,
        subjects: 1,
        weights: Some(PairWeights { events: k, all: m, events_square: k * k, product: k * m, all_square: m * m }),
    };
    found.into_values().map(triple).collect()
}

#[test]
fn what_is_left_of_people_without_some_of_them_are_the_others() {
    for case in own("weighted").as_array().unwrap() {
        let all = people(case);
        let (taken, left): (Vec<_>, Vec<_>) = all.iter().copied().enumerate().partition(|(place, _)| place % 3 == 0);
        let of = |some: &[(usize, Triple)]| some.iter().map(|(_, triple)| *triple).collect::<Vec<_>>();
        assert_eq!(Clusters::of_difference(all.clone(), of(&taken)), Clusters::of_triples(of(&left)));
        // Without weights; and nobody is left who was never there.
        let counted = |some: Vec<Triple>| some.into_iter().map(|one| Triple { weights: None, ..one });
        let found = Clusters::of_difference(counted(all.clone()), counted(of(&taken)));
        assert_eq!(found, Clusters::of_triples(counted(of(&left))));
        assert_eq!(Clusters::of_difference(of(&taken), all), Clusters::default());
    }
}

#[test]
fn few_hold_most_attempts_below_half_of_the_people_and_not_at_half() {
    // Kish's number of people: 10^2 / (6^2 + 4) = 2.5 of 5; with a seventh attempt 11^2 / (7^2 + 4) = 2.3.
    let of = |most: u64| Clusters::of([(1, most, 1), (0, 1, 4)]);
    assert_eq!([6, 7].map(|most| of(most).attempts_are_dominated()), [false, true]);
    let dominated = |most| of(most).effective(Weigh::Attempts, 0.95).unwrap().dominated;
    assert_eq!([6, 7].map(dominated), [false, true]);
}

#[test]
fn weighted_rates_are_those_of_statsmodels_weighted_least_squares_clustered_by_person() {
    for case in own("weighted").as_array().unwrap() {
        let clusters = Clusters::of_triples(people(case));
        assert!(clusters.weighted() && clusters.subjects() == people(case).len() as u64);
        for (name, weigh) in [("subject", Weigh::Subjects), ("attempt", Weigh::Attempts)] {
            let (what, wanted) = (format!("{} people, {name}", clusters.subjects()), &case[name]["rate"]);
            let found = clusters.effective(weigh, 0.95).unwrap();
            agree(clusters.share(weigh).unwrap(), number(wanted, "value"), 1.0, &what);
            agree(found.p, number(wanted, "value"), 1.0, &what);
            agree(found.v, number(wanted, "variance"), 1.0, &what);
            agree(found.n_star, number(wanted, "n_star"), 1.0, &what);
            agree(found.deff, clusters.attempts() as f64 / found.n_star, 1.0, &what);
            assert_eq!(found.dominated, wanted["dominated"].as_bool().unwrap(), "{what}");
        }
    }
}

#[test]
fn weights_that_are_all_equal_are_none() {
    let counts = [(0, 2, 20), (1, 2, 17), (2, 2, 9), (0, 3, 4), (3, 3, 1)];
    let weighted = counts.map(|(k, m, subjects)| {
        let (n, one, all) = (i128::from(subjects), 7 * k as i128, 7 * m as i128);
        let weights = PairWeights {
            events: n * one,
            all: n * all,
            events_square: n * one * one,
            product: n * one * all,
            all_square: n * all * all,
        };
        Triple { events: k, attempts: m, subjects: subjects as u64, weights: Some(weights) }
    });
    let (plain, weighted) =
        (Clusters::of(counts.map(|(k, m, subjects)| (k, m, subjects as u64))), Clusters::of_triples(weighted));
    for weigh in [Weigh::Subjects, Weigh::Attempts] {
        let (one, other) = (plain.effective(weigh, 0.95).unwrap(), weighted.effective(weigh, 0.95).unwrap());
        agree(other.p, one.p, 1.0, "p");
        agree(other.v, one.v, 1.0, "v");
        agree(other.n_star, one.n_star, 1.0, "n*");
        agree(weighted.cap(weigh), plain.cap(weigh), 1.0, "cap");
        agree(weighted.denominator(weigh), 7.0 * plain.denominator(weigh), 1.0, "denominator");
    }
}

#[test]
fn one_attempt_each_counts_as_one_however_weights_are_counted_and_kish_where_they_differ() {
    let triple = |events: u64, weight: i128, subjects: u64| Triple {
        events,
        attempts: 1,
        subjects,
        weights: Some(PairWeights {
            events: i128::from(events * subjects) * weight,
            all: weight * i128::from(subjects),
            events_square: i128::from(events * subjects) * weight * weight,
            product: i128::from(events * subjects) * weight * weight,
            all_square: weight * weight * i128::from(subjects),
        }),
    };
    let equal = Clusters::of_triples([triple(1, 5, 20), triple(0, 5, 30)]);
    assert_eq!(equal.effective(Weigh::Subjects, 0.95).unwrap().n_star, 50.0);
    // Few have an event: Kish's (sum W)^2 / sum W^2.
    let differing = Clusters::of_triples([triple(1, 1, 10), triple(0, 3, 10)]);
    agree(differing.effective(Weigh::Attempts, 0.95).unwrap().n_star, 1600.0 / 100.0, 1.0, "Kish");
    // Of weights as of counts, all and nothing are exact.
    let all = Clusters::of_triples([triple(1, 1, 10), triple(1, 3, 10)]);
    let none = Clusters::of_triples([triple(0, 1, 10), triple(0, 3, 10)]);
    assert_eq!((all.share(Weigh::Subjects), none.share(Weigh::Attempts)), (Some(1.0), Some(0.0)));
    assert_eq!(Clusters::of_triples([Triple { subjects: 0, ..triple(1, 1, 1) }]).share(Weigh::Subjects), None);
}

/// Subjects who have as many events and attempts, each attempt of this weight.
fn weighing(events: u64, attempts: u64, subjects: u64, weight: i128) -> Triple {
    let sum = |of: u64| i128::from(of * subjects) * weight;
    let square = |of: u64| i128::from(of * subjects) * weight * weight;
    Triple {
        events,
        attempts,
        subjects,
        weights: Some(PairWeights {
            events: sum(events),
            all: sum(attempts),
            events_square: square(events * events),
            product: square(events * attempts),
            all_square: square(attempts * attempts),
        }),
    }
}

#[test]
fn under_weights_too_a_variance_is_trusted_from_15_on_and_half_of_the_people_is_not_yet_dominated() {
    let n_star = |some: u64, flip: bool| {
        let other = if flip { weighing(2, 2, 100 - some, 1) } else { weighing(0, 2, 100 - some, 1) };
        Clusters::of_triples([weighing(1, 2, some, 1), other]).effective(Weigh::Subjects, 0.95).unwrap().n_star
    };
    for flip in [false, true] {
        assert_eq!((n_star(14, flip), n_star(15, flip)), (100.0, 200.0));
    }
    // (6 + 4)^2 / (36 + 4) = 5 / 2.
    let five = |most| {
        let clusters = Clusters::of_triples([weighing(0, 1, 4, 1), weighing(1, 1, 1, most)]);
        clusters.effective(Weigh::Subjects, 0.95).unwrap().dominated
    };
    assert_eq!((five(6), five(7), five(1)), (false, true, false));
}

#[test]
fn subjects_of_one_share_have_no_variance_whatever_they_weigh() {
    for (events, attempts) in [(1, 3), (1, 7), (3, 7), (5, 11), (10, 49)] {
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let times = [(1, 1), (2, 3), (3, 1_000_003), (7, 999_999_937)];
            let triples = times.map(|(more, weight)| weighing(events * more, attempts * more, 20 + more, weight));
            assert_eq!(Clusters::of_triples(triples).effective(weigh, 0.95).unwrap().v, 0.0, "{events} of {attempts}");
        }
    }
}

#[test]
fn without_a_variance_n_star_is_exactly_the_cap_whatever_the_share() {
    // A share of 1/3, 1/7 or 10/49 is no double: its residuals are not 0 but some 1e-17.
    for (events, attempts) in [(1, 3), (1, 7), (2, 7), (10, 49), (1, 2)] {
        let found = |weigh| Clusters::of([(events, attempts, 50)]).effective(weigh, 0.95).unwrap();
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            assert_eq!((found(weigh).v, found(weigh).n_star), (0.0, 50.0), "{events} of {attempts}");
            agree(found(weigh).deff, attempts as f64, 1.0, "deff");
        }
        let more = Clusters::of([(events, attempts, 50), (2 * events, 2 * attempts, 20)]);
        assert_eq!(more.effective(Weigh::Subjects, 0.95).unwrap().n_star, 70.0, "one share of several numbers");
        // (50 m + 20 2m)^2 / (50 m^2 + 20 4m^2) = 8100 / 130.
        agree(more.effective(Weigh::Attempts, 0.95).unwrap().n_star, 8100.0 / 130.0, 1.0, "cap of attempts");
    }
    // 1 of 3 and 34 of 100 are not one share.
    assert!(Clusters::of([(1, 3, 50), (34, 100, 50)]).effective(Weigh::Subjects, 0.95).unwrap().v > 0.0);
}

#[test]
fn pairs_are_sorted_each_once_and_those_without_an_attempt_or_a_subject_are_none() {
    let given = [(2, 2, 1), (1, 2, 3), (0, 1, 0), (0, 0, 5), (1, 2, 4), (0, 2, 6)];
    for clusters in [Clusters::of(given), Clusters::of_triples(given.map(Triple::from))] {
        assert_eq!(clusters.pairs(), [(0, 2, 6), (1, 2, 7), (2, 2, 1)]);
        assert_eq!((clusters.subjects(), clusters.attempts(), clusters.events()), (14, 28, 9));
        assert_eq!((clusters.event_subjects(), clusters.non_event_subjects()), (8, 13));
        assert!(!clusters.one_attempt_each() && !clusters.weighted());
    }
    let weights = PairWeights { events: 3, all: 5, events_square: 9, product: 15, all_square: 25 };
    let one = Triple { events: 1, attempts: 2, subjects: 2, weights: Some(weights) };
    let none = Triple { events: 0, attempts: 0, ..one };
    let clusters = Clusters::of_triples([one, none, Triple { subjects: 0, ..one }, one]);
    assert_eq!((clusters.pairs(), clusters.weights[0].all, clusters.weights[0].product), (&[(1, 2, 4)][..], 10, 30));
    assert_eq!(
        (clusters.weights[0].events, clusters.weights[0].events_square, clusters.weights[0].all_square),
        (6, 18, 50)
    );
}

#[test]
fn a_variance_is_trusted_from_15_subjects_with_an_event_and_15_without_on() {
    let n_star = |some: u64, flip: bool| {
        // Attempts that know nothing of each other: of two, at most one is an event, or at least one.
        let pairs = if flip { [(1, 2, some), (2, 2, 100 - some)] } else { [(1, 2, some), (0, 2, 100 - some)] };
        Clusters::of(pairs).effective(Weigh::Subjects, 0.95).unwrap().n_star
    };
    for flip in [false, true] {
        assert_eq!(n_star(14, flip), 100.0, "held to the cap");
        assert_eq!(n_star(15, flip), 200.0, "all attempts");
    }
}

#[test]
fn two_subjects_have_a_variance_and_half_of_the_people_is_not_yet_dominated() {
    // x = 0 and 1/2: p = 1/4, v = 2 (1/4)^2 / 2.
    let two = Clusters::of([(0, 2, 1), (1, 2, 1)]).effective(Weigh::Subjects, 0.95).unwrap();
    agree(two.v, 0.0625, 1.0, "v");
    // (4 + 6)^2 / (4 + 36) = 5 / 2.
    let five = |most| Clusters::of([(0, 1, 4), (1, most, 1)]).effective(Weigh::Attempts, 0.95).unwrap().dominated;
    assert_eq!((five(6), five(7)), (false, true));
}

#[test]
fn at_a_quantile_the_variance_is_taken_as_it_is_however_few_lie_beyond() {
    let clusters = Clusters::of([(1, 2, 4), (2, 2, 96)]);
    assert_eq!(clusters.effective(Weigh::Attempts, 0.95).unwrap().n_star, 100.0);
    // p = 0.98, v = 100 / 99 (4 0.96^2 + 96 0.04^2) / 200^2, and (z / t)^2 for 99 degrees of freedom.
    let wanted = 0.0196 / (100.0 / 99.0 * 3.84 / 40_000.0) * (1.959963984540054_f64 / 1.9842169515086827).powi(2);
    agree(clusters.n_star_at_quantile(0.95).unwrap(), wanted, 1.0, "n*");
    assert_eq!(Clusters::default().n_star_at_quantile(0.95), None);
}

#[test]
fn one_subject_with_most_attempts_dominates_the_attempt_weighting_only() {
    let clusters = Clusters::of([(0, 1, 99), (50, 50, 1)]);
    assert!(clusters.effective(Weigh::Attempts, 0.95).unwrap().dominated);
    assert!(!clusters.effective(Weigh::Subjects, 0.95).unwrap().dominated);
}

#[test]
fn nobody_has_no_share_and_one_subject_counts_as_one() {
    assert_eq!(Clusters::of([(0, 0, 5)]).effective(Weigh::Subjects, 0.95), None);
    let one = Clusters::of([(2, 5, 1)]).effective(Weigh::Attempts, 0.95).unwrap();
    assert_eq!((one.v, one.n_star, one.deff), (0.0, 1.0, 5.0));
}

proptest::proptest! {
    #[test]
    fn n_star_lies_between_nothing_and_all_attempts(
        pairs in proptest::collection::vec((0_u64..6, 1_u64..6, 1_u64..40), 1..20),
    ) {
        let clusters = Clusters::of(pairs.into_iter().map(|(k, m, count)| (k.min(m), m, count)));
        for weigh in [Weigh::Subjects, Weigh::Attempts] {
            let found = clusters.effective(weigh, 0.95).unwrap();
            proptest::prop_assert!(found.n_star > 0.0 && found.n_star <= clusters.attempts() as f64 + 1e-9);
            proptest::prop_assert!((0.0..=1.0).contains(&found.p));
        }
    }
}
