//! What the report of a latency measurement says: times of the whole dataset and of each group, and whether they hold.

use super::figure::{Drawing, Figure, Line, Scale, Value, Whiskers};
use super::find::Source;
use super::grid::{Cell, Grid, Mark, Tone};
use super::sentence::Sentence;
use super::trade::MOST;
use super::{Beside, Lead};
use crate::table::{Evidence, Group, Row, RowStatus};

/// The percentiles, the mean and the maximum, as metrics and as heads.
const OF_STREAMS: [(&str, &str); 6] = [
    ("latency_median", "median"),
    ("latency_p90", "p90"),
    ("latency_p95", "p95"),
    ("latency_p99", "p99"),
    ("latency_mean", "mean"),
    ("latency_max", "max"),
];

/// Times of which there is one a start, as metrics and in words.
const OF_STARTS: [(&str, &str); 4] = [
    ("load_time", "load"),
    ("first_answer_time", "first answer"),
    ("harness_overhead", "harness itself"),
    ("calibration_time", "calibration"),
];

const QUESTION: &str = "How long does an answer take?";
const THROUGHPUT: &str = "attempts_per_second";

/// Whether the rows are of a latency measurement, which has no others.
pub(super) fn is_measured(sources: &[Source<'_>]) -> bool {
    sources.iter().flat_map(|source| &source.rows).all(|row| is_time(row))
}

fn is_time(row: &Row) -> bool {
    let metric = row.metric.as_str();
    metric == THROUGHPUT || OF_STREAMS.iter().chain(&OF_STARTS).any(|(name, _)| *name == metric)
}

/// What a report of nothing but times says first.
pub(super) fn lead(sources: &[Source<'_>]) -> Lead {
    Lead {
        question: QUESTION.to_owned(),
        grid: of_all(sources),
        sentences: sources.iter().flat_map(sentences).map(Sentence::from).collect(),
    }
}

/// Times beside what else was measured; with `led`, what [`lead`] has already said is left out.
pub(super) fn beside(sources: &[Source<'_>], led: bool) -> Beside {
    let timed: Vec<_> = sources.iter().filter(|source| source.of("latency_median").next().is_some()).collect();
    let all = of_all(sources);
    let grids = if led { vec![of_groups(sources)] } else { vec![all.clone(), of_groups(sources)] };
    Beside {
        id: "times",
        heading: if led { "Percentiles, and times by group" } else { QUESTION }.to_owned(),
        link: "Latency".to_owned(),
        sentences: if led {
            Vec::new()
        } else {
            timed.iter().flat_map(|source| sentences(source)).map(Sentence::from).collect()
        },
        grids: grids.into_iter().filter(|grid| !grid.lines.is_empty()).collect(),
        figures: percentiles(&timed, all).into_iter().collect(),
    }
}

/// `1.23 ms [1.20, 1.26]`: what nineteen of twenty attempts of the single stream stay under; none where it was not timed.
pub(super) fn headline(source: &Source<'_>) -> Option<Cell> {
    let mut rows = source.whole("latency_p95").filter(|row| row.variant.to_string() == "stream=single");
    let row = rows.find(|row| row.value.is_some())?;
    let cell = time(Some(row));
    Some(Cell { text: format!("{} ms", cell.text), ..cell })
}

/// Percentiles of each stream on a line of their own.
fn percentiles(timed: &[&Source<'_>], grid: Grid) -> Option<Figure> {
    let mut lines = Vec::new();
    for source in timed.iter().take(MOST) {
        let medians =
            source.whole("latency_median").filter(|row| row.value.is_some() && row.variant.get("part").is_none());
        for (place, median) in medians.enumerate() {
            let variant = median.variant.to_string();
            let value = |(metric, name): (&str, &str)| {
                let row = source.whole(metric).find(|row| row.variant.to_string() == variant);
                let mark = row.and_then(|row| {
                    let value = row.value?;
                    Some(Mark { value, low: row.low.unwrap_or(value), high: row.high.unwrap_or(value) })
                });
                let cell = time(row);
                let said = format!("{}, {}: {name} {} ms", source.label, stream(&variant), cell.text);
                Value { mark, weak: cell.tone == Tone::Weak, beside: None, said }
            };
            lines.push(Line {
                heading: if place == 0 { source.label.clone() } else { String::new() },
                label: stream(&variant),
                values: OF_STREAMS[..4].iter().copied().map(value).collect(),
            });
        }
    }
    (!lines.is_empty()).then(|| Figure {
        id: "percentiles".to_owned(),
        title: "Percentiles of latency".to_owned(),
        caption:
            "Milliseconds to an answer: the time that half of the attempts, 90, 95 and 99 of 100 stay under, with the \
                  bounds of the order statistics. Grey: too few attempts for the bounds."
                .to_owned(),
        drawing: Drawing::Whiskers(Whiskers {
            heads: OF_STREAMS[..4].iter().map(|(_, head)| (*head).to_owned()).collect(),
            scale: Scale::Milliseconds,
            lines,
        }),
        grid,
    })
}

/// One line a time, a column a number.
fn of_all(sources: &[Source<'_>]) -> Grid {
    let mut heads = vec!["method", "time"];
    heads.extend(OF_STREAMS.map(|(_, head)| head));
    let mut grid = Grid::new("Milliseconds, of the whole dataset", 2, &heads);
    for source in sources.iter().filter(|source| source.of("latency_median").next().is_some()) {
        let whole = |metric: &str, variant: &str| {
            let mut rows = source.rows.iter().copied().filter(|row| row.group.is_whole());
            rows.find(|row| row.metric == metric && row.variant.to_string() == variant)
        };
        let lone = |(metric, name): (&str, &str)| {
            let mut line = vec![Cell::plain(&source.label), Cell::plain(name)];
            line.extend(OF_STREAMS.map(|(_, head)| match head {
                "mean" => time(whole(metric, "")),
                _ => Cell::plain(""),
            }));
            line
        };
        let [load, first, harness, calibration] = OF_STARTS.map(lone);
        grid.lines.extend([load, first]);
        let mut variants: Vec<String> = Vec::new();
        for row in source.rows.iter().filter(|row| row.metric == "latency_median" && row.group.is_whole()) {
            let variant = row.variant.to_string();
            if row.value.is_some() && !variants.contains(&variant) {
                variants.push(variant);
            }
        }
        for variant in variants {
            let mut line = vec![Cell::plain(&source.label), Cell::plain(stream(&variant))];
            line.extend(OF_STREAMS.map(|(metric, _)| time(whole(metric, &variant))));
            grid.lines.push(line);
        }
        grid.lines.extend([harness, calibration]);
    }
    grid
}

/// The single stream of each group.
fn of_groups(sources: &[Source<'_>]) -> Grid {
    let percentiles = &OF_STREAMS[..3];
    let mut heads = vec!["method", "group"];
    heads.extend(percentiles.iter().map(|(_, head)| *head));
    let mut grid = Grid::new("Milliseconds of one attempt after the other, by group", 2, &heads);
    for source in sources {
        let mut groups: Vec<&Group> = Vec::new();
        for row in source.of("latency_median").filter(|row| !row.group.is_whole()) {
            if !groups.contains(&&row.group) {
                groups.push(&row.group);
            }
        }
        for group in groups {
            let words = group.parts().into_iter().map(|(column, level)| format!("{column} {level}"));
            let name = words.collect::<Vec<_>>().join(", ");
            let mut line = vec![Cell::plain(&source.label), Cell::plain(name)];
            line.extend(percentiles.iter().map(|(metric, _)| {
                let mut rows = source.rows.iter().copied().filter(|row| row.group == *group);
                time(rows.find(|row| row.metric == *metric && row.variant.to_string() == "stream=single"))
            }));
            grid.lines.push(line);
        }
    }
    grid
}

/// Throughput, and whether the measurement holds.
fn sentences(source: &Source<'_>) -> Vec<String> {
    let mut reasons: Vec<&str> = source.rows.iter().filter(|row| is_time(row)).flat_map(|row| reasons(row)).collect();
    reasons.sort_unstable();
    reasons.dedup();
    let invalid: Vec<&str> = reasons.iter().filter_map(|reason| reason.strip_prefix("invalid: ")).collect();
    let verdict = if invalid.is_empty() { "VALID".to_owned() } else { format!("INVALID: {}", invalid.join("; ")) };
    let throughput = source.rows.iter().find(|row| row.metric == THROUGHPUT && row.value.is_some());
    let throughput = throughput
        .map(|row| format!("{}: all workers at once make {} attempts a second.", source.label, time(Some(*row)).text));
    throughput.into_iter().chain([format!("{}: {verdict}.", source.label)]).collect()
}

pub(super) fn reading() -> Vec<String> {
    [
        "An attempt's time begins when the sample's bytes are given to the method and ends with its answer. single: one after \
         the other; offered: arriving at random, counted from the arrival; prepare, answer and transfer are parts of it.",
        "Brackets hold bounds at the protocol's display level: order statistics for percentiles, Student's interval over starts \
         for means. `?` means too little evidence for them: a mean needs 5 starts, p90 36, p95 72 and p99 368 attempts. `>=`: \
         the time limit ended it.",
        "INVALID: nothing was answered, the machine was busy or changed its speed, the clock is too coarse for the method, or \
         more was offered than one session serves; no number of such a measurement can be claimed. Milliseconds of two machines are not comparable.",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A stream in words: `single`, `single: prepare`, `offered at 20/s: answer`.
fn stream(variant: &str) -> String {
    let word = |key: &str| variant.split(';').find_map(|pair| pair.strip_prefix(key)).unwrap_or_default();
    let rate = if word("rate=").is_empty() { String::new() } else { format!(" at {}/s", word("rate=")) };
    let part = if word("part=").is_empty() { String::new() } else { format!(": {}", word("part=")) };
    format!("{}{rate}{part}", word("stream="))
}

fn reasons(row: &Row) -> Vec<&str> {
    match row.evidence.as_ref() {
        Some(Evidence::Short(reasons)) => reasons.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// `1.23 [1.20, 1.26]`; with `>=` where the time limit ended it, `?` where there is too little evidence.
fn time(row: Option<&Row>) -> Cell {
    let Some((row, value)) = row.and_then(|row| Some((row, row.value?))) else { return Cell::plain("") };
    let digits = |value: f64| match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    let least = if row.has("censored") { ">=" } else { "" };
    let bounds = match (row.low, row.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", digits(low), digits(high)),
        _ => String::new(),
    };
    let is_short = row.status == RowStatus::InsufficientEvidence;
    let text = format!("{least}{}{bounds}{}", digits(value), if is_short { "?" } else { "" });
    Cell { text, tone: if is_short { Tone::Weak } else { Tone::Plain }, mark: None }
}
