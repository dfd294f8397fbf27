//! Tests by behaviour, one file each, in one binary.

mod datasets;
mod recorded;
