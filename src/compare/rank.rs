//! Ranks as intervals: who is significantly better than whom, and nothing where that is not shown.

use std::collections::BTreeMap;

use super::family;
use crate::metric::catalogue;
use crate::protocol::Protocol;
use crate::table::{Better, Compared, Place, Ranked, Row, RowStatus, Weighting};

/// The leaderboard: at each place of the family, and for mean errors and areas, every method's own row with its rank.
///
/// The rank of a method is [1 + number of methods that are significantly better, K - number that are significantly
/// worse], K being the methods whose own row there is sufficient evidence. Significant is a difference whose adjusted
/// p-value is at most 1 less the display level. Rows outside the family, and rows without sufficient evidence, have no
/// rank.
///
/// Source: METRICS M16; M15, "never ... be ranked".
pub(super) fn leaderboard(methods: &[String], own: &[&Row], pairs: &[Compared], protocol: &Protocol) -> Vec<Ranked> {
    let mut places: Vec<(String, Place)> = Vec::new();
    for Compared { row, .. } in pairs {
        let mean = [catalogue::MAE, catalogue::RMSE].iter().any(|entry| entry.measure.name == row.metric)
            && row.weighting == Some(Weighting::Subject);
        let mean = mean || row.metric == catalogue::AUC.measure.name;
        let place = (row.metric.clone(), row.place());
        if row.group.is_whole() && (mean || family::holds(protocol, row)) && !places.contains(&place) {
            places.push(place);
        }
    }
    let mut by_place: BTreeMap<(&str, Place), Vec<&Row>> = BTreeMap::new();
    for row in own {
        by_place.entry((&row.metric, row.place())).or_default().push(row);
    }
    let mut ranked = Vec::new();
    for (metric, place) in places {
        let Some(found) = by_place.get(&(metric.as_str(), place.clone())) else { continue };
        let here: Vec<&Compared> =
            pairs.iter().filter(|pair| pair.row.metric == metric && pair.row.place() == place).collect();
        let in_order = methods.iter().filter_map(|method| found.iter().find(|row| row.method == *method));
        let rows: Vec<&Row> = in_order.copied().collect();
        ranked.extend(at_place(&rows, &here, protocol));
    }
    ranked
}

/// The rows of one place with their ranks.
fn at_place(rows: &[&Row], pairs: &[&Compared], protocol: &Protocol) -> Vec<Ranked> {
    let in_family = rows.first().is_some_and(|row| family::holds(protocol, row));
    let fit =
        |row: &Row| in_family && row.status == RowStatus::Value && matches!(row.better, Better::Lower | Better::Higher);
    let able: Vec<&str> = rows.iter().filter(|row| fit(row)).map(|row| row.method.as_str()).collect();
    let ranked = able.len() as u64;
    let mut made = Vec::new();
    for row in rows {
        let (mut rank_low, mut rank_high) = (None, None);
        if able.contains(&row.method.as_str()) {
            let (mut better, mut worse) = (0, 0);
            for pair in pairs.iter().filter(|pair| significant(pair, protocol)) {
                let Some(other) = other_of(pair, &row.method).filter(|other| able.contains(other)) else { continue };
                if better_of(pair) == Some(other) {
                    better += 1;
                } else {
                    worse += 1;
                }
            }
            (rank_low, rank_high) = (Some(1 + better), Some(ranked - worse));
        }
        made.push(Ranked { row: (*row).clone(), rank_low, rank_high, ranked });
    }
    made
}

/// Whether a difference is shown: enough subjects, and an adjusted p-value of at most 1 less the display level.
pub(super) fn significant(pair: &Compared, protocol: &Protocol) -> bool {
    let alpha = 1.0 - protocol.levels.display;
    pair.row.status == RowStatus::Value && pair.p_adjusted.is_some_and(|p| p <= alpha + 1e-12)
}

fn other_of<'p>(pair: &'p Compared, method: &str) -> Option<&'p str> {
    if pair.row.method == method {
        Some(&pair.baseline_method)
    } else if pair.baseline_method == method {
        Some(&pair.row.method)
    } else {
        None
    }
}

/// The method of the pair that does better; none where the difference is 0.
fn better_of(pair: &Compared) -> Option<&str> {
    let value = pair.row.value.filter(|value| *value != 0.0)?;
    let method_is_better = (value < 0.0) == (pair.row.better == Better::Lower);
    Some(if method_is_better { &pair.row.method } else { &pair.baseline_method })
}
