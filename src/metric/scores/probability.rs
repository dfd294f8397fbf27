//! Scores that are probabilities of being over the limit: how good they are, and whether they come true.

use std::collections::BTreeMap;

use super::super::catalogue::{self, Entry};
use super::super::frame::{Frame, flag, weigh};
use super::{Sides, clusters, straddling_both};
use crate::age::AgeLimit;
use crate::stats::{DesignSums, Reliability, SubjectSums, Weigh, brier, is_dominated, log_loss, mean_of_subjects};
use crate::table::{Bounds, Counts, Group, Interval, Place, Quantity, RowStatus, Variant, Weighting, twelve_digits};
use crate::tally::ScoredAttempt;

/// The rows of one limit; `not_applicable` where some score is no probability.
pub(super) fn rows(frame: &mut Frame<'_>, limit: AgeLimit, attempts: &[ScoredAttempt]) {
    let sides = Sides::of(attempts);
    let straddling = straddling_both(frame, limit, &Group::whole());
    let place = Place { limit: Some(limit), ..Place::of_all() };
    let counts = sides.counts();
    let pairs: Vec<(f64, bool)> = attempts.iter().map(|one| (one.score, one.over)).collect();
    let bins = frame.protocol.scores.bins as usize;
    let Some(table) = Reliability::of(&pairs, bins) else {
        let (status, reason) = if attempts.is_empty() {
            (RowStatus::Empty, "no attempt with a score lies on one side of the limit")
        } else {
            (RowStatus::NotApplicable, "some scores are outside of 0 to 1")
        };
        absent(frame, Some(limit), status, counts, reason);
        return;
    };
    let squares = attempts.iter().filter_map(|one| Some((one.unit, brier(one.score, one.over)?, one.weight)));
    let squares = by_subject(squares);
    means(frame, &place, catalogue::BRIER, &squares, (counts, &straddling), None);
    let mut held = 0;
    let losses: Vec<(u32, f64, Option<i64>)> = attempts
        .iter()
        .filter_map(|one| {
            let (loss, clipped) = log_loss(one.score, one.over)?;
            held += u64::from(clipped);
            Some((one.unit, loss, one.weight))
        })
        .collect();
    let with_held = Counts { events: Some(held), ..counts };
    let clipped = (held > 0).then_some(flag::CLIPPED);
    means(frame, &place, catalogue::LOG_LOSS, &by_subject(losses.into_iter()), (with_held, &straddling), clipped);
    let dominated = is_dominated(&squares, Weigh::Attempts);
    let evidence = frame.evidence_of(sides.subjects[2], 0, dominated).and(straddling.clone());
    let by_attempt = Place { weighting: Some(Weighting::Attempt), ..place };
    for (entry, value) in [
        (catalogue::CALIBRATION_ERROR, table.expected_error()),
        (catalogue::CALIBRATION_ERROR_REDRAWN, table.redrawn_error(frame.protocol.seed)),
    ] {
        let evidence = Some(evidence.clone());
        frame.quantity(by_attempt.clone(), entry, Quantity { value, bounds: None, counts, evidence });
    }
    for (number, bin) in (1_u32..).zip(&table.bins) {
        let here = attempts.iter().filter(|one| (bin.least..=bin.most).contains(&one.score));
        let found = clusters(here.map(|one| (one.unit, one.over, None)));
        let variant = Variant::of("bin", format!("{number:02}"))
            .with("from", twelve_digits(bin.least))
            .with("to", twelve_digits(bin.most))
            .with("mean", twelve_digits(bin.mean));
        let place = Place { variant, ..by_attempt.clone() };
        frame.share_beside(place, catalogue::RELIABILITY, &found, Weighting::Attempt, &straddling);
    }
}

/// The rows without a value; the reliability table is one of them.
pub(super) fn absent(frame: &mut Frame<'_>, limit: Option<AgeLimit>, status: RowStatus, counts: Counts, reason: &str) {
    for entry in super::OF_PROBABILITIES {
        let both = [catalogue::BRIER, catalogue::LOG_LOSS].contains(&entry);
        let weightings = if both { Weighting::ALL } else { &[Weighting::Attempt] };
        for weighting in weightings {
            let place = Place { limit, weighting: Some(*weighting), ..Place::of_all() };
            frame.nothing(place, entry, status, counts, reason);
        }
    }
}

/// Values are summed within a subject in this unit, so that the order of its attempts does not show.
const UNIT: f64 = 1e-15;

/// What one subject comes to.
#[derive(Clone, Copy, Default)]
struct Own {
    attempts: u32,
    sum: i128,
    weight: i64,
}

/// Sums over the subjects with the same number of attempts, in the order of the subjects' ranks; weighted where the
/// attempts have a weight.
#[expect(clippy::cast_possible_truncation, reason = "values of at most 120, 1.2e17 units")]
pub(super) fn by_subject(attempts: impl Iterator<Item = (u32, f64, Option<i64>)>) -> Vec<SubjectSums> {
    let mut by_unit: Vec<Own> = Vec::new();
    let mut weighted = false;
    for (unit, value, weight) in attempts {
        let unit = unit as usize;
        if by_unit.len() <= unit {
            by_unit.resize(unit + 1, Own::default());
        }
        weighted |= weight.is_some();
        let (own, weight) = (&mut by_unit[unit], weight.unwrap_or(1));
        own.attempts += 1;
        own.sum += i128::from(weight) * i128::from((value / UNIT).round() as i64);
        own.weight += weight;
    }
    let mut parts: BTreeMap<u32, SubjectSums> = BTreeMap::new();
    for own in by_unit.into_iter().filter(|own| own.attempts > 0) {
        let none = DesignSums { weight: 0.0, square: 0.0, product: 0.0 };
        let none = SubjectSums {
            attempts: u64::from(own.attempts),
            subjects: 0,
            sum: 0.0,
            square: 0.0,
            design: weighted.then_some(none),
        };
        let part = parts.entry(own.attempts).or_insert(none);
        let sum = own.sum as f64 * UNIT;
        part.subjects += 1;
        part.sum += sum;
        part.square += sum * sum;
        if let Some(design) = &mut part.design {
            let weight = own.weight as f64;
            design.weight += weight;
            design.square += weight * weight;
            design.product += weight * sum;
        }
    }
    parts.into_values().collect()
}

/// A mean under both weightings, with Student's interval over subjects: what is counted, what speaks against a claim, and the
/// flag that both rows carry besides.
pub(super) fn means(
    frame: &mut Frame<'_>,
    place: &Place,
    entry: Entry,
    parts: &[SubjectSums],
    (counts, against): (Counts, &[String]),
    flag: Option<&str>,
) {
    let level = frame.protocol.levels.display;
    for weighting in Weighting::ALL {
        let Some(mean) = mean_of_subjects(parts, weigh(*weighting)) else { continue };
        let estimate = mean.estimate(level);
        let bounds = estimate.bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
        let dominated = is_dominated(parts, weigh(*weighting));
        let evidence = Some(frame.evidence_of(mean.subjects, 0, dominated).and(against.iter().cloned()));
        let place = Place { weighting: Some(*weighting), ..place.clone() };
        frame.quantity(place, entry, Quantity { value: estimate.point, bounds, counts, evidence });
        if let Some(flag) = flag {
            frame.flag_last(flag);
        }
    }
}
