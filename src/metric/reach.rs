//! What each population of a dataset can carry, whatever a method answers there: who is in it, how many independent people
//! they stand for, and what speaks against a claim. For planning; no row is made of it.

use super::catalogue;
use super::level::{Among, Rule, Standing};
use super::threshold::{Side, attempts, years_of};
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::Protocol;
use crate::table::{Group, Population};
use crate::tally::{GroupTally, Slot, Tally};

/// One population of one group at one limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// The limit.
    pub limit: AgeLimit,
    /// The rate that is about these people: `under_age_pass_rate` or `adult_denial_rate`.
    pub metric: &'static str,
    /// Who, by age.
    pub population: Population,
    /// Who, by group.
    pub group: Group,
    /// Attempts in the denominator.
    pub attempts: u64,
    /// Subjects in the denominator.
    pub subjects: u64,
    /// Samples of the group whose known age straddles the limit: they are in no population of it.
    pub straddling: u64,
    /// Independent subjects that the claims of a method without an event rest on; none where nobody is in the
    /// denominator, or in that of a single year of the window.
    pub n_star: Option<f64>,
    /// Of a window that is the mean of its single years: each year with its subjects and their n*.
    pub years: Vec<(u32, u64, f64)>,
    /// What speaks against any claim.
    pub reasons: Vec<String>,
}

/// Every population of every group of `tally`, in which each eligible sample has an answer and no answer is an event: the
/// whole dataset first, then groups in the protocol's order; within each limit, side, everybody, window, single years of
/// the window. Of crossings the windows alone.
#[must_use]
pub fn reach(tally: &Tally, protocol: &Protocol) -> Vec<Reach> {
    let whole = Group::whole();
    let mut names: Vec<&Group> = vec![&whole];
    for by in &tally.group_order {
        names.extend(tally.groups.keys().filter(|group| group.by() == by));
    }
    let mut found = Vec::new();
    for name in names {
        if let Some(group) = tally.groups.get(name) {
            of_group(&mut found, name, group, tally, protocol);
        }
    }
    found
}

fn of_group(found: &mut Vec<Reach>, name: &Group, group: &GroupTally, tally: &Tally, protocol: &Protocol) {
    let years = years_of(group);
    let rule = Rule::of(protocol, protocol.failure_policy);
    let is_crossing = name.parts().len() > 1;
    for limit in &protocol.limits {
        let straddling = attempts(&group.slot(Some(*limit), Slot::Straddling, protocol));
        let Ok(challenge) = ChallengeAge::new(f64::from(limit.years())) else { continue };
        for side in [Side::UnderAgePass, Side::AdultDenial] {
            let standing = Standing::of(name, group, &years, *limit, side, protocol);
            let window = standing.window(protocol);
            let single = || window.into_iter().flat_map(|(first, last)| first..=last);
            let at = |among| standing.at(&tally.grid, Some(challenge), among, rule, protocol);
            let mut asked = Vec::new();
            if !is_crossing {
                asked.push(Among::Everyone);
            }
            asked.extend(window.map(|_| Among::Window));
            if !is_crossing {
                asked.extend(single().map(Among::Year));
            }
            for among in asked {
                let Some(level) = at(among) else { continue };
                let is_mean = among == Among::Window && window.is_some_and(|(first, last)| first != last);
                let of_year = |year| {
                    let level = at(Among::Year(year));
                    let n_star = level.as_ref().and_then(|level| level.effective).map_or(0.0, |found| found.n_star);
                    (year, level.map_or(0, |level| level.clusters.subjects()), n_star)
                };
                found.push(Reach {
                    limit: *limit,
                    metric: match side {
                        Side::UnderAgePass => catalogue::UNDER_AGE_PASS.measure.name,
                        Side::AdultDenial => catalogue::ADULT_DENIAL.measure.name,
                    },
                    population: standing.population(among, protocol),
                    group: name.clone(),
                    attempts: level.clusters.attempts(),
                    subjects: level.clusters.subjects(),
                    straddling,
                    n_star: level.effective.map(|found| found.n_star),
                    years: if is_mean { single().map(of_year).collect() } else { Vec::new() },
                    reasons: level.reasons,
                });
            }
        }
    }
}
