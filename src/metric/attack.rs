//! M17: attacks, species by species. Samples with a species are in these rows and in no other.

use super::catalogue::{self, Entry};
use super::frame::{Frame, Share, weigh};
use super::threshold::{Side, side_counts};
use crate::age::{AgeLimit, ChallengeAge};
use crate::stats::{is_dominated, mean_of_subjects, upper_claim};
use crate::table::{Bounds, Counts, Group, Interval, Place, Population, Quantity, RowStatus, Variant, Weighting};
use crate::tally::{AttackTally, Cell, GroupTally};

/// The column of species, as rows name it.
const COLUMN: &str = "species";
/// Why there is nothing to say of a detector.
const NO_DETECTOR: &str = "the method has no attack detector of its own";

/// The rows of all species.
pub(super) fn rows(frame: &mut Frame<'_>, whole: &GroupTally) {
    let species = &whole.families.attacks.0;
    if species.is_empty() {
        let place = Place { weighting: Some(Weighting::Subject), ..Place::of_all() };
        for entry in [catalogue::ATTACK_PASS, catalogue::APCER, catalogue::BPCER] {
            let reason = "no sample with a species was attempted";
            frame.nothing(place.clone(), entry, RowStatus::NotApplicable, Counts::default(), reason);
        }
        return;
    }
    for (name, tally) in species {
        let place = Place { group: Group::of([(COLUMN, name.as_str())]), ..Place::of_all() };
        attackers(frame, &place, tally);
        for limit in frame.protocol.limits.clone() {
            for challenge in frame.challenges(limit, true) {
                for (population, cell) in populations(tally, limit) {
                    let place = located(frame, place.clone(), limit, challenge, population);
                    pass(frame, place, &cell, challenge);
                }
            }
        }
        let place = Place { weighting: Some(Weighting::Subject), ..place };
        frame.nothing(place, catalogue::APCER, RowStatus::NotApplicable, Counts::default(), NO_DETECTOR);
    }
    worst(frame, whole);
    let place = Place { weighting: Some(Weighting::Subject), ..Place::of_all() };
    frame.nothing(place, catalogue::BPCER, RowStatus::NotApplicable, Counts::default(), NO_DETECTOR);
}

/// How old the attackers of one species are, and how many attempts were not answered.
fn attackers(frame: &mut Frame<'_>, place: &Place, tally: &AttackTally) {
    let level = frame.protocol.levels.display;
    let place = Place { weighting: Some(Weighting::Subject), ..place.clone() };
    let ages = &tally.ages;
    let parts = ages.signed();
    match mean_of_subjects(&parts, weigh(Weighting::Subject)) {
        Some(mean) => {
            let found = mean.estimate(level);
            let bounds = found.bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
            let counts =
                Counts { attempts: Some(ages.attempts()), subjects: Some(ages.subjects()), ..Counts::default() };
            let dominated = is_dominated(&parts, weigh(Weighting::Subject));
            let evidence = Some(frame.evidence_of(ages.subjects(), 0, dominated));
            let quantity = Quantity { value: found.point, bounds, counts, evidence };
            frame.quantity(place.clone(), catalogue::ATTACKER_AGE, quantity);
        }
        None => {
            let reason = "no attacker's age is known to the year";
            let entry: Entry = catalogue::ATTACKER_AGE;
            frame.nothing(place.clone(), entry, RowStatus::Empty, Counts::default(), reason);
        }
    }
    let silent = tally.not_answered();
    frame.plain_share(place, catalogue::ATTACK_NOT_ANSWERED, &silent, Weighting::Subject);
}

/// All attackers, and those surely below the limit.
fn populations(tally: &AttackTally, limit: AgeLimit) -> [(Population, Cell); 2] {
    let under = tally.under.get(&limit).cloned().unwrap_or_default();
    [(Population::All, tally.all.clone()), (Population::Under, under)]
}

fn located(
    frame: &Frame<'_>,
    place: Place,
    limit: AgeLimit,
    challenge: Option<ChallengeAge>,
    population: Population,
) -> Place {
    Place {
        limit: Some(limit),
        challenge,
        failure_policy: Some(frame.protocol.failure_policy),
        population,
        weighting: Some(Weighting::Subject),
        ..place
    }
}

/// One attack pass rate: an attack that passes is an event, whoever makes it.
fn pass(frame: &mut Frame<'_>, place: Place, cell: &Cell, challenge: Option<ChallengeAge>) {
    let Some(limit) = place.limit else { return };
    let Some(column) = frame.tally.grid.column(limit, challenge) else { return };
    let (policy, tie) = (frame.protocol.failure_policy, frame.protocol.tie);
    let clusters = cell.clusters(column, |combo| Side::UnderAgePass.pair(combo, policy, tie));
    let (undecided, ties) = side_counts(cell, column, challenge);
    let entry = catalogue::ATTACK_PASS;
    match clusters.effective(weigh(Weighting::Subject), frame.protocol.levels.display) {
        Some(effective) => {
            frame.share(Share { place, entry, clusters: &clusters, effective, undecided, ties, reasons: Vec::new() })
        }
        None => {
            let counts = Counts { undecided, ties, ..Frame::counts(&clusters) };
            frame.nothing(place, entry, RowStatus::Empty, counts, "");
        }
    }
}

/// The species that passes most often, with its own bounds: never a mean over species. Of two equal ones, the one with
/// the higher bound.
fn worst(frame: &mut Frame<'_>, whole: &GroupTally) {
    let protocol = frame.protocol;
    for limit in &protocol.limits {
        for challenge in frame.challenges(*limit, true) {
            let Some(column) = frame.tally.grid.column(*limit, challenge) else { continue };
            for index in 0..2 {
                let mut found: Option<((f64, f64), Cell)> = None;
                for tally in whole.families.attacks.0.values() {
                    let [all, under] = populations(tally, *limit);
                    let (_, cell) = if index == 0 { all } else { under };
                    let pair = |combo| Side::UnderAgePass.pair(combo, protocol.failure_policy, protocol.tie);
                    let clusters = cell.clusters(column, pair);
                    let Some(rate) = clusters.effective(weigh(Weighting::Subject), protocol.levels.display) else {
                        continue;
                    };
                    let bound = upper_claim(rate.p * rate.n_star, rate.n_star, protocol.levels.claim);
                    if found.as_ref().is_none_or(|(most, ..)| (rate.p, bound) > *most) {
                        found = Some(((rate.p, bound), cell));
                    }
                }
                let population = if index == 0 { Population::All } else { Population::Under };
                let group = Group::from_cells(COLUMN, "");
                let place = Place { group, variant: Variant::of("worst", COLUMN), ..Place::of_all() };
                let place = located(frame, place, *limit, challenge, population);
                match found {
                    Some((_, cell)) => pass(frame, place, &cell, challenge),
                    None => {
                        let reason = "no species has anybody to count";
                        frame.nothing(place, catalogue::ATTACK_PASS, RowStatus::Empty, Counts::default(), reason);
                    }
                }
            }
        }
    }
}
