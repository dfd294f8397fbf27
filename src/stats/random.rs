//! Draws that are a pure function of what they are drawn for: a seed and a few counters, never the order of the work.

use super::special::normal_quantile;

/// The golden ratio of 2^64, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A bijection of 64 bits in which every bit depends on every bit.
///
/// Source: Stafford's variant 13 of the finalizer of MurmurHash3, as in SplitMix64 (Steele, Lea & Flood 2014).
const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// 64 bits that are a pure function of the seed and the counters, in their order.
#[must_use]
pub fn key(seed: u64, counters: &[u64]) -> u64 {
    counters.iter().fold(mix(seed.wrapping_add(GOLDEN)), |key, counter| {
        mix(key.wrapping_add(GOLDEN) ^ mix(counter.wrapping_add(GOLDEN)))
    })
}

/// 32 bits out of a key of 64 and a counter.
///
/// Source: Wellons' `lowbias32` (2018, constants of 2022), with the key's other half mixed in between its two rounds,
/// so that no two keys share all their draws unless all 64 bits agree. For inner loops: it lets itself be done for many
/// counters at once.
#[inline(always)]
pub(super) fn bits(low: u32, high: u32, counter: u32) -> u32 {
    let mut x = low.wrapping_add(counter.wrapping_mul(0x9E37_79B9));
    x = (x ^ (x >> 16)).wrapping_mul(0x21F0_AAAD) ^ high;
    x = (x ^ (x >> 15)).wrapping_mul(0xD35A_2D97);
    x ^ (x >> 15)
}

/// A stream of draws out of a key.
///
/// Source: SplitMix64 (Steele, Lea & Flood 2014).
#[derive(Debug, Clone)]
pub(super) struct Stream {
    state: u64,
}

impl Stream {
    /// The stream of a key.
    pub(super) fn new(key: u64) -> Self {
        Self { state: key }
    }

    /// 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number below `bound`, each equally likely; 0 for a bound of 0.
    ///
    /// Source: Lemire (2019), ACM Transactions on Modeling and Computer Simulation 29.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        #[expect(clippy::cast_possible_truncation, reason = "the low half of a product")]
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            if bound == 0 || product as u64 >= bound.wrapping_neg() % bound {
                return (product >> 64) as u64;
            }
        }
    }

    /// Puts a slice into one of its orders, each equally likely (Fisher & Yates).
    #[expect(clippy::cast_possible_truncation, reason = "an index of the slice")]
    pub(super) fn shuffle<T>(&mut self, slice: &mut [T]) {
        for last in (1..slice.len()).rev() {
            slice.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// A standard normal number, by inversion of 53 bits.
    pub(super) fn normal(&mut self) -> f64 {
        normal_quantile(((self.bits() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0)
    }

    /// How many of `count` fair coins show heads: binomial(count, 1/2), exactly.
    pub(super) fn heads(&mut self, count: u64) -> u64 {
        let whole: u64 = (0..count / 64).map(|_| u64::from(self.bits().count_ones())).sum();
        let rest = count % 64;
        whole + if rest == 0 { 0 } else { u64::from((self.bits() >> (64 - rest)).count_ones()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_have_the_mean_and_variance_of_fair_coins() {
        for count in [1_u64, 5, 63, 64, 65, 200] {
            let mut stream = Stream::new(key(3, &[count]));
            let draws: Vec<f64> = (0..20_000).map(|_| stream.heads(count) as f64).collect();
            let (n, m) = (count as f64, draws.len() as f64);
            let mean = draws.iter().sum::<f64>() / m;
            let variance = draws.iter().map(|draw| (draw - mean) * (draw - mean)).sum::<f64>() / m;
            assert!((mean - n / 2.0).abs() < 4.0 * (n / 4.0 / m).sqrt(), "{count}: {mean}");
            assert!((variance / (n / 4.0) - 1.0).abs() < 0.05, "{count}: {variance}");
        }
        assert_eq!(Stream::new(1).heads(0), 0);
    }

    #[test]
    fn numbers_below_a_bound_and_orders_are_equally_likely() {
        let mut stream = Stream::new(key(8, &[]));
        assert_eq!((stream.below(0), stream.below(1)), (0, 0));
        let (mut counts, mut orders) = ([0_u32; 6], std::collections::BTreeMap::new());
        for _ in 0..60_000 {
            counts[stream.below(6) as usize] += 1;
            let mut order = [0, 1, 2];
            stream.shuffle(&mut order);
            *orders.entry(order).or_insert(0_u32) += 1;
        }
        assert_eq!(orders.len(), 6);
        // 5 standard errors of a binomial with 60,000 trials of 1/6.
        assert!(
            counts.iter().chain(orders.values()).all(|count| count.abs_diff(10_000) < 457),
            "{counts:?} {orders:?}"
        );
    }

    #[test]
    fn normal_draws_have_mean_0_variance_1_and_the_normal_tails() {
        let mut stream = Stream::new(key(2, &[]));
        let draws: Vec<f64> = (0..100_000).map(|_| stream.normal()).collect();
        let n = draws.len() as f64;
        let moment = |power: i32| draws.iter().map(|draw| draw.powi(power)).sum::<f64>() / n;
        assert!(moment(1).abs() < 4.0 / n.sqrt() && (moment(2) - 1.0).abs() < 4.0 * (2.0 / n).sqrt());
        assert!(moment(3).abs() < 4.0 * (15.0 / n).sqrt() && (moment(4) - 3.0).abs() < 4.0 * (96.0 / n).sqrt());
    }

    #[test]
    fn keys_differ_with_the_seed_the_counters_and_their_order() {
        let keys = [
            key(0, &[]),
            key(1, &[]),
            key(0, &[0]),
            key(0, &[1]),
            key(1, &[0]),
            key(0, &[0, 1]),
            key(0, &[1, 0]),
            key(0, &[0, 0]),
        ];
        let distinct: std::collections::BTreeSet<u64> = keys.into_iter().collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn the_mixer_is_that_of_splitmix64() {
        // The first outputs of SplitMix64 with seed 1234567, as printed by its reference implementation.
        let mut stream = Stream::new(1_234_567);
        let outputs: Vec<u64> = (0..3).map(|_| stream.bits()).collect();
        assert_eq!(outputs, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
