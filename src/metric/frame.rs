//! What all families share: evidence, intervals, flags, and the list of rows being made.

use rayon::prelude::*;

use super::Facts;
use super::catalogue::{Entry, Weights};
use crate::age::{AgeLimit, ChallengeAge};
use crate::protocol::Protocol;
use crate::stats::{Clusters, Effective, Weigh, lower_claim, upper_claim, wilson};
use crate::table::{
    Bounds, Claim, Context, Counts, Evidence, Interval, Place, Quantity, Rate, Row, RowStatus, Weighting, twelve_digits,
};
use crate::tally::Tally;

/// The flags of rows.
pub mod flag {
    /// The row was declared in the protocol.
    pub const PRIMARY: &str = "primary";
    /// The row was not declared in the protocol.
    pub const EXPLORATORY: &str = "exploratory";
    /// The dataset is no random sample: intervals speak of it alone.
    pub const SAMPLE_ONLY: &str = "sample_only";
    /// Some samples have no subject and count as their own.
    pub const SUBJECTS_UNKNOWN: &str = "subjects_unknown";
    /// Clusters of the manifest stand for subjects.
    pub const CLUSTERED: &str = "clustered";
    /// Design weights of the manifest are in this number.
    pub const WEIGHTED: &str = "weighted";
    /// The manifest has design weights, which this number cannot take into account.
    pub const WEIGHTS_NOT_USED: &str = "weights_not_used";
    /// Few subjects hold most attempts: no claim rests on the attempt weighting.
    pub const DOMINATED: &str = "dominated";
    /// Few subjects hold most attempts of a rate over subjects: the same rate over attempts carries no claim.
    pub const ATTEMPTS_DOMINATED: &str = "attempts_dominated";
    /// Fewer than 30 subjects have an event.
    pub const UNDER_30_EVENTS: &str = "under_30_events";
    /// The method gave hardly any distinct ages.
    pub const FEW_DISTINCT_ANSWERS: &str = "few_distinct_answers";
    /// The value, or the upper end of its interval, lies among attempts that the time limit ended: it is that or more.
    pub const CENSORED: &str = "censored";
    /// The labels are not chronological ages: no claim rests on them.
    pub const LABELS_NOT_CHRONOLOGICAL: &str = "labels_not_chronological";
    /// Chosen by looking at the results: a safe buffer, and what is said at it.
    pub const SELECTED: &str = "selected";
    /// Target, challenge ages or groups of a safe buffer were settled after results had been seen.
    pub const POST_HOC: &str = "post_hoc";
    /// The safe buffer of one half of the subjects met the target on the other.
    pub const CONFIRMED: &str = "confirmed";
    /// The safe buffer of one half of the subjects did not meet the target on the other.
    pub const NOT_CONFIRMED: &str = "not_confirmed";
    /// Groups below the floor are not in this number.
    pub const GROUPS_LEFT_OUT: &str = "groups_left_out";
    /// A difference without an interval: too few subjects, or values that do not vary.
    pub const NO_INTERVAL: &str = "no_interval";
    /// A threshold was looked for at a rate that so few people cannot show: below 3 / n.
    pub const TARGET_BELOW_3_PER_N: &str = "target_below_3_per_n";
    /// The rate is of the people on whom its threshold was set.
    pub const IN_SAMPLE: &str = "in_sample";
    /// The answers were drawn from the true ages by a table of the card: nobody was asked.
    pub const SIMULATED: &str = "simulated";
    /// Some probabilities were held away from 0 and 1.
    pub const CLIPPED: &str = "clipped";
    /// Known ages are bands, some of which cross the edge of a single year: they are in no single year.
    pub const BANDS_LEFT_OUT: &str = "bands_left_out";
    /// A number that takes tries, or stages that were measured on other people, for independent.
    pub const INDEPENDENCE_ASSUMED: &str = "independence_assumed";
}

/// `row`, flagged `primary` where the protocol declares it and `exploratory` where not.
///
/// Source: METRICS M0, the protocol's `primary` rows.
pub fn marked(protocol: &Protocol, row: Row) -> Row {
    let primary = protocol.primary.iter().any(|select| select.matches(&row));
    row.flagged(if primary { flag::PRIMARY } else { flag::EXPLORATORY })
}

/// Why no claim rests on what few people make: their attempts, or their weights, are most of all (METRICS M15).
pub const FEW_HOLD_MOST: &str = "few subjects hold most attempts";

/// Why no claim rests on a mean whose bound one thin cell decides.
pub(super) const THIN_CELL: &str = "one cell of few people decides the bound";

/// What of a rate over cells or clusters speaks against a claim on whatever is made of it.
pub(super) fn against(effective: &Effective) -> impl Iterator<Item = String> {
    let reasons = [(effective.dominated, FEW_HOLD_MOST), (effective.thin, THIN_CELL)];
    reasons.into_iter().filter(|(set, _)| *set).map(|(_, reason)| reason.to_owned())
}

/// Fewer subjects with an event than this are flagged.
pub const FEW_EVENT_SUBJECTS: u64 = 30;

pub(super) struct Frame<'a> {
    context: &'a Context,
    pub protocol: &'a Protocol,
    pub tally: &'a Tally,
    flags: Vec<&'static str>,
    rows: Vec<Row>,
}

/// A share about to become a row.
pub(super) struct Share<'a> {
    pub place: Place,
    pub entry: Entry,
    /// The subjects behind it, all in one population.
    pub clusters: &'a Clusters,
    pub effective: Effective,
    pub undecided: Option<u64>,
    pub ties: Option<u64>,
    /// What else speaks against a claim.
    pub reasons: Vec<String>,
}

pub(super) fn weigh(weighting: Weighting) -> Weigh {
    match weighting {
        Weighting::Subject => Weigh::Subjects,
        Weighting::Attempt => Weigh::Attempts,
    }
}

impl<'a> Frame<'a> {
    pub fn new(context: &'a Context, protocol: &'a Protocol, facts: Facts, tally: &'a Tally) -> Self {
        let kinds = &tally.kinds;
        let binary = kinds.distinct.iter().all(|bits| [0.0, 1.0].contains(&f64::from_bits(*bits)));
        let few = (kinds.ages > 500 && kinds.distinct.len() < 5) || (kinds.ages >= 20 && binary);
        let flags = [
            (!facts.random_sample, flag::SAMPLE_ONLY),
            (!facts.chronological, flag::LABELS_NOT_CHRONOLOGICAL),
            (tally.subjects_unknown, flag::SUBJECTS_UNKNOWN),
            (tally.clustered, flag::CLUSTERED),
            (few, flag::FEW_DISTINCT_ANSWERS),
        ];
        let flags = flags.into_iter().filter_map(|(set, flag)| set.then_some(flag)).collect();
        Self { context, protocol, tally, flags, rows: Vec::new() }
    }

    /// The challenge ages of `limit` to report: none at all first, where the method decides itself.
    pub fn challenges(&self, limit: AgeLimit, headline: bool) -> Vec<Option<ChallengeAge>> {
        let own = self.own_decision(limit).then_some(None);
        let ages = match (self.by_challenge(), headline) {
            (false, _) => Vec::new(),
            (true, true) => self.protocol.headline_ages(limit),
            (true, false) => self.protocol.challenge_ages(limit),
        };
        own.into_iter().chain(ages.into_iter().map(Some)).collect()
    }

    /// Whether the method's own decisions at `limit` are known.
    pub fn own_decision(&self, limit: AgeLimit) -> bool {
        let index = self.tally.grid.limits().iter().position(|one| *one == limit);
        index.and_then(|index| self.tally.kinds.decisions.get(index)).is_some_and(|count| *count > 0)
    }

    /// Whether challenge ages mean something: the method answers ages or ranges, or nothing at all.
    pub fn by_challenge(&self) -> bool {
        let decisions: u64 = self.tally.kinds.decisions.iter().sum();
        let answered = self.tally.whole().map_or(0, |whole| whole.flow.answered.samples);
        self.tally.kinds.challengeable() || (decisions == 0 && answered == 0)
    }

    /// Adds a share with both its intervals.
    pub fn share(&mut self, share: Share<'_>) {
        self.share_at(share, self.protocol.levels.claim);
    }

    /// Adds a share whose bounds for claims are at `claim_level`.
    pub fn share_at(&mut self, share: Share<'_>, claim_level: f64) {
        let Share { place, entry, clusters, effective, undecided, ties, mut reasons } = share;
        let levels = self.protocol.levels;
        let Effective { p, n_star, deff, dominated, thin, .. } = effective;
        let (low, high) = wilson(p, n_star, levels.display);
        let events = p * n_star;
        let claim =
            Claim { low: lower_claim(events, n_star, claim_level), high: upper_claim(events, n_star, claim_level) };
        let rule = self.protocol.evidence;
        let subjects = clusters.subjects();
        if subjects < rule.subjects {
            reasons.push(format!("{subjects}<{} subjects", rule.subjects));
        }
        if n_star < rule.n_star {
            reasons.push(format!("n* {:.1}<{}", n_star, twelve_digits(rule.n_star)));
        }
        let width = high - low;
        if width > rule.width {
            reasons.push(format!("width {width:.3}>{}", twelve_digits(rule.width)));
        } else if width > rule.small_width && width > rule.width_share * p {
            let share = twelve_digits(rule.width_share * 100.0);
            reasons.push(format!("width {width:.3}>{} and >{share}% of the value", twelve_digits(rule.small_width)));
        }
        if dominated && reasons.iter().all(|reason| reason != FEW_HOLD_MOST) {
            reasons.push(FEW_HOLD_MOST.to_owned());
        }
        if thin && reasons.iter().all(|reason| reason != THIN_CELL) {
            reasons.push(THIN_CELL.to_owned());
        }
        let event_subjects = clusters.event_subjects();
        // What protects counts makes rates over attempts of those over subjects, also of groups, which have no others.
        let attempts_dominated = place.weighting == Some(Weighting::Subject) && clusters.attempts_are_dominated();
        let rate = Rate {
            value: p,
            attempts: clusters.attempts(),
            subjects,
            events: clusters.events(),
            event_subjects,
            undecided,
            ties,
            bounds: Bounds { interval: Interval::Wilson, level: levels.display, low, high },
            claim,
            n_star,
            deff,
            evidence: Evidence::of(reasons),
        };
        let mut row = Row::rate(self.context, place, entry.measure, rate);
        if dominated {
            row = row.flagged(flag::DOMINATED);
        }
        if attempts_dominated {
            row = row.flagged(flag::ATTEMPTS_DOMINATED);
        }
        if event_subjects < FEW_EVENT_SUBJECTS {
            row = row.flagged(flag::UNDER_30_EVENTS);
        }
        self.push(entry, row);
    }

    /// Adds a row, which says whether it is weighted where the manifest has weights.
    fn push(&mut self, entry: Entry, row: Row) {
        let flag = match entry.weights() {
            _ if !self.tally.weighted => None,
            Weights::Counted => None,
            Weights::Used => Some(flag::WEIGHTED),
            Weights::NotUsed => Some(flag::WEIGHTS_NOT_USED),
        };
        self.rows.push(match flag {
            Some(flag) => row.flagged(flag),
            None => row,
        });
    }

    /// Adds a share over `clusters` alone, or an `empty` row where nobody is in the denominator.
    pub fn plain_share(&mut self, place: Place, entry: Entry, clusters: &Clusters, weighting: Weighting) {
        self.share_beside(place, entry, clusters, weighting, &[]);
    }

    /// The same where `reasons` may already speak against a claim.
    pub fn share_beside(
        &mut self,
        place: Place,
        entry: Entry,
        clusters: &Clusters,
        weighting: Weighting,
        reasons: &[String],
    ) {
        let place = Place { weighting: Some(weighting), ..place };
        match clusters.effective(weigh(weighting), self.protocol.levels.display) {
            Some(effective) => self.share(Share {
                place,
                entry,
                clusters,
                effective,
                undecided: None,
                ties: None,
                reasons: reasons.to_vec(),
            }),
            None => self.nothing(place, entry, RowStatus::Empty, Self::counts(clusters), ""),
        }
    }

    /// Adds a mean, a percentile or a count.
    pub fn quantity(&mut self, place: Place, entry: Entry, quantity: Quantity) {
        self.push(entry, Row::quantity(self.context, place, entry.measure, quantity));
    }

    /// Adds a row without a value.
    pub fn nothing(&mut self, place: Place, entry: Entry, status: RowStatus, counts: Counts, reason: &str) {
        self.push(entry, Row::without_value(self.context, place, entry.measure, status, counts, reason));
    }

    /// Has the rows of each part made on any core, and adds them in the order of the parts. A part sees no row but its own.
    pub fn each<T: Sync>(&mut self, parts: &[T], of: impl Fn(&mut Self, &T) + Sync) {
        let empty = || Self { flags: Vec::new(), rows: Vec::new(), ..*self };
        let make = |part: &T| {
            let mut own = empty();
            of(&mut own, part);
            own.rows
        };
        let made: Vec<Vec<Row>> = parts.par_iter().map(make).collect();
        self.rows.extend(made.into_iter().flatten());
    }

    /// The rows so far.
    pub fn made(&self) -> &[Row] {
        &self.rows
    }

    /// Whether the protocol declares the row added last.
    pub fn last_is_primary(&self) -> bool {
        self.rows.last().is_some_and(|row| self.protocol.primary.iter().any(|select| select.matches(row)))
    }

    /// Adds a row of which only bounds are known.
    pub fn between(&mut self, place: Place, entry: Entry, bounds: Bounds, counts: Counts, reason: &str) {
        self.push(entry, Row::between(self.context, place, entry.measure, bounds, counts, reason));
    }

    /// The evidence of the row added last.
    pub fn last_evidence(&self) -> Option<Evidence> {
        self.rows.last().and_then(|row| row.evidence.clone())
    }

    /// Flags the row added last.
    pub fn flag_last(&mut self, flag: &str) {
        if let Some(row) = self.rows.pop() {
            self.rows.push(row.flagged(flag));
        }
    }

    /// Evidence of a mean: only the floor of subjects.
    pub fn evidence_of_mean(&self, subjects: u64, least: u64) -> Evidence {
        self.evidence_of(subjects, least, false)
    }

    /// The same of what few subjects may make most of.
    pub fn evidence_of(&self, subjects: u64, least: u64, dominated: bool) -> Evidence {
        let floor = least.max(self.protocol.evidence.subjects);
        let few = (subjects < floor).then(|| format!("{subjects}<{floor} subjects"));
        let reasons: Vec<String> = few.into_iter().chain(dominated.then(|| FEW_HOLD_MOST.to_owned())).collect();
        Evidence::of(reasons)
    }

    /// The counts of `clusters`.
    pub fn counts(clusters: &Clusters) -> Counts {
        Counts {
            attempts: Some(clusters.attempts()),
            subjects: Some(clusters.subjects()),
            events: Some(clusters.events()),
            event_subjects: Some(clusters.event_subjects()),
            ..Counts::default()
        }
    }

    /// All rows, each `primary` or `exploratory` and with the flags of the dataset.
    pub fn finish(self) -> Vec<Row> {
        let Self { protocol, flags, rows, .. } = self;
        let finish = |row: Row| flags.iter().fold(marked(protocol, row), |row, flag| row.flagged(flag));
        rows.into_par_iter().map(finish).collect()
    }
}
