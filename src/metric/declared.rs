//! M13, the part that is declared: each statement of a card beside what was measured, and whether the two can both be true.

use super::catalogue;
use super::footprint::DECLARED;
use super::frame::marked;
use crate::protocol::Protocol;
use crate::table::{Context, Counts, Evidence, Place, Quantity, Row, RowStatus, Variant};

/// The flag of a statement that a measurement contradicts, and of the measured numbers that contradict it.
pub const CONTRADICTED: &str = "contradicted";

/// One statement of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Which one: the card's key.
    pub statement: &'static str,
    /// What is said.
    pub says: String,
    /// Where it is said.
    pub source: String,
    /// When it was said.
    pub date: String,
    /// What the measurement says of it.
    pub measured: Measured,
}

/// What a measurement says of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// Nothing that was seen contradicts it; in words, what was seen.
    Agrees(String),
    /// So many things contradict it; in words, which.
    Contradicts(u64, String),
    /// It can be measured, and was not: why.
    Unknown(String),
    /// No measurement of this machine can speak of it.
    Never,
}

/// The rows of `declarations`, in their order. The evidence cell says in words what was measured.
#[must_use]
pub fn declared(context: &Context, protocol: &Protocol, declarations: &[Declaration]) -> Vec<Row> {
    let row = |one: &Declaration| {
        let variant = Variant::of("statement", one.statement)
            .with("says", &one.says)
            .with("source", &one.source)
            .with("date", &one.date);
        let place = Place { variant, ..Place::of_all() };
        let measure = catalogue::CONTRADICTIONS.measure;
        let seen = |value: u64, words: &str| {
            let quantity = Quantity { value: value as f64, bounds: None, counts: Counts::default(), evidence: None };
            let mut row = Row::quantity(context, place.clone(), measure, quantity);
            row.evidence = Some(Evidence::Short(vec![words.replace(';', ",")]));
            row
        };
        let unknown = |why: &str| {
            let status = RowStatus::NotMeasurable;
            Row::without_value(context, place.clone(), measure, status, Counts::default(), &why.replace(';', ","))
        };
        let row = match &one.measured {
            Measured::Agrees(words) => seen(0, words),
            Measured::Contradicts(things, words) => seen(*things, words).flagged(CONTRADICTED),
            Measured::Unknown(why) => unknown(why),
            Measured::Never => unknown("only declared"),
        };
        marked(protocol, row.flagged(DECLARED))
    };
    declarations.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradicted_statement_is_flagged_and_what_nobody_can_measure_is_never_0() {
        let declaration = |measured| Declaration {
            statement: "keeps",
            says: "nothing".to_owned(),
            source: "notice; part=2".to_owned(),
            date: "2026-05-01".to_owned(),
            measured,
        };
        let all = [
            Measured::Agrees("no file".to_owned()),
            Measured::Contradicts(12, "12 files, 48 kB after exit".to_owned()),
            Measured::Unknown("no sandbox".to_owned()),
            Measured::Never,
        ];
        let rows = declared(&Context::default(), &Protocol::default_protocol(), &all.map(declaration));
        let told = |row: &Row| (row.value, row.status, row.has(CONTRADICTED));
        assert_eq!(told(&rows[0]), (Some(0.0), RowStatus::Value, false));
        assert_eq!(told(&rows[1]), (Some(12.0), RowStatus::Value, true));
        assert_eq!(told(&rows[2]), (None, RowStatus::NotMeasurable, false));
        assert_eq!(told(&rows[3]), (None, RowStatus::NotMeasurable, false));
        assert!(rows.iter().all(|row| row.has(DECLARED)));
        assert_eq!(rows[0].variant.to_string(), "date=2026-05-01;says=nothing;source=notice_ part_2;statement=keeps");
        assert_eq!(rows[1].evidence, Some(Evidence::Short(vec!["12 files, 48 kB after exit".to_owned()])));
    }
}
