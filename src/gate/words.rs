//! Numbers and places as the sentences of a gate say them.

use crate::stats::Verdict;
use crate::table::{Evidence, Row, Unit, twelve_digits};

/// The word of a verdict in every form: `pass`, `fail`, `inconclusive`.
#[must_use]
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Digits with which a number is told, where they set it apart from what it is held against.
const DIGITS: usize = 4;

/// `value` with so many significant digits, the shortest decimal of it.
fn rounded(value: f64, digits: usize) -> String {
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    twelve_digits(text.parse().unwrap_or(value))
}

/// `value` with four significant digits.
pub(super) fn number(value: f64) -> String {
    rounded(value, DIGITS)
}

/// `value` with four significant digits, or with as many as set it apart from `other`: a bound of 0.050001 is not told as
/// the 0.05 that it misses.
pub(super) fn number_beside(value: f64, other: f64) -> String {
    let told = (DIGITS..=12).map(|digits| rounded(value, digits));
    let beside = twelve_digits(other);
    let mut last = String::new();
    for text in told {
        if value == other || text != beside {
            return text;
        }
        last = text;
    }
    last
}

/// The unit behind a number, with a space before it; nothing for shares, whose numbers are those of the policy.
pub(super) fn unit(row: &Row) -> String {
    match row.unit {
        Unit::Share | Unit::One | Unit::Count | Unit::Probability => String::new(),
        other => format!(" {}", other.word().replace("years_per_year", "years per year").replace("_per_", " per ")),
    }
}

/// `95 %`, `99.29 %`.
pub(super) fn level(level: f64) -> String {
    format!("{} %", rounded(level * 100.0, DIGITS))
}

/// Where a row stands: `limit 18, challenge age 25, conditional, under, sex = female, subject`.
pub(super) fn place(row: &Row) -> String {
    let mut parts = Vec::new();
    if let Some(limit) = row.limit {
        parts.push(format!("limit {limit}"));
    }
    match row.challenge {
        Some(challenge) => parts.push(format!("challenge age {challenge}")),
        // Of an age that was looked for there is no decision either.
        None if row.failure_policy.is_some() && row.unit != Unit::Years => parts.push("own decision".to_owned()),
        None => {}
    }
    parts.extend(row.failure_policy.map(|policy| policy.to_string()));
    parts.push(row.population.to_string());
    if !row.group.is_whole() {
        let parted = row.group.parts();
        if parted.is_empty() {
            parts.push(format!("by {}", row.group.by()));
        }
        parts.extend(parted.into_iter().map(|(column, level)| format!("{column} = {level}")));
    }
    parts.extend(row.weighting.map(|weighting| format!("by {weighting}")));
    if !row.variant.is_none() {
        parts.push(row.variant.to_string());
    }
    parts.join(", ")
}

/// The evidence cell as it stands behind a status.
pub(super) fn why(row: &Row) -> String {
    match &row.evidence {
        Some(Evidence::Short(reasons)) => format!(": {}", reasons.join(", ")),
        _ => String::new(),
    }
}

/// A count that stands for about so many: two significant digits, upwards.
pub(super) fn about(count: u64) -> u64 {
    let mut step = 1;
    while count / step >= 100 {
        step *= 10;
    }
    count.div_ceil(step).saturating_mul(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_but_never_those_that_they_miss() {
        assert_eq!([number(1.0 / 3.0), number(1234.5678), number(0.05)], ["0.3333", "1235", "0.05"]);
        assert_eq!(number_beside(0.050_001_2, 0.05), "0.050001");
        assert_eq!(number_beside(0.05, 0.05), "0.05");
        assert_eq!(number_beside(0.051_234, 0.05), "0.05123");
        assert_eq!([level(0.95), level(1.0 - 0.05 / 7.0), level(0.9995)], ["95 %", "99.29 %", "99.95 %"]);
    }

    #[test]
    fn about_rounds_upwards_to_two_digits() {
        assert_eq!([7, 99, 100, 101, 1_234, 99_001].map(about), [7, 99, 100, 110, 1_300, 100_000]);
    }
}
