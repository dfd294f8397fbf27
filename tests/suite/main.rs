//! Tests by behaviour, one file each, in one binary: every further binary would link the engine again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test stops at the first surprise")]

mod bad_input;
mod bad_rows;
mod browser;
mod bundled;
mod command;
mod compare;
mod conformance;
mod coverage;
mod datasets;
mod decoders;
mod detector;
mod documents;
mod engines;
mod footprint;
mod footprint_box;
mod hostile_pictures;
#[cfg(feature = "http")]
mod http;
mod kinds;
mod latency;
mod layout;
mod main_job;
mod networks;
mod nist_fate;
mod pictures;
mod plugins;
mod probe;
mod protocol;
mod recorded;
mod reports;
mod stages;
mod stages_of_groups;
mod stages_that_break;
mod support;
mod taken;
mod weights;
mod worked_protocols;
