//! Tests by behaviour, one file each, in one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that fails may panic, and says so"
)]

mod datasets;
mod recorded;
