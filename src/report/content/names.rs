//! The names of metrics and flags that the report speaks of.

/// Share of people below the limit who pass.
pub(crate) const UNDER_AGE_PASS: &str = "under_age_pass_rate";
/// Share of people at or above the limit who are denied.
pub(crate) const ADULT_DENIAL: &str = "adult_denial_rate";
/// The two errors, which are never shown apart.
pub(crate) const BOTH_ERRORS: [&str; 2] = [UNDER_AGE_PASS, ADULT_DENIAL];
/// Share of attempts that ended without an answer.
pub(crate) const NOT_ANSWERED: &str = "not_answered";
/// Mean absolute error.
pub(crate) const MAE: &str = "mae";
/// Mean error.
pub(crate) const BIAS: &str = "bias";
/// Share of answered ages within five years.
pub(crate) const WITHIN_5: &str = "within_5_years";

/// The flag of a row that was not declared in advance.
pub(crate) const EXPLORATORY: &str = "exploratory";
