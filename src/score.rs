//! From a run folder to its metrics: the one place that joins folder, tally, metric and table.
