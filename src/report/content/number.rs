//! How numbers are written for people: percent, years, counts.

/// Decimals of a share in percent: one, and two near 0 and near 1, where the first would hide everything.
fn decimals(share: f64) -> usize {
    if (share > 0.0 && share < 0.01) || (share > 0.99 && share < 1.0) { 2 } else { 1 }
}

/// A share as a bare number of percent. A share that is not 0 or 1 is never written as 0 or 100.
fn bare(share: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", share * 100.0 + 0.0);
    let least = 10_f64.powi(-i32::try_from(decimals).unwrap_or(0));
    if share > 0.0 && text.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        format!("<{least:.decimals$}")
    } else if share < 1.0 && text.starts_with("100") {
        format!(">{:.decimals$}", 100.0 - least)
    } else {
        text
    }
}

/// `12.3 %`, `0.52 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", bare(share, decimals(share)))
}

/// `12.3 % [9.8, 15.2]`.
pub(crate) fn percent_within(share: f64, low: f64, high: f64) -> String {
    let decimals = decimals(share);
    format!("{} % [{}, {}]", bare(share, decimals), bare(low, decimals), bare(high, decimals))
}

/// `12.3 points`: a difference of two shares, in percentage points.
pub(crate) fn points(difference: f64) -> String {
    format!("{} points", bare(difference, decimals(difference)))
}

/// `4.87`; with `signed`, `+1.20`.
pub(crate) fn years(value: f64, signed: bool) -> String {
    // Rounded before it is written: -0.001 would otherwise be `-0.00`.
    let rounded = (value * 100.0).round() / 100.0 + 0.0;
    if signed { format!("{rounded:+.2}") } else { format!("{rounded:.2}") }
}

/// `9,778`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_not_zero_or_one_is_never_written_as_such() {
        assert_eq!(percent(0.123_4), "12.3 %");
        assert_eq!(percent(0.005_2), "0.52 %");
        assert_eq!(percent(0.000_01), "<0.01 %");
        assert_eq!(percent(0.999_999), ">99.99 %");
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent_within(0.123, 0.000_1, 0.999_9), "12.3 % [<0.1, >99.9]");
        assert_eq!(percent_within(0.005, 0.0, 0.012), "0.50 % [0.00, 1.20]");
    }

    #[test]
    fn years_have_two_decimals_and_no_negative_zero() {
        assert_eq!(years(4.868, false), "4.87");
        assert_eq!(years(-0.001, true), "+0.00");
        assert_eq!(years(-1.2, true), "-1.20");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([7, 999, 1_000, 9_778, 1_234_567].map(count), ["7", "999", "1,000", "9,778", "1,234,567"]);
    }
}
