use super::*;
use crate::stats::golden::{number, own};

fn stratum(label: u64, each: &[(&[f64], &[u64])]) -> Stratum {
    let each = each.iter().map(|(value, counts)| (value.to_vec(), counts.to_vec())).collect();
    Stratum { label, values: Values::Each(each) }
}

fn read(case: &serde_json::Value) -> Stratum {
    let list = |value: &serde_json::Value| value.as_array().unwrap().clone();
    let values = list(&case["values"]).into_iter().zip(list(&case["group"]));
    let one = |(value, group): (serde_json::Value, serde_json::Value)| {
        let value: Vec<f64> = list(&value).iter().map(|number| number.as_f64().unwrap()).collect();
        (value, (0..3).map(|it| u64::from(Some(it) == group.as_u64())).collect())
    };
    Stratum { label: 4, values: Values::Each(values.map(one).collect()) }
}

#[test]
fn both_forms_have_the_mean_and_covariance_of_all_permutations() {
    for case in own("permutation").as_array().unwrap() {
        for real_under in [1000, 0] {
            let null = Permutation::with_real_under(&[read(case)], 3, 2, real_under).unwrap();
            let count = 40_000;
            let drawn = null.replicates(1, count, <[f64]>::to_vec);
            let mean_of = |of: &dyn Fn(&[f64]) -> f64| drawn.iter().map(|sums| of(sums)).sum::<f64>() / count as f64;
            for i in 0..6 {
                let (mean, variance) = (case["mean"][i].as_f64().unwrap(), case["covariance"][i][i].as_f64().unwrap());
                let found = mean_of(&|sums| sums[i]);
                assert!((found - mean).abs() <= 4.5 * (variance / count as f64).sqrt() + 1e-9, "{found} is not {mean}");
                for j in 0..6 {
                    let wanted = case["covariance"][i][j].as_f64().unwrap();
                    let other = case["covariance"][j][j].as_f64().unwrap();
                    let found = mean_of(&|sums| (sums[i] - mean) * (sums[j] - case["mean"][j].as_f64().unwrap()));
                    let error = (2.0 * variance * other / count as f64).sqrt();
                    assert!((found - wanted).abs() <= 4.5 * error + 1e-9, "{found} is not {wanted} +- {error}");
                }
            }
        }
    }
}

#[test]
fn a_small_stratum_shows_each_arrangement_as_often_as_all_permutations_do() {
    for case in own("permutation").as_array().unwrap() {
        let null = Permutation::new(&[read(case)], 3, 2).unwrap();
        let drawn = null.replicates(2, 40_000, |sums| sums[0] - sums[4]);
        for point in case["distribution"].as_array().unwrap() {
            let (at, wanted) = (number(point, "at"), number(point, "p"));
            let found = drawn.iter().filter(|value| **value >= at - 1e-9).count() as f64 / drawn.len() as f64;
            let error = (wanted * (1.0 - wanted) / drawn.len() as f64).sqrt();
            assert!((found - wanted).abs() <= 4.5 * error, "{found} is not {wanted} at {at}");
        }
    }
}

#[test]
fn sums_give_what_the_values_give_and_neither_threads_nor_order_nor_other_strata_show() {
    let value = |i: u64| vec![f64::from(u8::from(i.is_multiple_of(5))), 1.0];
    let each: Vec<_> =
        (0..90).map(|i| (value(i), vec![u64::from(i.is_multiple_of(3)), u64::from(!i.is_multiple_of(3))])).collect();
    let sums = Values::Sums { sizes: vec![30, 60], sum: vec![18.0, 90.0], products: vec![18.0, 18.0, 18.0, 90.0] };
    let drawn = |values: &Values, more: &[Stratum]| {
        let strata = [&[Stratum { label: 3, values: values.clone() }], more].concat();
        Permutation::new(&strata, 2, 2).unwrap().replicates(0, 150, <[f64]>::to_vec)
    };
    let whole = drawn(&Values::Each(each.clone()), &[]);
    let reversed = Values::Each(each.into_iter().rev().collect());
    assert_eq!(whole, drawn(&sums, &[]));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(whole, one.install(|| drawn(&reversed, &[])));
    assert_eq!(whole, drawn(&sums, &[stratum(9, &[(&[0.0, 0.0], &[3, 4])])]));
    assert!(whole.iter().all(|sums| (sums[0] + sums[2] - 18.0).abs() < 1e-9), "labels move, values do not");
    assert!(whole.iter().all(|sums| (sums[1] - 30.0).abs() < 1e-9 && (sums[3] - 60.0).abs() < 1e-9));
}

#[test]
fn one_label_moves_nothing_and_shares_of_movable_subjects_are_counted() {
    let strata = [
        stratum(1, &[(&[1.0], &[5, 0]), (&[0.0], &[35, 0])]),
        stratum(2, &[(&[1.0], &[0, 2]), (&[0.0], &[0, 8])]),
        stratum(3, &[(&[1.0], &[1, 0]), (&[0.0], &[4, 5])]),
    ];
    let fixed = Permutation::new(&strata[..2], 2, 1).unwrap();
    assert_eq!(fixed.movable(), Some(0.0));
    assert!(fixed.replicates(0, 20, <[f64]>::to_vec).iter().all(|sums| (sums[0] - 5.0).abs() < 1e-9 && sums[1] == 2.0));
    assert_eq!(Permutation::new(&strata, 2, 1).unwrap().movable(), Some(10.0 / 60.0));
    assert_eq!(Permutation::new(&[], 2, 1).unwrap().movable(), None);
}

#[test]
fn strata_that_do_not_fit_are_refused() {
    let refused = |stratum: Stratum| assert!(Permutation::new(&[stratum], 2, 1).is_none());
    refused(stratum(1, &[(&[1.0, 2.0], &[1, 1])]));
    refused(stratum(1, &[(&[1.0], &[1, 1, 1])]));
    refused(stratum(1, &[(&[f64::NAN], &[1, 1])]));
    let sums = |sizes: &[u64], sum: f64| Values::Sums { sizes: sizes.to_vec(), sum: vec![sum], products: vec![1.0] };
    refused(Stratum { label: 1, values: sums(&[20, 9], 1.0) });
    refused(Stratum { label: 1, values: sums(&[40], 1.0) });
    refused(Stratum { label: 1, values: sums(&[20, 20], f64::NAN) });
    assert!(Permutation::new(&[Stratum { label: 1, values: sums(&[20, 10], 1.0) }], 2, 1).is_some());
}

#[test]
fn p_counts_the_observed_itself_and_replicates_without_a_value() {
    let mut replicates: Vec<Option<f64>> = (0..999).map(|i| Some(f64::from(i))).collect();
    let found = null_of(990.0, &replicates).unwrap();
    assert!((found.p - 10.0 / 1000.0).abs() < 1e-15);
    assert!((found.median - 499.0).abs() < 1e-9 && (found.percentile_95 - 948.1).abs() < 1e-9);
    assert_eq!(null_of(5000.0, &replicates).unwrap().p, 1.0 / 1000.0);
    // Equal on paper, at any size.
    for (observed, drawn) in [(1e6, 1e6 * (1.0 - 5e-13)), (0.0, -5e-13), (1.0, 1.0 - 5e-13)] {
        assert_eq!(null_of(observed, &[Some(drawn)]).unwrap().p, 1.0, "{drawn} is {observed}");
        assert_eq!(null_of(observed, &[Some(drawn - 1e-4)]).unwrap().p, 0.5);
    }
    replicates[0] = None;
    assert_eq!(null_of(5000.0, &replicates).unwrap().p, 2.0 / 1000.0);
    let tenth = |empty: usize| (0..1000).map(|i| (i >= empty).then_some(1.0)).collect::<Vec<_>>();
    assert!(null_of(0.5, &tenth(10)).is_some() && null_of(0.5, &tenth(11)).is_none(), "1 % may be empty");
    replicates.iter_mut().take(10).for_each(|value| *value = None);
    assert_eq!(null_of(5000.0, &replicates), None);
    assert_eq!((null_of(f64::NAN, &[Some(1.0)]), null_of(1.0, &[])), (None, None));
}

#[test]
fn blocks_hold_the_replicates_in_their_order_and_no_more() {
    let strata =
        [stratum(1, &[(&[1.0, 2.0], &[5, 7]), (&[0.0, 1.0], &[15, 13])]), stratum(2, &[(&[3.0, 1.0], &[2, 1])])];
    let null = Permutation::new(&strata, 2, 2).unwrap();
    for count in [1, 64, 150] {
        let single = null.replicates(5, count, <[f64]>::to_vec);
        assert_eq!(single.len(), count);
        let blocks = null.blocks(5, count, |drawn| {
            assert!(drawn.sums(2, 0).is_empty() && drawn.sums(0, 2).is_empty() && drawn.sums(1, 2).is_empty());
            let sums =
                |lane: usize| [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(group, d)| drawn.sums(group, d)[lane]).to_vec();
            assert_eq!(drawn.sums(1, 1).len(), drawn.replicates());
            (0..drawn.replicates()).map(sums).collect::<Vec<_>>()
        });
        assert_eq!(blocks.concat(), single);
    }
}

#[test]
fn thirty_subjects_are_drawn_from_the_normal_form_however_they_were_given_and_one_alone_has_none() {
    let sums = |sizes: [u64; 2], sum: f64| Values::Sums { sizes: sizes.to_vec(), sum: vec![sum], products: vec![sum] };
    let draws = |values: Values| {
        Permutation::new(&[Stratum { label: 1, values }], 2, 1).unwrap().replicates(3, 80, <[f64]>::to_vec)
    };
    let Stratum { values, .. } = stratum(1, &[(&[1.0], &[4, 8]), (&[0.0], &[6, 12])]);
    assert_eq!(draws(values), draws(sums([10, 20], 12.0)));
    let small = |sizes: [u64; 2]| {
        Permutation::with_real_under(&[Stratum { label: 1, values: sums(sizes, 1.0) }], 2, 1, 0).is_some()
    };
    assert_eq!((small([1, 0]), small([0, 0]), small([1, 1])), (false, false, true));
}
