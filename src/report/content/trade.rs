//! Both errors against each other over all challenge ages, with the safe challenge age where there is one.

use super::cells::{Weak, counts, share};
use super::figure::{Drawing, Figure};
use super::find::Source;
use super::form;
use super::grid::{Cell, Grid, Mark, Tone};
use super::limit::People;
use super::{DENIALS, PASSES};
use crate::age::{AgeLimit, ChallengeAge};
use crate::table::{Group, PopulationSelect, Select};

/// Methods in one picture; more cannot be told apart.
pub(crate) const MOST: usize = 12;

/// The methods at one limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TradeOff {
    /// Whether both scales are logarithms.
    pub(crate) logarithms: bool,
    /// One a method.
    pub(crate) curves: Vec<Curve>,
}

/// One method over its challenge ages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    /// The method.
    pub(crate) label: String,
    /// Ascending challenge ages; a method that decides itself has one point.
    pub(crate) steps: Vec<Step>,
}

/// One challenge age.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// The challenge age; none for the method's own decision.
    pub(crate) challenge: Option<ChallengeAge>,
    /// Under-age passes.
    pub(crate) under: Mark,
    /// Adult denials.
    pub(crate) over: Mark,
    /// Upper bounds where nobody is an event, of either error.
    pub(crate) floors: [Option<f64>; 2],
    /// Whether either is too uncertain for a claim.
    pub(crate) weak: bool,
    /// Whether it is the safe challenge age of the protocol's rule.
    pub(crate) safe: bool,
    /// Both in words.
    pub(crate) said: String,
}

/// The pictures at `limit`: plain, and on logarithms; none where no method has both errors at two challenge ages.
pub(crate) fn figures(sources: &[Source<'_>], limit: AgeLimit) -> Vec<Figure> {
    let Some(people) = People::headline(sources, limit) else { return Vec::new() };
    let heads = ["method", "challenge age", PASSES, "k of n", DENIALS, "k of n", "safe"];
    let caption = format!(
        "Both errors at every challenge age, limit {limit}: people {} and people {}",
        people.under.words, people.over.words
    );
    let mut grid = Grid::new(caption, 2, &heads);
    let mut curves = Vec::new();
    let speaking: Vec<_> = sources.iter().filter(|source| source.speaks_of(limit)).collect();
    for source in &speaking {
        let safe = source.first(&Select {
            limit: Some(limit),
            population: Some(PopulationSelect::Exactly(crate::table::Population::Under)),
            ..Select::metric(super::names::SAFE_CHALLENGE_AGE)
        });
        let mut steps = Vec::new();
        for challenge in source.challenges(limit, true) {
            let [under, over] = people.rows(source, limit, challenge, &Group::whole());
            let is_safe = challenge.is_some_and(|age| safe.and_then(|row| row.value) == Some(age.years()));
            let cells = [share(under, Weak::Shown), share(over, Weak::Shown)];
            let floor = |row: Option<&crate::table::Row>| {
                row.filter(|row| row.n_events == Some(0)).and_then(|row| row.claim_high.or(row.high))
            };
            let name = super::challenge_name(challenge);
            if let [Some(below), Some(above)] = [cells[0].mark, cells[1].mark] {
                steps.push(Step {
                    challenge,
                    under: below,
                    over: above,
                    floors: [floor(under), floor(over)],
                    weak: cells.iter().any(|cell| cell.tone == Tone::Weak),
                    safe: is_safe,
                    said: format!("{}, {name}: passes {}; denials {}", source.label, cells[0].text, cells[1].text),
                });
            }
            let [passes, denials] = cells;
            let line = [
                Cell::plain(&source.label),
                Cell::plain(name),
                passes,
                counts(under),
                denials,
                counts(over),
                Cell::plain(if is_safe { "yes" } else { "" }),
            ];
            grid.lines.push(line.into());
        }
        if curves.len() < MOST && !steps.is_empty() {
            curves.push(Curve { label: source.label.clone(), steps });
        }
    }
    if curves.iter().all(|curve: &Curve| curve.steps.len() < 2) {
        return Vec::new();
    }
    let more = format!("{}{}", form::note(sources, limit), super::left_out(speaking.len(), MOST));
    let figure = |logarithms: bool, name: &str, title: String, caption: String| Figure {
        id: format!("{name}-{limit}"),
        title,
        caption,
        drawing: Drawing::TradeOff(TradeOff { logarithms, curves: curves.clone() }),
        grid: grid.clone(),
    };
    vec![
        figure(
            false,
            "trade-off",
            format!("Under-age passes against adult denials at every challenge age, limit {limit}"),
            format!(
                "What each challenge age costs, limit {limit}: towards the lower left is better. A point is a challenge age; \
                 a ring marks the safe challenge age, where the protocol's rule finds one. Grey points carry no claim.{more}"
            ),
        ),
        figure(
            true,
            "det",
            format!("The same on logarithmic scales (detection error trade-off), limit {limit}"),
            format!(
                "The same on logarithmic scales, as a detection error trade-off. Where nobody was counted, an arrow stands \
                 at the upper bound for claims instead of zero: fewer people cannot show less.{more}"
            ),
        ),
    ]
}
