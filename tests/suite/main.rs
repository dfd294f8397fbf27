//! Tests by behaviour, one file each, in one binary: every further binary would link the engine again.

mod datasets;
mod hostile_pictures;
mod pictures;
mod recorded;
mod reports;
mod weights;
