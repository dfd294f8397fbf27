//! Latency (METRICS M12): how long a method takes to load, to answer first, and to go on answering.
//!
//! A measurement is made of several starts of the process, because two starts differ by more than two attempts of one.
//! [`observe`] is what one start does; whoever starts the processes collects their [`Observation`]s into latency.csv,
//! from which `score` makes the rows. Nothing is shared between attempts: each decodes its picture anew.

mod calibration;
mod folder;
mod null;
mod streams;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::age::AgeLimit;
use crate::clock::Clock;
use crate::dataset::Dataset;
use crate::folder::Observation;
use crate::method::{Method, MethodError, Scratch, lend};

pub use calibration::calibrate;
pub use folder::{Measured, WriteError};
pub use null::null_method;

/// What one start of the process is to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The number of this start, from 0.
    pub start: u32,
    /// Attempts of each stream.
    pub attempts: NonZeroUsize,
    /// Attempts before the steady state.
    pub warm_up: usize,
    /// Arrivals a second of the offered load; none: no offered load.
    pub rate: Option<f64>,
    /// Workers of the offline stream.
    pub jobs: NonZeroUsize,
    /// An answer later than this is `timed_out`.
    pub time_limit: Duration,
    /// Seed of the arrivals.
    pub seed: u64,
    /// The limits of the protocol.
    pub limits: Vec<AgeLimit>,
    /// Where the method may put copies of samples.
    pub scratch: Scratch,
}

/// Why one start could not be observed.
#[derive(Debug, thiserror::Error)]
pub enum LatencyError<E: std::error::Error + 'static> {
    /// The method cannot be loaded.
    #[error("cannot load the method")]
    Load(#[source] E),
    /// The method cannot be opened, or broke while it was measured.
    #[error("the method broke while it was measured")]
    Method(#[source] MethodError),
    /// The dataset lists nothing.
    #[error("the dataset lists no sample")]
    NoSample,
    /// An observation could not be handed on.
    #[error("cannot write an observation")]
    Write(#[source] std::io::Error),
}

/// What a start is measured with.
pub struct Setting<'a> {
    /// The samples; a start begins at another one than the start before, and begins anew after the last.
    pub dataset: &'a Dataset,
    /// The ids of the samples as printed, in the dataset's order.
    pub ids: &'a [String],
    /// Where times come from.
    pub clock: &'a Arc<dyn Clock>,
    /// Set when the work is to end.
    pub stop: &'a Arc<AtomicBool>,
    /// Where what whoever measures must know is told, once in all starts.
    pub warn: &'a (dyn Fn(String) + Sync),
}

/// Makes the observations of one start, in the order of [`crate::folder::Stream::ALL`], and hands each to `sink`.
///
/// # Errors
/// [`LatencyError`]; what was observed before has been handed on.
pub fn observe<E: std::error::Error + 'static>(
    plan: &Plan,
    setting: &Setting<'_>,
    load: impl FnOnce() -> Result<Arc<dyn Method>, E>,
    sink: &mut dyn FnMut(Observation) -> std::io::Result<()>,
) -> Result<(), LatencyError<E>> {
    if setting.dataset.samples().is_empty() || setting.ids.len() < setting.dataset.samples().len() {
        return Err(LatencyError::NoSample);
    }
    let begun = setting.clock.monotonic();
    let method = load().map_err(LatencyError::Load)?;
    let columns = lend::columns(&*method, setting.dataset).map_err(LatencyError::Method)?;
    streams::Streams { plan, setting, method: &method, columns }.all(begun, sink).map_err(|error| match error {
        streams::Broken::Method(error) => LatencyError::Method(error),
        streams::Broken::Sink(error) => LatencyError::Write(error),
    })
}

#[cfg(test)]
mod tests;
