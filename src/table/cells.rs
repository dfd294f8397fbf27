//! A row as 38 cells of text, and back.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::number::cell as number;
use super::row::Sealed;
use super::{COLUMNS, Evidence, Group, Row, WordError};
use crate::age::{AgeLimit, ChallengeAge};

/// The evidence cell of a value that can carry a claim.
const SUFFICIENT: &str = "sufficient";

impl Row {
    /// The cells in the order of [`COLUMNS`]; unknown is empty.
    #[must_use]
    pub fn cells(&self) -> [String; COLUMNS.len()] {
        fn text(value: Option<impl ToString>) -> String {
            value.map(|value| value.to_string()).unwrap_or_default()
        }
        [
            self.schema.clone(),
            self.tool_version.clone(),
            self.method.clone(),
            self.method_kind.clone(),
            self.method_digest.clone(),
            self.dataset.clone(),
            self.manifest_digest.clone(),
            self.protocol_digest.clone(),
            self.engine.clone(),
            text(self.limit),
            text(self.challenge),
            text(self.failure_policy),
            self.population.to_string(),
            self.group.by().to_owned(),
            self.group.level().to_owned(),
            self.metric.clone(),
            text(self.weighting),
            self.variant.to_string(),
            self.unit.to_string(),
            self.better.to_string(),
            number(self.value),
            self.status.to_string(),
            number(self.low),
            number(self.high),
            text(self.interval),
            number(self.level),
            number(self.claim_low),
            number(self.claim_high),
            text(self.n_attempts),
            text(self.n_subjects),
            text(self.n_events),
            text(self.n_event_subjects),
            text(self.n_undecided),
            text(self.n_ties),
            number(self.n_star),
            number(self.deff),
            self.evidence.as_ref().map(Evidence::cell).unwrap_or_default(),
            self.flags.iter().map(String::as_str).collect::<Vec<_>>().join(";"),
        ]
    }

    /// The row whose cell in column `name` is `cell(name)`.
    ///
    /// # Errors
    /// The column's name and what is wrong with its cell.
    pub fn from_cells<'a>(cell: impl Fn(&str) -> &'a str) -> Result<Self, (&'static str, WordError)> {
        let text = |name: &str| cell(name).to_owned();
        Ok(Self {
            schema: text("schema"),
            tool_version: text("tool_version"),
            method: text("method"),
            method_kind: text("method_kind"),
            method_digest: text("method_digest"),
            dataset: text("dataset"),
            manifest_digest: text("manifest_digest"),
            protocol_digest: text("protocol_digest"),
            engine: text("engine"),
            limit: optional("limit", cell("limit"), limit)?,
            challenge: optional("challenge", cell("challenge"), challenge)?,
            failure_policy: optional("failure_policy", cell("failure_policy"), parsed)?,
            population: cell("population").parse().map_err(|error| ("population", error))?,
            group: Group::from_cells(cell("group_by"), cell("group")),
            metric: text("metric"),
            weighting: optional("weighting", cell("weighting"), parsed)?,
            variant: cell("variant").parse().map_err(|error| ("variant", error))?,
            unit: cell("unit").parse().map_err(|error| ("unit", error))?,
            better: cell("better").parse().map_err(|error| ("better", error))?,
            value: optional("value", cell("value"), finite)?,
            status: cell("status").parse().map_err(|error| ("status", error))?,
            low: optional("low", cell("low"), finite)?,
            high: optional("high", cell("high"), finite)?,
            interval: optional("interval", cell("interval"), parsed)?,
            level: optional("level", cell("level"), finite)?,
            claim_low: optional("claim_low", cell("claim_low"), finite)?,
            claim_high: optional("claim_high", cell("claim_high"), finite)?,
            n_attempts: optional("n_attempts", cell("n_attempts"), count)?,
            n_subjects: optional("n_subjects", cell("n_subjects"), count)?,
            n_events: optional("n_events", cell("n_events"), count)?,
            n_event_subjects: optional("n_event_subjects", cell("n_event_subjects"), count)?,
            n_undecided: optional("n_undecided", cell("n_undecided"), count)?,
            n_ties: optional("n_ties", cell("n_ties"), count)?,
            n_star: optional("n_star", cell("n_star"), finite)?,
            deff: optional("deff", cell("deff"), finite)?,
            evidence: optional("evidence", cell("evidence"), |text| Ok(Evidence::of_cell(text)))?,
            flags: cell("flags").split(';').filter(|flag| !flag.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>(),
            sealed: Sealed,
        })
    }
}

impl Evidence {
    /// `sufficient`, or the reasons joined by `;`.
    #[must_use]
    pub fn cell(&self) -> String {
        match self {
            Self::Sufficient => SUFFICIENT.to_owned(),
            Self::Short(reasons) => reasons.join(";"),
        }
    }

    fn of_cell(text: &str) -> Self {
        if text == SUFFICIENT { Self::Sufficient } else { Self::Short(text.split(';').map(str::to_owned).collect()) }
    }
}

pub(super) fn optional<T>(
    column: &'static str,
    text: &str,
    read: impl Fn(&str) -> Result<T, WordError>,
) -> Result<Option<T>, (&'static str, WordError)> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some).map_err(|error| (column, error)) }
}

fn parsed<T: FromStr<Err = WordError>>(text: &str) -> Result<T, WordError> {
    text.parse()
}

pub(super) fn finite(text: &str) -> Result<f64, WordError> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| WordError::new(text, "a number"))
}

pub(super) fn count(text: &str) -> Result<u64, WordError> {
    text.parse().map_err(|_| WordError::new(text, "a count"))
}

fn limit(text: &str) -> Result<AgeLimit, WordError> {
    let error = || WordError::new(text, "an age limit");
    AgeLimit::new(text.parse().map_err(|_| error())?).map_err(|_| error())
}

fn challenge(text: &str) -> Result<ChallengeAge, WordError> {
    let error = || WordError::new(text, "a challenge age");
    ChallengeAge::new(text.parse().map_err(|_| error())?).map_err(|_| error())
}
