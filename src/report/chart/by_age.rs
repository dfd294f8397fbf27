//! Who is let through, by single year of true age: a panel a method, a dot with its interval a year and challenge age.

use super::super::content::ages::{ByAge, Panel, Point, Series, YEARS_BELOW};
use super::super::content::figure::Figure;
use super::super::content::grid::Mark;
use super::svg::{Anchor, Svg, shortened};

const WIDTH: f64 = 900.0;
const PANEL: f64 = 276.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 58.0;
/// From the top of a panel to its 100 % line: method name, then the names of the lines.
const ABOVE: f64 = 52.0;
/// From the 0 % line to the end of a panel: the ages, and how many people.
const BELOW: f64 = 44.0;
const LEGEND: f64 = 58.0;
/// Half the distance of two dots of one year.
const APART: f64 = 5.0;

/// Where years and shares lie in a panel.
struct Scale {
    first: u32,
    slot: f64,
    top: f64,
}

impl Scale {
    /// The left edge of a year's slot; half years lie between.
    fn x(&self, years: f64) -> f64 {
        LEFT + (years - f64::from(self.first)) * self.slot
    }

    fn y(&self, share: f64) -> f64 {
        let height = PANEL - ABOVE - BELOW;
        self.top + ABOVE + height * (1.0 - share.clamp(0.0, 1.0))
    }
}

/// The share of people who are let through: the row's own below the limit; from it on the row counts those who are not.
fn passed(point: &Point, limit: u32) -> Mark {
    let Mark { value, low, high } = point.mark;
    if point.age < limit { point.mark } else { Mark { value: 1.0 - value, low: 1.0 - high, high: 1.0 - low } }
}

/// The picture.
pub(super) fn draw(figure: &Figure, drawing: &ByAge) -> String {
    let limit = drawing.limit.years();
    let points = || drawing.panels.iter().flat_map(|panel| &panel.series).flat_map(|series| &series.points);
    let least = limit.saturating_sub(YEARS_BELOW);
    let first = points().map(|point| point.age).min().unwrap_or(limit).clamp(least, limit);
    let last = points().map(|point| point.age).max().unwrap_or(limit).max(limit);
    let slot = (WIDTH - LEFT - RIGHT) / f64::from(last + 1 - first);
    let description = format!("{} Years below {first} stand in the table only.", figure.caption);
    let height = PANEL * drawing.panels.iter().map(|_| 1.0).sum::<f64>() + LEGEND;
    let mut svg = Svg::described(&figure.id, (WIDTH, height), &figure.title, &description);
    let mut top = 0.0;
    for panel in &drawing.panels {
        let scale = Scale { first, slot, top };
        // What a script needs to move the points.
        let (upper, lower) = (scale.y(1.0).to_string(), scale.y(0.0).to_string());
        let keys = [("method", panel.label.as_str()), ("upper", &upper), ("lower", &lower)];
        svg.open("panel", &keys);
        axes(&mut svg, &scale, panel, limit, last);
        for (index, series) in panel.series.iter().enumerate() {
            let shift = if panel.series.len() == 1 {
                0.0
            } else if index == 0 {
                -APART
            } else {
                APART
            };
            series_of(&mut svg, &scale, series, index, shift, limit);
        }
        svg.close();
        top += PANEL;
    }
    legend(&mut svg, drawing, top);
    svg.finish()
}

fn axes(svg: &mut Svg, scale: &Scale, panel: &Panel, limit: u32, last: u32) {
    let (left, right) = (LEFT, WIDTH - RIGHT);
    let at_limit = scale.x(f64::from(limit));
    svg.rectangle("minors", (left, scale.y(1.0)), (at_limit - left, scale.y(0.0) - scale.y(1.0)));
    for percent in [0_u32, 25, 50, 75, 100] {
        let y = scale.y(f64::from(percent) / 100.0);
        svg.line("grid", (left, y), (right, y));
        svg.text("tick", (left - 8.0, y + 4.0), Anchor::End, &format!("{percent} %"));
        svg.text("tick", (right + 8.0, y + 4.0), Anchor::Start, &format!("{} %", 100 - percent));
    }
    svg.text("panel-title", (left, scale.top + 18.0), Anchor::Start, &shortened(&panel.label, 90));
    svg.text("axis-name", (0.0, scale.y(1.0) - 12.0), Anchor::Start, "let through");
    svg.text("axis-name", (WIDTH, scale.y(1.0) - 12.0), Anchor::End, "turned away");
    for age in scale.first..=last {
        let and_later =
            panel.series.iter().flat_map(|series| &series.points).any(|point| point.age == age && point.and_later);
        let text = if and_later { format!("{age}+") } else { age.to_string() };
        svg.text("tick", (scale.x(f64::from(age) + 0.5), scale.y(0.0) + 19.0), Anchor::Middle, &text);
        // The same people at every challenge age; where one has fewer decisions, its own number stands in the table.
        let mut points = panel.series.iter().flat_map(|series| &series.points).filter(|point| point.age == age);
        if let Some(people) = points.find_map(|point| point.people) {
            let at = (scale.x(f64::from(age) + 0.5), scale.y(0.0) + 33.0);
            svg.text("people", at, Anchor::Middle, &people.to_string());
        }
    }
    svg.text("people", (left - 8.0, scale.y(0.0) + 33.0), Anchor::End, "people");
    // Names of lines: to the left of the limit, to the right of the challenge ages above it.
    svg.line("limit", (at_limit, scale.y(1.0) - 8.0), (at_limit, scale.y(0.0)));
    let (at, anchor) =
        if at_limit - left > 80.0 { (at_limit - 4.0, Anchor::End) } else { (at_limit + 4.0, Anchor::Start) };
    svg.text("line-name", (at, scale.y(1.0) - 6.0), anchor, &format!("limit {limit}"));
    for challenge in panel.series.iter().filter_map(|series| series.challenge) {
        let years = challenge.years();
        let x = scale.x(years);
        if years > f64::from(limit) && x <= right {
            svg.line("challenge", (x, scale.y(1.0) - 8.0), (x, scale.y(0.0)));
            svg.text("line-name", (x + 4.0, scale.y(1.0) - 6.0), Anchor::Start, &format!("challenge age {challenge}"));
        }
    }
}

fn series_of(svg: &mut Svg, scale: &Scale, series: &Series, index: usize, shift: f64, limit: u32) {
    let name = super::super::content::challenge_name(series.challenge);
    let x = |point: &Point| scale.x(f64::from(point.age) + 0.5) + shift;
    let place = |point: &Point| (x(point), scale.y(passed(point, limit).value));
    svg.open(if index == 0 { "full" } else { "open" }, &[("challenge", &name)]);
    let drawn = || series.points.iter().filter(|point| point.age >= scale.first);
    let (under, over): (Vec<_>, Vec<_>) = drawn().partition(|point| point.age < limit);
    for (class, side) in [("trend under", &under), ("trend over", &over)] {
        // Lines join what can carry a claim, and nothing across a gap.
        for run in side.chunk_by(|point, next| !point.weak && !next.weak && !next.and_later) {
            if run.len() > 1 {
                let low = run.iter().map(|point| (x(point), scale.y(passed(point, limit).low)));
                let high = run.iter().rev().map(|point| (x(point), scale.y(passed(point, limit).high)));
                svg.polygon(&class.replace("trend", "area"), &low.chain(high).collect::<Vec<_>>());
                svg.polyline(class, &run.iter().map(|&point| place(point)).collect::<Vec<_>>());
            }
        }
    }
    for point in drawn() {
        let (x, y) = place(point);
        let side = if point.age < limit { "under" } else { "over" };
        let class = if point.weak { format!("{side} weak") } else { side.to_owned() };
        let mark = passed(point, limit);
        svg.open(&class, &[("age", &point.age.to_string())]);
        svg.title(&format!("{}: {} {}", point.age, if side == "under" { "passes" } else { "denials" }, point.said));
        svg.line("whisker", (x, scale.y(mark.low)), (x, scale.y(mark.high)));
        dot(svg, (x, y), side == "under");
        svg.close();
    }
    svg.close();
}

/// A disc for passes, a square for denials: told apart without colour.
pub(super) fn dot(svg: &mut Svg, at: (f64, f64), round: bool) {
    if round {
        svg.circle("dot", at, 4.0);
    } else {
        svg.rectangle("dot", (at.0 - 3.6, at.1 - 3.6), (7.2, 7.2));
    }
}

fn legend(svg: &mut Svg, figure: &ByAge, top: f64) {
    svg.text(
        "axis-name",
        (LEFT + (WIDTH - LEFT - RIGHT) / 2.0, top + 10.0),
        Anchor::Middle,
        "true age, completed years",
    );
    let y = top + 38.0;
    let mut x = LEFT;
    let mut entry = |svg: &mut Svg, series: &str, side: &str, text: &str, width: f64| {
        // The first series is what a script moves, and then its words.
        let verb = text.rsplit_once(' ').map_or(text, |(verb, _)| verb);
        let keys = [("verb", verb)];
        svg.open("entry", if series == "full" && side != "under weak" { &keys } else { &[] });
        svg.open(series, &[]);
        svg.open(side, &[]);
        svg.line("whisker", (x + 6.0, y - 9.0), (x + 6.0, y + 9.0));
        dot(svg, (x + 6.0, y), side.starts_with("under"));
        svg.close();
        svg.close();
        svg.text("legend", (x + 18.0, y + 4.0), Anchor::Start, text);
        svg.close();
        x += width;
    };
    let names: Vec<_> = figure
        .panels
        .first()
        .map(|panel| {
            panel.series.iter().map(|series| super::super::content::challenge_name(series.challenge)).collect()
        })
        .unwrap_or_default();
    for (series, name) in ["full", "open"].into_iter().zip(&names) {
        entry(svg, series, "under", &format!("let through at {name}"), 160.0);
        entry(svg, series, "over", &format!("turned away at {name}"), 170.0);
    }
    entry(svg, "full", "under weak", "grey: too little evidence", 170.0);
}
