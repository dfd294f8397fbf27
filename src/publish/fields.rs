//! The columns of released tables as Table Schema has them: type, meaning, and what a cell may be.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::table::{
    Better, COLUMNS, COMPARED_COLUMNS, FailurePolicy, Interval, RANKED_COLUMNS, RowStatus, SCHEMA, Unit, Weighting,
};

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The column's name.
    pub name: String,
    /// `string`, `integer` or `number`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it says.
    #[serde(default)]
    pub description: String,
    /// What a cell may be.
    #[serde(default, skip_serializing_if = "Constraints::is_none")]
    pub constraints: Constraints,
}

/// What a cell may be.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Constraints {
    /// Whether no cell is empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The words that it may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "enum")]
    pub words: Vec<String>,
    /// The whole text, as a regular expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Value>,
    /// The largest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Value>,
}

impl Constraints {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

impl Field {
    fn new(name: &str, kind: &str, description: &str) -> Self {
        let (name, kind, description) = (name.to_owned(), kind.to_owned(), description.to_owned());
        Self { name, kind, description, constraints: Constraints::default() }
    }

    fn required(mut self) -> Self {
        self.constraints.required = true;
        self
    }

    fn words<'w>(mut self, words: impl IntoIterator<Item = &'w str>) -> Self {
        self.constraints.words = words.into_iter().map(str::to_owned).collect();
        self
    }

    fn digest(mut self) -> Self {
        self.constraints.pattern = Some("[0-9a-f]{16}".to_owned());
        self
    }

    fn between(mut self, minimum: Option<u64>, maximum: Option<u64>) -> Self {
        self.constraints.minimum = minimum.map(Value::from);
        self.constraints.maximum = maximum.map(Value::from);
        self
    }
}

/// A released table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// metrics.csv.
    Metrics,
    /// comparison.csv.
    Comparison,
    /// leaderboard.csv.
    Leaderboard,
}

impl Kind {
    /// The columns of the table, in order.
    #[must_use]
    pub fn columns(self) -> Vec<&'static str> {
        let more: &[&str] = match self {
            Self::Metrics => &[],
            Self::Comparison => &COMPARED_COLUMNS,
            Self::Leaderboard => &RANKED_COLUMNS,
        };
        COLUMNS.iter().chain(more).copied().collect()
    }

    /// The fields of the table, in order.
    #[must_use]
    pub fn fields(self) -> Vec<Field> {
        self.columns().into_iter().map(field).collect()
    }
}

/// The field of a column.
fn field(name: &str) -> Field {
    let text = |description| Field::new(name, "string", description);
    let number = |description| Field::new(name, "number", description);
    let count = |description| Field::new(name, "integer", description).between(Some(0), None);
    match name {
        "schema" => text("The schema of the row.").required().words([SCHEMA]),
        "tool_version" => text("The version of agebench that computed the row.").required(),
        "method" => text("Name of the method.").required(),
        "method_kind" => text("How the method assures an age (ISO/IEC 27566).")
            .required()
            .words(["estimation", "verification", "inference", "declaration"]),
        "method_digest" => {
            text("First 16 hexadecimal digits of the digest of the method's card and files.").required().digest()
        }
        "dataset" => text("Name of the dataset.").required(),
        "manifest_digest" => {
            text("First 16 hexadecimal digits of the digest of the manifest: rows are comparable where it is the same.")
                .required()
                .digest()
        }
        "protocol_digest" => {
            text("First 16 hexadecimal digits of the digest of protocol.toml.").required().digest()
        }
        "engine" => text("What ran the model and decoded pictures, with versions."),
        "limit" => Field::new(name, "integer", "The legal age in question, years.").between(Some(1), Some(120)),
        "challenge" => number(
            "The challenge age: who is estimated to be at least as old passes. Empty: the method's own decision, or no question.",
        )
        .between(Some(0), Some(120)),
        "failure_policy" => text("What an attempt without a decision counts as.")
            .words(FailurePolicy::ALL.iter().map(|word| word.word())),
        "population" => text(
            "Who is counted, by true age: all, under or over the limit, a single year (age:17), years from and to (window:13-17).",
        )
        .required(),
        "group_by" => text("The columns of the manifest that people are grouped by; empty for everybody."),
        "group" => text("The group; empty for everybody, or where the row is about all groups of the column."),
        "metric" => text("Name of the metric; `agebench list metrics` and docs/methodology.md define each.").required(),
        "weighting" => text("Whether every subject or every attempt weighs the same.")
            .words(Weighting::ALL.iter().map(|word| word.word())),
        "variant" => text("What sets the row apart from the plain one: key=value pairs, separated by semicolons."),
        "unit" => text("Unit of value, low and high.").required().words(Unit::ALL.iter().map(|word| word.word())),
        "better" => text("Which direction of the value is the better one.")
            .required()
            .words(Better::ALL.iter().map(|word| word.word())),
        "value" => number("The value. Empty is unknown, never 0; status says why."),
        "status" => text("What the value is, or why there is none.")
            .required()
            .words(RowStatus::ALL.iter().map(|word| word.word())),
        "low" => number("Lower bound of the interval."),
        "high" => number("Upper bound of the interval."),
        "interval" => text("How the interval was made.").words(Interval::ALL.iter().map(|word| word.word())),
        "level" => number("Level of the interval, such as 0.95.").between(Some(0), Some(1)),
        "claim_low" => number("Lower bound for claims, one-sided at the protocol's level."),
        "claim_high" => number("Upper bound for claims, one-sided at the protocol's level."),
        "n_attempts" => count("Attempts in the denominator."),
        "n_subjects" => count("Subjects (people) in the denominator."),
        "n_events" => count("Attempts that are events, such as an under-age pass."),
        "n_event_subjects" => count("Subjects with an event."),
        "n_undecided" => count("Attempts that were answered without a decision."),
        "n_ties" => count("Answers equal to the challenge age."),
        "n_star" => number("Effective number of independent attempts behind the interval.").between(Some(0), None),
        "deff" => number("Design effect: attempts for each effective one.").between(Some(0), None),
        "evidence" => text("`sufficient`, or why no claim can rest on the row."),
        "flags" => text("Flags, separated by semicolons."),
        "baseline_method" => text("The method that is subtracted.").required(),
        "baseline_digest" => text("First 16 hexadecimal digits of its digest.").required().digest(),
        "p" => number("Probability of a difference at least as large where there is none.").between(Some(0), Some(1)),
        "p_adjusted" => number("The same, adjusted for the protocol's family (Holm).").between(Some(0), Some(1)),
        "rank_low" => count("Best place that the method may have."),
        "rank_high" => count("Worst place that the method may have."),
        "ranked" => count("Methods ranked at this place.").required(),
        _ => text(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::NUMBERS;

    #[test]
    fn every_column_is_described_and_numbers_are_numbers() {
        for kind in [Kind::Metrics, Kind::Comparison, Kind::Leaderboard] {
            for field in kind.fields() {
                assert!(!field.description.is_empty(), "{}", field.name);
                assert_eq!(field.kind != "string", NUMBERS.contains(&field.name.as_str()), "{}", field.name);
            }
        }
    }
}
