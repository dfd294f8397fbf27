//! Everything that is wrong or doubtful with a dataset, with its remedy, in one pass.
