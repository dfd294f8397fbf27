//! M7: age bands, and where people of each were answered.

use super::catalogue;
use super::frame::Frame;
use crate::stats::Clusters;
use crate::table::{Counts, Place, Population, RowStatus, Variant, Weighting};
use crate::tally::{BandSaid, GroupTally};

/// The rows of the whole data set; none where the protocol has no bands. The denominator is every attempt of people of
/// the true band; within it recall, down, up, undecided and not answered add up to 1.
pub(super) fn rows(frame: &mut Frame<'_>, group: &GroupTally) {
    let edges = frame.protocol.bands.clone();
    if edges.is_empty() {
        return;
    }
    let band = |index: usize| {
        let low = index.checked_sub(1).and_then(|at| edges.get(at)).copied();
        Population::Band(low, edges.get(index).copied())
    };
    let kinds = &frame.tally.kinds;
    let answers = kinds.ages + kinds.ranges + kinds.decisions.iter().sum::<u64>();
    let other_kind = answers == 0 && group.flow.answered.samples > 0;
    for index in 0..=edges.len() {
        let place = Place { population: band(index), ..Place::of_all() };
        let parts = [
            (catalogue::BAND_RECALL, BandSaid::In(index)),
            (catalogue::BAND_DOWN, BandSaid::Down),
            (catalogue::BAND_UP, BandSaid::Up),
            (catalogue::BAND_UNDECIDED, BandSaid::Undecided),
            (catalogue::BAND_NOT_ANSWERED, BandSaid::NotAnswered),
        ];
        if other_kind {
            let place = Place { weighting: Some(Weighting::Subject), ..place };
            for (entry, _) in parts {
                let reason = "no answer is an age, a range or a decision";
                frame.nothing(place.clone(), entry, RowStatus::NotApplicable, Counts::default(), reason);
            }
            continue;
        }
        for (entry, said) in parts {
            let clusters = clusters(group, index, said);
            for weighting in Weighting::ALL {
                frame.plain_share(place.clone(), entry, &clusters, *weighting);
            }
        }
        if !group.families.bands.attempts.contains_key(&index) {
            continue;
        }
        for answer in 0..=edges.len() {
            let clusters = clusters(group, index, BandSaid::In(answer));
            let name = band(answer).to_string();
            let variant = Variant::of("answered", name.trim_start_matches("band:"));
            for weighting in Weighting::ALL {
                let place = Place { variant: variant.clone(), ..place.clone() };
                frame.plain_share(place, catalogue::BAND_CONFUSION, &clusters, *weighting);
            }
        }
    }
}

/// The subjects with attempts in true band `index`, by how many of them were answered so.
fn clusters(group: &GroupTally, index: usize, said: BandSaid) -> Clusters {
    let tally = &group.families.bands;
    let found = tally.said.get(&(index, said));
    let mut without = tally.attempts.get(&index).cloned().unwrap_or_default();
    for ((_, attempts), subjects) in found.into_iter().flatten() {
        if let Some(left) = without.get_mut(attempts) {
            *left -= subjects;
        }
    }
    let some = found.into_iter().flatten().map(|((events, attempts), subjects)| (*events, *attempts, *subjects));
    Clusters::of(some.chain(without.into_iter().map(|(attempts, subjects)| (0, attempts, subjects))))
}
