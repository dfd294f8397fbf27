//! Ages and other cells as label files write them: bands, words for unknown, and what a spreadsheet made of them.

use super::rows::Known;

/// The first age that no band reaches.
const END: f64 = 121.0;

/// Why a text is no age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoAge {
    /// A spreadsheet made a date of a band: the band it was.
    Spreadsheet(String),
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
        return if years.is_finite() { Ok(Known::Years(years)) } else { Err(NoAge::Other) };
    }
    if let Some(band) = spreadsheet(text) {
        return Err(NoAge::Spreadsheet(band));
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
    for between in ["-", "\u{2013}", ",", " to ", "_"] {
        if let Some((low, high)) = inner.split_once(between)
            && let (Some(low), Some(high)) = (whole(low), whole(high))
        {
            return if low <= high { Ok(Known::Band(low, high + 1.0)) } else { Err(NoAge::Other) };
        }
    }
    Err(NoAge::Other)
}

/// The band of which a spreadsheet made the date `text`: `9-Mar` was `3-9`, `19-October` and `Oct-19` were `10-19`.
fn spreadsheet(text: &str) -> Option<String> {
    let (one, other) = text.split_once(['-', ' ', '/'])?;
    let month = |text: &str| {
        let short = text.get(..3)?.to_ascii_lowercase();
        let is_word = text.bytes().all(|byte| byte.is_ascii_alphabetic());
        MONTHS.iter().position(|month| is_word && *month == short).map(|at| at + 1)
    };
    let day = |text: &str| text.trim().parse::<u32>().ok();
    match (month(one), month(other)) {
        (Some(month), None) => day(other).map(|day| format!("{month}-{day}")),
        (None, Some(month)) => day(one).map(|day| format!("{month}-{day}")),
        _ => None,
    }
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
        for text in ["young", "32-25", "1.5-3", "-5-3", "inf", "2011-01-01", "7-"] {
            assert_eq!(age(text), Err(NoAge::Other), "{text}");
        }
    }

    #[test]
    fn a_band_that_a_spreadsheet_made_a_date_of_is_recognised() {
        for (text, band) in [("9-Mar", "3-9"), ("19-October", "10-19"), ("Oct-19", "10-19"), ("9-mar", "3-9")] {
            assert_eq!(age(text), Err(NoAge::Spreadsheet(band.to_owned())), "{text}");
        }
    }
}
