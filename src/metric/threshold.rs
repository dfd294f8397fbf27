//! M3 and M4: under-age passes and adult denials, in one file because they are one rule read from its two sides.

use std::collections::BTreeMap;

use super::Extent;
use super::catalogue::{self, Entry};
use super::frame::{Frame, Share, weigh};
use super::window::{self, Within};
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::{Protocol, Tie};
use crate::stats::Clusters;
use crate::table::{Counts, FailurePolicy, Group, Place, Population, RowStatus, Variant, Weighting};
use crate::tally::{AgeClass, Cell, Combo, GroupTally, Slot};

/// Which error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// People below the limit who pass.
    UnderAgePass,
    /// People at or above the limit who are denied.
    AdultDenial,
}

impl Side {
    pub fn entry(self) -> Entry {
        match self {
            Self::UnderAgePass => catalogue::UNDER_AGE_PASS,
            Self::AdultDenial => catalogue::ADULT_DENIAL,
        }
    }

    /// (events, attempts in the denominator) of one subject.
    ///
    /// Source: METRICS M3, M4.
    pub fn pair(self, combo: Combo, policy: FailurePolicy, tie: Tie) -> (u64, u64) {
        combo.events(self == Self::AdultDenial, policy, tie)
    }

    pub fn slot(self) -> Slot {
        if self == Self::UnderAgePass { Slot::Under } else { Slot::Over }
    }

    pub fn window_slot(self) -> Slot {
        if self == Self::UnderAgePass { Slot::UnderWindow } else { Slot::OverWindow }
    }

    /// The single years of the window, without its bands.
    pub fn years_slot(self) -> Slot {
        if self == Self::UnderAgePass { Slot::UnderWindowYears } else { Slot::OverWindowYears }
    }

    pub fn window(self, protocol: &Protocol, limit: AgeLimit) -> Option<(u32, u32)> {
        match self {
            Self::UnderAgePass => protocol.under_window(limit),
            Self::AdultDenial => protocol.over_window(limit),
        }
    }

    /// The population and the slots that also hold the straddling attempts: of everybody, and of the window.
    fn with_straddling(self) -> (Slot, Slot) {
        match self {
            Self::UnderAgePass => (Slot::UnderOrStraddling, Slot::UnderWindowOrStraddling),
            Self::AdultDenial => (Slot::OverOrStraddling, Slot::OverWindowOrStraddling),
        }
    }
}

/// Everything of one group at one limit and side.
pub(super) struct View<'a> {
    pub name: &'a Group,
    pub group: &'a GroupTally,
    pub limit: AgeLimit,
    pub side: Side,
    /// The cells of single years, by completed year.
    pub years: &'a BTreeMap<u32, Cell>,
    /// Why no claim can rest on rows of this limit: too many straddling attempts.
    pub straddling: Vec<String>,
}

impl View<'_> {
    pub fn place(&self, population: Population, challenge: Option<ChallengeAge>) -> Place {
        Place { limit: Some(self.limit), challenge, population, group: self.name.clone(), ..Place::of_all() }
    }
}

/// How one list of challenge ages, policies and weightings is printed.
pub(super) struct Spread<'a> {
    pub challenges: Vec<Option<ChallengeAge>>,
    pub policies: &'a [FailurePolicy],
    pub weightings: &'a [Weighting],
    pub tie: Tie,
    pub variant: Variant,
}

/// The rows of one group.
pub(super) fn rows(frame: &mut Frame<'_>, name: &Group, group: &GroupTally, extent: Extent) {
    let years = years_of(group);
    let limits = &frame.protocol.limits;
    let places: Vec<(Side, AgeLimit)> = [Side::UnderAgePass, Side::AdultDenial]
        .into_iter()
        .flat_map(|side| limits.iter().map(move |limit| (side, *limit)))
        .collect();
    frame.each(&places, |frame, (side, limit)| {
        let (side, limit) = (*side, *limit);
        let mut view = View { name, group, limit, side, years: &years, straddling: Vec::new() };
        if !frame.by_challenge() {
            not_applicable(frame, &view, extent);
        }
        let total = group.slot(Some(limit), side.slot(), frame.protocol);
        let within = Within::of(group, limit, side, frame.protocol);
        let straddling = group.slot(Some(limit), Slot::Straddling, frame.protocol);
        let reasons = |cell: &Cell| too_many_straddle(cell, &straddling, frame.protocol);
        let (of_total, of_window) = (reasons(&total), reasons(&within.pooled));
        let policy = [frame.protocol.failure_policy];
        let one = |headline: bool, frame: &Frame<'_>| Spread {
            challenges: frame.challenges(limit, headline),
            policies: &policy,
            weightings: &[Weighting::Subject],
            tie: frame.protocol.tie,
            variant: Variant::none(),
        };
        let everything = |frame: &Frame<'_>| Spread {
            policies: FailurePolicy::ALL,
            weightings: Weighting::ALL,
            ..one(false, frame)
        };
        let population = if side == Side::UnderAgePass { Population::Under } else { Population::Over };
        match extent {
            Extent::Whole => {
                view.straddling.clone_from(&of_total);
                let spread = everything(frame);
                cell(frame, &view, &population, &total, &spread);
                view.straddling.clone_from(&of_window);
                window::rows(frame, &view, &within, &everything(frame));
                headline(frame, &view, &population, (&total, &within), [&of_total, &of_window]);
                view.straddling.clear();
                single_years(frame, &view, &one(false, frame));
            }
            Extent::Group => {
                view.straddling.clone_from(&of_total);
                let spread = one(false, frame);
                cell(frame, &view, &population, &total, &spread);
                view.straddling.clone_from(&of_window);
                window::rows(frame, &view, &within, &spread);
            }
            Extent::Crossing => {
                view.straddling.clone_from(&of_window);
                let spread = one(true, frame);
                window::rows(frame, &view, &within, &spread);
            }
        }
    });
}

/// The cells of single years, by completed year.
pub(super) fn years_of(group: &GroupTally) -> BTreeMap<u32, Cell> {
    let years = group.classes().into_iter().filter_map(|class| match class {
        AgeClass::Year(year) => Some((year, group.class(class))),
        AgeClass::Band(..) => None,
    });
    years.collect()
}

/// Why no claim can rest on rows over `cell`: more attempts straddle the limit than the protocol allows.
pub(super) fn too_many_straddle(cell: &Cell, straddling: &Cell, protocol: &Protocol) -> Vec<String> {
    straddling_reason(attempts(cell), attempts(straddling), protocol)
}

/// Why no claim can rest on `inside` attempts of a population beside `outside` ones of which nobody knows whether they
/// belong to it: more than the protocol's `straddling_share` of both. Empty where that is not so.
///
/// Source: METRICS M0.
#[must_use]
pub fn straddling_reason(inside: u64, outside: u64, protocol: &Protocol) -> Vec<String> {
    let (share, allowed) = (outside as f64 / (inside + outside).max(1) as f64, protocol.straddling_share);
    let text = || format!("straddling {:.1}%>{:.0}%", share * 100.0, allowed * 100.0);
    (share > allowed).then(text).into_iter().collect()
}

pub(super) fn attempts(cell: &Cell) -> u64 {
    cell.total(0, Combo::attempts)
}

/// What stands at the headline challenge ages only: the pooled window, ties under the other rule, and both bounds
/// where ages straddle the limit.
fn headline(
    frame: &mut Frame<'_>,
    view: &View<'_>,
    population: &Population,
    (total, within): (&Cell, &Within),
    [of_total, of_window]: [&Vec<String>; 2],
) {
    let (limit, side) = (view.limit, view.side);
    let because = |reasons: &Vec<String>| View { straddling: reasons.clone(), ..*view };
    let (of_total, of_window) = (because(of_total), because(of_window));
    let policy = [frame.protocol.failure_policy];
    let challenges = frame.challenges(limit, true);
    let tie = frame.protocol.tie;
    let spread = |variant: Variant, tie: Tie| Spread {
        challenges: challenges.clone(),
        policies: &policy,
        weightings: Weighting::ALL,
        tie,
        variant,
    };
    let window = side.window(frame.protocol, limit).map(|(first, last)| Population::Window(first, last));
    if let Some(window) = &window {
        cell(frame, &of_window, window, &within.pooled, &spread(Variant::of("window", "pooled"), tie));
    }
    let (other, word) = match tie {
        Tie::AtOrAbove => (Tie::Above, "above"),
        Tie::Above => (Tie::AtOrAbove, "at_or_above"),
    };
    let mut tied = spread(Variant::of("tie", word), other);
    tied.challenges.retain(|challenge| {
        let column = frame.tally.grid.column(limit, *challenge);
        column.is_some_and(|column| total.total(column, |combo| combo.get(Combo::TIE)) > 0)
    });
    cell(frame, &of_total, population, total, &tied);
    window::rows(frame, &of_window, within, &tied);
    if view.group.slot(Some(limit), Slot::Straddling, frame.protocol).is_empty() {
        return;
    }
    let (all_slot, window_slot) = side.with_straddling();
    let with = [all_slot, window_slot].map(|slot| view.group.slot(Some(limit), slot, frame.protocol));
    // Under-age rates change when all straddling attempts are taken as under, adult rates when all are over.
    let (inside, outside) = if side == Side::UnderAgePass { ("under", "over") } else { ("over", "under") };
    for (word, cells) in [(inside, [&with[0], &with[1]]), (outside, [total, &within.pooled])] {
        let variant = Variant::of("straddling", word);
        cell(frame, &of_total, population, cells[0], &spread(variant.clone(), tie));
        if let Some(window) = &window {
            cell(frame, &of_window, window, cells[1], &spread(variant.with("window", "pooled"), tie));
        }
    }
}

/// Single years with an attempt: every year below the limit, or from the limit to the end of the adult window and
/// one row for all later years.
fn single_years(frame: &mut Frame<'_>, view: &View<'_>, spread: &Spread<'_>) {
    let limit = view.limit.years();
    let last = frame.protocol.over_window(view.limit).map_or(limit, |(_, last)| last + 1);
    let range = match view.side {
        Side::UnderAgePass => 0..limit,
        Side::AdultDenial => limit..last,
    };
    for (year, found) in view.years.range(range) {
        cell(frame, view, &Population::Age(*year), found, spread);
    }
    if view.side == Side::AdultDenial {
        let rest = view.group.slot(Some(view.limit), Slot::OverRest, frame.protocol);
        if !rest.is_empty() {
            cell(frame, view, &Population::AgeFrom(last), &rest, spread);
        }
    }
}

/// The rows of one population whose subjects are all in `found`.
pub(super) fn cell(frame: &mut Frame<'_>, view: &View<'_>, population: &Population, found: &Cell, spread: &Spread<'_>) {
    for challenge in &spread.challenges {
        let Some(column) = frame.tally.grid.column(view.limit, *challenge) else { continue };
        let (undecided, ties) = side_counts(found, column, *challenge);
        for policy in spread.policies {
            let clusters: Clusters = found.clusters(column, |combo| view.side.pair(combo, *policy, spread.tie));
            for weighting in spread.weightings {
                let place = Place {
                    failure_policy: Some(*policy),
                    weighting: Some(*weighting),
                    variant: spread.variant.clone(),
                    ..view.place(population.clone(), *challenge)
                };
                let entry = view.side.entry();
                match clusters.effective(weigh(*weighting), frame.protocol.levels.display) {
                    Some(effective) => frame.share(Share {
                        place,
                        entry,
                        clusters: &clusters,
                        effective,
                        undecided,
                        ties,
                        reasons: view.straddling.clone(),
                    }),
                    None => {
                        let counts = Counts { undecided, ties, ..Frame::counts(&clusters) };
                        frame.nothing(place, entry, RowStatus::Empty, counts, "");
                    }
                }
            }
        }
    }
}

/// Attempts undecided, and equal to the challenge age where there is one.
pub(super) fn side_counts(found: &Cell, column: usize, challenge: Option<ChallengeAge>) -> (Option<u64>, Option<u64>) {
    let count = |part: usize| found.total(column, |combo| combo.get(part));
    (Some(count(Combo::UNDECIDED)), challenge.map(|_| count(Combo::TIE)))
}

/// For a method that answers neither ages nor ranges: that challenge ages do not apply to it, and whether it decides
/// itself instead.
fn not_applicable(frame: &mut Frame<'_>, view: &View<'_>, extent: Extent) {
    if extent != Extent::Whole {
        return;
    }
    let population = if view.side == Side::UnderAgePass { Population::Under } else { Population::Over };
    let decides = frame.own_decision(view.limit);
    let reason = if decides { "no answer is an age or a range" } else { "no age and no decision" };
    for challenge in frame.protocol.headline_ages(view.limit) {
        let place = Place {
            failure_policy: Some(frame.protocol.failure_policy),
            weighting: Some(Weighting::Subject),
            ..view.place(population.clone(), Some(challenge))
        };
        frame.nothing(place, view.side.entry(), RowStatus::NotApplicable, Counts::default(), reason);
    }
}
