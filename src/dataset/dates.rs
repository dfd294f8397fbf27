//! Ages from two dates: completed years, and the days since the birthday as a share of the days between birthdays.

use jiff::civil::Date;

use super::card::LeapBirthday;

/// The age in years on `captured` of a person born on `birth`; `None` when captured before birth.
///
/// Completed years plus days since the last birthday / days between the last and the next birthday. The birthday
/// itself is the new age. Somebody born on 29 February has the birthday of other years as `leap` says.
///
/// Source: METRICS M0.
#[must_use]
pub fn age_between(birth: Date, captured: Date, leap: LeapBirthday) -> Option<f64> {
    let birthday = |year: i16| {
        let fallback = match leap {
            LeapBirthday::FirstOfMarch => (3, 1),
            LeapBirthday::LastOfFebruary => (2, 28),
        };
        Date::new(year, birth.month(), birth.day()).or_else(|_| Date::new(year, fallback.0, fallback.1)).ok()
    };
    if captured < birth {
        return None;
    }
    let had_it = birthday(captured.year())? <= captured;
    let last_year = if had_it { captured.year() } else { captured.year() - 1 };
    let (last, next) = (birthday(last_year)?, birthday(last_year + 1)?);
    let days = |from: Date, to: Date| Some(f64::from(from.until(to).ok()?.get_days()));
    Some(f64::from(last_year - birth.year()) + days(last, captured)? / days(last, next)?)
}

/// Whether `text` is a date written as `2006-11-30`.
#[must_use]
pub fn is_date(text: &str) -> bool {
    parse_date(text).is_some()
}

/// The date that `text` writes as `2006-11-30`.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    if shaped { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(birth: &str, captured: &str) -> f64 {
        age_between(parse_date(birth).unwrap(), parse_date(captured).unwrap(), LeapBirthday::FirstOfMarch).unwrap()
    }

    #[test]
    fn the_birthday_itself_is_the_new_age_and_the_day_before_is_not() {
        assert_eq!(age("2006-11-30", "2024-11-30"), 18.0);
        // 30 November 2023 to 29 November 2024 are 365 days of 366.
        assert_eq!(age("2006-11-30", "2024-11-29"), 17.0 + 365.0 / 366.0);
        assert_eq!(age("2006-11-30", "2006-11-30"), 0.0);
    }

    #[test]
    fn a_birthday_on_29_february_falls_on_1_march_unless_the_card_says_28_february() {
        let (birth, eve) = (parse_date("2004-02-29").unwrap(), parse_date("2022-02-28").unwrap());
        assert!(age("2004-02-29", "2022-02-28") < 18.0);
        assert_eq!(age("2004-02-29", "2022-03-01"), 18.0);
        assert_eq!(age("2004-02-29", "2024-02-29"), 20.0);
        assert_eq!(age_between(birth, eve, LeapBirthday::LastOfFebruary), Some(18.0));
    }

    #[test]
    fn nobody_is_photographed_before_birth() {
        let (birth, before) = (parse_date("2004-02-29").unwrap(), parse_date("2003-01-01").unwrap());
        assert_eq!(age_between(birth, before, LeapBirthday::FirstOfMarch), None);
    }

    #[test]
    fn dates_of_other_shapes_are_not_guessed() {
        for text in ["30/11/2006", "2006-11", "2006-13-01", "2006-02-30", "06-11-30", "2006-11-30T10:00", ""] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn completed_years_change_on_birthdays_only(born in 0_i64..20_000, later in 0_i64..36_000) {
            let start = jiff::civil::date(1930, 1, 1);
            let birth = start + jiff::Span::new().days(born);
            let day = birth + jiff::Span::new().days(later);
            let before = age_between(birth, day, LeapBirthday::FirstOfMarch).unwrap();
            let after = age_between(birth, day.tomorrow().unwrap(), LeapBirthday::FirstOfMarch).unwrap();
            proptest::prop_assert!(after > before && after - before < 0.004);
            let tomorrow = day.tomorrow().unwrap();
            let is_birthday = (tomorrow.month(), tomorrow.day()) == (birth.month(), birth.day())
                || ((birth.month(), birth.day()) == (2, 29) && !tomorrow.in_leap_year()
                    && (tomorrow.month(), tomorrow.day()) == (3, 1));
            proptest::prop_assert_eq!(after.floor() > before.floor(), is_birthday);
        }
    }
}
