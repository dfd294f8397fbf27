//! Rates over a stated mix of ages: the equal mean of given single years, for results that share no manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::frame::Frame;
use super::threshold::{Side, View, side_counts};
use super::window::{Asked, Years};
use crate::protocol::Protocol;
use crate::table::{Context, Counts, FailurePolicy, Group, Place, Population, Row, RowStatus, Variant, Weighting};
use crate::tally::{AgeClass, Cell, Tally};

/// The completed years of age with at least one attempt.
#[must_use]
pub fn attempted_years(tally: &Tally) -> BTreeSet<u32> {
    let classes = tally.whole().map(|whole| whole.classes()).unwrap_or_default();
    classes
        .into_iter()
        .filter_map(|class| match class {
            AgeClass::Year(year) => Some(year),
            AgeClass::Band(..) => None,
        })
        .collect()
}

/// Both rates at each limit and challenge age as the equal mean over those `years` that lie in the window, subject
/// weighting, under the protocol's failure policy and `fail_closed`; `variant mix=equal_years;years=...`. `tally` must
/// hold nobody of another age. A window without such a year is `empty`.
///
/// Source: METRICS M15, "Standardised"; M16, `--restandardise`.
#[must_use]
pub fn equal_years(
    context: &Context,
    protocol: &Protocol,
    facts: Facts,
    tally: &Tally,
    years: &BTreeSet<u32>,
) -> Vec<Row> {
    let mut frame = Frame::new(context, protocol, facts, tally);
    let (name, Some(group)) = (Group::whole(), tally.whole()) else { return Vec::new() };
    let cells: BTreeMap<u32, Cell> = years.iter().map(|year| (*year, group.class(AgeClass::Year(*year)))).collect();
    let mut policies = vec![protocol.failure_policy];
    if protocol.failure_policy != FailurePolicy::FailClosed {
        policies.push(FailurePolicy::FailClosed);
    }
    for side in [Side::UnderAgePass, Side::AdultDenial] {
        for limit in protocol.limits.clone() {
            let Some((first, last)) = side.window(protocol, limit) else { continue };
            let view = View { name: &name, group, limit, side, years: &cells, straddling: Vec::new() };
            let inside: Vec<u32> = years.range(first..=last).copied().collect();
            let variant = Variant::of("mix", "equal_years").with("years", ranges(&inside));
            let pooled = group.slot(Some(limit), side.years_slot(), protocol);
            for challenge in frame.challenges(limit, false) {
                let Some(column) = tally.grid.column(limit, challenge) else { continue };
                for policy in &policies {
                    let place = Place {
                        failure_policy: Some(*policy),
                        weighting: Some(Weighting::Subject),
                        variant: variant.clone(),
                        ..view.place(Population::Window(first, last), challenge)
                    };
                    if inside.is_empty() {
                        frame.nothing(place, side.entry(), RowStatus::Empty, Counts::default(), "no common age");
                        continue;
                    }
                    let mean = Years::of(&view, inside.iter().copied(), column, *policy, protocol.tie);
                    let all = pooled.clusters(column, |combo| side.pair(combo, *policy, protocol.tie));
                    let counts = side_counts(&pooled, column, challenge);
                    let asked = Asked { weighting: Weighting::Subject, all: &all, left_out: false, bands: &[] };
                    mean.row(&mut frame, &view, place, &asked, counts, false);
                }
            }
        }
    }
    frame.finish()
}

/// `13-15 17`: ascending years, runs of three and more as ranges.
fn ranges(years: &[u32]) -> String {
    let run = |run: &[u32]| match run {
        [first, .., last] if run.len() > 2 => format!("{first}-{last}"),
        few => few.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
    };
    years.chunk_by(|one, next| one + 1 == *next).map(run).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_written_as_ranges() {
        assert_eq!(ranges(&[13, 14, 15, 17]), "13-15 17");
        assert_eq!(ranges(&[13, 14]), "13 14");
        assert_eq!(ranges(&[]), "");
    }
}
