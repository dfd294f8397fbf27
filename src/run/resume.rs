//! Going on with a run that was broken off: whether it is the same run, and what of it is done.

use rayon::prelude::*;
use serde_json::json;

use super::places::Places;
use super::written::Returned;
use super::{Request, RunError, is_failure};
use crate::dataset::FilesDigest;
use crate::folder::{
    DatasetRecord, FolderError, Journal, MethodRecord, OutcomeReader, OutcomeRow, Reopened, RunFolder, RunRecord,
    ServiceRecord, names,
};

/// Samples whose files are read again at a time.
const AT_ONCE: usize = 1024;

/// What of a run is done.
pub(super) struct Before {
    /// Its run.json.
    pub(super) record: RunRecord,
    /// Whether all of it is done.
    pub(super) finished: bool,
}

impl Before {
    /// The run that `folder` holds, which is that of `now`; `None` where none was begun.
    ///
    /// # Errors
    /// Its run.json cannot be read; [`FolderError::TalliesOnly`] where no row of it was kept; [`RunError::OtherRun`], [`RunError::NoRecord`].
    pub(super) fn of(folder: &RunFolder, now: &RunRecord) -> Result<Option<Self>, RunError> {
        if folder.holds_tallies() {
            return Err(FolderError::TalliesOnly { path: folder.path().to_owned() }.into());
        }
        if !folder.file(names::RUN).exists() {
            // It is written before the first row.
            let has_rows = [names::OUTCOMES, names::OUTCOMES_PART].iter().any(|name| folder.file(name).exists());
            return if has_rows { Err(RunError::NoRecord(folder.path().to_owned())) } else { Ok(None) };
        }
        let record = RunRecord::read_any(folder)?;
        let other = differences(&record, now);
        if !other.is_empty() {
            return Err(RunError::OtherRun(other));
        }
        // The rename is the last step.
        Ok(Some(Self { record, finished: folder.file(names::OUTCOMES).exists() }))
    }
}

/// What of the run of `before` is not as `now` plans it; empty when it can go on.
pub(super) fn differences(before: &RunRecord, now: &RunRecord) -> Vec<String> {
    let mut found = Vec::new();
    let mut differs = |what: &str, before: &str, now: &str| {
        if before != now {
            let named = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
            found.push(format!("{what} was {}, and is {}", named(before), named(now)));
        }
    };
    differs("the verb", &before.verb, &now.verb);
    differs("the version of agebench", &before.tool_version, &now.tool_version);
    differs("the protocol's digest", &before.protocol_digest.short(), &now.protocol_digest.short());
    let dataset = |record: &RunRecord| -> [(&str, String); 4] {
        let DatasetRecord { name, card_digest, manifest_digest, pick, .. } = &record.dataset;
        [
            ("the dataset", format!("`{name}`")),
            ("the digest of the dataset's card", card_digest.short()),
            ("the manifest's digest", manifest_digest.short()),
            ("the filter", pick.clone()),
        ]
    };
    for ((what, before), (_, now)) in dataset(before).into_iter().zip(dataset(now)) {
        differs(what, &before, &now);
    }
    // Runs that were begun before it was written down have none.
    if let (Some(before), Some(now)) = (before.dataset.inputs_digest, now.dataset.inputs_digest) {
        let what = "the digest of what is put to methods (samples in their order, face boxes, columns lent)";
        differs(what, &before.short(), &now.short());
    }
    let shard = |record: &RunRecord| record.shard.as_ref().map(|it| it.shard.to_string()).unwrap_or_default();
    differs("the shard", &shard(before), &shard(now));
    let decoder = before.settings.contains_key("decoder").then_some("decoder");
    for setting in ["keep_ids", "timeout_seconds", "timings"].into_iter().chain(decoder) {
        let of = |record: &RunRecord| record.settings.get(setting).map(ToString::to_string).unwrap_or_default();
        differs(&format!("the setting `{setting}`"), &of(before), &of(now));
    }
    differs("the engine (`--isolate`, `--memory`)", &apart(before), &apart(now));
    let kept = |record: &RunRecord| {
        record.settings.get("retain").and_then(serde_json::Value::as_str).unwrap_or("rows").to_owned()
    };
    differs("what is kept of each person", &kept(before), &kept(now));
    let list =
        |record: &RunRecord| record.methods.iter().map(|it| format!("`{}`", it.name)).collect::<Vec<_>>().join(", ");
    differs("the list of methods", &list(before), &list(now));
    for (before, now) in before.methods.iter().zip(&now.methods).filter(|(before, now)| before.name == now.name) {
        differs(&format!("the digest of `{}`", now.name), &before.digest.short(), &now.digest.short());
        if !is_engine_of(now, before) {
            differs(&format!("the engine of `{}`", now.name), &before.engine, &now.engine);
        }
    }
    found
}

/// How the engine of a run is kept apart, in words.
fn apart(record: &RunRecord) -> String {
    let setting = |name: &str| record.settings.get(name);
    match (setting("isolate") == Some(&json!(true)), setting("memory_bytes").and_then(serde_json::Value::as_u64)) {
        (false, _) => "in the process of the run".to_owned(),
        (true, None) => "in processes of its own with any memory".to_owned(),
        (true, Some(bytes)) => format!("in processes of its own with {bytes} bytes of memory"),
    }
}

/// Whether all that is known of the engine before a start is what was used: a program says only then what decodes for it.
fn is_engine_of(now: &MethodRecord, before: &MethodRecord) -> bool {
    let used: Vec<&str> = before.engine.split("; ").collect();
    before.engine.is_empty() && now.engine.is_empty()
        || now.engine.split("; ").filter(|part| !part.is_empty()).all(|part| used.contains(&part))
}

/// What is done of a run that goes on, read from its rows.
pub(super) struct Done {
    pub(super) reopened: Reopened,
    /// Samples done.
    pub(super) samples: usize,
    pub(super) attempts: usize,
    pub(super) failed: usize,
    pub(super) returned: Vec<Returned>,
    pub(super) files: FilesDigest,
    /// Samples that were attempted without their file, which could not be read then and can be now.
    pub(super) back: usize,
}

impl Done {
    /// What of the run in `folder` is safe on disk; `None` where nothing is. Every file that was put to a method, or should have
    /// been, is read again.
    ///
    /// # Errors
    /// [`RunError::Changed`] for a file that is not what it was; a row that is not as it should be.
    pub(super) fn of(folder: &RunFolder, request: &Request<'_>, places: &Places) -> Result<Option<Self>, RunError> {
        let Some(reopened) = Journal::reopen(folder)? else { return Ok(None) };
        let path = folder.file(names::OUTCOMES_PART);
        let part = crate::foreign::open(&path).map_err(|error| FolderError::read(&path, error))?.0;
        let samples = usize::try_from(reopened.mark.samples).unwrap_or(usize::MAX);
        let mut given = vec![None; samples.min(places.len())];
        let (attempts, failed) = rows(names::OUTCOMES_PART, part, samples, request, places, |at, row| {
            if let Some(given) = given.get_mut(at) {
                *given = Some(row.input_digest.to_owned());
            }
        })?;
        let mut files = FilesDigest::new(request.dataset);
        let mut back = 0;
        // Nor has what no method looks at a digest.
        let looked = request.methods.iter().any(|it| it.method.looks());
        let numbers: Vec<usize> = (0..given.len()).collect();
        for some in numbers.chunks(AT_ONCE) {
            let read = some.par_iter().filter_map(|number| {
                let given = given.get(*number)?.as_deref().filter(|given| looked || !given.is_empty())?;
                let place = places.get(*number)?;
                let sample = request.dataset.samples().get(place)?;
                let now = request.dataset.read_sample(&sample).ok().flatten().map(|read| read.sha256);
                Some((*number, place, given, now))
            });
            for (number, place, given, now) in read.collect::<Vec<_>>() {
                match now {
                    now if given.is_empty() => back += usize::from(now.is_some()),
                    Some(now) if now.short() == given => files.add(place, now),
                    _ => return Err(RunError::Changed { sample: number + 1 }),
                }
            }
        }
        let beside = reopened.mark.beside.clone();
        let returned =
            serde_json::from_value(beside).unwrap_or_else(|_| vec![Returned::default(); request.methods.len()]);
        Ok(Some(Self { reopened, samples, attempts, failed, returned, files, back }))
    }
}

/// How many rows the outcomes.csv `file` has and how many of them failed. Each is handed to `take` with the number of its
/// sample, one of the first `samples`.
///
/// # Errors
/// A row that is not as it should be; [`RunError::OtherRun`] where the samples stand in another order than in the manifest.
fn rows(
    file: &str,
    input: std::fs::File,
    samples: usize,
    request: &Request<'_>,
    places: &Places,
    mut take: impl FnMut(usize, &OutcomeRow<'_>),
) -> Result<(usize, usize), RunError> {
    let pseudonyms = crate::folder::Pseudonyms::of(request.dataset, request.keep_ids);
    let mut reader = OutcomeReader::open(file, std::io::BufReader::new(input))?;
    let printed = |number: usize| {
        let sample = places.get(number).and_then(|place| request.dataset.samples().get(place));
        sample.map(|row| pseudonyms.printed(row.sample_id).to_string())
    };
    // Only what is told may leave out a sample.
    let leaves_out = request.methods.iter().all(|it| it.method.is_told());
    let (mut attempts, mut failed, mut at, mut here) = (0, 0, None, None);
    while let Some(row) = reader.next_row()? {
        if here.as_deref() != Some(row.sample_id) {
            let from = at.map_or(0, |at| at + 1);
            let until = if leaves_out { samples } else { samples.min(from + 1) };
            at = (from..until).find(|number| printed(*number).as_deref() == Some(row.sample_id));
            here = at.and_then(printed);
        }
        let Some(at) = at else {
            let id = crate::finding::quoted(row.sample_id);
            let text = format!(
                "the order of the samples was another: row {} of {file} is of {id}, and the manifest has",
                row.row
            );
            return Err(RunError::OtherRun(vec![text + " another sample there"]));
        };
        attempts += 1;
        failed += usize::from(is_failure(&row.outcome));
        take(at, &row);
    }
    Ok((attempts, failed))
}

/// How many attempts of a finished run there are, and how many of them failed.
///
/// # Errors
/// As [`rows`].
pub(super) fn counts(folder: &RunFolder, request: &Request<'_>, places: &Places) -> Result<(usize, usize), RunError> {
    rows(names::OUTCOMES, folder.read(names::OUTCOMES)?, places.len(), request, places, |_, _| {})
}

/// Adds to what run.json says of a method's traffic what it said `before`, when this part of the run began.
pub(super) fn add_service(now: &mut MethodRecord, before: &MethodRecord) {
    let sum = |now: Option<ServiceRecord>, before: &Option<ServiceRecord>| match (now, before) {
        (Some(now), Some(before)) => Some(now.plus(before)),
        (now, before) => now.or_else(|| before.clone()),
    };
    now.service = sum(now.service.take(), &before.service);
    for (now, before) in now.stages.iter_mut().zip(&before.stages) {
        now.service = sum(now.service.take(), &before.service);
    }
}

/// `record` as the next part of the run of `before`: it began then, and its methods' traffic until now is its own.
pub(super) fn carried_on(record: &mut RunRecord, before: &RunRecord) {
    record.started.clone_from(&before.started);
    let times = before.settings.get("resumed").and_then(serde_json::Value::as_u64).unwrap_or(0);
    record.settings.insert("resumed".to_owned(), json!(times + 1));
    for (now, before) in record.methods.iter_mut().zip(&before.methods) {
        now.service.clone_from(&before.service);
        for (now, before) in now.stages.iter_mut().zip(&before.stages) {
            now.service.clone_from(&before.service);
        }
    }
}
