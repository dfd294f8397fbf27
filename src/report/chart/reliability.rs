//! Scores against the share who were over the limit, by bin, with the diagonal of scores that are probabilities.

use super::super::content::figure::{Figure, Foretold};
use super::method_class;
use super::svg::{Anchor, Svg, shortened};

const WIDTH: f64 = 900.0;
const SIDE: f64 = 380.0;
const LEFT: f64 = 58.0;
const TOP: f64 = 16.0;
const BELOW: f64 = 46.0;

/// The picture.
pub(super) fn draw(figure: &Figure, all: &[Foretold]) -> String {
    let mut svg = Svg::described(&figure.id, (WIDTH, TOP + SIDE + BELOW), &figure.title, &figure.caption);
    let x = |share: f64| LEFT + share.clamp(0.0, 1.0) * SIDE;
    let y = |share: f64| TOP + (1.0 - share.clamp(0.0, 1.0)) * SIDE;
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        svg.line("grid", (x(share), y(0.0)), (x(share), y(1.0)));
        svg.line("grid", (x(0.0), y(share)), (x(1.0), y(share)));
        svg.text("tick", (x(share), y(0.0) + 18.0), Anchor::Middle, &share.to_string());
        svg.text("tick", (LEFT - 8.0, y(share) + 4.0), Anchor::End, &format!("{} %", share * 100.0));
    }
    svg.line("challenge", (x(0.0), y(0.0)), (x(1.0), y(1.0)));
    svg.text("axis-name", (x(0.5), y(0.0) + 38.0), Anchor::Middle, "mean score of the bin");
    svg.text("axis-name", (LEFT, TOP - 4.0), Anchor::Start, "were over the limit");
    for (place, foretold) in all.iter().enumerate() {
        svg.open(&format!("full {}", method_class(place)), &[("method", &foretold.label)]);
        let points: Vec<_> = foretold.bins.iter().map(|(mean, mark, _)| (x(*mean), y(mark.value))).collect();
        if points.len() > 1 {
            svg.polyline("curve", &points);
        }
        for (mean, mark, said) in &foretold.bins {
            svg.open("step", &[]);
            svg.title(said);
            svg.line("whisker", (x(*mean), y(mark.low)), (x(*mean), y(mark.high)));
            svg.circle("dot", (x(*mean), y(mark.value)), 3.4);
            svg.close();
        }
        let at = TOP + 14.0 + 18.0 * all.iter().take(place).map(|_| 1.0).sum::<f64>();
        svg.line("curve", (LEFT + SIDE + 16.0, at - 4.0), (LEFT + SIDE + 40.0, at - 4.0));
        svg.text("series-name", (LEFT + SIDE + 46.0, at), Anchor::Start, &shortened(&foretold.label, 22));
        svg.close();
    }
    svg.finish()
}
