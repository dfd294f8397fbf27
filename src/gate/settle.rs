//! How many more subjects would settle what is inconclusive, if what was observed stays as it is.

use super::bound::{Ground, Side};
use super::words::{about, level};
use crate::metric::catalogue;
use crate::protocol::EvidenceRule;
use crate::stats::{GateBounds, normal_quantile, subjects_for_mean, subjects_needed, wilson};
use crate::table::{Evidence, Interval, Row};

/// The chance to be settled by the numbers that are told.
pub(super) const CHANCE: f64 = 0.8;

/// Above so many effective subjects the normal approximation is told instead of the exact number.
const EXACT_UP_TO: f64 = 20_000.0;

/// More subjects than this are as good as none.
const MOST: f64 = 1e12;

/// What would settle a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settled {
    /// About so many more subjects.
    pub more: Option<u64>,
    /// The same in words: a fragment of a sentence.
    pub text: String,
}

impl Settled {
    /// Nothing is known.
    fn unknown() -> Self {
        Self { more: None, text: "how many more would settle it is not known".to_owned() }
    }

    /// `needed` in all where `there` are, to show `what`.
    pub fn more(needed: f64, there: f64, noun: &str, what: &str) -> Self {
        let more = (needed - there).max(1.0).ceil();
        if !more.is_finite() || more > MOST {
            return Self::unknown();
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 10^12")]
        let more = about(more as u64);
        let text = format!("about {more} more {noun}s like these would show {what} with a chance of {}", level(CHANCE));
        Self { more: Some(more), text }
    }
}

/// What the counts of a row are of.
pub(super) fn noun(row: &Row) -> &'static str {
    let of_starts = row.interval == Some(Interval::T) || row.metric == catalogue::THROUGHPUT.measure.name;
    let is_latency = catalogue::ALL.iter().any(|entry| entry.measure.name == row.metric && entry.family == "latency");
    match row.n_subjects {
        Some(_) => "subject",
        None if is_latency && of_starts => "start",
        None => "attempt",
    }
}

/// What would show that `row` is on the good side of `wanted`: its `side` end no further than that.
pub(super) fn share_or_mean(row: &Row, ground: Ground, side: Side, wanted: f64, checks: u64) -> Settled {
    let (Some(value), Some(there)) = (row.value, row.n_subjects.or(row.n_attempts).map(|count| count as f64)) else {
        return Settled::unknown();
    };
    let distance = match side {
        Side::Upper => wanted - value,
        Side::Lower => value - wanted,
    };
    let noun = noun(row);
    if distance > 0.0 {
        let what = "it";
        return match needed(row, ground, side, value, wanted, there, GateBounds::PASS_LEVEL) {
            Some(needed) => Settled::more(needed, there, noun, what),
            None => Settled::unknown(),
        };
    }
    let past = if side == Side::Upper { "above" } else { "below" };
    let lost = if distance < 0.0 {
        format!("the estimate itself is {past} it, and no number of {noun}s would show that it is met at this rate")
    } else {
        format!("the estimate is just that, and no number of {noun}s would settle it at this rate")
    };
    // Enough would show that it is not met.
    let failed = (distance < 0.0)
        .then(|| needed(row, ground, side.opposite(), value, wanted, there, GateBounds::fail_level(checks)))
        .flatten()
        .map(|needed| Settled::more(needed, there, noun, "that it is not met").text);
    let text = match failed {
        Some(text) => format!("{lost}; {text}"),
        None => lost,
    };
    Settled { more: None, text }
}

/// How many in all, where `there` are.
fn needed(row: &Row, ground: Ground, side: Side, value: f64, wanted: f64, there: f64, level: f64) -> Option<f64> {
    match ground {
        Ground::Share { p, n_star } => {
            // At least is at most of what is not an event.
            let (rate, limit) = if side == Side::Upper { (p, wanted) } else { (1.0 - p, 1.0 - wanted) };
            Some(effective(rate, limit, level)? * there / n_star)
        }
        Ground::Claims | Ground::Symmetric(_) | Ground::TwoSided => {
            let (low, high, two_sided) = (row.low?, row.high?, row.level?);
            let reach = if side == Side::Upper { high - value } else { value - low };
            // The interval as one-sided bounds at its own level, brought to the level that is asked.
            let standard_error = reach / normal_quantile(0.5 + two_sided / 2.0);
            let distance = (wanted - value).abs();
            subjects_for_mean(there, distance, standard_error * normal_quantile(level), level, CHANCE)
        }
        Ground::Observed | Ground::Nothing => None,
    }
}

/// Effective subjects to show that a rate is at most `limit` when it is `rate`.
fn effective(rate: f64, limit: f64, level: f64) -> Option<f64> {
    if !(0.0..limit).contains(&rate) || limit >= 1.0 {
        return None;
    }
    let spread = |share: f64| (share * (1.0 - share)).sqrt();
    let reach = normal_quantile(level) * spread(limit) + normal_quantile(CHANCE) * spread(rate);
    let near = (reach / (limit - rate)).powi(2);
    if near > EXACT_UP_TO {
        return Some(near);
    }
    subjects_needed(rate, limit, CHANCE, level, 4 * EXACT_UP_TO as u64).map(|needed| needed as f64).or(Some(near))
}

/// What would give a rate the evidence that it lacks, if it stays what it is: subjects, effective subjects, and a display
/// interval that is narrow enough. Nothing where it lacks none of these, but something else speaks against it.
pub(super) fn evidence(row: &Row, ground: Ground, rule: EvidenceRule) -> Settled {
    let nothing = Settled { more: None, text: String::new() };
    let (Ground::Share { p, n_star }, Some(subjects), Some(level)) = (ground, row.n_subjects, row.level) else {
        return floor(row);
    };
    let there = subjects as f64;
    let is_wide = |times: f64| {
        let (low, high) = wilson(p, n_star * times, level);
        let width = high - low;
        width > rule.width || (width > rule.small_width && width > rule.width_share * p)
    };
    // So many times as many people: by doubling, then by halving.
    let (mut low, mut enough) = (1.0, 1.0);
    while is_wide(enough) {
        (low, enough) = (enough, enough * 2.0);
        if enough > MOST {
            return nothing;
        }
    }
    while enough - low > 1e-9 * enough {
        let middle = (low + enough) / 2.0;
        if is_wide(middle) { low = middle } else { enough = middle }
    }
    let times = enough.max(rule.subjects as f64 / there).max(rule.n_star / n_star);
    if times <= 1.0 {
        return nothing;
    }
    let more = (there * times - there).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above 0, and at most 10^12 times a count"
    )]
    let more = about(more as u64);
    Settled { more: Some(more), text: format!("; about {more} more subjects like these would be enough") }
}

/// The floor of subjects, where that is the reason of a row without more to go by.
pub(super) fn floor(row: &Row) -> Settled {
    let Some(Evidence::Short(reasons)) = &row.evidence else { return Settled { more: None, text: String::new() } };
    // `12<30 subjects`
    let floor = |reason: &String| {
        let (there, rest) = reason.split_once('<')?;
        let (floor, noun) = rest.split_once(' ')?;
        let (there, floor): (u64, u64) = (there.parse().ok()?, floor.parse().ok()?);
        (noun == "subjects" && floor > there).then_some(floor - there)
    };
    // Another reason would stay.
    let only = reasons.iter().all(|reason| floor(reason).is_some());
    match reasons.iter().find_map(floor).filter(|_| only) {
        Some(more) => Settled { more: Some(more), text: format!("; {more} more would be the least") },
        None => Settled { more: None, text: String::new() },
    }
}
