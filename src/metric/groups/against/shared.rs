//! A group beside the rest where somebody is on both sides: photos of one person by day and by night, or clusters.

use std::collections::BTreeMap;

use super::super::super::balanced::{REPLICATES, adds};
use super::super::super::catalogue::{self, Entry};
use super::super::super::frame::FEW_HOLD_MOST;
use super::super::super::level::Among;
use super::super::super::standard::weighted_joint;
use super::super::super::threshold::{Side, attempts, straddling_reason, too_many_straddle};
use super::{Difference, Pair, few_expected, floor, thin};
use crate::age::{AgeLimit, ChallengeAge};
use crate::stats::{
    Alike, Bootstrap, Bounded, Cell, Clusters, Effective, Joint, JointSums, MeanCell, MeanJoint, Weigh,
    mover_difference, mover_difference_correlated, p_at_zero, percentile_bounds, percentile_p, standardised,
    standardised_mean,
};
use crate::table::{Bounds, Counts, Interval, RowStatus};
use crate::tally::{Cell as TallyCell, Combo, Counted, ErrorTally, GroupTally, JointMoments, Slot, Together};

impl Pair<'_> {
    /// Rates where somebody is on both sides: a Poisson bootstrap over subjects. Where all people of one side have the same
    /// share MOVER stands, for replicates do not vary there and the covariance of both sides is 0; and where people weigh
    /// differently MOVER with the linearised correlation of both sides, for replicates are drawn from counts.
    pub(super) fn shared_rate(
        &self,
        together: &Together,
        limit: AgeLimit,
        challenge: Option<ChallengeAge>,
        side: Side,
        among: Among,
    ) -> Difference {
        let protocol = self.protocol;
        let Some(column) = self.tally.grid.column(limit, challenge) else {
            return Difference::none(RowStatus::NotApplicable, Counts::default(), Vec::new());
        };
        let slot = if among == Among::Everyone { side.slot() } else { side.window_slot() };
        let cell = |group: &GroupTally| group.slot(Some(limit), slot, protocol);
        let (in_group, of_all) = (cell(self.group), cell(self.whole));
        let straddling = self.group.slot(Some(limit), Slot::Straddling, protocol);
        let none = BTreeMap::new();
        let on_both = together.outcomes.get(&(limit, slot, column)).unwrap_or(&none);
        let pair = |combo: Combo| side.pair(combo, protocol.failure_policy, protocol.tie);
        let own = in_group.clusters(column, pair);
        let rest = outside(&of_all, &in_group, on_both, column, &pair);
        let joint = joint(on_both, &pair);
        let shared: u64 = joint.pairs.iter().map(|(.., subjects)| subjects).sum();
        let subjects = (own.subjects() + rest.subjects()).saturating_sub(shared);
        let counts = Counts {
            attempts: Some(own.attempts() + rest.attempts()),
            subjects: Some(subjects),
            events: Some(own.events() + rest.events()),
            ..Counts::default()
        };
        let level = protocol.levels.display;
        let [Some(one), Some(other)] = [&own, &rest].map(|side| side.effective(Weigh::Subjects, level)) else {
            let place = if own.subjects() == 0 { "" } else { " in the rest" };
            return Difference::none(RowStatus::Empty, counts, vec![format!("nobody to count{place}")]);
        };
        let mut reasons = floor(protocol, own.subjects(), rest.subjects());
        reasons.extend(too_many_straddle(&in_group, &straddling, protocol));
        // What of all is not the group's is the rest's: every attempt has one level of the column.
        let all_straddling = self.whole.slot(Some(limit), Slot::Straddling, protocol);
        let [inside, beyond] = [(&of_all, &in_group), (&all_straddling, &straddling)]
            .map(|(all, group)| attempts(all).saturating_sub(attempts(group)));
        let of_rest = straddling_reason(inside, beyond, protocol);
        reasons.extend(of_rest.into_iter().map(|reason| format!("{reason} in the rest")));
        let few = few_expected([(one.p, one.n_star), (other.p, other.n_star)]);
        let still = one.v == 0.0 || other.v == 0.0;
        if still || self.tally.weighted {
            let correlation = (!still).then(|| correlation([&own, &rest], [one.v, other.v], joint, level));
            let at = |level: f64| {
                let [one, other] = [one, other].map(|rate: Effective| Bounded::wilson(rate.p, rate.n_star, level));
                let (one, other) = one.zip(other)?;
                Some(match correlation {
                    None => mover_difference(one, other),
                    Some(correlation) => mover_difference_correlated(one, other, correlation),
                })
            };
            reasons.extend(thin(protocol, one.n_star, other.n_star));
            reasons.extend((one.dominated || other.dominated).then(|| FEW_HOLD_MOST.to_owned()));
            return Difference { few, ..self.mover(at, one.p - other.p, counts, reasons) };
        }
        let units = units(&of_all, &in_group, on_both, column, &pair);
        let found = Bootstrap::new(protocol.seed, REPLICATES).ratios(column as u64, &units, 2);
        let difference = |(own, rest): (&Option<f64>, &Option<f64>)| Some(own.as_ref()? - rest.as_ref()?);
        let drawn: Vec<Option<f64>> = found[0].iter().zip(&found[1]).map(difference).collect();
        let bounds = percentile_bounds(&drawn, subjects, level).map(|(low, high)| Bounds {
            interval: Interval::Bootstrap,
            level,
            low,
            high,
        });
        let p_value = bounds.and_then(|_| percentile_p(&drawn));
        Difference {
            found: Some((one.p - other.p, bounds)),
            reasons,
            status: RowStatus::Value,
            counts,
            p: p_value,
            beside: Vec::new(),
            few,
            left_out: false,
        }
    }

    /// Mean errors where somebody is on both sides: the linearised variance of the difference over subjects.
    pub(super) fn shared_error(&self, together: &Together, entry: &Entry) -> Difference {
        let signed = *entry == catalogue::BIAS;
        let inside = self.group.errors.less(&together.inside);
        let mut rest = self.whole.errors.less(&inside).less(&together.both);
        rest.merge(&together.outside);
        let parts = |tally: &ErrorTally| if signed { tally.signed() } else { tally.absolute() };
        let cells = [(1.0, parts(&self.group.errors)), (-1.0, parts(&rest))];
        let cells = cells.map(|(weight, parts)| MeanCell { weight, parts });
        let part = |(attempts, sums): (&(u32, u32), &JointMoments)| {
            if self.tally.weighted {
                return weighted_joint(*attempts, sums, usize::from(!signed));
            }
            let sums_of = if signed { sums.signed } else { sums.absolute };
            let [one, other, product] = sums_of.map(|sum| sum as f64);
            JointSums {
                attempts: (u64::from(attempts.0), u64::from(attempts.1)),
                subjects: sums.subjects,
                sums: (one / 1e9, other / 1e9),
                product: product / 1e18,
                design: None,
            }
        };
        let joint = MeanJoint { first: 0, second: 1, parts: together.joint.iter().map(part).collect() };
        let (own, other) = (self.group.errors.subjects(), rest.subjects());
        let subjects = own + other - together.both.subjects();
        let counts = Counts {
            attempts: Some(self.group.errors.attempts() + rest.attempts()),
            subjects: Some(subjects),
            ..Counts::default()
        };
        let Some(mean) = standardised_mean(&cells, &[joint], subjects, Weigh::Subjects) else {
            let place = if own == 0 { "" } else { " in the rest" };
            return Difference::none(RowStatus::Empty, counts, vec![format!("nobody answered with an age{place}")]);
        };
        let level = self.protocol.levels.display;
        let bounds = mean.estimate(level).bounds;
        let bounds = bounds.map(|(low, high)| Bounds { interval: Interval::T, level, low, high });
        let holds = |level: f64| mean.estimate(level).bounds.is_none_or(|(low, high)| low <= 0.0 && 0.0 <= high);
        let p = bounds.map(|_| p_at_zero(holds));
        let reasons = floor(self.protocol, own, other);
        let (status, beside, few, left_out) = (RowStatus::Value, Vec::new(), None, false);
        Difference { found: Some((mean.mean, bounds)), reasons, status, counts, p, beside, few, left_out }
    }
}

/// What those on both sides did in the group and outside, and who they are.
type OnBoth = BTreeMap<(Combo, Combo), Counted>;

/// (events, attempts) of a combination, a sum over attempts.
type Counting<'a> = &'a dyn Fn(Combo) -> (u64, u64);

/// The rest: all without the group's own, and with those who are on both sides as they are outside of it.
fn outside(of_all: &TallyCell, in_group: &TallyCell, on_both: &OnBoth, column: usize, pair: Counting<'_>) -> Clusters {
    let shared = on_both.iter().map(|((one, other), counted)| {
        let view = counted.view([*one, *other].into_iter());
        let cells = [(*one, pair), (*other, pair)];
        let parts = [0, 1].map(|place| view.triple_of(&cells, place, counted.subjects));
        (parts, view.triple(&cells, counted.subjects))
    });
    // With all their attempts they are among all, with some of them in the group.
    let (parts, whole): (Vec<_>, Vec<_>) = shared.unzip();
    let added = of_all.triples(column, pair).chain(parts.into_iter().flatten());
    Clusters::of_difference(added, in_group.triples(column, pair).chain(whole))
}

/// Those who are in both denominators.
fn joint(on_both: &OnBoth, pair: Counting<'_>) -> Joint {
    let each = on_both.iter().map(|((one, other), counted)| {
        let weights = counted.view([*one, *other].into_iter()).cross(&[(*one, pair), (*other, pair)], 0, 1);
        (pair(*one), pair(*other), counted.subjects, weights)
    });
    Joint::of(0, 1, each.filter(|(one, other, ..)| one.1 > 0 && other.1 > 0))
}

/// The correlation of both rates, whose variances are given: what the linearised variance of their difference lacks to the sum of these.
///
/// Source: Woodruff (1971), JASA 66, variance of a function of weighted means.
fn correlation(sides: [&Clusters; 2], variances: [f64; 2], joint: Joint, level: f64) -> f64 {
    let [one, other] = sides;
    let cells = [(1.0, one), (-1.0, other)].map(|(weight, side)| Cell { weight, clusters: side.clone() });
    let of_difference = standardised(&cells, &[joint], one, Weigh::Subjects, level).map_or(0.0, |found| found.v);
    let [v, w] = variances;
    ((v + w - of_difference) / (2.0 * (v * w).sqrt())).clamp(-1.0, 1.0)
}

/// Everybody for a bootstrap of both rates: who is in the group alone, in the rest alone, and on both sides.
fn units(of_all: &TallyCell, in_group: &TallyCell, on_both: &OnBoth, column: usize, pair: Counting<'_>) -> Vec<Alike> {
    let mut inside: BTreeMap<Combo, u64> = in_group.at(column).collect();
    let mut outside: BTreeMap<Combo, u64> = of_all.at(column).collect();
    let take = |from: &mut BTreeMap<Combo, u64>, combo: Combo, subjects: u64| {
        if let Some(left) = from.get_mut(&combo) {
            *left -= subjects.min(*left);
        }
    };
    for ((one, other), counted) in on_both {
        take(&mut inside, *one, counted.subjects);
        take(&mut outside, Combo(std::array::from_fn(|part| one.0[part] + other.0[part])), counted.subjects);
    }
    for (combo, subjects) in &inside {
        take(&mut outside, *combo, *subjects);
    }
    let mut units: Vec<Alike> = Vec::new();
    for (side, left) in [(0, &inside), (1, &outside)] {
        let alone = |(combo, subjects): (&Combo, &u64)| Alike {
            subjects: *subjects,
            adds: adds(side, pair(*combo), Weigh::Subjects).into_iter().collect(),
        };
        units.extend(left.iter().filter(|(_, subjects)| **subjects > 0).map(alone));
    }
    let both = |((one, other), counted): (&(Combo, Combo), &Counted)| {
        let adds = [(0, *one), (1, *other)].map(|(side, combo)| adds(side, pair(combo), Weigh::Subjects));
        Alike { subjects: counted.subjects, adds: adds.into_iter().flatten().collect() }
    };
    units.extend(on_both.iter().map(both));
    units
}
