//! The least data that serves: the steps at which inputs were reduced, and what each did to the errors.

use super::figure::{Drawing, Figure};
use super::find::Source;
use super::grid::{Cell, Grid, Tone};
use super::number::{percent, years};
use super::trade::MOST;
use crate::table::{Evidence, Row};

/// The rates and the mean error of a step, as metrics.
const RATES: [&str; 2] = ["reduced_under_age_pass_rate_difference", "reduced_adult_denial_rate_difference"];
const MEAN_ERROR: &str = "reduced_mae_difference";
const BYTES: &str = "reduced_input_bytes";

/// The picture: a column a step, a panel a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    /// A strip a method.
    pub(crate) methods: Vec<Strip>,
}

/// One method's steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strip {
    /// The method.
    pub(crate) label: String,
    /// Under-age passes, adult denials, mean error: what is drawn of each.
    pub(crate) panels: Vec<Panel>,
    /// The steps' names, in their order: `128 px`, `quality 50`.
    pub(crate) steps: Vec<Named>,
}

/// A step's name and whether it was accepted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    /// Its name.
    pub(crate) name: String,
    /// Kilobytes of a sample.
    pub(crate) bytes: String,
    /// Whether it was accepted.
    pub(crate) accepted: bool,
}

/// One rule over the steps: where several limits and challenge ages are held, the one with the highest bound.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Panel {
    /// Its name, with its unit.
    pub(crate) name: String,
    /// The margin.
    pub(crate) margin: f64,
    /// A point a step; none where nothing could be held.
    pub(crate) points: Vec<Option<Point>>,
    /// Whether values are shares rather than years.
    pub(crate) share: bool,
}

/// A difference with its bounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// The difference.
    pub(crate) value: f64,
    /// Lower bound.
    pub(crate) low: f64,
    /// Upper bound: what is held against the margin.
    pub(crate) high: f64,
}

/// The numbers of the steps of one source, in their order.
fn steps(source: &Source<'_>) -> Vec<String> {
    let rows = source.rows.iter().filter(|row| row.metric == BYTES);
    rows.filter_map(|row| row.variant.get("step").map(str::to_owned)).collect()
}

/// The rows of `metric` at `step`.
fn at<'a>(source: &'a Source<'_>, step: &'a str, metric: &'a str) -> impl Iterator<Item = &'a Row> {
    let mine = move |row: &&Row| row.metric == metric && row.variant.get("step") == Some(step);
    source.rows.iter().copied().filter(mine)
}

/// The row that is hardest to meet.
fn hardest<'a>(source: &'a Source<'_>, step: &'a str, metric: &'a str) -> Option<&'a Row> {
    let judged = at(source, step, metric).filter(|row| !row.has("left_out"));
    judged.max_by(|one, other| {
        let bound = |row: &Row| row.claim_high.unwrap_or(f64::INFINITY);
        bound(one).total_cmp(&bound(other))
    })
}

fn accepted(source: &Source<'_>, step: &str) -> bool {
    let rules = || [RATES[0], RATES[1], MEAN_ERROR].into_iter().flat_map(|metric| at(source, step, metric));
    rules().any(|row| row.has("non_inferior")) && !rules().any(|row| row.has("not_shown"))
}

/// `128 pixels`, `quality 50`, `no colour`, `margin 0.25`.
fn name(axis: &str, left: &str) -> String {
    match axis {
        "pixels" => format!("{left} pixels"),
        "gray" => "no colour".to_owned(),
        other => format!("{other} {left}"),
    }
}

pub(super) fn kilobytes(bytes: f64) -> String {
    if bytes < 99_500.0 { format!("{:.1} kB", bytes / 1e3) } else { format!("{:.0} kB", bytes / 1e3) }
}

fn words(row: &Row) -> String {
    match &row.evidence {
        Some(Evidence::Short(words)) => words.join(", "),
        _ => String::new(),
    }
}

/// The tables: the least input, and a line a step.
pub(super) fn grids(sources: &[Source<'_>]) -> Vec<Grid> {
    let heads = ["method", "taken away", "left of it", "the search ended at"];
    let mut least = Grid::new("The least input that is shown not to be worse than the full one", 2, &heads);
    let heads = ["method", "step", "a sample", "under-age passes", "adult denials", "mean error, years", "not worse"];
    let mut tried = Grid::new(
        "Reduced inputs against the full one on the same people: the difference that is hardest to meet, with its bounds",
        2,
        &heads,
    );
    for source in sources {
        let one = |metric: &str| source.rows.iter().copied().find(|row| row.metric == metric);
        if let (Some(bytes), Some(saved)) = (one("least_input_bytes"), one("least_input_saved")) {
            let saved = saved.value.unwrap_or_default();
            let way = if saved < 0.0 { "more" } else { "less" };
            let text =
                format!("{} a sample, {} {way}", kilobytes(bytes.value.unwrap_or_default()), percent(saved.abs()));
            least.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain("in all"),
                Cell::plain(text),
                Cell::plain(""),
            ]);
        }
        for row in source.rows.iter().filter(|row| row.metric == "least_input_left") {
            let axis = row.variant.get("axis").unwrap_or_default();
            let left = row.value.map_or_else(
                || Cell::absent("all of it"),
                |value| Cell::plain(name(axis, &crate::table::twelve_digits(value))),
            );
            let axis = if axis == "gray" { "colour" } else { axis };
            least.lines.push(vec![Cell::plain(&source.label), Cell::plain(axis), left, Cell::plain(words(row))]);
        }
        for step in steps(source) {
            let Some(bytes) = at(source, &step, BYTES).next() else { continue };
            let variant = |key: &str| bytes.variant.get(key).unwrap_or_default().to_owned();
            let difference = |metric: &str| match hardest(source, &step, metric) {
                Some(row) => bounded(row, metric != MEAN_ERROR),
                None if at(source, &step, metric).next().is_some() => Cell::absent("too few people"),
                None => Cell::absent("does not apply"),
            };
            let verdict = accepted(source, &step);
            tried.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(name(&variant("axis"), &variant("left"))),
                Cell::plain(kilobytes(bytes.value.unwrap_or_default())),
                difference(RATES[0]),
                difference(RATES[1]),
                difference(MEAN_ERROR),
                if verdict { Cell::plain("yes") } else { Cell { tone: Tone::Weak, ..Cell::plain("not shown") } },
            ]);
        }
    }
    vec![least, tried]
}

/// `+1.2 points [0.1, 3.4]`.
fn bounded(row: &Row, share: bool) -> Cell {
    let (Some(value), low, high) = (row.value, row.claim_low, row.claim_high) else {
        return Cell::absent(words(row));
    };
    let text = |value: f64| if share { format!("{:.1}", value * 100.0 + 0.0) } else { years(value, false) };
    let bounds = match (low, high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", text(low), text(high)),
        _ => " (no interval)".to_owned(),
    };
    let signed = if share { format!("{:+.1} points", value * 100.0 + 0.0) } else { years(value, true) };
    let tone = if row.has("non_inferior") { Tone::Plain } else { Tone::Weak };
    Cell { text: format!("{signed}{bounds}"), tone, mark: None }
}

/// The picture; none where no input was reduced.
pub(super) fn figure(sources: &[Source<'_>]) -> Option<Figure> {
    let mut methods: Vec<Strip> = sources.iter().filter_map(strip).collect();
    let more = super::left_out(methods.len(), MOST);
    methods.truncate(MOST);
    let grid = grids(sources).pop()?;
    (!methods.is_empty()).then(|| Figure {
        id: "curve".to_owned(),
        title: "Errors with reduced inputs less those with the full input, on the same people".to_owned(),
        caption: format!(
            "Errors with reduced inputs less those with the full one, on the same people, with bounds; dashed: the margin. A disc \
             is below it, a ring is not shown to be.{more}"
        ),
        drawing: Drawing::Curve(Curve { methods }),
        grid,
    })
}

fn strip(source: &Source<'_>) -> Option<Strip> {
    let numbers = steps(source);
    let names = numbers.iter().filter_map(|step| {
        let row = at(source, step, BYTES).next()?;
        Some(Named {
            name: name(row.variant.get("axis").unwrap_or_default(), row.variant.get("left").unwrap_or_default()),
            bytes: kilobytes(row.value?),
            accepted: accepted(source, step),
        })
    });
    let panel = |metric: &str, name: &str| {
        let points: Vec<Option<Point>> = numbers
            .iter()
            .map(|step| {
                let row = hardest(source, step, metric)?;
                Some(Point { value: row.value?, low: row.claim_low?, high: row.claim_high? })
            })
            .collect();
        let rows = || numbers.iter().flat_map(|step| at(source, step, metric));
        let margin = rows().find_map(|row| row.variant.get("margin")?.parse::<f64>().ok())?;
        let share = metric != MEAN_ERROR;
        points.iter().any(Option::is_some).then(|| Panel { name: name.to_owned(), margin, points, share })
    };
    let panels = [
        panel(RATES[0], "under-age passes, points more"),
        panel(RATES[1], "adult denials, points more"),
        panel(MEAN_ERROR, "mean error, years more"),
    ];
    let panels: Vec<Panel> = panels.into_iter().flatten().collect();
    (!panels.is_empty()).then(|| Strip { label: source.label.clone(), panels, steps: names.collect() })
}
