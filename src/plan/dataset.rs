//! What an existing dataset can show: the people in each population, and the least rate that they could ever bound.
//!
//! The dataset is tallied as a run of a method that makes no error would be, under the protocol, so that subjects, clusters,
//! weights, windows, groups and straddling labels count exactly as they will when a real method is scored.

use super::claim::{Needed, needed, row_of};
use super::row::{Planned, Question, Standing};
use super::{Claim, PlanError, presentable};
use crate::age::Age;
use crate::dataset::Dataset;
use crate::metric::{self, Facts, Reach};
use crate::outcome::{Answer, Outcome};
use crate::protocol::{ChallengeGrid, Protocol, Tie};
use crate::score;
use crate::stats::{Presentable, allowed_events, upper_claim};
use crate::tally::{Answers, Tally};

/// The rows of a dataset: for each limit of the claim every population and group that its rate is about, once a true rate.
///
/// # Errors
/// [`PlanError`]: the dataset cannot be counted.
pub fn of_dataset(dataset: &Dataset, protocol: &Protocol, claim: &Claim) -> Result<Vec<Planned>, PlanError> {
    let (truth, facts) = score::listed(dataset)?;
    let counted = without_the_rest(protocol, claim);
    let mut answers = Answers::new(&counted.limits);
    for sample in dataset.samples().iter() {
        // The lower end of the true age is on its side of every limit that it does not straddle.
        let age = sample.age.and_then(|age| Age::new(age.low()).ok());
        // Whose age is unknown is in no population, whatever the answer.
        let outcome = age.map(|age| Outcome::answered(Answer::Age { age, spread: None }));
        answers.push(outcome.as_ref());
    }
    let tally = Tally::of(&truth, &answers, &counted)?;
    let rule = presentable(protocol);
    let each: Vec<(f64, Option<Needed>)> =
        claim.true_rates.iter().map(|rate| (*rate, needed(claim, *rate, &rule, protocol))).collect();
    let mut rows = Vec::new();
    for reach in metric::reach(&tally, &counted).iter().filter(|reach| reach.metric == claim.rate.metric()) {
        let set = Set { reach, facts, claim, protocol, rule: &rule };
        rows.extend(each.iter().map(|(rate, needed)| set.row(dataset, *rate, *needed)));
    }
    Ok(rows)
}

/// The protocol with the claim's limits and without what has nothing to do with counting people.
fn without_the_rest(protocol: &Protocol, claim: &Claim) -> Protocol {
    let mut buffer = protocol.buffer.clone();
    (buffer.span, buffer.confirm) = (0, false);
    Protocol {
        limits: claim.limits.clone(),
        challenge: ChallengeGrid { span: 0, step: 1000, headline: vec![0] },
        tie: Tie::AtOrAbove,
        buffer,
        fixed_thresholds: Vec::new(),
        retries: Vec::new(),
        bands: Vec::new(),
        standards: Vec::new(),
        projections: Vec::new(),
        primary: Vec::new(),
        family: Vec::new(),
        ..protocol.clone()
    }
}

/// One population, and what is asked of it.
struct Set<'s> {
    reach: &'s Reach,
    facts: Facts,
    claim: &'s Claim,
    protocol: &'s Protocol,
    rule: &'s Presentable,
}

impl Set<'_> {
    fn row(&self, dataset: &Dataset, rate: f64, needed: Option<Needed>) -> Planned {
        let Self { reach, claim, protocol, rule, .. } = *self;
        let level = protocol.levels.claim;
        let n_star = reach.n_star.map(|n_star| n_star / claim.design.effect);
        let whole = n_star.map_or(0, whole);
        let reasons = self.reasons(n_star);
        let power = rule.power(whole, rate, claim.target, level);
        // A population on which no claim can rest shows nothing.
        let carries = reasons.is_empty();
        let can = carries && power >= claim.power;
        Planned {
            dataset: dataset.card().name.clone(),
            manifest_digest: dataset.manifest_digest().short(),
            limit: Some(reach.limit),
            population: Some(reach.population.clone()),
            group: reach.group.clone(),
            target: Some(claim.target),
            true_rate: Some(rate),
            n_attempts: Some(reach.attempts),
            n_subjects: Some(reach.subjects),
            n_straddling: Some(reach.straddling),
            n_star,
            n_star_needed: needed.map(|needed| needed.n_star),
            n_star_for_bound: needed.map(|needed| needed.for_bound),
            subjects_needed: needed.map(|needed| needed.subjects),
            more_subjects: if can { Some(0) } else { needed.map(|needed| self.more(needed, n_star)) },
            allowed_events: allowed_events(whole, claim.target, level),
            power_there: Some(if carries { power } else { 0.0 }),
            least_without_event: n_star.filter(|n| *n > 0.0).map(|n| upper_claim(0.0, n, level)),
            least_target: rule.least_limit_to_show(whole, rate, claim.power, level).filter(|_| carries),
            largest_true_rate: rule
                .largest_rate_that_passes(whole, claim.target, claim.power, level)
                .filter(|_| carries),
            standing: if can { Standing::CanShow } else { Standing::CannotShow },
            reasons,
            ..row_of(Question::Dataset, claim, protocol)
        }
    }

    /// What speaks against any claim on these people, as their rows will say it.
    fn reasons(&self, n_star: Option<f64>) -> Vec<String> {
        let (reach, rule) = (self.reach, self.protocol.evidence);
        let mut reasons = Vec::new();
        if !self.facts.chronological {
            reasons.push("labels are not chronological".to_owned());
        }
        reasons.extend(reach.reasons.iter().cloned());
        if reach.subjects < rule.subjects {
            reasons.push(format!("{}<{} subjects", reach.subjects, rule.subjects));
        }
        if let Some(n_star) = n_star.filter(|n_star| *n_star < rule.n_star && reach.subjects >= rule.subjects) {
            reasons.push(format!("n* {n_star:.1}<{}", crate::table::twelve_digits(rule.n_star)));
        }
        reasons
    }

    /// Subjects that are missing: as many of the same kind as bring n* to what is needed, and to the floor; in a window that
    /// is the mean of its years, in each year.
    fn more(&self, needed: Needed, n_star: Option<f64>) -> u64 {
        let reach = self.reach;
        let missing = |wanted: f64, subjects: u64, n_star: f64| {
            // Where subjects weigh differently, or are alike, further ones are taken to be so too.
            let worth = if n_star > 0.0 { n_star / subjects as f64 } else { self.claim.design.effect.recip() };
            whole_above(wanted / worth).saturating_sub(subjects)
        };
        let wanted = needed.n_star as f64;
        let by_n_star = if reach.years.is_empty() {
            missing(wanted, reach.subjects, n_star.unwrap_or(0.0))
        } else {
            let each = wanted / reach.years.len() as f64;
            let of_year =
                |(_, subjects, n_star): &(u32, u64, f64)| missing(each, *subjects, n_star / self.claim.design.effect);
            reach.years.iter().map(of_year).sum()
        };
        by_n_star.max(self.protocol.evidence.subjects.saturating_sub(reach.subjects))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, saturating")]
fn whole(number: f64) -> u64 {
    (number * (1.0 + 1e-12)).floor() as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, saturating")]
fn whole_above(number: f64) -> u64 {
    (number * (1.0 - 1e-12)).ceil() as u64
}
