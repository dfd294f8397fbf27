//! The weights of the Poisson bootstrap, and their products summed: the inner loops. Arrays of fixed length and
//! `multiversion` make LLVM use the widest vectors the processor has.

use multiversion::multiversion;

use super::super::random::bits;

/// Replicates that are weighed together.
pub(super) const BLOCK: usize = 64;
/// Units whose products are added together, to load and store each sum once for all.
pub(super) const TOGETHER: usize = 4;
/// The largest weight.
pub(super) const LARGEST: u64 = 8;

/// A weight is the number of these that 16 bits reach: round(65536 P(X <= k)) for X Poisson with mean 1.
pub(super) const STEPS: [u16; LARGEST as usize] = [24_109, 48_219, 60_273, 64_292, 65_296, 65_497, 65_531, 65_535];

/// Fills whole blocks of weights of the unit with this key; replicate r has the r-th weight, whatever the length.
#[multiversion(targets = "simd")]
#[expect(clippy::cast_possible_truncation, reason = "halves of a key, 16 bits of 32, and fewer than 2^32 blocks")]
pub(super) fn fill(key: u64, weights: &mut [u8]) {
    const HALF: usize = BLOCK / 2;
    let (low, high) = (key as u32, (key >> 32) as u32);
    let mut halves = [0_u16; BLOCK];
    for (block, weights) in weights.chunks_exact_mut(BLOCK).enumerate() {
        let first = (block * HALF) as u32;
        for lane in 0..HALF {
            let drawn = bits(low, high, first + lane as u32);
            halves[lane] = drawn as u16;
            halves[HALF + lane] = (drawn >> 16) as u16;
        }
        let mut counts = [0_u16; BLOCK];
        for step in STEPS {
            for lane in 0..BLOCK {
                counts[lane] += u16::from(halves[lane] >= step);
            }
        }
        for lane in 0..BLOCK {
            weights[lane] = counts[lane] as u8;
        }
    }
}

/// Adds to each replicate's sum the products of its weights, one for each of [`TOGETHER`] units, and `values`.
///
/// `weights` holds the units' weights one behind the other, each as many as there are sums.
#[multiversion(targets = "simd")]
pub(super) fn accumulate(weights: &[u8], values: [f64; TOGETHER], sums: &mut [f64]) {
    let replicates = sums.len();
    let (one, rest) = weights.split_at(replicates);
    let (two, rest) = rest.split_at(replicates);
    let (three, four) = rest.split_at(replicates);
    let (one, two, three, four) = (&one[..replicates], &two[..replicates], &three[..replicates], &four[..replicates]);
    for r in 0..replicates {
        sums[r] += f64::from(one[r]) * values[0]
            + f64::from(two[r]) * values[1]
            + f64::from(three[r]) * values[2]
            + f64::from(four[r]) * values[3];
    }
}
