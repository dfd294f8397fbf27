//! Errors and outcomes in the required cells of standardised means: a level of a column by a completed year.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cell::{Cell, Joints};
use super::class::AgeClass;
use super::errors::{BEYOND, Error, ErrorTally, Profiled};
use super::families::Seen;
use super::hot::HotCell;
use super::own_errors::OwnErrors;
use super::profile::join;
use super::shape::{NO_CLASS, Reply, Shape};
use super::truth::Truth;
use super::vectors::Vectors;
use super::weighted_errors::WeightedOwn;
use super::wire;
use crate::protocol::Protocol;
use crate::table::Group;

/// A required cell: a level (empty where no column is named) and a completed year.
pub type CellKey = (String, u32);

/// Sums over subjects of one quantity in two cells: in the one, in the other, and of the product.
pub type Products = [i128; 3];

/// Sums over the subjects who have as many attempts in one cell and as many in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointMoments {
    /// Number of these subjects.
    pub subjects: u64,
    /// Signed errors, nanoyears.
    pub signed: Products,
    /// Absolute errors, nanoyears.
    pub absolute: Products,
    /// Squared errors, each subject's sum rounded to millionths of a squared year.
    pub squared: Products,
    /// The same weighted; zero where everybody weighs the same.
    #[serde(default, skip_serializing_if = "JointDesignSums::is_empty")]
    pub design: JointDesignSums,
}

/// Sums over subjects of what they weigh in two cells, as in [`super::WeightedMoments`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JointDesignSums {
    /// Products of the weights in the one and in the other.
    pub weights: i128,
    /// Of signed, absolute and squared errors: the product of both weighted sums, of the weighted sum in the one with the
    /// weight in the other, and of the weight in the one with the weighted sum in the other.
    pub products: [Products; 3],
}

impl JointDesignSums {
    fn is_empty(&self) -> bool {
        self.weights == 0
    }

    fn of(one: &WeightedOwn, other: &WeightedOwn) -> Self {
        let sums = |own: &WeightedOwn| [own.signed, own.absolute, own.squared];
        let (x, y) = (sums(one), sums(other));
        let products = [0, 1, 2].map(|of| [x[of] * y[of], x[of] * other.weight, one.weight * y[of]]);
        Self { weights: one.weight * other.weight, products }
    }
}

impl JointMoments {
    /// Of one subject, who has errors in both cells.
    pub(super) fn of(one: &OwnErrors, other: &OwnErrors) -> Self {
        let products = |one: i128, other: i128| [one, other, one * other];
        let design = one.weighted.zip(other.weighted);
        Self {
            subjects: 1,
            signed: products(one.signed, other.signed),
            absolute: products(one.absolute, other.absolute),
            squared: products(one.millionths(), other.millionths()),
            design: design.map_or_else(Default::default, |(one, other)| JointDesignSums::of(&one, &other)),
        }
    }

    /// Takes the sums of `part` away, all of whose subjects are counted here.
    pub(super) fn take_away(&mut self, part: &Self) {
        self.subjects -= part.subjects.min(self.subjects);
        for (own, part) in
            [(&mut self.signed, part.signed), (&mut self.absolute, part.absolute), (&mut self.squared, part.squared)]
        {
            own.iter_mut().zip(part).for_each(|(own, part)| *own -= part);
        }
        self.design.weights -= part.design.weights;
        let products = self.design.products.iter_mut().flatten().zip(part.design.products.iter().flatten());
        products.for_each(|(own, part)| *own -= part);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.subjects += other.subjects;
        for (own, other) in
            [(&mut self.signed, other.signed), (&mut self.absolute, other.absolute), (&mut self.squared, other.squared)]
        {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
        self.design.weights += other.design.weights;
        let products = self.design.products.iter_mut().flatten().zip(other.design.products.iter().flatten());
        products.for_each(|(own, other)| *own += other);
    }
}

/// The subjects who are in two cells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellPair {
    /// By attempts in the one and in the other.
    #[serde(with = "wire::pairs")]
    pub moments: BTreeMap<(u32, u32), JointMoments>,
    /// By attempts beyond and within x years, see [`ErrorTally::beyond`].
    pub beyond: Joints,
}

/// The errors in the required cells of one standard.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandardTally {
    /// Whether the dataset has the column, or none is asked for.
    pub column: bool,
    /// The required levels.
    pub levels: BTreeSet<String>,
    /// Errors of the subjects who are in one cell only.
    #[serde(with = "wire::pairs")]
    pub single: BTreeMap<CellKey, ErrorTally>,
    /// The errors in each cell of the subjects who are in several.
    #[serde(with = "wire::pairs")]
    pub several: BTreeMap<CellKey, ErrorTally>,
    /// All errors in required cells of the subjects who are in several.
    pub pooled: ErrorTally,
    /// The subjects in several cells, by pairs of cells.
    #[serde(with = "wire::pairs")]
    pub pairs: BTreeMap<(CellKey, CellKey), CellPair>,
    /// Outcomes of the subjects who are in one cell only; empty where rates are not asked for.
    #[serde(with = "wire::pairs")]
    pub outcomes: BTreeMap<CellKey, Cell>,
    /// Outcomes of the subjects who are in several, at the headline challenge ages.
    pub vectors: Vectors,
}

impl StandardTally {
    pub(super) fn merge(&mut self, other: &Self) {
        self.column |= other.column;
        self.levels.extend(other.levels.iter().cloned());
        for (own, other) in [(&mut self.single, &other.single), (&mut self.several, &other.several)] {
            for (key, tally) in other {
                own.entry(key.clone()).or_default().merge(tally);
            }
        }
        self.pooled.merge(&other.pooled);
        for (key, pair) in &other.pairs {
            let own = self.pairs.entry(key.clone()).or_default();
            own.beyond.merge(&pair.beyond);
            for (attempts, moments) in &pair.moments {
                own.moments.entry(*attempts).or_default().merge(moments);
            }
        }
        for (key, cell) in &other.outcomes {
            self.outcomes.entry(key.clone()).or_default().merge(cell);
        }
        self.vectors.merge(&other.vectors);
    }
}

/// What is looked up of one standard.
pub(super) struct StandardPlan {
    name: String,
    column: Option<usize>,
    /// Whether the column is there, or none is asked for.
    known: bool,
    levels: Vec<String>,
    /// For each code of the column its place among the required levels.
    level_of: Vec<Option<usize>>,
    /// For each age class its place among the required years.
    year_of: Vec<Option<usize>>,
    from: u32,
    years: usize,
    rates: bool,
}

impl StandardPlan {
    pub fn all(truth: &Truth, classes: &[AgeClass], protocol: &Protocol) -> Vec<Self> {
        let one = |standard: &crate::protocol::Standard| {
            let column = standard.column.as_ref().and_then(|name| truth.columns.iter().position(|it| it.name == *name));
            let there: &[String] = column.map_or(&[], |column| &truth.columns[column].levels);
            let levels = match (&standard.column, standard.levels.is_empty()) {
                (None, _) => vec![String::new()],
                (Some(_), false) => standard.levels.clone(),
                (Some(_), true) => there.iter().filter(|level| *level != Group::UNKNOWN).cloned().collect(),
            };
            let year = |class: &AgeClass| match class {
                AgeClass::Year(year) if (standard.from..=standard.to).contains(year) => {
                    Some((*year - standard.from) as usize)
                }
                _ => None,
            };
            Self {
                name: standard.name.clone(),
                column,
                known: column.is_some() || standard.column.is_none(),
                level_of: there.iter().map(|level| levels.iter().position(|wanted| wanted == level)).collect(),
                levels,
                year_of: classes.iter().map(year).collect(),
                from: standard.from,
                years: (standard.to - standard.from + 1) as usize,
                rates: standard.rates,
            }
        };
        protocol.standards.iter().chain(&protocol.error_standards()).map(one).collect()
    }

    /// The cell of a sample, as a number.
    fn cell(&self, shape: &Shape<'_>, sample: u32) -> Option<usize> {
        let class = shape.class_of[sample as usize];
        if class == NO_CLASS || !self.known {
            return None;
        }
        let year = self.year_of[usize::from(class)]?;
        let level = match self.column {
            Some(column) => self.level_of[shape.truth.columns[column].codes[sample as usize] as usize]?,
            None => 0,
        };
        Some(level * self.years + year)
    }

    fn key(&self, cell: usize) -> CellKey {
        let year = u32::try_from(cell % self.years).unwrap_or_default();
        (self.levels.get(cell / self.years).cloned().unwrap_or_default(), self.from + year)
    }
}

/// The cells of one standard while they are filled.
#[derive(Default)]
pub(super) struct HotStandard {
    single: Vec<(ErrorTally, HotCell)>,
    several: Vec<(ErrorTally, HotCell)>,
    pooled: (ErrorTally, HotCell),
    pairs: BTreeMap<(usize, usize), CellPair>,
    outcomes: Vec<HotCell>,
    vectors: Vectors<usize>,
    // Reused from subject to subject.
    cells: Vec<(usize, u32)>,
    errors: Vec<(usize, Error)>,
}

impl HotStandard {
    /// Counts one unit.
    pub fn count(&mut self, seen: &Seen<'_>, plan: &StandardPlan) {
        let shape = seen.shape;
        self.cells.clear();
        self.errors.clear();
        for (sample, error) in seen.taken.live.iter().zip(&seen.taken.errors) {
            let Some(cell) = plan.cell(shape, *sample) else { continue };
            self.cells.push((cell, *sample));
            self.errors.extend(error.map(|error| (cell, error)));
        }
        if self.cells.is_empty() {
            return;
        }
        self.cells.sort_by_key(|(cell, _)| *cell);
        self.errors.sort_by_key(|(cell, _)| *cell);
        self.count_errors(plan, seen.group == 0);
        if plan.rates {
            self.count_outcomes(seen, plan);
        }
    }

    fn count_errors(&mut self, plan: &StandardPlan, shares: bool) {
        let (Some((first, _)), Some((last, _))) = (self.errors.first(), self.errors.last()) else { return };
        let size = plan.levels.len() * plan.years;
        let add = |(tally, beyond): &mut (ErrorTally, HotCell), errors: &[(usize, Error)]| {
            let errors = errors.iter().map(|(_, error)| *error);
            let profile = shares.then(|| Profiled::of(errors.clone()));
            if let Some(profile) = &profile {
                beyond.add_runs(profile.attempts, profile.runs(), BEYOND);
            }
            tally.add(errors);
            profile
        };
        if first == last {
            self.single.resize_with(size, Default::default);
            add(&mut self.single[*first], &self.errors);
            return;
        }
        self.several.resize_with(size, Default::default);
        add(&mut self.pooled, &self.errors);
        let parts: Vec<_> = self
            .errors
            .chunk_by(|one, other| one.0 == other.0)
            .map(|part| {
                (
                    part[0].0,
                    OwnErrors::of(part.iter().map(|(_, error)| *error)),
                    add(&mut self.several[part[0].0], part),
                )
            })
            .collect();
        for (index, (cell, one, runs)) in parts.iter().enumerate() {
            for (later, other, later_runs) in &parts[index + 1..] {
                let pair = self.pairs.entry((*cell, *later)).or_default();
                pair.moments.entry((one.attempts, other.attempts)).or_default().merge(&JointMoments::of(one, other));
                if let (Some(runs), Some(later_runs)) = (runs, later_runs) {
                    join(&mut pair.beyond, runs.runs(), later_runs.runs(), BEYOND);
                }
            }
        }
    }

    fn count_outcomes(&mut self, seen: &Seen<'_>, plan: &StandardPlan) {
        let shape = seen.shape;
        let (first, last) = (self.cells[0].0, self.cells[self.cells.len() - 1].0);
        if first < last {
            self.vectors.add(shape, &self.cells);
            return;
        }
        self.outcomes.resize_with(plan.levels.len() * plan.years, HotCell::default);
        if let (1, Reply::Code(code)) = (self.cells.len(), shape.reply(self.cells[0].1 as usize)) {
            self.outcomes[first].add_code(code, shape.codes(), shape.truth.weight(self.cells[0].1 as usize));
        } else {
            let samples: Vec<u32> = self.cells.iter().map(|(_, sample)| *sample).collect();
            let mut profile = super::profile::Profile::default();
            profile.take(shape, &samples);
            self.outcomes[first].add_runs(samples.len(), profile.found(), shape.grid.columns());
        }
    }

    pub fn finish(self, shape: &Shape<'_>, plan: &StandardPlan) -> (String, StandardTally) {
        let errors =
            |(tally, hot): (ErrorTally, HotCell)| ErrorTally { beyond: hot.finish(BEYOND, |_| Vec::new()), ..tally };
        let keyed = |cells: Vec<(ErrorTally, HotCell)>| {
            let cells = cells.into_iter().enumerate().filter(|(_, (tally, _))| tally.attempts() > 0);
            cells.map(|(cell, both)| (plan.key(cell), errors(both))).collect()
        };
        let outcome = |(cell, hot): (usize, HotCell)| {
            let finished = hot.finish(shape.grid.columns(), |code| shape.runs_of_code(code));
            (!finished.is_empty()).then(|| (plan.key(cell), finished))
        };
        let tally = StandardTally {
            column: plan.known,
            levels: if plan.known { plan.levels.iter().cloned().collect() } else { BTreeSet::new() },
            single: keyed(self.single),
            several: keyed(self.several),
            pooled: errors(self.pooled),
            pairs: self.pairs.into_iter().map(|((a, b), pair)| ((plan.key(a), plan.key(b)), pair)).collect(),
            outcomes: self.outcomes.into_iter().enumerate().filter_map(outcome).collect(),
            vectors: self.vectors.keyed(|cell| plan.key(*cell)),
        };
        (plan.name.clone(), tally)
    }
}
