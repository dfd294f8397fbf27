//! A share as the weighted mean of the shares in required cells, for subjects who may be in several cells.

use super::clusters::{Clusters, Effective, TRUSTED, Weigh, n_star};
use super::design::CrossWeights;
use super::proportion::wilson;

/// One required cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its weight; the weights add up to 1.
    pub weight: f64,
    /// Its subjects.
    pub clusters: Clusters,
}

/// (events, attempts) of a subject in one cell.
pub type Pair = (u64, u64);

/// Subjects who are in the cells `first` and `second`, with both pairs: how many have `(events, attempts)` in the one
/// and in the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    /// Index of the one cell.
    pub first: usize,
    /// Index of the other cell.
    pub second: usize,
    /// (events, attempts) in the one, in the other, and subjects.
    pub pairs: Vec<(Pair, Pair, u64)>,
    /// The products of their weights in both, for each of `pairs`; empty where everybody weighs the same.
    pub weights: Vec<CrossWeights>,
}

impl Joint {
    /// Of subjects who all have weights or none.
    #[must_use]
    pub fn of(
        first: usize,
        second: usize,
        subjects: impl IntoIterator<Item = (Pair, Pair, u64, Option<CrossWeights>)>,
    ) -> Self {
        let mut joint = Self { first, second, pairs: Vec::new(), weights: Vec::new() };
        for (one, other, count, weights) in subjects {
            joint.pairs.push((one, other, count));
            joint.weights.extend(weights);
        }
        joint
    }
}

/// The mean of the cells' shares with its variance over subjects and its effective sample size. `pooled` are the same
/// subjects with their attempts in all cells together; `joint` the subjects in more than one cell. `None` when a cell
/// has no subject.
///
/// v = sum over subjects of (sum over their cells of w_c (x_sc - p_c) / sqrt(S_c (S_c - 1)))^2; for attempt weighting
/// the residual is (k_sc - p_c m_sc) sqrt(S_c / (S_c - 1)) / M_c. A cell with one subject adds nothing to v. With design
/// weights M_c and S_c in the denominators are sums of weights, and k_sc, m_sc those of the subject. One cell alone is its
/// own mean, with the n* of a plain share.
///
/// Beside it is asked whether it is `thin`: a year of two people without an event counts as known, because its own variance is 0, and
/// claims then hold 77 % where 95 are wanted. It is where a cell with fewer than 15 subjects with an event, or without, reaches
/// further from its share by its own 95 % bound, times its weight, than the mean does from its own: docs/validation.md.
///
/// Source: METRICS M15, "Standardised".
#[must_use]
pub fn standardised(cells: &[Cell], joint: &[Joint], pooled: &Clusters, weigh: Weigh, level: f64) -> Option<Effective> {
    if let [Cell { weight: 1.0, clusters }] = cells {
        return clusters.effective(weigh, level);
    }
    struct Prepared {
        share: f64,
        // What multiplies the residual: weight over the root of the cell's own denominator; 0 where no residual is one.
        factor: f64,
    }
    let residual = |cell: &Prepared, (events, attempts): Pair| {
        let (k, m) = (events as f64, attempts as f64);
        cell.factor
            * match weigh {
                Weigh::Subjects => k / m - cell.share,
                Weigh::Attempts => k - cell.share * m,
            }
    };
    let mut prepared = Vec::with_capacity(cells.len());
    let (mut p, mut v, mut tightest, mut reach) = (0.0, 0.0, 0.0_f64, [0.0_f64; 2]);
    let (mut spread, mut dominated) = (0.0, false);
    for cell in cells {
        let share = cell.clusters.share(weigh)?;
        let (s, m) = (cell.clusters.subjects() as f64, cell.clusters.attempts() as f64);
        let weighted = cell.clusters.weighted();
        let still = s < 2.0 || cell.clusters.of_one_share();
        let factor = if still { 0.0 } else { cell.weight / cell.clusters.denominator(weigh) * (s / (s - 1.0)).sqrt() };
        let cap = cell.clusters.cap(weigh);
        let this = Prepared { share, factor };
        p += cell.weight * share;
        v += if weighted {
            factor * factor * cell.clusters.squared_residuals(weigh, share)
        } else {
            let each = cell.clusters.pairs().iter();
            each.map(|(k, m, count)| residual(&this, (*k, *m)).powi(2) * *count as f64).sum::<f64>()
        };
        tightest = tightest.max(cell.weight / cap);
        if is_few(&cell.clusters) {
            let (low, high) = wilson(share, cap, TWO_SIDED);
            let (down, up) = (cell.weight * (share - low), cell.weight * (high - share));
            let (side, far) = if share > 0.5 { (0, down) } else { (1, up) };
            reach[side] = reach[side].max(far);
        }
        spread += cell.weight * cell.weight / m;
        dominated |= (weighted || weigh == Weigh::Attempts) && cap < s / 2.0;
        prepared.push(this);
    }
    let squares = v;
    for pair in joint {
        let (first, second) = (prepared.get(pair.first)?, prepared.get(pair.second)?);
        for ((one, other, _), weights) in pair.pairs.iter().zip(&pair.weights) {
            let (x, y) = (first.share, second.share);
            let product = weights.events as f64 - y * weights.events_all as f64 - x * weights.all_events as f64
                + x * y * weights.all as f64;
            let attempts = if weigh == Weigh::Subjects { (one.1 * other.1) as f64 } else { 1.0 };
            v += 2.0 * first.factor * second.factor * product / attempts;
        }
        if !pair.weights.is_empty() {
            continue;
        }
        v += pair
            .pairs
            .iter()
            .map(|(one, other, count)| 2.0 * residual(first, *one) * residual(second, *other) * *count as f64)
            .sum::<f64>();
    }
    if pooled.event_subjects() == 0 {
        p = 0.0;
    } else if pooled.non_event_subjects() == 0 {
        p = 1.0;
    }
    // Residuals of a subject that cancel leave a rest of rounding, of the squares or of nothing at all.
    let v = if v <= 1e-30_f64.max(1e-13 * squares) { 0.0 } else { v };
    let n = n_star(p, v, pooled.subjects() as f64, 1.0 / spread, 1.0 / tightest, is_few(pooled), level);
    let (low, high) = wilson(p, n, TWO_SIDED);
    let thin = reach[0] > p - low || reach[1] > high - p;
    Some(Effective { p, v, n_star: n, deff: pooled.attempts() as f64 / n, dominated, thin })
}

/// Whose ends are one-sided bounds at 95 %.
const TWO_SIDED: f64 = 0.9;

/// Whether too few subjects have an event, or none, for their variance to be trusted.
fn is_few(clusters: &Clusters) -> bool {
    clusters.event_subjects() < TRUSTED || clusters.non_event_subjects() < TRUSTED
}

#[cfg(test)]
mod tests;
