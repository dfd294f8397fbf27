//! How a table gives ages: in one column, as both ends of a band, or as two dates.

use super::columns::Places;
use super::{Table, day};
use crate::dataset::dates::parse_date;
use crate::dataset::import::rows::Gathered;
use crate::dataset::import::sample::{Known, Origin};
use crate::dataset::import::words::NoAge;
use crate::dataset::import::{ImportError, labels, words};
use crate::dataset::{LeapBirthday, Precision, age_between, ages};
use crate::finding::{Finding, Findings, quoted};

/// How the table gives ages.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ages {
    One(usize),
    /// Both ends, and whether the upper one belongs to the band.
    Ends(usize, usize, bool),
    Dates(usize, usize),
}

/// Whether a date has a year of four digits, as dates of birth have.
fn has_year(date: &str) -> bool {
    date.split(|letter: char| !letter.is_ascii_digit()).any(|digits| digits.len() == 4)
}

impl Ages {
    /// The columns of `places` that hold the age; none where none do.
    pub fn of(places: &Places<'_>) -> Option<Self> {
        match (
            places.of("age"),
            places.of("age_low"),
            places.of("age_high"),
            places.of("age_min"),
            places.of("age_max"),
        ) {
            (Some(age), ..) => Some(Self::One(age)),
            (None, Some(low), Some(high), ..) => Some(Self::Ends(low, high, false)),
            (None, _, _, Some(low), Some(high)) => Some(Self::Ends(low, high, true)),
            _ => match (places.of("birth_date"), places.of("captured_on")) {
                (Some(birth), Some(captured)) => Some(Self::Dates(birth, captured)),
                _ => None,
            },
        }
    }

    /// Whether the age follows from two dates, which are carried as they are.
    pub fn are_dates(self) -> bool {
        matches!(self, Self::Dates(..))
    }

    /// The columns that become columns of the age.
    pub fn taken(self) -> Vec<usize> {
        match self {
            Self::One(at) => vec![at],
            Self::Ends(low, high, _) => vec![low, high],
            Self::Dates(..) => Vec::new(),
        }
    }

    /// How finely the cells give the ages.
    pub fn precision(self, table: &Table<'_>) -> Result<Precision, ImportError> {
        Ok(match self {
            Self::Dates(..) => Precision::Day,
            Self::Ends(..) => Precision::Band,
            Self::One(at) => {
                let (mut bands, mut parts) = (false, false);
                (table.each)(&mut Findings::new(), &mut |_, cells| match words::age(
                    cells.get(at).copied().unwrap_or_default(),
                ) {
                    Ok(Known::Band(..)) => bands = true,
                    Ok(Known::Years(years)) => parts |= years.fract() != 0.0,
                    Ok(Known::Unknown) | Err(_) => {}
                })?;
                if bands {
                    Precision::Band
                } else if parts {
                    Precision::Day
                } else {
                    Precision::Year
                }
            }
        })
    }

    /// The age in a row; none where the row was left out, or the file is wrong.
    pub fn read(
        self,
        gathered: &mut Gathered,
        at: Origin<'_>,
        path: &str,
        table: &Table<'_>,
        cells: &[&str],
    ) -> Option<Known> {
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        let column = |at: usize| table.header.get(at).map_or("", String::as_str);
        let mut one = |place: usize| match words::age(cell(place)) {
            Err(NoAge::Spreadsheet(band)) if has_year(cell(place)) => {
                let found = quoted(cell(place));
                let text = format!("{found} is a date of birth, or a date that a spreadsheet made of the ages {band}");
                let help = "of dates of birth say --columns birth_date=NAME,captured_on=NAME; else take the file as it was published, and do not save it from a spreadsheet";
                let finding = Finding::error(at.file, text).column(column(place)).help(help);
                gathered.findings.push(at.row.into_iter().fold(finding, Finding::row));
                None
            }
            _ => labels::age(gathered, at, path, column(place), cell(place)),
        };
        match self {
            Self::One(place) => one(place),
            Self::Ends(low, high, inclusive) => match (one(low)?, one(high)?) {
                (Known::Unknown, Known::Unknown) => Some(Known::Unknown),
                (Known::Years(low), Known::Years(high)) => {
                    Some(Known::Band(low, high + f64::from(u8::from(inclusive))))
                }
                _ => {
                    gathered.leave_out(
                        at,
                        path,
                        "one end of its band is missing",
                        &format!("{}, {}", cell(low), cell(high)),
                    );
                    None
                }
            },
            Self::Dates(birth, captured) => {
                let (birth, captured) = (day(cell(birth)), day(cell(captured)));
                if birth.is_empty() || captured.is_empty() {
                    return Some(Known::Unknown);
                }
                let leap = LeapBirthday::FirstOfMarch;
                let age = parse_date(birth)
                    .zip(parse_date(captured))
                    .and_then(|(birth, captured)| age_between(birth, captured, leap));
                if age.is_none() {
                    gathered.leave_out(
                        at,
                        path,
                        "its dates are no dates such as 2006-11-30, or run backwards",
                        &format!("{birth}, {captured}"),
                    );
                }
                age.map(|age| Known::Years(ages::coarse(age, gathered.precision())))
            }
        }
    }
}
