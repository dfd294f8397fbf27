//! Rows of errors as they are published: means and percentiles of years, where the published number of people tells that there are
//! enough.

use std::collections::{BTreeMap, BTreeSet};

use super::class::{Class, class};
use super::counts::{Key, Pair, What, is_plain_group};
use super::flag;
use super::release::{Fate, LEAST, Release};
use crate::metric::{flag as known, percentile_share};
use crate::stats::subjects_for_percentile;
use crate::table::{Evidence, Group, Population, Row, RowStatus, Weighting};

/// Whether this is a row of errors that can be published: of everybody answered, plain, means by people and percentiles
/// by attempts.
pub fn is_error_row(row: &Row) -> bool {
    let weighting = if row.metric.contains("percentile") || row.metric.contains("median") || row.metric.starts_with('p')
    {
        Weighting::Attempt
    } else {
        Weighting::Subject
    };
    class(&row.metric) == Class::Years
        && is_plain_group(row)
        && row.variant.is_none()
        && row.population == Population::All
        && row.weighting == Some(weighting)
}

impl Release<'_> {
    /// Where the published number says that there are 30 people, so that a mean tells nothing of them beside it; where one
    /// group alone of a column has no mean, the next smallest has none either, because the mean of the one would follow from
    /// the others'.
    pub(super) fn choose_means(&self, rows: &[&Row]) -> BTreeSet<(usize, Group)> {
        let mut people: BTreeMap<(usize, Group), u64> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.metric == "mae" && is_error_row(row) && row.value.is_some()) {
            let method = self.book.method(row);
            let Some((_, shown)) = self.answered(method, &row.group).filter(|(least, _)| *least >= LEAST) else {
                continue;
            };
            if row.n_subjects.is_some_and(|subjects| subjects >= LEAST) && self.book.is_named(&row.group) {
                people.insert((method, row.group.clone()), shown);
            }
        }
        let methods: BTreeSet<usize> = people.keys().map(|(method, _)| *method).collect();
        for method in methods {
            for (groups, others) in &self.book.columns {
                let mut there: Vec<(u64, &Group)> = groups
                    .iter()
                    .filter_map(|group| people.get(&(method, group.clone())).map(|people| (*people, group)))
                    .collect();
                there.sort();
                let alone = groups.len() - there.len() + usize::from(*others) == 1;
                if let Some((_, smallest)) = there.first().filter(|_| alone) {
                    people.remove(&(method, (*smallest).clone()));
                }
            }
        }
        people.into_keys().collect()
    }

    /// The fewest answers that can be behind the published number of them, and that number.
    fn answered(&self, method: usize, group: &Group) -> Option<(u64, u64)> {
        let number =
            |group: &Group| self.book.counts.number(&Key { method, group: group.clone(), what: What::Answered });
        let own = number(group)?;
        let least = |number: u64| self.rule.behind(number).0;
        Some(match self.column(method, group, &What::Answered) {
            Some((sum, groups)) => (groups.iter().filter_map(number).map(least).sum(), sum),
            None => (least(own), own),
        })
    }

    /// The fewest people of whom `row` says anything: an exact number, which must be known from the published one.
    fn floor(&self, row: &Row) -> u64 {
        let percentile = percentile_share(&row.metric)
            .map(|share| subjects_for_percentile(share, self.protocol.levels.display).unwrap_or(u64::MAX));
        LEAST.max(self.protocol.evidence.subjects).max(percentile.unwrap_or(0))
    }

    /// A row of errors as it is published; none where it is left out.
    pub(super) fn years(&self, row: &Row) -> Option<(Row, Fate)> {
        if row.n_attempts.is_none() && row.status == RowStatus::NotApplicable && row.group.is_whole() {
            return is_error_row(row).then(|| (self.bare(row), Fate::Released));
        }
        let value = row.value.filter(|_| is_error_row(row) && !row.has(known::WEIGHTED))?;
        if !self.book.is_named(&row.group) {
            return None;
        }
        let method = self.book.method(row);
        // A percentile that so few people cannot carry is the value of one of them.
        let shows = self.answered(method, &row.group).is_some_and(|(least, _)| least >= self.floor(row));
        let carried = row.status == RowStatus::Value && shows;
        if !carried || !self.means.contains(&(method, row.group.clone())) {
            let few = !carried || row.n_subjects.is_none_or(|subjects| subjects < LEAST);
            let fate = if few { Fate::Primary } else { Fate::Secondary };
            return Some((self.suppressed(row, flag::WITHHELD), fate));
        }
        let pair = Pair { all: What::Answered, events: What::Answered, others: None };
        let (all, _, flags) = self.numbers(method, &row.group, &pair)?;
        let mut made = self.bare(row).flagged(flag::ROUNDED);
        // Answers that are a sum of rounded numbers lie further from the truth than one that is rounded itself.
        if flags.contains(&flag::N_SUMMED) {
            made = made.flagged(flag::N_SUMMED);
        }
        // Tenths are divided, not multiplied by 0.1, so that 0.3 is written 0.3.
        made.value = Some((value * 10.0).round() / 10.0);
        made.low = row.low.map(|low| (low * 10.0).floor() / 10.0);
        made.high = row.high.map(|high| (high * 10.0).ceil() / 10.0);
        made.n_attempts = Some(all);
        made.n_subjects = (!self.book.several).then_some(all);
        made.status = RowStatus::Value;
        made.evidence = Some(Evidence::Sufficient);
        Some((made, Fate::Released))
    }
}
