//! Two ways to run one method, put to the same samples: how far apart their answers are.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::attempts::{Attempted, Work};
use super::places::Places;
use crate::clock::Clock;
use crate::dataset::Dataset;
use crate::method::{Ask, Method, MethodError, Scratch};
use crate::outcome::{Answer, Outcome};

/// What came of the samples that both were put to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Agreement {
    /// Samples that both answered with an age.
    pub compared: u64,
    /// Mean absolute difference in years over these; 0 without one.
    pub mean: f64,
    /// The largest absolute difference in years over these; 0 without one.
    pub largest: f64,
    /// The id of the first sample with that difference.
    pub largest_at: Option<String>,
    /// Samples that only one of the two answered with an age, by id, in manifest order.
    pub one_only: Vec<String>,
    /// Samples that neither answered with an age.
    pub neither: u64,
    /// Whether it was stopped from outside before the last sample.
    pub interrupted: bool,
}

/// Puts every sample of `dataset` to `one` and to `other`, each picture decoded once for both.
///
/// # Errors
/// [`MethodError`] when one of them cannot be opened, or breaks again and again.
pub fn agree(
    one: &Arc<dyn Method>,
    other: &Arc<dyn Method>,
    dataset: &Dataset,
    jobs: NonZeroUsize,
    scratch: &Scratch,
    clock: &Arc<dyn Clock>,
    stop: &Arc<AtomicBool>,
) -> Result<Agreement, MethodError> {
    let methods = [Arc::clone(one), Arc::clone(other)];
    let work = Work {
        methods: &methods,
        dataset,
        places: &Places::all(dataset),
        from: 0,
        roster: None,
        ask: Ask {
            limits: Vec::new(),
            time_limit: Duration::MAX,
            seed: 0,
            scratch: scratch.clone(),
            clock: Arc::clone(clock),
            stop: Arc::clone(stop),
        },
        jobs,
        clock: &**clock,
        stop,
        sink: &|_| {},
        given: None,
    };
    let mut found = Agreement::default();
    let (mut sum, mut ids) = (0.0, dataset.samples().iter());
    let write = |attempted: Attempted| -> Result<(), std::convert::Infallible> {
        let id = ids.next().map(|row| row.sample_id.to_string()).unwrap_or_default();
        match (of(&attempted, 0), of(&attempted, 1)) {
            (Some(one), Some(other)) => {
                let difference = (one - other).abs();
                found.compared += 1;
                sum += difference;
                if found.largest_at.is_none() || difference > found.largest {
                    (found.largest, found.largest_at) = (difference, Some(id));
                }
            }
            (None, None) => found.neither += 1,
            _ => found.one_only.push(id),
        }
        Ok(())
    };
    match work.attempt_all(write) {
        Ok(super::attempts::End::Done) => {}
        Ok(super::attempts::End::Interrupted) => found.interrupted = true,
        Ok(super::attempts::End::GaveUp(method, reason)) => return Err(MethodError::Broken { method, reason }),
        Err(Ok(error)) => return Err(error),
        Err(Err(never)) => match never {},
    }
    if found.compared > 0 {
        found.mean = sum / found.compared as f64;
    }
    Ok(found)
}

/// The age that the method at `place` answered.
fn of(attempted: &Attempted, place: usize) -> Option<f64> {
    attempted.outcomes.get(place)?.as_ref().and_then(years)
}

fn years(outcome: &Outcome) -> Option<f64> {
    match outcome.answer.as_ref() {
        Some(Answer::Age { age, .. }) => Some(age.years()),
        _ => None,
    }
}
