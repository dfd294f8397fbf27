//! One row of `metrics.csv`, and the only ways to make one.

use std::collections::BTreeSet;

use super::parts::{Bounds, Context, Counts, Evidence, Measure, Quantity, Rate};
use super::{Better, FailurePolicy, Group, Interval, Place, Population, RowStatus, Unit, Variant, Weighting};
use crate::age::{AgeLimit, ChallengeAge};

/// The schema of `metrics.csv`: columns are only added within a major number.
pub const SCHEMA: &str = "agebench-metrics/1";

/// The columns of `metrics.csv`, in order.
pub const COLUMNS: [&str; 38] = [
    "schema",
    "tool_version",
    "method",
    "method_kind",
    "method_digest",
    "dataset",
    "manifest_digest",
    "protocol_digest",
    "engine",
    "limit",
    "challenge",
    "failure_policy",
    "population",
    "group_by",
    "group",
    "metric",
    "weighting",
    "variant",
    "unit",
    "better",
    "value",
    "status",
    "low",
    "high",
    "interval",
    "level",
    "claim_low",
    "claim_high",
    "n_attempts",
    "n_subjects",
    "n_events",
    "n_event_subjects",
    "n_undecided",
    "n_ties",
    "n_star",
    "deff",
    "evidence",
    "flags",
];

/// One row of `metrics.csv`: a field per column, in the order of [`COLUMNS`]. Fields may be read by anyone; a row is
/// made only by the constructors below or read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The schema the row was written under.
    pub schema: String,
    /// See [`Context::tool_version`].
    pub tool_version: String,
    /// See [`Context::method`].
    pub method: String,
    /// See [`Context::method_kind`].
    pub method_kind: String,
    /// See [`Context::method_digest`].
    pub method_digest: String,
    /// See [`Context::dataset`].
    pub dataset: String,
    /// See [`Context::manifest_digest`].
    pub manifest_digest: String,
    /// See [`Context::protocol_digest`].
    pub protocol_digest: String,
    /// See [`Context::engine`].
    pub engine: String,
    /// See [`Place::limit`].
    pub limit: Option<AgeLimit>,
    /// See [`Place::challenge`].
    pub challenge: Option<ChallengeAge>,
    /// See [`Place::failure_policy`].
    pub failure_policy: Option<FailurePolicy>,
    /// See [`Place::population`].
    pub population: Population,
    /// The columns `group_by` and `group`.
    pub group: Group,
    /// Name of the metric.
    pub metric: String,
    /// See [`Place::weighting`].
    pub weighting: Option<Weighting>,
    /// See [`Place::variant`].
    pub variant: Variant,
    /// Unit of the value.
    pub unit: Unit,
    /// Which direction is the better one.
    pub better: Better,
    /// The value; none where the status says why.
    pub value: Option<f64>,
    /// What the value is, or why there is none.
    pub status: RowStatus,
    /// Lower bound of the display interval.
    pub low: Option<f64>,
    /// Upper bound of the display interval.
    pub high: Option<f64>,
    /// How the display interval was made.
    pub interval: Option<Interval>,
    /// Level of the display interval.
    pub level: Option<f64>,
    /// Lower one-sided bound for claims.
    pub claim_low: Option<f64>,
    /// Upper one-sided bound for claims.
    pub claim_high: Option<f64>,
    /// See [`Counts::attempts`].
    pub n_attempts: Option<u64>,
    /// See [`Counts::subjects`].
    pub n_subjects: Option<u64>,
    /// See [`Counts::events`].
    pub n_events: Option<u64>,
    /// See [`Counts::event_subjects`].
    pub n_event_subjects: Option<u64>,
    /// See [`Counts::undecided`].
    pub n_undecided: Option<u64>,
    /// See [`Counts::ties`].
    pub n_ties: Option<u64>,
    /// Effective sample size.
    pub n_star: Option<f64>,
    /// Design effect.
    pub deff: Option<f64>,
    /// Whether a claim can rest on it; none where that is no question.
    pub evidence: Option<Evidence>,
    /// Flags, sorted.
    pub flags: BTreeSet<String>,
    /// Keeps struct literals inside this room.
    pub(super) sealed: Sealed,
}

/// Only this room can make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sealed;

impl Row {
    /// A row without a value: `status` says why, `reason` (may be empty) says it in the evidence cell.
    #[must_use]
    pub fn without_value(
        context: &Context,
        place: Place,
        measure: Measure,
        status: RowStatus,
        counts: Counts,
        reason: &str,
    ) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool_version: context.tool_version.clone(),
            method: context.method.clone(),
            method_kind: context.method_kind.clone(),
            method_digest: context.method_digest.clone(),
            dataset: context.dataset.clone(),
            manifest_digest: context.manifest_digest.clone(),
            protocol_digest: context.protocol_digest.clone(),
            engine: context.engine.clone(),
            limit: place.limit,
            challenge: place.challenge,
            failure_policy: place.failure_policy,
            population: place.population,
            group: place.group,
            metric: measure.name.to_owned(),
            weighting: place.weighting,
            variant: place.variant,
            unit: measure.unit,
            better: measure.better,
            value: None,
            status,
            low: None,
            high: None,
            interval: None,
            level: None,
            claim_low: None,
            claim_high: None,
            n_attempts: counts.attempts,
            n_subjects: counts.subjects,
            n_events: counts.events,
            n_event_subjects: counts.event_subjects,
            n_undecided: counts.undecided,
            n_ties: counts.ties,
            n_star: None,
            deff: None,
            evidence: (!reason.is_empty()).then(|| Evidence::Short(vec![reason.to_owned()])),
            flags: BTreeSet::new(),
            sealed: Sealed,
        }
    }

    /// A share with its counts and both its intervals. The status is `insufficient_evidence` when the evidence is
    /// short; value, counts and bounds stay.
    #[must_use]
    pub fn rate(context: &Context, place: Place, measure: Measure, rate: Rate) -> Self {
        let counts = Counts {
            attempts: Some(rate.attempts),
            subjects: Some(rate.subjects),
            events: Some(rate.events),
            event_subjects: Some(rate.event_subjects),
            undecided: rate.undecided,
            ties: rate.ties,
        };
        let quantity = Quantity { value: rate.value, bounds: Some(rate.bounds), counts, evidence: Some(rate.evidence) };
        Self {
            claim_low: Some(rate.claim.low),
            claim_high: Some(rate.claim.high),
            n_star: Some(rate.n_star),
            deff: Some(rate.deff),
            ..Self::quantity(context, place, measure, quantity)
        }
    }

    /// A mean, a percentile or a count.
    #[must_use]
    pub fn quantity(context: &Context, place: Place, measure: Measure, quantity: Quantity) -> Self {
        let status = match quantity.evidence {
            Some(Evidence::Short(_)) => RowStatus::InsufficientEvidence,
            Some(Evidence::Sufficient) | None => RowStatus::Value,
        };
        Self {
            value: Some(quantity.value),
            low: quantity.bounds.map(|bounds| bounds.low),
            high: quantity.bounds.map(|bounds| bounds.high),
            interval: quantity.bounds.map(|bounds| bounds.interval),
            level: quantity.bounds.map(|bounds| bounds.level),
            evidence: quantity.evidence,
            ..Self::without_value(context, place, measure, status, quantity.counts, "")
        }
    }

    /// A row of which only bounds are known: `reason` says why there is no value.
    #[must_use]
    pub fn between(
        context: &Context,
        place: Place,
        measure: Measure,
        bounds: Bounds,
        counts: Counts,
        reason: &str,
    ) -> Self {
        Self {
            low: Some(bounds.low),
            high: Some(bounds.high),
            interval: Some(bounds.interval),
            level: Some(bounds.level),
            ..Self::without_value(context, place, measure, RowStatus::NotMeasurable, counts, reason)
        }
    }

    /// This row with one more flag.
    #[must_use]
    pub fn flagged(mut self, flag: &str) -> Self {
        self.flags.insert(flag.to_owned());
        self
    }

    /// Whether the row carries `flag`.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag)
    }

    /// Where the row stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            limit: self.limit,
            challenge: self.challenge,
            failure_policy: self.failure_policy,
            population: self.population.clone(),
            group: self.group.clone(),
            weighting: self.weighting,
            variant: self.variant.clone(),
        }
    }

    /// The cells that no two rows of a file share: `method_digest` to `variant`, without schema, tool version, unit
    /// and better (METRICS M19).
    #[must_use]
    pub fn identity(&self) -> Vec<String> {
        let cells = self.cells();
        let range = 4..18;
        cells.into_iter().enumerate().filter(|(index, _)| range.contains(index)).map(|(_, cell)| cell).collect()
    }
}
