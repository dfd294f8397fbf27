//! Answered ages against true ages: a panel a method, the middle half and nine tenths of the answers of each year.

use super::super::content::fan::{AnsweredYear, Fan};
use super::super::content::figure::Figure;
use super::svg::{Anchor, Svg, shortened};

const WIDTH: f64 = 900.0;
const PANEL: f64 = 330.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 12.0;
const ABOVE: f64 = 30.0;
const BELOW: f64 = 44.0;

/// Where true and answered ages lie in a panel.
struct Scale {
    first: u32,
    slot: f64,
    top: f64,
    least: f64,
    most: f64,
}

impl Scale {
    fn x(&self, years: f64) -> f64 {
        LEFT + (years - f64::from(self.first)) * self.slot
    }

    fn y(&self, years: f64) -> f64 {
        let share = (years - self.least) / (self.most - self.least);
        self.top + ABOVE + (PANEL - ABOVE - BELOW) * (1.0 - share.clamp(0.0, 1.0))
    }
}

/// The picture.
pub(super) fn draw(figure: &Figure, fans: &[Fan]) -> String {
    let years = || fans.iter().flat_map(|fan| &fan.years);
    let first = years().map(|year| year.age).min().unwrap_or(0);
    let last = years().map(|year| year.age).max().unwrap_or(0);
    let answers = || years().flat_map(|year| year.answered);
    let least = answers().fold(f64::from(first), f64::min);
    let most = answers().fold(f64::from(last + 1), f64::max);
    let (least, most) = ((least / 10.0).floor() * 10.0, (most / 10.0).ceil() * 10.0);
    let slot = (WIDTH - LEFT - RIGHT) / f64::from(last + 1 - first);
    let height = fans.iter().map(|_| PANEL).sum::<f64>();
    let mut svg = Svg::described(&figure.id, (WIDTH, height), &figure.title, &figure.caption);
    let mut top = 0.0;
    for fan in fans {
        let scale = Scale { first, slot, top, least, most };
        svg.open("panel", &[("method", &fan.label)]);
        svg.text("panel-title", (LEFT, top + 18.0), Anchor::Start, &shortened(&fan.label, 90));
        svg.text("axis-name", (WIDTH - RIGHT, top + 18.0), Anchor::End, "answered age, years");
        axes(&mut svg, &scale, last);
        svg.open("full over", &[]);
        for year in &fan.years {
            draw_year(&mut svg, &scale, year);
        }
        svg.close();
        svg.close();
        top += PANEL;
    }
    svg.finish()
}

fn axes(svg: &mut Svg, scale: &Scale, last: u32) {
    let mut years = scale.least;
    while years <= scale.most {
        svg.line("grid", (LEFT, scale.y(years)), (WIDTH - RIGHT, scale.y(years)));
        svg.text("tick", (LEFT - 8.0, scale.y(years) + 4.0), Anchor::End, &years.to_string());
        years += 10.0;
    }
    // A right answer lies within the year: the diagonal runs from birthday to birthday.
    let ends = [f64::from(scale.first), f64::from(last + 1)];
    svg.line("challenge", (scale.x(ends[0]), scale.y(ends[0])), (scale.x(ends[1]), scale.y(ends[1])));
    let every = if last - scale.first > 40 { 5 } else { 1 };
    for age in (scale.first..=last).filter(|age| age.is_multiple_of(every)) {
        let at = (scale.x(f64::from(age) + 0.5), scale.y(scale.least) + 17.0);
        svg.text("tick", at, Anchor::Middle, &age.to_string());
    }
    let middle = (LEFT + (WIDTH - LEFT - RIGHT) / 2.0, scale.y(scale.least) + 36.0);
    svg.text("axis-name", middle, Anchor::Middle, "true age, completed years");
}

fn draw_year(svg: &mut Svg, scale: &Scale, year: &AnsweredYear) {
    let [low, first, middle, third, high] = year.answered.map(|years| scale.y(years));
    let x = scale.x(f64::from(year.age));
    let (left, width) = (x + scale.slot * 0.15, scale.slot * 0.7);
    svg.open(if year.weak { "year weak" } else { "year" }, &[("age", &year.age.to_string())]);
    svg.title(&year.said);
    svg.rectangle("nine-tenths", (left, high), (width, (low - high).max(0.5)));
    svg.rectangle("half", (left, third), (width, (first - third).max(0.5)));
    svg.line("whisker", (left, middle), (left + width, middle));
    svg.close();
}
