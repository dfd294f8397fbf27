//! Arrivals at random: the moments of a Poisson process, the same for the same seed.

use super::random::{Stream, key};

/// The moments of arrival in seconds from the beginning, ascending, at `rate` a second on average; `counters` tell
/// streams of one seed apart. `rate` is above 0.
///
/// Gaps are independent and exponential, -ln(1 - u) / rate with u uniform on [0, 1). Source: Ross (2010), Introduction to
/// Probability Models, 5.3.
pub fn poisson_arrivals(rate: f64, seed: u64, counters: &[u64]) -> impl Iterator<Item = f64> + use<> {
    let mut draws = Stream::new(key(seed, counters));
    let mut at = 0.0;
    std::iter::repeat_with(move || {
        // 53 bits: every value of [0, 1) that a double holds at that step.
        let uniform = (draws.bits() >> 11) as f64 / (1_u64 << 53) as f64;
        at -= (-uniform).ln_1p() / rate;
        at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_have_the_mean_and_the_spread_of_an_exponential_and_repeat_with_the_seed() {
        let times: Vec<f64> = poisson_arrivals(50.0, 7, &[1]).take(20_000).collect();
        let gaps: Vec<f64> = std::iter::once(times[0]).chain(times.windows(2).map(|pair| pair[1] - pair[0])).collect();
        let n = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / n;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / (n - 1.0);
        // Four standard errors: the mean's is mean / sqrt(n), the deviation's mean * sqrt(2 / n).
        assert!((mean * 50.0 - 1.0).abs() < 4.0 / n.sqrt(), "{mean}");
        assert!((variance.sqrt() * 50.0 - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{variance}");
        assert!(poisson_arrivals(50.0, 7, &[1]).take(10).eq(poisson_arrivals(50.0, 7, &[1]).take(10)));
        assert!(!poisson_arrivals(50.0, 7, &[1]).take(10).eq(poisson_arrivals(50.0, 7, &[2]).take(10)));
    }
}
