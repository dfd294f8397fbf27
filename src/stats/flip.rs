//! Tests of no difference over the same subjects: exact McNemar, and sign flips where subjects have several attempts.

use rayon::prelude::*;

use super::beta::beta_reg;
use super::random::{Stream, key};
use super::special::normal_two_sided;

/// Flips that are drawn when there are too many to try all.
pub const FLIPS: u64 = 9_999;
/// Most non-zero differences of which all flips are tried.
const ALL_UP_TO: u64 = 20;
/// Separates these draws from all others with the same seed.
const PURPOSE: u64 = 0x666C_6970;

/// The two-sided p-value of the exact McNemar test: `b` subjects differ in one direction, `c` in the other. 1 when
/// nobody differs.
///
/// min(1, 2 P(X <= min(b, c))) for X binomial(b + c, 1/2). Source: McNemar (1947); Fay (2010), Biostatistics 11.
#[must_use]
pub fn mcnemar(b: u64, c: u64) -> f64 {
    let (few, many) = (b.min(c), b.max(c));
    // P(X <= few) for b + c trials is the regularised incomplete Beta function; next to few == many it is half or more.
    if many - few <= 1 { 1.0 } else { (2.0 * beta_reg(many as f64, few as f64 + 1.0, 0.5)).min(1.0) }
}

/// The two-sided p-value of the sign-flip test of the subjects' differences, one each: how often a sum with random
/// signs is at least as far from 0 as the sum. All flips of up to 20 non-zero differences, else 9,999 drawn ones;
/// p = (1 + hits) / (1 + R), where R does not count the flip that changes nothing. 1 when all are 0; `None` when one is
/// not finite.
///
/// It depends on the differences and `seed`, not on their order: drawn are, for all subjects with the same difference,
/// how many keep their sign.
///
/// Source: Fisher (1935), The Design of Experiments, 21; the correction of Phipson & Smyth (2010); METRICS M16.
#[must_use]
pub fn sign_flip(differences: &[f64], seed: u64) -> Option<f64> {
    if !differences.iter().all(|difference| difference.is_finite()) {
        return None;
    }
    let mut sizes: Vec<f64> = differences.iter().map(|d| d.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let total: f64 = sizes.iter().sum();
    if sizes.is_empty() {
        return Some(1.0);
    }
    let mut signed = differences.to_vec();
    signed.sort_by(f64::total_cmp);
    // Sums of shares that are equal on paper differ in their last bits.
    let observed = signed.iter().sum::<f64>().abs() - 1e-12 * total;
    Some(if sizes.len() as u64 <= ALL_UP_TO {
        share_of_all(&sizes, observed)
    } else {
        share_of_drawn(&groups(&sizes), observed, seed)
    })
}

/// The same p-value for very many subjects: the sum of differences with random signs has mean 0 and variance the sum of
/// their squares, and is normal. 1 when all are 0.
///
/// Source: Hajek, Sidak & Sen (1999), Theory of Rank Tests, 6.1 (Lindeberg's condition holds for bounded differences).
#[must_use]
pub fn sign_flip_normal(sum: f64, sum_of_squares: f64) -> f64 {
    if sum == 0.0 || sum_of_squares <= 0.0 { 1.0 } else { normal_two_sided(sum / sum_of_squares.sqrt()) }
}

/// Share of all sums of +-sizes that are at least `observed` away from 0.
fn share_of_all(sizes: &[f64], observed: f64) -> f64 {
    let sums = |sizes: &[f64]| -> Vec<f64> {
        sizes.iter().fold(vec![0.0], |sums, size| sums.iter().flat_map(|sum| [sum - size, sum + size]).collect())
    };
    let (first, second) = sizes.split_at(sizes.len() / 2);
    let second = sums(second);
    let hits: usize =
        sums(first).iter().map(|one| second.iter().filter(|other| (one + *other).abs() >= observed).count()).sum();
    hits as f64 / (1_u64 << sizes.len()) as f64
}

/// Equal sizes with their number.
fn groups(sorted: &[f64]) -> Vec<(f64, u64)> {
    sorted.chunk_by(|one, other| one == other).map(|group| (group[0], group.len() as u64)).collect()
}

fn share_of_drawn(groups: &[(f64, u64)], observed: f64, seed: u64) -> f64 {
    let sum = |replicate: u64| -> f64 {
        let mut bits = Stream::new(key(seed, &[PURPOSE, replicate]));
        groups.iter().map(|(size, count)| size * (2.0 * bits.heads(*count) as f64 - *count as f64)).sum()
    };
    let hits = (0..FLIPS).into_par_iter().filter(|replicate| sum(*replicate).abs() >= observed).count();
    (1 + hits) as f64 / (1 + FLIPS) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::{agree, number, own, section};

    fn list(value: &serde_json::Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    #[test]
    fn mcnemar_p_values_are_the_independently_computed_ones() {
        for case in section("mcnemar_exact").as_array().unwrap() {
            let (b, c) = (case["b"].as_u64().unwrap(), case["c"].as_u64().unwrap());
            agree(mcnemar(b, c), number(case, "p"), 1.0, &case.to_string());
            assert_eq!(mcnemar(b, c).to_bits(), mcnemar(c, b).to_bits());
        }
        assert!(
            (0..300).all(|few| mcnemar(few, few) == 1.0 && mcnemar(few, few + 1) == 1.0),
            "half of it on either side"
        );
    }

    #[test]
    fn all_flips_are_those_of_scipys_permutation_test() {
        for case in own("sign_flip_all").as_array().unwrap() {
            agree(sign_flip(&list(&case["d"]), 0).unwrap(), number(case, "p"), 1.0, &case.to_string());
        }
    }

    #[test]
    fn drawn_flips_agree_with_the_whole_distribution() {
        for case in own("sign_flip_drawn").as_array().unwrap() {
            let (found, wanted) = (sign_flip(&list(&case["d"]), 1).unwrap(), number(case, "p"));
            let error = (wanted * (1.0 - wanted) / FLIPS as f64).sqrt();
            assert!((found - wanted).abs() < 4.0 * error + 1e-4, "{found} is not {wanted} +- {error}");
        }
    }

    #[test]
    fn single_attempts_give_mcnemars_p_value() {
        let differences = [vec![1.0; 9], vec![-1.0; 3], vec![0.0; 40]].concat();
        agree(sign_flip(&differences, 0).unwrap(), mcnemar(9, 3), 1.0, "b = 9, c = 3");
    }

    #[test]
    fn nobody_no_difference_and_nan_have_their_answers() {
        assert_eq!((sign_flip(&[], 0), sign_flip(&[0.0, 0.0], 0)), (Some(1.0), Some(1.0)));
        assert_eq!((sign_flip(&[0.5], 0), sign_flip(&[0.5, f64::NAN], 0)), (Some(1.0), None));
        assert_eq!(sign_flip(&[1.0; 400], 0), Some(1.0 / 10_000.0));
        // In any unit: all 8 sums are as far from 0 as 0.1 + 0.2 - 0.3, and two as far as 0.1 + 0.2 + 0.3.
        for unit in [1e-9, 1.0, 1e9] {
            assert_eq!(sign_flip(&[0.1, 0.2, -0.3].map(|d| d * unit), 0), Some(1.0));
            assert_eq!(sign_flip(&[0.1, 0.2, 0.3, 0.0].map(|d| d * unit), 0), Some(0.25));
        }
        assert_eq!((mcnemar(0, 0), mcnemar(1, 0)), (1.0, 1.0));
    }

    #[test]
    fn drawn_flips_depend_on_neither_order_nor_threads() {
        let differences: Vec<f64> = (0..90).map(|i| f64::from(i % 7 - 2) / 5.0).collect();
        let reversed: Vec<f64> = differences.iter().rev().copied().collect();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(sign_flip(&differences, 3), one.install(|| sign_flip(&reversed, 3)));
    }

    #[test]
    fn for_very_many_the_sum_is_normal() {
        // scipy 1.17.1: 2 * norm.sf(1.5).
        agree(sign_flip_normal(-3.0, 4.0), 0.13361440253771614, 1.0, "p");
        assert_eq!(
            (sign_flip_normal(0.0, 4.0), sign_flip_normal(0.0, 0.0), sign_flip_normal(3.0, 0.0)),
            (1.0, 1.0, 1.0)
        );
    }

    proptest::proptest! {
        #[test]
        fn p_is_a_probability_that_no_common_sign_or_unit_changes(
            d in proptest::collection::vec(-1.0_f64..1.0, 1..14),
        ) {
            let p = sign_flip(&d, 0).unwrap();
            let moved: Vec<f64> = d.iter().map(|d| -4.0 * d).collect();
            proptest::prop_assert!(p > 0.0 && p <= 1.0);
            proptest::prop_assert_eq!(p, sign_flip(&moved, 0).unwrap());
        }
    }
}
