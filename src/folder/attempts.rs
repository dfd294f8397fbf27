//! truth.csv and outcomes.csv joined: two streams in the same order.

use std::io::Read;

use super::outcome_reader::{Places, read_row};
use super::{FolderError, Ids, OutcomeRow, PrintedId, Truth};
use crate::finding::{Finding, quoted};
use crate::outcome::Outcome;
use crate::sheet::{BlockRows, Blocks, SheetError};

/// One attempt: which sample, which method, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The place of the sample in [`Truth::rows`].
    pub sample: usize,
    /// The place of the method in the list given to [`join_attempts`].
    pub method: usize,
    /// What came of it.
    pub outcome: Outcome,
}

/// Finds each attempt's sample and method, in the order of the rows.
#[derive(Debug)]
struct Joining<'t> {
    truth: &'t Truth,
    methods: &'t [String],
    at: usize,
    tried: usize,
}

/// Whose attempt a row says it is.
struct Key<'k> {
    row: u64,
    sample: PrintedId<'k>,
    subject: PrintedId<'k>,
    /// The place of the method, or its name where the run has no such method.
    method: Result<usize, &'k str>,
}

impl Joining<'_> {
    /// The places of the sample and the method.
    fn place(&mut self, file: &str, key: &Key<'_>) -> Result<(usize, usize), FolderError> {
        let wrong = |column: &str, text: String| {
            FolderError::from(SheetError::from(Finding::error(file, text).row(key.row).column(column)))
        };
        let shown = |id: &PrintedId<'_>| quoted(&id.to_string());
        let truth = self.truth;
        let Some(at) = (self.at..truth.len()).find(|at| truth.sample_id(*at) == key.sample) else {
            let stood = (0..self.at).any(|at| truth.sample_id(at) == key.sample);
            return Err(wrong(
                "sample_id",
                if stood {
                    format!("{} stands out of order: rows stand in the order of truth.csv", shown(&key.sample))
                } else {
                    format!("{} is not in truth.csv", shown(&key.sample))
                },
            ));
        };
        if truth.subject_id(at) != key.subject {
            return Err(wrong(
                "subject_id",
                format!("{} is not the subject that truth.csv names", shown(&key.subject)),
            ));
        }
        let method =
            key.method.map_err(|name| wrong("method", format!("{} is no method of this run", quoted(name))))?;
        if at == self.at && method < self.tried {
            let name = self.methods.get(method).map_or("", String::as_str);
            let text = format!("the attempt of {} on this sample stands twice or out of order", quoted(name));
            return Err(wrong("method", text));
        }
        (self.at, self.tried) = (at, method + 1);
        Ok((at, method))
    }
}

fn key<'k>(row: &OutcomeRow<'k>, methods: &[String]) -> Key<'k> {
    Key {
        row: row.row,
        sample: PrintedId::of(row.sample_id),
        subject: PrintedId::of(row.subject_id),
        method: methods.iter().position(|name| name == row.method).ok_or(row.method),
    }
}

/// Some rows of outcomes.csv, read and not yet joined.
#[derive(Default)]
struct Part {
    rows: Vec<u64>,
    samples: Ids,
    subjects: Ids,
    methods: Vec<Result<usize, String>>,
    outcomes: Vec<Outcome>,
    /// What is wrong with the row after them.
    wrong: Option<SheetError>,
}

/// The attempts of the outcomes.csv `file`, whose content is `input`, given to `take` in order; `methods` are the methods' names
/// in the order of the run. A sample without a row was not attempted. Reads on all cores.
///
/// # Errors
/// The first row that is not as it should be, that names a sample or a method the run does not have, or that stands out of order
/// or twice.
pub fn join_attempts<R: Read + Send>(
    truth: &Truth,
    methods: &[String],
    file: &str,
    input: R,
    mut take: impl FnMut(Attempt) + Send,
) -> Result<(), FolderError> {
    let blocks = Blocks::open(file, input)?;
    let places = Places::find(blocks.header(), |name| blocks.require(name)).map_err(SheetError::from)?;
    let mut joining = Joining { truth, methods, at: 0, tried: 0 };
    let join = |part: Part| -> Result<(), FolderError> {
        for (at, ((row, method), outcome)) in part.rows.iter().zip(part.methods).zip(part.outcomes).enumerate() {
            let (sample, subject) = (part.samples.get(at), part.subjects.get(at));
            let method = method.as_ref().map(|at| *at).map_err(String::as_str);
            let (sample, method) = joining.place(file, &Key { row: *row, sample, subject, method })?;
            take(Attempt { sample, method, outcome });
        }
        part.wrong.map_or(Ok(()), |error| Err(error.into()))
    };
    blocks.each(|rows| read_part(rows, &places, methods), join)
}

fn read_part(mut rows: BlockRows<'_>, places: &Places, methods: &[String]) -> Part {
    let mut part = Part::default();
    loop {
        let read = rows.next_row().and_then(|row| {
            let Some(row) = row else { return Ok(false) };
            let row = read_row(&row, places)?;
            let key = key(&row, methods);
            part.rows.push(key.row);
            part.samples.push(key.sample);
            part.subjects.push(key.subject);
            part.methods.push(key.method.map_err(str::to_owned));
            part.outcomes.push(row.outcome);
            Ok(true)
        });
        match read {
            Ok(true) => {}
            Ok(false) => return part,
            Err(error) => {
                part.wrong = Some(error);
                return part;
            }
        }
    }
}
