//! How well the answers of one variant, read by one head, follow the labels.

use super::trial::Answers;
use crate::init::network::HeadGuess;
use crate::outcome::Answer;
use crate::stats::{concordance, slope, spearman};

/// How well answers follow the labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Follows {
    /// Lin's concordance of labels and answers, 1 when every answer is the label: what variants are picked by. A variant that
    /// answers everybody with the mean age has a small error and a concordance of 0.
    pub agreement: f64,
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
            mae: pairs.iter().map(|(label, years)| (years - label).abs()).sum::<f64>() / n.max(1) as f64,
            spearman: spearman(&pairs),
            slope: slope(&pairs),
            samples: n,
            failed: self.failed,
        }
    }
}
