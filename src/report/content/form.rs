//! What the rates of a method are shares of: people or attempts, and whether the years of a window are pooled. Packages with
//! protected counts pool them, and hold shares of attempts where people have several.

use super::find::Source;
use super::names;
use crate::age::AgeLimit;
use crate::table::{FailurePolicy, Population, PopulationSelect, Row, RowStatus, Variant, VariantSelect, Weighting};

/// How the rates of one method were counted: by people and by single years as far as the rows are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// What weighs the same.
    pub(crate) weighting: Weighting,
    /// Whether the years of a window are pooled.
    pub(crate) pooled: bool,
}

impl Form {
    /// The form of the rates in `rows`.
    pub(super) fn of(rows: &[&Row]) -> Self {
        let pooled = pooled();
        let rates = || {
            rows.iter().filter(|row| {
                names::BOTH_ERRORS.contains(&row.metric.as_str())
                    && row.status != RowStatus::NotApplicable
                    && (row.variant.is_none() || row.variant == pooled)
            })
        };
        let weighs = |weighting| rates().any(|row| row.weighting == Some(weighting));
        let windows = |is_pooled: bool| {
            rates().any(|row| matches!(row.population, Population::Window(..)) && row.variant.is_none() != is_pooled)
        };
        Self {
            weighting: if weighs(Weighting::Attempt) && !weighs(Weighting::Subject) {
                Weighting::Attempt
            } else {
                Weighting::Subject
            },
            pooled: windows(true) && !windows(false),
        }
    }

    /// Whether it is the one that needs no word.
    pub(super) fn is_usual(self) -> bool {
        self.weighting == Weighting::Subject && !self.pooled
    }

    /// The variant of rates of `population`.
    pub(super) fn variant(self, population: &PopulationSelect) -> VariantSelect {
        match population {
            PopulationSelect::Exactly(Population::Window(..)) if self.pooled => VariantSelect::Exactly(pooled()),
            _ => VariantSelect::Plain,
        }
    }

    /// `people aged 13 to 17`, `attempts of people aged 13 to 17 (years pooled)`; `words` say who they are.
    pub(super) fn whom(self, words: &str, is_window: bool) -> String {
        let of = if self.weighting == Weighting::Attempt { "attempts of " } else { "" };
        let pooled = if self.pooled && is_window { " (years pooled)" } else { "" };
        format!("{of}people {words}{pooled}")
    }

    /// `shares of attempts, the years of a window pooled`; `weights` say how single years weigh where they are not pooled.
    fn shares(self, weights: &str, has_window: bool) -> String {
        let years = if self.pooled && has_window { ", the years of a window pooled" } else { weights };
        format!("{}{years}", shares(self.weighting))
    }
}

fn pooled() -> Variant {
    Variant::of("window", "pooled")
}

/// `shares of people`.
pub(super) fn shares(weighting: Weighting) -> &'static str {
    match weighting {
        Weighting::Subject => "shares of people",
        Weighting::Attempt => "shares of attempts",
    }
}

/// How the rates of `sources` at `limit` weigh, and what `k of n` counts; methods are named where they differ. `weights`: how
/// single years weigh where windows are not pooled.
pub(super) fn counted(sources: &[&Source<'_>], limit: AgeLimit, weights: &str, has_window: bool) -> String {
    let speaking: Vec<_> = sources.iter().copied().filter(|source| source.speaks_of(limit)).collect();
    let sources = if speaking.is_empty() { sources } else { &speaking };
    let rates = each(sources, |source| source.form.shares(weights, has_window));
    let counts = each(sources, |source| {
        match source.policy {
            FailurePolicy::Conditional => "attempts that got a decision",
            FailurePolicy::FailClosed => "all attempts, those without a decision as not passing",
            FailurePolicy::FailOpen => "all attempts, those without a decision as passing",
        }
        .to_owned()
    });
    let (of_rates, of_counts) = (told(&rates, "are "), told(&counts, "counts "));
    format!("Rates {of_rates}; k of n {of_counts}")
}

/// What must be said of rates beside a picture: nothing where all are shares of people, each year weighing the same.
pub(super) fn note(sources: &[Source<'_>], limit: AgeLimit) -> String {
    let speaking: Vec<_> = sources.iter().filter(|source| source.speaks_of(limit)).collect();
    if speaking.iter().all(|source| source.form.is_usual()) {
        return String::new();
    }
    let rates = each(&speaking, |source| source.form.shares("", true));
    format!(" Rates {}.", told(&rates, "are "))
}

/// What `of` says of the sources, each thing once, with the methods of which it says it.
pub(super) fn each<'s>(sources: &[&'s Source<'_>], of: impl Fn(&Source<'_>) -> String) -> Vec<(String, Vec<&'s str>)> {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for &source in sources {
        let text = of(source);
        match said.iter_mut().find(|(other, _)| *other == text) {
            Some((_, methods)) => methods.push(&source.label),
            None => said.push((text, vec![&source.label])),
        }
    }
    said
}

/// `are shares of people`; where methods differ `of near are shares of people, of far are shares of attempts`.
pub(super) fn told(said: &[(String, Vec<&str>)], verb: &str) -> String {
    match said {
        [(text, _)] => format!("{verb}{text}"),
        _ => {
            let one = |(text, methods): &(String, Vec<&str>)| format!("of {} {verb}{text}", methods.join(" and "));
            said.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    }
}

/// How to read the rates of `sources`, weight by weight.
pub(super) fn reading(sources: &[Source<'_>]) -> String {
    const USUAL: &str = "the rates are shares of people: a person with many samples weighs as much as one with a single \
                         sample, and near a limit each year of age as much as another, so a rate need not equal k / n.";
    const OTHER: &str = "Where a table speaks of shares of attempts, a person weighs by the number of samples; where it \
                         speaks of pooled years, each year of age weighs by the people in it.";
    let all = |usual: bool| sources.iter().all(|source| source.form.is_usual() == usual);
    match (all(true), all(false)) {
        (true, _) => USUAL.replacen("the", "The", 1),
        (_, true) => OTHER.to_owned(),
        _ => format!("{OTHER} Elsewhere {USUAL}"),
    }
}
