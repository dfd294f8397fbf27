//! Errors of two methods on the same attempts: the differences of their means, by a bootstrap over subjects.

use super::flag;
use super::pair::{Difference, Pair};
use crate::metric::catalogue::{self, Entry};
use crate::stats::{Bootstrap, FEWEST_UNITS, percentile_limits, percentile_p};
use crate::table::{Bounds, Claim, Counts, Interval, Place, Quantity, RowStatus, Weighting};
use crate::tally::{ErrorPair, paired_errors};

/// Replicates of the bootstrap (METRICS M15).
const REPLICATES: usize = 2000;
/// Squared nanoyears in 10^-9 squared years, the unit of bootstrapped squares.
const SQUARES: i128 = 1_000_000_000;
/// The same in 10^-6 squared years, for sums over a subject's attempts.
const SUMMED_SQUARES: i128 = 1_000_000_000_000;

/// Weighted sums in the unit in which they are bootstrapped: weights of 10^-7 of the largest's decimal.
const WEIGHTS: i128 = 100;

/// The columns that are summed in each replicate.
const COLUMNS: usize = 8;
const SUBJECTS: usize = 0;
const ATTEMPTS: usize = 1;
const ABSOLUTE: [usize; 2] = [2, 3];
const SQUARE: [[usize; 2]; 2] = [[4, 5], [6, 7]];

/// The rows of both means under both weightings, of the attempts that both answered with an age.
pub(super) fn rows(pair: &mut Pair<'_>, truth: &crate::tally::Truth) {
    let errors = paired_errors(truth, &pair.baseline.answers, &pair.method.answers);
    let attempts: u64 = errors.iter().map(|one| u64::from(one.attempts)).sum();
    let subjects = errors.len() as u64;
    let counts = Counts { attempts: Some(attempts), subjects: Some(subjects), ..Counts::default() };
    let ages = |answers: &crate::tally::Answers| answers.ages().next().is_some();
    let both = ages(&pair.baseline.answers) && ages(&pair.method.answers);
    let status = if both { RowStatus::Empty } else { RowStatus::NotApplicable };
    if errors.is_empty() {
        let reason = if both { "no attempt that both answered with an age" } else { "not both answer ages" };
        for (entry, weighting) in places() {
            pair.nothing(at(weighting), entry.measure, status, counts, reason);
        }
        return;
    }
    let replicates = Replicates::of(&errors, pair.protocol.seed);
    for (entry, weighting) in places() {
        let root = entry == catalogue::RMSE;
        let (level, one_sided) = (pair.protocol.levels.display, 2.0 * pair.protocol.levels.claim - 1.0);
        let drawn = replicates.as_ref().map(|replicates| replicates.differences(root, weighting));
        let limits = |level: f64| percentile_limits(drawn.as_deref()?, subjects, level);
        let bounds = limits(level).map(|(low, high)| Bounds { interval: Interval::Bootstrap, level, low, high });
        let claim = limits(one_sided).map(|(low, high)| Claim { low, high });
        let value = difference(&errors, root, weighting);
        // Where both erred alike on every attempt, every replicate is 0.
        let p = bounds.and_then(|_| percentile_p(drawn.as_deref()?));
        let mut flags =
            if bounds.is_none() && subjects >= FEWEST_UNITS { vec![flag::NO_BOOTSTRAP] } else { Vec::new() };
        if errors.iter().any(|one| one.weighted.is_some()) {
            flags.push(crate::metric::flag::WEIGHTED);
        }
        let quantity = Quantity { value, bounds, counts, evidence: Some(pair.evidence(subjects.min(attempts))) };
        pair.push(Difference { place: at(weighting), measure: entry.measure, quantity, claim, p, flags });
    }
}

fn places() -> impl Iterator<Item = (Entry, Weighting)> {
    let entries = [catalogue::MAE, catalogue::RMSE].into_iter();
    entries.flat_map(|entry| Weighting::ALL.iter().map(move |weighting| (entry, *weighting)))
}

fn at(weighting: Weighting) -> Place {
    Place { weighting: Some(weighting), ..Place::of_all() }
}

/// The method's mean absolute error less the baseline's in years; with `root` that of the root mean squared errors.
fn difference(errors: &[ErrorPair], root: bool, weighting: Weighting) -> f64 {
    let mean = |place: usize| {
        let (mut sum, mut weight) = (0.0, 0.0);
        for one in errors {
            let own = if root { one.squared[place] as f64 / 1e18 } else { one.absolute[place] as f64 / 1e9 };
            let attempts = f64::from(one.attempts);
            if let Some(weighted) = one.weighted {
                let own = if root { weighted.squared[place] as f64 } else { weighted.absolute[place] as f64 };
                let divided = if weighting == Weighting::Subject { attempts } else { 1.0 };
                (sum, weight) = (sum + own / divided, weight + weighted.weight as f64 / divided);
                continue;
            }
            match weighting {
                Weighting::Subject => (sum, weight) = (sum + own / attempts, weight + 1.0),
                Weighting::Attempt => (sum, weight) = (sum + own, weight + attempts),
            }
        }
        let mean: f64 = sum / weight;
        if root { mean.sqrt() } else { mean }
    };
    mean(1) - mean(0)
}

/// Sums of errors in each replicate.
struct Replicates {
    sums: crate::stats::Sums,
    single: bool,
    /// Of one year, and of one squared year by subject and by attempt, in the unit of the sums.
    units: [f64; 3],
}

impl Replicates {
    /// `None` when a subject's sums are too large to be drawn exactly.
    fn of(errors: &[ErrorPair], seed: u64) -> Option<Self> {
        let ranks: Vec<u64> = errors.iter().map(|one| u64::from(one.unit)).collect();
        let mut values: Vec<i64> = Vec::with_capacity(errors.len() * COLUMNS);
        for one in errors {
            let m = i128::from(one.attempts);
            let whole = |value: i128| i64::try_from(value).ok();
            if let Some(weighted) = one.weighted {
                let (weight, absolute) = (weighted.weight, weighted.absolute[1] - weighted.absolute[0]);
                for value in [weight, absolute] {
                    values.extend([whole(value / m / WEIGHTS)?, whole(value / WEIGHTS)?]);
                }
                for squared in weighted.squared {
                    values.extend([whole(squared / m / WEIGHTS)?, whole(squared / WEIGHTS)?]);
                }
                continue;
            }
            let absolute = one.absolute[1] - one.absolute[0];
            values.extend([1, i64::from(one.attempts), whole(absolute / m)?, whole(absolute)?]);
            for squared in one.squared {
                values.extend([whole(squared / m / SQUARES)?, whole(squared / SUMMED_SQUARES)?]);
            }
        }
        let sums = Bootstrap::new(seed, REPLICATES).sums(&ranks, &values, COLUMNS)?;
        let weighted = errors.iter().any(|one| one.weighted.is_some());
        let units = if weighted { [1.0; 3] } else { [1e9, 1e9, 1e6] };
        Some(Self { sums, single: errors.iter().all(|one| one.attempts == 1), units })
    }

    /// The difference in each replicate.
    fn differences(&self, root: bool, weighting: Weighting) -> Vec<Option<f64>> {
        // With one attempt each both weightings are the same, and the finer unit serves both.
        let by = usize::from(weighting == Weighting::Attempt && !self.single);
        let below = if by == 0 { SUBJECTS } else { ATTEMPTS };
        if !root {
            let years = |value: Option<f64>| value.map(|value| value / self.units[0]);
            return self.sums.ratio(ABSOLUTE[by], below).into_iter().map(years).collect();
        }
        let unit = self.units[1 + by];
        let roots = |place: usize| {
            let means = self.sums.ratio(SQUARE[place][by], below).into_iter();
            means.map(|mean| mean.map(|mean| (mean / unit).sqrt())).collect::<Vec<_>>()
        };
        roots(1).into_iter().zip(roots(0)).map(|(method, baseline)| Some(method? - baseline?)).collect()
    }
}
