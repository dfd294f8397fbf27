//! Ages, true and answered, and the legal limits they are held against. No file, no statistics.
//!
//! A true age is an [`AgeRange`]: a label "17" says only that the person is in their eighteenth year. An answered
//! age is an [`Age`], compared as parsed and never rounded.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Nanoyears in a year: ages and errors are summed as integers of this unit, so that sums are exact.
pub const NANOS_PER_YEAR: i64 = 1_000_000_000;

/// The oldest age that is taken for an age, in years.
pub const OLDEST: f64 = 120.0;

/// Why a number is not an age, a range, a limit or a challenge age.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AgeError {
    /// NaN, infinite, negative or above [`OLDEST`].
    #[error("{0} is not an age between 0 and 120 years")]
    NotAnAge(f64),
    /// The upper end lies below the lower one.
    #[error("the range {low} to {high} runs backwards")]
    Backwards {
        /// Lower end as given, years.
        low: f64,
        /// Upper end as given, years.
        high: f64,
    },
    /// A limit outside 1..=100.
    #[error("{0} is not an age limit: expected a whole number of years from 1 to 100")]
    NotALimit(i64),
    /// A challenge age below its limit, or not a multiple of 0.001 year.
    #[error("{0} is not a challenge age: expected years from 1 to 120 with at most three decimals")]
    NotAChallenge(f64),
}

/// An age in years as it was answered or recorded: finite, 0 to [`OLDEST`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Age(f64);

impl Age {
    /// The age of `years`.
    ///
    /// # Errors
    /// [`AgeError::NotAnAge`] when `years` is not finite or outside 0..=120.
    pub fn new(years: f64) -> Result<Self, AgeError> {
        if years.is_finite() && (0.0..=OLDEST).contains(&years) {
            Ok(Self(years + 0.0)) // -0.0 becomes 0.0, so that equal ages have equal bits
        } else {
            Err(AgeError::NotAnAge(years))
        }
    }

    /// Years, exactly as parsed.
    #[must_use]
    pub fn years(self) -> f64 {
        self.0
    }

    /// The age in 10⁻⁹ years, rounded to the nearest: the unit of every sum.
    #[must_use]
    pub fn nanos(self) -> i64 {
        nanos(self.0)
    }
}

/// `years` in 10⁻⁹ years, rounded half away from zero. For |years| up to 9 × 10⁹.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "ages and errors are within ±120 years, 10^11 nanoyears")]
pub fn nanos(years: f64) -> i64 {
    // What `f64::round` gives, without the call that it is where nothing is known of the processor.
    let exact = years * NANOS_PER_YEAR as f64;
    let whole = exact as i64;
    let rest = exact - whole as f64;
    whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5)
}

/// What is known of a true age: `[low, high)` in years, or one exact age when both ends are equal.
///
/// A label of whole years `k` is `[k, k + 1)`; a band is its two edges; an age from two dates is exact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgeRange {
    low: f64,
    high: f64,
}

/// On which side of a limit a person stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// Surely below the limit.
    Under,
    /// Surely at or above the limit: the birthday itself is over.
    Over,
    /// The known range holds ages of both sides: left out of this limit, and counted.
    Straddling,
}

impl AgeRange {
    /// The range `[low, high)`, or the exact age `low` when both are equal.
    ///
    /// # Errors
    /// [`AgeError::NotAnAge`] for an end outside 0..=120 (an upper end may be 121, one past the oldest label) and
    /// [`AgeError::Backwards`] when `high < low`.
    pub fn new(low: f64, high: f64) -> Result<Self, AgeError> {
        Age::new(low)?;
        if !high.is_finite() || high > OLDEST + 1.0 {
            return Err(AgeError::NotAnAge(high));
        }
        if high < low {
            return Err(AgeError::Backwards { low, high });
        }
        Ok(Self { low: low + 0.0, high: high + 0.0 })
    }

    /// One exact age.
    #[must_use]
    pub fn exact(age: Age) -> Self {
        Self { low: age.0, high: age.0 }
    }

    /// A label of whole years: `[k, k + 1)`.
    ///
    /// # Errors
    /// [`AgeError::NotAnAge`] when `years` is above 120.
    pub fn whole_years(years: u32) -> Result<Self, AgeError> {
        let low = f64::from(years);
        Self::new(low, low + 1.0)
    }

    /// Lower end in years; belongs to the range.
    #[must_use]
    pub fn low(self) -> f64 {
        self.low
    }

    /// Upper end in years; does not belong to the range unless the age is exact.
    #[must_use]
    pub fn high(self) -> f64 {
        self.high
    }

    /// Whether this is one exact age.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.low == self.high
    }

    /// The middle in years: an exact age itself, `k + 0.5` for a label of whole years.
    #[must_use]
    pub fn middle(self) -> f64 {
        f64::midpoint(self.low, self.high)
    }

    /// Completed years, when the range lies within one year of life; `None` for a band that spans a birthday.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 120 by construction")]
    pub fn completed_years(self) -> Option<u32> {
        let year = self.low.floor();
        (self.is_exact() || self.high <= year + 1.0).then_some(year as u32)
    }

    /// On which side of `limit` the person stands: over iff `low >= limit`, under iff every age of the range is below.
    ///
    /// Source: METRICS M0.
    ///
    /// ```
    /// use agebench::age::{AgeLimit, AgeRange, Side};
    ///
    /// let adult = AgeLimit::new(18)?;
    /// // A label of 17 years means from the 17th to the 18th birthday; a band may straddle the limit.
    /// assert_eq!(AgeRange::whole_years(17)?.side(adult), Side::Under);
    /// assert_eq!(AgeRange::new(15.0, 21.0)?.side(adult), Side::Straddling);
    /// # Ok::<(), agebench::age::AgeError>(())
    /// ```
    #[must_use]
    pub fn side(self, limit: AgeLimit) -> Side {
        let limit = f64::from(limit.years());
        if self.low >= limit {
            Side::Over
        } else if self.is_exact() || self.high <= limit {
            Side::Under
        } else {
            Side::Straddling
        }
    }
}

/// A legal age in whole years, the `T` of the formulas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u32")]
pub struct AgeLimit(u32);

impl AgeLimit {
    /// The limit at `years`.
    ///
    /// # Errors
    /// [`AgeError::NotALimit`] outside 1..=100.
    pub fn new(years: i64) -> Result<Self, AgeError> {
        match u32::try_from(years) {
            Ok(whole @ 1..=100) => Ok(Self(whole)),
            _ => Err(AgeError::NotALimit(years)),
        }
    }

    /// The limit that `text` names; none where it is not written as limits are: `+18` and `018` would be second names of one.
    #[must_use]
    pub fn written(text: &str) -> Option<Self> {
        let limit = text.parse().ok().and_then(|years| Self::new(years).ok())?;
        (limit.years().to_string() == text).then_some(limit)
    }

    /// Whole years.
    #[must_use]
    pub fn years(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for AgeLimit {
    type Error = AgeError;

    fn try_from(years: i64) -> Result<Self, AgeError> {
        Self::new(years)
    }
}

impl From<AgeLimit> for u32 {
    fn from(limit: AgeLimit) -> Self {
        limit.years()
    }
}

impl fmt::Display for AgeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The estimated age at which a person is let through, the `C` of the formulas. Kept in thousandths of a year, so
/// that challenge ages are ordered and equal exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct ChallengeAge(u32);

impl ChallengeAge {
    /// The challenge age at `years`.
    ///
    /// # Errors
    /// [`AgeError::NotAChallenge`] outside 1..=120 or finer than 0.001 year.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded to 120,000 by the line above")]
    pub fn new(years: f64) -> Result<Self, AgeError> {
        let thousandths = (years * 1000.0).round();
        if !years.is_finite() || !(1.0..=OLDEST).contains(&years) || (thousandths / 1000.0 - years).abs() > 1e-12 {
            return Err(AgeError::NotAChallenge(years));
        }
        Ok(Self(thousandths as u32))
    }

    /// Years.
    #[must_use]
    pub fn years(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl TryFrom<f64> for ChallengeAge {
    type Error = AgeError;

    fn try_from(years: f64) -> Result<Self, AgeError> {
        Self::new(years)
    }
}

impl From<ChallengeAge> for f64 {
    fn from(challenge: ChallengeAge) -> Self {
        challenge.years()
    }
}

impl From<AgeLimit> for ChallengeAge {
    /// The lowest challenge age of a limit: the limit itself.
    fn from(limit: AgeLimit) -> Self {
        Self(limit.0 * 1000)
    }
}

impl fmt::Display for ChallengeAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.years().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_birthday_itself_is_over_and_the_day_before_is_under() {
        let limit = AgeLimit::new(18).unwrap();
        assert_eq!(AgeRange::exact(Age::new(18.0).unwrap()).side(limit), Side::Over);
        assert_eq!(AgeRange::exact(Age::new(17.0 + 364.0 / 365.0).unwrap()).side(limit), Side::Under);
    }

    #[test]
    fn a_whole_year_label_decides_every_limit_and_a_band_may_straddle() {
        let limit = AgeLimit::new(18).unwrap();
        assert_eq!(AgeRange::whole_years(17).unwrap().side(limit), Side::Under);
        assert_eq!(AgeRange::whole_years(18).unwrap().side(limit), Side::Over);
        assert_eq!(AgeRange::new(15.0, 21.0).unwrap().side(limit), Side::Straddling);
        assert_eq!(AgeRange::new(15.0, 21.0).unwrap().completed_years(), None);
        assert_eq!(AgeRange::whole_years(17).unwrap().completed_years(), Some(17));
        assert_eq!(AgeRange::whole_years(17).unwrap().middle(), 17.5);
    }

    #[test]
    fn what_is_not_an_age_is_refused() {
        for years in [f64::NAN, f64::INFINITY, -0.1, 120.001, 200.0] {
            assert!(Age::new(years).is_err(), "{years}");
        }
        assert_eq!(Age::new(-0.0).unwrap().years().to_bits(), 0.0_f64.to_bits());
        assert!(AgeRange::new(30.0, 20.0).is_err());
    }

    #[test]
    fn challenge_ages_are_exact_thousandths() {
        assert_eq!(ChallengeAge::new(25.5).unwrap().to_string(), "25.5");
        assert_eq!(ChallengeAge::new(25.0).unwrap().to_string(), "25");
        assert!(ChallengeAge::new(25.00049).is_err());
        assert!(ChallengeAge::from(AgeLimit::new(18).unwrap()) < ChallengeAge::new(18.5).unwrap());
    }
}
