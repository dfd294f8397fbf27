//! M8: scores, probabilities, and ages with a spread.
//!
//! These need the attempts themselves: with the tally alone they are `not_measurable`, reason `needs_rows`.

mod curve;
mod probability;
mod spread;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::Facts;
use super::catalogue::{self, Entry};
use super::frame::{FEW_HOLD_MOST, Frame};
use super::threshold::{attempts, straddling_reason, too_many_straddle};
use crate::age::AgeLimit;
use crate::protocol::Protocol;
use crate::stats::{Clusters, Ranks, Triple};
use crate::table::{
    Context, Counts, FailurePolicy, Group, Place, Population, Row, RowStatus, Variant, Weighting, twelve_digits,
};
use crate::tally::{Counted, ScoreKind, ScoreRows, ScoredAttempt, Slot, Tally};

/// The scores themselves.
#[derive(Debug, Clone, Copy)]
pub enum Scores<'a> {
    /// They are at hand.
    Rows(ScoreRows<'a>),
    /// Only the tally was kept.
    NotKept,
}

/// What is said of scores that are probabilities.
const OF_PROBABILITIES: [Entry; 5] = [
    catalogue::BRIER,
    catalogue::LOG_LOSS,
    catalogue::CALIBRATION_ERROR,
    catalogue::CALIBRATION_ERROR_REDRAWN,
    catalogue::RELIABILITY,
];
/// What is said of spreads.
const OF_SPREADS: [Entry; 4] =
    [catalogue::COVERAGE_68, catalogue::COVERAGE_95, catalogue::CRPS, catalogue::SPREADS_LEFT_OUT];

/// The rows of M8 of one method: its scores limit by limit, its answered ages as scores, its spreads.
#[must_use]
pub fn scores(context: &Context, protocol: &Protocol, facts: Facts, tally: &Tally, scores: Scores<'_>) -> Vec<Row> {
    let (kinds, limits) = (&tally.kinds, &protocol.limits);
    let count = |place: usize| kinds.scores.get(place).copied().unwrap_or(0);
    let any = (0..limits.len()).any(|place| count(place) > 0);
    let groups: Vec<&Group> = tally.groups.keys().filter(|group| group.parts().len() == 1).collect();
    let framed = |fill: &dyn Fn(&mut Frame<'_>)| {
        let mut frame = Frame::new(context, protocol, facts, tally);
        fill(&mut frame);
        frame.finish()
    };
    let ages = Ages::of(protocol, tally, scores);
    // Ages are at most as many as the protocol says, so several limits at once fit into memory.
    let of_ages = |limit: &AgeLimit| ages.as_ref().map(|ages| framed(&|frame| ages.rows(frame, *limit)));
    let of_ages: Vec<Option<Vec<Row>>> = limits.par_iter().map(of_ages).collect();
    let mut rows = if any { Vec::new() } else { framed(&|frame| absent(frame, None, "no answer has a score")) };
    for ((place, limit), of_ages) in limits.iter().enumerate().zip(of_ages) {
        rows.extend(framed(&|frame| {
            let ranks = match scores {
                Scores::Rows(rows) if count(place) > 0 => rows.ranks(*limit, ScoreKind::Given),
                _ => Ranks::default(),
            };
            let at = At { limit: *limit, kind: ScoreKind::Given, groups: &groups, ranks: &ranks };
            match scores {
                _ if !any => {}
                _ if count(place) == 0 => absent(frame, Some(*limit), "no answer has a score for this limit"),
                Scores::NotKept => {
                    at.absent(frame, RowStatus::NotMeasurable, Counts::default(), "needs_rows");
                    probability::absent(frame, Some(*limit), RowStatus::NotMeasurable, Counts::default(), "needs_rows");
                }
                Scores::Rows(rows) => {
                    let attempts = rows.scored(*limit, ScoreKind::Given);
                    curve::rows(frame, rows, &at, &attempts);
                    probability::rows(frame, *limit, &attempts);
                }
            }
        }));
        rows.extend(of_ages.into_iter().flatten());
    }
    rows.extend(framed(&|frame| spread::rows(frame, scores)));
    rows
}

/// Scores of one kind at one limit.
struct At<'a> {
    limit: AgeLimit,
    kind: ScoreKind,
    /// The groups on which thresholds are used unchanged, besides the whole dataset.
    groups: &'a [&'a Group],
    /// The places of the scores among the distinct ones, a place a sample.
    ranks: &'a Ranks,
}

/// Why no claim can rest on the attempts of `group` below `limit`, and at or above it: too many straddle it.
pub(super) fn straddling(frame: &Frame<'_>, limit: AgeLimit, group: &Group) -> [Vec<String>; 2] {
    let Some(group) = frame.tally.groups.get(group) else { return [Vec::new(), Vec::new()] };
    let slot = |slot| group.slot(Some(limit), slot, frame.protocol);
    let outside = slot(Slot::Straddling);
    [Slot::Under, Slot::Over].map(|side| too_many_straddle(&slot(side), &outside, frame.protocol))
}

/// Why no claim can rest on the attempts of `group` on both sides of `limit` together.
pub(super) fn straddling_both(frame: &Frame<'_>, limit: AgeLimit, group: &Group) -> Vec<String> {
    let Some(group) = frame.tally.groups.get(group) else { return Vec::new() };
    let count = |slot| attempts(&group.slot(Some(limit), slot, frame.protocol));
    straddling_reason(count(Slot::Under) + count(Slot::Over), count(Slot::Straddling), frame.protocol)
}

impl At<'_> {
    fn place(&self, weighting: Weighting) -> Place {
        let variant = match self.kind {
            ScoreKind::Given => Variant::none(),
            ScoreKind::Age => Variant::of("scores", "age"),
        };
        Place { limit: Some(self.limit), variant, weighting: Some(weighting), ..Place::of_all() }
    }

    /// The place of what is said of one target: of its threshold, and of the rate of one side at it.
    fn of_target(&self, target: f64) -> Place {
        let place = self.place(Weighting::Subject);
        Place { variant: place.variant.clone().with("target", twelve_digits(target)), ..place }
    }

    /// Rows without a value: every one of the curve, but for its points.
    fn absent(&self, frame: &mut Frame<'_>, status: RowStatus, counts: Counts, reason: &str) {
        if self.kind == ScoreKind::Given && status == RowStatus::NotMeasurable {
            let place = Place { weighting: None, ..self.place(Weighting::Attempt) };
            frame.nothing(place, catalogue::SCORES_MISSING, status, counts, reason);
        }
        frame.nothing(self.place(Weighting::Attempt), catalogue::AUC, status, counts, reason);
        for entry in [catalogue::EQUAL_ERROR, catalogue::EQUAL_ERROR_THRESHOLD] {
            frame.nothing(self.place(Weighting::Subject), entry, status, counts, reason);
        }
        for target in frame.protocol.scores.targets.clone() {
            self.target_absent(frame, target, status, counts, reason);
        }
    }

    /// The rows of one target without a value.
    fn target_absent(&self, frame: &mut Frame<'_>, target: f64, status: RowStatus, counts: Counts, reason: &str) {
        let place = self.of_target(target);
        frame.nothing(place.clone(), catalogue::THRESHOLD, status, counts, reason);
        let whole = Group::whole();
        for group in std::iter::once(&whole).chain(self.groups.iter().copied()) {
            for (entry, _, population) in RATES {
                let place = rate_place(&place, group, population);
                frame.nothing(place, entry, status, Counts::default(), reason);
            }
        }
    }
}

/// Both rates: the entry, whether it is of people over the limit, and the population.
const RATES: [(Entry, bool, Population); 2] =
    [(catalogue::UNDER_AGE_PASS, false, Population::Under), (catalogue::ADULT_DENIAL, true, Population::Over)];

fn rate_place(place: &Place, group: &Group, population: Population) -> Place {
    let failure_policy = Some(FailurePolicy::Conditional);
    Place { population, failure_policy, group: group.clone(), ..place.clone() }
}

/// Answered ages as scores, of which there is only the curve, and of the whole dataset.
enum Ages<'a> {
    /// With their places among the distinct ones.
    Scores(ScoreRows<'a>, Ranks),
    /// Why they are not at hand.
    Not(String),
}

impl<'a> Ages<'a> {
    /// `None` where no age was answered.
    fn of(protocol: &Protocol, tally: &Tally, scores: Scores<'a>) -> Option<Self> {
        let most = u64::from(protocol.scores.ages_up_to);
        let (answered, limit) = (tally.kinds.ages, *protocol.limits.first()?);
        Some(match scores {
            _ if answered == 0 => return None,
            Scores::NotKept => Self::Not("needs_rows".to_owned()),
            Scores::Rows(_) if answered > most => Self::Not(format!("more than {most} attempts")),
            Scores::Rows(rows) => Self::Scores(rows, rows.ranks(limit, ScoreKind::Age)),
        })
    }

    /// The rows of one limit.
    fn rows(&self, frame: &mut Frame<'_>, limit: AgeLimit) {
        let none = Ranks::default();
        let at = |ranks| At { limit, kind: ScoreKind::Age, groups: &[], ranks };
        match self {
            Self::Scores(rows, ranks) => {
                curve::rows(frame, *rows, &at(ranks), &rows.scored(limit, ScoreKind::Age));
            }
            Self::Not(reason) => {
                at(&none).absent(frame, RowStatus::NotMeasurable, Counts::default(), reason);
            }
        }
    }
}

/// The rows of the metrics of scores without a value, as they would be with one, but for the rates at thresholds: the
/// method has no scores, for this limit or at all.
fn absent(frame: &mut Frame<'_>, limit: Option<AgeLimit>, reason: &str) {
    let (status, counts) = (RowStatus::NotApplicable, Counts::default());
    let place = |weighting: Weighting| Place { limit, weighting: Some(weighting), ..Place::of_all() };
    frame.nothing(place(Weighting::Attempt), catalogue::AUC, status, counts, reason);
    for entry in [catalogue::EQUAL_ERROR, catalogue::EQUAL_ERROR_THRESHOLD] {
        frame.nothing(place(Weighting::Subject), entry, status, counts, reason);
    }
    for target in &frame.protocol.scores.targets {
        let variant = Variant::of("target", twelve_digits(*target));
        let place = Place { variant, ..place(Weighting::Subject) };
        frame.nothing(place, catalogue::THRESHOLD, status, counts, reason);
    }
    probability::absent(frame, limit, status, counts, reason);
}

/// The subjects behind attempts, each an event or not, with the attempt's weight where samples weigh differently.
pub(super) fn clusters(attempts: impl Iterator<Item = (u32, bool, Option<i64>)>) -> Clusters {
    let mut by_unit: Vec<(u32, u32)> = Vec::new();
    let mut weights: Vec<[i64; 2]> = Vec::new();
    for (unit, event, weight) in attempts {
        let unit = unit as usize;
        if by_unit.len() <= unit {
            by_unit.resize(unit + 1, (0, 0));
        }
        let own = &mut by_unit[unit];
        (own.0, own.1) = (own.0 + u32::from(event), own.1 + 1);
        if let Some(weight) = weight {
            weights.resize(by_unit.len().max(weights.len()), [0; 2]);
            weights[unit][0] += if event { weight } else { 0 };
            weights[unit][1] += weight;
        }
    }
    let mut alike = Alike::default();
    for (unit, pair) in by_unit.into_iter().enumerate() {
        alike.add(pair, weights.get(unit).map(|weights| &weights[..]));
    }
    alike.clusters()
}

/// Subjects by (events, attempts). Those of few attempts, who weigh the same, are counted without a map.
#[derive(Default)]
struct Alike {
    few: [[u64; FEW]; FEW],
    pairs: BTreeMap<(u32, u32), Counted>,
}

/// One more than the attempts of those who have few.
const FEW: usize = 8;

impl Alike {
    /// Counts a subject, unless it has no attempt.
    fn add(&mut self, pair: (u32, u32), weights: Option<&[i64]>) {
        match (weights, self.few.get_mut(pair.1 as usize)) {
            _ if pair.1 == 0 => {}
            (None, Some(few)) => few[pair.0 as usize] += 1,
            (own, _) => self.pairs.entry(pair).or_default().add(own.unwrap_or_default()),
        }
    }

    fn clusters(&self) -> Clusters {
        let triple = |(events, attempts): (u32, u32), counted: &Counted| Triple {
            events: u64::from(events),
            attempts: u64::from(attempts),
            subjects: counted.subjects,
            weights: counted.pair_weights(),
        };
        let few = (0..).zip(&self.few).flat_map(|(attempts, few)| {
            let one = move |(events, subjects): (u64, &u64)| (events, *subjects);
            (0..).zip(few).map(one).map(move |(events, subjects)| Triple { events, attempts, subjects, weights: None })
        });
        Clusters::of_triples(few.chain(self.pairs.iter().map(|(pair, counted)| triple(*pair, counted))))
    }
}

/// Attempts and subjects of both sides of the limit.
struct Sides {
    /// Attempts: under, over.
    attempts: [u64; 2],
    /// Subjects: under, over, and all.
    subjects: [u64; 3],
    /// Whether few subjects hold most attempts, or most of their weight, on one of the sides.
    dominated: bool,
}

impl Sides {
    fn of(attempts: &[ScoredAttempt]) -> Self {
        let mut sides = Self { attempts: [0; 2], subjects: [0; 3], dominated: false };
        // What the attempts of each subject weigh under, and over; 0 where it has none there.
        let mut weights: Vec<[u64; 2]> = Vec::new();
        for one in attempts {
            let (unit, side) = (one.unit as usize, usize::from(one.over));
            if weights.len() <= unit {
                weights.resize(unit + 1, [0; 2]);
            }
            sides.attempts[side] += 1;
            sides.subjects[2] += u64::from(weights[unit] == [0; 2]);
            sides.subjects[side] += u64::from(weights[unit][side] == 0);
            weights[unit][side] += one.weight.map_or(1, i64::unsigned_abs).max(1);
        }
        sides.dominated = [0, 1].into_iter().any(|side| {
            let own = || weights.iter().map(|weights| weights[side] as f64);
            let (sum, square) = (own().sum::<f64>(), own().map(|weight| weight * weight).sum::<f64>());
            square > 0.0 && sum * sum / square < sides.subjects[side] as f64 / 2.0
        });
        sides
    }

    fn counts(&self) -> Counts {
        let [under, over] = self.attempts;
        Counts { attempts: Some(under + over), subjects: Some(self.subjects[2]), ..Counts::default() }
    }
}

/// Whether two sides of `limit`, each with its subjects, can carry a claim; `by_attempts` where attempts weigh the same.
fn evidence(frame: &Frame<'_>, limit: AgeLimit, sides: &Sides, by_attempts: bool) -> crate::table::Evidence {
    use crate::table::Evidence;
    let floor = frame.protocol.evidence.subjects;
    let side =
        |(count, name): (u64, &str)| (count < floor).then(|| format!("{count}<{floor} subjects {name} the limit"));
    let mut short: Vec<String> =
        [(sides.subjects[0], "under"), (sides.subjects[1], "over")].into_iter().filter_map(side).collect();
    let straddling = straddling(frame, limit, &Group::whole()).into_iter().zip(["under", "over"]);
    short.extend(
        straddling
            .flat_map(|(reasons, side)| reasons.into_iter().map(move |reason| format!("{reason} {side} the limit"))),
    );
    short.extend((by_attempts && sides.dominated).then(|| FEW_HOLD_MOST.to_owned()));
    Evidence::of(short)
}
