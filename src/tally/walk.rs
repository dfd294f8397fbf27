//! What is counted of one subject after the other: integer sums, so that neither threads nor order show.

use std::collections::BTreeMap;

use super::cell::{Cell, Joints};
use super::class::{AgeClass, Slot};
use super::errors::{BEYOND, Error, ErrorTally, Profiled};
use super::families::{HotFamilies, Seen};
use super::finished::{AnswerKinds, Flow, GroupTally, Tally};
use super::hot::{HotCell, Run, Runs};
use super::profile::join;
use super::shape::{NO_CLASS, Shape};
use super::taken::{Outcomes, Taken};
use crate::age::{AgeLimit, NANOS_PER_YEAR};

/// What is filled while walking.
pub(super) struct Hot<'a> {
    shape: &'a Shape<'a>,
    groups: Vec<HotGroup>,
    /// Subjects with the same groups everywhere, by place in [`Shape::crossed`].
    crossed: Vec<HotCounts>,
    whole: HotWhole,
    kinds: AnswerKinds,
    labelled_years: bool,
    // Reused from subject to subject.
    sorted: Vec<u32>,
    all: Taken,
    part: Taken,
}

/// What is counted of some subjects in the same way in every group.
#[derive(Default)]
struct HotCounts {
    flow: Flow,
    pure: Vec<HotCell>,
    mixed: Vec<HotCell>,
    slots: Vec<HotCell>,
    joints: BTreeMap<(u16, u16), Joints>,
    statuses: HotCell,
    errors: ErrorTally,
    beyond: HotCell,
}

/// What is counted of the whole dataset alone.
#[derive(Default)]
struct HotWhole {
    beyond_middle: HotCell,
    middle: ErrorTally,
    by_age: BTreeMap<u32, ErrorTally>,
    by_answer: BTreeMap<u32, ErrorTally>,
}

#[derive(Default)]
struct HotGroup {
    counts: HotCounts,
    families: HotFamilies,
}

impl<'a> Hot<'a> {
    /// Nothing counted yet.
    pub fn new(shape: &'a Shape<'a>) -> Self {
        let kinds = AnswerKinds::of_limits(shape.grid.limits().len());
        Self {
            shape,
            groups: std::iter::repeat_with(HotGroup::default).take(shape.groups.len()).collect(),
            crossed: std::iter::repeat_with(HotCounts::default).take(shape.crossed.groups.len()).collect(),
            whole: HotWhole::default(),
            kinds,
            labelled_years: false,
            sorted: Vec::new(),
            all: Taken::default(),
            part: Taken::default(),
        }
    }

    /// Counts one subject: what it comes to is found once, and added to every group that has all of its samples.
    pub fn unit(&mut self, samples: &[u32]) {
        self.kinds_of(samples);
        let shape = self.shape;
        let mut all = std::mem::take(&mut self.all);
        all.take(shape, samples);
        self.whole.add(shape, &all);
        let place = shape.crossed.place(samples);
        match place {
            Some(place) => self.crossed[place].add(shape, &all),
            None => self.groups[0].counts.add(shape, &all),
        }
        self.groups[0].families.count(&Seen { shape, group: 0, samples, taken: &all });
        if let Some(place) = place {
            for group in shape.crossed.groups[place].iter().map(|group| *group as usize) {
                self.groups[group].families.count(&Seen { shape, group, samples, taken: &all });
            }
            self.all = all;
            return;
        }
        for dimension in &shape.dimensions {
            let group = |sample: &u32| dimension.groups[*sample as usize];
            let first = samples.first().map(group).unwrap_or_default();
            if samples.iter().all(|sample| group(sample) == first) {
                let own = &mut self.groups[first as usize];
                own.counts.add(shape, &all);
                own.families.count(&Seen { shape, group: first as usize, samples, taken: &all });
                continue;
            }
            let mut sorted = std::mem::take(&mut self.sorted);
            sorted.clear();
            sorted.extend_from_slice(samples);
            sorted.sort_by_key(group);
            for part in sorted.chunk_by(|one, other| group(one) == group(other)) {
                let group = group(&part[0]) as usize;
                self.part.take(shape, part);
                self.groups[group].counts.add(shape, &self.part);
                self.groups[group].families.count(&Seen { shape, group, samples: part, taken: &self.part });
            }
            self.sorted = sorted;
        }
        self.all = all;
    }

    fn kinds_of(&mut self, samples: &[u32]) {
        use super::answers::Said;
        for sample in samples.iter().map(|sample| *sample as usize) {
            if self.shape.class_of[sample] == NO_CLASS {
                continue;
            }
            self.labelled_years |= self.shape.truth.age(sample).is_some_and(|age| !age.is_exact());
            match self.shape.answers.said(sample) {
                Said::Age(years) => {
                    self.kinds.ages += 1;
                    self.kinds.spreads += u64::from(self.shape.answers.spread(sample).is_some());
                    let distinct = &mut self.kinds.distinct;
                    if distinct.len() < AnswerKinds::MOST_DISTINCT
                        || distinct.last().is_some_and(|last| years.to_bits() < *last)
                    {
                        distinct.insert(years.to_bits());
                        if distinct.len() > AnswerKinds::MOST_DISTINCT {
                            distinct.pop_last();
                        }
                    }
                }
                Said::Range(..) => self.kinds.ranges += 1,
                Said::Limits => {
                    for (limit, count) in self.kinds.decisions.iter_mut().enumerate() {
                        *count += u64::from(self.shape.answers.decision(limit, sample).is_some());
                    }
                    for (limit, count) in self.kinds.scores.iter_mut().enumerate() {
                        *count += u64::from(self.shape.answers.score(limit, sample).is_some());
                    }
                }
                Said::Nothing => {}
            }
        }
    }

    /// Puts what was counted into an empty tally.
    pub fn finish(self, mut tally: Tally) -> Tally {
        let shape = self.shape;
        let finished = |hot: HotGroup| {
            let families = hot.families.finish(shape);
            GroupTally { families, ..hot.counts.finish(shape) }
        };
        let mut groups: Vec<GroupTally> = self.groups.into_iter().map(finished).collect();
        for (hot, own) in self.crossed.into_iter().zip(&shape.crossed.groups) {
            if hot.flow.listed.samples > 0 {
                let found = hot.finish(shape);
                std::iter::once(&0).chain(own).for_each(|group| groups[*group as usize].merge(&found));
            }
        }
        self.whole.finish(&mut groups[0]);
        let listed = shape.groups.iter().cloned().zip(groups).filter(|(_, found)| found.flow.listed.samples > 0);
        tally.groups = listed.collect();
        tally.kinds = self.kinds;
        tally.labelled_years = self.labelled_years;
        tally.bands = shape.bands;
        tally
    }
}

impl HotCounts {
    /// Adds one subject, of which this is what its samples in the group come to.
    fn add(&mut self, shape: &Shape<'_>, taken: &Taken) {
        for (stage, count) in self.flow.stages().into_iter().zip(taken.counts) {
            stage.samples += count;
            stage.subjects += u64::from(count > 0);
        }
        if !taken.live.is_empty() {
            let run = Run { combo: taken.statuses, start: 0, end: 1 };
            let weights = std::slice::from_ref(&taken.status_weights);
            let weights = if shape.truth.is_weighted() { weights } else { &[] };
            self.statuses.add_runs(taken.live.len(), Runs { runs: &[run], weights }, 1);
            self.outcomes(shape, taken);
        }
        if let Some(profile) = &taken.beyond {
            let errors = || taken.errors.iter().flatten().copied();
            self.errors.add(errors());
            self.errors.add_lines(&taken.line, errors());
            self.beyond.add_runs(profile.attempts, profile.runs(), BEYOND);
        }
    }

    /// Adds the outcomes to the cells of age classes and populations.
    fn outcomes(&mut self, shape: &Shape<'_>, taken: &Taken) {
        let columns = shape.grid.columns();
        let sized = |cells: &mut Vec<HotCell>, count: usize| {
            if cells.is_empty() {
                cells.resize(count, HotCell::default());
            }
        };
        match taken.outcomes {
            Outcomes::Code(class, code, weight) => {
                sized(&mut self.pure, shape.classes.len());
                self.pure[class].add_code(code, shape.codes(), weight);
            }
            Outcomes::OneClass(class) => {
                sized(&mut self.pure, shape.classes.len());
                self.pure[class].add_runs(taken.live.len(), taken.whole.found(), columns);
            }
            Outcomes::Classes => {
                sized(&mut self.mixed, shape.classes.len());
                sized(&mut self.slots, shape.slots.len());
                for (class, attempts, own) in &taken.by_class {
                    self.mixed[*class].add_runs(*attempts, own.found(), columns);
                }
                for (slot, part) in &taken.by_slot {
                    let (attempts, runs) = match part {
                        Some((attempts, own)) => (*attempts, own.found()),
                        None => (taken.live.len(), taken.whole.found()),
                    };
                    self.slots[*slot].add_runs(attempts, runs, columns);
                }
                for (index, (one, _, runs)) in taken.by_class.iter().enumerate() {
                    for (other, _, other_runs) in &taken.by_class[index + 1..] {
                        if shape.share_window[one * shape.classes.len() + other] {
                            #[expect(clippy::cast_possible_truncation, reason = "class indices were made from u16")]
                            let joints = self.joints.entry((*one as u16, *other as u16)).or_default();
                            join(joints, runs.found(), other_runs.found(), columns);
                        }
                    }
                }
            }
        }
    }

    /// What was counted, the families and what is of the whole dataset alone left empty.
    fn finish(self, shape: &Shape<'_>) -> GroupTally {
        let columns = shape.grid.columns();
        let keys: Vec<(Option<AgeLimit>, Slot)> = std::iter::once((None, Slot::All))
            .chain(shape.grid.limits().iter().flat_map(|limit| Slot::OF_LIMIT.map(|slot| (Some(*limit), slot))))
            .collect();
        let by_class = |cells: Vec<HotCell>| {
            let finish = |(class, hot): (&AgeClass, HotCell)| {
                let cell = hot.finish(columns, |code| shape.runs_of_code(code));
                (!cell.is_empty()).then_some((*class, cell))
            };
            shape.classes.iter().zip(cells).filter_map(finish).collect()
        };
        let finished = keys.iter().zip(self.slots).map(|(key, hot)| (*key, hot.finish(columns, |_| Vec::new())));
        let mut slots: BTreeMap<_, Cell> = finished.filter(|(_, cell)| !cell.is_empty()).collect();
        if !shape.bands {
            // Both populations are the same people, and were counted once.
            for limit in shape.grid.limits() {
                for (slot, same) in Slot::SAME_WITHOUT_BANDS {
                    if let Some(cell) = slots.get(&(Some(*limit), same)).cloned() {
                        slots.insert((Some(*limit), slot), cell);
                    }
                }
            }
        }
        let class = |index: u16| shape.classes[usize::from(index)];
        GroupTally {
            flow: self.flow,
            pure: by_class(self.pure),
            mixed: by_class(self.mixed),
            slots,
            joints: self.joints.into_iter().map(|((one, other), cell)| ((class(one), class(other)), cell)).collect(),
            statuses: self.statuses.finish(1, |_| Vec::new()),
            errors: ErrorTally { beyond: self.beyond.finish(BEYOND, |_| Vec::new()), ..self.errors },
            ..GroupTally::default()
        }
    }
}

impl HotWhole {
    /// Adds the errors of one subject.
    fn add(&mut self, shape: &Shape<'_>, taken: &Taken) {
        if taken.beyond.is_none() {
            return;
        }
        let of_middle = |sample: &u32| Error::of(shape.truth, shape.answers, *sample as usize, true);
        let middle: Vec<Error> = taken.live.iter().filter_map(of_middle).collect();
        self.middle.add(middle.iter().copied());
        let profile = Profiled::of(middle.into_iter());
        self.beyond_middle.add_runs(profile.attempts, profile.runs(), BEYOND);
        let errors = || taken.errors.iter().flatten().copied();
        let year = |nanos: i64| u32::try_from(nanos / NANOS_PER_YEAR).ok();
        bins(&mut self.by_age, errors().filter_map(|error| Some((year(error.age)?, error))));
        bins(&mut self.by_answer, errors().filter_map(|error| Some((year(error.age + error.signed)?, error))));
    }

    /// Puts what was counted into the tally of the whole dataset.
    fn finish(self, tally: &mut GroupTally) {
        let beyond = self.beyond_middle.finish(BEYOND, |_| Vec::new());
        tally.errors_middle = ErrorTally { beyond, ..self.middle };
        tally.errors_by_age = self.by_age;
        tally.errors_by_answer = self.by_answer;
    }
}

/// Adds one subject's errors to the bins they fall in.
fn bins(tallies: &mut BTreeMap<u32, ErrorTally>, mut binned: impl Iterator<Item = (u32, Error)>) {
    let Some(first) = binned.next() else { return };
    let Some(second) = binned.next() else {
        tallies.entry(first.0).or_default().add(std::iter::once(first.1));
        return;
    };
    let mut all = vec![first, second];
    all.extend(binned);
    all.sort_by_key(|(bin, _)| *bin);
    for part in all.chunk_by(|one, other| one.0 == other.0) {
        tallies.entry(part[0].0).or_default().add(part.iter().map(|(_, error)| *error));
    }
}
