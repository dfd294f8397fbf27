//! How much a set of answers tells: the entropy of counts, in bits.

/// The entropy of what was observed, -sum p log2 p in bits; 0 when all is of one kind. `None` without an observation.
/// It is too small on average: kinds that exist and were not seen add nothing.
///
/// Source: Shannon (1948), Bell System Technical Journal 27.
#[must_use]
pub fn entropy_plug_in(counts: &[u64]) -> Option<f64> {
    let n: u64 = counts.iter().sum();
    let part = |count: &u64| {
        let share = *count as f64 / n as f64;
        if *count > 0 { -share * share.log2() } else { 0.0 }
    };
    (n > 0).then(|| counts.iter().map(part).sum())
}

/// The entropy with Miller and Madow's correction: (K - 1) / 2n nats more than [`entropy_plug_in`], K the kinds that were
/// observed and n the observations. In bits; `None` where it cannot be trusted: without an observation, with fewer than
/// 10 observations a kind, or with more than 5 % of the observations alone of their kind.
///
/// Source: Miller (1955), "Note on the bias of information estimates"; METRICS M13 for when it may be given.
#[must_use]
pub fn entropy_miller_madow(counts: &[u64]) -> Option<f64> {
    let (n, kinds) = (counts.iter().sum::<u64>(), counts.iter().filter(|count| **count > 0).count() as u64);
    let single = counts.iter().filter(|count| **count == 1).count() as u64;
    if n < 10 * kinds || 20 * single > n {
        return None;
    }
    Some(entropy_plug_in(counts)? + corrected(kinds, n))
}

/// Miller and Madow's correction in bits.
fn corrected(kinds: u64, n: u64) -> f64 {
    (kinds as f64 - 1.0) / (2.0 * n as f64) * std::f64::consts::LOG2_E
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, section};

    #[test]
    fn both_are_the_independently_computed_ones() {
        let case = section("entropy_bits");
        let counts: Vec<u64> = case["counts"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).collect();
        agree(entropy_plug_in(&counts).unwrap(), number(&case, "plug_in"), 1.0, "plug in");
        agree(entropy_plug_in(&counts).unwrap() + corrected(4, 10), number(&case, "miller_madow"), 1.0, "corrected");
        assert_eq!(entropy_miller_madow(&counts), None, "10 observations of 4 kinds are too few");
    }

    #[test]
    fn it_is_given_from_10_observations_a_kind_and_up_to_5_percent_single_ones() {
        assert_eq!(entropy_miller_madow(&[10, 10]).unwrap(), 1.0 + corrected(2, 20));
        assert_eq!((entropy_miller_madow(&[10, 9]), entropy_miller_madow(&[18, 1, 0])), (None, None));
        assert!(entropy_miller_madow(&[19, 1]).is_some(), "one of 20 is 5 %");
        assert!(entropy_miller_madow(&[19, 1, 0, 0]).is_some(), "what was not seen is no kind");
        assert_eq!(entropy_miller_madow(&[38, 1, 1]).map(|_| ()), Some(()));
        assert_eq!(entropy_miller_madow(&[36, 1, 1]), None, "2 of 38 are more");
    }

    #[test]
    fn nothing_has_no_entropy_and_one_kind_none() {
        assert_eq!((entropy_plug_in(&[]), entropy_plug_in(&[0, 0]), entropy_miller_madow(&[])), (None, None, None));
        assert_eq!((entropy_plug_in(&[7, 0]), entropy_miller_madow(&[70])), (Some(0.0), Some(0.0)));
    }

    proptest::proptest! {
        #[test]
        fn it_lies_between_nothing_and_that_of_kinds_equally_often(counts in proptest::collection::vec(0_u64..50, 1..30)) {
            let Some(found) = entropy_plug_in(&counts) else { return Ok(()) };
            let kinds = counts.iter().filter(|count| **count > 0).count() as f64;
            proptest::prop_assert!((0.0..=kinds.log2() + 1e-12).contains(&found));
            // Splitting every kind in two equal ones adds one bit.
            let split: Vec<u64> = counts.iter().flat_map(|count| [*count, *count]).collect();
            proptest::prop_assert!((entropy_plug_in(&split).unwrap() - found - 1.0).abs() < 1e-12);
        }
    }
}
