//! What one group comes to at one limit, on one side of it: merged once, asked at any challenge age.

use std::collections::BTreeMap;

use super::frame::{against, weigh};
use super::threshold::{Side, View, side_counts, too_many_straddle};
use super::window::{Within, Years, list};
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::{Protocol, Tie};
use crate::stats::{Clusters, Effective, upper_claim};
use crate::table::{FailurePolicy, Group, Population, Weighting};
use crate::tally::{Cell, Grid, GroupTally, Slot};

/// Whom a rate is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// Everybody on this side of the limit.
    Everyone,
    /// The equal mean of the single years of the window.
    Window,
    /// The window, its single years pooled.
    Pooled,
    /// One completed year.
    Year(u32),
}

/// One group at one limit and side.
pub(super) struct Standing<'a> {
    view: View<'a>,
    total: Cell,
    within: Within,
    /// Why no claim can rest on everybody, and on the window.
    straddling: [Vec<String>; 2],
}

/// A rate, its subjects, and what speaks against a claim.
pub(super) struct Level {
    pub clusters: Clusters,
    /// None where nobody is in the denominator, or in that of a single year of the window.
    pub effective: Option<Effective>,
    pub undecided: Option<u64>,
    pub ties: Option<u64>,
    pub reasons: Vec<String>,
    /// Whether the window holds bands of several years that count nowhere in the mean of its years.
    pub left_out: bool,
}

/// Which rule makes outcomes into events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub policy: FailurePolicy,
    pub tie: Tie,
    /// Of the display interval, which n* is made for.
    pub level: f64,
}

impl Rule {
    pub fn of(protocol: &Protocol, policy: FailurePolicy) -> Self {
        Self { policy, tie: protocol.tie, level: protocol.levels.display }
    }
}

impl<'a> Standing<'a> {
    pub fn of(
        name: &'a Group,
        group: &'a GroupTally,
        years: &'a BTreeMap<u32, Cell>,
        limit: AgeLimit,
        side: Side,
        protocol: &Protocol,
    ) -> Self {
        let slot = |slot| group.slot(Some(limit), slot, protocol);
        let (total, outside) = (slot(side.slot()), slot(Slot::Straddling));
        let within = Within::of(group, limit, side, protocol);
        let straddling = [&total, &within.pooled].map(|cell| too_many_straddle(cell, &outside, protocol));
        let view = View { name, group, limit, side, years, straddling: Vec::new() };
        Self { view, total, within, straddling }
    }

    /// The window's first and last year.
    pub fn window(&self, protocol: &Protocol) -> Option<(u32, u32)> {
        self.view.side.window(protocol, self.view.limit)
    }

    /// How rows name those whom a rate is about.
    pub fn population(&self, among: Among, protocol: &Protocol) -> Population {
        match (among, self.window(protocol)) {
            (Among::Year(year), _) => Population::Age(year),
            (Among::Window | Among::Pooled, Some((first, last))) => Population::Window(first, last),
            _ if self.view.side == Side::UnderAgePass => Population::Under,
            _ => Population::Over,
        }
    }

    /// The subject-weighted rate at `challenge` (none: the method's own decision).
    pub fn at(
        &self,
        grid: &Grid,
        challenge: Option<ChallengeAge>,
        among: Among,
        rule: Rule,
        protocol: &Protocol,
    ) -> Option<Level> {
        let column = grid.column(self.view.limit, challenge)?;
        let none = Cell::default();
        let cell = match among {
            Among::Everyone => &self.total,
            Among::Window => &self.within.years,
            Among::Pooled => &self.within.pooled,
            Among::Year(year) => self.view.years.get(&year).unwrap_or(&none),
        };
        let pair = |combo| self.view.side.pair(combo, rule.policy, rule.tie);
        let clusters = cell.clusters(column, pair);
        let (undecided, ties) = side_counts(cell, column, challenge);
        let mut reasons = match among {
            Among::Everyone => self.straddling[0].clone(),
            Among::Window | Among::Pooled => self.straddling[1].clone(),
            // Of the window, where there is one: of a straddling age nobody knows whether it is of this year.
            Among::Year(_) => self.straddling[usize::from(self.window(protocol).is_some())].clone(),
        };
        if matches!(among, Among::Window | Among::Year(_)) {
            reasons.extend(self.within.bands(protocol));
        }
        let window = self.window(protocol).filter(|(first, last)| among == Among::Window && first != last);
        let effective = match window {
            None => clusters.effective(weigh(Weighting::Subject), rule.level),
            Some(window) => {
                let years = Years::of(&self.view, window.0..=window.1, column, rule.policy, rule.tie);
                reasons.extend(years.lone());
                if years.missing.is_empty() {
                    years.mean(&clusters, Weighting::Subject, rule.level)
                } else {
                    reasons.push(format!("no subject aged {}", list(&years.missing)));
                    None
                }
            }
        };
        let of_years = window.is_some() || matches!(among, Among::Year(_));
        let left_out = of_years && self.within.left_out(column, pair);
        reasons.extend(effective.iter().flat_map(against));
        Some(Level { clusters, effective, undecided, ties, reasons, left_out })
    }
}

impl Level {
    /// The upper one-sided bound for claims.
    pub fn upper(&self, level: f64) -> Option<f64> {
        self.effective.map(|found| upper_claim(found.p * found.n_star, found.n_star, level))
    }
}

/// A group in a sentence: `everyone`, or `sex=female`; without the `;` that parts the reasons of a cell.
pub(super) fn spoken(group: &Group) -> String {
    if group.is_whole() { "everyone".to_owned() } else { format!("{}={}", group.by(), group.level()).replace(';', ",") }
}
