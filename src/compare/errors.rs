//! Errors of two methods on the same attempts: the differences of their means, by a bootstrap over subjects.

use super::pair::{Difference, Pair};
use super::{Basis, flag};
use crate::metric::catalogue::{self, Entry};
use crate::metric::{ErrorReplicates, error_difference};
use crate::stats::{FEWEST_UNITS, percentile_bounds, percentile_p};
use crate::table::{Bounds, Claim, Counts, Interval, Place, Quantity, RowStatus, Weighting};
use crate::tally::{answered_by_one, paired_errors};

/// The rows of both means under both weightings, of the attempts that both answered with an age. Where some were answered
/// by one of the two only, they are flagged `coverage_differs`.
pub(super) fn rows(pair: &mut Pair<'_>, truth: &crate::tally::Truth) {
    let errors = paired_errors(truth, &pair.baseline.answers, &pair.method.answers);
    let attempts: u64 = errors.iter().map(|one| u64::from(one.attempts)).sum();
    let subjects = errors.len() as u64;
    let counts = Counts { attempts: Some(attempts), subjects: Some(subjects), ..Counts::default() };
    let ages = |answers: &crate::tally::Answers| answers.ages().next().is_some();
    let both = ages(&pair.baseline.answers) && ages(&pair.method.answers);
    let status = if both { RowStatus::Empty } else { RowStatus::NotApplicable };
    if errors.is_empty() {
        let reason = if both { "no attempt that both answered with an age" } else { "not both answer ages" };
        for (entry, weighting) in places() {
            pair.nothing(at(weighting), entry.measure, status, counts, reason);
        }
        return;
    }
    let alone = answered_by_one(truth, &pair.baseline.answers, &pair.method.answers);
    let replicates = ErrorReplicates::of(&errors, pair.protocol.seed);
    for (entry, weighting) in places() {
        let root = entry == catalogue::RMSE;
        let (level, one_sided) = (pair.protocol.levels.display, 2.0 * pair.protocol.levels.claim - 1.0);
        let drawn = replicates.as_ref().map(|replicates| replicates.differences(root, weighting));
        let limits = |level: f64| percentile_bounds(drawn.as_deref()?, subjects, level);
        let bounds = limits(level).map(|(low, high)| Bounds { interval: Interval::Bootstrap, level, low, high });
        let claim = limits(one_sided).map(|(low, high)| Claim { low, high });
        let value = error_difference(&errors, root, weighting);
        // Where both erred alike on every attempt, every replicate is 0.
        let p = bounds.and_then(|_| percentile_p(drawn.as_deref()?));
        let flags = [
            (alone != [0, 0], flag::COVERAGE_DIFFERS),
            (bounds.is_none() && subjects >= FEWEST_UNITS, flag::NO_BOOTSTRAP),
            (errors.iter().any(|one| one.weighted.is_some()), crate::metric::flag::WEIGHTED),
        ];
        let flags = flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect();
        let quantity = Quantity { value, bounds, counts, evidence: Some(pair.evidence(subjects.min(attempts))) };
        let basis = drawn.map_or(Basis::Nothing, |drawn| Basis::Replicates { drawn, subjects });
        let (place, measure, lost) = (at(weighting), entry.measure, alone[0]);
        pair.push(Difference { place, measure, quantity, claim, basis, lost, p, flags });
    }
}

fn places() -> impl Iterator<Item = (Entry, Weighting)> {
    let entries = [catalogue::MAE, catalogue::RMSE].into_iter();
    entries.flat_map(|entry| Weighting::ALL.iter().map(move |weighting| (entry, *weighting)))
}

fn at(weighting: Weighting) -> Place {
    Place { weighting: Some(weighting), ..Place::of_all() }
}
