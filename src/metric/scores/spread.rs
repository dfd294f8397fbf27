//! Ages with a spread: how often their intervals hold the true age, and the score of the whole distribution.

use super::super::catalogue;
use super::super::frame::Frame;
use super::probability::{by_subject, means};
use super::{OF_SPREADS, Scores, clusters};
use crate::stats::{Z_68, Z_95, covered, crps_normal};
use crate::table::{Counts, Place, Quantity, RowStatus, Variant, Weighting};

/// The rows of all spreads, against the labelled years and, where ages are labels of years, against their middles.
pub(super) fn rows(frame: &mut Frame<'_>, scores: Scores<'_>) {
    let middles: &[bool] = if frame.tally.labelled_years { &[false, true] } else { &[false] };
    if frame.tally.kinds.spreads == 0 {
        nothing(frame, false, RowStatus::NotApplicable, "no answered age has a spread");
        return;
    }
    for middle in middles {
        match scores {
            Scores::Rows(rows) => of_label(frame, rows, *middle),
            Scores::NotKept => nothing(frame, *middle, RowStatus::NotMeasurable, "needs_rows"),
        }
    }
}

/// The place of the rows against the labelled years, or against their middles.
fn place(middle: bool) -> Place {
    let variant = if middle { Variant::of("age", "mid") } else { Variant::none() };
    Place { variant, ..Place::of_all() }
}

/// The rows that [`of_label`] makes, without a value.
fn nothing(frame: &mut Frame<'_>, middle: bool, status: RowStatus, reason: &str) {
    for entry in OF_SPREADS {
        let weightings: Vec<Option<Weighting>> = match entry {
            catalogue::SPREADS_LEFT_OUT if middle => continue,
            catalogue::SPREADS_LEFT_OUT => vec![None],
            _ => Weighting::ALL.iter().copied().map(Some).collect(),
        };
        for weighting in weightings {
            let place = Place { weighting, ..place(middle) };
            frame.nothing(place, entry, status, Counts::default(), reason);
        }
    }
}

fn of_label(frame: &mut Frame<'_>, rows: crate::tally::ScoreRows<'_>, middle: bool) {
    let place = place(middle);
    let (attempts, left_out) = rows.spreads(middle);
    for (entry, z) in [(catalogue::COVERAGE_68, Z_68), (catalogue::COVERAGE_95, Z_95)] {
        let held =
            attempts.iter().filter_map(|one| Some((one.unit, covered(one.mean, one.sd, one.age, z)?, one.weight)));
        let found = clusters(held);
        for weighting in Weighting::ALL {
            frame.plain_share(place.clone(), entry, &found, *weighting);
        }
    }
    let scores =
        attempts.iter().filter_map(|one| Some((one.unit, crps_normal(one.mean, one.sd, one.age)?, one.weight)));
    let parts = by_subject(scores);
    let subjects = parts.iter().map(|part| part.subjects).sum();
    let counts = Counts { attempts: Some(attempts.len() as u64), subjects: Some(subjects), ..Counts::default() };
    if subjects == 0 {
        for weighting in Weighting::ALL {
            let place = Place { weighting: Some(*weighting), ..place.clone() };
            frame.nothing(place, catalogue::CRPS, RowStatus::Empty, counts, "no usable spread");
        }
    }
    means(frame, &place, catalogue::CRPS, &parts, (counts, &[]), None);
    if !middle {
        let counts = Counts { attempts: Some(left_out), ..Counts::default() };
        let quantity = Quantity { value: left_out as f64, bounds: None, counts, evidence: None };
        frame.quantity(place, catalogue::SPREADS_LEFT_OUT, quantity);
    }
}
