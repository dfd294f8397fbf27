//! Tests by behaviour, one file each, in one binary: every further binary would link the engine again.

mod bad_input;
mod bundled;
mod datasets;
mod hostile_pictures;
mod layout;
mod main_job;
mod pictures;
mod recorded;
mod reports;
mod support;
mod weights;
