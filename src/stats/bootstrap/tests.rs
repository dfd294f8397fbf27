use super::weights::STEPS;
use super::*;
use statrs::distribution::{DiscreteCDF, Poisson};

#[test]
fn steps_are_the_rounded_distribution_function_of_poisson_1() {
    let poisson = Poisson::new(1.0).unwrap();
    for (k, step) in (0_u64..).zip(STEPS) {
        assert_eq!(f64::from(step), (65_536.0 * poisson.cdf(k)).round(), "{k}");
    }
    let reached = |step: &u16| 65_536 - u64::from(*step);
    assert_eq!(STEPS.iter().map(reached).sum::<u64>(), 65_536, "mean 1");
    let second: u64 = (1..).zip(&STEPS).map(|(k, step)| (2 * k - 1) * reached(step)).sum();
    assert!((second as f64 / 65_536.0 - 2.0).abs() < 4e-5, "variance 1");
}

#[test]
fn weights_look_poisson_and_independent_over_units_and_over_replicates() {
    let (units, replicates) = (20_000, 256);
    let bootstrap = Bootstrap::new(7, replicates);
    let mut buffer = vec![0_u8; bootstrap.padded()];
    let (mut counts, mut cross, mut before) = ([0_u64; 9], vec![0_i64; replicates], vec![1_u8; replicates]);
    let mut neighbour = 0_i64;
    let mut totals = vec![0_i64; replicates];
    for rank in 0..units {
        bootstrap.weights(rank, &mut buffer);
        for r in 0..replicates {
            counts[usize::from(buffer[r])] += 1;
            totals[r] += i64::from(buffer[r]) - 1;
            cross[r] += (i64::from(buffer[r]) - 1) * (i64::from(before[r]) - 1);
            neighbour += (i64::from(buffer[r]) - 1) * (i64::from(buffer[(r + 1) % replicates]) - 1);
        }
        before.copy_from_slice(&buffer[..replicates]);
    }
    let n = units as f64 * replicates as f64;
    let mut reached: Vec<f64> = STEPS.iter().map(|step| 1.0 - f64::from(*step) / 65_536.0).collect();
    reached.insert(0, 1.0);
    reached.push(0.0);
    let chi2: f64 = (0..9)
        .map(|k| (counts[k] as f64 - n * (reached[k] - reached[k + 1])).powi(2) / n / (reached[k] - reached[k + 1]))
        .sum();
    assert!(chi2 < 26.1, "chi square with 8 degrees of freedom, 99.9 %: {chi2}"); // scipy: chi2.ppf(0.999, 8) = 26.12
    // Each is a sum of n terms of mean 0 and variance 1.
    assert!((neighbour as f64 / n.sqrt()).abs() < 4.0, "{neighbour}");
    for r in 0..replicates {
        assert!((totals[r] as f64 / (units as f64).sqrt()).abs() < 5.0, "replicate {r}: {}", totals[r]);
        assert!((cross[r] as f64 / (units as f64).sqrt()).abs() < 5.0, "replicate {r}: {}", cross[r]);
    }
}

#[test]
fn a_weight_depends_on_seed_rank_and_replicate_only() {
    let (mut long, mut short) = (vec![0_u8; 2048], vec![0_u8; 128]);
    Bootstrap::new(3, 2000).weights(11, &mut long);
    Bootstrap::new(3, 100).weights(11, &mut short);
    assert_eq!(long[..128], short);
    Bootstrap::new(4, 100).weights(11, &mut short);
    assert_ne!(long[..128], short);
    Bootstrap::new(3, 100).weights(12, &mut short);
    assert_ne!(long[..128], short);
}

#[test]
fn weights_are_those_of_a_second_implementation_and_stay_so() {
    // A change here changes published limits and belongs in the changelog.
    let cases = crate::stats::golden::own("poisson_weights");
    for case in cases.as_array().unwrap() {
        let number = |key: &str| case[key].as_u64().unwrap();
        let mut weights = [0_u8; 128];
        Bootstrap::new(number("seed"), 128).weights(number("rank"), &mut weights);
        let wanted: Vec<u8> =
            case["weights"].as_array().unwrap().iter().map(|weight| weight.as_u64().unwrap() as u8).collect();
        assert_eq!(weights[..], wanted);
    }
    assert_eq!(cases.as_array().unwrap().len(), 3);
}

fn drawn(units: u64, columns: usize) -> (Vec<u64>, Vec<i64>) {
    let ranks: Vec<u64> = (0..units).map(|i| i * 3 + 1).collect();
    let value = |i: usize| (key(9, &[i as u64]) >> 19) as i64 - (1 << 44);
    (ranks, (0..units as usize * columns).map(value).collect())
}

#[test]
fn sums_are_exact_whatever_the_order_the_shards_and_the_threads() {
    let (columns, bootstrap) = (3, Bootstrap::new(5, 100));
    let (ranks, values) = drawn(9001, columns);
    let whole = bootstrap.sums(&ranks, &values, columns).unwrap();
    let mut plain = vec![0_i128; 300];
    let mut weights = vec![0_u8; bootstrap.padded()];
    for (rank, unit) in ranks.iter().zip(values.chunks(columns)) {
        bootstrap.weights(*rank, &mut weights);
        for (column, value) in unit.iter().enumerate() {
            for r in 0..100 {
                plain[column * 100 + r] += i128::from(weights[r]) * i128::from(*value);
            }
        }
    }
    assert_eq!(whole.sums, plain);
    let reversed: Vec<u64> = ranks.iter().rev().copied().collect();
    let mut units: Vec<&[i64]> = values.chunks(columns).collect();
    units.reverse();
    let mut shards = bootstrap.sums(&reversed[..17], &units[..17].concat(), columns).unwrap();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    shards.add(&one.install(|| bootstrap.sums(&reversed[17..], &units[17..].concat(), columns).unwrap()));
    assert_eq!(shards, whole);
}

#[test]
fn sums_refuse_what_does_not_fit_and_none_gives_none() {
    let bootstrap = Bootstrap::new(0, 100);
    assert_eq!(bootstrap.sums(&[1, 2], &[1, 2, 3], 2), None);
    assert_eq!(bootstrap.sums(&[1], &[LARGEST_VALUE + 1], 1), None);
    assert_eq!(bootstrap.sums(&[1], &[i64::MIN], 1), None);
    let nobody = bootstrap.sums(&[], &[], 2).unwrap();
    assert_eq!((nobody.column(1).len(), nobody.ratio(0, 1)[99]), (100, None));
    assert!(nobody.column(2).is_empty());
    let no_replicate = Bootstrap::new(0, 0).sums(&[1], &[1], 1).unwrap();
    assert!(no_replicate.column(0).is_empty());
}

#[test]
fn the_spread_over_replicates_is_the_standard_error_of_the_mean() {
    let bootstrap = Bootstrap::new(1, 2000);
    let ranks: Vec<u64> = (0..400).collect();
    let values: Vec<i64> = ranks.iter().flat_map(|rank| [i64::from(rank % 4 == 0), 1]).collect();
    let found = bootstrap.sums(&ranks, &values, 2).unwrap();
    let means: Vec<f64> = found.ratio(0, 1).into_iter().flatten().collect();
    let mean = means.iter().sum::<f64>() / 2000.0;
    let sd = (means.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 1999.0).sqrt();
    let error = (0.25_f64 * 0.75 / 400.0).sqrt();
    assert!((mean - 0.25).abs() < 5.0 * error / 2000_f64.sqrt(), "{mean}");
    assert!((sd / error - 1.0).abs() < 0.06, "{sd} beside {error}");
}

#[test]
fn limits_are_type_7_percentiles_and_need_30_units_and_99_of_100_replicates() {
    let mut values: Vec<Option<f64>> = (0..=1000).map(|i| Some(f64::from(i))).collect();
    let (low, high) = percentile_bounds(&values, 30, 0.95).unwrap();
    assert!((low - 25.0).abs() < 1e-9 && (high - 975.0).abs() < 1e-9);
    assert_eq!(percentile_bounds(&values, 29, 0.95), None);
    values.iter_mut().skip(991).for_each(|value| *value = None);
    assert!(percentile_bounds(&values, 30, 0.95).is_some(), "10 of 1,001 are empty");
    values[5] = Some(f64::NAN);
    assert_eq!(percentile_bounds(&values, 30, 0.95), None, "11 of 1,001 are");
    assert_eq!(percentile_bounds(&[], 30, 0.95), None);
}

#[test]
fn the_largest_values_of_many_units_are_summed_to_the_last_digit() {
    // Together beyond what a double holds: each sum against one of integers.
    let bootstrap = Bootstrap::new(5, 64);
    let ranks: Vec<u64> = (0..3_000).collect();
    let values: Vec<i64> = ranks.iter().map(|rank| LARGEST_VALUE - 2 * *rank as i64 - 1).collect();
    let found = bootstrap.sums(&ranks, &values, 1).unwrap();
    let (mut wanted, mut weights) = (vec![0_i128; 64], vec![0_u8; 64]);
    for (rank, value) in ranks.iter().zip(&values) {
        bootstrap.weights(*rank, &mut weights);
        wanted.iter_mut().zip(&weights).for_each(|(sum, weight)| *sum += i128::from(*weight) * i128::from(*value));
    }
    assert_eq!(found.column(0), wanted);
}

#[test]
fn the_p_value_of_replicates_is_twice_the_smaller_side_and_counts_itself() {
    // By hand, (1 + hits) / (1 + B) twice over: 3 of 99 below zero.
    let of = |below: u32, zero: u32, above: u32, sign: f64| {
        let each = [(below, -1.0), (zero, 0.0), (above, 1.0)];
        let drawn: Vec<_> =
            each.iter().flat_map(|(n, x)| (1..=*n).map(move |i| Some(sign * x * f64::from(i)))).collect();
        percentile_p(&drawn).unwrap()
    };
    for sign in [1.0, -1.0] {
        assert!((of(3, 0, 96, sign) - 0.08).abs() < 1e-15);
        assert!((of(1, 1, 97, sign) - 0.06).abs() < 1e-15, "a replicate of 0 is on both sides");
        assert!((of(0, 0, 99, sign) - 0.02).abs() < 1e-15);
        assert_eq!(of(50, 0, 49, sign), 1.0);
    }
    let mut drawn: Vec<Option<f64>> = (0..200).map(|i| Some(f64::from(i) - 9.5)).collect();
    drawn[198..].fill(None);
    assert!((percentile_p(&drawn).unwrap() - 2.0 * 11.0 / 199.0).abs() < 1e-15, "two of 200 are empty");
    assert!(percentile_bounds(&drawn, 30, 0.95).is_some());
    drawn[197] = None;
    assert_eq!((percentile_p(&drawn), percentile_bounds(&drawn, 30, 0.95)), (None, None));
}
