//! How well the answers of one variant, read by one head, follow the labels; and which of two follows them better.

use std::cmp::Ordering;

use super::trial::Answers;
use crate::init::heads::HeadGuess;
use crate::outcome::Answer;
use crate::stats::{concordance, slope, spearman};

/// How well answers follow the labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Follows {
    /// Lin's concordance of labels and answers, 1 when every answer is the label. A variant that answers everybody with the mean
    /// age has a small error and a concordance of 0.
    pub agreement: f64,
    /// Root of the mean squared error, years, failed ones as in `mae`.
    pub rmse: f64,
    /// Mean absolute error, years, over all samples; a failed one counts with the farther of 0 and 120.
    pub mae: f64,
    /// Spearman's rank correlation.
    pub spearman: Option<f64>,
    /// Slope of answers on labels.
    pub slope: Option<f64>,
    /// Samples.
    pub samples: usize,
    /// Of these, without an age: not finite, or outside 0 to 120 years.
    pub failed: usize,
}

/// The answered ages, as years; where there is none, the farther end of what an age can be.
pub(super) struct Read {
    pub(super) years: Vec<f64>,
    /// The first age that brings the answers nearest to the labels, where the head leaves it open.
    pub(super) first_age: Option<u32>,
    failed: usize,
}

/// The oldest first age of a head.
const OLDEST_FIRST: f64 = 40.0;

impl Read {
    /// Reads output `output` of `answers` by `head`, for samples with these labels.
    pub(super) fn by(head: &HeadGuess, output: usize, answers: &Answers, labels: &[f64]) -> Self {
        let mut failed = 0;
        let years = answers.iter().zip(labels).map(|(answer, label)| {
            let numbers = answer.as_ref().and_then(|outputs| outputs.get(output));
            let outcome = numbers.and_then(|numbers| head.head.decode(numbers).ok());
            match outcome.and_then(|outcome| outcome.answer) {
                Some(Answer::Age { age, .. }) => age.years(),
                Some(Answer::Range { low, high }) => f64::midpoint(low.years(), high.years()),
                _ => {
                    failed += 1;
                    if *label < crate::age::OLDEST / 2.0 { crate::age::OLDEST } else { 0.0 }
                }
            }
        });
        let mut years: Vec<f64> = years.collect();
        let mut first_age = None;
        if head.first_age_is_open && !years.is_empty() {
            let n = years.len() as f64;
            let apart = (labels.iter().sum::<f64>() - years.iter().sum::<f64>()) / n;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 40")]
            let first = apart.round().clamp(0.0, OLDEST_FIRST) as u32;
            years.iter_mut().for_each(|age| *age += f64::from(first));
            first_age = Some(first);
        }
        Self { years, first_age, failed }
    }

    pub(super) fn follows(&self, labels: &[f64]) -> Follows {
        let pairs: Vec<(f64, f64)> = labels.iter().copied().zip(self.years.iter().copied()).collect();
        let n = pairs.len();
        Follows {
            agreement: concordance(&pairs).unwrap_or(0.0),
            rmse: (pairs.iter().map(|(label, years)| (years - label).powi(2)).sum::<f64>() / n.max(1) as f64).sqrt(),
            mae: pairs.iter().map(|(label, years)| (years - label).abs()).sum::<f64>() / n.max(1) as f64,
            spearman: spearman(&pairs),
            slope: slope(&pairs),
            samples: n,
            failed: self.failed,
        }
    }
}

/// Share of the greatest agreement that a variant must have to be picked for its small error.
const SHARE: f64 = 2.0 / 3.0;

/// What ranks variants: of those whose agreement is at least two thirds of the greatest, the least squared error is the best.
///
/// Neither would do alone. A variant that answers everybody with the mean age has a small error. Agreement grows as answers are spread
/// like the labels: but labels spread more than the answers of a good network, by what it cannot see and by their own errors, so
/// a variant that stretches the answers of the right one by a tenth agrees better with the labels than the right one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ranking {
    least: f64,
}

impl Ranking {
    /// Of these variants.
    pub(super) fn of<'f>(all: impl IntoIterator<Item = &'f Follows>) -> Self {
        let greatest = all.into_iter().map(|follows| follows.agreement).fold(f64::NEG_INFINITY, f64::max);
        Self { least: if greatest > 0.0 { greatest * SHARE } else { greatest } }
    }

    /// `Less` where `one` is the better.
    pub(super) fn compare(self, one: &Follows, other: &Follows) -> Ordering {
        let is_near = |follows: &Follows| follows.agreement >= self.least;
        is_near(other).cmp(&is_near(one)).then_with(|| {
            // The same answers by another way of counting may differ in the last digits.
            let rounded = |number: f64| (number * 1e9).round();
            let [one, other] =
                [one, other].map(|follows| if is_near(follows) { follows.rmse } else { -follows.agreement });
            rounded(one).total_cmp(&rounded(other))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follows(answer: impl Fn(f64) -> f64) -> Follows {
        // Ages 10 to 59, and labels that are off by 6 years one way or the other, evenly over the ages.
        let ages: Vec<f64> = (0..50).map(|number| 10.0 + f64::from(number)).collect();
        let labels: Vec<f64> = (0..50).zip(&ages).map(|(n, age)| age + if n % 4 < 2 { 6.0 } else { -6.0 }).collect();
        Read { years: ages.into_iter().map(answer).collect(), first_age: None, failed: 0 }.follows(&labels)
    }

    #[test]
    fn the_right_answers_go_before_stretched_ones_and_before_those_that_are_all_alike() {
        let right = follows(|age| age);
        let stretched = follows(|age| 34.5 + (age - 34.5) * 1.05);
        let alike = follows(|age| 34.5 + (age - 34.5) * 0.01);
        let turned = follows(|age| 69.0 - age);
        assert!(stretched.agreement > right.agreement, "what this test is about: {stretched:?} {right:?}");
        assert!(right.rmse < stretched.rmse && stretched.rmse < alike.rmse && alike.rmse < turned.rmse);
        let mut all = [turned, alike, stretched, right];
        let ranking = Ranking::of(&all);
        all.sort_by(|one, other| ranking.compare(one, other));
        assert_eq!(all, [right, stretched, alike, turned]);
        // Where the answers tell little, a small error alone is no merit.
        let swing = |age: f64| if age % 2.0 < 1.0 { 18.0 } else { -18.0 };
        let (poor, alike) = (follows(|age| 34.5 + (age - 34.5) * 0.5 + swing(age)), follows(|_| 34.5));
        assert!(alike.rmse < poor.rmse && alike.agreement < SHARE * poor.agreement, "{poor:?} {alike:?}");
        assert_eq!(Ranking::of(&[alike, poor]).compare(&poor, &alike), Ordering::Less);
    }

    #[test]
    fn where_no_answers_follow_the_labels_the_least_contrary_ones_go_first() {
        let (turned, more) = (follows(|age| 69.0 - age), follows(|age| 80.0 - age));
        assert!(turned.agreement < 0.0);
        assert_eq!(Ranking::of(&[turned, more]).compare(&more, &turned), Ordering::Less);
    }
}
