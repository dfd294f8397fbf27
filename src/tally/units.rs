//! One walk over the units, in parallel over ranges of them, of all or of one shard.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use super::finished::{AnswerKinds, Tally};
use super::shape::Shape;
use super::walk::Hot;
use super::{Answers, TallyError, Truth};
use crate::outcome::Status;
use crate::protocol::Protocol;

/// Units a task takes at least; few enough to keep all cores busy, and so many that merging is nothing.
const LEAST_UNITS: usize = 128;

/// One of several parts of the units: those whose rank leaves `index` when divided by `of`. All samples of a unit are
/// in one shard, so shards are tallied apart and add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// Everybody.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// The shard `index`, from 0, of `of`; `None` unless `index < of`.
    #[must_use]
    pub fn new(index: u32, of: u32) -> Option<Self> {
        (index < of).then_some(Self { index, of })
    }

    /// Attempts on its units, whatever their age, and how many of them failed or were late.
    #[must_use]
    pub fn attempts(self, truth: &Truth, answers: &Answers) -> [u64; 2] {
        let own = (0..answers.len()).filter(|index| truth.units.get(*index).is_some_and(|unit| self.holds(*unit)));
        own.filter_map(|index| answers.status(index)).fold([0, 0], |[all, failed], status| {
            [all + 1, failed + u64::from(matches!(status, Status::Failed | Status::TimedOut))]
        })
    }

    fn holds(self, unit: u32) -> bool {
        unit % self.of == self.index
    }
}

impl Tally {
    /// Counts `answers` on `truth` under `protocol`.
    ///
    /// # Errors
    /// [`TallyError`]: lengths that differ, a group column that is not there or has too many levels.
    pub fn of(truth: &Truth, answers: &Answers, protocol: &Protocol) -> Result<Self, TallyError> {
        Self::of_shard(truth, answers, protocol, Shard::WHOLE)
    }

    /// Whether answers on `truth` can be counted under `protocol`, whatever they are.
    ///
    /// # Errors
    /// As [`Tally::of`], but for lengths.
    pub fn fits(truth: &Truth, protocol: &Protocol) -> Result<(), TallyError> {
        super::shape::fits(truth, protocol)
    }

    /// Counts the units of `shard` alone.
    ///
    /// # Errors
    /// As [`Tally::of`].
    pub fn of_shard(truth: &Truth, answers: &Answers, protocol: &Protocol, shard: Shard) -> Result<Self, TallyError> {
        if truth.len() != answers.len() {
            return Err(TallyError::Lengths { listed: truth.len(), answers: answers.len() });
        }
        let shape = Shape::new(truth, answers, protocol)?;
        let order = order(&truth.units, shard);
        let starts = starts(&truth.units, &order);
        let empty = || Self {
            grid: shape.grid.clone(),
            groups: BTreeMap::new(),
            group_order: shape.group_order(),
            kinds: AnswerKinds::of_limits(shape.grid.limits().len()),
            subjects_unknown: truth.subjects_unknown,
            clustered: truth.clustered,
            weighted: truth.is_weighted(),
            labelled_years: false,
            bands: false,
        };
        let part = |units: Range<usize>| {
            let mut hot = Hot::new(&shape);
            for unit in units {
                hot.unit(&order[starts[unit]..starts[unit + 1]]);
            }
            hot.finish(empty())
        };
        portions(&starts).into_par_iter().map(|range| Ok(part(range))).try_reduce(empty, |mut one, other| {
            one.merge(&other)?;
            Ok(one)
        })
    }
}

/// The units between `starts` in as many portions as keep all threads busy, two a thread at most.
pub(super) fn portions(starts: &[usize]) -> Vec<Range<usize>> {
    let units = starts.len().saturating_sub(1);
    let size = units.div_ceil(rayon::current_num_threads() * 2).max(LEAST_UNITS);
    (0..units).step_by(size).map(|first| first..(first + size).min(units)).collect()
}

/// The samples of `shard`, those of a unit together and in manifest order. In which order the units stand shows nowhere:
/// in that of the manifest where it keeps units together, since memory is then read from front to back.
pub(super) fn order(units: &[u32], shard: Shard) -> Vec<u32> {
    let all = (0_u32..).zip(units);
    let mut order: Vec<u32> = all.filter(|(_, unit)| shard.holds(**unit)).map(|(index, _)| index).collect();
    if !stand_together(units) {
        order.par_sort_unstable_by_key(|index| (units[*index as usize], *index));
    }
    order
}

/// Whether all samples of each unit stand one after the other.
fn stand_together(units: &[u32]) -> bool {
    let mut seen = vec![false; units.iter().max().map_or(0, |last| *last as usize + 1)];
    let mut last = None;
    units.iter().all(|unit| last.replace(*unit) == Some(*unit) || !std::mem::replace(&mut seen[*unit as usize], true))
}

/// Where each unit starts in `order`, and its length at the end.
pub(super) fn starts(units: &[u32], order: &[u32]) -> Vec<usize> {
    let unit = |place: usize| units[order[place] as usize];
    let mut starts: Vec<usize> =
        (0..order.len()).filter(|place| *place == 0 || unit(*place) != unit(place - 1)).collect();
    starts.push(order.len());
    starts
}
