//! The window around a limit: the equal mean of its single years.

use super::frame::{Frame, Share, flag, weigh};
use super::threshold::{Side, Spread, View, attempts, cell, side_counts};
use crate::age::AgeLimit;
use crate::protocol::{Protocol, Tie};
use crate::stats::{self, Clusters, Effective, Joint, Pair};
use crate::table::{Counts, FailurePolicy, Place, Population, RowStatus, Weighting};
use crate::tally::{AgeClass, Cell, Combo, GroupTally};

/// The subjects of a window, each with all attempts in it.
pub(super) struct Within {
    /// Everybody who is surely in it.
    pub pooled: Cell,
    /// Those of its single years: bands of several years left out, for their mean counts nobody else.
    pub years: Cell,
}

impl Within {
    pub fn of(group: &GroupTally, limit: AgeLimit, side: Side, protocol: &Protocol) -> Self {
        let slot = |slot| group.slot(Some(limit), slot, protocol);
        Self { pooled: slot(side.window_slot()), years: slot(side.years_slot()) }
    }

    /// Why no claim can rest on the mean of the years: more of the window's attempts than may straddle a limit are of people
    /// known by a band of several years, of whom nobody knows which year they belong to.
    ///
    /// Source: METRICS M0, asked of the years of a window as of its limit.
    pub fn bands(&self, protocol: &Protocol) -> Vec<String> {
        too_many_bands(attempts(&self.years), attempts(&self.pooled), protocol)
    }

    /// Whether somebody in the denominator of the window is in none of its `years`, by a band of several.
    pub fn leaves_out(&self, years: &Clusters, column: usize, pair: impl Fn(Combo) -> Pair) -> bool {
        attempts(&self.pooled) > attempts(&self.years)
            && self.pooled.clusters(column, pair).attempts() > years.attempts()
    }

    /// The same, with the denominator of the years made here.
    pub fn left_out(&self, column: usize, pair: impl Fn(Combo) -> Pair) -> bool {
        attempts(&self.pooled) > attempts(&self.years)
            && self.leaves_out(&self.years.clusters(column, &pair), column, &pair)
    }
}

/// Why no claim can rest on `years` of `all` attempts whose age is known to the year: more than may straddle a limit are not.
pub(super) fn too_many_bands(years: u64, all: u64, protocol: &Protocol) -> Vec<String> {
    let (share, allowed) = (all.saturating_sub(years) as f64 / all.max(1) as f64, protocol.straddling_share);
    let text = || format!("bands of years {:.1}%>{:.0}%", share * 100.0, allowed * 100.0);
    (share > allowed).then(text).into_iter().collect()
}

/// The window rows of one limit and side.
///
/// Where a single year has nobody in the denominator there is no value; at the headline challenge ages the mean over
/// the years that are there stands beside it, `variant cells=present`.
pub(super) fn rows(frame: &mut Frame<'_>, view: &View<'_>, within: &Within, spread: &Spread<'_>) {
    let Some((first, last)) = view.side.window(frame.protocol, view.limit) else { return };
    let population = Population::Window(first, last);
    if first == last {
        // One year is its own mean.
        cell(frame, view, &population, &within.pooled, spread);
        return;
    }
    let bands = within.bands(frame.protocol);
    let headline = frame.challenges(view.limit, true);
    for challenge in &spread.challenges {
        let Some(column) = frame.tally.grid.column(view.limit, *challenge) else { continue };
        for policy in spread.policies {
            let years = Years::of(view, first..=last, column, *policy, spread.tie);
            let pair = |combo| view.side.pair(combo, *policy, spread.tie);
            let all = within.years.clusters(column, pair);
            let left_out = within.leaves_out(&all, column, pair);
            let counts = side_counts(&within.years, column, *challenge);
            for weighting in spread.weightings {
                let place = Place {
                    failure_policy: Some(*policy),
                    weighting: Some(*weighting),
                    variant: spread.variant.clone(),
                    ..view.place(population.clone(), *challenge)
                };
                let asked = Asked { weighting: *weighting, all: &all, left_out, bands: &bands };
                years.row(frame, view, place.clone(), &asked, counts, false);
                if !years.missing.is_empty() && !years.cells.is_empty() && headline.contains(challenge) {
                    let place = Place { variant: spread.variant.clone().with("cells", "present"), ..place };
                    years.row(frame, view, place, &asked, counts, true);
                }
            }
        }
    }
}

/// What a row of the mean is asked for.
pub(super) struct Asked<'a> {
    pub weighting: Weighting,
    /// The subjects of the years, each with all attempts in them.
    pub all: &'a Clusters,
    /// Whether the window holds bands of several years that count nowhere in the mean.
    pub left_out: bool,
    /// Why these are too many for a claim.
    pub bands: &'a [String],
}

/// Years as text.
pub(super) fn list(years: &[u32]) -> String {
    years.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

/// The single years of one window at one column under one policy.
pub(super) struct Years {
    /// Completed year and its subjects, those with somebody in the denominator.
    pub cells: Vec<(u32, Clusters)>,
    /// Years with nobody in the denominator.
    pub missing: Vec<u32>,
    joint: Vec<Joint>,
}

impl Years {
    pub fn of(
        view: &View<'_>,
        years: impl Iterator<Item = u32>,
        column: usize,
        policy: FailurePolicy,
        tie: Tie,
    ) -> Self {
        let pair = |combo: Combo| view.side.pair(combo, policy, tie);
        let (mut cells, mut missing) = (Vec::new(), Vec::new());
        for year in years {
            let clusters = view.years.get(&year).map(|cell| cell.clusters(column, pair)).unwrap_or_default();
            if clusters.subjects() == 0 {
                missing.push(year);
            } else {
                cells.push((year, clusters));
            }
        }
        let mut joint = Vec::new();
        for (one, (year, _)) in cells.iter().enumerate() {
            for (other, (later, _)) in cells.iter().enumerate().skip(one + 1) {
                let Some(joints) = view.group.joint(AgeClass::Year(*year), AgeClass::Year(*later)) else { continue };
                // Who is in only one of the two denominators is no pair.
                let pairs = Joint::of(one, other, joints.pairs(column, pair));
                if !pairs.pairs.is_empty() {
                    joint.push(pairs);
                }
            }
        }
        Self { cells, missing, joint }
    }

    /// The equal mean of the years that are there.
    pub fn mean(&self, all: &Clusters, weighting: Weighting, level: f64) -> Option<Effective> {
        let weight = 1.0 / self.cells.len() as f64;
        let cells: Vec<_> =
            self.cells.iter().map(|(_, clusters)| stats::Cell { weight, clusters: clusters.clone() }).collect();
        stats::standardised(&cells, &self.joint, all, weigh(weighting), level)
    }

    /// That some year has one subject only, whose variance cannot be known.
    pub fn lone(&self) -> Option<String> {
        let lone: Vec<u32> =
            self.cells.iter().filter(|(_, clusters)| clusters.subjects() == 1).map(|(year, _)| *year).collect();
        (!lone.is_empty()).then(|| format!("one subject aged {}", list(&lone)))
    }

    /// The row of their mean: of all of them, or with `present` of those that are there.
    pub fn row(
        &self,
        frame: &mut Frame<'_>,
        view: &View<'_>,
        place: Place,
        asked: &Asked<'_>,
        (undecided, ties): (Option<u64>, Option<u64>),
        present: bool,
    ) {
        let Asked { weighting, all, left_out, bands } = *asked;
        let entry = view.side.entry();
        let counts = Counts { undecided, ties, ..Frame::counts(all) };
        let none_aged = format!("no subject aged {}", list(&self.missing));
        if !left_out && all.subjects() == 0 {
            frame.nothing(place, entry, RowStatus::Empty, counts, "");
            return;
        }
        if !self.missing.is_empty() && !present {
            frame.nothing(place, entry, RowStatus::InsufficientEvidence, counts, &none_aged);
            if weighting == Weighting::Subject && all.attempts_are_dominated() {
                frame.flag_last(flag::ATTEMPTS_DOMINATED);
            }
            if left_out {
                frame.flag_last(flag::BANDS_LEFT_OUT);
            }
            return;
        }
        let Some(effective) = self.mean(all, weighting, frame.protocol.levels.display) else { return };
        let mut reasons = view.straddling.clone();
        reasons.extend_from_slice(bands);
        if present {
            reasons.push(none_aged);
        }
        reasons.extend(self.lone());
        frame.share(Share { place, entry, clusters: all, effective, undecided, ties, reasons });
        if left_out {
            frame.flag_last(flag::BANDS_LEFT_OUT);
        }
    }
}
