//! One challenge age set on one group's minors, and used unchanged for everybody.

use super::super::catalogue;
use super::super::frame::{Frame, Share, flag};
use super::super::level::{Among, Level, Rule, Standing, spoken};
use super::super::threshold::{Side, years_of};
use super::is_crossing;
use crate::age::ChallengeAge;
use crate::protocol::FixedThreshold;
use crate::table::{Counts, Evidence, Group, Place, Population, Quantity, RowStatus, Variant, Weighting};

/// The rows of every fixed threshold of the protocol.
pub(super) fn rows(frame: &mut Frame<'_>) {
    let protocol = frame.protocol;
    for fixed in &protocol.fixed_thresholds {
        let group = Group::from_cells(&fixed.by, &fixed.level);
        let place = place(frame, fixed, &group);
        match set(frame, fixed, &group) {
            Found::At(challenge, flags, counts, evidence) => {
                let evidence = Some(evidence);
                let quantity = Quantity { value: challenge.years(), bounds: None, counts, evidence };
                frame.quantity(place, catalogue::FIXED_CHALLENGE_AGE, quantity);
                for flag in flags {
                    frame.flag_last(flag);
                }
                used(frame, fixed, &group, challenge);
            }
            Found::Nothing(status, reason, counts) => {
                frame.nothing(place, catalogue::FIXED_CHALLENGE_AGE, status, counts, &reason);
            }
        }
    }
}

fn place(frame: &Frame<'_>, fixed: &FixedThreshold, group: &Group) -> Place {
    let window = frame.protocol.under_window(fixed.limit).filter(|_| fixed.window);
    Place {
        limit: Some(fixed.limit),
        failure_policy: Some(frame.protocol.failure_policy),
        population: window.map_or(Population::Under, |(first, last)| Population::Window(first, last)),
        group: group.clone(),
        weighting: Some(Weighting::Subject),
        variant: Variant::of("fixed", &fixed.name),
        ..Place::of_all()
    }
}

/// What the search came to.
enum Found {
    /// The challenge age, flags of its row, on whom it was set, and whether these are enough.
    At(ChallengeAge, Vec<&'static str>, Counts, Evidence),
    /// Why there is none.
    Nothing(RowStatus, String, Counts),
}

/// The least challenge age on the buffer's grid at which the group's under-age pass rate is at most the one asked for.
fn set(frame: &Frame<'_>, fixed: &FixedThreshold, name: &Group) -> Found {
    let protocol = frame.protocol;
    if !frame.by_challenge() {
        let reason = "no answer is an age or a range".to_owned();
        return Found::Nothing(RowStatus::NotApplicable, reason, Counts::default());
    }
    let Some(group) = frame.tally.groups.get(name) else {
        let reason = format!("the group is not there: {}", spoken(name));
        return Found::Nothing(RowStatus::InsufficientEvidence, reason, Counts::default());
    };
    let years = years_of(group);
    let standing = Standing::of(name, group, &years, fixed.limit, Side::UnderAgePass, protocol);
    let among = if fixed.window { Among::Pooled } else { Among::Everyone };
    let rule = Rule::of(protocol, protocol.failure_policy);
    let at = |challenge| standing.at(&frame.tally.grid, Some(challenge), among, rule, protocol);
    let mut last = Counts::default();
    for challenge in protocol.buffer_ages(fixed.limit) {
        let Some(Level { clusters, effective, mut reasons, .. }) = at(challenge) else { continue };
        last = Frame::counts(&clusters);
        let Some(found) = effective else { continue };
        if found.p <= fixed.rate {
            let few = fixed.rate < 3.0 / clusters.subjects() as f64;
            let flags = if few { vec![flag::TARGET_BELOW_3_PER_N] } else { Vec::new() };
            reasons.extend(frame.evidence_of_mean(clusters.subjects(), 0).reasons());
            let evidence = Evidence::of(reasons);
            return Found::At(challenge, flags, last, evidence);
        }
    }
    if last.subjects.unwrap_or(0) == 0 {
        return Found::Nothing(RowStatus::Empty, "nobody to set it on".to_owned(), last);
    }
    let reason = format!("more pass at every challenge age of the buffer's grid, by {}", spoken(name));
    Found::Nothing(RowStatus::NotAchievable, reason, last)
}

/// Both rates of everybody and of every group at this challenge age; of crossings the windows alone.
fn used(frame: &mut Frame<'_>, fixed: &FixedThreshold, set_on: &Group, challenge: ChallengeAge) {
    let protocol = frame.protocol;
    let rule = Rule::of(protocol, protocol.failure_policy);
    let whole = Group::whole();
    let mut names: Vec<&Group> = vec![&whole];
    for by in &frame.tally.group_order {
        names.extend(frame.tally.groups.keys().filter(|group| group.by() == by));
    }
    for name in names {
        let Some(group) = frame.tally.groups.get(name) else { continue };
        let years = years_of(group);
        for side in [Side::UnderAgePass, Side::AdultDenial] {
            let standing = Standing::of(name, group, &years, fixed.limit, side, protocol);
            let populations = [
                (Among::Everyone, !is_crossing(name.by())),
                (Among::Window, true),
                (Among::Pooled, side == Side::UnderAgePass && fixed.window),
            ];
            for (among, _) in populations
                .into_iter()
                .filter(|(among, wanted)| *wanted && (*among == Among::Everyone || standing.window(protocol).is_some()))
            {
                let Some(level) = standing.at(&frame.tally.grid, Some(challenge), among, rule, protocol) else {
                    continue;
                };
                let variant = Variant::of("fixed", &fixed.name);
                let place = Place {
                    limit: Some(fixed.limit),
                    challenge: Some(challenge),
                    failure_policy: Some(rule.policy),
                    population: standing.population(among, protocol),
                    group: name.clone(),
                    weighting: Some(Weighting::Subject),
                    variant: if among == Among::Pooled { variant.with("window", "pooled") } else { variant },
                };
                let Level { clusters, effective, undecided, ties, reasons, left_out } = level;
                match effective {
                    Some(effective) => {
                        let entry = side.entry();
                        frame.share(Share { place, entry, clusters: &clusters, effective, undecided, ties, reasons });
                    }
                    None => {
                        let status = if clusters.subjects() == 0 && !left_out {
                            RowStatus::Empty
                        } else {
                            RowStatus::InsufficientEvidence
                        };
                        let counts = Counts { undecided, ties, ..Frame::counts(&clusters) };
                        frame.nothing(place, side.entry(), status, counts, &reasons.join(", "));
                    }
                }
                if left_out {
                    frame.flag_last(flag::BANDS_LEFT_OUT);
                }
                if side == Side::UnderAgePass && (within(name, set_on) || within(set_on, name)) {
                    frame.flag_last(flag::IN_SAMPLE);
                }
            }
        }
    }
}

/// Whether all people of `inner` are of `outer`: it is that group, or a crossing within it; everybody's group holds all.
fn within(inner: &Group, outer: &Group) -> bool {
    let parts = inner.parts();
    outer.parts().iter().all(|part| parts.contains(part))
}
