//! Files of answers that were recorded elsewhere, with columns of any names: which column is what, and what a row says.

mod answers;
mod mapping;

pub(crate) use answers::read as read_outcome;
pub(crate) use mapping::{Mapping, OURS, Said, is_of_answer, limit_of};
