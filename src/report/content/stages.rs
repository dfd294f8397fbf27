//! The tables of methods that decide themselves: what a waterfall comes to in the end, and which gate a method keeps.

use super::cells::{Weak, counts, in_years, share};
use super::figure::{Drawing, Falls, Figure, Reached};
use super::find::Source;
use super::grid::{Cell, Grid};
use super::number;
use super::trade::MOST;
use super::{DENIALS, PASSES};
use crate::age::AgeLimit;
use crate::table::{Evidence, Population, PopulationSelect, Row, Select, Variant, VariantSelect, Weighting};

/// What waterfalls come to; one line a method and limit.
pub(crate) fn waterfalls(sources: &[Source<'_>]) -> Grid {
    let caption = "Waterfalls, in the end: shares of people, of all attempts. Where some come to no later stage, the brackets \
                   hold both readings: all of them denied, all of them passed";
    let heads = ["method", "limit", PASSES, DENIALS, "came to stage 2", "bytes given"];
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        for limit in limits(source, "end_to_end_under_age_pass_rate") {
            let row = |metric: &str, population, variant| {
                source.first(&Select {
                    limit: Some(limit),
                    population: Some(PopulationSelect::Exactly(population)),
                    weighting: Some(Weighting::Subject),
                    variant: VariantSelect::Exactly(variant),
                    ..Select::metric(metric)
                })
            };
            let plain = Variant::none;
            let on = row("escalation_rate", Population::All, Variant::of("stage", 2));
            let bytes = row("bytes_per_attempt", Population::All, Variant::of("bytes", "given"));
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(limit.to_string()),
                between(row("end_to_end_under_age_pass_rate", Population::Under, plain())),
                between(row("end_to_end_adult_denial_rate", Population::Over, plain())),
                share(on, Weak::Hidden),
                bytes
                    .and_then(|row| row.value)
                    .map_or_else(|| Cell::absent("n/a"), |value| Cell::plain(number::count(whole(value)))),
            ]);
        }
    }
    grid
}

/// How many people come to each stage of each waterfall, and what becomes of them; none without a waterfall.
pub(crate) fn flow(sources: &[Source<'_>]) -> Option<Figure> {
    let heads = ["method", "limit", "stage", "came to it", "k of n"];
    let mut grid = Grid::new("Waterfalls: the share of people who come to each stage", 3, &heads);
    let mut panels = Vec::new();
    for source in sources {
        for limit in limits(source, "escalation_rate") {
            let rows = source.whole("escalation_rate").filter(|row| {
                row.limit == Some(limit)
                    && row.population == Population::All
                    && row.weighting == Some(Weighting::Subject)
            });
            let mut stages = Vec::new();
            for row in rows {
                let Some(stage) = row.variant.get("stage").and_then(|stage| stage.parse::<u32>().ok()) else {
                    continue;
                };
                let cell = share(Some(row), Weak::Shown);
                let said = format!("stage {stage}: {}", cell.text);
                stages.extend(cell.mark.map(|mark| Reached { stage, mark, said }));
                let name = [Cell::plain(&source.label), Cell::plain(limit.to_string()), Cell::plain(stage.to_string())];
                grid.lines.push(name.into_iter().chain([cell, counts(Some(row))]).collect());
            }
            stages.sort_by_key(|reached| reached.stage);
            let end = |metric: &str, population| {
                let row = source.first(&Select {
                    limit: Some(limit),
                    population: Some(PopulationSelect::Exactly(population)),
                    weighting: Some(Weighting::Subject),
                    variant: VariantSelect::Exactly(Variant::none()),
                    ..Select::metric(metric)
                });
                between(row).text
            };
            if !stages.is_empty() && panels.len() < MOST {
                panels.push(Falls {
                    label: format!("{}, limit {limit}", source.label),
                    stages,
                    ends: [
                        format!("{PASSES} {}", end("end_to_end_under_age_pass_rate", Population::Under)),
                        format!("{DENIALS} {}", end("end_to_end_adult_denial_rate", Population::Over)),
                    ],
                });
            }
        }
    }
    (!panels.is_empty()).then(|| Figure {
        id: "waterfall".to_owned(),
        title: "How people fall through the stages".to_owned(),
        caption: "Everybody comes to stage 1; what is decided there leaves downwards, the rest goes on. The height is the share \
                  of people."
            .to_owned(),
        drawing: Drawing::Flow(panels),
        grid,
    })
}

/// Which gates methods keep; one line a method and limit.
pub(crate) fn gates(sources: &[Source<'_>]) -> Grid {
    let caption = "The gate that a method keeps by its own decisions: the true age at which half of the people pass, and how \
                   fast the share rises there";
    let heads = ["method", "limit", "effective challenge age", "points a year", "k of n"];
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        for limit in limits(source, "effective_challenge_age") {
            let row = |metric: &str| {
                let variant = VariantSelect::Exactly(Variant::none());
                source.first(&Select { limit: Some(limit), variant, ..Select::metric(metric) })
            };
            let (age, sharpness) = (row("effective_challenge_age"), row("sharpness"));
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(limit.to_string()),
                in_years(age, false),
                with_bounds(sharpness, 100.0),
                counts(age),
            ]);
        }
    }
    grid
}

/// The limits at which `source` has rows of `metric`.
fn limits(source: &Source<'_>, metric: &str) -> Vec<AgeLimit> {
    let mut found: Vec<AgeLimit> =
        source.rows.iter().filter(|row| row.metric == metric).filter_map(|row| row.limit).collect();
    found.dedup();
    found.sort_unstable();
    found.dedup();
    found
}

/// A share, or both its bounds where only these are known.
fn between(row: Option<&Row>) -> Cell {
    match row {
        Some(Row { value: None, low: Some(low), high: Some(high), .. }) => {
            Cell::plain(format!("[{}, {}]", number::percent(*low), number::percent(*high)))
        }
        other => share(other, Weak::Hidden),
    }
}

/// A value with its bounds, times `factor`; why not, where there is none.
fn with_bounds(row: Option<&Row>, factor: f64) -> Cell {
    let Some(row) = row else { return Cell::absent("n/a") };
    let Some(value) = row.value else {
        let reason = match &row.evidence {
            Some(Evidence::Short(reasons)) => reasons.join(", "),
            _ => row.status.to_string(),
        };
        return Cell::absent(format!("n/a ({reason})"));
    };
    let ends = row.low.zip(row.high).map(|(low, high)| format!(" [{:.1}, {:.1}]", low * factor, high * factor));
    Cell::plain(format!("{:.1}{}", value * factor, ends.unwrap_or_default()))
}

/// A mean of bytes to the nearest whole one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes, far below 2^63 and never negative")]
fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}
