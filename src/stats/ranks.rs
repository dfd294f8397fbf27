//! Scores as places among the distinct ones: sorted once, whatever is asked of them afterwards.

use rayon::prelude::*;

/// The distinct scores, and where among them each score stands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranks {
    distinct: Vec<f64>,
    places: Vec<u32>,
}

impl Ranks {
    /// The place of a score that has none.
    pub const NONE: u32 = u32::MAX;

    /// Of fewer than 2^32 - 1 scores. -0 and 0 are one score; NaN is none.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "fewer than 2^32 scores")]
    pub fn of(scores: &[f64]) -> Self {
        let mut sorted: Vec<(f64, u32)> = scores
            .par_iter()
            .enumerate()
            .filter(|(_, score)| !score.is_nan())
            .map(|(index, score)| (score + 0.0, index as u32))
            .collect();
        sorted.par_sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let mut distinct: Vec<f64> = Vec::new();
        let mut places = vec![Self::NONE; scores.len()];
        for (score, index) in sorted {
            if distinct.last() != Some(&score) {
                distinct.push(score);
            }
            places[index as usize] = distinct.len() as u32 - 1;
        }
        Self { distinct, places }
    }

    /// The distinct scores, ascending.
    #[must_use]
    pub fn distinct(&self) -> &[f64] {
        &self.distinct
    }

    /// The place of score number `index` among the distinct ones; [`Ranks::NONE`] for NaN or no such score.
    #[must_use]
    pub fn place(&self, index: usize) -> u32 {
        self.places.get(index).copied().unwrap_or(Self::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_share_a_place_and_nan_has_none() {
        let ranks = Ranks::of(&[2.5, -0.0, f64::NAN, 0.0, 2.5, -1.0, f64::INFINITY]);
        assert_eq!(ranks.distinct(), [-1.0, 0.0, 2.5, f64::INFINITY]);
        assert!(ranks.distinct()[1].is_sign_positive(), "one zero is written, without a sign");
        assert_eq!(
            (0..8).map(|index| ranks.place(index)).collect::<Vec<_>>(),
            [2, 1, Ranks::NONE, 1, 2, 0, 3, Ranks::NONE]
        );
        assert_eq!(Ranks::of(&[]), Ranks::default());
    }
}
