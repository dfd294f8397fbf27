//! Values with their intervals, a line each.

use super::super::content::figure::{Figure, Scale, Value, Whiskers};
use super::logarithm::Powers;
use super::svg::{Anchor, Svg, shortened};

const WIDTH: f64 = 900.0;
const LABELS: f64 = 236.0;
const LINE: f64 = 22.0;
const HEADING: f64 = 26.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 30.0;
/// Between two columns.
const GAP: f64 = 34.0;
const RIGHT: f64 = 20.0;
/// Columns side by side; more share one, told apart by their shape.
const BESIDE: usize = 2;

/// One column's place and scale.
struct Column {
    left: f64,
    width: f64,
    span: Span,
}

/// What a column reaches over.
#[derive(Clone, Copy)]
enum Span {
    Linear(f64, f64),
    Powers(Powers),
}

impl Column {
    fn x(&self, value: f64) -> f64 {
        let place = match self.span {
            Span::Linear(from, to) => ((value - from) / (to - from)).clamp(0.0, 1.0),
            Span::Powers(powers) => powers.place(value),
        };
        self.left + place * self.width
    }
}

/// The picture.
pub(super) fn draw(figure: &Figure, drawing: &Whiskers) -> String {
    let headings = drawing.lines.iter().filter(|line| !line.heading.is_empty()).map(|_| HEADING).sum::<f64>();
    let body = drawing.lines.iter().map(|_| LINE).sum::<f64>() + headings;
    let mut svg = Svg::described(&figure.id, (WIDTH, TOP + body + BOTTOM), &figure.title, &figure.caption);
    let columns = columns(drawing);
    for (column, head) in columns.iter().zip(heads(drawing)) {
        svg.text("axis-name", (column.left, 14.0), Anchor::Start, &head);
        axis(&mut svg, column, drawing.scale, TOP + body);
    }
    let mut y = TOP;
    let mut open = false;
    for line in &drawing.lines {
        if !line.heading.is_empty() {
            if open {
                svg.close();
            }
            let method = line.heading.split(", challenge age").next().unwrap_or_default();
            svg.open("panel", &[("method", method)]);
            open = true;
            svg.text("panel-title", (0.0, y + 17.0), Anchor::Start, &shortened(&line.heading, 90));
            y += HEADING;
        }
        svg.text("legend", (10.0, y + LINE / 2.0 + 4.0), Anchor::Start, &shortened(&line.label, 34));
        for (place, value) in line.values.iter().enumerate() {
            let shared = columns.len() < line.values.len();
            let Some(column) = columns.get(if shared { 0 } else { place }) else { continue };
            let class = match (shared, place) {
                (false, 0) if columns.len() > 1 => "full under",
                (false, _) => "full over",
                (true, _) => SERIES.get(place % SERIES.len()).copied().unwrap_or("full over"),
            };
            draw_value(&mut svg, column, value, class, y + LINE / 2.0);
        }
        y += LINE;
    }
    if open {
        svg.close();
    }
    svg.finish()
}

/// The looks of several values on one line.
const SERIES: [&str; 4] = ["full m0", "open m1", "full m2", "open m3"];

fn columns(drawing: &Whiskers) -> Vec<Column> {
    let values = || drawing.lines.iter().flat_map(|line| &line.values).filter_map(|value| value.mark);
    let all = || values().flat_map(|mark| [mark.value, mark.low, mark.high]);
    let span = match drawing.scale {
        Scale::Shares => Span::Linear(0.0, 1.0),
        Scale::Differences => {
            let most = (all().map(f64::abs).fold(0.01, f64::max) * 20.0).ceil() / 20.0;
            Span::Linear(-most, most)
        }
        Scale::Milliseconds => Span::Powers(Powers::around(all())),
    };
    let number = if drawing.heads.len() > BESIDE { 1 } else { drawing.heads.len().max(1) };
    let mut left = LABELS;
    let width = if number == 1 { WIDTH - LABELS - RIGHT } else { (WIDTH - LABELS - RIGHT - GAP) / 2.0 };
    (0..number)
        .map(|_| {
            let column = Column { left, width, span };
            left += width + GAP;
            column
        })
        .collect()
}

fn heads(drawing: &Whiskers) -> Vec<String> {
    if drawing.heads.len() > BESIDE { vec![drawing.heads.join(", ")] } else { drawing.heads.clone() }
}

fn axis(svg: &mut Svg, column: &Column, scale: Scale, bottom: f64) {
    let ticks: Vec<f64> = match column.span {
        Span::Powers(powers) => powers.ticks().collect(),
        Span::Linear(from, to) => [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| from + share * (to - from)).into(),
    };
    for tick in ticks {
        let x = column.x(tick);
        let text = match scale {
            Scale::Shares => format!("{} %", tick * 100.0),
            Scale::Differences => format!("{:+}", (tick * 1000.0).round() / 10.0).replace("+0", "0"),
            Scale::Milliseconds => format!("{tick} ms"),
        };
        let class = if scale == Scale::Differences && tick.abs() < 1e-9 { "limit" } else { "grid" };
        svg.line(class, (x, TOP), (x, bottom));
        svg.text("tick", (x, bottom + 17.0), Anchor::Middle, &text);
    }
}

fn draw_value(svg: &mut Svg, column: &Column, value: &Value, class: &str, y: f64) {
    if let Some((middle, end)) = value.beside {
        if end > middle {
            svg.rectangle("null", (column.x(0.0), y - 8.0), (column.x(end) - column.x(0.0), 16.0));
        }
        svg.line("null-middle", (column.x(middle), y - 9.0), (column.x(middle), y + 9.0));
    }
    let Some(mark) = value.mark else { return };
    svg.open(&if value.weak { format!("{class} weak") } else { class.to_owned() }, &[]);
    svg.title(&value.said);
    if mark.low < mark.high {
        svg.line("whisker", (column.x(mark.low), y), (column.x(mark.high), y));
    }
    svg.circle("dot", (column.x(mark.value), y), 4.0);
    svg.close();
}
