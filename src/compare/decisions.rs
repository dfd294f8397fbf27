//! Decisions of two methods on the same attempts: the paired difference of both rates at each challenge age.

use super::pair::{Difference, Pair};
use super::{Basis, flag};
use crate::age::{AgeLimit, ChallengeAge};
use crate::metric::{FEW_HOLD_MOST, catalogue, straddling_reason};
use crate::stats::{Discordance, mcnemar, sign_flip, sign_flip_normal};
use crate::table::{
    Bounds, Claim, Counts, FailurePolicy, Group, Interval, Measure, Place, Population, Quantity, RowStatus, Variant,
    Weighting,
};
use crate::tally::{Differing, PairCell, PairPlace, PairTally, Slot};

/// The rows of all decisions, and who ran what.
pub(super) fn rows(pair: &mut Pair<'_>, tally: &PairTally) {
    flow(pair, tally);
    let limits = pair.protocol.limits.clone();
    let by_challenge = pair.baseline.answers.challengeable() && pair.method.answers.challengeable();
    for limit in &limits {
        if !by_challenge {
            not_applicable(pair, *limit);
        }
        for slot in [Slot::Under, Slot::Over] {
            nobody(pair, tally, *limit, slot, by_challenge);
        }
    }
    for (place, cell) in &tally.cells {
        let applies = match place.challenge {
            Some(_) => by_challenge,
            None => pair.baseline.answers.decides(place.limit) && pair.method.answers.decides(place.limit),
        };
        if applies {
            row(pair, place, cell, tally.straddling(&place.group, place.limit));
        }
    }
}

/// Attempts that both ran, and those that only one of the two did: these are in no pair.
fn flow(pair: &mut Pair<'_>, tally: &PairTally) {
    let flow = tally.flow;
    let rows = [
        (catalogue::PAIRED, flow.both, Some(flow.subjects)),
        (catalogue::METHOD_ONLY, flow.method_only, None),
        (catalogue::BASELINE_ONLY, flow.baseline_only, None),
        (catalogue::DIFFERENT, flow.different, None),
    ];
    for (entry, count, subjects) in rows {
        let counts = Counts { attempts: Some(count), subjects, ..Counts::default() };
        let quantity = Quantity { value: count as f64, bounds: None, counts, evidence: None };
        pair.push(Difference {
            place: Place::of_all(),
            measure: entry.measure,
            quantity,
            claim: None,
            basis: Basis::Nothing,
            lost: 0,
            p: None,
            flags: Vec::new(),
        });
    }
}

fn measure(slot: Slot) -> Measure {
    match slot {
        Slot::Under | Slot::UnderWindow => catalogue::UNDER_AGE_PASS.measure,
        _ => catalogue::ADULT_DENIAL.measure,
    }
}

fn place_of(pair: &Pair<'_>, found: &PairPlace) -> Option<Place> {
    let window = |window: Option<(u32, u32)>| window.map(|(first, last)| Population::Window(first, last));
    let (population, variant) = match found.slot {
        Slot::UnderWindow => (window(pair.protocol.under_window(found.limit))?, Variant::of("window", "pooled")),
        Slot::OverWindow => (window(pair.protocol.over_window(found.limit))?, Variant::of("window", "pooled")),
        Slot::Under => (Population::Under, Variant::none()),
        _ => (Population::Over, Variant::none()),
    };
    Some(Place {
        limit: Some(found.limit),
        challenge: found.challenge,
        failure_policy: Some(found.policy),
        population,
        group: found.group.clone(),
        weighting: Some(Weighting::Subject),
        variant,
    })
}

/// One difference: the mean over subjects of the share of events of the method less that of the baseline; beside `cell`
/// both ran `straddling` attempts of which nobody knows whether they belong to it.
///
/// Source: METRICS M16; bounds by Tango (1998) on real-valued counts, exact McNemar test or sign flips.
fn row(pair: &mut Pair<'_>, found: &PairPlace, cell: &PairCell, straddling: u64) {
    let Some(place) = place_of(pair, found) else { return };
    let measure = measure(found.slot);
    let under = matches!(found.slot, Slot::Under | Slot::UnderWindow);
    let Differing { b, c, people, dominated, subjects: n, more, fewer, single, differences } = cell.differing(under);
    let differing = more + fewer;
    let attempts = cell.attempts();
    let counts = Counts {
        attempts: Some(attempts),
        subjects: Some(n),
        events: Some(cell.discordant),
        event_subjects: Some(differing),
        ..Counts::default()
    };
    let weighted = cell.weighted.as_ref();
    let Some(found) = Discordance::new(b, c, people) else {
        let reason = if cell.ran == 0 { "nobody there is compared" } else { "no attempt that both decided" };
        pair.nothing(place, measure, RowStatus::Empty, counts, reason);
        return;
    };
    let mut against = straddling_reason(cell.ran, straddling, pair.protocol);
    against.extend(dominated.then(|| FEW_HOLD_MOST.to_owned()));
    let levels = pair.protocol.levels;
    let one_sided = 0.5 + levels.display / 2.0;
    let bounds = Bounds {
        interval: Interval::Tango,
        level: levels.display,
        low: found.lower(one_sided),
        high: found.upper(one_sided),
    };
    let claim = Claim { low: found.lower(levels.claim), high: found.upper(levels.claim) };
    // McNemar's test counts people, all alike: with weights their signs are flipped instead.
    let exact = single && weighted.is_none();
    let p = match weighted {
        _ if exact => Some(mcnemar(more, fewer)),
        None => sign_flip(&differences, pair.protocol.seed),
        Some(weighted) if weighted.differing > 0 && weighted.differences.is_empty() => (weighted.spread() >= SPREAD)
            .then(|| sign_flip_normal((weighted.more - weighted.fewer) as f64, weighted.square as f64)),
        Some(weighted) => {
            let differences: Vec<f64> = weighted.differences.iter().map(|difference| *difference as f64).collect();
            sign_flip(&differences, pair.protocol.seed)
        }
    };
    let flags = [
        (cell.one_decided > 0, flag::COVERAGE_DIFFERS),
        (differing == 0, flag::NO_DISCORDANT_SUBJECT),
        (exact, flag::MCNEMAR),
        (!exact, flag::SIGN_FLIP),
        (weighted.is_some(), crate::metric::flag::WEIGHTED),
    ];
    let flags = flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of people")]
    let evidence = pair.evidence_beside(n.min(people.floor() as u64), against);
    let quantity = Quantity { value: found.difference(), bounds: Some(bounds), counts, evidence: Some(evidence) };
    let basis = Basis::Shares(found);
    pair.push(Difference { place, measure, quantity, claim: Some(claim), basis, lost: 0, p, flags });
}

/// As so many equal differences the weighted ones must be spread for a normal form of their test.
const SPREAD: f64 = 50.0;

fn headline_place(limit: AgeLimit, challenge: ChallengeAge, policy: FailurePolicy, slot: Slot) -> PairPlace {
    PairPlace { group: Group::whole(), limit, slot, challenge: Some(challenge), policy }
}

/// Challenge ages mean nothing to one of the two.
fn not_applicable(pair: &mut Pair<'_>, limit: AgeLimit) {
    let without = [pair.baseline, pair.method].into_iter().find(|one| !one.answers.challengeable());
    let reason = format!("no answer of {} is an age or a range", without.map_or("", |one| &one.name)).replace(';', ",");
    for challenge in pair.protocol.headline_ages(limit) {
        for slot in [Slot::Under, Slot::Over] {
            let found = headline_place(limit, challenge, pair.protocol.failure_policy, slot);
            if let Some(place) = place_of(pair, &found) {
                pair.nothing(place, measure(slot), RowStatus::NotApplicable, Counts::default(), &reason);
            }
        }
    }
}

/// A population without an attempt that both ran.
fn nobody(pair: &mut Pair<'_>, tally: &PairTally, limit: AgeLimit, slot: Slot, by_challenge: bool) {
    for challenge in pair.protocol.headline_ages(limit) {
        let found = headline_place(limit, challenge, pair.protocol.failure_policy, slot);
        if by_challenge
            && !tally.cells.contains_key(&found)
            && let Some(place) = place_of(pair, &found)
        {
            pair.nothing(place, measure(slot), RowStatus::Empty, Counts::default(), "");
        }
    }
}
