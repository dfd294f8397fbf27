//! truth.csv read, on all cores.

use std::io::Read;

use super::{FIRST, PLACE_COLUMN, Truth, TruthRow};
use crate::age::AgeRange;
use crate::dataset::{Column, Levels};
use crate::finding::Finding;
use crate::folder::{FolderError, PrintedId};
use crate::sheet::{BlockRows, Blocks, Row, SheetError};

/// Some rows in the order of the file.
#[derive(Default)]
struct Part {
    truth: Truth,
    cells: Vec<(Levels, Vec<u32>)>,
    /// What is wrong with the row after them.
    wrong: Option<SheetError>,
}

impl Truth {
    /// Reads the file.
    ///
    /// # Errors
    /// The first row that is not as it should be, with its column.
    pub fn read<R: Read + Send>(file: &str, input: R) -> Result<Self, FolderError> {
        let blocks = Blocks::open(file, input)?;
        let mut places = [0; FIRST.len()];
        for (place, name) in places.iter_mut().zip(FIRST) {
            *place = blocks.require(name).map_err(SheetError::from)?;
        }
        let is_place = |place: &usize| blocks.header().get(*place).is_some_and(|name| name == PLACE_COLUMN);
        let all = 0..blocks.header().len();
        let others: Vec<usize> = all.filter(|place| !places.contains(place) && !is_place(place)).collect();
        let names: Vec<String> = others.iter().filter_map(|place| blocks.header().get(*place).cloned()).collect();
        let mut whole = Part { cells: names.iter().map(|_| Default::default()).collect(), ..Part::default() };
        blocks.each(|rows| read_part(rows, &places, &others), |part| whole.append(part))?;
        let columns = names.into_iter().zip(whole.cells);
        let columns = columns.map(|(name, (levels, codes))| Column::new(name, levels.into_texts(), codes)).collect();
        Ok(Self { columns, ..whole.truth })
    }
}

impl Part {
    fn append(&mut self, later: Self) -> Result<(), FolderError> {
        let (own, other) = (&mut self.truth, later.truth);
        own.samples.append(other.samples);
        own.subjects.append(other.subjects);
        own.subject_ranks.extend(other.subject_ranks);
        own.cluster_ranks.append_with(&other.cluster_ranks, |rank| rank);
        own.weights.append_with(&other.weights, |weight| weight);
        own.ages.append(&other.ages);
        for ((levels, codes), (later_levels, later_codes)) in self.cells.iter_mut().zip(later.cells) {
            let ours: Vec<u32> = later_levels.texts().map(|text| levels.place(text).unwrap_or(0)).collect();
            codes.extend(later_codes.iter().map(|code| ours.get(*code as usize).copied().unwrap_or(0)));
        }
        later.wrong.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn read_part(mut rows: BlockRows<'_>, places: &[usize; FIRST.len()], others: &[usize]) -> Part {
    let mut part = Part { cells: others.iter().map(|_| Default::default()).collect(), ..Part::default() };
    loop {
        let read = rows.next_row().and_then(|row| {
            let Some(row) = row else { return Ok(false) };
            part.truth.push(&read_row(&row, places)?);
            for ((levels, codes), place) in part.cells.iter_mut().zip(others) {
                codes.push(levels.place(row.text(*place)?).unwrap_or(0));
            }
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

fn read_row<'r>(row: &Row<'r>, places: &[usize; FIRST.len()]) -> Result<TruthRow<'r>, Finding> {
    let [sample_id, subject_id, subject_rank, cluster_rank, weight, age_low, age_high] = *places;
    row.check_width()?;
    let id = row.text(sample_id)?;
    if id.is_empty() {
        return Err(row.wrong(sample_id, "empty: every sample has an id"));
    }
    let rank = |place| row.whole_at(place, "a rank");
    let rank_of_subject = rank(subject_rank)?.ok_or_else(|| row.wrong(subject_rank, "empty: expected a rank"))?;
    let years = "an age in years";
    let age = match (row.number_at(age_low, years)?, row.number_at(age_high, years)?) {
        (None, None) => None,
        (Some(low), Some(high)) => {
            Some(AgeRange::new(low, high).map_err(|error| row.wrong(age_low, error.to_string()))?)
        }
        _ => return Err(row.wrong(age_high, "an age has both ends, or none")),
    };
    let weight_found = row.number_at(weight, "a weight")?.unwrap_or(1.0);
    if !(weight_found.is_finite() && weight_found > 0.0) {
        return Err(row.wrong(weight, format!("{weight_found} is not a weight: expected a number above 0")));
    }
    Ok(TruthRow {
        sample_id: PrintedId::of(id),
        subject_id: PrintedId::of(row.text(subject_id)?),
        subject_rank: rank_of_subject,
        cluster_rank: rank(cluster_rank)?,
        weight: weight_found,
        age,
    })
}
