//! What is said about scores: the choices that METRICS M8 leaves open.

use serde::{Deserialize, Serialize};

use super::Protocol;

/// Rules for scores, probabilities and spreads.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// The under-age pass rates for which the least threshold that keeps to each is looked for.
    pub targets: Vec<f64>,
    /// The group on whose minors thresholds are set: column and level; none for everybody.
    pub set_on_group: Option<(String, String)>,
    /// First and last completed year of the minors on whom thresholds are set; none for everybody below the limit.
    pub set_on_years: Option<(u32, u32)>,
    /// Points of the curve of both errors over the thresholds that become rows, at most; 0 for none.
    pub det_points: u32,
    /// Bins of equal mass of the calibration error and of the reliability table.
    pub bins: u32,
    /// Answered ages serve as scores up to so many attempts: their curves are sorted in memory.
    pub ages_up_to: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    targets: Vec<f64>,
    set_on_group: Vec<String>,
    set_on_years: Vec<u32>,
    det_points: u32,
    bins: u32,
    ages_up_to: u32,
}

impl Wire {
    pub fn read(self, wrong: &mut impl FnMut(&str, String)) -> Scores {
        let set_on_group = match self.set_on_group.as_slice() {
            [] => None,
            [column, level] => Some((column.clone(), level.clone())),
            _ => {
                wrong(
                    "scores.set_on_group",
                    "expected a column and a level, such as [\"sex\", \"male\"], or []".into(),
                );
                None
            }
        };
        let set_on_years = match self.set_on_years.as_slice() {
            [] => None,
            [first, last] if first <= last && *last <= 120 => Some((*first, *last)),
            _ => {
                wrong(
                    "scores.set_on_years",
                    "expected a first and a last completed year, such as [14, 17], or []".into(),
                );
                None
            }
        };
        let Self { targets, det_points, bins, ages_up_to, .. } = self;
        Scores { targets, set_on_group, set_on_years, det_points, bins, ages_up_to }
    }
}

impl From<&Scores> for Wire {
    fn from(scores: &Scores) -> Self {
        let group = scores.set_on_group.iter().flat_map(|(column, level)| [column.clone(), level.clone()]);
        let years = scores.set_on_years.iter().flat_map(|(first, last)| [*first, *last]);
        Self {
            targets: scores.targets.clone(),
            set_on_group: group.collect(),
            set_on_years: years.collect(),
            det_points: scores.det_points,
            bins: scores.bins,
            ages_up_to: scores.ages_up_to,
        }
    }
}

/// What the types alone do not rule out.
pub(super) fn problems(protocol: &Protocol, wrong: &mut impl FnMut(&str, String)) {
    let scores = &protocol.scores;
    if scores.targets.iter().any(|target| !(0.0..1.0).contains(target)) {
        wrong("scores.targets", "expected shares from 0 to below 1".to_owned());
    }
    if scores.targets.windows(2).any(|pair| pair[0] >= pair[1]) {
        wrong("scores.targets", "expected ascending shares, each once".to_owned());
    }
    if scores.det_points == 1 || scores.det_points > 1000 {
        wrong("scores.det_points", "expected 0, or 2 to 1,000: a curve has two ends".to_owned());
    }
    if !(2..=1000).contains(&scores.bins) {
        wrong("scores.bins", format!("{}: expected 2 to 1,000", scores.bins));
    }
}
