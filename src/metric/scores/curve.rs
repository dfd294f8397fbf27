//! The curve of both errors over the thresholds: its area, where the errors are equal, and the threshold for a rate,
//! used unchanged on every group.

use rayon::prelude::*;

use super::super::catalogue;
use super::super::frame::{Frame, flag};
use super::{Alike, At, RATES, Sides, clusters, evidence, rate_place, straddling};
use crate::stats::{Area, Clusters, Det, Ranked, Weighted, auc_of_ranked};
use crate::table::{Bounds, Counts, Group, Interval, Place, Population, Quantity, RowStatus, Weighting, twelve_digits};
use crate::tally::{ScoreKind, ScoreRows, ScoredAttempt};

/// Least common multiple up to which subjects' weights are exact.
const LARGEST_MULTIPLE: u64 = 1_000_000_000;
/// The largest multiple where attempts have design weights as well.
const LARGEST_WEIGHTED: u64 = 60;
/// What stands for a common multiple where there is none so small, unless people are too many for it.
const INEXACT_MULTIPLE: u64 = 1_000_000_000_000;

/// The rows of one limit; thresholds also for each of the groups of `at`.
pub(super) fn rows(frame: &mut Frame<'_>, rows: ScoreRows<'_>, at: &At<'_>, attempts: &[ScoredAttempt]) {
    let sides = Sides::of(attempts);
    if at.kind == ScoreKind::Given {
        let count = rows.unscored(at.limit);
        let counts = Counts { attempts: Some(count), ..Counts::default() };
        let quantity = Quantity { value: count as f64, bounds: None, counts, evidence: None };
        let place = Place { weighting: None, ..at.place(Weighting::Attempt) };
        frame.quantity(place, catalogue::SCORES_MISSING, quantity);
    }
    let (det, area) = rayon::join(|| curve(at, attempts, |_| true), || area_of(at, attempts));
    let Some(det) = det else {
        let reason = if sides.attempts[0] == 0 {
            "nobody under the limit has a score"
        } else {
            "nobody over the limit has a score"
        };
        at.absent(frame, RowStatus::Empty, sides.counts(), reason);
        return;
    };
    if let Some(area) = area {
        area_row(frame, at, area, &sides);
    }
    let (rate, point) = det.equal_error();
    for (entry, value) in [(catalogue::EQUAL_ERROR, rate), (catalogue::EQUAL_ERROR_THRESHOLD, point.threshold)] {
        let evidence = Some(evidence(frame, at.limit, &sides, false));
        frame.quantity(
            at.place(Weighting::Subject),
            entry,
            Quantity { value, bounds: None, counts: sides.counts(), evidence },
        );
    }
    thresholds(frame, rows, at, attempts, &det);
    points(frame, at, attempts, &det);
}

/// The area under the curve.
///
/// Source: Obuchowski (1997); METRICS M8.
fn area_of(at: &At<'_>, attempts: &[ScoredAttempt]) -> Option<Area> {
    let ranked = |one: &ScoredAttempt| Ranked {
        subject: one.unit,
        positive: one.over,
        weight: whole(one.weight),
        place: at.ranks.place(one.sample as usize),
    };
    auc_of_ranked(at.ranks.distinct().len(), attempts.iter().map(ranked))
}

/// The row of the area; the logit interval has none at 0 and 1.
fn area_row(frame: &mut Frame<'_>, at: &At<'_>, found: Area, sides: &Sides) {
    let place = at.place(Weighting::Attempt);
    let level = frame.protocol.levels.display;
    let bounds = found.logit_interval(level).map(|(low, high)| Bounds { interval: Interval::Logit, level, low, high });
    let evidence = Some(evidence(frame, at.limit, sides, true));
    frame.quantity(place, catalogue::AUC, Quantity { value: found.value, bounds, counts: sides.counts(), evidence });
}

/// What an attempt weighs, as a count.
fn whole(weight: Option<i64>) -> u64 {
    weight.map_or(1, i64::unsigned_abs)
}

/// The curve of attempts with the weight of their subject: every subject of a side counts the same. Minors are those that
/// `minors` takes; adults are all.
fn curve(at: &At<'_>, attempts: &[ScoredAttempt], minors: impl Fn(&ScoredAttempt) -> bool) -> Option<Det> {
    let mut tries: Vec<[u64; 2]> = Vec::new();
    let taken = |one: &&ScoredAttempt| one.over || minors(one);
    for one in attempts.iter().filter(taken) {
        let unit = one.unit as usize;
        if tries.len() <= unit {
            tries.resize(unit + 1, [0; 2]);
        }
        tries[unit][usize::from(one.over)] += 1;
    }
    let multiple = multiple(&tries, attempts.iter().filter_map(|one| one.weight).max());
    let weight = |one: &ScoredAttempt| Weighted {
        place: at.ranks.place(one.sample as usize),
        over: one.over,
        weight: whole(one.weight) * multiple / tries[one.unit as usize][usize::from(one.over)].max(1),
    };
    Det::of(at.ranks.distinct(), attempts.iter().filter(taken).map(weight))
}

/// What a subject counts, by the attempts of each on the one side and on the other: a multiple of all these numbers, but
/// no more than leaves the sum over all subjects below 2^64, `heaviest` being the largest design weight where there are any.
fn multiple(tries: &[[u64; 2]], heaviest: Option<i64>) -> u64 {
    let exact = common_multiple(tries.iter().flatten().copied());
    let wanted = if heaviest.is_some() { exact.min(LARGEST_WEIGHTED) } else { exact };
    at_most(wanted, tries.len() as u64, whole(heaviest))
}

/// `multiple`, or what leaves the sum over so many subjects, each of so much weight at most, below 2^64.
fn at_most(multiple: u64, subjects: u64, heaviest: u64) -> u64 {
    multiple.min(u64::MAX / subjects.saturating_mul(heaviest).max(1)).max(1)
}

/// The least common multiple of the numbers of attempts; a large number where there is none up to 10^9: weights are
/// then right to 10^-9 for up to a thousand attempts of a subject.
fn common_multiple(tries: impl Iterator<Item = u64>) -> u64 {
    let mut multiple = 1_u64;
    for tries in tries.filter(|tries| *tries > 1) {
        multiple = multiple / common_divisor(multiple, tries) * tries;
        if multiple > LARGEST_MULTIPLE {
            return INEXACT_MULTIPLE;
        }
    }
    multiple
}

/// The greatest common divisor (Euclid).
fn common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

/// The threshold for each target, set on the protocol's minors, and both rates at it: of everybody, and unchanged of
/// each group. `all` is the curve of everybody.
fn thresholds(frame: &mut Frame<'_>, rows: ScoreRows<'_>, at: &At<'_>, attempts: &[ScoredAttempt], all: &Det) {
    let rules = frame.protocol.scores.clone();
    let set_on = rules.set_on_group.as_ref().map(|(column, level)| Group::of([(column.as_str(), level.as_str())]));
    let whole = Group::whole();
    let Some(of_group) = rows.members(set_on.as_ref().unwrap_or(&whole)) else {
        for target in rules.targets {
            let status = RowStatus::NotApplicable;
            at.target_absent(frame, target, status, Counts::default(), "no such group to set it on");
        }
        return;
    };
    let minors = |one: &ScoredAttempt| {
        of_group(one.sample)
            && rules
                .set_on_years
                .is_none_or(|(first, last)| rows.years(one.sample).is_some_and(|year| (first..=last).contains(&year)))
    };
    let under = || attempts.iter().filter(|one| !one.over && minors(one));
    let basis = clusters(under().map(|one| (one.unit, false, None)));
    let counts = Frame::counts(&basis);
    let everybody = set_on.is_none() && rules.set_on_years.is_none();
    let own = if everybody { None } else { curve(at, attempts, minors) };
    let det = if everybody { Some(all) } else { own.as_ref() };
    let groups: Vec<&Group> = std::iter::once(&whole).chain(at.groups.iter().copied()).collect();
    let threshold_of = |target: &f64| det.map(|det| det.threshold_for(*target).threshold);
    let set: Vec<f64> = rules.targets.iter().filter_map(threshold_of).collect();
    // By group, then by target: both rates.
    let of_group = |group: &&Group| {
        let member = rows.members(group);
        let inside = |one: &&ScoredAttempt| member.as_ref().is_some_and(|member| member(one.sample));
        at_thresholds(attempts.iter().filter(inside), &set)
    };
    let mut found: Vec<_> = groups.par_iter().map(of_group).map(Vec::into_iter).collect();
    for target in &rules.targets {
        let found = found.iter_mut().filter_map(Iterator::next);
        let place = at.of_target(*target);
        let counts = Counts { events: None, event_subjects: None, ..counts };
        let Some(threshold) = threshold_of(target) else {
            at.target_absent(frame, *target, RowStatus::Empty, counts, "nobody to set it on has a score");
            continue;
        };
        let small = *target < 3.0 / basis.subjects() as f64;
        if threshold.is_finite() {
            let evidence = Some(frame.evidence_of_mean(basis.subjects(), 0));
            frame.quantity(
                place.clone(),
                catalogue::THRESHOLD,
                Quantity { value: threshold, bounds: None, counts, evidence },
            );
        } else {
            let reason = "inf: at every score more pass";
            frame.nothing(place.clone(), catalogue::THRESHOLD, RowStatus::NotAchievable, counts, reason);
        }
        if small {
            frame.flag_last(flag::TARGET_BELOW_3_PER_N);
        }
        for (group, rates) in groups.iter().zip(found) {
            let seen = group.is_whole() || set_on.as_ref().is_none_or(|set_on| set_on == *group);
            let reasons = straddling(frame, at.limit, group);
            for ((entry, over, population), found) in RATES.into_iter().zip(rates) {
                let (place, reasons) = (rate_place(&place, group, population), &reasons[usize::from(over)]);
                frame.share_beside(place, entry, &found, Weighting::Subject, reasons);
                if !over && seen {
                    frame.flag_last(flag::IN_SAMPLE);
                }
                if !over && small {
                    frame.flag_last(flag::TARGET_BELOW_3_PER_N);
                }
            }
        }
    }
}

/// The subjects of both sides, under first, at each threshold: an attempt passes iff its score is at or above it, and is
/// an event iff it should not have passed, or should have.
fn at_thresholds<'s>(
    attempts: impl Iterator<Item = &'s ScoredAttempt> + Clone,
    thresholds: &[f64],
) -> Vec<[Clusters; 2]> {
    let event = |one: &ScoredAttempt, threshold: &f64| (one.score >= *threshold) != one.over;
    if attempts.clone().next().is_some_and(|one| one.weight.is_some()) {
        let of_side = |threshold, over| {
            let side = attempts.clone().filter(|one| one.over == over);
            clusters(side.map(|one| (one.unit, event(one, threshold), one.weight)))
        };
        return thresholds.iter().map(|threshold| [false, true].map(|over| of_side(threshold, over))).collect();
    }
    thresholds
        .chunks(AT_ONCE)
        .flat_map(|thresholds| {
            // Of each subject and side: attempts, and events at each threshold.
            let mut units: Vec<[[u32; AT_ONCE + 1]; 2]> = Vec::new();
            for one in attempts.clone() {
                let unit = one.unit as usize;
                if units.len() <= unit {
                    units.resize(unit + 1, [[0; AT_ONCE + 1]; 2]);
                }
                let [count, events @ ..] = &mut units[unit][usize::from(one.over)];
                *count += 1;
                events.iter_mut().zip(thresholds).for_each(|(own, at)| *own += u32::from(event(one, at)));
            }
            let of_side = |place: usize, side: usize| {
                let mut alike = Alike::default();
                units.iter().for_each(|unit| alike.add((unit[side][place + 1], unit[side][0]), None));
                alike.clusters()
            };
            (0..thresholds.len()).map(move |place| [0, 1].map(|side| of_side(place, side))).collect::<Vec<_>>()
        })
        .collect()
}

/// Thresholds that are looked at in one pass.
const AT_ONCE: usize = 7;

/// So many points of the curve as the protocol asks for, evenly among the distinct scores, both ends included.
fn points(frame: &mut Frame<'_>, at: &At<'_>, attempts: &[ScoredAttempt], det: &Det) {
    let all: Vec<f64> = det.points().map(|point| point.threshold).collect();
    let wanted = (frame.protocol.scores.det_points as usize).min(all.len());
    let place = |step: usize| if wanted < 2 { 0 } else { step * (all.len() - 1) / (wanted - 1) };
    let thresholds: Vec<f64> = (0..wanted).map(|step| all[place(step)]).collect();
    let reasons = straddling(frame, at.limit, &Group::whole());
    for (threshold, found) in thresholds.iter().zip(at_thresholds(attempts.iter(), &thresholds)) {
        let rates = [(catalogue::DET_PASS, Population::Under), (catalogue::DET_DENIAL, Population::Over)];
        for (((entry, population), found), reasons) in rates.into_iter().zip(found).zip(&reasons) {
            let place = at.place(Weighting::Subject);
            let variant = place.variant.clone().with("threshold", twelve_digits(*threshold));
            let place = rate_place(&Place { variant, ..place }, &Group::whole(), population);
            frame.share_beside(place, entry, &found, Weighting::Subject, reasons);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_count_adds_up_to_less_than_2_to_the_64_however_many_they_are() {
        assert_eq!(multiple(&[[2, 3], [4, 0], [1, 1]], None), 12);
        assert_eq!(multiple(&[[7, 11], [13, 0]], Some(3)), LARGEST_WEIGHTED);
        // 2, 3, 5, ... 31 have no common multiple up to 10^9.
        let primes: Vec<[u64; 2]> = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31].map(|prime| [prime, 1]).to_vec();
        assert_eq!(multiple(&primes, None), INEXACT_MULTIPLE);
        for subjects in [18_446_744, 18_446_745, 100_000_000, u64::from(u32::MAX / 2)] {
            let most = at_most(INEXACT_MULTIPLE, subjects, 1);
            assert!(most.checked_mul(subjects).is_some() && most > 8 * LARGEST_MULTIPLE, "{subjects}: {most}");
        }
        assert_eq!(at_most(INEXACT_MULTIPLE, 18_446_744, 1), INEXACT_MULTIPLE);
        assert!(at_most(LARGEST_WEIGHTED, 100_000_000, 10_000_000_000) < 19);
    }
}
