//! Shards joined into the run that one machine would have made: the same bytes in every file but run.json, which says what
//! differed between the shards. Rows stream through, so that memory does not grow with them.

mod error;
mod pieces;
mod streams;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::Summary;
use super::resume::differences;
use crate::folder::{
    ClaimedTimes, Existing, FolderError, Journal, MergedShard, MethodRecord, RunFolder, RunRecord, Shard, names,
};

pub use error::MergeError;

/// What to merge.
#[derive(Debug, Clone, Copy)]
pub struct MergeRequest<'a> {
    /// The folders of all shards of a run, in any order.
    pub shards: &'a [PathBuf],
    /// Where the run is written.
    pub out: &'a Path,
    /// What to do with a folder that holds something.
    pub existing: Existing,
}

/// A shard that is to be merged.
struct Part {
    folder: RunFolder,
    record: RunRecord,
    shard: Shard,
}

/// Joins all shards of a run. It does not score. As long as the folder that it gives is held no other process writes it.
///
/// # Errors
/// [`MergeError`]: a folder that is no finished shard, shards that do not belong together, that are missing or there twice,
/// rows that are not as they should be; and what the output folder answers.
pub fn merge(request: &MergeRequest<'_>, stop: &AtomicBool) -> Result<(RunFolder, Summary), MergeError> {
    let parts = request.shards.iter().map(|path| Part::open(path)).collect::<Result<Vec<_>, _>>()?;
    let parts = all_of_one_run(parts)?;
    for part in &parts {
        RunFolder::spares(request.out, part.folder.path())?;
    }
    // Before the join, which would look for rows that a shard lost in the next one.
    for part in &parts {
        part.record.has_truth(&part.folder)?;
    }
    let folder = RunFolder::prepare(request.out, request.existing)?.claimed()?;
    let Some(first) = parts.first() else { return Err(MergeError::Nothing) };
    let (summary, joined) = streams::join(&parts, &folder, stop)?;
    let Some(streams::Joined { outcomes, truth }) = joined else { return Ok((folder, summary)) };
    // Behind the join, which says of most changes where they stand.
    for part in &parts {
        part.record.has_outcomes(&part.folder)?;
    }
    first.folder.copy(names::PROTOCOL, &folder, false)?;
    for card in first.record.cards() {
        folder.write_card(card, &first.folder.read_text(&format!("{}/{card}", names::CARDS))?)?;
        for part in &parts {
            let words = format!("{}/{}", names::STDERR, Path::new(card).with_extension("txt").display());
            if part.folder.file(&words).exists() {
                folder.write_stderr(card, &part.folder.read_text(&words)?)?;
            }
        }
    }
    let (outcomes, truth) = (Some(outcomes), Some(truth));
    RunRecord { outcomes, truth, ..record(&parts, &first.record) }.write(&folder)?;
    Journal::finish(&folder)?;
    Ok((folder, summary))
}

impl Part {
    fn open(path: &Path) -> Result<Self, MergeError> {
        let folder = RunFolder::open(path)?;
        let record = RunRecord::read_any(&folder)?;
        let Some(about) = &record.shard else { return Err(MergeError::NoShard { path: path.to_owned() }) };
        if folder.holds_tallies() {
            return Err(FolderError::TalliesOnly { path: path.to_owned() }.into());
        }
        record.is_finished(&folder)?;
        if !folder.file(names::OUTCOMES).exists() {
            return Err(FolderError::Unfinished { path: path.to_owned(), goes_on: true }.into());
        }
        let shard = about.shard;
        Ok(Self { folder, record, shard })
    }
}

/// The shards in their order, where they are all shards of one run.
fn all_of_one_run(mut parts: Vec<Part>) -> Result<Vec<Part>, MergeError> {
    let shown = |part: &Part| part.folder.path().to_owned();
    if let Some((first, rest)) = parts.split_first() {
        for part in rest {
            let found = foreign(first, part);
            if !found.is_empty() {
                return Err(MergeError::Foreign { path: shown(part), shard: part.shard, first: shown(first), found });
            }
        }
    }
    parts.sort_by_key(|part| part.shard);
    for pair in parts.windows(2) {
        if let [one, other] = pair
            && one.shard == other.shard
        {
            return Err(MergeError::Twice { shard: one.shard, one: shown(one), other: shown(other) });
        }
    }
    let of = parts.first().map_or(0, |part| part.shard.of());
    let there: BTreeSet<u32> = parts.iter().map(|part| part.shard.index()).collect();
    // How many there should be is what a folder says.
    let first: Vec<u32> = (1..=of).filter(|index| !there.contains(index)).take(error::NAMED).collect();
    if first.is_empty() {
        Ok(parts)
    } else {
        Err(MergeError::Missing { missing: of as usize - there.len(), first, of })
    }
}

/// What of `part` is not as it is in `first`, so that they are not of one run.
fn foreign(first: &Part, part: &Part) -> Vec<String> {
    let alike = |record: &RunRecord| RunRecord { shard: None, ..record.clone() };
    let mut found = differences(&alike(&first.record), &alike(&part.record));
    if first.shard.of() != part.shard.of() {
        found.push(format!("the number of shards was {}, and is {}", first.shard.of(), part.shard.of()));
    }
    // Of a finished run all of an engine is known; a shard of nobody may not have started its program.
    let engines = first.record.methods.iter().zip(&part.record.methods).filter(|(one, other)| one.name == other.name);
    for (one, other) in engines {
        let text = format!("the engine of `{}` was {}, and is {}", one.name, one.engine, other.engine);
        if one.engine != other.engine && is_of_somebody(first) && is_of_somebody(part) && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

fn is_of_somebody(part: &Part) -> bool {
    part.record.shard.as_ref().is_some_and(|about| about.samples > 0)
}

/// run.json of the whole run.
fn record(parts: &[Part], first: &RunRecord) -> RunRecord {
    let mut record = first.clone();
    record.shard = None;
    record.dataset.files_digest = None;
    if parts.iter().any(|part| part.record.dataset.inputs_digest.is_none()) {
        record.dataset.inputs_digest = None;
    }
    // An engine that only a start shows is that of a shard with somebody in it.
    if let Some(part) = parts.iter().find(|part| is_of_somebody(part)) {
        for (method, of_part) in record.methods.iter_mut().zip(&part.record.methods) {
            method.engine.clone_from(&of_part.engine);
        }
    }
    for part in parts.iter().skip(1) {
        record.methods.iter_mut().zip(&part.record.methods).for_each(|(method, other)| add(method, other));
    }
    let differs =
        |setting: &String| parts.iter().any(|it| it.record.settings.get(setting) != first.settings.get(setting));
    record.settings.retain(|setting, _| !differs(setting));
    if parts.iter().any(|part| part.record.machine != first.machine) {
        record.machine = None;
    }
    let time = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    record.started = parts.iter().filter_map(|part| time(&part.record.started)).min().map(|time| time.to_string());
    record.ended = parts.iter().filter_map(|part| time(&part.record.ended)).max().map(|time| time.to_string());
    record.shards = parts.iter().filter_map(|part| merged(part, &record)).collect();
    record
}

/// What is said of `part` beside what `whole` says of all: with hundreds of shards the rest would be said hundreds of times.
fn merged(part: &Part, whole: &RunRecord) -> Option<MergedShard> {
    let (record, about) = (&part.record, part.record.shard.as_ref()?);
    let mut settings = record.settings.clone();
    settings.retain(|setting, _| !whole.settings.contains_key(setting));
    Some(MergedShard {
        index: about.shard.index(),
        samples: about.samples,
        subjects: about.subjects,
        settings,
        files_digest: record.dataset.files_digest,
        machine: record.machine.clone().filter(|_| record.machine != whole.machine),
        started: record.started.clone(),
        ended: record.ended.clone(),
    })
}

/// Adds what run.json of another shard counts of a method.
fn add(method: &mut MethodRecord, other: &MethodRecord) {
    for (field, count) in &other.extra_fields {
        *method.extra_fields.entry(field.clone()).or_default() += count;
    }
    super::resume::add_service(method, other);
    if let Some(times) = &other.claimed_times {
        let own = method.claimed_times.get_or_insert_with(ClaimedTimes::default);
        own.attempts = own.attempts.saturating_add(times.attempts);
        own.prepare_ns = own.prepare_ns.saturating_add(times.prepare_ns);
        own.answer_ns = own.answer_ns.saturating_add(times.answer_ns);
        own.measured_ns = own.measured_ns.saturating_add(times.measured_ns);
    }
}
