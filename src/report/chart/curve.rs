//! Reduced inputs against the full one: a panel a rule, a dot with its bounds a step, and the margin as a line.

use super::super::content::curve::{Curve, Panel, Strip};
use super::super::content::figure::Figure;
use super::svg::{Anchor, Svg, shortened};

const WIDTH: f64 = 900.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 12.0;
/// The name of a method.
const TITLE: f64 = 30.0;
/// One panel: its name, then the space for its dots.
const NAME: f64 = 22.0;
const PLOT: f64 = 110.0;
/// Below the panels of a method: names of steps and bytes.
const STEPS: f64 = 52.0;

/// The picture.
pub(super) fn draw(figure: &Figure, drawing: &Curve) -> String {
    let all: f64 = drawing.methods.iter().map(height).sum();
    let mut svg = Svg::described(&figure.id, (WIDTH, all), &figure.title, &figure.caption);
    let mut top = 0.0;
    for strip in &drawing.methods {
        svg.open("panel", &[("method", &strip.label)]);
        steps_of(&mut svg, strip, top);
        svg.close();
        top += height(strip);
    }
    svg.finish()
}

fn height(strip: &Strip) -> f64 {
    TITLE + strip.panels.iter().map(|_| NAME + PLOT).sum::<f64>() + STEPS
}

fn steps_of(svg: &mut Svg, strip: &Strip, top: f64) {
    svg.text("panel-title", (LEFT, top + 18.0), Anchor::Start, &shortened(&strip.label, 90));
    let slots = strip.steps.iter().map(|_| 1.0).sum::<f64>().max(1.0);
    let slot = (WIDTH - LEFT - RIGHT) / slots;
    let middles: Vec<f64> = strip
        .steps
        .iter()
        .scan(LEFT - slot / 2.0, |x, _| {
            *x += slot;
            Some(*x)
        })
        .collect();
    let mut panel_top = top + TITLE;
    for panel in &strip.panels {
        plot(svg, panel, strip, panel_top, &middles);
        panel_top += NAME + PLOT;
    }
    for (step, x) in strip.steps.iter().zip(&middles) {
        svg.text("tick", (*x, panel_top + 16.0), Anchor::Middle, &step.name);
        svg.text("tick", (*x, panel_top + 32.0), Anchor::Middle, &step.bytes);
    }
}

fn plot(svg: &mut Svg, panel: &Panel, strip: &Strip, top: f64, middles: &[f64]) {
    let points = || panel.points.iter().flatten();
    let most = 1.05 * points().map(|point| point.high).fold(panel.margin * 1.2, f64::max);
    let least = points().map(|point| point.low).fold(-panel.margin * 0.2, f64::min);
    let y = |value: f64| top + NAME + PLOT * (most - value) / (most - least);
    let label = |value: f64| if panel.share { format!("{:.1}", value * 100.0) } else { format!("{value:.2}") };
    svg.text("line-name", (LEFT, top + 14.0), Anchor::Start, &panel.name);
    for (class, value) in [("grid", 0.0), ("challenge", panel.margin)] {
        svg.line(class, (LEFT, y(value)), (WIDTH - RIGHT, y(value)));
        svg.text("tick", (LEFT - 8.0, y(value) + 4.0), Anchor::End, &label(value));
    }
    for ((point, step), x) in panel.points.iter().zip(&strip.steps).zip(middles) {
        let Some(point) = point else { continue };
        let met = point.high < panel.margin;
        svg.open(if met { "over full" } else { "under open" }, &[("step", &step.name)]);
        svg.line("whisker", (*x, y(point.low)), (*x, y(point.high)));
        // A disc where the bound is below the margin, a ring where it is not: told apart without colour.
        svg.circle("dot", (*x, y(point.value)), 4.0);
        svg.close();
    }
}
