//! Standard normal numbers, many at once: arrays of fixed length and `multiversion` make LLVM use the widest vectors the
//! processor has. The same numbers on every processor: no product is fused with a sum.

use multiversion::multiversion;

use super::super::random::nth_bits;
use super::super::special::{CENTRE, normal_centre, normal_tail};

/// Numbers that are made together.
const LANES: usize = 64;

/// Fills `normals` with those from number `first` on of the series with this key, each a pure function of the key and its
/// number: by inversion of 52 bits of the stream of the key.
#[multiversion(targets = "simd")]
pub(super) fn fill(key: u64, first: u64, normals: &mut [f64]) {
    let mut centred = [0.0; LANES];
    let mut made = [0.0; LANES];
    let mut next = first;
    for normals in normals.chunks_mut(LANES) {
        for (lane, centred) in centred.iter_mut().enumerate() {
            let bits = nth_bits(key, next + lane as u64);
            // The mantissa of a number from 1 to 2; half of its last place beyond, so that none is at an end.
            *centred = f64::from_bits((bits >> 12) | 0x3FF0_0000_0000_0000) - 1.5 + f64::EPSILON / 2.0;
        }
        for (made, centred) in made.iter_mut().zip(&centred) {
            *made = normal_centre(*centred);
        }
        for (made, centred) in made.iter_mut().zip(&centred).filter(|(_, centred)| centred.abs() > CENTRE) {
            *made = normal_tail(0.5 - centred.abs()).copysign(*centred);
        }
        normals.copy_from_slice(&made[..normals.len()]);
        next += LANES as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::normal_quantile;

    #[test]
    fn a_series_is_the_same_wherever_it_begins_and_inverts_the_normal_distribution() {
        let mut whole = vec![0.0; 10_000];
        fill(77, 0, &mut whole);
        for (first, length) in [(0, 1), (1, 63), (63, 130), (9_000, 1_000)] {
            let mut part = vec![0.0; length];
            fill(77, first, &mut part);
            assert_eq!(part, whole[first as usize..first as usize + length]);
        }
        for (number, normal) in whole.iter().enumerate() {
            let below = ((nth_bits(77, number as u64) >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0;
            assert!((normal - normal_quantile(below)).abs() < 1e-12, "{normal} at {below}");
        }
    }

    #[test]
    fn normal_draws_have_mean_0_variance_1_and_the_normal_tails() {
        let mut draws = vec![0.0; 100_000];
        fill(2, 0, &mut draws);
        let n = draws.len() as f64;
        let moment = |power: i32| draws.iter().map(|draw| draw.powi(power)).sum::<f64>() / n;
        assert!(moment(1).abs() < 4.0 / n.sqrt() && (moment(2) - 1.0).abs() < 4.0 * (2.0 / n).sqrt());
        assert!(moment(3).abs() < 4.0 * (15.0 / n).sqrt() && (moment(4) - 3.0).abs() < 4.0 * (96.0 / n).sqrt());
        // The Kolmogorov-Smirnov distance to the normal distribution (statrs' erfc), at 1 in 1,000.
        draws.sort_by(f64::total_cmp);
        let below = |normal: f64| {
            let outside = crate::stats::normal_two_sided(normal) / 2.0;
            if normal < 0.0 { outside } else { 1.0 - outside }
        };
        let apart = draws.iter().enumerate().map(|(at, draw)| (below(*draw) - (at as f64 + 0.5) / n).abs());
        assert!(apart.fold(0.0, f64::max) < 1.95 / n.sqrt());
    }
}
