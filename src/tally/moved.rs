//! The strata while they are filled: every subject once, with the label that it has in each column and crossing.

use std::collections::BTreeMap;

use super::cell::Combo;
use super::class::AgeClass;
use super::contribution::{Errors, Parts, mean, share, weighted_share};
use super::errors::Error;
use super::families::Seen;
use super::grid::Grid;
use super::hot_stratum::HotStratum;
use super::measured::Measured;
use super::shape::Shape;
use super::strata::{Strata, Stratum, Value, add};
use super::taken::Outcomes;
use super::together::HotTogether;
use crate::protocol::{Protocol, Tie};
use crate::table::FailurePolicy;

/// What is looked up of the measures.
pub(super) struct MovedPlan {
    pub(super) measures: Vec<Planned>,
    /// The columns of the grid that some measure asks for.
    pub(super) columns: Vec<usize>,
    /// Where each class of ages begins, for the youngest.
    youngest: Vec<i64>,
    pub(super) policy: FailurePolicy,
    pub(super) tie: Tie,
}

pub(super) struct Planned {
    pub(super) measured: Measured,
    /// Place of its column in the columns.
    pub(super) column: usize,
    /// By class of ages: the component, and whether it is of people at or above the limit.
    pub(super) components: Vec<Option<(u16, bool)>>,
}

impl MovedPlan {
    pub fn of(classes: &[AgeClass], grid: &Grid, protocol: &Protocol) -> Self {
        let all = Measured::all(grid, protocol);
        let mut columns: Vec<usize> = all
            .iter()
            .filter_map(|one| if let Measured::Rates { column, .. } = one { Some(*column) } else { None })
            .collect();
        columns.sort_unstable();
        columns.dedup();
        let planned = |measured: &Measured| {
            let component = |class: &AgeClass| {
                let component = measured.component(*class, grid, protocol)?;
                Some((component, measured.over(component, grid, protocol)))
            };
            let column = match measured {
                Measured::Rates { column, .. } => columns.binary_search(column).unwrap_or_default(),
                Measured::Errors { .. } => 0,
            };
            Planned { measured: *measured, column, components: classes.iter().map(component).collect() }
        };
        Self {
            measures: all.iter().map(planned).collect(),
            columns: columns.clone(),
            youngest: classes.iter().map(|class| class.ends().0).collect(),
            policy: protocol.failure_policy,
            tie: protocol.tie,
        }
    }
}

/// The values of one subject, or of some of its attempts; reused from subject to subject.
#[derive(Default)]
struct Values {
    classes: Vec<u16>,
    combos: Vec<Parts>,
    errors: Vec<Errors>,
    values: Vec<Value>,
}

impl Values {
    /// Takes the attempts `live`, those of a class of ages together, with the error of each.
    fn take(&mut self, shape: &Shape<'_>, live: &[u32], own_errors: &[Option<Error>]) {
        let plan = &shape.plan.moved;
        let width = plan.columns.len();
        self.classes.clear();
        self.combos.clear();
        self.errors.clear();
        self.values.clear();
        let class = |sample: &u32| shape.class_of[*sample as usize];
        let mut own_errors = own_errors.iter();
        for part in live.chunk_by(|one, other| class(one) == class(other)) {
            self.classes.push(class(&part[0]));
            let base = self.combos.len();
            self.combos.resize(base + width, Parts::default());
            let mut errors = Errors::default();
            for (sample, error) in part.iter().zip(own_errors.by_ref()) {
                let reply = shape.reply(*sample as usize);
                let weight = shape.truth.weight(*sample as usize);
                for (parts, column) in self.combos[base..].iter_mut().zip(&plan.columns) {
                    let part = shape.part_of(reply, *sample as usize, *column);
                    parts.combo.0[part] += 1;
                    parts.weights[part] += weight.unwrap_or_default();
                }
                if let Some(error) = error {
                    let (signed, times) = (i128::from(error.signed), i128::from(weight.unwrap_or(1)));
                    let (signed, absolute) = (times * signed, times * signed.abs());
                    errors.add(Errors { signed, absolute, attempts: 1, weight: times });
                }
            }
            self.errors.push(errors);
        }
        let weighted = shape.truth.is_weighted();
        for (index, planned) in (0_u16..).zip(&plan.measures) {
            match planned.measured {
                Measured::Rates { window, .. } => self.rates(plan, index, planned, window, weighted),
                Measured::Errors { absolute, window } => {
                    self.means(index, planned, absolute, window.is_some(), weighted);
                }
            }
        }
    }

    fn rates(&mut self, plan: &MovedPlan, index: u16, planned: &Planned, window: bool, weighted: bool) {
        let width = plan.columns.len();
        // Below and above the limit; in a window every class is a year of its own.
        let mut sides = [Parts::default(); 2];
        let share = |parts: Parts, over: bool| {
            let of = |combo: Combo| combo.events(over, plan.policy, plan.tie);
            if weighted { weighted_share(parts, of) } else { share(of(parts.combo)) }
        };
        for (place, class) in self.classes.iter().enumerate() {
            let Some((component, over)) = planned.components[usize::from(*class)] else { continue };
            let parts = self.combos[place * width + planned.column];
            if window {
                let value = share(parts, over);
                self.values.extend(value.map(|(number, weight)| (index, component, number, weight)));
            } else {
                let own = &mut sides[usize::from(component)];
                own.combo.0.iter_mut().zip(parts.combo.0).for_each(|(own, more)| *own += more);
                own.weights.iter_mut().zip(parts.weights).for_each(|(own, more)| *own += more);
            }
        }
        for ((component, over), parts) in [(0, false), (1, true)].into_iter().zip(sides) {
            let value = share(parts, over);
            self.values.extend(value.map(|(number, weight)| (index, component, number, weight)));
        }
    }

    fn means(&mut self, index: u16, planned: &Planned, absolute: bool, window: bool, weighted: bool) {
        let mut all = Errors::default();
        for (class, errors) in self.classes.iter().zip(&self.errors) {
            let Some((component, _)) = planned.components[usize::from(*class)] else { continue };
            if window {
                let value = mean(errors, absolute, weighted);
                self.values.extend(value.map(|(number, weight)| (index, component, number, weight)));
            } else {
                all.add(*errors);
            }
        }
        self.values.extend(mean(&all, absolute, weighted).map(|(number, weight)| (index, 0, number, weight)));
    }
}

/// One column or crossing while it is filled.
#[derive(Default)]
struct HotDimension {
    /// By class: subjects by group, as an index into the groups of the shape.
    sizes: Vec<BTreeMap<u32, u64>>,
    split: Vec<u64>,
    /// Subjects of one label here who have several in another column.
    more: Vec<HotStratum>,
    kept: BTreeMap<(u32, u16, u16), [i128; 2]>,
}

/// All strata while they are filled.
#[derive(Default)]
pub(super) struct HotMoved {
    /// Subjects of one label in every column and crossing, by class.
    common: Vec<HotStratum>,
    dimensions: Vec<HotDimension>,
    together: HotTogether,
    // Reused from subject to subject.
    values: Values,
    spare: Values,
    part: (Vec<u32>, Vec<Option<Error>>),
}

impl HotMoved {
    /// Counts one unit of the whole dataset.
    pub fn count(&mut self, seen: &Seen<'_>) {
        let shape = seen.shape;
        let plan = &shape.plan.moved;
        let printed = shape.dimensions.iter().filter(|dimension| dimension.printed);
        let (classes, count) = (shape.classes.len(), printed.clone().count());
        if count == 0 {
            return;
        }
        if self.dimensions.is_empty() {
            self.common.resize(classes, HotStratum::default());
            self.dimensions.resize_with(count, || HotDimension {
                sizes: vec![BTreeMap::new(); classes],
                split: vec![0; classes],
                more: vec![HotStratum::default(); classes],
                kept: BTreeMap::new(),
            });
        }
        let class = |sample: &u32| usize::from(shape.class_of[*sample as usize]);
        let class =
            seen.taken.live.iter().map(class).min_by_key(|class| (plan.youngest[*class], *class)).unwrap_or_default();
        let label = |groups: &[u32]| {
            let first = groups[seen.taken.live[0] as usize];
            seen.taken.live.iter().all(|sample| groups[*sample as usize] == first).then_some(first)
        };
        let everywhere = printed.clone().all(|dimension| label(&dimension.groups).is_some());
        let one_class = !matches!(seen.taken.outcomes, Outcomes::Classes);
        if everywhere && one_class && !shape.truth.is_weighted() && self.common[class].full() {
            self.common[class].add_alike(shape, seen.taken);
        } else {
            self.values.take(shape, &seen.taken.live, &seen.taken.errors);
            if everywhere {
                self.common[class].add(&self.values.values, plan, class);
            }
        }
        for (dimension, own) in printed.zip(&mut self.dimensions) {
            if let Some(label) = label(&dimension.groups) {
                *own.sizes[class].entry(label).or_default() += 1;
                if !everywhere {
                    own.more[class].add(&self.values.values, plan, class);
                }
                continue;
            }
            own.split[class] += 1;
            let mut labels: Vec<u32> =
                seen.taken.live.iter().map(|sample| dimension.groups[*sample as usize]).collect();
            labels.sort_unstable();
            labels.dedup();
            for label in labels {
                self.part.0.clear();
                self.part.1.clear();
                let in_group = |(sample, _): &(&u32, _)| dimension.groups[**sample as usize] == label;
                for (sample, error) in seen.taken.live.iter().zip(&seen.taken.errors).filter(in_group) {
                    self.part.0.push(*sample);
                    self.part.1.push(*error);
                }
                self.spare.take(shape, &self.part.0, &self.part.1);
                for (measure, component, number, weight) in &self.spare.values {
                    let sums = [i128::from(*number), i128::from(*weight)];
                    add(own.kept.entry((label, *measure, *component)).or_default(), &sums);
                }
                self.together.count(seen, label, &dimension.groups);
            }
        }
    }

    /// The finished strata and what is known of subjects of several labels, by column or crossing.
    pub fn finish(self, shape: &Shape<'_>) -> (BTreeMap<String, Strata>, super::together::ByGroup) {
        let common: Vec<Stratum> =
            self.common.into_iter().enumerate().map(|(class, common)| common.finish(shape, class)).collect();
        let group = |label: u32| shape.groups[label as usize].clone();
        let printed = shape.dimensions.iter().filter(|dimension| dimension.printed);
        let mut all = BTreeMap::new();
        for (dimension, hot) in printed.zip(self.dimensions) {
            let mut strata = Strata::default();
            for ((class, sizes), more) in hot.sizes.into_iter().enumerate().zip(hot.more) {
                let split = hot.split[class];
                if sizes.is_empty() && split == 0 {
                    continue;
                }
                let mut stratum = Stratum {
                    sizes: sizes.into_iter().map(|(label, subjects)| (group(label), subjects)).collect(),
                    split,
                    ..Stratum::default()
                };
                stratum.merge(&common[class]);
                stratum.merge(&more.finish(shape, class));
                strata.strata.insert(shape.classes[class], stratum);
            }
            let kept = hot.kept.into_iter();
            strata.kept =
                kept.map(|((label, measure, component), sums)| ((group(label), measure, component), sums)).collect();
            all.insert(dimension.by.clone(), strata);
        }
        (all, self.together.finish(shape))
    }
}
