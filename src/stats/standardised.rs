//! A share as the weighted mean of the shares in required cells, for subjects who may be in several cells.

use super::clusters::{Clusters, Effective, TRUSTED, Weigh, n_star};
use super::design::CrossWeights;

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
/// weights M_c and S_c in the denominators are sums of weights, and k_sc, m_sc those of the subject.
///
/// Source: METRICS M15, "Standardised".
#[must_use]
pub fn standardised(cells: &[Cell], joint: &[Joint], pooled: &Clusters, weigh: Weigh, level: f64) -> Option<Effective> {
    struct Prepared {
        share: f64,
        // What multiplies the residual: weight over the root of the cell's own denominator.
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
    let (mut p, mut v, mut tightest, mut spread, mut dominated) = (0.0, 0.0, 0.0_f64, 0.0, false);
    for cell in cells {
        let share = cell.clusters.share(weigh)?;
        let (s, m) = (cell.clusters.subjects() as f64, cell.clusters.attempts() as f64);
        let weighted = cell.clusters.weighted();
        let factor = match weigh {
            _ if s < 2.0 => 0.0,
            _ if weighted => cell.weight / cell.clusters.denominator(weigh) * (s / (s - 1.0)).sqrt(),
            Weigh::Subjects => cell.weight / (s * (s - 1.0)).sqrt(),
            Weigh::Attempts => cell.weight / m * (s / (s - 1.0)).sqrt(),
        };
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
        spread += cell.weight * cell.weight / m;
        dominated |= (weighted || weigh == Weigh::Attempts) && cap < s / 2.0;
        prepared.push(this);
    }
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
    // Rounding may leave a sum of squares that cancel a hair beside 0.
    let v = if v <= 1e-30 { 0.0 } else { v };
    let few = pooled.event_subjects() < TRUSTED || pooled.non_event_subjects() < TRUSTED;
    let n = n_star(p, v, pooled.subjects() as f64, 1.0 / spread, 1.0 / tightest, few, level);
    Some(Effective { p, v, n_star: n, deff: pooled.attempts() as f64 / n, dominated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::golden::agree;

    #[test]
    fn the_variance_is_that_of_the_formula_taken_subject_by_subject() {
        // Three subjects in both cells, two in the first only, one more in the second only.
        let first = [(1, 2), (0, 1), (1, 1), (0, 2), (2, 2)];
        let second = [Some((1, 1)), Some((0, 3)), Some((1, 2)), None, None, Some((1, 1))];
        let clusters = |pairs: &[(u64, u64)]| Clusters::of(pairs.iter().map(|(k, m)| (*k, *m, 1)));
        let present: Vec<_> = second.iter().flatten().copied().collect();
        let cells =
            [Cell { weight: 0.25, clusters: clusters(&first) }, Cell { weight: 0.75, clusters: clusters(&present) }];
        let pairs = (0..3).map(|i| (first[i], second[i].unwrap(), 1)).collect();
        let joint = [Joint { first: 0, second: 1, pairs, weights: Vec::new() }];
        let pooled = Clusters::of((0..6).map(|i| {
            let (a, b) = (first.get(i).copied().unwrap_or_default(), second[i].unwrap_or_default());
            (a.0 + b.0, a.1 + b.1, 1)
        }));
        let found = standardised(&cells, &joint, &pooled, Weigh::Subjects, 0.95).unwrap();
        let share = |(k, m): (u64, u64)| k as f64 / m as f64;
        let p1 = first.iter().map(|pair| share(*pair)).sum::<f64>() / 5.0;
        let p2 = present.iter().map(|pair| share(*pair)).sum::<f64>() / 4.0;
        let mut v = 0.0;
        for (i, other) in second.iter().enumerate() {
            let a = first.get(i).map_or(0.0, |pair| 0.25 * (share(*pair) - p1) / 20.0_f64.sqrt());
            let b = other.map_or(0.0, |pair| 0.75 * (share(pair) - p2) / 12.0_f64.sqrt());
            v += (a + b) * (a + b);
        }
        agree(found.p, 0.25 * p1 + 0.75 * p2, 1.0, "p");
        agree(found.v, v, 1.0, "v");
        let correction = (1.959963984540054_f64 / 2.570581835636314).powi(2); // normal and t with 5 degrees, 97.5 %
        agree(found.n_star, found.p * (1.0 - found.p) / v * correction, 1.0, "n*");
        assert!(found.n_star < 4.0 / 0.75, "the cap, for fewer than 15 subjects have an event");
    }

    #[test]
    fn a_cell_without_a_subject_leaves_no_value() {
        let cells = [
            Cell { weight: 0.5, clusters: Clusters::of([(0, 1, 9)]) },
            Cell { weight: 0.5, clusters: Clusters::default() },
        ];
        assert_eq!(standardised(&cells, &[], &Clusters::of([(0, 1, 9)]), Weigh::Subjects, 0.95), None);
    }
}
