//! How fast a service is asked: requests keep their distance, all of them wait when the service asks for it, and one that
//! is made again waits longer each time.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::clock::Clock;
use crate::method::MethodError;

/// A wait looks this often whether it is to end.
pub const SLICE: Duration = Duration::from_millis(20);

/// The distance between requests of one method, whoever makes them.
pub struct Pace {
    interval: Duration,
    /// The first moment that no request has taken.
    free: Mutex<Duration>,
}

impl Pace {
    /// Requests at least `interval` apart.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { interval, free: Mutex::new(Duration::ZERO) }
    }

    /// Waits for the next turn.
    ///
    /// # Errors
    /// [`MethodError::Stopped`].
    pub fn wait(&self, clock: &dyn Clock, stop: &AtomicBool) -> Result<(), MethodError> {
        let now = clock.monotonic();
        let turn = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = now.max(*free);
            *free = turn.saturating_add(self.interval);
            turn
        };
        nap(turn.saturating_sub(now), stop)
    }

    /// No request has its turn within `wait` from now: the service asked for that.
    pub fn hold(&self, wait: Duration, clock: &dyn Clock) {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = (*free).max(clock.monotonic().saturating_add(wait));
    }
}

/// Sleeps for `time`.
///
/// # Errors
/// [`MethodError::Stopped`] when the work is to end.
pub fn nap(time: Duration, stop: &AtomicBool) -> Result<(), MethodError> {
    let mut left = time;
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(MethodError::Stopped);
        }
        if left.is_zero() {
            return Ok(());
        }
        let slice = left.min(SLICE);
        thread::sleep(slice);
        left -= slice;
    }
}

/// How long to wait before the request that is number `again` of those made again, from 1: twice as long each time, by
/// chance between half of it and all of it, so that many who were turned away do not come back at once.
#[must_use]
pub fn backoff(first: Duration, again: u32, longest: Duration) -> Duration {
    let whole = first.saturating_mul(2_u32.saturating_pow(again.saturating_sub(1))).min(longest);
    // A number that nobody knows beforehand; when a request is made enters no result.
    let chance = RandomState::new().hash_one(again) as f64 / u64::MAX as f64;
    whole.mul_f64(0.5 + chance.min(1.0) / 2.0).min(longest)
}

/// What the header `Retry-After` asks for: seconds, or a date, told by the service's own `date` where it has one.
#[must_use]
pub fn asked_for(retry_after: &str, date: Option<&str>, now: Timestamp) -> Option<Duration> {
    let retry_after = retry_after.trim();
    if !retry_after.is_empty() && retry_after.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(retry_after.parse().unwrap_or(u64::MAX)));
    }
    let parse = |text: &str| DateTimeParser::new().parse_timestamp(text.trim()).ok();
    let (then, now) = (parse(retry_after)?, date.and_then(parse).unwrap_or(now));
    Some(Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::clock::StillClock;

    struct RealClock(Instant);

    impl Clock for RealClock {
        fn monotonic(&self) -> Duration {
            self.0.elapsed()
        }

        fn wall(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    #[test]
    fn requests_keep_their_distance_however_many_make_them() {
        let (pace, clock, stop) =
            (Pace::new(Duration::from_millis(20)), RealClock(Instant::now()), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5).for_each(|_| pace.wait(&clock, &stop).unwrap()));
            }
        });
        // 20 turns are 19 distances.
        assert!(clock.monotonic() >= Duration::from_millis(380), "{:?}", clock.monotonic());
    }

    #[test]
    fn who_is_asked_to_wait_waits_and_a_stop_ends_it() {
        let (pace, stop) = (Pace::new(Duration::ZERO), AtomicBool::new(false));
        pace.hold(Duration::from_secs(3600), &StillClock);
        let begun = Instant::now();
        let waited = thread::scope(|scope| {
            let waiting = scope.spawn(|| pace.wait(&StillClock, &stop));
            thread::sleep(Duration::from_millis(50));
            stop.store(true, Ordering::Relaxed);
            waiting.join().unwrap()
        });
        assert!(matches!(waited, Err(MethodError::Stopped)));
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn waits_double_up_to_the_longest_and_differ() {
        let wait = |again| backoff(Duration::from_secs(1), again, Duration::from_secs(60));
        for (again, whole) in [(1, 1.0), (2, 2.0), (3, 4.0), (7, 60.0), (100, 60.0)] {
            let seconds = wait(again).as_secs_f64();
            assert!((whole / 2.0..=whole).contains(&seconds), "{again}: {seconds}");
        }
        let first = wait(3);
        assert!((0..100).any(|_| wait(3) != first));
    }

    #[test]
    fn retry_after_is_read_as_rfc_9110_has_it() {
        // RFC 9110, section 10.2.3: its two examples.
        let now: Timestamp = "1999-12-31T23:59:00Z".parse().unwrap();
        assert_eq!(asked_for("120", None, now), Some(Duration::from_secs(120)));
        let date = "Fri, 31 Dec 1999 23:59:59 GMT";
        assert_eq!(asked_for(date, None, now), Some(Duration::from_secs(59)));
        // The service's clock counts, which may be another than ours.
        assert_eq!(asked_for(date, Some("Fri, 31 Dec 1999 23:59:49 GMT"), now), Some(Duration::from_secs(10)));
        assert_eq!(asked_for(date, Some("Sat, 01 Jan 2000 00:00:00 GMT"), now), Some(Duration::ZERO));
        assert_eq!(asked_for("99999999999999999999999", None, now), Some(Duration::from_secs(u64::MAX)));
        for wrong in ["", "-1", "1.5", "soon"] {
            assert_eq!(asked_for(wrong, None, now), None, "{wrong}");
        }
    }
}
