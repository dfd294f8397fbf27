//! M11: how far groups lie apart. Each group against everybody else, summaries over the groups of a column with their
//! permutation nulls, and challenge ages that are set on one group and used for all.

mod against;
mod apart;
mod fixed;
mod null;
mod summary;

use super::catalogue::{self, Entry};
use super::frame::Frame;
use crate::table::{Counts, Group};
use crate::tally::GroupTally;

/// The rows of every column and crossing, then those of the fixed thresholds. Reads the rows of the groups, so these
/// must be made.
pub(super) fn rows(frame: &mut Frame<'_>) {
    for by in frame.tally.group_order.clone() {
        against::rows(frame, &by);
        super::worst::groups(frame, &by);
        summary::rows(frame, &by);
    }
    fixed::rows(frame);
}

/// The groups of a column or crossing, in the order of their levels.
pub(super) fn groups_of<'a>(frame: &Frame<'a>, by: &str) -> Vec<(&'a Group, &'a GroupTally)> {
    frame.tally.groups.iter().filter(|(group, _)| group.by() == by).collect()
}

/// Whether `by` is a crossing, of which only windows are printed.
pub(super) fn is_crossing(by: &str) -> bool {
    Group::from_cells(by, by).parts().len() > 1
}

/// The counts of two parts together, where nobody is in both.
fn both(one: Counts, other: Counts) -> Counts {
    let sum = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
    Counts {
        attempts: sum(one.attempts, other.attempts),
        subjects: sum(one.subjects, other.subjects),
        events: sum(one.events, other.events),
        event_subjects: sum(one.event_subjects, other.event_subjects),
        ..Counts::default()
    }
}

/// The difference of a metric between a group and the rest.
fn difference_of(entry: Entry) -> Entry {
    match entry.measure.name {
        "under_age_pass_rate" => catalogue::UNDER_AGE_PASS_DIFFERENCE,
        "adult_denial_rate" => catalogue::ADULT_DENIAL_DIFFERENCE,
        "bias" => catalogue::BIAS_DIFFERENCE,
        _ => catalogue::MAE_DIFFERENCE,
    }
}
