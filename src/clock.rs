//! Time comes in from outside: a verb takes a [`Clock`], so that a test can hold it still.

use std::time::Duration;

use jiff::Timestamp;

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// Time since some fixed moment, never running backwards.
    fn monotonic(&self) -> Duration;
    /// The date and time of day, for `run.json` only.
    fn wall(&self) -> Timestamp;
}

/// A clock that stands still: every duration is zero and every date the same.
#[derive(Debug, Clone, Copy, Default)]
pub struct StillClock;

impl Clock for StillClock {
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn wall(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
