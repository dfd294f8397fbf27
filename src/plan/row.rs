//! One row of a plan, and how it is written.

use std::io::Write;

use serde_json::{Map, Value, json};

use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Group, Population, twelve_digits, written};

/// The schema of a plan's rows.
pub const PLAN_SCHEMA: &str = "agebench-plan/1";

/// The columns of a plan, in order.
pub const PLAN_COLUMNS: [&str; 36] = [
    "schema",
    "question",
    "dataset",
    "manifest_digest",
    "protocol",
    "metric",
    "limit",
    "challenge",
    "population",
    "group_by",
    "group",
    "target",
    "margin",
    "level",
    "power",
    "true_rate",
    "discordance",
    "design_effect",
    "attempts_per_subject",
    "correlation",
    "n_attempts",
    "n_subjects",
    "n_straddling",
    "n_star",
    "n_star_needed",
    "n_star_for_bound",
    "subjects_needed",
    "attempts_needed",
    "more_subjects",
    "allowed_events",
    "power_there",
    "least_without_event",
    "least_target",
    "largest_true_rate",
    "standing",
    "reasons",
];

/// What a row answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// How many subjects show that a rate is at most a target.
    Claim,
    /// How many subjects show that two methods differ by less than a margin.
    Comparison,
    /// What the subjects of a dataset can show.
    Dataset,
}

impl Question {
    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Comparison => "comparison",
            Self::Dataset => "dataset",
        }
    }
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// So many subjects are needed.
    Planned,
    /// No number of subjects shows it.
    NotAchievable,
    /// The dataset shows the target with the power asked for.
    CanShow,
    /// It does not.
    CannotShow,
}

impl Standing {
    /// The word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::NotAchievable => "not_achievable",
            Self::CanShow => "can_show",
            Self::CannotShow => "cannot_show",
        }
    }
}

/// One row of a plan; what does not belong to its question is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// What the row answers.
    pub question: Question,
    /// The dataset's name; empty but for [`Question::Dataset`].
    pub dataset: String,
    /// First 16 hex digits of its manifest's digest.
    pub manifest_digest: String,
    /// The protocol's name.
    pub protocol: String,
    /// The rate.
    pub metric: &'static str,
    /// The limit.
    pub limit: Option<AgeLimit>,
    /// The challenge age, where one is named.
    pub challenge: Option<ChallengeAge>,
    /// Who, by age.
    pub population: Option<Population>,
    /// Who, by group.
    pub group: Group,
    /// The rate is to be at most this.
    pub target: Option<f64>,
    /// The difference is to be less than this.
    pub margin: Option<f64>,
    /// One-sided level of the claim.
    pub level: f64,
    /// Wanted probability of showing it.
    pub power: f64,
    /// The true rate for which the row holds.
    pub true_rate: Option<f64>,
    /// The share of subjects whom two methods decide differently, for which the row holds.
    pub discordance: Option<f64>,
    /// Subjects that tell as much as one independent one.
    pub design_effect: f64,
    /// Attempts of each subject, where several are planned.
    pub attempts_per_subject: Option<u64>,
    /// Their intra-subject correlation.
    pub correlation: Option<f64>,
    /// Attempts that are there.
    pub n_attempts: Option<u64>,
    /// Subjects that are there.
    pub n_subjects: Option<u64>,
    /// Samples left out because their known age straddles the limit.
    pub n_straddling: Option<u64>,
    /// Independent subjects that are there.
    pub n_star: Option<f64>,
    /// Independent subjects that are needed.
    pub n_star_needed: Option<u64>,
    /// Independent subjects whose bound alone shows the target, which is all that the safe buffer asks of it.
    pub n_star_for_bound: Option<u64>,
    /// Subjects that are needed.
    pub subjects_needed: Option<u64>,
    /// Attempts that are needed.
    pub attempts_needed: Option<u64>,
    /// Subjects that are missing.
    pub more_subjects: Option<u64>,
    /// Most events with which the target is still shown, among as many as are needed, or are there.
    pub allowed_events: Option<u64>,
    /// Probability of showing the target with as many as are needed, or are there.
    pub power_there: Option<f64>,
    /// The upper bound that a method without an event gets.
    pub least_without_event: Option<f64>,
    /// The least target that these people show with the wanted power at this true rate.
    pub least_target: Option<f64>,
    /// The largest true rate at which these people show the target with the wanted power.
    pub largest_true_rate: Option<f64>,
    /// How it stands.
    pub standing: Standing,
    /// What speaks against a claim, or why nothing can be planned.
    pub reasons: Vec<String>,
}

impl Planned {
    /// The cells in the order of [`PLAN_COLUMNS`]; an unknown one is null.
    fn cells(&self) -> [Value; PLAN_COLUMNS.len()] {
        let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
        // As CSV has them, so that both forms hold the same number.
        let number = |value: Option<f64>| {
            value.and_then(|value| twelve_digits(value).parse::<f64>().ok()).map_or(Value::Null, |value| json!(value))
        };
        let whole = |value: Option<u64>| value.map_or(Value::Null, |value| json!(value));
        [
            json!(PLAN_SCHEMA),
            json!(self.question.word()),
            text(&self.dataset),
            text(&self.manifest_digest),
            text(&self.protocol),
            json!(self.metric),
            whole(self.limit.map(|limit| u64::from(limit.years()))),
            number(self.challenge.map(ChallengeAge::years)),
            self.population.as_ref().map_or(Value::Null, |population| json!(population.to_string())),
            text(self.group.by()),
            text(self.group.level()),
            number(self.target),
            number(self.margin),
            number(Some(self.level)),
            number(Some(self.power)),
            number(self.true_rate),
            number(self.discordance),
            number(Some(self.design_effect)),
            whole(self.attempts_per_subject),
            number(self.correlation),
            whole(self.n_attempts),
            whole(self.n_subjects),
            whole(self.n_straddling),
            number(self.n_star),
            whole(self.n_star_needed),
            whole(self.n_star_for_bound),
            whole(self.subjects_needed),
            whole(self.attempts_needed),
            whole(self.more_subjects),
            whole(self.allowed_events),
            number(self.power_there),
            number(self.least_without_event),
            number(self.least_target),
            number(self.largest_true_rate),
            json!(self.standing.word()),
            text(&self.reasons.join(";")),
        ]
    }
}

/// Writes `rows` as CSV with their head; an unknown cell is empty.
///
/// # Errors
/// When `sink` fails.
pub fn write_csv(rows: &[Planned], sink: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::WriterBuilder::new().from_writer(sink);
    writer.write_record(PLAN_COLUMNS)?;
    for row in rows {
        let text = |cell: &Value| match cell {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Number(number) => number
                .as_u64()
                .map_or_else(|| number.as_f64().map(twelve_digits).unwrap_or_default(), |whole| whole.to_string()),
            other => other.to_string(),
        };
        // Names of datasets and groups are foreign text, which no program for tables shall run.
        let cells = PLAN_COLUMNS.iter().zip(row.cells()).map(|(column, cell)| match &cell {
            Value::String(_) => written(column, &text(&cell)).into_owned(),
            _ => text(&cell),
        });
        writer.write_record(cells)?;
    }
    writer.flush()?;
    Ok(())
}

/// `rows` as a JSON list of objects, a key a column; an unknown value is null.
#[must_use]
pub fn write_json(rows: &[Planned]) -> String {
    let object = |row: &Planned| -> Map<String, Value> {
        PLAN_COLUMNS.iter().map(|name| (*name).to_owned()).zip(row.cells()).collect()
    };
    format!("{:#}\n", json!(rows.iter().map(object).collect::<Vec<_>>()))
}
