//! Rows as they are published: counts protected, and everything else computed from them again.

use std::collections::BTreeSet;

use super::audit::State;
use super::class::{Class, class};
use super::counts::{Key, POOLED, Pair, What, is_plain_group, pair};
use super::table::Book;
use super::{Rule, Shown, flag};
use crate::metric::{FEW_HOLD_MOST, flag as known};
use crate::protocol::Protocol;
use crate::stats::{lower_claim, upper_claim, wilson};
use crate::table::{Evidence, Group, Interval, Population, Row, RowStatus, Weighting};

/// Fewer people have no mean, and nothing else is said of fewer samples.
pub(super) const LEAST: u64 = 30;
/// Fewer events are flagged.
const FEW_EVENTS: u64 = 30;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It has a value.
    Released,
    /// It has none because a count of its own is small.
    Primary,
    /// It has none because another count would follow.
    Secondary,
}

/// Makes rows of one dataset fit to be published.
pub struct Release<'a> {
    pub(super) protocol: &'a Protocol,
    pub(super) rule: Rule,
    pub(super) book: &'a Book,
    /// Methods and groups whose mean errors are published.
    pub(super) means: BTreeSet<(usize, Group)>,
}

impl<'a> Release<'a> {
    /// The release of `rows` as `book` has their counts.
    pub fn of(protocol: &'a Protocol, rule: Rule, book: &'a Book, rows: &[&Row]) -> Self {
        let mut release = Self { protocol, rule, book, means: BTreeSet::new() };
        release.means = release.choose_means(rows);
        release
    }

    /// `row` as it is published; none where it is left out.
    pub fn row(&self, row: &Row) -> Option<(Row, Fate)> {
        match class(&row.metric) {
            Class::Share => self.share(row),
            Class::Count => self.count(row),
            Class::Years => self.years(row),
            Class::Sampled => self.sampled(row),
            Class::Machine => row.group.is_whole().then(|| (self.bare(row), Fate::Released)),
            Class::LeftOut => None,
        }
    }

    /// The row with its status, value and interval, but without any count or what is made of counts.
    pub(super) fn bare(&self, row: &Row) -> Row {
        let mut bare = row.clone();
        for count in [
            &mut bare.n_attempts,
            &mut bare.n_subjects,
            &mut bare.n_events,
            &mut bare.n_event_subjects,
            &mut bare.n_undecided,
            &mut bare.n_ties,
        ] {
            *count = None;
        }
        (bare.claim_low, bare.claim_high, bare.n_star, bare.deff, bare.evidence) = (None, None, None, None, None);
        for own in [known::UNDER_30_EVENTS, known::DOMINATED, known::ATTEMPTS_DOMINATED, known::BANDS_LEFT_OUT] {
            bare.flags.remove(own);
        }
        bare.flagged(self.rule.word())
    }

    /// The row without any number.
    pub(super) fn suppressed(&self, row: &Row, word: &str) -> Row {
        let mut bare = self.bare(row);
        bare.status = RowStatus::Suppressed;
        (bare.value, bare.low, bare.high, bare.interval, bare.level) = (None, None, None, None, None);
        bare.flagged(word)
    }

    fn share(&self, row: &Row) -> Option<(Row, Fate)> {
        let pair = pair(row, self.protocol, false)?;
        if row.n_attempts.is_none() {
            // The method has no answers of this kind: that is no count.
            return (row.status == RowStatus::NotApplicable && row.group.is_whole())
                .then(|| (self.bare(row), Fate::Released));
        }
        if !self.book.speaks_of(row) || !self.book.is_named(&row.group) || row.has(known::WEIGHTED) {
            return None;
        }
        let mut place = row.clone();
        if matches!(row.population, Population::Window(..)) {
            place.variant = POOLED.parse().ok()?;
        }
        if self.book.several {
            place.weighting = Some(Weighting::Attempt);
        }
        let method = self.book.method(row);
        let key = |what: &What| Key { method, group: row.group.clone(), what: what.clone() };
        let few = |count: Option<u64>, people: Option<u64>| {
            let least = count.unwrap_or(0).min(people.unwrap_or(u64::MAX));
            self.rule.redacted_up_to().is_some_and(|most| least <= most)
        };
        let Some((all, events, flags)) = self.numbers(method, &row.group, &pair) else {
            if let Some(made) = self.few_without(&place, method, &pair) {
                return Some((made, Fate::Primary));
            }
            let fate = if few(row.n_attempts, row.n_subjects) { Fate::Primary } else { Fate::Secondary };
            return Some((self.suppressed(&place, flag::WITHHELD), fate));
        };
        let deff = self.design_effect(row, events.is_some());
        let (n, levels) = (all as f64 / deff, self.protocol.levels);
        let mut made = match (events, self.book.counts.state(&key(&pair.events))) {
            (Some(_), _) => self.bare(&place),
            (None, State::Small) => self.suppressed(&place, flag::REDACTED),
            (None, _) => self.suppressed(&place, flag::WITHHELD),
        };
        made.flags.extend(flags.into_iter().map(str::to_owned));
        made = made.flagged(flag::ROUNDED);
        made.n_attempts = Some(all);
        made.n_subjects = (!self.book.several).then_some(all);
        if all == 0 {
            made.status = RowStatus::Empty;
            (made.value, made.low, made.high, made.interval, made.level) = (None, None, None, None, None);
            return Some((made, Fate::Released));
        }
        (made.n_star, made.deff) = (Some(n), Some(deff));
        let Some(events) = events else {
            if made.has(flag::REDACTED) {
                let most = self.rule.redacted_up_to().unwrap_or(0) as f64 / deff;
                (made.low, made.high) = (Some(0.0), Some(upper_claim(most, n, levels.claim)));
                (made.claim_low, made.claim_high) = (made.low, made.high);
                (made.interval, made.level) = (Some(Interval::ClopperPearson), Some(levels.claim));
            }
            let fate = if few(row.n_events, row.n_event_subjects) { Fate::Primary } else { Fate::Secondary };
            return Some((made, fate));
        };
        let p = events as f64 / all as f64;
        let (low, high) = wilson(p, n, levels.display);
        made.value = Some(p);
        (made.low, made.high) = (Some(low), Some(high));
        (made.interval, made.level) = (Some(Interval::Wilson), Some(levels.display));
        made.claim_low = Some(lower_claim(p * n, n, levels.claim));
        made.claim_high = Some(upper_claim(p * n, n, levels.claim));
        made.n_events = Some(events);
        made.n_event_subjects = (!self.book.several).then_some(events);
        let evidence = self.evidence(row, all, n, high - low, p);
        made.status = if evidence == Evidence::Sufficient { RowStatus::Value } else { RowStatus::InsufficientEvidence };
        made.evidence = Some(evidence);
        if events < FEW_EVENTS {
            made = made.flagged(known::UNDER_30_EVENTS);
        }
        Some((made, Fate::Released))
    }

    /// Few attempts have no answer, and attempts are not published so that it does not show how few: that they are at most
    /// the most that is redacted, of no fewer than were answered.
    fn few_without(&self, row: &Row, method: usize, pair: &Pair) -> Option<Row> {
        let key = |what: &What| Key { method, group: row.group.clone(), what: what.clone() };
        if !matches!(pair.events, What::Without(_)) || self.book.counts.state(&key(&pair.events)) != State::Small {
            return None;
        }
        let answered = Pair { all: What::Answered, events: What::Answered, others: None };
        let (all, ..) = self.numbers(method, &row.group, &answered).filter(|(all, ..)| *all > 0)?;
        let most = self.rule.redacted_up_to()? as f64;
        let deff = self.design_effect(row, false);
        let mut made = self.suppressed(row, flag::REDACTED).flagged(flag::ROUNDED);
        let high = upper_claim(most / deff, all as f64 / deff, self.protocol.levels.claim);
        (made.low, made.high, made.claim_low, made.claim_high) = (Some(0.0), Some(high), Some(0.0), Some(high));
        (made.interval, made.level) = (Some(Interval::ClopperPearson), Some(self.protocol.levels.claim));
        Some(made)
    }

    /// What METRICS M15 asks of a rate, asked of the published numbers: where people have several attempts these are shares
    /// of attempts, on which no claim rests when few people hold most of them.
    fn evidence(&self, row: &Row, all: u64, n: f64, width: f64, p: f64) -> Evidence {
        let rule = self.protocol.evidence;
        let mut reasons = Vec::new();
        if !self.book.several && all < rule.subjects {
            reasons.push(format!("{all}<{} subjects", rule.subjects));
        }
        if n < rule.n_star {
            reasons.push(format!("n* {n:.1}<{}", rule.n_star));
        }
        if width > rule.width || (width > rule.small_width && width > rule.width_share * p) {
            reasons.push(format!("width {width:.3}"));
        }
        // It follows from denominators alone, and beside another reason it would only be one more thing told.
        if self.book.several && reasons.is_empty() && row.has(known::ATTEMPTS_DOMINATED) {
            reasons.push(FEW_HOLD_MOST.to_owned());
        }
        Evidence::of(reasons)
    }

    /// Attempts for one that tells as much as an independent person, up to the next half: at least the attempts of a person,
    /// because the published share is that of attempts. Where events are not published it is no more than that: how events
    /// gather in people would tell that there are some.
    fn design_effect(&self, row: &Row, events_shown: bool) -> f64 {
        if !self.book.several {
            return 1.0;
        }
        let each = match (row.n_attempts, row.n_subjects) {
            (Some(attempts), Some(subjects)) if subjects > 0 => attempts as f64 / subjects as f64,
            _ => 1.0,
        };
        (row.deff.filter(|_| events_shown).unwrap_or(1.0).max(each).max(1.0) * 2.0).ceil() / 2.0
    }

    /// The published denominator and events: of the whole dataset the sums over the groups of a column all of which are
    /// published; and the flags that say so.
    pub(super) fn numbers(
        &self,
        method: usize,
        group: &Group,
        pair: &Pair,
    ) -> Option<(u64, Option<u64>, Vec<&'static str>)> {
        let number = |group: &Group, what: &What| {
            self.book.counts.number(&Key { method, group: group.clone(), what: what.clone() })
        };
        let (own, own_events) = (number(group, &pair.all)?, number(group, &pair.events));
        let column = self.column(method, group, &pair.all);
        let Some((sum, groups)) = column else { return Some((own, own_events, Vec::new())) };
        let mut flags = vec![flag::N_SUMMED];
        let parts: Option<u64> = groups.iter().map(|group| number(group, &pair.events)).sum();
        let events = match (own_events, parts) {
            (None, _) => None,
            (Some(_), Some(parts)) => Some(parts),
            (Some(own), None) => Some(own.min(sum)),
        };
        if events.is_some() && events != own_events || parts.is_some() {
            flags.push(flag::EVENTS_SUMMED);
        }
        Some((sum, events, flags))
    }

    /// The column of fewest groups whose parts of a count of the whole dataset are all published, and their sum.
    pub(super) fn column(&self, method: usize, group: &Group, what: &What) -> Option<(u64, &[Group])> {
        if !group.is_whole() || self.rule == Rule::Threshold10 {
            return None;
        }
        self.book.columns.iter().filter(|(groups, others)| !others && !groups.is_empty()).find_map(|(groups, _)| {
            let number =
                |group: &Group| self.book.counts.number(&Key { method, group: group.clone(), what: what.clone() });
            let sum: Option<u64> = groups.iter().map(number).sum();
            sum.map(|sum| (sum, groups.as_slice()))
        })
    }

    fn count(&self, row: &Row) -> Option<(Row, Fate)> {
        if !is_plain_group(row) || !self.book.is_named(&row.group) {
            return None;
        }
        let method = self.book.method(row);
        let key = Key { method, group: row.group.clone(), what: What::Attempted };
        let Some(own) = self.book.counts.number(&key) else {
            return Some((self.suppressed(row, flag::WITHHELD), Fate::Secondary));
        };
        let summed = self.column(method, &row.group, &What::Attempted).map(|(sum, _)| sum);
        let mut made = self.bare(row).flagged(flag::ROUNDED);
        if summed.is_some() {
            made = made.flagged(flag::N_SUMMED);
        }
        let number = summed.unwrap_or(own);
        made.value = Some(number as f64);
        made.n_attempts = Some(number);
        made.n_subjects = (!self.book.several).then_some(number);
        Some((made, Fate::Released))
    }

    fn sampled(&self, row: &Row) -> Option<(Row, Fate)> {
        // As many as their rounded number says.
        let enough = match row.n_attempts.or(row.n_subjects).map(|samples| self.rule.show(samples)) {
            Some(Shown::Number(shown)) => self.rule.behind(shown).0 >= LEAST,
            Some(Shown::Redacted) | None => false,
        };
        if !row.group.is_whole() || row.variant.get("of") == Some("sum") || !enough {
            return None;
        }
        let mut made = self.bare(row).flagged(flag::ROUNDED);
        made.value = row.value.map(two_digits);
        (made.low, made.high, made.interval, made.level) = (None, None, None, None);
        Some((made, Fate::Released))
    }
}

fn two_digits(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10f64.powi(1 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}
