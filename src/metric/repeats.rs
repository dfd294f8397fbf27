//! M9: how far several answers about one person spread, and how often decisions flip.

use std::collections::BTreeMap;

use super::catalogue::{self, Entry};
use super::error::without;
use super::frame::Frame;
use crate::stats::{Clusters, SubjectSums, Weigh, is_dominated, mean_of_subjects};
use crate::table::{Bounds, Counts, Interval, Place, Quantity, RowStatus, Weighting};
use crate::tally::{GroupTally, RepeatSums};

/// The rows of the whole dataset. The denominator is every subject with at least two answers (for flips: decisions)
/// of one completed year under one condition.
pub(super) fn rows(frame: &mut Frame<'_>, group: &GroupTally) {
    let tally = &group.families.repeats;
    let place = Place { weighting: Some(Weighting::Subject), ..Place::of_all() };
    spread(frame, &place, catalogue::NOISE, group, &tally.noise, 1e12, false);
    spread(frame, &place, catalogue::NOISE_CORRECTED, group, &tally.corrected, 1e12, false);
    let pooled = Place { weighting: Some(Weighting::Attempt), ..place.clone() };
    spread(frame, &pooled, catalogue::WITHIN_SUBJECT_SD, group, &tally.squares, 1e9, true);
    for limit in frame.protocol.limits.clone() {
        for challenge in frame.challenges(limit, true) {
            let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
            let flips = tally.flips.get(&column);
            let pairs = flips.into_iter().flatten().map(|((differ, pairs), units)| (*differ, *pairs, *units));
            let place = Place { limit: Some(limit), challenge, ..place.clone() };
            frame.plain_share(place, catalogue::FLIPS, &Clusters::of(pairs), Weighting::Subject);
        }
    }
}

/// A mean over subjects, or the root of a mean of squares over degrees of freedom, with Student's interval.
fn spread<K: Copy + Into<u64>>(
    frame: &mut Frame<'_>,
    place: &Place,
    entry: Entry,
    group: &GroupTally,
    sums: &BTreeMap<K, RepeatSums>,
    scale: f64,
    root: bool,
) {
    let part = |(key, sums): (&K, &RepeatSums)| SubjectSums {
        attempts: (*key).into(),
        subjects: sums.units,
        sum: sums.sum as f64 / scale,
        square: sums.square as f64 / (scale * scale),
        design: None,
    };
    let parts: Vec<SubjectSums> = sums.iter().map(part).collect();
    let Some(mean) = mean_of_subjects(&parts, Weigh::Attempts) else {
        let (status, reason) = match without(group) {
            (RowStatus::NotApplicable, reason) => (RowStatus::NotApplicable, reason),
            _ => (RowStatus::Empty, "nobody has two answers of one year and condition".to_owned()),
        };
        return frame.nothing(place.clone(), entry, status, Counts::default(), &reason);
    };
    let level = frame.protocol.levels.display;
    let found = if root { mean.root(level) } else { mean.estimate(level) };
    let bounds = found.bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
    let answers = group.families.repeats.answers;
    let counts = Counts { attempts: Some(answers), subjects: Some(mean.subjects), ..Counts::default() };
    let evidence = Some(frame.evidence_of(mean.subjects, 0, is_dominated(&parts, Weigh::Attempts)));
    frame.quantity(place.clone(), entry, Quantity { value: found.point, bounds, counts, evidence });
}
