//! How the values of a Parquet file are written as text: days, times, decimals, bytes.

use std::fmt::{Display, Write as _};

use ::parquet::basic::{ConvertedType as Converted, LogicalType as Logical, TimeUnit, Type as Physical};
use ::parquet::schema::types::ColumnDescriptor;
use jiff::Span;
use jiff::civil::date;

use super::columns::Told;
use crate::dataset::texts::Texts;

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As they are.
    Plain,
    /// Whole numbers without a sign.
    Unsigned,
    /// Said to be text.
    Text,
    /// Bytes of which nothing is said: text, if all of them are.
    Bytes,
    /// Days since 1 January 1970.
    Day,
    /// Nanoseconds since midnight, once multiplied by this.
    Time(i64),
    /// Nanoseconds since 1 January 1970, once multiplied by this.
    Timestamp(i64),
    /// A whole number of which this many digits stand behind the point.
    Decimal(usize),
    /// 16 bytes.
    Uuid,
    /// Two bytes.
    Half,
}

impl Kind {
    pub(super) fn is_timestamp(self) -> bool {
        matches!(self, Self::Timestamp(_))
    }
}

const MILLISECOND: i64 = 1_000_000;
const MICROSECOND: i64 = 1_000;
const DAY: i128 = 86_400_000_000_000;
/// The Julian day of 1 January 1970, from which on days are counted in values of 96 bits.
const EPOCH: i128 = 2_440_588;

/// How the values of `column` are written, or what it holds that is no cell.
pub(super) fn kind(column: &ColumnDescriptor) -> Result<Kind, &'static str> {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => MILLISECOND,
        TimeUnit::MICROS => MICROSECOND,
        TimeUnit::NANOS => 1,
    };
    let digits = || usize::try_from(column.type_scale()).map_err(|_| "decimals with a scale below zero");
    Ok(match (column.logical_type_ref(), column.converted_type()) {
        (Some(Logical::String | Logical::Enum | Logical::Json), _) => Kind::Text,
        (Some(Logical::Date), _) | (None, Converted::DATE) => Kind::Day,
        (Some(Logical::Decimal(_)), _) | (None, Converted::DECIMAL) => Kind::Decimal(digits()?),
        (Some(Logical::Time(time)), _) => Kind::Time(unit(&time.unit)),
        (Some(Logical::Timestamp(time)), _) => Kind::Timestamp(unit(&time.unit)),
        (Some(Logical::Integer(whole)), _) if !whole.is_signed => Kind::Unsigned,
        (Some(Logical::Uuid), _) => Kind::Uuid,
        (Some(Logical::Float16), _) => Kind::Half,
        (Some(Logical::Integer(_) | Logical::Unknown), _) => Kind::Plain,
        (Some(_), _) => return Err("values of a kind that is no cell"),
        (None, Converted::UTF8 | Converted::ENUM | Converted::JSON) => Kind::Text,
        (None, Converted::TIME_MILLIS) => Kind::Time(MILLISECOND),
        (None, Converted::TIME_MICROS) => Kind::Time(MICROSECOND),
        (None, Converted::TIMESTAMP_MILLIS) => Kind::Timestamp(MILLISECOND),
        (None, Converted::TIMESTAMP_MICROS) => Kind::Timestamp(MICROSECOND),
        (None, Converted::UINT_8 | Converted::UINT_16 | Converted::UINT_32 | Converted::UINT_64) => Kind::Unsigned,
        (None, Converted::BSON | Converted::INTERVAL) => return Err("values of a kind that is no cell"),
        (None, _) => match column.physical_type() {
            Physical::INT96 => Kind::Timestamp(1),
            Physical::BYTE_ARRAY | Physical::FIXED_LEN_BYTE_ARRAY => Kind::Bytes,
            _ => Kind::Plain,
        },
    })
}

pub(super) fn put(text: &mut String, value: &impl Display) {
    let _ = write!(text, "{value}"); // a String takes everything
}

/// A number of 32 bits, read as `kind` says.
pub(super) fn of_32(kind: Kind, value: i32) -> i128 {
    if kind == Kind::Unsigned { value.cast_unsigned().into() } else { value.into() }
}

/// A number of 64 bits, read as `kind` says.
pub(super) fn of_64(kind: Kind, value: i64) -> i128 {
    if kind == Kind::Unsigned { value.cast_unsigned().into() } else { value.into() }
}

/// Nanoseconds since 1 January 1970, of a value of 96 bits: nanoseconds of the day, and the Julian day.
pub(super) fn of_96(words: &[u32]) -> i128 {
    let [low, high, day] = [0, 1, 2].map(|at| i128::from(words.get(at).copied().unwrap_or_default()));
    (high << 32 | low) + (day - EPOCH) * DAY
}

/// A whole number, or what it stands for.
pub(super) fn whole(kind: Kind, value: i128, text: &mut String) {
    match kind {
        Kind::Day => put_day(value, text),
        Kind::Time(unit) => put_time(value * i128::from(unit), text),
        Kind::Timestamp(unit) => {
            let nanoseconds = value * i128::from(unit);
            put_day(nanoseconds.div_euclid(DAY), text);
            text.push('T');
            put_time(nanoseconds.rem_euclid(DAY), text);
        }
        Kind::Decimal(digits) => put_decimal(value, digits, text),
        _ => put(text, &value),
    }
}

fn put_day(days: i128, text: &mut String) {
    let span = i64::try_from(days).ok().and_then(|days| Span::new().try_days(days).ok());
    let day = span.and_then(|span| date(1970, 1, 1).checked_add(span).ok());
    match day {
        Some(day) => put(text, &day),
        // No day of a calendar: shown as it is, and left out where a date is needed.
        None => put(text, &format_args!("{days} days")),
    }
}

fn put_time(nanoseconds: i128, text: &mut String) {
    let seconds = nanoseconds.div_euclid(1_000_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let _ = write!(text, "{hour:02}:{minute:02}:{second:02}");
    let part = nanoseconds.rem_euclid(1_000_000_000);
    if part > 0 {
        let part = format!("{part:09}");
        let _ = write!(text, ".{}", part.trim_end_matches('0'));
    }
}

fn put_decimal(value: i128, digits: usize, text: &mut String) {
    let sign = if value < 0 { "-" } else { "" };
    let all = format!("{:0>1$}", value.unsigned_abs(), digits.min(400) + 1);
    let (before, behind) = all.split_at_checked(all.len() - digits.min(400)).unwrap_or((&all, ""));
    let point = if behind.is_empty() { "" } else { "." };
    let _ = write!(text, "{sign}{before}{point}{behind}");
}

/// A floating-point number with the fewest digits that tell it from its neighbours; nothing for what is none.
pub(super) fn float<F: Display + Into<f64> + Copy>(value: &F, text: &mut String) {
    if !Into::<f64>::into(*value).is_nan() {
        put(text, value);
    }
}

/// Appends bytes as `kind` says.
pub(super) fn bytes(kind: Kind, value: Option<&[u8]>, texts: &mut Texts) -> Told {
    let Some(value) = value else {
        texts.push("");
        return Told::All;
    };
    let mut text = String::new();
    match kind {
        Kind::Decimal(digits) => match big_endian(value) {
            Some(value) => put_decimal(value, digits, &mut text),
            None => return Told::NotText,
        },
        Kind::Uuid => {
            for (at, byte) in value.iter().enumerate() {
                let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
                let _ = write!(text, "{dash}{byte:02x}");
            }
        }
        Kind::Half => match value.first_chunk::<2>() {
            Some(half) => float(&half::f16::from_le_bytes(*half), &mut text),
            None => return Told::NotText,
        },
        _ => match std::str::from_utf8(value) {
            Ok(value) if kind == Kind::Text || !value.contains(char::is_control) => texts.push(value),
            Ok(_) => return Told::NotText,
            Err(_) if kind == Kind::Text => return Told::NotUtf8,
            Err(_) => return Told::NotText,
        },
    }
    if !matches!(kind, Kind::Text | Kind::Bytes) {
        texts.push(&text);
    }
    Told::All
}

/// A signed number of at most 16 bytes, the highest first.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let fill = if bytes.first().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
    let mut all = [fill; 16];
    let start = all.len().checked_sub(bytes.len())?;
    all.get_mut(start..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}

/// Times that all are midnights are days.
pub(super) fn days(texts: &Texts) -> Texts {
    const MIDNIGHT: &str = "T00:00:00";
    let all = texts.iter().all(|text| text.is_empty() || text.ends_with(MIDNIGHT));
    let mut days = Texts::default();
    texts.iter().for_each(|text| days.push(if all { text.trim_end_matches(MIDNIGHT) } else { text }));
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(kind: Kind, value: i128) -> String {
        let mut text = String::new();
        whole(kind, value, &mut text);
        text
    }

    #[test]
    fn days_times_and_decimals_are_written_as_python_writes_them() {
        // datetime.date(1970, 1, 1) + timedelta(days=13482) and -1; decimal.Decimal(-5).scaleb(-2); and so on.
        assert_eq!(written(Kind::Day, 13_482), "2006-11-30");
        assert_eq!(written(Kind::Day, -1), "1969-12-31");
        assert_eq!(written(Kind::Day, i128::from(i32::MAX)), "2147483647 days");
        assert_eq!(written(Kind::Timestamp(MICROSECOND), 1_164_889_845_250_000), "2006-11-30T12:30:45.25");
        assert_eq!(written(Kind::Timestamp(1), -1), "1969-12-31T23:59:59.999999999");
        assert_eq!(written(Kind::Time(MILLISECOND), 86_399_000), "23:59:59");
        for (value, digits, expected) in [
            (1750, 2, "17.50"),
            (-5, 2, "-0.05"),
            (17, 0, "17"),
            (0, 3, "0.000"),
            (i128::MIN, 38, "-1.70141183460469231731687303715884105728"),
        ] {
            assert_eq!(written(Kind::Decimal(digits), value), expected);
        }
        // 2006-11-30 is the Julian day 2454070; pandas' int96 of it at one nanosecond past midnight.
        assert_eq!(written(Kind::Timestamp(1), of_96(&[1, 0, 2_454_070])), "2006-11-30T00:00:00.000000001");
    }

    #[test]
    fn numbers_without_a_sign_and_bytes_are_told_from_those_with_one() {
        assert_eq!(written(Kind::Unsigned, of_32(Kind::Unsigned, -1)), "4294967295");
        assert_eq!(written(Kind::Plain, of_64(Kind::Plain, -1)), "-1");
        assert_eq!(big_endian(&[0xff, 0x38]), Some(-200));
        assert_eq!(big_endian(&[0; 17]), None);
        let mut texts = Texts::default();
        bytes(Kind::Uuid, Some(&[0x12; 16]), &mut texts);
        bytes(Kind::Half, Some(&[0x00, 0x4e]), &mut texts); // numpy.float16(24).tobytes()
        bytes(Kind::Text, None, &mut texts);
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["12121212-1212-1212-1212-121212121212", "24", ""]);
        assert!(matches!(bytes(Kind::Bytes, Some(b"\xff\xd8\xff"), &mut texts), Told::NotText));
        assert!(matches!(bytes(Kind::Text, Some(b"M\xe9tis"), &mut texts), Told::NotUtf8));
    }
}
