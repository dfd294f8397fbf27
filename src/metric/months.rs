//! M3: under-age passes by month before the birthday, where labels are known to the month.

use std::collections::BTreeMap;

use super::frame::Frame;
use super::threshold::{Side, Spread, View, cell};
use crate::table::{Group, Population, Variant, Weighting};
use crate::tally::GroupTally;

/// The rows of the whole dataset: each of the twelve months before each limit that has an attempt, at the headline
/// challenge ages. Without a label known to the month there are none.
pub(super) fn rows(frame: &mut Frame<'_>, group: &GroupTally) {
    let (years, policy) = (BTreeMap::new(), [frame.protocol.failure_policy]);
    for limit in frame.protocol.limits.clone() {
        let name = Group::whole();
        let view = View { name: &name, group, limit, side: Side::UnderAgePass, years: &years, straddling: Vec::new() };
        let spread = Spread {
            challenges: frame.challenges(limit, true),
            policies: &policy,
            weightings: &[Weighting::Subject],
            tie: frame.protocol.tie,
            variant: Variant::none(),
        };
        for before in 1..=12 {
            let month = (12 * limit.years()).checked_sub(before);
            if let Some(found) = month.and_then(|month| group.families.months.get(&month)) {
                cell(frame, &view, &Population::MonthsBefore(before), found, &spread);
            }
        }
    }
}
