//! The rows of a waterfall whose attempts were not kept: each that there would be with them, without a value.

use super::super::catalogue::{self, Entry};
use super::super::frame::Frame;
use super::{SIDES, StageFacts, weightings};
use crate::age::AgeLimit;
use crate::table::{Counts, Group, Place, Population, RowStatus, Variant, Weighting};
use crate::tally::{Combo, Slot};

/// Adds the rows of everybody and of each of `groups` at every limit.
pub(super) fn rows(frame: &mut Frame<'_>, groups: &[&Group], stages: &[StageFacts]) {
    for limit in frame.protocol.limits.clone() {
        for group in groups {
            let mut of = Of { frame, limit, group, population: Population::All };
            for (over, population, entry) in SIDES {
                of.population = population;
                of.weighted(entry, &Variant::none());
                if of.has_unresolved(over) {
                    for word in ["denied", "passed"] {
                        of.weighted(entry, &Variant::of("unresolved", word));
                    }
                }
                if group.is_whole() && stages.last().is_some_and(|stage| stage.rates.is_some()) {
                    of.nothing(entry, Variant::of("last_stage", "rates"), Weighting::Subject);
                }
                of.way(stages.len());
            }
            of.population = Population::All;
            of.way(stages.len());
        }
    }
}

/// Where rows are missing.
struct Of<'a, 'f> {
    frame: &'a mut Frame<'f>,
    limit: AgeLimit,
    group: &'a Group,
    population: Population,
}

impl Of<'_, '_> {
    fn nothing(&mut self, entry: Entry, variant: Variant, weighting: Weighting) {
        let (limit, weighting) = (Some(self.limit), Some(weighting));
        let (population, group) = (self.population.clone(), self.group.clone());
        let place = Place { limit, population, group, weighting, variant, ..Place::of_all() };
        self.frame.nothing(place, entry, RowStatus::NotMeasurable, Counts::default(), "needs_rows");
    }

    fn weighted(&mut self, entry: Entry, variant: &Variant) {
        for weighting in weightings(self.group) {
            self.nothing(entry, variant.clone(), *weighting);
        }
    }

    /// Whether no stage decided some attempt on this side: that much a tally knows.
    fn has_unresolved(&self, over: bool) -> bool {
        let tally = self.frame.tally;
        let column = tally.grid.column(self.limit, None);
        let Some((group, column)) = tally.groups.get(self.group).zip(column) else { return false };
        let side = group.slot(Some(self.limit), if over { Slot::Over } else { Slot::Under }, self.frame.protocol);
        side.total(column, |combo| combo.get(Combo::UNDECIDED) + combo.get(Combo::UNANSWERED)) > 0
    }

    /// Who goes on from stage to stage, and what that takes.
    fn way(&mut self, stages: usize) {
        for stage in (2_u8..).take(stages.saturating_sub(1)) {
            self.weighted(catalogue::ESCALATION, &Variant::of("stage", stage));
        }
        for word in ["given", "returned"] {
            self.nothing(catalogue::BYTES_A_PERSON, Variant::of("bytes", word), Weighting::Subject);
        }
        self.nothing(catalogue::TIME_A_PERSON, Variant::none(), Weighting::Subject);
    }
}
