//! The worst single year and the worst group, with bounds that hold for all of them at once (Bonferroni).

use super::catalogue::Entry;
use super::frame::{Frame, Share, flag};
use super::level::{Among, Level, Rule, Standing};
use super::threshold::{Side, years_of};
use crate::table::{Group, Place, Population, RowStatus, Variant, Weighting};
use crate::tally::GroupTally;

/// `worst=year` at the headline challenge ages: of the window's single years the one with the highest upper bound.
pub(super) fn years(frame: &mut Frame<'_>, group: &GroupTally) {
    let protocol = frame.protocol;
    let (whole, years) = (Group::whole(), years_of(group));
    let rule = Rule::of(protocol, protocol.failure_policy);
    for side in [Side::UnderAgePass, Side::AdultDenial] {
        for limit in &protocol.limits {
            let standing = Standing::of(&whole, group, &years, *limit, side, protocol);
            let Some((first, last)) = standing.window(protocol) else { continue };
            for challenge in frame.challenges(*limit, true) {
                let place = Place {
                    limit: Some(*limit),
                    challenge,
                    failure_policy: Some(rule.policy),
                    population: standing.population(Among::Window, protocol),
                    weighting: Some(Weighting::Subject),
                    variant: Variant::of("worst", "year"),
                    ..Place::of_all()
                };
                let at =
                    |year| Some((year, standing.at(&frame.tally.grid, challenge, Among::Year(year), rule, protocol)?));
                let all: Vec<(u32, Level)> = (first..=last).filter_map(at).collect();
                let missing: Vec<u32> =
                    all.iter().filter(|(_, level)| level.effective.is_none()).map(|(year, _)| *year).collect();
                if !missing.is_empty() {
                    let reason = format!("no subject aged {}", super::window::list(&missing));
                    let counts = crate::table::Counts::default();
                    frame.nothing(place, side.entry(), RowStatus::InsufficientEvidence, counts, &reason);
                    continue;
                }
                row(frame, place, side.entry(), all.into_iter().map(|(_, level)| level).collect(), false);
            }
        }
    }
}

/// `worst=group` at the headline challenge ages: of the groups above the floor the one with the highest upper bound.
pub(super) fn groups(frame: &mut Frame<'_>, by: &str) {
    let protocol = frame.protocol;
    let rule = Rule::of(protocol, protocol.failure_policy);
    let groups = super::groups::groups_of(frame, by);
    let years: Vec<_> = groups.iter().map(|(_, group)| years_of(group)).collect();
    let among: &[Among] =
        if super::groups::is_crossing(by) { &[Among::Window] } else { &[Among::Everyone, Among::Window] };
    for side in [Side::UnderAgePass, Side::AdultDenial] {
        for limit in &protocol.limits {
            let standings: Vec<Standing<'_>> = groups
                .iter()
                .zip(&years)
                .map(|((name, group), years)| Standing::of(name, group, years, *limit, side, protocol))
                .collect();
            for among in
                among.iter().filter(|among| **among == Among::Everyone || side.window(protocol, *limit).is_some())
            {
                for challenge in frame.challenges(*limit, true) {
                    let at =
                        |standing: &Standing<'_>| standing.at(&frame.tally.grid, challenge, *among, rule, protocol);
                    let all: Vec<Level> = standings.iter().filter_map(at).collect();
                    let there = all.len();
                    let enough = |level: &Level| {
                        level.effective.is_some() && level.clusters.subjects() >= protocol.evidence.subjects
                    };
                    let kept: Vec<Level> = all.into_iter().filter(enough).collect();
                    let population = standings.first().map(|standing| standing.population(*among, protocol));
                    let place = Place {
                        limit: Some(*limit),
                        challenge,
                        failure_policy: Some(rule.policy),
                        population: population.unwrap_or(Population::All),
                        group: Group::all_of(by),
                        weighting: Some(Weighting::Subject),
                        variant: Variant::of("worst", "group"),
                    };
                    if kept.is_empty() {
                        let (status, reason) = (RowStatus::InsufficientEvidence, "no group has enough people");
                        frame.nothing(place, side.entry(), status, crate::table::Counts::default(), reason);
                        continue;
                    }
                    let left_out = kept.len() < there;
                    row(frame, place, side.entry(), kept, left_out);
                }
            }
        }
    }
}

/// Of `levels` the one with the highest upper bound, at the level that holds for all of them.
pub(super) fn row(frame: &mut Frame<'_>, place: Place, entry: Entry, levels: Vec<Level>, left_out: bool) {
    let claim = 1.0 - (1.0 - frame.protocol.levels.claim) / levels.len().max(1) as f64;
    let bounded = levels.into_iter().filter_map(|level| Some((level.upper(claim)?, level)));
    let worst = bounded.reduce(|one, other| {
        let keys = [&one, &other].map(|(upper, level)| (*upper, level.effective.map_or(0.0, |found| found.p)));
        if keys[1] > keys[0] { other } else { one }
    });
    let Some((_, Level { clusters, effective: Some(effective), undecided, ties, reasons, left_out: bands })) = worst
    else {
        return;
    };
    frame.share_at(Share { place, entry, clusters: &clusters, effective, undecided, ties, reasons }, claim);
    if bands {
        frame.flag_last(flag::BANDS_LEFT_OUT);
    }
    if left_out {
        frame.flag_last(flag::GROUPS_LEFT_OUT);
    }
}
