//! The integration tests: one binary, one file a behaviour.

mod hostile_pictures;
mod pictures;
mod weights;
