//! Cells against the Table Schema that datapackage.json states.

use super::{Checked, Problem};
use crate::publish::data_package::Schema;
use crate::publish::fields::Field;

/// Problems of one table that are told.
const TOLD: usize = 50;

/// Checks the header and every cell of the table `file`.
pub(super) fn check(file: &str, bytes: &[u8], schema: &Schema, checked: &mut Checked) {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            checked.problems.push(Problem::of(file, error.to_string()));
            return;
        }
    };
    let expected: Vec<&str> = schema.fields.iter().map(|field| field.name.as_str()).collect();
    if header.iter().ne(expected.iter().copied()) {
        checked.problems.push(Problem::of(file, "its columns are not those in datapackage.json"));
        return;
    }
    let first = checked.problems.len();
    for (row, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                checked.problems.push(Problem::of(file, error.to_string()));
                return;
            }
        };
        checked.rows += 1;
        for (field, cell) in schema.fields.iter().zip(&record) {
            if let Err(text) = fits(field, cell, &schema.missing_values) {
                checked.problems.push(Problem::at(file, row, &field.name, text));
            }
        }
        if checked.problems.len() > first + TOLD {
            checked.problems.push(Problem::of(file, "and more: only the first are told"));
            return;
        }
    }
}

/// Whether `cell` is what `field` says; what is wrong with it when not.
fn fits(field: &Field, cell: &str, missing: &[String]) -> Result<(), String> {
    let constraints = &field.constraints;
    if missing.iter().any(|missing| missing == cell) {
        return if constraints.required { Err("empty: a value is required".to_owned()) } else { Ok(()) };
    }
    let quoted = || crate::finding::quoted(cell);
    let number = match field.kind.as_str() {
        "integer" => Some(cell.parse::<i64>().map_err(|_| format!("{} is no integer", quoted()))? as f64),
        "number" => {
            let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
            Some(number.ok_or_else(|| format!("{} is no number", quoted()))?)
        }
        _ => None,
    };
    if !constraints.words.is_empty() && !constraints.words.iter().any(|word| word == cell) {
        return Err(format!("{} is none of the words in datapackage.json", quoted()));
    }
    // The one pattern that a package of ours states; another one is for validators of Table Schema.
    let is_digest = || cell.len() == 16 && cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if constraints.pattern.as_deref() == Some("[0-9a-f]{16}") && !is_digest() {
        return Err(format!("{} is no digest of 16 hexadecimal digits", quoted()));
    }
    if let Some(number) = number {
        let end = |end: &Option<serde_json::Value>| end.as_ref().and_then(serde_json::Value::as_f64);
        if end(&constraints.minimum).is_some_and(|least| number < least) {
            return Err(format!("{} is below the least that datapackage.json allows", quoted()));
        }
        if end(&constraints.maximum).is_some_and(|most| number > most) {
            return Err(format!("{} is above the most that datapackage.json allows", quoted()));
        }
    }
    Ok(())
}
