//! M11: groups, held against an independent computation, and at the edges.

mod edges;
pub(super) mod golden;

use crate::protocol::Protocol;

fn few_draws() -> Protocol {
    Protocol::from_toml("limits = [18]\n[between_groups]\nreplicates = 999\n").unwrap()
}
