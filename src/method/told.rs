//! What a run tells, openly, to the methods that are no black boxes: a replay of recorded answers needs ids to find them,
//! a declaration needs the label to draw what people would say.

use crate::age::AgeRange;

/// What is known of a sample. No method that judges content is told it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Told<'a> {
    /// The sample's id as the manifest has it.
    pub sample_id: &'a str,
    /// The sample's pseudonym in run folders of this manifest.
    pub pseudonym: &'a str,
    /// The rank of its subject among all listed subjects.
    pub subject_rank: u32,
    /// The true age, where it is known.
    pub age: Option<AgeRange>,
}
