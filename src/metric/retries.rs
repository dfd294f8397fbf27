//! M10: the chance that somebody below the limit passes at least once in several tries.

use super::catalogue;
use super::frame::{Frame, Share, flag};
use super::threshold::{Side, too_many_straddle};
use crate::stats::{Clusters, Weigh, mean_of_chances};
use crate::table::{Counts, FailurePolicy, Place, Population, Quantity, RowStatus, Variant, Weighting};
use crate::tally::{GroupTally, Slot};

/// The rows of the whole dataset at the headline challenge ages. The denominator is every subject with at least as
/// many attempts below the limit as tries; an attempt without a pass is a try without one. Beside several tries stand
/// one try of the same subjects, what independent tries would give, and how many subjects have too few attempts.
pub(super) fn rows(frame: &mut Frame<'_>, group: &GroupTally) {
    let (tie, level) = (frame.protocol.tie, frame.protocol.levels.display);
    for limit in frame.protocol.limits.clone() {
        let cell = group.slot(Some(limit), Slot::Under, frame.protocol);
        let straddling = group.slot(Some(limit), Slot::Straddling, frame.protocol);
        let reasons = too_many_straddle(&cell, &straddling, frame.protocol);
        for challenge in frame.challenges(limit, true) {
            let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
            let all = cell.clusters(column, |combo| Side::UnderAgePass.pair(combo, FailurePolicy::FailClosed, tie));
            for tries in frame.protocol.retries.clone() {
                let place = Place {
                    limit: Some(limit),
                    challenge,
                    failure_policy: Some(FailurePolicy::FailClosed),
                    population: Population::Under,
                    weighting: Some(Weighting::Subject),
                    variant: Variant::of("tries", tries),
                    ..Place::of_all()
                };
                if frame.tally.clustered {
                    let reason = "clusters stand for people, whose tries are not told apart";
                    let (status, counts) = (RowStatus::NotApplicable, Counts::default());
                    frame.nothing(place, catalogue::RETRY_PASS, status, counts, reason);
                    continue;
                }
                let enough = |triple: &(u64, u64, u64)| triple.1 >= u64::from(tries);
                let clusters = Clusters::of(all.pairs().iter().copied().filter(enough));
                if tries > 1 {
                    let left_out = all.subjects() - clusters.subjects();
                    let counts = Counts { subjects: Some(left_out), ..Counts::default() };
                    let quantity = Quantity { value: left_out as f64, bounds: None, counts, evidence: None };
                    frame.quantity(place.clone(), catalogue::RETRY_LEFT_OUT, quantity);
                }
                let chances: Vec<(f64, u64)> =
                    clusters.pairs().iter().map(|(k, m, subjects)| (chance(*k, *m, tries), *subjects)).collect();
                // One try is the plain share, with its own effective sample size.
                let one = clusters.effective(Weigh::Subjects, level);
                let found = if tries == 1 { one } else { mean_of_chances(&chances, clusters.attempts(), level) };
                let (Some(effective), Some(one)) = (found, one) else {
                    let reason = format!("no subject has {tries} attempts");
                    let counts = Frame::counts(&clusters);
                    frame.nothing(place, catalogue::RETRY_PASS, RowStatus::Empty, counts, &reason);
                    continue;
                };
                let share = |place: Place, effective| Share {
                    place,
                    entry: catalogue::RETRY_PASS,
                    clusters: &clusters,
                    effective,
                    undecided: None,
                    ties: None,
                    reasons: reasons.clone(),
                };
                frame.share(share(place.clone(), effective));
                if tries == 1 {
                    continue;
                }
                let variant = Variant::of("tries", 1).with("of", tries);
                frame.share(share(Place { variant, ..place.clone() }, one));
                let value = -f64::exp_m1(f64::from(tries) * f64::ln_1p(-one.p));
                let variant = Variant::of("tries", tries).with("assumed", "independent");
                let counts = Frame::counts(&clusters);
                let evidence = Some(frame.evidence_of_mean(clusters.subjects(), 0).and(reasons.clone()));
                let quantity = Quantity { value, bounds: None, counts, evidence };
                frame.quantity(Place { variant, ..place }, catalogue::RETRY_PASS, quantity);
                frame.flag_last(flag::INDEPENDENCE_ASSUMED);
            }
        }
    }
}

/// The chance of at least one of `passes` among `tries` attempts drawn from `attempts` without replacement:
/// 1 - C(m - k, t) / C(m, t).
fn chance(passes: u64, attempts: u64, tries: u32) -> f64 {
    let missed = |drawn: u64| (attempts - passes).saturating_sub(drawn) as f64 / (attempts - drawn) as f64;
    let none: f64 = (0..u64::from(tries)).map(missed).product();
    if passes == 0 { 0.0 } else { 1.0 - none }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_a_pass_in_several_tries_is_counted_out() {
        // 2 passes among 5: of the 10 triples only one misses both.
        assert!((chance(2, 5, 3) - 0.9).abs() < 1e-15);
        assert_eq!((chance(0, 5, 3), chance(3, 5, 3), chance(1, 3, 3)), (0.0, 1.0, 1.0));
        assert!((chance(1, 4, 1) - 0.25).abs() < 1e-15);
    }
}
