//! Footprint (METRICS M13): what a method is given, sends, returns and leaves behind, observed attempt by attempt.
//!
//! [`run`] makes the attempts, one session and one at a time, and writes a run folder: the outcomes as a run does, and every
//! observation into footprint.csv, from which `score` makes the rows. What cannot be observed is said so, and is never 0.

mod attempts;
#[cfg(target_os = "linux")]
mod boxed;
mod canary;
mod curve;
mod folder;
mod given;
mod identifiers;
#[cfg(target_os = "linux")]
pub mod in_box;
mod inventory;
#[cfg(not(target_os = "linux"))]
mod nowhere;
#[cfg(target_os = "linux")]
mod opened;
mod report;
mod sandbox;

pub use given::write_given;
pub use sandbox::Tools;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::clock::Clock;
use crate::dataset::Dataset;
use crate::digest::DigestError;
use crate::folder::{Existing, FolderError, Machine, RunFolder};
use crate::method::{MethodError, Scratch};
use crate::protocol::Protocol;
use crate::run::{RunMethod, Sink, Summary};

pub use curve::{Axis, CurvePlan, StepDone, curve};

/// What to observe, and how.
pub struct Request<'a> {
    /// The method.
    pub method: &'a RunMethod,
    /// The dataset; all listed samples are attempted.
    pub dataset: &'a Dataset,
    /// The protocol, written to the folder; its limits become columns.
    pub protocol: &'a Protocol,
    /// Where to write.
    pub out: &'a Path,
    /// What to do with a folder that holds something.
    pub existing: Existing,
    /// An answer later than this is `timed_out`.
    pub time_limit: Duration,
    /// Where the method may put copies of samples.
    pub scratch: Scratch,
    /// Write ids as they are, instead of pseudonyms.
    pub keep_ids: bool,
    /// The filter in words, for `run.json`; empty when all samples are listed.
    pub pick: String,
    /// The machine, for `run.json`.
    pub machine: Machine,
    /// Hosts that a program in the box may reach, each a name and a port.
    pub hosts: Vec<(String, u16)>,
    /// What of this machine makes a box.
    pub tools: Tools,
    /// Memory of this process before the method was loaded, in bytes; none where the system does not tell.
    pub memory: Option<u64>,
    /// The most memory that this process ever had, in bytes; none where the system does not tell.
    pub peak: &'a dyn Fn() -> Option<u64>,
}

/// Why a footprint could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum FootprintError {
    /// The method cannot be opened.
    #[error(transparent)]
    Method(#[from] MethodError),
    /// The folder cannot be written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A digest cannot be made.
    #[error(transparent)]
    Digest(#[from] DigestError),
    /// The card or the manifest of the dataset was changed during the measurement.
    #[error("the dataset's file `{0}` was changed or removed since the measurement began")]
    Dataset(String),
    /// Inputs cannot be reduced.
    #[error("no sample of the dataset is a picture that can be read: there is nothing to reduce")]
    NoPicture,
}

/// Makes the attempts and writes the folder, but for its rows. As long as it is held no other process writes it.
///
/// # Errors
/// [`FootprintError`], also where a file of the method is another at the end; the outcomes written by then are a valid prefix, in outcomes.csv.part.
pub fn run(
    request: &Request<'_>,
    clock: &Arc<dyn Clock>,
    stop: &Arc<AtomicBool>,
    sink: &Sink<'_>,
) -> Result<(RunFolder, Summary), FootprintError> {
    let mut writing = folder::Writing::begin(request, &**clock)?;
    let ended = attempts::Attempts { request, clock, stop, sink }.all(&mut writing);
    let ended = ended.and_then(|end| match end {
        attempts::End::Done => unchanged(request).map(|()| end),
        attempts::End::Interrupted => Ok(end),
    });
    writing.finish(request, &**clock, ended)
}

/// Whether the method's files and the dataset's are what they were when they were read.
fn unchanged(request: &Request<'_>) -> Result<(), FootprintError> {
    request.method.unchanged()?;
    request.dataset.changed().map_or(Ok(()), |file| Err(FootprintError::Dataset(file.to_owned())))
}
