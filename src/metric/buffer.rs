//! M6: the safe buffer, and what it costs adults.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::catalogue;
use super::frame::{Frame, Share, flag};
use super::level::{Among, Level, Rule, Standing, spoken};
use super::threshold::{Side, years_of};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Counts, Group, Place, Population, Quantity, RowStatus, Variant, Weighting};
use crate::tally::{Cell, GroupTally, Half};

/// A group that must meet the target.
struct Required<'a> {
    name: Group,
    tally: Cow<'a, GroupTally>,
    years: BTreeMap<u32, Cell>,
}

/// What the search came to.
enum Found {
    At(ChallengeAge),
    /// Some required group is too small to meet the target, whatever its answers.
    Insufficient(String),
    /// Every required group is large enough, but one misses the target at the highest challenge age.
    NotAchievable(String),
}

/// The rows of all limits.
pub(super) fn rows(frame: &mut Frame<'_>) {
    let protocol = frame.protocol;
    let confirm =
        if protocol.buffer.confirm { Half::BOTH.map(|half| required(frame, Some(half))) } else { [None, None] };
    let everybody = required(frame, None);
    for limit in &protocol.limits {
        let place = Place {
            limit: Some(*limit),
            failure_policy: Some(protocol.buffer_policy()),
            population: Population::Under,
            weighting: Some(Weighting::Subject),
            ..Place::of_all()
        };
        if !frame.by_challenge() {
            for entry in [catalogue::SAFE_CHALLENGE_AGE, catalogue::SAFE_BUFFER] {
                let reason = "no answer is an age or a range";
                frame.nothing(place.clone(), entry, RowStatus::NotApplicable, Counts::default(), reason);
            }
            continue;
        }
        let found = search(frame, everybody.as_deref(), *limit);
        told(frame, &place, &found, *limit, left_out(frame, everybody.as_deref(), *limit, &found));
        if let (Found::At(challenge), Some(groups)) = (&found, &everybody) {
            let variant = Variant::of("buffer", "selected");
            passes(frame, groups, *limit, *challenge, &variant);
            denials(frame, groups, *limit, *challenge, &variant);
        }
        if let [choose, test] = &confirm
            && protocol.buffer.confirm
        {
            confirmed(frame, &place, [choose.as_deref(), test.as_deref()], *limit);
        }
    }
}

/// The whole dataset and the groups that the protocol requires, or their members in one half; none where a required
/// group is not there.
fn required<'a>(frame: &Frame<'a>, half: Option<Half>) -> Option<Vec<Required<'a>>> {
    let mut names = vec![Group::whole()];
    for wanted in &frame.protocol.buffer.groups {
        let fits = |group: &&Group| {
            group.by() == wanted.by && wanted.level.as_ref().is_none_or(|level| group.level() == level)
        };
        let found: Vec<_> = frame.tally.groups.keys().filter(fits).cloned().collect();
        if found.is_empty() {
            return None;
        }
        for name in found {
            // `sex` and then `sex=female` require her once.
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let groups: &'a BTreeMap<Group, GroupTally> = &frame.tally.groups;
    let of = |name: Group| {
        let counted = half.map_or_else(|| name.clone(), |half| half.group(&name));
        let tally = groups.get(&counted).map_or_else(|| Cow::Owned(GroupTally::default()), Cow::Borrowed);
        let years = years_of(&tally);
        Required { name, tally, years }
    };
    Some(names.into_iter().map(of).collect())
}

/// Where the target must be met: in the last year below the limit, and in the window.
fn places(frame: &Frame<'_>, limit: AgeLimit) -> Vec<Among> {
    let window = frame.protocol.under_window(limit).map(|_| Among::Window);
    [Some(Among::Year(limit.years() - 1)), window].into_iter().flatten().collect()
}

fn standing<'a>(frame: &Frame<'_>, group: &'a Required<'_>, limit: AgeLimit, side: Side) -> Standing<'a> {
    Standing::of(&group.name, &group.tally, &group.years, limit, side, frame.protocol)
}

/// Goes down from the highest challenge age and stops at the first miss.
///
/// Source: METRICS M6; Hsu & Berger (1999) for the steps without correction, Berger (1982) for the groups.
fn search(frame: &Frame<'_>, groups: Option<&[Required<'_>]>, limit: AgeLimit) -> Found {
    let protocol = frame.protocol;
    let Some(groups) = groups else {
        let named = protocol.buffer.groups.iter().map(|group| match &group.level {
            Some(level) => spoken(&Group::from_cells(&group.by, level)),
            None => group.by.replace(';', ","),
        });
        return Found::Insufficient(format!("a required group is not there: {}", named.collect::<Vec<_>>().join(", ")));
    };
    let standings: Vec<_> = groups.iter().map(|group| standing(frame, group, limit, Side::UnderAgePass)).collect();
    let mut safe = None;
    for challenge in protocol.buffer_ages(limit).into_iter().rev() {
        let levels: Vec<(String, Level)> = groups
            .iter()
            .zip(&standings)
            .flat_map(|(group, standing)| places(frame, limit).into_iter().map(move |among| (group, standing, among)))
            .filter_map(|(group, standing, among)| {
                let who = format!("{} at {}", spoken(&group.name), standing.population(among, protocol));
                Some((who, level(frame, standing, challenge, among)?))
            })
            .collect();
        // Before any miss: with a group too small nobody knows whether more people would do. Further down a group may
        // become too small, where fewer of its answers decide: nothing is shown from there on.
        if let Some((who, short)) = levels.iter().find_map(|(who, level)| Some((who, short(frame, level)?))) {
            return safe.map_or_else(|| Found::Insufficient(format!("{who}: {short}")), Found::At);
        }
        let upper = |level: &Level| level.upper(protocol.levels.claim).unwrap_or(1.0);
        if let Some((who, level)) = levels.iter().find(|(_, level)| upper(level) > protocol.buffer.target) {
            let missed = || Found::NotAchievable(format!("{who}: at most {:.4} at {challenge}", upper(level)));
            return safe.map_or_else(missed, Found::At);
        }
        safe = Some(challenge);
    }
    safe.map_or_else(|| Found::NotAchievable("no challenge age".to_owned()), Found::At)
}

fn level(frame: &Frame<'_>, standing: &Standing<'_>, challenge: ChallengeAge, among: Among) -> Option<Level> {
    let rule = Rule::of(frame.protocol, frame.protocol.buffer_policy());
    standing.at(&frame.tally.grid, Some(challenge), among, rule, frame.protocol)
}

/// The flag of a search where somebody known by a band of several years is in the window of a required group, and in no year of it.
fn left_out(
    frame: &Frame<'_>,
    groups: Option<&[Required<'_>]>,
    limit: AgeLimit,
    found: &Found,
) -> &'static [&'static str] {
    let Found::At(challenge) = found else { return &[] };
    let left_out = |group: &Required<'_>| {
        let standing = standing(frame, group, limit, Side::UnderAgePass);
        places(frame, limit)
            .into_iter()
            .any(|among| level(frame, &standing, *challenge, among).is_some_and(|level| level.left_out))
    };
    if groups.into_iter().flatten().any(left_out) { &[flag::BANDS_LEFT_OUT] } else { &[] }
}

/// Why a group is too small for the target: its subjects, and those needed.
fn short(frame: &Frame<'_>, level: &Level) -> Option<String> {
    let protocol = frame.protocol;
    let needed = (1.0 - protocol.levels.claim).ln() / (1.0 - protocol.buffer.target).ln();
    let least = needed.max(protocol.evidence.n_star).max(protocol.evidence.subjects as f64);
    if !level.reasons.is_empty() {
        return Some(level.reasons.join(", "));
    }
    let n_star = level.effective.map_or(0.0, |found| found.n_star);
    let subjects = level.clusters.subjects();
    let few = subjects < protocol.evidence.subjects || n_star < protocol.evidence.n_star || n_star < needed;
    few.then(|| format!("{subjects} subjects, n* {n_star:.1}, {:.0} needed", least.ceil()))
}

/// The two rows of one search.
fn told(frame: &mut Frame<'_>, place: &Place, found: &Found, limit: AgeLimit, flags: &[&str]) {
    let post_hoc = !frame.protocol.buffer.post_hoc.is_empty();
    for entry in [catalogue::SAFE_CHALLENGE_AGE, catalogue::SAFE_BUFFER] {
        let nothing = match found {
            Found::At(challenge) => {
                let above = challenge.years() - f64::from(limit.years());
                let value = if entry == catalogue::SAFE_BUFFER { above } else { challenge.years() };
                let quantity = Quantity { value, bounds: None, counts: Counts::default(), evidence: None };
                frame.quantity(place.clone(), entry, quantity);
                frame.flag_last(flag::SELECTED);
                None
            }
            Found::Insufficient(reason) => Some((RowStatus::InsufficientEvidence, reason)),
            Found::NotAchievable(reason) => Some((RowStatus::NotAchievable, reason)),
        };
        if let Some((status, reason)) = nothing {
            frame.nothing(place.clone(), entry, status, Counts::default(), reason);
        }
        for flag in flags.iter().copied().chain(post_hoc.then_some(flag::POST_HOC)) {
            frame.flag_last(flag);
        }
    }
}

/// The under-age pass rates that decided, at the challenge age chosen.
fn passes(frame: &mut Frame<'_>, groups: &[Required<'_>], limit: AgeLimit, challenge: ChallengeAge, variant: &Variant) {
    for group in groups {
        let standing = standing(frame, group, limit, Side::UnderAgePass);
        for among in places(frame, limit) {
            row(frame, group, &standing, (limit, challenge, among), Side::UnderAgePass, variant);
        }
    }
}

/// The adult denial rates of everybody by single year of the adult window, and after it.
fn denials(
    frame: &mut Frame<'_>,
    groups: &[Required<'_>],
    limit: AgeLimit,
    challenge: ChallengeAge,
    variant: &Variant,
) {
    let Some(whole) = groups.first() else { return };
    let standing = standing(frame, whole, limit, Side::AdultDenial);
    let window = frame.protocol.over_window(limit);
    for year in window.into_iter().flat_map(|(first, last)| first..=last) {
        if whole.years.contains_key(&year) {
            row(frame, whole, &standing, (limit, challenge, Among::Year(year)), Side::AdultDenial, variant);
        }
    }
    row(frame, whole, &standing, (limit, challenge, Among::Everyone), Side::AdultDenial, variant);
}

fn row(
    frame: &mut Frame<'_>,
    group: &Required<'_>,
    standing: &Standing<'_>,
    (limit, challenge, among): (AgeLimit, ChallengeAge, Among),
    side: Side,
    variant: &Variant,
) {
    let Some(level) = level(frame, standing, challenge, among) else { return };
    let place = Place {
        limit: Some(limit),
        challenge: Some(challenge),
        failure_policy: Some(frame.protocol.buffer_policy()),
        population: standing.population(among, frame.protocol),
        group: group.name.clone(),
        weighting: Some(Weighting::Subject),
        variant: variant.clone(),
    };
    let Level { clusters, effective, undecided, ties, reasons, left_out } = level;
    match effective {
        Some(effective) => {
            let entry = side.entry();
            frame.share(Share { place, entry, clusters: &clusters, effective, undecided, ties, reasons });
        }
        None => {
            let counts = Counts { undecided, ties, ..Frame::counts(&clusters) };
            frame.nothing(place, side.entry(), RowStatus::Empty, counts, &reasons.join(", "));
        }
    }
    if left_out {
        frame.flag_last(flag::BANDS_LEFT_OUT);
    }
    frame.flag_last(flag::SELECTED);
    if !frame.protocol.buffer.post_hoc.is_empty() {
        frame.flag_last(flag::POST_HOC);
    }
}

/// Chosen on one half of the subjects, and tested once at that challenge age on the other.
fn confirmed(frame: &mut Frame<'_>, place: &Place, [choose, test]: [Option<&[Required<'_>]>; 2], limit: AgeLimit) {
    let place = Place { variant: Variant::of("confirm", "halves"), ..place.clone() };
    let found = search(frame, choose, limit);
    let bands = left_out(frame, choose, limit, &found);
    let (Found::At(challenge), Some(test)) = (&found, test) else {
        told(frame, &place, &found, limit, &[]);
        return;
    };
    let mut met = true;
    let mut small = None;
    for group in test {
        let standing = standing(frame, group, limit, Side::UnderAgePass);
        for among in places(frame, limit) {
            let Some(level) = level(frame, &standing, *challenge, among) else { continue };
            if let Some(short) = short(frame, &level) {
                let who = format!("{} at {}", spoken(&group.name), standing.population(among, frame.protocol));
                small.get_or_insert(format!("the half to test on, {who}: {short}"));
            }
            met &= level.upper(frame.protocol.levels.claim).is_some_and(|upper| upper <= frame.protocol.buffer.target);
        }
    }
    match small {
        Some(reason) => told(frame, &place, &Found::Insufficient(reason), limit, &[]),
        None => {
            let flag = if met { flag::CONFIRMED } else { flag::NOT_CONFIRMED };
            told(frame, &place, &found, limit, &[&[flag], bands].concat());
        }
    }
    passes(frame, test, limit, *challenge, &Variant::of("buffer", "confirm"));
}
