//! Areas under the curve of two methods over the same attempts: their paired difference.

use super::pair::{Difference, Pair};
use super::{Basis, flag};
use crate::age::AgeLimit;
use crate::metric::{catalogue, straddling_reason};
use crate::stats::{Scored, auc_difference};
use crate::table::{Bounds, Claim, Counts, Evidence, Group, Interval, Place, Quantity, RowStatus, Variant, Weighting};
use crate::tally::{PairTally, ScoreKind, ScoreRows, ScoredAttempt, Truth};

/// The rows of each limit: of the methods' own scores where both have them, and of answered ages as scores.
pub(super) fn rows(pair: &mut Pair<'_>, truth: &Truth, tally: &PairTally) {
    let (baseline, method) = (pair.baseline, pair.method);
    let of = |answers| ScoreRows::of(truth, answers);
    let [of_baseline, of_method] = [of(&baseline.answers), of(&method.answers)];
    let most = u64::from(pair.protocol.scores.ages_up_to);
    let mut found = false;
    for limit in pair.protocol.limits.clone() {
        for kind in [ScoreKind::Given, ScoreKind::Age] {
            let (first, second) = (of_baseline.scored(limit, kind), of_method.scored(limit, kind));
            if first.is_empty() || second.is_empty() {
                continue;
            }
            found = true;
            if kind == ScoreKind::Age && first.len().max(second.len()) as u64 > most {
                let reason = format!("more than {most} attempts");
                let measure = catalogue::AUC.measure;
                pair.nothing(place(limit, kind), measure, RowStatus::NotMeasurable, Counts::default(), &reason);
            } else {
                let alone = [(&first, &second, &of_method), (&second, &first, &of_baseline)].map(scored_alone);
                let straddling = tally.straddling(&Group::whole(), limit);
                row(pair, limit, kind, &common(&first, &second), alone, straddling);
            }
        }
    }
    if !found {
        let place = Place { weighting: Some(Weighting::Attempt), ..Place::of_all() };
        let reason = "not both have scores or answer ages";
        pair.nothing(place, catalogue::AUC.measure, RowStatus::NotApplicable, Counts::default(), reason);
    }
}

fn place(limit: AgeLimit, kind: ScoreKind) -> Place {
    let variant = match kind {
        ScoreKind::Given => Variant::none(),
        ScoreKind::Age => Variant::of("scores", "age"),
    };
    Place { limit: Some(limit), weighting: Some(Weighting::Attempt), variant, ..Place::of_all() }
}

/// How many of the attempts `own` are not among `others`, though the other method ran them; both lists ascend by sample.
fn scored_alone((own, others, other): (&Vec<ScoredAttempt>, &Vec<ScoredAttempt>, &ScoreRows<'_>)) -> u64 {
    let alone = |one: &&ScoredAttempt| {
        other.ran(one.sample) && others.binary_search_by_key(&one.sample, |other| other.sample).is_err()
    };
    own.iter().filter(alone).count() as u64
}

/// The attempts that both scored; both lists ascend by sample.
fn common(first: &[ScoredAttempt], second: &[ScoredAttempt]) -> Vec<Scored<2>> {
    let mut others = second.iter().peekable();
    let mut made = Vec::with_capacity(first.len().min(second.len()));
    for one in first {
        while others.peek().is_some_and(|other| other.sample < one.sample) {
            others.next();
        }
        if let Some(other) = others.peek().filter(|other| other.sample == one.sample) {
            let weight = one.weight.map_or(1, i64::unsigned_abs);
            made.push(Scored { subject: one.unit, positive: one.over, weight, scores: [one.score, other.score] });
        }
    }
    made
}

/// The difference of both areas with its interval value +- z SE and the test of no difference; `alone` are the attempts
/// that both ran and only the baseline, only the method scored, and `straddling` those on no side of the limit for sure.
///
/// Source: Obuchowski (1997), Biometrics 53; METRICS M16, "AUC: clustered, paired".
fn row(
    pair: &mut Pair<'_>,
    limit: AgeLimit,
    kind: ScoreKind,
    attempts: &[Scored<2>],
    alone: [u64; 2],
    straddling: u64,
) {
    let subjects = |over: bool| {
        let mut seen: Vec<u32> = attempts.iter().filter(|one| one.positive == over).map(|one| one.subject).collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    };
    let (under, over) = (subjects(false), subjects(true));
    let mut all = [under.clone(), over.clone()].concat();
    all.sort_unstable();
    all.dedup();
    let counts =
        Counts { attempts: Some(attempts.len() as u64), subjects: Some(all.len() as u64), ..Counts::default() };
    let (place, measure) = (place(limit, kind), catalogue::AUC.measure);
    let Some(found) = auc_difference(attempts) else {
        let reason = "no attempt that both scored on one side of the limit";
        pair.nothing(place, measure, RowStatus::Empty, counts, reason);
        return;
    };
    let levels = pair.protocol.levels;
    let bounds = found.normal_interval(levels.display);
    let bounds = bounds.map(|(low, high)| Bounds { interval: Interval::Normal, level: levels.display, low, high });
    let claim = found.normal_interval(2.0 * levels.claim - 1.0).map(|(low, high)| Claim { low, high });
    let floor = pair.protocol.evidence.subjects;
    let short = |(side, name): (&Vec<u32>, &str)| {
        let count = side.len() as u64;
        (count < floor).then(|| format!("{count}<{floor} subjects {name} the limit"))
    };
    let mut reasons: Vec<String> = [(&under, "under"), (&over, "over")].into_iter().filter_map(short).collect();
    reasons.extend(straddling_reason(attempts.len() as u64, straddling, pair.protocol));
    if found.variance == Some(0.0) {
        reasons.push("no two subjects differ in it".to_owned());
    }
    let evidence = Evidence::of(reasons);
    let quantity = Quantity { value: found.value, bounds, counts, evidence: Some(evidence) };
    let weighted = attempts.iter().any(|one| one.weight > 1);
    let flags = [(alone != [0, 0], flag::COVERAGE_DIFFERS), (weighted, crate::metric::flag::WEIGHTED)];
    let flags = flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect();
    let (basis, p) = (Basis::Areas(found), found.p_of_zero());
    pair.push(Difference { place, measure, quantity, claim, basis, lost: alone[0], p, flags });
}
