//! A share and its interval on a line from 0 to 100 %, small enough for a cell.

use super::super::content::grid::Mark;
use super::svg::Svg;

const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 14.0;
/// Room for half a line at either end.
const INSET: f64 = 2.0;

/// The mark, with `class` on all of it: the interval as a band, the share as a stroke across it.
pub(in super::super) fn whisker(mark: Mark, class: &str) -> String {
    let x = |share: f64| INSET + share.clamp(0.0, 1.0) * (WIDTH - 2.0 * INSET);
    let y = HEIGHT / 2.0;
    let mut svg = Svg::decoration((WIDTH, HEIGHT));
    svg.line("axis", (x(0.0), y), (x(1.0), y));
    for end in [0.0, 0.25, 0.5, 0.75, 1.0] {
        svg.line("axis", (x(end), y - 3.0), (x(end), y + 3.0));
    }
    svg.open(class, &[]);
    svg.line("band", (x(mark.low), y), (x(mark.high), y));
    svg.line("whisker", (x(mark.value), 1.0), (x(mark.value), HEIGHT - 1.0));
    svg.close();
    svg.finish()
}
