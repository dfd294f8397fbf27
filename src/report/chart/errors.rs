//! Errors in years by single year: a panel a method, bias as discs and mean absolute errors as squares.

use super::super::content::figure::Figure;
use super::super::content::years::{ErrorPanel, ErrorsByYear, InYears};
use super::svg::{Anchor, Svg};

const WIDTH: f64 = 900.0;
const PANEL: f64 = 210.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 12.0;
const ABOVE: f64 = 30.0;
const BELOW: f64 = 26.0;
const LEGEND: f64 = 46.0;
/// Years of age beyond which every second one is named.
const NAMED: u32 = 40;

/// Where ages and errors lie in a panel.
struct Scale {
    first: u32,
    slot: f64,
    top: f64,
    most: f64,
}

impl Scale {
    fn x(&self, age: u32) -> f64 {
        LEFT + (f64::from(age - self.first.min(age)) + 0.5) * self.slot
    }

    fn y(&self, years: f64) -> f64 {
        let height = PANEL - ABOVE - BELOW;
        self.top + ABOVE + height * (0.5 - years.clamp(-self.most, self.most) / self.most / 2.0)
    }
}

/// The picture.
pub(super) fn draw(figure: &Figure, drawing: &ErrorsByYear) -> String {
    let all = || drawing.panels.iter().flat_map(|panel| panel.bias.iter().chain(&panel.mae));
    let first = all().map(|point| point.age).min().unwrap_or(0);
    let last = all().map(|point| point.age).max().unwrap_or(0);
    let most = all().map(|point| point.value.abs()).fold(1.0, f64::max);
    let most = (most / 5.0).ceil() * 5.0;
    let slot = (WIDTH - LEFT - RIGHT) / f64::from(last + 1 - first);
    let height = drawing.panels.iter().map(|_| PANEL).sum::<f64>() + LEGEND;
    let mut svg = Svg::described(&figure.id, (WIDTH, height), &figure.title, &figure.caption);
    let mut top = 0.0;
    for panel in &drawing.panels {
        let scale = Scale { first, slot, top, most };
        svg.open("panel", &[("method", &panel.label)]);
        axes(&mut svg, &scale, panel, last);
        for (class, points, round) in [("over", &panel.mae, false), ("under", &panel.bias, true)] {
            svg.open(&format!("full {class}"), &[]);
            for point in points {
                draw_point(&mut svg, &scale, point, round);
            }
            svg.close();
        }
        svg.close();
        top += PANEL;
    }
    svg.text("axis-name", (LEFT + (WIDTH - LEFT - RIGHT) / 2.0, top + 8.0), Anchor::Middle, drawing.of);
    let mut x = LEFT;
    for (class, text, round) in [("under", "bias", true), ("over", "mean absolute error", false)] {
        svg.open(&format!("full {class}"), &[]);
        super::by_age::dot(&mut svg, (x + 6.0, top + 32.0), round);
        svg.close();
        svg.text("legend", (x + 18.0, top + 36.0), Anchor::Start, text);
        x += 90.0;
    }
    svg.finish()
}

fn axes(svg: &mut Svg, scale: &Scale, panel: &ErrorPanel, last: u32) {
    for share in [-1.0, -0.5, 0.0, 0.5, 1.0] {
        let years: f64 = scale.most * share;
        let class = if share == 0.0 { "limit" } else { "grid" };
        svg.line(class, (LEFT, scale.y(years)), (WIDTH - RIGHT, scale.y(years)));
        svg.text("tick", (LEFT - 8.0, scale.y(years) + 4.0), Anchor::End, &format!("{years:+.1}").replace("+0.0", "0"));
    }
    svg.text("panel-title", (LEFT, scale.top + 18.0), Anchor::Start, &super::svg::shortened(&panel.label, 90));
    let every = if last - scale.first > NAMED { 5 } else { 1 };
    for age in (scale.first..=last).filter(|age| age.is_multiple_of(every)) {
        let later = panel.bias.iter().any(|point| point.age == age && point.and_later);
        let text = if later { format!("{age}+") } else { age.to_string() };
        svg.text("tick", (scale.x(age), scale.y(-scale.most) + 17.0), Anchor::Middle, &text);
    }
}

fn draw_point(svg: &mut Svg, scale: &Scale, point: &InYears, round: bool) {
    let x = scale.x(point.age) + if round { -2.5 } else { 2.5 };
    svg.open(if point.weak { "point weak" } else { "point" }, &[("age", &point.age.to_string())]);
    svg.title(&point.said);
    if let (Some(low), Some(high)) = (point.low, point.high) {
        svg.line("whisker", (x, scale.y(low)), (x, scale.y(high)));
    }
    super::by_age::dot(svg, (x, scale.y(point.value)), round);
    svg.close();
}
