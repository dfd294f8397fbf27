//! Verdicts for programs: CSV with a line a check, and JSON.

use serde_json::{Value, json};

use super::{Check, Gated, Judged, verdict_word};
use crate::table::{Row, twelve_digits};

/// The schema of the JSON.
pub const VERDICTS_SCHEMA: &str = "agebench-verdicts/1";

/// The columns of the CSV.
pub const VERDICTS_COLUMNS: [&str; 25] = [
    "policy",
    "rule",
    "verdict",
    "method",
    "baseline_method",
    "metric",
    "limit",
    "challenge",
    "failure_policy",
    "population",
    "group_by",
    "group",
    "weighting",
    "variant",
    "unit",
    "value",
    "status",
    "n_attempts",
    "n_subjects",
    "test",
    "number",
    "judged",
    "judged_by",
    "more_subjects",
    "says",
];

/// The checks as CSV, a line each; unknown is empty.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn csv(gated: &Gated) -> Result<String, ::csv::Error> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(VERDICTS_COLUMNS)?;
    for judged in &gated.rules {
        for check in &judged.checks {
            writer.write_record(cells(gated, judged, check))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cells(gated: &Gated, judged: &Judged, check: &Check) -> [String; VERDICTS_COLUMNS.len()] {
    fn text(value: Option<impl ToString>) -> String {
        value.map(|value| value.to_string()).unwrap_or_default()
    }
    let of = |cell: fn(&Row) -> String| check.row.as_ref().map(cell).unwrap_or_default();
    let rule = &judged.rule;
    [
        gated.policy.clone(),
        rule.name.clone(),
        verdict_word(check.verdict).to_owned(),
        check.method.clone(),
        check.baseline.clone().unwrap_or_default(),
        rule.select.metric.clone().unwrap_or_default(),
        of(|row| text(row.limit)),
        of(|row| text(row.challenge)),
        of(|row| text(row.failure_policy)),
        of(|row| row.population.to_string()),
        of(|row| row.group.by().to_owned()),
        of(|row| row.group.level().to_owned()),
        of(|row| text(row.weighting)),
        of(|row| row.variant.to_string()),
        of(|row| row.unit.to_string()),
        of(|row| row.value.map(twelve_digits).unwrap_or_default()),
        of(|row| row.status.to_string()),
        of(|row| text(row.n_attempts)),
        of(|row| text(row.n_subjects)),
        rule.test.key().to_owned(),
        twelve_digits(rule.test.number()),
        check.judged.map(twelve_digits).unwrap_or_default(),
        check.judged_by.clone(),
        text(check.more_subjects),
        check.says.clone(),
    ]
}

/// The verdicts as JSON; unknown is `null`.
#[must_use]
pub fn json(gated: &Gated) -> Value {
    let rule = |judged: &Judged| {
        let rule = &judged.rule;
        let select = serde_json::to_value(&rule.select).unwrap_or_default();
        json!({
            "name": rule.name,
            "source": Some(&rule.source).filter(|source| !source.is_empty()),
            "method": rule.method,
            "select": select,
            "test": rule.test.key(),
            "number": rule.test.number(),
            "verdict": verdict_word(judged.verdict),
            "checks": judged.checks.iter().map(|check| of_check(gated, judged, check)).collect::<Vec<_>>(),
        })
    };
    json!({
        "schema": VERDICTS_SCHEMA,
        "policy": gated.policy,
        "source": gated.source,
        "verdict": verdict_word(gated.verdict),
        "notes": gated.notes,
        "rules": gated.rules.iter().map(rule).collect::<Vec<_>>(),
    })
}

/// A check: the cells of the CSV that are not those of its rule, numbers as numbers.
fn of_check(gated: &Gated, judged: &Judged, check: &Check) -> Value {
    const OF_RULE: [&str; 5] = ["policy", "rule", "metric", "test", "number"];
    const NUMBERS: [&str; 7] = ["limit", "challenge", "value", "n_attempts", "n_subjects", "judged", "more_subjects"];
    let cells = VERDICTS_COLUMNS.into_iter().zip(cells(gated, judged, check));
    let value = |(column, cell): (&str, String)| {
        let value = match (cell.is_empty(), NUMBERS.contains(&column)) {
            (true, _) => Value::Null,
            (false, true) => cell.parse::<serde_json::Number>().map_or(Value::String(cell), Value::Number),
            (false, false) => Value::String(cell),
        };
        (column.to_owned(), value)
    };
    cells.filter(|(column, _)| !OF_RULE.contains(column)).map(value).collect()
}
