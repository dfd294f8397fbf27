//! The catalogue of metrics: one file a family, tallies in, rows out.
