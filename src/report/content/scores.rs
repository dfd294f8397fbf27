//! The tables of answers beyond an age: scores, ages with a spread, and age bands. Only of methods that give them.

use std::collections::BTreeSet;

use super::cells::{Weak, counts, share, status};
use super::figure::{Drawing, Figure, Foretold, Line, Scale, Value, Whiskers};
use super::find::Source;
use super::grid::{Cell, Grid, Tone};
use super::trade::MOST;
use crate::age::AgeLimit;
use crate::table::{Population, PopulationSelect, Row, RowStatus, Select, Variant, VariantSelect, Weighting};

/// What scores are worth; one line a method and limit.
pub(crate) fn scores(sources: &[Source<'_>]) -> Grid {
    let caption = "Scores: the area under the curve is the chance that somebody over the limit scores higher than somebody \
                   under it (0.5 by guessing); both errors are equal at the threshold of the equal error rate; Brier score and \
                   calibration error (0 is best) are of scores that are probabilities";
    let heads = ["method", "limit", "area under the curve", "equal error rate", "Brier score", "calibration error"];
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        let limits: BTreeSet<AgeLimit> = source
            .rows
            .iter()
            .filter(|row| row.metric == "auc" && row.variant.is_none() && row.status != RowStatus::NotApplicable)
            .filter_map(|row| row.limit)
            .collect();
        for limit in limits {
            let row = |metric, weighting| find(source, metric, Some(limit), Some(weighting), &Variant::none());
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(limit.to_string()),
                number(row("auc", Weighting::Attempt)),
                share(row("equal_error_rate", Weighting::Subject), Weak::Hidden),
                number(row("brier_score", Weighting::Subject)),
                number(row("expected_calibration_error", Weighting::Attempt)),
            ]);
        }
    }
    grid
}

/// Whether spreads are right; one line a method.
pub(crate) fn spreads(sources: &[Source<'_>]) -> Grid {
    let caption = "Ages with a spread: how often the true age lies within the interval that the spread states (68 % and 95 % if \
                   spreads are right), and the score of the whole distribution in years (0 is best)";
    let heads = ["method", "within the 68 % interval", "within the 95 % interval", "k of n", "CRPS"];
    let mut grid = Grid::new(caption, 1, &heads);
    for source in sources {
        // Against the middle of a labelled year, where ages are labels: the label itself is the youngest that a person is.
        let row = |metric| {
            let variants = [Variant::of("age", "mid"), Variant::none()];
            variants.iter().find_map(|variant| find(source, metric, None, Some(Weighting::Subject), variant))
        };
        let within_95 = row("coverage_95");
        if within_95.is_none_or(|row| row.status == RowStatus::NotApplicable) {
            continue;
        }
        grid.lines.push(vec![
            Cell::plain(&source.label),
            share(row("coverage_68"), Weak::Hidden),
            share(within_95, Weak::Hidden),
            counts(within_95),
            number(row("crps")),
        ]);
    }
    grid
}

/// How often the true age lies within what spreads state; none where no answer has a spread.
pub(crate) fn coverage(sources: &[Source<'_>]) -> Option<Figure> {
    let grid = spreads(sources);
    let mut lines = Vec::new();
    for line in grid.lines.iter().take(MOST) {
        for (place, nominal) in [(1, 0.68), (2, 0.95)] {
            let (Some(head), Some(cell)) = (grid.heads.get(place), line.get(place)) else { continue };
            let label = line.first().map(|cell| cell.text.clone()).unwrap_or_default();
            lines.push(Line {
                heading: if place == 1 { label.clone() } else { String::new() },
                label: head.clone(),
                values: vec![Value {
                    mark: cell.mark,
                    weak: cell.tone == Tone::Weak,
                    beside: Some((nominal, nominal)),
                    said: format!("{label}, {head}: {}", cell.text),
                }],
            });
        }
    }
    (!lines.is_empty()).then(|| Figure {
        id: "coverage".to_owned(),
        title: "Whether stated spreads hold".to_owned(),
        caption:
            "How often the true age lies within the interval that a stated spread gives; the stroke is where it should \
                  lie. Left of it spreads are too narrow."
                .to_owned(),
        drawing: Drawing::Whiskers(Whiskers {
            heads: vec!["share of answers".to_owned()],
            scale: Scale::Shares,
            lines,
        }),
        grid,
    })
}

/// Scores that are probabilities against the share who were over the limit; none where no score is one.
pub(crate) fn reliability(sources: &[Source<'_>]) -> Option<Figure> {
    let heads = ["method", "limit", "mean score", "were over the limit", "k of n"];
    let mut grid =
        Grid::new("Scores in bins of equal numbers of attempts, and the share who were over the limit", 3, &heads);
    let mut all = Vec::new();
    for source in sources {
        let limits: BTreeSet<AgeLimit> = source.whole("share_over_by_score").filter_map(|row| row.limit).collect();
        for limit in limits {
            let mut bins = Vec::new();
            for row in source.whole("share_over_by_score").filter(|row| row.limit == Some(limit)) {
                let Some(mean) = row.variant.get("mean").and_then(|mean| mean.parse::<f64>().ok()) else { continue };
                let cell = share(Some(row), Weak::Shown);
                if let Some(mark) = cell.mark {
                    bins.push((mean, mark, format!("{}, {limit}: score {mean:.3}, over {}", source.label, cell.text)));
                }
                let name =
                    [Cell::plain(&source.label), Cell::plain(limit.to_string()), Cell::plain(format!("{mean:.3}"))];
                grid.lines.push(name.into_iter().chain([cell, counts(Some(row))]).collect());
            }
            if !bins.is_empty() && all.len() < MOST {
                all.push(Foretold { label: format!("{} at {limit}", source.label), bins });
            }
        }
    }
    (!all.is_empty()).then(|| Figure {
        id: "reliability".to_owned(),
        title: "What scores are worth as probabilities".to_owned(),
        caption: "The share who were over the limit among attempts of about the same score, with intervals. On the diagonal a \
                  score is the probability of being over the limit; it holds for a mix of ages like the one in the data."
            .to_owned(),
        drawing: Drawing::Reliability(all),
        grid,
    })
}

/// Where people of each age band were answered; one line a method and band, where the protocol has bands.
pub(crate) fn bands(sources: &[Source<'_>]) -> Grid {
    let caption = "Age bands: where people of each true band were answered, of all their attempts";
    let heads = ["method", "true band", "in it", "lower", "higher", "undecided", "not answered"];
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        let mut seen = Vec::new();
        for row in
            source.rows.iter().filter(|row| row.metric == "band_recall" && row.status != RowStatus::NotApplicable)
        {
            if seen.contains(&row.population) {
                continue;
            }
            seen.push(row.population.clone());
            let part = |metric| share(of_band(source, metric, &row.population), Weak::Hidden);
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(row.population.to_string().trim_start_matches("band:")),
                part("band_recall"),
                part("band_down"),
                part("band_up"),
                part("band_undecided"),
                part("band_not_answered"),
            ]);
        }
    }
    grid
}

fn of_band<'a>(source: &Source<'a>, metric: &str, band: &Population) -> Option<&'a Row> {
    source.first(&Select {
        population: Some(PopulationSelect::Exactly(band.clone())),
        weighting: Some(Weighting::Subject),
        ..Select::metric(metric)
    })
}

fn find<'a>(
    source: &Source<'a>,
    metric: &str,
    limit: Option<AgeLimit>,
    weighting: Option<Weighting>,
    variant: &Variant,
) -> Option<&'a Row> {
    let variant = VariantSelect::Exactly(variant.clone());
    source.first(&Select { limit, weighting, variant, ..Select::metric(metric) })
}

/// A pure number with its interval: `0.912 [0.887, 0.934]`.
fn number(row: Option<&Row>) -> Cell {
    let Some(row) = row else { return Cell::absent("not in the results") };
    let Some(value) = row.value.filter(|_| row.status == RowStatus::Value) else { return Cell::absent(status(row)) };
    let ends = row.low.zip(row.high).map(|(low, high)| format!(" [{low:.3}, {high:.3}]"));
    Cell::plain(format!("{value:.3}{}", ends.unwrap_or_default()))
}
