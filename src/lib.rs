//! agebench measures age-assurance methods: how accurate they are at age thresholds, how fast they are, and how much
//! personal data they take.
//!
//! The way of the data: a dataset and a method card go into [`run`], which writes a run folder ([`folder`]) of raw
//! answers; [`score`] turns the folder into integer tallies ([`tally`]), the tallies into rows ([`metric`], with the
//! statistics of [`stats`]) and the rows into `metrics.csv` ([`table`]); [`report`] reads rows and computes nothing.
//! A published number is a pure function of the run folder.
//!
//! Nothing here prints, exits, or reads the clock or the environment, but for [`cli`].

pub mod age;
pub mod base64;
pub mod bundled;
pub mod cli;
pub mod clock;
pub mod compare;
pub mod conformance;
pub mod dataset;
pub mod digest;
pub mod engine;
pub mod finding;
pub mod folder;
pub mod footprint;
pub mod foreign;
pub mod gate;
pub mod init;
pub mod keys;
pub mod latency;
pub mod method;
pub mod metric;
pub mod outcome;
pub mod photo;
pub mod plan;
pub mod pool;
pub mod protocol;
pub mod publish;
mod recorded;
pub mod report;
pub mod run;
pub mod score;
pub mod sheet;
pub mod stats;
pub mod study;
pub mod table;
pub mod tally;

/// The version of agebench, as rows and run.json have it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
