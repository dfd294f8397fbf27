//! The names of metrics and flags that the report speaks of.

/// Share of people below the limit who pass.
pub(crate) const UNDER_AGE_PASS: &str = "under_age_pass_rate";
/// Share of people at or above the limit who are denied.
pub(crate) const ADULT_DENIAL: &str = "adult_denial_rate";
/// The two errors, which are never shown apart.
pub(crate) const BOTH_ERRORS: [&str; 2] = [UNDER_AGE_PASS, ADULT_DENIAL];
/// Share of attempts that ended in neither pass nor deny.
pub(crate) const NO_DECISION: &str = "no_decision_rate";
/// What may come of an attempt instead of an answer, and what the report calls it.
pub(crate) const UNANSWERED: [(&str, &str); 4] = [
    ("involuntary_failure_rate", "failed or no subject found"),
    ("refusal_rate", "refused by the method"),
    ("abstention_rate", "abstained"),
    ("never_answered_rate", "never answered, of people"),
];
/// The stages from the manifest to an answer, and what the report calls them.
pub(crate) const FLOW: [(&str, &str); 6] = [
    ("flow_listed", "listed"),
    ("flow_attacks", "attacks"),
    ("flow_age_unknown", "of unknown age"),
    ("flow_eligible", "eligible"),
    ("flow_attempted", "attempted"),
    ("flow_answered", "answered"),
];
/// The least challenge age from which on the target is met.
pub(crate) const SAFE_CHALLENGE_AGE: &str = "safe_challenge_age";
/// How far that is above the limit.
pub(crate) const SAFE_BUFFER: &str = "safe_buffer";
/// The flags of a safe challenge age that the other half of the people met, or did not.
pub(crate) const CONFIRMED: &str = "confirmed";
/// The second of them.
pub(crate) const NOT_CONFIRMED: &str = "not_confirmed";
/// Mean absolute error.
pub(crate) const MAE: &str = "mae";
/// Mean error.
pub(crate) const BIAS: &str = "bias";
/// Share of answered ages within five years.
pub(crate) const WITHIN_5: &str = "within_5_years";

/// Largest less smallest rate of the groups.
pub(crate) const MAX_MINUS_MIN: &str = "max_minus_min";
/// How likely groups lie as far apart by chance.
pub(crate) const PERMUTATION_P: &str = "permutation_p";
/// Groups that are in no summary.
pub(crate) const LEFT_OUT: &str = "groups_left_out";

/// The flag of a row that was declared in advance.
pub(crate) const PRIMARY: &str = "primary";
/// The flag of a row that was not declared in advance.
pub(crate) const EXPLORATORY: &str = "exploratory";

/// Root mean squared error.
pub(crate) const RMSE: &str = "rmse";
/// Attempts that both methods of a pair ran.
pub(crate) const PAIRED: &str = "paired_attempts";
/// Attempts that only the method ran.
pub(crate) const METHOD_ONLY: &str = "attempts_of_method_only";
/// Attempts that only the baseline ran.
pub(crate) const BASELINE_ONLY: &str = "attempts_of_baseline_only";
/// The flag of a pair without any difference.
pub(crate) const IDENTICAL: &str = "identical";
/// The flag of a difference at a challenge age that the protocol declares.
pub(crate) const HEADLINE: &str = "headline";
/// The flag of a pair on different manifests.
pub(crate) const UNPAIRED: &str = "unpaired";
