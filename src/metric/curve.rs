//! M13, the least data that serves: inputs with something taken away, held against the full input on the same people.
//!
//! A step is accepted when it is not inferior on every rule: the under-age pass rate and the adult denial rate of each
//! limit, and the mean absolute error. Along an axis steps are tested in their declared order, and the first that is not
//! accepted ends it, so that no correction over the steps is needed; over the axes there is one.

use super::catalogue::{self, Entry};
use super::frame::{flag, marked};
use super::paired_error::{ErrorReplicates, error_difference};
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::{Groups, Protocol};
use crate::stats::{Discordance, FEWEST_UNITS, normal_quantile, percentile_bounds};
use crate::table::{
    Bounds, Claim, Context, Counts, Evidence, FailurePolicy, Group, Interval, Place, Population, Quantity, Row,
    RowStatus, Variant, Weighting,
};
use crate::tally::{Answers, PairPlace, PairTally, Slot, TallyError, Truth, paired_errors};

/// The flags of rows of a curve.
pub mod curve_flag {
    /// The step is shown not to be worse than the full input by the margin.
    pub const NON_INFERIOR: &str = "non_inferior";
    /// That is not shown.
    pub const NOT_SHOWN: &str = "not_shown";
    /// With so few people nothing could be shown: the rule is in no decision.
    pub const LEFT_OUT: &str = "left_out";
}

/// How much worse a smaller input may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margins {
    /// Of both rates, as a share.
    pub rate: f64,
    /// Of the mean absolute error, years.
    pub years: f64,
}

/// What one step gives away, beside the steps before it.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveStep {
    /// Its number, from 1; 0 is the full input.
    pub number: u32,
    /// What is taken away: `pixels`, `quality`, `gray` or `margin`.
    pub axis: String,
    /// How much of it is left.
    pub left: f64,
    /// Bytes of all samples as they were given.
    pub bytes: u64,
    /// Samples.
    pub samples: u64,
}

/// One rule of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Ruled {
    entry: Entry,
    place: Place,
    margin: f64,
    counts: Counts,
    weighted: bool,
    shown: Shown,
}

#[derive(Debug, Clone, PartialEq)]
enum Shown {
    /// Value (none where nothing was answered both times), bounds, and whether the upper one is below the margin.
    Judged { value: Option<f64>, bounds: Option<Bounds>, accepted: bool },
    /// In no decision: why.
    LeftOut(String),
}

impl Ruled {
    /// Whether the step is shown not to be worse by the margin; none where the rule is left out.
    #[must_use]
    pub fn accepted(&self) -> Option<bool> {
        match self.shown {
            Shown::Judged { accepted, .. } => Some(accepted),
            Shown::LeftOut(_) => None,
        }
    }

    /// What is held against the margin, in words: `under-age passes at 18, challenge age 25`.
    #[must_use]
    pub fn words(&self) -> String {
        let rate = if self.entry == catalogue::CURVE_PASS { "under-age passes" } else { "adult denials" };
        match (self.place.limit, self.place.challenge) {
            (Some(limit), Some(challenge)) => format!("{rate} at {limit}, challenge age {challenge}"),
            (Some(limit), None) => format!("{rate} at {limit}"),
            _ => "the mean error".to_owned(),
        }
    }
}

/// The claim level of each of `axes` axes, so that all of them together err no more often than one at the protocol's own
/// level (Bonferroni).
#[must_use]
pub fn axis_level(protocol: &Protocol, axes: usize) -> f64 {
    1.0 - (1.0 - protocol.levels.claim) / axes.max(1) as f64
}

/// The rules of one step: answers on the `reduced` input against those on the `full` one.
///
/// Every attempt counts, whoever has no decision does not pass (`fail_closed`): an input on which a method fails more
/// often is a worse one. Rates at the headline challenge ages, or of the method's own decisions. A rule that not even an
/// input without any difference could meet, for want of people, is left out.
///
/// # Errors
/// As [`PairTally::of`].
pub fn rules(
    truth: &Truth,
    full: &Answers,
    reduced: &Answers,
    protocol: &Protocol,
    margins: Margins,
    level: f64,
) -> Result<Vec<Ruled>, TallyError> {
    let protocol = &Protocol { groups: Groups::Columns(Vec::new()), crossings: Vec::new(), ..protocol.clone() };
    let tally = PairTally::of(truth, full, reduced, protocol)?;
    let mut found = Vec::new();
    for limit in &protocol.limits {
        let ages = protocol.headline_ages(*limit).into_iter().map(Some).filter(|_| full.challengeable());
        for challenge in full.decides(*limit).then_some(None).into_iter().chain(ages) {
            for slot in [Slot::Under, Slot::Over] {
                found.push(rate(&tally, *limit, challenge, slot, margins.rate, level));
            }
        }
    }
    if full.ages().next().is_some() {
        found.push(mean_error(truth, full, reduced, protocol.seed, margins.years, level));
    }
    Ok(found)
}

/// Whether the step of `rules` is accepted: every rule is met that is not left out, and there is one about a rate.
#[must_use]
pub fn accepted(rules: &[Ruled]) -> bool {
    let is_rate = |rule: &&Ruled| rule.place.limit.is_some() && rule.accepted().is_some();
    rules.iter().filter(is_rate).count() > 0 && rules.iter().all(|rule| rule.accepted() != Some(false))
}

fn rate(
    tally: &PairTally,
    limit: AgeLimit,
    challenge: Option<ChallengeAge>,
    slot: Slot,
    margin: f64,
    level: f64,
) -> Ruled {
    let under = slot == Slot::Under;
    let policy = FailurePolicy::FailClosed;
    let cell = tally.cells.get(&PairPlace { group: Group::whole(), limit, slot, challenge, policy });
    let entry = if under { catalogue::CURVE_PASS } else { catalogue::CURVE_DENIAL };
    let place = Place {
        limit: Some(limit),
        challenge,
        failure_policy: Some(policy),
        population: if under { Population::Under } else { Population::Over },
        weighting: Some(Weighting::Subject),
        ..Place::of_all()
    };
    let differing = cell.map(|cell| cell.differing(under)).unwrap_or_default();
    let counts = Counts {
        attempts: Some(cell.map_or(0, |cell| cell.attempts())),
        subjects: Some(differing.subjects),
        events: Some(cell.map_or(0, |cell| cell.discordant)),
        event_subjects: Some(differing.more + differing.fewer),
        ..Counts::default()
    };
    let weighted = cell.is_some_and(|cell| cell.weighted.is_some());
    let ruled = |shown| Ruled { entry, place, margin, counts, weighted, shown };
    let Some(nothing_differs) = Discordance::new(0.0, 0.0, differing.people) else {
        return ruled(Shown::LeftOut("nobody".to_owned()));
    };
    if nothing_differs.upper(level) >= margin {
        // z^2 / (n + z^2) < margin
        let square = normal_quantile(level).powi(2);
        let needed = (square * (1.0 - margin) / margin).floor() + 1.0;
        return ruled(Shown::LeftOut(format!("{:.0}<{needed:.0} subjects", differing.people)));
    }
    let Some(found) = Discordance::new(differing.b, differing.c, differing.people) else {
        return ruled(Shown::LeftOut("the differences cannot be counted".to_owned()));
    };
    let (low, high) = (found.lower(level), found.upper(level));
    let bounds = Some(Bounds { interval: Interval::Tango, level: 2.0 * level - 1.0, low, high });
    ruled(Shown::Judged { value: Some(found.difference()), bounds, accepted: high < margin })
}

fn mean_error(truth: &Truth, full: &Answers, reduced: &Answers, seed: u64, margin: f64, level: f64) -> Ruled {
    let errors = paired_errors(truth, full, reduced);
    let subjects = errors.len() as u64;
    let attempts = errors.iter().map(|one| u64::from(one.attempts)).sum();
    let counts = Counts { attempts: Some(attempts), subjects: Some(subjects), ..Counts::default() };
    let place = Place { weighting: Some(Weighting::Subject), ..Place::of_all() };
    let weighted = errors.iter().any(|one| one.weighted.is_some());
    let ruled = |shown| Ruled { entry: catalogue::CURVE_MAE, place, margin, counts, weighted, shown };
    let answered = paired_errors(truth, full, full).len() as u64;
    if answered < FEWEST_UNITS {
        return ruled(Shown::LeftOut(format!("{answered}<{FEWEST_UNITS} subjects")));
    }
    let drawn = ErrorReplicates::of(&errors, seed).map(|drawn| drawn.differences(false, Weighting::Subject));
    let level = 2.0 * level - 1.0;
    let limits = drawn.and_then(|drawn| percentile_bounds(&drawn, subjects, level));
    let bounds = limits.map(|(low, high)| Bounds { interval: Interval::Bootstrap, level, low, high });
    let value = (!errors.is_empty()).then(|| error_difference(&errors, false, Weighting::Subject));
    ruled(Shown::Judged { value, bounds, accepted: bounds.is_some_and(|bounds| bounds.high < margin) })
}

/// What is left of the input in the end, and where the search for less of it ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Least {
    /// What is left along each axis on which a step was accepted: pixels of the longer side, quality of the JPEG, 0 for no
    /// colour, margin round the face.
    pub left: Vec<(String, f64)>,
    /// Mean bytes of a sample.
    pub bytes: f64,
    /// Mean bytes of a full one.
    pub full_bytes: f64,
    /// The axes that were asked for, each with why the search along it ended.
    pub ended: Vec<Ended>,
}

/// Why the search along an axis ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The axis.
    pub axis: String,
    /// In words.
    pub why: String,
    /// Whether there was a step along it.
    pub tried: bool,
}

/// The rows of a curve: those of each step in its order, then the least input.
#[must_use]
pub fn curve(context: &Context, protocol: &Protocol, steps: &[(CurveStep, Vec<Ruled>)], least: &Least) -> Vec<Row> {
    let mut rows = Vec::new();
    for (step, rules) in steps {
        let variant =
            Variant::of("step", format!("{:02}", step.number)).with("axis", &step.axis).with("left", step.left);
        let counts = Counts { attempts: Some(step.samples), ..Counts::default() };
        let mean = step.bytes as f64 / step.samples.max(1) as f64;
        let quantity = Quantity { value: mean, bounds: None, counts, evidence: None };
        let place = Place { variant: variant.clone(), ..Place::of_all() };
        rows.push(Row::quantity(context, place, catalogue::CURVE_BYTES.measure, quantity));
        rows.extend(rules.iter().map(|rule| rule.row(context, &variant)));
    }
    rows.extend(least.rows(context));
    rows.into_iter().map(|row| marked(protocol, row)).collect()
}

impl Ruled {
    fn row(&self, context: &Context, variant: &Variant) -> Row {
        let place = Place { variant: variant.clone().with("margin", self.margin), ..self.place.clone() };
        let row = self.shown_row(context, place);
        if self.weighted { row.flagged(flag::WEIGHTED) } else { row }
    }

    fn shown_row(&self, context: &Context, place: Place) -> Row {
        match &self.shown {
            Shown::LeftOut(why) => {
                let (status, measure) = (RowStatus::InsufficientEvidence, self.entry.measure);
                Row::without_value(context, place, measure, status, self.counts, why).flagged(curve_flag::LEFT_OUT)
            }
            Shown::Judged { value, bounds, accepted } => {
                let mut row = if let Some(value) = *value {
                    let evidence = Some(match bounds {
                        Some(_) => Evidence::Sufficient,
                        None => Evidence::Short(vec!["no interval".to_owned()]),
                    });
                    let quantity = Quantity { value, bounds: *bounds, counts: self.counts, evidence };
                    Row::quantity(context, place, self.entry.measure, quantity)
                } else {
                    let (status, why) = (RowStatus::Empty, "no attempt was answered on both inputs");
                    Row::without_value(context, place, self.entry.measure, status, self.counts, why)
                };
                let claim = bounds.map(|bounds| Claim { low: bounds.low, high: bounds.high });
                row.claim_low = claim.map(|claim| claim.low);
                row.claim_high = claim.map(|claim| claim.high);
                row.flagged(if *accepted { curve_flag::NON_INFERIOR } else { curve_flag::NOT_SHOWN })
            }
        }
    }
}

impl Least {
    fn rows(&self, context: &Context) -> Vec<Row> {
        let value = |entry: Entry, variant: Variant, value: f64| {
            let quantity = Quantity { value, bounds: None, counts: Counts::default(), evidence: None };
            Row::quantity(context, Place { variant, ..Place::of_all() }, entry.measure, quantity)
        };
        let mut rows = vec![value(catalogue::LEAST_BYTES, Variant::none(), self.bytes)];
        let saved = catalogue::LEAST_SAVED;
        rows.push(if self.full_bytes > 0.0 {
            value(saved, Variant::none(), 1.0 - self.bytes / self.full_bytes)
        } else {
            let (status, counts) = (RowStatus::Empty, Counts::default());
            Row::without_value(context, Place::of_all(), saved.measure, status, counts, "the full input has no bytes")
        });
        for Ended { axis, why, tried } in &self.ended {
            let variant = Variant::of("axis", axis);
            let left = self.left.iter().find(|(of, _)| of == axis);
            let mut row = match left {
                Some((_, left)) => value(catalogue::LEAST_LEFT, variant, *left),
                None => {
                    let place = Place { variant, ..Place::of_all() };
                    let status = if *tried { RowStatus::NotAchievable } else { RowStatus::NotApplicable };
                    let measure = catalogue::LEAST_LEFT.measure;
                    Row::without_value(context, place, measure, status, Counts::default(), "")
                }
            };
            row.evidence = Some(Evidence::Short(vec![why.replace(';', ",")]));
            rows.push(row);
        }
        rows
    }
}

#[cfg(test)]
#[path = "tests/curve.rs"]
mod tests;
