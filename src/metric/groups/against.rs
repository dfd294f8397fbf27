//! Each group against everybody who is not in it: the difference, its interval, and a test, adjusted within the column.

mod shared;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::super::catalogue::{self, Entry};
use super::super::error::counts as error_counts;
use super::super::frame::{FEW_HOLD_MOST, Frame, flag};
use super::super::level::{Among, Level, Rule, Standing};
use super::super::standard::over_years;
use super::super::threshold::{Side, years_of};
use super::null::EXPECTED;
use super::{both, difference_of, groups_of, is_crossing};
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::Protocol;
use crate::stats::{
    Bounded, Effective, MeanSums, Weigh, holm, is_dominated, mean_of_subjects, mover_difference, p_at_zero,
};
use crate::table::{
    Bounds, Counts, Evidence, Group, Interval, Place, Population, Quantity, RowStatus, Variant, Weighting,
};
use crate::tally::{GroupTally, Strata, Tally, Together};

/// What a group and the rest are compared in.
#[derive(Debug, Clone, Copy)]
enum Of {
    Rate { limit: AgeLimit, challenge: Option<ChallengeAge>, side: Side, among: Among },
    Error { entry: Entry, window: Option<(u32, u32)> },
}

/// A group beside the rest.
struct Difference {
    /// Value and bounds; none where one of the two has none.
    found: Option<(f64, Option<Bounds>)>,
    /// Why there is no value, or no claim.
    reasons: Vec<String>,
    status: RowStatus,
    counts: Counts,
    p: Option<f64>,
    /// What else speaks against a claim on the value, though its p has a place in the family.
    beside: Vec<String>,
    /// Why no claim can rest on `p`, where the difference itself can carry one.
    few: Option<String>,
    /// Whether bands of several years are in a window and in none of its years.
    left_out: bool,
}

/// The rows of one column or crossing: for every place the groups' differences, then their p-values.
pub(super) fn rows(frame: &mut Frame<'_>, by: &str) {
    let (tally, protocol) = (frame.tally, frame.protocol);
    let groups = groups_of(frame, by);
    let Some(whole) = tally.whole() else { return };
    let shared = whole.families.strata.get(by).is_some_and(Strata::is_split);
    let places = places(frame, by, shared);
    let all: Vec<Vec<Difference>> = groups
        .par_iter()
        .map(|(name, group)| {
            let pair = Pair::of(tally, protocol, whole, name, group, shared);
            let standings = pair.standings();
            places.iter().map(|of| pair.difference(*of, &standings)).collect()
        })
        .collect();
    for (index, of) in places.iter().enumerate() {
        let column: Vec<&Difference> = all.iter().filter_map(|own| own.get(index)).collect();
        let tested: Vec<(usize, f64)> = column
            .iter()
            .enumerate()
            .filter_map(|(at, found)| found.p.filter(|_| found.reasons.is_empty()).map(|p| (at, p)))
            .collect();
        let p: Vec<f64> = tested.iter().map(|(_, p)| *p).collect();
        // Of two groups each is the other's rest: that is one test.
        let adjusted = if groups.len() == 2 { p.clone() } else { holm(&p).unwrap_or_default() };
        let adjusted: BTreeMap<usize, f64> = tested.iter().map(|(at, _)| *at).zip(adjusted).collect();
        for (at, ((name, _), found)) in groups.iter().zip(column).enumerate() {
            row(frame, *of, name, found, adjusted.get(&at).copied());
        }
    }
}

/// What is compared: both rates at the headline challenge ages; of columns, mean errors too. Where somebody is on both
/// sides, windows are pooled.
fn places(frame: &Frame<'_>, by: &str, shared: bool) -> Vec<Of> {
    let window = if shared { Among::Pooled } else { Among::Window };
    let among: &[Among] = if is_crossing(by) { &[window] } else { &[Among::Everyone, window] };
    let mut places = Vec::new();
    for side in [Side::UnderAgePass, Side::AdultDenial] {
        for limit in &frame.protocol.limits {
            for among in
                among.iter().filter(|among| **among == Among::Everyone || side.window(frame.protocol, *limit).is_some())
            {
                for challenge in frame.challenges(*limit, true) {
                    places.push(Of::Rate { limit: *limit, challenge, side, among: *among });
                }
            }
        }
    }
    if !is_crossing(by) && frame.tally.kinds.ages > 0 {
        let windows = frame.protocol.between_groups.error_windows.iter().map(|window| Some(*window));
        for window in std::iter::once(None).chain(windows.filter(|_| !shared)) {
            places.extend([catalogue::BIAS, catalogue::MAE].map(|entry| Of::Error { entry, window }));
        }
    }
    places
}

fn row(frame: &mut Frame<'_>, of: Of, name: &Group, found: &Difference, adjusted: Option<f64>) {
    let protocol = frame.protocol;
    let (entry, place) = match of {
        Of::Rate { limit, challenge, side, among } => {
            let (everyone, window) = match side {
                Side::UnderAgePass => (Population::Under, protocol.under_window(limit)),
                Side::AdultDenial => (Population::Over, protocol.over_window(limit)),
            };
            let population = match (among, window) {
                (Among::Window | Among::Pooled, Some((first, last))) => Population::Window(first, last),
                _ => everyone,
            };
            let variant = Variant::of("against", "rest");
            let variant = if among == Among::Pooled { variant.with("window", "pooled") } else { variant };
            let policy = Some(protocol.failure_policy);
            let place =
                Place { limit: Some(limit), challenge, failure_policy: policy, population, variant, ..Place::of_all() };
            (side.entry(), place)
        }
        Of::Error { entry, window } => {
            let population = window.map_or(Population::All, |(first, last)| Population::Window(first, last));
            (entry, Place { population, variant: Variant::of("against", "rest"), ..Place::of_all() })
        }
    };
    let place = Place { group: name.clone(), weighting: Some(Weighting::Subject), ..place };
    let difference = difference_of(entry);
    let Some((value, bounds)) = found.found else {
        frame.nothing(place, difference, found.status, found.counts, &found.reasons.join(", "));
        if found.left_out {
            frame.flag_last(flag::BANDS_LEFT_OUT);
        }
        return;
    };
    let own: Vec<String> = found.reasons.iter().chain(&found.beside).cloned().collect();
    let evidence = Some(Evidence::of(own.clone()));
    let quantity = Quantity { value, bounds, counts: found.counts, evidence };
    frame.quantity(place.clone(), difference, quantity);
    if bounds.is_none() {
        frame.flag_last(flag::NO_INTERVAL);
    }
    if found.left_out {
        frame.flag_last(flag::BANDS_LEFT_OUT);
    }
    // A p-value needs what the difference needs, and more.
    let against: Vec<String> = own.into_iter().chain(found.few.clone()).collect();
    let short = !against.is_empty();
    let evidence = Some(Evidence::of(against.clone()));
    let variant = place.variant.clone().with("of", entry.measure.name);
    let mut p = |adjust: &str, value: Option<f64>| {
        let place = Place { variant: variant.clone().with("adjusted", adjust), ..place.clone() };
        match value {
            Some(value) => {
                let quantity = Quantity { value, bounds: None, counts: found.counts, evidence: evidence.clone() };
                frame.quantity(place, catalogue::DIFFERENCE_P, quantity);
            }
            None => {
                let status = if short { RowStatus::InsufficientEvidence } else { RowStatus::NotMeasurable };
                let reason = if short { against.join(", ") } else { "no interval".to_owned() };
                frame.nothing(place, catalogue::DIFFERENCE_P, status, found.counts, &reason);
            }
        }
    };
    p("holm", adjusted);
    if protocol.between_groups.raw_p {
        p("none", found.p);
    }
}

impl Difference {
    fn none(status: RowStatus, counts: Counts, reasons: Vec<String>) -> Self {
        Self { found: None, reasons, status, counts, p: None, beside: Vec::new(), few: None, left_out: false }
    }
}

/// One group, and everybody else.
struct Pair<'a> {
    tally: &'a Tally,
    protocol: &'a Protocol,
    whole: &'a GroupTally,
    name: &'a Group,
    group: &'a GroupTally,
    /// The rest; empty where somebody is on both sides.
    rest: GroupTally,
    years: [BTreeMap<u32, crate::tally::Cell>; 2],
    /// Those on both sides, where there are any in the column.
    together: Option<Together>,
}

impl<'a> Pair<'a> {
    fn of(
        tally: &'a Tally,
        protocol: &'a Protocol,
        whole: &'a GroupTally,
        name: &'a Group,
        group: &'a GroupTally,
        shared: bool,
    ) -> Self {
        let together = shared.then(|| whole.families.together.get(name).cloned().unwrap_or_default());
        let rest = if shared { GroupTally::default() } else { whole.less(group) };
        let years = if shared { [BTreeMap::new(), BTreeMap::new()] } else { [years_of(group), years_of(&rest)] };
        Self { tally, protocol, whole, name, group, rest, years, together }
    }

    /// Both sides at every limit; nothing where somebody is on both.
    fn standings(&self) -> Vec<(AgeLimit, Side, [Standing<'_>; 2])> {
        let places = self
            .protocol
            .limits
            .iter()
            .flat_map(|limit| [Side::UnderAgePass, Side::AdultDenial].map(|side| (*limit, side)));
        let one = |(limit, side)| {
            let of = |group, years| Standing::of(self.name, group, years, limit, side, self.protocol);
            (limit, side, [of(self.group, &self.years[0]), of(&self.rest, &self.years[1])])
        };
        places.filter(|_| self.together.is_none()).map(one).collect()
    }

    fn difference(&self, of: Of, standings: &[(AgeLimit, Side, [Standing<'_>; 2])]) -> Difference {
        match (of, &self.together) {
            (Of::Rate { limit, challenge, side, among }, None) => {
                let found = standings.iter().find(|(at, of, _)| (*at, *of) == (limit, side));
                match found {
                    Some((.., standings)) => self.rate(standings, challenge, among),
                    None => Difference::none(RowStatus::NotApplicable, Counts::default(), Vec::new()),
                }
            }
            (Of::Rate { limit, challenge, side, among }, Some(together)) => {
                self.shared_rate(together, limit, challenge, side, among)
            }
            (Of::Error { entry, window }, None) => self.error(&entry, window),
            (Of::Error { entry, .. }, Some(together)) => self.shared_error(together, &entry),
        }
    }

    /// Two sides without a common subject: MOVER on both Wilson intervals.
    fn rate(&self, standings: &[Standing<'_>; 2], challenge: Option<ChallengeAge>, among: Among) -> Difference {
        let (protocol, grid) = (self.protocol, &self.tally.grid);
        let rule = Rule::of(protocol, protocol.failure_policy);
        let sides = standings.each_ref().map(|standing| standing.at(grid, challenge, among, rule, protocol));
        let [Some(own), Some(rest)] = sides else {
            return Difference::none(RowStatus::NotApplicable, Counts::default(), Vec::new());
        };
        let counts = both(Frame::counts(&own.clusters), Frame::counts(&rest.clusters));
        let left_out = own.left_out || rest.left_out;
        let (Some(p), Some(q)) = (own.effective, rest.effective) else {
            return Difference { left_out, ..without(&own, &rest, counts) };
        };
        let at = |level: f64| {
            let bounded = |rate: Effective| Bounded::wilson(rate.p, rate.n_star, level);
            Some(mover_difference(bounded(p)?, bounded(q)?))
        };
        let mut reasons = floor(protocol, own.clusters.subjects(), rest.clusters.subjects());
        reasons.extend(thin(protocol, p.n_star, q.n_star));
        reasons.extend(own.reasons);
        reasons.extend(rest.reasons.into_iter().map(|reason| format!("{reason} in the rest")));
        let few = few_expected([(p.p, p.n_star), (q.p, q.n_star)]);
        Difference { left_out, few, ..self.mover(at, p.p - q.p, counts, reasons) }
    }

    fn mover(
        &self,
        at: impl Fn(f64) -> Option<Bounded>,
        value: f64,
        counts: Counts,
        reasons: Vec<String>,
    ) -> Difference {
        let level = self.protocol.levels.display;
        let bounds =
            at(level).map(|found| Bounds { interval: Interval::Mover, level, low: found.low, high: found.high });
        let p = bounds.map(|_| p_at_zero(|level| at(level).is_none_or(|found| found.low <= 0.0 && 0.0 <= found.high)));
        let (status, beside, few, left_out) = (RowStatus::Value, Vec::new(), None, false);
        Difference { found: Some((value, bounds)), reasons, status, counts, p, beside, few, left_out }
    }

    /// Mean errors of two sides without a common subject: MOVER on both Student intervals.
    fn error(&self, entry: &Entry, window: Option<(u32, u32)>) -> Difference {
        let (own, rest) = match window {
            None => {
                let of = |group: &GroupTally| {
                    let parts = if *entry == catalogue::BIAS { group.errors.signed() } else { group.errors.absolute() };
                    let dominated = is_dominated(&parts, Weigh::Subjects).then(|| FEW_HOLD_MOST.to_owned());
                    let against = dominated.into_iter().collect();
                    mean_of_subjects(&parts, Weigh::Subjects).map(|mean| (mean, error_counts(&group.errors), against))
                };
                (of(self.group).ok_or_else(Vec::new), of(&self.rest).ok_or_else(Vec::new))
            }
            Some(window) => {
                let name = format!("window={}-{}", window.0, window.1);
                let nobody = crate::tally::StandardTally::default();
                let of = |group: &GroupTally| {
                    over_years(group.families.standards.get(&name).unwrap_or(&nobody), window, entry)
                };
                (of(self.group), of(&self.rest))
            }
        };
        let ((own, counts, against), (rest, other, in_rest)) = match (own, rest) {
            (Ok(own), Ok(rest)) => (own, rest),
            (own, rest) => {
                let (years, place) =
                    if let Err(years) = own { (years, "") } else { (rest.err().unwrap_or_default(), " in the rest") };
                if years.is_empty() {
                    let reason = format!("nobody answered with an age{place}");
                    return Difference::none(RowStatus::Empty, Counts::default(), vec![reason]);
                }
                let reason = format!("no subject aged {}{place}", super::super::window::list(&years));
                return Difference::none(RowStatus::InsufficientEvidence, Counts::default(), vec![reason]);
            }
        };
        let at = |level: f64| {
            let bounded = |mean: &MeanSums| {
                let (low, high) = mean.estimate(level).bounds?;
                Bounded::new(mean.mean, low, high)
            };
            Some(mover_difference(bounded(&own)?, bounded(&rest)?))
        };
        let reasons = floor(self.protocol, own.subjects, rest.subjects);
        let in_rest = in_rest.into_iter().map(|reason: String| format!("{reason} in the rest"));
        let beside = against.into_iter().chain(in_rest).collect();
        Difference { beside, ..self.mover(at, own.mean - rest.mean, both(counts, other), reasons) }
    }
}

/// Why a difference has no value: one of the two sides has none.
fn without(own: &Level, rest: &Level, counts: Counts) -> Difference {
    let (side, place) = if own.effective.is_none() { (own, "") } else { (rest, " in the rest") };
    if side.reasons.is_empty() || (side.clusters.subjects() == 0 && !side.left_out) {
        return Difference::none(RowStatus::Empty, counts, vec![format!("nobody to count{place}")]);
    }
    let reasons = side.reasons.iter().map(|reason| format!("{reason}{place}")).collect();
    Difference::none(RowStatus::InsufficientEvidence, counts, reasons)
}

/// Too few subjects on a side.
fn floor(protocol: &Protocol, own: u64, rest: u64) -> Vec<String> {
    let least = protocol.evidence.subjects;
    let side =
        |(subjects, place): (u64, &str)| (subjects < least).then(|| format!("{subjects}<{least} subjects{place}"));
    [(own, ""), (rest, " in the rest")].into_iter().filter_map(side).collect()
}

/// Too few events, or attempts that are none, to be expected on one of two sides, each with its rate and n*, if both were alike.
/// The level at which MOVER's bounds touch 0 is far too small there: against thousands, one event among 30 people has
/// p = 6e-6, and Fisher's test 0.03.
///
/// Source: Cochran (1954), Biometrics 10, as of permutation nulls ([`super::null::EXPECTED`]).
fn few_expected(sides: [(f64, f64); 2]) -> Option<String> {
    let all: f64 = sides.iter().map(|(_, n_star)| n_star).sum();
    let rate = sides.iter().map(|(rate, n_star)| rate * n_star).sum::<f64>() / all;
    let smaller = sides.iter().map(|(_, n_star)| *n_star).fold(f64::INFINITY, f64::min);
    let (events, others) = (smaller * rate, smaller * (1.0 - rate));
    let (expected, what) = if events < others { (events, "events") } else { (others, "attempts without one") };
    (expected < EXPECTED).then(|| format!("{expected:.1}<{EXPECTED:.0} {what} expected on one side"))
}

/// Too small an effective sample on a side.
fn thin(protocol: &Protocol, own: f64, rest: f64) -> Vec<String> {
    let least = protocol.evidence.n_star;
    let side = |(n_star, place): (f64, &str)| (n_star < least).then(|| format!("n* {n_star:.1}<{least}{place}"));
    [(own, ""), (rest, " in the rest")].into_iter().filter_map(side).collect()
}
