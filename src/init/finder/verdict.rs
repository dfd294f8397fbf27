//! What the samples tell: each other variant held against the best one, person by person, and what that says of each axis.

use std::collections::BTreeMap;

use crate::stats::{SubjectSums, Weigh, holm, mean_of_subjects, sign_flip};

/// Below this adjusted p-value two variants are told apart.
pub const TOLD_APART: f64 = 0.05;

/// Answers closer than this, in years, are the same.
const SAME: f64 = 1e-4;

/// How much further from the labels another variant's answers lie than the best one's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Against {
    /// Mean over people of the difference of their absolute errors, years; above 0 the best one is nearer.
    pub further: f64,
    /// Student's 95 % interval of it.
    pub bounds: Option<(f64, f64)>,
    /// Sign-flip test over people, adjusted for all variants that were held against the best one (Holm).
    pub p: f64,
    /// Whether every answer is the same: the choice makes no difference on these samples.
    pub is_same: bool,
}

impl Against {
    /// Whether the samples show the best one to be nearer.
    #[must_use]
    pub fn is_told_apart(&self) -> bool {
        self.p < TOLD_APART && self.further > 0.0
    }
}

/// Holds each of `others` against `best`: answers in years on the samples with these labels and people.
pub(super) fn against(best: &[f64], others: &[&[f64]], labels: &[f64], subjects: &[u64]) -> Vec<Against> {
    let held: Vec<(Against, f64)> = others.iter().map(|other| one(best, other, labels, subjects)).collect();
    let raw: Vec<f64> = held.iter().map(|(_, p)| *p).collect();
    let adjusted = holm(&raw).unwrap_or(raw);
    held.into_iter().zip(adjusted).map(|((against, _), p)| Against { p, ..against }).collect()
}

fn one(best: &[f64], other: &[f64], labels: &[f64], subjects: &[u64]) -> (Against, f64) {
    let mut people: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for (((best, other), label), subject) in best.iter().zip(other).zip(labels).zip(subjects) {
        let person = people.entry(*subject).or_default();
        person.0 += (other - label).abs() - (best - label).abs();
        person.1 += 1.0;
    }
    let means: Vec<f64> = people.values().map(|(sum, attempts)| sum / attempts).collect();
    let part = |mean: &f64| SubjectSums { attempts: 1, subjects: 1, sum: *mean, square: mean * mean, design: None };
    let estimate =
        mean_of_subjects(&means.iter().map(part).collect::<Vec<_>>(), Weigh::Subjects).map(|mean| mean.estimate(0.95));
    let is_same = best.iter().zip(other).all(|(best, other)| (best - other).abs() < SAME);
    let p = if is_same { 1.0 } else { sign_flip(&means, 0).unwrap_or(1.0) };
    let against = Against {
        further: estimate.as_ref().map_or(0.0, |estimate| estimate.point),
        bounds: estimate.and_then(|estimate| estimate.bounds),
        p,
        is_same,
    };
    (against, p)
}

/// What the samples say of one choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The choice: the card's key.
    pub word: &'static str,
    /// What was picked.
    pub value: String,
    /// Other values that answer the same on every sample.
    pub same: Vec<String>,
    /// Other values that are not told apart from it, the nearest first.
    pub open: Vec<(String, Against)>,
    /// The nearest of the values that are shown to be worse.
    pub beaten: Option<(String, Against)>,
    /// How many variants were held against the best one, for which p-values are adjusted.
    pub compared: usize,
    /// Whether the best one's answers follow the labels at all: else that it lies nearer to them says nothing of how it was trained.
    pub follows: bool,
}

impl Said {
    /// From the other values and how the best variant with each of them stands.
    pub(super) fn of(
        word: &'static str,
        value: String,
        others: Vec<(String, Against)>,
        compared: usize,
        follows: bool,
    ) -> Self {
        // A value may stand in several variants: the one nearest to the best counts.
        let mut nearest: BTreeMap<String, Against> = BTreeMap::new();
        for (other, against) in others {
            let rank = |it: &Against| (!it.is_same, it.is_told_apart());
            let held = nearest.entry(other).or_insert(against);
            let is_nearer =
                rank(&against) < rank(held) || rank(&against) == rank(held) && against.further < held.further;
            if is_nearer {
                *held = against;
            }
        }
        let mut said = Self { word, value, same: Vec::new(), open: Vec::new(), beaten: None, compared, follows };
        for (other, against) in nearest {
            if against.is_same {
                said.same.push(other);
            } else if !against.is_told_apart() {
                said.open.push((other, against));
            } else if said.beaten.as_ref().is_none_or(|(_, held)| against.further < held.further) {
                said.beaten = Some((other, against));
            }
        }
        said.open.sort_by(|(_, one), (_, other)| one.further.total_cmp(&other.further));
        said
    }

    /// Whether the samples show the picked value to be the one, among those tried.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.follows && self.beaten.is_some() && self.open.is_empty() && self.same.is_empty()
    }

    /// In words, for tables and comments in a card.
    #[must_use]
    pub fn text(&self) -> String {
        let years = |against: &Against| {
            let (far, bounds, which) = match against.bounds {
                _ if against.further >= 0.0 => (against.further, against.bounds, "further from"),
                bounds => (-against.further, bounds.map(|(low, high)| (-high, -low)), "nearer to"),
            };
            let bounds = bounds.map_or_else(String::new, |(low, high)| format!(", 95 %: {low:.2} to {high:.2}"));
            format!("{far:.2} years {which} the labels{bounds}")
        };
        let mut parts = Vec::new();
        if let Some((other, against)) = self.open.first() {
            let more: Vec<&str> = self.open.iter().skip(1).map(|(other, _)| other.as_str()).collect();
            let more = if more.is_empty() { String::new() } else { format!(", nor from {}", more.join(", ")) };
            // The interval is of this comparison alone, and the verdict of all of them together.
            let alone = against.bounds.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
            let once = if alone && against.p >= TOLD_APART && self.compared > 1 {
                format!(" once all {} comparisons are allowed for", self.compared)
            } else {
                String::new()
            };
            parts.push(if against.p < TOLD_APART {
                format!("{other} is {}, though its squared error is larger{more}", years(against))
            } else {
                format!("not told apart from {other}{once} ({}){more}", years(against))
            });
        }
        if !self.same.is_empty() {
            parts.push(format!("{} answers the same on these samples", self.same.join(", ")));
        }
        if let Some((other, against)) = &self.beaten {
            parts.push(if !self.follows {
                format!("{other} is {}, of answers that do not follow them", years(against))
            } else if self.is_shown() {
                format!("the nearest other, {other}, is {}", years(against))
            } else {
                format!("shown to be worse: {other} ({})", years(against))
            });
        }
        if parts.is_empty() { "nothing else was tried".to_owned() } else { parts.join("; ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(further: f64, p: f64, is_same: bool) -> Against {
        Against { further, bounds: None, p, is_same }
    }

    #[test]
    fn a_variant_that_is_worse_for_everybody_is_told_apart_and_one_that_is_not_is_open() {
        let labels: Vec<f64> = (0..40).map(f64::from).collect();
        let subjects: Vec<u64> = (0..40).collect();
        let best: Vec<f64> = labels.iter().map(|label| label + 1.0).collect();
        let worse: Vec<f64> = labels.iter().map(|label| label + 4.0).collect();
        let mixed: Vec<f64> = (0..40).map(|n| f64::from(n) + if n % 2 == 0 { 0.5 } else { 1.5 }).collect();
        let found = against(&best, &[&worse, &mixed, &best], &labels, &subjects);
        assert!(found[0].is_told_apart() && (found[0].further - 3.0).abs() < 1e-9, "{found:?}");
        assert!(!found[1].is_told_apart() && !found[1].is_same && found[1].further.abs() < 1e-9, "{found:?}");
        assert!(found[2].is_same && !found[2].is_told_apart());
    }

    #[test]
    fn many_photos_of_few_people_tell_nothing() {
        let labels: Vec<f64> = (0..40).map(f64::from).collect();
        let subjects: Vec<u64> = (0..40).map(|n| n % 3).collect();
        let worse: Vec<f64> = labels.iter().map(|label| label + 4.0).collect();
        let found = against(&labels, &[&worse], &labels, &subjects);
        // Three people: the least p of all flips is 1/4.
        assert!(!found[0].is_told_apart(), "{found:?}");
    }

    #[test]
    fn a_choice_is_shown_only_when_no_other_value_is_left_open() {
        let of = |others: &[(&str, Against)]| {
            let others = others.iter().map(|(word, it)| ((*word).to_owned(), *it)).collect();
            Said::of("channels", "bgr".to_owned(), others, 24, true)
        };
        assert!(of(&[("rgb", held(5.0, 0.001, false))]).is_shown());
        let open = of(&[("rgb", held(5.0, 0.001, false)), ("rgb", held(0.1, 0.7, false))]);
        assert!(!open.is_shown() && open.text().starts_with("not told apart from rgb"), "{}", open.text());
        let same = of(&[("pad", held(0.0, 1.0, true)), ("crop", held(2.0, 0.01, false))]);
        assert_eq!(
            same.text(),
            "pad answers the same on these samples; shown to be worse: crop (2.00 years further from the labels)"
        );
        // An interval above 0 that is none once all comparisons are allowed for.
        let above = Against { bounds: Some((0.31, 1.76)), ..held(1.03, 0.2, false) };
        assert_eq!(
            of(&[("rgb", above)]).text(),
            "not told apart from rgb once all 24 comparisons are allowed for (1.03 years further from the labels, 95 %: 0.31 to 1.76)"
        );
        // Nearer to the labels, by the mean of absolute errors, than the first one, which the squared ones put first.
        let nearer = Against { bounds: Some((-1.32, -0.32)), ..held(-0.82, 0.2, false) };
        assert_eq!(
            of(&[("rgb", nearer)]).text(),
            "not told apart from rgb once all 24 comparisons are allowed for (0.82 years nearer to the labels, 95 %: 0.32 to 1.32)"
        );
        assert_eq!(
            of(&[("rgb", Against { p: 0.01, ..nearer })]).text(),
            "rgb is 0.82 years nearer to the labels, 95 %: 0.32 to 1.32, though its squared error is larger"
        );
        // Answers that do not follow the labels show nothing.
        let others = vec![("rgb".to_owned(), held(5.0, 0.001, false))];
        let said = Said::of("channels", "bgr".to_owned(), others, 24, false);
        assert!(!said.is_shown());
        assert_eq!(said.text(), "rgb is 5.00 years further from the labels, of answers that do not follow them");
        assert_eq!(of(&[]).text(), "nothing else was tried");
        // Nearer on average and yet of less agreement: nothing is shown.
        assert!(!of(&[("rgb", held(-1.0, 0.001, false))]).is_shown());
    }
}
