//! Attack attempts by species: what came of them, and how old the attackers are. No other tally holds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Combo};
use super::class::AgeClass;
use super::errors::{Error, ErrorTally};
use super::families::Seen;
use super::profile::Profile;
use super::shape::Shape;
use super::wire;
use crate::age::{AgeLimit, Side};

/// The attack attempts of one species.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackTally {
    /// Subjects by what came of their attempts, over the columns of the grid, whatever their age.
    pub all: Cell,
    /// The same, of attackers surely below a limit.
    #[serde(with = "wire::pairs")]
    pub under: BTreeMap<AgeLimit, Cell>,
    /// True ages of the attackers, where they are known to the year, in the place of signed errors.
    pub ages: ErrorTally,
}

impl AttackTally {
    fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (limit, cell) in &other.under {
            self.under.entry(*limit).or_default().merge(cell);
        }
        self.ages.merge(&other.ages);
    }
}

/// The attack attempts of all species, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttackTallies(pub BTreeMap<String, AttackTally>);

impl AttackTallies {
    /// Counts the attack attempts of one unit.
    pub(super) fn count(&mut self, seen: &Seen<'_>) {
        let (truth, answers) = (seen.shape.truth, seen.shape.answers);
        if truth.species.is_empty() {
            return;
        }
        let of = |sample: &u32| truth.species.get(*sample as usize).copied().unwrap_or_default();
        let attempted = |sample: &&u32| of(sample) > 0 && answers.status(**sample as usize).is_some();
        let mut samples: Vec<u32> = seen.samples.iter().filter(attempted).copied().collect();
        samples.sort_by_key(of);
        for part in samples.chunk_by(|one, other| of(one) == of(other)) {
            let Some(name) = truth.species_names.get(of(&part[0]) as usize - 1) else { continue };
            self.0.entry(name.clone()).or_default().add(seen.shape, part);
        }
    }

    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        for (name, tally) in &other.0 {
            self.0.entry(name.clone()).or_default().merge(tally);
        }
    }
}

impl AttackTally {
    /// Adds the attempts of one unit.
    fn add(&mut self, shape: &Shape<'_>, samples: &[u32]) {
        let mut profile = Profile::default();
        let columns = shape.grid.columns();
        profile.take(shape, samples);
        self.all.add_runs(profile.found(), columns);
        for limit in shape.grid.limits() {
            let below = |sample: &&u32| {
                let age = shape.truth.age(**sample as usize);
                age.is_some_and(|age| AgeClass::of(age).side(*limit) == Side::Under)
            };
            let under: Vec<u32> = samples.iter().filter(below).copied().collect();
            if !under.is_empty() {
                profile.take(shape, &under);
                self.under.entry(*limit).or_default().add_runs(profile.found(), columns);
            }
        }
        let ages = samples.iter().filter_map(|sample| {
            let age = super::class::point_age(shape.truth.age(*sample as usize)?, false)?.nanos();
            Some(Error { signed: age, age, weight: shape.truth.weight(*sample as usize) })
        });
        self.ages.add(ages);
    }

    /// Attempts without an answer and all attempts, by unit.
    #[must_use]
    pub fn not_answered(&self) -> crate::stats::Clusters {
        self.all.clusters(0, |combo| (combo.get(Combo::UNANSWERED), combo.attempts()))
    }
}
