//! The columns of a tally: every challenge age of every limit, then one column a limit for the method's own decision.

use serde::{Deserialize, Serialize};

use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::Protocol;

/// The columns over which attempts are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    challenges: Vec<ChallengeAge>,
    limits: Vec<AgeLimit>,
}

impl Grid {
    /// All challenge ages of the protocol, those of the safe buffer too, ascending, each once, and its limits.
    #[must_use]
    pub fn of(protocol: &Protocol) -> Self {
        let ages = |limit: &AgeLimit| [protocol.challenge_ages(*limit), protocol.buffer_ages(*limit)].concat();
        let mut challenges: Vec<_> = protocol.limits.iter().flat_map(ages).collect();
        challenges.sort_unstable();
        challenges.dedup();
        Self { challenges, limits: protocol.limits.clone() }
    }

    /// The challenge ages, ascending.
    #[must_use]
    pub fn challenges(&self) -> &[ChallengeAge] {
        &self.challenges
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &[AgeLimit] {
        &self.limits
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.challenges.len() + self.limits.len()
    }

    /// The column of `challenge` at `limit`, or of the method's own decision when there is no challenge age.
    #[must_use]
    pub fn column(&self, limit: AgeLimit, challenge: Option<ChallengeAge>) -> Option<usize> {
        match challenge {
            Some(challenge) => self.challenges.binary_search(&challenge).ok(),
            None => self.limits.iter().position(|one| *one == limit).map(|index| self.challenges.len() + index),
        }
    }
}
