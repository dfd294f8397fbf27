//! One number for how far the values of several groups lie apart, for the observed values and for drawn ones alike.

use super::super::catalogue::{self, Entry};
use crate::stats::{
    between_group_sd, gini, max_distance, max_minus_min, max_over_geometric_mean, max_over_min, normal_quantile,
    t_quantile, wilson,
};
use crate::table::{Interval, Row};

/// A summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statistic {
    MaxMinusMin,
    MaxOverMin,
    MaxOverGeometricMean,
    Gini,
    ParityGap,
    BetweenGroupSd,
    Discrepancy,
    Garbe,
}

impl Statistic {
    /// Those of one metric that may be of either sign.
    pub const OF_SIGNED: [Self; 3] = [Self::MaxMinusMin, Self::ParityGap, Self::BetweenGroupSd];
    /// Those of one metric that is never below zero.
    pub const OF_ONE: [Self; 6] = [
        Self::MaxMinusMin,
        Self::MaxOverMin,
        Self::MaxOverGeometricMean,
        Self::Gini,
        Self::ParityGap,
        Self::BetweenGroupSd,
    ];
    /// Those of both rates together.
    pub const OF_BOTH: [Self; 2] = [Self::Discrepancy, Self::Garbe];

    /// Its metric, of values in years or of shares.
    pub fn entry(self, years: bool) -> Entry {
        match (self, years) {
            (Self::MaxMinusMin, false) => catalogue::MAX_MINUS_MIN,
            (Self::MaxMinusMin, true) => catalogue::MAX_MINUS_MIN_YEARS,
            (Self::MaxOverMin, _) => catalogue::MAX_OVER_MIN,
            (Self::MaxOverGeometricMean, _) => catalogue::MAX_OVER_GEOMETRIC_MEAN,
            (Self::Gini, _) => catalogue::GINI,
            (Self::ParityGap, false) => catalogue::PARITY_GAP,
            (Self::ParityGap, true) => catalogue::PARITY_GAP_YEARS,
            (Self::BetweenGroupSd, false) => catalogue::BETWEEN_GROUP_SD,
            (Self::BetweenGroupSd, true) => catalogue::BETWEEN_GROUP_SD_YEARS,
            (Self::Discrepancy, _) => catalogue::FAIRNESS_DISCREPANCY_RATE,
            (Self::Garbe, _) => catalogue::GARBE,
        }
    }

    /// Whether it divides by a group's value, so that few events make it jump.
    pub fn is_ratio(self) -> bool {
        matches!(self, Self::MaxOverMin | Self::MaxOverGeometricMean)
    }

    /// Whether groups that lie further apart have a smaller value.
    pub fn falls(self) -> bool {
        self == Self::Discrepancy
    }
}

/// What is known of the noise of one group's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Noise {
    /// A share on so many effective attempts.
    Share { n_star: f64, level: f64 },
    /// A mean with this variance.
    Mean(Option<f64>),
}

impl Noise {
    /// As the row's own interval has it.
    pub fn of(row: &Row) -> Self {
        let level = row.level.unwrap_or(0.95);
        if let Some(n_star) = row.n_star {
            return Self::Share { n_star, level };
        }
        let width = row.low.zip(row.high).filter(|_| row.interval == Some(Interval::T)).map(|(low, high)| high - low);
        let half = |width: f64| {
            let freedom = row.n_subjects.map(|subjects| subjects as f64 - 1.0).filter(|freedom| *freedom > 0.0)?;
            Some(width / 2.0 / t_quantile(0.5 + level / 2.0, freedom))
        };
        Self::Mean(width.and_then(half).map(|error| error * error))
    }

    /// The variance at `value`: p (1 - p) / n* of a share; where that is 0, the square of the Wilson interval's width in
    /// standard errors.
    fn variance(self, value: f64) -> Option<f64> {
        match self {
            Self::Mean(variance) => variance,
            Self::Share { n_star, .. } if value > 0.0 && value < 1.0 => Some(value * (1.0 - value) / n_star),
            Self::Share { n_star, level } => {
                let (low, high) = wilson(value, n_star, level);
                Some(((high - low) / (2.0 * normal_quantile(0.5 + level / 2.0))).powi(2))
            }
        }
    }
}

/// A summary with all that it needs besides the groups' values.
#[derive(Debug, Clone)]
pub(super) struct Apart {
    pub statistic: Statistic,
    /// The weight of under-age passes where both rates are in it.
    pub alpha: f64,
    /// The whole dataset's value.
    pub reference: Option<f64>,
    /// By group.
    pub noise: Vec<Noise>,
}

impl Apart {
    /// The summary of `values`: by metric (one, or both rates), then by group.
    pub fn of(&self, values: &[Vec<f64>]) -> Option<f64> {
        let (first, second) = (values.first()?, values.get(1));
        let both = |of: fn(&[f64]) -> Option<f64>| Some(self.alpha * of(first)? + (1.0 - self.alpha) * of(second?)?);
        match self.statistic {
            Statistic::MaxMinusMin => max_minus_min(first),
            Statistic::MaxOverMin => max_over_min(first),
            Statistic::MaxOverGeometricMean => max_over_geometric_mean(first),
            Statistic::Gini => gini(first),
            Statistic::ParityGap => max_distance(first, self.reference?),
            Statistic::BetweenGroupSd => {
                let noisy = first.iter().zip(&self.noise).map(|(value, noise)| Some((*value, noise.variance(*value)?)));
                between_group_sd(&noisy.collect::<Option<Vec<_>>>()?)
            }
            Statistic::Discrepancy => Some(1.0 - both(max_minus_min)?),
            Statistic::Garbe => both(gini),
        }
    }
}
