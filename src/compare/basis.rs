//! What the bounds of a paired difference are made of, so that a gate can ask for them at the level of its own.

use crate::stats::{Area, Discordance, percentile_bounds};

/// What the bounds of a difference, method less baseline, are made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// Nothing: a count, or a place where nothing can be compared.
    Nothing,
    /// Shares of the same subjects: Tango's score bounds.
    Shares(Discordance),
    /// Replicates of a bootstrap over so many subjects: their percentiles.
    Replicates {
        /// The difference in each; none where nobody was drawn.
        drawn: Vec<Option<f64>>,
        /// Subjects.
        subjects: u64,
    },
    /// Areas under the curve: normal bounds.
    Areas(Area),
}

/// Replicates beyond a percentile, below which they do not say where it lies.
const LEAST_BEYOND: f64 = 5.0;

impl Basis {
    /// The one-sided lower and upper bounds at `level`, 0.5 < level < 1; `None` where there are none, or where the
    /// replicates are too few for so high a level.
    #[must_use]
    pub fn bounds(&self, level: f64) -> Option<(f64, f64)> {
        match self {
            Self::Nothing => None,
            Self::Shares(discordance) => Some((discordance.lower(level), discordance.upper(level))),
            Self::Replicates { drawn, subjects } => {
                // Rounded: 1 - 0.9975 times 2,000 is 5 on paper.
                let beyond = (1.0 - level) * drawn.len() as f64;
                let enough = beyond >= LEAST_BEYOND - 1e-6;
                enough.then(|| percentile_bounds(drawn, *subjects, 2.0 * level - 1.0)).flatten()
            }
            Self::Areas(difference) => difference.normal_interval(2.0 * level - 1.0),
        }
    }

    /// The subjects at which a difference that stays what it is would be shown to be less than `margin` with the
    /// probability `wanted`, by bounds at `level`; differences are turned around first where `turned` says that a larger
    /// value is the better one. `None` where no number of subjects would do, or nothing is known of it.
    #[must_use]
    pub fn subjects_for_margin(&self, value: f64, turned: bool, margin: f64, wanted: f64, level: f64) -> Option<f64> {
        match self {
            Self::Shares(discordance) => {
                let harm = if turned { discordance.turned() } else { *discordance };
                harm.subjects_for_margin(margin, wanted, level)
            }
            Self::Nothing | Self::Areas(_) => None,
            Self::Replicates { subjects, .. } => {
                let (low, high) = self.bounds(level)?;
                let (harm, reach) = if turned { (-value, value - low) } else { (value, high - value) };
                crate::stats::subjects_for_mean(*subjects as f64, margin - harm, reach, level, wanted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicates_give_no_bound_where_fewer_than_five_lie_beyond_it() {
        let drawn: Vec<Option<f64>> = (0..2000).map(|at| Some(f64::from(at))).collect();
        let basis = Basis::Replicates { drawn, subjects: 40 };
        // Type 7 of 0, 1, ..., 1999: the quantile q is 1999 q (numpy.quantile).
        let (low, high) = basis.bounds(0.95).unwrap();
        assert!((low - 99.95).abs() < 1e-9 && (high - 1899.05).abs() < 1e-9, "{low} {high}");
        assert!(basis.bounds(0.9975).is_some() && basis.bounds(0.998).is_none());
        assert_eq!(Basis::Nothing.bounds(0.95), None);
    }

    #[test]
    fn bounds_of_shares_are_tangos_at_any_level() {
        let discordance = Discordance::new(30.0, 10.0, 400.0).unwrap();
        let bounds = Basis::Shares(discordance).bounds(0.99).unwrap();
        assert_eq!(bounds, (discordance.lower(0.99), discordance.upper(0.99)));
    }
}
