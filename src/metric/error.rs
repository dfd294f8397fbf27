//! M1: errors of answered ages, in years.

use super::catalogue::{self, Entry};
use super::frame::{Frame, weigh};
use super::{Errors, Extent};
use crate::stats::{Estimate, MeanSums, Weigh, is_dominated, mean_of_subjects, subjects_for_percentile};
use crate::table::{
    Bounds, Counts, Evidence, Group, Interval, Place, Population, Quantity, RowStatus, Variant, Weighting,
};
use crate::tally::{ANSWERED_SHARES, Combo, ErrorTally, GroupTally, Percentile};

/// The shares of the median and the percentiles of the absolute error.
pub const PERCENTILE_SHARES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];
/// Their metrics.
const PERCENTILES: [Entry; 4] = [catalogue::MEDIAN, catalogue::P90, catalogue::P95, catalogue::P99];

/// The share of the percentile of absolute errors that `metric` is; none of any other metric.
#[must_use]
pub fn percentile_share(metric: &str) -> Option<f64> {
    let found = PERCENTILES.iter().position(|entry| entry.measure.name == metric)?;
    PERCENTILE_SHARES.get(found).copied()
}

/// The shares within x years that groups have.
const OF_GROUPS: [Entry; 2] = [catalogue::WITHIN_5, catalogue::WITHIN_10];
/// What is said of the line through answered and true ages.
const LINE: [Entry; 3] = [catalogue::SD, catalogue::SLOPE, catalogue::R_SQUARED];

/// The rows of one group. The denominator is every attempt answered with an age whose true age is known to the year.
pub(super) fn rows(frame: &mut Frame<'_>, name: &Group, group: &GroupTally, extent: Extent, errors: Errors<'_>) {
    let place = Place { group: name.clone(), ..Place::of_all() };
    let tally = &group.errors;
    if tally.attempts() == 0 {
        let (status, reason) = without(group);
        let mut nothing = |entries: &[Entry], weighting| {
            for entry in entries {
                let place = Place { weighting: Some(weighting), ..place.clone() };
                frame.nothing(place, *entry, status, Counts::default(), &reason);
            }
        };
        nothing(&catalogue::MEANS, Weighting::Subject);
        nothing(&PERCENTILES, Weighting::Attempt);
        nothing(if extent == Extent::Whole { &catalogue::WITHIN } else { &OF_GROUPS }, Weighting::Subject);
        nothing(&[catalogue::BEYOND_10], Weighting::Subject);
        nothing(&LINE, Weighting::Attempt);
        if extent == Extent::Whole {
            nothing(&[catalogue::ANSWERED_PERCENTILE], Weighting::Attempt);
        }
        return;
    }
    if extent != Extent::Whole {
        means(frame, &place, tally, Weighting::Subject, &catalogue::MEANS);
        percentiles(frame, &place, tally, errors, false);
        shares(frame, &place, tally, &[Weighting::Subject], &[5, 10]);
        line(frame, &place, tally);
        return;
    }
    for weighting in Weighting::ALL {
        means(frame, &place, tally, *weighting, &catalogue::MEANS);
    }
    percentiles(frame, &place, tally, errors, false);
    shares(frame, &place, tally, Weighting::ALL, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    line(frame, &place, tally);
    if frame.tally.labelled_years {
        let place = Place { variant: Variant::of("age", "mid"), ..place.clone() };
        for weighting in Weighting::ALL {
            means(frame, &place, &group.errors_middle, *weighting, &catalogue::MEANS);
        }
        percentiles(frame, &place, &group.errors_middle, errors, true);
        shares(frame, &place, &group.errors_middle, &[Weighting::Subject], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
    for (year, tally) in &group.errors_by_age {
        let place = Place { population: Population::Age(*year), ..place.clone() };
        means(frame, &place, tally, Weighting::Subject, &catalogue::MEANS);
        answered(frame, &place, (*year, tally), errors);
    }
    for (year, tally) in &group.errors_by_answer {
        let place = Place { population: Population::Answered(*year), ..place.clone() };
        means(frame, &place, tally, Weighting::Subject, &[catalogue::BIAS, catalogue::MAE]);
    }
}

/// Why a group has no errors: answered with an age, but nobody's age is known to the year; else no answer is an age.
pub(super) fn without(group: &GroupTally) -> (RowStatus, String) {
    if group.flow.answered_age.samples > 0 {
        (RowStatus::Empty, "no true age is known to the year".to_owned())
    } else {
        (RowStatus::NotApplicable, "no answer is an age".to_owned())
    }
}

pub(super) fn counts(tally: &ErrorTally) -> Counts {
    Counts { attempts: Some(tally.attempts()), subjects: Some(tally.subjects()), ..Counts::default() }
}

/// Bias, mean absolute error and root mean squared error, with Student's interval over subjects.
fn means(frame: &mut Frame<'_>, place: &Place, tally: &ErrorTally, weighting: Weighting, entries: &[Entry]) {
    let level = frame.protocol.levels.display;
    for entry in entries {
        let parts = match entry.measure.name {
            "bias" => tally.signed(),
            "mae" => tally.absolute(),
            _ => tally.squared(),
        };
        let Some(mean) = mean_of_subjects(&parts, weigh(weighting)) else { continue };
        let found = estimate(mean, entry, level);
        let bounds = found.bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
        let evidence = Some(frame.evidence_of(tally.subjects(), 0, is_dominated(&parts, weigh(weighting))));
        let place = Place { weighting: Some(weighting), ..place.clone() };
        frame.quantity(place, *entry, Quantity { value: found.point, bounds, counts: counts(tally), evidence });
    }
}

/// A mean with its interval; for the root mean squared error, of the root.
pub(super) fn estimate(mean: MeanSums, entry: &Entry, level: f64) -> Estimate {
    if entry.measure == catalogue::RMSE.measure { mean.root(level) } else { mean.estimate(level) }
}

/// Median and percentiles of the absolute error over attempts, with Woodruff's interval over subjects.
fn percentiles(frame: &mut Frame<'_>, place: &Place, tally: &ErrorTally, errors: Errors<'_>, middle: bool) {
    let level = frame.protocol.levels.display;
    let place = Place { weighting: Some(Weighting::Attempt), ..place.clone() };
    for (entry, share) in PERCENTILES.into_iter().zip(PERCENTILE_SHARES) {
        let found = match errors {
            Errors::Rows(rows) => rows.percentile(&place.group, share, middle),
            Errors::NotKept => {
                let status = RowStatus::NotMeasurable;
                frame.nothing(place.clone(), entry, status, counts(tally), "needs_rows");
                continue;
            }
        };
        let Some(found) = found else { continue };
        let quantity = of_percentile(frame, tally, found, share, level);
        frame.quantity(place.clone(), entry, quantity);
    }
}

/// The percentiles of the ages that people of one completed year were answered.
fn answered(frame: &mut Frame<'_>, place: &Place, (year, tally): (u32, &ErrorTally), errors: Errors<'_>) {
    let level = frame.protocol.levels.display;
    for share in ANSWERED_SHARES {
        let variant = Variant::of("percentile", share * 100.0);
        let place = Place { weighting: Some(Weighting::Attempt), variant, ..place.clone() };
        match errors {
            Errors::Rows(rows) => {
                let Some(found) = rows.answered(year, share) else { continue };
                let quantity = of_percentile(frame, tally, found, share, level);
                frame.quantity(place, catalogue::ANSWERED_PERCENTILE, quantity);
            }
            Errors::NotKept => {
                let status = RowStatus::NotMeasurable;
                frame.nothing(place, catalogue::ANSWERED_PERCENTILE, status, counts(tally), "needs_rows");
            }
        }
    }
}

/// A percentile with its bounds, where there are enough people for them.
fn of_percentile(frame: &Frame<'_>, tally: &ErrorTally, found: Percentile, share: f64, level: f64) -> Quantity {
    // A percentile below the middle needs as many people as the one as far above it.
    let least = subjects_for_percentile(share.max(1.0 - share), level).unwrap_or(u64::MAX);
    let (low, high) = found.bounds;
    // Below the least number both ends would be the extreme values, which is no interval.
    let bounds = (tally.subjects() >= least).then_some(Bounds { interval: Interval::Woodruff, level, low, high });
    let dominated = is_dominated(&tally.absolute(), Weigh::Attempts);
    let evidence: Evidence = frame.evidence_of(tally.subjects(), least, dominated);
    Quantity { value: found.value, bounds, counts: counts(tally), evidence: Some(evidence) }
}

/// Shares within x years, and beyond 10.
fn shares(frame: &mut Frame<'_>, place: &Place, tally: &ErrorTally, weightings: &[Weighting], years: &[usize]) {
    for x in years {
        let Some(entry) = catalogue::WITHIN.get(x - 1) else { continue };
        let within = tally.beyond.clusters(x - 1, |combo| (combo.get(Combo::DENY), combo.attempts()));
        for weighting in weightings {
            frame.plain_share(place.clone(), *entry, &within, *weighting);
        }
        if *x == 10 {
            let beyond = tally.beyond.clusters(x - 1, |combo| (combo.get(Combo::ABOVE), combo.attempts()));
            for weighting in weightings {
                frame.plain_share(place.clone(), catalogue::BEYOND_10, &beyond, *weighting);
            }
        }
    }
}

/// Standard deviation, slope and squared correlation over attempts; no interval is defined for them.
fn line(frame: &mut Frame<'_>, place: &Place, tally: &ErrorTally) {
    let place = Place { weighting: Some(Weighting::Attempt), ..place.clone() };
    let found = tally.slope_and_r_squared();
    let dominated = is_dominated(&tally.absolute(), Weigh::Attempts);
    let values = [
        (tally.standard_deviation(), "one attempt"),
        (found.map(|(slope, _)| slope), "all true ages are equal"),
        (found.and_then(|(_, r_squared)| r_squared), "all true or all answered ages are equal"),
    ];
    for (entry, (value, reason)) in LINE.into_iter().zip(values) {
        match value {
            Some(value) => {
                let evidence = Some(frame.evidence_of(tally.subjects(), 0, dominated));
                let quantity = Quantity { value, bounds: None, counts: counts(tally), evidence };
                frame.quantity(place.clone(), entry, quantity);
            }
            None => frame.nothing(place.clone(), entry, RowStatus::NotApplicable, counts(tally), reason),
        }
    }
}
