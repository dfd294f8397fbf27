//! Permutation nulls: what a summary would be if labels were dealt to people of one age by chance.
//!
//! Labels move between subjects, each with all its attempts and what they weigh, within strata of the completed age at the
//! first eligible attempt; subjects of several labels keep theirs. Everything is drawn from sums, so that neither cost nor result
//! depends on where people were tallied.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::super::catalogue::{self, Entry};
use super::super::frame::{Frame, flag};
use super::apart::Apart;
use super::groups_of;
use crate::protocol::Protocol;
use crate::stats::{Drawn, Null, Permutation, REAL_UNDER, Stratum, Values, key, null_of};
use crate::table::{Counts, Evidence, Group, Place, Quantity, RowStatus};
use crate::tally::{AgeClass, Grid, Measured, SHARE_UNIT, Strata};

/// A summary whose null is asked for.
pub(super) struct Request {
    pub entry: Entry,
    pub place: Place,
    pub apart: Apart,
    /// The groups that are in it.
    pub groups: Vec<Group>,
    /// Its observed value.
    pub observed: Option<f64>,
    /// What is summed of the subjects; none where that is not kept.
    pub measured: Option<Measured>,
    /// For each of its metrics whether it is of people at or above the limit.
    pub over: Vec<bool>,
    /// What speaks against the summary itself.
    pub reasons: Vec<String>,
    /// What speaks against a null that is drawn from the normal form.
    pub few: Option<String>,
    pub left_out: bool,
}

/// Least share of the subjects whose label can move.
const MOVABLE: f64 = 0.5;
/// Events, and attempts that are none, that a group must be expected to have for sums drawn from a normal distribution.
/// With one, a test at 5 % is wrong in up to 9.5 % of datasets (docs/validation.md).
///
/// Source: Cochran (1954), Biometrics 10, who asks the same of normal forms of counts.
pub(super) const EXPECTED: f64 = 5.0;

/// The rows of the nulls of one column or crossing, in the order of the requests.
pub(super) fn rows(frame: &mut Frame<'_>, by: &str, requests: &[Request]) {
    let none = Strata::default();
    let strata = frame.tally.whole().and_then(|whole| whole.families.strata.get(by)).unwrap_or(&none);
    let labels: Vec<&Group> = groups_of(frame, by).into_iter().map(|(group, _)| group).collect();
    let measures = Measured::all(&frame.tally.grid, frame.protocol);
    let mut found: BTreeMap<usize, (Option<Null>, Dealt)> = BTreeMap::new();
    for (measure, measured) in measures.iter().enumerate() {
        let asked: Vec<(usize, &Request)> = requests
            .iter()
            .enumerate()
            .filter(|(_, request)| request.measured == Some(*measured) && request.observed.is_some())
            .collect();
        if asked.is_empty() {
            continue;
        }
        let drawing = Drawing::of(strata, measure, *measured, &labels, &frame.tally.grid, frame.protocol);
        let nulls = drawing.nulls(&asked, frame.protocol);
        for ((place, request), null) in asked.iter().zip(nulls) {
            found.insert(*place, (null, drawing.dealt(&request.over)));
        }
    }
    for (place, request) in requests.iter().enumerate() {
        row(frame, request, found.get(&place).copied());
    }
}

fn row(frame: &mut Frame<'_>, request: &Request, found: Option<(Option<Null>, Dealt)>) {
    let variant = |key: &str, value: &str| request.place.variant.clone().with(key, value);
    let p_place = Place { variant: variant("summary", request.entry.measure.name), ..request.place.clone() };
    let median_place = Place { variant: variant("null", "median"), ..request.place.clone() };
    let tail = if request.apart.statistic.falls() { "percentile_5" } else { "percentile_95" };
    let tail_place = Place { variant: variant("null", tail), ..request.place.clone() };
    let places = [(p_place, catalogue::PERMUTATION_P), (median_place, request.entry), (tail_place, request.entry)];
    let counts = Counts::default();
    let mut nothing = |status: RowStatus, reason: &str| {
        for (place, entry) in places.clone() {
            frame.nothing(place, entry, status, counts, reason);
        }
    };
    let (null, dealt) = match (found, request.observed, request.measured) {
        (_, None, _) => return nothing(RowStatus::InsufficientEvidence, "no value to hold against it"),
        (_, _, None) => {
            return nothing(
                RowStatus::NotMeasurable,
                "no null over required cells: what a permutation needs is summed by age, not by cell",
            );
        }
        (None, ..) => return nothing(RowStatus::NotMeasurable, "no sums of strata"),
        (Some((null, dealt)), ..) => (null, dealt),
    };
    let mut reasons = request.reasons.clone();
    if dealt.movable < MOVABLE {
        reasons.push(format!(
            "{:.0}%<{:.0}% of subjects share an age with another group",
            dealt.movable * 100.0,
            MOVABLE * 100.0
        ));
    }
    if dealt.normal {
        reasons.extend(request.few.clone());
    }
    let Some(null) = null else {
        reasons.push("more than 1% of the permutations have no value".to_owned());
        return nothing(RowStatus::InsufficientEvidence, &reasons.join(", "));
    };
    let turned = |value: f64| if request.apart.statistic.falls() { 1.0 - value } else { value };
    for ((place, entry), value) in places.into_iter().zip([null.p, turned(null.median), turned(null.percentile_95)]) {
        let evidence = Evidence::of(reasons.clone());
        frame.quantity(place, entry, Quantity { value, bounds: None, counts, evidence: Some(evidence) });
        if request.left_out {
            frame.flag_last(flag::GROUPS_LEFT_OUT);
        }
    }
}

/// One measure over the strata of one column, ready to be drawn from.
struct Drawing {
    /// For each component whether it is of people at or above the limit; of errors all are false.
    over: Vec<bool>,
    rates: bool,
    labels: Vec<Group>,
    permutation: Option<Permutation>,
    /// What subjects of several labels add: by label, number and weight of each component.
    kept: Vec<f64>,
    strata: Vec<Told>,
}

/// One stratum.
struct Told {
    /// Whether it has somebody below, and at or above the limit.
    sides: [bool; 2],
    subjects: u64,
    /// Those of them who share the stratum with another label.
    movable: u64,
    /// Whether its sums are drawn from the normal form.
    normal: bool,
}

/// How labels are dealt over several strata.
#[derive(Clone, Copy)]
struct Dealt {
    /// Share of the subjects whose label can move.
    movable: f64,
    /// Whether the sums of any stratum are drawn from the normal form.
    normal: bool,
}

impl Drawing {
    fn of(
        strata: &Strata,
        measure: usize,
        measured: Measured,
        labels: &[&Group],
        grid: &Grid,
        protocol: &Protocol,
    ) -> Self {
        let components = measured.components(grid, protocol);
        let over: Vec<bool> =
            (0_u16..).take(components).map(|component| measured.over(component, grid, protocol)).collect();
        let dimensions = 2 * components;
        let scale =
            |number: i128, weight: i128| [number as f64 / measured.unit() as f64, weight as f64 / SHARE_UNIT as f64];
        let of_measure = |found: u16| usize::from(found) == measure;
        let mut told = Vec::new();
        let mut prepared = Vec::new();
        for (class, stratum) in &strata.strata {
            let mut sides = [false; 2];
            for (_, component) in stratum.sums.keys().filter(|(found, _)| of_measure(*found)) {
                let over = over.get(usize::from(*component)).copied().unwrap_or_default();
                sides[usize::from(over)] = true;
            }
            let subjects = stratum.subjects();
            let movable = if stratum.sizes.len() > 1 { subjects } else { 0 };
            if sides == [false; 2] {
                continue;
            }
            let normal = subjects >= REAL_UNDER && movable > 0;
            told.push(Told { sides, subjects: subjects + stratum.split, movable, normal });
            let sizes: Vec<u64> =
                labels.iter().map(|label| stratum.sizes.get(*label).copied().unwrap_or_default()).collect();
            let values = if subjects < REAL_UNDER {
                Values::Each(each(stratum, measure, dimensions, &sizes, &scale))
            } else {
                let mut sum = vec![0.0; dimensions];
                let mut products = vec![0.0; dimensions * dimensions];
                for ((_, component), [number, weight]) in
                    stratum.sums.iter().filter(|((found, _), _)| of_measure(*found))
                {
                    let at = 2 * usize::from(*component);
                    if let Some(own) = sum.get_mut(at..at + 2) {
                        own.copy_from_slice(&scale(*number, *weight));
                    }
                }
                let (unit, share) = (measured.unit() as f64, SHARE_UNIT as f64);
                for ((_, one, other), [nn, nw, wn, ww]) in
                    stratum.products.iter().filter(|((found, ..), _)| of_measure(*found))
                {
                    let (i, j) = (2 * usize::from(*one), 2 * usize::from(*other));
                    let block = [
                        (i, j, *nn as f64 / unit / unit),
                        (i, j + 1, *nw as f64 / unit / share),
                        (i + 1, j, *wn as f64 / share / unit),
                        (i + 1, j + 1, *ww as f64 / share / share),
                    ];
                    for (row, column, product) in block {
                        if row < dimensions && column < dimensions {
                            products[row * dimensions + column] = product;
                            products[column * dimensions + row] = product;
                        }
                    }
                }
                Values::Sums { sizes, sum, products }
            };
            prepared.push(Stratum { label: label_of(*class), values });
        }
        let mut kept = vec![0.0; labels.len() * dimensions];
        for ((group, _, component), [number, weight]) in
            strata.kept.iter().filter(|((_, found, _), _)| of_measure(*found))
        {
            let Some(label) = labels.iter().position(|label| *label == group) else { continue };
            let at = label * dimensions + 2 * usize::from(*component);
            if let Some(own) = kept.get_mut(at..at + 2) {
                own.copy_from_slice(&scale(*number, *weight));
            }
        }
        Self {
            over,
            rates: matches!(measured, Measured::Rates { .. }),
            labels: labels.iter().map(|label| (*label).clone()).collect(),
            permutation: Permutation::new(&prepared, labels.len(), dimensions),
            kept,
            strata: told,
        }
    }

    /// How labels are dealt in the strata with a value of these sides.
    fn dealt(&self, sides: &[bool]) -> Dealt {
        let wanted = |told: &&Told| sides.iter().any(|over| told.sides[usize::from(*over)]);
        let sum = |of: fn(&Told) -> u64| -> u64 { self.strata.iter().filter(wanted).map(of).sum() };
        let (all, moved) = (sum(|told| told.subjects), sum(|told| told.movable));
        let movable = if all == 0 { 0.0 } else { moved as f64 / all as f64 };
        Dealt { movable, normal: self.strata.iter().filter(wanted).any(|told| told.normal) }
    }

    /// The null of each request.
    fn nulls(&self, asked: &[(usize, &Request)], protocol: &Protocol) -> Vec<Option<Null>> {
        let Some(permutation) = &self.permutation else { return vec![None; asked.len()] };
        let places: Vec<Vec<usize>> = asked
            .iter()
            .map(|(_, request)| {
                request.groups.iter().filter_map(|group| self.labels.iter().position(|label| label == group)).collect()
            })
            .collect();
        // By request, then by replicate.
        let summary = |drawn: &Drawn<'_>| -> Vec<Vec<Option<f64>>> {
            let sides = [false, true].map(|over| {
                let wanted = asked.iter().any(|(_, request)| request.over.contains(&over));
                let labels = 0..if wanted { self.labels.len() } else { 0 };
                labels.map(|label| self.values(drawn, label, over)).collect::<Vec<_>>()
            });
            let mut values = Vec::new();
            let of_request = |((_, request), places): (&(usize, &Request), &Vec<usize>)| {
                values.resize_with(request.over.len(), Vec::new);
                let one = |replicate: usize| {
                    for (values, over) in values.iter_mut().zip(&request.over) {
                        let side = &sides[usize::from(*over)];
                        values.clear();
                        values.extend(places.iter().filter_map(|place| side.get(*place)?.get(replicate).copied()));
                        if values.len() < places.len() || values.iter().any(|value| value.is_nan()) {
                            return None;
                        }
                    }
                    let found = request.apart.of(&values)?;
                    Some(if request.apart.statistic.falls() { 1.0 - found } else { found })
                };
                (0..drawn.replicates()).map(one).collect()
            };
            asked.iter().zip(&places).map(of_request).collect()
        };
        let drawn = permutation.blocks(protocol.seed, protocol.between_groups.replicates as usize, summary);
        let of_request = |(place, (_, request)): (usize, &(usize, &Request))| {
            let observed = request.observed?;
            let observed = if request.apart.statistic.falls() { 1.0 - observed } else { observed };
            let replicates: Vec<Option<f64>> =
                drawn.iter().filter_map(|block| block.get(place)).flatten().copied().collect();
            null_of(observed, &replicates)
        };
        asked.par_iter().enumerate().map(of_request).collect()
    }

    /// The equal mean of a group's components on one side, in each replicate; NaN where one has nobody. A rate is held
    /// within 0 and 1, since sums that are drawn from a normal distribution may leave them.
    fn values(&self, drawn: &Drawn<'_>, label: usize, over: bool) -> Vec<f64> {
        let mut values = vec![0.0; drawn.replicates()];
        let mut count = 0.0;
        for (component, _) in self.over.iter().enumerate().filter(|(_, side)| !self.rates || **side == over) {
            let at = 2 * component;
            let kept = self.kept.get(2 * self.over.len() * label + at..).unwrap_or_default();
            let [number_kept, weight_kept, ..] = *kept else { continue };
            let sums = drawn.sums(label, at).iter().zip(drawn.sums(label, at + 1));
            for (value, (number, weight)) in values.iter_mut().zip(sums) {
                let (number, weight) = (number + number_kept, weight + weight_kept);
                // Weights are sums of numbers near 1.
                *value += if weight > 1e-9 { number / weight } else { f64::NAN };
            }
            count += 1.0;
        }
        for value in &mut values {
            *value /= count;
            if self.rates {
                *value = value.clamp(0.0, 1.0);
            }
        }
        values
    }
}

/// The values of the subjects of a small stratum. Which of them has which label does not matter: labels are dealt anew.
fn each(
    stratum: &crate::tally::Stratum,
    measure: usize,
    dimensions: usize,
    sizes: &[u64],
    scale: &impl Fn(i128, i128) -> [f64; 2],
) -> Vec<(Vec<f64>, Vec<u64>)> {
    let mut left = sizes.to_vec();
    let mut label = 0;
    let mut all = Vec::new();
    for (values, subjects) in &stratum.each {
        let mut vector = vec![0.0; dimensions];
        for (_, component, number, weight) in values.iter().filter(|value| usize::from(value.0) == measure) {
            let at = 2 * usize::from(*component);
            if let Some(own) = vector.get_mut(at..at + 2) {
                own.copy_from_slice(&scale(i128::from(*number), i128::from(*weight)));
            }
        }
        let mut counts = vec![0; sizes.len()];
        let mut to_place = *subjects;
        while to_place > 0 && label < left.len() {
            let here = to_place.min(left[label]);
            counts[label] += here;
            left[label] -= here;
            to_place -= here;
            if left[label] == 0 {
                label += 1;
            }
        }
        all.push((vector, counts));
    }
    all
}

/// A stratum's name as a number, the same in every dataset.
fn label_of(class: AgeClass) -> u64 {
    match class {
        AgeClass::Year(year) => u64::from(year),
        AgeClass::Band(low, high) => key(0, &[low.unsigned_abs(), high.unsigned_abs()]),
    }
}
