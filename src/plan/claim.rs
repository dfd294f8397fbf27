//! A claim, and a comparison, for people who are not found yet.

use super::row::{Planned, Question, Standing};
use super::{Claim, Design, MOST, Margin, Rate, presentable};
use crate::protocol::Protocol;
use crate::stats::{
    Presentable, allowed_events, paired_subjects_needed, subjects_needed, subjects_of_attempts, with_design_effect,
};
use crate::table::{Group, Population};

/// What so many independent subjects come to under a design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Needed {
    /// Independent subjects, which bounds are computed with.
    pub n_star: u64,
    /// As many whose bound alone shows the target.
    pub for_bound: u64,
    /// Subjects.
    pub subjects: u64,
    /// Attempts of all of them.
    pub attempts: u64,
}

/// The subjects that show the claim when the true rate is `rate`; none when no number up to [`MOST`] does.
pub(super) fn needed(claim: &Claim, rate: f64, rule: &Presentable, protocol: &Protocol) -> Option<Needed> {
    let level = protocol.levels.claim;
    let n_star = rule.subjects_needed(rate, claim.target, claim.power, level, MOST)?;
    let for_bound = subjects_needed(rate, claim.target, claim.power, level, MOST)?;
    let Design { effect, attempts, correlation } = claim.design;
    let each = subjects_of_attempts(n_star, rate, attempts, correlation, protocol.levels.display)?;
    let subjects = with_design_effect(each, effect)?.max(protocol.evidence.subjects);
    Some(Needed { n_star, for_bound, subjects, attempts: subjects.saturating_mul(attempts) })
}

/// A row with what all of a plan's rows say.
pub(super) fn row_of(question: Question, claim: &Claim, protocol: &Protocol) -> Planned {
    Planned {
        question,
        dataset: String::new(),
        manifest_digest: String::new(),
        protocol: protocol.name.clone(),
        metric: claim.rate.metric(),
        limit: None,
        challenge: claim.challenge,
        population: None,
        group: Group::whole(),
        target: None,
        margin: None,
        level: protocol.levels.claim,
        power: claim.power,
        true_rate: None,
        discordance: None,
        design_effect: claim.design.effect,
        attempts_per_subject: None,
        correlation: None,
        n_attempts: None,
        n_subjects: None,
        n_straddling: None,
        n_star: None,
        n_star_needed: None,
        n_star_for_bound: None,
        subjects_needed: None,
        attempts_needed: None,
        more_subjects: None,
        allowed_events: None,
        power_there: None,
        least_without_event: None,
        least_target: None,
        largest_true_rate: None,
        standing: Standing::NotAchievable,
        reasons: Vec::new(),
    }
}

/// A row for each limit and true rate.
pub(super) fn rows(claim: &Claim, protocol: &Protocol) -> Vec<Planned> {
    let rule = presentable(protocol);
    let each: Vec<(f64, Option<Needed>)> =
        claim.true_rates.iter().map(|rate| (*rate, needed(claim, *rate, &rule, protocol))).collect();
    let row = |limit, (rate, found): &(f64, Option<Needed>)| {
        let several = claim.design.attempts > 1;
        let none = if *rate >= claim.target {
            "the true rate is not below the target".to_owned()
        } else {
            format!("more than {MOST} subjects")
        };
        Planned {
            limit: Some(limit),
            population: Some(match claim.rate {
                Rate::UnderAgePass => Population::Under,
                Rate::AdultDenial => Population::Over,
            }),
            target: Some(claim.target),
            true_rate: Some(*rate),
            attempts_per_subject: several.then_some(claim.design.attempts),
            correlation: several.then_some(claim.design.correlation),
            n_star_needed: found.map(|found| found.n_star),
            n_star_for_bound: found.map(|found| found.for_bound),
            subjects_needed: found.map(|found| found.subjects),
            attempts_needed: found.map(|found| found.attempts),
            allowed_events: found.and_then(|found| allowed_events(found.n_star, claim.target, protocol.levels.claim)),
            power_there: found.map(|found| rule.power(found.n_star, *rate, claim.target, protocol.levels.claim)),
            standing: if found.is_some() { Standing::Planned } else { Standing::NotAchievable },
            reasons: if found.is_some() { Vec::new() } else { vec![none] },
            ..row_of(Question::Claim, claim, protocol)
        }
    };
    claim.limits.iter().flat_map(|limit| each.iter().map(move |one| row(*limit, one))).collect()
}

/// A row for each limit and discordance.
pub(super) fn paired(claim: &Claim, margin: &Margin, protocol: &Protocol) -> Vec<Planned> {
    let needed = |share: &f64| {
        let n = paired_subjects_needed(*share, margin.margin, claim.power, protocol.levels.claim, MOST)?;
        Some((n, with_design_effect(n, claim.design.effect)?.max(protocol.evidence.subjects)))
    };
    let each: Vec<(f64, Option<(u64, u64)>)> = margin.discordant.iter().map(|share| (*share, needed(share))).collect();
    let row = |limit, (share, found): &(f64, Option<(u64, u64)>)| Planned {
        limit: Some(limit),
        population: Some(match claim.rate {
            Rate::UnderAgePass => Population::Under,
            Rate::AdultDenial => Population::Over,
        }),
        margin: Some(margin.margin),
        discordance: Some(*share),
        n_star_needed: found.map(|(n, _)| n),
        subjects_needed: found.map(|(_, subjects)| subjects),
        standing: if found.is_some() { Standing::Planned } else { Standing::NotAchievable },
        reasons: if found.is_some() { Vec::new() } else { vec![format!("more than {MOST} subjects")] },
        ..row_of(Question::Comparison, claim, protocol)
    };
    claim.limits.iter().flat_map(|limit| each.iter().map(move |one| row(*limit, one))).collect()
}
