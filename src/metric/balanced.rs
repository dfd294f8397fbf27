//! M5: the balanced error, mean of under-age pass rate and adult denial rate.

use std::collections::BTreeMap;

use super::catalogue;
use super::frame::{FEW_HOLD_MOST, Frame, weigh};
use super::threshold::{Side, too_many_straddle};
use crate::stats::{
    Alike, Bootstrap, Bounded, Cell, Clusters, FEWEST_UNITS, Joint, MeanSums, Pair, Weigh, mover_mean,
    percentile_bounds, standardised,
};
use crate::table::{Bounds, Counts, Evidence, Interval, Place, Quantity, RowStatus, Weighting};
use crate::tally::{Combo, GroupTally, Slot};

/// Replicates of every bootstrap (METRICS M15).
pub(super) const REPLICATES: usize = 2000;

/// The rows of the whole dataset at the headline challenge ages, by both weightings. The two rates are those of
/// everybody below and of everybody at or above the limit.
///
/// Where all people of one side have the same share, replicates do not vary there, and the covariance of both sides is
/// 0: MOVER stands, as where nobody is on both sides.
pub(super) fn rows(frame: &mut Frame<'_>, group: &GroupTally) {
    let (policy, tie, level) = (frame.protocol.failure_policy, frame.protocol.tie, frame.protocol.levels.display);
    for (index, limit) in frame.protocol.limits.clone().into_iter().enumerate() {
        let cells = [Slot::Under, Slot::Over].map(|slot| group.slot(Some(limit), slot, frame.protocol));
        // Beside the side on which they are more of all: with many adults a rate of minors is as uncertain as alone.
        let straddling = group.slot(Some(limit), Slot::Straddling, frame.protocol);
        let straddling = cells.each_ref().map(|cell| too_many_straddle(cell, &straddling, frame.protocol));
        let straddling = straddling.into_iter().zip(["below", "at or above"]);
        let straddling: Vec<String> = straddling
            .flat_map(|(reasons, side)| reasons.into_iter().map(move |reason| format!("{reason} {side} the limit")))
            .collect();
        for challenge in frame.challenges(limit, true) {
            let Some(column) = frame.tally.grid.column(limit, challenge) else { continue };
            let pair = [Side::UnderAgePass, Side::AdultDenial].map(|side| move |combo| side.pair(combo, policy, tie));
            let [under, over] = [0, 1].map(|at| cells[at].clusters(column, pair[at]));
            let none = BTreeMap::new();
            let both = group.families.sides.both.get(&(index, column)).unwrap_or(&none);
            let in_both = |(one, other): &(Combo, Combo)| pair[0](*one).1 > 0 && pair[1](*other).1 > 0;
            let shared: u64 =
                both.iter().filter(|(combos, _)| in_both(combos)).map(|(_, counted)| counted.subjects).sum();
            let subjects = under.subjects() + over.subjects() - shared;
            let counts = Counts {
                attempts: Some(under.attempts() + over.attempts()),
                subjects: Some(subjects),
                events: Some(under.events() + over.events()),
                ..Counts::default()
            };
            for weighting in Weighting::ALL {
                let place = Place {
                    limit: Some(limit),
                    challenge,
                    failure_policy: Some(policy),
                    weighting: Some(*weighting),
                    ..Place::of_all()
                };
                let weigh = weigh(*weighting);
                let (Some(pass), Some(deny)) = (under.effective(weigh, level), over.effective(weigh, level)) else {
                    let side = if under.subjects() == 0 { "below" } else { "at or above" };
                    let reason = format!("nobody {side} the limit");
                    frame.nothing(place, catalogue::BALANCED, RowStatus::Empty, counts, &reason);
                    continue;
                };
                let still = pass.v == 0.0 || deny.v == 0.0;
                let bounds = if shared == 0 || still {
                    let [pass, deny] = [&pass, &deny].map(|rate| Bounded::wilson(rate.p, rate.n_star, level));
                    let mean = pass.zip(deny);
                    mean.map(|(pass, deny)| mover_mean(pass, deny)).map(|mean| Bounds {
                        interval: Interval::Mover,
                        level,
                        low: mean.low,
                        high: mean.high,
                    })
                } else if under.weighted() || over.weighted() {
                    let joint = both.iter().map(|((one, other), counted)| {
                        let cells: [(Combo, &dyn Fn(Combo) -> Pair); 2] = [(*one, &pair[0]), (*other, &pair[1])];
                        let weights = counted.view([*one, *other].into_iter()).cross(&cells, 0, 1);
                        (pair[0](*one), pair[1](*other), counted.subjects, weights)
                    });
                    let joint = Joint::of(0, 1, joint.filter(|(one, other, ..)| one.1 > 0 && other.1 > 0));
                    let cells = [&under, &over].map(|clusters| Cell { weight: 0.5, clusters: clusters.clone() });
                    linearised(&cells, &[joint], weigh, (f64::midpoint(pass.p, deny.p), subjects), level)
                } else {
                    let singles = [0, 1].map(|at| {
                        let mut left: BTreeMap<Combo, u64> = cells[at].at(column).collect();
                        for ((one, other), counted) in both {
                            if let Some(own) = left.get_mut(if at == 0 { one } else { other }) {
                                *own -= counted.subjects.min(*own);
                            }
                        }
                        left
                    });
                    let mut units: Vec<Alike> = Vec::new();
                    for (at, left) in singles.iter().enumerate() {
                        units.extend(left.iter().filter(|(_, subjects)| **subjects > 0).map(|(combo, subjects)| {
                            Alike { subjects: *subjects, adds: adds(at, pair[at](*combo), weigh).into_iter().collect() }
                        }));
                    }
                    units.extend(both.iter().map(|((one, other), counted)| {
                        Alike {
                            subjects: counted.subjects,
                            adds: [(0, *one), (1, *other)]
                                .into_iter()
                                .filter_map(|(at, combo)| adds(at, pair[at](combo), weigh))
                                .collect(),
                        }
                    }));
                    let bootstrap = Bootstrap::new(frame.protocol.seed, REPLICATES);
                    let found = bootstrap.ratios(column as u64, &units, 2);
                    let mean =
                        |(pass, deny): (&Option<f64>, &Option<f64>)| Some((pass.as_ref()? + deny.as_ref()?) / 2.0);
                    let replicates: Vec<_> = found[0].iter().zip(&found[1]).map(mean).collect();
                    percentile_bounds(&replicates, subjects, level).map(|(low, high)| Bounds {
                        interval: Interval::Bootstrap,
                        level,
                        low,
                        high,
                    })
                };
                let mut against = straddling.clone();
                against.extend((pass.dominated || deny.dominated).then(|| FEW_HOLD_MOST.to_owned()));
                let evidence = evidence(frame, [&under, &over], &against);
                let value = f64::midpoint(pass.p, deny.p);
                frame.quantity(
                    place,
                    catalogue::BALANCED,
                    Quantity { value, bounds, counts, evidence: Some(evidence) },
                );
            }
        }
    }
}

/// Student's interval from the linearised variance over subjects, for a number between 0 and 1 whose slopes in the
/// shares of `cells` are their weights. It stands where subjects weigh differently: replicates are drawn from counts of
/// subjects, which say nothing of their weights.
///
/// Source: Woodruff (1971), JASA 66: variance of a function of weighted means.
pub(super) fn linearised(
    cells: &[Cell],
    joint: &[Joint],
    weigh: Weigh,
    (value, subjects): (f64, u64),
    level: f64,
) -> Option<Bounds> {
    let any = &cells.first()?.clusters;
    let variance = standardised(cells, joint, any, weigh, level)?.v;
    let (low, high) = MeanSums { mean: value, variance: Some(variance), subjects }.estimate(level).bounds?;
    let (low, high) = (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0));
    (subjects >= FEWEST_UNITS).then_some(Bounds { interval: Interval::T, level, low, high })
}

/// What a subject adds to a rate.
pub(super) fn adds(cell: usize, (events, attempts): (u64, u64), weigh: Weigh) -> Option<(usize, f64, f64)> {
    let (k, m) = (events as f64, attempts as f64);
    (attempts > 0).then(|| match weigh {
        Weigh::Subjects => (cell, k / m, 1.0),
        Weigh::Attempts => (cell, k, m),
    })
}

/// The floor of subjects on both sides, and what else speaks against a claim.
fn evidence(frame: &Frame<'_>, [under, over]: [&Clusters; 2], against: &[String]) -> Evidence {
    let rule = frame.protocol.evidence;
    let mut reasons = Vec::new();
    for (side, clusters) in [("below", under), ("at or above", over)] {
        if clusters.subjects() < rule.subjects {
            reasons.push(format!("{}<{} subjects {side} the limit", clusters.subjects(), rule.subjects));
        }
    }
    reasons.extend_from_slice(against);
    Evidence::of(reasons)
}
