//! Draws that are a pure function of what they are drawn for: a seed and a few counters, never the order of the work.

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

#[cfg(test)]
mod tests {
    use super::*;

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
        let outputs: Vec<u64> = (1..=3_u64).map(|i| mix(1_234_567_u64.wrapping_add(i.wrapping_mul(GOLDEN)))).collect();
        assert_eq!(outputs, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
