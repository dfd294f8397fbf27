//! The arithmetic of the heads: finite numbers of one sample to an outcome.

use super::OrdinalRule;
use crate::age::Age;
use crate::outcome::{Answer, Outcome};

pub(super) fn no_distribution() -> Outcome {
    Outcome::failed("the method's answer: the numbers are no probabilities")
}

/// Shares that sum to 1; `None` for probabilities below 0 or without a sum.
pub(super) fn distribution(numbers: &[f64], logits: bool) -> Option<Vec<f64>> {
    let weights: Vec<f64> = if logits {
        // The largest logit is taken off first, so that no exponential overflows.
        let peak = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        numbers.iter().map(|number| (number - peak).exp()).collect()
    } else {
        numbers.to_vec()
    };
    let sum: f64 = weights.iter().sum();
    let usable = sum > 0.0 && sum.is_finite() && weights.iter().all(|weight| *weight >= 0.0);
    usable.then(|| weights.iter().map(|weight| weight / sum).collect())
}

pub(super) fn expectation(ages: &[f64], shares: &[f64]) -> Outcome {
    let mean: f64 = ages.iter().zip(shares).map(|(age, share)| age * share).sum();
    // Around the mean rather than by the difference of squares, which cancels for narrow distributions.
    let variance: f64 = ages.iter().zip(shares).map(|(age, share)| share * (age - mean) * (age - mean)).sum();
    match Age::new(mean) {
        Ok(age) => Outcome::answered(Answer::Age { age, spread: Some(variance.sqrt()) }),
        Err(_) => Outcome::of_years(mean),
    }
}

pub(super) fn median(ages: &[f64], shares: &[f64]) -> f64 {
    let mut reached = 0.0;
    for (age, share) in ages.iter().zip(shares) {
        reached += share;
        if reached >= 0.5 {
            return *age;
        }
    }
    ages.last().copied().unwrap_or(f64::NAN) // the shares summed to a little less than one half
}

/// Index of the largest number, the first of equals.
pub(super) fn largest(numbers: &[f64]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (index, &number) in numbers.iter().enumerate() {
        if number > best.1 {
            best = (index, number);
        }
    }
    best.0
}

pub(super) fn ordinal(numbers: &[f64], first_age: f64, steps: usize, logits: bool, rule: OrdinalRule) -> Outcome {
    let older: Vec<f64> = if numbers.len() == steps {
        numbers.iter().map(|&number| if logits { sigmoid(number) } else { number }).collect()
    } else {
        numbers.chunks_exact(2).map(|pair| older_of_pair(pair, logits)).collect()
    };
    if older.iter().any(|share| !(0.0..=1.0).contains(share)) {
        return no_distribution();
    }
    let years = match rule {
        OrdinalRule::Sum => older.iter().sum(),
        OrdinalRule::Count => older.iter().map(|share| f64::from(u8::from(*share > 0.5))).sum::<f64>(),
    };
    Outcome::of_years(first_age + years)
}

/// Probability of column 1, "older"; softmax of two logits is the sigmoid of their difference.
fn older_of_pair(pair: &[f64], logits: bool) -> f64 {
    match pair {
        [not_older, older] if logits => sigmoid(older - not_older),
        [not_older, older] => older / (not_older + older),
        _ => f64::NAN,
    }
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

pub(super) fn range(low: f64, high: f64) -> Outcome {
    match (Age::new(low), Age::new(high)) {
        (Ok(low), Ok(high)) => Outcome::answered(Answer::Range { low, high }),
        _ => Outcome::failed(format!("the method's answer: the bin {low} to {high} holds no ages")),
    }
}
