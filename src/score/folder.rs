//! A run folder scored: the rows of all its methods.

use std::path::Path;

use super::import::Imported;
use super::inputs::{Inputs, own_protocol};
use super::{ScoreError, Tallied};
use crate::digest::Digest;
use crate::folder::{
    Existing, MethodRecord, RunFolder, RunRecord, StageRecord, names, read_steps, step_file, write_steps,
};
use crate::metric::{self, Errors, Facts, Scores, StageFacts, StageRates};
use crate::protocol::{Groups, Protocol};
use crate::table::{Context, Row, Table};
use crate::tally::{ErrorRows, ScoreRows, Tally, not_ages};

/// What to score.
#[derive(Debug, Clone, Copy)]
pub struct ScoreRequest<'r> {
    /// The run folder.
    pub folder: &'r RunFolder,
    /// A protocol in place of the folder's own.
    pub protocol: Option<&'r Protocol>,
    /// A folder that gets a copy of the run with the new rows; without it, the rows are written into the run's own.
    pub out: Option<(&'r Path, Existing)>,
}

/// A scored run.
#[derive(Debug)]
pub struct Scored {
    /// The folder that holds the rows.
    pub folder: RunFolder,
    /// The rows as `metrics.csv` holds them: what is made of them equals what is made of the file.
    pub table: Table,
    /// Attempts that were scored.
    pub attempts: u64,
}

/// The rows of every method of `folder`, under `protocol` or the folder's own. Writes nothing, and reads nothing but
/// the folder.
///
/// # Errors
/// A file of the folder is not as it should be; or a recorded method's answers cannot be ages.
pub fn score_folder(folder: &RunFolder, protocol: Option<&Protocol>) -> Result<Table, ScoreError> {
    if folder.holds_tallies() {
        Ok(Tallied::kept(folder, protocol)?.table()?)
    } else {
        Ok(Computed::of(folder, protocol)?.table)
    }
}

/// The rows of a folder and what was read for them.
struct Computed {
    record: RunRecord,
    protocol: Protocol,
    table: Table,
    attempts: u64,
}

impl Computed {
    /// The rows of outcomes.csv, then those of latency.csv and footprint.csv, whichever the folder holds.
    fn of(folder: &RunFolder, protocol: Option<&Protocol>) -> Result<Self, ScoreError> {
        let only_latency = !folder.file(names::OUTCOMES).exists() && folder.file(names::LATENCY).exists();
        let mut answers = Vec::new();
        let mut computed = if only_latency {
            let protocol = protocol.cloned().map_or_else(|| own_protocol(folder), Ok)?;
            Self { record: RunRecord::read(folder)?, protocol, table: Table::default(), attempts: 0 }
        } else {
            let inputs = Inputs::read(folder, protocol)?;
            let table = rows(&inputs)?;
            answers = super::taken::information(folder, &inputs.answers);
            Self { record: inputs.record, protocol: inputs.protocol, table, attempts: inputs.attempts }
        };
        computed.table.rows.extend(super::latency::rows(folder, &computed.protocol)?);
        let mut rows = super::footprint::rows(folder, &computed.record, &computed.protocol)?;
        let taken = super::taken::rows(folder, &computed.record, &computed.protocol, &answers, &mut rows)?;
        let curve = super::curve::rows(folder, &computed.protocol)?;
        computed.table.rows.extend(rows.into_iter().chain(taken).chain(curve));
        Ok(computed)
    }
}

/// Scores a run folder and writes `metrics.csv`, and with another protocol also that and its digest. As long as the folder that it
/// gives is held no other process writes it.
///
/// # Errors
/// As [`score_folder`], and what the folder answers when written to.
pub fn score(request: &ScoreRequest<'_>) -> Result<Scored, ScoreError> {
    if let Some((out, _)) = request.out {
        RunFolder::spares(out, request.folder.path())?;
    }
    let claimed = match request.out {
        None => request.folder.clone().claimed()?,
        Some(_) => request.folder.clone(),
    };
    let request = &ScoreRequest { folder: &claimed, ..*request };
    if request.folder.holds_tallies() {
        return Tallied::kept(request.folder, request.protocol)?.score_folder(request);
    }
    let Computed { record, protocol, table, attempts } = Computed::of(request.folder, request.protocol)?;
    let folder = match request.out {
        None => request.folder.clone(),
        Some((path, existing)) => copied(request.folder, &RunFolder::prepare(path, existing)?.claimed()?, &record)?,
    };
    if request.protocol.is_some() {
        folder.write(names::PROTOCOL, protocol.to_toml().as_bytes(), false)?;
        let (before, protocol_digest) = (record.protocol_digest, digest(&protocol)?);
        let mut record = RunRecord { protocol_digest, ..record };
        // Rows under another protocol are no part of the study that the run was.
        if before != protocol_digest && record.settings.remove("study").is_some() {
            folder.remove(names::REGISTRATION)?;
        }
        // The seed that methods were asked with stays theirs.
        if let Some(seed) = record.seeds.insert("protocol".to_owned(), protocol.seed)
            && record.verb == "run"
            && seed != protocol.seed
        {
            record.seeds.entry("attempts".to_owned()).or_insert(seed);
        }
        record.write(&folder)?;
    }
    let table = write_metrics(&folder, &table)?;
    Ok(Scored { folder, table, attempts })
}

/// Scores what [`super::import()`] made, without reading the folder again, and writes `metrics.csv`.
///
/// # Errors
/// As [`score()`].
pub fn score_imported(imported: Imported) -> Result<Scored, ScoreError> {
    let Imported { folder, inputs, attempts, .. } = imported;
    let table = write_metrics(&folder, &rows(&inputs)?)?;
    Ok(Scored { folder, table, attempts })
}

/// Writes `metrics.csv`, and gives the table that the file holds: its numbers have the 12 digits that were written, so
/// that a page drawn from it is the page that anyone draws from the file.
///
/// # Errors
/// [`crate::folder::FolderError::Write`].
pub fn write_metrics(folder: &RunFolder, table: &Table) -> Result<Table, ScoreError> {
    let wrong = |source| ScoreError::Table { path: folder.file(names::METRICS), source };
    let mut bytes = Vec::new();
    table.write(&mut bytes).map_err(wrong)?;
    folder.write(names::METRICS, &bytes, false)?;
    Table::read(bytes.as_slice()).map_err(wrong)
}

/// The `metrics.csv` of `folder`.
///
/// # Errors
/// It cannot be read, or is that of a run that did not come to its end.
pub fn read_metrics(folder: &RunFolder) -> Result<Table, ScoreError> {
    // A run.json that cannot be read is told by what needs it.
    if let Ok(record) = RunRecord::read_any(folder) {
        record.is_finished(folder)?;
    }
    let file = folder.read(names::METRICS)?;
    Table::read(file).map_err(|source| ScoreError::Table { path: folder.file(names::METRICS), source })
}

fn rows(inputs: &Inputs) -> Result<Table, ScoreError> {
    let protocol_digest = digest(&inputs.protocol)?;
    let mut table = Table::default();
    for (method, answers) in inputs.record.methods.iter().zip(&inputs.answers) {
        if method.adapter == "replay"
            && let Some(reason) = not_ages(answers)
        {
            let (file, method) = (names::OUTCOMES.to_owned(), method.name.clone());
            return Err(ScoreError::NotAges { file, method, reason });
        }
        let first = table.rows.len();
        let tally = Tally::of(&inputs.truth, answers, &inputs.protocol)?;
        let errors = ErrorRows::of(&inputs.truth, answers, &inputs.protocol, &metric::PERCENTILE_SHARES);
        let dataset = &inputs.record.dataset;
        let context = context_of(&dataset.name, dataset.manifest_digest, method, protocol_digest);
        table.rows.extend(metric::rows(&context, &inputs.protocol, inputs.facts, &tally, Errors::Rows(&errors)));
        drop(errors);
        let scores = Scores::Rows(ScoreRows::of(&inputs.truth, answers));
        table.rows.extend(metric::scores(&context, &inputs.protocol, inputs.facts, &tally, scores));
        table.rows.extend(decision_rows(&context, &inputs.protocol, inputs.facts, &tally, scores, method));
        flag_simulated(method, table.rows.get_mut(first..).unwrap_or_default());
    }
    Ok(table)
}

/// What all rows of one method say of where they come from, and its rows on the whole dataset, without groups; `method`
/// is its place in the run.
///
/// # Errors
/// As [`score_folder`].
pub fn whole_rows(inputs: &Inputs, method: usize) -> Result<(Context, Vec<Row>), ScoreError> {
    let (Some(record), Some(answers)) = (inputs.record.methods.get(method), inputs.answers.get(method)) else {
        return Ok((Context::default(), Vec::new()));
    };
    let dataset = &inputs.record.dataset;
    let context = context_of(&dataset.name, dataset.manifest_digest, record, digest(&inputs.protocol)?);
    let protocol = Protocol { groups: Groups::Columns(Vec::new()), crossings: Vec::new(), ..inputs.protocol.clone() };
    let tally = Tally::of(&inputs.truth, answers, &protocol)?;
    let errors = ErrorRows::of(&inputs.truth, answers, &protocol, &metric::PERCENTILE_SHARES);
    let mut rows = metric::rows(&context, &protocol, inputs.facts, &tally, Errors::Rows(&errors));
    let scores = Scores::Rows(ScoreRows::of(&inputs.truth, answers));
    rows.extend(metric::scores(&context, &protocol, inputs.facts, &tally, scores));
    flag_simulated(record, &mut rows);
    Ok((context, rows))
}

/// The rows of what a method decided itself: its way through stages, and the gate that it keeps.
pub(super) fn decision_rows(
    context: &Context,
    protocol: &Protocol,
    facts: Facts,
    tally: &Tally,
    scores: Scores<'_>,
    method: &MethodRecord,
) -> Vec<Row> {
    let stage = |stage: &StageRecord| StageFacts {
        rates: stage
            .under_age_passes
            .zip(stage.adult_denials)
            .map(|(under_age_passes, adult_denials)| StageRates { under_age_passes, adult_denials }),
    };
    let stages: Vec<StageFacts> = method.stages.iter().map(stage).collect();
    let mut found = metric::waterfall(context, protocol, facts, tally, scores, &stages);
    found.extend(metric::probe(context, protocol, facts, tally, scores));
    found
}

/// Flags the rows of a declaration, and of what has one among its stages: what people would say was drawn from the true ages.
pub(super) fn flag_simulated(method: &MethodRecord, rows: &mut [Row]) {
    if method.adapter == "declared" || method.stages.iter().any(|stage| stage.adapter == "declared") {
        for row in rows {
            row.flags.insert(metric::flag::SIMULATED.to_owned());
        }
    }
}

/// What all rows of `method` say of where they come from.
pub(super) fn context_of(dataset: &str, manifest: Digest, method: &MethodRecord, protocol: Digest) -> Context {
    Context {
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        method: method.name.clone(),
        method_kind: method.kind.clone(),
        method_digest: method.digest.short(),
        dataset: dataset.to_owned(),
        manifest_digest: manifest.short(),
        protocol_digest: protocol.short(),
        engine: method.engine.clone(),
    }
}

/// The digest of a protocol.
///
/// # Errors
/// Never in practice: every protocol can be written as JSON.
pub fn digest(protocol: &Protocol) -> Result<Digest, ScoreError> {
    Ok(Digest::of_parsed("protocol", &protocol.canonical_json(), &[])?)
}

/// `to` with a copy of what scoring reads.
fn copied(from: &RunFolder, to: &RunFolder, record: &RunRecord) -> Result<RunFolder, ScoreError> {
    from.copy(names::TRUTH, to, true)?;
    for name in [names::OUTCOMES, names::LATENCY, names::FOOTPRINT] {
        if from.file(name).exists() {
            from.copy(name, to, true)?;
        }
    }
    if from.file(names::STEPS).exists() {
        let steps = read_steps(names::STEPS, from.read(names::STEPS)?)?;
        write_steps(to, &steps)?;
        steps.iter().try_for_each(|step| from.copy(&step_file(step.step), to, true))?;
    }
    from.copy(names::PROTOCOL, to, false)?;
    from.copy(names::RUN, to, false)?;
    if from.file(names::REGISTRATION).exists() {
        from.copy(names::REGISTRATION, to, false)?;
    }
    for card in record.cards() {
        to.write_card(card, &from.read_text(&format!("{}/{card}", names::CARDS))?)?;
    }
    Ok(to.clone())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::folder::FolderError;
    use crate::report;
    use crate::score::{Recording, import};

    /// How a CSV file is scored.
    pub(crate) struct Settings<'s> {
        pub groups: &'s [&'s str],
        pub protocol: &'s Protocol,
    }

    /// Scores a CSV file with truth and answers below `place`, under the default protocol.
    pub(crate) fn scored(place: &Path, csv: &str) -> Scored {
        scored_with(place, csv, &Settings { groups: &[], protocol: &Protocol::default_protocol() })
    }

    /// Scores a CSV file with truth and answers below `place`.
    pub(crate) fn scored_with(place: &Path, csv: &str, settings: &Settings<'_>) -> Scored {
        let groups: Vec<String> = settings.groups.iter().map(|&group| group.to_owned()).collect();
        let file = place.join("vendor.csv");
        std::fs::write(&file, csv).unwrap();
        let recording = Recording {
            file: &file,
            columns: &[],
            groups: &groups,
            dataset: None,
            method_name: None,
            method_kind: None,
            method_version: None,
            dataset_name: None,
            label_kind: None,
            age_precision: None,
            protocol: settings.protocol,
            keep_ids: true,
            out: &place.join("out"),
            existing: Existing::Refuse,
            now: None,
        };
        score_imported(import(&recording).unwrap()).unwrap()
    }

    #[test]
    fn what_was_imported_scores_as_the_folder_that_it_wrote_does() {
        let place = tempfile::tempdir().unwrap();
        let row = |at: usize| match at % 7 {
            0 => format!("{at},p{},{},,,pass,mask,2\n", at / 3, 11 + at % 17),
            1 => format!("{at},,{},,,,,1\n", 11 + at % 17),
            2 => format!("{at},p{},,19.123456789,,,,1\n", at / 3),
            _ => format!("{at},p{},{}.5,{}.37,{},,,0.1\n", at / 3, 11 + at % 17, 9 + at % 19, at % 5),
        };
        let rows: String = (0..700).map(row).collect();
        let csv = format!("sample_id,subject_id,true_age,age,spread,pass_18,species,weight\n{rows}");
        let scored = scored(place.path(), &csv);
        let bytes = || std::fs::read(scored.folder.file(names::METRICS)).unwrap();
        let imported = bytes();
        let again = score(&ScoreRequest { folder: &scored.folder, protocol: None, out: None }).unwrap();
        assert!(imported == bytes());
        // Held until its report is written.
        let other = RunFolder::open(scored.folder.path()).unwrap();
        let busy = || score(&ScoreRequest { folder: &other, protocol: None, out: None });
        assert!(matches!(busy(), Err(ScoreError::Folder(FolderError::Busy { .. }))));
        drop(again);
        busy().unwrap();
        assert_eq!(crate::score::verify(&scored.folder).unwrap().differences, []);
    }

    #[test]
    fn the_page_of_a_scored_folder_is_the_page_of_its_metrics_csv() {
        let place = tempfile::tempdir().unwrap();
        let rows: String = (0..700).map(|at| format!("{at},{},{}.37\n", 11 + at % 17, 9 + at % 19)).collect();
        let scored = scored(place.path(), &format!("sample_id,true_age,age\n{rows}"));
        let read = read_metrics(&scored.folder).unwrap();
        assert_eq!(scored.table, read);
        assert_ne!(read, score_folder(&scored.folder, None).unwrap(), "some number has more than 12 digits");
        let page = |table| report::html(table, &report::Options::default()).unwrap();
        assert!(page(&scored.table) == page(&read));
    }
}
