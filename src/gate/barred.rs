//! Numbers on which no claim rests, whatever their interval: what a pass is refused for.

use crate::metric::{catalogue, flag, footprint};
use crate::table::Row;

/// Flags of such numbers, each with why.
const NO_CLAIM: [(&str, &str); 9] = [
    (flag::SIMULATED, "simulated: answers were drawn from the true ages, of a method, of its baseline or of a stage"),
    (footprint::DECLARED, "declared by the maker and measured by nobody"),
    (flag::SELECTED, "chosen by looking at the results"),
    (flag::POST_HOC, "settled after the results had been seen"),
    (flag::NOT_CONFIRMED, "not confirmed on the other half of the people"),
    (flag::CENSORED, "censored by the time limit: it is that or more"),
    (flag::INDEPENDENCE_ASSUMED, "rests on stages or tries that are taken for independent"),
    (flag::LABELS_NOT_CHRONOLOGICAL, "the labels are no chronological ages"),
    (flag::IN_SAMPLE, "of the people on whom its threshold was set"),
];

/// Why no claim rests on `row`; none where its flags are not against it. A safe buffer is chosen by looking at the results,
/// with bounds that hold for that.
pub(super) fn barred(row: &Row) -> Option<&'static str> {
    let against = |(flag, _): &&(&str, &str)| row.has(flag) && !(*flag == flag::SELECTED && is_buffer(row));
    NO_CLAIM.iter().find(against).map(|(_, why)| *why)
}

/// Whether it is a safe buffer, or the challenge age at its end.
pub(super) fn is_buffer(row: &Row) -> bool {
    [catalogue::SAFE_BUFFER, catalogue::SAFE_CHALLENGE_AGE].iter().any(|entry| entry.measure.name == row.metric)
}
