//! A group beside the rest where somebody is on both sides: photos of one person by day and by night, or clusters.

use std::collections::BTreeMap;

use super::super::super::balanced::{REPLICATES, adds};
use super::super::super::catalogue::{self, Entry};
use super::super::super::level::Among;
use super::super::super::standard::weighted_joint;
use super::super::super::threshold::{Side, attempts, straddling_reason, too_many_straddle};
use super::{Difference, Pair, few_expected, floor, thin};
use crate::age::{AgeLimit, ChallengeAge};
use crate::stats::{
    Alike, Bootstrap, Bounded, Clusters, Effective, JointSums, MeanCell, MeanJoint, Weigh, mover_difference, p_at_zero,
    percentile_bounds, percentile_p, standardised_mean,
};
use crate::table::{Bounds, Counts, Interval, RowStatus};
use crate::tally::{Combo, ErrorTally, GroupTally, JointMoments, Slot, Together};

impl Pair<'_> {
    /// Rates where somebody is on both sides: a Poisson bootstrap over subjects; where all people of one side have the same
    /// share, MOVER, for replicates do not vary there and the covariance of both sides is 0.
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
        let (own, whole) = (cell(self.group), cell(self.whole));
        let straddling = self.group.slot(Some(limit), Slot::Straddling, protocol);
        let none = BTreeMap::new();
        let pairs = together.outcomes.get(&(limit, slot, column)).unwrap_or(&none);
        let pair = |combo: Combo| side.pair(combo, protocol.failure_policy, protocol.tie);
        // Who is in the group alone, and who in the rest alone: what is left without those on both sides.
        let mut inside: BTreeMap<Combo, u64> = own.at(column).collect();
        let mut outside: BTreeMap<Combo, u64> = whole.at(column).collect();
        let take = |from: &mut BTreeMap<Combo, u64>, combo: Combo, subjects: u64| {
            if let Some(left) = from.get_mut(&combo) {
                *left -= subjects.min(*left);
            }
        };
        for ((one, other), subjects) in pairs {
            take(&mut inside, *one, *subjects);
            take(&mut outside, Combo(std::array::from_fn(|part| one.0[part] + other.0[part])), *subjects);
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
        let on_both = |((one, other), subjects): (&(Combo, Combo), &u64)| Alike {
            subjects: *subjects,
            adds: [adds(0, pair(*one), Weigh::Subjects), adds(1, pair(*other), Weigh::Subjects)]
                .into_iter()
                .flatten()
                .collect(),
        };
        units.extend(pairs.iter().map(on_both));
        let triples = |alone: &BTreeMap<Combo, u64>, of: fn(&(Combo, Combo)) -> Combo| {
            let shared = pairs.iter().map(|(pair, subjects)| (of(pair), *subjects)).collect::<Vec<_>>();
            let all = alone.iter().map(|(combo, subjects)| (*combo, *subjects)).chain(shared);
            Clusters::of(all.map(|(combo, subjects)| {
                let (events, attempts) = pair(combo);
                (events, attempts, subjects)
            }))
        };
        let (own, rest) = (triples(&inside, |pair| pair.0), triples(&outside, |pair| pair.1));
        let subjects: u64 = units.iter().filter(|unit| !unit.adds.is_empty()).map(|unit| unit.subjects).sum();
        let counts = Counts {
            attempts: Some(own.attempts() + rest.attempts()),
            subjects: Some(subjects),
            events: Some(own.events() + rest.events()),
            ..Counts::default()
        };
        if self.tally.weighted {
            // Replicates are drawn from counts, which say nothing of weights.
            let reason = "people on both sides weigh differently".to_owned();
            return Difference::none(RowStatus::NotApplicable, counts, vec![reason]);
        }
        let (Some(p), Some(q)) = (own.share(Weigh::Subjects), rest.share(Weigh::Subjects)) else {
            let place = if own.subjects() == 0 { "" } else { " in the rest" };
            return Difference::none(RowStatus::Empty, counts, vec![format!("nobody to count{place}")]);
        };
        let mut reasons = floor(protocol, own.subjects(), rest.subjects());
        reasons.extend(too_many_straddle(&cell(self.group), &straddling, protocol));
        // What of all is not the group's is the rest's: every attempt has one level of the column.
        let of_all = [cell(self.whole), self.whole.slot(Some(limit), Slot::Straddling, protocol)];
        let [inside, outside] = [(&of_all[0], &cell(self.group)), (&of_all[1], &straddling)]
            .map(|(all, group)| attempts(all).saturating_sub(attempts(group)));
        let of_rest = straddling_reason(inside, outside, protocol);
        reasons.extend(of_rest.into_iter().map(|reason| format!("{reason} in the rest")));
        let level = protocol.levels.display;
        let rates = [&own, &rest].map(|side| side.effective(Weigh::Subjects, level));
        let few = match rates {
            [Some(one), Some(other)] => few_expected([(one.p, one.n_star), (other.p, other.n_star)]),
            _ => None,
        };
        if let [Some(one), Some(other)] = rates
            && (one.v == 0.0 || other.v == 0.0)
        {
            let at = |level: f64| {
                let wilson = |rate: Effective| Bounded::wilson(rate.p, rate.n_star, level);
                Some(mover_difference(wilson(one)?, wilson(other)?))
            };
            reasons.extend(thin(protocol, one.n_star, other.n_star));
            return Difference { few, ..self.mover(at, p - q, counts, reasons) };
        }
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
            found: Some((p - q, bounds)),
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
