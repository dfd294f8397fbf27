//! Pictures as the content hands them to the page: what is drawn, what it shows in words, and the numbers behind it.

use super::ages::ByAge;
use super::curve::Curve;
use super::fan::Fan;
use super::grid::{Grid, Mark};
use super::trade::TradeOff;
use super::years::ErrorsByYear;

/// One picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figure {
    /// Its name, unique in a report: `by-age-18`.
    pub(crate) id: String,
    /// What it is of, for those who do not see it.
    pub(crate) title: String,
    /// What is to be seen and how it is read, in sentences.
    pub(crate) caption: String,
    /// What is drawn.
    pub(crate) drawing: Drawing,
    /// The same numbers as a table.
    pub(crate) grid: Grid,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Drawing {
    /// Who is let through, by single year of true age.
    ByAge(ByAge),
    /// Both errors against each other, over the challenge ages.
    TradeOff(TradeOff),
    /// Errors in years, by single year.
    Errors(ErrorsByYear),
    /// Values with their intervals, a line each.
    Whiskers(Whiskers),
    /// What was foretold against what came of it.
    Reliability(Vec<Foretold>),
    /// Answered ages against true ages.
    Fans(Vec<Fan>),
    /// Reduced inputs against the full one.
    Curve(Curve),
    /// The stages of waterfalls.
    Flow(Vec<Falls>),
}

/// Values with their intervals, a line each, in one or more columns with a common scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Whiskers {
    /// The columns.
    pub(crate) heads: Vec<String>,
    /// What the scale is of.
    pub(crate) scale: Scale,
    /// The lines, from above.
    pub(crate) lines: Vec<Line>,
}

/// The scale of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Shares, from 0 to 100 %.
    Shares,
    /// Differences of shares in percentage points, as far to both sides of 0.
    Differences,
    /// Milliseconds, by powers of ten.
    Milliseconds,
}

/// One line of a picture of values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// The method, where it begins here; a heading above the line.
    pub(crate) heading: String,
    /// What the line is of.
    pub(crate) label: String,
    /// A value a column.
    pub(crate) values: Vec<Value>,
}

/// One value of a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Value {
    /// The value and its bounds; none where there is none.
    pub(crate) mark: Option<Mark>,
    /// Whether a claim can rest on it.
    pub(crate) weak: bool,
    /// What it is to be held against: the middle and the end of what chance alone would show, or a nominal value twice.
    pub(crate) beside: Option<(f64, f64)>,
    /// The value in words, as its table has it.
    pub(crate) said: String,
}

/// One method's foretold shares and what came of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Foretold {
    /// The method and what is foretold.
    pub(crate) label: String,
    /// The mean of what was foretold, what came of it, and the same in words; ascending.
    pub(crate) bins: Vec<(f64, Mark, String)>,
}

/// One waterfall at one limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Falls {
    /// The method and the limit.
    pub(crate) label: String,
    /// The stages after the first, ascending.
    pub(crate) stages: Vec<Reached>,
    /// Both errors in the end, in words.
    pub(crate) ends: [String; 2],
}

/// Who comes to a stage.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reached {
    /// The stage, from 2.
    pub(crate) stage: u32,
    /// The share of people.
    pub(crate) mark: Mark,
    /// The same in words.
    pub(crate) said: String,
}
