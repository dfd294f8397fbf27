//! Rows of `pooled.csv`: a row of metrics with how it was put together.

use std::io::Write;

use super::compared::write_rows;
use super::number::cell as number;
use super::{Row, TableError};

/// The columns of `pooled.csv` after those of `metrics.csv`.
pub const POOLED_COLUMNS: [&str; 11] = [
    "effect",
    "holder",
    "weight",
    "holders",
    "holders_left_out",
    "q",
    "q_p",
    "i_squared",
    "tau_squared",
    "prediction_low",
    "prediction_high",
];

/// A holder's own row, or a row made of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    /// The row: the holder's as published, or with the sums of their counts.
    pub row: Row,
    /// How it was made.
    pub effect: Effect,
}

/// How a row was put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// `holder`, `fixed` or `random`.
    pub word: &'static str,
    /// The holder, of its own row.
    pub holder: String,
    /// The holder's weight in the random effects, 0 to 1; none where it does not enter.
    pub weight: Option<f64>,
    /// Holders that enter.
    pub holders: Option<u64>,
    /// Holders that do not: without the row, or with a row that has no value.
    pub holders_left_out: Option<u64>,
    /// Cochran's Q.
    pub q: Option<f64>,
    /// Probability of as large a Q where all true values are one.
    pub q_p: Option<f64>,
    /// Share of the holders' variation that noise does not explain.
    pub i_squared: Option<f64>,
    /// Variance of the true values between holders; of rates on the logit scale.
    pub tau_squared: Option<f64>,
    /// Lower end of the interval for the true value at one more holder.
    pub prediction_low: Option<f64>,
    /// Upper end of it.
    pub prediction_high: Option<f64>,
}

impl Effect {
    /// An effect of which nothing but its word is known yet.
    #[must_use]
    pub fn of(word: &'static str) -> Self {
        Self {
            word,
            holder: String::new(),
            weight: None,
            holders: None,
            holders_left_out: None,
            q: None,
            q_p: None,
            i_squared: None,
            tau_squared: None,
            prediction_low: None,
            prediction_high: None,
        }
    }
}

impl Pooled {
    /// Writes a `pooled.csv`.
    ///
    /// # Errors
    /// [`TableError::Csv`] when `sink` fails.
    pub fn write<'r>(rows: impl Iterator<Item = &'r Self>, sink: impl Write) -> Result<(), TableError> {
        let whole = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let cells = |one: &Self| {
            let effect = &one.effect;
            vec![
                effect.word.to_owned(),
                effect.holder.clone(),
                number(effect.weight),
                whole(effect.holders),
                whole(effect.holders_left_out),
                number(effect.q),
                number(effect.q_p),
                number(effect.i_squared),
                number(effect.tau_squared),
                number(effect.prediction_low),
                number(effect.prediction_high),
            ]
        };
        write_rows(sink, &POOLED_COLUMNS, rows.map(|one| (&one.row, cells(one))))
    }
}
