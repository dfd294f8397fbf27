//! The rows of all shards as one stream in the order of the manifest: no file is held in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::sync::atomic::{AtomicBool, Ordering};

use super::pieces::{PIECE, Pieces};

use super::{MergeError, Part};
use crate::digest::Hashing;
use crate::finding::{Finding, quoted};
use crate::folder::{FolderError, PLACE_COLUMN, RowsRecord, RunFolder, create_private, names};
use crate::outcome::Status;
use crate::run::Summary;
use crate::sheet::{RowWriter, Sheet, SheetError};

/// Samples between two looks at whether the work is to stop.
const BETWEEN_LOOKS: u64 = 1024;

/// A file of a shard, row by row: the row that comes next is held.
struct Stream {
    sheet: Sheet<BufReader<Pieces>>,
    cells: Vec<String>,
    /// Its line; `None` behind the last row.
    line: Option<u64>,
}

impl Stream {
    fn open(part: &Part, name: &str) -> Result<Self, MergeError> {
        let path = part.folder.file(name).display().to_string();
        let pieces = BufReader::with_capacity(PIECE, Pieces::of(part.folder.file(name), &part.folder.read(name)?)?);
        let sheet = Sheet::open(&path, pieces).map_err(FolderError::from)?;
        let mut stream = Self { cells: vec![String::new(); sheet.header().len()], sheet, line: None };
        stream.next()?;
        Ok(stream)
    }

    fn place(&self, column: &str) -> Result<usize, MergeError> {
        Ok(self.sheet.require(column).map_err(|finding| FolderError::from(SheetError::from(finding)))?)
    }

    /// Holds the next row.
    fn next(&mut self) -> Result<(), MergeError> {
        let Some(row) = self.sheet.next_row().map_err(FolderError::from)? else {
            self.line = None;
            return Ok(());
        };
        row.check_width().map_err(|finding| FolderError::from(SheetError::from(finding)))?;
        for (place, cell) in self.cells.iter_mut().enumerate() {
            cell.clear();
            cell.push_str(row.text(place).map_err(|finding| FolderError::from(SheetError::from(finding)))?);
        }
        self.line = Some(row.number());
        Ok(())
    }

    fn cell(&self, place: usize) -> &str {
        self.cells.get(place).map_or("", String::as_str)
    }

    /// A finding about the row that is held.
    fn wrong(&self, column: &str, text: String) -> MergeError {
        let finding = Finding::error(self.sheet.file(), text).row(self.line.unwrap_or(0)).column(column);
        FolderError::from(SheetError::from(finding)).into()
    }
}

/// Both files of a shard.
struct Rows<'p> {
    part: &'p Part,
    truth: Stream,
    outcomes: Stream,
    /// Where `manifest_place`, `subject_rank` and `sample_id` stand in truth.csv.
    at: [usize; 3],
    /// Where `sample_id` and `status` stand in outcomes.csv.
    outcomes_at: [usize; 2],
}

impl<'p> Rows<'p> {
    fn open(part: &'p Part) -> Result<Self, MergeError> {
        let (truth, outcomes) = (Stream::open(part, names::TRUTH)?, Stream::open(part, names::OUTCOMES)?);
        let at = [truth.place(PLACE_COLUMN)?, truth.place("subject_rank")?, truth.place("sample_id")?];
        let outcomes_at = [outcomes.place("sample_id")?, outcomes.place("status")?];
        Ok(Self { part, truth, outcomes, at, outcomes_at })
    }

    /// The place in the manifest of the row of truth.csv that is held; `None` behind the last.
    fn manifest_place(&self) -> Result<Option<u64>, MergeError> {
        if self.truth.line.is_none() {
            return Ok(None);
        }
        let [place, rank, _] = self.at.map(|at| self.truth.cell(at));
        let shard = self.part.shard;
        if !rank.parse().is_ok_and(|rank| shard.holds(rank)) {
            return Err(self.truth.wrong("subject_rank", format!("{} is no rank in shard {shard}", quoted(rank))));
        }
        let wrong = || self.truth.wrong(PLACE_COLUMN, format!("{} is no place in the manifest", quoted(place)));
        place.parse().map(Some).map_err(|_| wrong())
    }
}

/// A file that is written.
struct Output {
    rows: RowWriter<BufWriter<Hashing<File>>>,
    folder: RunFolder,
    name: &'static str,
}

impl Output {
    /// Begins it with the header of `like`, without the column at `left_out`.
    fn begin(
        folder: &RunFolder,
        name: &'static str,
        like: &Stream,
        left_out: Option<usize>,
    ) -> Result<Self, MergeError> {
        let rows = RowWriter::new(BufWriter::new(Hashing::new(create_private(&folder.file(name))?)));
        let mut output = Self { rows, folder: folder.clone(), name };
        output.row(like.sheet.header(), left_out)?;
        Ok(output)
    }

    fn failed(&self) -> impl Fn(io::Error) -> MergeError + use<> {
        let path = self.folder.file(self.name);
        move |source| FolderError::Write { path: path.clone(), source }.into()
    }

    fn row(&mut self, cells: &[String], left_out: Option<usize>) -> Result<(), MergeError> {
        for (_, cell) in cells.iter().enumerate().filter(|(place, _)| Some(*place) != left_out) {
            self.rows.cell(cell);
        }
        let failed = self.failed();
        self.rows.end_row().map_err(failed)
    }

    /// What run.json says of it, which has so many rows.
    fn finish(self, rows: u64) -> Result<RowsRecord, MergeError> {
        let failed = self.failed();
        let file = self.rows.finish().and_then(|rows| rows.into_inner().map_err(io::IntoInnerError::into_error));
        let written = file.and_then(|file| {
            let (file, sha256) = file.finish();
            file.sync_all().map(|()| sha256)
        });
        Ok(RowsRecord { rows, sha256: written.map_err(failed)? })
    }
}

/// What run.json says of the joined rows.
pub(super) struct Joined {
    pub(super) outcomes: RowsRecord,
    pub(super) truth: RowsRecord,
}

/// Writes truth.csv and outcomes.csv.part of the whole run; nothing is joined where it was stopped.
pub(super) fn join(
    parts: &[Part],
    folder: &RunFolder,
    stop: &AtomicBool,
) -> Result<(Summary, Option<Joined>), MergeError> {
    let mut shards = parts.iter().map(Rows::open).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = shards.first() else { return Err(MergeError::Nothing) };
    let (truth_header, outcomes_header) = (first.truth.sheet.header(), first.outcomes.sheet.header());
    for shard in &shards {
        for (stream, header) in [(&shard.truth, truth_header), (&shard.outcomes, outcomes_header)] {
            if stream.sheet.header() != header {
                let text = "its columns are not those of the first shard".to_owned();
                let finding = Finding::error(stream.sheet.file(), text).row(1);
                return Err(FolderError::from(SheetError::from(finding)).into());
            }
        }
    }
    let place_at = first.at.first().copied();
    let mut truth = Output::begin(folder, names::TRUTH, &first.truth, place_at)?;
    let mut outcomes = Output::begin(folder, names::OUTCOMES_PART, &first.outcomes, None)?;
    let mut queue = BinaryHeap::new();
    for (number, shard) in shards.iter().enumerate() {
        queue.extend(shard.manifest_place()?.map(|place| Reverse((place, number))));
    }
    let (mut summary, mut expected) = (Summary::default(), 0_u64);
    let failures = [Status::Failed, Status::TimedOut].map(Status::word);
    while let Some(Reverse((place, number))) = queue.pop() {
        if expected.is_multiple_of(BETWEEN_LOOKS) && stop.load(Ordering::Relaxed) {
            summary.interrupted = true;
            break;
        }
        let Some(shard) = shards.get_mut(number) else { break };
        if place != expected {
            let text =
                format!("{place} stands where {expected} should: a row is missing, stands twice or out of order");
            return Err(shard.truth.wrong(PLACE_COLUMN, text));
        }
        expected += 1;
        truth.row(&shard.truth.cells, place_at)?;
        let ([_, _, sample], [of_attempt, status]) = (shard.at, shard.outcomes_at);
        while shard.outcomes.line.is_some() && shard.outcomes.cell(of_attempt) == shard.truth.cell(sample) {
            outcomes.row(&shard.outcomes.cells, None)?;
            summary.attempts += 1;
            summary.failed += usize::from(failures.contains(&shard.outcomes.cell(status)));
            shard.outcomes.next()?;
        }
        shard.truth.next()?;
        queue.extend(shard.manifest_place()?.map(|place| Reverse((place, number))));
    }
    summary.asked = summary.attempts;
    if summary.interrupted {
        return Ok((summary, None));
    }
    for shard in &shards {
        if shard.outcomes.line.is_some() {
            let [sample, _] = shard.outcomes_at;
            let text = format!(
                "{} is not in the shard's truth.csv, or stands out of its order",
                quoted(shard.outcomes.cell(sample))
            );
            return Err(shard.outcomes.wrong("sample_id", text));
        }
    }
    let listed = parts.first().map_or(0, |part| part.record.dataset.samples);
    if expected != listed {
        let text = format!("the shards hold {expected} of {listed} listed samples: rows are missing");
        let finding = Finding::error(names::TRUTH, text);
        return Err(FolderError::from(SheetError::from(finding)).into());
    }
    let (truth, outcomes) = (truth.finish(expected)?, outcomes.finish(summary.attempts as u64)?);
    Ok((summary, Some(Joined { outcomes, truth })))
}
