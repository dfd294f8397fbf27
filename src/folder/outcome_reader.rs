//! outcomes.csv, read attempt by attempt.

use std::io::Read;
use std::time::Duration;

use super::FolderError;
use super::outcome_writer::{FIRST, LAST, STAGES};
use crate::age::{Age, AgeLimit};
use crate::finding::{Finding, did_you_mean, quoted};
use crate::outcome::{Answer, Decision, LimitAnswer, Outcome, StageUse, Stages, Status};
use crate::sheet::{Row, Sheet, SheetError};

/// One row of outcomes.csv.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeRow<'r> {
    /// The line of the file, from 1.
    pub row: u64,
    /// The sample's id as printed.
    pub sample_id: &'r str,
    /// The subject's id as printed; empty when unknown.
    pub subject_id: &'r str,
    /// The method's name.
    pub method: &'r str,
    /// What came of the attempt.
    pub outcome: Outcome,
    /// The digest of what the method was given; empty when not taken.
    pub input_digest: &'r str,
}

/// Reads outcomes.csv row by row.
#[derive(Debug)]
pub struct OutcomeReader<R> {
    sheet: Sheet<R>,
    places: Places,
}

/// Where the columns stand. Columns of this schema that a file lacks are empty.
#[derive(Debug)]
pub(crate) struct Places {
    sample_id: usize,
    method: usize,
    status: usize,
    first: [Option<usize>; FIRST.len()],
    limits: Vec<(AgeLimit, Option<usize>, Option<usize>)>,
    last: [Option<usize>; LAST.len()],
    /// `stage_T` of each limit.
    reached: Vec<(AgeLimit, usize)>,
    stages: [Option<usize>; STAGES.len()],
}

impl<R: Read> OutcomeReader<R> {
    /// Reads the header of `file`, whose content is `input`. Unknown columns are passed over.
    ///
    /// # Errors
    /// A column that every outcomes.csv has is missing.
    pub fn open(file: &str, input: R) -> Result<Self, FolderError> {
        let sheet = Sheet::open(file, input)?;
        let places = Places::find(sheet.header(), |name| sheet.require(name)).map_err(SheetError::from)?;
        Ok(Self { sheet, places })
    }

    /// The limits that have columns, ascending.
    #[must_use]
    pub fn limits(&self) -> Vec<AgeLimit> {
        self.places.limits.iter().map(|(limit, ..)| *limit).collect()
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// A cell that is not as it should be, with row and column.
    pub fn next_row(&mut self) -> Result<Option<OutcomeRow<'_>>, FolderError> {
        match self.sheet.next_row()? {
            None => Ok(None),
            Some(row) => Ok(Some(read_row(&row, &self.places).map_err(SheetError::from)?)),
        }
    }
}

impl Places {
    /// Finds the columns in `header`; `require` finds one that must be there.
    pub(super) fn find(header: &[String], require: impl Fn(&str) -> Result<usize, Finding>) -> Result<Self, Finding> {
        let place = |name: &str| header.iter().position(|column| column == name);
        Ok(Self {
            sample_id: require("sample_id")?,
            method: require("method")?,
            status: require("status")?,
            first: FIRST.map(place),
            limits: limit_columns(header),
            last: LAST.map(place),
            reached: reached_columns(header),
            stages: STAGES.map(place),
        })
    }
}

/// The columns `stage_T` of a header, by ascending limit.
fn reached_columns(header: &[String]) -> Vec<(AgeLimit, usize)> {
    let of_limit = |(place, name): (usize, &String)| {
        let years = name.strip_prefix("stage_")?.parse().ok()?;
        Some((AgeLimit::new(years).ok()?, place))
    };
    let mut found: Vec<(AgeLimit, usize)> = header.iter().enumerate().filter_map(of_limit).collect();
    found.sort_unstable();
    found
}

/// The way through a waterfall that a row tells; `None` for a method without stages.
fn read_stages(row: &Row<'_>, places: &Places) -> Result<Option<Box<Stages>>, Finding> {
    let mut reached = Vec::new();
    for (limit, place) in &places.reached {
        if let Some(number) = row.whole_at::<u8>(*place, "the number of a stage")? {
            reached.push((*limit, number));
        }
    }
    if reached.is_empty() {
        return Ok(None);
    }
    let numbers = |place: Option<usize>| -> Result<Vec<Option<u64>>, Finding> {
        let Some(place) = place else { return Ok(Vec::new()) };
        let text = row.text(place)?;
        let number = |part: &str| match part {
            "" => Ok(None),
            part => part
                .parse()
                .map(Some)
                .map_err(|_| row.wrong(place, format!("{} is not whole numbers with `;` between them", quoted(text)))),
        };
        text.split(';').map(number).collect()
    };
    let [bytes_in, bytes_out, nanos] = places.stages.map(numbers);
    let (bytes_in, bytes_out, nanos) = (bytes_in?, bytes_out?, nanos?);
    let asked = reached.iter().map(|(_, number)| usize::from(*number)).max().unwrap_or(0);
    let of = |numbers: &[Option<u64>], stage: usize| numbers.get(stage).copied().flatten();
    let stage = |stage| StageUse {
        status: None,
        bytes_in: of(&bytes_in, stage),
        bytes_out: of(&bytes_out, stage),
        nanos: of(&nanos, stage),
    };
    Ok(Some(Box::new(Stages { reached, asked: (0..asked).map(stage).collect(), broke: Vec::new() })))
}

/// The pairs `score_T`, `pass_T` of a header, by ascending limit.
pub(crate) fn limit_columns(header: &[String]) -> Vec<(AgeLimit, Option<usize>, Option<usize>)> {
    let mut found: Vec<(AgeLimit, Option<usize>, Option<usize>)> = Vec::new();
    for (place, name) in header.iter().enumerate() {
        let (years, is_score) = match (name.strip_prefix("score_"), name.strip_prefix("pass_")) {
            (Some(years), _) => (years, true),
            (_, Some(years)) => (years, false),
            _ => continue,
        };
        let Some(limit) = years.parse().ok().and_then(|years| AgeLimit::new(years).ok()) else { continue };
        let at = found.iter().position(|(other, ..)| *other == limit).unwrap_or_else(|| {
            found.push((limit, None, None));
            found.len() - 1
        });
        if let Some((_, score, pass)) = found.get_mut(at) {
            *if is_score { score } else { pass } = Some(place);
        }
    }
    found.sort_unstable_by_key(|(limit, ..)| *limit);
    found
}

/// What a row of outcomes.csv says.
pub(super) fn read_row<'r>(row: &Row<'r>, places: &Places) -> Result<OutcomeRow<'r>, Finding> {
    row.check_width()?;
    let filled = |place: usize| match row.text(place)? {
        "" => Err(row.wrong(place, "empty")),
        text => Ok(text),
    };
    let (sample_id, method) = (filled(places.sample_id)?, filled(places.method)?);
    let [_, subject_id, _, _, age, spread, low, high] = places.first;
    let [reason, faces, bytes_in, bytes_out, prepare, answer_time, transfer, retries, input_digest] = places.last;
    let text = |place: Option<usize>| place.map_or(Ok(""), |place| row.text(place));
    let status = read_status(row, places.status)?;
    let answer = read_answer(row, [age, spread, low, high], &places.limits)?;
    let reason = text(reason)?;
    let whole = |place: Option<usize>| place.map_or(Ok(None), |place| row.whole_at::<u64>(place, "a whole number"));
    let nanos = |place: Option<usize>| whole(place).map(|nanos| nanos.map(Duration::from_nanos));
    let small = |place: Option<usize>| place.map_or(Ok(None), |place| row.whole_at::<u32>(place, "a whole number"));
    let outcome = joined(status, answer, reason).map_err(|text| row.wrong(places.status, text))?;
    let outcome = Outcome {
        faces: small(faces)?,
        bytes_in: whole(bytes_in)?,
        bytes_out: whole(bytes_out)?,
        prepare: nanos(prepare)?,
        answer_time: nanos(answer_time)?,
        transfer: nanos(transfer)?,
        retries: small(retries)?.unwrap_or(0),
        stages: read_stages(row, places)?,
        ..outcome
    };
    let (subject_id, input_digest) = (text(subject_id)?, text(input_digest)?);
    Ok(OutcomeRow { row: row.number(), sample_id, subject_id, method, outcome, input_digest })
}

/// The status in the cell at `place`.
pub(crate) fn read_status(row: &Row<'_>, place: usize) -> Result<Status, Finding> {
    let word = row.text(place)?;
    Status::parse(word).ok_or_else(|| {
        let words = Status::ALL.map(Status::word);
        row.wrong(place, format!("{} is not one of {}", quoted(word), words.join(", ")))
            .maybe_help(did_you_mean(word, words))
    })
}

/// An answer, or why the number in its cells is none.
pub(crate) type ReadAnswer = Result<Option<Answer>, String>;

/// Status, answer and reason as one outcome. An answer that is not an age is a failure with its reason.
pub(crate) fn joined(status: Status, answer: ReadAnswer, reason: &str) -> Result<Outcome, String> {
    match (status, answer) {
        (Status::Answered, Err(why)) => Ok(Outcome::failed(why)),
        (Status::Answered, Ok(Some(answer))) => {
            let reason = (!reason.is_empty()).then(|| reason.to_owned());
            Ok(Outcome { reason, ..Outcome::answered(answer) })
        }
        (Status::Answered, Ok(None)) => Err("answered, but every cell for an answer is empty".to_owned()),
        (_, Ok(None)) => Ok(Outcome::unanswered(status, reason)),
        (_, Ok(Some(_)) | Err(_)) => Err(format!("{}, but there is an answer", status.word())),
    }
}

/// The answer of a row from its cells `age`, `spread`, `age_low`, `age_high` and those of the limits.
pub(crate) fn read_answer(
    row: &Row<'_>,
    [age, spread, low, high]: [Option<usize>; 4],
    limits: &[(AgeLimit, Option<usize>, Option<usize>)],
) -> Result<ReadAnswer, Finding> {
    let number = |place: Option<usize>| place.map_or(Ok(None), |place| row.number_at(place, "a number"));
    let (years, spread) = (number(age)?, number(spread)?);
    let ends = (number(low)?, number(high)?);
    let mut of_limits = Vec::new();
    for (limit, score_at, pass_at) in limits {
        let score = number(*score_at)?;
        let decision = match pass_at.map_or(Ok(""), |place| row.text(place))? {
            "" => None,
            word => Some(Decision::parse(word).ok_or_else(|| {
                row.wrong(pass_at.unwrap_or(0), format!("{} is not `pass` or `deny`", quoted(word)))
                    .help("write `pass` or `deny`, or leave the cell empty where there is no answer")
            })?),
        };
        if score.is_some() || decision.is_some() {
            of_limits.push(LimitAnswer { limit: *limit, score, decision });
        }
    }
    let not_an_age = |error: crate::age::AgeError| format!("the method's answer: {error}");
    let kinds = usize::from(years.is_some()) + usize::from(ends != (None, None)) + usize::from(!of_limits.is_empty());
    let place = age.or(low).unwrap_or(0);
    match (years, ends) {
        _ if kinds > 1 => {
            let finding = row.wrong(place, "two kinds of answer: expected an age, a range, or scores and decisions");
            Err(finding.help("keep one kind in each row, and leave the cells of the others empty"))
        }
        (Some(years), _) => Ok(Age::new(years).map(|age| Some(Answer::Age { age, spread })).map_err(not_an_age)),
        (None, (Some(from), Some(to))) => Ok(match (Age::new(from), Age::new(to)) {
            (Ok(low), Ok(high)) if low <= high => Ok(Some(Answer::Range { low, high })),
            (Ok(_), Ok(_)) => Err(format!("the method's answer: the range {from} to {to} runs backwards")),
            (Err(error), _) | (_, Err(error)) => Err(not_an_age(error)),
        }),
        (None, (Some(_), None) | (None, Some(_))) => Err(row.wrong(place, "a range has both ends, or none")),
        (None, (None, None)) if of_limits.iter().any(|answer| answer.score.is_some_and(|score| !score.is_finite())) => {
            Ok(Err("the method's answer: the score is not finite".to_owned()))
        }
        (None, (None, None)) => Ok(Ok((!of_limits.is_empty()).then_some(Answer::Limits(of_limits)))),
    }
}
