//! Waterfalls: how many people come to each stage, and what becomes of them in the end.

use super::super::content::figure::{Falls, Figure};
use super::svg::{Anchor, Svg, shortened};

const WIDTH: f64 = 900.0;
const PANEL: f64 = 190.0;
const LEFT: f64 = 10.0;
const TOP: f64 = 34.0;
/// The height of everybody.
const TALL: f64 = 96.0;
const STAGE: f64 = 120.0;
const ENDS: f64 = 300.0;

/// The picture.
pub(super) fn draw(figure: &Figure, all: &[Falls]) -> String {
    let height = all.iter().map(|_| PANEL).sum::<f64>();
    let mut svg = Svg::described(&figure.id, (WIDTH, height), &figure.title, &figure.caption);
    let mut top = 0.0;
    for falls in all {
        let method = falls.label.rsplit_once(", limit").map_or(falls.label.as_str(), |(method, _)| method);
        svg.open("panel", &[("method", method)]);
        panel(&mut svg, falls, top);
        svg.close();
        top += PANEL;
    }
    svg.finish()
}

fn panel(svg: &mut Svg, falls: &Falls, top: f64) {
    svg.text("panel-title", (LEFT, top + 18.0), Anchor::Start, &shortened(&falls.label, 90));
    let shares: Vec<f64> = std::iter::once(1.0).chain(falls.stages.iter().map(|stage| stage.mark.value)).collect();
    let columns = shares.iter().map(|_| 1.0).sum::<f64>();
    let step = (WIDTH - LEFT - ENDS) / columns;
    let upper = top + TOP;
    let mut x = LEFT;
    for (place, share) in shares.iter().enumerate() {
        let tall = share * TALL;
        let said = match place.checked_sub(1).and_then(|before| falls.stages.get(before)) {
            None => "stage 1: everybody".to_owned(),
            Some(stage) => stage.said.clone(),
        };
        // What goes on keeps its height and lies on top; what is decided here leaves below it.
        if let Some(next) = shares.get(place + 1) {
            let on = next * TALL;
            let right = x + step;
            svg.polygon("flow-on", &[(x + STAGE, upper), (right, upper), (right, upper + on), (x + STAGE, upper + on)]);
            let down = upper + TALL + 16.0;
            svg.polygon(
                "flow-out",
                &[
                    (x + STAGE, upper + on),
                    (x + STAGE, upper + tall),
                    (x + STAGE + 26.0, down),
                    (x + STAGE + 14.0, down),
                ],
            );
        }
        svg.open("stage", &[]);
        svg.title(&said);
        svg.rectangle("flow-stage", (x, upper), (STAGE, tall.max(1.0)));
        svg.close();
        svg.text("legend", (x, upper + TALL + 20.0), Anchor::Start, &shortened(&said, 34));
        x += step;
    }
    for (line, text) in ["in the end:", &falls.ends[0], &falls.ends[1]].into_iter().enumerate() {
        let y = upper + 14.0 + 20.0 * [0.0, 1.0, 2.0].get(line).copied().unwrap_or_default();
        svg.text("legend", (WIDTH - ENDS + 10.0, y), Anchor::Start, text);
    }
}
