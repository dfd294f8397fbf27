//! What a recorded row says the method answered.

use std::time::Duration;

use super::mapping::Mapping;
use crate::finding::Finding;
use crate::folder::{joined, read_answer, read_status};
use crate::outcome::{Outcome, Status};
use crate::sheet::Row;

/// The outcome of a recorded row.
///
/// Without a status, a row with an empty answer is `failed`: no answer was recorded. A number that is no age is
/// `failed` with its reason; a cell that is no number at all is an error, since nobody can say what it means.
pub(crate) fn read(row: &Row<'_>, mapping: &Mapping) -> Result<Outcome, Finding> {
    let leave_empty = "leave the cell empty where there is no answer";
    let answer = read_answer(row, mapping.answer, &mapping.limits)
        .map_err(|finding| if finding.help.is_none() { finding.help(leave_empty) } else { finding })?;
    let status = match mapping.status {
        Some(place) if !row.bytes(place).is_empty() => Some(read_status(row, place)?),
        _ => None,
    };
    let reason = mapping.reason.map_or(Ok(""), |place| row.text(place))?;
    let outcome = match (status, answer) {
        (None, Ok(None)) => Ok(Outcome::failed(if reason.is_empty() { "no answer was recorded" } else { reason })),
        (None, answer) => joined(Status::Answered, answer, reason).map_err(|text| wrong(row, mapping, text)),
        (Some(status), answer) => joined(status, answer, reason).map_err(|text| wrong(row, mapping, text)),
    }?;
    let mut taken = [None; 5];
    for (number, place) in taken.iter_mut().zip(mapping.taken) {
        *number = place.map_or(Ok(None), |place| row.whole_at::<u64>(place, "a whole number"))?;
    }
    let [bytes_in, bytes_out, prepare, answer_time, transfer] = taken;
    let nanos = |number: Option<u64>| number.map(Duration::from_nanos);
    let (prepare, answer_time, transfer) = (nanos(prepare), nanos(answer_time), nanos(transfer));
    Ok(Outcome { bytes_in, bytes_out, prepare, answer_time, transfer, ..outcome })
}

fn wrong(row: &Row<'_>, mapping: &Mapping, text: String) -> Finding {
    row.wrong(mapping.status.or(mapping.answer.iter().flatten().next().copied()).unwrap_or(0), text)
}
