//! The end of a row's interval that a rule is held against: which one there is, at which level, and its name.
//!
//! A pass asks for the row's claims bound, one-sided at 95 %; a failure for the opposite bound at 0.05 / (number of checks),
//! since any of them may fail by chance (METRICS M16). Rates have both, made anew from (p n*, n*). Means have a two-sided
//! interval, whose end passes (at 97.5 %; made anew at 95 % where the protocol's level is lower), and whose standard error
//! gives the other. What has a two-sided interval only is judged by its ends, and says so; below 95 % one-sided they pass
//! nothing.

use super::barred::is_buffer;
use super::words::level as percent;
use crate::metric::catalogue;
use crate::stats::{GateBounds, lower_claim, normal_quantile, t_quantile, upper_claim};
use crate::table::{Interval, Row, Unit};

/// A number that a rule can be held against.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct End {
    /// The number, in the unit of the row.
    pub value: f64,
    /// Which one it is: `upper bound (Clopper-Pearson, one-sided 95 %)`.
    pub what: String,
}

/// Which end of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Lower,
    Upper,
}

impl Side {
    fn of(self, (low, high): (f64, f64)) -> f64 {
        match self {
            Self::Lower => low,
            Self::Upper => high,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Upper => "upper",
        }
    }

    pub fn opposite(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }
}

/// What a verdict about a row rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ground {
    /// The value itself: a count of what was observed, or the outcome of a search that has its claims inside.
    Observed,
    /// Bounds for claims on (p n*, n*), which can be made at any level.
    Share {
        /// The share.
        p: f64,
        /// Effective sample size.
        n_star: f64,
    },
    /// The bounds for claims that stand in the row, and no others.
    Claims,
    /// A two-sided interval that is symmetric about the value, with the degrees of freedom of Student's t; none for the
    /// normal distribution.
    Symmetric(Option<f64>),
    /// A two-sided interval, and no others.
    TwoSided,
    /// No interval, though the value is an estimate.
    Nothing,
}

/// Where a bound made anew must meet the one that is written.
const AGREEMENT: f64 = 1e-6;

impl Ground {
    /// Of `row`, in which bounds for claims have `claim_level`.
    pub fn of(row: &Row, claim_level: f64) -> Self {
        if let (Some(low), Some(high)) = (row.claim_low, row.claim_high) {
            let (Some(p), Some(n_star)) = (row.value, row.n_star) else { return Self::Claims };
            let near = |one: f64, other: f64| (one - other).abs() <= AGREEMENT;
            let anew = |level: f64| (lower_claim(p * n_star, n_star, level), upper_claim(p * n_star, n_star, level));
            let (own_low, own_high) = anew(claim_level);
            // Bounds that hold for the worst of several groups at once are wider, and cannot be made anew.
            let same = n_star > 0.0 && near(own_low, low) && near(own_high, high);
            return if same { Self::Share { p, n_star } } else { Self::Claims };
        }
        if let (Some(low), Some(high), Some(value)) = (row.low, row.high, row.value) {
            let half = (high - low) / 2.0;
            let symmetric = half > 0.0 && ((low + high) / 2.0 - value).abs() <= AGREEMENT * half;
            let number = row.n_subjects.or(row.n_attempts);
            return match (row.interval, number) {
                (Some(Interval::Normal), _) if symmetric => Self::Symmetric(None),
                (Some(Interval::T), Some(number)) if symmetric && number > 1 => {
                    Self::Symmetric(Some(number as f64 - 1.0))
                }
                _ => Self::TwoSided,
            };
        }
        if is_observed(row) { Self::Observed } else { Self::Nothing }
    }

    /// The end with which a rule passes.
    pub fn pass(self, row: &Row, side: Side) -> Option<End> {
        let word = side.word();
        match self {
            Self::Observed => row.value.map(|value| End { value, what: "value".to_owned() }),
            Self::Share { p, n_star } => Some(share(p, n_star, side, GateBounds::PASS_LEVEL)),
            Self::Claims => {
                let value = side.of((row.claim_low?, row.claim_high?));
                Some(End { value, what: format!("{word} bound for claims") })
            }
            Self::Symmetric(freedom) if one_sided(row) < GateBounds::PASS_LEVEL => {
                symmetric(row, freedom, side, GateBounds::PASS_LEVEL)
            }
            Self::Symmetric(_) | Self::TwoSided => two_sided(row, side, None),
            Self::Nothing => None,
        }
    }

    /// Why the end that passes is not known at the level that a pass asks for; in `row` bounds for claims, and the searches for
    /// a safe buffer and for the least input, have `claim_level`, which is not known where the protocol is not.
    pub fn short_of_pass(self, row: &Row, claim_level: Option<f64>) -> Option<String> {
        let own = match self {
            Self::Observed if is_searched(row) => claim_level,
            Self::Claims => claim_level,
            Self::TwoSided => Some(one_sided(row)),
            Self::Observed | Self::Share { .. } | Self::Symmetric(_) | Self::Nothing => return None,
        };
        let asked = percent(GateBounds::PASS_LEVEL);
        match own {
            Some(own) if own >= GateBounds::PASS_LEVEL - 1e-12 => None,
            Some(own) => {
                let own = percent(own);
                Some(format!("shown at {own} one-sided only, and a pass asks for {asked}: the protocol's `levels`"))
            }
            None => {
                Some(format!("shown at a level that nobody knows without protocol.toml, and a pass asks for {asked}"))
            }
        }
    }

    /// The end with which a rule fails in a policy of so many checks.
    pub fn fail(self, row: &Row, side: Side, checks: u64) -> Option<End> {
        let level = GateBounds::fail_level(checks);
        match self {
            Self::Observed => self.pass(row, side),
            Self::Share { p, n_star } => Some(share(p, n_star, side, level)),
            Self::Claims => {
                let mut end = self.pass(row, side)?;
                end.what.push_str(&uncorrected(checks > 1, checks));
                Some(end)
            }
            Self::Symmetric(freedom) => symmetric(row, freedom, side, level),
            Self::TwoSided => two_sided(row, side, Some((level, checks))),
            Self::Nothing => None,
        }
    }
}

fn share(p: f64, n_star: f64, side: Side, level: f64) -> End {
    let events = p * n_star;
    let value = side.of((lower_claim(events, n_star, level), upper_claim(events, n_star, level)));
    End { value, what: format!("{} bound (Clopper-Pearson, one-sided {})", side.word(), percent(level)) }
}

/// An end made anew at the one-sided `level`, from the standard error of a symmetric interval.
fn symmetric(row: &Row, freedom: Option<f64>, side: Side, level: f64) -> Option<End> {
    let z = |tail: f64| freedom.map_or_else(|| normal_quantile(tail), |freedom| t_quantile(tail, freedom));
    let (low, high, value) = (row.low?, row.high?, row.value?);
    let half = (high - low) / 2.0 * z(level) / z(0.5 + row.level? / 2.0);
    let value = side.of((value - half, value + half));
    let word = side.word();
    Some(End { value, what: format!("{word} bound ({}, one-sided {})", row.interval?, percent(level)) })
}

/// The one-sided level of an end of the two-sided interval; 0.5 where the row does not say.
fn one_sided(row: &Row) -> f64 {
    row.level.map_or(0.5, |level| 0.5 + level / 2.0)
}

/// An end of the two-sided interval; `wanted` is the one-sided level that a failure asks for.
fn two_sided(row: &Row, side: Side, wanted: Option<(f64, u64)>) -> Option<End> {
    let value = side.of((row.low?, row.high?));
    let level = row.level.map_or_else(String::new, |level| format!(", {}", percent(level)));
    let method = row.interval.map_or_else(String::new, |interval| format!("{interval}, "));
    let short = |(wanted, checks): (f64, u64)| uncorrected(one_sided(row) < wanted - 1e-12, checks);
    let remark = wanted.map(short).unwrap_or_default();
    Some(End { value, what: format!("{} end of the interval ({method}two-sided{level}){remark}", side.word()) })
}

fn uncorrected(short: bool, checks: u64) -> String {
    if short { format!(", not corrected for {checks} checks") } else { String::new() }
}

/// Whether a row without an interval is the outcome of a search that has its claims inside.
fn is_searched(row: &Row) -> bool {
    let least = [catalogue::LEAST_BYTES, catalogue::LEAST_SAVED, catalogue::LEAST_LEFT];
    is_buffer(row) || least.iter().any(|entry| entry.measure.name == row.metric)
}

/// Whether a row without an interval is a count or the outcome of a search, which the value alone says.
fn is_observed(row: &Row) -> bool {
    let family = catalogue::ALL.iter().find(|entry| entry.measure.name == row.metric).map(|entry| entry.family);
    let counted = matches!(row.unit, Unit::Attempts | Unit::Subjects | Unit::Count);
    counted
        || matches!(family, Some("flow" | "footprint" | "information" | "declared" | "curve" | "buffer"))
        || row.metric == catalogue::LATENCY_MAX.measure.name
}
