//! How numbers are written: 12 significant digits, the shortest decimal that says them, never an exponent.

/// `value` with at most 12 significant digits: `0.1`, `25`, `0.333333333333`. Negative zero is written `0`; the
/// caller keeps NaN and infinities away (they would be written as such and be refused by the reader).
///
/// All files and digests have numbers in this form.
#[must_use]
pub fn twelve_digits(value: f64) -> String {
    // Through the exponent form, which rounds to significant digits; the shortest decimal of the result has no more.
    let rounded: f64 = format!("{value:.11e}").parse().unwrap_or(value);
    format!("{}", rounded + 0.0)
}

/// The cell of a number that may be unknown.
pub(super) fn cell(value: Option<f64>) -> String {
    value.map(twelve_digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_significant_digits_are_written_and_no_more() {
        assert_eq!(twelve_digits(1.0 / 3.0), "0.333333333333");
        assert_eq!(twelve_digits(0.1 + 0.2), "0.3");
        assert_eq!(twelve_digits(25.0), "25");
        assert_eq!(twelve_digits(-0.0), "0");
        assert_eq!(twelve_digits(1_234_567_890_123.0), "1234567890120");
        assert_eq!(twelve_digits(1.5e-9), "0.0000000015");
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back_within_twelve_digits(value in -1e12_f64..1e12) {
            let back: f64 = twelve_digits(value).parse().unwrap();
            proptest::prop_assert!((back - value).abs() <= value.abs() * 5.0e-12);
            proptest::prop_assert_eq!(twelve_digits(back), twelve_digits(value));
        }
    }
}
