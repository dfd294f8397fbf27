//! M0: the flow from listed to decided, in samples and subjects.

use super::catalogue::{self, Entry};
use super::frame::Frame;
use crate::table::{Counts, Group, Place, Quantity};
use crate::tally::{Combo, FlowCount, GroupTally, Slot};

/// The flow rows of one group. Values are samples (attempts from `attempted` on); subjects stand beside them where they
/// are known.
pub(super) fn rows(frame: &mut Frame<'_>, name: &Group, group: &GroupTally) {
    let place = Place { group: name.clone(), ..Place::of_all() };
    let flow = &group.flow;
    let stages = [
        (catalogue::LISTED, flow.listed),
        (catalogue::ATTACKS, flow.attacks),
        (catalogue::AGE_UNKNOWN, flow.age_unknown),
        (catalogue::ELIGIBLE, flow.eligible),
        (catalogue::ATTEMPTED, flow.attempted),
        (catalogue::ANSWERED, flow.answered),
    ];
    for (entry, count) in stages {
        row(frame, place.clone(), entry, count.samples, Some(count.subjects));
    }
    let all = group.slot(None, Slot::All, frame.protocol);
    for limit in frame.protocol.limits.clone() {
        let place = Place { limit: Some(limit), ..place.clone() };
        let straddling = group.slot(Some(limit), Slot::Straddling, frame.protocol);
        let clusters = straddling.clusters(0, |combo| (0, combo.attempts()));
        let count = FlowCount { samples: clusters.attempts(), subjects: clusters.subjects() };
        row(frame, place.clone(), catalogue::STRADDLING, count.samples, Some(count.subjects));
        for challenge in frame.challenges(limit, true) {
            let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
            let decided = |combo: Combo| combo.get(Combo::ABOVE) + combo.get(Combo::TIE) + combo.get(Combo::DENY);
            let clusters = all.clusters(column, |combo| (0, decided(combo)));
            let place = Place { challenge, ..place.clone() };
            row(frame, place, catalogue::DECIDED, clusters.attempts(), Some(clusters.subjects()));
        }
    }
}

fn row(frame: &mut Frame<'_>, place: Place, entry: Entry, samples: u64, subjects: Option<u64>) {
    let counts = Counts { attempts: Some(samples), subjects, ..Counts::default() };
    frame.quantity(place, entry, Quantity { value: samples as f64, bounds: None, counts, evidence: None });
}
