//! How well numbers follow others: by rank, and one by one.

/// Spearman's rank correlation with the mean rank for equals; `None` where one side does not vary, or with fewer than two
/// pairs.
///
/// Source: Spearman (1904), American Journal of Psychology 15; ties as in SciPy's `spearmanr`.
#[must_use]
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let side = |of: fn(&(f64, f64)) -> f64| mid_ranks(&pairs.iter().map(of).collect::<Vec<f64>>());
    let ranks: Vec<(f64, f64)> = side(|pair| pair.0).into_iter().zip(side(|pair| pair.1)).collect();
    let moments = Moments::of(&ranks)?;
    let scale = (moments.xx * moments.yy).sqrt();
    (scale > 0.0).then(|| (moments.xy / scale).clamp(-1.0, 1.0))
}

/// Lin's concordance of (true, answered) pairs: 1 when every answer is the truth, 0 when answers do not follow it, lower for
/// answers that follow it at a distance or with another slope. `None` where neither side varies and both means are equal, or
/// with fewer than two pairs.
///
/// Source: Lin (1989), Biometrics 45, 255-268, with variances over n.
///
/// ```
/// use agebench::stats::concordance;
///
/// let always_thirty = [(10.0, 30.0), (30.0, 30.0), (50.0, 30.0)];
/// assert_eq!(concordance(&always_thirty), Some(0.0));
/// ```
#[must_use]
pub fn concordance(pairs: &[(f64, f64)]) -> Option<f64> {
    let Moments { x, y, xx, yy, xy } = Moments::of(pairs)?;
    let whole = xx + yy + (x - y) * (x - y);
    (whole > 0.0).then(|| 2.0 * xy / whole)
}

/// The slope of the line through (true, answered) pairs by least squares; `None` where the truth does not vary.
///
/// Source: Legendre (1805), Nouvelles méthodes pour la détermination des orbites des comètes, appendix.
#[must_use]
pub fn slope(pairs: &[(f64, f64)]) -> Option<f64> {
    let moments = Moments::of(pairs)?;
    (moments.xx > 0.0).then(|| moments.xy / moments.xx)
}

/// Means, variances and covariance, over n.
struct Moments {
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Moments {
    fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        if pairs.len() < 2 {
            return None;
        }
        let n = pairs.len() as f64;
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
        Some(Self {
            x,
            y,
            xx: mean(&|pair| (pair.0 - x) * (pair.0 - x)),
            yy: mean(&|pair| (pair.1 - y) * (pair.1 - y)),
            xy: mean(&|pair| (pair.0 - x) * (pair.1 - y)),
        })
    }
}

/// The rank of each value from 1, the mean of their ranks for equals.
fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    let mut begun = 0;
    while begun < order.len() {
        let value = values[order[begun]];
        let equals = order[begun..].iter().take_while(|place| values[**place] == value).count().max(1);
        let rank = begun as f64 + (equals as f64 + 1.0) / 2.0;
        order[begun..begun + equals].iter().for_each(|place| ranks[*place] = rank);
        begun += equals;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: [(f64, f64); 8] = [
        (12.0, 20.5),
        (17.0, 19.0),
        (17.0, 24.0),
        (25.0, 24.0),
        (31.0, 40.0),
        (44.0, 38.5),
        (52.0, 47.0),
        (60.0, 46.0),
    ];

    #[test]
    fn a_rank_correlation_with_ties_is_that_of_scipy() {
        // SciPy 1.17.1: spearmanr(*zip(*PAIRS)).statistic
        assert!((spearman(&PAIRS).unwrap() - 0.8975903614457831).abs() < 1e-12);
        let turned: Vec<(f64, f64)> = PAIRS.iter().map(|(x, y)| (*x, -y)).collect();
        assert!((spearman(&turned).unwrap() + 0.8975903614457831).abs() < 1e-12);
        assert_eq!(spearman(&[(1.0, 2.0), (3.0, 2.0)]), None);
        assert_eq!(spearman(&[(1.0, 2.0)]), None);
    }

    #[test]
    fn concordance_and_slope_are_those_of_numpy() {
        // NumPy 2.4.6: 2 * cov / (var + var + (mean - mean)^2) with ddof 0; polyfit(x, y, 1)[0]
        assert!((concordance(&PAIRS).unwrap() - 0.8559535029846057).abs() < 1e-12);
        assert!((slope(&PAIRS).unwrap() - 0.6115600448933782).abs() < 1e-12);
        let same: Vec<(f64, f64)> = PAIRS.iter().map(|(x, _)| (*x, *x)).collect();
        assert!((concordance(&same).unwrap() - 1.0).abs() < 1e-12);
        let still: Vec<(f64, f64)> = PAIRS.iter().map(|(x, _)| (*x, 30.0)).collect();
        assert_eq!(concordance(&still), Some(0.0));
        assert_eq!(concordance(&[(4.0, 4.0), (4.0, 4.0)]), None);
        assert_eq!(slope(&[(4.0, 4.0), (4.0, 5.0)]), None);
    }
}
