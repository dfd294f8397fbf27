//! M5: what a method would do to visitors of stated ages.

use std::collections::BTreeMap;

use super::balanced::{REPLICATES, adds, linearised};
use super::catalogue::{self, Entry};
use super::cells::{Keyed, no_subject};
use super::frame::{Frame, Share, against, flag};
use super::threshold::{Side, attempts, too_many_straddle};
use super::window::too_many_bands;
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::Projection;
use crate::stats::{
    self, Alike, Bootstrap, Bounded, Clusters, Effective, Pair, Weigh, mover_ratio, percentile_bounds, wilson,
};
use crate::table::{Bounds, Counts, Evidence, Interval, Place, Population, Quantity, RowStatus, Weighting};
use crate::tally::{AgeClass, Cell, CellKey, Combo, GroupTally, Slot};

const SIDES: [Side; 2] = [Side::UnderAgePass, Side::AdultDenial];

/// The rows of the whole dataset, for each projection, limit and headline challenge age, by subject weighting: both
/// rates, minors passed and adults denied of 1,000 visitors, and the share of adults among those who pass. The rates
/// are those of single completed years, never of a window.
pub(super) fn rows(frame: &mut Frame<'_>, group: &GroupTally) {
    if frame.protocol.projections.is_empty() {
        return;
    }
    let class = |(class, cell)| match class {
        AgeClass::Year(year) => Some(((String::new(), year), cell)),
        AgeClass::Band(..) => None,
    };
    let single: BTreeMap<CellKey, &Cell> = group.of_one_class().filter_map(class).collect();
    for projection in frame.protocol.projections.clone() {
        for limit in frame.protocol.limits.clone() {
            for challenge in frame.challenges(limit, true) {
                let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
                Visitors::of(frame, group, &single, &projection, limit, challenge, column).rows(frame);
            }
        }
    }
}

/// One projection at one limit and challenge age.
struct Visitors<'a> {
    projection: &'a Projection,
    limit: AgeLimit,
    challenge: Option<ChallengeAge>,
    column: usize,
    /// Share of the visitors below the limit, and at or above it.
    shares: [f64; 2],
    cells: [Keyed; 2],
    means: [Option<Effective>; 2],
    units: Vec<Alike>,
    /// The cells of both sides together; only where subjects weigh differently.
    together: Option<Keyed>,
    /// Why no claim can rest on each side: ages that straddle the limit, or are bands of years.
    against: [Vec<String>; 2],
}

impl<'a> Visitors<'a> {
    fn of(
        frame: &Frame<'_>,
        group: &GroupTally,
        single: &BTreeMap<CellKey, &Cell>,
        projection: &'a Projection,
        limit: AgeLimit,
        challenge: Option<ChallengeAge>,
        column: usize,
    ) -> Self {
        let (policy, tie, level) = (frame.protocol.failure_policy, frame.protocol.tie, frame.protocol.levels.display);
        let vectors = &group.families.ages;
        let total: f64 = projection.ages.iter().map(|(_, weight)| weight).sum();
        let weights: BTreeMap<u32, f64> =
            projection.ages.iter().map(|(year, weight)| (*year, weight / total)).collect();
        let on = |year: u32, side: Side| (year < limit.years()) == (side == Side::UnderAgePass);
        let keys = SIDES.map(|side| -> Vec<CellKey> {
            weights.keys().filter(|year| on(**year, side)).map(|year| (String::new(), *year)).collect()
        });
        let pair = |at: usize, combo: Combo| -> Pair { SIDES[at].pair(combo, policy, tie) };
        let cells = [0, 1].map(|at| {
            Keyed::of(&keys[at], |key| single.get(key).copied(), vectors, column, |_, combo| pair(at, combo))
        });
        let weight = |key: &CellKey| weights.get(&key.1).copied().unwrap_or_default();
        let means = [0, 1].map(|at| cells[at].mean(weight, Weigh::Subjects, level));
        let shares = SIDES.map(|side| weights.iter().filter(|(year, _)| on(**year, side)).map(|(_, w)| w).sum());
        // Everybody's contribution to the present cells, minors' first, for the bootstrap.
        let mut place: BTreeMap<&CellKey, (usize, usize)> = BTreeMap::new();
        for (at, cells) in cells.iter().enumerate() {
            for (key, _) in &cells.present {
                let next = place.len();
                place.insert(key, (at, next));
            }
        }
        let add = |key: &CellKey, combo: Combo| {
            let (at, cell) = *place.get(key)?;
            adds(cell, pair(at, combo), Weigh::Subjects)
        };
        let mut units = Vec::new();
        for key in place.keys() {
            for (combo, subjects) in single.get(*key).into_iter().flat_map(|cell| cell.at(column)) {
                units.extend(add(key, combo).map(|add| Alike { subjects, adds: vec![add] }));
            }
        }
        for (vector, counted) in vectors.columns.get(&column).into_iter().flatten() {
            let adds: Vec<_> = vector.iter().filter_map(|(key, combo)| add(key, *combo)).collect();
            if !adds.is_empty() {
                units.push(Alike { subjects: counted.subjects, adds });
            }
        }
        let weighted = cells.iter().any(|cells| cells.pooled.weighted());
        let together = weighted.then(|| {
            let side = |key: &CellKey| usize::from(key.1 >= limit.years());
            let of_both = |key: &CellKey, combo| pair(side(key), combo);
            Keyed::of(&keys.concat(), |key| single.get(key).copied(), vectors, column, of_both)
        });
        let against = SIDES.map(|side| unplaced(frame, group, limit, side));
        Self { projection, limit, challenge, column, shares, cells, means, units, together, against }
    }

    fn rows(&self, frame: &mut Frame<'_>) {
        let place = Place {
            limit: Some(self.limit),
            challenge: self.challenge,
            failure_policy: Some(frame.protocol.failure_policy),
            population: Population::Projected(self.projection.name.clone()),
            weighting: Some(Weighting::Subject),
            ..Place::of_all()
        };
        let missing = self.cells.iter().any(|cells| !cells.missing.is_empty());
        for (at, counted) in [catalogue::MINORS_PASSED, catalogue::ADULTS_DENIED].into_iter().enumerate() {
            self.side(frame, &place, at, counted);
        }
        if missing {
            let missing: Vec<CellKey> = self.cells.iter().flat_map(|cells| cells.missing.clone()).collect();
            let reason = no_subject(&missing, self.cells.iter().map(|cells| cells.present.len()).sum());
            let status = RowStatus::InsufficientEvidence;
            frame.nothing(place.clone(), catalogue::PPV, status, self.counts(), &reason);
        }
        self.ppv(frame, if missing { present(&place) } else { place });
    }

    fn counts(&self) -> Counts {
        // A subject of both sides is in both; attempts are not.
        let attempts = self.cells.iter().map(|cells| cells.pooled.attempts()).sum();
        let subjects = self.units.iter().map(|unit| unit.subjects).sum();
        Counts { attempts: Some(attempts), subjects: Some(subjects), ..Counts::default() }
    }

    /// The rate of one side, and how many of 1,000 visitors it makes.
    fn side(&self, frame: &mut Frame<'_>, place: &Place, at: usize, counted: Entry) {
        let (cells, rate) = (&self.cells[at], SIDES[at].entry());
        let ties = self.challenge.map(|_| cells.ties);
        let counts = Counts { undecided: Some(cells.undecided), ties, ..Frame::counts(&cells.pooled) };
        if cells.present.is_empty() && cells.missing.is_empty() {
            let reason = if at == 0 { "no visitor is below the limit" } else { "no visitor is at or above the limit" };
            for entry in [rate, counted] {
                frame.nothing(place.clone(), entry, RowStatus::NotApplicable, counts, reason);
            }
            return;
        }
        if !cells.missing.is_empty() {
            let reason = no_subject(&cells.missing, cells.present.len());
            for entry in [rate, counted] {
                frame.nothing(place.clone(), entry, RowStatus::InsufficientEvidence, counts, &reason);
            }
        }
        let Some(effective) = self.means[at] else { return };
        let place = if cells.missing.is_empty() { place.clone() } else { present(place) };
        frame.share(Share {
            place: place.clone(),
            entry: rate,
            clusters: &cells.pooled,
            effective,
            undecided: counts.undecided,
            ties,
            reasons: [cells.reasons(), self.against[at].clone()].concat(),
        });
        if frame.tally.bands {
            frame.flag_last(flag::BANDS_LEFT_OUT);
        }
        let factor = 1000.0 * self.shares[at];
        let level = frame.protocol.levels.display;
        let (low, high) = wilson(effective.p, effective.n_star, level);
        let bounds = Bounds { interval: Interval::Wilson, level, low: factor * low, high: factor * high };
        // As much evidence as the rate has.
        let evidence = frame.last_evidence();
        frame.quantity(
            place,
            counted,
            Quantity { value: factor * effective.p, bounds: Some(bounds), counts, evidence },
        );
        if frame.tally.bands {
            frame.flag_last(flag::BANDS_LEFT_OUT);
        }
    }

    /// (1 - pi)(1 - ADR) / ((1 - pi)(1 - ADR) + pi UPR).
    fn ppv(&self, frame: &mut Frame<'_>, place: Place) {
        let [below, above] = self.shares;
        let value = |pass: f64, deny: f64| {
            let (minors, adults) = (below * pass, above * (1.0 - deny));
            (minors + adults > 0.0).then(|| adults / (minors + adults))
        };
        let rate = |at: usize| self.means[at].map(|mean| mean.p);
        let (pass, deny) = match (rate(0), rate(1)) {
            (Some(pass), Some(deny)) => (pass, deny),
            _ if self.cells.iter().any(|cells| cells.present.is_empty() && cells.missing.is_empty()) => {
                let reason = "all visitors are on one side of the limit";
                return frame.nothing(place, catalogue::PPV, RowStatus::NotApplicable, self.counts(), reason);
            }
            _ => return,
        };
        let Some(point) = value(pass, deny) else {
            return frame.nothing(place, catalogue::PPV, RowStatus::Empty, self.counts(), "nobody passes");
        };
        let weight =
            |key: &CellKey| self.projection.ages.iter().find(|(year, _)| *year == key.1).map_or(0.0, |age| age.1);
        let size = self.cells[0].present.len() + self.cells[1].present.len();
        let bootstrap = Bootstrap::new(frame.protocol.seed, REPLICATES);
        let found = bootstrap.ratios(self.column as u64, &self.units, size);
        let mean = |at: usize, replicate: usize| -> Option<f64> {
            let first = if at == 0 { 0 } else { self.cells[0].present.len() };
            let (mut sum, mut total) = (0.0, 0.0);
            for ((key, _), values) in self.cells[at].present.iter().zip(&found[first..]) {
                sum += weight(key) * values.get(replicate).copied().flatten()?;
                total += weight(key);
            }
            Some(sum / total)
        };
        let replicates: Vec<_> = (0..REPLICATES).map(|at| value(mean(0, at)?, mean(1, at)?)).collect();
        let level = frame.protocol.levels.display;
        let limits = percentile_bounds(&replicates, self.counts().subjects.unwrap_or(0), level);
        let bounds = limits.map(|(low, high)| Bounds { interval: Interval::Bootstrap, level, low, high });
        let bounds = self.together.as_ref().map_or(bounds, |cells| self.linearised(cells, (pass, deny), point, level));
        let bounds = if self.means.iter().flatten().any(|mean| mean.v == 0.0) { self.still(level) } else { bounds };
        let mut reasons: Vec<String> = self.cells.iter().flat_map(Keyed::reasons).collect();
        for (side, cells) in ["below", "at or above"].into_iter().zip(&self.cells) {
            let (subjects, floor) = (cells.pooled.subjects(), frame.protocol.evidence.subjects);
            if subjects < floor {
                reasons.push(format!("{subjects}<{floor} subjects {side} the limit"));
            }
        }
        let words = [" below the limit", " at or above the limit"];
        for (against, side) in self.against.iter().zip(words) {
            reasons.extend(against.iter().map(|reason| format!("{reason}{side}")));
        }
        reasons.extend(self.means.iter().flatten().flat_map(against));
        let evidence = Evidence::of(reasons);
        let quantity = Quantity { value: point, bounds, counts: self.counts(), evidence: Some(evidence) };
        frame.quantity(place, catalogue::PPV, quantity);
        if bounds.is_none() {
            frame.flag_last(flag::NO_INTERVAL);
        }
        if frame.tally.bands {
            frame.flag_last(flag::BANDS_LEFT_OUT);
        }
    }
}

impl Visitors<'_> {
    /// The interval of the positive predictive value where all people of one side have the same share, so that replicates do
    /// not vary there and the covariance of both sides is 0: from that of the ratio of minors to adults who pass.
    fn still(&self, level: f64) -> Option<Bounds> {
        let [pass, deny] = self.means;
        let pass = Bounded::wilson(pass?.p, pass?.n_star, level)?;
        let granted = Bounded::wilson(1.0 - deny?.p, deny?.n_star, level)?;
        let odds = self.shares[0] / self.shares[1];
        let ratio = mover_ratio(pass, granted);
        let (low, high) = (1.0 / (1.0 + odds * ratio.high), 1.0 / (1.0 + odds * ratio.low));
        Some(Bounds { interval: Interval::Mover, level, low, high })
    }

    /// The interval of the positive predictive value where subjects weigh differently: by its slopes in both rates.
    fn linearised(&self, cells: &Keyed, (pass, deny): (f64, f64), point: f64, level: f64) -> Option<Bounds> {
        let [below, above] = self.shares;
        let (minors, adults) = (below * pass, above * (1.0 - deny));
        let slopes = [-below * adults, -above * minors].map(|slope| slope / (minors + adults).powi(2));
        let visitors =
            |key: &CellKey| self.projection.ages.iter().find(|(year, _)| *year == key.1).map_or(0.0, |age| age.1);
        let side = |key: &CellKey| usize::from(key.1 >= self.limit.years());
        let mut totals = [0.0; 2];
        cells.present.iter().for_each(|(key, _)| totals[side(key)] += visitors(key));
        let cell = |(key, clusters): &(CellKey, Clusters)| stats::Cell {
            weight: slopes[side(key)] * visitors(key) / totals[side(key)],
            clusters: clusters.clone(),
        };
        let of_present: Vec<_> = cells.present.iter().map(cell).collect();
        let subjects = self.counts().subjects.unwrap_or(0);
        linearised(&of_present, &cells.joint, Weigh::Subjects, (point, subjects), level)
    }
}

/// Why no claim can rest on the single years of one side of `limit`: too many attempts straddle it, or are of people known by
/// a band of several years, of whom nobody knows which year they belong to.
fn unplaced(frame: &Frame<'_>, group: &GroupTally, limit: AgeLimit, side: Side) -> Vec<String> {
    let slot = |slot| group.slot(Some(limit), slot, frame.protocol);
    let all = slot(side.slot());
    let years = group.classes().into_iter().filter(|class| matches!(class, AgeClass::Year(_)));
    let years = years.filter(|class| class.belongs(side.slot(), limit, frame.protocol));
    let of_years: u64 = years.map(|class| attempts(&group.class(class))).sum();
    let mut reasons = too_many_straddle(&all, &slot(Slot::Straddling), frame.protocol);
    reasons.extend(too_many_bands(of_years, attempts(&all), frame.protocol));
    reasons
}

/// The place of the mean over the ages that are there.
fn present(place: &Place) -> Place {
    Place { variant: place.variant.clone().with("cells", "present"), ..place.clone() }
}
