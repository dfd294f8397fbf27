//! The short tables: who gets through at the main limit, and the errors in years.

use super::cells::{Weak, counts, in_years, share};
use super::find::Source;
use super::grid::{Cell, Grid};
use super::limit::{People, challenge_name, counted};
use super::names;
use super::{DENIALS, PASSES};
use crate::age::AgeLimit;
use crate::table::{Group, Population, PopulationSelect, Row, Select, Weighting};

/// Every method at `limit`, at its headline challenge ages, both errors in each line.
pub(crate) fn lead(sources: &[Source<'_>], limit: AgeLimit) -> Grid {
    let caption = sources.first().map_or_else(String::new, |source| {
        format!("Limit {limit}: {}", counted(&People::near(source, limit), source.policy))
    });
    let heads = ["method", "challenge age", PASSES, "k of n", DENIALS, "k of n"];
    let mut grid = Grid::new(caption, 2, &heads);
    for source in sources {
        let people = People::near(source, limit);
        for challenge in source.headline(limit) {
            let [under, over] = people.rows(source, limit, challenge, &Group::whole());
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(challenge_name(challenge)),
                share(under, Weak::Hidden),
                counts(under),
                share(over, Weak::Hidden),
                counts(over),
            ]);
        }
    }
    grid
}

/// Errors in years; one line a method.
pub(crate) fn errors(sources: &[Source<'_>]) -> Grid {
    let caption = "Answered age minus true age, over all ages: means over people; k of n counts answered ages";
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

/// Attempts without an answer; one line a method.
pub(crate) fn unanswered(sources: &[Source<'_>]) -> Grid {
    let caption = "Attempts without an answer, over all ages: rates are shares of people's attempts";
    let mut grid = Grid::new(caption, 1, &["method", "not answered", "k of n"]);
    for source in sources {
        let row = all_people(source, names::NOT_ANSWERED);
        grid.lines.push(vec![Cell::plain(&source.label), share(row, Weak::Hidden), counts(row)]);
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
