//! Outcomes by month before a birthday, for ages that are known to the month.

use std::collections::BTreeMap;

use super::cell::Cell;
use super::class::AgeClass;
use super::families::Seen;
use super::hot::HotCell;
use super::profile::Profile;
use super::shape::Shape;
use crate::age::{AgeRange, NANOS_PER_YEAR, nanos};

/// The completed month of an age, 12 a year of life, when the range lies within one; `None` otherwise.
///
/// A month is a twelfth of the year from one birthday to the next. Ends within a nanoyear of a month are that month.
pub(super) fn month(age: AgeRange) -> Option<u32> {
    // In nanomonths, so that twelfths of a year are whole; rounding of the parsed age is at most 6 of them.
    let months = |years: f64| {
        let exact = nanos(years) * 12;
        let whole = (exact + NANOS_PER_YEAR / 2) / NANOS_PER_YEAR * NANOS_PER_YEAR;
        if (exact - whole).abs() <= 12 { whole } else { exact }
    };
    let first = months(age.low()) / NANOS_PER_YEAR;
    let within = age.is_exact() || months(age.high()) <= (first + 1) * NANOS_PER_YEAR;
    within.then(|| u32::try_from(first).ok()).flatten()
}

#[derive(Default)]
pub(super) struct HotMonths {
    cells: BTreeMap<u32, HotCell>,
    // Reused from subject to subject.
    found: Vec<(u32, u32)>,
    profile: Profile,
}

impl HotMonths {
    /// Counts the attempts of one unit in the last year before a limit.
    pub fn count(&mut self, seen: &Seen<'_>) {
        let shape = seen.shape;
        self.found.clear();
        for sample in &seen.taken.live {
            let AgeClass::Year(year) = shape.classes[usize::from(shape.class_of[*sample as usize])] else { continue };
            if shape.grid.limits().iter().any(|limit| limit.years() == year + 1)
                && let Some(month) = shape.truth.age(*sample as usize).and_then(month)
            {
                self.found.push((month, *sample));
            }
        }
        if self.found.is_empty() {
            return;
        }
        self.found.sort_by_key(|(month, _)| *month);
        for part in self.found.chunk_by(|one, other| one.0 == other.0) {
            let samples: Vec<u32> = part.iter().map(|(_, sample)| *sample).collect();
            self.profile.take(shape, &samples);
            let cell = self.cells.entry(part[0].0).or_default();
            cell.add_runs(samples.len(), self.profile.found(), shape.grid.columns());
        }
    }

    pub fn finish(self, shape: &Shape<'_>) -> BTreeMap<u32, Cell> {
        let columns = shape.grid.columns();
        self.cells.into_iter().map(|(month, hot)| (month, hot.finish(columns, |_| Vec::new()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::age::Age;

    #[test]
    fn a_month_is_a_twelfth_of_a_year_however_its_ends_were_rounded() {
        for month_wanted in 0..12 {
            let (low, high) = (17.0 + f64::from(month_wanted) / 12.0, 17.0 + f64::from(month_wanted + 1) / 12.0);
            assert_eq!(month(AgeRange::new(low, high).unwrap()), Some(17 * 12 + month_wanted));
            assert_eq!(month(AgeRange::exact(Age::new(low).unwrap())), Some(17 * 12 + month_wanted));
        }
        assert_eq!(month(AgeRange::exact(Age::new(17.0 + 364.0 / 365.0).unwrap())), Some(17 * 12 + 11));
        assert_eq!(month(AgeRange::whole_years(17).unwrap()), None);
        assert_eq!(month(AgeRange::new(17.5, 17.6).unwrap()), None);
    }
}
