//! When what came of attempts is an error: the one rule of both rates, under every failure policy.

use super::cell::Combo;
use crate::protocol::Tie;
use crate::table::FailurePolicy;

impl Combo {
    /// (events, attempts in the denominator) of the attempts of one subject: passes of people below the limit, or, where
    /// `over` says so, denials of people at or above it.
    ///
    /// Source: METRICS M3, M4.
    #[must_use]
    pub fn events(self, over: bool, policy: FailurePolicy, tie: Tie) -> (u64, u64) {
        let ties = self.get(Self::TIE);
        let (mut pass, mut deny) = (self.get(Self::ABOVE), self.get(Self::DENY));
        match tie {
            Tie::AtOrAbove => pass += ties,
            Tie::Above => deny += ties,
        }
        let without = self.get(Self::UNDECIDED) + self.get(Self::UNANSWERED);
        let event = if over { deny } else { pass };
        match (policy, over) {
            (FailurePolicy::Conditional, _) => (event, pass + deny),
            // Whoever got no decision does not pass: an event for adults; or passes: an event for minors.
            (FailurePolicy::FailClosed, true) | (FailurePolicy::FailOpen, false) => (event + without, self.attempts()),
            (FailurePolicy::FailClosed, false) | (FailurePolicy::FailOpen, true) => (event, self.attempts()),
        }
    }
}
