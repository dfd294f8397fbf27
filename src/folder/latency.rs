//! latency.csv: every raw observation of `agebench latency`, written as it was made.

use std::io::{self, Read, Write};
use std::time::Duration;

use super::FolderError;
use crate::outcome::Status;
use crate::sheet::{RowWriter, Sheet, SheetError};

/// The columns of latency.csv, in order.
pub const LATENCY_COLUMNS: [&str; 10] = [
    "method",
    "start",
    "stream",
    "sample_id",
    "status",
    "attempts",
    "latency_ns",
    "prepare_ns",
    "answer_ns",
    "transfer_ns",
];

/// What was being done when an observation was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// The fixed calculation that tells machines apart; before and after everything else of a start.
    Calibration,
    /// From the card to a session that is ready.
    Load,
    /// The first attempt of a session.
    First,
    /// Attempts before the steady state; they enter no row.
    WarmUp,
    /// One attempt after the other.
    Single,
    /// Attempts that arrive at random, at a stated rate; latency counts from the arrival.
    Offered,
    /// All workers at once; the time of the whole.
    Offline,
    /// A method that does nothing, one attempt after the other; the time of the whole.
    Null,
}

impl Stream {
    /// All, in the order in which a start goes through them.
    pub const ALL: [Self; 8] = [
        Self::Calibration,
        Self::Load,
        Self::First,
        Self::WarmUp,
        Self::Single,
        Self::Offered,
        Self::Offline,
        Self::Null,
    ];

    /// The word in the column `stream`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Calibration => "calibration",
            Self::Load => "load",
            Self::First => "first",
            Self::WarmUp => "warm_up",
            Self::Single => "single",
            Self::Offered => "offered",
            Self::Offline => "offline",
            Self::Null => "null",
        }
    }
}

/// One observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The start of the process, from 0.
    pub start: u32,
    /// What was being done.
    pub stream: Stream,
    /// The sample's id as printed; empty where no single sample is meant.
    pub sample_id: String,
    /// What came of the attempt; none where no single attempt is meant.
    pub status: Option<Status>,
    /// How many attempts (or calculations) the time is of.
    pub attempts: u64,
    /// The time, all included.
    pub latency: Duration,
    /// Of it: decoding and preparing.
    pub prepare: Option<Duration>,
    /// Of it: the answer itself.
    pub answer: Option<Duration>,
    /// Of it: on the way to the method and back.
    pub transfer: Option<Duration>,
}

/// Writes latency.csv.
#[derive(Debug)]
pub struct LatencyWriter<W: Write> {
    to: RowWriter<W>,
}

impl<W: Write> LatencyWriter<W> {
    /// Begins the file in `out`.
    ///
    /// # Errors
    /// What `out` answers.
    pub fn new(out: W) -> io::Result<Self> {
        let mut to = RowWriter::new(out);
        LATENCY_COLUMNS.into_iter().for_each(|name| to.cell(name));
        to.end_row()?;
        Ok(Self { to })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// What the file answers.
    pub fn write(&mut self, method: &str, observation: &Observation) -> io::Result<()> {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.to.cell(method);
        self.to.whole(Some(u64::from(observation.start)));
        self.to.cell(observation.stream.word());
        self.to.cell(&observation.sample_id);
        self.to.cell(observation.status.map_or("", Status::word));
        self.to.whole(Some(observation.attempts));
        self.to.whole(Some(nanos(observation.latency)));
        for part in [observation.prepare, observation.answer, observation.transfer] {
            self.to.whole(part.map(nanos));
        }
        self.to.end_row()
    }

    /// Hands everything to the file.
    ///
    /// # Errors
    /// What the file answers.
    pub fn finish(mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The observations in `input`, the content of `file`, each with its method's name, in the order of the file.
///
/// # Errors
/// A column that is missing, or a cell that is not as it should be, with row and column.
pub fn read_latency(file: &str, input: impl Read) -> Result<Vec<(String, Observation)>, FolderError> {
    let mut sheet = Sheet::open(file, input)?;
    let mut places = [0; LATENCY_COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(LATENCY_COLUMNS) {
        *place = sheet.require(name).map_err(SheetError::from)?;
    }
    let [method, start, stream, sample_id, status, attempts, latency, prepare, answer, transfer] = places;
    let mut found = Vec::new();
    while let Some(row) = sheet.next_row()? {
        let read = || {
            row.check_width()?;
            let whole = |place| {
                let number: Option<u64> = row.whole_at(place, "a whole number")?;
                number.ok_or_else(|| row.wrong(place, "empty"))
            };
            let part = |place| Ok(row.whole_at(place, "a whole number of nanoseconds")?.map(Duration::from_nanos));
            let word = row.text(stream)?;
            let known = Stream::ALL.into_iter().find(|stream| stream.word() == word);
            let stream = known.ok_or_else(|| row.wrong(stream, "not a stream of this version"))?;
            let status = if row.bytes(status).is_empty() { None } else { Some(super::read_status(&row, status)?) };
            let observation = Observation {
                start: u32::try_from(whole(start)?).map_err(|_| row.wrong(start, "too large"))?,
                stream,
                sample_id: row.text(sample_id)?.to_owned(),
                status,
                attempts: whole(attempts)?,
                latency: Duration::from_nanos(whole(latency)?),
                prepare: part(prepare)?,
                answer: part(answer)?,
                transfer: part(transfer)?,
            };
            Ok((row.text(method)?.to_owned(), observation))
        };
        found.push(read().map_err(|finding: crate::finding::Finding| SheetError::from(finding))?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let one = Observation {
            start: 3,
            stream: Stream::Single,
            sample_id: "s,1".to_owned(),
            status: Some(Status::Answered),
            attempts: 1,
            latency: Duration::from_nanos(1_234_567),
            prepare: Some(Duration::from_nanos(234_567)),
            answer: Some(Duration::from_millis(1)),
            transfer: None,
        };
        let whole = Observation {
            stream: Stream::Offline,
            sample_id: String::new(),
            status: None,
            attempts: 40,
            ..one.clone()
        };
        let mut bytes = Vec::new();
        let mut writer = LatencyWriter::new(&mut bytes).unwrap();
        writer.write("m", &one).unwrap();
        writer.write("m", &whole).unwrap();
        writer.finish().unwrap();
        let read = read_latency("latency.csv", bytes.as_slice()).unwrap();
        assert_eq!(read, [("m".to_owned(), one), ("m".to_owned(), whole)]);
    }

    #[test]
    fn a_wrong_cell_is_named_with_row_and_column() {
        let header = LATENCY_COLUMNS.join(",");
        let error =
            |line: &str| read_latency("latency.csv", format!("{header}\n{line}\n").as_bytes()).unwrap_err().to_string();
        assert!(error("m,0,sprint,s,answered,1,5,,,").contains("column `stream`"));
        assert!(error("m,0,single,s,answered,1,,,,").contains("column `latency_ns`"));
        assert!(error("m,x,single,s,answered,1,5,,,").contains("row 2, column `start`"));
    }
}
