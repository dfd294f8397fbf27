//! Methods that share no manifest, over a common mix of ages: unpaired, each with its own people.

use std::collections::BTreeSet;

use super::entrant::{Entrant, Fields};
use super::flag;
use super::pair::{Difference, Pair};
use super::{Basis, CompareError};
use crate::metric::{self, catalogue};
use crate::protocol::Protocol;
use crate::stats::{Bounded, mover_difference, p_at_zero};
use crate::table::{
    Bounds, Claim, Compared, Counts, Evidence, Interval, Measure, Place, Quantity, Row, RowStatus, Weighting,
};
use crate::tally::{Tally, Truth};

/// Puts in place of each entrant's own rows those over the completed years of age that all entrants have.
pub(super) fn common_mix(fields: &mut Fields) -> Result<(), CompareError> {
    let protocol = fields.protocol.clone();
    let mut common: Option<BTreeSet<u32>> = None;
    for field in &fields.fields {
        for entrant in &field.entrants {
            let years = metric::attempted_years(&Tally::of(&field.truth, &entrant.answers, &protocol)?);
            common = Some(match common {
                None => years,
                Some(common) => common.intersection(&years).copied().collect(),
            });
        }
    }
    let common = common.unwrap_or_default();
    for field in &mut fields.fields {
        let truth: Truth = field.truth.of_years(&common);
        for entrant in &mut field.entrants {
            let tally = Tally::of(&truth, &entrant.answers, &protocol)?;
            let simulated = entrant.has(metric::flag::SIMULATED);
            let rows = metric::equal_years(&entrant.context, &protocol, field.facts, &tally, &common);
            let marked = |row: Row| if simulated { row.flagged(metric::flag::SIMULATED) } else { row };
            entrant.rows = rows.into_iter().map(marked).collect();
        }
    }
    Ok(())
}

/// The differences of two entrants' rows, place by place.
pub(super) fn rows(pair: &mut Pair<'_>) {
    pair.flags.push(flag::UNPAIRED);
    for entry in [catalogue::MAE, catalogue::RMSE] {
        let place = Place { weighting: Some(Weighting::Subject), ..Place::of_all() };
        let reason = "errors are compared on one manifest only";
        pair.nothing(place, entry.measure, RowStatus::NotApplicable, Counts::default(), reason);
    }
    let place = Place { weighting: Some(Weighting::Attempt), ..Place::of_all() };
    let reason = "areas depend on the mix of ages: they are compared on one manifest only";
    pair.nothing(place, catalogue::AUC.measure, RowStatus::NotApplicable, Counts::default(), reason);
    for of_method in &pair.method.rows {
        let same = |row: &&Row| row.metric == of_method.metric && row.place() == of_method.place();
        let Some(of_baseline) = pair.baseline.rows.iter().find(same) else { continue };
        let Some(entry) = catalogue::find(&of_method.metric) else { continue };
        difference(pair, entry.measure, of_method, of_baseline);
    }
}

/// One difference with MOVER bounds from both rates' Wilson bounds; the p-value is the level at which they touch 0.
///
/// Source: METRICS M15; Newcombe (1998), Statistics in Medicine 17.
fn difference(pair: &mut Pair<'_>, measure: Measure, method: &Row, baseline: &Row) {
    let sum = |one: Option<u64>, other: Option<u64>| Some(one? + other?);
    let counts = Counts {
        attempts: sum(method.n_attempts, baseline.n_attempts),
        subjects: sum(method.n_subjects, baseline.n_subjects),
        ..Counts::default()
    };
    let at = |level: f64| Some(mover_difference(rate(method, level)?, rate(baseline, level)?));
    let levels = pair.protocol.levels;
    let (Some(found), Some(claim)) = (at(levels.display), at(2.0 * levels.claim - 1.0)) else {
        let [one, other] = [baseline, method].map(|row| (row.value.is_none(), &row.evidence, row.status, &row.method));
        let (_, evidence, status, name) = if one.0 { one } else { other };
        let why = match evidence {
            Some(Evidence::Short(reasons)) => format!("{name}: {}", reasons.join(", ")),
            _ => name.clone(),
        };
        pair.nothing(method.place(), measure, status, counts, &why.replace(';', ","));
        return;
    };
    let bounds = Bounds { interval: Interval::Mover, level: levels.display, low: found.low, high: found.high };
    let short = [method, baseline].into_iter().find(|row| row.status != RowStatus::Value);
    let evidence = match short.map(|row| (&row.method, &row.evidence)) {
        None => Evidence::Sufficient,
        Some((name, Some(Evidence::Short(reasons)))) => {
            Evidence::Short(reasons.iter().map(|reason| format!("{name}: {reason}").replace(';', ",")).collect())
        }
        Some((name, _)) => Evidence::Short(vec![name.replace(';', ",")]),
    };
    let quantity = Quantity { value: found.point, bounds: Some(bounds), counts, evidence: Some(evidence) };
    let claim = Claim { low: claim.low, high: claim.high };
    let p = p_at_zero(|level| at(level).is_some_and(|bounds| bounds.low <= 0.0 && 0.0 <= bounds.high));
    pair.push(Difference {
        place: method.place(),
        measure,
        quantity,
        claim: Some(claim),
        basis: Basis::Nothing,
        lost: 0,
        p: Some(p),
        flags: Vec::new(),
    });
}

/// The places of two methods that ran on one manifest.
fn same_people(pair: &mut Pair<'_>) {
    let reason = "both ran on one manifest: compare these two without --restandardise";
    for row in &pair.method.rows {
        if let Some(entry) = catalogue::find(&row.metric) {
            pair.nothing(row.place(), entry.measure, RowStatus::NotApplicable, Counts::default(), reason);
        }
    }
}

/// The rate of a row with its Wilson bounds at `level`.
fn rate(row: &Row, level: f64) -> Option<Bounded> {
    Bounded::wilson(row.value?, row.n_star?, level)
}

/// The rows of each pair of all entrants, each pair adjusted for the family. Two methods on one manifest have the same
/// people, for which unpaired bounds do not hold: their places say so.
pub(super) fn all_pairs(fields: &Fields, protocol: &Protocol) -> Vec<Compared> {
    let fields = fields.fields.iter().enumerate();
    let entrants: Vec<(usize, &Entrant)> =
        fields.flat_map(|(field, one)| one.entrants.iter().map(move |entrant| (field, entrant))).collect();
    let mut made = Vec::new();
    for (place, (of_baseline, baseline)) in entrants.iter().enumerate() {
        for (field, method) in &entrants[place + 1..] {
            let mut pair = Pair::new(protocol, baseline, method);
            if field == of_baseline {
                same_people(&mut pair);
            } else {
                rows(&mut pair);
            }
            super::family::adjust(&mut pair.rows, protocol);
            made.extend(pair.rows);
        }
    }
    made
}
