//! The gate that a method really keeps: at which true age half of the people pass, and how fast the share rises there.
//!
//! Only for methods that decide themselves. It needs the attempts: with the tally alone it is `not_measurable`.

use super::catalogue;
use super::frame::Frame;
use super::{Facts, Scores};
use crate::age::AgeLimit;
use crate::protocol::Protocol;
use crate::stats::{Answered, Clusters, NoLine, Probit, Weigh, probit, rising_half};
use crate::table::{
    Bounds, Context, Counts, Evidence, Group, Interval, Place, Quantity, Row, RowStatus, Variant, Weighting,
};
use crate::tally::{DecidedAttempt, Tally};

/// The density of the standard normal distribution at 0: the slope of a share per probit, where it is one half.
const DENSITY_AT_HALF: f64 = 0.398_942_280_401_432_7;

/// The rows of each limit at which the method decides itself.
#[must_use]
pub fn probe(context: &Context, protocol: &Protocol, facts: Facts, tally: &Tally, scores: Scores<'_>) -> Vec<Row> {
    let mut frame = Frame::new(context, protocol, facts, tally);
    let whole = Group::whole();
    let groups: Vec<&Group> = tally.groups.keys().filter(|group| group.parts().len() == 1).collect();
    for limit in &protocol.limits {
        if !frame.own_decision(*limit) {
            continue;
        }
        let attempts = match scores {
            Scores::Rows(rows) => rows.decided(*limit),
            Scores::NotKept => Vec::new(),
        };
        for group in std::iter::once(&whole).chain(groups.iter().copied()) {
            let at = At { limit: *limit, group };
            match scores {
                Scores::Rows(rows) => {
                    let Some(is_member) = rows.members(group) else { continue };
                    let attempts: Vec<DecidedAttempt> =
                        attempts.iter().filter(|one| is_member(one.sample)).copied().collect();
                    of_limit(&mut frame, at, &attempts);
                }
                Scores::NotKept => nothing(&mut frame, at, RowStatus::NotMeasurable, Counts::default(), "needs_rows"),
            }
        }
    }
    frame.finish()
}

/// Whose gate is looked for, and at which limit.
#[derive(Clone, Copy)]
struct At<'a> {
    limit: AgeLimit,
    group: &'a Group,
}

impl At<'_> {
    fn place(self) -> Place {
        let (limit, group) = (Some(self.limit), self.group.clone());
        Place { limit, group, weighting: Some(Weighting::Attempt), ..Place::of_all() }
    }

    /// The place of the age that is found without a line.
    fn rising(self) -> Place {
        Place { variant: Variant::of("model", "rising"), ..self.place() }
    }
}

fn nothing(frame: &mut Frame<'_>, at: At<'_>, status: RowStatus, counts: Counts, reason: &str) {
    for entry in [catalogue::EFFECTIVE_CHALLENGE_AGE, catalogue::SHARPNESS] {
        frame.nothing(at.place(), entry, status, counts, reason);
    }
    frame.nothing(at.rising(), catalogue::EFFECTIVE_CHALLENGE_AGE, status, counts, reason);
}

fn of_limit(frame: &mut Frame<'_>, at: At<'_>, attempts: &[DecidedAttempt]) {
    let clusters = super::scores::clusters(attempts.iter().map(|one| (one.unit, one.passed, None)));
    let counts = Frame::counts(&clusters);
    let answered: Vec<Answered> =
        attempts.iter().map(|one| Answered { unit: one.unit, x: one.age, yes: one.passed }).collect();
    let level = frame.protocol.levels.display;
    let evidence = match probit(&answered, level) {
        Ok(line) if line.slope > 0.0 => fitted(frame, at, &clusters, &line),
        Ok(_) => {
            let reason = "older people do not pass more often than younger ones";
            return nothing(frame, at, RowStatus::InsufficientEvidence, counts, reason);
        }
        Err(NoLine::Separated { last_no, first_yes }) => separated(frame, at, counts, last_no, first_yes),
        Err(why) => {
            let status = if why == NoLine::Empty { RowStatus::Empty } else { RowStatus::InsufficientEvidence };
            return nothing(frame, at, status, counts, &reason(why, attempts));
        }
    };
    match rising_half(&answered) {
        Some(value) => {
            let quantity = Quantity { value, bounds: None, counts, evidence: Some(evidence) };
            frame.quantity(at.rising(), catalogue::EFFECTIVE_CHALLENGE_AGE, quantity);
        }
        None => {
            let (status, reason) = (RowStatus::InsufficientEvidence, "the share never rises from below one half");
            frame.nothing(at.rising(), catalogue::EFFECTIVE_CHALLENGE_AGE, status, counts, reason);
        }
    }
}

/// The rows of a line; what speaks against a claim on its age, and so on the age that is found without it.
fn fitted(frame: &mut Frame<'_>, at: At<'_>, clusters: &Clusters, line: &Probit) -> Evidence {
    let (level, counts) = (frame.protocol.levels.display, Frame::counts(clusters));
    let fewest = clusters.event_subjects().min(clusters.non_event_subjects());
    let dominated = clusters.effective(Weigh::Attempts, level).is_some_and(|found| found.dominated);
    let evidence = match frame.evidence_of(clusters.subjects(), 0, dominated) {
        Evidence::Sufficient if fewest < 10 => {
            Evidence::Short(vec![format!("{fewest}<10 people who pass, or who do not")])
        }
        other => other,
    };
    let of_age = match line.half_bounds {
        Some((low, high)) => {
            let bounds = Some(Bounds { interval: Interval::Fieller, level, low, high });
            let quantity = Quantity { value: line.half, bounds, counts, evidence: Some(evidence.clone()) };
            frame.quantity(at.place(), catalogue::EFFECTIVE_CHALLENGE_AGE, quantity);
            evidence.clone()
        }
        None => {
            let reason = "it is not shown that older people pass more often: the age may be any";
            let status = RowStatus::InsufficientEvidence;
            frame.nothing(at.place(), catalogue::EFFECTIVE_CHALLENGE_AGE, status, counts, reason);
            Evidence::Short(vec![reason.to_owned()])
        }
    };
    let (low, high) = line.slope_bounds;
    let scaled = |slope: f64| slope * DENSITY_AT_HALF;
    let bounds = Some(Bounds { interval: Interval::T, level, low: scaled(low), high: scaled(high) });
    let quantity = Quantity { value: scaled(line.slope), bounds, counts, evidence: Some(evidence) };
    frame.quantity(at.place(), catalogue::SHARPNESS, quantity);
    of_age
}

/// Everybody younger was denied and everybody older passed: the gate lies between, and no slope is too steep. No claim rests on
/// the one age or the other.
fn separated(frame: &mut Frame<'_>, at: At<'_>, counts: Counts, last_no: f64, first_yes: f64) -> Evidence {
    let bounds =
        Bounds { interval: Interval::Bounds, level: frame.protocol.levels.display, low: last_no, high: first_yes };
    let why = "ages part those who pass from those who do not".to_owned();
    let evidence = Evidence::Short(vec![why.clone()]);
    let value = f64::midpoint(last_no, first_yes);
    let quantity = Quantity { value, bounds: Some(bounds), counts, evidence: Some(evidence.clone()) };
    frame.quantity(at.place(), catalogue::EFFECTIVE_CHALLENGE_AGE, quantity);
    let reason = format!("{why}: no slope is too steep");
    frame.nothing(at.place(), catalogue::SHARPNESS, RowStatus::InsufficientEvidence, counts, &reason);
    evidence
}

fn reason(why: NoLine, attempts: &[DecidedAttempt]) -> String {
    let ages = || attempts.iter().map(|one| one.age);
    let count = attempts.len();
    match why {
        NoLine::AllYes => {
            let youngest = ages().fold(f64::INFINITY, f64::min);
            format!("all {count} pass: the age lies below the youngest, about {youngest:.1}")
        }
        NoLine::AllNo => {
            let oldest = ages().fold(f64::NEG_INFINITY, f64::max);
            format!("none of {count} passes: the age lies above the oldest, about {oldest:.1}")
        }
        NoLine::Reversed => "nobody who is older passes and nobody who is younger does not".to_owned(),
        NoLine::TooFew => "all are of one person or of one age".to_owned(),
        NoLine::NotConverged => "no line fits".to_owned(),
        NoLine::Separated { .. } | NoLine::Empty => String::new(),
    }
}
