//! M14: waterfalls: both errors in the end, how many go on from stage to stage, and what that takes.
//!
//! Needs the attempts themselves: with the tally alone the same rows are `not_measurable`, reason `needs_rows`. A method without
//! stages has no such rows. Of a group: both errors, who goes on and what that takes, with subject weighting.

mod unkept;

use std::collections::BTreeMap;

use super::catalogue::{self, Entry};
use super::frame::{Frame, flag, weigh};
use super::scores::{clusters, straddling, straddling_both};
use super::{Facts, Scores};
use crate::age::AgeLimit;
use crate::outcome::{Decision, StageUse};
use crate::protocol::Protocol;
use crate::stats::{
    Bounded, Clusters, DesignSums, SubjectSums, is_dominated, mean_of_subjects, mover_difference, mover_mean, wilson,
};
use crate::table::{
    Bounds, Context, Counts, Group, Interval, Place, Population, Quantity, Row, RowStatus, Variant, Weighting,
};
use crate::tally::{StagedAttempt, Tally};

/// A stage of a waterfall, as its card says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageFacts {
    /// Where it was measured on other people: who passed of those below the limit, who was denied of those above it, each
    /// with the number of people.
    pub rates: Option<StageRates>,
}

/// The rates of a stage that was measured on other people: events and people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageRates {
    /// People below the limit who passed.
    pub under_age_passes: [u64; 2],
    /// People at or above the limit who were denied.
    pub adult_denials: [u64; 2],
}

/// Milliseconds in a nanosecond.
const MILLISECONDS: f64 = 1e-6;

/// Both sides of a limit: whether it is people over it, the population, and the error of that side.
const SIDES: [(bool, Population, Entry); 2] =
    [(false, Population::Under, catalogue::END_PASS), (true, Population::Over, catalogue::END_DENIAL)];

/// The rows of a waterfall over `stages`; none for a method without stages.
#[must_use]
pub fn waterfall(
    context: &Context,
    protocol: &Protocol,
    facts: Facts,
    tally: &Tally,
    scores: Scores<'_>,
    stages: &[StageFacts],
) -> Vec<Row> {
    let mut frame = Frame::new(context, protocol, facts, tally);
    let whole = Group::whole();
    let of_columns = tally.groups.keys().filter(|group| group.parts().len() == 1);
    let groups: Vec<&Group> = std::iter::once(&whole).chain(of_columns).collect();
    let rows = match scores {
        Scores::Rows(rows) if rows.has_stages() => rows,
        Scores::NotKept if !stages.is_empty() => {
            unkept::rows(&mut frame, &groups, stages);
            return frame.finish();
        }
        _ => return Vec::new(),
    };
    for limit in &protocol.limits {
        let attempts = rows.staged(*limit);
        for group in groups.iter().copied() {
            let Some(is_member) = rows.members(group) else { continue };
            let attempts: Vec<StagedAttempt<'_>> =
                attempts.iter().filter(|one| is_member(one.sample)).copied().collect();
            let straddling = straddling(&frame, *limit, group);
            for ((over, population, entry), straddling) in SIDES.into_iter().zip(straddling) {
                let side: Vec<StagedAttempt<'_>> = attempts.iter().filter(|one| one.over == over).copied().collect();
                let side = Side { group, limit: *limit, over, population, attempts: &side, straddling };
                side.ends(&mut frame, entry);
                // Rates of other people say nothing of a group of ours.
                if let Some(rates) = stages.last().and_then(|stage| stage.rates).filter(|_| group.is_whole()) {
                    side.with_rates(&mut frame, entry, rates);
                }
                side.escalation(&mut frame, stages.len());
                side.taken(&mut frame);
            }
            let (population, straddling) = (Population::All, straddling_both(&frame, *limit, group));
            let all = Side { group, limit: *limit, over: true, population, attempts: &attempts, straddling };
            all.escalation(&mut frame, stages.len());
            all.taken(&mut frame);
        }
    }
    frame.finish()
}

/// The weightings of `group` that are printed.
fn weightings(group: &Group) -> &'static [Weighting] {
    if group.is_whole() { Weighting::ALL } else { &[Weighting::Subject] }
}

/// The attempts of one side of a limit, or of both.
struct Side<'a> {
    group: &'a Group,
    limit: AgeLimit,
    over: bool,
    population: Population,
    attempts: &'a [StagedAttempt<'a>],
    /// Why no claim can rest on them: too many attempts straddle the limit.
    straddling: Vec<String>,
}

impl Side<'_> {
    fn place(&self, variant: Variant) -> Place {
        let (limit, population, group) = (Some(self.limit), self.population.clone(), self.group.clone());
        Place { limit, population, group, variant, ..Place::of_all() }
    }

    /// The weightings that are printed.
    fn weightings(&self) -> &'static [Weighting] {
        weightings(self.group)
    }

    fn share(&self, frame: &mut Frame<'_>, variant: Variant, entry: Entry, clusters: &Clusters, weighting: Weighting) {
        frame.share_beside(self.place(variant), entry, clusters, weighting, &self.straddling);
    }

    fn clusters(&self, event: impl Fn(&StagedAttempt<'_>) -> bool) -> Clusters {
        clusters(self.attempts.iter().map(|one| (one.unit, event(one), one.weight)))
    }

    /// Whether an attempt is the error of this side, when everybody whom no stage decided gets `unresolved`.
    fn error(&self, one: &StagedAttempt<'_>, unresolved: Decision) -> bool {
        let error = if self.over { Decision::Deny } else { Decision::Pass };
        one.decision.unwrap_or(unresolved) == error
    }

    fn unresolved(&self) -> u64 {
        self.attempts.iter().filter(|one| one.decision.is_none()).count() as u64
    }

    /// The error in the end: one rate where every attempt was decided; else both bounds, and the interval from the lower
    /// one's lower bound to the upper one's upper.
    fn ends(&self, frame: &mut Frame<'_>, entry: Entry) {
        let left = self.unresolved();
        if left == 0 {
            let clusters = self.clusters(|one| self.error(one, Decision::Deny));
            for weighting in self.weightings() {
                self.share(frame, Variant::none(), entry, &clusters, *weighting);
            }
            return;
        }
        let both = [("denied", Decision::Deny), ("passed", Decision::Pass)];
        let both = both.map(|(word, decision)| (word, self.clusters(|one| self.error(one, decision))));
        for weighting in self.weightings() {
            let place = Place { weighting: Some(*weighting), ..self.place(Variant::none()) };
            let level = frame.protocol.levels.display;
            let ends = both.each_ref().map(|(_, clusters)| {
                let effective = clusters.effective(weigh(*weighting), level)?;
                Some(wilson(effective.p, effective.n_star, level))
            });
            let [Some(one), Some(other)] = ends else { continue };
            let (low, high) = (one.0.min(other.0), one.1.max(other.1));
            let bounds = Bounds { interval: Interval::Wilson, level, low, high };
            let mut counts = Frame::counts(&both[0].1);
            (counts.events, counts.event_subjects, counts.undecided) = (None, None, Some(left));
            let reason = format!("{left} of {} attempts come to no later stage", self.attempts.len());
            frame.between(place, entry, bounds, counts, &reason);
        }
        for (word, clusters) in &both {
            for weighting in self.weightings() {
                self.share(frame, Variant::of("unresolved", word), entry, clusters, *weighting);
            }
        }
    }

    /// The error in the end when a last stage is known only by `rates`, which were measured on other people: the number
    /// if it were independent of who comes to it, between the bounds that hold whatever the dependence is (Fréchet), each
    /// bound widened by the error of sampling.
    fn with_rates(&self, frame: &mut Frame<'_>, entry: Entry, rates: StageRates) {
        let display = frame.protocol.levels.display;
        // Two limits are combined on each side, so each gets half of the error that is allowed.
        let level = f64::midpoint(1.0, display);
        let share = |clusters: &Clusters| {
            let effective = clusters.effective(weigh(Weighting::Subject), level)?;
            Bounded::wilson(effective.p, effective.n_star, level)
        };
        let own = |one: &StagedAttempt<'_>| one.decision.is_some() && self.error(one, Decision::Deny);
        let error = self.clusters(own);
        let open = self.clusters(|one| one.decision.is_none());
        let error_or_open = self.clusters(|one| one.decision.is_none() || own(one));
        let right = self.clusters(|one| one.decision.is_some() && !own(one));
        let [events, people] = if self.over { rates.adult_denials } else { rates.under_age_passes };
        let last = share(&Clusters::of([(1, 1, events), (0, 1, people.saturating_sub(events))]));
        let place = self.place(Variant::of("last_stage", "rates"));
        let place = Place { weighting: Some(Weighting::Subject), ..place };
        let all = [&error, &open, &error_or_open, &right].map(share);
        let ([Some(error), Some(open), Some(error_or_open), Some(right)], Some(last)) = (all, last) else {
            return frame.nothing(place, entry, RowStatus::Empty, Counts::default(), "");
        };
        // At least those who err before, and at least as many as err at the last stage and were not rightly decided before.
        let low = error.low.max(mover_difference(last, right).low).clamp(0.0, 1.0);
        let sum = mover_mean(error, last).times(2.0);
        let high = error_or_open.high.min(sum.high).clamp(0.0, 1.0);
        let value = error.point + open.point * last.point;
        let bounds = Bounds { interval: Interval::Bounds, level: display, low, high };
        let counts = Counts {
            attempts: Some(self.attempts.len() as u64),
            subjects: Some(self.clusters(|_| false).subjects()),
            undecided: Some(self.unresolved()),
            ..Counts::default()
        };
        let evidence = frame.evidence_of_mean(people.min(counts.subjects.unwrap_or(0)), 0);
        let evidence = Some(evidence.and(self.straddling.iter().cloned()));
        frame.quantity(place, entry, Quantity { value, bounds: Some(bounds), counts, evidence });
        frame.flag_last(flag::INDEPENDENCE_ASSUMED);
    }

    /// The share that the stages before each one left undecided.
    fn escalation(&self, frame: &mut Frame<'_>, stages: usize) {
        for stage in (2_u8..).take(stages.saturating_sub(1)) {
            // Who was not decided at the stage before came to this one, whether or not there was something to ask it.
            let came =
                |one: &StagedAttempt<'_>| one.reached >= stage || (one.reached + 1 == stage && one.decision.is_none());
            let clusters = self.clusters(came);
            for weighting in self.weightings() {
                self.share(frame, Variant::of("stage", stage), catalogue::ESCALATION, &clusters, *weighting);
            }
        }
    }

    /// Bytes and time of an attempt, summed over the stages that it came to.
    fn taken(&self, frame: &mut Frame<'_>) {
        let given = |stage: &StageUse| stage.bytes_in;
        let returned = |stage: &StageUse| stage.bytes_out;
        let nanos = |stage: &StageUse| stage.nanos;
        let way = |word: &str| Variant::of("bytes", word);
        self.mean(frame, catalogue::BYTES_A_PERSON, way("given"), 1.0, &given);
        self.mean(frame, catalogue::BYTES_A_PERSON, way("returned"), 1.0, &returned);
        self.mean(frame, catalogue::TIME_A_PERSON, Variant::none(), MILLISECONDS, &nanos);
    }

    /// The mean over people of what their attempts take; not measurable when it is unknown of some stage.
    fn mean(
        &self,
        frame: &mut Frame<'_>,
        entry: Entry,
        variant: Variant,
        unit: f64,
        of: &dyn Fn(&StageUse) -> Option<u64>,
    ) {
        let place = Place { weighting: Some(Weighting::Subject), ..self.place(variant) };
        let everybody = self.clusters(|_| false);
        let counts =
            Counts { attempts: Some(everybody.attempts()), subjects: Some(everybody.subjects()), ..Counts::default() };
        let mut of_units: BTreeMap<u32, Own> = BTreeMap::new();
        let mut unknown = 0_u64;
        for one in self.attempts {
            match one.asked.iter().map(of).sum::<Option<u64>>() {
                Some(sum) => of_units.entry(one.unit).or_default().add(sum, one.weight.unwrap_or(1)),
                None => unknown += 1,
            }
        }
        if unknown > 0 {
            let reason = format!("unknown of some stage in {unknown} of {} attempts", self.attempts.len());
            return frame.nothing(place, entry, RowStatus::NotMeasurable, counts, &reason);
        }
        let mut parts: BTreeMap<u64, SubjectSums> = BTreeMap::new();
        let weighted = self.attempts.iter().any(|one| one.weight.is_some());
        let nothing = weighted.then_some(DesignSums { weight: 0.0, square: 0.0, product: 0.0 });
        for own in of_units.into_values() {
            let empty = SubjectSums { attempts: own.attempts, subjects: 0, sum: 0.0, square: 0.0, design: nothing };
            let part = parts.entry(own.attempts).or_insert(empty);
            let (sum, weight) = (own.sum as f64, own.weight as f64);
            (part.subjects, part.sum, part.square) = (part.subjects + 1, part.sum + sum, part.square + sum * sum);
            if let Some(design) = &mut part.design {
                design.weight += weight;
                design.square += weight * weight;
                design.product += weight * sum;
            }
        }
        let parts: Vec<SubjectSums> = parts.into_values().collect();
        let Some(mean) = mean_of_subjects(&parts, weigh(Weighting::Subject)) else {
            return frame.nothing(place, entry, RowStatus::Empty, counts, "");
        };
        let level = frame.protocol.levels.display;
        let estimate = mean.estimate(level);
        let bounds = estimate.bounds.map(|(low, high)| Bounds {
            interval: Interval::T,
            level,
            low: low * unit,
            high: high * unit,
        });
        let dominated = is_dominated(&parts, weigh(Weighting::Subject));
        let evidence = frame.evidence_of(mean.subjects, 0, dominated);
        let evidence = Some(evidence.and(self.straddling.iter().cloned()));
        frame.quantity(place, entry, Quantity { value: estimate.point * unit, bounds, counts, evidence });
    }
}

/// What one subject's attempts took: how many, what they weigh, and the weighted sum.
#[derive(Default)]
struct Own {
    attempts: u64,
    weight: i128,
    sum: i128,
}

impl Own {
    fn add(&mut self, sum: u64, weight: i64) {
        self.attempts += 1;
        self.weight += i128::from(weight);
        self.sum += i128::from(sum) * i128::from(weight);
    }
}
