//! The integration tests: one binary, one file a behaviour.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test that cannot go on panics")]

mod hostile_pictures;
#[cfg(feature = "tract")]
mod networks;
mod pictures;
#[cfg(feature = "tract")]
mod weights;
