//! What one subject adds to a permutation null, against fractions worked out in whole numbers (Python's `fractions`).

use super::super::Combo;
use super::super::contribution::{Errors, Parts, mean, share, weighted_share};
use super::super::measured::{ERROR_UNIT, SHARE_UNIT};
use crate::protocol::Tie;
use crate::table::FailurePolicy;

#[test]
fn a_share_is_rounded_half_up_in_its_unit() {
    assert_eq!(SHARE_UNIT, 755_729_694_720);
    assert_eq!(share((0, 0)), None);
    assert_eq!(share((0, 1)), Some((0, SHARE_UNIT)));
    assert_eq!(share((1, 1)), Some((SHARE_UNIT, SHARE_UNIT)));
    for (pair, number) in [
        ((0, 2), 0),
        ((2, 3), 503_819_796_480),
        ((1, 17), 44_454_687_925),
        ((5, 17), 222_273_439_624),
        ((16, 17), 711_275_006_795),
        ((3, 19), 119_325_741_272),
    ] {
        assert_eq!(share(pair), Some((number, SHARE_UNIT)), "{pair:?}");
    }
}

#[test]
fn a_weighted_share_divides_weights_by_the_attempts_in_the_denominator() {
    // Two passes that weigh 3 together, a denial of 0.5, an undecided attempt of 7.
    let parts = Parts { combo: Combo([2, 0, 1, 1, 0]), weights: [3_000_000_000, 0, 500_000_000, 7_000_000_000, 0] };
    let of =
        |over: bool, policy: FailurePolicy| weighted_share(parts, |combo| combo.events(over, policy, Tie::AtOrAbove));
    // 3 / 3 and 3.5 / 3; 7.5 / 4 and 10.5 / 4.
    assert_eq!(of(false, FailurePolicy::Conditional), Some((755_729_694_720, 881_684_643_840)));
    assert_eq!(of(true, FailurePolicy::FailClosed), Some((1_416_993_177_600, 1_983_790_448_640)));
    let nobody = Parts { combo: Combo([0, 0, 0, 1, 0]), weights: [0, 0, 0, 7_000_000_000, 0] };
    assert_eq!(weighted_share(nobody, |combo| combo.events(false, FailurePolicy::Conditional, Tie::Above)), None);
}

#[test]
fn a_mean_error_is_rounded_half_up_to_whole_units() {
    let errors = |signed, absolute, attempts| Errors { signed, absolute, attempts, weight: 0 };
    assert_eq!(mean(&errors(0, 0, 0), true, false), None);
    assert_eq!(mean(&errors(0, 0, 0), true, true), None);
    assert_eq!(mean(&errors(-2_500_000_000, 2_500_000_000, 1), false, false), Some((-2_500_000_000_000, SHARE_UNIT)));
    assert_eq!(mean(&errors(-2_500_000_000, 2_500_000_000, 1), true, false), Some((2_500_000_000_000, SHARE_UNIT)));
    assert_eq!(ERROR_UNIT, 1_000_000_000_000);
    // Of 16 attempts a nanoyear is 62.5 units each: halves go up.
    assert_eq!(mean(&errors(-1, 1, 16), false, false), Some((-62, SHARE_UNIT)));
    assert_eq!(mean(&errors(-1, 1, 16), true, false), Some((63, SHARE_UNIT)));
    // 1000 / 3 and 2000 / 3.
    assert_eq!(mean(&errors(1, 2, 3), false, false), Some((333, SHARE_UNIT)));
    assert_eq!(mean(&errors(1, 2, 3), true, false), Some((667, SHARE_UNIT)));
    assert_eq!(mean(&errors(-1, 2, 3), false, false), Some((-333, SHARE_UNIT)));
}

#[test]
fn a_weighted_mean_error_keeps_the_mean_weight() {
    // Weights 2 and 0.5 times errors of 1.5 and -0.5 years: 2.75 / 2 signed, 3.25 / 2 absolute, weight 2.5 / 2.
    let mut errors = Errors {
        signed: 3_000_000_000_000_000_000,
        absolute: 3_000_000_000_000_000_000,
        attempts: 1,
        weight: 2_000_000_000,
    };
    errors.add(Errors {
        signed: -250_000_000_000_000_000,
        absolute: 250_000_000_000_000_000,
        attempts: 1,
        weight: 500_000_000,
    });
    assert_eq!(errors.attempts, 2);
    assert_eq!(mean(&errors, false, true), Some((1_375_000_000_000, 944_662_118_400)));
    assert_eq!(mean(&errors, true, true), Some((1_625_000_000_000, 944_662_118_400)));
}
