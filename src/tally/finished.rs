//! The finished tally: keyed by group, age and population, so that tallies of disjoint subjects add up.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::TallyError;
use super::cell::{Cell, Joints};
use super::class::{AgeClass, Slot};
use super::errors::ErrorTally;
use super::families::Families;
use super::grid::Grid;
use super::wire;
use crate::age::AgeLimit;
use crate::protocol::Protocol;
use crate::table::Group;

/// Samples and subjects at one stage of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowCount {
    /// Samples (attempts, from `attempted` on).
    pub samples: u64,
    /// Subjects with at least one of them.
    pub subjects: u64,
}

/// From listed to answered (STARD).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Listed in the manifest.
    pub listed: FlowCount,
    /// With a species: in no row but the attacks'.
    pub attacks: FlowCount,
    /// Bona fide, but of unknown age.
    pub age_unknown: FlowCount,
    /// Bona fide and of known age.
    pub eligible: FlowCount,
    /// Eligible and put to the method.
    pub attempted: FlowCount,
    /// Attempted and answered.
    pub answered: FlowCount,
    /// Attempted and answered with an age.
    pub answered_age: FlowCount,
}

impl Flow {
    pub(super) fn stages(&mut self) -> [&mut FlowCount; 7] {
        [
            &mut self.listed,
            &mut self.attacks,
            &mut self.age_unknown,
            &mut self.eligible,
            &mut self.attempted,
            &mut self.answered,
            &mut self.answered_age,
        ]
    }

    fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        for (own, other) in self.stages().into_iter().zip(other.stages()) {
            own.samples += other.samples;
            own.subjects += other.subjects;
        }
    }
}

/// Everything counted of one group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupTally {
    /// The flow.
    pub flow: Flow,
    /// Subjects all of whose attempts in the group are of one age class.
    #[serde(with = "wire::pairs")]
    pub(super) pure: BTreeMap<AgeClass, Cell>,
    /// The share in one age class of the subjects that have several.
    #[serde(with = "wire::pairs")]
    pub(super) mixed: BTreeMap<AgeClass, Cell>,
    /// The subjects of several age classes, by population.
    #[serde(with = "wire::pairs")]
    pub(super) slots: BTreeMap<(Option<AgeLimit>, Slot), Cell>,
    /// The subjects of several age classes, by pairs of classes that share a window.
    #[serde(with = "wire::pairs")]
    pub(super) joints: BTreeMap<(AgeClass, AgeClass), Joints>,
    /// Subjects by attempts answered, abstained, refused and involuntarily failed; one column.
    pub statuses: Cell,
    /// Errors of all answered ages.
    pub errors: ErrorTally,
    /// The same against the middle of the labelled year; empty for groups, and where every age is exact.
    pub errors_middle: ErrorTally,
    /// Errors by completed year of true age; empty for groups.
    pub errors_by_age: BTreeMap<u32, ErrorTally>,
    /// Errors by year of answered age; empty for groups.
    pub errors_by_answer: BTreeMap<u32, ErrorTally>,
    /// What single families count.
    pub families: Families,
}

impl GroupTally {
    /// The age classes with an attempt, ascending.
    pub fn classes(&self) -> BTreeSet<AgeClass> {
        self.pure.keys().chain(self.mixed.keys()).copied().collect()
    }

    /// The cell of one age class.
    #[must_use]
    pub fn class(&self, class: AgeClass) -> Cell {
        let mut cell = self.pure.get(&class).cloned().unwrap_or_default();
        if let Some(mixed) = self.mixed.get(&class) {
            cell.merge(mixed);
        }
        cell
    }

    /// The subjects all of whose attempts are of one age class, by class.
    pub fn of_one_class(&self) -> impl Iterator<Item = (AgeClass, &Cell)> {
        self.pure.iter().map(|(class, cell)| (*class, cell))
    }

    /// The cell of a population of `limit` (`None` for [`Slot::All`]).
    #[must_use]
    pub fn slot(&self, limit: Option<AgeLimit>, slot: Slot, protocol: &Protocol) -> Cell {
        let mut cell = self.slots.get(&(limit, slot)).cloned().unwrap_or_default();
        for (class, pure) in &self.pure {
            if limit.map_or(slot == Slot::All, |limit| class.belongs(slot, limit, protocol)) {
                cell.merge(pure);
            }
        }
        cell
    }

    /// The subjects who have attempts in both classes; `None` when nobody has.
    #[must_use]
    pub fn joint(&self, one: AgeClass, other: AgeClass) -> Option<&Joints> {
        self.joints.get(&(one, other))
    }

    pub(super) fn merge(&mut self, other: &Self) {
        fn cells<K: Ord + Copy>(own: &mut BTreeMap<K, Cell>, other: &BTreeMap<K, Cell>) {
            for (key, cell) in other {
                own.entry(*key).or_default().merge(cell);
            }
        }
        fn errors(own: &mut BTreeMap<u32, ErrorTally>, other: &BTreeMap<u32, ErrorTally>) {
            for (key, tally) in other {
                own.entry(*key).or_default().merge(tally);
            }
        }
        self.flow.merge(&other.flow);
        cells(&mut self.pure, &other.pure);
        cells(&mut self.mixed, &other.mixed);
        cells(&mut self.slots, &other.slots);
        for (key, joints) in &other.joints {
            self.joints.entry(*key).or_default().merge(joints);
        }
        self.statuses.merge(&other.statuses);
        self.errors.merge(&other.errors);
        self.errors_middle.merge(&other.errors_middle);
        errors(&mut self.errors_by_age, &other.errors_by_age);
        errors(&mut self.errors_by_answer, &other.errors_by_answer);
        self.families.merge(&other.families);
    }
}

/// How many attempts were answered in which way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerKinds {
    /// With an age.
    pub ages: u64,
    /// With a range.
    pub ranges: u64,
    /// With a decision, by limit of the grid.
    pub decisions: Vec<u64>,
    /// With a score, by limit of the grid.
    pub scores: Vec<u64>,
    /// With an age and a spread.
    pub spreads: u64,
    /// Distinct answered ages (their bits), at most eight, the least ones.
    pub distinct: BTreeSet<u64>,
}

impl AnswerKinds {
    /// More distinct answers than anyone asks about.
    pub(super) const MOST_DISTINCT: usize = 8;

    /// Nothing counted yet, for so many limits.
    pub(super) fn of_limits(limits: usize) -> Self {
        Self { decisions: vec![0; limits], scores: vec![0; limits], ..Self::default() }
    }

    /// Whether some attempt was answered with an age or a range, so that challenge ages mean something.
    #[must_use]
    pub fn challengeable(&self) -> bool {
        self.ages + self.ranges > 0
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.ages += other.ages;
        self.ranges += other.ranges;
        self.spreads += other.spreads;
        for (own, other) in [(&mut self.decisions, &other.decisions), (&mut self.scores, &other.scores)] {
            own.resize(own.len().max(other.len()), 0);
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
        self.distinct.extend(&other.distinct);
        while self.distinct.len() > Self::MOST_DISTINCT {
            self.distinct.pop_last();
        }
    }
}

/// What one method did on one dataset, as counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// The columns.
    pub grid: Grid,
    /// The whole dataset, then every group, in the order of column, level.
    #[serde(with = "wire::pairs")]
    pub groups: BTreeMap<Group, GroupTally>,
    /// The columns and crossings grouped by, in the protocol's order, as the cell `group_by` writes them.
    pub group_order: Vec<String>,
    /// How attempts were answered.
    pub kinds: AnswerKinds,
    /// Whether some sample has no subject in the manifest and is its own.
    pub subjects_unknown: bool,
    /// Whether clusters stand for subjects.
    pub clustered: bool,
    /// Whether samples weigh differently.
    pub weighted: bool,
    /// Whether some known age is a label of whole years or a part of one.
    pub labelled_years: bool,
    /// Whether some known age is a band of more than one year of life.
    pub bands: bool,
}

impl Tally {
    /// Adds the counts of `other`, whose subjects are all different from those counted here.
    ///
    /// # Errors
    /// [`TallyError::OtherGrid`].
    pub fn merge(&mut self, other: &Self) -> Result<(), TallyError> {
        if self.grid != other.grid || self.group_order != other.group_order {
            return Err(TallyError::OtherGrid);
        }
        for (group, tally) in &other.groups {
            self.groups.entry(group.clone()).or_default().merge(tally);
        }
        self.kinds.merge(&other.kinds);
        self.subjects_unknown |= other.subjects_unknown;
        self.clustered |= other.clustered;
        self.weighted |= other.weighted;
        self.labelled_years |= other.labelled_years;
        self.bands |= other.bands;
        Ok(())
    }

    /// The whole dataset.
    #[must_use]
    pub fn whole(&self) -> Option<&GroupTally> {
        self.groups.get(&Group::whole())
    }
}
