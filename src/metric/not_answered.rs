//! M2: attempts and subjects without an answer, and answers without a decision.

use super::Extent;
use super::catalogue;
use super::frame::Frame;
use super::threshold::{Side, too_many_straddle};
use crate::age::AgeLimit;
use crate::table::{Counts, Group, Place, Population, RowStatus, Weighting};
use crate::tally::{Combo, GroupTally, Slot};

/// Places in the combinations of [`GroupTally::statuses`].
const ANSWERED: usize = 0;
const ABSTAINED: usize = 1;
const REFUSED: usize = 2;
const INVOLUNTARY: usize = 3;

/// The rows of one group: by both weightings for the whole dataset, by subject for groups. The denominator is every
/// eligible attempt.
pub(super) fn rows(frame: &mut Frame<'_>, name: &Group, group: &GroupTally, extent: Extent) {
    let weightings: &[Weighting] = if extent == Extent::Whole { Weighting::ALL } else { &[Weighting::Subject] };
    let place = Place { group: name.clone(), ..Place::of_all() };
    for (entry, part) in
        [(catalogue::INVOLUNTARY, INVOLUNTARY), (catalogue::REFUSED, REFUSED), (catalogue::ABSTAINED, ABSTAINED)]
    {
        let clusters = group.statuses.clusters(0, |combo| (combo.get(part), combo.attempts()));
        for weighting in weightings {
            frame.plain_share(place.clone(), entry, &clusters, *weighting);
        }
    }
    if frame.tally.clustered {
        let place = Place { weighting: Some(Weighting::Subject), ..place.clone() };
        let (status, counts) = (RowStatus::NotApplicable, Counts::default());
        frame.nothing(
            place,
            catalogue::NEVER_ANSWERED,
            status,
            counts,
            "clusters stand for people, who are not told apart",
        );
    } else {
        let never = group.statuses.whole_subjects(0, |combo| combo.get(ANSWERED) == 0);
        frame.plain_share(place.clone(), catalogue::NEVER_ANSWERED, &never, Weighting::Subject);
    }
    let all = group.slot(None, Slot::All, frame.protocol);
    for limit in frame.protocol.limits.clone() {
        if extent == Extent::Whole {
            no_decision(frame, group, limit);
        }
        for challenge in frame.challenges(limit, true) {
            let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
            let clusters = all.clusters(column, |combo| (combo.get(Combo::UNDECIDED), combo.attempts()));
            for weighting in weightings {
                let place = Place { limit: Some(limit), challenge, ..place.clone() };
                frame.plain_share(place, catalogue::UNDECIDED, &clusters, *weighting);
            }
        }
    }
}

/// Who gets neither pass nor deny, on each side of `limit`: everyone, and the window with its years pooled.
fn no_decision(frame: &mut Frame<'_>, group: &GroupTally, limit: AgeLimit) {
    for side in [Side::UnderAgePass, Side::AdultDenial] {
        let everyone = match side {
            Side::UnderAgePass => Population::Under,
            Side::AdultDenial => Population::Over,
        };
        let window = side.window(frame.protocol, limit).map(|(first, last)| Population::Window(first, last));
        let populations = [Some((everyone, side.slot())), window.map(|window| (window, side.window_slot()))];
        for (population, slot) in populations.into_iter().flatten() {
            let cell = group.slot(Some(limit), slot, frame.protocol);
            let straddling = group.slot(Some(limit), Slot::Straddling, frame.protocol);
            let reasons = too_many_straddle(&cell, &straddling, frame.protocol);
            for challenge in frame.challenges(limit, false) {
                let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
                let clusters = cell.clusters(column, |combo| {
                    (combo.get(Combo::UNDECIDED) + combo.get(Combo::UNANSWERED), combo.attempts())
                });
                let population = population.clone();
                let place = Place { limit: Some(limit), challenge, population, ..Place::of_all() };
                frame.share_beside(place, catalogue::NO_DECISION, &clusters, Weighting::Subject, &reasons);
            }
        }
    }
}
