//! What the simulations draw: from a generator that is not the crate's own, each dataset from a stream of its own.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::SeedableRng as _;
use rand_distr::{Binomial, Distribution as _, StandardUniform};
use rayon::prelude::*;

use super::report::{Tally, add_all};

/// Counts over so many datasets, drawn and judged on all cores; the same whatever their number.
pub fn over_sets<const N: usize>(
    sets: u64,
    label: &str,
    one: impl Fn(&mut ChaCha8Rng) -> [Option<bool>; N] + Sync,
) -> [Tally; N] {
    // FNV-1a of the cell's name: a cell's draws depend on no other cell.
    let seed = label
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    let judge = |set: u64| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(set);
        let mut tallies = [Tally::default(); N];
        for (tally, hit) in tallies.iter_mut().zip(one(&mut random)) {
            hit.into_iter().for_each(|hit| tally.count(hit));
        }
        tallies
    };
    (0..sets).into_par_iter().map(judge).reduce(|| [Tally::default(); N], add_all)
}

/// How many of `n` fall to each of the outcomes with these probabilities, which add up to 1.
pub fn multinomial(random: &mut ChaCha8Rng, n: u64, probabilities: &[f64]) -> Vec<u64> {
    let (mut left, mut rest) = (n, 1.0_f64);
    let mut counts: Vec<u64> = probabilities
        .iter()
        .map(|probability| {
            let share = if rest > 0.0 { (probability / rest).clamp(0.0, 1.0) } else { 1.0 };
            // A binomial of a probability within 0 to 1 is always one.
            let count = if left == 0 { 0 } else { Binomial::new(left, share).map_or(0, |it| it.sample(random)) };
            left -= count;
            rest -= probability;
            count
        })
        .collect();
    if let Some(last) = counts.iter_mut().zip(probabilities).rev().find(|(_, probability)| **probability > 0.0) {
        *last.0 += left;
    }
    counts
}

/// A number within 0 to 1.
pub fn uniform(random: &mut ChaCha8Rng) -> f64 {
    StandardUniform.sample(random)
}

/// P(k of m) for a beta-binomial variable with mean `p` and correlation `rho` of two attempts of a subject: the subjects'
/// own rates are Beta distributed; all the same at `rho` 0.
pub fn beta_binomial(m: u64, p: f64, rho: f64) -> Vec<f64> {
    let concentration = if rho > 0.0 { (1.0 - rho) / rho } else { f64::INFINITY };
    dirichlet_multinomial(m, [p, 1.0 - p], concentration).into_iter().map(|(_, probability)| probability).collect()
}

/// ([k of each outcome], probability) for m attempts with outcome probabilities `p`, ascending in the first outcome, then
/// in the next; a subject's own probabilities are Dirichlet distributed with this concentration.
pub fn dirichlet_multinomial<const N: usize>(m: u64, p: [f64; N], concentration: f64) -> Vec<([u64; N], f64)> {
    // Polya's urn, which needs no logarithms: draws in any fixed order times the number of orders.
    let urn = |counts: [u64; N]| -> f64 {
        let (mut probability, mut drawn) = (1.0, 0_u64);
        for (count, p) in counts.into_iter().zip(p) {
            for own in 0..count {
                drawn += 1;
                let orders = drawn as f64 / (own + 1) as f64;
                let share = if concentration.is_finite() {
                    (concentration * p + own as f64) / (concentration + (drawn - 1) as f64)
                } else {
                    p
                };
                probability *= orders * share;
            }
        }
        probability
    };
    let mut all = vec![[0; N]];
    for place in 0..N {
        let more = |counts: [u64; N]| {
            let left = m - counts.iter().sum::<u64>();
            let range = if place + 1 == N { left..=left } else { 0..=left };
            range.map(move |count| {
                let mut counts = counts;
                counts[place] = count;
                counts
            })
        };
        all = all.into_iter().flat_map(more).collect();
    }
    all.into_iter().map(|counts| (counts, urn(counts))).collect()
}
