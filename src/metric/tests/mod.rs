mod absent;
mod answered;
mod attacks;
mod buffer;
mod clustered;
mod decided;
mod design;
mod families;
mod floors;
mod golden;
mod groups;
mod identities;
mod independent;
mod morph;
mod paired_error;
mod reach;
mod rules;
mod scores;
mod stages;
mod still;
mod unchanged;
mod weighted;
mod window;

use crate::age::{Age, AgeRange};
use crate::metric::{Errors, Facts, rows};
use crate::outcome::{Answer, Outcome};
use crate::protocol::Protocol;
use crate::table::{Context, Row, Select, Table};
use crate::tally::{Answers, ErrorRows, Tally, Truth, TruthBuilder, TruthRow};

/// One attempt of a test: subject, true age, outcome, levels of the columns `sex` and `region`.
pub(crate) type Attempt = (u32, AgeRange, Outcome, [&'static str; 2]);

pub(crate) fn year(age: u32) -> AgeRange {
    AgeRange::whole_years(age).unwrap()
}

pub(crate) fn answered(years: f64) -> Outcome {
    Outcome::answered(Answer::Age { age: Age::new(years).unwrap(), spread: None })
}

pub(crate) const FACTS: Facts = Facts { chronological: true, random_sample: true };

pub(crate) fn columns(attempts: &[Attempt], protocol: &Protocol) -> (Truth, Answers) {
    let mut truth = TruthBuilder::new(&[("sex", true), ("region", true)]);
    let mut answers = Answers::new(&protocol.limits);
    for (subject, age, outcome, levels) in attempts {
        truth.push(&TruthRow::of(*subject, *age, levels));
        answers.push(Some(outcome));
    }
    (truth.finish().unwrap(), answers)
}

pub(crate) fn table_of(truth: &Truth, answers: &Answers, protocol: &Protocol, facts: Facts) -> Table {
    let tally = Tally::of(truth, answers, protocol).unwrap();
    let errors = ErrorRows::of(truth, answers, protocol, &crate::metric::PERCENTILE_SHARES);
    Table { rows: rows(&Context::default(), protocol, facts, &tally, Errors::Rows(&errors)) }
}

pub(crate) fn table(attempts: &[Attempt], protocol: &Protocol) -> Table {
    let (truth, answers) = columns(attempts, protocol);
    table_of(&truth, &answers, protocol, FACTS)
}

/// Holds a number to `wanted`, to 12 digits.
pub(crate) fn near(found: Option<f64>, wanted: f64, what: &str) {
    let found = found.unwrap();
    assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{what}: {found}, expected {wanted}");
}

/// The only row that `toml` selects.
pub(crate) fn only<'a>(table: &'a Table, toml: &str) -> &'a Row {
    let select: Select = toml::from_str(toml).unwrap();
    let found: Vec<_> = table.find(&select).collect();
    assert_eq!(found.len(), 1, "{toml} finds {} rows", found.len());
    found[0]
}
