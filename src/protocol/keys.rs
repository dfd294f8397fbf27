//! The keys of a protocol, for "did you mean" and to look at the rest of a file in spite of a slip.

use super::between::FIXED_KEYS;
use super::populations::{PROJECTION_KEYS, STANDARD_KEYS};
use crate::table::SELECT_KEYS;

/// Every key of a protocol, sections with a dot. Lists of tables have keys of their own.
pub(super) const KEYS: &[&str] = &[
    "schema",
    "name",
    "limits",
    "tie",
    "failure_policy",
    "groups",
    "crossings",
    "straddling_share",
    "seed",
    "retries",
    "bands",
    "fixed_thresholds",
    "challenge",
    "challenge.span",
    "challenge.step",
    "challenge.headline",
    "windows",
    "windows.under",
    "windows.over",
    "evidence",
    "evidence.subjects",
    "evidence.n_star",
    "evidence.width",
    "evidence.small_width",
    "evidence.width_share",
    "levels",
    "levels.display",
    "levels.claim",
    "buffer",
    "buffer.target",
    "buffer.span",
    "buffer.step",
    "buffer.failure_policy",
    "buffer.groups",
    "buffer.confirm",
    "buffer.post_hoc",
    "between_groups",
    "between_groups.alpha",
    "between_groups.ratio_event_subjects",
    "between_groups.error_windows",
    "between_groups.raw_p",
    "between_groups.replicates",
    "scores",
    "scores.targets",
    "scores.set_on_group",
    "scores.set_on_years",
    "scores.det_points",
    "scores.bins",
    "scores.ages_up_to",
];

/// The keys whose value is a list of tables, with the keys of those.
pub(super) const LISTS: [(&str, &[&str]); 5] = [
    ("primary", &SELECT_KEYS),
    ("family", &SELECT_KEYS),
    ("fixed_thresholds", &FIXED_KEYS),
    ("standard", &STANDARD_KEYS),
    ("projection", &PROJECTION_KEYS),
];

/// Takes the keys that are no protocol's out, so that the rest can still be looked at.
pub(super) fn leave_out_unknown(given: &mut toml::Table) {
    given.retain(|key, value| match (key, value) {
        (key, toml::Value::Array(entries)) => {
            let inner = LISTS.iter().find(|(list, _)| *list == key).map(|(_, inner)| *inner);
            for entry in entries.iter_mut().filter_map(toml::Value::as_table_mut) {
                entry.retain(|key, _| inner.is_none_or(|inner| inner.contains(&key)));
            }
            inner.is_some() || KEYS.contains(&key)
        }
        (key, toml::Value::Table(section)) => {
            section.retain(|inner, _| KEYS.contains(&format!("{key}.{inner}").as_str()));
            KEYS.contains(&key)
        }
        (key, _) => KEYS.contains(&key) || LISTS.iter().any(|(list, _)| *list == key),
    });
}
