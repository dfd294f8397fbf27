//! From a run folder to its metrics: the one place that joins folder, tally, metric and table.
//!
//! [`import()`] makes a run folder from answers that were recorded elsewhere.

mod error;
mod import;
mod inputs;

pub use error::ScoreError;
pub use import::{Imported, Recording, import};
