//! The family of tests: which rows are adjusted together.

use crate::metric::catalogue;
use crate::protocol::Protocol;
use crate::stats::holm;
use crate::table::{Compared, Population, Row, Variant};

/// Whether the protocol's family holds `row`; a common mix of ages stands for the plain row.
pub(super) fn holds(protocol: &Protocol, row: &Row) -> bool {
    let held = |row: &Row| protocol.family.iter().any(|select| select.matches(row));
    if row.variant.get("mix").is_none() {
        return held(row);
    }
    let mut plain = row.clone();
    plain.variant = Variant::none();
    plain.population = side_of(row);
    held(&plain) || held(row)
}

/// The whole side of the limit in place of a common mix of its ages.
fn side_of(row: &Row) -> Population {
    if row.metric == catalogue::UNDER_AGE_PASS.measure.name { Population::Under } else { Population::Over }
}

/// Adjusts the p-values of one pair for the protocol's family: Holm's, over all its rows of the family that have one.
///
/// Source: METRICS M16.
pub(super) fn adjust(rows: &mut [Compared], protocol: &Protocol) {
    let members: Vec<(usize, f64)> = rows
        .iter()
        .enumerate()
        .filter(|(_, compared)| holds(protocol, &compared.row))
        .filter_map(|(place, compared)| Some((place, compared.p?)))
        .collect();
    let values: Vec<f64> = members.iter().map(|(_, p)| *p).collect();
    for ((place, _), adjusted) in members.into_iter().zip(holm(&values).unwrap_or_default()) {
        if let Some(compared) = rows.get_mut(place) {
            compared.p_adjusted = Some(adjusted);
        }
    }
}
