//! What every subject's walk looks up: age classes, populations, groups, challenge ages as dense numbers.

use super::answers::{Answers, Said};
use super::class::{AgeClass, Slot};
use super::dimensions::{Crossed, Dimension, groups, present, remembered};
use super::families::Plan;
use super::grid::Grid;
use super::hot::Run;
use super::truth::Truth;
use super::{Combo, TallyError};
use crate::outcome::Decision;
use crate::protocol::{Protocol, Tie};
use crate::table::Group;

/// Most classes of ages: what is counted for each pair of them has to fit into memory.
pub const MOST_CLASSES: usize = 20_000;

/// The class of a sample that is in no cell: an attack, or of unknown age.
pub(super) const NO_CLASS: u16 = u16::MAX;

pub(super) struct Shape<'a> {
    pub truth: &'a Truth,
    pub answers: &'a Answers,
    pub grid: Grid,
    thresholds: Vec<f64>,
    pub classes: Vec<AgeClass>,
    /// Class of each sample.
    pub class_of: Vec<u16>,
    /// For each slot (everybody, then [`Slot::OF_LIMIT`] of each limit) whether each class belongs to it.
    pub slots: Vec<Vec<bool>>,
    /// Whether some class is a band.
    pub bands: bool,
    /// Whether two classes share a window of some limit: `one * classes + other`.
    pub share_window: Vec<bool>,
    /// All groups; the first is the whole dataset.
    pub groups: Vec<Group>,
    pub dimensions: Vec<Dimension>,
    pub crossed: Crossed,
    /// What the families look up.
    pub plan: Plan,
}

/// What an attempt says over the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// One of the numbered step functions of a single attempt: an age, or no answer.
    Code(usize),
    /// A range: passes below the first column, is denied from the second on.
    Range(usize, usize),
    /// Something about limits.
    Limits,
}

/// The class of a sample's age; none of an attack, or where it is unknown.
fn class_of(truth: &Truth, index: usize) -> Option<AgeClass> {
    (!truth.attacks[index]).then(|| truth.age(index)).flatten().map(AgeClass::of)
}

/// All classes of ages, sorted.
fn classes(truth: &Truth) -> Result<Vec<AgeClass>, TallyError> {
    present(truth.len(), MOST_CLASSES, |index| class_of(truth, index)).ok_or(TallyError::TooManyAges)
}

/// Whether these people can be counted, whatever is answered.
pub(super) fn fits(truth: &Truth, protocol: &Protocol) -> Result<(), TallyError> {
    classes(truth)?;
    groups(truth, protocol).map(drop)
}

impl<'a> Shape<'a> {
    pub fn new(truth: &'a Truth, answers: &'a Answers, protocol: &Protocol) -> Result<Self, TallyError> {
        let grid = Grid::of(protocol);
        let classes = classes(truth)?;
        let place = |class: AgeClass| classes.binary_search(&class).ok().and_then(|index| u16::try_from(index).ok());
        let of_sample = |index: usize| class_of(truth, index);
        let class_of = remembered(truth.len(), of_sample, |class| class.and_then(place).unwrap_or(NO_CLASS));
        let mut slots = vec![vec![true; classes.len()]];
        let mut share_window = vec![false; classes.len() * classes.len()];
        for limit in grid.limits() {
            for slot in Slot::OF_LIMIT {
                let members: Vec<bool> = classes.iter().map(|class| class.belongs(slot, *limit, protocol)).collect();
                if matches!(slot, Slot::UnderWindow | Slot::OverWindow) {
                    for (one, _) in members.iter().enumerate().filter(|(_, member)| **member) {
                        for (other, _) in members.iter().enumerate().filter(|(_, member)| **member) {
                            share_window[one * classes.len() + other] = true;
                        }
                    }
                }
                slots.push(members);
            }
        }
        let (mut groups, mut dimensions) = groups(truth, protocol)?;
        let plan = Plan::of(truth, &classes, &groups, &grid, protocol);
        if protocol.buffer.confirm {
            super::halves::add(truth, protocol, &mut groups, &mut dimensions);
        }
        let bands = classes.iter().any(|class| matches!(class, AgeClass::Band(..)));
        let thresholds = grid.challenges().iter().map(|challenge| challenge.years()).collect();
        let crossed = Crossed::of(&dimensions, truth.len(), groups.len());
        let own = Self {
            truth,
            answers,
            grid,
            thresholds,
            classes,
            class_of,
            slots,
            bands,
            share_window,
            groups,
            dimensions,
            crossed,
            plan,
        };
        Ok(own)
    }

    /// Whether each class lies surely below, and surely at or above, the limit of this place.
    pub fn sides(&self, limit: usize) -> (&[bool], &[bool]) {
        let first = 1 + limit * Slot::OF_LIMIT.len();
        (&self.slots[first], &self.slots[first + 1])
    }

    /// Whether `column` is a headline challenge age of the limit of this place, or its own decision.
    pub fn column_of_limit(&self, column: usize, limit: usize) -> bool {
        self.plan.of_limit[limit].contains(&column)
    }

    /// What came of an attempt at a column, as a place in a [`Combo`].
    pub fn part(&self, index: usize, column: usize) -> usize {
        self.part_of(self.reply(index), index, column)
    }

    /// What came of an attempt with this reply at a column, as a place in a [`Combo`].
    pub fn part_of(&self, reply: Reply, index: usize, column: usize) -> usize {
        match reply {
            Reply::Code(code) if code + 1 == self.codes() => Combo::UNANSWERED,
            Reply::Code(_) if column >= self.thresholds.len() => Combo::UNDECIDED,
            Reply::Code(code) if column < code / 2 => Combo::ABOVE,
            Reply::Code(code) if column == code / 2 && code % 2 == 1 => Combo::TIE,
            Reply::Code(_) => Combo::DENY,
            Reply::Range(..) | Reply::Limits => {
                let mut found = Combo::UNDECIDED;
                self.segments(reply, index, |part, start, end| {
                    if (start..end).contains(&column) {
                        found = part;
                    }
                });
                found
            }
        }
    }

    /// Whether some attempt passes under the protocol's tie rule.
    pub fn passed(&self, combo: Combo) -> bool {
        combo.get(Combo::ABOVE) > 0 || (self.plan.tie == Tie::AtOrAbove && combo.get(Combo::TIE) > 0)
    }

    /// The columns and crossings of which rows are made, as the cell `group_by` writes them.
    pub fn group_order(&self) -> Vec<String> {
        self.dimensions.iter().filter(|dimension| dimension.printed).map(|dimension| dimension.by.clone()).collect()
    }

    /// Whether slot `index` is counted while walking: those that hold nobody, or the same people as another, without bands only where there are any.
    pub fn counted(&self, index: usize) -> bool {
        let of_limit = |index: usize| Slot::OF_LIMIT[index % Slot::OF_LIMIT.len()];
        self.bands
            || index.checked_sub(1).map(of_limit).is_none_or(|slot| {
                slot != Slot::Straddling && Slot::SAME_WITHOUT_BANDS.iter().all(|(other, _)| *other != slot)
            })
    }

    /// Number of step functions of a single attempt: for each place among the challenge ages, with and without a tie,
    /// and one for no answer.
    pub fn codes(&self) -> usize {
        2 * self.thresholds.len() + 2
    }

    pub fn reply(&self, index: usize) -> Reply {
        match self.answers.said(index) {
            Said::Nothing => Reply::Code(self.codes() - 1),
            Said::Age(years) => {
                let above = self.thresholds.partition_point(|challenge| *challenge < years);
                Reply::Code(2 * above + usize::from(self.thresholds.get(above) == Some(&years)))
            }
            Said::Range(low, high) => {
                let pass = self.thresholds.partition_point(|challenge| *challenge <= low);
                Reply::Range(pass, self.thresholds.partition_point(|challenge| *challenge < high).max(pass))
            }
            Said::Limits => Reply::Limits,
        }
    }

    /// Calls `segment(part, start, end)` for the stretches of columns of one reply.
    pub fn segments(&self, reply: Reply, index: usize, mut segment: impl FnMut(usize, usize, usize)) {
        let (ages, columns) = (self.thresholds.len(), self.grid.columns());
        let mut some = |part, start, end| {
            if start < end {
                segment(part, start, end);
            }
        };
        match reply {
            Reply::Code(code) if code + 1 == self.codes() => some(Combo::UNANSWERED, 0, columns),
            Reply::Code(code) => {
                let (above, tie) = (code / 2, code % 2);
                some(Combo::ABOVE, 0, above);
                some(Combo::TIE, above, above + tie);
                some(Combo::DENY, above + tie, ages);
                some(Combo::UNDECIDED, ages, columns);
            }
            Reply::Range(pass, deny) => {
                some(Combo::ABOVE, 0, pass);
                some(Combo::UNDECIDED, pass, deny);
                some(Combo::DENY, deny, ages);
                some(Combo::UNDECIDED, ages, columns);
            }
            Reply::Limits => {
                some(Combo::UNDECIDED, 0, ages);
                for limit in 0..self.grid.limits().len() {
                    let part = match self.answers.decision(limit, index) {
                        Some(Decision::Pass) => Combo::ABOVE,
                        Some(Decision::Deny) => Combo::DENY,
                        None => Combo::UNDECIDED,
                    };
                    some(part, ages + limit, ages + limit + 1);
                }
            }
        }
    }

    /// The runs of the step function `code`, for finishing.
    pub fn runs_of_code(&self, code: usize) -> Vec<Run> {
        let mut runs = Vec::new();
        self.segments(Reply::Code(code), 0, |part, start, end| {
            let mut combo = Combo::default();
            combo.0[part] = 1;
            runs.push(Run { combo, start, end });
        });
        runs
    }
}
