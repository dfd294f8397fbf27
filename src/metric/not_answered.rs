//! M2: attempts and subjects without an answer, and answers without a decision.

use super::Extent;
use super::catalogue;
use super::frame::Frame;
use crate::table::{Group, Place, Weighting};
use crate::tally::{Combo, GroupTally, Slot};

/// Places in the combinations of [`GroupTally::statuses`].
const ANSWERED: usize = 0;
const ABSTAINED: usize = 1;
const REFUSED: usize = 2;
const INVOLUNTARY: usize = 3;

/// The rows of one group: by both weightings for the whole data set, by subject for groups. The denominator is every
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
    let never = group.statuses.clusters(0, |combo| (u64::from(combo.get(ANSWERED) == 0), 1));
    frame.plain_share(place.clone(), catalogue::NEVER_ANSWERED, &never, Weighting::Subject);
    let all = group.slot(None, Slot::All, frame.protocol);
    for limit in frame.protocol.limits.clone() {
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
