//! What is counted of one subject after the other: integer sums, so that neither threads nor order show.

use std::collections::BTreeMap;

use super::cell::{Cell, Combo, Joints};
use super::class::{AgeClass, Slot};
use super::errors::{BEYOND, Error, ErrorTally, Profiled};
use super::families::{HotFamilies, Seen};
use super::finished::{AnswerKinds, Flow, GroupTally, Tally};
use super::hot::{HotCell, Run, Runs};
use super::profile::{Kept, Profile, join};
use super::shape::{NO_CLASS, Reply, Shape};
use crate::age::NANOS_PER_YEAR;
use crate::outcome::Status;

/// What is filled while walking.
pub(super) struct Hot<'a> {
    shape: &'a Shape<'a>,
    groups: Vec<HotGroup>,
    kinds: AnswerKinds,
    labelled_years: bool,
    // Reused from subject to subject.
    sorted: Vec<u32>,
    live: Vec<u32>,
    subset: Vec<u32>,
    whole: Profile,
    part: Profile,
}

#[derive(Default)]
struct HotGroup {
    flow: Flow,
    pure: Vec<HotCell>,
    mixed: Vec<HotCell>,
    slots: Vec<HotCell>,
    joints: BTreeMap<(u16, u16), Joints>,
    statuses: HotCell,
    errors: ErrorTally,
    beyond: HotCell,
    beyond_middle: HotCell,
    middle: ErrorTally,
    by_age: BTreeMap<u32, ErrorTally>,
    by_answer: BTreeMap<u32, ErrorTally>,
    families: HotFamilies,
}

impl<'a> Hot<'a> {
    /// Nothing counted yet.
    pub fn new(shape: &'a Shape<'a>) -> Self {
        let kinds = AnswerKinds::of_limits(shape.grid.limits().len());
        Self {
            shape,
            groups: std::iter::repeat_with(HotGroup::default).take(shape.groups.len()).collect(),
            kinds,
            labelled_years: false,
            sorted: Vec::new(),
            live: Vec::new(),
            subset: Vec::new(),
            whole: Profile::default(),
            part: Profile::default(),
        }
    }

    /// Counts one subject.
    pub fn unit(&mut self, samples: &[u32]) {
        self.kinds_of(samples);
        self.group(0, samples);
        let shape = self.shape;
        for dimension in &shape.dimensions {
            let group = |sample: &u32| dimension.groups[*sample as usize];
            let first = samples.first().map(group).unwrap_or_default();
            if samples.iter().all(|sample| group(sample) == first) {
                self.group(first as usize, samples);
                continue;
            }
            let mut sorted = std::mem::take(&mut self.sorted);
            sorted.clear();
            sorted.extend_from_slice(samples);
            sorted.sort_by_key(group);
            for part in sorted.chunk_by(|one, other| group(one) == group(other)) {
                self.group(group(&part[0]) as usize, part);
            }
            self.sorted = sorted;
        }
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

    /// Counts the samples that one subject has in one group.
    fn group(&mut self, group: usize, samples: &[u32]) {
        let mut live = std::mem::take(&mut self.live);
        live.clear();
        self.flow(group, samples, &mut live);
        if !live.is_empty() {
            self.outcomes(group, &mut live);
            self.errors(group, &live);
        }
        self.groups[group].families.count(&Seen { shape: self.shape, group, samples, live: &live });
        self.live = live;
    }

    /// Counts the stages, and puts the eligible attempts into `live`.
    fn flow(&mut self, group: usize, samples: &[u32], live: &mut Vec<u32>) {
        let (truth, answers) = (self.shape.truth, self.shape.answers);
        let mut counts = [0_u64; 7];
        let mut statuses = [0_u32; 5];
        let mut weights = [0_i64; 5];
        for sample in samples {
            let index = *sample as usize;
            counts[0] += 1;
            if truth.attacks[index] {
                counts[1] += 1;
            } else if self.shape.class_of[index] == NO_CLASS {
                counts[2] += 1;
            } else {
                counts[3] += 1;
                if let Some(status) = answers.status(index) {
                    counts[4] += 1;
                    live.push(*sample);
                    let place = match status {
                        Status::Answered => 0,
                        Status::Abstained => 1,
                        Status::Refused => 2,
                        Status::NoSubject | Status::Failed | Status::TimedOut => 3,
                    };
                    statuses[place] += 1;
                    weights[place] += truth.weight(index).unwrap_or_default();
                    counts[5] += u64::from(status == Status::Answered);
                    counts[6] += u64::from(matches!(answers.said(index), super::answers::Said::Age(_)));
                }
            }
        }
        let own = &mut self.groups[group];
        for (stage, count) in own.flow.stages().into_iter().zip(counts) {
            stage.samples += count;
            stage.subjects += u64::from(count > 0);
        }
        if !live.is_empty() {
            let run = Run { combo: Combo(statuses), start: 0, end: 1 };
            let weights: &[_] = if truth.is_weighted() { &[weights] } else { &[] };
            own.statuses.add_runs(live.len(), Runs { runs: &[run], weights }, 1);
        }
    }

    /// Counts the outcomes of `live` in the cells of age classes and populations.
    fn outcomes(&mut self, group: usize, live: &mut [u32]) {
        let shape = self.shape;
        let columns = shape.grid.columns();
        let own = &mut self.groups[group];
        let class = |sample: &u32| usize::from(shape.class_of[*sample as usize]);
        let sized = |cells: &mut Vec<HotCell>, count: usize| {
            if cells.is_empty() {
                cells.resize(count, HotCell::default());
            }
        };
        let first = class(&live[0]);
        if live.iter().all(|sample| class(sample) == first) {
            sized(&mut own.pure, shape.classes.len());
            if let [only] = *live
                && let Reply::Code(code) = shape.reply(only as usize)
            {
                own.pure[first].add_code(code, shape.codes(), shape.truth.weight(only as usize));
            } else {
                self.whole.take(shape, live);
                own.pure[first].add_runs(live.len(), self.whole.found(), columns);
            }
            return;
        }
        live.sort_by_key(class);
        sized(&mut own.mixed, shape.classes.len());
        sized(&mut own.slots, shape.slots.len());
        let mut profiles: Vec<(usize, Kept)> = Vec::new();
        for part in live.chunk_by(|one, other| class(one) == class(other)) {
            self.whole.take(shape, part);
            let class = class(&part[0]);
            own.mixed[class].add_runs(part.len(), self.whole.found(), columns);
            profiles.push((class, self.whole.keep()));
        }
        // Slot 0 holds everybody; most others hold the same attempts, or none.
        self.whole.take(shape, live);
        for (slot, members) in shape.slots.iter().enumerate().filter(|(slot, _)| shape.counted(*slot)) {
            self.subset.clear();
            self.subset.extend(live.iter().filter(|sample| members[class(sample)]));
            if self.subset.len() == live.len() {
                own.slots[slot].add_runs(live.len(), self.whole.found(), columns);
            } else if !self.subset.is_empty() {
                self.part.take(shape, &self.subset);
                own.slots[slot].add_runs(self.subset.len(), self.part.found(), columns);
            }
        }
        for (index, (one, runs)) in profiles.iter().enumerate() {
            for (other, other_runs) in &profiles[index + 1..] {
                if shape.share_window[one * shape.classes.len() + other] {
                    #[expect(clippy::cast_possible_truncation, reason = "class indices were made from u16")]
                    let joints = own.joints.entry((*one as u16, *other as u16)).or_default();
                    join(joints, runs.found(), other_runs.found(), columns);
                }
            }
        }
    }

    /// Adds the errors of `live`.
    fn errors(&mut self, group: usize, live: &[u32]) {
        let (truth, answers) = (self.shape.truth, self.shape.answers);
        let own = &mut self.groups[group];
        let errors =
            |middle: bool| live.iter().filter_map(move |sample| Error::of(truth, answers, *sample as usize, middle));
        own.errors.add(errors(false));
        for error in errors(false) {
            own.errors.add_line(error);
        }
        let profile = Profiled::of(errors(false));
        if profile.attempts == 0 {
            return;
        }
        own.beyond.add_runs(profile.attempts, profile.runs(), BEYOND);
        if group > 0 {
            return;
        }
        own.middle.add(errors(true));
        let profile = Profiled::of(errors(true));
        own.beyond_middle.add_runs(profile.attempts, profile.runs(), BEYOND);
        bins(&mut own.by_age, live, |sample| {
            let error = Error::of(truth, answers, sample, false)?;
            Some((u32::try_from(error.age / NANOS_PER_YEAR).ok()?, error))
        });
        bins(&mut own.by_answer, live, |sample| {
            let error = Error::of(truth, answers, sample, false)?;
            Some((u32::try_from((error.age + error.signed) / NANOS_PER_YEAR).ok()?, error))
        });
    }

    /// Puts what was counted into an empty tally.
    pub fn finish(self, mut tally: Tally) -> Tally {
        let shape = self.shape;
        let columns = shape.grid.columns();
        let keys: Vec<(Option<crate::age::AgeLimit>, Slot)> = std::iter::once((None, Slot::All))
            .chain(shape.grid.limits().iter().flat_map(|limit| Slot::OF_LIMIT.map(|slot| (Some(*limit), slot))))
            .collect();
        let by_class = |cells: Vec<HotCell>| {
            let finish = |(class, hot): (&AgeClass, HotCell)| {
                let cell = hot.finish(columns, |code| shape.runs_of_code(code));
                (!cell.is_empty()).then_some((*class, cell))
            };
            shape.classes.iter().zip(cells).filter_map(finish).collect()
        };
        for (group, hot) in shape.groups.iter().zip(self.groups) {
            if hot.flow.listed.samples == 0 {
                continue;
            }
            let finished = keys.iter().zip(hot.slots).map(|(key, hot)| (*key, hot.finish(columns, |_| Vec::new())));
            let mut slots: BTreeMap<_, Cell> = finished.filter(|(_, cell)| !cell.is_empty()).collect();
            if !shape.bands {
                // Nobody straddles: both populations are the same people, and were counted once.
                for limit in shape.grid.limits() {
                    for (with, without) in Slot::WITHOUT_STRADDLING {
                        if let Some(cell) = slots.get(&(Some(*limit), without)).cloned() {
                            slots.insert((Some(*limit), with), cell);
                        }
                    }
                }
            }
            let class = |index: u16| shape.classes[usize::from(index)];
            let beyond = hot.beyond.finish(BEYOND, |_| Vec::new());
            let beyond_middle = hot.beyond_middle.finish(BEYOND, |_| Vec::new());
            let finished = GroupTally {
                flow: hot.flow,
                pure: by_class(hot.pure),
                mixed: by_class(hot.mixed),
                slots,
                joints: hot.joints.into_iter().map(|((one, other), cell)| ((class(one), class(other)), cell)).collect(),
                statuses: hot.statuses.finish(1, |_| Vec::new()),
                errors: ErrorTally { beyond, ..hot.errors },
                errors_middle: ErrorTally { beyond: beyond_middle, ..hot.middle },
                errors_by_age: hot.by_age,
                errors_by_answer: hot.by_answer,
                families: hot.families.finish(shape),
            };
            tally.groups.insert(group.clone(), finished);
        }
        tally.kinds = self.kinds;
        tally.labelled_years = self.labelled_years;
        tally.bands = shape.bands;
        tally
    }
}

/// Adds one subject's errors to the bins they fall in.
fn bins(tallies: &mut BTreeMap<u32, ErrorTally>, live: &[u32], of: impl Fn(usize) -> Option<(u32, Error)>) {
    if let [only] = live {
        if let Some((bin, error)) = of(*only as usize) {
            tallies.entry(bin).or_default().add(std::iter::once(error));
        }
        return;
    }
    let mut binned: Vec<(u32, Error)> = live.iter().filter_map(|sample| of(*sample as usize)).collect();
    binned.sort_by_key(|(bin, _)| *bin);
    for part in binned.chunk_by(|one, other| one.0 == other.0) {
        tallies.entry(part[0].0).or_default().add(part.iter().map(|(_, error)| *error));
    }
}
