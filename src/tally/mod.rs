//! Answers and truth as integer sums per cell: what can be added, merged and kept without a person in it.
//!
//! [`Truth`] (one row per listed sample) and [`Answers`] (the same rows, one method) go in; a [`Tally`] comes out: for
//! every group, age and population how many subjects ended in which combination of passes, denials, undecided and
//! unanswered attempts at each challenge age. Every failure policy, weighting and tie rule derives from these counts
//! (METRICS M3, M4, M15), and two tallies of disjoint subjects add up to the tally of both, whatever the order.

mod answers;
mod attacks;
mod bands;
mod cell;
mod class;
mod contribution;
mod decided;
mod dimensions;
mod error_rows;
mod errors;
mod families;
mod finished;
mod grid;
mod halves;
mod hot;
mod hot_stratum;
mod information;
mod measured;
mod months;
mod moved;
mod own_errors;
mod pair_cell;
mod paired;
mod paired_errors;
mod profile;
mod repeats;
mod rest;
mod scores;
mod shape;
mod sides;
mod staged;
mod standards;
mod strata;
mod taken;
mod together;
mod truth;
mod units;
mod vectors;
mod walk;
mod weighted_errors;
mod weighted_pairs;
mod weights;
mod wire;

pub use answers::{Answers, not_ages};
pub use attacks::{AttackTallies, AttackTally};
pub use bands::{BandIndex, BandSaid, BandTally, spans_an_edge};
pub use cell::{Cell, Combo, Joints};
pub use class::{AgeClass, Slot};
pub use error_rows::{ANSWERED_SHARES, ErrorRows, Percentile};
pub use errors::{ErrorTally, LineSums, MomentSums, Moments};
pub use families::Families;
pub use finished::{AnswerKinds, Flow, FlowCount, GroupTally, Tally};
pub use grid::Grid;
pub use halves::Half;
pub use information::{AnswerClass, Expressible, Information, NumberFormat};
pub use measured::{ERROR_UNIT, Measured, SHARE_UNIT};
pub use pair_cell::{Differing, PairCell};
pub use paired::{PairFlow, PairPlace, PairTally};
pub use paired_errors::{ErrorPair, WeightedPair, answered_by_one, paired_errors, run_to_run};
pub use repeats::{RepeatSums, RepeatTally};
pub use scores::{ScoreKind, ScoreRows, ScoredAttempt, SpreadAttempt};
pub use shape::MOST_CLASSES;
pub(crate) use sides::is_far;
pub use sides::{LimitColumn, SideTally};
pub use staged::{DecidedAttempt, StagedAttempt};
pub use standards::{CellKey, CellPair, JointDesignSums, JointMoments, Products, StandardTally};
pub use strata::{Strata, Stratum, Value};
pub use together::{ByGroup, SlotColumn, Together};
pub use truth::{Column, MOST_LEVELS, Truth, TruthBuilder, TruthRow};
pub use units::Shard;
pub use vectors::Vectors;
pub use weighted_errors::{WeightedErrors, WeightedLine, WeightedMoments, WeightedSums};
pub use weighted_pairs::WeightedPairs;
pub use weights::Counted;

/// Why nothing could be tallied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// Truth and answers are of different samples.
    #[error("{answers} answers for {listed} listed samples")]
    Lengths {
        /// Rows of truth.
        listed: usize,
        /// Rows of answers.
        answers: usize,
    },
    /// The protocol groups by a column that the dataset does not have.
    #[error("the protocol groups by `{column}`, which is not a column of this dataset (it has: {known})")]
    NoColumn {
        /// The column that was asked for.
        column: String,
        /// The columns there are.
        known: String,
    },
    /// More levels than [`MOST_LEVELS`].
    #[error("the column or crossing `{column}` has more than {MOST_LEVELS} levels and cannot be grouped by")]
    TooManyLevels {
        /// The column.
        column: String,
    },
    /// More different ages, years and bands of them, than can be told apart.
    #[error(
        "more than {MOST_CLASSES} different ages: bands of years that begin or end between birthdays are counted each by itself"
    )]
    TooManyAges,
    /// More rows than can be counted.
    #[error("more than 4,294,967,294 rows")]
    TooManyRows,
    /// Two tallies that do not belong together.
    #[error("the tallies were made under different limits or challenge ages")]
    OtherGrid,
}

#[cfg(test)]
mod tests;
