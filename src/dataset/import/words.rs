//! Ages and other cells as label files write them: bands, words for unknown, and what a spreadsheet made of them.

use jiff::Span;
use jiff::civil::Date;

use super::sample::Known;

/// The first age that no band reaches.
const END: f64 = 121.0;

/// Why a text is no age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAge {
    /// A spreadsheet made a date of a band: the band it was.
    Spreadsheet(String),
    /// Digits on both sides of a comma: a number with a decimal comma, or a band that looks like one.
    Comma,
    /// Anything else.
    Other,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether `text` stands for a value that is not known.
pub(super) fn is_unknown(text: &str) -> bool {
    const WORDS: [&str; 9] = ["", "none", "nan", "-1", "-1.0", "null", "na", "n/a", "unknown"];
    WORDS.contains(&text.trim().to_ascii_lowercase().as_str())
}

/// The age in `text`: years (`25`), or a band whose upper end belongs to it (`25-32`, `(25, 32)`, `60+`, `more than 70`).
pub(super) fn age(text: &str) -> Result<Known, NoAge> {
    let text = text.trim();
    if is_unknown(text) {
        return Ok(Known::Unknown);
    }
    if let Ok(years) = text.parse::<f64>() {
        return match serial(years) {
            Some(band) => Err(NoAge::Spreadsheet(band)),
            None if years.is_finite() => Ok(Known::Years(years)),
            None => Err(NoAge::Other),
        };
    }
    let whole = |text: &str| {
        let digits = text.trim();
        let is_whole = (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_whole.then(|| digits.parse::<f64>().ok()).flatten()
    };
    let lower = text.to_ascii_lowercase();
    let open = lower
        .strip_suffix('+')
        .or_else(|| ["more than ", "over ", ">=", ">"].iter().find_map(|word| lower.strip_prefix(word)));
    if let Some(low) = open {
        return whole(low).map(|low| Known::Band(low, END)).ok_or(NoAge::Other);
    }
    let inner = lower.trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
    if inner == lower && is_decimal_comma(inner) {
        return Err(NoAge::Comma);
    }
    for between in ["-", "\u{2013}", ",", " to ", "_"] {
        if let Some((low, high)) = inner.split_once(between)
            && let (Some(low), Some(high)) = (whole(low), whole(high))
            && low <= high
        {
            return Ok(Known::Band(low, high + 1.0));
        }
    }
    Err(date(&lower).map_or(NoAge::Other, NoAge::Spreadsheet))
}

/// Whether `text` is `17,25` and not `17, 25`.
fn is_decimal_comma(text: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(',').is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest))
}

/// The band of which a spreadsheet made the date `text`, in small letters: `9-mar`, `2021-03-09 00:00:00` and `03/09/21` were `3-9`,
/// `oct-19` and `19/10/2021` were `10-19`. Bands ascend, so that it is one whichever of the two numbers is the month.
fn date(text: &str) -> Option<String> {
    // Without the time of day.
    let text = text.find(':').and_then(|at| text.get(..at)).map_or(text, |before| {
        before.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches(['t', ' '])
    });
    let marks = ['-', '/', '.', ' ', ','];
    let parts: Vec<&str> = text.split(marks).filter(|part| !part.is_empty()).collect();
    let month = |text: &str| {
        let is_word = text.bytes().all(|byte| byte.is_ascii_alphabetic());
        let at = MONTHS.iter().position(|month| is_word && text.get(..3) == Some(*month))?;
        u32::try_from(at + 1).ok()
    };
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() <= 4);
    let is_day = |month: u32, day: u32| (1..=12).contains(&month) && (1..=31).contains(&day);
    let named: Vec<u32> = parts.iter().filter_map(|part| month(part)).collect();
    let numbers: Vec<u32> = parts.iter().filter_map(|part| number(part)).collect();
    let is_whole = named.len() + numbers.len() == parts.len();
    let (one, other) = match (named.as_slice(), numbers.as_slice()) {
        _ if !is_whole => return None,
        ([month], [day]) | ([month], [day, _]) if is_day(*month, *day) => (*month, *day),
        ([month], [_, day]) if is_day(*month, *day) => (*month, *day),
        ([], [_, _] | [_, _, _]) => {
            // One and the same mark between all of them, and none before or behind.
            let mark =
                text.chars().find(|letter| marks.contains(letter)).filter(|mark| ['-', '/', '.'].contains(mark))?;
            if text.split(mark).count() != parts.len() || text.split(mark).any(|part| number(part).is_none()) {
                return None;
            }
            match numbers.as_slice() {
                [one, other] => (*one, *other),
                [year, one, other] if *year > 31 => (*one, *other),
                [one, other, _] => (*one, *other),
                _ => return None,
            }
        }
        _ => return None,
    };
    let (low, high) = (one.min(other), one.max(other));
    is_day(low, high).then(|| format!("{low}-{high}"))
}

/// The band of which a spreadsheet made a date, and wrote it as the number of days since 30 December 1899: of the years 2010 to 2060.
fn serial(days: f64) -> Option<String> {
    let is_one = days.fract() == 0.0 && (40_179.0..58_806.0).contains(&days);
    #[expect(clippy::cast_possible_truncation, reason = "five digits")]
    let since = is_one.then(|| Span::new().days(days as i64))?;
    let date = Date::new(1899, 12, 30).and_then(|first| first.checked_add(since)).ok()?;
    let (month, day) = (date.month(), date.day());
    Some(format!("{}-{}", month.min(day), month.max(day)))
}

/// The word for a sex in `text`, by the words of `female` and `male`; empty when it is neither.
pub(super) fn sex(text: &str, female: &str, male: &str) -> &'static str {
    match text.trim() {
        text if text.eq_ignore_ascii_case(female) => "female",
        text if text.eq_ignore_ascii_case(male) => "male",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_as_label_files_write_them() {
        for (text, expected) in [
            ("25", Known::Years(25.0)),
            ("25.5", Known::Years(25.5)),
            ("25-32", Known::Band(25.0, 33.0)),
            ("(25, 32)", Known::Band(25.0, 33.0)),
            ("0\u{2013}2", Known::Band(0.0, 3.0)),
            ("60+", Known::Band(60.0, 121.0)),
            ("more than 70", Known::Band(70.0, 121.0)),
            ("None", Known::Unknown),
            ("-1", Known::Unknown),
            ("nan", Known::Unknown),
            ("", Known::Unknown),
        ] {
            assert_eq!(age(text), Ok(expected), "{text}");
        }
        for text in
            ["young", "32-25", "1.5-3", "-5-3", "inf", "7-", "12 years", "May", "40-13-50", "1-2-3-4", "17.5 - 20"]
        {
            assert_eq!(age(text), Err(NoAge::Other), "{text}");
        }
    }

    #[test]
    fn a_band_that_a_spreadsheet_made_a_date_of_is_recognised() {
        let of_three =
            ["9-Mar", "9-mar", "Mar-09", "3-Sep", "09-03", "3/9", "9/3/21", "2021-03-09 00:00:00", "2021-03-09T00:00"];
        let of_ten =
            ["19-October", "Oct-19", "19. Oct", "19-10", "19/10/2021", "10/19/2021", "19.10.2021", "October 19, 2021"];
        // The days of 9 March and 19 October 2021, as LibreOffice counts them.
        for (texts, band) in
            [(&of_three[..], "3-9"), (&of_ten[..], "10-19"), (&["44264"], "3-9"), (&["44488"], "10-19")]
        {
            for text in texts {
                assert_eq!(age(text), Err(NoAge::Spreadsheet(band.to_owned())), "{text}");
            }
        }
        // What it left alone.
        assert_eq!((age("03-09"), age("10-19")), (Ok(Known::Band(3.0, 10.0)), Ok(Known::Band(10.0, 20.0))));
    }

    #[test]
    fn a_decimal_comma_is_no_band_and_a_comma_in_brackets_or_before_a_space_is_one() {
        for text in ["17,25", "17,5", "17,0", "7,123456"] {
            assert_eq!(age(text), Err(NoAge::Comma), "{text}");
        }
        for text in ["(17,25)", "[17,25]", "17, 25", "(17, 25)", "17 ,25"] {
            assert_eq!(age(text), Ok(Known::Band(17.0, 26.0)), "{text}");
        }
    }
}
