//! Why a rule finds no row: which of its keys shuts out what is there.

use crate::finding::{did_you_mean, listed, quoted};
use crate::metric::catalogue;
use crate::table::{GroupSelect, Row, Select, VariantSelect};

/// Values of a key that are told.
const SHOWN: usize = 6;

/// Why a rule finds no row.
pub(super) struct Missing {
    /// In words: a lowercase fragment.
    pub(super) says: String,
    /// Whether `says` names the verb that makes such rows: they may never have been made, and the rule need have no fault.
    pub(super) unmade: bool,
}

/// Why `select` finds none of `rows`, the rows of `method`; `methods` are those of the folder.
pub(super) fn why(select: &Select, rows: &[&Row], method: &str, methods: &[String]) -> Missing {
    if methods.iter().any(|known| known == method)
        && let Some(metric) = &select.metric
        && rows.iter().all(|row| row.metric != *metric)
        && let Some(verb) = verb(metric)
    {
        return Missing { says: format!("no row of `{metric}`: `agebench {verb}` makes them"), unmade: true };
    }
    Missing { says: shut_out(select, rows, method, methods), unmade: false }
}

/// Which key of `select` shuts out what is there, or that there is no such method or metric.
fn shut_out(select: &Select, rows: &[&Row], method: &str, methods: &[String]) -> String {
    if !methods.iter().any(|known| known == method) {
        let near = did_you_mean(method, methods.iter().map(String::as_str));
        let near = near.unwrap_or_else(|| format!("there is {}", listed(methods)));
        return format!("no method {} in the folder: {near}", quoted(method));
    }
    let metric = select.metric.clone().unwrap_or_default();
    let of_metric: Vec<&Row> = rows.iter().copied().filter(|row| row.metric == metric).collect();
    if of_metric.is_empty() {
        let of_stages = if family(&metric) == Some("waterfall") { ": a method with stages has them" } else { "" };
        return format!("no row of `{metric}`{of_stages}");
    }
    // Each key alone that, were it not there, would let rows in, with what those rows have in its place.
    type Cell = fn(&Row) -> String;
    let loosened: [(&str, Select, Cell); 7] = [
        ("limit", Select { limit: None, ..select.clone() }, |row| text(row.limit)),
        ("challenge", Select { challenge: None, ..select.clone() }, |row| {
            row.challenge.map_or_else(|| "own".to_owned(), |challenge| challenge.to_string())
        }),
        ("failure_policy", Select { failure_policy: None, ..select.clone() }, |row| text(row.failure_policy)),
        ("population", Select { population: None, ..select.clone() }, |row| row.population.to_string()),
        ("group", Select { group: GroupSelect::Any, ..select.clone() }, |row| {
            let (by, level) = (row.group.by(), row.group.level());
            if by.is_empty() { "everybody".to_owned() } else { format!("{by} = {level}") }
        }),
        ("weighting", Select { weighting: None, ..select.clone() }, |row| text(row.weighting)),
        ("variant", Select { variant: VariantSelect::Any, ..select.clone() }, |row| {
            if row.variant.is_none() { "none".to_owned() } else { row.variant.to_string() }
        }),
    ];
    let mut said = Vec::new();
    for (key, select, value) in loosened {
        let mut values: Vec<String> = Vec::new();
        for row in of_metric.iter().filter(|row| select.matches(row)) {
            let value = value(row);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        let more = values.len().saturating_sub(SHOWN);
        values.truncate(SHOWN);
        if !values.is_empty() {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            said.push(format!("with another `{key}` there would be: {}{more}", values.join(", ")));
        }
    }
    match said.as_slice() {
        [] => format!("no row of `{metric}` fits: more than one key of the rule shuts them out"),
        said => format!("no row: {}", said.join("; ")),
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// The words after `agebench` that make the rows of a metric, where a run does not have them by itself.
fn verb(metric: &str) -> Option<&'static str> {
    match family(metric)? {
        "latency" => Some("latency"),
        "footprint" | "information" | "declared" => Some("footprint"),
        "curve" => Some("footprint --curve"),
        _ => None,
    }
}

fn family(metric: &str) -> Option<&'static str> {
    catalogue::ALL.iter().find(|entry| entry.measure.name == metric).map(|entry| entry.family)
}
