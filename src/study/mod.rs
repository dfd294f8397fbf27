//! A study: methods x datasets under one protocol, as one file and one folder that goes on where it stopped; and its plan,
//! registered before any answer is seen.
//!
//! [`StudyFile`] is what somebody wrote, [`Plan`] the same by digests. [`Part::held`] says what a folder holds of a plan
//! already, [`Registration`] puts a plan on record and tells what deviates from it. Nothing here runs a method.

mod deviation;
mod file;
mod founded;
mod held;
mod plan;
mod record;
mod registration;

pub use deviation::{Deviation, deviations};
pub use file::{AXES, DECODERS, ENGINES, Footprint, Latency, PROVIDERS, RunSettings, StudyFile};
pub use founded::{Founded, founded};
pub use held::{Held, Part};
pub use plan::{DatasetPlan, Measurement, MethodPlan, Opened, Plan, PlanError, ProtocolPlan};
pub use record::{PartRecord, STUDY_SCHEMA, State, StudyRecord, note, said};
pub use registration::{Content, REGISTRATION_SCHEMA, Registration, RegistrationError, Standing};

/// The names of the files and folders of a study's folder.
pub mod names {
    /// What was planned and what is done.
    pub const STUDY: &str = crate::folder::names::STUDY;
    /// The study's file as it was read.
    pub const FILE: &str = "study.toml";
    /// The plan on record.
    pub const REGISTRATION: &str = crate::folder::names::REGISTRATION;
    /// Folders of results.
    pub const RESULTS: [&str; 4] = ["runs", "compared", "latency", "footprint"];
    /// Every file that a study's folder may hold.
    pub const FILES: [&str; 4] = [STUDY, FILE, REGISTRATION, crate::folder::names::REPORT];
}

#[cfg(test)]
mod tests;
