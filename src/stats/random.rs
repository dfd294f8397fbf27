//! Draws that are a pure function of what they are drawn for: a seed and a few counters, never the order of the work.

/// The golden ratio of 2^64, odd.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A bijection of 64 bits in which every bit depends on every bit.
///
/// Source: Stafford's variant 13 of the finalizer of MurmurHash3, as in SplitMix64 (Steele, Lea & Flood 2014).
#[inline(always)]
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

/// The number `number`, counted from 0, of the stream of a key.
#[inline(always)]
pub(super) fn nth_bits(key: u64, number: u64) -> u64 {
    mix(key.wrapping_add(GOLDEN.wrapping_mul(number.wrapping_add(1))))
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

    /// Puts `count` elements of a slice to its front, each choice and each order of them equally likely (Fisher & Yates,
    /// ended early).
    #[expect(clippy::cast_possible_truncation, reason = "an index of the slice")]
    pub(super) fn deal<T>(&mut self, slice: &mut [T], count: usize) {
        for place in 0..count.min(slice.len()) {
            slice.swap(place, place + self.below((slice.len() - place) as u64) as usize);
        }
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
            // All orders of three, and the first two of them.
            for (count, of) in [(3, 3), (2, 3)] {
                let mut order = [0, 1, 2];
                stream.deal(&mut order[..of], count);
                *orders.entry((count, order[0], order[1])).or_insert(0_u32) += 1;
            }
        }
        assert_eq!(orders.len(), 12);
        // 5 standard errors of a binomial with 60,000 trials of 1/6.
        assert!(
            counts.iter().chain(orders.values()).all(|count| count.abs_diff(10_000) < 457),
            "{counts:?} {orders:?}"
        );
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
    fn any_number_of_a_stream_can_be_had_by_itself() {
        let mut stream = Stream::new(key(5, &[1]));
        assert!((0..100).all(|number| stream.bits() == nth_bits(key(5, &[1]), number)));
    }

    #[test]
    fn the_mixer_is_that_of_splitmix64() {
        // The first outputs of SplitMix64 with seed 1234567, as printed by its reference implementation.
        let mut stream = Stream::new(1_234_567);
        let outputs: Vec<u64> = (0..3).map(|_| stream.bits()).collect();
        assert_eq!(outputs, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
