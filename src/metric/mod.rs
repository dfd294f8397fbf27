//! The catalogue of metrics: one file a family, tallies in, rows out.
//!
//! [`rows`] gives the rows of one method on one dataset in a fixed order: first the whole dataset, then every group
//! in the protocol's order of columns, then differences and summaries of groups, scores and spreads. Within each: flow, not
//! answered, under-age passes and adult denials; for everybody months before the birthday, how far below the limit, both in
//! one, projections and bands; errors and standardised means; for everybody repeatability, retries, the worst year and group,
//! safe buffers and attacks. Within a family limit, population, challenge age, policy, weighting.

mod attack;
mod balanced;
mod bands;
mod buffer;
pub mod catalogue;
mod cells;
mod curve;
mod declared;
mod error;
mod far;
mod flow;
pub mod footprint;
mod frame;
mod groups;
mod information;
pub mod latency;
mod level;
mod mix;
mod months;
mod not_answered;
mod paired_error;
mod probe;
mod projected;
mod reach;
mod repeats;
mod retries;
mod scores;
mod standard;
mod threshold;
mod waterfall;
mod window;
mod worst;

use crate::protocol::Protocol;
use crate::table::{Context, Group, Row};
use crate::tally::{ErrorRows, Tally};

pub use curve::{CurveStep, Ended, Least, Margins, Ruled, accepted, axis_level, curve, curve_flag, rules};
pub use declared::{CONTRADICTED, Declaration, Measured, declared};
pub use error::{PERCENTILE_SHARES, percentile_share};
pub use frame::flag;
pub(crate) use frame::{FEW_EVENT_SUBJECTS, FEW_HOLD_MOST, marked};
pub use information::{InformationInput, information};
pub use mix::{attempted_years, equal_years};
pub use paired_error::{ErrorReplicates, error_difference};
pub use probe::probe;
pub use reach::{Reach, reach};
pub use scores::{Scores, scores};
pub use threshold::straddling_reason;
pub use waterfall::{StageFacts, StageRates, waterfall};

/// What the cards say that decides which claims a row can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether the labels are chronological ages.
    pub chronological: bool,
    /// Whether the dataset is a random sample.
    pub random_sample: bool,
}

/// The errors themselves, for medians and percentiles.
#[derive(Debug, Clone, Copy)]
pub enum Errors<'a> {
    /// They are at hand.
    Rows(&'a ErrorRows),
    /// Only the tally was kept: medians and percentiles are `not_measurable`, reason `needs_rows`.
    NotKept,
}

/// The rows of one method on one dataset, but for those of its scores ([`scores()`]).
#[must_use]
pub fn rows(context: &Context, protocol: &Protocol, facts: Facts, tally: &Tally, errors: Errors<'_>) -> Vec<Row> {
    let mut frame = frame::Frame::new(context, protocol, facts, tally);
    let whole = Group::whole();
    let mut names: Vec<(&Group, Extent)> = vec![(&whole, Extent::Whole)];
    for by in &tally.group_order {
        let extent = if Group::from_cells(by, by).parts().len() > 1 { Extent::Crossing } else { Extent::Group };
        names.extend(tally.groups.keys().filter(|group| group.by() == by).map(|group| (group, extent)));
    }
    frame.each(&names, |frame, (name, extent)| {
        let (name, extent) = (*name, *extent);
        let Some(group) = tally.groups.get(name) else { return };
        if extent == Extent::Crossing {
            threshold::rows(frame, name, group, extent);
            return;
        }
        flow::rows(frame, name, group);
        not_answered::rows(frame, name, group, extent);
        threshold::rows(frame, name, group, extent);
        if extent == Extent::Whole {
            months::rows(frame, group);
            far::rows(frame, group);
            balanced::rows(frame, group);
            projected::rows(frame, group);
            bands::rows(frame, group);
        }
        error::rows(frame, name, group, extent, errors);
        standard::rows(frame, name, group, extent);
        if extent == Extent::Whole {
            repeats::rows(frame, group);
            retries::rows(frame, group);
            worst::years(frame, group);
            buffer::rows(frame);
            attack::rows(frame, group);
        }
    });
    groups::rows(&mut frame);
    frame.finish()
}

/// How much is printed of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Everything.
    Whole,
    /// One policy, subject weighting.
    Group,
    /// The windows at the headline challenge ages.
    Crossing,
}

#[cfg(test)]
mod tests;
