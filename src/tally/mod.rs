//! Answers and truth as integer sums per cell: what can be added, merged and kept without a person in it.
