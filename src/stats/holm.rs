//! Holm's adjustment of p-values for a family of tests.

/// The adjusted p-values of a family, in the order given: the i-th smallest of n is multiplied by n - i + 1, made
/// monotone and held to 1. Equal p-values are adjusted alike. `None` when one of them is not within 0 to 1.
///
/// Source: Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
#[must_use]
pub fn holm(p: &[f64]) -> Option<Vec<f64>> {
    if !p.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<(usize, f64)> = p.iter().copied().enumerate().collect();
    order.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let mut adjusted = p.to_vec();
    let mut largest = 0.0_f64;
    for (step, (place, value)) in order.into_iter().enumerate() {
        largest = largest.max((p.len() - step) as f64 * value).min(1.0);
        adjusted[place] = largest;
    }
    Some(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, section};

    #[test]
    fn adjusted_values_are_those_of_statsmodels() {
        let all = |key: &str| -> Vec<f64> {
            section("holm")[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
        };
        let found = holm(&all("p")).unwrap();
        assert_eq!(found.len(), 7);
        for (found, wanted) in found.into_iter().zip(all("adjusted")) {
            agree(found, wanted, 1.0, "holm");
        }
    }

    #[test]
    fn a_family_of_none_or_one_stays_and_what_is_no_probability_is_refused() {
        assert_eq!(holm(&[]), Some(Vec::new()));
        assert_eq!(holm(&[0.2]), Some(vec![0.2]));
        assert_eq!(holm(&[0.2, f64::NAN]), None);
        assert_eq!(holm(&[0.2, 1.5]), None);
    }

    proptest::proptest! {
        #[test]
        fn adjusting_raises_keeps_the_order_and_stays_a_probability(p in proptest::collection::vec(0.0_f64..=1.0, 1..20)) {
            let found = holm(&p).unwrap();
            for (i, one) in p.iter().enumerate() {
                proptest::prop_assert!(found[i] >= *one && found[i] <= 1.0);
                for (j, other) in p.iter().enumerate() {
                    proptest::prop_assert!(one > other || found[i] <= found[j]);
                }
            }
        }
    }
}
