//! What two methods decided on the attempts that both ran, as counts of subjects by their pairs of passes.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::answers::{Answers, Said};
use super::class::Slot;
use super::pair_cell::PairCell;
use super::shape::{NO_CLASS, Shape};
use super::units::{Shard, order, portions, starts};
use super::{TallyError, Truth};
use crate::age::{AgeLimit, ChallengeAge};
use crate::outcome::Decision;
use crate::protocol::{Protocol, Tie};
use crate::table::{FailurePolicy, Group};

/// Where a pair of decisions is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PairPlace {
    /// The group.
    pub group: Group,
    /// The limit.
    pub limit: AgeLimit,
    /// The population: [`Slot::Under`], [`Slot::Over`] or one of the windows.
    pub slot: Slot,
    /// The challenge age; none for the methods' own decisions.
    pub challenge: Option<ChallengeAge>,
    /// Which attempts count: those that both decided (conditional), or all that both ran.
    pub policy: FailurePolicy,
}

/// Eligible attempts by who ran them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairFlow {
    /// Both.
    pub both: u64,
    /// Subjects with at least one of these.
    pub subjects: u64,
    /// The baseline only.
    pub baseline_only: u64,
    /// The method only.
    pub method_only: u64,
    /// Of those that both ran, the ones that did not end in the same way.
    pub different: u64,
}

/// The counts of one pair of methods; those of disjoint subjects add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairTally {
    /// Who ran what.
    pub flow: PairFlow,
    /// The places of the whole dataset with at least one attempt that both ran, and all places of every group.
    pub cells: BTreeMap<PairPlace, PairCell>,
    /// Attempts that both ran and whose known age straddles the limit, by group and limit: in no cell. Those without one
    /// are left out.
    pub straddling: BTreeMap<(Group, AgeLimit), u64>,
}

impl PairTally {
    /// Counts `method` against `baseline` on `truth`: both in the order of its samples.
    ///
    /// Whole dataset: every challenge age, the populations on both sides of the limit and their windows, under the
    /// policies `conditional`, `fail_closed` and the protocol's own. Groups and crossings: the headline challenge ages,
    /// the populations on both sides, the protocol's policy. A policy of `fail_open` counts attempts without a
    /// decision as passes.
    ///
    /// # Errors
    /// As [`super::Tally::of`].
    pub fn of(truth: &Truth, baseline: &Answers, method: &Answers, protocol: &Protocol) -> Result<Self, TallyError> {
        for answers in [baseline, method] {
            if truth.len() != answers.len() {
                return Err(TallyError::Lengths { listed: truth.len(), answers: answers.len() });
            }
        }
        let shape = Shape::new(truth, baseline, protocol)?;
        let plan = Plan::of(&shape, protocol);
        let order = order(&truth.units, Shard::WHOLE);
        let starts = starts(&truth.units, &order);
        let count = |units: Range<usize>| {
            let mut counting = Counting::new(&shape, &plan, method, protocol.tie);
            for unit in units {
                counting.unit(&order[starts[unit]..starts[unit + 1]]);
            }
            counting.finish()
        };
        let empty = || Self { flow: PairFlow::default(), cells: BTreeMap::new(), straddling: BTreeMap::new() };
        let mut tally = portions(&starts).into_par_iter().map(count).reduce(empty, |mut one, other| {
            one.merge(&other);
            one
        });
        // A group in which nobody is compared is a finding, and no silence.
        for place in plan.places_of_groups(&shape) {
            tally.cells.entry(place).or_default();
        }
        Ok(tally)
    }

    /// Attempts that both ran in `group` and that straddle `limit`.
    #[must_use]
    pub fn straddling(&self, group: &Group, limit: AgeLimit) -> u64 {
        self.straddling.get(&(group.clone(), limit)).copied().unwrap_or(0)
    }

    fn merge(&mut self, other: &Self) {
        let (own, flow) = (&mut self.flow, &other.flow);
        own.both += flow.both;
        own.subjects += flow.subjects;
        own.baseline_only += flow.baseline_only;
        own.method_only += flow.method_only;
        own.different += flow.different;
        for (place, cell) in &other.cells {
            self.cells.entry(place.clone()).or_default().merge(cell);
        }
        for (place, count) in &other.straddling {
            *self.straddling.entry(place.clone()).or_default() += count;
        }
    }

    /// Whether the two ended in the same way wherever at least one of them was attempted.
    #[must_use]
    pub fn identical(&self) -> bool {
        let PairFlow { both, baseline_only, method_only, different, .. } = self.flow;
        both > 0 && baseline_only + method_only + different == 0
    }
}

/// What is counted of one group.
struct Plan {
    columns: Vec<Column>,
    policies: Vec<FailurePolicy>,
    /// For each limit the slots of [`SLOTS`], with the classes that belong to each.
    slots: Vec<[Vec<bool>; SLOTS.len()]>,
    /// For each limit the classes that straddle it.
    straddling: Vec<Vec<bool>>,
}

/// A challenge age of a limit, or the methods' own decision.
struct Column {
    /// The limit, and its place in the protocol.
    limit: (AgeLimit, usize),
    challenge: Option<ChallengeAge>,
    /// Whether groups count it too.
    headline: bool,
}

/// The populations that are counted; groups count the first two.
const SLOTS: [Slot; 4] = [Slot::Under, Slot::Over, Slot::UnderWindow, Slot::OverWindow];
const SLOTS_OF_GROUPS: usize = 2;

impl Plan {
    fn of(shape: &Shape<'_>, protocol: &Protocol) -> Self {
        let mut columns = Vec::new();
        let (mut slots, mut straddling) = (Vec::new(), Vec::new());
        for (place, limit) in protocol.limits.iter().enumerate() {
            let headline = protocol.headline_ages(*limit);
            let challenges = protocol.challenge_ages(*limit).into_iter().map(Some);
            columns.extend(std::iter::once(None).chain(challenges).map(|challenge| Column {
                limit: (*limit, place),
                challenge,
                headline: challenge.is_none_or(|challenge| headline.contains(&challenge)),
            }));
            let members = |slot| shape.classes.iter().map(|class| class.belongs(slot, *limit, protocol)).collect();
            slots.push(SLOTS.map(members));
            straddling.push(members(Slot::Straddling));
        }
        // The protocol's own policy stands first: groups have no other.
        let mut policies = vec![protocol.failure_policy];
        let others = [FailurePolicy::Conditional, FailurePolicy::FailClosed].into_iter();
        policies.extend(others.filter(|policy| *policy != protocol.failure_policy));
        Self { columns, policies, slots, straddling }
    }

    /// Every place that is counted of a group.
    fn places_of_groups<'p>(&'p self, shape: &'p Shape<'_>) -> impl Iterator<Item = PairPlace> + 'p {
        let printed = shape.dimensions.iter().filter(|dimension| dimension.printed);
        let groups = printed.flat_map(|dimension| shape.groups.iter().filter(|group| group.by() == dimension.by));
        let columns = || self.columns.iter().filter(|column| column.headline);
        groups.flat_map(move |group| {
            columns().flat_map(move |column| {
                SLOTS.into_iter().take(SLOTS_OF_GROUPS).map(move |slot| PairPlace {
                    group: group.clone(),
                    limit: column.limit.0,
                    slot,
                    challenge: column.challenge,
                    policy: self.policies[0],
                })
            })
        })
    }

    /// Where the cell of a group stands among its own; none where it is not counted.
    fn place(&self, group: usize, column: usize, slot: usize, policy: usize) -> Option<usize> {
        if group == 0 {
            return Some((column * SLOTS.len() + slot) * self.policies.len() + policy);
        }
        (self.columns[column].headline && slot < SLOTS_OF_GROUPS && policy == 0)
            .then_some(column * SLOTS_OF_GROUPS + slot)
    }

    fn cells(&self, group: usize) -> usize {
        let of_column = if group == 0 { SLOTS.len() * self.policies.len() } else { SLOTS_OF_GROUPS };
        self.columns.len() * of_column
    }
}

/// Counts that are being filled.
struct Counting<'a> {
    shape: &'a Shape<'a>,
    plan: &'a Plan,
    method: &'a Answers,
    tie: Tie,
    flow: PairFlow,
    /// By group, each as [`Plan::place`] says; empty until the first subject.
    groups: Vec<Vec<Filling>>,
    /// By group and limit.
    straddling: BTreeMap<(usize, AgeLimit), u64>,
    // Reused from subject to subject.
    live: Vec<u32>,
    verdicts: Vec<[Option<bool>; 2]>,
}

#[derive(Clone, Default)]
struct Filling {
    /// Subjects of one attempt: neither, only the method, only the baseline, both passed.
    single: [u64; 4],
    cell: PairCell,
}

impl<'a> Counting<'a> {
    fn new(shape: &'a Shape<'a>, plan: &'a Plan, method: &'a Answers, tie: Tie) -> Self {
        let groups = vec![Vec::new(); shape.groups.len()];
        let (flow, straddling) = (PairFlow::default(), BTreeMap::new());
        Self { shape, plan, method, tie, flow, groups, straddling, live: Vec::new(), verdicts: Vec::new() }
    }

    /// Counts one subject.
    fn unit(&mut self, samples: &[u32]) {
        let baseline = self.shape.answers;
        let mut live = std::mem::take(&mut self.live);
        live.clear();
        for sample in samples {
            let index = *sample as usize;
            if self.shape.class_of[index] == NO_CLASS {
                continue;
            }
            match (baseline.status(index), self.method.status(index)) {
                (Some(_), Some(_)) => {
                    live.push(*sample);
                    self.flow.different += u64::from(!baseline.same(self.method, index));
                }
                (Some(_), None) => self.flow.baseline_only += 1,
                (None, Some(_)) => self.flow.method_only += 1,
                (None, None) => {}
            }
        }
        self.flow.both += live.len() as u64;
        self.flow.subjects += u64::from(!live.is_empty());
        if !live.is_empty() {
            self.group(0, &live);
            let shape = self.shape;
            // Halves of the people, on which a buffer is chosen and tested, are no groups of theirs.
            for dimension in shape.dimensions.iter().filter(|dimension| dimension.printed) {
                let group = |sample: &u32| dimension.groups[*sample as usize];
                live.sort_by_key(group);
                for part in live.chunk_by(|one, other| group(one) == group(other)) {
                    self.group(group(&part[0]) as usize, part);
                }
            }
        }
        self.live = live;
    }

    /// Counts the attempts that one subject has in one group.
    fn group(&mut self, group: usize, live: &[u32]) {
        let (plan, shape, method, tie) = (self.plan, self.shape, self.method, self.tie);
        let own = &mut self.groups[group];
        own.resize(plan.cells(group), Filling::default());
        for (limit, members) in shape.grid.limits().iter().zip(&plan.straddling).filter(|_| shape.bands) {
            let straddle = |sample: &&u32| members[usize::from(shape.class_of[**sample as usize])];
            let count = live.iter().filter(straddle).count() as u64;
            if count > 0 {
                *self.straddling.entry((group, *limit)).or_default() += count;
            }
        }
        for (at, column) in plan.columns.iter().enumerate().filter(|(_, column)| group == 0 || column.headline) {
            let verdict =
                |sample: &u32| [shape.answers, method].map(|answers| verdict(answers, *sample as usize, column, tie));
            self.verdicts.clear();
            self.verdicts.extend(live.iter().map(verdict));
            for (slot, members) in plan.slots[column.limit.1].iter().enumerate() {
                let inside = |place: &usize| members[usize::from(shape.class_of[live[*place] as usize])];
                for (policy, word) in plan.policies.iter().enumerate() {
                    let Some(place) = plan.place(group, at, slot, policy) else { continue };
                    let weight = |place: usize| shape.truth.weight(live[place] as usize);
                    let attempts = (0..live.len()).filter(inside);
                    own[place].add(attempts.map(|place| (self.verdicts[place], weight(place))), *word);
                }
            }
        }
    }

    fn finish(self) -> PairTally {
        let mut cells = BTreeMap::new();
        let plan = self.plan;
        for (group, mut filled) in self.groups.into_iter().enumerate().filter(|(_, filled)| !filled.is_empty()) {
            for (at, column) in plan.columns.iter().enumerate() {
                for (slot, kind) in SLOTS.into_iter().enumerate() {
                    for (policy, word) in plan.policies.iter().enumerate() {
                        let Some(place) = plan.place(group, at, slot, policy) else { continue };
                        let filling = std::mem::take(&mut filled[place]);
                        if filling.cell.ran > 0 {
                            let group = self.shape.groups[group].clone();
                            let (limit, challenge) = (column.limit.0, column.challenge);
                            let place = PairPlace { group, limit, slot: kind, challenge, policy: *word };
                            cells.insert(place, filling.finish());
                        }
                    }
                }
            }
        }
        let name =
            |((group, limit), count): ((usize, AgeLimit), u64)| ((self.shape.groups[group].clone(), limit), count);
        PairTally { flow: self.flow, cells, straddling: self.straddling.into_iter().map(name).collect() }
    }
}

/// Whether an attempt passed; none where it ended without a decision.
fn verdict(answers: &Answers, index: usize, column: &Column, tie: Tie) -> Option<bool> {
    let Some(challenge) = column.challenge.map(ChallengeAge::years) else {
        return answers.decision(column.limit.1, index).map(|decision| decision == Decision::Pass);
    };
    match answers.said(index) {
        Said::Age(years) => Some(match tie {
            Tie::AtOrAbove => years >= challenge,
            Tie::Above => years > challenge,
        }),
        Said::Range(low, _) if low >= challenge => Some(true),
        Said::Range(_, high) if high <= challenge => Some(false),
        Said::Range(..) | Said::Limits | Said::Nothing => None,
    }
}

impl Filling {
    /// Adds the attempts of one subject, each with the two verdicts and its weight.
    fn add(&mut self, attempts: impl Iterator<Item = ([Option<bool>; 2], Option<i64>)>, policy: FailurePolicy) {
        let (mut baseline, mut method, mut all) = (0_u32, 0_u32, 0_u32);
        let (mut weighs, mut difference) = (0, 0);
        for (verdicts, weight) in attempts {
            self.cell.ran += 1;
            self.cell.one_decided += u64::from(verdicts[0].is_some() != verdicts[1].is_some());
            let passed = match (policy, verdicts) {
                (FailurePolicy::Conditional, [Some(one), Some(other)]) => [one, other],
                (FailurePolicy::Conditional, _) => continue,
                (FailurePolicy::FailClosed, _) => verdicts.map(|verdict| verdict == Some(true)),
                (FailurePolicy::FailOpen, _) => verdicts.map(|verdict| verdict != Some(false)),
            };
            baseline += u32::from(passed[0]);
            method += u32::from(passed[1]);
            all += 1;
            if let Some(weight) = weight {
                weighs += weight;
                difference += weight * (i64::from(passed[1]) - i64::from(passed[0]));
            }
            self.cell.discordant += u64::from(passed[0] != passed[1]);
        }
        if weighs > 0 {
            self.cell.weighted.get_or_insert_default().add(weighs, difference, all);
        }
        match all {
            0 => {}
            1 => self.single[2 * baseline as usize + method as usize] += 1,
            _ => *self.cell.subjects.entry((baseline, method, all)).or_default() += 1,
        }
    }

    fn finish(self) -> PairCell {
        let mut cell = self.cell;
        for ((baseline, method), count) in [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().zip(self.single) {
            if count > 0 {
                *cell.subjects.entry((baseline, method, 1)).or_default() += count;
            }
        }
        cell
    }
}
