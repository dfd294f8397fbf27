//! Rows held against those of an independent computation: a script under `scripts/validation/` that uses none of our code.

use serde_json::Value;

use super::*;

/// What finds the row that `row` of an independent computation speaks of.
pub(super) fn select(row: &Value) -> toml::Table {
    let mut select = toml::Table::new();
    for key in ["metric", "population", "weighting", "group_by", "group", "variant", "failure_policy"] {
        if let Some(word) = row[key].as_str() {
            select.insert(key.to_owned(), word.into());
        }
    }
    if let Some(limit) = row["limit"].as_i64() {
        select.insert("limit".to_owned(), limit.into());
    }
    if let Some(challenge) = row["challenge"].as_f64() {
        select.insert("challenge".to_owned(), challenge.into());
    }
    select
}

/// As [`select`], of the whole population where neither a population nor a limit is named.
pub(super) fn select_whole(row: &Value) -> toml::Table {
    let mut select = select(row);
    if !select.contains_key("population") && !select.contains_key("limit") {
        select.insert("population".to_owned(), "all".into());
    }
    select
}

/// Whether two numbers agree within METRICS' tolerance.
pub(super) fn near(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() <= 1e-9 * wanted.abs().max(1e-6)
}

/// What of `found` is not as `row` says: numbers within METRICS' tolerance, counts exactly.
pub(super) fn differences(found: &Row, row: &Value) -> Vec<String> {
    let numbers = [
        ("value", found.value),
        ("low", found.low),
        ("high", found.high),
        ("claim_low", found.claim_low),
        ("claim_high", found.claim_high),
        ("n_star", found.n_star),
    ];
    let sound = |key: &str, value: Option<f64>| {
        let Some(wanted) = row[key].as_f64() else { return true };
        value.is_some_and(|value| match found.metric.as_str() {
            // Where an interval touches 0, found to 1e-12.
            "difference_p" => near(value, wanted) || (value - wanted).abs() < 1e-11,
            // The bounds rest on squares rounded to 10^-6 squared years a subject.
            "rmse" => (value - wanted).abs() <= 1e-7 * wanted.abs().max(1e-6),
            _ => near(value, wanted),
        })
    };
    let counts = [
        ("n_attempts", found.n_attempts),
        ("n_subjects", found.n_subjects),
        ("n_events", found.n_events),
        ("n_event_subjects", found.n_event_subjects),
    ];
    let numbers = numbers.into_iter().filter(|(key, value)| !sound(key, *value));
    let numbers = numbers.map(|(key, value)| format!("{key}: {value:?} in {row}"));
    let counts = counts.into_iter().filter(|(key, value)| !row[*key].is_null() && *value != row[*key].as_u64());
    numbers.chain(counts.map(|(key, value)| format!("{key}: {value:?} in {row}"))).collect()
}

/// Holds the interval of a bootstrap, where `row` has one, to that of the script's own draws: no bound further away than
/// this share of its width. The 2.5 % point of 2,000 replicates varies by 2 % of the width (one standard error).
pub(super) fn bootstrap_agrees(found: &Row, row: &Value, share: f64) {
    let Some(bounds) = row["near"].as_array() else { return };
    assert_eq!(found.interval, Some(crate::table::Interval::Bootstrap), "{row}");
    let [low, high] = [0, 1].map(|at| bounds[at].as_f64().unwrap());
    let apart = [(found.low, low), (found.high, high)].map(|(own, wanted)| (own.unwrap() - wanted).abs());
    assert!(apart.iter().all(|apart| *apart < share * (high - low)), "{:?} {:?} in {row}", found.low, found.high);
}

/// Holds the null of a summary, where `row` has one, to labels that were really moved 20,000 times: p within 5 standard
/// errors of both Monte Carlo draws and 0.01 for the normal form of the larger strata; median and percentile within 5 of
/// theirs and `share` of the value for it. Gives whether it has one.
pub(super) fn null_agrees(table: &Table, row: &Value, share: f64) -> bool {
    let null = &row["null"];
    if !null.is_object() {
        return false;
    }
    let with = |key: &str, value: &str| {
        let mut row = row.clone();
        row["variant"] = format!("{};{key}={value}", row["variant"].as_str().unwrap()).into();
        if key == "summary" {
            row["metric"] = "permutation_p".into();
        }
        only(table, &select(&row).to_string()).clone()
    };
    let of = |row: &Row| row.value.unwrap_or_else(|| panic!("no null: {row:?}"));
    let number = |key: &str| null[key].as_f64().unwrap();
    let p = of(&with("summary", row["metric"].as_str().unwrap()));
    let error = (number("p") * (1.0 - number("p")) * (1.0 / 9_999.0 + 1.0 / 20_000.0)).sqrt();
    assert!((p - number("p")).abs() < 5.0 * error + 0.01, "p {p} in {row}");
    let falls = row["metric"] == "fairness_discrepancy_rate";
    let tail = if falls { "percentile_5" } else { "percentile_95" };
    for (key, word) in [("median", "median"), ("tail", tail)] {
        let found = of(&with("null", word));
        let wanted = number(key);
        // So few events that the null is a handful of values: a normal distribution lies between them.
        if null["noise"][key].as_f64() == Some(0.0) {
            continue;
        }
        // Of a rate near 1 the distance from 1 is what varies.
        let size = if falls { 1.0 - wanted } else { wanted };
        let error = null["noise"][key].as_f64().unwrap() * 3.0_f64.sqrt();
        assert!((found - wanted).abs() < 5.0 * error + share * size, "{key} {found} in {row}");
    }
    true
}
