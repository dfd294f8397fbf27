//! The short tables: who gets through at the main limit, and the errors in years.

use super::cells::{Weak, counts, in_years, share};
use super::find::Source;
use super::form;
use super::grid::{Cell, Grid};
use super::latency;
use super::limit::{self, People, challenge_name, counted};
use super::names;
use super::number;
use super::{DENIALS, PASSES, taken};
use crate::age::AgeLimit;
use crate::table::{Group, Population, PopulationSelect, Row, Select, Variant, VariantSelect, Weighting};

/// A head, and what stands below it for a method.
type Headline = (&'static str, fn(&Source<'_>) -> Option<Cell>);

/// Every method at `limit`, at its headline challenge ages, both errors in each line, and how many had no answer where
/// anybody had none; one that says nothing about the
/// limit has a line that says why.
pub(crate) fn lead(sources: &[Source<'_>], limit: AgeLimit) -> Grid {
    let Some(people) = People::headline(sources, limit) else { return Grid::default() };
    let caption = format!("Limit {limit}: {}", counted(&people, &sources.iter().collect::<Vec<_>>(), limit));
    // What was measured beside, where it was: a column each, filled once a method, because no challenge age changes it.
    let beside: [Headline; 2] = [("answer in (p95)", latency::headline), ("what it takes", taken::headline)];
    let beside: Vec<Headline> =
        beside.into_iter().filter(|(_, of)| sources.iter().any(|source| of(source).is_some())).collect();
    let lacks = |source: &Source<'_>| {
        source.headline(limit).into_iter().any(|challenge| limit::lacks_answers(source, limit, challenge, &people))
    };
    let no_answer = if sources.iter().any(lacks) { limit::no_answer_heads(limit).into() } else { Vec::new() };
    let mut heads = vec!["method", "challenge age", PASSES, "k of n", DENIALS, "k of n"];
    heads.extend(no_answer.iter().map(String::as_str));
    heads.extend(beside.iter().map(|(head, _)| *head));
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        let begun = grid.lines.len();
        for challenge in source.headline(limit) {
            let [under, over] = people.rows(source, limit, challenge, &Group::whole());
            let mut line = vec![
                Cell::plain(&source.label),
                Cell::plain(challenge_name(challenge)),
                share(under, Weak::Hidden),
                counts(under),
                share(over, Weak::Hidden),
                counts(over),
            ];
            let sides = [&people.under, &people.over].into_iter().take(no_answer.len());
            line.extend(sides.map(|side| limit::not_answered(source, limit, challenge, side)));
            grid.lines.push(line);
        }
        if !source.speaks_of(limit) {
            let [under, over] = names::BOTH_ERRORS.map(|metric| source.not_applicable(metric, limit));
            let mut line = vec![
                Cell::plain(&source.label),
                Cell::plain("none"),
                share(under, Weak::Hidden),
                counts(under),
                share(over, Weak::Hidden),
                counts(over),
            ];
            line.extend(no_answer.iter().map(|_| Cell::absent("")));
            grid.lines.push(line);
        }
        for (place, line) in grid.lines.iter_mut().skip(begun).enumerate() {
            line.extend(beside.iter().map(|(_, of)| {
                let cell = if place == 0 { of(source) } else { Some(Cell::plain("")) };
                cell.unwrap_or_else(|| Cell::absent("not measured"))
            }));
        }
    }
    grid
}

/// Errors in years; one line a method.
pub(crate) fn errors(sources: &[Source<'_>]) -> Grid {
    // Errors against whole years have a second row against their middle; the published ones are the first.
    let middle = Select { variant: VariantSelect::Exactly(Variant::of("age", "mid")), ..Select::metric(names::BIAS) };
    let whole_years = sources.iter().any(|source| source.first(&middle).is_some());
    let caption = format!(
        "Answered age minus true age{}, over all ages: means over people; k of n counts answered ages",
        if whole_years { " in completed years" } else { "" }
    );
    let heads = ["method", "mean absolute error", "bias", "within 5 years", "k of n"];
    let mut grid = Grid::new(caption, 1, &heads);
    for source in sources {
        let within = all_people(source, names::WITHIN_5);
        grid.lines.push(vec![
            Cell::plain(&source.label),
            in_years(all_people(source, names::MAE), false),
            in_years(all_people(source, names::BIAS), true),
            share(within, Weak::Hidden),
            counts(within),
        ]);
    }
    grid
}

/// Attempts without an answer; one line a method and kind.
pub(crate) fn unanswered(sources: &[Source<'_>]) -> Grid {
    let weighting = |source: &Source<'_>| {
        let row = names::UNANSWERED.into_iter().find_map(|(metric, _)| all_people(source, metric));
        form::shares(row.and_then(|row| row.weighting).unwrap_or(Weighting::Subject)).to_owned()
    };
    let rates = form::told(&form::each(&sources.iter().collect::<Vec<_>>(), weighting), "are ");
    let caption = format!("Without an answer, over all ages: rates {rates}");
    let mut grid = Grid::new(caption, 2, &["method", "instead of an answer", "rate", "k of n"]);
    for source in sources {
        for (metric, words) in names::UNANSWERED {
            let row = all_people(source, metric);
            let line = vec![Cell::plain(&source.label), Cell::plain(words), share(row, Weak::Hidden), counts(row)];
            grid.lines.push(line);
        }
    }
    grid
}

/// From the manifest to an answer; one line a method and stage.
pub(crate) fn flow(sources: &[Source<'_>]) -> Grid {
    let caption = "From the manifest to an answer: samples, and the people they show";
    let mut grid = Grid::new(caption, 2, &["method", "stage", "samples", "people"]);
    let number = |count: Option<u64>| count.map_or_else(|| Cell::absent(""), |count| Cell::plain(number::count(count)));
    for source in sources {
        for (metric, words) in names::FLOW {
            let Some(row) = all_people(source, metric) else { continue };
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(words),
                number(row.n_attempts),
                number(row.n_subjects),
            ]);
        }
    }
    grid
}

/// The row of `metric` over everyone: weighted by subject, else by attempt, else however it is.
pub(crate) fn all_people<'a>(source: &Source<'a>, metric: &str) -> Option<&'a Row> {
    let select = |weighting| Select {
        population: Some(PopulationSelect::Exactly(Population::All)),
        weighting,
        ..Select::metric(metric)
    };
    [Some(Weighting::Subject), Some(Weighting::Attempt), None]
        .into_iter()
        .find_map(|weighting| source.first(&select(weighting)))
}
