//! Under-age passes against adult denials: a line a method, a point a challenge age.

use super::super::content::figure::Figure;
use super::super::content::trade::{Curve, Step, TradeOff};
use super::super::content::{DENIALS, PASSES};
use super::logarithm::Powers;
use super::method_class;
use super::svg::{Anchor, Svg};

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 50.0;
/// The least distance of two names at the right.
const NAME: f64 = 17.0;

/// Where shares lie.
enum Scale {
    Linear { most: [f64; 2] },
    Powers([Powers; 2]),
}

impl Scale {
    fn of(drawing: &TradeOff) -> Self {
        let steps = || drawing.curves.iter().flat_map(|curve| &curve.steps);
        if drawing.logarithms {
            let shares = |side: usize| steps().map(move |step| shown(step, side));
            return Self::Powers([0, 1].map(|side| Powers::around(shares(side)).up_to(0)));
        }
        let most = |side: usize| {
            let shares = steps().map(|step| if side == 0 { step.under.value } else { step.over.value });
            ((shares.fold(0.0, f64::max) * 10.0).ceil() / 10.0).clamp(0.1, 1.0)
        };
        Self::Linear { most: [most(0), most(1)] }
    }

    fn place(&self, share: f64, side: usize) -> f64 {
        match self {
            Self::Linear { most } => most.get(side).map_or(0.0, |most| (share / most).clamp(0.0, 1.0)),
            Self::Powers(powers) => powers.get(side).map_or(0.0, |powers| powers.place(share)),
        }
    }

    fn ticks(&self, side: usize) -> Vec<f64> {
        match self {
            Self::Linear { most } => {
                let most = most.get(side).copied().unwrap_or(1.0);
                (0..=5).map(|step| most * f64::from(step) / 5.0).collect()
            }
            Self::Powers(powers) => powers.get(side).map(|powers| powers.ticks().collect()).unwrap_or_default(),
        }
    }

    fn x(&self, share: f64) -> f64 {
        LEFT + self.place(share, 0) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, share: f64) -> f64 {
        HEIGHT - BOTTOM - self.place(share, 1) * (HEIGHT - TOP - BOTTOM)
    }
}

/// A share as a scale of logarithms shows it: the upper bound for claims where nobody was counted.
fn shown(step: &Step, side: usize) -> f64 {
    let mark = if side == 0 { step.under } else { step.over };
    step.floors.get(side).copied().flatten().unwrap_or(mark.value)
}

/// The picture.
pub(super) fn draw(figure: &Figure, drawing: &TradeOff) -> String {
    let scale = Scale::of(drawing);
    let mut svg = Svg::described(&figure.id, (WIDTH, HEIGHT), &figure.title, &figure.caption);
    for share in scale.ticks(0) {
        let x = scale.x(share);
        svg.line("grid", (x, TOP), (x, HEIGHT - BOTTOM));
        svg.text("tick", (x, HEIGHT - BOTTOM + 18.0), Anchor::Middle, &percent(share));
    }
    for share in scale.ticks(1) {
        let y = scale.y(share);
        svg.line("grid", (LEFT, y), (WIDTH - RIGHT, y));
        svg.text("tick", (LEFT - 8.0, y + 4.0), Anchor::End, &percent(share));
    }
    svg.text("axis-name", (LEFT + (WIDTH - LEFT - RIGHT) / 2.0, HEIGHT - 8.0), Anchor::Middle, PASSES);
    svg.text("axis-name", (LEFT - 60.0, TOP - 18.0), Anchor::Start, DENIALS);
    for (place, curve) in drawing.curves.iter().enumerate() {
        line(&mut svg, &scale, drawing.logarithms, curve, place);
    }
    names(&mut svg, &scale, drawing);
    svg.finish()
}

fn at(scale: &Scale, logarithms: bool, step: &Step) -> (f64, f64) {
    if logarithms {
        (scale.x(shown(step, 0)), scale.y(shown(step, 1)))
    } else {
        (scale.x(step.under.value), scale.y(step.over.value))
    }
}

fn line(svg: &mut Svg, scale: &Scale, logarithms: bool, curve: &Curve, place: usize) {
    svg.open(&method_class(place), &[("method", &curve.label)]);
    let whole: Vec<_> = curve.steps.iter().filter(|step| step.challenge.is_some()).collect();
    if whole.len() > 1 {
        let points: Vec<_> = whole.iter().map(|step| at(scale, logarithms, step)).collect();
        svg.polyline("curve", &points);
    }
    for step in &curve.steps {
        let (x, y) = at(scale, logarithms, step);
        let challenge = step.challenge.map(|age| age.to_string()).unwrap_or_default();
        svg.open(if step.weak { "step weak" } else { "step" }, &[("challenge", &challenge)]);
        svg.title(&step.said);
        let floors = step.floors.map(|floor| logarithms && floor.is_some());
        if floors[0] {
            svg.polyline("arrow", &[(x - 2.0, y - 4.0), (x - 8.0, y), (x - 2.0, y + 4.0)]);
        }
        if floors[1] {
            svg.polyline("arrow", &[(x - 4.0, y + 2.0), (x, y + 8.0), (x + 4.0, y + 2.0)]);
        }
        svg.circle(if floors.contains(&true) { "dot open-dot" } else { "dot" }, (x, y), 3.4);
        if step.safe {
            svg.circle("safe", (x, y), 8.0);
        }
        svg.close();
    }
    // Every method's first and last challenge age by name; between them they follow in order.
    for step in [whole.first(), whole.last()].into_iter().flatten() {
        if let Some(challenge) = step.challenge {
            let (x, y) = at(scale, logarithms, step);
            svg.text("line-name", (x + 7.0, y - 5.0), Anchor::Start, &challenge.to_string());
        }
    }
    svg.close();
}

/// The methods' names at the right, each beside the end of its line and none over another.
fn names(svg: &mut Svg, scale: &Scale, drawing: &TradeOff) {
    let mut ends: Vec<(f64, usize, &Curve)> = drawing
        .curves
        .iter()
        .enumerate()
        .filter_map(|(place, curve)| Some((at(scale, drawing.logarithms, curve.steps.first()?).1, place, curve)))
        .collect();
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut least = TOP + 6.0;
    for (y, place, curve) in ends {
        let y = y.max(least);
        least = y + NAME;
        svg.open(&method_class(place), &[("method", &curve.label)]);
        svg.line("curve", (WIDTH - RIGHT + 12.0, y), (WIDTH - RIGHT + 36.0, y));
        svg.text(
            "series-name",
            (WIDTH - RIGHT + 42.0, y + 4.0),
            Anchor::Start,
            &super::svg::shortened(&curve.label, 20),
        );
        svg.close();
    }
}

fn percent(share: f64) -> String {
    let percent = (share * 1e6).round() / 1e4;
    format!("{percent} %")
}
