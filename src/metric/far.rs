//! M3, "how far wrong": how many of the under-age passes are by people more than x years below the limit.

use super::catalogue;
use super::frame::{Frame, flag};
use super::threshold::{Side, too_many_straddle};
use crate::stats::{Clusters, Triple};
use crate::table::{FailurePolicy, Place, Population, Variant, Weighting};
use crate::tally::{AgeClass, GroupTally, Slot, is_far};

/// The rows of the whole dataset, for x from 1 to the years of the under-age window, at the headline challenge ages.
/// The denominator is every under-age attempt that passes.
pub(super) fn rows(frame: &mut Frame<'_>, group: &GroupTally) {
    let tie = frame.protocol.tie;
    for (index, limit) in frame.protocol.limits.clone().into_iter().enumerate() {
        let [under, straddling] =
            [Slot::Under, Slot::Straddling].map(|slot| group.slot(Some(limit), slot, frame.protocol));
        let reasons = too_many_straddle(&under, &straddling, frame.protocol);
        for challenge in frame.challenges(limit, true) {
            let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
            for years in 1..=frame.protocol.windows.under_years.min(limit.years() - 1) {
                let mut triples = Vec::new();
                // Also of people with attempts in several classes, who are counted beside these.
                let below = |class: &AgeClass| class.belongs(Slot::Under, limit, frame.protocol);
                let undecided = |class: AgeClass| is_far(class, limit.years(), years).is_none();
                let left_out = group.classes().into_iter().filter(below).any(undecided);
                for (class, cell) in group.of_one_class() {
                    let Some(far) = is_far(class, limit.years(), years).filter(|_| below(&class)) else { continue };
                    triples.extend(cell.triples(column, |combo| {
                        let (passes, _) = Side::UnderAgePass.pair(combo, FailurePolicy::FailClosed, tie);
                        (if far { passes } else { 0 }, passes)
                    }));
                }
                let several = group.families.sides.far.get(&((index, column), years));
                triples.extend(several.into_iter().flatten().map(|((far, all), counted)| Triple {
                    events: *far,
                    attempts: *all,
                    subjects: counted.subjects,
                    weights: counted.pair_weights(),
                }));
                let clusters = Clusters::of_triples(triples);
                for weighting in Weighting::ALL {
                    let place = Place {
                        limit: Some(limit),
                        challenge,
                        population: Population::Under,
                        variant: Variant::of("x", years),
                        ..Place::of_all()
                    };
                    frame.share_beside(place, catalogue::FAR_PASSES, &clusters, *weighting, &reasons);
                    if left_out {
                        frame.flag_last(flag::BANDS_LEFT_OUT);
                    }
                }
            }
        }
    }
}
