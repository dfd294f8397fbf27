//! The numbers of a card, each within its bounds.

use std::time::Duration;

use crate::keys::Keys;

/// A whole number within bounds.
pub(super) fn whole(
    keys: &mut Keys<'_>,
    key: &'static str,
    default: u64,
    fitting: std::ops::RangeInclusive<u64>,
    expected: &str,
) -> Option<u64> {
    let row = keys.row_of_key(key);
    if !keys.has(key) {
        keys.take::<u64>(key, expected);
        return Some(default);
    }
    let found = keys.take::<u64>(key, expected)?;
    if !fitting.contains(&found) {
        keys.wrong(key, row, format!("{found} is not from {} to {}", fitting.start(), fitting.end()), None);
        return None;
    }
    Some(found)
}

/// A number of seconds, at most a day.
pub(super) fn seconds(keys: &mut Keys<'_>, key: &'static str, default: f64) -> Option<Duration> {
    let row = keys.row_of_key(key);
    let found = keys.take::<f64>(key, "a number of seconds").unwrap_or(default);
    let time = Duration::try_from_secs_f64(found).ok().filter(|time| *time <= Duration::from_secs(86_400));
    if time.is_none() {
        keys.wrong(key, row, format!("{found} is not a number of seconds from 0 to 86400"), None);
    }
    time
}

/// The least time between two requests.
pub(super) fn interval(keys: &mut Keys<'_>) -> Option<Duration> {
    let row = keys.row_of_key("requests_per_second");
    let Some(rate) = keys.take::<f64>("requests_per_second", "a number of requests a second") else {
        return Some(Duration::ZERO);
    };
    let interval =
        Some(rate).filter(|rate| (1e-4..=1e6).contains(rate)).map(|rate| Duration::from_secs_f64(1.0 / rate));
    if interval.is_none() {
        keys.wrong("requests_per_second", row, format!("{rate} is not from 0.0001 to 1000000"), None);
    }
    interval
}
