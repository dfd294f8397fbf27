//! The folder `curve/` of a footprint: the steps at which inputs were reduced, in steps.csv, and what came of the attempts of
//! each, in a file like outcomes.csv.

use std::io::{self, Read};

use super::{FolderError, RunFolder, names};
use crate::finding::Finding;
use crate::sheet::{Row, RowWriter, Sheet, SheetError};

/// The columns of curve/steps.csv, in order.
pub const STEP_COLUMNS: [&str; 10] =
    ["step", "axis", "left", "side", "quality", "gray", "margin", "samples", "changed", "bytes"];

/// One step: how inputs were reduced, and what they came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepRecord {
    /// Its number; 0 is the full input.
    pub step: u64,
    /// Along which axis it takes something away; empty for the full input.
    pub axis: String,
    /// What it leaves along its axis; none for the full input.
    pub left: Option<f64>,
    /// Pixels of the longer side at most.
    pub side: Option<u64>,
    /// Quality of the JPEG at most.
    pub quality: Option<u64>,
    /// Whether colour goes.
    pub gray: bool,
    /// Share of the face box's longer side that stays on each side of it.
    pub margin: Option<f64>,
    /// Samples with a file.
    pub samples: u64,
    /// Samples whose file was written anew.
    pub changed: u64,
    /// Bytes of all samples as they were given.
    pub bytes: u64,
}

/// The file that holds the outcomes of step `number`, within the run folder.
#[must_use]
pub fn step_file(number: u64) -> String {
    format!("{}/{number:02}.csv", names::CURVE)
}

/// Writes steps.csv of `folder` whole.
///
/// # Errors
/// [`FolderError::Write`].
pub fn write_steps(folder: &RunFolder, steps: &[StepRecord]) -> Result<(), FolderError> {
    let path = folder.file(names::CURVE);
    std::fs::create_dir_all(&path).map_err(|error| FolderError::write(&path, error))?;
    let mut bytes = Vec::new();
    write(&mut bytes, steps).map_err(|error| FolderError::write(&folder.file(names::STEPS), error))?;
    folder.write(names::STEPS, &bytes, true)
}

fn write(bytes: &mut Vec<u8>, steps: &[StepRecord]) -> io::Result<()> {
    let mut to = RowWriter::new(bytes);
    STEP_COLUMNS.into_iter().for_each(|name| to.cell(name));
    to.end_row()?;
    for step in steps {
        to.whole(Some(step.step));
        to.cell(&step.axis);
        to.number(step.left);
        to.whole(step.side);
        to.whole(step.quality);
        to.cell(if step.gray { "yes" } else { "" });
        to.number(step.margin);
        to.whole(Some(step.samples));
        to.whole(Some(step.changed));
        to.whole(Some(step.bytes));
        to.end_row()?;
    }
    to.flush()
}

/// The steps in `input`, the content of `file`, in their order.
///
/// # Errors
/// A column that is missing, a cell that is not as it should be, or a step out of its order, with row and column.
pub fn read_steps(file: &str, input: impl Read) -> Result<Vec<StepRecord>, FolderError> {
    let mut sheet = Sheet::open(file, input)?;
    let mut places = [0; STEP_COLUMNS.len()];
    for (place, name) in places.iter_mut().zip(STEP_COLUMNS) {
        *place = sheet.require(name).map_err(SheetError::from)?;
    }
    let mut found = Vec::new();
    while let Some(row) = sheet.next_row()? {
        found.push(read(&row, places, found.len() as u64).map_err(SheetError::from)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>, places: [usize; STEP_COLUMNS.len()], number: u64) -> Result<StepRecord, Finding> {
    let [step, axis, left, side, quality, gray, margin, samples, changed, bytes] = places;
    row.check_width()?;
    let real = |place| -> Result<Option<f64>, Finding> {
        Ok(row.number_at(place, "a number")?.filter(|number: &f64| number.is_finite()))
    };
    let whole = |place| -> Result<Option<u64>, Finding> { row.whole_at(place, "a whole number") };
    let needed = |place| whole(place)?.ok_or_else(|| row.wrong(place, "empty"));
    if needed(step)? != number {
        return Err(row.wrong(step, format!("expected step {number}: steps stand in their order")));
    }
    Ok(StepRecord {
        step: number,
        axis: row.text(axis)?.to_owned(),
        left: real(left)?,
        side: whole(side)?,
        quality: whole(quality)?,
        gray: row.text(gray)? == "yes",
        margin: real(margin)?,
        samples: needed(samples)?,
        changed: needed(changed)?,
        bytes: needed(bytes)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let full = StepRecord { samples: 3, bytes: 3000, ..StepRecord::default() };
        let small = StepRecord {
            step: 1,
            axis: "margin".to_owned(),
            left: Some(0.25),
            side: Some(128),
            quality: Some(50),
            gray: true,
            margin: Some(0.25),
            changed: 2,
            ..full.clone()
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &[full.clone(), small.clone()]).unwrap();
        assert_eq!(read_steps("steps.csv", bytes.as_slice()).unwrap(), [full, small]);
    }

    #[test]
    fn a_wrong_cell_and_a_step_out_of_order_are_named() {
        let header = STEP_COLUMNS.join(",");
        let error =
            |line: &str| read_steps("steps.csv", format!("{header}\n{line}\n").as_bytes()).unwrap_err().to_string();
        assert!(error("1,,,,,,,3,0,9").contains("row 2, column `step`"));
        assert!(error("0,,,,,,,3,0,").contains("column `bytes`"));
        assert!(error("0,,,x,,,,3,0,9").contains("column `side`"));
    }
}
