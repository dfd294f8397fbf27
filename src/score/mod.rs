//! From a run folder to its metrics: the one place that joins folder, tally, metric and table.
//!
//! [`score_folder`] is a pure function of the folder; [`score()`] also writes `metrics.csv`; [`verify()`] computes every
//! published row again; [`Tallied`] does
//! without rows of people. [`import()`] makes a run folder from answers that were recorded elsewhere.

mod cards;
mod curve;
mod declared;
mod error;
pub(crate) mod folder;
mod footprint;
mod import;
mod inputs;
mod latency;
mod taken;
mod tallied;
mod verify;

pub use cards::Cards;
pub use curve::CurveJudge;
pub use error::ScoreError;
pub use folder::{
    ScoreRequest, Scored, digest, read_metrics, score, score_folder, score_imported, whole_rows, write_metrics,
};
pub use import::{Imported, Recording, import};
pub use inputs::{Inputs, fits, listed};
pub use tallied::{Gathered, TALLY_SCHEMA, Tallied, TalliedError};
pub use verify::{Difference, Differs, Verified, verify};
