//! The run folder: its files, their formats, pseudonyms. Closed: every later verb reads it and nothing else.
//!
//! Rows of `truth.csv` stand in manifest order; rows of `outcomes.csv` stand in the same order, within a sample in the
//! order of the methods. So scoring merges two sorted streams, and a finished prefix is a valid file. The formats are
//! described in `docs/files.md`.

mod attempts;
mod curve;
mod error;
mod extra;
mod footprint;
mod held;
mod ids;
mod journal;
mod latency;
mod machine;
mod out;
mod outcome_reader;
mod outcome_writer;
mod pseudonym;
mod rows;
mod run_json;
mod shard;
mod truth;

pub use attempts::{Attempt, join_attempts};
pub use curve::{STEP_COLUMNS, StepRecord, read_steps, step_file, write_steps};
pub use error::{FolderError, FolderKind};
pub use extra::count_extra;
pub use footprint::{Basis, FOOTPRINT_COLUMNS, FootprintWriter, Observed, Phase, Thing, read_footprint};
pub use held::{Claim, is_record};
pub use ids::{Ids, PrintedId};
pub use journal::{Hashed, Journal, Mark, Reopened};
pub use latency::{LATENCY_COLUMNS, LatencyWriter, Observation, Stream, read_latency};
pub use machine::Machine;
pub use out::{Existing, RunFolder, create_private, write_whole};
pub use outcome_reader::{OutcomeReader, OutcomeRow};
pub(crate) use outcome_reader::{joined, read_answer, read_status};
pub use outcome_writer::{AttemptKey, OutcomeWriter, Timings};
pub use pseudonym::Pseudonyms;
pub use rows::RowsRecord;
pub use run_json::{
    ClaimedTimes, DatasetRecord, MethodRecord, RUN_SCHEMA, RunRecord, ServiceRecord, StageRecord, UNSTATED_VERSION,
};
pub use shard::{MergedShard, Shard, ShardRecord};
pub use truth::{PLACE_COLUMN, Truth, TruthRow};

/// The names of the files of a run folder.
pub mod names {
    /// One row an attempt; about people.
    pub const OUTCOMES: &str = "outcomes.csv";
    /// [`OUTCOMES`] while the run is not finished.
    pub const OUTCOMES_PART: &str = "outcomes.csv.part";
    /// How much of [`OUTCOMES_PART`] is safe on disk.
    pub const JOURNAL: &str = "outcomes.journal";
    /// One row a listed sample; about people.
    pub const TRUTH: &str = "truth.csv";
    /// The effective protocol, all defaults written out.
    pub const PROTOCOL: &str = "protocol.toml";
    /// The cards as they were read.
    pub const CARDS: &str = "cards";
    /// The dataset's card, in [`CARDS`].
    pub const DATASET_CARD: &str = "dataset.toml";
    /// What programs wrote to their error streams, a file a method: their words, which may be about people.
    pub const STDERR: &str = "stderr";
    /// Raw observations of `latency`; about people.
    pub const LATENCY: &str = "latency.csv";
    /// Raw observations of `footprint`; about people.
    pub const FOOTPRINT: &str = "footprint.csv";
    /// What came of reduced inputs, a file a step; about people.
    pub const CURVE: &str = "curve";
    /// The steps at which inputs were reduced, in [`CURVE`].
    pub const STEPS: &str = "curve/steps.csv";
    /// Exact sums instead of rows about people; about people all the same where they are small.
    pub const TALLY: &str = "tally.jsonl";
    /// The published rows.
    pub const METRICS: &str = "metrics.csv";
    /// Settings, digests, versions, machine, times.
    pub const RUN: &str = "run.json";
    /// The report.
    pub const REPORT: &str = "report.html";
    /// The registered plan of the study that the run is a part of.
    pub const REGISTRATION: &str = "registration.json";
    /// What was planned and what is done, in the folder of a study.
    pub const STUDY: &str = "study.json";
    /// The differences of a comparison, in a folder of its own.
    pub const COMPARISON: &str = "comparison.csv";
    /// The ranks of a comparison, beside [`COMPARISON`].
    pub const LEADERBOARD: &str = "leaderboard.csv";
    /// Rows of several holders put together, in a folder of its own.
    pub const POOLED: &str = "pooled.csv";
    /// Every file that a run folder may hold, but for those in [`CARDS`], [`STDERR`] and [`CURVE`].
    pub const ALL: [&str; 11] =
        [OUTCOMES, JOURNAL, TRUTH, TALLY, PROTOCOL, LATENCY, FOOTPRINT, METRICS, RUN, REPORT, REGISTRATION];
}

#[cfg(test)]
mod tests;
