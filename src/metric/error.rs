//! M1: errors of answered ages, in years.

use super::catalogue::{self, Entry};
use super::frame::{Frame, weigh};
use super::{Errors, Extent};
use crate::stats::{Estimate, mean_of_subjects, subjects_for_percentile};
use crate::table::{
    Bounds, Counts, Evidence, Group, Interval, Place, Population, Quantity, RowStatus, Variant, Weighting,
};
use crate::tally::{Combo, ErrorTally, GroupTally};

/// The percentiles of the absolute error, with their shares.
const PERCENTILES: [(Entry, f64); 4] =
    [(catalogue::MEDIAN, 0.5), (catalogue::P90, 0.9), (catalogue::P95, 0.95), (catalogue::P99, 0.99)];
/// What is said of the line through answered and true ages.
const LINE: [Entry; 3] = [catalogue::SD, catalogue::SLOPE, catalogue::R_SQUARED];

/// The rows of one group. The denominator is every attempt answered with an age whose true age is known to the year.
pub(super) fn rows(frame: &mut Frame<'_>, name: &Group, group: &GroupTally, extent: Extent, errors: Errors<'_>) {
    let place = Place { group: name.clone(), ..Place::of_all() };
    let tally = &group.errors;
    if tally.attempts() == 0 {
        // Answered with an age, but nobody's age is known to the year: empty; else no answer of this kind.
        let empty = group.flow.answered_age.samples > 0;
        let status = if empty { RowStatus::Empty } else { RowStatus::NotApplicable };
        let reason = if empty { "no true age is known to the year" } else { "no answer is an age" };
        let mut nothing = |entries: &[Entry], weighting| {
            for entry in entries {
                let place = Place { weighting: Some(weighting), ..place.clone() };
                frame.nothing(place, *entry, status, Counts::default(), reason);
            }
        };
        nothing(&catalogue::MEANS, Weighting::Subject);
        if extent == Extent::Whole {
            nothing(&PERCENTILES.map(|(entry, _)| entry), Weighting::Attempt);
            nothing(&catalogue::WITHIN, Weighting::Subject);
            nothing(&[catalogue::BEYOND_10], Weighting::Subject);
            nothing(&LINE, Weighting::Attempt);
        } else {
            nothing(&[catalogue::WITHIN_5], Weighting::Subject);
        }
        return;
    }
    if extent != Extent::Whole {
        means(frame, &place, tally, Weighting::Subject, &catalogue::MEANS);
        shares(frame, &place, tally, &[Weighting::Subject], &[5]);
        return;
    }
    for weighting in Weighting::ALL {
        means(frame, &place, tally, *weighting, &catalogue::MEANS);
    }
    percentiles(frame, &place, tally, errors);
    shares(frame, &place, tally, Weighting::ALL, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    line(frame, &place, tally);
    if frame.tally.labelled_years {
        let place = Place { variant: Variant::of("age", "mid"), ..place.clone() };
        for weighting in Weighting::ALL {
            means(frame, &place, &group.errors_middle, *weighting, &catalogue::MEANS);
        }
    }
    for (year, tally) in &group.errors_by_age {
        let place = Place { population: Population::Age(*year), ..place.clone() };
        means(frame, &place, tally, Weighting::Subject, &catalogue::MEANS);
    }
    for (year, tally) in &group.errors_by_answer {
        let place = Place { population: Population::Answered(*year), ..place.clone() };
        means(frame, &place, tally, Weighting::Subject, &[catalogue::BIAS, catalogue::MAE]);
    }
}

fn counts(tally: &ErrorTally) -> Counts {
    Counts { attempts: Some(tally.attempts()), subjects: Some(tally.subjects()), ..Counts::default() }
}

/// Bias, mean absolute error and root mean squared error, with Student's interval over subjects.
fn means(frame: &mut Frame<'_>, place: &Place, tally: &ErrorTally, weighting: Weighting, entries: &[Entry]) {
    let level = frame.protocol.levels.display;
    for entry in entries {
        let estimate = |parts, root: bool| -> Option<Estimate> {
            let mean = mean_of_subjects(parts, weigh(weighting))?;
            Some(if root { mean.root(level) } else { mean.estimate(level) })
        };
        let found = match entry.measure.name {
            "bias" => estimate(&tally.signed(), false),
            "mae" => estimate(&tally.absolute(), false),
            _ => estimate(&tally.squared(), true),
        };
        let Some(found) = found else { continue };
        let bounds = found.bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
        let evidence = Some(frame.evidence_of_mean(tally.subjects(), 0));
        let place = Place { weighting: Some(weighting), ..place.clone() };
        frame.quantity(place, *entry, Quantity { value: found.point, bounds, counts: counts(tally), evidence });
    }
}

/// Median and percentiles of the absolute error over attempts, with Woodruff's interval over subjects.
fn percentiles(frame: &mut Frame<'_>, place: &Place, tally: &ErrorTally, errors: Errors<'_>) {
    let level = frame.protocol.levels.display;
    let place = Place { weighting: Some(Weighting::Attempt), ..place.clone() };
    for (entry, share) in PERCENTILES {
        let found = match errors {
            Errors::Rows(rows) => rows.percentile(share, level),
            Errors::NotKept => {
                let status = RowStatus::NotMeasurable;
                frame.nothing(place.clone(), entry, status, counts(tally), "needs_rows");
                continue;
            }
        };
        let Some(found) = found else { continue };
        let least = subjects_for_percentile(share, level).unwrap_or(u64::MAX);
        let (low, high) = found.bounds;
        // Below the least number both ends would be the extreme values, which is no interval.
        let bounds = (tally.subjects() >= least).then_some(Bounds { interval: Interval::Woodruff, level, low, high });
        let evidence: Evidence = frame.evidence_of_mean(tally.subjects(), least);
        let quantity = Quantity { value: found.value, bounds, counts: counts(tally), evidence: Some(evidence) };
        frame.quantity(place.clone(), entry, quantity);
    }
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
    let found = tally.line.slope_and_r_squared();
    let values = [
        (tally.standard_deviation(), "one attempt"),
        (found.map(|(slope, _)| slope), "all true ages are equal"),
        (found.and_then(|(_, r_squared)| r_squared), "all true or all answered ages are equal"),
    ];
    for (entry, (value, reason)) in LINE.into_iter().zip(values) {
        match value {
            Some(value) => {
                let evidence = Some(frame.evidence_of_mean(tally.subjects(), 0));
                let quantity = Quantity { value, bounds: None, counts: counts(tally), evidence };
                frame.quantity(place.clone(), entry, quantity);
            }
            None => frame.nothing(place.clone(), entry, RowStatus::NotApplicable, counts(tally), reason),
        }
    }
}
