//! Errors in years by single year of true age, and of answered age.

use super::cells::in_years;
use super::figure::{Drawing, Figure};
use super::find::Source;
use super::grid::{Cell, Grid};
use super::names;
use super::trade::MOST;
use crate::table::{Population, Row, RowStatus, Weighting};

/// Errors by single year.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ErrorsByYear {
    /// What the years are of, with the word for the scale.
    pub(crate) of: &'static str,
    /// One a method.
    pub(crate) panels: Vec<ErrorPanel>,
}

/// One method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ErrorPanel {
    /// The method.
    pub(crate) label: String,
    /// Mean errors.
    pub(crate) bias: Vec<InYears>,
    /// Mean absolute errors.
    pub(crate) mae: Vec<InYears>,
}

/// One value in years.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InYears {
    /// Completed years that the value is of.
    pub(crate) age: u32,
    /// Whether all later years are in it as well.
    pub(crate) and_later: bool,
    /// The value with its bounds, in years.
    pub(crate) value: f64,
    /// Lower bound.
    pub(crate) low: Option<f64>,
    /// Upper bound.
    pub(crate) high: Option<f64>,
    /// Whether a claim can rest on it.
    pub(crate) weak: bool,
    /// The value in words.
    pub(crate) said: String,
}

/// Which years.
#[derive(Clone, Copy)]
enum Years {
    True,
    Answered,
}

impl Years {
    /// The year of a row of this kind.
    fn of(self, row: &Row) -> Option<(u32, bool)> {
        match (self, &row.population) {
            (Self::True, Population::Age(age)) | (Self::Answered, Population::Answered(age)) => Some((*age, false)),
            (Self::True, Population::AgeFrom(age)) => Some((*age, true)),
            _ => None,
        }
    }
}

/// The pictures: by true age, and by answered age; those that have nothing to draw are left out.
pub(crate) fn figures(sources: &[Source<'_>]) -> Vec<Figure> {
    [Years::True, Years::Answered].into_iter().filter_map(|years| figure(sources, years)).collect()
}

fn figure(sources: &[Source<'_>], years: Years) -> Option<Figure> {
    let (id, of, title) = match years {
        Years::True => ("errors-by-true-age", "true age, completed years", "Errors by single year of true age"),
        Years::Answered => ("errors-by-answered-age", "answered age, whole years", "Errors by year of answered age"),
    };
    let mut grid = Grid::new(title, 2, &["method", of, "bias", "mean absolute error", "answers"]);
    let mut panels = Vec::new();
    for source in sources {
        let of_metric = |metric: &str| -> Vec<(u32, bool, &Row)> {
            let rows =
                source.whole(metric).filter(|row| row.weighting == Some(Weighting::Subject) && row.variant.is_none());
            rows.filter_map(|row| years.of(row).map(|(age, later)| (age, later, row))).collect()
        };
        let (biases, maes) = (of_metric(names::BIAS), of_metric(names::MAE));
        let points = |rows: &[(u32, bool, &Row)], name: &str, signed: bool| -> Vec<InYears> {
            let point = |&(age, and_later, row): &(u32, bool, &Row)| {
                let value = row.value?;
                Some(InYears {
                    age,
                    and_later,
                    value,
                    low: row.low,
                    high: row.high,
                    weak: row.status != RowStatus::Value,
                    said: format!("{age}: {name} {}", in_years(Some(row), signed).text),
                })
            };
            rows.iter().filter_map(point).collect()
        };
        for (age, and_later, row) in &biases {
            let mae = maes.iter().find(|(other, later, _)| (other, later) == (age, and_later)).map(|(.., row)| *row);
            grid.lines.push(vec![
                Cell::plain(&source.label),
                Cell::plain(if *and_later { format!("{age} and over") } else { age.to_string() }),
                in_years(Some(row), true),
                in_years(mae, false),
                row.n_attempts.map_or_else(|| Cell::absent(""), |count| Cell::plain(super::number::count(count))),
            ]);
        }
        let panel = ErrorPanel {
            label: source.label.clone(),
            bias: points(&biases, "bias", true),
            mae: points(&maes, "mean absolute error", false),
        };
        if panels.len() < MOST && !panel.bias.is_empty() {
            panels.push(panel);
        }
    }
    let more = super::left_out(sources.len(), MOST);
    let caption = match years {
        Years::True => format!(
            "Bias (discs) and mean absolute error (squares) in years by single year of true age. Above the line people are \
             taken for older than they are. Grey: too few people.{more}"
        ),
        Years::Answered => format!(
            "The same by the age that was answered: what to expect of people who are answered as this old. It depends on \
             who was in the data.{more}"
        ),
    };
    (!panels.is_empty()).then(|| Figure {
        id: id.to_owned(),
        title: title.to_owned(),
        caption,
        drawing: Drawing::Errors(ErrorsByYear { of, panels }),
        grid,
    })
}
