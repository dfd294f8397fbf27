//! One stratum of a permutation null while it is filled: subjects of one class of ages, added one by one or counted.

use super::cell::Combo;
use super::contribution::{Errors, mean, share};
use super::hot::HotCell;
use super::measured::Measured;
use super::moved::MovedPlan;
use super::shape::Shape;
use super::strata::{Stratum, Value, add};
use super::taken::{Outcomes, Taken};
use crate::stats::REAL_UNDER;

/// One stratum while it is filled.
#[derive(Default, Clone)]
pub(super) struct HotStratum {
    subjects: u64,
    /// Where a subject has one value of a measure, in the component of the stratum's own class: sum of numbers, of
    /// weights, and of the three products.
    own: Vec<[i128; 5]>,
    alike: Alike,
    rest: Stratum,
}

/// Subjects all of whose attempts are of the stratum's class and weigh the same: what they add follows from what came of
/// their attempts at each column, which is counted, and from their mean errors.
#[derive(Default, Clone)]
struct Alike {
    outcomes: HotCell,
    /// Of mean errors and of absolute ones: the sums of [`HotStratum::own`].
    errors: [[i128; 5]; 2],
}

impl Alike {
    fn add(&mut self, shape: &Shape<'_>, taken: &Taken) {
        match taken.outcomes {
            Outcomes::Code(_, code, _) => self.outcomes.add_code(code, shape.codes(), None),
            _ => self.outcomes.add_runs(taken.live.len(), taken.whole.found(), shape.grid.columns()),
        }
        let mut errors = Errors::default();
        for error in taken.errors.iter().flatten() {
            let signed = i128::from(error.signed);
            errors.add(Errors { signed, absolute: signed.abs(), attempts: 1, weight: 1 });
        }
        for (absolute, sums) in [false, true].into_iter().zip(&mut self.errors) {
            if let Some((number, weight)) = mean(&errors, absolute, false) {
                add(sums, &sums_of(number, weight, 1));
            }
        }
    }

    /// Adds what they come to in every measure.
    fn finish(self, shape: &Shape<'_>, class: usize, own: &mut Vec<[i128; 5]>) {
        let plan = &shape.plan.moved;
        let cell = self.outcomes.finish(shape.grid.columns(), |code| shape.runs_of_code(code));
        if cell.is_empty() {
            return;
        }
        own.resize(plan.measures.len(), [0; 5]);
        let at: Vec<Vec<(Combo, u64)>> = plan.columns.iter().map(|column| cell.at(*column).collect()).collect();
        for (planned, own) in plan.measures.iter().zip(own) {
            let Some((_, over)) = planned.components[class] else { continue };
            match planned.measured {
                Measured::Errors { absolute, .. } => add(own, &self.errors[usize::from(absolute)]),
                Measured::Rates { .. } => {
                    for (combo, subjects) in &at[planned.column] {
                        if let Some((number, weight)) = share(combo.events(over, plan.policy, plan.tie)) {
                            add(own, &sums_of(number, weight, *subjects));
                        }
                    }
                }
            }
        }
    }
}

/// What so many subjects with this number and weight add: numbers, weights, and the three products.
fn sums_of(number: i64, weight: i64, subjects: u64) -> [i128; 5] {
    let (number, weight) = (i128::from(number), i128::from(weight));
    [number, weight, number * number, number * weight, weight * weight].map(|sum| sum * i128::from(subjects))
}

impl HotStratum {
    /// Whether the subjects are too many already for each to be kept.
    pub(super) fn full(&self) -> bool {
        self.subjects + 1 >= REAL_UNDER
    }

    pub(super) fn add_alike(&mut self, shape: &Shape<'_>, taken: &Taken) {
        self.subjects += 1;
        self.rest.each.clear();
        self.alike.add(shape, taken);
    }

    pub(super) fn add(&mut self, values: &[Value], plan: &MovedPlan, class: usize) {
        self.subjects += 1;
        if self.subjects < REAL_UNDER {
            *self.rest.each.entry(values.to_vec()).or_default() += 1;
        } else {
            self.rest.each.clear();
        }
        if self.own.is_empty() {
            self.own.resize(plan.measures.len(), [0; 5]);
        }
        for part in values.chunk_by(|one, other| one.0 == other.0) {
            let measure = part[0].0;
            if let [(_, component, number, weight)] = *part
                && plan.measures[usize::from(measure)].components[class].is_some_and(|(own, _)| own == component)
            {
                add(&mut self.own[usize::from(measure)], &sums_of(number, weight, 1));
                continue;
            }
            for (place, (_, component, number, weight)) in part.iter().enumerate() {
                let (number, weight) = (i128::from(*number), i128::from(*weight));
                add(self.rest.sums.entry((measure, *component)).or_default(), &[number, weight]);
                for (_, other, its_number, its_weight) in &part[place..] {
                    let (a, b) = (i128::from(*its_number), i128::from(*its_weight));
                    let products = [number * a, number * b, weight * a, weight * b];
                    add(self.rest.products.entry((measure, *component, *other)).or_default(), &products);
                }
            }
        }
    }

    pub(super) fn finish(mut self, shape: &Shape<'_>, class: usize) -> Stratum {
        self.alike.finish(shape, class, &mut self.own);
        let (plan, mut stratum) = (&shape.plan.moved, self.rest);
        for ((measure, planned), [number, weight, nn, nw, ww]) in (0_u16..).zip(&plan.measures).zip(&self.own) {
            let Some((component, _)) = planned.components[class].filter(|_| *weight != 0) else { continue };
            add(stratum.sums.entry((measure, component)).or_default(), &[*number, *weight]);
            add(stratum.products.entry((measure, component, component)).or_default(), &[*nn, *nw, *nw, *ww]);
        }
        stratum
    }
}
