//! M7: age bands, and where people of each were answered.

use std::collections::BTreeMap;

use super::catalogue;
use super::frame::{Frame, flag};
use crate::stats::{Clusters, PairWeights, Triple};
use crate::table::{Counts, Place, Population, RowStatus, Variant, Weighting};
use crate::tally::{BandSaid, GroupTally, spans_an_edge};

/// The rows of the whole dataset; none where the protocol has no bands. The denominator is every attempt of people of
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
    let spans = group.classes().into_iter().any(|class| spans_an_edge(class, &edges));
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
                if spans {
                    frame.flag_last(flag::BANDS_LEFT_OUT);
                }
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
                if spans {
                    frame.flag_last(flag::BANDS_LEFT_OUT);
                }
            }
        }
    }
}

/// The subjects with attempts in true band `index`, by how many of them were answered so.
fn clusters(group: &GroupTally, index: usize, said: BandSaid) -> Clusters {
    let tally = &group.families.bands;
    let found = || tally.said.get(&(index, said)).into_iter().flatten();
    let all = tally.attempts.get(&index).into_iter().flatten();
    let mut without: BTreeMap<u64, (u64, Option<PairWeights>)> =
        all.map(|(attempts, counted)| (*attempts, (counted.subjects, counted.without_events()))).collect();
    for ((_, attempts), counted) in found() {
        if let Some((left, weights)) = without.get_mut(attempts) {
            *left -= counted.subjects;
            if let (Some(weights), Some(pair)) = (weights, counted.pair_weights()) {
                weights.take_away(&pair.without_events());
            }
        }
    }
    let some = found().map(|((events, attempts), counted)| Triple {
        events: *events,
        attempts: *attempts,
        subjects: counted.subjects,
        weights: counted.pair_weights(),
    });
    let rest = without.into_iter();
    let rest = rest.map(|(attempts, (subjects, weights))| Triple { events: 0, attempts, subjects, weights });
    Clusters::of_triples(some.chain(rest))
}
