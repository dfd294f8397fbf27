//! A fixed calculation: its time tells how fast a machine is, and whether it stayed so.

use std::hint::black_box;
use std::time::Duration;

use crate::clock::Clock;

/// Steps of one calculation: a few milliseconds on a processor of 2020.
const STEPS: u32 = 1 << 20;

/// How often the calculation is made; the shortest time counts, because everything else on a machine only adds.
const TIMES: u32 = 7;

/// The time of the calculation: a chain of multiplications and additions of numbers, whole and not, none of which can
/// begin before the one before it ended.
#[must_use]
pub fn calibrate(clock: &dyn Clock) -> Duration {
    let once = |_| {
        let begun = clock.monotonic();
        black_box(chain(black_box(0x9E37_79B9_7F4A_7C15)));
        clock.monotonic().saturating_sub(begun)
    };
    (0..TIMES).map(once).min().unwrap_or_default()
}

fn chain(seed: u64) -> f64 {
    let (mut whole, mut real) = (seed, 1.0_f64);
    for _ in 0..STEPS {
        whole = whole.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Not `mul_add`: where the processor has none, that is a call of a hundred steps.
        real = real * 0.999_999_9 + (whole >> 40) as f64 * 1e-12;
    }
    real
}
