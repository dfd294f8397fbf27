//! A run: samples put to methods in parallel, outcomes written in manifest order into a run folder.
//!
//! [`run`] writes `truth.csv`, `outcomes.csv`, the protocol, the cards and `run.json`. It does not score: that is a
//! pure function of the folder, see [`crate::score`].

mod agree;
mod attempts;
mod error;
mod events;
mod merge;
mod method;
mod places;
mod resume;
mod roster;
mod window;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::json;

pub use agree::{Agreement, agree};
pub(crate) use attempts::{Attempted, End, Work};
pub use error::RunError;
pub use events::{Event, Sink};
pub use merge::{MergeError, MergeRequest, merge};
pub use method::{RunMethod, Seen};
pub(crate) use places::Places;

use crate::clock::Clock;
use crate::dataset::Dataset;
use crate::digest::{Digest, DigestError};
use crate::folder::{
    Claim, DatasetRecord, Existing, Journal, Machine, Pseudonyms, RUN_SCHEMA, RunFolder, RunRecord, Shard, ShardRecord,
    Timings, Truth, names,
};
use crate::method::Scratch;
use crate::outcome::{Outcome, Status};
use crate::protocol::Protocol;

use written::{Prepared, Written};

/// What to run, and how.
pub struct Request<'a> {
    /// The methods, in the order in which their rows stand within a sample. Their names differ.
    pub methods: &'a [RunMethod],
    /// The dataset; all listed samples are attempted, or those of a shard.
    pub dataset: &'a Dataset,
    /// The part of the people that is run; none for everybody.
    pub shard: Option<Shard>,
    /// The protocol, written to the folder; its limits become columns.
    pub protocol: &'a Protocol,
    /// Where to write.
    pub out: &'a Path,
    /// What to do with a folder that holds something.
    pub existing: Existing,
    /// Workers at most.
    pub jobs: NonZeroUsize,
    /// An answer later than this is `timed_out`, and discarded.
    pub time_limit: Duration,
    /// Where methods may put copies of samples.
    pub scratch: Scratch,
    /// Write ids as they are, instead of pseudonyms.
    pub keep_ids: bool,
    /// Whether the time columns are filled.
    pub timings: Timings,
    /// What is kept of the outcomes.
    pub retain: Retain<'a>,
    /// The filter in words, for `run.json`; empty when all samples are listed.
    pub pick: String,
    /// The machine, for `run.json`.
    pub machine: Machine,
    /// Settings for `run.json` that change no answer, such as how an engine is kept apart.
    pub further: Vec<(String, serde_json::Value)>,
}

/// What is kept of the outcomes of a run.
#[derive(Clone, Copy)]
pub enum Retain<'a> {
    /// A row of each, with that of its sample.
    Rows,
    /// Nothing on disk: each is handed over with the numbers of its sample and its method, in order, and forgotten.
    Nothing(&'a dyn Fn(usize, usize, &Outcome)),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Attempts written.
    pub attempts: usize,
    /// Attempts asked for.
    pub asked: usize,
    /// Of the written: failed or timed out.
    pub failed: usize,
    /// Whether the run was stopped from outside before its end.
    pub interrupted: bool,
}

/// Makes the run: attempts, written in manifest order as they come.
///
/// With [`Existing::Resume`] a run that was broken off goes on behind the last block that is safe on disk, and one that is
/// finished is left as it is. As long as the folder that it gives is held no other process writes it.
///
/// # Errors
/// [`RunError`]. After [`RunError::GaveUp`], a stop and a failure to write, the run can go on.
pub fn run(
    request: &Request<'_>,
    clock: &Arc<dyn Clock>,
    stop: &Arc<AtomicBool>,
    sink: &Sink<'_>,
) -> Result<(RunFolder, Summary), RunError> {
    usable(request)?;
    let rows = matches!(request.retain, Retain::Rows);
    RunFolder::check(request.out, request.existing)?;
    let pseudonyms = Pseudonyms::of(request.dataset, request.keep_ids);
    let whole = Truth::of(request.dataset, &pseudonyms);
    let of_shard = request.shard.map(|shard| whole.of_shard(shard));
    let own = of_shard.as_ref().unwrap_or(&whole);
    let mut record = record(request, &whole, own, clock)?;
    // A method that does not open leaves no folder behind, and the run that would be replaced where it is.
    let goes_on = request.existing == Existing::Resume && request.out.join(names::RUN).exists();
    let ready = if goes_on {
        None
    } else {
        drop((Claim::of(request.out)?, Journal::claim(request.out)?));
        written::Ready::of(request, [&whole, own], clock, stop, sink)?
    };
    let folder = RunFolder::prepare(request.out, request.existing)?.claimed()?;
    let resumed = if request.existing == Existing::Resume { resume::Before::of(&folder, &record)? } else { None };
    if let Some(before) = &resumed {
        if before.record.dataset.inputs_digest.is_none() {
            let text = "the run was begun before run.json held a digest of what is put to methods: a change of face boxes or of \
                        columns lent to them would not be found";
            sink(Event::Warning(text.to_owned()));
        }
        if before.finished {
            Journal::remove(&folder)?;
            let (attempts, failed) = resume::counts(&folder, request, &Places::of(own))?;
            before.record.has_outcomes(&folder)?;
            own.write_into(&folder)?;
            return Ok((folder, Summary { attempts, asked: attempts, failed, interrupted: false }));
        }
        if before.record.machine.as_ref() != Some(&request.machine) {
            let text = "the run was begun on another machine: answers of an engine may differ in their last digits";
            sink(Event::Warning(text.to_owned()));
        }
        resume::carried_on(&mut record, &before.record);
    }
    let done = if resumed.is_some() { resume::Done::of(&folder, request, &Places::of(own))? } else { None };
    if let Some(back) = done.as_ref().map(|done| done.back).filter(|back| *back > 0) {
        let text = format!(
            "the file of {} could not be read when it was attempted, and can be read now: the outcome that it has is kept \
             (--replace begins over)",
            crate::finding::counted(back, "sample"),
        );
        sink(Event::Warning(text));
    }
    if rows {
        record.truth = Some(own.write_into(&folder)?);
    }
    folder.write(names::PROTOCOL, request.protocol.to_toml().as_bytes(), false)?;
    folder.write_card(names::DATASET_CARD, request.dataset.card_text())?;
    for (method, about) in request.methods.iter().zip(&record.methods) {
        method.write_cards(about, &folder)?;
    }
    record.write(&folder)?;

    let before: Vec<_> = record.methods.clone();
    let prepared = Prepared { request, folder: &folder, whole: &whole, own, clock, stop, sink };
    let written = prepared.write_attempts(done, ready);
    let seen: Vec<Seen> = request.methods.iter().map(|method| method.seen(&request.scratch)).collect();
    for ((seen, about), before) in seen.iter().zip(&mut record.methods).zip(&before) {
        seen.note(about);
        resume::add_service(about, before);
        // What a program writes is free text, and may be about people.
        if rows {
            seen.write_words(about, &folder)?;
        }
    }
    let Written { end, summary, files, returned, outcomes } = written?;
    if end == End::Done {
        request.methods.iter().try_for_each(RunMethod::unchanged).map_err(RunError::Method)?;
        request.dataset.changed().map_or(Ok(()), |file| Err(RunError::Dataset(file.to_owned())))?;
        record.ended = Some(clock.wall().to_string());
        record.outcomes = outcomes;
    }
    record.dataset.files_digest = Some(files);
    for (method, returned) in record.methods.iter_mut().zip(returned) {
        method.extra_fields = returned.extra;
        method.claimed_times = returned.claimed.filter(|_| request.timings == Timings::Written);
    }
    if let Some(place) = seen.iter().find_map(Seen::copies) {
        record.settings.insert("copies".to_owned(), json!(place));
    }
    record.write(&folder)?;
    if end == End::Done && rows {
        Journal::finish(&folder)?;
    }
    match end {
        End::GaveUp(method, reason) => Err(RunError::GaveUp { method, reason }),
        End::Done | End::Interrupted => Ok((folder, summary)),
    }
}

/// What of a run is done before it begins, as far as a look tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ahead {
    /// Attempts that are done.
    pub done: usize,
    /// Whether all of them are.
    pub finished: bool,
}

/// What [`run`] would find: makes, removes and runs nothing. Files that were put to a method are not read again.
///
/// # Errors
/// As [`run`] before its first attempt, but for [`RunError::Changed`] and what opening a method answers.
pub fn look(request: &Request<'_>, clock: &Arc<dyn Clock>) -> Result<Ahead, RunError> {
    usable(request)?;
    RunFolder::check(request.out, request.existing)?;
    Claim::of(request.out)?;
    Journal::claim(request.out)?;
    if request.existing != Existing::Resume || !request.out.is_dir() {
        return Ok(Ahead::default());
    }
    let folder = RunFolder::open(request.out)?;
    let whole = Truth::of(request.dataset, &Pseudonyms::of(request.dataset, request.keep_ids));
    let of_shard = request.shard.map(|shard| whole.of_shard(shard));
    let now = record(request, &whole, of_shard.as_ref().unwrap_or(&whole), clock)?;
    Ok(match resume::Before::of(&folder, &now)? {
        None => Ahead::default(),
        Some(before) if before.finished => {
            let places = Places::of(of_shard.as_ref().unwrap_or(&whole));
            let done = resume::counts(&folder, request, &places)?.0;
            before.record.has_outcomes(&folder)?;
            Ahead { done, finished: true }
        }
        Some(_) => {
            let rows = Journal::last(&folder).map_or(0, |mark| mark.rows);
            Ahead { done: usize::try_from(rows).unwrap_or(usize::MAX), finished: false }
        }
    })
}

/// Whether a request makes sense, whatever its folder holds.
fn usable(request: &Request<'_>) -> Result<(), RunError> {
    check_names(request.methods)?;
    check_limits(request.methods, request.protocol)?;
    let rows = matches!(request.retain, Retain::Rows);
    if rows || request.existing != Existing::Resume { Ok(()) } else { Err(RunError::NothingKept) }
}

/// Whether an attempt counts against `--max-failed`.
pub(crate) fn is_failure(outcome: &Outcome) -> bool {
    matches!(outcome.status, Status::Failed | Status::TimedOut)
}

/// Whether the rows of these methods can be told apart.
///
/// # Errors
/// [`RunError::NoMethod`], [`RunError::SameName`].
pub fn check_names(methods: &[RunMethod]) -> Result<(), RunError> {
    let mut names: Vec<&str> = methods.iter().map(|it| it.method.card().name.as_str()).collect();
    if names.is_empty() {
        return Err(RunError::NoMethod);
    }
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| matches!(pair, [a, b] if a == b).then(|| pair.first()).flatten());
    twice.map_or(Ok(()), |name| Err(RunError::SameName((*name).to_owned())))
}

/// Whether each method can be asked about the protocol's limits.
///
/// # Errors
/// [`RunError::Method`].
pub fn check_limits(methods: &[RunMethod], protocol: &Protocol) -> Result<(), RunError> {
    methods.iter().try_for_each(|it| it.method.suits(&protocol.limits)).map_err(RunError::Method)
}

/// run.json as it stands before the first attempt.
fn record(request: &Request<'_>, whole: &Truth, own: &Truth, clock: &Arc<dyn Clock>) -> Result<RunRecord, DigestError> {
    let dataset = request.dataset;
    let methods = request.methods.iter().enumerate().map(|(place, it)| it.record(place));
    let lent: BTreeSet<&str> = request.methods.iter().flat_map(|it| it.method.columns()).map(String::as_str).collect();
    let mut settings = BTreeMap::from([
        ("jobs".to_owned(), json!(request.jobs)),
        ("timeout_seconds".to_owned(), json!(request.time_limit.as_secs_f64())),
        ("keep_ids".to_owned(), json!(request.keep_ids)),
        ("timings".to_owned(), json!(request.timings == Timings::Written)),
    ]);
    settings.extend(request.further.iter().cloned());
    let kept = matches!(request.retain, Retain::Nothing(_)).then(|| ("retain".to_owned(), json!("none")));
    settings.extend(kept);
    Ok(RunRecord {
        schema: RUN_SCHEMA.to_owned(),
        tool_version: crate::VERSION.to_owned(),
        verb: "run".to_owned(),
        settings,
        dataset: DatasetRecord {
            pick: request.pick.clone(),
            inputs_digest: Some(dataset.inputs_digest(&lent)),
            ..DatasetRecord::of(dataset, whole)?
        },
        shard: request.shard.map(|shard| ShardRecord::of(shard, whole, own)),
        shards: Vec::new(),
        outcomes: None,
        truth: None,
        protocol_digest: Digest::of_parsed("protocol", &request.protocol.canonical_json(), &[])?,
        methods: methods.collect(),
        machine: Some(request.machine.clone()),
        seeds: BTreeMap::from([("protocol".to_owned(), request.protocol.seed)]),
        started: Some(clock.wall().to_string()),
        ended: None,
    })
}

#[cfg(test)]
mod tests;
