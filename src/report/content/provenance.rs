//! Where the numbers come from: versions and digests.

use super::find::Source;
use super::grid::{Cell, Grid};

/// One line a method.
pub(crate) fn table(sources: &[Source<'_>]) -> Grid {
    let heads =
        ["method", "kind", "method digest", "dataset", "manifest digest", "protocol digest", "engine", "agebench"];
    let mut grid = Grid::new("Provenance", 1, &heads);
    for source in sources {
        let Some(row) = source.rows.first() else { continue };
        let cells = [
            &source.label,
            &row.method_kind,
            &row.method_digest,
            &row.dataset,
            &row.manifest_digest,
            &row.protocol_digest,
            &row.engine,
            &row.tool_version,
        ];
        grid.lines.push(cells.into_iter().map(Cell::plain).collect());
    }
    grid
}
