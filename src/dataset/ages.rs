//! The true age of one row of a manifest, from whichever columns hold it.

use super::card::{LeapBirthday, Precision};
use super::dates::{age_between, parse_date};
use super::lint::Code;
use crate::age::{Age, AgeError, AgeRange};
use crate::finding::{Finding, quoted};
use crate::sheet::Row;

/// Which columns of a manifest hold the age, and how finely it is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AgeReader {
    pub columns: AgeColumns,
    pub precision: Precision,
    pub leap: LeapBirthday,
    /// Whether the row is one of a recorded file, whose columns and settings have other names.
    pub recorded: bool,
}

/// The columns that hold the age, as places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AgeColumns {
    Age(usize),
    Band(usize, usize),
    Dates(usize, usize),
}

impl AgeColumns {
    /// The first of the columns.
    pub fn first(self) -> usize {
        match self {
            Self::Age(first) | Self::Band(first, _) | Self::Dates(first, _) => first,
        }
    }

    /// The precision when the card is silent.
    pub fn implied(self) -> Precision {
        match self {
            Self::Age(_) => Precision::Year,
            Self::Band(..) => Precision::Band,
            Self::Dates(..) => Precision::Day,
        }
    }
}

impl AgeReader {
    /// The true age in `row`; `None` when its cells are empty.
    pub fn read(&self, row: &Row<'_>) -> Result<Option<AgeRange>, Finding> {
        self.read_columns(row).map_err(|finding| {
            let help = finding.help.as_deref().filter(|_| self.recorded);
            let other = help.and_then(|help| HELP_WHEN_RECORDED.iter().find(|(here, _)| *here == help));
            finding.maybe_help(other.map(|(_, there)| (*there).to_owned()))
        })
    }

    fn read_columns(&self, row: &Row<'_>) -> Result<Option<AgeRange>, Finding> {
        match self.columns {
            AgeColumns::Age(place) => match years(row, place)? {
                None => Ok(None),
                Some(years) => range(years, self.precision).map(Some).map_err(|problem| problem.at(row, place)),
            },
            AgeColumns::Band(low, high) => self.band(row, low, high),
            AgeColumns::Dates(birth, captured) => self.dates(row, birth, captured),
        }
    }

    fn band(&self, row: &Row<'_>, low_at: usize, high_at: usize) -> Result<Option<AgeRange>, Finding> {
        match (years(row, low_at)?, years(row, high_at)?) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(row.wrong(high_at, "empty, though the band has a lower end").help(FIRST_AFTER)),
            (None, Some(_)) => Err(row.wrong(low_at, "empty, though the band has an upper end").help(FIRST_AFTER)),
            (Some(low), Some(high)) if low == high && self.precision != Precision::Day => {
                Err(row.wrong(high_at, format!("the band {low} to {high} holds no age")).help(FIRST_AFTER))
            }
            (Some(low), Some(high)) => AgeRange::new(low, high).map(Some).map_err(|error| {
                let code = match error {
                    AgeError::NotAnAge(_) => Code::AgeOutOfRange,
                    _ => Code::ManifestValue,
                };
                row.wrong(high_at, error.to_string()).help(FIRST_AFTER).code(code.word())
            }),
        }
    }

    fn dates(&self, row: &Row<'_>, birth_at: usize, captured_at: usize) -> Result<Option<AgeRange>, Finding> {
        let date = |place: usize| {
            let text = row.text(place)?;
            if text.trim().is_empty() {
                return Ok(None);
            }
            parse_date(text).map(Some).ok_or_else(|| {
                row.wrong(place, format!("{} is not a date", quoted(text))).help("write dates as 2006-11-30")
            })
        };
        let (Some(birth), Some(captured)) = (date(birth_at)?, date(captured_at)?) else { return Ok(None) };
        let Some(age) = age_between(birth, captured, self.leap) else {
            return Err(row.wrong(captured_at, format!("{captured} lies before the birth on {birth}")));
        };
        let coarse = coarse(age, self.precision);
        let precision = if self.precision == Precision::Band { Precision::Day } else { self.precision };
        range(coarse, precision).map(Some).map_err(|problem| problem.at(row, birth_at))
    }
}

/// Why a number is not an age of the card's precision.
pub(crate) struct AgeProblem {
    text: String,
    help: Option<&'static str>,
    code: Code,
}

impl AgeProblem {
    pub fn at(self, row: &Row<'_>, place: usize) -> Finding {
        row.wrong(place, self.text).maybe_help(self.help.map(str::to_owned)).code(self.code.word())
    }
}

/// The exact age of `years` as it is written at `precision`.
pub(crate) fn coarse(years: f64, precision: Precision) -> f64 {
    match precision {
        Precision::Year => years.floor(),
        Precision::Month => (years * 12.0).floor() / 12.0,
        Precision::Day | Precision::Band => years,
    }
}

/// What an age of `years` means at `precision`.
pub(crate) fn range(years: f64, precision: Precision) -> Result<AgeRange, AgeProblem> {
    let problem = |error: crate::age::AgeError| AgeProblem {
        text: error.to_string(),
        help: help_for(years),
        code: Code::AgeOutOfRange,
    };
    let age = Age::new(years).map_err(problem)?;
    match precision {
        Precision::Day => Ok(AgeRange::exact(age)),
        Precision::Month => {
            // An age written with two decimals is within 0.06 of its month; so snapped, no range spans a birthday.
            let month = (age.years() * 12.0).round();
            let (low, high) = if (age.years() * 12.0 - month).abs() < 0.07 {
                (month / 12.0, (month + 1.0) / 12.0)
            } else {
                (age.years(), age.years() + 1.0 / 12.0)
            };
            AgeRange::new(low, high).map_err(problem)
        }
        Precision::Year if age.years().fract() != 0.0 => Err(AgeProblem {
            text: format!("{years} is not a whole number: with age_precision = \"year\" ages are completed years"),
            help: Some(FINER),
            code: Code::ManifestValue,
        }),
        Precision::Year => AgeRange::new(age.years(), age.years() + 1.0).map_err(problem),
        Precision::Band => Err(AgeProblem {
            text: format!("{years} is no band: with age_precision = \"band\" each row has age_low and age_high"),
            help: Some(NO_BAND),
            code: Code::ManifestValue,
        }),
    }
}

fn years(row: &Row<'_>, place: usize) -> Result<Option<f64>, Finding> {
    let text = row.text(place)?.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let Ok(years) = text.parse::<f64>() else {
        let wrong = row.wrong(place, format!("{} is not an age in years", quoted(text)));
        return Err(wrong.maybe_help(help_for_text(text).map(str::to_owned)));
    };
    match Age::new(years) {
        Ok(_) => Ok(Some(years)),
        // One past the oldest age may end a band; `AgeRange` looks at it.
        Err(_) if years.is_finite() && years > 0.0 && years <= crate::age::OLDEST + 1.0 => Ok(Some(years)),
        Err(_) => Err(row
            .wrong(place, format!("{} is not an age between 0 and 120 years", quoted(text)))
            .code(Code::AgeOutOfRange.word())
            .maybe_help(help_for(years).map(str::to_owned))),
    }
}

const UNKNOWN: &str = "leave the cell empty when the age is unknown";
const BANDS: &str = "this file stores age bands: give them as the columns age_low and age_high (25-32 is 25,33)";
const FIRST_AFTER: &str = "age_high is the first age that is no longer in the band: whole years 25 to 32 are 25,33";
const FINER: &str = "write age_precision = \"day\" in dataset.toml if the ages are exact, or \"month\"";
const NO_BAND: &str = "write age_precision = \"year\" in dataset.toml, or name the columns age_low and age_high";

/// Advice for a manifest, and the same for a recorded file.
const HELP_WHEN_RECORDED: [(&str, &str); 4] = [
    (BANDS, "this file stores age bands: give them as the columns true_age_low and true_age_high (25-32 is 25,33)"),
    (FIRST_AFTER, "true_age_high is the first age that is no longer in the band: whole years 25 to 32 are 25,33"),
    (FINER, "say --age-precision day if the ages are exact, or month"),
    (NO_BAND, "say --age-precision year, or name the columns true_age_low and true_age_high"),
];

fn help_for(years: f64) -> Option<&'static str> {
    if years.is_nan() || years == -1.0 {
        Some(UNKNOWN)
    } else if (1900.0..2100.0).contains(&years) {
        Some("this looks like a year of birth: give birth_date and captured_on, or the age itself")
    } else {
        None
    }
}

fn help_for_text(text: &str) -> Option<&'static str> {
    const WORDS: [&str; 9] = ["none", "null", "na", "n/a", "unknown", "-", "?", "nil", "missing"];
    let numbers = text.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).count();
    if WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        Some(UNKNOWN)
    } else if numbers == 2 && text.contains(',') && !text.contains(['(', ' ']) {
        Some("write a decimal point, not a decimal comma")
    } else if numbers == 2 || text.ends_with('+') || text.starts_with("more than") {
        Some(BANDS)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_means_a_day_a_month_or_a_year() {
        assert!(range(17.25, Precision::Day).is_ok_and(|range| range.is_exact() && range.low() == 17.25));
        assert!(range(17.0, Precision::Year).is_ok_and(|range| (range.low(), range.high()) == (17.0, 18.0)));
        assert!(range(17.5, Precision::Year).is_err_and(|problem| problem.help.is_some()));
        assert!(range(17.0, Precision::Band).is_err());
    }

    #[test]
    fn the_last_month_before_a_birthday_ends_on_it_however_it_is_rounded() {
        for years in [17.0 + 11.0 / 12.0, 17.92, 17.917, 17.9166666667] {
            assert!(range(years, Precision::Month).is_ok_and(|range| range.high() == 18.0), "{years}");
        }
        assert!(range(17.0, Precision::Month).is_ok_and(|range| range.high() == 17.0 + 1.0 / 12.0));
    }

    #[test]
    fn what_is_not_an_age_is_explained() {
        assert_eq!(help_for_text("25-32").unwrap(), help_for_text("(25, 32)").unwrap());
        assert!(help_for_text("60+").unwrap().contains("bands"));
        assert_eq!(help_for_text("None"), Some(UNKNOWN));
        assert!(help_for_text("17,5").unwrap().contains("decimal point"));
        assert_eq!(help_for_text("young"), None);
    }
}
