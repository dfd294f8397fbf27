//! One sample as an importer gives it, and why it cannot stand in a manifest.

use crate::age::AgeRange;
use crate::dataset::{Precision, ages};

/// The true age that a layout gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known {
    /// Not known: the sample is listed, and not eligible.
    Unknown,
    /// Years.
    Years(f64),
    /// A band: its first age, and the first that is no longer in it.
    Band(f64, f64),
}

/// Where a row was found: a label file and the line in it, or the file of the sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'o> {
    pub file: &'o str,
    pub row: Option<u64>,
}

/// One sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample<'s> {
    /// Its id; empty: the path is the id.
    pub id: &'s str,
    /// Its file; empty: a record without one.
    pub path: &'s str,
    pub subject: &'s str,
    pub age: Known,
    pub split: &'s str,
    pub face: Option<[f64; 4]>,
    /// The cells of the further columns.
    pub further: &'s [&'s str],
}

impl<'s> Sample<'s> {
    /// A sample with nothing but its file and age.
    pub fn of(path: &'s str, age: Known) -> Self {
        Self { id: "", path, subject: "", age, split: "", face: None, further: &[] }
    }

    /// Why its age, written at `precision`, or its box cannot stand in a manifest, and what stood there; none where both can.
    pub fn problem(&self, precision: Precision) -> Option<(String, String)> {
        let because = |reason: &str, found: String| Some((reason.to_owned(), found));
        let age = match self.age {
            Known::Unknown => Ok(()),
            Known::Years(years) if precision == Precision::Band => {
                AgeRange::new(years.floor(), years.floor() + 1.0).map(drop).map_err(|_| years.to_string())
            }
            Known::Years(years) if precision == Precision::Year && years.fract() != 0.0 => {
                return because("its age is no whole number of years", years.to_string());
            }
            Known::Years(years) => ages::range(years, precision).map(drop).map_err(|_| years.to_string()),
            Known::Band(low, high) if low < high => {
                AgeRange::new(low, high).map(drop).map_err(|_| format!("{low} to {high}"))
            }
            Known::Band(low, high) => {
                let reason = "its band holds no age: the upper end is the first age that is no longer in it";
                return because(reason, format!("{low} to {high}"));
            }
        };
        if let Err(found) = age {
            return because("its age is none between 0 and 120 years", found);
        }
        match self.face {
            Some([x0, y0, x1, y1])
                if !(x0 < x1 && y0 < y1 && [x0, y0, x1, y1].iter().all(|corner| corner.is_finite())) =>
            {
                because("its face box has no area", format!("{x0},{y0} to {x1},{y1}"))
            }
            _ => None,
        }
    }
}

/// Which columns the manifest has beside the id and the age.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub path: bool,
    pub subject: bool,
    pub split: bool,
    pub face: bool,
    /// Whether the age has columns of its own; else further columns hold the dates that it follows from.
    pub age: bool,
    pub further: Vec<String>,
}
