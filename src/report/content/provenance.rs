//! Where the numbers come from: versions and digests.

use super::find::Source;
use super::grid::{Cell, Grid};
use crate::table::Row;

/// One line a method.
pub(crate) fn table(sources: &[Source<'_>]) -> Grid {
    let heads =
        ["method", "kind", "method digest", "dataset", "manifest digest", "protocol digest", "engine", "agebench"];
    let mut grid = Grid::new("Provenance", 1, &heads);
    for source in sources {
        let Some(row) = source.rows.first() else { continue };
        let cells = [
            source.label.as_str(),
            row.method_kind.as_str(),
            row.method_digest.as_str(),
            row.dataset.as_str(),
            row.manifest_digest.as_str(),
            row.protocol_digest.as_str(),
            engine(row),
            row.tool_version.as_str(),
        ];
        grid.lines.push(cells.into_iter().map(Cell::plain).collect());
    }
    grid
}

/// What ran the method in this program: nothing where it is a program or a service, or its answers were recorded.
fn engine(row: &Row) -> &str {
    if row.engine.is_empty() { "none" } else { &row.engine }
}
