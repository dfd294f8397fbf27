//! What single families of metrics count beside the cells: one field a family, each in a file of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::attacks::AttackTallies;
use super::bands::BandTally;
use super::cell::Cell;
use super::class::AgeClass;
use super::grid::Grid;
use super::months::HotMonths;
use super::moved::{HotMoved, MovedPlan};
use super::repeats::{HotRepeats, RepeatTally};
use super::shape::Shape;
use super::sides::SideTally;
use super::standards::{HotStandard, StandardPlan, StandardTally};
use super::strata::Strata;
use super::taken::Taken;
use super::together::ByGroup;
use super::truth::Truth;
use super::vectors::Vectors;
use super::wire;
use crate::age::AgeLimit;
use crate::protocol::{Protocol, Tie};
use crate::table::Group;

/// One unit's samples in one group, as every family sees them.
pub(super) struct Seen<'a> {
    /// Truth, answers and what is looked up of them.
    pub shape: &'a Shape<'a>,
    /// The group, as an index into the groups of `shape`; 0 is the whole dataset.
    pub group: usize,
    /// All samples of the unit in this group, attacks and unknown ages included, in manifest order.
    pub samples: &'a [u32],
    /// What they come to.
    pub taken: &'a Taken,
}

/// What the families look up of a protocol.
pub(super) struct Plan {
    /// Whether families are printed of each group: of columns, not of crossings. Groups behind the last are halves.
    pub printed: Vec<bool>,
    /// Columns of the headline challenge ages and of the method's own decisions.
    pub headline: Vec<usize>,
    /// The same for each limit.
    pub of_limit: Vec<Vec<usize>>,
    pub tie: Tie,
    /// Years that the under-age windows hold.
    pub under_years: u32,
    pub bands: Vec<f64>,
    pub projected: bool,
    /// What labels are moved for.
    pub moved: MovedPlan,
    standards: Vec<StandardPlan>,
}

impl Plan {
    pub fn of(truth: &Truth, classes: &[AgeClass], groups: &[Group], grid: &Grid, protocol: &Protocol) -> Self {
        let of_limit = |limit: &AgeLimit| -> Vec<usize> {
            let ages = protocol.headline_ages(*limit).into_iter().map(Some).chain([None]);
            ages.filter_map(|challenge| grid.column(*limit, challenge)).collect()
        };
        let of_limit: Vec<_> = grid.limits().iter().map(of_limit).collect();
        let mut headline = of_limit.concat();
        headline.sort_unstable();
        headline.dedup();
        Self {
            printed: groups.iter().map(|group| group.parts().len() < 2).collect(),
            headline,
            of_limit,
            tie: protocol.tie,
            under_years: protocol.windows.under_years,
            bands: protocol.bands.iter().map(|edge| f64::from(*edge)).collect(),
            projected: !protocol.projections.is_empty(),
            moved: MovedPlan::of(classes, grid, protocol),
            standards: StandardPlan::all(truth, classes, protocol),
        }
    }
}

/// The counts of all families while they are filled.
#[derive(Default)]
pub(super) struct HotFamilies {
    attacks: AttackTallies,
    standards: Vec<HotStandard>,
    months: HotMonths,
    sides: SideTally,
    ages: Vectors<u32>,
    bands: BandTally,
    repeats: HotRepeats,
    moved: HotMoved,
}

/// The counts of all families; those of disjoint subjects add up. A family derives `Serialize` and `Deserialize`, so
/// that it stands in tally files; a map whose keys are no numbers or texts is marked `#[serde(with = "wire::pairs")]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Families {
    /// Attack attempts; of the whole dataset only.
    pub attacks: AttackTallies,
    /// Required cells, by the standard's name; empty for crossings.
    pub standards: BTreeMap<String, StandardTally>,
    /// Outcomes by completed month of age (12 a year), in the last year before a limit, of ages known to the month.
    pub months: BTreeMap<u32, Cell>,
    /// Subjects of several age classes, by what they did on both sides of a limit.
    pub sides: SideTally,
    /// Subjects of several age classes, by completed year; only where a projection is asked for.
    pub ages: Vectors,
    /// The confusion of age bands; only where bands are asked for.
    pub bands: BandTally,
    /// Subjects with several answers.
    pub repeats: RepeatTally,
    /// Sums for permutation nulls, by column or crossing as the cell `group_by` writes it; of the whole dataset only.
    pub strata: BTreeMap<String, Strata>,
    /// Subjects with attempts in a group and outside of it; of the whole dataset only.
    #[serde(with = "wire::pairs")]
    pub together: ByGroup,
}

impl HotFamilies {
    /// Counts one unit.
    pub fn count(&mut self, seen: &Seen<'_>) {
        let plan = &seen.shape.plan;
        if seen.group == 0 {
            self.attacks.count(seen);
        }
        if seen.taken.live.is_empty() || !plan.printed.get(seen.group).is_some_and(|printed| *printed) {
            return;
        }
        self.standards.resize_with(plan.standards.len(), HotStandard::default);
        for (standard, plan) in self.standards.iter_mut().zip(&plan.standards) {
            standard.count(seen, plan);
        }
        if seen.group > 0 {
            return;
        }
        self.months.count(seen);
        self.moved.count(seen);
        if seen.taken.live.len() > 1 {
            self.sides.count(seen);
            self.repeats.count(seen);
            if plan.projected {
                self.years(seen);
            }
        }
        if !plan.bands.is_empty() {
            self.bands.count(seen);
        }
    }

    /// Counts a unit of several age classes by completed year.
    fn years(&mut self, seen: &Seen<'_>) {
        let shape = seen.shape;
        let class = |sample: u32| shape.classes[usize::from(shape.class_of[sample as usize])];
        let year = |sample: &u32| match class(*sample) {
            AgeClass::Year(year) => Some((year, *sample)),
            AgeClass::Band(..) => None,
        };
        let first = class(seen.taken.live[0]);
        if seen.taken.live.iter().any(|sample| class(*sample) != first) {
            let mut years: Vec<(u32, u32)> = seen.taken.live.iter().filter_map(year).collect();
            years.sort_by_key(|(year, _)| *year);
            self.ages.add(shape, &years);
        }
    }

    /// The finished counts.
    pub fn finish(self, shape: &Shape<'_>) -> Families {
        let (strata, together) = self.moved.finish(shape);
        let standards = self.standards.into_iter().zip(&shape.plan.standards);
        Families {
            attacks: self.attacks,
            standards: standards.map(|(standard, plan)| standard.finish(shape, plan)).collect(),
            months: self.months.finish(shape),
            sides: self.sides,
            ages: self.ages.keyed(|year| (String::new(), *year)),
            bands: self.bands,
            repeats: self.repeats.finish(),
            strata,
            together,
        }
    }
}

impl Families {
    /// Adds the counts of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        self.attacks.merge(&other.attacks);
        for (name, standard) in &other.standards {
            self.standards.entry(name.clone()).or_default().merge(standard);
        }
        for (month, cell) in &other.months {
            self.months.entry(*month).or_default().merge(cell);
        }
        self.sides.merge(&other.sides);
        self.ages.merge(&other.ages);
        self.bands.merge(&other.bands);
        self.repeats.merge(&other.repeats);
        for (by, strata) in &other.strata {
            self.strata.entry(by.clone()).or_default().merge(strata);
        }
        for (group, together) in &other.together {
            self.together.entry(group.clone()).or_default().merge(together);
        }
    }
}
