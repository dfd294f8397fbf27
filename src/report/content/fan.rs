//! Answered ages against true ages: where the middle half and nine tenths of the answers of each year of true age lie.

use super::cells::status;
use super::figure::{Drawing, Figure};
use super::find::Source;
use super::grid::{Cell, Grid, Tone};
use super::number;
use super::trade::MOST;
use crate::table::{Population, RowStatus};

/// The percentiles, as metrics.csv names them.
const PERCENTILES: [&str; 5] = ["5", "25", "50", "75", "95"];

/// One method's answers by single year of true age.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fan {
    /// The method.
    pub(crate) label: String,
    /// Ascending years.
    pub(crate) years: Vec<AnsweredYear>,
}

/// The answers of one year.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AnsweredYear {
    /// Completed years of true age.
    pub(crate) age: u32,
    /// The answered ages below which 5, 25, 50, 75 and 95 of 100 answers lie.
    pub(crate) answered: [f64; 5],
    /// Whether the middle has too few people for an interval.
    pub(crate) weak: bool,
    /// The same in words.
    pub(crate) said: String,
}

/// The picture; none where no method has percentiles of answered ages.
pub(crate) fn figure(sources: &[Source<'_>]) -> Option<Figure> {
    let heads = ["method", "true age", "5 of 100 below", "25", "50", "75", "95", "answers"];
    let mut grid = Grid::new("Answered ages by single year of true age: percentiles over attempts, years", 2, &heads);
    let mut fans = Vec::new();
    for source in sources {
        let mut years = Vec::new();
        let mut ages: Vec<u32> = source
            .whole("answered_age_percentile")
            .filter_map(|row| match row.population {
                Population::Age(age) => Some(age),
                _ => None,
            })
            .collect();
        ages.dedup();
        for age in ages {
            let row = |percentile: &str| {
                source.whole("answered_age_percentile").find(|row| {
                    row.population == Population::Age(age) && row.variant.get("percentile") == Some(percentile)
                })
            };
            let rows = PERCENTILES.map(row);
            let cell = |row: &Option<&crate::table::Row>| match row {
                Some(row) => match row.value {
                    Some(value) => Cell::plain(number::years(value, false)),
                    None => Cell::absent(status(row)),
                },
                None => Cell::absent(""),
            };
            let cells: Vec<Cell> = rows.iter().map(cell).collect();
            let values: Vec<f64> = rows.iter().filter_map(|row| row.and_then(|row| row.value)).collect();
            if let Ok(answered) = <[f64; 5]>::try_from(values) {
                let [low, first, middle, third, high] = answered.map(|value| number::years(value, false));
                years.push(AnsweredYear {
                    age,
                    answered,
                    weak: rows[2].is_none_or(|row| row.status != RowStatus::Value),
                    said: format!("{age}: half of the answers from {first} to {third}, nine tenths from {low} to {high}, middle {middle}"),
                });
            }
            let weak = rows[2].is_some_and(|row| row.status != RowStatus::Value);
            let answers = rows[2].and_then(|row| row.n_attempts).map_or_else(
                || Cell::absent(""),
                |n| Cell { text: number::count(n), tone: if weak { Tone::Weak } else { Tone::Plain }, mark: None },
            );
            let name = [Cell::plain(&source.label), Cell::plain(age.to_string())];
            grid.lines.push(name.into_iter().chain(cells).chain([answers]).collect());
        }
        if !years.is_empty() && fans.len() < MOST {
            fans.push(Fan { label: source.label.clone(), years });
        }
    }
    let more = super::left_out(sources.len(), MOST);
    (!fans.is_empty()).then(|| Figure {
        id: "answered-ages".to_owned(),
        title: "Answered ages by single year of true age".to_owned(),
        caption: format!(
            "Where answers lie by single year of true age: the dark stretch holds the middle half of them, the light one nine \
             tenths, the stroke is the middle. On the diagonal an answer is right. Grey: too few people.{more}"
        ),
        drawing: Drawing::Fans(fans),
        grid,
    })
}
